"""Claims based on the hand annotations and the task inventory alone.

Schaeffer, Miranda & Koyejo (2023) say that over 92 % of the hand-annotated emergent
abilities stand under multiple-choice grade or exact string match (their figure 5, B and C)
and that at most 5 of 39 preferred metrics show emergence (5A). Both need the base rate that
the paper lacks: how would these numbers look if the labels had nothing to do with metrics?
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

#: The paper's two all-or-nothing metrics.
PAIR = frozenset({"multiple_choice_grade", "exact_str_match"})


@dataclass(frozen=True)
class Task:
    """An annotated task.

    Attributes
    ----------
    name : str
    category : str
        Its hand annotation.
    verified : bool
        The annotation was read in its source.
    preferred : frozenset of str
        The preferred metrics of its leaves.
    is_json : bool
        Defined by a table of examples, and not by a program.
    """

    name: str
    category: str
    verified: bool
    preferred: frozenset[str]
    is_json: bool


def annotated_tasks(
    inventory: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]]
) -> list[Task]:
    """Join the task inventory with the hand annotations.

    Parameters
    ----------
    inventory : sequence of mapping
        Rows of `emergence.facts.task_inventory`. Rows that are no leaf (``is_leaf`` 0) have
        no examples of their own and do not count; the programmatic tasks, whose
        ``is_leaf`` is blank, count as leaves.
    annotations : sequence of mapping
        Rows of `emergence.facts.emergent_annotations`; ``not_annotated`` tasks are left out.

    Returns
    -------
    list of Task
        By name. A task without a leaf in the inventory is left out.
    """
    preferred: dict[str, set[str]] = {}
    is_json: dict[str, bool] = {}
    for row in inventory:
        if row["is_leaf"] != "0":
            preferred.setdefault(row["task"], set()).update(row["preferred_score"])
            is_json[row["task"]] = row["is_json_task"] == "1"
    return [
        Task(
            name=row["task"],
            category=row["category"],
            verified=row["verified"] == "yes",
            preferred=frozenset(preferred[row["task"]]),
            is_json=is_json[row["task"]],
        )
        for row in sorted(annotations, key=lambda row: row["task"])
        if row["category"] != "not_annotated" and row["task"] in preferred
    ]


@dataclass(frozen=True)
class Enrichment:
    """Odds ratio of a kind of preferred metric among emergent tasks against the others.

    Attributes
    ----------
    emergent, others : tuple of int
        Tasks with the metrics in question, and all tasks.
    odds_ratio : float or None
        Sample odds ratio, a d / (b c); None where a count of 0 makes it undefined.
    low, high : float
        Exact conditional 95 % interval of the odds ratio (Fisher; Cornfield).
    p : float
        One-sided Fisher exact p-value: commoner among the emergent ones.
    """

    emergent: tuple[int, int]
    others: tuple[int, int]
    odds_ratio: float | None
    low: float
    high: float
    p: float

    @property
    def above_one(self) -> bool:
        """Whether the whole interval is above 1."""
        return self.low > 1


def enrichment(tasks: Collection[Task], counts: Callable[[Task], bool]) -> Enrichment:
    """Compare emergent tasks with the others.

    Parameters
    ----------
    tasks : collection of Task
        Both kinds.
    counts : callable
        Whether a task has the metrics in question.

    Returns
    -------
    Enrichment

    Raises
    ------
    ValueError
        If there is no emergent task, or no other.
    """
    emergent = [counts(task) for task in tasks if task.category == "emergent"]
    others = [counts(task) for task in tasks if task.category != "emergent"]
    if not emergent or not others:
        raise ValueError("needs emergent tasks and others to compare")
    a, c = sum(emergent), sum(others)
    b, d = len(emergent) - a, len(others) - c
    table = [[a, b], [c, d]]
    # One margin of 0 leaves nothing to compare: any odds ratio would do.
    degenerate = a + c == 0 or b + d == 0
    interval = None if degenerate else odds_ratio(table).confidence_interval(0.95)
    return Enrichment(
        emergent=(a, len(emergent)),
        others=(c, len(others)),
        odds_ratio=a * d / (b * c) if b * c else None,
        low=float(interval.low) if interval else 0.0,
        high=float(interval.high) if interval else float("inf"),
        p=float(fisher_exact(table, alternative="greater").pvalue),
    )


def all_in_pair(task: Task) -> bool:
    """Whether all preferred metrics of a task are in the paper's pair."""
    return bool(task.preferred) and task.preferred <= PAIR


def any_in_pair(task: Task) -> bool:
    """Whether some preferred metric of a task is in the paper's pair."""
    return bool(task.preferred & PAIR)


