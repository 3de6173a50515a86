"""Statistics over tasks that several claims share."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, betaincinv
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def area_under_curve(positives: ArrayLike, negatives: ArrayLike) -> float:
    """Probability that a positive scores above a negative, ties by half (the ROC's area).

    Parameters
    ----------
    positives, negatives : array_like of float
        At least one each; infinite ones are allowed, NaN is not.

    Returns
    -------
    float
    """
    above, below = np.asarray(positives, np.float64), np.asarray(negatives, np.float64)
    ranks = rankdata(np.concatenate([above, below]))
    pairs = len(above) * len(below)
    return float((ranks[: len(above)].sum() - len(above) * (len(above) + 1) / 2) / pairs)


def wins(above: ArrayLike, below: ArrayLike) -> Floats:
    """Compare each value with each other one: 1 where it is larger, 1/2 where equal, else 0.

    Parameters
    ----------
    above : array_like of float, shape (n,)
    below : array_like of float, shape (m,)

    Returns
    -------
    ndarray of float64, shape (n, m)
        Its mean is `area_under_curve`; with weights, that of a bootstrap draw.
    """
    first, second = np.asarray(above, np.float64)[:, None], np.asarray(below, np.float64)[None]
    return (first > second) + 0.5 * (first == second)


def sign_test(above: int, below: int) -> float:
    """Two-sided exact p-value of the sign test.

    Parameters
    ----------
    above, below : int
        How many differences have either sign; zeros are left out.

    Returns
    -------
    float
        Of 6 that agree 1/32; 1 if there are none.
    """
    return min(1.0, 2.0 * float(bdtr(min(above, below), above + below, 0.5)))


def holm(p: ArrayLike) -> Floats:
    """Correct p-values so that the probability of any error is controlled.

    Parameters
    ----------
    p : array_like of float, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)

    References
    ----------
    .. [1] S. Holm, Scand. J. Stat. 6 (1979) 65.
    """
    p = np.asarray(p, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    return np.minimum(adjusted, 1.0)


def median_interval(values: ArrayLike, level: float) -> tuple[float, float, float]:
    """Median, with the interval that belongs to the sign test.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        May be infinite.
    level : float
        At least this is covered, such as 0.95.

    Returns
    -------
    median, low, high : float
        NaN without a value; the ends are order statistics, infinite where so few values cannot
        bound it. The median of an even number is the lower one of the middle two: a mean with an
        infinite value is none.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    n = len(ordered)
    if not n:
        return math.nan, math.nan, math.nan
    # As many as may lie outside at either end.
    outside = int(np.count_nonzero(bdtr(np.arange(n), n, 0.5) <= (1 - level) / 2 + 1e-12))
    median = float(ordered[(n - 1) // 2])
    if not outside:
        return median, -math.inf, math.inf
    return median, float(ordered[outside - 1]), float(ordered[n - outside])


def binomial_interval(successes: int, trials: int, level: float) -> tuple[float, float]:
    """Exact interval of a share, by Clopper and Pearson.

    Parameters
    ----------
    successes, trials : int
    level : float
        At least this is covered, such as 0.95.

    Returns
    -------
    low, high : float
        0 and 1 without a trial.

    References
    ----------
    .. [1] C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404.
    """
    k, n, outside = successes, trials, (1 - level) / 2
    low = float(betaincinv(k, n - k + 1, outside)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - outside)) if k < n else 1.0
    return low, high


def bootstrap_interval(
    statistic: Callable[[Floats], Floats],
    size: int,
    *,
    draws: int,
    level: float,
    generator: np.random.Generator,
) -> tuple[float, float]:
    """Percentile interval under resampling of the units.

    Parameters
    ----------
    statistic : callable
        Takes how often each unit was drawn, shape (draws, size), and gives the statistic of
        each draw, shape (draws,); NaN where it does not exist.
    size : int
        Number of units.
    draws : int
    level : float
        Such as 0.95.
    generator : numpy.random.Generator

    Returns
    -------
    low, high : float
        Order statistics of the draws in which the statistic exists; NaN if there are none.
    """
    times = generator.multinomial(size, np.full(size, 1 / size), size=draws)
    found = statistic(times.astype(np.float64))
    found = np.sort(found[~np.isnan(found)])
    if not found.size:
        return math.nan, math.nan
    # 1 - .9 is a little below .1: what is whole but for rounding is whole.
    outside = int((1 - level) / 2 * len(found) + 1e-9)
    return float(found[outside]), float(found[-1 - outside])
