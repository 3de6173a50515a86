"""How far models scatter around the law beyond binomial noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, fdtri

from emergence.inference.model import Curves, Floats, LawFit, add_up

#: Free parameters of the law: floor, ceiling, location and exponent.
PARAMETERS = 4

#: Likelihood ratios up to this are 0: fits are compared up to half of it.
_NOTHING = 1e-6


@dataclass(frozen=True)
class Dispersion:
    """Scatter of many curves.

    Attributes
    ----------
    value : ndarray of float64, shape (n_curves,)
        Pearson's statistic over its degrees of freedom, never below 1; 1 as well where there
        are none.
    raw : ndarray of float64, shape (n_curves,)
        The same without the bound at 1; NaN without degrees of freedom.
    degrees : ndarray of int64, shape (n_curves,)
        Points that count, less the parameters fitted; may be negative.
    """

    value: Floats
    raw: Floats
    degrees: NDArray[np.int64]

    def take(self, columns: NDArray) -> Dispersion:
        """Return that of some of the curves."""
        return Dispersion(self.value[columns], self.raw[columns], self.degrees[columns])


def dispersion(
    curves: Curves, unbounded: LawFit, bounded: LawFit, floor_is_zero: NDArray[np.bool_]
) -> Dispersion:
    """Estimate the dispersion from the residuals of the unbounded fit.

    Only points at which the *bounded* fit expects at least one success and one failure
    count: an unbounded fit explains points at the edge exactly, and they would vote for no
    scatter.

    Parameters
    ----------
    curves : Curves
    unbounded, bounded : LawFit
        Fits of the law with any exponent, and with exponents up to a bound.
    floor_is_zero : ndarray of bool, shape (n_curves,)
        Where the floor was not fitted.

    Returns
    -------
    Dispersion
    """
    k, n, p = curves.successes, curves.trials, unbounded.probability
    expected = n * bounded.probability
    counts = (expected >= 1.0) & (n - expected >= 1.0)
    variance = n * p * (1.0 - p)
    # Where the fit is sure, it is right: a share of 0 or 1 is fitted only to such counts.
    residual = np.where(variance > 0, (k - n * p) ** 2 / np.where(variance > 0, variance, 1), 0.0)
    pearson = add_up(np.where(counts, residual, 0.0))
    degrees = np.count_nonzero(counts, axis=0) - (PARAMETERS - floor_is_zero.astype(np.int64))
    raw = np.where(degrees >= 1, pearson / np.maximum(degrees, 1), np.nan)
    value = np.where(degrees >= 1, np.maximum(raw, 1.0), 1.0)
    return Dispersion(value, raw, degrees)


def half_f_test(gain: Floats, scatter: Dispersion) -> Floats:
    """P-value of one parameter on its boundary: half a point mass at 0, half F(1, degrees).

    Parameters
    ----------
    gain : ndarray of float64, shape (n_curves,)
        Gain of log-likelihood by the parameter.
    scatter : Dispersion

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        NaN where there are no degrees of freedom.

    References
    ----------
    .. [1] S. G. Self, K.-Y. Liang, J. Am. Stat. Assoc. 82 (1987) 605, case 5, for the
       mixture; P. McCullagh, J. A. Nelder, "Generalized Linear Models" (1989), section
       4.5.2, for the F statistic under dispersion.
    """
    ratio = 2.0 * gain / scatter.value
    degrees = scatter.degrees.astype(np.float64)
    usable = degrees >= 1
    tail = 0.5 * fdtrc(1.0, np.where(usable, degrees, 1.0), np.maximum(ratio, 0.0))
    return np.where(usable, np.where(2.0 * gain > _NOTHING, tail, 1.0), np.nan)


def likelihood_drop(level: float, scatter: Dispersion) -> Floats:
    """Drop of log-likelihood that bounds an interval of one parameter.

    Parameters
    ----------
    level : float
        Of the interval, such as 0.95.
    scatter : Dispersion

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        NaN where there are no degrees of freedom.
    """
    degrees = scatter.degrees.astype(np.float64)
    usable = degrees >= 1
    quantile = fdtri(1.0, np.where(usable, degrees, 1.0), level)
    return np.where(usable, 0.5 * scatter.value * quantile, np.nan)
