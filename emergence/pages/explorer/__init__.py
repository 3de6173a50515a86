"""The interactive page of a dataset's curves."""
