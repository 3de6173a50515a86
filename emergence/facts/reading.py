"""Facts tables: how one is declared and read."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emergence.errors import InputError, shorten

#: Where the project's own tables are.
FOLDER = Path(__file__).resolve().parent


# Declared once each, and kept under its identity.
@dataclass(frozen=True, eq=False)
class FactsTable:
    """What one facts table must look like.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    columns : mapping of str to callable
        Each column with the function that turns a cell into a value, or raises ValueError.
    key : tuple of str
        The columns that name a row: no two rows may share them.
    """

    name: str
    columns: Mapping[str, Callable[[str], Any]]
    key: tuple[str, ...]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the project's own table; nobody changes them.

        Raises
        ------
        InputError
            As `read_facts`.
        """
        return read_facts(FOLDER / f"{self.name}.csv", self)


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
            raise InputError("has more or fewer cells than the header", where=line)
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
                f"the {', '.join(table.key)} {key} is already in line {first_line[key]} already",
                where=line,
            )
        first_line[key] = reader.line_num
        rows.append(row)
    return rows
