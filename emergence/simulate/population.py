"""Calibration of the share of curves beyond the smooth law.

The floors, ceilings and locations of these truths do not suit the priors of the integrated
likelihood: ceilings are neither 1 nor even, most smooth rises have just begun or are half-way,
jumps are late, and flat curves lie at chance or somewhat above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.inference.dispersion import Scatter, scatter_of
from emergence.inference.integrated import PRIORS, integrated_likelihoods
from emergence.inference.model import Curves, Floats
from emergence.inference.steep import fit_laws
from emergence.pooling.mixture import Group, estimate
from emergence.pooling.moderation import Own, moderate, prior_of_others
from emergence.pooling.population import population_grid
from emergence.simulate.calibration import B_MAX
from emergence.simulate.curves import Truth, draw, even_scales
from emergence.streams import generator

#: Tasks of a unit, and how many of them are flat.
TASKS, FLAT = 100, 0.4

#: Curves of each kind that are drawn and fitted; units are drawn from these.
BANK = 150

#: Resamples of the interval, and its level.
DRAWS, LEVEL = 100, 0.95


@dataclass(frozen=True)
class PopulationCell:
    """One cell.

    Attributes
    ----------
    share : float
        Of the rising tasks, those beyond the smooth law.
    n_points, n_examples, dispersion : int
    """

    share: float
    n_points: int
    n_examples: int
    dispersion: int

    @property
    def name(self) -> str:
        """What the truth is."""
        return f"{self.share:g} beyond"


#: Numbers of scales with 200 examples, and other numbers of examples with eight scales.
POPULATION_CELLS = tuple(
    PopulationCell(share, points, examples, scatter)
    for points, examples in ((6, 200), (8, 200), (12, 200), (8, 50), (8, 1000))
    for scatter in (1, 3)
    for share in (0.0, 0.1, 0.3, 1.0)
)


def population_rates(cell: PopulationCell, units: int, seed: int) -> dict[str, Any]:
    """Estimate the share in units of one design, and count how often the interval holds it.

    Parameters
    ----------
    cell : PopulationCell
    units : int
    seed : int

    Returns
    -------
    dict
        One row of the study's table: the mean share under each prior, how often the interval
        (the wider of both) holds the truth, and its mean width.
    """
    rng = generator(seed, repr(cell), "population study")
    bank, exponents = _bank(cell, rng), population_grid(B_MAX)
    found = []
    for _ in range(units):
        rows = _unit(cell, rng)
        likelihoods = integrated_likelihoods(
            bank.curves.take(rows), bank.chance[rows], exponents.tolist(), _moderated(bank, rows)
        )
        times = rng.multinomial(TASKS, np.full(TASKS, 1.0 / TASKS), size=DRAWS)
        found.append(
            [
                estimate(Group.of(some, np.arange(TASKS), exponents > B_MAX), times, LEVEL)
                for some in likelihoods
            ]
        )
    low = np.array([min(one.low for one in both) for both in found])
    high = np.array([max(one.high for one in both) for both in found])
    shares = np.array([[one.share for one in both] for both in found])
    return {
        "truth": cell.name,
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
        **{f"mean {name}": float(np.nanmean(shares[:, at])) for at, name in enumerate(PRIORS)},
        "covers": float(np.mean((low <= cell.share) & (cell.share <= high))),
        "width": float(np.mean(high - low)),
    }


@dataclass(frozen=True)
class _Bank:
    """Curves of a design: flat ones, smooth ones, and those beyond, `BANK` of each."""

    curves: Curves
    chance: Floats
    scatter: Scatter


def _bank(cell: PopulationCell, rng: np.random.Generator) -> _Bank:
    scales = even_scales(cell.n_points)
    truths = [_truth(kind, rng) for kind in ("flat", "smooth", "beyond") for _ in range(BANK)]
    successes = np.concatenate(
        [
            draw(truth.probabilities(scales), cell.n_examples, cell.dispersion, 1, rng)
            for truth in truths
        ]
    )
    curves = Curves.from_rows(
        successes,
        np.full_like(successes, cell.n_examples),
        np.broadcast_to(scales, successes.shape),
    )
    chance = np.array([truth.chance for truth in truths])
    fits = fit_laws(curves, chance, (B_MAX,))
    return _Bank(curves, chance, scatter_of(curves, fits.unbounded, fits.bounded[B_MAX]))


def _truth(kind: str, rng: np.random.Generator) -> Truth:
    """Draw a truth of one kind."""
    chance = float(rng.choice([0.0, 0.25]))
    if kind == "flat":
        above = rng.uniform(0, 0.2) if rng.random() < 0.5 else 0.0
        return Truth("flat", floor=max(chance + above, 0.02), chance=chance)
    floor = chance + (rng.uniform(0, 0.15) if rng.random() < 0.4 else 0.0)
    ceiling = max(rng.uniform(0.5, 0.95), floor + 0.15)
    if kind == "smooth":
        exponent = float(rng.choice([0.1, 0.2, 0.3, 0.4]))
        return Truth("law", floor, ceiling, exponent, rng.normal(-1.0, 0.8), chance=chance)
    exponent = float(rng.choice([1.5, 3.0, np.inf]))
    if np.isinf(exponent):
        return Truth("step", floor, ceiling, raised=int(rng.integers(1, 4)), chance=chance)
    # The middle of the rise lies 0.3 above the largest scale to 4.5 below it, in logarithms.
    last = np.log(np.log(2)) - exponent * rng.uniform(-0.3, 4.5)
    return Truth("law", floor, ceiling, exponent, last, chance=chance)


def _unit(cell: PopulationCell, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the curves of a unit: rows of the bank."""
    beyond = (1 - FLAT) * cell.share
    kind = rng.choice(3, TASKS, p=[FLAT, 1 - FLAT - beyond, beyond])
    return kind * BANK + rng.integers(BANK, size=TASKS)


def _moderated(bank: _Bank, rows: NDArray[np.int64]) -> Floats:
    """Dispersions of a unit's curves, moderated as for real ones."""
    own = Own(bank.scatter.value[rows], bank.scatter.degrees[rows], np.ones(len(rows)))
    tasks = np.arange(len(rows))
    prior = prior_of_others(own, np.zeros(len(rows), np.int64), tasks, np.ones(len(rows), bool))
    return moderate(own, prior).value
