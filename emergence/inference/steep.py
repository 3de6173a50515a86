"""Is a rise steeper than the smooth law allows? Bounded fits, test and exponent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.inference.dispersion import Dispersion, half_f_test, likelihood_drop
from emergence.inference.law import fit_law
from emergence.inference.limits import limit_likelihoods
from emergence.inference.model import (
    Bounds,
    Curves,
    Floats,
    LawFit,
    at_exponent,
    free_bounds,
    put_fit,
    steepest,
    take_fit,
)

#: Fewest points with which the floor may be found to be 0.
_FEWEST_AT_FLOOR = 3

#: Steps of the search for each end of the exponent's interval.
_SEARCH = 10


def floor_is_zero(curves: Curves, chance: Floats) -> NDArray[np.bool_]:
    """Say where the law's floor is fixed at 0.

    Parameters
    ----------
    curves : Curves
    chance : ndarray of float64, shape (n_curves,)
        NaN where unknown.

    Returns
    -------
    ndarray of bool, shape (n_curves,)
        Chance is 0, and the smallest third of the models (rounded up, at least 3) has no
        success.
    """
    third = max(-(-curves.n_points // 3), _FEWEST_AT_FLOOR)
    return (chance == 0.0) & ~curves.successes[:third].any(axis=0)


@dataclass(frozen=True)
class LawFits:
    """The law with free floor and ceiling, without and with bounds on its exponent.

    Attributes
    ----------
    zero : ndarray of bool, shape (n_curves,)
        Where the floor was fixed at 0.
    unbounded : LawFit
    bounded : dict of float to LawFit
        By the largest exponent allowed.
    """

    zero: NDArray[np.bool_]
    unbounded: LawFit
    bounded: dict[float, LawFit]

    def take(self, columns: NDArray) -> LawFits:
        """Return those of some of the curves."""
        bounded = {b: take_fit(fit, columns) for b, fit in self.bounded.items()}
        return LawFits(self.zero[columns], take_fit(self.unbounded, columns), bounded)


def fit_laws(curves: Curves, chance: Floats, largest_exponents: tuple[float, ...]) -> LawFits:
    """Fit the law without a bound and with each of several bounds on its exponent.

    Parameters
    ----------
    curves : Curves
    chance : ndarray of float64, shape (n_curves,)
    largest_exponents : tuple of float
        The bounds.

    Returns
    -------
    LawFits
        Nested: a fit under a wider bound is never worse.
    """
    zero = floor_is_zero(curves, chance)
    unbounded = fit_law(curves, free_bounds(len(curves), np.inf, zero))
    bounded: dict[float, LawFit] = {}
    narrower: LawFit | None = None
    for largest in sorted(largest_exponents):
        fit = unbounded
        steep = np.flatnonzero(unbounded.exponent > largest)
        if steep.size:
            bounds = free_bounds(steep.size, largest, zero[steep])
            fit = put_fit(fit, steep, fit_law(curves.take(steep), bounds))
        if narrower is not None:
            fit = fit.better_of(narrower)
        bounded[largest] = narrower = fit
    if narrower is not None:
        unbounded = unbounded.better_of(narrower)
    return LawFits(zero, unbounded, bounded)


def steep_test(fits: LawFits, scatter: Dispersion, largest_exponent: float) -> Floats:
    """Test exponents up to a bound against any exponent (`p_steep`).

    Parameters
    ----------
    fits : LawFits
    scatter : Dispersion
    largest_exponent : float
        One of those that were fitted.

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        NaN where the dispersion has no degrees of freedom. Below the bound the half-half
        mixture is conservative.
    """
    gain = fits.unbounded.log_likelihood - fits.bounded[largest_exponent].log_likelihood
    return half_f_test(gain, scatter)


def exponent_interval(
    curves: Curves, fits: LawFits, scatter: Dispersion, level: float
) -> tuple[Floats, Floats]:
    """Profile-likelihood interval of the exponent.

    Parameters
    ----------
    curves : Curves
    fits : LawFits
        Of these curves.
    scatter : Dispersion
    level : float
        Such as 0.95.

    Returns
    -------
    low, high : ndarray of float64, shape (n_curves,)
        The low end is 0 where the constant is as likely as the level asks, the high end inf
        where the step is. NaN where the dispersion has no degrees of freedom.
    """
    best = fits.unbounded
    target = best.log_likelihood - likelihood_drop(level, scatter)
    bounds = free_bounds(len(curves), np.inf, fits.zero)
    constant, step = limit_likelihoods(curves, bounds)
    known = np.isfinite(target)
    low = np.where(known, 0.0, np.nan)
    high = np.where(known, np.inf, np.nan)
    below = np.flatnonzero(known & (constant < target))
    above = np.flatnonzero(known & (step < target))
    # Both ends are searched together: fewer and larger operations.
    search = np.concatenate([below, above])
    if search.size:
        downwards = np.arange(search.size) < below.size
        limit = np.where(downwards, constant[search], step[search])
        found = _crossing(
            curves.take(search),
            bounds.take(search),
            take_fit(best, search),
            target[search],
            limit,
            downwards,
        )
        low[below], high[above] = found[downwards], found[~downwards]
    return low, high


def _crossing(
    curves: Curves,
    bounds: Bounds,
    best: LawFit,
    target: Floats,
    limit: Floats,
    downwards: NDArray[np.bool_],
) -> Floats:
    """Find where the profile crosses its target, below or above the best exponent.

    By false position (Illinois) on the root of the loss, which is nearly linear in the
    logarithm of the exponent. Of several crossings one is found.
    """
    allowed = np.sqrt(best.log_likelihood - target)
    cap = steepest(curves)
    inner = np.log(np.minimum(best.exponent, cap))
    # So gentle that the law is the constant for all these data can tell; or so steep that it
    # is the step.
    outer = np.log(np.where(downwards, 0.005 / curves.distance[0], cap))
    inner = np.where(downwards, np.maximum(inner, outer), inner)
    f_inner = allowed.copy()
    f_outer = allowed - np.sqrt(np.maximum(best.log_likelihood - limit, 0.0))
    side = np.zeros(len(curves), np.int8)
    for _ in range(_SEARCH):
        with np.errstate(invalid="ignore", divide="ignore"):
            part = f_inner / (f_inner - f_outer)
        part = np.clip(np.where(np.isfinite(part), part, 0.5), 0.02, 0.98)
        middle = inner + part * (outer - inner)
        fit = fit_law(curves, at_exponent(bounds, np.exp(middle)), best)
        loss = np.maximum(best.log_likelihood - fit.log_likelihood, 0.0)
        value = allowed - np.sqrt(loss)
        within = value >= 0
        # Illinois: an end that stays twice counts half, so that both ends close in.
        f_outer = np.where(within & (side == 1), 0.5 * f_outer, f_outer)
        f_inner = np.where(~within & (side == -1), 0.5 * f_inner, f_inner)
        side = np.where(within, 1, -1).astype(np.int8)
        inner, f_inner = np.where(within, middle, inner), np.where(within, value, f_inner)
        outer, f_outer = np.where(within, outer, middle), np.where(within, f_outer, value)
    return np.exp(np.where(np.abs(f_inner) < np.abs(f_outer), inner, outer))
