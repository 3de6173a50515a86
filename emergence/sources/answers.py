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

from emergence.errors import InputError
from emergence.samples.outcomes import Outcomes
from emergence.samples.table import ANSWERS, KEYS, score_answers
from emergence.sources.base import Entries, Part
from emergence.sources.documents import Refused
from emergence.sources.files import FilesRead, FoundFile
from emergence.sources.formats import Candidate, Format
from emergence.sources.known import Known

_OF_A_MODEL = ("scale", "scale_kind")


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
    table = table.select(ANSWERS.names).cast(ANSWERS)
    entries = Entries()
    for keys, rows in _groups(table):
        _add(entries, where, keys, rows)
    yield entries.part(read.facts(len(entries), "table of answers"))


def _groups(table: pa.Table) -> Iterator[tuple[dict[str, Any], pa.Table]]:
    """Yield the answers of each model to each task, in the order of their names."""
    table = table.sort_by([(name, "ascending") for name in (*KEYS, "example")])
    changes = np.zeros(max(len(table) - 1, 0), bool)
    for name in KEYS:
        codes = table[name].combine_chunks().dictionary_encode(null_encoding="encode").indices
        changes |= np.diff(codes.to_numpy()) != 0
    ends = [*(np.flatnonzero(changes) + 1), len(table)]
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        if end > begin:
            rows = table.slice(begin, end - begin)
            yield {name: rows[name][0].as_py() for name in (*KEYS, *_OF_A_MODEL)}, rows


def _add(entries: Entries, where: str, keys: Mapping[str, Any], rows: pa.Table) -> None:
    named = " ".join(f"{name}={keys[name]}" for name in KEYS if keys[name] not in (None, ""))
    try:
        scored = score_answers(rows)
    except ValueError as error:
        entries.reject(where, Refused(named, "wrong_type", str(error)))
        return
    kept = Outcomes.of(rows["example"].to_pylist(), scored.by_example)
    for metric, values in scored.by_example.items():
        entries.add(
            where,
            f"{named} metric={metric}",
            kept[metric],
            **{**keys, "condition": keys["condition"] or ""},
            metric=metric,
            score=float(values.mean()),
            n_examples=len(values),
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
