"""Results for others: a dataset that can be loaded, and an archive that can be rebuilt.

Nothing is uploaded from here. Only `emergence.publishing.features` imports the package
`datasets`, which takes seconds.
"""
