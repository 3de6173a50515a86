"""The verdicts by task, by metric and by model family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from emergence.measures import FEWEST_SCALES, ROUNDING
from emergence.study import Study
from emergence.verdicts.labels_table import VERDICTS
from emergence.votes import is_vote

#: Columns by which verdicts are counted, with the name of each table.
TABLES = {"task": "tasks", "metric": "metrics", "model_family": "families"}

_CURVES = (
    "curve_id",
    "task",
    "metric",
    "metric_group",
    "model_family",
    "condition",
    "main_axis",
    "level",
    "annotation",
    "n_scales",
    "sharpness",
)
_LABELS = ("left_out", "largest_shots", "rises", "apparent", "verdict")


def verdicts_by(study: Study, column: str) -> list[dict[str, Any]]:
    """Count the verdicts by task, metric or model family.

    Parameters
    ----------
    study : Study
        With labels.
    column : str
        One of `TABLES`.

    Returns
    -------
    list of dict
        One row a name, those beyond the smooth law first, then by curves that look emergent, by
        the highest sharpness, and by name. ``curves`` and what follows count votes with enough
        scales; ``families_apparent`` of ``families_tried`` have one that looks emergent.
        ``sharpest`` is the curve of the ``highest_sharpness``; both are null without one.
    """
    frame = pd.concat(
        [
            study.curves.select(list(_CURVES)).to_pandas(),
            study.labels.select(list(_LABELS)).to_pandas(),
        ],
        axis=1,
    )
    judged = frame[is_vote(frame) & (frame["n_scales"] >= FEWEST_SCALES).to_numpy(bool)]
    parts = dict(tuple(judged.groupby(column, sort=False)))
    rows = [
        {column: name, **_counts(parts.get(name, judged.iloc[:0])), **_known(some, column)}
        for name, some in frame.groupby(column, sort=False)
    ]

    def telling(row: dict[str, Any]) -> tuple[Any, ...]:
        sharpness = -np.inf if row["highest_sharpness"] is None else row["highest_sharpness"]
        return -row["beyond_smooth"], -row["apparent"], -sharpness, row[column]

    return sorted(rows, key=telling)


def _counts(votes: pd.DataFrame) -> dict[str, Any]:
    apparent = votes[votes["apparent"] == True]  # noqa: E712
    scored = votes[votes["sharpness"].notna()].sort_values(
        ["sharpness", "curve_id"], ascending=[False, True]
    )
    sharpness = scored["sharpness"]
    return {
        "curves": len(votes),
        "families_tried": int(votes["model_family"].nunique()),
        "steeper_than_line": int((sharpness > 1 + ROUNDING).sum()),
        "rises": int((votes["rises"] == True).sum()),  # noqa: E712
        "no_test": int(votes["rises"].isna().sum()),
        "apparent": len(apparent),
        "families_apparent": int(apparent["model_family"].nunique()),
        **{name: int((apparent["verdict"] == name).sum()) for name in VERDICTS},
        "highest_sharpness": float(sharpness.iloc[0]) if len(scored) else None,
        "sharpest": scored["curve_id"].iloc[0] if len(scored) else None,
    }


def _known(some: pd.DataFrame, column: str) -> dict[str, Any]:
    name = {"task": "annotation", "metric": "metric_group"}.get(column)
    if name is None:
        return {}
    value = some[name].iloc[0]
    # pandas has NaN for an unknown text.
    return {name: None if pd.isna(value) else value}
