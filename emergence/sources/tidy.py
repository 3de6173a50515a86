"""Tidy tables: one score a row, in CSV or parquet.

Columns: task, metric, model_family, model, n_params, score; optionally subtask, condition,
replicate, shots, scale_kind, step, tokens, flops, loss, score_stderr, low_score, high_score,
n_examples, is_preferred. A column mapping in the registry renames columns, gives constants, or
sends columns into the condition. Where n_params or model_family is empty or no column, the tables
of model sizes say it.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from emergence.errors import InputError, did_you_mean, shorten
from emergence.scales import size_in_words
from emergence.schema import SCALE_KINDS
from emergence.scores_table import REJECT_REASONS, SOURCE_REJECTS, SOURCE_ROWS
from emergence.sources import cells
from emergence.sources.base import FileFacts, Part
from emergence.sources.cells import Cell, Unusable
from emergence.sources.checkpoints import (
    note_of_tokens,
    tokens_at,
    told_apart_by_tokens,
    with_pair,
)
from emergence.sources.formats import Field, Format, Option, Remedy
from emergence.sources.headers import lacking, likely, listed, training_columns, training_unit
from emergence.sources.known import Known, KnownModel
from emergence.sources.own_tables import MODELS, SIZES, line_to_add, with_own_tables
from emergence.sources.table_files import DIGEST_KIND, Content, is_text, read_content
from emergence.sources.wide_columns import how_wide

log = logging.getLogger(__name__)


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
    "step": cells.count,
    "tokens": cells.amount,
    "flops": cells.amount,
    "loss": cells.loss,
    "score_stderr": cells.standard_error,
    "low_score": cells.bound,
    "high_score": cells.bound,
    "n_examples": cells.positive_count,
    "is_preferred": cells.truth,
}

#: Columns of which a cell stays text.
_TEXTS = (_required_name, _optional_name, _scale_kind, cells.condition)

#: What the tables of model sizes say of a model.
OF_MODEL = ("model_family", "n_params")

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
    "step",
    "shots",
)


class Parsed(NamedTuple):
    """What a table holds.

    Attributes
    ----------
    rows, rejects : pyarrow.RecordBatch
        As in `emergence.sources.base.Part`.
    ignored : list of str
        Columns that are none of the format's.
    by_tokens : list of str
        Model families whose models are told apart by their tokens.
    """

    rows: pa.RecordBatch
    rejects: pa.RecordBatch
    ignored: list[str]
    by_tokens: list[str]


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read a tidy table, as one part."""
    where = source["path"]
    content = read_content(source, folder)
    known, of_tables = with_own_tables(known, source, folder)
    parsed = parse(content, source, source.get("columns", {}), known.models)
    notes = ()
    if parsed.ignored:
        notes = (f"columns ignored: {listed(parsed.ignored)}",)
        log.warning("%s: %s", where, notes[0])
    own = {*content.header, *source.get("columns", {})}
    trained = {k: name for k, name in training_columns(parsed.ignored).items() if k not in own}
    if trained:
        options = " ".join(f"--column {k}={shlex.quote(name)}" for k, name in trained.items())
        notes += (f"may say how models were trained, for --axis: {shorten(options, 300)}",)
    if parsed.by_tokens:
        notes += (note_of_tokens(parsed.by_tokens),)
    facts = FileFacts(where, len(content.rows), content.size, content.digest, DIGEST_KIND, notes)
    log.info("%s: %d entries read, %d rejected", where, len(content.rows), len(parsed.rejects))
    yield Part(parsed.rows, parsed.rejects, (facts, *of_tables))


def parse(
    content: Content,
    source: Mapping[str, Any],
    mapping: Mapping[str, Any],
    models: Mapping[str, KnownModel],
    required: Sequence[str] | None = None,
) -> Parsed:
    """Make score rows and rejects of a table of one score a row.

    Parameters
    ----------
    content : Content
    source : mapping
        Registry entry of the source.
    mapping : mapping
        Of the columns, as its field ``columns``.
    models : mapping of str to KnownModel
    required : sequence of str, optional
        Columns that must be there: `REQUIRED`, save those that the tables of models say.

    Returns
    -------
    Parsed

    Raises
    ------
    InputError
        If a column is missing, or a constant cannot be what it is for.
    """
    if required is None:
        required = _required(content, mapping, models)
    getters, ignored = _columns(content, mapping, required, source["path"], models)
    if "size_unit" in source and "n_params" in getters:
        getters["n_params"] = _with_unit(getters["n_params"], source["size_unit"])
    for ours in ("tokens", "flops"):
        name = mapping.get(ours, ours)
        unit = training_unit(ours, name) if isinstance(name, str) and ours in getters else None
        if unit not in (None, 1.0):
            getters[ours] = _times(getters[ours], unit)
    rows, rejects, by_tokens = _parse(content, getters, models, source["path"])
    return Parsed(rows, rejects, ignored, by_tokens)


