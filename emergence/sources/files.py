"""Folders of files that nobody vouches for: finding them, reading them, and what was read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from emergence.errors import InputError
from emergence.sources.base import FileFacts
from emergence.sources.documents import Refused

#: A larger file is not read. BIG-bench's largest are some hundred kilobytes; parsed, the
#: worst text of this size (nothing but empty lists) takes some 400 MB.
LARGEST_FILE = 16 * 2**20


#: Stands in a folder that `emergence report` made, which is no source.
REPORT_MARK = ".emergence-report"


@dataclass(frozen=True)
class FoundFile:
    """A file that was found.

    Attributes
    ----------
    path : str
        Where it is.
    name : str
        Its path below the folder that was looked through, with ``/``, as text; empty for a
        file that was named itself.
    problem : tuple of str, optional
        Reason and what was seen, if it must not be opened.
    """

    path: str
    name: str
    problem: tuple[str, str] | None = None

    @property
    def folder(self) -> str:
        """The part of its name before the last ``/``."""
        return self.name.rpartition("/")[0]

    def shown(self, where: str) -> str:
        """Return its path as the registry would write it, ``where`` being the source's."""
        return f"{where.rstrip('/')}/{self.name}" if self.name else where


def in_order(found: list[FoundFile]) -> list[FoundFile]:
    """Sort files by the bytes of their names, which is the same order everywhere."""
    return sorted(found, key=lambda file: os.fsencode(file.name))


def files_below(path: Path, ending: str | tuple[str, ...]) -> list[FoundFile]:
    """List the files with an ending below a folder, or the one file that a path leads to.

    Parameters
    ----------
    path : Path
        A file, whatever its name, or a folder. Hidden files and folders do not count, nor do
        reports of this project.
    ending : str or tuple of str
        For example ``.json``; one of several.

    Returns
    -------
    list of FoundFile
        In the order of their names' bytes. What is not followed or read (a link out of the
        folder or to a folder, a folder that cannot be listed, no regular file) comes with its
        problem.

    Raises
    ------
    OSError
        If there is nothing, or the folder itself cannot be listed.
    """
    if path.is_file():
        return [FoundFile(str(path), "")]
    return in_order(list(_below(os.path.realpath(path), ending)))


def _below(top: str, ending: str | tuple[str, ...]) -> Iterator[FoundFile]:
    # No recursion: folders may stand within each other deeper than Python can call.
    waiting = [(top, "")]
    while waiting:
        folder, name = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            if folder == top:
                raise
            yield FoundFile(folder, name, ("unreadable", error.strerror or "error"))
            continue
        if any(entry.name == REPORT_MARK for entry in entries):
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            shown = f"{name}/{as_text(entry.name)}" if name else as_text(entry.name)
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, shown))
            elif entry.is_symlink() and os.path.isdir(entry.path):
                yield FoundFile(entry.path, shown, ("unreadable", "a link to a folder"))
            elif entry.name.endswith(ending):
                yield FoundFile(entry.path, shown, problem_of(entry, top, linked=False))


def files_of(
    find: Callable[[Path], list[FoundFile]], path: Path, where: str, looked_for: str
) -> list[FoundFile]:
    """List the files of a source: at least one.

    Parameters
    ----------
    find : callable
        Lists what is below a path, as `files_below` does.
    path : Path
        What the source's path leads to.
    where : str
        The path as the registry has it.
    looked_for : str
        What `find` looks for, for the message.

    Returns
    -------
    list of FoundFile

    Raises
    ------
    InputError
        If there is none, or the path cannot be read.
    """
    try:
        found = find(path)
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        raise InputError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}",
            where=where,
            remedy=f"The path starts from the folder of the registry: {path}",
        ) from error
    if not found:
        raise InputError(
            "contains no matching file", where=where, remedy=f"Looked for {looked_for}."
        )
    return found


def as_text(name: str) -> str:
    """Return a file's name as text; bytes that are no UTF-8 are shown as escapes."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def problem_of(entry: os.DirEntry[str], top: str, *, linked: bool) -> tuple[str, str] | None:
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
        return "outside_folder", "a link that leads out of the folder"
    return None if stat.S_ISREG(kind) else ("unreadable", "no regular file")


def contents(file: FoundFile) -> bytes:
    """Read a file.

    Parameters
    ----------
    file : FoundFile

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


def why_not_read(file: FoundFile) -> str:
    """Say why a file is not read, without reading it.

    Parameters
    ----------
    file : FoundFile

    Returns
    -------
    str
        Empty if it is read.

    Raises
    ------
    OSError
        If it is there no more.
    """
    if file.problem is not None:
        return file.problem[1]
    if os.path.getsize(file.path) > LARGEST_FILE:
        return f"it is larger than {LARGEST_FILE} bytes"
    return "" if os.access(file.path, os.R_OK) else "permission denied"


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


class FilesRead:
    """Reads the files of a source one after the other, and keeps what identifies them all.

    Parameters
    ----------
    source : mapping
        Registry entry of the source.
    """

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source
        self._lines: list[str] = []
        self._size = 0

    def contents(self, file: FoundFile) -> bytes:
        """Read a file, see `contents`; it counts, whether or not it can be read."""
        shown = file.shown(self._source["path"])
        try:
            data = contents(file)
        except Refused:
            # A file that is not read has no digest; its name still belongs to the data.
            self._lines.append(f"-  {shown}\n")
            raise
        self._lines.append(f"{hashlib.sha256(data).hexdigest()}  {shown}\n")
        self._size += len(data)
        return data

    @contextmanager
    def opened(self, file: FoundFile) -> Iterator[BinaryIO]:
        """Open a file of any size, to be read once; it counts, whether or not it can be read.

        Yields
        ------
        binary file
            Its digest is that of the whole file, however much of it is read.

        Raises
        ------
        Refused
            If it must not be opened, or cannot be read.
        """
        shown, digest = file.shown(self._source["path"]), None
        try:
            if file.problem is not None:
                raise Refused("", *file.problem)
            with open(file.path, "rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
                self._size += stream.tell()
                digest = found
                stream.seek(0)
                yield stream
        except OSError as error:
            raise Refused("", "unreadable", error.strerror or "error") from error
        finally:
            self._lines.append(f"{digest or '-'}  {shown}\n")

    def facts(self, entries: int, kind: str = "files", **more: Any) -> FileFacts:
        """Return the facts of all files together.

        Parameters
        ----------
        entries : int
            Rows and rejects that came of them.
        kind : str, default "files"
            What the files are called where it is said how their digest was taken.
        **more
            Further attributes of `FileFacts`.

        Returns
        -------
        FileFacts

        Raises
        ------
        InputError
            If the digest is not the ``lines_sha256`` of the source.
        """
        where = self._source["path"]
        in_order = sorted(self._lines, key=lambda line: os.fsencode(line.partition("  ")[2]))
        lines = "".join(in_order)
        digest = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
        expected = self._source.get("lines_sha256")
        if expected not in (None, digest):
            raise InputError(
                f"differs from the registry: its lines_sha256 is {digest}, "
                f"the registry says {expected}",
                where=where,
                remedy="Restore the files, or, if the change is intended, write the digest there.",
            )
        taken = f"SHA-256 of the lines that sha256sum prints for the {kind}, sorted by path"
        return FileFacts(where, entries, self._size, digest, taken, files=len(self._lines), **more)
