"""The stages, from sources to pages: each a function of a study that gives back one with more.

The workflow's steps, the command, simulations, benchmarks and tests call the same ones, in the
order of `emergence.stages.run`. This package imports none of them: a step loads its own.
"""
