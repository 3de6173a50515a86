"""The tables of a result, read as they are: whatever version of the project wrote them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from emergence.errors import InputError, shorten


def read_result(path: Path) -> pa.Table:
    """Read a table of a result.

    Parameters
    ----------
    path : Path
        A parquet file.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return pq.ParquetFile(path).read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"cannot be read: {shorten(str(error))}", where=str(path)) from error


def text_columns(path: Path) -> list[str]:
    """Return the names of a table's columns that are texts.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return [field.name for field in read_result(path).schema if pa.types.is_string(field.type)]


def flat(table: pa.Table) -> pa.Table:
    """Leave out the columns that are lists or records."""
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    return table.drop_columns(nested)


def by_curve(path: Path, columns: list[str] | None = None) -> dict[str, dict]:
    """Read a table by ``curve_id``.

    Parameters
    ----------
    path : Path
        A parquet file with one row a curve.
    columns : list of str, optional
        Only these, as far as they are there; else all that are no lists.

    Returns
    -------
    dict of str to dict

    Raises
    ------
    InputError
        If it cannot be read, has no ``curve_id``, or has one twice.
    """
    table = flat(read_result(path))
    if "curve_id" not in table.column_names:
        raise InputError("has no column curve_id", where=str(path))
    if columns is not None:
        table = table.select([n for n in table.column_names if n in ("curve_id", *columns)])
    rows = {row["curve_id"]: row for row in table.to_pylist()}
    if len(rows) != table.num_rows:
        raise InputError("has a curve_id twice", where=str(path))
    return rows
