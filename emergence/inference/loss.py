"""The law of losses: L(N) = L_inf + c N**-b, fitted to many curves at once.

The scatter of ln L is taken as the same at every scale, so that another unit of the loss
changes nothing but L itself. There is no floor: the smaller the model, the larger the loss.

With the smallest scale as the origin, s = ln(N / N_smallest) and S the range of s, the law is::

    ln L = ln A + ln(1 - g + g exp(-D)),   g = (1 - exp(-b s)) / (1 - exp(-b S))

where A is the loss at the smallest scale and D >= 0 the whole fall of ln L. L_inf >= 0 asks for
D <= b S, with the pure power law at D = b S. A is found in closed form, and D at a given b by a
few steps of Newton's method, since the sum of squares is close to a parabola in D; what is left
is one equation in b.

Curves are elements of arrays and points are rows, as in `emergence.inference.model`; every
operation across curves is elementwise.

References
----------
.. [1] J. Hestness et al., "Deep Learning Scaling is Predictable, Empirically", arXiv 1712.00409,
   section 2: a power law with a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from emergence.inference.model import (
    CONSTANT,
    LAW,
    NOMINAL_TRIALS,
    STEP,
    Floats,
    LawFit,
    add_up,
    distances,
    steepest,
)

#: Exponents of the grid in which the best one is looked for.
_GRID = 24

#: Steps of Newton's method for the fall at a given exponent, and of false position for the
#: exponent. Nothing that was fitted has taken more for all digits.
_FALL_STEPS, _FAR, _EXPONENT_STEPS = 14, 6, 24

#: exp(-b s) no smaller than this: beyond it the step is reached to all digits.
_MOST_DECAY = 300.0


@dataclass(frozen=True)
class LossCurves:
    """Losses of many curves of one length.

    Attributes
    ----------
    log_loss : ndarray of float64, shape (n_points, n_curves)
        ln L, less its mean over the points of the curve.
    mean : ndarray of float64, shape (n_curves,)
        That mean.
    distance : ndarray of float64, shape (n_points, n_curves)
        ln(largest scale / scale) of each point: falls to 0 at the last one.
    """

    log_loss: Floats
    mean: Floats
    distance: Floats

    @classmethod
    def from_rows(cls, log_losses: ArrayLike, scales: ArrayLike) -> LossCurves:
        """Take arrays with one row a curve.

        Parameters
        ----------
        log_losses : array_like, shape (n_curves, n_points)
            Logarithms of losses; lower is better.
        scales : array_like, shape (n_curves, n_points)
            Model scales, positive and rising along each row.

        Returns
        -------
        LossCurves

        Raises
        ------
        ValueError
            If the shapes differ, or a logarithm is not finite.
        """
        y = np.ascontiguousarray(np.atleast_2d(np.asarray(log_losses, np.float64)).T)
        if not np.isfinite(y).all():
            raise ValueError("losses must be positive and finite")
        mean = add_up(y) / len(y)
        return cls(y - mean, mean, distances(scales, y.shape))

    def __len__(self) -> int:
        """Return the number of curves."""
        return self.log_loss.shape[1]

    @property
    def n_points(self) -> int:
        """Number of points of each curve."""
        return len(self.log_loss)

    def take(self, columns: np.ndarray) -> LossCurves:
        """Return some of the curves, by number or by truth value."""
        return LossCurves(
            np.ascontiguousarray(self.log_loss[:, columns]),
            self.mean[columns],
            np.ascontiguousarray(self.distance[:, columns]),
        )

    def reversed(self) -> LossCurves:
        """Return the curves with their losses in the opposite order, on the same scales."""
        return LossCurves(np.ascontiguousarray(self.log_loss[::-1]), self.mean, self.distance)


def fit_loss(curves: LossCurves, exponent_high: float = np.inf) -> LawFit:
    """Fit the law of losses by least squares of ln L.

    Parameters
    ----------
    curves : LossCurves
        At least two points each.
    exponent_high : float, default inf
        The largest exponent allowed; inf allows the step, at which only the smallest model's
        loss is higher.

    Returns
    -------
    LawFit
        ``log_likelihood`` is minus half the sum of squares, times `NOMINAL_TRIALS`;
        ``probability`` has the fitted losses, ``ceiling`` is minus L_inf (the best score, higher
        being better), ``location`` is ln(c N**-b) at the largest scale, and ``floor`` is NaN:
        there is none.
    """
    best = fit_power(curves, exponent_high)
    if np.isinf(exponent_high):
        best = best.better_of(_step(curves))
    high = np.minimum(exponent_high, steepest(curves))
    slope = -_slope(curves)
    # Laws that fall by less than a quarter of the data's fall are worse than steeper ones.
    low = np.minimum(np.maximum(0.25 * slope, 1e-4 / curves.distance[0]), 0.25 * high)
    grid = np.linspace(np.log(low), np.log(high), _GRID)
    squares = np.stack([_at(curves, np.exp(x)).squares for x in grid])
    lowest = np.argmin(squares, axis=0)
    along = np.arange(len(curves))
    left = grid[np.maximum(lowest - 1, 0), along]
    right = grid[np.minimum(lowest + 1, _GRID - 1), along]
    best = best.better_of(_as_fit(curves, np.exp(_stationary(curves, left, right))))
    # Where there is nothing to be found between its neighbours, the grid's own best.
    return best.better_of(_as_fit(curves, np.exp(grid[lowest, along])))


def loss_at(curves: LossCurves, exponents: ArrayLike) -> list[LawFit]:
    """Fit the law of losses at given exponents: the profile of the likelihood.

    Parameters
    ----------
    curves : LossCurves
    exponents : array_like of float, shape (n_exponents,) or (n_exponents, n_curves)
        From 0, the constant, to inf, the step; those are the same for all curves.

    Returns
    -------
    list of LawFit
        One an exponent; see `fit_loss`.
    """
    found = []
    for exponent in np.asarray(exponents, np.float64):
        if np.all(exponent == 0):
            found.append(_constant(curves))
        elif np.all(np.isinf(exponent)):
            found.append(_constant(curves).better_of(_step(curves)))
        else:
            found.append(_as_fit(curves, np.minimum(exponent, steepest(curves))))
    return found


def fit_power(curves: LossCurves, exponent_high: float = np.inf) -> LawFit:
    """Fit the pure power law, L_inf = 0: a line of ln L over ln N that does not rise.

    Parameters
    ----------
    curves : LossCurves
    exponent_high : float, default inf
        The largest exponent allowed.

    Returns
    -------
    LawFit
        The law or the constant; see `fit_loss`.
    """
    b = np.clip(-_slope(curves), 0.0, exponent_high)
    s = curves.distance[0] - curves.distance
    line = -b * s
    residual = curves.log_loss - (line - add_up(line) / len(line))
    start = curves.mean - add_up(line) / len(line)
    law = _filled(
        curves,
        kind=LAW,
        residual=residual,
        ceiling=np.zeros(len(curves)),
        location=start + line[-1],
        exponent=b,
    )
    return _constant(curves).better_of(law)


@dataclass(frozen=True)
class _Fall:
    """The best fall of ln L at given exponents."""

    fall: Floats
    squares: Floats
    residual: Floats
    #: Of half the sum of squares, over the exponent's logarithm.
    slope: Floats


def _at(curves: LossCurves, b: Floats) -> _Fall:
    """Find the best fall D at the given exponents, one a curve."""
    s = curves.distance[0] - curves.distance
    span = curves.distance[0]
    decay = np.exp(-np.minimum(b * s, _MOST_DECAY))
    last = decay[-1]
    whole = -np.expm1(-np.minimum(b * span, _MOST_DECAY))
    part = -np.expm1(-np.minimum(b * s, _MOST_DECAY)) / whole
    # 1 - part, without the difference of two numbers near 1.
    rest = decay * -np.expm1(-np.minimum(b * curves.distance, _MOST_DECAY)) / whole
    most = np.minimum(b * span, _MOST_DECAY)
    y = curves.log_loss
    fall = np.clip(y[0] - y[-1], 0.0, most)
    for turn in range(_FALL_STEPS):
        left = np.exp(-fall)
        within = rest + part * left
        weight = part * left / within
        curve = np.log(within)
        residual = y - (curve - add_up(curve) / len(curve))
        centred = weight - add_up(weight) / len(weight)
        # Of half the sum of squares; residuals and centred weights both sum to 0.
        slope = add_up(residual * centred)
        bend = add_up(centred * centred) - add_up(residual * weight * (1.0 - weight))
        safe = add_up(centred * centred)
        # Far from the lowest point the curvature without the residuals, which is never negative.
        bend = np.where(bend > (0.1 if turn < _FAR else 1e-3) * safe, bend, safe)
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.where(bend > 0, -slope / bend, 0.0)
        # No more than one unit at once: the parabola holds near its lowest point only.
        fall = np.clip(fall + np.clip(step, -1.0, 1.0), 0.0, most)
    left = np.exp(-fall)
    within = rest + part * left
    curve = np.log(within)
    residual = y - (curve - add_up(curve) / len(curve))
    # d part / d ln b; a fall at its upper end b S moves with b.
    turned = (
        np.minimum(b * s, _MOST_DECAY) * decay * whole
        - -np.expm1(-np.minimum(b * s, _MOST_DECAY)) * most * last
    ) / whole**2
    by_part = np.expm1(-fall) * turned / within
    weight = part * left / within
    bound = (fall >= most) & (add_up(residual * weight) < 0)
    by_exponent = by_part - np.where(bound, most, 0.0) * weight
    return _Fall(fall, add_up(residual * residual), residual, -add_up(residual * by_exponent))


def _stationary(curves: LossCurves, left: Floats, right: Floats) -> Floats:
    """Find the logarithm of the exponent between two at which the squares are the least.

    Their slope changes its sign there (Illinois's false position, and halves); where it does
    not, the squares still fall at an end of all that is allowed.
    """
    f_left, f_right = _at(curves, np.exp(left)).slope, _at(curves, np.exp(right)).slope
    ends = (f_left > 0) | (f_right <= 0)
    end = np.where(f_left > 0, left, right)
    side = np.zeros(len(curves), np.int8)
    middle = 0.5 * (left + right)
    for turn in range(_EXPONENT_STEPS):
        with np.errstate(invalid="ignore", divide="ignore"):
            cut = f_left / (f_left - f_right)
        cut = np.where(np.isfinite(cut) & (turn % 3 > 0), np.clip(cut, 0.0, 1.0), 0.5)
        middle = left + cut * (right - left)
        value = _at(curves, np.exp(middle)).slope
        below = value <= 0
        f_right = np.where(below & (side == 1), 0.5 * f_right, f_right)
        f_left = np.where(~below & (side == -1), 0.5 * f_left, f_left)
        side = np.where(below, 1, -1).astype(np.int8)
        left, f_left = np.where(below, middle, left), np.where(below, value, f_left)
        right, f_right = np.where(below, right, middle), np.where(below, f_right, value)
    return np.where(ends, end, middle)


def _as_fit(curves: LossCurves, b: Floats) -> LawFit:
    found = _at(curves, b)
    span = curves.distance[0]
    start = _start(curves, found.residual)
    # A (1 - exp(-D)) = c N_smallest**-b (1 - exp(-b S)).
    with np.errstate(divide="ignore"):
        location = np.log(-np.expm1(-found.fall)) - np.log(-np.expm1(-b * span)) - b * span
    pure = found.fall >= np.minimum(b * span, _MOST_DECAY)
    reducible = np.where(pure, 1.0, -np.expm1(-found.fall) / -np.expm1(-b * span))
    return _filled(
        curves,
        kind=LAW,
        residual=found.residual,
        ceiling=-np.exp(start) * (1.0 - reducible),
        location=start + location,
        exponent=b,
    )


def _constant(curves: LossCurves) -> LawFit:
    return _filled(
        curves,
        kind=CONSTANT,
        residual=curves.log_loss,
        ceiling=-np.exp(curves.mean),
        location=np.full(len(curves), np.nan),
        exponent=np.zeros(len(curves)),
    )


def _step(curves: LossCurves) -> LawFit:
    """Fit the limit b -> inf: the smallest model's loss, and one for all the others."""
    y = curves.log_loss
    others = add_up(y[1:]) / (len(y) - 1)
    residual = y - others
    residual[0] = 0.0
    falls = y[0] > others
    return _filled(
        curves,
        kind=STEP,
        residual=np.where(falls, residual, y),
        ceiling=-np.exp(curves.mean + np.where(falls, others, 0.0)),
        location=np.full(len(curves), np.nan),
        exponent=np.full(len(curves), np.inf),
    )


def _filled(
    curves: LossCurves,
    *,
    kind: int,
    residual: Floats,
    ceiling: Floats,
    location: Floats,
    exponent: Floats,
) -> LawFit:
    return LawFit(
        kind=np.full(len(curves), kind, np.int8),
        log_likelihood=-0.5 * NOMINAL_TRIALS * add_up(residual * residual),
        floor=np.full(len(curves), np.nan),
        ceiling=ceiling,
        location=location,
        exponent=exponent,
        converged=np.ones(len(curves), bool),
        probability=np.exp(curves.mean + curves.log_loss - residual),
    )


def _start(curves: LossCurves, residual: Floats) -> Floats:
    """Return ln of the fitted loss at the smallest scale."""
    return curves.mean + curves.log_loss[0] - residual[0]


def _slope(curves: LossCurves) -> Floats:
    """Least squares slope of ln L over ln N."""
    s = curves.distance[0] - curves.distance
    centred = s - add_up(s) / len(s)
    return add_up(centred * curves.log_loss) / add_up(centred * centred)
