"""Reading a score file with every check: what is wrong in it becomes rejects.

This is the reader that decides. `emergence.sources.bigbench.quick` is a faster way for
files that have nothing unusual, and hands every other file to this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emergence.errors import shorten
from emergence.sources import cells
from emergence.sources.bigbench.entries import Entry, Model, Shared, place, score_pointer
from emergence.sources.cells import Unusable
from emergence.sources.documents import (
    MOST_ENTRIES,
    Refused,
    Repeated,
    cell_at,
    kind_of,
    loaded,
    name_at,
    number_at,
    object_at,
    required,
    text_at,
)

#: The parameter counts in a file, the one to prefer first, with their kind.
SCALES = (
    ("flop_matched_non_embedding_params", "flop_matched_non_embedding"),
    ("non_embedding_params", "non_embedding"),
    ("total_params", "total"),
)

#: Upstream's words for a parameter count that is not given.
NOT_GIVEN = (None, 0, -1)


@dataclass
class Careful:
    """What was found in a file.

    Attributes
    ----------
    task : str
    model : Model
    entries : list of Entry
        Those that make a row.
    scores : list of float or None
        Of each entry; None is a score that is not given.
    rejects : list of Refused
        Those that make none.
    """

    task: str
    model: Model
    entries: list[Entry] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    rejects: list[Refused] = field(default_factory=list)


def parse(data: bytes, task: str) -> Careful:
    """Read a score file.

    Parameters
    ----------
    data : bytes
        The file.
    task : str
        The task to whose folder it belongs.

    Returns
    -------
    Careful

    Raises
    ------
    Refused
        If the file as a whole cannot be used: one entry, one reject.
    """
    document = object_at(loaded(data), "")
    named = name_at(object_at(required(document, "task", ""), "/task"), "task_name", "/task")
    if named != task:
        raise Refused("/task/task_name", "other_task", f"{shorten(named)} in the folder {task}")
    model = _model(object_at(required(document, "model", ""), "/model"))
    scores = required(document, "scores", "")
    if not isinstance(scores, list) or isinstance(scores, Repeated):
        raise Refused("/scores", "wrong_type", f"{kind_of(scores)} where a list belongs")
    if not scores:
        raise Refused("/scores", "no_scores", "an empty list")
    if _count_entries(scores) > MOST_ENTRIES:
        raise Refused("/scores", "too_large", f"more than {MOST_ENTRIES} entries")
    found = Careful(task, model)
    for index, entry in enumerate(scores):
        try:
            _read_entry(entry, index, found)
        except Refused as refused:
            found.rejects.append(refused)
    return found


def _count_entries(scores: list[Any]) -> int:
    """Count the entries of a file, at least as many as will be made of it."""
    total = len(scores)
    for entry in scores:
        if isinstance(entry, dict):
            values = entry.get("score_dict")
            total += len(values) if isinstance(values, (dict, Repeated)) else 0
    return total


def _model(fields: dict[str, Any]) -> Model:
    family = name_at(fields, "model_family", "/model")
    name = name_at(fields, "model_name", "/model")
    for count, kind in SCALES:
        value = fields.get(count)
        number = number_at(value, f"/model/{count}")
        if number in NOT_GIVEN:
            continue
        try:
            return Model(family, name, cells.scale(number), kind)
        except Unusable as error:
            raise Refused(f"/model/{count}", error.reason, kind_of(value)) from None
    raise Refused("/model", "scale_missing", "no number of parameters")


def _read_entry(value: Any, index: int, found: Careful) -> None:
    """Read one entry of ``scores``: it is one reject, or as many entries as it has scores."""
    pointer = f"/scores/{index}"
    fields = object_at(value, pointer)
    values = required(fields, "score_dict", pointer)
    description = fields.get("subtask_description")
    description = (
        "" if description is None else text_at(description, f"{pointer}/subtask_description")
    )
    subtask, replicate = place(found.task, description)
    preferred = fields.get("preferred_score")
    if preferred is not None:
        preferred = text_at(preferred, f"{pointer}/preferred_score")
    shots = _shots(fields.get("number_of_shots"), f"{pointer}/number_of_shots")
    low, high = (
        cell_at(cells.bound, fields.get(name), f"{pointer}/{name}")
        for name in ("low_score", "high_score")
    )
    shared = Shared(subtask, replicate, shots, low, high, preferred)
    for metric, score in _scores(values, f"{pointer}/score_dict"):
        try:
            entry = _entry(index, metric, shared)
            found_score = cell_at(cells.score, score, entry.pointer)
        except Refused as refused:
            found.rejects.append(refused)
        else:
            found.entries.append(entry)
            found.scores.append(found_score)


def _scores(values: Any, pointer: str) -> Iterable[tuple[str, Any]]:
    if isinstance(values, Repeated):
        # The same score more than once: whether they agree is seen with all the others.
        return values
    if not isinstance(values, dict):
        raise Refused(pointer, "wrong_type", f"{kind_of(values)} where an object belongs")
    if not values:
        raise Refused(pointer, "no_scores", "an empty object")
    return values.items()


def _entry(index: int, metric: str, shared: Shared) -> Entry:
    pointer = f"/scores/{index}/score_dict"
    if not metric.strip():
        raise Refused(pointer, "name_missing", "a metric without a name")
    return shared.entry(metric, score_pointer(index, text_at(metric, pointer)))


def _shots(value: Any, pointer: str) -> int | None:
    return None if value == -1 else cell_at(cells.count, value, pointer)
