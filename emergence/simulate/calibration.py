"""Simulation studies of the tests and intervals: tables of rates, with Monte Carlo errors."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from emergence.inference.dispersion import scatter_of
from emergence.inference.grid import NEAR, exponent_grid
from emergence.inference.holdout import ABOVE, UNINFORMATIVE, predict_last
from emergence.inference.intervals import wilson
from emergence.inference.model import Curves
from emergence.inference.profile import likelihood_profile, near_likelihoods, profile_interval
from emergence.inference.rise import order_test, rise
from emergence.inference.steep import LawFits, fit_laws
from emergence.pooling.moderation import Moderated, Own, moderate, no_prior
from emergence.simulate.curves import (
    FLAT,
    SMOOTH,
    STEPS,
    Truth,
    draw,
    even_scales,
)

#: The exponents bounded in each study, and the one that the verdicts rest on.
B_MAX, BESIDE = 0.5, (0.25, 1.0)

LEVELS = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class Cell:
    """One design: a truth, a grid of scales, a number of examples, a scatter.

    Attributes
    ----------
    name : str
        Of the truth.
    truth : Truth
    n_points, n_examples : int
    dispersion : float
    """

    name: str
    truth: Truth
    n_points: int
    n_examples: int
    dispersion: float


def cells(
    truths: Mapping[str, Truth],
    n_points: tuple[int, ...],
    n_examples: tuple[int, ...],
    dispersions: tuple[float, ...],
) -> Iterator[Cell]:
    """Yield all combinations."""
    for name, truth in truths.items():
        for points in n_points:
            for examples in n_examples:
                for scatter in dispersions:
                    yield Cell(name, truth, points, examples, scatter)


#: Smooth truths of the hold-out, whose last score is drawn from the same law, and jumps. Floors
#: above chance and ceilings below 1 are what a law fixed at both cannot predict.
_FLAT_HELD_OUT = {name: FLAT[name] for name in ("flat .02, chance 0", "flat .4, chance .25")}
_FLOORS_AND_CEILINGS = {
    "law b=.5, levels off at .6, chance .25": Truth("law", 0.25, 0.6, 0.5, -5.5, chance=0.25),
    "law b=.5, .45 to .95, chance .25": Truth("law", 0.45, 0.95, 0.5, -1.5, chance=0.25),
    "law b=.5, late from .4, chance .25": Truth("law", 0.4, 1.0, 0.5, -0.5, chance=0.25),
    "law b=.5, begins at .33, chance .25": Truth("law", 0.33, 1.0, 0.5, 0.74, chance=0.25),
    "law b=.45, begins at .3, levels off": Truth("law", 0.3, 0.85, 0.45, 0.8, chance=0.25),
}
_LAST = {name: truth for name, truth in STEPS.items() if name.startswith("last model")}

#: The studies of `make calibrate`: kind, and the designs.
STUDIES: Mapping[str, tuple[Cell, ...]] = {
    "size of p_rise": tuple(cells(FLAT, (4, 6, 8, 12), (50, 200, 1000), (1, 3, 10))),
    "size of p_steep": tuple(cells(SMOOTH, (6, 8, 12), (50, 200, 1000), (1, 3, 10))),
    # The last is smooth, however steep it looks: p_rise should find it, p_steep should not.
    "power": tuple(
        cells({**STEPS, "p^5, b=.3": SMOOTH["p^5, b=.3"]}, (6, 8, 12), (50, 200, 1000), (1, 3))
    ),
    "exponent": tuple(
        cells(
            {
                "law b=.25": SMOOTH["law b=.25"],
                "law b=.5": SMOOTH["law b=.5"],
                "law b=.5, .35 to .6, chance .25": SMOOTH["law b=.5, .35 to .6, chance .25"],
                "law b=1": Truth("law", exponent=1.0, last=-4.0),
            },
            (8, 12),
            (50, 200, 1000),
            (1, 3),
        )
    ),
    "hold-out": tuple(
        cells(
            {**_FLAT_HELD_OUT, **SMOOTH, **_FLOORS_AND_CEILINGS, **_LAST},
            (6, 8, 12),
            (50, 200, 1000),
            (1, 3),
        )
    ),
}


@dataclass(frozen=True)
class Sample:
    """Curves drawn in one cell, with their fits.

    Attributes
    ----------
    successes : ndarray of int64, shape (n_curves, n_points)
    curves : Curves
    chance : ndarray of float64, shape (n_curves,)
    fits : LawFits
    scatter : Moderated
        Each curve stands alone.
    """

    successes: NDArray[np.int64]
    curves: Curves
    chance: NDArray[np.float64]
    fits: LawFits
    scatter: Moderated


def sample(cell: Cell, n_curves: int, seed: int) -> Sample:
    """Draw and fit the curves of a cell; each cell has a stream of its own.

    Parameters
    ----------
    cell : Cell
    n_curves : int
    seed : int

    Returns
    -------
    Sample
    """
    successes, curves, chance = drawn_curves(cell, n_curves, seed)
    fits = fit_laws(curves, chance, (B_MAX, *BESIDE))
    scatter = scatter_of(curves, fits.unbounded, fits.bounded[B_MAX])
    own = Own(scatter.value, scatter.degrees, np.ones(n_curves))
    return Sample(successes, curves, chance, fits, moderate(own, no_prior(n_curves)))


def drawn_curves(
    cell: Cell, n_curves: int, seed: int
) -> tuple[NDArray[np.int64], Curves, NDArray[np.float64]]:
    """Draw the curves of a cell.

    Parameters
    ----------
    cell : Cell
    n_curves : int
    seed : int

    Returns
    -------
    successes : ndarray of int64, shape (n_curves, n_points)
    curves : Curves
    chance : ndarray of float64, shape (n_curves,)
    """
    key = f"{cell.name}/{cell.n_points}/{cell.n_examples}/{cell.dispersion}"
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    scales = even_scales(cell.n_points)
    probability = cell.truth.probabilities(scales)
    successes = draw(probability, cell.n_examples, cell.dispersion, n_curves, rng)
    curves = Curves.from_rows(
        successes,
        np.full_like(successes, cell.n_examples),
        np.broadcast_to(scales, successes.shape),
    )
    return successes, curves, np.full(n_curves, cell.truth.chance)


def study(name: str, cell: Cell, n_curves: int, seed: int) -> dict[str, Any]:
    """Run one cell of a study.

    Parameters
    ----------
    name : str
        Of `STUDIES`.
    cell : Cell
    n_curves : int
    seed : int

    Returns
    -------
    dict
        One row of the study's table. A test that is missing does not reject; the share of
        such curves stands beside.
    """
    if name == "hold-out":
        return _about(cell) | _hold_out(cell, n_curves, seed)
    drawn = sample(cell, n_curves, seed)
    row = _about(cell) | {"missing": float(np.mean(np.isnan(drawn.scatter.value)))}
    if name in ("size of p_rise", "power"):
        p_rise = drawn.scatter.half_test(rise(drawn.curves, drawn.chance).gain)
        row |= _rates("rise", p_rise, LEVELS if name != "power" else (0.05,))
        _, p_order = order_test(drawn.successes)
        row |= _rates("order", p_order, (0.05,))
    if name in ("size of p_steep", "power"):
        p_steep = _p_steep(drawn, B_MAX)
        row |= _rates("steep", p_steep, LEVELS if name != "power" else (0.01, 0.05))
        for other in BESIDE:
            row |= _rates(f"b_max {other:g}", _p_steep(drawn, other), (0.05,))
    if name == "exponent":
        row |= _exponent(cell, drawn)
    return row


def _about(cell: Cell) -> dict[str, Any]:
    return {
        "truth": cell.name,
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
    }


def _rates(name: str, p: NDArray[np.float64], levels: tuple[float, ...]) -> dict[str, float]:
    with np.errstate(invalid="ignore"):
        return {f"{name} {level:.0%}": float(np.mean(p <= level)) for level in levels}


def _p_steep(drawn: Sample, largest_exponent: float) -> NDArray[np.float64]:
    gain = drawn.fits.unbounded.log_likelihood
    return drawn.scatter.half_test(gain - drawn.fits.bounded[largest_exponent].log_likelihood)


def _exponent(cell: Cell, drawn: Sample) -> dict[str, float]:
    """Coverage of the exponent's interval, over all curves and over those that rise."""
    p_rise = drawn.scatter.half_test(rise(drawn.curves, drawn.chance).gain)
    best, grid = drawn.fits.unbounded, exponent_grid(B_MAX)
    profile = likelihood_profile(drawn.curves, best, drawn.fits.zero, grid)
    near = near_likelihoods(drawn.curves, best, drawn.fits.zero)
    exponents = [np.repeat(grid[:, None], len(drawn.curves), 1), np.outer(NEAR, best.exponent)]
    low, high = profile_interval(
        np.concatenate(exponents),
        np.concatenate([profile, near]),
        best.exponent,
        best.log_likelihood,
        drawn.scatter.drop(0.95),
    )
    known = np.isfinite(low)
    rises = known & (p_rise <= 0.05)
    b = cell.truth.exponent
    inside = (low <= b) & (b <= high)
    estimate = drawn.fits.unbounded.exponent
    return {
        "rises": float(np.mean(rises)),
        "coverage": _share(inside, known),
        "coverage, rising": _share(inside, rises),
        "too low, rising": _share(high < b, rises),
        "too high, rising": _share(low > b, rises),
        "open above": _share(np.isinf(high), rises),
        "median estimate": float(np.median(estimate[rises])) if rises.any() else float("nan"),
    }


