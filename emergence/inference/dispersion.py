"""Scatter of the models of one curve around the law, from that curve alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.inference.model import CONSTANT, LAW, Curves, Floats, LawFit, add_up

#: A floor or a ceiling this near to 0 or 1 is at its bound.
_AT_BOUND = 1e-9


@dataclass(frozen=True)
class Scatter:
    """Scatter of the models of many curves, each by itself.

    Attributes
    ----------
    value : ndarray of float64, shape (n_curves,)
        Pearson's statistic over its degrees of freedom: 1 for binomial noise; NaN without
        degrees of freedom.
    degrees : ndarray of int64, shape (n_curves,)
        Points that count, less the parameters that were free; may be negative.
    residuals : ndarray of float64, shape (n_points, n_curves)
        Pearson's, in units of binomial noise; NaN where a point does not count.
    """

    value: Floats
    degrees: NDArray[np.int64]
    residuals: Floats

    @property
    def at_least_one(self) -> Floats:
        """The value, never below 1, and 1 where it is not known."""
        return np.where(self.degrees >= 1, np.fmax(self.value, 1.0), 1.0)


def replicate_scatter(
    error: Floats, runs: Floats, variance: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Pool what the replicates of each model say of the scatter of mean scores.

    Parameters
    ----------
    error : ndarray of float64, shape (n_points, n_curves)
        Standard error of each score over the replicates; NaN where it is not known.
    runs : ndarray of float64, shape (n_points, n_curves)
        Replicates behind each score.
    variance : ndarray of float64, shape (n_points, n_curves)
        Of each score at a dispersion of 1; NaN where a point does not count.

    Returns
    -------
    value : ndarray of float64, shape (n_curves,)
        Their dispersion, each point weighted with its degrees of freedom; NaN without any.
    degrees : ndarray of int64, shape (n_curves,)
        Replicates less models.
    """
    each = error * error / variance
    freedom = np.where(np.isnan(each), 0.0, runs - 1.0)
    degrees = add_up(freedom)
    squares = add_up(np.where(freedom > 0, freedom * each, 0.0))
    value = np.where(degrees > 0, squares / np.maximum(degrees, 1.0), np.nan)
    return value, degrees.astype(np.int64)


def scatter_of(curves: Curves, unbounded: LawFit, bounded: LawFit) -> Scatter:
    """Estimate the scatter from the residuals of the unbounded fit.

    Only points at which the unbounded *and* the bounded fit expect at least one success and one
    failure count: at the edges there is nothing to scatter, and an unbounded fit explains a jump
    from the edge exactly. Parameters at a bound are not counted: they explain nothing.

    Parameters
    ----------
    curves : Curves
    unbounded, bounded : LawFit
        Fits of the law with any exponent, and with exponents up to a bound.

    Returns
    -------
    Scatter

    Notes
    -----
    With points less four in place of these degrees, flat curves of binomial counts have a mean
    dispersion of 1.8 at six models and 1.5 at eight; counted so it is 1.1 and 1.0.
    """
    k, n, p = curves.successes, curves.trials, unbounded.probability
    counts = _inside(curves, unbounded) & _inside(curves, bounded)
    variance = n if curves.variance == "constant" else np.where(counts, n * p * (1.0 - p), 1.0)
    residuals = np.where(counts, (k - n * p) / np.sqrt(variance), np.nan)
    pearson = add_up(np.where(counts, residuals * residuals, 0.0))
    # The constant has one parameter; the law floor, ceiling, location and exponent, the step
    # its place in the last two's stead.
    free = 1 + (unbounded.kind == LAW) + (unbounded.floor > _AT_BOUND)
    free += unbounded.ceiling < 1.0 - _AT_BOUND
    free = np.where(unbounded.kind == CONSTANT, 1, free)
    degrees = np.count_nonzero(counts, axis=0) - free
    value = np.where(degrees >= 1, pearson / np.maximum(degrees, 1), np.nan)
    return Scatter(value, degrees, residuals)


def _inside(curves: Curves, fit: LawFit) -> NDArray[np.bool_]:
    """Say where a fit expects at least one success and one failure.

    Of scores that are no counts, all but those at an end of the range: of so many nominal trials
    one is next to nothing.
    """
    if curves.variance == "constant":
        return np.ones(fit.probability.shape, bool)
    expected = curves.trials * fit.probability
    return (expected >= 1.0) & (curves.trials - expected >= 1.0)
