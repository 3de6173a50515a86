"""Fits with and without a bound on the exponent, for the test of steepness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.inference.law import fit_law
from emergence.inference.model import Curves, Floats, LawFit, free_bounds, put_fit, take_fit

#: Fewest points with which the floor may be found to be 0.
_FEWEST_AT_FLOOR = 3


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
