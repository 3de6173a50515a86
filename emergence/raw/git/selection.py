"""Which files of a commit are needed, and which of those can be files here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from emergence.errors import InputError, shorten
from emergence.raw.git.store import TreeEntry

_REGULAR = ("100644", "100664", "100755")

_OTHER_MODES = {"120000": "is a symbolic link", "160000": "is a submodule"}


def select(
    entries: Iterable[TreeEntry], patterns: Sequence[str], refused: list[dict[str, str]]
) -> list[tuple[str, str]]:
    """Select the files that fit one of the patterns.

    Parameters
    ----------
    entries : iterable of TreeEntry
        A commit's tree.
    patterns : sequence of str
        Globs over the whole path: ``*`` and ``?`` stay within a folder, ``**/`` is any
        number of folders.
    refused : list of dict
        Links, submodules, and paths that would lead out of the folder are added: ``path``,
        shortened, with escapes for what cannot be printed, and ``reason``.

    Returns
    -------
    list of (str, str)
        Path and blob id, sorted by path.

    Raises
    ------
    InputError
        If a pattern fits nothing.
    """
    compiled = {pattern: re.compile(translated(pattern)) for pattern in patterns}
    unused = set(patterns)
    files: dict[str, str] = {}
    for entry in entries:
        path = entry.path.decode("utf-8", "surrogateescape")
        fitting = [name for name, expression in compiled.items() if expression.fullmatch(path)]
        if not fitting:
            continue
        unused.difference_update(fitting)
        reason = _problem(entry, path)
        if not reason and path in files:
            reason = "stands twice in the commit"
        if reason:
            readable = entry.path.decode("utf-8", "backslashreplace")
            refused.append({"path": shorten(readable), "reason": reason})
        else:
            files[path] = entry.blob
    if unused:
        listed = ", ".join(shorten(pattern) for pattern in sorted(unused))
        raise InputError(
            f"no file of the commit fits {listed}",
            remedy="Correct `files` in the registry: paths start at the top of the repository.",
        )
    return sorted(files.items())


def _problem(entry: TreeEntry, path: str) -> str:
    """Say why an entry must not become a file; nothing if it may."""
    if entry.mode not in _REGULAR:
        what = _OTHER_MODES.get(entry.mode, f"has the unknown mode {shorten(entry.mode)}")
        return f"{what}: only regular files are taken"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "leads out of the folder of the dataset"
    if not path.isascii() and any("\ud800" <= sign <= "\udfff" for sign in path):
        return "is not UTF-8 text"
    return ""


def translated(pattern: str) -> str:
    """Return a glob as a regular expression for a whole path.

    Parameters
    ----------
    pattern : str
        With ``*``, ``?``, ``[abc]``, ``[!abc]`` and ``**/``.

    Returns
    -------
    str
    """
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        rest = pattern[at:]
        brackets = re.match(r"\[(!?)([^]/]+)\]", rest)
        if rest.startswith("**/"):
            parts.append("(?:[^/]+/)*")
            at += 3
        elif rest.startswith("*"):
            parts.append("[^/]*")
            at += 1
        elif rest.startswith("?"):
            parts.append("[^/]")
            at += 1
        elif brackets:
            negated, signs = brackets.groups()
            inside = re.sub(r"([\\^\[&~|])", r"\\\1", signs)
            parts.append(f"(?!/)[{'^' if negated else ''}{inside}]")
            at += brackets.end()
        else:
            parts.append(re.escape(rest[0]))
            at += 1
    return "(?s:" + "".join(parts) + ")"
