"""Wide tables: one row a model, one column a task, or a task and metric; CSV or parquet.

Each score column makes one entry of each row, which is then read as a row of a tidy table is
(`emergence.sources.tidy`). Which columns are scores the entry says (``scores``); else they are
found: columns of numbers whose names are not those of something else. A metric is the end of a
column's name where the catalogue has it (``arc_acc_norm``, ``mmlu/acc``), else the same for all
columns, which must be said: nothing tells a share of right answers from another score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.errors import InputError, did_you_mean, shorten
from emergence.scores_table import SOURCE_REJECTS
from emergence.sources import tidy
from emergence.sources.base import FileFacts, Part
from emergence.sources.cells import Cell, Unusable
from emergence.sources.formats import Field, Format, Option, Remedy
from emergence.sources.headers import listed
from emergence.sources.known import Known
from emergence.sources.own_tables import MODELS, SIZES, with_own_tables
from emergence.sources.table_files import DIGEST_KIND, Content, read_content
from emergence.sources.wide_columns import ERROR, TRAINING, propose, score_cell, split_name


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read a wide table, as one part."""
    where = source["path"]
    content = read_content(source, folder)
    known, of_tables = with_own_tables(known, source, folder)
    mapping = dict(source.get("columns", {}))
    for ours in ("task", "score", "score_stderr"):
        if ours in mapping:
            raise InputError(
                f"the column {ours} is made of the score columns; it cannot be mapped",
                where=where,
                remedy=f"Leave {ours} out; what a score column is of: "
                "--scores COLUMN=TASK,METRIC, in a registry `scores`",
            )
    found = propose(content, mapping)
    scores = source.get("scores") or (found.scores if found else {})
    if not scores:
        raise InputError(
            "no column looks like scores of a task, or none names the models",
            where=where,
            remedy="Say which: --column model=COLUMN --scores COLUMN=TASK,METRIC. "
            f"It has: {listed(content.header)}",
        )
    for name in scores:
        if name not in content.place:
            raise InputError(
                f"there is no column '{shorten(name)}': {did_you_mean(name, content.header)}",
                where=f"{where}, scores",
            )
    if found:
        mapping = {**found.named, **mapping}
        if "model" not in mapping:
            content = _with_models(content, mapping, source.get("size_unit", ""))
            mapping["model"] = "model"
    metric = mapping.pop("metric", None)
    if metric is not None and not isinstance(metric, Mapping):
        raise InputError("a wide table has no column for the metric", where=where)
    scores = {name: dict(said) for name, said in scores.items()}
    for said in scores.values():
        if metric is not None:
            said.setdefault("metric", metric["constant"])
    unsaid = [name for name, said in scores.items() if "metric" not in said]
    if unsaid:
        raise InputError(
            f"the metric of these scores is unknown: {listed(unsaid)}",
            where=where,
            remedy="If they are shares of right answers: --constant metric=acc, in a registry "
            "columns: {metric: {constant: acc}}",
        )
    trained = {
        name: TRAINING[ours]
        for ours, name in mapping.items()
        if ours in TRAINING and isinstance(name, str) and name in content.place
    }
    content, unread = _only_amounts(content, trained)
    turned, ragged = _turned(content, scores, bool(source.get("percent")), where)
    # Without a column of sizes, the tables of models are asked: a line for each that lacks there.
    unsized = "n_params" not in mapping
    required = [n for n in tidy.REQUIRED if n not in tidy.OF_MODEL] if unsized else None
    parsed = tidy.parse(turned, source, mapping, known.models, required)
    used = {name for name in mapping.values() if isinstance(name, str)} | scores.keys()
    used |= {f"{name}{ERROR}" for name in scores}
    left = [name for name in content.header if name not in used]
    of = [
        f"{name} ({', '.join(word for word in said.values() if word != name)})"
        for name, said in scores.items()
    ]
    notes = [f"scores: {listed(of)}"]
    notes += [f"how models were trained: {listed([*trained])}"] if trained else []
    notes += [f"no amount, and so unknown: {listed(unread)}"] if unread else []
    notes += [f"columns ignored: {listed(left)}"] if left else []
    rejects = pa.concat_batches([parsed.rejects, ragged])
    entries = len(parsed.rows) + len(rejects)
    facts = FileFacts(where, entries, content.size, content.digest, DIGEST_KIND, tuple(notes))
    yield Part(parsed.rows, rejects, (facts, *of_tables))


