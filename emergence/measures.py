"""The measures of a scale curve: pure functions on arrays.

A scale curve is a row of scores ordered by model scale, oriented so that higher is
better; a missing point is NaN. All functions take many curves at once.

Sources: Schaeffer, Miranda & Koyejo 2023 (arXiv 2304.15004v2), equation 1, which is
BIG-bench's "breakthroughness" (Srivastava et al. 2022); Chowdhery et al. 2022 (PaLM)
for the discontinuity. Where these leave a case open, the rule taken is stated at the
function that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emergence.scales import FEWEST_SCALES

#: What an emergence score is worth. ``short`` wins over ``flat`` and ``infinite``: the
#: number of scales is a property of the design, and no such curve may be called emergent.
STATUSES = ("empty", "short", "flat", "infinite", "finite")

#: A largest step that starts before this share of the range of log scale is early.
EARLY_BEFORE = 1 / 3

#: What is called steeper, or earlier, must be so by more than this: a straight line has a
#: sharpness of 1 up to rounding, and must not be steeper than itself.
ROUNDING = 1e-9

#: Curves measured at once: few enough for their points to stay in the processor's cache.
_BLOCK = 4096

_EMPTY, _SHORT, _FLAT, _INFINITE, _FINITE = range(5)


@dataclass(frozen=True)
class Measures:
    """The measures of many curves, one entry a curve.

    Attributes
    ----------
    n_scales : ndarray of int64
        Points that were neither missing nor infinite.
    emergence_score : ndarray of float64
        Mirage equation 1; +-inf where the median step is 0; NaN where ``status`` is empty.
    sharpness : ndarray of float64
        ``emergence_score / (n_scales - 1)``: 1 for a straight line over any number of scales.
    linearity : ndarray of float64
        The emergence score with the mean in place of the median.
    discontinuity : ndarray of float64
        PaLM's, in points of 0..100 between low and high score; NaN where unknown.
    onset : ndarray of float64
        Share of the range of log scale before the largest step; NaN for flat curves.
    early : ndarray of bool
        The onset lies in the first third. False where the onset is unknown.
    status : ndarray of int8
        Index into `STATUSES`.
    tie_sensitive : ndarray of bool
        The sign would change if the last of several equal extremes were taken.
    """

    n_scales: NDArray[np.int64]
    emergence_score: NDArray[np.float64]
    sharpness: NDArray[np.float64]
    linearity: NDArray[np.float64]
    discontinuity: NDArray[np.float64]
    onset: NDArray[np.float64]
    early: NDArray[np.bool_]
    status: NDArray[np.int8]
    tie_sensitive: NDArray[np.bool_]


def emergence_score(scores: ArrayLike) -> NDArray[np.float64]:
    """Emergence score of each curve (Mirage, equation 1).

    ``sign(argmax - argmin) * (max - min) / sqrt(median of squared steps)``. The median of
    an even number of steps is the mean of the middle two. Of several equal extremes the
    first counts. A flat curve scores 0; one whose median step is 0 scores +-inf.

    Parameters
    ----------
    scores : array_like of float, shape (n_curves, n_points) or (n_points,)
        Oriented scores in the order of scale; NaN and infinite points are left out.

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        NaN where fewer than two points remain.

    References
    ----------
    .. [1] R. Schaeffer, B. Miranda, S. Koyejo, "Are Emergent Abilities of Large Language
       Models a Mirage?", arXiv 2304.15004v2, equation 1.

    Examples
    --------
    >>> emergence_score([0.0, 0.1, 0.2, 0.3]).round(12)
    array([3.])
    """
    return measure(scores).emergence_score


def measure(
    scores: ArrayLike,
    scales: ArrayLike | None = None,
    low_score: ArrayLike | None = None,
    high_score: ArrayLike | None = None,
) -> Measures:
    """All measures of many curves.

    Parameters
    ----------
    scores : array_like of float, shape (n_curves, n_points) or (n_points,)
        Oriented scores in the order of scale. NaN is padding or a missing point and may
        stand anywhere; infinite points are left out as well.
    scales : array_like of float, same shape, optional
        Model scales, positive and rising along each row where the score is usable.
        Without them ``onset`` is unknown.
    low_score, high_score : array_like of float, shape (n_curves,), optional
        The score of guessing and the best possible one, oriented like the scores; NaN
        where unknown. Without them ``discontinuity`` is unknown.

    Returns
    -------
    Measures

    Raises
    ------
    ValueError
        If the shapes do not fit each other.
    """
    y = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    n_curves = len(y)
    x = None if scales is None else np.atleast_2d(np.asarray(scales, dtype=np.float64))
    if x is not None and x.shape != y.shape:
        raise ValueError(f"scores have shape {y.shape}, scales {x.shape}")
    low = _one_a_curve(low_score, n_curves, "low_score")
    room = _one_a_curve(high_score, n_curves, "high_score") - low
    room[room == 0] = np.nan

    usable = np.isfinite(y)
    n_scales = np.count_nonzero(usable, axis=1)
    result = _unknown(n_curves, n_scales)

    # One pass a curve length: rows of equal length need no masks and no NaN-aware
    # functions, which is several times faster than np.nanmedian over the padded array.
    flat_y, flat_x = y[usable], None if x is None else x[usable]
    starts = np.cumsum(n_scales) - n_scales
    by_length = np.argsort(n_scales.astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(n_scales, minlength=1))
    for n in range(2, len(ends)):
        for begin in range(ends[n - 1], ends[n], _BLOCK):
            rows = by_length[begin : min(begin + _BLOCK, ends[n])]
            _measure_one_length(result, rows, n, starts[rows], flat_y, flat_x, room)
    return result


def _one_a_curve(values: ArrayLike | None, n_curves: int, name: str) -> NDArray[np.float64]:
    if values is None:
        return np.full(n_curves, np.nan)
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    if array.size != n_curves:
        raise ValueError(f"{name} has {array.size} entries for {n_curves} curves")
    return array


def _unknown(n_curves: int, n_scales: NDArray) -> Measures:
    """Measures in which nothing is known yet but the number of scales."""
    nan = {
        field.name: np.full(n_curves, np.nan)
        for field in fields(Measures)
        if "float64" in str(field.type)
    }
    return Measures(
        n_scales=n_scales,
        early=np.zeros(n_curves, bool),
        status=np.full(n_curves, _EMPTY, np.int8),
        tie_sensitive=np.zeros(n_curves, bool),
        **nan,
    )


def _measure_one_length(
    result: Measures,
    rows: NDArray[np.intp],
    n: int,
    starts: NDArray[np.intp],
    flat_y: NDArray[np.float64],
    flat_x: NDArray[np.float64] | None,
    room: NDArray[np.float64],
) -> None:
    """Fill ``result[rows]``: curves of n points, which start at ``starts`` in the flat arrays."""
    y = flat_y[starts + np.arange(n)[:, None]]  # (n, rows): each operation runs over the curves
    steps = np.diff(y, axis=0)
    sizes = np.sort(np.abs(steps), axis=0)
    top, bottom = y.max(axis=0), y.min(axis=0)
    spread = top - bottom
    flat = spread == 0
    first, last = _direction(y, top, bottom)

    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(flat, 0.0, first * (spread / _root_median_square(sizes)))
        # The largest step scales the sum: no squared step can over- or underflow.
        # One row after another: einsum and sum add a curve that is alone in another order.
        largest = sizes[-1]
        sum_of_squares = np.zeros_like(largest)
        for size in sizes:
            sum_of_squares += (size / largest) ** 2
        mean_square = sum_of_squares / (n - 1)
        linearity = np.where(flat, 0.0, first * (spread / (largest * np.sqrt(mean_square))))

    status = np.where(np.isinf(score), _INFINITE, _FINITE)
    status[flat] = _FLAT
    if n < FEWEST_SCALES:
        status[:] = _SHORT
    result.emergence_score[rows] = score
    result.sharpness[rows] = score / (n - 1)
    result.linearity[rows] = linearity
    result.status[rows] = status
    result.tie_sensitive[rows] = ~flat & (first != last)

    if n >= 3:
        result.discontinuity[rows] = 100 * (steps[-1] - steps[-2]) / room[rows]
    if flat_x is not None:
        # The largest step in the direction of the curve: the fall of a falling curve.
        steps *= first
        lowest = flat_x[starts]
        start = flat_x[starts + _first_index(steps == steps.max(axis=0))]
        with np.errstate(divide="ignore", invalid="ignore"):
            onset = np.log(start / lowest) / np.log(flat_x[starts + (n - 1)] / lowest)
        onset[flat] = np.nan
        result.onset[rows] = onset
        result.early[rows] = onset < EARLY_BEFORE - ROUNDING


def _direction(
    y: NDArray[np.float64], top: NDArray[np.float64], bottom: NDArray[np.float64]
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Sign of argmax - argmin of each column, by the first and by the last of equal extremes."""
    at_top, at_bottom = y == top, y == bottom
    first = np.sign(_first_index(at_top) - _first_index(at_bottom))
    last = np.sign(_first_index(at_bottom[::-1]) - _first_index(at_top[::-1]))
    return first, last


def _first_index(hit: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Index of the first hit in each column, every column having one.

    One step for each of the few points: numpy's argmax along so short an axis is called
    once a column and takes twice as long.
    """
    waiting = np.ones(hit.shape[1], bool)
    index = np.zeros(hit.shape[1], np.int16)
    for row in hit[:-1]:
        np.greater(waiting, row, out=waiting)  # waiting and not row, in one operation
        index += waiting
    return index


def _root_median_square(sorted_sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """sqrt(median(size**2)) along the first axis, of sizes sorted along it.

    The square is monotone, so the median of squares is found among the sizes; for an even
    count it is the mean of the two middle squares. `hypot` keeps tiny steps from
    vanishing when squared, which would make a finite score infinite.
    """
    count = len(sorted_sizes)
    upper = sorted_sizes[count // 2]
    if count % 2:
        return upper
    return np.hypot(sorted_sizes[count // 2 - 1], upper) / np.sqrt(2.0)
