"""Which files reading a source looks at: what an archive takes, and what reading depends on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emergence.sources import bigbench, lm_eval
from emergence.sources.bigbench.files import LARGEST_FILE

#: Formats whose path may be a folder, with the listing that their reader uses itself.
_FOLDERS = {"bigbench": bigbench.listed, "lm-eval": lm_eval.listed}


@dataclass(frozen=True)
class LookedAt:
    """A file that reading a source looks at.

    Attributes
    ----------
    name : str
        Its path from the folder of the registry.
    path : Path
        Where it is.
    problem : str
        Why the reader does not read it; empty for a file that is read.
    """

    name: str
    path: Path
    problem: str = ""


def looked_at(source: Mapping[str, Any], folder: Path) -> list[LookedAt]:
    """List the files that reading a source looks at, in the order in which it does.

    Parameters
    ----------
    source : mapping
        Registry entry of the source.
    folder : Path
        The folder from which its path starts.

    Returns
    -------
    list of LookedAt
        Of a format that reads no folders, the file itself.

    Raises
    ------
    InputError
        If there is no such folder, or no file in it that the format reads.
    """
    where, path = source["path"], Path(folder) / source["path"]
    if source["format"] not in _FOLDERS or not path.is_dir():
        return [LookedAt(where, path)]
    top, files = _FOLDERS[source["format"]](path, where)
    inside = Path(where, top.relative_to(path))
    real = os.path.realpath(top)
    found = []
    for file in files:
        name = (inside / os.path.relpath(file.path, real)).as_posix()
        problem = file.problem[1] if file.problem else _unreadable(file.path)
        found.append(LookedAt(name, Path(file.path), problem))
    return found


def _unreadable(path: str) -> str:
    """Say why a file that may be opened is not read all the same."""
    if os.path.getsize(path) > LARGEST_FILE:
        return f"it is larger than {LARGEST_FILE} bytes"
    return "" if os.access(path, os.R_OK) else "permission denied"
