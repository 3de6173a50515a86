"""The pages of subtasks, one a task: which there are, and how their files are called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from emergence.summary import shown_level


@dataclass(frozen=True)
class SubtaskFile:
    """The page of one task's subtasks.

    Attributes
    ----------
    task : str
    name : str
        Of the file, in the folder ``explorer/``: lower-case letters, digits and hyphens.
    curves : int
        Curves of its subtasks.
    """

    task: str
    name: str
    curves: int


def subtask_files(curves: pa.Table) -> list[SubtaskFile]:
    """Return which tasks have a page of their subtasks.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.curves_table.CURVES`, the whole dataset.

    Returns
    -------
    list of SubtaskFile
        Sorted by task. None where the main page shows subtasks, as no task has a curve.
    """
    if shown_level(curves) == "subtask":
        return []
    subtasks = curves.filter(pc.equal(curves["level"], "subtask"))
    counted = {
        value["values"]: value["counts"] for value in pc.value_counts(subtasks["task"]).to_pylist()
    }
    return [SubtaskFile(task, _file_name(task), counted[task]) for task in sorted(counted)]


def _file_name(task: str) -> str:
    """Name a file after a task, whatever that is called; the digest tells like names apart."""
    plain = re.sub(r"[^a-z0-9]+", "-", task.lower())[:40].strip("-")
    digest = hashlib.sha256(task.encode("utf-8")).hexdigest()[:8]
    return f"{plain}-{digest}.html".lstrip("-")
