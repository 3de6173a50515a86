"""Reading score files that have nothing unusual, in a seventh of the time.

All models of a task answer the same questions: their files differ in the scores and in
nothing else. So a file is compared with the skeleton of the one before it, and only its
scores are taken. Whatever is not plainly right is left to the careful reader, which finds
the same where both apply: a test compares them.
"""

from __future__ import annotations

import math
from array import array
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from emergence.sources import cells
from emergence.sources.bigbench.careful import NOT_GIVEN, SCALES
from emergence.sources.bigbench.entries import Model, Shared, Skeleton, place, score_pointer
from emergence.sources.documents import MOST_ENTRIES


class _Score(msgspec.Struct, gc=False):
    """An entry of ``scores``; all fields must be there."""

    score_dict: dict[str, float]
    preferred_score: str | None
    subtask_description: str | None
    number_of_shots: int | None
    low_score: float | None
    high_score: float | None


class _File(msgspec.Struct, gc=False):
    """A file; its ``task`` and ``model`` stay text, which is the same in many files."""

    scores: list[_Score]
    task: msgspec.Raw
    model: msgspec.Raw


_ENTRY_FIELDS = len(_Score.__struct_fields__)
_FILE_FIELDS = len(_File.__struct_fields__)

_score_dict = attrgetter("score_dict")
_frame = attrgetter(
    "subtask_description", "number_of_shots", "preferred_score", "low_score", "high_score"
)


class Quick(NamedTuple):
    """What was found in a file.

    Attributes
    ----------
    model : Model
    skeleton : Skeleton
    scores : array of double
        One an entry of the skeleton; none is missing.
    """

    model: Model
    skeleton: Skeleton
    scores: array[float]


class QuickReader:
    """Reads one file after the other and keeps their skeletons."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_File).decode
        self._skeletons: dict[tuple[Any, ...], tuple[Skeleton | None, int]] = {}
        self._last: tuple[Any, ...] = ()
        self._last_skeleton: tuple[Skeleton | None, int] = (None, 0)
        self._tasks: dict[bytes, tuple[Any, int]] = {}
        self._models: dict[bytes, tuple[Model | None, int]] = {}

    def parse(self, data: bytes, task: str) -> Quick | None:
        """Read a file.

        Parameters
        ----------
        data : bytes
            The file.
        task : str
            The task to whose folder it belongs.

        Returns
        -------
        Quick or None
            None if there is anything unusual, right or wrong.
        """
        try:
            file = self._decode(data)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return None
        named, task_colons = self._task(bytes(file.task))
        model, model_colons = self._model(bytes(file.model))
        scores = file.scores
        values = list(map(_score_dict, scores))
        metrics = list(chain.from_iterable(values))
        if model is None or named != task:
            return None
        skeleton, colons = self._skeleton(task, scores, values, metrics)
        # Of a field given twice only one is here, and of an unknown field, into which the
        # parser does not look, none: then the file has more colons than follow from what was
        # found. A colon written as an escape could make up for one.
        colons += _FILE_FIELDS + task_colons + model_colons
        if skeleton is None or data.count(b":") != colons or b"\\u003" in data:
            return None
        numbers = list(chain.from_iterable(map(dict.values, values)))
        if max(numbers) > cells.LARGEST_SCORE or min(numbers) < -cells.LARGEST_SCORE:
            return None
        return Quick(model, skeleton, array("d", numbers))

    def _skeleton(
        self, task: str, scores: list[_Score], values: list[dict[str, float]], metrics: list[str]
    ) -> tuple[Skeleton | None, int]:
        """Return the skeleton, None if it is unusual, and the number of colons in its text."""
        # Lengths belong to it: equal names could be cut into entries differently.
        shape = (task, list(map(_frame, scores)), metrics, list(map(len, values)))
        if shape == self._last:
            return self._last_skeleton
        key = tuple(part if isinstance(part, str) else tuple(part) for part in shape)
        if key not in self._skeletons:
            colons = _ENTRY_FIELDS * len(scores) + len(metrics)
            colons += sum(text.count(":") for text in metrics)
            for description, _, preferred, _, _ in shape[1]:
                colons += (description or "").count(":") + (preferred or "").count(":")
            self._skeletons[key] = _make_skeleton(task, shape[1], values), colons
        self._last, self._last_skeleton = shape, self._skeletons[key]
        return self._last_skeleton

    def _task(self, text: bytes) -> tuple[Any, int]:
        """Return the task's name, None if it is unusual, and the colons of its text."""
        if text not in self._tasks:
            fields = _object(text)
            self._tasks[text] = fields.get("task_name"), text.count(b":")
        return self._tasks[text]

    def _model(self, text: bytes) -> tuple[Model | None, int]:
        """Return the model, None if it is unusual, and the colons of its text."""
        if text not in self._models:
            self._models[text] = _make_model(_object(text)), text.count(b":")
        return self._models[text]


def _object(text: bytes) -> dict[str, Any]:
    """Parse an object; one with a field given twice, or no object at all, is empty."""
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return {}
    # A field given twice is lost here, and then there are more of these than fields.
    if not isinstance(fields, dict) or text.count(b'":') != _count_fields(fields):
        return {}
    return fields


def _count_fields(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_count_fields, value.values()))
    return sum(map(_count_fields, value)) if isinstance(value, list) else 0


def _make_model(fields: dict[str, Any]) -> Model | None:
    family, name = fields.get("model_family"), fields.get("model_name")
    if not (isinstance(family, str) and isinstance(name, str) and family.strip() and name.strip()):
        return None
    for count, kind in SCALES:
        value = fields.get(count)
        if value is not None and type(value) not in (int, float):
            return None
        if value in NOT_GIVEN:
            continue
        if not 0 < value <= cells.LARGEST_SCALE:
            return None
        return Model(family, name, float(value), kind)
    return None


def _make_skeleton(
    task: str, frames: list[tuple[Any, ...]], values: list[dict[str, float]]
) -> Skeleton | None:
    entries = []
    if not frames or len(frames) + sum(map(len, values)) > MOST_ENTRIES:
        return None
    for index, (frame, scores) in enumerate(zip(frames, values, strict=True)):
        description, shots, preferred, low, high = frame
        if not scores or not all(map(str.strip, scores)):
            return None
        if shots == -1:
            shots = None
        if shots is not None and not 0 <= shots <= cells.LARGEST_COUNT:
            return None
        if any(b is not None and not math.fabs(b) <= cells.LARGEST_SCORE for b in (low, high)):
            return None
        shared = Shared(*place(task, description or ""), shots, low, high, preferred)
        entries += [shared.entry(metric, score_pointer(index, metric)) for metric in scores]
    return Skeleton(task, tuple(entries))
