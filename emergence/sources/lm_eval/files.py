"""Finding result files below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from emergence.errors import InputError
from emergence.sources.bigbench.files import ScoreFile, problem_of


def find_files(path: Path, where: str) -> list[ScoreFile]:
    """List the result files, in the order of their paths' bytes.

    Parameters
    ----------
    path : Path
        A file, or a folder below which every ``*.json`` counts; hidden ones do not.
    where : str
        The path as the registry has it.

    Returns
    -------
    list of ScoreFile
        What is not followed or read (a link out of the folder or to a folder, a folder that
        cannot be listed, no regular file) comes with its problem.

    Raises
    ------
    InputError
        If there is none, or the folder cannot be listed.
    """
    try:
        if path.is_file():
            return [ScoreFile(str(path), "", where)]
        found = list(_below(os.path.realpath(path), where.rstrip("/")))
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        raise InputError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}",
            where=where,
            remedy=f"The path starts from the folder of the registry: {path}",
        ) from error
    if not found:
        raise InputError(
            "holds no result file",
            where=where,
            remedy="Looked for *.json in the folder and all folders below it.",
        )
    return sorted(found, key=lambda file: os.fsencode(file.name))


def listed(folder: Path, where: str) -> tuple[Path, list[ScoreFile]]:
    """List the result files below a folder, as `find_files` does; with the folder itself."""
    return folder, find_files(folder, where)


def _below(top: str, where: str) -> Iterator[ScoreFile]:
    # No recursion: folders may stand within each other deeper than Python can call.
    waiting = [(top, where)]
    while waiting:
        folder, name = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = [entry for entry in listing if not entry.name.startswith(".")]
        except OSError as error:
            if folder == top:
                raise
            yield ScoreFile(folder, "", name, ("unreadable", error.strerror or "error"))
            continue
        for entry in entries:
            shown = f"{name}/{_as_text(entry.name)}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, shown))
            elif entry.is_symlink() and os.path.isdir(entry.path):
                yield ScoreFile(entry.path, "", shown, ("unreadable", "a link to a folder"))
            elif entry.name.endswith(".json"):
                yield ScoreFile(entry.path, "", shown, problem_of(entry, top, False))


def _as_text(name: str) -> str:
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")
