"""Statistics over tasks that several claims share."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv
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


def signed_rank_distribution(doubled_ranks: NDArray[np.int64]) -> Floats:
    """Null distribution of the sum of doubled ranks with a positive sign.

    Parameters
    ----------
    doubled_ranks : ndarray of int64, shape (n,)
        Twice the ranks of the differences' sizes, so that tied ranks are whole.

    Returns
    -------
    ndarray of float64, shape (sum + 1,)
        Probability of each sum.
    """
    shares = np.ones(1)
    for rank in doubled_ranks:
        longer = np.zeros(len(shares) + rank)
        longer[: len(shares)] += 0.5 * shares
        longer[rank:] += 0.5 * shares
        shares = longer
    return shares


def signed_rank_test(differences: ArrayLike) -> float:
    """Two-sided exact p-value of Wilcoxon's signed-rank test, ties included.

    Parameters
    ----------
    differences : array_like of float, shape (n,)
        Zeros are left out.

    Returns
    -------
    float
        1 if nothing but zeros is there.

    References
    ----------
    .. [1] F. Wilcoxon, Biometrics Bulletin 1 (1945) 80.
    """
    d = np.asarray(differences, np.float64)
    d = d[d != 0]
    if not d.size:
        return 1.0
    doubled = np.rint(2 * rankdata(np.abs(d))).astype(np.int64)
    shares = signed_rank_distribution(doubled)
    observed = int(doubled[d > 0].sum())
    distance = np.abs(2 * np.arange(len(shares)) - doubled.sum())
    return min(float(shares[distance >= abs(2 * observed - doubled.sum())].sum()), 1.0)


def pseudo_median_interval(differences: ArrayLike, level: float) -> tuple[float, float]:
    """Interval of the pseudo-median that belongs to the signed-rank test.

    Parameters
    ----------
    differences : array_like of float, shape (n,)
    level : float
        At least this is covered, such as 0.95.

    Returns
    -------
    low, high : float
        Walsh averages; infinite where so few differences cannot bound it.

    References
    ----------
    .. [1] J. L. Hodges, E. L. Lehmann, Ann. Math. Stat. 34 (1963) 598.
    """
    d = np.sort(np.asarray(differences, np.float64))
    averages = np.sort([(d[i] + d[j]) / 2 for i in range(len(d)) for j in range(i, len(d))])
    cumulative = np.cumsum(signed_rank_distribution(np.arange(1, len(d) + 1)))
    outside = int(np.searchsorted(cumulative, (1 - level) / 2, side="right"))
    if not outside:
        return -math.inf, math.inf
    return float(averages[outside - 1]), float(averages[-outside])


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
