"""Tidy tables: one score a row, in CSV or parquet.

Columns: task, metric, model_family, model, n_params, score; optionally subtask, condition,
replicate, shots, scale_kind, score_stderr, low_score, high_score, n_examples,
is_preferred. A column mapping in the registry renames columns, gives constants, or sends
columns into the condition. Where n_params or model_family is empty or no column, the tables
of model sizes say it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emergence.errors import InputError, did_you_mean, shorten
from emergence.schema import REJECT_REASONS, SCALE_KINDS, SOURCE_REJECTS, SOURCE_ROWS
from emergence.sources import cells
from emergence.sources.base import FileFacts, Part
from emergence.sources.cells import Cell, Unusable
from emergence.sources.foreign import refuse_foreign
from emergence.sources.formats import Field, Format, Option, Remedy
from emergence.sources.headers import lacking
from emergence.sources.known import Known, KnownModel
from emergence.sources.own_tables import MODELS, SIZES, line_to_add, with_own_tables

log = logging.getLogger(__name__)

# A cell may be as long as it likes: it is a reject's problem, not the reader's.
csv.field_size_limit(sys.maxsize)

DIGEST_KIND = "SHA-256 of the header and the sorted lines"


#: Ignored columns that are named; a note stands on the page and is no place for thousands.
_MOST_NAMED = 50


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    listed = ", ".join(shorten(name, 60) or "one without a name" for name in names[:_MOST_NAMED])
    return listed + (f" and {more} more" if more > 0 else "")


def _required_name(cell: Cell) -> str:
    if cell is None or not str(cell).strip():
        raise Unusable("name_missing")
    return str(cell)


def _optional_name(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _scale_kind(cell: Cell) -> str:
    name = str(cell or "total")
    if name not in SCALE_KINDS:
        raise Unusable("unknown_scale_kind")
    return name


#: Each column of the format with the parser of its cells, in the order in which they are
#: checked: an entry is rejected for the first of its bad cells.
COLUMNS: dict[str, Callable[[Cell], Any]] = {
    "task": _required_name,
    "metric": _required_name,
    "model_family": _required_name,
    "model": _required_name,
    "n_params": cells.scale,
    "score": cells.score,
    "subtask": _optional_name,
    "condition": cells.condition,
    "replicate": _optional_name,
    "shots": cells.count,
    "scale_kind": _scale_kind,
    "score_stderr": cells.standard_error,
    "low_score": cells.bound,
    "high_score": cells.bound,
    "n_examples": cells.positive_count,
    "is_preferred": cells.truth,
}

#: Columns of which a cell stays text.
_TEXTS = (_required_name, _optional_name, _scale_kind, cells.condition)

#: What the tables of model sizes say of a model.
_OF_MODEL = ("model_family", "n_params")

REQUIRED = ("task", "metric", "model_family", "model", "n_params", "score")

#: What names an entry, in the order in which it is said.
_IDENTIFYING = (
    "task",
    "subtask",
    "metric",
    "model_family",
    "model",
    "condition",
    "replicate",
    "shots",
)


@dataclass(frozen=True)
class _Content:
    """A foreign table: its header, and its rows as they stand there."""

    header: list[str]
    rows: list[Sequence[Cell]]
    digest: str
    size: int


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read a tidy table, as one part."""
    path = Path(folder) / source["path"]
    where = source["path"]
    content = _content(_bytes_of(path, where), path, where)
    expected = source.get("lines_sha256")
    if expected is not None and expected != content.digest:
        raise InputError(
            f"is not the file that the registry names: its lines_sha256 is {content.digest}, "
            f"the registry says {expected}",
            where=where,
            remedy="Restore the file; if the change is meant, write its checksum there.",
        )
    mapping = source.get("columns", {})
    known, of_tables = with_own_tables(known, source, folder)
    models = known.models
    required = _required(content, mapping, models)
    getters, ignored = _columns(content.header, mapping, required, where)
    notes = ()
    if ignored:
        notes = (f"columns ignored: {_listed(ignored)}",)
        log.warning("%s: %s", where, notes[0])
    rows, rejects = _parse(content, getters, models, where)
    facts = FileFacts(where, len(content.rows), content.size, content.digest, DIGEST_KIND, notes)
    log.info("%s: %d entries read, %d rejected", where, len(content.rows), rejects.num_rows)
    yield Part(rows, rejects, (facts, *of_tables))


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
        remedy=f"It needs a header with at least: {', '.join(REQUIRED)}",
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


def _content(data: bytes, path: Path, where: str) -> _Content:
    # A parquet file under another name is told by its first bytes.
    if path.suffix == ".parquet" or data.startswith(b"PAR1"):
        return _read_parquet(data, where)
    return _read_csv(data, where)


