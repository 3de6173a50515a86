"""Stage 2: from scores to scale curves and their measures."""

from __future__ import annotations

from emergence.curves import build_curves
from emergence.study import Study


def measure(study: Study) -> Study:
    """Join the scores into scale curves and measure each.

    Parameters
    ----------
    study : Study
        With ``scores`` and ``sources``.

    Returns
    -------
    Study
        With ``curves``.
    """
    annotations = {task: row["category"] for task, row in study.annotations.items()}
    return study.having(curves=build_curves(study.scores, study.metrics, annotations))
