"""Binomial and beta-binomial counts from random bits, by tables that many draws share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emergence.inference.model import Floats

#: Cells of the guide from the first bits of a number to an outcome, as a power of two. Larger
#: tables leave fewer draws to a second look and take longer to make: these are the fastest at
#: 1,000 draws a distribution.
_BITS = 9
_CELLS = 1 << _BITS
_SHIFT = np.uint64(64 - _BITS)

#: Outcomes further than this from the mean, in standard deviations and in counts together,
#: have less than 1e-16 of the probability, one unit in the last place of a double.
_DEVIATIONS, _COUNTS = 9.0, 14.0

#: Rows whose tables are made together.
_TOGETHER = 256

#: Stands for a cell with several bounds, which takes a second look; negative with one added.
_SEVERAL = -2

#: The largest number: reached in the last cell only, which always takes a second look.
_NO_BOUND = np.uint64(2**64 - 1)


class BinomialTables:
    """Bounds between outcomes of binomial distributions, to turn random bits into counts.

    A number of 64 bits is a uniform one in units of 2**-64. Its first bits name a cell. Where
    the cell has at most one bound between outcomes, one comparison tells the count; else it is
    sought from the cell's first bound upwards.

    Parameters
    ----------
    trials : ndarray of float64, shape (n_rows,)
        In any order; neighbours of like size make smaller tables.
    probability : ndarray of float64, shape (n_rows,)
        From 0 to below 1.
    """

    def __init__(self, trials: Floats, probability: Floats) -> None:
        n_rows = len(trials)
        # Counts are worked on as small numbers where they are small: twice as many at a time.
        self.dtype = np.int16 if trials.max(initial=0) < 2**15 else np.int32
        self._guide = np.empty((n_rows, _CELLS), self.dtype)
        self._bound = np.empty((n_rows, _CELLS), np.uint64)
        # What a second look needs: before which of all bounds a cell begins, and its outcome.
        self._begin = np.empty((n_rows, _CELLS), np.int64)
        self._offset = np.empty(n_rows, np.int64)
        self._last = np.empty(n_rows, np.int64)
        bounds: list[NDArray[np.uint64]] = []
        total = 0
        for first in range(0, n_rows, _TOGETHER):
            rows = slice(first, first + _TOGETHER)
            found, lowest, last = _bounds(trials[rows], probability[rows])
            self._fill(rows, found, lowest, total)
            self._last[rows] = last
            bounds.append(found.ravel())
            total += found.size
        self._bounds = np.concatenate(bounds) if bounds else np.empty(0, np.uint64)

    def _fill(
        self, rows: slice, bounds: NDArray[np.uint64], lowest: NDArray[np.int64], total: int
    ) -> None:
        """Fill the guide of some rows from their bounds."""
        n_rows, width = bounds.shape
        number = np.arange(n_rows)[:, None]
        inside = bounds != _NO_BOUND
        cell = (bounds >> _SHIFT).astype(np.int64) + number * _CELLS
        counted = np.bincount(cell[inside], minlength=n_rows * _CELLS).reshape(n_rows, _CELLS)
        begin = np.cumsum(counted, axis=1) - counted
        guide = begin + lowest[:, None]
        next_bound = np.take_along_axis(bounds, np.minimum(begin, width - 1), axis=1)
        several = counted > 1
        # The largest number is no bound, and must not leave the last outcome.
        several[:, -1] = True
        self._guide[rows] = np.where(several, _SEVERAL, guide)
        self._bound[rows] = np.where(~several & (counted == 1), next_bound, _NO_BOUND)
        flat = number * width + total
        self._begin[rows] = begin + flat
        self._offset[rows] = lowest - flat[:, 0]

    def counts(self, rows: NDArray[np.int64], bits: NDArray[np.uint64]) -> NDArray:
        """Turn random bits into counts: the smallest whose cumulative share exceeds them.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            The distribution of each row of numbers.
        bits : ndarray of uint64, shape (n, draws)

        Returns
        -------
        ndarray of int16 or int32, shape (n, draws)
        """
        at = np.right_shift(bits, _SHIFT).view(np.int64)
        at += rows[:, None] * _CELLS
        count = self._guide.take(at)
        count += bits >= self._bound.take(at)
        again = np.flatnonzero(count < 0)
        if again.size:
            count.ravel()[again] = self._sought(
                at.ravel()[again], bits.ravel()[again], rows[again // bits.shape[1]]
            )
        return count

    def _sought(
        self, at: NDArray[np.int64], bits: NDArray[np.uint64], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Seek the counts of numbers in cells with several bounds, one bound after another."""
        place = self._begin.take(at)
        end = self._last[rows] - self._offset[rows]
        waiting = np.flatnonzero((place < end) & (self._bounds.take(place) <= bits))
        while waiting.size:
            place[waiting] += 1
            on = place[waiting]
            go = (on < end[waiting]) & (self._bounds.take(on) <= bits[waiting])
            waiting = waiting[go]
        return place + self._offset[rows]


def _bounds(
    trials: Floats, probability: Floats
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the bounds between outcomes, the lowest outcome, and the last one.

    Returns
    -------
    bounds : ndarray of uint64, shape (n_rows, width)
        Cumulative probabilities in units of 2**-64; `_NO_BOUND` from the last outcome on.
    lowest, last : ndarray of int64, shape (n_rows,)
    """
    n, p = trials[:, None], probability[:, None]
    reach = _DEVIATIONS * np.sqrt(n * p * (1 - p)) + _COUNTS
    lowest = np.maximum(np.floor(n * p - reach), 0.0)
    last = np.minimum(np.ceil(n * p + reach), n)
    width = int((last - lowest).max()) + 1
    outcome = lowest + np.arange(width)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Each probability from the one before it; the first is set to 1, and the sum divides
        # it out.
        ratio = (n - outcome + 1) / outcome * (p / (1 - p))
    ratio[:, 0] = 1.0
    ratio[outcome > last] = 0.0
    cumulative = np.cumsum(np.cumprod(ratio, axis=1), axis=1)
    cumulative /= cumulative[:, -1:]
    below = cumulative < 1.0
    bounds = np.full(cumulative.shape, _NO_BOUND)
    # Exact: a double below 1 has at most 53 bits before 2**64.
    bounds[below] = np.ldexp(cumulative[below], 64).astype(np.uint64)
    return bounds, lowest[:, 0].astype(np.int64), last[:, 0].astype(np.int64)
