"""Sums of files: taken when the files are made, and compared later."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.errors import InputError, shorten, to_make_again

#: Raised with every change of what is written down with sums. A file of another version is made
#: again; the versions of the tables have nothing to do with it.
VERSION = 3

#: Ends the names of files with the sums of what a step wrote.
SUFFIX = ".sums.json"


def sum_of(path: Path) -> dict[str, Any]:
    """Return the size and the SHA-256 of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        ``bytes`` and ``sha256``.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": file.tell(), "sha256": sha256}


def below(folder: Path) -> Iterator[str]:
    """Find everything in a folder that is no folder itself; links are not followed.

    Parameters
    ----------
    folder : Path
        It may be missing.

    Yields
    ------
    str
        The paths from the folder, with slashes.
    """
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        above = Path(parent).relative_to(folder).as_posix()
        yield from (name if above == "." else f"{above}/{name}" for name in files + links)


def of_outputs(outputs: Iterable[str]) -> dict[str, Any]:
    """Take the sums of what a step wrote.

    Parameters
    ----------
    outputs : iterable of str
        Files, and folders that were written as a whole.

    Returns
    -------
    dict
        To be written down: ``version``, ``folders``, and ``files``, the sum of each by its path.
    """
    folders = sorted(output for output in outputs if Path(output).is_dir())
    files = [f"{folder}/{name}" for folder in folders for name in below(Path(folder))]
    files += [output for output in outputs if output not in folders]
    return {
        "version": VERSION,
        "folders": folders,
        "files": {file: sum_of(Path(file)) for file in files},
    }


def difference(path: Path, known: Mapping[str, Any]) -> str:
    """Say how a file differs from its sum.

    Parameters
    ----------
    path : Path
        The file.
    known : mapping
        Its sum; see `sum_of`.

    Returns
    -------
    str
        Nothing if it does not differ.
    """
    try:
        seen = os.lstat(path)
        if not stat.S_ISREG(seen.st_mode):
            return "is no regular file"
        if seen.st_size != known["bytes"]:
            return f"has {seen.st_size} bytes, not {known['bytes']}"
        return "" if sum_of(path) == known else "has another content"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def read(path: Path) -> dict[str, Any]:
    """Read what was written down with sums.

    Parameters
    ----------
    path : Path
        A JSON file with ``version`` and ``files``.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it is missing, damaged, or of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            problem = f"is of version {content['version']}, not {VERSION}"
        elif all(sum_.keys() == {"bytes", "sha256"} for sum_ in content["files"].values()):
            return content
        else:
            problem = "cannot be read: its files have no sums"
    except FileNotFoundError:
        problem = "is missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"cannot be read: {shorten(str(error))}"
    raise InputError(problem, where=str(path), remedy=to_make_again(path))
