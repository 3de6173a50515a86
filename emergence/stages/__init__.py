"""The stages, from sources to pages: each is a function of a study and returns a larger one.

The workflow's steps, the command, simulations, benchmarks and tests call the same ones, in the
order of `emergence.stages.run`. This package imports none of them: a step loads its own.
"""
