"""The front door behind `make report`: one run at a time, one line a step.

Holds a lock of the operating system while Snakemake runs in this same process. The kernel
drops it when the process ends, however it ends: a killed run leaves nothing to unlock, and
the next one completes its work. It is no file of `scripts/`, whose modules would shadow
packages of the same name that Snakemake needs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from failures import in_one_message, keep_caches_below

ROOT = Path(__file__).resolve().parent.parent

#: Links of pages into the folders that steps write as a whole.
_FOLDER_LINK = re.compile(r'href="((?:tables/figures|explorer)/[^"#?]+)')

#: What is said at the end of targets that are no pages.
_PLACES = {
    "all_figures": "see {}/reports/*/figures",
    "all_published": "see {}/published",
    "all_archived": "see {}/archives",
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; what it does not know is Snakemake's."""
    options = argparse.ArgumentParser(description="Build the reports.")
    options.add_argument("--datasets", default="", help="ids, separated by blanks")
    options.add_argument(
        "--registry", type=Path, action="append", default=[], help="a further registry"
    )
    options.add_argument("--cores", default="all", type=_cores, help="a number, or all")
    options.add_argument("--directory", type=Path, default=ROOT, help="folder for the results")
    options.add_argument(
        "--config", nargs="+", default=[], type=_setting, help="settings, each name=value"
    )
    options.add_argument(
        "--workflow-profile", default="default", type=_profile, help="one of profiles/, or a folder"
    )
    options.add_argument("--verbose", action="store_true", help="show all messages of Snakemake")
    return options


def _cores(text: str) -> str:
    """Refuse what Snakemake takes and then waits for ever, or takes for something else."""
    number = text.strip()
    if number == "all" or (number.isascii() and number.isdigit() and int(number) > 0):
        return number
    raise argparse.ArgumentTypeError(f"{text!r} seen; allowed are whole numbers from 1 on, and all")


def _setting(text: str) -> str:
    """Refuse what is no setting, of which Snakemake shows a traceback."""
    if "=" in text:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} seen where name=value belongs")


def _profile(name: str) -> str:
    """Return the path of a profile of the project.

    By its name Snakemake would take a folder or file of that name where it was started.
    """
    own = ROOT / "profiles" / name
    return str(own) if own.is_dir() else name


@in_one_message
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the workflow.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; see ``--help``.

    Returns
    -------
    int
        Exit status: 0 done, 1 failed, 3 another run holds the lock.
    """
    options, more = parser().parse_known_args(arguments)

    # The project need not be installed: a conda environment has its dependencies only.
    sys.path.insert(0, str(ROOT))
    import filelock

    directory = options.directory.resolve()
    state = directory / ".snakemake"
    state.mkdir(parents=True, exist_ok=True)
    holder = state / "front-door.json"
    lock = filelock.FileLock(state / "front-door.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"error: {_described(holder)}; wait for it, or end it", file=sys.stderr)
        return 3
    try:
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%X")}
        holder.write_text(json.dumps(me), encoding="utf-8")
        _remove_partial_files(directory)
        remove_incomplete_folders(directory / "reports")
        keep_caches_below(state)
        return _snakemake(options, directory, more)
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _described(holder: Path) -> str:
    """Say who holds the lock."""
    try:
        who = json.loads(holder.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "another run holds the lock and has only just begun"
    return f"another run holds the lock: process {who['pid']} on {who['host']} since {who['since']}"


def _remove_partial_files(directory: Path) -> None:
    """Remove what a killed run was writing."""
    from emergence.files import PARTIAL_SUFFIX

    for folder in ("data/raw", "data/processed", "reports", "published", "archives"):
        for path in (directory / folder).rglob(f".*{PARTIAL_SUFFIX}"):
            path.unlink(missing_ok=True)


def remove_incomplete_folders(reports: Path) -> None:
    """Remove a folder that lacks a file which a page links, so that its step runs again.

    Of a folder that a step writes, Snakemake only sees whether it is there.

    Parameters
    ----------
    reports : Path
        The folder of the pages.
    """
    for page in sorted(reports.glob("*/*.html")):
        for link in _FOLDER_LINK.findall(page.read_text(encoding="utf-8", errors="replace")):
            file = page.parent / unquote(unescape(link))
            if file.parent.is_dir() and not file.is_file():
                print(
                    f"{file} is missing: its folder is removed and will be made again",
                    file=sys.stderr,
                )
                shutil.rmtree(file.parent)


def _snakemake(options: argparse.Namespace, directory: Path, more: list[str]) -> int:
    # Snakemake finds the logger plugin `steps` on sys.path, in this file's folder.
    from snakemake.cli import get_argument_parser
    from snakemake.cli import main as snakemake

    arguments = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(directory)]
    arguments += ["--cores", options.cores, "--nolock", "--rerun-incomplete"]
    arguments += ["--workflow-profile", options.workflow_profile]
    if not options.verbose:
        arguments += ["--logger", "steps"]
    settings = list(options.config)
    if options.datasets.strip():
        settings.append(f"datasets={options.datasets.strip()}")
    if options.registry:
        # In JSON, which is YAML: a path may have blanks.
        paths = [str(path.resolve()) for path in options.registry]
        settings.append(f"registries={json.dumps(paths)}")
    if settings:
        arguments += ["--config", *settings]
    began = time.monotonic()
    try:
        # What was not ours comes first: a target behind an option of many values is lost.
        snakemake(more + arguments)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    if status != 0:
        return status
    if get_argument_parser().parse_known_args(more)[0].dryrun:
        print("dry run: nothing was made")
    else:
        asked = [place for target, place in _PLACES.items() if target in more]
        place = asked[0] if asked else "open {}/reports/index.html"
        print(f"done in {time.monotonic() - began:.1f} s; {place.format(directory)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
