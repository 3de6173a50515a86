"""Foreign tables in CSV and parquet files, as uninterpreted cells."""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emergence.errors import InputError, shorten
from emergence.sources.cells import Cell
from emergence.sources.foreign import refuse_foreign

# A cell may be as long as it likes: it is a reject's problem, not the reader's.
csv.field_size_limit(sys.maxsize)

DIGEST_KIND = "SHA-256 of the header and the sorted lines"


@dataclass(frozen=True)
class Content:
    """A foreign table: its header, and its rows as they stand there."""

    header: list[str]
    rows: list[Sequence[Cell]]
    digest: str
    size: int

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each column, by its name."""
        return {name: i for i, name in enumerate(self.header)}

    def column(self, name: str) -> list[Cell]:
        """Return the cells of a column, of rows with as many cells as the header."""
        at, width = self.place[name], len(self.header)
        return [row[at] for row in self.rows if len(row) == width]


def read_content(source: Mapping[str, Any], folder: Path) -> Content:
    """Read the table of a source, CSV or parquet, as it stands there.

    Parameters
    ----------
    source : mapping
        Registry entry of the source.
    folder : Path
        The folder from which its path starts.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        If the file is no table, or not the one that the source names.
    """
    path, where = Path(folder) / source["path"], source["path"]
    content = _content(_bytes_of(path, where), path, where)
    expected = source.get("lines_sha256")
    if expected is not None and expected != content.digest:
        raise InputError(
            f"differs from the registry: its lines_sha256 is {content.digest}, "
            f"the registry says {expected}",
            where=where,
            remedy="Restore the file, or, if the change is intended, write its checksum there.",
        )
    for name, times in Counter(content.header).items():
        if times > 1:
            raise InputError(
                f"the column '{shorten(name)}' appears twice",
                where=where,
                remedy="Rename one of the two, or remove it, and run the same command again.",
            )
        if not is_text(name):
            raise InputError(f"a column's name is not UTF-8 text: {shorten(name)}", where=where)
    return content


def _bytes_of(path: Path, where: str) -> bytes:
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: NUL in the path
        raise InputError(
            f"cannot be read: {getattr(error, 'strerror', error)}",
            where=where,
            remedy=f"The path starts from the folder of the registry: {path}",
        ) from error
    if not data.strip():
        raise _empty(where)
    return data


def _empty(where: str) -> InputError:
    return InputError(
        "is empty",
        where=where,
        remedy="It needs a header with at least: "
        "task, metric, model_family, model, n_params, score",
    )


def lines_sha256(data: bytes) -> str:
    """Return a checksum of a text table that does not depend on the order of its rows.

    The same as ``(head -n 1 FILE; tail -n +2 FILE | LC_ALL=C sort) | sha256sum`` for a
    file whose lines all end with a newline. Lines that end with carriage return and newline
    count as if they ended with a newline, and a last line without one as if it had one.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    str
        64 hex digits.
    """
    header, *lines = data.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    return hashlib.sha256(b"\n".join([header, *sorted(lines)]) + b"\n").hexdigest()


def _content(data: bytes, path: Path, where: str) -> Content:
    # A parquet file under another name is told by its first bytes.
    if path.suffix == ".parquet" or data.startswith(b"PAR1"):
        return _read_parquet(data, where)
    return _read_csv(data, where)


def _read_csv(data: bytes, where: str) -> Content:
    refuse_foreign(data, where)
    # A bad byte spoils its own row only: it survives as a surrogate, found by `_parse`.
    text = data.decode("utf-8-sig", errors="surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise InputError(
            f"is not valid CSV: {error}",
            where=f"{where}, line {reader.line_num}",
            remedy="Look for a quotation mark that is never closed.",
        ) from error
    if not rows:  # a byte order mark and nothing else
        raise _empty(where)
    header, *rows = rows
    if not rows:
        raise InputError("has a header and no rows", where=where)
    return Content(header, rows, lines_sha256(data), len(data))


def _read_parquet(data: bytes, where: str) -> Content:
    try:
        # A damaged file has been seen to leave reading threads behind.
        table = pq.ParquetFile(io.BytesIO(data)).read(use_threads=False)
        header = list(table.column_names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"is not a parquet file: {shorten(str(error))}", where=where) from error
    if not table.num_rows:
        raise InputError("has columns and no rows", where=where)
    columns = [_cells(name, table.column(i), where) for i, name in enumerate(header)]
    rows = list(zip(*columns, strict=True))
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    digest = lines_sha256(buffer.getvalue().encode("utf-8", "surrogateescape"))
    return Content(header, rows, digest, len(data))


def _cells(name: str, column: pa.ChunkedArray, where: str) -> list[Cell]:
    """Return a parquet column's cells; bytes that are not UTF-8 text become surrogates."""
    try:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type):
            # Nothing guarantees that text columns hold UTF-8.
            column = column.cast(pa.binary())
        elif pa.types.is_large_string(column.type):
            column = column.cast(pa.large_binary())
        return [_plain(value) for value in column.to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError) as error:
        # Dates beyond the year 9999, time zones that are none.
        raise InputError(
            f"the column '{shorten(name)}' of type {column.type} cannot be read: "
            f"{shorten(str(error))}",
            where=where,
        ) from error


def _plain(value: object) -> Cell:
    if isinstance(value, bytes):  # Some writers do not mark text as text.
        return value.decode("utf-8", errors="surrogateescape")
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def is_text(text: str) -> bool:
    """Say whether every sign of a text can stand in a file."""
    return not any("\ud800" <= c <= "\udfff" for c in text) if not text.isascii() else True
