"""From what was found in the files to columns, without a step for each row."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emergence.errors import shorten
from emergence.scores_table import OF_AXES, SOURCE_REJECTS
from emergence.sources.base import ENCODED_ROWS
from emergence.sources.bigbench.careful import Careful
from emergence.sources.bigbench.entries import Model, Skeleton
from emergence.sources.documents import Refused


class _Names:
    """Texts numbered in the order in which they come."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        return self.codes.setdefault(name, len(self.codes))

    def array(self, codes: NDArray[np.int32]) -> pa.DictionaryArray:
        names = pa.array(list(self.codes), pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), names)


class _Block:
    """The files that share a skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        self.files: list[int] = []
        self.models: list[int] = []
        self.scores = array("d")


class Columns:
    """Collects what the files hold, and makes columns of it at the end."""

    def __init__(self) -> None:
        self._files = _Names()
        self._models: dict[Model, int] = {}
        self._blocks: dict[int, _Block] = {}
        self._missing: set[tuple[int, int]] = set()
        self._rejects: list[tuple[str, Refused]] = []

    def add(self, file: str, model: Model, skeleton: Skeleton, scores: array[float]) -> None:
        """Add a file: its model, and a score for each entry of its skeleton."""
        block = self._blocks.get(id(skeleton))
        if block is None:
            # The block keeps the skeleton, so that no other can get its id.
            block = self._blocks[id(skeleton)] = _Block(skeleton)
        block.files.append(self._files.code(file))
        block.models.append(self._models.setdefault(model, len(self._models)))
        block.scores.extend(scores)

    def add_careful(self, file: str, found: Careful) -> None:
        """Add a file that the careful reader read."""
        self._rejects.extend((file, refused) for refused in found.rejects)
        if not found.entries:
            return
        skeleton = Skeleton(found.task, tuple(found.entries))
        scores = array("d", [np.nan if score is None else score for score in found.scores])
        for index, score in enumerate(found.scores):
            if score is None:
                self._missing.add((id(skeleton), index))
        self.add(file, found.model, skeleton, scores)

    def add_refused(self, file: str, refused: Refused) -> None:
        """Add a file that cannot be used."""
        self._rejects.append((file, refused))

    def batches(self) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Make the rows and the rejects of all files.

        Returns
        -------
        rows : pyarrow.RecordBatch
            Schema `emergence.sources.base.ENCODED_ROWS`.
        rejects : pyarrow.RecordBatch
            Schema `emergence.scores_table.SOURCE_REJECTS`.
        """
        return self._rows(), self._reject_rows()

    def _rows(self) -> pa.RecordBatch:
        blocks = list(self._blocks.values())
        names = {name: _Names() for name in ("task", "subtask", "metric", "replicate", "entry")}
        of_entries = [_entry_columns(block.skeleton, names) for block in blocks]
        lengths = [len(block.skeleton.entries) for block in blocks]
        times = [len(block.files) for block in blocks]

        def from_entries(name: str) -> NDArray:
            parts = [np.tile(c[name], n) for c, n in zip(of_entries, times, strict=True)]
            return np.concatenate(parts) if parts else np.zeros(0)

        def from_files(values: Sequence[Sequence[int]]) -> NDArray[np.int32]:
            parts = [
                np.repeat(np.array(v, np.int32), n) for v, n in zip(values, lengths, strict=True)
            ]
            return np.concatenate(parts) if parts else np.zeros(0, np.int32)

        model = from_files([block.models for block in blocks])
        models = list(self._models)
        scores = [np.frombuffer(block.scores) for block in blocks]
        n_rows = len(model)
        columns: dict[str, pa.Array] = {
            "task": names["task"].array(from_entries("task")),
            "subtask": names["subtask"].array(from_entries("subtask")),
            "metric": names["metric"].array(from_entries("metric")),
            "model_family": _of_model([m.family for m in models], model),
            "model": _of_model([m.name for m in models], model),
            "condition": _of_model([""], np.zeros(n_rows, np.int32)),
            "replicate": names["replicate"].array(from_entries("replicate")),
            "shots": _nullable_int(from_entries("shots")),
            "scale": pa.array(np.array([m.scale for m in models], float)[model]),
            "scale_kind": _of_model([m.scale_kind for m in models], model),
            **{name: pa.nulls(n_rows, pa.float64()) for name in OF_AXES},
            "score": pa.array(
                np.concatenate(scores) if scores else np.zeros(0), mask=self._mask(blocks, n_rows)
            ),
            "score_stderr": pa.nulls(n_rows, pa.float64()),
            "n_examples": pa.nulls(n_rows, pa.int64()),
            "low_score": _nullable_float(from_entries("low_score")),
            "high_score": _nullable_float(from_entries("high_score")),
            "is_preferred": _nullable_truth(from_entries("is_preferred")),
            "source_file": self._files.array(from_files([block.files for block in blocks])),
            "source_entry": names["entry"].array(from_entries("entry")),
        }
        return pa.RecordBatch.from_arrays(
            [columns[name] for name in ENCODED_ROWS.names], schema=ENCODED_ROWS
        )

    def _mask(self, blocks: Sequence[_Block], n_rows: int) -> NDArray[np.bool_] | None:
        if not self._missing:
            return None
        mask = np.zeros(n_rows, bool)
        start = 0
        for block in blocks:
            # A skeleton of the careful reader has one file.
            for index in range(len(block.skeleton.entries)):
                if (id(block.skeleton), index) in self._missing:
                    mask[start + index] = True
            start += len(block.scores)
        return mask

    def _reject_rows(self) -> pa.RecordBatch:
        columns = {
            "source_file": [file for file, _ in self._rejects],
            "source_entry": [shorten(refused.pointer) for _, refused in self._rejects],
            "reason": [refused.reason for _, refused in self._rejects],
            "seen": [shorten(refused.seen) for _, refused in self._rejects],
        }
        return pa.RecordBatch.from_pydict(columns, schema=SOURCE_REJECTS)


