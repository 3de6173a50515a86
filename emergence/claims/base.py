"""What a claim consists of, and the evidence that all claims are decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from emergence.inference.streams import generator
from emergence.measures import FEWEST_SCALES
from emergence.strict import strict
from emergence.verdicts.labels import is_vote

#: What can come out. Closed. A dataset that has too little of what a claim speaks of cannot
#: decide it; to one that has nothing of the kind it does not apply.
OUTCOMES = ("supported", "contradicted", "not supported", "not decidable", "does not apply")

#: Outcomes that no rule was applied for, each with a reason.
_WITHOUT_RULE = ("not decidable", "does not apply")


@dataclass(frozen=True)
class Evidence:
    """A dataset as the claims see it.

    Attributes
    ----------
    dataset : str
    frame : pandas.DataFrame
        One row a curve: the `COLUMNS` of curves, inference and labels.
    lists : mapping of str to list
        List columns by name, one entry a curve, where a claim needs them.
    annotations : mapping of str to mapping
        Rows of `emergence.facts.EMERGENT_ANNOTATIONS` by task; empty where the dataset's
        tasks have none.
    inventory : sequence of mapping
        Rows of `emergence.facts.TASK_INVENTORY`.
    brief : bool, default False
        Only outcomes are wanted: what costs time and is shown only may be left out.
    """

    dataset: str
    frame: pd.DataFrame
    lists: Mapping[str, list]
    annotations: Mapping[str, Mapping[str, Any]]
    inventory: Sequence[Mapping[str, Any]]
    brief: bool = False

    @cached_property
    def votes(self) -> pd.DataFrame:
        """The curves that claims rest on: `emergence.verdicts.labels.is_vote`."""
        return self.frame[is_vote(self.frame)]

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Those of `votes` with enough scales for a sharpness."""
        votes = self.votes
        return votes[(votes["n_scales"] >= FEWEST_SCALES) & votes["sharpness"].notna()]

    def generator(self, seed: int, purpose: str) -> np.random.Generator:
        """Return the random stream of a claim."""
        return generator(seed, self.dataset, purpose)


#: Columns that claims and the counts of the figures need: all of them take long to copy.
COLUMNS = frozenset(
    {
        *("curve_id", "task", "subtask", "metric", "metric_group", "model_family", "condition"),
        *("shots", "level", "output_group", "is_preferred", "n_scales", "chance", "sharpness"),
        *("linearity", "discontinuity", "early", "annotation", "p_steep"),
        *("exponent", "exponent_low", "exponent_high", "exponent_status"),
        *("law_missing", "bounded_kind", "bounded_floor", "bounded_ceiling"),
        *("bounded_location", "bounded_exponent"),
        *("left_out", "largest_shots", "rises", "rises_missing", "apparent", "verdict"),
    }
)

#: List columns that claims need.
LISTS = ("models", "scales", "scores", "n_examples_by_scale")


def evidence(
    dataset: str,
    curves: pa.Table,
    inference: pa.Table,
    labels: pa.Table,
    annotations: Mapping[str, Mapping[str, Any]],
    inventory: Sequence[Mapping[str, Any]],
) -> Evidence:
    """Join the tables of a dataset.

    Parameters
    ----------
    dataset : str
    curves, inference, labels : pyarrow.Table
        Of the same curves in the same order.
    annotations : mapping of str to mapping
        By task.
    inventory : sequence of mapping

    Returns
    -------
    Evidence
    """
    seen: set[str] = set()
    parts = []
    for table in (curves, inference, labels):
        names = [column.name for column in table.schema if column.name in COLUMNS - seen]
        seen.update(names)
        parts.append(table.select(names).to_pandas())
    lists = {name: curves[name].to_pylist() for name in LISTS}
    return Evidence(dataset, pd.concat(parts, axis=1), lists, annotations, inventory)


def relabelled(known: Evidence, rows: Sequence[int], labels: pa.Table) -> Evidence:
    """Take some of the curves, with other labels, for the outcomes alone.

    Parameters
    ----------
    known : Evidence
    rows : sequence of int
        Of its curves.
    labels : pyarrow.Table
        Of these curves, in this order.

    Returns
    -------
    Evidence
    """
    names = [name for name in labels.column_names if name in COLUMNS - {"curve_id"}]
    frame = known.frame.iloc[rows].reset_index(drop=True)
    other = labels.select(names).to_pandas()
    lists = {name: [values[row] for row in rows] for name, values in known.lists.items()}
    frame = frame.assign(**{name: other[name] for name in names})
    return replace(known, frame=frame, lists=lists, brief=True)


#: What the summary says of a claim.
BRIEF = (
    *("id", "number", "title", "statement", "published", "sentence", "value", "interval", "p"),
    *("tasks", "curves", "outcome", "reason", "would_decide", "caveat"),
)


@dataclass(frozen=True)
class Claim:
    """A published claim, and what this dataset says of it.

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
    caveat : str
        What is known to be wrong with the rule; else empty.
    tables : mapping of str to list of dict
        Evidence, as tables by their captions; the rows of one have the same columns.
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
    interval: tuple[float, float] | None
    interval_kind: str
    p: float | None
    tasks: int
    curves: int
    outcome: str
    rule: str
    sentence: str = ""
    caveat: str = ""
    reason: str = ""
    would_decide: str = ""
    tables: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    keys: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse an outcome that no rule has."""
        if self.outcome not in OUTCOMES:
            raise ValueError(f"no outcome: {self.outcome!r}")
        if (self.outcome in _WITHOUT_RULE) != bool(self.reason):
            raise ValueError("a reason belongs to what no rule decided, and to nothing else")

    def as_json(self) -> dict[str, Any]:
        """Return what strict JSON can hold: a number that is not finite is null with a status."""
        low, high = self.interval or (None, None)
        return {
            "id": self.id,
            "number": self.number,
            "title": self.title,
            "statement": self.statement,
            "source": self.source,
            "published": self.published,
            "ours": self.ours,
            "sentence": self.sentence,
            "value": strict(self.value),
            "interval": {"low": strict(low), "high": strict(high), "kind": self.interval_kind},
            "p": strict(self.p),
            "tasks": self.tasks,
            "curves": self.curves,
            "outcome": self.outcome,
            "reason": self.reason,
            "would_decide": self.would_decide,
            "rule": self.rule,
            "caveat": self.caveat,
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


def does_not_apply(text: Mapping[str, Any], reason: str) -> Claim:
    """Return a claim of which a dataset has nothing.

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
    nothing = {"ours": "", "value": None, "interval": None, "p": None, "tables": {}, "keys": ()}
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
