"""What the tasks of a unit say together: how much models scatter, and tests that rest on it.

The array modules know neither tables nor files. `emergence.pooling.pool` takes the tables of
scale curves and inferences.
"""