def _with_models(content: Content, columns: Mapping[str, str], unit: str) -> Content:
    """Name each model by its family and size, where no column does."""
    family, size = (content.place[columns[ours]] for ours in ("model_family", "n_params"))
    rows = [
        [*row, f"{row[family]} {row[size]}{unit}" if len(row) == len(content.header) else None]
        for row in content.rows
    ]
    return replace(content, header=[*content.header, "model"], rows=rows)


def _only_amounts(
    content: Content, columns: Mapping[str, Callable[[Cell], Any]]
) -> tuple[Content, list[str]]:
    """Empty the cells of some columns that cannot be read: no score is lost through them.

    Returns the table, and what stood there.
    """
    unread: dict[str, None] = {}
    rows = [list(row) for row in content.rows]
    for name, parse in columns.items():
        at = content.place[name]
        for row in rows:
            try:
                parse(row[at] if len(row) > at else None)
            except Unusable:
                unread[f"{name}: {row[at]}"] = None
                row[at] = None
    return replace(content, rows=rows), [*unread]


def _turned(
    content: Content, scores: Mapping[str, Mapping[str, str]], percent: bool, where: str
) -> tuple[Content, pa.RecordBatch]:
    """Make one row a score of one row a model; rows that are too short or long are rejects."""
    kept = [i for i, name in enumerate(content.header) if name not in scores]
    # A name of ours in the table would stand there twice.
    header = [content.header[i] for i in kept] + ["task", "metric", "score", "score_stderr"]
    place = content.place
    rows: list[Sequence[Cell]] = []
    ragged = []
    for row in content.rows:
        if len(row) != len(content.header):
            text = ",".join("" if cell is None else str(cell) for cell in row)
            ragged.append(
                {
                    "source_file": where,
                    "source_entry": shorten(text),
                    "reason": "cells_missing_or_extra",
                    "seen": f"{len(row)} cells for {len(content.header)} columns",
                }
            )
            continue
        shared = [row[i] for i in kept]
        for name, said in scores.items():
            error = row[place[f"{name}{ERROR}"]] if f"{name}{ERROR}" in place else None
            pair = [score_cell(cell, percent) for cell in (row[place[name]], error)]
            rows.append([*shared, said["task"], said["metric"], *pair])
    return (
        replace(content, header=header, rows=rows),
        pa.RecordBatch.from_pylist(ragged, schema=SOURCE_REJECTS),
    )


def _scores(pairs: list[str]) -> dict[str, dict[str, str]]:
    """Make score columns of ``--scores COLUMN=TASK,METRIC``; what is left out is the name's."""
    found = {}
    for pair in pairs:
        column, _, said = pair.partition("=")
        task, _, metric = said.partition(",")
        found[column] = split_name(column) if not said else {"task": task or column}
        if metric:
            found[column]["metric"] = metric
    return found


SCORES = Field(
    "scores",
    {
        "type": "object",
        "minProperties": 1,
        "description": "The score columns of a wide table, and what each is of; found by their "
        "content if not given",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": ["task"],
            "properties": {
                "task": {"type": "string", "minLength": 1},
                "metric": {"type": "string", "minLength": 1},
            },
        },
    },
    (
        Option(
            "scores",
            "COLUMN=TASK,METRIC",
            "a column of scores (default: those that look like scores)",
            value=_scores,
        ),
    ),
)

PERCENT = Field(
    "percent",
    {"type": "boolean", "description": "true: the scores are percents, and are divided by 100"},
    (Option("percent", "", "the scores are percents; they are divided by 100", is_flag=True),),
)

FORMAT = Format(
    name="wide",
    description="one row a model and one column a task, CSV or parquet",
    # A tidy table and a wide one look alike: a person says it.
    recognises=lambda found: False,
    read=_read,
    fields=(tidy.COLUMN_NAMES, tidy.SIZE_UNIT, MODELS, SIZES, SCORES, PERCENT),
    supplies={
        "chance": Remedy("--constant low_score=0.25 if it is the same for all tasks"),
        "n_examples": Remedy("--constant n_examples=1000 if it is the same for all tasks"),
    },
)
