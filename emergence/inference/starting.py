"""Where the search for the best law starts: the best points of a grid."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from emergence.inference.link import link
from emergence.inference.model import (
    LAW,
    Bounds,
    Curves,
    Floats,
    LawFit,
    add_up,
    blocks,
    steepest,
)

#: Products of exponent and range of log scale at which the unbounded search starts.
_STEEPNESSES = (0.4, 1.2, 3.0, 6.0, 12.0, 24.0, 60.0, 150.0)

#: Parts of the largest exponent at which a bounded search starts.
_PARTS = (0.1, 0.3, 0.6, 1.0)

#: Points of the grid that are climbed from, by each kind of weights.
_STARTS, _STARTS_POOLED = 6, 4

#: Location plus exponent times distance at which the law is at half of its height.
_HALF = -0.4


def starts(curves: Curves, bounds: Bounds, start: LawFit | None) -> Iterator[Floats]:
    """Yield arrays of parameters (floor, gap, location, exponent) to climb from."""
    if start is not None:
        yield parameters_of(start)
    grid = _grid(curves, bounds)
    yield from _best_of_grid(curves, bounds, grid)


def starts_at_exponent(curves: Curves, bounds: Bounds, start: LawFit) -> Iterator[Floats]:
    """Yield points to climb from at one exponent: a neighbour's fit, and the lowest valleys.

    Parameters
    ----------
    curves : Curves
    bounds : Bounds
        The exponent is fixed.
    start : LawFit
        At another exponent: the middle of its rise stays in place.
    """
    exponent = bounds.exponent_high
    parameters = parameters_of(start)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.clip((_HALF - parameters[2]) / parameters[3], 0.0, curves.distance[0])
    middle = np.where(np.isfinite(middle), middle, 0.0)
    yield np.stack([*parameters[:2], _HALF - exponent * middle, exponent])
    weight = _weights(curves)
    searched = np.minimum(exponent, steepest(curves))
    for valleys in _valleys(curves, bounds, weight, searched):
        yield valleys[0, 1:]


def parameters_of(fit: LawFit) -> Floats:
    """Return the parameters of fits of the law, as a place to climb from.

    Parameters
    ----------
    fit : LawFit

    Returns
    -------
    ndarray of float64, shape (4, n_curves)
        Floor, gap, location, exponent; some law for fits that are none.
    """
    usable = fit.kind == LAW
    return np.stack(
        [
            np.where(usable, fit.floor, 0.0),
            np.where(usable, 1.0 - fit.ceiling, 0.0),
            np.where(usable, fit.location, 0.0),
            np.where(usable, fit.exponent, 1.0),
        ]
    )


def _grid(curves: Curves, bounds: Bounds) -> list[Floats]:
    """Exponents at which the search starts, each one entry a curve."""
    low, high = bounds.exponent_low, np.minimum(bounds.exponent_high, steepest(curves))
    span = curves.distance[0]
    steep = [np.clip(value / span, low, high) for value in _STEEPNESSES]
    parts = [low + part * (high - low) for part in _PARTS]
    free = np.isinf(bounds.exponent_high)
    if (low == high).all():
        return [high]
    columns = [np.where(free, s, p) for s, p in zip(steep, parts, strict=False)]
    if free.any():
        columns += steep[len(parts) :]
    return columns


def _best_of_grid(curves: Curves, bounds: Bounds, exponents: list[Floats]) -> list[Floats]:
    """Return points of the grid that are low in weighted squares, by two kinds of weights.

    With weights from the raw shares the sum of squares is twice the loss of log-likelihood
    where the fit is good; where none is good, weights from the mean share rank better. At
    each exponent the two lowest valleys along the location count: the likelihood of a curve
    that goes up and down has several tops.
    """
    weight = _weights(curves)
    # (exponents, kinds, two valleys, five numbers, curves)
    found = np.stack([_valleys(curves, bounds, weight, b) for b in exponents])
    points: list[Floats] = []
    for kind, kept in enumerate((_STARTS, _STARTS_POOLED)):
        valleys = found[:, kind].reshape(-1, 5, len(curves))
        order = np.argsort(valleys[:, 0], axis=0, kind="stable")[:kept]
        points += list(np.take_along_axis(valleys[:, 1:], order[:, None], axis=0))
    return points


def _weights(curves: Curves) -> Floats:
    """Inverse variances, by the raw shares and by the mean share.

    Returns
    -------
    ndarray of float64, shape (n_points, 2, 1, n_curves)
    """
    k, n = curves.successes, curves.trials
    raw = (k + 0.5) / (n + 1.0)
    pooled = np.broadcast_to((add_up(k) + 0.5) / (add_up(n) + 1.0), raw.shape)
    share = np.stack([raw, pooled], axis=1)
    variance = 1.0 if curves.variance == "constant" else share * (1.0 - share)
    return np.broadcast_to(n[:, None] / variance, share.shape)[:, :, None]


def _valleys(curves: Curves, bounds: Bounds, weight: Floats, exponent: Floats) -> Floats:
    """Return the two lowest valleys along the location, for each kind of weights.

    Parameters
    ----------
    curves : Curves
    bounds : Bounds
    weight : ndarray of float64, shape (n_points, kinds, 1, n_curves)
    exponent : ndarray of float64, shape (n_curves,)

    Returns
    -------
    ndarray of float64, shape (kinds, 2, 5, n_curves)
        Loss and parameters.
    """
    y = curves.successes / curves.trials
    share = y[:, None, None]
    totals = add_up(weight), add_up(weight * share), add_up(weight * share * share)
    locations = np.stack(_locations(curves, exponent))
    line = np.empty((weight.shape[1], 5, *locations.shape))
    for some in blocks(len(locations), line.shape[0] * len(curves)):
        location = locations[some]
        fitted = _least_squares(curves, weight, totals, bounds, location, exponent)
        for row, values in enumerate((*fitted, location, exponent)):
            line[:, row, some] = values
    height = line[:, 0]
    valley = np.ones(height.shape, bool)
    valley[:, 1:] &= height[:, 1:] < height[:, :-1]
    valley[:, :-1] &= height[:, :-1] <= height[:, 1:]
    depth = np.where(valley, height, np.inf)
    order = np.argsort(depth, axis=1, kind="stable")[:, :2]
    lowest = np.take_along_axis(line, order[:, None], axis=2)
    first, second = lowest[:, :, 0], lowest[:, :, 1]
    # A line with one valley has no second: it is then the first again, but never preferred.
    alone = ~np.isfinite(np.take_along_axis(depth, order[:, 1:], axis=1))
    second = np.where(alone, first, second)
    second[:, 0] = np.where(alone[:, 0], np.inf, second[:, 0])
    return np.stack([first, second], axis=1)


def _locations(curves: Curves, exponent: Floats) -> list[Floats]:
    """Return rising locations: with the slope at each scale, between each two, and beyond.

    However steep the law, no scale or gap is passed over.
    """
    t = curves.distance
    beyond = [-exponent * t[0] - depth for depth in (5.0, 3.5, 2.0)]
    slopes = [t[0]]
    for farther, nearer in pairwise(t):
        slopes += [0.5 * (farther + nearer), nearer]
    within = [_HALF - exponent * slope for slope in slopes]
    return [*beyond, *within, *(np.full(len(curves), above) for above in (0.4, 1.1, 1.8, 2.5))]


def _least_squares(
    curves: Curves,
    weight: Floats,
    totals: tuple[Floats, Floats, Floats],
    bounds: Bounds,
    location: Floats,
    exponent: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Floor and gap of the weighted least squares line on the law's shape, kept in bounds.

    For several locations of each curve, shape (n_locations, n_curves), and each kind of weights.
    """
    y = curves.successes / curves.trials
    s, sy, syy = totals
    sg, sgg, sgy = np.zeros((3, weight.shape[1], *location.shape))
    for j in range(len(y)):
        g = link(location + exponent * curves.distance[j])
        wg = weight[j] * g
        sg += wg
        sgg += wg * g
        sgy += wg * y[j]
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = (s * sgy - sg * sy) / (s * sgg - sg * sg)
        rise = np.where(np.isfinite(rise), np.maximum(rise, 0.0), 0.0)
        floor = np.clip((sy - rise * sg) / s, bounds.floor_low, bounds.floor_high)
        rise = np.where(sgg > 0, (sgy - floor * sg) / sgg, 0.0)
        gap = np.clip(1.0 - floor - rise, bounds.gap_low, bounds.gap_high)
        # Floor and gap leave some rise, and neither starts on a bound that makes a success
        # or a failure impossible.
        floor = np.clip(floor, np.minimum(bounds.floor_low + 1e-4, bounds.floor_high), None)
        floor = np.minimum(floor, bounds.floor_high)
        gap = np.minimum(np.maximum(gap, bounds.gap_low + 1e-4), bounds.gap_high)
        excess = np.maximum(floor + gap - 0.99, 0.0)
        gap_room = np.where(bounds.gap_low < bounds.gap_high, gap - bounds.gap_low, 0.0)
        cut = np.minimum(excess, gap_room)
        gap -= cut
        floor = np.where(
            bounds.floor_low < bounds.floor_high,
            np.maximum(floor - (excess - cut), bounds.floor_low),
            floor,
        )
        rise = 1.0 - floor - gap
    loss = (
        syy - 2 * floor * sy - 2 * rise * sgy + floor**2 * s + 2 * floor * rise * sg + rise**2 * sgg
    )
    return loss, floor, gap
