"""The programs of this project that compute datasets, and where each works."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Each program of the registry with the module whose ``run`` it is. By name: a program's own
#: imports are loaded, and an edit of them runs it again, only where it is meant.
PROGRAMS = {
    "induced": "emergence.induced.dataset",
    "mirage-model": "emergence.simulate.mirage_dataset",
}


@dataclass(frozen=True)
class Place:
    """Where a program works.

    Attributes
    ----------
    files : Path
        An empty folder: what is written here, folders not counted, is the dataset.
    kept : Path
        A folder for what is not to be done again after an interruption. It may be missing;
        what is found there may come from other settings, or from an older program.
    cores : int
        Processors that may be used. No byte may depend on it.
    """

    files: Path
    kept: Path
    cores: int
