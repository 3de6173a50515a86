"""Writing files: all or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Ends the name of a file that is being written; what a killed run leaves behind has it too.
PARTIAL_SUFFIX = ".partial"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a temporary file, and move it to ``path`` when it is complete.

    Parameters
    ----------
    path : Path
        The file to make or replace. Its folder is made.

    Yields
    ------
    Path
        The file to write. It is removed if the body raises.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps a killed run's orphan from writing into the next run's file.
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def copy(source: str | Path, target: str | Path) -> None:
    """Copy a file, whole or not at all.

    Parameters
    ----------
    source, target : str or Path
        The target's folder is made.
    """
    with replacing(Path(target)) as partial:
        shutil.copyfile(source, partial)
