"""Fetching a dataset: from the address in the registry to files with a manifest.

In the folder of a dataset, `STORE` has git's objects. It only grows, so that an interrupted fetch
goes on where it stopped.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from emergence.errors import InputError, of_the_system, shorten
from emergence.progress import Progress
from emergence.raw.git.command import PATIENCE, Patience
from emergence.raw.git.failures import GitFailure
from emergence.raw.git.messages import explained
from emergence.raw.git.selection import select
from emergence.raw.git.store import BATCH, Store
from emergence.raw.manifest import making

STORE = "git"

#: Held while one process works on the store; its name is none that is cleaned up.
_IN_USE = "in-use"

#: Trouble that one path has by itself: it is refused, and the others are written. A file
#: system without upper and lower case meets the first, names of 256 bytes the second.
_OF_THE_PATH = (errno.EEXIST, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ)


def fetch(
    asked: Mapping[str, Any],
    folder: Path,
    *,
    allow_full_clone: bool = False,
    batch: int = BATCH,
    patience: Patience = PATIENCE,
    progress: Progress | None = None,
) -> list[dict[str, str]]:
    """Fetch the files of a dataset, or the rest of them after an interruption.

    Parameters
    ----------
    asked : mapping
        What the registry says: ``url`` of the repository, ``commit``, 40 hex digits, and
        ``files``, globs of those that are needed.
    folder : Path
        The dataset's folder.
    allow_full_clone : bool, default False
        Take everything from a server that cannot send a part.
    batch : int
        Contents in one request.
    patience : Patience
        How long to wait, how often to try.
    progress : Progress, optional
        Told what goes on.

    Returns
    -------
    list of dict
        ``path`` and ``reason`` of each path that fits and is no file here.

    Raises
    ------
    InputError
        If it cannot be fetched: what happened, what still works, what to do.
    """
    progress = progress or Progress()
    refused: list[dict[str, str]] = []
    store = Store(
        folder / STORE,
        asked["url"],
        allow_full_clone=allow_full_clone,
        patience=patience,
        progress=progress,
    )
    try:
        with _alone(store), making(asked, folder, refused) as place:
            store.prepare()
            files = select(store.fetch_tree(asked["commit"]), asked["files"], refused)
            store.fetch_blobs([blob for _, blob in sorted(files, key=_name_first)], batch)
            _write(files, store, place, refused)
    except GitFailure as failure:
        raise explained(failure, store, asked["commit"]) from failure
    except OSError as error:
        raise of_the_system(error, folder) from error
    return refused


def _write(
    files: Sequence[tuple[str, str]], store: Store, folder: Path, refused: list[dict[str, str]]
) -> None:
    store.progress.begin("files written", 0, len(files))
    # Closed at once after trouble too: git's process must not hold the disk.
    with closing(store.contents(blob for _, blob in files)) as contents:
        for done, ((path, _), content) in enumerate(zip(files, contents, strict=True), start=1):
            try:
                target = _new_file(folder / path)
            except OSError as error:
                if error.errno not in _OF_THE_PATH:
                    raise
                content.copy(len)  # On to the next one.
                reason = f"cannot be a file here: {error.strerror}"
                refused.append({"path": shorten(path), "reason": reason})
                continue
            with target:
                content.copy(target.write)
            store.progress.reached(done)


def _new_file(path: Path) -> BinaryIO:
    # Made only where it is missing: most files share their folder with the one before.
    try:
        return open(path, "xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "xb")


def _name_first(file: tuple[str, str]) -> tuple[str, str]:
    """Sort files of the same name next to each other.

    git packs them so, each as a difference from the one before. A server that is asked for
    neighbours sends what it has; otherwise it must look for differences anew. 10,679 score
    files in batches of 1,000 over loopback: 5.0 s in the order of paths, 1.7 s in this one.
    """
    path = file[0]
    return path.rsplit("/", 1)[-1], path


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Hold the store: the step of a killed run may still be at work in it."""
    store.folder.mkdir(parents=True, exist_ok=True)
    note = store.folder / _IN_USE
    lock = filelock.FileLock(note)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise InputError(
            f"process {note.read_text() or 'unknown'} is fetching into it",
            where=str(store.folder.parent),
            remedy="It may be left from a run that was killed. Wait for it, or end it.",
        ) from None
    try:
        note.write_text(str(os.getpid()))
        yield
    finally:
        _remove_nothing(store)
        lock.release()


def _remove_nothing(store: Store) -> None:
    """Remove a store in which nothing has arrived: a failed first try leaves no trace."""
    if store.is_empty():
        shutil.rmtree(store.folder, ignore_errors=True)
        with suppress(OSError):  # There is something in it.
            store.folder.parent.rmdir()