#: The comparisons of claim 2, in the order in which they are shown.
COMPARISONS: dict[str, tuple[Callable[[Task], bool], Callable[[Task], bool]]] = {
    "all tasks, all metrics in the pair": (lambda task: True, all_in_pair),
    "all tasks, any metric in the pair": (lambda task: True, any_in_pair),
    "JSON tasks, all metrics in the pair": (lambda task: task.is_json, all_in_pair),
    "JSON tasks, any metric in the pair": (lambda task: task.is_json, any_in_pair),
    "without the unverified annotations": (lambda task: task.verified, all_in_pair),
    "against smoothly increasing tasks only": (
        lambda task: task.category in ("emergent", "smoothly_increasing"),
        all_in_pair,
    ),
    "multiple_choice_grade alone": (
        lambda task: True,
        lambda task: task.preferred == {"multiple_choice_grade"},
    ),
    "exact_str_match alone": (
        lambda task: True,
        lambda task: task.preferred == {"exact_str_match"},
    ),
}

#: Claim 2 is supported if the odds ratio is above 1 with its interval in all of these.
DECIDING = tuple(list(COMPARISONS)[:4])


def claim_two(tasks: Sequence[Task]) -> dict[str, Enrichment]:
    """Compare emergent tasks with others in each of `COMPARISONS`.

    Parameters
    ----------
    tasks : sequence of Task
        From `annotated_tasks`.

    Returns
    -------
    dict of str to Enrichment
    """
    return {
        name: enrichment([task for task in tasks if keep(task)], counts)
        for name, (keep, counts) in COMPARISONS.items()
    }


def claim_two_verdict(rows: Mapping[str, Enrichment]) -> str:
    """Return ``supported`` if the interval is above 1 in all `DECIDING` comparisons.

    Parameters
    ----------
    rows : mapping of str to Enrichment
        From `claim_two`.

    Returns
    -------
    str
        ``supported``, ``contradicted`` (all intervals below 1) or ``not supported``.
    """
    if all(rows[name].above_one for name in DECIDING):
        return "supported"
    if all(rows[name].high < 1 for name in DECIDING):
        return "contradicted"
    return "not supported"


@dataclass(frozen=True)
class MetricsTouched:
    """How many preferred metrics have an emergent task, against shuffled labels.

    Attributes
    ----------
    metrics : int
        Preferred metrics of the tasks.
    touched : int
        Those with at least one emergent task.
    expected : float
        Mean under labels shuffled over tasks, exact (hypergeometric).
    low, high : int
        2.5 % and 97.5 % quantiles under shuffled labels, by simulation.
    p : float
        Share of shuffles with as few or fewer, the observed included.
    draws : int
        Number of shuffles.
    """

    metrics: int
    touched: int
    expected: float
    low: int
    high: int
    p: float
    draws: int


def metrics_touched(
    tasks: Sequence[Task], *, generator: np.random.Generator, draws: int = 20_000
) -> MetricsTouched:
    """Count the preferred metrics that emergent tasks touch, and shuffle the labels.

    Parameters
    ----------
    tasks : sequence of Task
        From `annotated_tasks`.
    generator : numpy.random.Generator
        Draws the shuffles.
    draws : int, default 20000
        Number of shuffles.

    Returns
    -------
    MetricsTouched

    Raises
    ------
    ValueError
        If there is no task.
    """
    if not tasks:
        raise ValueError("no annotated task")
    names = sorted(set().union(*(task.preferred for task in tasks)))
    has = np.array([[name in task.preferred for name in names] for task in tasks])
    emergent = np.array([task.category == "emergent" for task in tasks])
    n, k = len(tasks), int(emergent.sum())
    touched = int(has[emergent].any(axis=0).sum())

    # Only the number of emergent tasks and the incidence matter: draw which k tasks they are.
    order = generator.random((draws, n)).argpartition(min(k, n - 1), axis=1)[:, :k]
    shuffled = has[order].any(axis=1).sum(axis=1)
    low, high = np.quantile(shuffled, [0.025, 0.975], method="inverted_cdf")
    return MetricsTouched(
        metrics=len(names),
        touched=touched,
        expected=float(sum(1 - _none_chosen(n, int(size), k) for size in has.sum(axis=0))),
        low=int(low),
        high=int(high),
        p=float((1 + np.count_nonzero(shuffled <= touched)) / (1 + draws)),
        draws=draws,
    )


def _none_chosen(n: int, size: int, k: int) -> float:
    """Probability that none of ``size`` tasks is among k of n drawn at random."""
    if k > n - size:
        return 0.0
    return float(np.prod([(n - size - i) / (n - i) for i in range(k)]))
