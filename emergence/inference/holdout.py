"""The largest model predicted from all the others by a smooth law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from emergence.inference.dispersion import Dispersion, dispersion
from emergence.inference.draws import LEAST_SHAPES
from emergence.inference.links import LAW_LINK
from emergence.inference.model import Curves, Floats
from emergence.inference.steep import fit_laws
from emergence.inference.streams import generator

#: Where the last score lies.
STATUSES = ("inside", "outside_above", "outside_below", "uninformative")
INSIDE, ABOVE, BELOW, UNINFORMATIVE = range(4)

#: Range of the location at the largest fitted scale: the law is within .003 of its ceiling
#: there, and at 1e-14 of its rise.
_LOWEST_LOCATION, _HIGHEST_LOCATION = -6.0, 3.5

#: Cells of three grids over exponent and location: the first is laid over all of them, each
#: further one over the part that the data leave. One grid as fine for all would take 10,000
#: cells for a curve of twelve models with 1,000 examples.
_CELLS = ((8, 24), (8, 16), (10, 20))

#: Cells are left out of the next grid if their log weight is lower by this than the best.
_OUT_OF_QUESTION = 12.0

#: The grid's weights are taken to this power to choose from it, and floor and ceiling are drawn
#: with this many standard deviations: what is drawn must reach further than what is sought.
_TEMPER, _WIDER = 0.8, 1.2

#: Weight of a preference for the middle in the approximation that floor and ceiling are drawn
#: from; without it they have no bounds where the curve has not begun to rise, or has ended.
_MIDDLE = 4.0

#: Forms of the law, with equal weight: each of floor and ceiling is free, or is where theory
#: has it, at chance and at 1. Uniform floors and ceilings alone lie above chance and below 1,
#: and miss curves that begin at chance and have 1 before them; fixed ones miss all others.
_FORMS = range(4)
_FIXED, _FLOOR_FREE, _CEILING_FREE, _BOTH_FREE = _FORMS

_LOG_2_PI = float(np.log(2.0 * np.pi))

#: Draws worked on together: their arrays then stay in the processor's cache; and curves whose
#: grids are made together.
_TOGETHER, _CHOSEN_TOGETHER = 1 << 16, 512


@dataclass(frozen=True)
class Prediction:
    """Prediction of the last score of many curves.

    Attributes
    ----------
    low, high : ndarray of float64, shape (n_curves,)
        Ends of the interval, as shares.
    status : ndarray of int64, shape (n_curves,)
        Index into `STATUSES`.
    degrees : ndarray of int64, shape (n_curves,)
        Of the dispersion of the other models; below 1 there is no prediction.
    converged : ndarray of bool, shape (n_curves,)
        Whether the fits that the dispersion rests on are.
    """

    low: Floats
    high: Floats
    status: NDArray[np.int64]
    degrees: NDArray[np.int64]
    converged: NDArray[np.bool_]


def without_last(curves: Curves) -> Curves:
    """Return the curves without their largest model.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    Curves
        With distances from the largest scale that is left.
    """
    return Curves(
        curves.successes[:-1], curves.trials[:-1], curves.distance[:-1] - curves.distance[-2]
    )


def predict_last(
    curves: Curves,
    chance: Floats,
    curve_ids: Sequence[str],
    *,
    largest_exponent: float,
    seed: int,
    draws: int,
    level: float,
) -> Prediction:
    """Predict the largest model's score from all the others, by the smooth law.

    Parameters
    ----------
    curves : Curves
        At least three points.
    chance : ndarray of float64, shape (n_curves,)
        NaN where unknown: it is then taken as 0.
    curve_ids : sequence of str
        They key the draws.
    largest_exponent : float
    seed, draws : int
    level : float
        Of the interval.

    Returns
    -------
    Prediction

    Notes
    -----
    The parameters have the density ``exp(log-likelihood / dispersion)`` over exponents from 0
    to the largest and locations at the largest fitted scale from -6 to 3.5, both uniform, and
    over four forms of equal weight: the floor at chance or uniform, the ceiling at 1 or
    uniform. It is drawn from by importance sampling: a cell of a grid over exponent, location
    and form, a place within the cell, then what is free of floor and ceiling from the normal
    approximation given those. What is predicted is a share of that model's examples, with
    binomial noise or, above a dispersion of 1, beta-binomial.
    """
    others = without_last(curves)
    fits = fit_laws(others, chance, (largest_exponent,))
    bounded = fits.bounded[largest_exponent]
    scatter = dispersion(others, fits.unbounded, bounded, fits.zero)
    with np.errstate(invalid="ignore"):
        bottom = np.where((chance >= 0) & (chance < 1), chance, 0.0)
    low, high = np.full((2, len(curves)), np.nan)
    # No prediction is asked for where there is none.
    some = np.flatnonzero(scatter.degrees >= 1)
    weight = _weights(others, bounded.probability, scatter)
    together = max(_TOGETHER // draws, 1)
    for first in range(0, len(some), _CHOSEN_TOGETHER):
        batch = some[first : first + _CHOSEN_TOGETHER]
        grid, cell, log_chosen = _chosen(
            others.take(batch), weight[:, batch], bottom[batch], largest_exponent, draws
        )
        for begin in range(0, len(batch), together):
            rows = slice(begin, begin + together)
            part = batch[rows]
            low[part], high[part] = _intervals(
                others.take(part),
                weight[:, part],
                scatter.take(part),
                curves.take(part),
                bottom[part],
                grid.take(np.arange(len(batch))[rows, None]),
                cell[rows],
                log_chosen[rows],
                [curve_ids[i] for i in part],
                seed=seed,
                level=level,
            )
    score = curves.successes[-1] / curves.trials[-1]
    with np.errstate(invalid="ignore"):
        status = np.where(score > high, ABOVE, np.where(score < low, BELOW, INSIDE))
        status = np.where(high - low > 0.5 * (1.0 - bottom), UNINFORMATIVE, status)
    converged = fits.unbounded.converged & bounded.converged
    return Prediction(low, high, status, scatter.degrees, converged)


@dataclass(frozen=True)
class _Squares:
    """Weighted least squares of scores on floor and ceiling, given exponent and location.

    The matrix of the squares is (ff, fu; fu, uu), their slope (rf, ru).
    """

    ff: Floats
    fu: Floats
    uu: Floats
    rf: Floats
    ru: Floats
    total: Floats

    @classmethod
    def of(cls, weight: Floats, score: Floats, shapes: Sequence[Floats]) -> _Squares:
        ff, uu, fu = _MIDDLE, _MIDDLE, 0.0
        rf, ru, total = 0.5 * _MIDDLE, 0.5 * _MIDDLE, 0.5 * _MIDDLE
        for w, y, g in zip(weight, score, shapes, strict=True):
            h = 1.0 - g
            wh, wg = w * h, w * g
            ff, fu, uu = ff + wh * h, fu + wh * g, uu + wg * g
            rf, ru, total = rf + wh * y, ru + wg * y, total + w * y * y
        return cls(ff, fu, uu, rf, ru, total)

    def centre(self, form: int, chance: Floats) -> tuple[Floats, Floats, Floats]:
        """Return floor, ceiling and log weight of a form, as near as their bounds allow.

        The weight is the form's normal integral over what is free, times its prior density.
        """
        ff, fu, uu, rf, ru = self.ff, self.fu, self.uu, self.rf, self.ru
        if form == _BOTH_FREE:
            floor = (rf * uu - ru * fu) / (ff * uu - fu * fu)
            inside = np.clip(floor, 0.0, 1.0)
            ceiling = (ru - fu * inside) / uu
            ceiling_inside = np.clip(ceiling, 0.0, 1.0)
            again = np.clip((rf - fu * ceiling_inside) / ff, 0.0, 1.0)
            floor = np.where(ceiling == ceiling_inside, inside, again)
            level = np.clip((rf + ru) / (ff + 2 * fu + uu), 0.0, 1.0)
            falls = floor > ceiling_inside
            floor = np.where(falls, level, floor)
            ceiling = np.where(falls, level, ceiling_inside)
        elif form == _FLOOR_FREE:
            floor, ceiling = np.clip((rf - fu) / ff, 0.0, 1.0), 1.0
        else:
            floor = chance
            ceiling = (
                np.clip((ru - fu * chance) / uu, chance, 1.0) if form == _CEILING_FREE else 1.0
            )
        loss = self.total - 2 * (floor * rf + ceiling * ru)
        loss += floor * floor * ff + 2 * floor * ceiling * fu + ceiling * ceiling * uu
        return floor, ceiling, -0.5 * loss - self.log_root(form) + _log_density(form, chance)

    def log_root(self, form: int) -> Floats:
        """Return the logarithm of one over the form's normal integral."""
        if form == _BOTH_FREE:
            return 0.5 * np.log(self.ff * self.uu - self.fu * self.fu) - _LOG_2_PI
        if form == _FLOOR_FREE:
            return 0.5 * (np.log(self.ff) - _LOG_2_PI)
        if form == _CEILING_FREE:
            return 0.5 * (np.log(self.uu) - _LOG_2_PI)
        return np.zeros_like(self.ff)


