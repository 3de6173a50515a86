"""Emergence scores of language-model benchmarks, with what the evidence supports.

The library computes on tables and arrays. It knows neither Snakemake nor the folders of
the project: `scripts/` reads and writes, this package computes.
"""

from importlib import import_module

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load `Study` on first use, since every module imports this one."""
    if name == "Study":
        # By name: else each step that imports anything of this package would depend on it.
        return import_module("emergence.study").Study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
