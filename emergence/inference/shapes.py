"""Which simple shape describes a curve best: constant, linear, the law, logistic or step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.inference.climbing import climb
from emergence.inference.dispersion import PARAMETERS, Dispersion
from emergence.inference.law import fit_law
from emergence.inference.limits import constant
from emergence.inference.links import LINE, LOGISTIC
from emergence.inference.model import (
    STEP,
    Bounds,
    Curves,
    Floats,
    LawFit,
    add_up,
    at_exponent,
    chance_bounds,
    free_bounds,
    log_likelihood,
)

#: The shapes, all of which rise or stay.
SHAPES = ("constant", "linear", "law", "logistic", "step")

#: What the shape is called if the best one leads by less than `LEAST_LEAD`.
UNDECIDED = "undecided"

LEAST_LEAD = 2.0


def best_shape(
    curves: Curves,
    chance: ArrayLike,
    free: LawFit,
    two: LawFit,
    floor_is_zero: NDArray[np.bool_],
    scatter: Dispersion,
) -> tuple[NDArray[np.int64], Floats]:
    """Compare the shapes by QAICc.

    Parameters
    ----------
    curves : Curves
        At least seven points.
    chance : array_like of float, shape (n_curves,)
        Floor of the forms with two parameters, from 0 to below 1.
    free, two : LawFit
        The law with free floor and ceiling, and between chance and 1; any exponent.
    floor_is_zero : ndarray of bool, shape (n_curves,)
        Where the free floor was not fitted.
    scatter : Dispersion
        Of the free law, the largest model.

    Returns
    -------
    best : ndarray of int64, shape (n_curves,)
        Index into `SHAPES`; the first of equal ones.
    lead : ndarray of float64, shape (n_curves,)
        QAICc of the second shape minus that of the best.

    Notes
    -----
    ``-2 ll / c + 2 K + 2 K (K + 1) / (N - K - 1)``, where c is the dispersion and K counts it.
    Law and logistic each enter in two forms, between chance and 1 and with free floor and
    ceiling, the better of which counts: neither form alone fits both curves that begin at
    chance and curves that level off, and the two shapes must be free alike. A form that is
    best at its limit of infinite exponent is a step, and counts as one.

    References
    ----------
    .. [1] K. P. Burnham, D. R. Anderson, "Model Selection and Multimodel Inference" (2002),
       equation 2.13 and section 2.5.
    """
    unbounded = free_bounds(len(curves), np.inf, floor_is_zero)
    logistic = fit_law(curves, unbounded, link=LOGISTIC)
    logistic_two = fit_law(curves, chance_bounds(chance), link=LOGISTIC)
    four = PARAMETERS - floor_is_zero.astype(np.int64)

    def criterion(value: Floats, parameters: ArrayLike) -> Floats:
        k = np.asarray(parameters, np.float64) + 1.0
        return -2.0 * value / scatter.value + 2 * k + 2 * k * (k + 1) / (curves.n_points - k - 1)

    split = criterion(split_likelihood(curves), 3)
    of_links = []
    for forms in (((two, 2), (free, four)), ((logistic_two, 2), (logistic, four))):
        best = np.full(len(curves), np.inf)
        for fit, parameters in forms:
            value = criterion(fit.log_likelihood, parameters)
            stepped = fit.kind == STEP
            split = np.where(stepped, np.minimum(split, value), split)
            best = np.where(stepped, best, np.minimum(best, value))
        of_links.append(best)
    level = criterion(constant(curves, unbounded).log_likelihood, 1)
    found = np.stack([level, criterion(line_likelihood(curves), 2), *of_links, split])
    order = np.argsort(found, axis=0, kind="stable")[:2]
    first, second = np.take_along_axis(found, order, axis=0)
    return order[0], second - first


def line_likelihood(curves: Curves) -> Floats:
    """Log-likelihood of the best straight line over the logarithm of scale that does not fall.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        Both ends are within 0 and 1, so that no share need be cut off: the likelihood is then
        concave, with one optimum.
    """
    bounds: Bounds = at_exponent(free_bounds(len(curves)), 1.0 / curves.distance[0])
    share = add_up(curves.successes) / add_up(curves.trials)
    start = np.stack([0.5 * share, 0.5 * (1.0 - share), np.zeros(len(curves)), bounds.exponent_low])
    fit = constant(curves, bounds).better_of(climb(curves, bounds, start, 1, LINE))
    return fit.log_likelihood


def split_likelihood(curves: Curves) -> Floats:
    """Log-likelihood of the best two levels with a split between two scales, not falling.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    ndarray of float64, shape (n_curves,)
    """
    k, n = curves.successes, curves.trials
    all_k, all_n = add_up(k), add_up(n)
    best = log_likelihood(curves, np.repeat((all_k / all_n)[None, :], curves.n_points, axis=0))
    below_k, below_n = np.zeros_like(all_k), np.zeros_like(all_n)
    for j in range(curves.n_points - 1):
        below_k, below_n = below_k + k[j], below_n + n[j]
        low, high = below_k / below_n, (all_k - below_k) / (all_n - below_n)
        probability = np.empty_like(k)
        probability[: j + 1], probability[j + 1 :] = low, high
        value = log_likelihood(curves, probability)
        best = np.where((high > low) & (value > best), value, best)
    return best
