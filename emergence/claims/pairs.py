"""Pairs of curves of the same outputs under two kinds of metric."""

from __future__ import annotations

import pandas as pd

from emergence.study import Study

_SAME = ["task", "benchmark", "subtask", "model_family", "condition", "shots", "output_group"]

#: Metrics that are affine in each other have the same sharpness but for rounding.
_AFFINE_DIGITS = 9


def metric_pairs(study: Study) -> pd.DataFrame:
    """Pair the curves of the same outputs under a discontinuous and a continuous metric.

    Parameters
    ----------
    study : Study

    Returns
    -------
    pandas.DataFrame
        One row a pair, with the columns of the discontinuous curve, and those of the continuous
        one ending in ``_continuous``; ``row`` and ``row_continuous`` are those of
        `Study.frame`.
    """
    kept = study.frame["main_axis"] & study.frame["left_out"].isna()
    curves = study.frame[kept & study.frame["largest_shots"]]
    curves = curves[curves["output_group"].notna() & curves["rises_missing"].ne("too_few_scales")]
    curves = curves[curves["sharpness"].notna()]
    curves = curves.assign(
        row=curves.index,
        shots=curves["shots"].fillna(-1),
        models=[_names(study.lists["models"][row]) for row in curves.index],
    )
    first = curves[curves["metric_group"] == "discontinuous"]
    second = _affine_once(curves[curves["metric_group"] == "continuous"])
    return first.merge(second, on=[*_SAME, "models"], suffixes=("", "_continuous"))


def _names(models: list[str] | None) -> str:
    return "\0".join(models or [])


def _affine_once(curves: pd.DataFrame) -> pd.DataFrame:
    """Keep one of the metrics that are affine in each other on the same outputs."""
    rounded = curves["sharpness"].round(_AFFINE_DIGITS)
    keys = [*(curves[name] for name in [*_SAME, "models"]), rounded, curves["linearity"].round(9)]
    return curves[~pd.concat(keys, axis=1).duplicated()]
