"""Result files of lm-evaluation-harness, in the layout of today and in that before 0.4.

A source's path is one file, or a folder below which every ``*.json`` is read. What is taken:

- the model by its name in ``config.model_args`` (`emergence.sources.lm_eval.models`): its
  family and size come from a table, and a name that is not in it is refused with the line to
  add. Nothing is read out of a name;
- one row a score: (task, metric, filter). The filter is the condition ``filter=strict-match``;
  ``none`` is left out. What else changes what the model was asked (a limit, a chat template, a
  system instruction, settings of the generation) stands in the condition likewise;
- shots from ``n-shot``, or from ``config.num_fewshot`` in the old layout;
- of a score that several runs give with different values what ``repeated`` says, by default the
  newest run's (`emergence.sources.lm_eval.runs`);
- examples from ``n-samples``, the number that was really scored. The old layout does not give
  it: `emergence.examples` recovers it from the standard errors;
- which way a metric goes from ``higher_is_better``. What contradicts the catalogue, or another
  file, is refused; what nobody else knows is taken from the files and said.

Groups make tasks of which their members are subtasks (`emergence.sources.lm_eval.groups`).
The harness does not give the score of guessing: it comes from a table, and ``chance`` in the
registry names another one, which wins.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.examples import examples_from_errors
from emergence.facts.metric_catalog import Metric
from emergence.sources.base import Part
from emergence.sources.documents import Refused
from emergence.sources.files import FilesRead, FoundFile, files_below, files_of
from emergence.sources.formats import Candidate, Format, Named, Remedy
from emergence.sources.known import Known
from emergence.sources.lm_eval import runs
from emergence.sources.lm_eval.collect import Collected
from emergence.sources.lm_eval.logs import ENDING, Logs, further_scores, without_strays
from emergence.sources.lm_eval.results import parse
from emergence.sources.own_tables import CHANCE, MODELS, SIZES, with_own_tables

__all__ = ["FORMAT", "NAMED"]

log = logging.getLogger(__name__)


def _files(path: Path) -> list[FoundFile]:
    return without_strays(files_below(path, (".json", ENDING)))


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read the result files of a source."""
    where = source["path"]
    known, of_tables = with_own_tables(known, source, folder)
    repeated = source.get(runs.FIELD.name, "newest")
    collected = Collected(known.directions, known.chance, repeated)
    read = FilesRead(source)
    looked_for = "*.json in the folder and all folders below it"
    files = files_of(_files, Path(folder) / where, where, looked_for)
    logs = Logs([file for file in files if file.name.endswith(ENDING)])
    for file in files:
        if file.name.endswith(ENDING):
            continue
        name = file.shown(where)
        try:
            found = parse(read.contents(file), known.models)
        except Refused as refused:
            collected.refuse(name, refused)
            continue
        for task, log_file in logs.of(file, found):
            log_name = log_file.shown(where)
            try:
                with read.opened(log_file) as stream:
                    collected.add_further(log_name, found, further_scores(found, task, stream))
            except Refused as refused:
                collected.refuse(log_name, refused)
        # After its logs, which give the outcomes behind its scores.
        collected.add(name, found)
    entries = collected.entries()
    facts = read.facts(
        len(entries),
        "result files",
        notes=collected.notes(),
        directions=collected.stated_directions(),
    )
    log.info("%s: %d files, %d entries read", where, facts.files, len(entries))
    yield entries.part(facts, *of_tables)


def _complete(scores: pa.Table, metrics: Mapping[str, Metric], known: Known) -> pa.Table:
    return examples_from_errors(scores, metrics)


def _recognises(found: Candidate) -> bool:
    return bool(_files(found.path)) if found.is_folder else found.path.suffix == ".json"


FORMAT = Format(
    name="lm-eval",
    description="a result file of lm-evaluation-harness, or a folder of them",
    recognises=_recognises,
    read=_read,
    files=_files,
    fields=(MODELS, SIZES, CHANCE, runs.FIELD),
    supplies={
        "chance": Remedy(
            "a CSV file, named with --chance PATH (in a registry, the field `chance` of the "
            "source), with a line for each that you know:",
            lists_lines=True,
        ),
        "n_examples": Remedy(
            "nothing: they stand in today's files, and are recovered from standard errors "
            "that are exact enough"
        ),
    },
    complete=_complete,
    answers=(ENDING,),
)

#: What the harness writes beside its results.
NAMED = (
    Named(
        "holds single answers, as lm-evaluation-harness keeps them, and no scores",
        lambda found: found.holds("**/samples_*.jsonl"),
        lambda found: "The scores are in results_*.json, which it writes with --output_path.",
    ),
)
