"""Intervals of scores, and the range of the emergence score under resampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from emergence.inference.binomial import BinomialTables
from emergence.inference.draws import emergence_of_draws, unit_of_counts
from emergence.inference.model import Floats
from emergence.streams import random_bits

#: Draws worked on together: their arrays then stay in the processor's cache.
_TOGETHER = 1 << 17

#: Curves that share their tables.
_SHARING = 1024

#: Counts are below this, so that a pair of them is a whole number below 2**53.
_MOST_TRIALS = float(1 << 26)


def wilson(successes: ArrayLike, trials: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Wilson's score interval of binomial shares.

    Parameters
    ----------
    successes, trials : array_like of float, any shape
    level : float
        Such as 0.95.

    Returns
    -------
    low, high : ndarray of float64, of the same shape
        Within [0, 1]; exactly 0 and 1 at the edges.

    References
    ----------
    .. [1] E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209.
    """
    k, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    z = ndtri(0.5 + level / 2)
    share = k / n
    centre = share + z * z / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = np.where(k == 0, 0.0, (centre - half) / scale)
    high = np.where(k == n, 1.0, (centre + half) / scale)
    return low, high


@dataclass(frozen=True)
class ResamplingRange:
    """Range of the emergence score under resampling of the examples.

    Attributes
    ----------
    low, high : ndarray of float64, shape (n_curves,)
        Order statistics of the draws, so that infinite ones need no average.
    share_infinite : ndarray of float64, shape (n_curves,)
        Of the draws, +inf and -inf together.
    """

    low: Floats
    high: Floats
    share_infinite: Floats


def resampling_range(
    successes: ArrayLike,
    trials: ArrayLike,
    curve_ids: Sequence[str],
    *,
    seed: int,
    draws: int,
    level: float,
) -> ResamplingRange:
    """Resample each score and see how far the emergence score moves.

    ``Binomial(n, (k + 1/2) / (n + 1)) / n``, models independently: a range, and no
    confidence interval. Noise biases the score down, and models answer the same examples.

    Parameters
    ----------
    successes, trials : array_like, shape (n_curves, n_points)
        Whole numbers.
    curve_ids : sequence of str
        They key the draws.
    seed : int
        The seed of the run.
    draws : int
        For each curve.
    level : float
        Share of the draws within the range, such as 0.95.

    Returns
    -------
    ResamplingRange
    """
    k = np.atleast_2d(np.asarray(successes, np.float64))
    n = np.atleast_2d(np.asarray(trials, np.float64))
    result = ResamplingRange(*np.full((3, len(k)), np.nan))
    outside = int(np.floor((1 - level) / 2 * draws))
    together = max(_TOGETHER // (draws * k.shape[1]), 1)
    for begin in range(0, len(k), _SHARING):
        # One table for all points with the same n and k: n and k as one whole number.
        some = slice(begin, min(begin + _SHARING, len(k)))
        pair, row = np.unique(n[some] * _MOST_TRIALS + k[some], return_inverse=True)
        asked, right = np.divmod(pair, _MOST_TRIALS)
        tables = BinomialTables(asked, (right + 0.5) / (asked + 1.0))
        row = row.reshape(-1, k.shape[1])
        for first in range(begin, some.stop, together):
            part = slice(first, min(first + together, some.stop))
            rows = row[first - begin : part.stop - begin].T.ravel()
            bits = random_bits(seed, curve_ids[part], "resample", (k.shape[1], draws))
            counts = tables.counts(rows, bits.reshape(-1, draws))
            unit = unit_of_counts(n[part].T)
            if (unit != 1).any():
                counts = counts / unit.reshape(-1, 1)
            score = emergence_of_draws(counts.reshape(k.shape[1], -1)).reshape(-1, draws)
            score.sort(axis=1)
            result.low[part] = score[:, outside]
            result.high[part] = score[:, draws - 1 - outside]
            result.share_infinite[part] = np.count_nonzero(np.isinf(score), axis=1) / draws
    return result
