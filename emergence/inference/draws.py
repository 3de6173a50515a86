"""The emergence score of many draws at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from emergence.inference.model import Floats


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
    # Whether the first of the largest values comes after the first of the smallest.
    rises = np.zeros(values.shape[1], bool)
    for row in values[1:]:
        rises &= row >= bottom
        rises |= row > top
        np.maximum(top, row, out=top)
        np.minimum(bottom, row, out=bottom)
    steps = list(np.abs(np.diff(values, axis=0)))
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
    np.negative(score, out=score, where=~rises)
    score[spread == 0] = 0.0
    return score


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