def _log_density(form: int, chance: Floats) -> Floats:
    """Return the logarithm of a form's uniform density of floor and ceiling."""
    if form == _BOTH_FREE:
        return np.full_like(chance, np.log(2.0))
    return -np.log(1.0 - chance) if form == _CEILING_FREE else np.zeros_like(chance)


def _weights(others: Curves, fitted: Floats, scatter: Dispersion) -> Floats:
    """Inverse variances of the scores, from the fitted shares and never quite 0 or 1."""
    n = others.trials
    edge = 0.5 / (n + 1.0)
    share = np.clip(fitted, edge, 1.0 - edge)
    return n / (share * (1.0 - share) * scatter.value)


@dataclass(frozen=True)
class _Grid:
    """A grid over a rectangle of exponents and locations: one a curve."""

    cells: tuple[int, int]
    low: tuple[Floats, Floats]
    high: tuple[Floats, Floats]

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.cells[0] * self.cells[1]

    def take(self, columns: NDArray) -> _Grid:
        """Return those of some of the curves."""
        low, high = ((b[columns], a[columns]) for b, a in (self.low, self.high))
        return _Grid(self.cells, low, high)

    def place(self, cell: ArrayLike, within: ArrayLike) -> tuple[Floats, Floats]:
        """Return exponent and location at a place within a cell, from 0 to 1 both ways."""
        numbers = np.divmod(cell, self.cells[1])
        b, location = (
            low + (number + part) * ((high - low) / count)
            for low, high, number, part, count in zip(
                self.low, self.high, numbers, within, self.cells, strict=True
            )
        )
        return b, location

    def around(self, wanted: NDArray[np.bool_], cells: tuple[int, int]) -> _Grid:
        """Return a grid over the cells that are wanted, and a cell more on all sides."""
        wanted = wanted.reshape(*self.cells, -1)
        low, high = [], []
        for axis, count in enumerate(self.cells):
            found = wanted.any(axis=1 - axis)
            first = np.maximum(found.argmax(axis=0) - 1, 0)
            last = np.minimum(count - found[::-1].argmax(axis=0) + 1, count)
            width = (self.high[axis] - self.low[axis]) / count
            low.append(self.low[axis] + first * width)
            high.append(self.low[axis] + last * width)
        return _Grid(cells, (low[0], low[1]), (high[0], high[1]))


