"""Computing a dataset: a program of this project in place of files made by others."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from emergence.raw.manifest import making
from emergence.raw.programs import PROGRAMS, Place

#: In the folder of a dataset: what a program need not do again after an interruption.
KEPT = "kept"


def compute(asked: Mapping[str, Any], folder: Path, *, cores: int = 1) -> None:
    """Run a program, and put its files in place when all are complete.

    Parameters
    ----------
    asked : mapping
        What the registry says: ``program``, and ``settings``, all that the files depend on
        beside the program itself.
    folder : Path
        The dataset's folder.
    cores : int, default 1
        Processors that may be used.
    """
    with making(asked, folder) as files:
        program = import_module(PROGRAMS[asked["program"]])
        program.run(asked["settings"], Place(files, folder / KEPT, cores))