def _share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    """Share among some curves; NaN if there are none."""
    return float(np.mean(of[among])) if among.any() else float("nan")


def _hold_out(cell: Cell, n_curves: int, seed: int) -> dict[str, float]:
    """Where the last score lies, among the curves that have a prediction."""
    _, curves, chance = drawn_curves(cell, n_curves, seed)
    found = predict_last(
        curves,
        chance,
        largest_exponent=B_MAX,
        level=0.95,
    )
    known = (found.degrees >= 1) & found.converged
    score = curves.successes[-1] / curves.trials[-1]
    width = (found.high - found.low)[known]
    return {
        "missing": float(np.mean(~known)),
        "inside": _share((found.low <= score) & (score <= found.high), known),
        "above": _share(score > found.high, known),
        "below": _share(score < found.low, known),
        "median width": float(np.median(width)) if width.size else float("nan"),
        "uninformative": _share(found.status == UNINFORMATIVE, known),
        "said to be above": _share(found.status == ABOVE, known),
    }


def wilson_coverage(n_examples: int, shares: NDArray[np.float64], level: float) -> dict[str, float]:
    """Coverage of Wilson's interval, exactly: summed over all counts.

    Parameters
    ----------
    n_examples : int
    shares : ndarray of float64
        True shares.
    level : float

    Returns
    -------
    dict
        The least and the mean coverage over the shares.
    """
    counts = np.arange(n_examples + 1.0)
    low, high = wilson(counts, np.full_like(counts, n_examples), level)
    inside = (low[:, None] <= shares) & (shares <= high[:, None])
    coverage = (inside * binom.pmf(counts[:, None], n_examples, shares)).sum(axis=0)
    return {
        "examples": n_examples,
        "level": level,
        "least": float(coverage.min()),
        "mean": float(coverage.mean()),
    }
