"""The verdicts of a dataset, counted: overall, by metric group, and against the settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.flags import has_flag
from emergence.scales import FEWEST_SCALES
from emergence.settings import VerdictRules
from emergence.study import Study
from emergence.verdicts.labels import is_argmax, steep_q_values
from emergence.verdicts.labels_table import LEFT_OUT, VERDICTS
from emergence.votes import is_vote

#: Columns of the curves and of what is pooled that the counts need beside the labels.
_CURVES = (
    "task",
    "metric",
    "metric_group",
    "model_family",
    "condition",
    "axis",
    "main_axis",
    "shots",
    "level",
    "output_group",
)
_POOLED = (
    *("exponent_status", "exponent_low", "exponent_high"),
    *("p_steep", "p_steep_missing", "p_fit"),
)


def verdict_counts(study: Study) -> dict[str, Any]:
    """Count the verdicts on a dataset's curves.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    dict
        Ready for JSON. All counts are of votes, and of curves over the first axis; curves that are
        left out, of smaller shot counts, or of subtasks beside a curve of their task are counted
        as such. ``by_b_max`` counts the apparent curves whose exponent lies above and below other
        largest exponents.
    """
    curves, inference, labels = study.curves, study.inference, study.labels
    rules = VerdictRules.of(study.settings)
    frame = pd.concat(
        [
            curves.select([*_CURVES, "n_scales", "flags"]).to_pandas(),
            study.pooled.select(list(_POOLED)).to_pandas(),
            inference.select(["law"]).to_pandas(),
            labels.to_pandas(),
        ],
        axis=1,
    )
    main = frame["main_axis"].to_numpy(bool)
    frame = frame[main].reset_index(drop=True)
    beside = inference["b_max_beside"].to_pylist()
    p_beside = study.pooled["p_steep_beside"].filter(pa.array(main)).to_pylist()
    fewer = ~frame["largest_shots"] & frame["left_out"].isna()
    votes = is_vote(frame)
    kept = frame[votes]
    return {
        "left_out": {reason: int((frame["left_out"] == reason).sum()) for reason in LEFT_OUT},
        "known_bad": int(has_flag(frame["flags"], "known_bad").sum()),
        "exclude_known_bad": rules.exclude_known_bad,
        "fewer_shots": int(fewer.sum()),
        "beside_their_task": int((frame["left_out"].isna() & ~fewer & ~votes).sum()),
        "all": _counts(kept),
        "by_metric_group": {
            group: _counts(kept[kept["metric_group"] == group]) for group in METRIC_GROUPS
        },
        "by_b_max": _by_b_max(frame, rules, beside, p_beside),
    }


def counts_of_votes(votes: pd.DataFrame) -> dict[str, Any]:
    """Count what rises, what looks emergent, and the verdicts on it.

    Parameters
    ----------
    votes : pandas.DataFrame
        Curves, with the columns task, n_scales and those of the labels.

    Returns
    -------
    dict
        ``curves``, and of those with enough scales: ``judged``, ``rises``, ``apparent``,
        ``apparent_unknown``, ``apparent_tasks``, ``strict``, ``strict_unknown`` (of those that look
        emergent) and ``verdicts`` (of `VERDICTS`, curves each).
    """
    judged = votes[votes["n_scales"] >= FEWEST_SCALES]
    apparent = judged[judged["apparent"] == True]  # noqa: E712
    return {
        "curves": len(votes),
        "judged": len(judged),
        "rises": int((judged["rises"] == True).sum()),  # noqa: E712
        "apparent": len(apparent),
        "apparent_unknown": int(judged["apparent"].isna().sum()),
        "apparent_tasks": apparent["task"].nunique(),
        "strict": int((apparent["strict"] == True).sum()),  # noqa: E712
        "strict_unknown": int(apparent["strict"].isna().sum()),
        "verdicts": {name: int((apparent["verdict"] == name).sum()) for name in VERDICTS},
    }


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    judged = rows[rows["n_scales"] >= FEWEST_SCALES]
    apparent = judged[judged["apparent"] == True]  # noqa: E712
    reasons = apparent["verdict_reason"].dropna().value_counts()
    untested = judged["rises_missing"].dropna().value_counts()
    return {
        **counts_of_votes(rows),
        "tested": int(judged["rises"].notna().sum()),
        "untested": {str(name): int(n) for name, n in sorted(untested.items())},
        "falls": int((judged["exponent_status"] == "falls").sum()),
        "reasons": {str(name): int(n) for name, n in sorted(reasons.items())},
    }


def _by_b_max(
    frame: pd.DataFrame, rules: VerdictRules, beside: list[Any], p_beside: list[Any]
) -> list[dict[str, Any]]:
    """Count the exponents above and below each largest exponent that was tested."""
    others = next((list(values) for values in beside if values), [])
    rows = []
    votes = is_vote(frame)
    apparent = votes & (frame["apparent"] == True).to_numpy(bool)  # noqa: E712
    known = frame["exponent_status"].isin(["estimated", "open_above"]).to_numpy(bool)
    # Over some axes nothing says which exponents would be a break.
    known = known & frame["p_steep_missing"].ne("axis").to_numpy(bool)
    fits = ~(frame["p_fit"] <= 1 - rules.level).to_numpy(bool)
    argmax = is_argmax(frame, rules)
    for b_max in sorted({rules.b_max, *others}):
        if b_max == rules.b_max:
            p = frame["p_steep"].to_numpy(np.float64)
        else:
            which = others.index(b_max)
            p = np.array([np.nan if v is None else v[which] for v in p_beside], np.float64)
        q, level = steep_q_values(frame, p, rules)
        above = apparent & known & fits & (frame["exponent_low"] > b_max).to_numpy(bool)
        below = apparent & known & fits & (frame["exponent_high"] <= b_max).to_numpy(bool)
        rows.append(
            {
                "b_max": float(b_max),
                "apparent": int(apparent.sum()),
                "exponent_known": int((apparent & known).sum()),
                "steeper": int((above & (q <= level)).sum()),
                "beyond_smooth": int((above & (q <= level) & ~argmax).sum()),
                "exponent_below": int(below.sum()),
            }
        )
    return rows
