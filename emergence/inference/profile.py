"""The likelihood of each curve over the law's exponent, and the interval that it gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emergence.inference.climbing import MOST_ITERATIONS
from emergence.inference.grid import NEAR
from emergence.inference.law import fit_at_exponent, refit_law
from emergence.inference.limits import limit_likelihoods
from emergence.inference.model import Curves, Floats, LawFit, at_exponent, free_bounds


def likelihood_profile(
    curves: Curves, best: LawFit, floor_is_zero: NDArray[np.bool_], exponents: Floats
) -> Floats:
    """Log-likelihood at each of several exponents, with all else fitted anew.

    Parameters
    ----------
    curves : Curves
    best : LawFit
        The law with any exponent.
    floor_is_zero : ndarray of bool, shape (n_curves,)
        Where its floor was fixed at 0.
    exponents : ndarray of float64, shape (n_exponents,)
        Rising, from 0 (the constant) to inf (the step).

    Returns
    -------
    ndarray of float64, shape (n_exponents, n_curves)
        Never above that of ``best``.
    """
    bounds = free_bounds(len(curves), np.inf, floor_is_zero)
    profile = np.empty((len(exponents), len(curves)))
    profile[0], profile[-1] = limit_likelihoods(curves, bounds)
    fit = best
    for i, exponent in enumerate(exponents[1:-1].tolist(), 1):
        fit = fit_at_exponent(curves, bounds, exponent, fit)
        profile[i] = fit.log_likelihood
    return np.minimum(profile, best.log_likelihood)


def near_likelihoods(curves: Curves, best: LawFit, floor_is_zero: NDArray[np.bool_]) -> Floats:
    """Log-likelihood at exponents near the best one.

    Parameters
    ----------
    curves : Curves
    best : LawFit
        The law with any exponent, none of them a limit.
    floor_is_zero : ndarray of bool, shape (n_curves,)

    Returns
    -------
    ndarray of float64, shape (4, n_curves)
        At `emergence.inference.grid.NEAR` times the best exponent.
    """
    bounds = free_bounds(len(curves), np.inf, floor_is_zero)
    fits = [
        refit_law(curves, at_exponent(bounds, factor * best.exponent), best, MOST_ITERATIONS)
        for factor in NEAR
    ]
    return np.minimum(np.stack([fit.log_likelihood for fit in fits]), best.log_likelihood)


def profile_interval(
    exponents: Floats, profile: Floats, best: Floats, best_likelihood: Floats, drop: Floats
) -> tuple[Floats, Floats]:
    """Interval of the exponents at which the log-likelihood has not dropped too far.

    Parameters
    ----------
    exponents : ndarray of float64, shape (n_exponents,) or (n_exponents, n_curves)
        Rising, from 0 to inf.
    profile : ndarray of float64, shape (n_exponents, n_curves)
        Log-likelihood at each.
    best, best_likelihood : ndarray of float64, shape (n_curves,)
        The best exponent, and the log-likelihood there.
    drop : ndarray of float64, shape (n_curves,)
        By how much the log-likelihood may drop.

    Returns
    -------
    low, high : ndarray of float64, shape (n_curves,)
        The low end is 0 where the constant is likely enough, the high end inf where the step
        is. NaN where the drop is.

    Notes
    -----
    The root of the loss, with its sign, is a nearly straight line over the logarithm of the
    exponent. The logarithm is interpolated over it by a monotone cubic (Fritsch and Butland
    1984); below the least exponent but 0 the exponent itself, above the largest but inf its
    inverse, by a line. Of several crossings the one farthest out counts.
    """
    b = np.broadcast_to(exponents.reshape(len(exponents), -1), profile.shape)
    b = np.concatenate([b, best[None]])
    loss = np.concatenate([best_likelihood - profile, np.zeros_like(best)[None]])
    root = np.where(b < best, -1.0, 1.0) * np.sqrt(np.maximum(loss, 0.0))
    order = np.argsort(b, axis=0, kind="stable")
    b, root = np.take_along_axis(b, order, axis=0), np.take_along_axis(root, order, axis=0)
    unknown = np.isnan(drop)
    allowed = np.sqrt(np.where(unknown, np.inf, drop))
    within = np.abs(root) <= allowed
    first = within.argmax(axis=0)
    last = len(b) - 1 - within[::-1].argmax(axis=0)
    low = np.where(first == 0, 0.0, _reached(b, root, first, -1, -allowed))
    high = np.where(last == len(b) - 1, np.inf, _reached(b, root, last, 1, allowed))
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def power_node(
    best: Floats, power: Floats, gain: Floats, constant: Floats
) -> tuple[Floats, Floats]:
    """Return the pure power law as a further point of the profile of a loss.

    Below its exponent L_inf >= 0 holds the law back, and the likelihood falls within a few
    thousandths of the exponent: the grid passes over it.

    Parameters
    ----------
    best : ndarray of float64, shape (n_curves,)
        The best exponent.
    power, gain : ndarray of float64, shape (n_curves,)
        The exponent of the law with L_inf = 0, and what it gains over the constant.
    constant : ndarray of float64, shape (n_curves,)
        Log-likelihood of the constant.

    Returns
    -------
    exponent, log_likelihood : ndarray of float64, shape (n_curves,)
        The constant once more where the best fit is the pure power law: two points at one
        exponent would leave no slope between them.
    """
    apart = power < best * (1.0 - 1e-6)
    return np.where(apart, power, 0.0), np.where(apart, constant + gain, constant)


def _reached(b: Floats, root: Floats, inner: NDArray[np.intp], step: int, target: Floats) -> Floats:
    """Return the exponent between the last one within and the next that reaches a root."""
    columns = np.arange(b.shape[1])
    rows = [np.clip(inner + k * step, 0, len(b) - 1) for k in (-1, 0, 1, 2)]
    z = [root[row, columns] for row in rows]
    near, far = b[rows[1], columns], b[rows[2], columns]
    with np.errstate(all="ignore"):
        x = [np.log(b[row, columns]) for row in rows]
        before, between, beyond = ((x[k + 1] - x[k]) / (z[k + 1] - z[k]) for k in range(3))
        part = np.clip((target - z[1]) / (z[2] - z[1]), 0.0, 1.0)
        at_near, at_far = _slope(before, between), _slope(beyond, between)
        rest, width = 1.0 - part, z[2] - z[1]
        curve = (
            x[1]
            + part * (x[2] - x[1])
            + width * part * rest * (rest * (at_near - between) - part * (at_far - between))
        )
        reached = np.exp(np.clip(curve, np.minimum(x[1], x[2]), np.maximum(x[1], x[2])))
        reached = np.where(far == 0.0, rest * near, reached)
        reached = np.where(np.isinf(far), near / rest, reached)
        return np.where(np.isinf(near), far / part, reached)


def _slope(outside: Floats, inside: Floats) -> Floats:
    """Slope of the monotone cubic at a point with secants on both sides: their harmonic mean."""
    mean = np.where(outside * inside > 0, 2.0 / (1.0 / outside + 1.0 / inside), 0.0)
    return np.where(np.isfinite(outside), mean, inside)