def _read_csv(data: bytes, where: str) -> _Content:
    refuse_foreign(data, where)
    # A bad byte spoils its own row only: it survives as a surrogate, found by `_parse`.
    text = data.decode("utf-8-sig", errors="surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise InputError(
            f"is no CSV: {error}",
            where=f"{where}, line {reader.line_num}",
            remedy="Look for a quotation mark that is never closed.",
        ) from error
    if not rows:  # a byte order mark and nothing else
        raise _empty(where)
    header, *rows = rows
    if not rows:
        raise InputError("has a header and no rows", where=where)
    return _Content(header, rows, lines_sha256(data), len(data))


def _read_parquet(data: bytes, where: str) -> _Content:
    try:
        # A damaged file has been seen to leave reading threads behind.
        table = pq.ParquetFile(io.BytesIO(data)).read(use_threads=False)
        header = list(table.column_names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"is no parquet file: {shorten(str(error))}", where=where) from error
    if not table.num_rows:
        raise InputError("has columns and no rows", where=where)
    columns = [_cells(name, table.column(i), where) for i, name in enumerate(header)]
    rows = list(zip(*columns, strict=True))
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    digest = lines_sha256(buffer.getvalue().encode("utf-8", "surrogateescape"))
    return _Content(header, rows, digest, len(data))


def _cells(name: str, column: pa.ChunkedArray, where: str) -> list[Cell]:
    """Return a parquet column's cells; bytes that are no UTF-8 text become surrogates."""
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


def _required(
    content: _Content, mapping: Mapping[str, Any], models: Mapping[str, KnownModel]
) -> tuple[str, ...]:
    """Return the columns that must be there: sizes and families may be known by the model."""
    column = mapping.get("model", "model")
    if not isinstance(column, str) or column not in content.header:
        return REQUIRED
    at = content.header.index(column)
    if any(len(row) > at and row[at] in models for row in content.rows):
        return tuple(name for name in REQUIRED if name not in _OF_MODEL)
    return REQUIRED


def _columns(
    header: list[str], mapping: Mapping[str, Any], required: Sequence[str], where: str
) -> tuple[dict[str, Callable[[Sequence[Cell]], Cell]], list[str]]:
    """Find for each column of the format where its cells come from."""
    for name, times in Counter(header).items():
        if times > 1:
            raise InputError(f"the column '{shorten(name)}' stands twice", where=where)
        if not _is_text(name):
            raise InputError(f"a column's name is no UTF-8 text: {shorten(name)}", where=where)
    position = {name: i for i, name in enumerate(header)}
    used: set[str] = set()

    def column(name: str, ours: str) -> int:
        if name not in position:
            raise InputError(
                f"there is no column '{shorten(name)}' for {ours!r}: {did_you_mean(name, header)}",
                where=where,
                remedy=f"Write in the registry, under `columns`: {ours}: <one of these>",
            )
        used.add(name)
        return position[name]

    known = {name: i for i, name in enumerate(header) if name in COLUMNS}
    missing = [name for name in required if name not in mapping and name not in position]
    if missing:
        for target in mapping.values():
            names = [target] if isinstance(target, str) else target
            known |= dict.fromkeys(names if isinstance(names, list) else (), 0)
        raise lacking(missing, header, known, where)
    getters: dict[str, Callable[[Sequence[Cell]], Cell]] = {}
    for ours in COLUMNS:
        target = mapping.get(ours, ours if ours in position or ours in required else None)
        if target is None:
            continue
        if isinstance(target, Mapping):
            getters[ours] = _constant(ours, target["constant"], where)
        elif isinstance(target, list):
            getters[ours] = _pairs({name: column(name, ours) for name in target})
        else:
            getters[ours] = _at(column(target, ours))
    return getters, [name for name in header if name not in used]


def _at(index: int) -> Callable[[Sequence[Cell]], Cell]:
    return lambda row: row[index]


def _constant(ours: str, value: Cell, where: str) -> Callable[[Sequence[Cell]], Cell]:
    try:
        COLUMNS[ours](value)
    except Unusable as error:
        raise InputError(
            f"the constant '{shorten(value)}' cannot be a {ours}: {error.reason}", where=where
        ) from error
    return lambda row: value


def _pairs(positions: dict[str, int]) -> Callable[[Sequence[Cell]], Cell]:
    def condition(row: Sequence[Cell]) -> str:
        found = {name: row[i] for name, i in positions.items()}
        return cells.join_condition({k: "" if v is None else str(v) for k, v in found.items()})

    return condition


