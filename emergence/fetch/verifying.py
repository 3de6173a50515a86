"""Checking fetched files against their manifest once more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emergence.errors import InputError, shorten, to_make_again
from emergence.fetch.contents import Digests
from emergence.fetch.fetching import FILES, MANIFEST, MARK, Wanted
from emergence.fetch.manifest import digest, read_mark
from emergence.schema import MANIFEST as MANIFEST_SCHEMA
from emergence.tables import read_table

_CHUNK = 1 << 20


def verify(folder: Path, wanted: Wanted | None = None) -> Iterator[str]:
    """Check each file of a fetched dataset: size, git's id and SHA-256.

    Parameters
    ----------
    folder : Path
        The dataset's folder.
    wanted : Wanted, optional
        What the registry asks for now.

    Yields
    ------
    str
        What differs: the path, and how.
    """
    folder = Path(folder)
    try:
        mark = read_mark(folder / MARK)
        manifest = read_table(folder / MANIFEST, MANIFEST_SCHEMA)
    except InputError as error:
        yield f"{Path(error.where).name}: {error.problem}"
        return
    if digest(manifest) != mark["manifest_digest"] or manifest.num_rows != mark["files"]:
        yield f"{MANIFEST}: is not the one that {MARK} names"
        return
    if wanted is not None:
        yield from _outdated(mark, wanted)
    listed = set()
    for row in manifest.to_pylist():
        listed.add(row["path"])
        problem = _problem(folder / FILES / row["path"], row)
        if problem:
            yield f"{FILES}/{shorten(row['path'])}: {problem}"
    for path in _walk(folder / FILES):
        if path not in listed:
            yield f"{FILES}/{shorten(path)}: is not in the manifest"


def _outdated(mark: dict[str, Any], wanted: Wanted) -> Iterator[str]:
    now = {"url": wanted.url, "commit": wanted.commit, "patterns": list(wanted.patterns)}
    for name, value in now.items():
        if mark[name] != value:
            yield f"{MARK}: {name} is {mark[name]}, the registry says {value}"


def _problem(path: Path, row: dict[str, Any]) -> str:
    """Say how a file differs from its line in the manifest; nothing if it does not."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return "is no regular file"
    try:
        size = path.stat().st_size
        if size != row["bytes"]:
            return f"has {size} bytes, not {row['bytes']}"
        digests = Digests(size)
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                digests.update(piece)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if (digests.blob(), digests.sha256()) != (row["blob"], row["sha256"]):
        return "has another content"
    return ""


def _walk(folder: Path) -> Iterator[str]:
    """Yield the paths of everything that is no folder, from `folder`."""
    for parent, folders, files in os.walk(folder):
        # A link to a folder is listed among the folders and not followed.
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in sorted(files + links):
            yield (Path(parent) / name).relative_to(folder).as_posix()


def check_present(folder: Path) -> dict[str, Any]:
    """Check that every fetched file is there with its size, before the files are read.

    It reads no contents, and takes about 50 ms for 7,500 files: enough to notice that a part
    was removed or never copied. `verify` reads them.

    Parameters
    ----------
    folder : Path
        The dataset's folder.

    Returns
    -------
    dict
        The mark that all was fetched: address, commit, and the paths that were refused.

    Raises
    ------
    InputError
        If one is missing or has another size.
    """
    folder = Path(folder)
    mark = read_mark(folder / MARK)
    manifest = read_table(folder / MANIFEST, MANIFEST_SCHEMA, ["path", "bytes"])
    different = [
        row["path"]
        for row in manifest.to_pylist()
        if _size(folder / FILES / row["path"]) != row["bytes"]
    ]
    if different:
        raise InputError(
            f"{len(different)} of {manifest.num_rows} fetched files are missing or changed; the "
            f"first: {shorten(different[0])}",
            where=str(folder),
            remedy=to_make_again(folder / MARK),
        )
    return mark


def _size(path: Path) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None
