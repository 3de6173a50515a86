"""Binomial and beta-binomial draws from tables; the emergence score of many draws at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from emergence.inference.model import Floats

#: Cells of the guide from a uniform number to an outcome. A power of two, so that finding the
#: cell rounds nothing. Larger tables leave fewer draws to a second look and take longer to
#: make: 512 is the fastest at 1,000 draws a pair of n and k.
_CELLS = 512

#: Outcomes further than this from the mean, in standard deviations and in counts together,
#: have less than 1e-16 of the probability, one unit in the last place of a uniform number.
_DEVIATIONS, _COUNTS = 9.0, 14.0

#: The least sum of a beta distribution's shapes. At 2 the share of a fair coin is already
#: uniform from 0 to 1; more scatter would draw models that are all right or all wrong.
LEAST_SHAPES = 2.0


def emergence_of_draws(values: NDArray) -> Floats:
    """Emergence score of each column.

    The same number as `emergence.measures.emergence_score`, without its other measures and
    without missing points: the middle of the steps is found by a sorting network on whole
    rows. Counts may take the place of shares, since the score has no unit.

    Parameters
    ----------
    values : ndarray of float or int, shape (n_points, n_draws)
        At least two points.

    Returns
    -------
    ndarray of float64, shape (n_draws,)
        0 for flat columns, +-inf where the median step is 0.
    """
    n_points = len(values)
    top, bottom = values[0].copy(), values[0].copy()
    # Truth values as numbers: where the first of the largest and of the smallest values are.
    at_top, at_bottom = np.zeros((2, values.shape[1]), np.int8)
    for i in range(1, n_points):
        row = values[i]
        np.copyto(at_top, i, where=row > top)
        np.copyto(at_bottom, i, where=row < bottom)
        np.maximum(top, row, out=top)
        np.minimum(bottom, row, out=bottom)
    steps = [np.abs(values[i + 1] - values[i]) for i in range(n_points - 1)]
    count = n_points - 1
    for low, high in _middle_network(count):
        smaller = np.minimum(steps[low], steps[high])
        np.maximum(steps[low], steps[high], out=steps[high])
        steps[low] = smaller
    upper = steps[count // 2].astype(np.float64)
    middle = upper
    if count % 2 == 0:
        # hypot keeps tiny steps from vanishing when squared, as in `emergence.measures`.
        middle = np.hypot(steps[count // 2 - 1].astype(np.float64), upper) / np.sqrt(2.0)
    spread = (top - bottom).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = spread / middle
    score = np.where(at_top < at_bottom, -score, score)
    return np.where(spread == 0, 0.0, score)


def unit_of_counts(trials: Floats) -> Floats:
    """Return what counts are divided by to be compared along a curve.

    Parameters
    ----------
    trials : ndarray of float64, shape (n_points, n_curves)

    Returns
    -------
    ndarray of float64, shape (n_points, n_curves)
        1 for curves whose models all answer as many questions: differences of whole numbers
        are exact. The trials for the others; their neighbours are not touched.
    """
    return np.where((trials == trials[:1]).all(axis=0), 1.0, trials)


@cache
def _middle_network(size: int) -> tuple[tuple[int, int], ...]:
    """Comparisons that put the middle one or two of ``size`` rows in their places.

    Batcher's odd-even merge sort (1968) without the comparisons that the middle does not
    depend on.
    """
    comparisons = []
    p = 1
    while p < size:
        k = p
        while k >= 1:
            for j in range(k % p, size - k, 2 * k):
                for i in range(min(k, size - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        comparisons.append((i + j, i + j + k))
            k //= 2
        p *= 2
    needed = {size // 2} | ({size // 2 - 1} if size % 2 == 0 else set())
    kept = []
    for low, high in reversed(comparisons):
        if low in needed or high in needed:
            needed |= {low, high}
            kept.append((low, high))
    return tuple(reversed(kept))


class BinomialTables:
    """Cumulative probabilities of binomial distributions, to turn uniform numbers into counts.

    Parameters
    ----------
    trials : ndarray of float64, shape (n_rows,)
    probability : ndarray of float64, shape (n_rows,)
        From 0 to below 1.
    dispersion : ndarray of float64, shape (n_rows,), optional
        Variance over the binomial one, at least 1: beta-binomial where it is larger, as far as
        a beta distribution with one hump allows.
    """

    def __init__(
        self, trials: Floats, probability: Floats, dispersion: Floats | None = None
    ) -> None:
        n, p = trials[:, None], probability[:, None]
        scatter, shapes = np.ones_like(n), np.full_like(n, np.inf)
        if dispersion is not None:
            # Variance n p (1 - p) (1 + (n - 1) r), with r = 1 / (1 + sum of the beta's shapes).
            wide = dispersion[:, None] > 1
            excess = np.where(wide, dispersion[:, None] - 1, 1)
            shapes = np.where(wide, np.maximum((n - 1) / excess - 1, LEAST_SHAPES), np.inf)
            scatter = np.where(wide, 1 + (n - 1) / (1 + shapes), 1.0)
        reach = _DEVIATIONS * np.sqrt(n * p * (1 - p) * scatter) + _COUNTS * scatter
        self._lowest = np.maximum(np.floor(n * p - reach), 0.0)
        last = np.minimum(np.ceil(n * p + reach), n)
        width = int((last - self._lowest).max()) + 1
        outcome = self._lowest + np.arange(width)
        with np.errstate(divide="ignore", invalid="ignore"):
            # Each probability from the one before it; the first is set to 1, and the sum
            # divides it out.
            odds = p / (1 - p)
            if dispersion is not None:
                beta = (outcome - 1 + p * shapes) / (n - outcome + (1 - p) * shapes)
                odds = np.where(np.isinf(shapes), odds, beta)
            ratio = (n - outcome + 1) / outcome * odds
        ratio[:, 0] = 1.0
        ratio[outcome > last] = 0.0
        cumulative = np.cumsum(np.cumprod(ratio, axis=1), axis=1)
        cumulative /= cumulative[:, -1:]
        cell = np.ceil(cumulative * _CELLS).astype(np.int64)
        rows = np.arange(len(n))[:, None]
        counted = np.bincount(
            (cell + rows * (_CELLS + 1)).ravel(), minlength=len(n) * (_CELLS + 1)
        ).reshape(len(n), _CELLS + 1)
        # How many outcomes end at or before the beginning of a cell: the first candidate,
        # as an index into the flat table of cumulative probabilities.
        self._guide = np.cumsum(counted, axis=1)[:, :_CELLS].ravel()
        self._guide += np.repeat(np.arange(len(n)) * width, _CELLS)
        self._cumulative = cumulative.ravel()
        self._width = width

    def counts(self, rows: NDArray[np.int64], uniform: Floats) -> NDArray[np.int32]:
        """Turn uniform numbers into counts: the smallest whose cumulative share exceeds them.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            The distribution of each row of uniform numbers.
        uniform : ndarray of float64, shape (n, draws)
            In [0, 1).

        Returns
        -------
        ndarray of int32, shape (n, draws)
        """
        at = (uniform * _CELLS).astype(np.int64)
        at += rows[:, None] * _CELLS
        at = self._guide.take(at)
        flat, u = at.ravel(), uniform.ravel()
        waiting = np.flatnonzero(self._cumulative.take(flat) <= u)
        while waiting.size:
            flat[waiting] += 1
            waiting = waiting[self._cumulative.take(flat[waiting]) <= u[waiting]]
        offset = self._lowest[rows, 0].astype(np.int64) - rows * self._width
        return (at + offset[:, None]).astype(np.int32)
