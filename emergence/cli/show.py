"""`emergence show`: the rows of a key, or one number with its meaning."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emergence.cli.printing import print_rows, say, shown
from emergence.cli.result_tables import read_result
from emergence.errors import InputError, did_you_mean, shorten

#: Tables with one row a curve, in the order in which they are made.
_OF_CURVES = ("curves", "inference", "pooled", "labels")

_CURVE_ID = re.compile(r"[0-9a-f]{16}")
_TABLE = re.compile(r"[a-z][a-z0-9_-]*")

#: What CSV and JSON have of a number.
_RECORD = ("dataset", "table", "column", "value", "unit", "meaning")

_OF_TASK = (
    "curve_id",
    "dataset",
    "subtask",
    "metric",
    "model_family",
    "condition",
    "shots",
    "n_scales",
    "status",
    "emergence_score",
    "sharpness",
)


def show(chosen: argparse.Namespace) -> int:
    """Print what a key stands for.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    int
        Exit status.
    """
    processed = Path(chosen.processed)
    try:
        return _show(chosen, _datasets(processed))
    except InputError as error:
        remedy = "\n  ".join(_to_complete(processed)) or error.remedy
        raise InputError(error.problem, where=error.where, remedy=remedy) from error


def _show(chosen: argparse.Namespace, folders: list[Path]) -> int:
    key = chosen.key
    if key.startswith("task="):
        return _show_task(folders, key.removeprefix("task="), chosen.output)
    if _CURVE_ID.fullmatch(key):
        return _show_curve(folders, key, chosen.output)
    parts = key.split(":", 2)
    if len(parts) == 3 and _TABLE.fullmatch(parts[0]):
        return _show_value(folders, *parts, chosen.output)
    raise InputError(
        f"'{shorten(key)}' is not a key",
        where="argument KEY",
        remedy="A key is a curve's id (16 hex digits), task=NAME, or TABLE:KEY:COLUMN.",
    )


def _datasets(folder: Path) -> list[Path]:
    """Return the folders of results: the folder itself, or those in it."""
    try:
        found = [folder] if (folder / "curves.parquet").is_file() else []
        found = found or sorted(path.parent for path in folder.glob("*/curves.parquet"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=shorten(str(folder))) from error
    if not found:
        raise InputError(
            "contains no results",
            where=shorten(str(folder)),
            remedy="Make one (make report), or name its folder: --processed DIR",
        )
    return found


def _to_complete(folder: Path) -> Iterator[str]:
    """Say of each dataset that lacks a table how it comes back: what is asked for may be there."""
    try:
        own = any(folder.glob("*.parquet"))
        datasets = [folder] if own else sorted({path.parent for path in folder.glob("*/*.parquet")})
    except (OSError, ValueError):
        return  # That it cannot be read was said already.
    for dataset in datasets:
        missing = [n for n in _OF_CURVES if not (dataset / f"{n}.parquet").is_file()]
        if missing:
            place = shorten(str(dataset / f"{missing[0]}.parquet"))
            yield f"{place} is missing: make report DATASETS={shlex.quote(dataset.absolute().name)}"


def _rows_of(folder: Path, table: str, key: str) -> Iterator[tuple[dict[str, Any], pa.Schema]]:
    path = folder / f"{table}.parquet"
    if path.is_file():
        found = read_result(path)
        if "curve_id" in found.column_names:
            for row in found.filter(pc.equal(found["curve_id"], key)).to_pylist():
                yield row, found.schema


def _record(folder: Path, table: str, name: str, value: Any, schema: pa.Schema) -> dict[str, Any]:
    """Return a number with all that is known of it, for programs."""
    metadata = schema.field(name).metadata or {}
    return {
        "dataset": folder.name,
        "table": table,
        "column": name,
        "value": value,
        "unit": metadata.get(b"unit", b"").decode() or None,
        "meaning": metadata.get(b"meaning", b"").decode() or None,
    }


def _show_curve(folders: list[Path], key: str, output: str) -> int:
    records: list[dict[str, Any]] = []
    for folder in folders:
        seen: set[str] = set()
        for table in _OF_CURVES:
            for row, schema in _rows_of(folder, table, key):
                if output == "table":
                    say(f"{folder / table}.parquet")
                # What names the curve is said once.
                width = max(map(len, row))
                for name, value in row.items():
                    if name not in seen or name == "curve_id":
                        records.append(_record(folder, table, name, value, schema))
                        unit = "" if value is None else _unit(schema, name)
                        if output == "table":
                            say(f"  {name.ljust(width)}  {_value(value)}{unit}")
                seen |= set(row)
    if not records:
        raise _nothing("curve", key, folders)
    if output != "table":
        print_rows(records, _RECORD, output, _RECORD)
    return 0


def _show_task(folders: list[Path], task: str, output: str) -> int:
    rows: list[dict[str, Any]] = []
    tasks: set[str] = set()
    for folder in folders:
        curves = read_result(folder / "curves.parquet")
        if not {"task", "curve_id"} <= set(curves.column_names):
            continue
        tasks |= set(pc.unique(curves["task"]).to_pylist())
        rows += curves.filter(pc.equal(curves["task"], task)).to_pylist()
    if not rows:
        raise InputError(
            f"there is no task '{shorten(task)}': {did_you_mean(task, tasks)}",
            where="argument KEY",
        )
    flat_names = [name for name in rows[0] if not isinstance(rows[0][name], list)]
    print_rows(rows, _OF_TASK, output, flat_names)
    return 0


def _show_value(folders: list[Path], table: str, key: str, column: str, output: str) -> int:
    hits = []
    absent: list[InputError] = []
    for folder in folders:
        try:
            hits += _hits(folder, table, key, column)
        except _Absent as error:
            absent.append(error)
    if not hits:
        tables = {path.stem for folder in folders for path in folder.glob("*.parquet")}
        tables |= {path.stem for folder in folders for path in folder.glob("*.json")}
        if table not in tables:
            raise InputError(
                f"there is no table '{table}': {did_you_mean(table, tables)}", where="argument KEY"
            )
        raise absent[0] if absent else _nothing(f"row of {table}", key, folders)
    if output != "table":
        print_rows([record for _, record in hits], _RECORD, output, _RECORD)
        return 0
    # Every dataset has a summary: which one is meant is only known to who asks.
    several = len({path for path, _ in hits}) > 1
    for path, record in hits:
        if several:
            say(f"{path}:")
        value, meaning = record["value"], record["meaning"]
        if path.suffix == ".json":
            say(_strict(value))
            continue
        unit = f" ({record['unit']})" if record["unit"] else ""
        say((repr(value) if isinstance(value, float) else _value(value)) + unit)
        say(f"  {column}: {meaning}" if meaning else f"  {column}")
    return 0


def _hits(folder: Path, table: str, key: str, column: str) -> list[tuple[Path, dict[str, Any]]]:
    """Find a value in a dataset: in the rows of its table, or else in the JSON file of the name."""
    path = folder / f"{table}.parquet"
    found = []
    for row, schema in _rows_of(folder, table, key):
        if column not in row:
            raise InputError(
                f"has no column '{shorten(column)}': {did_you_mean(column, row)}", where=str(path)
            )
        found.append((path, _record(folder, table, column, row[column], schema)))
    path = folder / f"{table}.json"
    if not found and path.is_file():
        named = {"dataset": folder.name, "table": table, "column": f"{key}:{column}"}
        value = _inside(path, (key, *column.split(".")))
        found.append((path, {**named, "value": value, "unit": None, "meaning": None}))
    return found


def _strict(value: Any) -> str:
    """Write a value of a JSON file as it stands there, a text without its quotation marks."""
    if isinstance(value, str):
        return value or "(empty)"
    return json.dumps(value, indent=2, ensure_ascii=False)


class _Absent(InputError):
    """A JSON file has nothing under a key."""


def _inside(path: Path, names: Sequence[str]) -> Any:
    """Look a value up in a JSON file: names of fields; in lists ids, places, or names."""
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    for at, name in enumerate(names):
        known = _keys(value)
        if name not in known:
            before = f" under '{shorten(_joined(names[:at]))}'" if at else ""
            raise _Absent(
                f"there is no '{shorten(name)}'{before}: {_allowed(name, value)}", where=str(path)
            )
        value = known[name]
    return value


def _keys(value: Any) -> dict[str, Any]:
    """Return what is inside a value, by all that it can be called."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, list):
        return {}
    places = {str(at): item for at, item in enumerate(value)}
    # A name may come from the data, and may be a number: it never hides a place.
    return {**_called(value, "name"), **places, **_called(value, "id")}


