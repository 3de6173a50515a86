"""The manifest of a fetched or computed dataset: what was asked for, and every file.

In the folder of a dataset, `FILES` has the files, and `MANIFEST` is written when all of them are
there. Nothing of the machine, the time or the way of the bytes is in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emergence import sums
from emergence.errors import InputError, shorten, to_make_again
from emergence.tables import write_json

FILES, MANIFEST = "files", "manifest.json"

#: How a file differs that the manifest does not have. No step could bring it back.
EXTRA = "is not in the manifest"


@contextmanager
def making(
    asked: Mapping[str, Any], folder: Path, refused: Sequence[Mapping[str, str]] = ()
) -> Iterator[Path]:
    """Put files in place as a whole, with their manifest.

    Parameters
    ----------
    asked : mapping
        What the registry asks for: ``kind``, and what the files depend on.
    folder : Path
        The dataset's folder.
    refused : sequence of mappings
        Filled by the caller: ``path`` and ``reason`` of what was asked for and is no file here.

    Yields
    ------
    Path
        An empty folder for the files. If the block raises, there is no manifest.
    """
    # From here on nothing looks complete.
    (folder / MANIFEST).unlink(missing_ok=True)
    partial = folder / f"{FILES}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        shutil.rmtree(folder / FILES, ignore_errors=True)
        os.replace(partial, folder / FILES)
    finally:
        # On a full disk it would be in the way of the next attempt, and of everything else.
        shutil.rmtree(partial, ignore_errors=True)
    names = sorted(sums.below(folder / FILES))
    files = {name: sums.sum_of(folder / FILES / name) for name in names}
    content = {"version": sums.VERSION, "asked": asked, "refused": refused, "files": files}
    write_json(content, folder / MANIFEST)


def differences(folder: Path, asked: Mapping[str, Any] | None = None) -> Iterator[tuple[str, str]]:
    """Compare a dataset with its manifest: every file, and what the registry asks for now.

    Parameters
    ----------
    folder : Path
        The dataset's folder.
    asked : mapping, optional
        What the registry asks for now.

    Yields
    ------
    (str, str)
        A path from the folder, each once, and how it differs.
    """
    try:
        manifest = sums.read(folder / MANIFEST)
    except InputError as error:
        yield MANIFEST, error.problem
        return
    then, now = _named(manifest["asked"]), _named(asked or manifest["asked"])
    changed = [
        f"{name} is {shorten(then.get(name))}, the registry says {shorten(now.get(name))}"
        for name in sorted(then | now)
        if then.get(name) != now.get(name)
    ]
    if changed:
        yield MANIFEST, "; ".join(changed)
    files, found = manifest["files"], set(sums.below(folder / FILES))
    for name in sorted(found.union(files)):
        if name not in files:
            yield f"{FILES}/{name}", EXTRA
        elif problem := sums.difference(folder / FILES / name, files[name]):
            yield f"{FILES}/{name}", problem


def _named(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for by its names, settings of a program among them."""
    return {**asked, **asked.get("settings", {}), "settings": None}


def check(folder: Path) -> dict[str, Any]:
    """Check a dataset against its manifest, before it is read.

    Parameters
    ----------
    folder : Path
        The dataset's folder.

    Returns
    -------
    dict
        The manifest: ``asked``, ``refused``, and ``files`` with the sum of each.

    Raises
    ------
    InputError
        If a file differs, is missing or is one too many.
    """
    different = list(differences(folder))
    if different:
        # What is one too many comes first: the files are made again as a whole, without it.
        path, problem = max(different, key=lambda each: each[1] == EXTRA)
        more = f", and {len(different) - 1} more differ" if len(different) > 1 else ""
        remedy = to_make_again(folder / MANIFEST)
        if problem == EXTRA:
            remedy = "Move it elsewhere, and run the same command again."
        raise InputError(
            f"differs from what was made: {shorten(path)} {problem}{more}",
            where=str(folder),
            remedy=remedy,
        )
    return sums.read(folder / MANIFEST)