def _with_unit(
    get: Callable[[Sequence[Cell]], Cell], unit: str
) -> Callable[[Sequence[Cell]], Cell]:
    """Take plain numbers for sizes in a unit; what has a unit of its own keeps it."""

    def size(row: Sequence[Cell]) -> Cell:
        cell = get(row)
        if isinstance(cell, bool) or cell is None:
            return cell
        text = f"{cell}".strip()
        in_words = size_in_words(f"{text}{unit}")
        return text if in_words is None else in_words

    return size


def _times(get: Callable[[Sequence[Cell]], Cell], unit: float) -> Callable[[Sequence[Cell]], Cell]:
    """Take numbers for so many times a unit; what has a unit of its own keeps it."""

    def amount(row: Sequence[Cell]) -> Cell:
        cell = get(row)
        try:
            value = cells.number(cell)
        except Unusable:  # words, which say their unit, or what is refused
            return cell
        return None if value is None else value * unit

    return amount


def _required(
    content: Content, mapping: Mapping[str, Any], models: Mapping[str, KnownModel]
) -> tuple[str, ...]:
    """Return the columns that must be there: sizes and families may be known by the model."""
    column = mapping.get("model", "model")
    if not isinstance(column, str) or column not in content.header:
        return REQUIRED
    unsaid = [name for name in OF_MODEL if name not in mapping and name not in content.header]
    # Without any column of sizes the tables of models are asked: a line for each that lacks there.
    asked = "n_params" in unsaid and not likely(["n_params"], content.header)
    at = content.header.index(column)
    if asked or any(len(row) > at and row[at] in models for row in content.rows):
        return tuple(name for name in REQUIRED if name not in OF_MODEL)
    return REQUIRED


def _columns(
    content: Content,
    mapping: Mapping[str, Any],
    required: Sequence[str],
    where: str,
    models: Mapping[str, KnownModel],
) -> tuple[dict[str, Callable[[Sequence[Cell]], Cell]], list[str]]:
    """Find for each column of the format where its cells come from."""
    header = content.header
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
        looks_wide = {"task", "score"} <= set(missing)
        wide = how_wide(content, mapping, where, models) if looks_wide else ()
        raise lacking(missing, header, known, where, wide)
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
    content: Content,
    getters: Mapping[str, Callable[[Sequence[Cell]], Cell]],
    models: Mapping[str, KnownModel],
    where: str,
) -> tuple[pa.RecordBatch, pa.RecordBatch, list[str]]:
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
    by_tokens = told_apart_by_tokens(rows)
    return (
        pa.RecordBatch.from_pydict(rows, schema=SOURCE_ROWS),
        pa.RecordBatch.from_pylist(rejects, schema=SOURCE_REJECTS),
        by_tokens,
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
    if not is_text(whole):
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
    entry, step = _entry(values), values["step"]
    if step is not None:
        values["condition"] = with_pair(values["condition"], "step", str(step))
        if values["tokens"] is None:
            known = models.get(values["model"])
            values["tokens"] = tokens_at(step, known.tokens_per_step if known else None)
    return values, entry


def _look_up(raw: dict[str, Cell], models: Mapping[str, KnownModel]) -> None:
    """Fill in what the tables of model sizes say, where the row does not."""
    lacking = [name for name in OF_MODEL if raw.get(name) in (None, "")]
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


def _unit(given: list[str]) -> str:
    """Take the unit of ``--size-unit``."""
    if given[-1] not in ("K", "M", "B"):
        raise InputError(
            f"'{shorten(given[-1])}' seen; allowed are K, M and B", where="option --size-unit"
        )
    return given[-1]


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


COLUMN_NAMES = Field(
    "columns",
    {"$ref": "#/$defs/columns"},
    (
        Option(
            "column",
            "OURS=THEIRS",
            "a column of the file under another name, such as score=accuracy",
            value=_mapped,
        ),
        Option(
            "constant",
            "OURS=VALUE",
            "a value that is the same in every row, such as shots=0",
            value=_constants,
        ),
        Option(
            "condition",
            "COLUMN",
            "a column of free text, such as the name of a prompt, that is fixed along a curve",
            value=lambda columns: {"condition": list(dict.fromkeys(columns))},
        ),
    ),
)

SIZE_UNIT = Field(
    "size_unit",
    {"enum": ["K", "M", "B"], "description": "What plain numbers of the column n_params count"},
    (
        Option(
            "size-unit",
            "K, M or B",
            "unit of the sizes: thousands, millions or billions",
            value=_unit,
        ),
    ),
)

FORMAT = Format(
    name="tidy",
    description="one score a row, CSV or parquet",
    # Whatever else a file is, the reader says.
    recognises=lambda found: not found.is_folder,
    read=_read,
    fields=(
        COLUMN_NAMES,
        SIZE_UNIT,
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
