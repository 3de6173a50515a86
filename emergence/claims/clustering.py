"""Claim 3: high emergence scores cluster under the discontinuous metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emergence.claims.base import DATA, INTERVALS, PARTS, Claim, Kind, does_not_apply
from emergence.claims.task_statistics import area_under_curve, bootstrap_interval, wins
from emergence.settings import ClaimRules
from emergence.study import Study

_GROUPS = ("discontinuous", "continuous")

#: Shares of the highest scores at which the enrichment is shown.
_TOP = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


def clustering(study: Study, rules: ClaimRules) -> Claim:
    """Decide claim 3.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        ``seed``, ``draws``, ``bootstrap``, ``level``, ``p`` and ``clustering``:
        ``fewest_tasks``.

    Returns
    -------
    Claim
    """
    fewest = rules.claims.clustering.fewest_tasks
    curves = study.judged
    curves = curves[curves["metric_group"].isin(_GROUPS)]
    # The lower of the two middle ones: a mean with an infinite score is no score.
    medians = (
        curves.groupby(["benchmark", "metric_group"])["sharpness"]
        .agg(lambda values: np.quantile(values, 0.5, method="lower"))
        .unstack("metric_group")
        .reindex(columns=list(_GROUPS))
    )
    n_tasks = medians.notna().sum()
    text: dict[str, Any] = {
        "id": "clustering",
        "number": 3,
        "title": "High scores cluster under all-or-nothing metrics",
        "statement": "High emergence scores cluster under the discontinuous metrics.",
        "source": "Schaeffer, Miranda & Koyejo 2023, section 4 and figure 5A",
        "published": "no number",
        "value_kind": "ROC area",
        "interval_kind": "bootstrap over tasks, of the area under the ROC curve",
        "rule": "supported: a task's median sharpness under all-or-nothing metrics is higher than "
        "under continuous ones (area under the ROC curve above 1/2, labels shuffled over tasks, "
        f"within a task where it has both, p under {rules.claims.p}); contradicted: the reverse; "
        f"not decidable under {fewest} tasks in either group. Parts of a benchmark are one task",
        "changed": (PARTS,),
        "tasks": len(medians),
        "curves": len(curves),
        "make_tables": lambda: {
            "Discontinuous curves among the highest scores": enrichment(curves, _TOP)
        },
        "keys": curves.sort_values("sharpness", ascending=False, kind="stable")["curve_id"]
        .head(20)
        .tolist(),
    }
    for group in _GROUPS:
        if not n_tasks[group]:
            return does_not_apply(text, f"no curve is under a {group} metric")
    counts = " and ".join(f"{n_tasks[group]} under {group} metrics" for group in _GROUPS)
    if n_tasks.min() < fewest:
        return Claim(
            **text,
            ours=f"tasks: {counts}",
            sentence="There are too few tasks to tell where high scores cluster.",
            value=None,
            interval=None,
            p=None,
            outcome="not decidable",
            reason=f"tasks with curves of enough scales: {counts}; {fewest} are needed in each",
            would_decide="scores of these models under continuous metrics, best on the same "
            "outputs: Brier score or log-likelihoods",
        )
    area = _area(medians)
    p = _shuffled(medians, area, study.generator(rules.seed, "claim 3"), rules.claims.draws)
    interval = bootstrap_interval(
        lambda times: _areas(medians, times),
        len(medians),
        draws=rules.claims.bootstrap,
        level=rules.level,
        generator=study.generator(rules.seed, "claim 3, tasks"),
    )
    outcome = "not supported"
    if p < rules.claims.p:
        outcome = "supported" if area > 0.5 else "contradicted"
    return Claim(
        **text,
        ours=f"area under the ROC curve {area:.2f} over {counts}",
        sentence="A task's median curve under all-or-nothing metrics is sharper than another's "
        f"under continuous ones with probability {area:.2f} ({interval[0]:.2f} to "
        f"{interval[1]:.2f}; {n_tasks['discontinuous']} and {n_tasks['continuous']} tasks).",
        value=area,
        interval=interval,
        p=p,
        outcome=outcome,
    )


def _area(medians: pd.DataFrame) -> float:
    groups = [medians[name].dropna() for name in _GROUPS]
    return area_under_curve(*groups) if all(map(len, groups)) else np.nan


def _areas(medians: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Return the area of each draw of tasks; NaN where a group is not among them."""
    there = [medians[name].notna().to_numpy() for name in _GROUPS]
    won = wins(*(medians[name].dropna() for name in _GROUPS))
    first, second = (times[:, rows] for rows in there)
    pairs = first.sum(axis=1) * second.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.where(pairs > 0, ((first @ won) * second).sum(axis=1), np.nan) / pairs


def _shuffled(
    medians: pd.DataFrame, area: float, generator: np.random.Generator, draws: int
) -> float:
    """Two-sided p-value under shuffled labels: within tasks of both groups, over the others."""
    both = medians.dropna()
    single = medians[medians.isna().any(axis=1)]
    values = np.concatenate([both.to_numpy().ravel(), single.max(axis=1).to_numpy()])
    ranks = pd.Series(values).rank().to_numpy()
    of_both = ranks[: 2 * len(both)].reshape(-1, 2)
    of_single = ranks[2 * len(both) :]
    n_single = int(single[_GROUPS[0]].notna().sum())
    first = generator.integers(2, size=(draws, len(both)))
    total = np.where(first == 0, of_both[:, 0], of_both[:, 1]).sum(axis=1)
    shuffled = generator.permuted(np.broadcast_to(of_single, (draws, len(of_single))), axis=1)
    total = total + shuffled[:, :n_single].sum(axis=1)
    n, m = len(both) + n_single, len(values) - len(both) - n_single
    areas = (total - n * (n + 1) / 2) / (n * m)
    hits = np.count_nonzero(np.abs(areas - 0.5) >= abs(area - 0.5) - 1e-12)
    return float((1 + hits) / (1 + draws))


def enrichment(curves: pd.DataFrame, shares: Sequence[float]) -> list[dict[str, Any]]:
    """Count the discontinuous curves among those of highest sharpness.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns sharpness and metric_group.
    shares : sequence of float
        Of the curves, above 0 and at most 1; ties at the cut are all in.

    Returns
    -------
    list of dict
        One a share; none without curves.
    """
    rows = []
    score = curves["sharpness"].to_numpy()
    falling = np.sort(score)[::-1]
    discontinuous = (curves["metric_group"] == _GROUPS[0]).to_numpy()
    for share in shares if len(curves) else ():
        top = score >= falling[max(int(np.ceil(share * len(score))) - 1, 0)]
        rows.append(
            {
                "highest, %": 100 * share,
                "curves": int(top.sum()),
                "discontinuous": int(discontinuous[top].sum()),
                "discontinuous, %": float(100 * discontinuous[top].mean()),
                "of all, %": float(100 * discontinuous.mean()),
            }
        )
    return rows


CLAIM = Kind(clustering, INTERVALS | DATA)
