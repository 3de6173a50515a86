"""Datasets that are computed: a program of this project in place of files made by others.

A registry entry with a source of kind ``computed`` names a program and its settings, every one
of them. The program writes files; a mark, written last, names it, the settings and the files
with their digests. From there on the table of scores is read like any other.
"""

from emergence.compute.computing import (
    FILES,
    KEPT,
    MARK,
    PROGRAMS,
    Computation,
    Place,
    check_computed,
    compute,
    verify_computed,
)

__all__ = [
    "FILES",
    "KEPT",
    "MARK",
    "PROGRAMS",
    "Computation",
    "Place",
    "check_computed",
    "compute",
    "verify_computed",
]
