"""Finding and reading score files that nobody vouches for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emergence.errors import InputError
from emergence.sources.documents import Refused

#: Where upstream keeps its tasks, below the top of its repository.
UPSTREAM_FOLDER = "bigbench/benchmark_tasks"

#: A larger file is not read. Upstream's largest are some hundred kilobytes; parsed, the
#: worst text of this size (nothing but empty lists) takes some 400 MB.
LARGEST_FILE = 16 * 2**20


@dataclass(frozen=True)
class ScoreFile:
    """A score file that was found.

    Attributes
    ----------
    path : str
        Where it is.
    task : str
        Name of the folder of its task.
    name : str
        Its path below the folder of tasks, with ``/``.
    problem : tuple of str, optional
        Reason and what was seen, if it must not be opened.
    """

    path: str
    task: str
    name: str
    problem: tuple[str, str] | None = None


def tasks_folder(folder: Path, where: str) -> tuple[Path, str]:
    """Find the folder of tasks: upstream's below a repository's top, else the folder itself.

    Parameters
    ----------
    folder : Path
        What the source's path leads to.
    where : str
        The path as the registry has it.

    Returns
    -------
    tasks : Path
    prefix : str
        What stands before a file's path below ``tasks``, as the registry would write it.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    start = where.rstrip("/") + "/"
    try:
        if (folder / UPSTREAM_FOLDER).is_dir():
            return folder / UPSTREAM_FOLDER, f"{start}{UPSTREAM_FOLDER}/"
        if folder.is_dir():
            return folder, start
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        raise InputError(f"cannot be read: {error}", where=where) from error
    raise InputError(
        "is no folder",
        where=where,
        remedy=f"The path starts from the folder of the registry: {folder}",
    )


def listed(folder: Path, where: str) -> tuple[Path, list[ScoreFile]]:
    """List the score files below a source's path.

    Parameters
    ----------
    folder : Path
        What the path leads to.
    where : str
        The path as the registry has it.

    Returns
    -------
    tasks : Path
        The folder of tasks, in which they stand.
    files : list of ScoreFile

    Raises
    ------
    InputError
        If there is no such folder or no score file.
    """
    tasks, _ = tasks_folder(folder, where)
    return tasks, find_files(tasks, where)


def find_files(tasks: Path, where: str) -> list[ScoreFile]:
    """List the score files, in the order of their paths' bytes.

    Parameters
    ----------
    tasks : Path
        The folder of tasks.
    where : str
        The source's path as the registry has it, for the message.

    Returns
    -------
    list of ScoreFile
        A link out of the folder, and what is no regular file, comes with its problem.

    Raises
    ------
    InputError
        If there is none, or the folder cannot be listed.
    """
    top = os.path.realpath(tasks)
    found: list[ScoreFile] = []
    try:
        with os.scandir(top) as listing:
            for task in listing:
                found.extend(_files_of(task, top))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from error
    if not found:
        raise InputError(
            "holds no score file",
            where=where,
            remedy=f"Looked for <task>/results/scores_*.json and {UPSTREAM_FOLDER}/<task>/...",
        )
    return sorted(found, key=lambda file: os.fsencode(file.name))


def _files_of(task: os.DirEntry[str], top: str) -> Iterator[ScoreFile]:
    results = os.path.join(task.path, "results")
    linked = task.is_symlink() or os.path.islink(results)
    task_name = _as_text(task.name)
    try:
        listing = os.scandir(results)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        name = f"{task_name}/results"
        yield ScoreFile(results, task_name, name, ("unreadable", error.strerror or "error"))
        return
    with listing:
        for entry in listing:
            if entry.name.startswith("scores_") and entry.name.endswith(".json"):
                yield ScoreFile(
                    entry.path,
                    task_name,
                    f"{task_name}/results/{_as_text(entry.name)}",
                    problem_of(entry, top, linked),
                )


def _as_text(name: str) -> str:
    """Return a file's name as text; bytes that are no UTF-8 are shown as escapes."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def problem_of(entry: os.DirEntry[str], top: str, linked: bool) -> tuple[str, str] | None:
    """Say why a file must not be opened.

    Parameters
    ----------
    entry : os.DirEntry
        The file.
    top : str
        The resolved folder out of which no link may lead.
    linked : bool
        Whether a folder on the way to the file is a link.

    Returns
    -------
    tuple of str or None
        Reason and what was seen; None if it may be opened.
    """
    # The kind of a directory entry is known without a further call of the system.
    if not linked and entry.is_file(follow_symlinks=False):
        return None
    try:
        # On some systems a loop of links resolves to itself, and then fails here.
        real = os.path.realpath(entry.path)
        kind = os.stat(real).st_mode
    except OSError as error:
        return "unreadable", error.strerror or "error"
    if os.path.commonpath([top, real]) != top:
        return "outside_folder", "a link that leads out of the folder of tasks"
    return None if stat.S_ISREG(kind) else ("unreadable", "no regular file")


def contents(file: ScoreFile) -> bytes:
    """Read a score file.

    Parameters
    ----------
    file : ScoreFile
        What `find_files` found.

    Returns
    -------
    bytes

    Raises
    ------
    Refused
        If it must not be opened, cannot be read, or is larger than `LARGEST_FILE`.
    """
    if file.problem is not None:
        raise Refused("", *file.problem)
    try:
        handle = os.open(file.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            size = os.fstat(handle).st_size
            if size > LARGEST_FILE:
                raise Refused("", "too_large", f"{size} bytes; at most {LARGEST_FILE} are read")
            return _all_of(handle, size)
        finally:
            os.close(handle)
    except OSError as error:
        raise Refused("", "unreadable", error.strerror or "error") from error


def _all_of(handle: int, size: int) -> bytes:
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    # The file grew or shrank, or a network file system gave a part: as much as is allowed.
    parts = [data]
    total = len(data)
    while total <= LARGEST_FILE and (more := os.read(handle, 1 << 20)):
        parts.append(more)
        total += len(more)
    if total > LARGEST_FILE:
        raise Refused("", "too_large", f"more than {LARGEST_FILE} bytes")
    return b"".join(parts)
