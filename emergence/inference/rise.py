"""Tests of a rise with scale: a gain of likelihood, and a rank test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.inference.law import fit_law
from emergence.inference.model import (
    Curves,
    Floats,
    LawFit,
    add_up,
    chance_bounds,
    log_likelihood,
)


@dataclass(frozen=True)
class Rise:
    """A constant against the law with floor at chance and ceiling at 1.

    Attributes
    ----------
    gain : ndarray of float64, shape (n_curves,)
        Gain of log-likelihood by the law, at a dispersion of 1: what `p_rise` rests on.
    fit : LawFit
        The law.
    """

    gain: Floats
    fit: LawFit


def rise(curves: Curves, chance: ArrayLike) -> Rise:
    """Compare a constant with the law with floor at chance and ceiling at 1.

    Parameters
    ----------
    curves : Curves
    chance : array_like of float, shape (n_curves,)
        Score of guessing, from 0 to below 1.

    Returns
    -------
    Rise

    Notes
    -----
    The constant of the null hypothesis lies between chance and 1, as the law does.
    """
    floor = np.asarray(chance, np.float64)
    fit = fit_law(curves, chance_bounds(floor))
    share = add_up(curves.successes) / add_up(curves.trials)
    constant = np.repeat(np.clip(share, floor, 1.0)[None, :], curves.n_points, axis=0)
    return Rise(fit.log_likelihood - log_likelihood(curves, constant), fit)


def order_test(scores: ArrayLike) -> tuple[Floats, Floats]:
    """Kendall's rank test of a rise, one-sided and exact (`p_order`).

    Parameters
    ----------
    scores : array_like of float, shape (n_curves, n_points)
        Oriented scores in the order of scale.

    Returns
    -------
    tau : ndarray of float64, shape (n_curves,)
        Kendall's tau-b; NaN for a flat curve.
    p : ndarray of float64, shape (n_curves,)
        Share of all orders of the scores, the observed one included, with at least this tau;
        1 for a flat curve.

    Notes
    -----
    Exact for any number of points, ties included: the number of pairs in falling order has
    the q-multinomial coefficient as its generating function over the orders of a multiset
    (MacMahon 1913), so that nothing need be sampled.
    """
    y = np.atleast_2d(np.asarray(scores, np.float64))
    n_points = y.shape[1]
    rising, falling = np.zeros((2, len(y)), np.int64)
    for i in range(n_points):
        for j in range(i + 1, n_points):
            rising += y[:, j] > y[:, i]
            falling += y[:, j] < y[:, i]
    pairs = n_points * (n_points - 1) // 2
    with np.errstate(invalid="ignore"):
        tau = (rising - falling) / np.sqrt(pairs * (rising + falling).astype(np.float64))
    p = _falling_pairs((1,) * n_points)[falling]
    known: dict[bytes, NDArray[np.float64]] = {}
    ordered = np.sort(y, axis=1)
    same = ordered[:, 1:] == ordered[:, :-1]
    for row in np.flatnonzero(same.any(axis=1)):
        pattern = same[row]
        key = pattern.tobytes()
        if key not in known:
            known[key] = _falling_pairs(_group_sizes(pattern))
        p[row] = known[key][falling[row]]
    return tau, p


def _group_sizes(same: Sequence[bool]) -> tuple[int, ...]:
    """Sizes of the groups of equal values in a sorted row."""
    group = np.concatenate(([0], np.cumsum(~np.asarray(same, bool))))
    return tuple(sorted(Counter(group.tolist()).values()))


@cache
def _falling_pairs(groups: tuple[int, ...]) -> NDArray[np.float64]:
    """Share of the orders of a multiset with at most 0, 1, 2, ... pairs in falling order."""
    counts = [1]
    for i in range(1, sum(groups) + 1):
        counts = _times(counts, i)
    for size in groups:
        for i in range(1, size + 1):
            counts = _divided(counts, i)
    total, running, shares = sum(counts), 0, []
    for count in counts:
        running += count
        shares.append(running / total)  # exact integers, rounded once
    return np.array(shares)


def _times(polynomial: list[int], i: int) -> list[int]:
    """Multiply by 1 + q + ... + q**(i - 1)."""
    result = [0] * (len(polynomial) + i - 1)
    for power, count in enumerate(polynomial):
        for shift in range(i):
            result[power + shift] += count
    return result


def _divided(polynomial: list[int], i: int) -> list[int]:
    """Divide by 1 + q + ... + q**(i - 1), which goes without remainder."""
    rest, result = list(polynomial), []
    for power in range(len(polynomial) - i + 1):
        count = rest[power]
        result.append(count)
        for shift in range(i):
            rest[power + shift] -= count
    return result
