"""Versions of the JSON documents; tables have theirs with their schemas.

In a module of its own: the landing page, which reads summaries of any age, is not written anew
because something else of a summary was edited.
"""

#: Raised with every change of the fields of claims.json, or of summary.json.
CLAIMS, SUMMARY = 4, 6
