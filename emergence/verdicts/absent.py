"""Is an ability absent in the smaller models? A test of their pooled score against chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]

#: Halvings of the numbers of right examples that may be needed.
_BISECTIONS = 50


@dataclass(frozen=True)
class SmallModels:
    """The smaller half of each curve's models, taken together.

    Attributes
    ----------
    share : ndarray of float64, shape (n_curves,)
        Their mean score, each example counted once; NaN where it is not known.
    examples : ndarray of float64, shape (n_curves,)
        Examples over the dispersion: as many independent ones would scatter as much.
    chance : ndarray of float64, shape (n_curves,)
        Score of guessing; NaN where it is not known.
    predicted : ndarray of float64, shape (n_curves,)
        What the law that is fitted to the larger half says of their mean score; NaN without one.
    """

    share: Floats
    examples: Floats
    chance: Floats
    predicted: Floats

    def take(self, rows: NDArray) -> SmallModels:
        """Return those of some of the curves."""
        return SmallModels(
            self.share[rows], self.examples[rows], self.chance[rows], self.predicted[rows]
        )


def small_models(curves: pa.Table, inference: pa.Table, pooled: pa.Table) -> SmallModels:
    """Take the smaller half of each curve's models together.

    Parameters
    ----------
    curves, inference, pooled : pyarrow.Table
        Schemas `CURVES`, `INFERENCE` and `POOLED`, of the same curves.

    Returns
    -------
    SmallModels
        NaN where scores are no counts, or chance is unknown.
    """
    predicted = inference["small_predicted"].combine_chunks()
    row = pc.list_parent_indices(predicted).to_numpy()
    first = np.flatnonzero(np.diff(row, prepend=-1))
    point = np.arange(len(row)) - np.repeat(first, np.diff(first, append=len(row)))

    def at_points(name: str) -> Floats:
        lists = curves[name].combine_chunks()
        start = lists.offsets.to_numpy()[row]
        return lists.values.to_numpy(zero_copy_only=False)[start + point].astype(np.float64)

    n, score = at_points("n_examples_by_scale"), at_points("scores")
    examples, right, expected = (
        np.bincount(row, weights=values, minlength=curves.num_rows)
        for values in (n, n * score, n * predicted.flatten().to_numpy(zero_copy_only=False))
    )
    examples = np.where(examples > 0, examples, np.nan)
    # Nothing says that models scatter: then their examples alone do.
    dispersion = np.nan_to_num(pooled["dispersion"].to_numpy(), nan=1.0)
    return SmallModels(
        right / examples, examples / dispersion, curves["chance"].to_numpy(), expected / examples
    )


def p_above_chance(small: SmallModels) -> Floats:
    """P-value of a mean score above chance, one-sided.

    Parameters
    ----------
    small : SmallModels

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        How often guessing scores as much; NaN where nothing is known. The exact binomial
        probability, continued to numbers of examples that are not whole.
    """
    return _at_least(small.share * small.examples, small.examples, small.chance)


def power(small: SmallModels, level: float) -> Floats:
    """Power of that test if the law is right that is fitted to the larger half.

    Parameters
    ----------
    small : SmallModels
    level : float
        Of the test, such as 0.05.

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        NaN where nothing is known, or the law says no more than guessing.
    """
    n, chance = small.examples, small.chance
    # With chance 0 the first right example is enough.
    known = (n > 0) & (chance >= 0) & (chance < 1) & (small.predicted > chance)
    needed = np.where(chance > 0, _least_count(n, chance, level), 1.0)
    return np.where(known, _at_least(needed, n, small.predicted), np.nan)


def _least_count(n: Floats, chance: Floats, level: float) -> Floats:
    """Return the number of right examples at which the test rejects; above n if none does."""
    low, high = np.zeros_like(n), n + 1.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        rejects = _at_least(middle, n, chance) <= level
        low, high = np.where(rejects, low, middle), np.where(rejects, middle, high)
    return high


def _at_least(count: Floats, n: Floats, share: Floats) -> Floats:
    """Probability of so many right examples or more."""
    with np.errstate(invalid="ignore"):
        inside = betainc(np.maximum(count, 1e-300), np.maximum(n - count, 0.0) + 1.0, share)
        tail = np.where(count <= 0, 1.0, np.where(count > n, 0.0, inside))
    return np.where(np.isnan(count) | np.isnan(n) | np.isnan(share), np.nan, tail)
