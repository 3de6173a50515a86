"""How often two axes are distinguished, wrongly and rightly, by their predictions."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.claims.task_statistics import binomial_interval
from emergence.prediction.left_out import DECIDED_AT, Models, compare, predictive_losses

#: Share of the variance that both axes have in common; OpenLM's size and loss have about as much.
_COMMON = 0.8

#: Part of a model's scatter that is the same in all tasks.
_OF_MODEL = 0.7


@dataclass(frozen=True)
class AxisCell:
    """One design: datasets whose scores depend on the first axis, the second, or both alike.

    Attributes
    ----------
    depends_on : str
        ``first``, ``second``, ``both``, or ``none``: scores at chance.
    tasks : int
    n_points : int
        Models.
    n_examples : int
        Of each task.
    dispersion : float
        Standard deviation of a model's shift of a - b ln N.
    """

    depends_on: str
    tasks: int
    n_points: int
    n_examples: int
    dispersion: float

    @property
    def name(self) -> str:
        """The truth, as the results name it."""
        return f"{self.depends_on}, {self.tasks} tasks"


AXIS_CELLS: tuple[AxisCell, ...] = tuple(
    AxisCell(depends_on, tasks, models, 500, scatter)
    for depends_on in ("both", "none", "first", "second")
    for tasks, models in ((10, 12), (30, 25))
    for scatter in (0.0, 0.3)
    if depends_on not in ("none", "second") or scatter
)


def axis_outcomes(cell: AxisCell, datasets: int, seed: int) -> dict[str, Any]:
    """Draw datasets of one design and count the decisions on both axes.

    Both axes have the same distribution, with `_COMMON` of their variance in common, so that no
    answer is right where scores depend on both alike.

    Parameters
    ----------
    cell : AxisCell
    datasets : int
    seed : int

    Returns
    -------
    dict
        The design, the shares of the three outcomes, and the upper end of an exact interval of the
        share that is wrong.
    """
    key = f"{cell.depends_on} {cell.tasks} {cell.n_points} {cell.dispersion}"
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    said = Counter(_outcome(cell, rng) for _ in range(datasets))
    right = {"first": "first", "second": "second"}.get(cell.depends_on, "not decidable")
    wrong = sum(said[name] for name in ("first", "second") if name != right)
    return {
        "truth": cell.name,
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
        "first": said["first"] / datasets,
        "second": said["second"] / datasets,
        "not decidable": said["not decidable"] / datasets,
        "wrong": wrong / datasets,
        "wrong at most": binomial_interval(wrong, datasets, 0.95)[1],
    }


def _outcome(cell: AxisCell, rng: np.random.Generator) -> str:
    first, second = _draw(cell, rng)
    losses = [np.array(predictive_losses(tasks)) for tasks in (first, second)]
    return compare(*losses, np.array([task.trials for task in first]), DECIDED_AT).outcome


def _draw(cell: AxisCell, rng: np.random.Generator) -> tuple[list[Models], list[Models]]:
    """Draw the tasks of a dataset, with the places of the models on each axis."""
    common, *own = rng.standard_normal((3, cell.n_points))
    axes = [np.sqrt(_COMMON) * common + np.sqrt(1.0 - _COMMON) * part for part in own]
    moved = {"first": axes[0], "second": axes[1]}.get(cell.depends_on, sum(axes) / 2.0)
    of_model = np.sqrt(_OF_MODEL) * rng.standard_normal(cell.n_points)
    tasks: tuple[list[Models], list[Models]] = ([], [])
    n = np.full(cell.n_points, float(cell.n_examples))
    for _ in range(cell.tasks):
        ceiling = 0.25 if cell.depends_on == "none" else rng.uniform(0.4, 1.0)
        shift = of_model + np.sqrt(1.0 - _OF_MODEL) * rng.standard_normal(cell.n_points)
        eta = rng.uniform(-1.0, 2.0) - rng.uniform(0.3, 1.5) * moved + cell.dispersion * shift
        k = rng.binomial(cell.n_examples, 0.25 + (ceiling - 0.25) * np.exp(-np.exp(eta)))
        for some, places in zip(tasks, axes, strict=True):
            some.append(Models(k.astype(np.float64), n, places))
    return tasks