def _entry_columns(skeleton: Skeleton, names: dict[str, _Names]) -> dict[str, NDArray]:
    """Columns of a skeleton's entries; unknown is -1 or NaN."""
    task = names["task"].code(skeleton.task)
    entries = skeleton.entries

    def codes(name: str, field: str) -> NDArray[np.int32]:
        code = names[name].code
        return np.array([code(getattr(entry, field)) for entry in entries], np.int32)

    def floats(field: str) -> NDArray[np.float64]:
        return np.array([_or(getattr(entry, field), np.nan) for entry in entries], np.float64)

    return {
        "task": np.full(len(entries), task, np.int32),
        "subtask": codes("subtask", "subtask"),
        "metric": codes("metric", "metric"),
        "replicate": codes("replicate", "replicate"),
        "entry": codes("entry", "pointer"),
        "shots": np.array([_or(entry.shots, -1) for entry in entries], np.int64),
        "low_score": floats("low_score"),
        "high_score": floats("high_score"),
        "is_preferred": np.array([_or(entry.is_preferred, -1) for entry in entries], np.int8),
    }


def _or(value: Any, unknown: Any) -> Any:
    return unknown if value is None else value


def _of_model(values: Sequence[str], code: NDArray[np.int32]) -> pa.DictionaryArray:
    """Column of a text that each model has; several models may have the same."""
    names = _Names()
    codes = np.array([names.code(value) for value in values], np.int32)
    return names.array(codes[code] if len(codes) else code)


def _nullable_int(values: NDArray) -> pa.Array:
    values = values.astype(np.int64, copy=False)
    return pa.array(values, mask=values < 0)


def _nullable_float(values: NDArray) -> pa.Array:
    return pa.array(values.astype(np.float64, copy=False), mask=np.isnan(values))


def _nullable_truth(values: NDArray) -> pa.Array:
    return pa.array(values == 1, mask=values < 0)
