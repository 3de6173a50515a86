"""Printing untrusted text, so that no character in it controls the terminal."""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emergence.errors import shorten
from emergence.strict import strict

#: Widest cell of a printed table, and longest text anywhere.
WIDEST, LONGEST = 40, 10_000

#: A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@")


def say(text: str = "") -> None:
    """Print text, line by line, with control and direction marks as escapes."""
    for line in text.split("\n"):
        print(shorten(line, LONGEST))


def say_error(text: str, kind: str = "error") -> None:
    """Print an error the same way, to where errors go."""
    for line in f"{kind}: {text}".split("\n"):
        print(shorten(line, LONGEST), file=sys.stderr)


def end_output() -> None:
    """Flush the output, or drop it if that fails.

    Python would try once more when it ends, and print that it failed.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shown(value: Any) -> str:
    """Format a value for a table: six digits, and nothing for unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(part) or "unknown" for part in value) + "]"
    return str(value)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows under their columns' names; a column that is empty throughout is left out."""
    cells = [[shorten(shown(row.get(name)), WIDEST) for name in columns] for row in rows]
    kept = [i for i in range(len(columns)) if not rows or any(row[i] for row in cells)]
    lines = [[columns[i] for i in kept], *([row[i] for i in kept] for row in cells)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(kept))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as CSV: ``inf`` for infinity, an empty cell for unknown."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(row.get(name)) for name in columns])


def _csv_cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = shorten(value, LONGEST)
    return f"'{text}" if text.startswith(_FORMULA) else text


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as strict JSON: what is not finite is null, with a status beside it."""
    json.dump([_strict(row) for row in rows], sys.stdout, indent=2, allow_nan=False)
    print()


def _strict(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            number = strict(value)
            found[name], found[f"{name}_status"] = number["value"], number["status"]
        elif isinstance(value, list):
            found[name] = [
                str(part) if isinstance(part, float) and not math.isfinite(part) else part
                for part in value
            ]
        else:
            found[name] = value
    return found


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], output: str, every: Sequence[str]
) -> None:
    """Print rows in the requested format.

    Parameters
    ----------
    rows : sequence of mapping
    columns : sequence of str
        The most important ones, for a table.
    output : str
        table, csv or json.
    every : sequence of str
        All columns, for CSV; JSON has whatever a row has.
    """
    if output == "json":
        print_json(rows)
    elif output == "csv":
        print_csv(rows, every)
    else:
        print_table(rows, columns)