def _parse(
    content: _Content,
    getters: Mapping[str, Callable[[Sequence[Cell]], Cell]],
    models: Mapping[str, KnownModel],
    where: str,
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    names = [name for name in SOURCE_ROWS.names if name not in ("source_file", "source_entry")]
    rows: dict[str, list[Any]] = {name: [] for name in [*names, "source_file", "source_entry"]}
    rejects: list[dict[str, str]] = []
    for row in content.rows:
        try:
            values, entry = _values(row, len(content.header), getters, models)
        except _Rejected as rejected:
            # The number of a row would change with the order of the rows: its names do not.
            rejects.append({"source_file": where, **rejected.fields})
            continue
        for name in names:
            rows[name].append(values["n_params" if name == "scale" else name])
        rows["source_file"].append(where)
        rows["source_entry"].append(entry)
    return (
        pa.RecordBatch.from_pydict(rows, schema=SOURCE_ROWS),
        pa.RecordBatch.from_pylist(rejects, schema=SOURCE_REJECTS),
    )


class _Rejected(Exception):
    def __init__(self, entry: str, reason: str, seen: str) -> None:
        super().__init__(reason)
        self.fields = {"source_entry": shorten(entry), "reason": reason, "seen": shorten(seen)}


_ABSENT = {"scale_kind": "total", "subtask": "", "condition": "", "replicate": ""}


def _values(
    row: Sequence[Cell],
    width: int,
    getters: Mapping[str, Callable[[Sequence[Cell]], Cell]],
    models: Mapping[str, KnownModel],
) -> tuple[dict[str, Any], str]:
    """Parse one row, or say why it is a reject."""
    whole = ",".join("" if cell is None else str(cell) for cell in row)
    if not _is_text(whole):
        readable = whole.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise _Rejected(readable, "not_utf8", readable)
    if len(row) != width:
        raise _Rejected(whole, "cells_missing_or_extra", f"{len(row)} cells for {width} columns")
    raw = {name: get(row) for name, get in getters.items()}
    values: dict[str, Any] = dict.fromkeys(COLUMNS)
    values.update(_ABSENT)
    _look_up(raw, models)
    for name, parse in COLUMNS.items():
        if name in raw:
            try:
                values[name] = parse(raw[name])
            except Unusable as error:
                seen = f"{name}: {'' if raw[name] is None else raw[name]}"
                raise _Rejected(_entry(raw), error.reason, seen) from None
    return values, _entry(values)


def _look_up(raw: dict[str, Cell], models: Mapping[str, KnownModel]) -> None:
    """Fill in what the tables of model sizes say, where the row does not."""
    lacking = [name for name in _OF_MODEL if raw.get(name) in (None, "")]
    model = "" if raw.get("model") is None else str(raw["model"])
    if not lacking or not model.strip():
        return
    if model not in models:
        if "n_params" in lacking:
            seen = f"add to the table of models: {line_to_add(model)}"
            raise _Rejected(_entry(raw), "unknown_model", seen)
        return
    found = models[model]
    if "n_params" in lacking:
        raw["n_params"] = found.scale
        if raw.get("scale_kind") in (None, ""):
            raw["scale_kind"] = found.scale_kind
    if "model_family" in lacking:
        raw["model_family"] = found.family


def _is_text(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text) if not text.isascii() else True


def _entry(values: Mapping[str, Any]) -> str:
    """Name an entry by what identifies it: it can be found by these in a table of any order."""
    named = ((name, values.get(name)) for name in _IDENTIFYING)
    return " ".join(f"{name}={value}" for name, value in named if value not in (None, ""))


def _mapped(pairs: list[str]) -> dict[str, str]:
    """Make a column mapping of ``--column OURS=THEIRS``."""
    return dict(_pair(pair, "--column", "OURS=THEIRS") for pair in pairs)


def _constants(pairs: list[str]) -> dict[str, Any]:
    """Make one of ``--constant OURS=VALUE``, in the kind that the registry wants."""
    constants = {}
    for pair in pairs:
        ours, value = _pair(pair, "--constant", "OURS=VALUE")
        typed: Any = value
        try:
            if COLUMNS[ours] is cells.truth:
                typed = cells.truth(value)
            elif COLUMNS[ours] not in _TEXTS:
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


FORMAT = Format(
    name="tidy",
    description="one score a row, CSV or parquet",
    # Whatever else a file is, the reader says.
    recognises=lambda found: not found.is_folder,
    read=_read,
    fields=(
        Field(
            "columns",
            {"$ref": "#/$defs/columns"},
            (
                Option("column", "OURS=THEIRS", "the file's column for one of ours", value=_mapped),
                Option("constant", "OURS=VALUE", "what is the same in every row", value=_constants),
            ),
        ),
        MODELS,
        SIZES,
    ),
    supplies={
        "chance": Remedy(
            "a column low_score; if it is the same in all rows, --constant low_score=0.25"
        ),
        "n_examples": Remedy(
            "a column n_examples; if it is the same in all rows, --constant n_examples=1000"
        ),
    },
)