def _called(items: Sequence[Any], field: str) -> dict[str, Any]:
    """Return the first item of each name."""
    named = [item for item in items if isinstance(item, Mapping) and field in item]
    return {str(item[field]): item for item in reversed(named)}


def _allowed(name: str, value: Any) -> str:
    """Say what could have been asked for."""
    if isinstance(value, Mapping):
        return did_you_mean(name, value)
    if not isinstance(value, list):
        return "it is one value"
    places = f"0 to {len(value) - 1}" if value else "none, it is empty"
    called = _called(value, "id") or _called(value, "name")
    return f"{did_you_mean(name, called)}, or a place: {places}" if called else f"Allowed: {places}"


def _joined(names: Sequence[str]) -> str:
    """Write the first names of a key as they are asked for."""
    return ":".join([names[0], ".".join(names[1:])] if len(names) > 1 else names)


def _nothing(kind: str, key: str, folders: list[Path]) -> InputError:
    names = ", ".join(shorten(folder.name, 60) for folder in folders[:20])
    return InputError(
        f"there is no {kind} '{shorten(key)}' in {names}",
        where="argument KEY",
        remedy="An id belongs to one dataset: was its folder built here?",
    )


def _value(value: Any) -> str:
    return "null" if value is None else shown(value) or "(empty)"


def _unit(schema: pa.Schema, name: str) -> str:
    unit = (schema.field(name).metadata or {}).get(b"unit", b"").decode()
    return f" ({unit})" if unit else ""
