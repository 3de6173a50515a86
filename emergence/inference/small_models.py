"""The small models of a curve, compared with chance and with the smooth law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, chdtrc

from emergence.inference.law import fit_law
from emergence.inference.model import Bounds, Curves, Floats, add_up, log_likelihood

#: Free parameters of the law with its floor at chance: ceiling, location and exponent.
_PARAMETERS = 3


@dataclass(frozen=True)
class SmallModels:
    """What the small models of many curves scored, together; one entry a curve.

    Attributes
    ----------
    models : ndarray of int64
        How many models are small.
    score : ndarray of float64
        Their right answers over their examples.
    low, high : ndarray of float64
        One-sided limits of the score, each at the level asked for.
    p_above : ndarray of float64
        One-sided p-value of a score above chance.
    predicted : ndarray of float64
        Their score under the law fitted to the whole curve.
    p_below : ndarray of float64
        One-sided p-value of a score below what any law predicts that goes through the other
        models.
    p_law : ndarray of float64
        P-value of the law for the whole curve; small where it does not fit.
    converged : ndarray of bool
        Whether the fits ended by their own criterion.
    """

    models: NDArray[np.int64]
    score: Floats
    low: Floats
    high: Floats
    p_above: Floats
    predicted: Floats
    p_below: Floats
    p_law: Floats
    converged: NDArray[np.bool_]


def n_small(scores: ArrayLike) -> int:
    """Count the small models: the smaller half, and of it those before the largest step.

    Behind a jump a model is small no more, wherever the jump is.

    Parameters
    ----------
    scores : array_like of float, shape (n_points,)
        In the order of scale, at least two.

    Returns
    -------
    int
        At least one.
    """
    y = np.asarray(scores, np.float64)
    return min(len(y) // 2, int(np.argmax(np.diff(y))) + 1)


def small_models(
    curves: Curves,
    chance: Floats,
    dispersion: Floats,
    first: int,
    *,
    largest_exponent: float,
    level: float,
) -> SmallModels:
    """Compare the small models of curves with chance, and with the smooth law.

    The law has its floor at chance, any ceiling, and exponents up to a bound. Two things are
    asked of it: whether it fits the whole curve (Pearson's statistic), and whether any law that
    goes through the other models comes down as far as the small ones are (likelihood ratio of a
    score of their own).

    Parameters
    ----------
    curves : Curves
        Of the same number of small models.
    chance : ndarray of float64, shape (n_curves,)
        Score of guessing, from 0 to below 1.
    dispersion : ndarray of float64, shape (n_curves,)
        Scatter of the models over binomial noise; at least 1. Examples count less by so much.
    first : int
        How many models are small.
    largest_exponent : float
        Of the law.
    level : float
        Of the one-sided limits, such as 0.95.

    Returns
    -------
    SmallModels

    Notes
    -----
    P-value and limits are those of the binomial distribution (Clopper and Pearson 1934) with
    right answers and examples both divided by the dispersion (Korn and Graubard 1998): exact for
    a dispersion of 1.

    References
    ----------
    .. [1] C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404.
    .. [2] E. L. Korn, B. I. Graubard, Survey Methodology 24 (1998) 193.
    """
    small, large = _part(curves, slice(first)), _part(curves, slice(first, None))
    right, asked = add_up(small.successes), add_up(small.trials)
    k, n = right / dispersion, asked / dispersion
    some, missed = right > 0, right < asked
    # Parameters of a beta distribution are positive; where one is not, the limit is an end.
    inner, outer = np.where(some, k, 1.0), np.where(missed, n - k, 1.0)
    bounds = _from_chance(chance, largest_exponent)
    whole, others = fit_law(curves, bounds), fit_law(large, bounds)
    predicted = add_up(whole.probability[:first] * small.trials) / asked
    own = np.repeat(np.maximum(right / asked, chance)[None], first, axis=0)
    gain = others.log_likelihood + log_likelihood(small, own) - whole.log_likelihood
    below = 0.5 * chdtrc(1.0, np.maximum(2.0 * gain / dispersion, 0.0))
    return SmallModels(
        models=np.full(len(curves), first),
        score=right / asked,
        low=np.where(some, betaincinv(inner, n - k + 1.0, 1.0 - level), 0.0),
        high=np.where(missed, betaincinv(k + 1.0, outer, level), 1.0),
        p_above=np.where(some, betainc(inner, n - k + 1.0, chance), 1.0),
        predicted=predicted,
        p_below=np.where(predicted > right / asked, below, 1.0),
        p_law=_fit_test(curves, whole.probability, dispersion),
        converged=whole.converged & others.converged,
    )


def _part(curves: Curves, rows: slice) -> Curves:
    return Curves(curves.successes[rows], curves.trials[rows], curves.distance[rows])


def _from_chance(chance: Floats, largest_exponent: float) -> Bounds:
    nothing = np.zeros(len(chance))
    return Bounds(
        floor_low=chance,
        floor_high=chance,
        gap_low=nothing,
        gap_high=1.0 - chance,
        exponent_low=nothing,
        exponent_high=nothing + largest_exponent,
    )


def _fit_test(curves: Curves, probability: Floats, dispersion: Floats) -> Floats:
    variance = curves.trials * probability * (1.0 - probability)
    residual = (curves.successes - curves.trials * probability) ** 2
    # Where the fit is sure, it is right: a share of 0 or 1 is fitted only to such counts.
    terms = np.where(variance > 0, residual / np.where(variance > 0, variance, 1.0), 0.0)
    return chdtrc(float(max(curves.n_points - _PARAMETERS, 1)), add_up(terms) / dispersion)
