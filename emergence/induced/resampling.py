"""Intervals over replicates: each width's networks are drawn again from those that there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from emergence.induced.networks import Floats, stream
from emergence.measures import measure

#: Resamples of the replicates; level of all intervals.
RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes
    ----------
    value, low, high : float
        Infinite or NaN where it must be.
    """

    value: float
    low: float
    high: float


def mean(values: Floats) -> Estimate:
    """Return the mean over replicates with Student's interval.

    Parameters
    ----------
    values : ndarray of float64, shape (replicates,)

    Returns
    -------
    Estimate
        NaN for the ends where there is one replicate.
    """
    count = len(values)
    if count < 2:
        return Estimate(float(values.mean()), float("nan"), float("nan"))
    half = student.ppf((1 + LEVEL) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count)
    center = float(values.mean())
    return Estimate(center, center - float(half), center + float(half))


def draws(seed: int, widths: int, replicates: int) -> NDArray[np.int64]:
    """Draw the replicates of each width again, with replacement.

    Parameters
    ----------
    seed, widths, replicates : int

    Returns
    -------
    ndarray of int64, shape (RESAMPLES, widths, replicates)
        The same for every metric: those of one network stay together.
    """
    random = stream(seed, "resamples", widths, replicates)
    return random.integers(replicates, size=(RESAMPLES, widths, replicates))


def resampled(values: Floats, drawn: NDArray[np.int64]) -> Floats:
    """Return the means of the replicates, of all resamples.

    Parameters
    ----------
    values : ndarray of float64, shape (widths, replicates)
    drawn : ndarray of int64
        From `draws`.

    Returns
    -------
    ndarray of float64, shape (RESAMPLES, widths)
    """
    return _rounded(np.take_along_axis(values[None], drawn, axis=2).mean(axis=2))


def means(values: Floats) -> Floats:
    """Return the mean of the replicates of each width, shape (widths,)."""
    return _rounded(values.mean(axis=1))


def _rounded(values: Floats) -> Floats:
    # The last digits of means that are equal differ, and would make steps out of nothing.
    return np.round(values, 13)


def sharpness(curves: Floats) -> Floats:
    """Return the sharpness of curves, shape (n_curves,): a straight line has 1."""
    return measure(curves).sharpness


def early(curve: Floats, scales: Floats) -> bool:
    """Return whether a curve's largest step lies in the first third of the range of scale."""
    return bool(measure(curve, scales).early[0])


def interval(value: float, resamples: Floats) -> Estimate:
    """Return a value with the percentiles of its resamples; NaN if a resample has none."""
    if np.isnan(resamples).any():
        return Estimate(value, float("nan"), float("nan"))
    # Without interpolation: some may be infinite.
    low = np.quantile(resamples, (1 - LEVEL) / 2, method="lower")
    high = np.quantile(resamples, (1 + LEVEL) / 2, method="higher")
    return Estimate(value, float(low), float(high))


def estimate(
    statistic: Callable[[Floats], Floats], values: Floats, drawn: NDArray[np.int64]
) -> Estimate:
    """Return a statistic of the means over replicates, with its interval.

    Parameters
    ----------
    statistic : callable
        From curves, shape (n, widths), to numbers, shape (n,).
    values : ndarray of float64, shape (widths, replicates)
    drawn : ndarray of int64
        From `draws`.

    Returns
    -------
    Estimate
    """
    value = float(statistic(means(values)[None])[0])
    return interval(value, statistic(resampled(values, drawn)))
