"""The transport: the needed files of one commit and no others, by git itself.

A partial clone of the commit, then the needed contents by their ids. What arrives is what the
commit names, since git and this package both take the ids again.
"""
