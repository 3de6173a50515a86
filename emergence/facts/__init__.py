"""The facts tables: what is known of metrics, tasks and raters, checked when read.

The tables stand beside this file and are installed with it; `README.md` has where each is from.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from emergence.errors import InputError, did_you_mean, shorten
from emergence.schema import SCALE_KINDS

#: Where the tables are.
FOLDER = Path(__file__).parent

METRIC_GROUPS = ("discontinuous", "continuous", "other")

ANNOTATIONS = (
    "emergent",
    "smoothly_increasing",
    "flat",
    "not_correlated_with_scale",
    "inverse",
    "not_annotated",
)


@dataclass(frozen=True)
class FactsTable:
    """What one facts table must look like.

    Attributes
    ----------
    columns : mapping of str to callable
        Each column with the function that turns a cell into a value, or raises ValueError.
    key : tuple of str
        The columns that name a row: no two rows may share them.
    """

    columns: Mapping[str, Callable[[str], Any]]
    key: tuple[str, ...]


def _text(cell: str) -> str:
    return cell


def _name(cell: str) -> str:
    if not cell:
        raise ValueError("a name, and no empty cell")
    return cell


def _one_of(*names: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if cell not in names:
            raise ValueError(did_you_mean(cell, names))
        return cell

    return parse


def _truth(cell: str) -> bool:
    return {"true": True, "false": False}[_one_of("true", "false")(cell)]


def _truth_or_unknown(cell: str) -> bool | None:
    return _truth(cell) if cell else None


def _number(cell: str) -> float:
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", cell, re.ASCII):
        raise ValueError("a decimal number")
    value = float(cell)
    if math.isinf(value):
        raise ValueError("a number that a double can hold")
    return value


def _parameters(cell: str) -> float:
    value = _number(cell)
    if not 1 <= value <= 1e30:
        raise ValueError("a number of parameters, not in millions or billions")
    return value


def _published(cell: str) -> float:
    """Parse a number that others published: some of them are infinite or NaN."""
    return float(cell) if cell in ("inf", "-inf", "nan") else _number(cell)


def _count_or_unknown(cell: str) -> int | None:
    if cell and not (cell.isascii() and cell.isdigit()):
        raise ValueError("a whole number, or an empty cell")
    return int(cell) if cell else None


def _count(cell: str) -> int:
    value = _count_or_unknown(cell)
    if value is None:
        raise ValueError("a whole number")
    return value


def _number_or_unknown(cell: str) -> float | None:
    return _number(cell) if cell else None


def _names(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


METRIC_CATALOG = FactsTable(
    columns={
        "metric": _name,
        "metric_group": _one_of(*METRIC_GROUPS),
        "higher_is_better": _truth_or_unknown,
        "output_group": _text,
        "is_share_of_examples": _truth,
        "range": _text,
        "unit": _text,
        "rescaled_by_upstream_loader": _truth,
        "definition": _text,
        "note": _text,
        "n_tasks_preferred": _count_or_unknown,
    },
    key=("metric",),
)

EMERGENT_ANNOTATIONS = FactsTable(
    columns={
        "task": _name,
        "model_family": _text,
        "model_size": _text,
        "category": _one_of(*ANNOTATIONS),
        "verified": _one_of("yes", "no"),
        "source": _name,
    },
    key=("task",),
)

TASK_INVENTORY = FactsTable(
    columns={
        "task": _name,
        "subtask": _text,
        "preferred_score": _names,
        "metrics": _names,
        "n_examples": _count_or_unknown,
        "is_json_task": _one_of("0", "1"),
        "n_distinct_examples": _count_or_unknown,
        "is_leaf": _one_of("0", "1", ""),
        "mean_n_choices": _number_or_unknown,
        "mean_target_chars": _number_or_unknown,
        "implicit_metrics": _names,
    },
    key=("task", "subtask"),
)

HUMAN_SCORES = FactsTable(
    columns={
        "rater": _one_of("average", "expert"),
        "task": _name,
        "metric": _name,
        "value": _published,
    },
    key=("rater", "task", "metric"),
)

KNOWN_BAD_DATA = FactsTable(
    columns={
        "dataset": _name,
        "task": _name,
        # Empty: every metric of the task.
        "metric": _text,
        # Whether claims leave the data out by default; they are flagged, and never deleted.
        "exclude": _one_of("yes", "no"),
        "problem": _name,
        "source": _name,
    },
    key=("dataset", "task", "metric"),
)

MODEL_SIZES = FactsTable(
    columns={
        # As result files name it; a revision or an adapter makes another model.
        "model": _name,
        "model_family": _name,
        "n_params": _parameters,
        "scale_kind": _one_of(*SCALE_KINDS),
        "source": _name,
    },
    key=("model",),
)

CHANCE_LEVELS = FactsTable(
    columns={
        "task": _name,
        "metric": _name,
        "low_score": _number,
        "source": _name,
    },
    key=("task", "metric"),
)


#: What the verdicts are worth, simulated; written by `make calibrate`.
VERDICT_CALIBRATION = FactsTable(
    columns={
        "truth": _name,
        "kind": _one_of("flat", "smooth", "break"),
        "scales": _count,
        "examples": _count,
        "scatter": _number,
        **dict.fromkeys(
            (
                "no_test",
                "rises",
                "apparent",
                "beyond_smooth",
                "smooth_suffices",
                "not_decidable",
            ),
            _number,
        ),
        "curves": _count,
        "seed": _count,
    },
    key=("truth", "scales", "examples", "scatter"),
)


#: Where the project's own tables are.
FOLDER = Path(__file__).resolve().parent

#: The tables by the names of their files.
TABLES: Mapping[str, FactsTable] = {
    "metric_catalog": METRIC_CATALOG,
    "emergent_annotations": EMERGENT_ANNOTATIONS,
    "task_inventory": TASK_INVENTORY,
    "human_scores": HUMAN_SCORES,
    "known_bad_data": KNOWN_BAD_DATA,
    "model_sizes": MODEL_SIZES,
    "chance_levels": CHANCE_LEVELS,
    "verdict_calibration": VERDICT_CALIBRATION,
}


@cache
def known(name: str) -> list[dict[str, Any]]:
    """Return one of the project's own tables, read once a process; nobody changes it.

    Parameters
    ----------
    name : str
        One of `TABLES`.

    Returns
    -------
    list of dict

    Raises
    ------
    InputError
        As `read_facts`.
    """
    return read_facts(FOLDER / f"{name}.csv", TABLES[name])


def read_facts(path: Path, table: FactsTable) -> list[dict[str, Any]]:
    """Read a facts table and check every cell of it.

    Parameters
    ----------
    path : Path
        A CSV file with exactly the table's columns.
    table : FactsTable
        What it must look like.

    Returns
    -------
    list of dict
        One a row, in the file's order, cells turned into values.

    Raises
    ------
    InputError
        Naming the file, the line, the column, what was seen and what is allowed.
    """
    where = str(path)
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames is None or list(reader.fieldnames) != list(table.columns):
                raise InputError(
                    f"has the columns {shorten(reader.fieldnames)}; "
                    f"they must be {', '.join(table.columns)}",
                    where=where,
                )
            return _checked_rows(reader, table, where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read: {error}", where=where) from error


def _checked_rows(reader: csv.DictReader, table: FactsTable, where: str) -> list[dict[str, Any]]:
    rows, first_line = [], {}
    for raw in reader:
        line = f"{where}, line {reader.line_num}"
        if None in raw or None in raw.values():
            raise InputError("has not as many cells as the header", where=line)
        row = {}
        for column, parse in table.columns.items():
            try:
                row[column] = parse(raw[column])
            except ValueError as error:
                raise InputError(
                    f"column {column!r}: {shorten(raw[column])!r} seen; allowed is: {error}",
                    where=line,
                ) from error
        key = tuple(row[name] for name in table.key)
        if key in first_line:
            raise InputError(
                f"the {', '.join(table.key)} {key} stands in line {first_line[key]} already",
                where=line,
            )
        first_line[key] = reader.line_num
        rows.append(row)
    return rows


@dataclass(frozen=True)
class Metric:
    """What is known of a metric.

    Attributes
    ----------
    group : str
        One of `METRIC_GROUPS`.
    higher_is_better : bool
        Taken as True where it is not known; ``flags`` then says so.
    output_group : str or None
        Metrics of one group score the same model outputs.
    is_share_of_examples : bool or None
        The score is a count of right examples over their number.
    flags : tuple of str
        ``unclassified``, ``direction_unknown`` or ``direction_from_file``, or nothing.
    """

    group: str = "other"
    higher_is_better: bool = True
    output_group: str | None = None
    is_share_of_examples: bool | None = None
    flags: tuple[str, ...] = field(default=("unclassified",))


class Metrics(dict[str, Metric]):
    """The metrics by name; one that nobody declared is `Metric()`, flagged ``unclassified``."""

    def __missing__(self, name: str) -> Metric:
        """Return what is assumed of a metric that nobody declared."""
        return Metric()


def metrics(
    catalog: list[dict[str, Any]],
    declared: Mapping[str, Mapping[str, Any]],
    where: str = "",
    stated: Mapping[str, bool] | None = None,
) -> Metrics:
    """Join the catalogue of metrics with those that a registry entry declares.

    Parameters
    ----------
    catalog : list of dict
        Rows of `METRIC_CATALOG`.
    declared : mapping of str to mapping
        The ``metrics`` of a registry entry.
    where : str, default ""
        The entry, for the message.
    stated : mapping of str to bool, optional
        Whether higher is better, as the scored files say: it counts for metrics of which
        catalogue and entry do not know it.

    Returns
    -------
    Metrics

    Raises
    ------
    InputError
        If an entry declares a metric that the catalogue classes: two datasets would then
        mean different things by one name.
    """
    known = Metrics()
    for row in catalog:
        unknown = row["higher_is_better"] is None
        known[row["metric"]] = Metric(
            group=row["metric_group"],
            higher_is_better=True if unknown else row["higher_is_better"],
            output_group=row["output_group"] or None,
            is_share_of_examples=row["is_share_of_examples"],
            flags=("direction_unknown",) if unknown else (),
        )
    for name, entry in declared.items():
        if name in known and not known[name].flags:
            raise InputError(
                f"the metric {name!r} is declared, but the catalogue has it already",
                where=where,
                remedy="Remove the declaration, or give your metric another name with `columns`.",
            )
        known[name] = Metric(
            group=entry["group"],
            higher_is_better=entry["higher_is_better"],
            output_group=entry.get("output_group"),
            is_share_of_examples=entry["is_share_of_examples"],
            flags=(),
        )
    for name, higher_is_better in (stated or {}).items():
        if known[name].flags:
            known[name] = replace(
                known[name], higher_is_better=higher_is_better, flags=("direction_from_file",)
            )
    return known


def stated_directions(sources: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Return which way metrics go as the files of a dataset say.

    Parameters
    ----------
    sources : iterable of mapping
        The facts of its sources, as ``sources.json`` has them.

    Returns
    -------
    dict of str to bool
        Whether higher is better; a metric on which sources differ is left out.
    """
    found: dict[str, set[bool]] = {}
    for source in sources:
        for name, higher_is_better in source.get("directions", {}).items():
            found.setdefault(name, set()).add(higher_is_better)
    return {name: next(iter(said)) for name, said in sorted(found.items()) if len(said) == 1}
