"""Claim 5: change the metric and the emergence evaporates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from emergence.claims.base import DATA, LABELS, Claim, Kind, does_not_apply, name_of
from emergence.claims.task_statistics import pseudo_median_interval, signed_rank_test
from emergence.settings import ClaimRules
from emergence.study import Study

#: The rule is to be replaced; until then nobody may take its verdict at its word.
_CAVEAT = (
    "This rule is wrong and is to be replaced: curves that were chosen for being sharp under one "
    "metric are less sharp under any second one (regression to the mean). On two noisy copies of "
    "one metric it says supported. Look at the figures of the pairs, not at this verdict."
)

_SAME = ["task", "subtask", "model_family", "condition", "shots", "output_group"]

#: Metrics that are affine in each other have the same sharpness but for rounding.
_AFFINE_DIGITS = 9


def switching(study: Study, rules: ClaimRules) -> Claim:
    """Decide claim 5.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        ``level``, ``p`` and ``switching``: ``fewest_tasks``.

    Returns
    -------
    Claim
    """
    fewest = rules.claims.switching.fewest_tasks
    pairs = metric_pairs(study)
    apparent = pairs[pairs["apparent"] == True]  # noqa: E712
    by_task = apparent.groupby("task")["difference"].median()
    everything = pairs.groupby("task")["difference"].median()
    still = apparent[apparent["apparent_continuous"] == True]  # noqa: E712
    shown = pd.concat([still, apparent.drop(still.index)])
    text: dict[str, Any] = {
        "id": "metric-switch",
        "number": 5,
        "title": "Change the metric and the emergence evaporates",
        "statement": "Under a continuous metric of the same outputs the emergent abilities are "
        "no longer there.",
        "source": "Schaeffer, Miranda & Koyejo 2023, figure 6 (LaMDA, multiple-choice grade to "
        "Brier score)",
        "published": "no number",
        "interval_kind": "pseudo-median of the difference of ranks, over tasks",
        "rule": "curves apparent under a discontinuous metric, against a continuous metric of "
        "the same outputs: difference of the ranks of sharpness, median by task. Supported: its "
        f"median over tasks is above 0, exact signed-rank p under {rules.claims.p}, at least "
        f"{fewest} tasks; contradicted: below 0; not supported: the interval includes 0",
        "caveat": _CAVEAT,
        "tasks": len(by_task),
        "curves": len(apparent),
        "make_tables": lambda: {
            "Pairs of curves of the same outputs, those that still break first": _rows(shown),
            "All pairs, apparent or not": [_summary(everything, len(pairs))],
        },
        "keys": shown["curve_id"].drop_duplicates().tolist(),
    }
    still_words = f"{len(still)} of {len(apparent)} pairs still apparent"
    if not len(pairs):
        return does_not_apply(text, "no two metrics of different kinds score the same outputs")
    sentence = (
        f"Of {len(apparent)} pairs of curves of the same outputs that look emergent under an "
        f"all-or-nothing metric, {len(still)} still do under a continuous one."
    )
    if len(by_task) < fewest:
        return Claim(
            **text,
            ours=f"{len(by_task)} tasks with an apparent curve and a continuous metric of the "
            f"same outputs, {still_words}",
            sentence=sentence,
            value=None,
            interval=None,
            p=None,
            outcome="not decidable",
            reason=f"{len(by_task)} tasks have a curve apparent under a discontinuous metric and "
            f"a continuous metric of the same outputs; {fewest} are needed",
            would_decide="the same outputs scored under a continuous metric: Brier score or "
            "log-likelihoods for multiple choice, a text distance for generation",
        )
    median = float(by_task.median())
    p = signed_rank_test(by_task)
    low, high = pseudo_median_interval(by_task, rules.level)
    outcome = "not supported"
    if p < rules.claims.p and median != 0:
        outcome = "supported" if median > 0 else "contradicted"
    return Claim(
        **text,
        ours=f"median difference of ranks {median:,.1f} over {len(by_task)} tasks; {still_words} "
        "under the continuous metric",
        sentence=sentence,
        value=median,
        interval=(low, high),
        p=p,
        outcome=outcome,
    )


def metric_pairs(study: Study) -> pd.DataFrame:
    """Pair the curves of the same outputs under a discontinuous and a continuous metric.

    Parameters
    ----------
    study : Study

    Returns
    -------
    pandas.DataFrame
        One row a pair, with the columns of the discontinuous curve, those of the continuous one
        ending in ``_continuous``, and the ``difference`` of the ranks of sharpness.
    """
    kept = study.frame["main_axis"] & study.frame["left_out"].isna()
    curves = study.frame[kept & study.frame["largest_shots"]]
    curves = curves[curves["output_group"].notna() & curves["rises_missing"].ne("too_few_scales")]
    curves = curves[curves["sharpness"].notna()]
    curves = curves.assign(
        shots=curves["shots"].fillna(-1),
        models=[_names(study.lists["models"][row]) for row in curves.index],
    )
    first = curves[curves["metric_group"] == "discontinuous"]
    second = _affine_once(curves[curves["metric_group"] == "continuous"])
    pairs = first.merge(second, on=[*_SAME, "models"], suffixes=("", "_continuous"))
    both = np.concatenate([pairs["sharpness"], pairs["sharpness_continuous"]])
    ranks = rankdata(both) if len(both) else np.empty(0)
    return pairs.assign(difference=ranks[: len(pairs)] - ranks[len(pairs) :])


def _names(models: list[str] | None) -> str:
    return "\0".join(models or [])


def _affine_once(curves: pd.DataFrame) -> pd.DataFrame:
    """Keep one of the metrics that are affine in each other on the same outputs."""
    rounded = curves["sharpness"].round(_AFFINE_DIGITS)
    keys = [*(curves[name] for name in [*_SAME, "models"]), rounded, curves["linearity"].round(9)]
    return curves[~pd.concat(keys, axis=1).duplicated()]


def _rows(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "task": name_of(row),
            "family": row.model_family,
            "metric": row.metric,
            "sharpness": row.sharpness,
            "verdict": row.verdict,
            "under": row.metric_continuous,
            "its sharpness": row.sharpness_continuous,
            "still apparent": _words(row.apparent_continuous),
            "difference of ranks": row.difference,
            "curve": row.curve_id,
            "its curve": row.curve_id_continuous,
        }
        for row in pairs.itertuples()
    ]


def _words(truth: bool | None) -> str:
    return "unknown" if pd.isna(truth) else "yes" if truth else "no"


def _summary(by_task: pd.Series, n_pairs: int) -> dict[str, Any]:
    return {
        "tasks": len(by_task),
        "pairs": n_pairs,
        "median difference of ranks": float(by_task.median()) if len(by_task) else None,
        "p": signed_rank_test(by_task) if len(by_task) else None,
    }


CLAIM = Kind(switching, LABELS | DATA)
