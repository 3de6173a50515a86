"""The files of the project that the command needs, and the dataset that files make."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import Any

from emergence import settings
from emergence.errors import InputError, shorten
from emergence.sources import FORMATS, read_source, recognised
from emergence.sources.formats import Format
from emergence.study import Study
from emergence.tabulating import tabulate

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def read_dataset(chosen: argparse.Namespace, folder: Path) -> Study:
    """Read the files that the command line names.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.
    folder : Path
        The folder from which the paths of the entry start.

    Returns
    -------
    Study
        With ``scores``, ``rejects`` and ``sources``.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    name = chosen.id or _id_of(chosen.files[0])
    if not _ID.fullmatch(name):
        raise InputError(
            f"'{shorten(name)}' cannot be an id: it must match {_ID.pattern}",
            where="option --id",
        )
    study = Study(name, {"sources": sources_of(chosen, folder)}, settings.defaults())
    # `check` looks at what could not be used as well, where a stage would stop.
    return tabulate(study, lambda source, known: read_source(source, folder, known))


def _id_of(file: str) -> str:
    stem = Path(os.path.abspath(file)).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "dataset"


def sources_of(chosen: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return the sources of a registry entry.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line: its files, and the options of their formats.
    folder : Path
        From which the paths of the entry start.

    Returns
    -------
    list of dict
        One for each file.

    Raises
    ------
    InputError
        If a file is of a kind that is not read, an option is none, or it belongs to the format of
        none of the files.
    """
    formats = [
        FORMATS[chosen.format] if chosen.format else recognised(Path(file)) for file in chosen.files
    ]
    _refuse_options(chosen, formats)
    sources = []
    for file, found in zip(chosen.files, formats, strict=True):
        source = {"kind": "file", "format": found.name, "path": _relative(file, folder)}
        for field in found.fields:
            for option in field.options:
                given = getattr(chosen, option.name)
                if given and option.value is None:
                    source[field.name] = _relative(given, folder)
                elif given:
                    source[field.name] = source.get(field.name, {}) | option.value(given)
        sources.append(source)
    return sources


def _refuse_options(chosen: argparse.Namespace, formats: list[Format]) -> None:
    """Raise if an option was given that belongs to the format of none of the files."""
    for name in {name for other in FORMATS.values() for name in other.options}:
        if getattr(chosen, name) and not any(name in found.options for found in formats):
            of = [other.name for other in FORMATS.values() if name in other.options]
            raise InputError(
                f"belongs to the format {', '.join(of)}, and the files are read as "
                + ", ".join(sorted({found.name for found in formats})),
                where=f"option --{name}",
                remedy=f"Leave it out; or say that the files are of that format: --format {of[0]}",
            )


def _relative(file: str, folder: Path) -> str:
    try:
        file.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("a name that is no UTF-8 text", where=shorten(file)) from None
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError as error:  # NUL in the path
        raise InputError(f"cannot be read: {error}", where=shorten(file)) from error
