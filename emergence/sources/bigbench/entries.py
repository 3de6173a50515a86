"""What a score file consists of, once it is read: a model, and named entries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_TRIAL = re.compile(r"(?:(.*):)?trial_([0-9]+)", re.DOTALL)


class Model(NamedTuple):
    """The model of a file.

    Attributes
    ----------
    family, name : str
    scale : float
        Parameters.
    scale_kind : str
        One of `emergence.schema.SCALE_KINDS`.
    """

    family: str
    name: str
    scale: float
    scale_kind: str


class Entry(NamedTuple):
    """Everything of a score row but the score and the model.

    Attributes
    ----------
    subtask, replicate, metric : str
    shots : int or None
    low_score, high_score : float or None
    is_preferred : bool or None
    pointer : str
        Where in the file it stands: a JSON pointer (RFC 6901).
    """

    subtask: str
    replicate: str
    metric: str
    shots: int | None
    low_score: float | None
    high_score: float | None
    is_preferred: bool | None
    pointer: str


class Shared(NamedTuple):
    """What the scores of one entry of ``scores`` have in common.

    Attributes
    ----------
    subtask, replicate : str
    shots : int or None
    low_score, high_score : float or None
        Those of the preferred metric only.
    preferred : str or None
        The preferred metric.
    """

    subtask: str
    replicate: str
    shots: int | None
    low_score: float | None
    high_score: float | None
    preferred: str | None

    def entry(self, metric: str, pointer: str) -> Entry:
        """Return the entry of one of the scores."""
        is_preferred = metric == self.preferred if self.preferred else None
        low, high = (self.low_score, self.high_score) if is_preferred else (None, None)
        return Entry(
            self.subtask, self.replicate, metric, self.shots, low, high, is_preferred, pointer
        )


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The entries of a file without their scores: mostly the same for all models of a task.

    Attributes
    ----------
    task : str
    entries : tuple of Entry
    """

    task: str
    entries: tuple[Entry, ...]


@lru_cache(maxsize=65536)
def place(task: str, description: str) -> tuple[str, str]:
    """Find which subtask and replicate a ``subtask_description`` means.

    ==========================================  ==================  =========
    description                                 subtask             replicate
    ==========================================  ==================  =========
    empty, ``task``, or the task's own name     empty: the task     empty
    ``<task>:<subtask>``                        ``<subtask>``       empty
    ``<task>:trial_3`` or ``<task>_trial_3``    ``trial``           ``3``
    ``<task>:<subtask>:trial_3``                ``<subtask>:trial`` ``3``
    anything else                               as it stands        empty
    ==========================================  ==================  =========

    Trials are replicates of one another: their mean is a point. They stand beside the task
    and not in its place, because a file may give the task's own mean as well, which would
    count them twice. ``some_trial_3`` is a subtask: only the whole last part is a trial.

    Parameters
    ----------
    task : str
        The task's name.
    description : str
        What the file says.

    Returns
    -------
    subtask, replicate : str
    """
    if description in ("task", task) or not description.strip():
        return "", ""
    if description.startswith(f"{task}:") or description.startswith(f"{task}_trial_"):
        rest = description[len(task) + 1 :]
    else:
        rest = description
    trial = _TRIAL.fullmatch(rest)
    if trial is None:
        whole_task = description.startswith(f"{task}_trial_")
        return (description if whole_task else rest), ""
    head = trial.group(1)
    return (f"{head}:trial" if head else "trial"), trial.group(2)


def score_pointer(index: int, metric: str) -> str:
    """Return the JSON pointer of a score."""
    escaped = metric.replace("~", "~0").replace("/", "~1")
    return f"/scores/{index}/score_dict/{escaped}"
