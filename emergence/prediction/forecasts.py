"""Forecasts of a curve's best model from worse ones: by the law and three other rules."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, stdtrit

from emergence.inference.holdout import predict_last, without_last
from emergence.inference.link import link
from emergence.inference.model import LAW, Curves, Floats
from emergence.inference.steep import fit_laws

#: The forecasts, by what people call them.
FORECASTS = ("law", "logistic", "line", "last")

#: Models held out, the best ones first.
HELD_OUT = (1, 2)

#: Fewest models that a forecast rests on: the law has four parameters.
FEWEST_KEPT = 4

#: Steps of Fisher scoring, and the largest linear predictor: a share of 3e-7.
_STEPS, _LARGEST_ETA = 50, 15.0


@dataclass(frozen=True)
class Forecast:
    """Forecasts of the best model of many curves.

    Attributes
    ----------
    error : dict of str to ndarray of float64, each of shape (n_curves,)
        By the name of the forecast: the score less its prediction, in shares.
    inside : dict of str to ndarray of float64
        Of ``law`` and ``line``, which have intervals: 1 where the score is inside, 0 where it is
        not, NaN without an interval.
    """

    error: dict[str, Floats]
    inside: dict[str, Floats]


def without(curves: Curves, held_out: int) -> Curves:
    """Return the curves without their second best models, with the best one still there.

    Parameters
    ----------
    curves : Curves
    held_out : int
        How many are held out: the best one, which is to be predicted, and those next to it.

    Returns
    -------
    Curves
    """
    kept = [*range(curves.n_points - held_out), curves.n_points - 1]
    return replace(
        curves,
        successes=curves.successes[kept],
        trials=curves.trials[kept],
        distance=curves.distance[kept],
    )


def forecast(curves: Curves, chance: Floats, *, largest_exponent: float, level: float) -> Forecast:
    """Predict the best model of each curve from all its other models.

    Parameters
    ----------
    curves : Curves
        At least `FEWEST_KEPT` models and the one that is predicted.
    chance : ndarray of float64, shape (n_curves,)
        NaN where unknown: the logistic curve then begins at 0.
    largest_exponent : float
        Of the law.
    level : float
        Of the intervals.

    Returns
    -------
    Forecast

    Notes
    -----
    The law has free floor and ceiling, and the interval of `emergence.inference.holdout`. The
    logistic curve goes from chance to 1 over the logarithm of scale, by maximum likelihood. The
    line is that of least squares, cut off at 0 and 1, with the usual interval of a new point.
    """
    score = curves.successes[-1] / curves.trials[-1]
    others = without_last(curves)
    law = fit_laws(others, chance, (largest_exponent,)).bounded[largest_exponent]
    rises = law.kind == LAW
    eta = np.where(rises, law.location - law.exponent * curves.distance[-2], 0.0)
    risen = law.floor + (law.ceiling - law.floor) * link(eta)
    bounds = predict_last(curves, chance, largest_exponent=largest_exponent, level=level)
    line, half = _line(curves, level)
    predicted = {
        "law": np.where(rises, risen, law.floor),
        "logistic": _logistic(curves, chance),
        "line": line,
        "last": others.successes[-1] / others.trials[-1],
    }
    with np.errstate(invalid="ignore"):
        inside = {
            "law": _three((score >= bounds.low) & (score <= bounds.high), np.isnan(bounds.low)),
            "line": _three(np.abs(score - line) <= half, np.isnan(half)),
        }
    return Forecast({name: score - value for name, value in predicted.items()}, inside)


def _three(truth: np.ndarray, unknown: np.ndarray) -> Floats:
    return np.where(unknown, np.nan, truth.astype(np.float64))


def _line(curves: Curves, level: float) -> tuple[Floats, Floats]:
    """Straight line of least squares at the last place, and half of its interval."""
    x = -curves.distance
    y = curves.successes / curves.trials
    n = curves.n_points - 1
    mean_x, mean_y = np.zeros((2, len(curves)))
    for at in range(n):
        mean_x, mean_y = mean_x + x[at] / n, mean_y + y[at] / n
    sxx, sxy, syy = np.zeros((3, len(curves)))
    for at in range(n):
        dx, dy = x[at] - mean_x, y[at] - mean_y
        sxx, sxy, syy = sxx + dx * dx, sxy + dx * dy, syy + dy * dy
    slope = sxy / sxx
    far = x[-1] - mean_x
    left = np.maximum(syy - slope * sxy, 0.0) / (n - 2)
    half = stdtrit(n - 2, 0.5 + level / 2.0) * np.sqrt(left * (1.0 + 1.0 / n + far * far / sxx))
    return np.clip(mean_y + slope * far, 0.0, 1.0), half


def _logistic(curves: Curves, chance: Floats) -> Floats:
    """Logistic curve from chance to 1 at the last place, by Fisher scoring."""
    with np.errstate(invalid="ignore"):
        floor = np.where((chance >= 0) & (chance < 1), chance, 0.0)
    span = curves.distance[0]
    x = -curves.distance / span
    a, b = np.zeros((2, len(curves)))
    for _ in range(_STEPS):
        # A little ridge: shares that jump from 0 to 1 have no finite slope.
        gradient, information = [-1e-4 * a, -1e-4 * b], [1e-4, 0.0, 1e-4]
        for at in range(curves.n_points - 1):
            g = expit(np.clip(a + b * x[at], -_LARGEST_ETA, _LARGEST_ETA))
            p = floor + (1.0 - floor) * g
            slope = (1.0 - floor) * g * (1.0 - g)
            variance = np.maximum(p * (1.0 - p), 1e-12)
            pull = (curves.successes[at] - curves.trials[at] * p) * slope / variance
            weight = curves.trials[at] * slope * slope / variance
            gradient = [gradient[0] + pull, gradient[1] + pull * x[at]]
            information = [
                information[0] + weight,
                information[1] + weight * x[at],
                information[2] + weight * x[at] * x[at],
            ]
        determinant = information[0] * information[2] - information[1] ** 2
        da = (information[2] * gradient[0] - information[1] * gradient[1]) / determinant
        db = (information[0] * gradient[1] - information[1] * gradient[0]) / determinant
        # A step longer than this leaves the region in which it is one of a quadratic.
        short = np.minimum(1.0, 4.0 / np.maximum(np.maximum(np.abs(da), np.abs(db)), 1e-12))
        a, b = a + short * da, b + short * db
    return floor + (1.0 - floor) * expit(np.clip(a, -_LARGEST_ETA, _LARGEST_ETA))
