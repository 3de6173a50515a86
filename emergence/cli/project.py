"""The files of the project that the command needs, and the dataset that files make."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from pathlib import Path
from typing import Any

from emergence import settings
from emergence.errors import InputError, did_you_mean, shorten
from emergence.schema import REJECT_REASONS
from emergence.sources import cells, read_source
from emergence.sources.cells import Unusable
from emergence.sources.foreign import refuse_json
from emergence.sources.tidy import COLUMNS
from emergence.study import Study
from emergence.tabulating import tabulate

#: Columns of a tidy table that hold numbers.
NUMBERS = ("n_params", "score", "score_stderr", "shots", "low_score", "high_score", "n_examples")

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
    entry = {"sources": [source_of(file, chosen, folder) for file in chosen.files]}
    assembled, facts = tabulate(
        name, entry, lambda source, known: read_source(source, folder, known)
    )
    # `check` looks at what could not be used as well, where a stage would stop.
    return Study(
        name,
        entry,
        settings.defaults(),
        known={
            "scores": assembled.encoded,
            "rejects": assembled.rejects,
            "sources": {"files": [fact.as_dict() for fact in facts]},
        },
    )


def _id_of(file: str) -> str:
    stem = Path(os.path.abspath(file)).stem.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "dataset"


def source_of(file: str, chosen: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return a source of a registry entry.

    Parameters
    ----------
    file : str
        As the command line names it.
    chosen : argparse.Namespace
        The command line.
    folder : Path
        From which the paths of the entry start.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it is of a kind that is not read here, or an option is none.
    """
    format_name = chosen.format or guess_format(Path(file))
    if not chosen.format:
        refuse_others(Path(file))
    source = {"kind": "file", "format": format_name, "path": _relative(file, folder)}
    columns = _columns(chosen.column) | _constants(chosen.constant)
    own_tables = {name: getattr(chosen, name) for name in ("models", "chance")}
    if format_name == "tidy" and columns:
        source["columns"] = columns
    if format_name == "lm-eval":
        source |= {name: _relative(path, folder) for name, path in own_tables.items() if path}
    return source


def _relative(file: str, folder: Path) -> str:
    try:
        file.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("a name that is no UTF-8 text", where=shorten(file)) from None
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError as error:  # NUL in the path
        raise InputError(f"cannot be read: {error}", where=shorten(file)) from error


def _columns(pairs: list[str]) -> dict[str, Any]:
    return dict(_pair(pair, "--column", "OURS=THEIRS") for pair in pairs)


def _constants(pairs: list[str]) -> dict[str, Any]:
    """Return columns that are the same in every row, in the kind that the registry wants."""
    constants = {}
    for pair in pairs:
        ours, value = _pair(pair, "--constant", "OURS=VALUE")
        typed: Any = value
        try:
            if COLUMNS[ours] is cells.truth:
                typed = cells.truth(value)
            elif ours in NUMBERS:
                typed = cells.number(value)
        except Unusable as error:
            raise InputError(
                f"'{shorten(value)}' cannot be a {ours}: {REJECT_REASONS[error.reason]}",
                where="option --constant",
            ) from None
        whole = isinstance(typed, float) and typed.is_integer()
        constants[ours] = {"constant": int(typed) if whole else typed}
    return constants


def _pair(pair: str, option: str, form: str) -> tuple[str, str]:
    ours, equals, value = pair.partition("=")
    if not equals or not value:
        raise InputError(f"'{shorten(pair)}' seen where {form} belongs", where=f"option {option}")
    if ours not in COLUMNS:
        raise InputError(
            f"there is no column '{shorten(ours)}': {did_you_mean(ours, COLUMNS)}",
            where=f"option {option}",
        )
    return ours, value


def refuse_others(path: Path) -> None:
    """Raise if a file or folder is of a kind that people have and nobody reads here.

    Parameters
    ----------
    path : Path
        What the command line names, without a format.

    Raises
    ------
    InputError
        Saying what it is, and what to name instead.
    """
    where = shorten(str(path))
    try:
        if path.is_file() and path.suffix == ".json":
            refuse_json(path.read_bytes(), str(path))
        if not path.is_dir() or guess_format(path) == "bigbench":
            return
        for pattern, above in (("scores_*.json", 2), ("results/scores_*.json", 1)):
            if next(path.glob(pattern), None):
                folder = os.path.normpath(path / Path(*[".."] * above))
                raise InputError(
                    "holds BIG-bench's score files of one task",
                    where=where,
                    remedy=f"Name the folder that holds the tasks: {shlex.quote(folder)}",
                )
        if next(path.rglob("*.json"), None):
            return
        for ending in ("csv", "parquet", "tsv"):
            if next(path.glob(f"*.{ending}"), None):
                raise InputError(
                    "holds tables",
                    where=where,
                    remedy=f"Name the files: {shlex.quote(str(path))}/*.{ending}",
                )
        if next(path.rglob("samples_*.jsonl"), None):
            raise InputError(
                "holds single answers, as lm-evaluation-harness keeps them, and no scores",
                where=where,
                remedy="The scores are in results_*.json, which it writes with --output_path.",
            )
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=where) from error


def guess_format(path: Path) -> str:
    """Tell the format of a file or folder by what it looks like.

    Parameters
    ----------
    path : Path
        A folder with ``<task>/results/scores_*.json`` is ``bigbench``, any other folder and
        any other ``.json`` is ``lm-eval``, and everything else is ``tidy``.

    Returns
    -------
    str
    """
    try:
        if path.is_dir():
            patterns = ("*/results/scores_*.json", "bigbench/benchmark_tasks/*/results/scores_*")
            found = any(next(path.glob(pattern), None) for pattern in patterns)
            return "bigbench" if found else "lm-eval"
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=shorten(str(path))) from error
    return "lm-eval" if path.suffix == ".json" else "tidy"
