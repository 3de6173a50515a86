"""A table of single answers: one row an example and model, scored here under many metrics.

Each multiple-choice task gets the metric chain of `emergence.samples.choices`, each task of
written answers exact match and the edit similarity: curves of the same outputs.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from emergence.errors import InputError, shorten
from emergence.samples.outcomes import Outcomes
from emergence.samples.table import ANSWERS, KEYS, OF_A_MODEL, OPTIONAL, score_answers
from emergence.sources.base import Entries, Part
from emergence.sources.checkpoints import (
    TOLD_APART,
    note_of_tokens,
    tokens_at,
    told_apart_by_tokens,
    with_pair,
)
from emergence.sources.documents import Refused
from emergence.sources.files import FilesRead, FoundFile
from emergence.sources.formats import Candidate, Format
from emergence.sources.known import Known

#: All columns that are read.
WHOLE = pa.schema([*ANSWERS, *OPTIONAL])


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read a table of answers, and score what each model answered to each task."""
    where = source["path"]
    read = FilesRead(source)
    try:
        data = read.contents(FoundFile(str(Path(folder) / where), ""))
        table = pq.read_table(io.BytesIO(data))
    except Refused as refused:
        raise InputError(f"cannot be read: {refused.seen}", where=where) from None
    except pa.ArrowException as error:
        raise InputError(f"is not a parquet file: {error}", where=where) from error
    missing = [name for name in ANSWERS.names if name not in table.column_names]
    if missing:
        raise InputError(
            f"has no column {', '.join(missing)}",
            where=where,
            remedy="A table of answers has the columns " + ", ".join(ANSWERS.names) + ".",
        )
    table = _completed(table, where)
    entries = Entries()
    groups = list(_groups(table))
    by_tokens = _tell_checkpoints_apart([keys for keys, _ in groups], known)
    for keys, rows in groups:
        _add(entries, where, keys, rows)
    notes = (note_of_tokens(by_tokens),) if by_tokens else ()
    yield entries.part(read.facts(len(entries), "table of answers", notes=notes))


def _tell_checkpoints_apart(groups: list[dict[str, Any]], known: Known) -> list[str]:
    """Make the step, or the tokens, of checkpoints of one model a condition, as in a tidy table."""
    for keys in groups:
        named = ((name, keys[name]) for name in (*KEYS, "step"))
        keys["entry"] = " ".join(f"{name}={it}" for name, it in named if it not in (None, ""))
        keys["condition"] = keys["condition"] or ""
        step = keys.pop("step")
        if step is not None:
            keys["condition"] = with_pair(keys["condition"], "step", str(step))
            if keys["tokens"] is None:
                model = known.models.get(keys["model"])
                keys["tokens"] = tokens_at(step, model.tokens_per_step if model else None)
    columns = {name: [keys.get(name, "") for keys in groups] for name in TOLD_APART}
    columns |= {"tokens": [keys["tokens"] for keys in groups]}
    columns |= {"source_entry": [keys["entry"] for keys in groups]}
    families = told_apart_by_tokens(columns)
    for at, keys in enumerate(groups):
        keys["condition"], keys["entry"] = columns["condition"][at], columns["source_entry"][at]
    return families


def _completed(table: pa.Table, where: str) -> pa.Table:
    """Bring the columns to their types; those that may be left out are null."""
    columns = []
    for field in WHOLE:
        if field.name not in table.column_names:
            columns.append(pa.nulls(len(table), field.type))
            continue
        try:
            columns.append(table[field.name].cast(field.type))
        except pa.ArrowException as error:
            raise InputError(
                f"the column {field.name} cannot be read: {shorten(str(error), 200)}",
                where=where,
                remedy=f"It holds values of the type {field.type}: "
                f"{field.metadata[b'meaning'].decode()}.",
            ) from None
    return pa.table(columns, schema=WHOLE)


def _groups(table: pa.Table) -> Iterator[tuple[dict[str, Any], pa.Table]]:
    """Yield the answers of each model to each task, in the order of their names."""
    together = (*KEYS, "step", "tokens")
    table = table.sort_by([(name, "ascending") for name in (*together, "example", "repeat")])
    changes = np.zeros(max(len(table) - 1, 0), bool)
    for name in together:
        codes = table[name].combine_chunks().dictionary_encode(null_encoding="encode").indices
        changes |= np.diff(codes.to_numpy()) != 0
    ends = [*(np.flatnonzero(changes) + 1), len(table)]
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        if end > begin:
            rows = table.slice(begin, end - begin)
            yield {name: rows[name][0].as_py() for name in (*KEYS, *OF_A_MODEL)}, rows


def _add(entries: Entries, where: str, keys: dict[str, Any], rows: pa.Table) -> None:
    entry = keys.pop("entry")
    try:
        for name in OF_A_MODEL:
            if len(rows[name].unique()) > 1:
                raise ValueError(f"several values of {name} for one model")
        scored = score_answers(rows)
    except ValueError as error:
        entries.reject(where, Refused(entry, "wrong_type", str(error)))
        return
    kept = Outcomes.of(scored.examples, scored.by_example, scored.clusters)
    for metric, values in scored.by_example.items():
        entries.add(
            where,
            f"{entry} metric={metric}",
            kept[metric],
            **keys,
            metric=metric,
            score=float(values.mean()),
            n_examples=scored.numbers[metric],
            low_score=scored.guessing.get(metric),
        )


def _recognises(found: Candidate) -> bool:
    if found.path.suffix != ".parquet" or not found.path.is_file():
        return False
    try:
        names = pq.read_schema(found.path).names
    except (pa.ArrowException, OSError):  # the reader of tables says what is wrong
        return False
    return {"example", "log_likelihood", "gold"} <= set(names)


FORMAT = Format(
    name="answers",
    description="a parquet table of single answers with their log-likelihoods",
    recognises=_recognises,
    read=_read,
    answers=(".parquet",),
)