def _log_weights(others: Curves, weight: Floats, chance: Floats, grid: _Grid) -> Floats:
    """Return log weights of cells and forms, shape (n_cells, n_forms, n_curves)."""
    score = others.successes / others.trials
    log_weight = np.empty((grid.size, len(_FORMS), len(others)))
    for cell in range(grid.size):
        b, location = grid.place(cell, (0.5, 0.5))
        shapes = [LAW_LINK.value(location + b * t) for t in others.distance]
        squares = _Squares.of(weight, score, shapes)
        for form in _FORMS:
            log_weight[cell, form] = squares.centre(form, chance)[2]
    return log_weight


def _chosen(
    others: Curves, weight: Floats, chance: Floats, largest_exponent: float, draws: int
) -> tuple[_Grid, NDArray[np.int64], Floats]:
    """Choose cells of exponent and location, and forms, nearly as often as they are likely.

    Returns
    -------
    grid : _Grid
    cell : ndarray of int64, shape (n_curves, draws)
        The cell times the number of forms, plus the form.
    log_chosen : ndarray of float64, shape (n_curves, draws)
        Logarithm of how often it is chosen, up to a constant of the curve.
    """
    one = np.ones(len(others))
    grid = _Grid(
        _CELLS[0],
        (0.0 * one, _LOWEST_LOCATION * one),
        (largest_exponent * one, _HIGHEST_LOCATION * one),
    )
    log_weight = _log_weights(others, weight, chance, grid)
    for cells in _CELLS[1:]:
        best = log_weight.max(axis=1)
        grid = grid.around(best > best.max(axis=0) - _OUT_OF_QUESTION, cells)
        log_weight = _log_weights(others, weight, chance, grid)
    log_weight = log_weight.reshape(-1, len(others))
    log_weight = _TEMPER * (log_weight - log_weight.max(axis=0))
    chosen = _systematic(np.exp(log_weight), draws)
    return grid, chosen, np.take_along_axis(log_weight.T, chosen, axis=1)


