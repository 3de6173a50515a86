"""Every Eval Ever: one JSON file a model and evaluation, of whatever tool (schema 0.2 and 0.3).

Read are the aggregate files. What is taken of each entry of ``evaluation_results``:

- the task from ``evaluation_name``; the metric from ``metric_config``: its kind, name or id, or a
  description that is a metric's name, with the filter that stands behind it as the condition;
- the score, its standard error and the number of examples from ``score_details``, and which way is
  better from ``lower_is_better``. A level that means *unknown* is a missing score;
- shots where the settings of the generation have ``num_fewshot``.

The model is ``model_info.id``; its size and family come from the tables of models. A size that the
file says stands in the line to add: its keys are not part of the schema, and no family is.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.sources import cells
from emergence.sources.base import Part
from emergence.sources.documents import (
    MOST_ENTRIES,
    Refused,
    cell_at,
    loaded,
    name_at,
    object_at,
    readable,
    required,
    text_at,
)
from emergence.sources.files import FilesRead, FoundFile, files_below, files_of
from emergence.sources.formats import Format, Remedy
from emergence.sources.known import Known, KnownModel
from emergence.sources.lm_eval import runs
from emergence.sources.lm_eval.collect import Collected
from emergence.sources.lm_eval.models import Model
from emergence.sources.lm_eval.results import Found, Score
from emergence.sources.own_tables import CHANCE, MODELS, SIZES, line_to_add, with_own_tables

log = logging.getLogger(__name__)

#: Where files say the size of a model, and in what.
_SIZES = {"num_parameters": 1, "params_billions": 1e9, "size_billions_parameters": 1e9}

#: A description that is the name of a metric, perhaps with a filter.
_METRIC = re.compile(r"([\w@-]+)(?: \(filter: ([^()]+)\))?")


def _files(path: Path) -> list[FoundFile]:
    return files_below(path, ".json")


def _read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read the files of a source."""
    where = source["path"]
    known, of_tables = with_own_tables(known, source, folder)
    repeated = source.get(runs.FIELD.name, "newest")
    collected = Collected(known.directions, known.chance, repeated)
    read = FilesRead(source)
    looked_for = "*.json in the folder and all folders below it"
    for file in files_of(_files, Path(folder) / where, where, looked_for):
        name = file.shown(where)
        try:
            collected.add(name, _parse(read.contents(file), known.models))
        except Refused as refused:
            collected.refuse(name, refused)
    entries = collected.entries()
    facts = read.facts(
        len(entries),
        "files",
        notes=collected.notes(),
        directions=collected.stated_directions(),
    )
    log.info("%s: %d files, %d entries read", where, facts.files, len(entries))
    yield entries.part(facts, *of_tables)


def _parse(data: bytes, models: Mapping[str, KnownModel]) -> Found:
    document = object_at(loaded(data), "")
    results = required(document, "evaluation_results", "")
    if not isinstance(results, list) or not results:
        raise Refused("/evaluation_results", "no_scores", "no list of results")
    if len(results) > MOST_ENTRIES:
        raise Refused("/evaluation_results", "too_large", f"more than {MOST_ENTRIES} entries")
    found = Found(_model(document, models), date=_date(document))
    for at, result in enumerate(results):
        try:
            found.scores.append(_score(result, f"/evaluation_results/{at}", found))
        except Refused as refused:
            found.rejects.append(refused)
    return found


def _model(document: Mapping[str, Any], models: Mapping[str, KnownModel]) -> Model:
    info = object_at(required(document, "model_info", ""), "/model_info")
    name = name_at(info, "id", "/model_info")
    known = models.get(name)
    if known is None:
        line = line_to_add(name, _size(info.get("additional_details")))
        place = "/model_info/id"
        raise Refused(place, "unknown_model", f"add to the table of models: {readable(line)}")
    return Model(known.family, name, known.scale, known.scale_kind, {})


def _size(details: Any) -> int | None:
    """Return the number of parameters that a file says, if it says one."""
    for key, unit in _SIZES.items() if isinstance(details, dict) else ():
        said = details.get(key)
        try:
            size = cells.number(said if isinstance(said, (str, int, float)) else None)
        except cells.Unusable:
            continue
        if size is not None and 0 < size * unit <= cells.LARGEST_SCALE:
            return round(size * unit)
    return None


def _date(document: Mapping[str, Any]) -> float | None:
    """Return when a file says that it was made, in seconds."""
    for name in ("evaluation_timestamp", "retrieved_timestamp"):
        text = document.get(name)
        if isinstance(text, str) and re.fullmatch(r"\d{1,10}(\.\d+)?", text, re.ASCII):
            return float(text)
    return None


def _score(value: Any, pointer: str, found: Found) -> Score:
    result = object_at(value, pointer)
    task = name_at(result, "evaluation_name", pointer)
    config = object_at(required(result, "metric_config", pointer), f"{pointer}/metric_config")
    details = object_at(required(result, "score_details", pointer), f"{pointer}/score_details")
    place = f"{pointer}/score_details/score"
    metric, filter_name = _metric(config, f"{pointer}/metric_config")
    score = cell_at(cells.score, required(details, "score", f"{pointer}/score_details"), place)
    if config.get("has_unknown_level") is True and score == -1:
        score = None
    lower = config.get("lower_is_better")
    uncertainty = details.get("uncertainty")
    error = _part(_part(uncertainty, "standard_error"), "value")
    shots = _part(_part(result.get("generation_config"), "additional_details"), "num_fewshot")

    def beside(parse: Any, value: Any, name: str) -> Any:
        try:
            return cell_at(parse, value, f"{pointer}/{name}")
        except Refused as refused:
            found.unusable.append(refused)
            return None

    if isinstance(shots, str) and re.fullmatch(r"\d{1,4}", shots, re.ASCII):
        shots = int(shots)
    return Score(
        name=task,
        task=task,
        subtask="",
        metric=metric,
        condition=cells.join_condition({"filter": filter_name}),
        shots=beside(cells.count, shots, "generation_config/additional_details/num_fewshot"),
        score=score,
        score_stderr=beside(cells.standard_error, error, "score_details/uncertainty"),
        n_examples=beside(
            cells.positive_count, _part(uncertainty, "num_samples"), "score_details/uncertainty"
        ),
        higher_is_better=not lower if isinstance(lower, bool) else None,
        pointer=place,
    )


def _metric(config: Mapping[str, Any], pointer: str) -> tuple[str, str]:
    """Return a metric's name and the filter before it, as far as the file says them."""
    for name in ("metric_kind", "metric_name", "metric_id"):
        if isinstance(config.get(name), str) and config[name].strip():
            return text_at(config[name], f"{pointer}/{name}"), ""
    described = config.get("evaluation_description")
    if isinstance(described, str):
        described = text_at(described, f"{pointer}/evaluation_description")
    said = _METRIC.fullmatch(described) if isinstance(described, str) else None
    return (said[1], said[2] or "") if said else ("score", "")


def _part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


FORMAT = Format(
    name="every-eval",
    description="an aggregate file of Every Eval Ever, or a folder of them",
    recognises=lambda found: found.any_document(
        lambda d: isinstance(d, dict) and {"evaluation_results", "model_info"} <= d.keys()
    ),
    read=_read,
    files=_files,
    fields=(MODELS, SIZES, CHANCE, runs.FIELD),
    supplies={
        "chance": Remedy(
            "a CSV file, named with --chance PATH (in a registry, the field `chance` of the "
            "source), with a line for each that you know:",
            lists_lines=True,
        ),
        "n_examples": Remedy("`num_samples` under `uncertainty` of the scores in the files"),
    },
)
