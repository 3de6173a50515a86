"""Safeguarded Newton steps from starting points to the nearest optimum of the law.

Of many curves at once, under bounds on floor, gap, location and exponent.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from emergence.inference.link import HIGHEST_LOCATION, expanded_link, link
from emergence.inference.model import (
    LAW,
    Bounds,
    Curves,
    Floats,
    LawFit,
    add_up,
    blocks,
    log_likelihood,
    steepest,
)

#: The top is reached when the Newton step promises less log-likelihood than this: far below
#: 1e-6, and about the rounding of the sum for the largest curves (1e6 trials).
_TOLERANCE = 1e-9

#: From there on a few steps more make the parameters exact, not only the likelihood, so that
#: they agree between machines whose elementary functions differ in the last bit.
_EXACT, _MOST_POLISHING = 1e-20, 6

#: Nothing that was fitted has taken more.
MOST_ITERATIONS = 200

#: Iterations before a starting point that lags behind another one is given up.
_HEAD_START = 16

#: A gap between floor and ceiling below this is the constant.
_NO_GAP = 1e-10

#: Damping above this has shrunk the step below rounding.
_MOST_DAMPING = 1e12


#: Pairs of parameters (floor, gap, location, exponent) in the order of a packed matrix.
_PAIRS = [(i, j) for i in range(4) for j in range(i + 1)]
_AT = {pair: index for index, pair in enumerate(_PAIRS)}

#: Where the entries of the whole matrix are in a packed one.
_SQUARE = np.array([[_AT[max(i, j), min(i, j)] for j in range(4)] for i in range(4)])


def _derivatives(curves: Curves, parameters: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Log-likelihood, gradient, and minus the Hessian in two parts.

    The first part of the Hessian is that of the parameters' effect to first order and never
    negative; the second is the rest, which makes the Newton step exact.
    """
    f, s, location, b = parameters
    m = parameters.shape[1]
    d = 1.0 - f - s
    # One after the other, so that the sums are the same however many are worked on together.
    total = np.zeros((20, m))
    for some in blocks(curves.n_points, m):
        k, n, t = curves.successes[some], curves.trials[some], curves.distance[some]
        terms = np.empty((20, *k.shape))
        g, h, gz, bent = expanded_link(location + b * t)
        p = f + d * g
        q = s + d * h
        if curves.variance == "constant":
            slope, curvature = k - n * p, n
            np.multiply(slope, -0.5 * slope / n, out=terms[0])
        else:
            failures = n - k
            np.add(xlogy(k, p), xlogy(failures, q), out=terms[0])
            p, q = np.maximum(p, 1e-140), np.maximum(q, 1e-140)
            over_p, over_q = k / p, failures / q
            slope = over_p - over_q
            curvature = over_p / p + over_q / q
        along = -d * gz  # dp / d location; times t, dp / d exponent
        slopes, first, rest = terms[1:5], terms[5:15], terms[15:]
        np.multiply(slope, h, out=slopes[0])
        np.multiply(slope, -g, out=slopes[1])
        sa = np.multiply(slope, along, out=slopes[2])
        np.multiply(sa, t, out=slopes[3])
        ch, cg, ca = curvature * h, curvature * g, curvature * along
        cat = ca * t
        np.multiply(ch, h, out=first[0])
        np.multiply(ch, -g, out=first[1])
        np.multiply(cg, g, out=first[2])
        np.multiply(ca, h, out=first[3])
        np.multiply(ca, -g, out=first[4])
        np.multiply(ca, along, out=first[5])
        np.multiply(cat, h, out=first[6])
        np.multiply(cat, -g, out=first[7])
        np.multiply(np.multiply(cat, along, out=first[8]), t, out=first[9])
        # d2p / d floor d location, and for the gap as well
        np.multiply(np.multiply(-slope, gz, out=rest[0]), t, out=rest[1])
        # d2p / d location2 = -along * bent, to be taken negative
        bend = np.multiply(sa, bent, out=rest[2])
        np.multiply(np.multiply(bend, t, out=rest[3]), t, out=rest[4])
        for j in range(len(k)):
            total += terms[:, j]
    rest = np.zeros((10, m))
    rest[[3, 6, 5, 8, 9]] = total[15:]
    rest[[4, 7]] = total[15:17]
    return total[0], total[1:5], total[5:15], rest


