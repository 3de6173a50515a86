"""Failures of the tools below, as one message: what happened, and what to do.

Used by the front door and by the logger plugin. At its top it imports the standard library only:
the front door makes the project's own packages importable first.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Files that are named of many.
_MOST_NAMED = 3

#: What can be asked for; most people ask for nothing, and get the pages.
_TARGETS = (
    "Steps make, for example, reports/DATASET/index.html and data/processed/DATASET/curves.parquet."
)

#: Begins what Python says of an error that nobody caught.
_RAW = "Traceback (most recent call last)"

#: What Snakemake says of a step that it cannot note as done, or as failed.
NOT_RECORDED = "Error recording metadata for finished job"

#: Begins what Snakemake says of an error of the system while a step is set up.
_RAISED = re.compile(r"^(OSError|PermissionError) in file ", re.MULTILINE)

#: What Python says last of an error of the system, in a traceback or within another message.
_OF_THE_SYSTEM = re.compile(r"\[Errno (\d+)\] ([^:)\n]*)(?:: '([^'\n]+)')?")


def in_one_message(run: Callable[..., int]) -> Callable[..., int]:
    """Make a command end with one message on an error of the system.

    Parameters
    ----------
    run : callable
        Returns the exit status.

    Returns
    -------
    callable
        The same; an `OSError` is said, and the status is then 1.
    """

    @wraps(run)
    def told(*arguments: object, **named: object) -> int:
        try:
            status = run(*arguments, **named)
            sys.stdout.flush()
            return status
        except OSError as error:
            from emergence.cli.printing import end_output
            from emergence.errors import of_the_system

            end_output()
            # A reader that has seen enough is no failure to speak of.
            if not isinstance(error, BrokenPipeError):
                print(f"error: {of_the_system(error)}", file=sys.stderr)
            return 1

    return told


def keep_caches_below(state: Path) -> None:
    """Put caches below a folder of the run if the home cannot be written.

    Snakemake and matplotlib keep some there, and Snakemake does not start without. What they keep
    is made again at need.

    Parameters
    ----------
    state : Path
        Where the run keeps its own state.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not _takes_files(Path(home)):
        os.environ["XDG_CACHE_HOME"] = str(state / "caches")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    if "MPLCONFIGDIR" not in os.environ and not _takes_files(Path(config, "matplotlib")):
        os.environ["MPLCONFIGDIR"] = str(state / "caches/matplotlib")


def _takes_files(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def said(message: str, exception: str = "") -> str:
    """Describe an error that Snakemake reports in plain words.

    Parameters
    ----------
    message : str
        As Snakemake logs it.
    exception : str, optional
        The name of its class, if Snakemake says it.

    Returns
    -------
    str
        With ``error:`` before it; a message that is not known here as it is, without the place
        in the workflow at which it was raised.
    """
    from emergence.errors import of_the_system, shorten

    if exception in _AFFECTED:
        files = [os.path.abspath(file) for file in _affected(message)]
        if files:
            return f"error: {_AFFECTED[exception](message, files)}"
    raw = _RAW in message
    found = _OF_THE_SYSTEM.search(_last_error(message) if raw else message)
    if found and (raw or NOT_RECORDED in message or _RAISED.search(message)):
        number, text, name = found.groups()
        error = OSError(int(number), text.strip(), *([os.path.abspath(name)] if name else []))
        return f"error: {of_the_system(error, Path.cwd())}"
    if raw:
        return (
            f"error: {_last_error(message)}\n"
            "  This error was not expected: V=1 (--verbose) shows all of it."
        )
    if exception == "InputFunctionException":
        nested = re.search(r"\n  WorkflowError:\n(.*?)\nWildcards:", message, re.DOTALL)
        if nested:
            return "error: " + re.sub("^    ", "", nested[1], flags=re.MULTILINE)
    unknown = re.search(r"No rule to produce (.*) \(if you use input functions", message)
    if unknown:
        return f"error: no step makes {shorten(unknown[1])}\n  {_TARGETS}"
    message = re.sub(r"\n  File \".*\", line \d+, in <module>$", "", message)
    return re.sub(r"^\w*(Error|Exception)( in file .*?, line \d+)?:\n", "error: ", message)


def _last_error(message: str) -> str:
    """Return what a traceback comes to; one of a group of errors ends with a line of its own."""
    errors = re.findall(r"^[\s|]*([\w.]*(?:Error|Exception)\b.*)$", message, re.MULTILINE)
    return errors[-1] if errors else message.strip().rpartition("\n")[2]


def _affected(message: str) -> Iterator[str]:
    """Yield the files that Snakemake lists under the words `affected files`."""
    listed = message.partition("affected files:\n")[2]
    for line in listed.split("\n"):
        if not line.startswith(" " * 8):
            return
        yield line.strip()


def _missing(message: str, files: Sequence[str]) -> str:
    dataset = re.search(r"^    wildcards: .*?dataset=([a-z0-9-]+)", message, re.MULTILINE)
    rule = re.search(r"for rule (\w+):", message)
    of = f"dataset {dataset[1]!r}" if dataset else f"step {rule[1]!r}" if rule else "a step"
    lost = [os.path.relpath(file, ROOT) for file in files if Path(file).is_relative_to(ROOT)]
    tracked = [name for name in lost if _in_git(name)]
    if tracked:
        names = shlex.join(tracked[:_MOST_NAMED])
        then = f"Bring it back: git -C {shlex.quote(str(ROOT))} checkout HEAD -- {names}"
    else:
        then = "Put it there, or correct its path in the registry"
    return f"{of}: there is no file {_listed(files)}\n  {then}; then run the same command again."


def _in_git(name: str) -> bool:
    """Say whether git can bring a file of the project back."""
    command = ["git", "-C", str(ROOT), "cat-file", "-e", f"HEAD:./{name}"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _protected(message: str, files: Sequence[str]) -> str:
    first = files[0]
    if os.statvfs(first).f_flag & os.ST_RDONLY:
        then = "Its file system is read-only: mount it for writing"
    elif os.stat(first).st_uid == os.getuid():
        folders = sorted({os.path.dirname(file) for file in files})
        then = f"Change its permissions: chmod -R u+w {shlex.join(folders)}"
    else:
        then = f"It belongs to {_owner(first)}: have it removed, or run in a folder of yours"
    problem = f"{_listed(files)} would be replaced, and cannot be written"
    return f"{problem}\n  {then}; then run the same command again."


def _owner(file: str) -> str:
    number = os.stat(file).st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _listed(files: Sequence[str]) -> str:
    from emergence.errors import shorten

    more = len(files) - _MOST_NAMED
    return ", ".join(shorten(file) for file in files[:_MOST_NAMED]) + (
        f" and {more} more" if more > 0 else ""
    )


#: Errors of which Snakemake lists the files.
_AFFECTED = {"MissingInputException": _missing, "ProtectedOutputException": _protected}
