"""The error that is meant for people: what is wrong with their input."""

from __future__ import annotations

import difflib
import errno
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from emergence.files import PARTIAL_SUFFIX

_MOST_COMPARED = 1000
_MOST_LISTED = 50
_LONGEST_NAME = 60

#: What the system says, by its number: what is wrong, and what to do before the next try.
_FULL = ("no space is left", "Free some")
_DENIED = ("permission is denied", "Change its permissions, or choose another place")
_OF_THE_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: (
        "the file system is read-only",
        "Mount it for writing, or choose another place",
    ),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
}

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"

#: A sign that steers a terminal and has no shape of its own: every control character but the tab
#: and the ends of lines. No name may have one.
CONTROL_CHARACTER = re.compile(f"[{_CONTROL}]")

#: The same, and the marks that turn the direction of the text around them.
_STEERING = re.compile(f"[{_CONTROL}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class InputError(Exception):
    """Bad input, described in one message.

    Parameters
    ----------
    problem : str
        What is wrong, with what was seen and what is allowed.
    where : str, optional
        The file, and the entry in it.
    remedy : str, optional
        What to write instead, or which command comes next.
    """

    def __init__(self, problem: str, *, where: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.where = where
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        """Return place, problem and remedy in one message."""
        head = f"{self.where}: " if self.where else ""
        tail = f"\n  {self.remedy}" if self.remedy else ""
        return f"{head}{self.problem}{tail}"


def in_shell(path: str) -> str:
    """Write a file's path for a shell; one that begins with a hyphen is no option."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def to_make_again(path: Path) -> str:
    """Return how to make a file of the workflow again.

    Parameters
    ----------
    path : Path
        The file, or the folder. Never one that the workflow reads and cannot make.

    Returns
    -------
    str
        A remedy with the command that removes it, for any working directory.
    """
    command = removing(path)
    return (
        f"Run the same command again, after: {command}"
        if command
        else ("Run the same command again.")
    )


def removing(*paths: Path) -> str:
    """Return the command that removes what the workflow makes.

    Parameters
    ----------
    *paths : Path
        Files and folders; what is missing is left out. Never one that the workflow reads and
        cannot make.

    Returns
    -------
    str
        For any working directory; nothing if nothing is there.
    """
    there = [path for path in paths if os.path.lexists(path)]
    option = ["-r"] if any(path.is_dir() for path in there) else []
    return shlex.join(["rm", *option, *(str(path.absolute()) for path in there)]) if there else ""


def of_the_system(error: OSError, where: str | Path = "") -> InputError:
    """Describe an error of the operating system, such as a full disk, in one message.

    Parameters
    ----------
    error : OSError
        Its file is named if it has one.
    where : str or Path, optional
        The file or folder at work, for an error that names none: a write to a full disk.

    Returns
    -------
    InputError
        With what happened, where, and what to do.
    """
    place = os.fspath(where)
    if isinstance(error.filename, str | bytes):
        place = os.fsdecode(error.filename)
        if place.endswith(PARTIAL_SUFFIX):  # nobody knows it by that name
            place = os.path.dirname(place)
    problem, first = _OF_THE_SYSTEM.get(error.errno or 0, (error.strerror or str(error), ""))
    return InputError(
        shorten(problem),
        where=shorten(place),
        remedy=f"{first}; then run the same command again." if first else "",
    )


def did_you_mean(seen: str, allowed: Iterable[str]) -> str:
    """Return which names are allowed, the most similar one first.

    The names may come from a foreign file: they are shortened, and a long list is cut.

    Parameters
    ----------
    seen : str
        The name that was given.
    allowed : iterable of str
        The names that would have been right.

    Returns
    -------
    str
        For example ``did you mean 'kind'? Allowed: format, kind, path``.
    """
    names = sorted(allowed)
    # The comparison takes 0.2 ms a name, and a foreign header may have 100,000.
    close = difflib.get_close_matches(seen, names[:_MOST_COMPARED], n=1)
    hint = f"did you mean '{shorten(close[0], _LONGEST_NAME)}'? " if close else ""
    listed = ", ".join(shorten(name, _LONGEST_NAME) for name in names[:_MOST_LISTED])
    more = len(names) - _MOST_LISTED
    return f"{hint}Allowed: {listed or 'none'}" + (f" and {more} more" if more > 0 else "")


def shorten(value: object, limit: int = 200) -> str:
    """Return the text of a value for a message, shortened and on one line.

    Control and direction marks are shown as escapes, so that what was seen can be read
    and cannot change what is around it.

    Parameters
    ----------
    value : object
        Anything; text is taken as it is, the rest through ``repr``.
    limit : int, default 200
        Longest text returned, in characters.

    Returns
    -------
    str
    """
    text = value if isinstance(value, str) else repr(value)
    cut = text[:limit]
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return plain if len(text) <= limit and len(plain) <= limit else plain[: limit - 1] + "…"


def harmless(text: str) -> str:
    """Escape the characters of a text that affect the text around it.

    Parameters
    ----------
    text : str
        Of any length and any number of lines.

    Returns
    -------
    str
    """
    return _STEERING.sub(lambda sign: sign.group().encode("unicode_escape").decode(), text)
