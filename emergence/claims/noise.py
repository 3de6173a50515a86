"""Noise of the scores of a curve about its fitted law."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.axes import AXES, sizes_along
from emergence.facts.metric_catalog import SHARE, Metric
from emergence.inference.link import link
from emergence.inference.model import NOMINAL_TRIALS
from emergence.inference.points import ends_of_range
from emergence.study import Study

Floats = NDArray[np.float64]

#: A part of a range no nearer to its ends: the logarithm of 0 is no score.
_LEAST_PART = 1e-9


def noise_of(study: Study, rows: NDArray[np.intp]) -> tuple[list[Floats], Floats]:
    """Return the noise of the scores of some curves, and the range of the law fitted to them.

    The variance of a share is ``dispersion * y (1 - y) / n``, at least that of its examples; of
    another bounded score ``dispersion * y (1 - y)`` where the catalogue's range is 0 to 1, of a
    loss the same at every scale for its logarithm. The dispersion is the moderated one, and the
    variance is carried over to the metric's own unit by the slope there.

    Parameters
    ----------
    study : Study
        With labels.
    rows : ndarray of int
        Of `Study.frame`.

    Returns
    -------
    deviation : list of ndarray of float64
        Of each curve, the standard deviation at each scale in the metric's own unit; NaN where
        no law was fitted, or nothing shows how far models scatter.
    span : ndarray of float64, shape (n_curves,)
        From the lowest to the highest score of the fitted law, at the scales of the curve.
    """
    curves = study.frame.loc[rows]
    deviations, spans = [], np.full(len(rows), np.nan)
    for place, row in enumerate(curves.itertuples()):
        scores, scales = (
            np.array(study.lists[name][row.Index], np.float64) for name in ("scores", "scales")
        )
        metric = study.metrics[row.metric]
        if pd.isna(row.law) or pd.notna(row.law_missing):
            deviations.append(np.full(len(scores), np.nan))
            continue
        sizes = sizes_of(row, scales)
        distance = np.log(sizes[-1] / sizes)
        if row.law == "loss":
            level, deviation = _loss(row, metric, scores, distance)
        else:
            n = np.array(study.lists["n_examples_by_scale"][row.Index], np.float64)
            level, deviation = _part(row, metric, scores, distance, n)
        deviations.append(deviation)
        spans[place] = np.ptp(level)
    return deviations, spans


def sizes_of(row, scales: Floats) -> Floats:
    """Return the model size that each place of a curve corresponds to.

    Parameters
    ----------
    row : named tuple
        The curve: ``axis`` and ``size_slope``.
    scales : ndarray of float64, shape (n_points,)

    Returns
    -------
    ndarray of float64, shape (n_points,)
        See `emergence.axes.sizes_along`.
    """
    slope = np.nan if pd.isna(row.size_slope) else row.size_slope
    return sizes_along(scales, scales[-1], np.array(slope), np.array(AXES[row.axis].falls))


def _part(
    row, metric: Metric, scores: Floats, distance: Floats, n: Floats
) -> tuple[Floats, Floats]:
    """Level and noise of a share or another bounded score, in the metric's own unit."""
    law = SHARE if row.law == "share" else metric.law
    worst, best = (
        float(end[0])
        for end in ends_of_range(law, metric.higher_is_better, np.array([row.chance], np.float64))
    )
    expected = np.full(len(scores), row.law_floor)
    rise = row.law_ceiling - row.law_floor
    if row.law_kind == "law":
        expected += rise * link(row.law_location + row.law_exponent * distance)
    elif row.law_kind == "step":
        # At most one point between, which the step goes through: it is taken as its score.
        taken = {"": scores, "exp": np.exp(scores), "root": -np.sqrt(np.maximum(-scores, 0))}
        parts = (taken[law.taken] - worst) / (best - worst)
        expected = np.clip(parts, row.law_floor, row.law_ceiling)
    inner = np.clip(expected, _LEAST_PART, 1.0)
    at = worst + inner * (best - worst)
    level = {"": at, "exp": np.log(np.maximum(at, _LEAST_PART)), "root": -(at**2)}[law.taken]
    slope = {"": 1.0, "exp": 1.0 / np.maximum(at, _LEAST_PART), "root": -2.0 * at}[law.taken]
    if row.law == "share":
        # Nothing scatters less than examples drawn at random.
        variance = np.fmax(row.dispersion, 1.0) * expected * (1.0 - expected) / n
    else:
        variance = row.dispersion * expected * (1.0 - expected) / NOMINAL_TRIALS
    return level, np.abs(slope * (best - worst)) * np.sqrt(variance)


def _loss(row, metric: Metric, scores: Floats, distance: Floats) -> tuple[Floats, Floats]:
    """Level and noise of a loss, or of its exponential, in the metric's own unit."""
    loss = np.full(len(scores), -row.law_ceiling)
    if row.law_kind == "law":
        loss += np.exp(row.law_location + row.law_exponent * distance)
    elif row.law_kind == "step":
        loss[0] = np.log(-scores[0]) if metric.law.taken == "log" else -scores[0]
    deviation = loss * np.sqrt(row.dispersion / NOMINAL_TRIALS)
    if metric.law.taken == "log":
        return -np.exp(loss), np.exp(loss) * deviation
    return -loss, deviation
