"""The bounded law in the unit of the scores, as figures draw it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from emergence.facts.metric_catalog import Metric
from emergence.inference.columns import Columns
from emergence.inference.link import link
from emergence.inference.points import Points, scores_of_parts

#: Scales at which the law is given, even in the logarithm from the smallest to the largest.
N_DRAWN = 25


def infer_drawn(
    result: Columns, points: Points, names: NDArray, metrics: Mapping[str, Metric]
) -> None:
    """Put the scores that the bounded fit gives along each curve.

    Parameters
    ----------
    result : Columns
        With the bounded fits.
    points : Points
    names : ndarray of object, shape (n_curves,)
        The metric of each curve.
    metrics : mapping of str to Metric
    """
    if "bounded_kind" not in result.values:
        return
    risen = result.values["bounded_kind"] == "law"
    for name in sorted(set(names[risen])):
        rows = np.flatnonzero(risen & (names == name))
        metric = metrics[name]
        floor, ceiling, location, exponent = (
            result.values[f"bounded_{part}"][rows]
            for part in ("floor", "ceiling", "location", "exponent")
        )
        span = np.log(points.scales[rows, points.length[rows] - 1] / points.scales[rows, 0])
        distance = span[:, None] * np.linspace(1.0, 0.0, N_DRAWN)
        eta = location[:, None] + exponent[:, None] * distance
        if metric.law.kind == "loss":
            loss = np.exp(eta) - ceiling[:, None]
            scores = -np.exp(loss) if metric.law.taken == "log" else -loss
        else:
            parts = floor[:, None] + (ceiling - floor)[:, None] * link(eta)
            scores = scores_of_parts(
                metric.law, metric.higher_is_better, parts, points.chance[rows]
            )
        lists = np.empty(len(rows), dtype=object)
        lists[:] = [[v if np.isfinite(v) else None for v in row] for row in scores.tolist()]
        result.put("bounded_scores", rows, lists)
