"""The dataset that the files of the command line make."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emergence import settings
from emergence.axes import axis_said
from emergence.cli.declared import declared_metrics, refuse_unused
from emergence.cli.printing import say_error
from emergence.errors import InputError, did_you_mean, shorten
from emergence.sources import FORMATS, in_folder, read_source, recognised, tables_in
from emergence.sources.cells import scale
from emergence.sources.formats import Format
from emergence.study import Study
from emergence.tabulating import known_beside, tabulate

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
    entry = {**_unsaid(chosen, name), "sources": sources_of(chosen, folder)}
    study = Study(name, entry, settings.defaults())
    # `check` looks at what could not be used as well, where a stage would stop.
    study = tabulate(study, lambda source, known: read_source(source, folder, known))
    _refuse_sizes(study)
    refuse_unused(study)
    return study


def _refuse_sizes(study: Study) -> None:
    """Raise if the size of a model was said that is in no file, or whose size the file says."""
    columns = study.stored("scores").select(["model", "scale"]).group_by(["model", "scale"])
    scales = {row["model"]: row["scale"] for row in columns.aggregate([]).to_pylist()}
    for source in study.entry["sources"]:
        for name, said in source.get("sizes", {}).items():
            if name not in scales:
                raise InputError(
                    f"no score has the model '{shorten(name)}': {did_you_mean(name, scales)}",
                    where="option --size",
                )
            if scale(said["n_params"]) != scales[name]:
                raise InputError(
                    f"the file says that '{shorten(name)}' has {scales[name]:.6g} parameters",
                    where="option --size",
                    remedy="Omit the option, or correct the file.",
                )


def _unsaid(chosen: argparse.Namespace, name: str) -> dict[str, Any]:
    """Return what an entry has beside its sources, as far as the command line says it."""
    axes = {"axes": [axis_said(text) for text in chosen.axis]} if chosen.axis else {}
    metrics = {"metrics": declared_metrics(chosen.metric)} if chosen.metric else {}
    return {
        **axes,
        **metrics,
        "title": getattr(chosen, "title", None) or name,
        "synthetic": False,
        "licence": getattr(chosen, "licence", None) or "unknown",
        "citation": [getattr(chosen, "citation", None) or "unknown"],
    }


def said_again(chosen: argparse.Namespace) -> str:
    """Return the files and the options that say how they are read, as they were written.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    str
        For a shell.
    """
    words = list(chosen.files)
    names = sorted({name for found in FORMATS.values() for name in found.options})
    several = ("metrics", "families", "axis")
    for name in ("format", "id", "title", "metric", *names, *several):
        given = getattr(chosen, name.replace("-", "_"), None)
        if name in several and given:
            words += [f"--{name}", *given]
        elif isinstance(given, list):
            words += [word for one in given for word in (f"--{name}", one)]
        elif given is True:
            words.append(f"--{name}")
        elif given:
            words += [f"--{name}", given]
    return shlex.join(words)


def _id_of(file: str) -> str:
    stem = Path(os.path.abspath(file)).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "dataset"


def sources_of(chosen: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return the sources of a registry entry.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line: its files, and the options of their formats. It gets ``unread``, the
        files in folders that are not read.
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
    files, problems = _found(chosen)
    _refuse_options(chosen, [found for _, found, _ in files])
    sources = []
    for file, found, named in files:
        source = {"kind": "file", "format": found.name, "path": _relative(file, folder)}
        for field in found.fields:
            for option in field.options:
                given = getattr(chosen, option.attribute)
                if given and option.is_flag:
                    source[field.name] = True
                elif given and option.value is None:
                    source[field.name] = _relative(given, folder)
                elif given:
                    made = option.value(given)
                    # Several options may fill one field.
                    source[field.name] = source[field.name] | made if field.name in source else made
        if named or not (problem := _why_not(source, folder)):
            sources.append(source)
        else:
            problems.append(problem)
    if not sources:
        raise problems[0]
    for problem in problems:
        say_error(f"not read: {problem.where}: {problem.problem}", "note")
    chosen.unread = [problem.where for problem in problems]
    return sources


def _found(
    chosen: argparse.Namespace,
) -> tuple[list[tuple[str, Format, bool]], list[InputError]]:
    """Return the files with their formats, and whether each was named or found in a folder.

    Beside them, what folders hold that is not read.
    """
    given = {
        os.path.realpath(value)
        for found in FORMATS.values()
        for option in found.options.values()
        if option.value is None and not option.is_flag
        if (value := getattr(chosen, option.attribute))
    }
    files: list[tuple[str, Format, bool]] = []
    problems = []
    for file in chosen.files:
        said = FORMATS.get(chosen.format)
        if said and said.files is None and _is_folder(file):
            # A format of one file: each table of the folder may be one.
            tables = tables_in(Path(file))
            if not tables:
                raise InputError("contains no CSV or parquet table", where=shorten(file))
            files += [(str(path), said, False) for path in tables]
        elif said:
            files.append((file, said, True))
        elif _is_folder(file):
            held, problem = in_folder(Path(file))
            problems += [problem] if problem else []
            files += [
                (file if path == Path(file) else str(path), found, path == Path(file))
                for path, found in held
                if os.path.realpath(path) not in given
            ]
        else:
            files.append((file, recognised(Path(file)), True))
    return files, problems


def _is_folder(file: str) -> bool:
    try:
        return Path(file).is_dir()
    except ValueError:  # NUL in the path
        return False


def _why_not(source: Mapping[str, Any], folder: Path) -> InputError | None:
    """Return what speaks against reading a table that nobody named."""
    try:
        for _ in read_source(source, folder, known_beside({})):
            pass
    except InputError as error:
        return error
    return None


def _refuse_options(chosen: argparse.Namespace, formats: list[Format]) -> None:
    """Raise if an option was given that belongs to the format of none of the files."""
    options = {name: one for other in FORMATS.values() for name, one in other.options.items()}
    for name, option in options.items():
        if getattr(chosen, option.attribute) and not any(
            name in found.options for found in formats
        ):
            of = [other.name for other in FORMATS.values() if name in other.options]
            raise InputError(
                f"belongs to the format {', '.join(of)}, and the files are read as "
                + ", ".join(sorted({found.name for found in formats})),
                where=f"option --{name}",
                remedy=f"Omit it, or say that the files are of that format: --format {of[0]}",
            )


def _relative(file: str, folder: Path) -> str:
    try:
        file.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("a name that is not UTF-8", where=shorten(file)) from None
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError as error:  # NUL in the path
        raise InputError(f"cannot be read: {error}", where=shorten(file)) from error
