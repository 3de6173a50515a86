"""`emergence compare`: what changed between two results of one dataset."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emergence.cli.printing import print_rows, say, shown
from emergence.cli.result_tables import by_curve, text_columns
from emergence.errors import InputError, shorten
from emergence.schema import CURVE_FIELDS

#: Numbers of two machines may differ by this much, relatively; it is no change.
ROUNDING = 1e-9

#: Of these only the texts: their numbers move with draws and added tasks.
_TEXTS = ("inference", "pooled")

#: What is compared of each table; None: every column that is no list.
_COMPARED: dict[str, list[str] | None] = {
    "curves": ["status", "emergence_score"],
    "inference": None,
    "pooled": None,
    "labels": None,
}

_NAMES = (*CURVE_FIELDS[1:], "axis")
_COLUMNS = ("change", "curve_id", *_NAMES, "table", "column", "old", "new")


def compare(chosen: argparse.Namespace) -> int:
    """Print the curves and verdicts that differ between two results.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    int
        Exit status: with ``--exit-code``, 1 if anything differs.
    """
    old, new = Path(chosen.old), Path(chosen.new)
    names = [_names(folder) for folder in (old, new)]
    changes = _of_curves(*names)
    for table, columns in _COMPARED.items():
        paths = [folder / f"{table}.parquet" for folder in (old, new)]
        if all(path.is_file() for path in paths):
            chosen_columns = text_columns(paths[1]) if table in _TEXTS else columns
            tables = [by_curve(path, chosen_columns) for path in paths]
            changes += _of_table(table, *tables, names[1])
        elif any(path.is_file() for path in paths) and chosen.output == "table":
            say(f"{table}.parquet is in only one of the folders and is not compared")
    if chosen.output == "table":
        _say_counts(changes, names)
        changes = [{**row, "old": shown(row["old"]), "new": shown(row["new"])} for row in changes]
    if changes or chosen.output != "table":
        print_rows(changes, _COLUMNS, chosen.output, _COLUMNS)
    return 1 if changes and chosen.exit_code else 0


def _names(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the fields that make each curve, by its id."""
    path = folder / "curves.parquet"
    if not path.is_file():
        raise InputError(
            "contains no curves.parquet",
            where=shorten(str(folder)),
            remedy="Name the folder of one dataset, such as data/processed/bigbench-public.",
        )
    return by_curve(path, ["dataset", *_NAMES])


def _of_curves(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    changes = []
    for change, ids, names in (
        ("added", new.keys() - old, new),
        ("removed", old.keys() - new, old),
    ):
        for curve in ids:
            row = {name: names[curve].get(name) for name in _NAMES}
            row |= {"table": None, "column": None, "old": None, "new": None}
            changes.append({"change": change, "curve_id": curve, **row})
    return sorted(changes, key=_order)


def _of_table(
    table: str,
    old: Mapping[str, Mapping[str, Any]],
    new: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    changes = []
    for curve in old.keys() & new:
        before, after = old[curve], new[curve]
        for column in sorted((before.keys() | after) - {"curve_id", "dataset", *_NAMES}):
            if not _equal(before.get(column), after.get(column)):
                row = {name: names.get(curve, {}).get(name) for name in _NAMES}
                row |= {"table": table, "column": column}
                row |= {"old": before.get(column), "new": after.get(column)}
                changes.append({"change": "changed", "curve_id": curve, **row})
    return sorted(changes, key=_order)


def _order(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name] or "") for name in ("change", *_NAMES, "curve_id", "column"))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        both_unknown = math.isnan(one) and math.isnan(other)
        return both_unknown or math.isclose(one, other, rel_tol=ROUNDING, abs_tol=1e-300)
    return bool(one == other)


def _say_counts(changes: list[dict[str, Any]], names: list[dict[str, dict[str, Any]]]) -> None:
    datasets = [sorted({str(row.get("dataset")) for row in rows.values()}) for rows in names]
    if datasets[0] != datasets[1] and all(datasets):
        say(f"these are different datasets: {', '.join(datasets[0])}; {', '.join(datasets[1])}")
    counts = {
        kind: len({row["curve_id"] for row in changes if row["change"] == kind})
        for kind in ("added", "removed", "changed")
    }
    say(
        f"{len(names[0])} curves before, {len(names[1])} after: "
        + ", ".join(f"{count} {kind}" for kind, count in counts.items())
    )