def _intervals(
    others: Curves,
    weight: Floats,
    scatter: Dispersion,
    whole: Curves,
    chance: Floats,
    grid: _Grid,
    cell: NDArray[np.int64],
    log_chosen: Floats,
    curve_ids: Sequence[str],
    *,
    seed: int,
    level: float,
) -> tuple[Floats, Floats]:
    k, n, draws = others.successes, others.trials, cell.shape[1]
    score = k / n
    normal, within = np.empty((2, 2, len(others), draws))
    streams = [generator(seed, curve_id, "holdout") for curve_id in curve_ids]
    for i, stream in enumerate(streams):
        normal[:, i] = stream.standard_normal((2, draws))
        within[:, i] = stream.random((2, draws))
    form = cell % len(_FORMS)
    b, location = grid.place(cell // len(_FORMS), within)
    shapes = [LAW_LINK.value(location + b * t[:, None]) for t in others.distance]
    squares = _Squares.of(weight[:, :, None], score[:, :, None], shapes)
    floor, ceiling, log_drawn = _floor_and_ceiling(squares, form, chance[:, None], normal)
    allowed = (floor >= 0) & (floor <= ceiling) & (ceiling <= 1)
    floor, ceiling = np.where(allowed, floor, 0.5), np.where(allowed, ceiling, 0.5)
    likelihood = np.zeros_like(floor)
    for right, asked, g in zip(k, n, shapes, strict=True):
        p = floor + (ceiling - floor) * g
        likelihood += xlogy(right[:, None], p)
        likelihood += xlogy((asked - right)[:, None], 1.0 - p)
    importance = likelihood / scatter.value[:, None] - log_drawn
    importance -= log_chosen
    importance = np.where(allowed, importance, -np.inf)
    importance = np.exp(importance - importance.max(axis=1, keepdims=True))

    g = LAW_LINK.value(location - b * whole.distance[-2][:, None])
    p = floor + (ceiling - floor) * g
    drawn = np.empty_like(p)
    for i, stream in enumerate(streams):
        drawn[i] = _noisy(stream, p[i], whole.trials[-1, i], scatter.value[i])
    low, high = _quantiles(drawn, importance, ((1 - level) / 2, (1 + level) / 2))
    return low / whole.trials[-1], high / whole.trials[-1]


def _floor_and_ceiling(
    squares: _Squares, form: NDArray[np.int64], chance: Floats, normal: Floats
) -> tuple[Floats, Floats, Floats]:
    """Draw floor and ceiling, each draw in its form; and the log density over the prior's."""
    floor, ceiling, log_drawn = np.zeros((3, *form.shape))
    for which in _FORMS:
        mean_floor, mean_ceiling, _ = squares.centre(which, chance)
        add_floor, add_ceiling = np.zeros((2, 1, 1))
        chosen = -_log_density(which, chance) + squares.log_root(which)
        if which == _BOTH_FREE:
            root = np.sqrt(squares.ff)
            add_ceiling = _WIDER * normal[1] / np.sqrt(squares.uu - (squares.fu / root) ** 2)
            add_floor = (_WIDER * normal[0] - squares.fu / root * add_ceiling) / root
            chosen = chosen - 0.5 * (normal[0] ** 2 + normal[1] ** 2) - 2 * np.log(_WIDER)
        elif which == _FLOOR_FREE:
            add_floor = _WIDER * normal[0] / np.sqrt(squares.ff)
            chosen = chosen - 0.5 * normal[0] ** 2 - np.log(_WIDER)
        elif which == _CEILING_FREE:
            add_ceiling = _WIDER * normal[1] / np.sqrt(squares.uu)
            chosen = chosen - 0.5 * normal[1] ** 2 - np.log(_WIDER)
        here = form == which
        floor = np.where(here, mean_floor + add_floor, floor)
        ceiling = np.where(here, mean_ceiling + add_ceiling, ceiling)
        log_drawn = np.where(here, chosen, log_drawn)
    return floor, ceiling, log_drawn


def _systematic(weight: Floats, draws: int) -> NDArray[np.int64]:
    """Choose rows in proportion to their weights, at even steps; shape (n_curves, draws)."""
    upto = np.cumsum(weight, axis=0)
    upto = np.floor(upto / upto[-1] * draws + 0.5).astype(np.int64)
    upto[-1] = draws
    times = np.diff(np.minimum(upto, draws), axis=0, prepend=0)
    rows = np.broadcast_to(np.arange(len(weight))[:, None], times.shape)
    return np.repeat(rows.T.ravel(), times.T.ravel()).reshape(-1, draws)


def _noisy(stream: np.random.Generator, p: Floats, trials: float, scatter: float) -> Floats:
    """Draw right answers, beta-binomial where the dispersion exceeds 1."""
    p = np.clip(p, 0.0, 1.0)
    if scatter > 1 and trials > 1:
        shapes = max((trials - 1) / (scatter - 1) - 1, LEAST_SHAPES)
        inner = (p > 1e-9) & (p < 1 - 1e-9)
        middle = np.where(inner, p, 0.5)
        p = np.where(inner, stream.beta(middle * shapes, (1 - middle) * shapes), p)
    return stream.binomial(int(trials), p).astype(np.float64)


def _quantiles(values: Floats, weight: Floats, shares: tuple[float, float]) -> list[Floats]:
    """Return the smallest values up to which the weights reach each share of their sum."""
    order = np.argsort(values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    upto = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    last = values.shape[1] - 1
    found = []
    for share in shares:
        below = np.count_nonzero(upto < share * upto[:, -1:], axis=1)
        at = np.minimum(below, last)[:, None]
        found.append(np.take_along_axis(values, at, axis=1)[:, 0])
    return found
