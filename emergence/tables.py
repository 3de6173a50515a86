"""Reading and writing the project's tables: checked against their schema, all or nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from emergence.errors import InputError, to_make_again
from emergence.files import replacing

#: A cell that a spreadsheet would take for a formula gets an apostrophe before it.
_FORMULA = r"^[=+\-@\t\r]"


def write_table(table: pa.Table, schema: pa.Schema, path: Path) -> None:
    """Write a table as parquet under its declared schema.

    Parameters
    ----------
    table : pyarrow.Table
        The columns in any order; texts may be dictionaries, which is faster: the file says
        that they are plain texts, and is read as such.
    schema : pyarrow.Schema
        One of `emergence.schema`.
    path : Path
        Where to write.

    Raises
    ------
    ValueError
        If a column is missing, unknown or of another type: a mistake in this project.
    """
    ordered = _conform(table, schema)
    # Parquet stores texts as dictionaries anyway; what makes a reader see dictionaries is
    # the Arrow schema among the metadata, so that is written here, as it is declared.
    declared = {**schema.metadata, b"ARROW:schema": base64.b64encode(schema.serialize())}
    with (
        replacing(path) as partial,
        # Least and largest values are for readers that skip parts of a file; nobody does so
        # here, and finding them took two fifths of the time.
        pq.ParquetWriter(
            partial,
            ordered.schema,
            compression="zstd",
            store_schema=False,
            write_statistics=False,
            write_batch_size=1 << 16,
        ) as writer,
    ):
        writer.write_table(ordered, row_group_size=1 << 20)
        writer.add_key_value_metadata(declared)


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    missing = set(schema.names) - set(table.column_names)
    unknown = set(table.column_names) - set(schema.names)
    if missing or unknown:
        raise ValueError(f"columns missing {sorted(missing)}, unknown {sorted(unknown)}")
    ordered = table.select(schema.names).combine_chunks()
    fields = [
        declared.with_type(found.type) if pa.types.is_dictionary(found.type) else declared
        for declared, found in zip(schema, ordered.schema, strict=True)
    ]
    for declared, found in zip(schema, ordered.schema, strict=True):
        if pa.types.is_dictionary(found.type) and found.type.value_type != declared.type:
            raise ValueError(f"{declared.name} is {found.type}, not {declared.type}")
        if not pa.types.is_dictionary(found.type) and found.type != declared.type:
            raise ValueError(f"{declared.name} is {found.type}, not {declared.type}")
    return ordered.cast(pa.schema(fields))


def read_table(path: str | Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """Read a parquet table that `write_table` wrote.

    Parameters
    ----------
    path : str or Path
        The file.
    schema : pyarrow.Schema
        The schema that it must have.
    columns : list of str, optional
        Only these columns.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    InputError
        If the file is no parquet, or of another table or schema version.
    """
    remedy = to_make_again(Path(path))
    try:
        found = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), remedy=remedy) from error
    metadata = {k.decode(): v.decode() for k, v in (found.metadata or {}).items()}
    version = metadata.get("schema_version", "none")
    declared = schema.metadata[b"schema_version"].decode()
    if version != declared or not found.equals(schema):
        name = schema.metadata[b"table"].decode()
        raise InputError(
            f"is no table '{name}' of schema version {declared} "
            f"(seen: table '{metadata.get('table', 'unknown')}', version {version})",
            where=str(path),
            remedy=remedy,
        )
    # Threads only read here; the rows come in the file's order whatever their number.
    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), remedy=remedy) from error


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a flat table as CSV, for people and spreadsheets.

    Floats are the shortest text that reads back to the same number; infinity is ``inf``,
    unknown an empty cell, empty text ``""``. A text that a spreadsheet would run as a
    formula (it begins with = + - @) gets an apostrophe before it: parquet has it unchanged.

    Parameters
    ----------
    table : pyarrow.Table
        No list columns: those are written as tables of their own (`long_table`).
    path : Path
        Where to write.

    Raises
    ------
    ValueError
        If a column is a list.
    """
    lists = _list_columns(table)
    if lists:
        raise ValueError(f"list columns have no place in a CSV: {lists}")
    for index, column in enumerate(table.schema):
        if pa.types.is_string(column.type):
            table = table.set_column(index, column, _guarded(table.column(index)))
    with replacing(path) as partial:
        pa.csv.write_csv(table, partial)


def _guarded(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Put an apostrophe before texts that are formulas; each distinct text is looked at once."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary
    formula = pc.match_substring_regex(texts, _FORMULA)
    if not pc.any(formula).as_py():
        return column
    guarded = pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)
    return guarded.take(encoded.indices)


def _list_columns(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if pa.types.is_list(field.type)]


def flat_table(table: pa.Table) -> pa.Table:
    """Leave the list columns of a table out."""
    return table.drop_columns(_list_columns(table))


def long_table(table: pa.Table, key: str) -> pa.Table:
    """Unfold the list columns of a table: one row an entry, with the key and its position.

    Parameters
    ----------
    table : pyarrow.Table
        Its list columns have equally many entries in each row.
    key : str
        The column that names a row.

    Returns
    -------
    pyarrow.Table
        The key, ``position`` (from 0), and one column for each list column.
    """
    names = _list_columns(table)
    first = table[names[0]].combine_chunks()
    lengths = first.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    rows = [row for row, length in enumerate(lengths) for _ in range(length)]
    positions = [position for length in lengths for position in range(length)]
    columns = {key: table[key].combine_chunks().take(pa.array(rows, pa.int64()))}
    columns["position"] = pa.array(positions, pa.int64())
    for name in names:
        columns[name] = table[name].combine_chunks().flatten()
    return pa.table(columns)


def write_json(value: Mapping[str, Any], path: Path) -> None:
    """Write strict JSON: sorted keys, and no NaN or infinity.

    Parameters
    ----------
    value : mapping
        What is not finite must be null with a status beside it: `emergence.strict`.
    path : Path
        Where to write.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with replacing(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")