def _cholesky_solve(matrix: Floats, right: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Solve 4 x 4 systems, one a column, by Cholesky; say where the matrix is positive.

    Written out, since a batched solver may choose another order of operations.
    """
    left = matrix[_SQUARE]
    lower = np.empty_like(left)
    positive = np.ones(matrix.shape[1], bool)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for i in range(4):
            pivot = left[i, i]
            # A pivot that is rounding only is no pivot.
            positive &= pivot > 1e-13 * matrix[_AT[i, i]]
            lower[i, i] = np.sqrt(np.maximum(pivot, 0.0))
            below = np.divide(left[i + 1 :, i], lower[i, i], out=lower[i + 1 :, i])
            left[i + 1 :, i + 1 :] -= below[:, None] * below
        solution = right.copy()
        for i in range(4):
            solution[i] /= lower[i, i]
            solution[i + 1 :] -= lower[i + 1 :, i] * solution[i]
        for i in reversed(range(4)):
            for j in range(i + 1, 4):
                solution[i] -= lower[j, i] * solution[j]
            solution[i] /= lower[i, i]
    return solution, positive


def climb(
    curves: Curves,
    bounds: Bounds,
    start: Floats,
    rivals: int,
    most_iterations: int = MOST_ITERATIONS,
) -> LawFit:
    """Climb from each starting point to the nearest optimum of the law.

    Columns that are ``len(curves) / rivals`` apart are the same curve; one that will not
    overtake its best rival is given up, with no likelihood at all.
    """
    m = len(curves)
    lower, upper = _box(curves, bounds)
    parameters = np.clip(start, lower, upper)
    parameters = _with_gap(parameters, lower)
    converged = np.zeros(m, bool)
    damping = np.full(m, 1e-3)
    polished = np.zeros(m, np.int8)
    given_up = np.zeros(m, bool)
    value, gradient, first, rest = _derivatives(curves, parameters)

    active = np.arange(m)
    for iteration in range(most_iterations):
        if not active.size:
            break
        now = parameters[:, active]
        low, high = lower[:, active], upper[:, active]
        step, promise = _step(
            now, gradient[:, active], first[:, active], rest[:, active], damping[active], low, high
        )
        # Where damping is strong a short step promises little however far the top is.
        near = (promise < _TOLERANCE) & (damping[active] <= 1e-2)
        polished[active] += near
        done = near & ((promise < _EXACT) | (polished[active] > _MOST_POLISHING))
        done |= 1.0 - now[0] - now[1] < _NO_GAP
        converged[active] |= near | done
        # No step upwards is left within rounding: it stays unconverged.
        go = ~done & (damping[active] < _MOST_DAMPING)
        if rivals > 1 and iteration >= _HEAD_START:
            leading = np.tile(value.reshape(rivals, -1).max(axis=0), rivals)[active]
            hopeless = value[active] + 10.0 * np.maximum(promise, 0.0) < leading - _TOLERANCE
            go &= ~hopeless
            given_up[active] |= hopeless
        active, now, step, near = active[go], now[:, go], step[:, go], near[go]
        if not active.size:
            break
        some = curves.take(active)
        proposed = _inside(now, step, some.distance[0], low[:, go], high[:, go])
        new = _derivatives(some, proposed)
        rounding = np.where(near, _TOLERANCE, 1e-14 * np.abs(value[active]))
        up = new[0] >= value[active] - rounding
        accepted = active[up]
        parameters[:, accepted] = proposed[:, up]
        value[accepted] = new[0][up]
        for old, fresh in zip((gradient, first, rest), new[1:], strict=True):
            old[:, accepted] = fresh[:, up]
        damping[accepted] = np.maximum(damping[accepted] * 0.1, 1e-9)
        damping[active[~up]] *= 8.0
    fit = _as_fit(curves, parameters, converged)
    return replace(fit, log_likelihood=np.where(given_up, -np.inf, fit.log_likelihood))


def _box(curves: Curves, bounds: Bounds) -> tuple[Floats, Floats]:
    """Lower and upper bounds of the four parameters."""
    cap = steepest(curves)
    largest = np.minimum(bounds.exponent_high, cap)
    lowest = -largest * curves.distance[0] - 40.0
    lower = np.stack(
        [bounds.floor_low, bounds.gap_low, lowest, np.minimum(bounds.exponent_low, cap)]
    )
    highest = np.full(len(curves), HIGHEST_LOCATION)
    upper = np.stack([bounds.floor_high, bounds.gap_high, highest, largest])
    return lower, upper


def _with_gap(parameters: Floats, lower: Floats) -> Floats:
    """Shrink floor and gap where they leave no room for a rise."""
    result = parameters.copy()
    excess = np.maximum(result[0] + result[1] - 0.999, 0.0)
    for row in (1, 0):
        cut = np.minimum(excess, result[row] - lower[row])
        result[row] -= cut
        excess = excess - cut
    return result


def _step(
    now: Floats,
    gradient: Floats,
    first: Floats,
    rest: Floats,
    damping: Floats,
    low: Floats,
    high: Floats,
) -> tuple[Floats, Floats]:
    """Newton step on the parameters that are free to move, and what it promises.

    A parameter at a bound that the gradient pushes against is held. Where the Hessian is
    not negative definite, its first part, which is, takes its place.
    """
    held = ((now <= low) & (gradient <= 0)) | ((now >= high) & (gradient >= 0)) | (low == high)
    right = np.where(held, 0.0, gradient)
    newton = _free_part(first + rest, first, damping, held)
    step, positive = _cholesky_solve(newton, right)
    if not positive.all():
        safe = _free_part(first, first, np.maximum(damping, 1e-6), held)
        instead, definite = _cholesky_solve(safe, right)
        # Flat in some direction to all digits: steepest ascent in the diagonal's scale.
        diagonal = np.stack([safe[_AT[i, i]] for i in range(4)])
        slow = right / np.maximum(diagonal, 1e-300)
        instead = np.where(definite, instead, slow)
        step = np.where(positive, step, instead)
    promise = 0.5 * (
        right[0] * step[0] + right[1] * step[1] + right[2] * step[2] + right[3] * step[3]
    )
    return step, promise


def _free_part(matrix: Floats, scale: Floats, damping: Floats, held: NDArray[np.bool_]) -> Floats:
    """Damp the diagonal, and make rows and columns of held parameters those of the identity."""
    result = matrix.copy()
    for i, j in _PAIRS:
        row = result[_AT[i, j]]
        if i == j:
            row += damping * scale[_AT[i, i]] + 1e-12
            row[held[i]] = 1.0
        else:
            row[held[i] | held[j]] = 0.0
    return result


def _inside(now: Floats, step: Floats, distance: Floats, low: Floats, high: Floats) -> Floats:
    """Go along the step, stop at each bound, and keep a twentieth of the rise."""
    # No further than a few units of the exponent's double exponential at once.
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.maximum(np.abs(step[2]) / 5.0, np.abs(step[3]) / (0.5 * now[3] + 1.0))
    step = step / np.maximum(size, 1.0)
    proposed = np.clip(now + step, low, high)
    _follow_the_ends(now, step, proposed, distance, low, high)
    rise, new_rise = 1.0 - now[0] - now[1], 1.0 - proposed[0] - proposed[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(new_rise < 0.05 * rise, 0.95 * rise / (rise - new_rise), 1.0)
    for row in (0, 1):
        proposed[row] = np.where(
            part < 1.0, now[row] + part * (proposed[row] - now[row]), proposed[row]
        )
    return proposed


def _follow_the_ends(
    now: Floats,
    step: Floats,
    proposed: Floats,
    distance: Floats,
    low: Floats,
    high: Floats,
) -> None:
    """Move floor and gap so that both ends of the curve go where the step sends them.

    Data fix the ends of a gentle curve well and its shape badly: floor, gap, location and
    exponent then lie on a bent ridge, on which straight steps hardly move. To first order
    this is the same step.
    """
    g_old, _, slope_old, _ = expanded_link(now[2] + now[3] * distance)
    g_last_old, _, slope_last_old, _ = expanded_link(now[2])
    g = link(proposed[2] + proposed[3] * distance)
    g_last = link(proposed[2])
    rise = 1.0 - now[0] - now[1]

    def end(g_now: Floats, slope: Floats, t: Floats) -> Floats:
        along = -rise * slope * (step[2] + t * step[3])
        return now[0] + rise * g_now + (1.0 - g_now) * step[0] - g_now * step[1] + along

    first = end(g_old, slope_old, distance)
    last = end(g_last_old, slope_last_old, 0.0 * distance)
    held_floor = (proposed[0] == now[0]) & (step[0] == 0.0)
    held_gap = (proposed[1] == now[1]) & (step[1] == 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        both = (last - first) / (g_last - g)
        floor = np.where(held_gap, (first - (1.0 - now[1]) * g) / (1.0 - g), first - both * g)
        ceiling = np.where(held_floor, now[0] + (last - now[0]) / g_last, first - both * g + both)
    for row, value, held in ((0, floor, held_floor), (1, 1.0 - ceiling, held_gap)):
        usable = ~held & np.isfinite(value)
        proposed[row] = np.where(usable, np.clip(value, low[row], high[row]), proposed[row])


def _as_fit(curves: Curves, parameters: Floats, converged: NDArray[np.bool_]) -> LawFit:
    floor, gap, location, exponent = parameters
    probability = np.empty_like(curves.successes)
    failure = np.empty_like(probability)
    rise = 1.0 - floor - gap
    for j, t in enumerate(curves.distance):
        g, h, _, _ = expanded_link(location + exponent * t)
        probability[j] = floor + rise * g
        failure[j] = gap + rise * h
    k, n = curves.successes, curves.trials
    if curves.variance == "constant":
        value = log_likelihood(curves, probability)
    else:
        value = add_up(xlogy(k, probability) + xlogy(n - k, failure))
    return LawFit(
        kind=np.full(len(curves), LAW, np.int8),
        log_likelihood=value,
        floor=floor,
        ceiling=1.0 - gap,
        location=location,
        exponent=exponent,
        converged=converged,
        probability=probability,
    )
