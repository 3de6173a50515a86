"""Calibration of joint resampling on an item-response model."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.measures import measure
from emergence.samples.choices import Choices, score_choices
from emergence.samples.outcomes import Outcomes
from emergence.samples.resampling import Examples, drawn_means, interval

Floats = NDArray[np.float64]

#: Metrics of the study, from the end of the chain to its beginning.
METRICS = ("acc", "brier_score", "prob_correct", "log_prob_among_choices")

#: Ability of the smallest and the largest model, the power of log scale that leads from one to the
#: other, and how likely the right choice is without ability: as the others, or hardly.
ABILITIES: Mapping[str, tuple[float, float, float, float]] = {
    "steady": (-2.0, 3.0, 1.0, 0.0),
    "late": (-4.0, 3.0, 3.0, 0.0),
    "from near 0": (-4.0, 3.0, 3.0, -4.0),
}

#: Spread of the questions' difficulty, of the logarithm of their discrimination, and of what a
#: model makes of a choice beside its ability.
_DIFFICULTY, _DISCRIMINATION, _NOISE = 1.0, 0.3, 0.5

_CHOICES, _LEVEL, _DRAWS = 4, 0.95, 1000

#: Questions from which the true scores are taken, in parts.
_TRUTH = (20, 50_000)


@dataclass(frozen=True)
class JointCell:
    """One design.

    Attributes
    ----------
    name : str
        Of `ABILITIES`.
    n_points, n_examples : int
        Models, and questions that all of them answer.
    dispersion : float
        Not used: 1.
    """

    name: str
    n_points: int
    n_examples: int
    dispersion: float = 1.0


JOINT_CELLS = tuple(
    JointCell(name, points, examples)
    for name in ABILITIES
    for points in (8, 12)
    for examples in (250, 1000)
)


def joint_coverage(cell: JointCell, tasks: int, seed: int) -> dict[str, Any]:
    """Draw tasks of one design, resample each, and count what its intervals cover.

    Parameters
    ----------
    cell : JointCell
    tasks : int
    seed : int

    Returns
    -------
    dict
        One row of the study's table. By metric: ``scores``, the share of the differences of two
        models' scores that their interval covers, among those with one; ``refused``, the share of
        tasks without an interval of the sharpness; ``sharpness``, how often, where there is one,
        it covers the median sharpness of other questions, as many; ``in the limit``, how often it
        covers that of infinitely many; ``bias``, the median minus the latter.
    """
    key = f"joint/{cell.name}/{cell.n_points}/{cell.n_examples}"
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    least, most, power, likely = ABILITIES[cell.name]
    ability = least + (most - least) * np.linspace(0.0, 1.0, cell.n_points) ** power
    parts, size = _TRUTH
    true = sum(_means(answered(ability, likely, size, rng)) for _ in range(parts)) / parts
    first, second = np.triu_indices(cell.n_points, 1)
    examples = Examples(cell.n_examples)
    inside, given = np.zeros(len(METRICS)), np.zeros(len(METRICS))
    seen = np.empty((len(METRICS), tasks))
    ends = np.full((len(METRICS), 2, tasks), np.nan)
    for task in range(tasks):
        scored = answered(ability, likely, cell.n_examples, rng)
        kept = [_steps(scored[:, :, at]) for at in range(len(METRICS))]
        drawn = drawn_means(examples, [steps for steps, _ in kept], rng, _DRAWS)
        seen[:, task] = measure(_means(scored)).sharpness
        for at, (means, (_, units)) in enumerate(zip(drawn, kept, strict=True)):
            outcomes, scores = scored[:, :, at], means * units
            sure = examples.can_show(outcomes[:, second] - outcomes[:, first])
            low, high = interval(scores[:, second] - scores[:, first], _LEVEL)
            inside[at] += np.sum(sure & _within(true[at, second] - true[at, first], low, high))
            given[at] += np.sum(sure)
            if examples.can_show(outcomes).all():
                ends[at, :, task] = interval(measure(scores).sharpness, _LEVEL)
    limit = measure(true).sharpness
    row: dict[str, Any] = {
        "truth": cell.name,
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
    }
    for at, metric in enumerate(METRICS):
        known = ~np.isnan(ends[at, 0])
        low, high = ends[at][:, known]
        # Of the tasks that get an interval: others are of another kind.
        median = np.median(seen[at, known]) if known.any() else np.nan
        row |= {
            f"scores {metric}": _share(inside[at], given[at]),
            f"refused {metric}": 1.0 - float(np.mean(known)),
            f"sharpness {metric}": _share(np.sum(_within(median, low, high)), known.sum()),
            f"in the limit {metric}": _share(np.sum(_within(limit[at], low, high)), known.sum()),
            f"bias {metric}": float(median - limit[at]),
        }
    return row


def _within(truth: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    return (low <= truth) & (truth <= high)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def answered(ability: Floats, likely: float, questions: int, rng: np.random.Generator) -> Floats:
    """Let models answer multiple-choice questions, all of them the same ones.

    Parameters
    ----------
    ability : ndarray of float64, shape (n_models,)
    likely : float
        What the right choice has over the others, in logits, where there is no ability.
    questions : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float64, shape (questions, n_models, n_metrics)
        Oriented scores under `METRICS`.

    References
    ----------
    .. [1] A. Birnbaum in F. M. Lord, M. R. Novick, "Statistical Theories of Mental Test Scores"
       (1968), chapter 17: difficulty and discrimination of a question.
    """
    difficulty = _DIFFICULTY * rng.standard_normal(questions)
    discrimination = np.exp(_DISCRIMINATION * rng.standard_normal(questions))
    without = rng.standard_normal((questions, _CHOICES))
    without[:, 0] += likely
    gold, length = np.zeros(questions, np.int64), np.ones((questions, _CHOICES))
    found = np.empty((questions, len(ability), len(METRICS)))
    for model, able in enumerate(ability):
        liking = without + _NOISE * rng.standard_normal(without.shape)
        liking[:, 0] += np.logaddexp(0.0, discrimination * (able - difficulty))
        scored = score_choices(Choices(liking, gold, length, length))
        for at, metric in enumerate(METRICS):
            found[:, model, at] = -scored[metric] if metric == "brier_score" else scored[metric]
    return found


def _means(scored: Floats) -> Floats:
    return scored.mean(axis=0).T


def _steps(scored: Floats) -> tuple[Floats, Floats]:
    """Keep outcomes as the workflow does."""
    keys = [f"{at:09}" for at in range(len(scored))]
    models = {str(model): column for model, column in enumerate(scored.T)}
    kept = Outcomes.of(keys, models).values()
    steps = np.column_stack([one.steps for one in kept]).astype(np.float64)
    return steps, np.array([one.unit for one in kept])
