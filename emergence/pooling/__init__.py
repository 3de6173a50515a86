"""Pooling over the tasks of a unit: the scatter of models, and tests based on it.

The array modules know neither tables nor files. `emergence.pooling.pool` takes the tables of
scale curves and inferences.
"""
