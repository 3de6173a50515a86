"""Claims: their fields, and how they are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from emergence.settings import ClaimRules
from emergence.strict import strict
from emergence.study import Study

#: What can come out. Closed. A dataset that has too little of what a claim speaks of cannot
#: decide it; to one that has nothing of the kind it does not apply.
OUTCOMES = (
    *("supported", "contradicted", "depends on the metric", "not supported"),
    *("not decidable", "does not apply"),
)

#: Outcomes that no rule was applied for, each with a reason.
_WITHOUT_RULE = ("not decidable", "does not apply")


#: Settings that a claim may move with (`Kind.moves_with`): what data are looked at, what labels a
#: curve, and the level of intervals.
DATA = frozenset({"exclude_known_bad", "same_outputs", "shots", "curves"})
LABELS = frozenset({"sharpness", "fdr", "level"})
INTERVALS = frozenset({"level"})

#: What the summary says of a claim.
BRIEF = (
    *("id", "number", "title", "statement", "published", "sentence", "value_kind", "value"),
    *("interval", "p"),
    *("tasks", "curves", "outcome", "reason", "would_decide"),
)


@dataclass(frozen=True)
class Change:
    """A rule that was replaced after its verdicts had been seen.

    Attributes
    ----------
    when : str
        Month and year.
    was : str
        The rule before.
    why : str
        What was wrong with it, and how that was found.
    """

    when: str
    was: str
    why: str


#: Claims whose tasks were once those of the table, as named.
PARTS = Change(
    when="November 2026",
    was="each task of the table by itself, parts of one benchmark too",
    why="parts of a benchmark, such as MMLU's, share their source and mostly agree, so that they "
    "are no independent votes: claims 5 and 6 had counted them once already",
)


@dataclass(frozen=True)
class Claim:
    """A published claim and its outcome on a dataset.

    Attributes
    ----------
    id : str
        Its name in tables, addresses and keys.
    number : int
        As people cite it; it is no place in a list.
    title, statement, source : str
        As published, in short; and where.
    published : str
        The published number, or that there is none.
    ours : str
        What came out, with its numbers.
    sentence : str
        The same as one sentence that can be quoted; empty where the claim does not apply.
    value : float or None
        The number of it that the rule looks at.
    value_kind : str
        What the value is, in two or three words.
    interval : tuple of float or None
        Of the value.
    interval_kind : str
        What the interval is.
    p : float or None
        Of the test, where the rule has one.
    tasks, curves : int
        What it rests on.
    outcome : str
        One of `OUTCOMES`.
    reason : str
        Why it is not decidable or does not apply; else empty.
    would_decide : str
        What data would decide it; else empty.
    rule : str
        The rule, with its settings.
    changed : tuple of Change
        What the rule was before, the latest change first; empty where it is the first one.
    note : str
        What a reader may take it for, and it is not; else empty.
    make_tables : callable
        Makes `tables` when they are asked for: under other settings nobody looks at them.
    keys : sequence of str
        Curves that it rests on, the most telling first.
    """

    id: str
    number: int
    title: str
    statement: str
    source: str
    published: str
    ours: str
    value: float | None
    value_kind: str
    interval: tuple[float, float] | None
    interval_kind: str
    p: float | None
    tasks: int
    curves: int
    outcome: str
    rule: str
    sentence: str = ""
    changed: tuple[Change, ...] = ()
    note: str = ""
    reason: str = ""
    would_decide: str = ""
    make_tables: Callable[[], Mapping[str, list[dict[str, Any]]]] = dict
    keys: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse an outcome that no rule has."""
        if self.outcome not in OUTCOMES:
            raise ValueError(f"no outcome: {self.outcome!r}")
        if (self.outcome in _WITHOUT_RULE) != bool(self.reason):
            raise ValueError("a reason belongs to what no rule decided, and to nothing else")

    @cached_property
    def tables(self) -> Mapping[str, list[dict[str, Any]]]:
        """The evidence, as tables by their captions; the rows of one have the same columns."""
        return self.make_tables()

    def as_json(self) -> dict[str, Any]:
        """Return the claim as strict JSON: a number that is not finite is null with a status."""
        return {
            "id": self.id,
            "number": self.number,
            "title": self.title,
            "statement": self.statement,
            "source": self.source,
            "published": self.published,
            "ours": self.ours,
            "sentence": self.sentence,
            "value_kind": self.value_kind,
            "value": strict(self.value),
            "interval": self.interval_json(),
            "p": strict(self.p),
            "tasks": self.tasks,
            "curves": self.curves,
            "outcome": self.outcome,
            "reason": self.reason,
            "would_decide": self.would_decide,
            "rule": self.rule,
            "changed": [asdict(change) for change in self.changed],
            "note": self.note,
            "tables": [
                {
                    "caption": caption,
                    # JSON objects have no order that counts.
                    "columns": list(rows[0]) if rows else [],
                    "rows": [[_cell(value) for value in row.values()] for row in rows],
                }
                for caption, rows in self.tables.items()
            ],
            "keys": list(self.keys),
        }

    def interval_json(self) -> dict[str, Any]:
        """Return the interval as strict JSON can hold it, with what it is."""
        low, high = self.interval or (None, None)
        return {"low": strict(low), "high": strict(high), "kind": self.interval_kind}


@dataclass(frozen=True)
class Kind:
    """A claim as `emergence.claims.registry` lists it.

    Attributes
    ----------
    decide : callable
        Takes a study and the rules; returns a `Claim`.
    moves_with : frozenset of str
        The settings under which it is decided once more: those of `DATA`, `LABELS` and `INTERVALS`
        that can change its outcome.
    """

    decide: Callable[[Study, ClaimRules], Claim]
    moves_with: frozenset[str]


def does_not_apply(text: Mapping[str, Any], reason: str) -> Claim:
    """Return a claim that does not apply, because the dataset has no data for it.

    Parameters
    ----------
    text : mapping
        Fields of `Claim` that are known; those that hold results are replaced.
    reason : str
        What the dataset lacks.

    Returns
    -------
    Claim
    """
    nothing = {
        "ours": "",
        "value": None,
        "interval": None,
        "p": None,
        "make_tables": dict,
        "keys": (),
    }
    known = {name: text[name] for name in text if name not in nothing}
    fields = {**known, **nothing, "tasks": 0, "curves": 0}
    return Claim(**fields, outcome="does not apply", reason=reason)


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return strict(value) if isinstance(value, float) else value


def name_of(row: Any) -> str:
    """Name a curve's task, with its subtask if it has one."""
    return f"{row.task}:{row.subtask}" if row.subtask else str(row.task)
