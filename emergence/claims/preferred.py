"""Claim 1: at most 5 of 39 preferred metrics show emergence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from emergence.claims.annotations import Task, annotated_tasks, metrics_touched
from emergence.claims.base import DATA, LABELS, PARTS, Claim, Kind, does_not_apply
from emergence.claims.task_statistics import bootstrap_interval
from emergence.measures import ROUNDING
from emergence.settings import ClaimRules
from emergence.study import Study

#: Thresholds of the sharpness at which the count is shown.
THRESHOLDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)


def preferred_metrics(study: Study, rules: ClaimRules) -> Claim:
    """Decide claim 1.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        ``seed``, ``draws``, ``level``, ``p`` and ``preferred_metrics``: ``most``,
        ``fewest_metrics``, ``fewest_tasks``.

    Returns
    -------
    Claim
    """
    own = rules.claims.preferred_metrics
    curves = study.judged
    curves = curves[curves["is_preferred"].fillna(False).astype(bool)]
    pairs = _pairs(curves, curves["apparent"] == True)  # noqa: E712
    metrics = len({pair.metric for pair in pairs})
    touched = {pair.metric for pair in pairs if pair.apparent}
    tasks = {pair.task for pair in pairs if pair.apparent}
    rule = (
        f"supported: at most {own.most} preferred metrics have an apparent task, and with the "
        f"labels shuffled over tasks so few come in under {100 * rules.claims.p:g} % of the "
        f"shuffles; contradicted: more than {own.most}; not decidable under {own.fewest_metrics} "
        f"preferred metrics or {own.fewest_tasks} apparent tasks. Parts of a benchmark are one task"
    )
    text: dict[str, Any] = {
        "id": "preferred-metrics",
        "number": 1,
        "title": "Few preferred metrics show emergence",
        "statement": "At most 5 of BIG-bench's 39 preferred metrics show emergent abilities.",
        "source": "Schaeffer, Miranda & Koyejo 2023, figure 5A",
        "published": "5 of 39 metrics",
        "value_kind": "preferred metrics",
        "interval_kind": "bootstrap over tasks, of the number of metrics; biased downwards",
        "rule": rule,
        "changed": (PARTS,),
    }
    if not len(curves):
        return does_not_apply(text, "no curve is under a metric that its task is known to prefer")
    p, interval, shuffled, outcome, reason, would = None, None, "", "", "", ""
    counted = f"{len(touched)} of {metrics} preferred metrics"
    sentence = f"{counted} have a task that looks emergent: too few metrics or tasks to tell."
    if metrics < own.fewest_metrics or len(tasks) < own.fewest_tasks:
        outcome = "not decidable"
        reason = (
            f"the data have {metrics} preferred metrics and {len(tasks)} tasks that look emergent"
        )
        would = (
            f"scores under at least {own.fewest_metrics} preferred metrics, with at least "
            f"{own.fewest_tasks} tasks that look emergent"
        )
    else:
        drawn = metrics_touched(
            _labelled(pairs, tasks),
            generator=study.generator(rules.seed, "claim 1"),
            draws=rules.claims.draws,
        )
        p = drawn.p
        interval = _interval(pairs, study, rules)
        chance = f"{drawn.expected:.1f} ({drawn.low} to {drawn.high})"
        shuffled = f"; {chance} under shuffled labels"
        sentence = (
            f"{counted} have a task that looks emergent; with the labels shuffled over tasks "
            f"{chance} would."
        )
        if len(touched) > own.most:
            outcome = "contradicted"
        else:
            outcome = "supported" if p < rules.claims.p else "not supported"
    return Claim(
        **text,
        ours=f"{counted}{shuffled}",
        sentence=sentence,
        value=float(len(touched)),
        interval=interval,
        p=p,
        tasks=len({pair.task for pair in pairs}),
        curves=len(curves),
        outcome=outcome,
        reason=reason,
        would_decide=would,
        make_tables=lambda: _tables(study, curves, rules),
        keys=curves.loc[curves["apparent"] == True, "curve_id"].tolist(),  # noqa: E712
    )


def _tables(
    study: Study, curves: pd.DataFrame, rules: ClaimRules
) -> dict[str, list[dict[str, Any]]]:
    tables = {"Preferred metrics with an apparent task, by threshold": _by_threshold(curves)}
    if study.annotations:
        tables["The same with the hand annotations as labels"] = _on_annotations(study, rules)
    return tables


def _pairs(curves: pd.DataFrame, apparent: pd.Series) -> list[Any]:
    """Return each task with each of its preferred metrics, and whether some curve is apparent."""
    votes = curves.assign(task=curves["benchmark"], apparent=apparent)
    grouped = votes.groupby(["task", "metric"], as_index=False)
    return list(grouped["apparent"].any().itertuples(index=False))


def _labelled(pairs: list[Any], apparent: set[str]) -> list[Task]:
    """Return the tasks with one label each, which a shuffle moves to all their metrics."""
    preferred: dict[str, set[str]] = {}
    for pair in pairs:
        preferred.setdefault(pair.task, set()).add(pair.metric)
    return [
        Task(task, "emergent" if task in apparent else "flat", True, frozenset(metrics), True)
        for task, metrics in preferred.items()
    ]


def _interval(pairs: list[Any], study: Study, rules: ClaimRules) -> tuple[float, float]:
    of_task: dict[str, set[str]] = {}
    for pair in pairs:
        of_task.setdefault(pair.task, set()).update({pair.metric} if pair.apparent else ())
    names = sorted(set().union(*of_task.values()))
    has = np.array([[name in metrics for name in names] for metrics in of_task.values()], float)
    return bootstrap_interval(
        lambda times: np.count_nonzero((times > 0) @ has, axis=1).astype(np.float64),
        len(of_task),
        draws=rules.claims.bootstrap,
        level=rules.level,
        generator=study.generator(rules.seed, "claim 1, tasks"),
    )


def _by_threshold(curves: pd.DataFrame) -> list[dict[str, Any]]:
    rising = curves[(curves["rises"] == True) & (curves["early"] != True)]  # noqa: E712
    rows = []
    for threshold in THRESHOLDS:
        above = rising[rising["sharpness"] > threshold + ROUNDING]
        rows.append(
            {
                "sharpness above": threshold,
                "metrics": above["metric"].nunique(),
                "of metrics": curves["metric"].nunique(),
                "tasks": above["benchmark"].nunique(),
                "curves": len(above),
            }
        )
    return rows


def _on_annotations(study: Study, rules: ClaimRules) -> list[dict[str, Any]]:
    tasks = annotated_tasks(study.inventory, list(study.annotations.values()))
    rows = []
    for name, some in (
        ("all annotated tasks", tasks),
        ("JSON tasks", [t for t in tasks if t.is_json]),
    ):
        found = metrics_touched(
            some,
            generator=study.generator(rules.seed, f"claim 1, {name}"),
            draws=rules.claims.draws,
        )
        rows.append(
            {
                "tasks": name,
                "metrics with an emergent label": found.touched,
                "of metrics": found.metrics,
                "expected under shuffled labels": found.expected,
                "2.5 %": found.low,
                "97.5 %": found.high,
                "p": found.p,
            }
        )
    return rows


CLAIM = Kind(preferred_metrics, LABELS | DATA)
