"""BIG-bench score files: one file a task and model, with all its scores.

A file is ``<task>/results/scores_<anything>.json`` in a folder of tasks. What is taken from
it, and from nowhere else:

- the model, from inside the file: the family in the file's name is another one. Its scale
  is the first of flop-matched non-embedding, non-embedding and total parameters that is
  given; null, 0 and -1 are upstream's words for *not given*;
- one row a score: (entry of ``scores``, metric). A score keeps the file's own unit, which
  is 0 to 1 for the metrics that upstream's loader multiplies by 100;
- ``number_of_shots``; -1 and null are unknown;
- low and high score, which belong to the entry's preferred metric and to no other.

``subtask_description`` says what an entry is of (`emergence.sources.bigbench.entries`). A
missing or null optional field is unknown; anything else that is not as it must be becomes
a reject: the whole file, one entry of ``scores``, or one score, each counting as one entry.
"""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.examples import recover_examples
from emergence.facts.metric_catalog import Metric
from emergence.sources.base import Part
from emergence.sources.bigbench.careful import parse
from emergence.sources.bigbench.columns import Columns
from emergence.sources.bigbench.files import UPSTREAM_FOLDER, find_files, task_of
from emergence.sources.bigbench.quick import QuickReader
from emergence.sources.documents import Refused
from emergence.sources.files import FilesRead, files_of
from emergence.sources.formats import Candidate, Format, Named, Remedy
from emergence.sources.known import Known

__all__ = ["FORMAT", "NAMED"]

log = logging.getLogger(__name__)

_LOOKED_FOR = f"<task>/results/scores_*.json and {UPSTREAM_FOLDER}/<task>/results/scores_*.json"


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read all score files below a folder; the text columns are dictionary-encoded."""
    where = source["path"]
    columns = Columns()
    quick = QuickReader()
    read = FilesRead(source)
    for file in files_of(find_files, Path(folder) / where, where, _LOOKED_FOR):
        name = file.shown(where)
        try:
            data = read.contents(file)
            found = quick.parse(data, task_of(file))
            if found is not None:
                columns.add(name, found.model, found.skeleton, found.scores)
            else:
                columns.add_careful(name, parse(data, task_of(file)))
        except Refused as refused:
            columns.add_refused(name, refused)
    rows, rejects = columns.batches()
    facts = read.facts(rows.num_rows + rejects.num_rows, "score files")
    log.info("%s: %d files, %d rows, %d rejects", where, facts.files, len(rows), len(rejects))
    yield Part(rows, rejects, (facts,))


def _complete(scores: pa.Table, metrics: Mapping[str, Metric], known: Known) -> pa.Table:
    return recover_examples(scores, known.inventory, metrics)


def _recognises(found: Candidate) -> bool:
    return found.holds("*/results/scores_*.json", f"{UPSTREAM_FOLDER}/*/results/scores_*")


FORMAT = Format(
    name="bigbench",
    description="a folder of BIG-bench tasks with their score files",
    recognises=_recognises,
    read=_read,
    files=find_files,
    supplies={
        "chance": Remedy("`low_score` of the entries in the score files"),
        "n_examples": Remedy("nothing: they are recovered where the scores show them"),
    },
    complete=_complete,
)


def _folder_of_tasks(found: Candidate) -> str:
    above = "../.." if found.holds("scores_*.json") else ".."
    folder = shlex.quote(os.path.normpath(found.path / above))
    return f"Name the folder that holds the tasks: {folder}"


#: What is of BIG-bench, and no folder of tasks.
NAMED = (
    Named(
        "holds BIG-bench's score files of one task",
        lambda found: found.holds("scores_*.json", "results/scores_*.json"),
        _folder_of_tasks,
    ),
    Named(
        "is a score file of BIG-bench",
        lambda found: (
            found.has_fields("bigbench_version") or found.has_fields("scores", "model", "task")
        ),
        lambda found: (
            "Name the folder that holds the tasks, each with its "
            "results/scores_*.json: emergence check FOLDER"
        ),
    ),
)
