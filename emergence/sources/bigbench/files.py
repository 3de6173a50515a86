"""Finding the score files in a folder of tasks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from emergence.sources.files import FoundFile, as_text, in_order, problem_of

#: Where upstream keeps its tasks, below the top of its repository.
UPSTREAM_FOLDER = "bigbench/benchmark_tasks"


def find_files(folder: Path) -> list[FoundFile]:
    """List the score files below a folder.

    Parameters
    ----------
    folder : Path
        A folder of tasks, or the top of a repository that has one where upstream does.

    Returns
    -------
    list of FoundFile
        In the order of their names' bytes. A link out of the folder of tasks, and what is no
        regular file, comes with its problem.

    Raises
    ------
    OSError
        If there is no such folder, or it cannot be listed.
    """
    upstream = folder / UPSTREAM_FOLDER
    tasks, prefix = (upstream, f"{UPSTREAM_FOLDER}/") if upstream.is_dir() else (folder, "")
    top = os.path.realpath(tasks)
    found: list[FoundFile] = []
    with os.scandir(top) as listing:
        for task in listing:
            found.extend(_files_of(task, top, prefix))
    return in_order(found)


def task_of(file: FoundFile) -> str:
    """Return the task to whose folder a score file belongs."""
    return file.name.split("/")[-3]


def _files_of(task: os.DirEntry[str], top: str, prefix: str) -> Iterator[FoundFile]:
    results = os.path.join(task.path, "results")
    linked = task.is_symlink() or os.path.islink(results)
    name = f"{prefix}{as_text(task.name)}/results"
    try:
        listing = os.scandir(results)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield FoundFile(results, name, ("unreadable", error.strerror or "error"))
        return
    with listing:
        for entry in listing:
            if entry.name.startswith("scores_") and entry.name.endswith(".json"):
                shown = f"{name}/{as_text(entry.name)}"
                yield FoundFile(entry.path, shown, problem_of(entry, top, linked=linked))
