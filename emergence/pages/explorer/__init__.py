"""The explorer: the interactive page of a dataset's curves."""
