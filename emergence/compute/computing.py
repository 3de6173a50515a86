"""Running a program, the mark that says what it wrote, and checking against the mark."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from emergence.errors import InputError, shorten, to_make_again
from emergence.schema import MARK_VERSION

#: Each program of the registry with the module whose ``run`` it is. By name: a program's own
#: imports are loaded, and an edit of them runs it again, only where it is meant.
PROGRAMS = {
    "induced": "emergence.induced.dataset",
    "mirage-model": "emergence.simulate.mirage_dataset",
}

#: Beside each other in a dataset's folder: what the program wrote, and the mark.
FILES = "files"
MARK = "computed.json"

#: Also there, if a program wants it: what it need not do again after an interruption.
KEPT = "kept"


@dataclass(frozen=True)
class Computation:
    """What a registry entry asks for.

    Attributes
    ----------
    program : str
        One of `PROGRAMS`.
    settings : mapping
        All that the files depend on, beside the program itself.
    """

    program: str
    settings: Mapping[str, Any]


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


def compute(wanted: Computation, folder: Path, *, cores: int = 1) -> dict[str, Any]:
    """Run a program, and put what it wrote in place when all of it is there.

    Parameters
    ----------
    wanted : Computation
        Settings as the registry's schema allows them.
    folder : Path
        The dataset's folder.
    cores : int, default 1
        Processors that may be used.

    Returns
    -------
    dict
        For `emergence.tables.write_json`, to be written to `MARK`: the program, its settings,
        and each file with size and SHA-256. Nothing of the machine or the time is in it.
    """
    folder = Path(folder)
    (folder / MARK).unlink(missing_ok=True)
    partial = folder / f"{FILES}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        program = import_module(PROGRAMS[wanted.program])
        program.run(wanted.settings, Place(partial, folder / KEPT, cores))
        files = list(_found(partial))
        shutil.rmtree(folder / FILES, ignore_errors=True)
        os.replace(partial, folder / FILES)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return {
        "schema_version": MARK_VERSION,
        "program": wanted.program,
        "settings": dict(wanted.settings),
        "files": files,
    }


def _found(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield each file of a folder as a mark lists it, in the order of the paths."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for name, path in sorted(paths.items()):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            yield {"path": name, "bytes": 0, "sha256": "no regular file"}
        elif path.is_file():
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            yield {"path": name, "bytes": path.stat().st_size, "sha256": sha256}


def verify_computed(folder: Path, wanted: Computation | None = None) -> Iterator[str]:
    """Check each file of a computed dataset: size and SHA-256.

    Parameters
    ----------
    folder : Path
        The dataset's folder.
    wanted : Computation, optional
        What the registry asks for now.

    Yields
    ------
    str
        What differs: the path, and how.
    """
    folder = Path(folder)
    try:
        mark = _read_mark(folder / MARK)
    except InputError as error:
        yield f"{MARK}: {error.problem}"
        return
    if wanted is not None and mark["program"] != wanted.program:
        yield f"{MARK}: program is {mark['program']}, the registry says {wanted.program}"
    elif wanted is not None and mark["settings"] != wanted.settings:
        yield f"{MARK}: the settings are not those of the registry"
    yield from _differences(mark, folder / FILES)


def check_computed(folder: Path) -> dict[str, Any]:
    """Check that what a program wrote is as it was, before it is read.

    Parameters
    ----------
    folder : Path
        The dataset's folder.

    Returns
    -------
    dict
        The mark; see `compute`.

    Raises
    ------
    InputError
        If a file differs, is missing or is one too many.
    """
    folder = Path(folder)
    mark = _read_mark(folder / MARK)
    different = list(_differences(mark, folder / FILES))
    if different:
        raise InputError(
            f"is not as it was computed: {different[0]}",
            where=str(folder / FILES),
            remedy=to_make_again(folder / MARK),
        )
    return mark


def _differences(mark: Mapping[str, Any], folder: Path) -> Iterator[str]:
    listed = {file["path"]: file for file in mark["files"]}
    found = {file["path"]: file for file in _found(folder)}
    for path in sorted(listed | found):
        if path not in found:
            yield f"{FILES}/{shorten(path)}: is missing"
        elif path not in listed:
            yield f"{FILES}/{shorten(path)}: was not computed"
        elif found[path] != listed[path]:
            yield f"{FILES}/{shorten(path)}: has another content"


def _read_mark(path: Path) -> dict[str, Any]:
    try:
        mark = json.loads(path.read_text(encoding="utf-8"))
        if mark["schema_version"] == MARK_VERSION:
            return mark
        problem = f"is of schema version {mark['schema_version']}, not {MARK_VERSION}"
    except FileNotFoundError:
        problem = "is missing: the dataset was not computed completely"
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"cannot be read: {shorten(str(error))}"
    raise InputError(problem, where=str(path), remedy=to_make_again(path))
