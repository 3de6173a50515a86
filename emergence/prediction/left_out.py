"""How well the law predicts each model from all others, by axis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit, xlogy

from emergence.inference.law import fit_law, refit_law
from emergence.inference.link import link
from emergence.inference.model import LAW, Curves, Floats, LawFit, free_bounds, take_fit

#: The largest exponent of these fits, in units of one over the range of the axis: the law may rise
#: within a fortieth of it, over every axis alike.
STEEPEST = 40.0

#: Level of the interval that decides which axis predicts better: all predictions share the models,
#: so that at 95 % axes of equal worth are told apart too often (docs/calibration.md).
DECIDED_AT = 0.99

#: Steps of a fit that starts where that of all models ended.
_ITERATIONS = 60

#: Fewest models: the law has four parameters, and one model is left out.
FEWEST_MODELS = 8


@dataclass(frozen=True)
class Models:
    """The models of one task.

    Attributes
    ----------
    successes, trials : ndarray of float64, shape (n_models,)
    places : ndarray of float64, shape (n_models,)
        Logarithms of places on an axis, rising towards better models; ties are allowed.
    """

    successes: Floats
    trials: Floats
    places: Floats


def predictive_losses(tasks: Sequence[Models]) -> list[Floats]:
    """Predict each model of each task by the law fitted to its other models.

    Parameters
    ----------
    tasks : sequence of Models
        Of at least `FEWEST_MODELS` models each.

    Returns
    -------
    list of ndarray of float64, each of shape (n_models,)
        What the prediction loses an example, against one that knows the score: Kullback and
        Leibler's divergence of two binomial shares, in nats. NaN where all other models have one
        place.

    Notes
    -----
    Floor, ceiling, location and exponent are fitted anew without each model, starting from the fit
    of all models. Models of one place are fitted as one, with their examples together: the
    likelihood is the same.
    """
    losses = [np.full(len(task.places), np.nan) for task in tasks]
    whole = [_Part(number, None, *_pooled(task, None)) for number, task in enumerate(tasks)]
    starts: dict[int, LawFit] = {}
    for parts, curves in _of_one_length(whole):
        fit = fit_law(curves, free_bounds(len(parts), STEEPEST))
        for column, part in enumerate(parts):
            starts[part.task] = take_fit(fit, slice(column, column + 1))
    without = [
        _Part(number, model, *_pooled(tasks[number], model))
        for number in starts
        for model in range(len(tasks[number].places))
    ]
    for parts, curves in _of_one_length(without):
        start = _side_by_side([starts[part.task] for part in parts])
        fit = refit_law(curves, free_bounds(len(parts), STEEPEST), start, _ITERATIONS)
        for column, part in enumerate(parts):
            task = tasks[part.task]
            share = _predicted(fit, column, _distances(task)[part.model])
            k, n = task.successes[part.model], task.trials[part.model]
            losses[part.task][part.model] = _divergence(k, n, share)
    return losses


class _Part(NamedTuple):
    """A task's models without one of them, those of one place together."""

    task: int
    model: int | None
    successes: Floats
    trials: Floats
    distance: Floats


def _distances(task: Models) -> Floats:
    """Distance of each model from the best one, in units of the axis's range."""
    span = np.ptp(task.places)
    return (task.places.max() - task.places) / (span if span > 0 else 1.0)


def _pooled(task: Models, left_out: int | None) -> tuple[Floats, Floats, Floats]:
    kept = np.arange(len(task.places)) != (-1 if left_out is None else left_out)
    at, group = np.unique(-_distances(task)[kept], return_inverse=True)
    return (
        np.bincount(group, task.successes[kept]),
        np.bincount(group, task.trials[kept]),
        np.abs(at),
    )


def _of_one_length(parts: Sequence[_Part]) -> Iterator[tuple[list[_Part], Curves]]:
    """Yield those that are fitted together; without two places there is nothing to fit."""
    by_length: dict[int, list[_Part]] = defaultdict(list)
    for part in parts:
        by_length[len(part.distance)].append(part)
    for length, some in sorted(by_length.items()):
        if length >= 2:
            columns = ([getattr(part, name) for part in some] for name in _Part._fields[2:])
            yield some, Curves(*(np.ascontiguousarray(np.stack(c, axis=1)) for c in columns))


def _side_by_side(fits: Sequence[LawFit]) -> LawFit:
    """Return the parameters of several fits as those of many curves."""
    names = [field.name for field in fields(LawFit) if field.name != "probability"]
    joined = {name: np.concatenate([getattr(fit, name) for fit in fits]) for name in names}
    return LawFit(**joined, probability=np.zeros((0, len(fits))))


def _predicted(fit: LawFit, column: int, distance: float) -> float:
    if fit.kind[column] != LAW:
        return float(fit.floor[column])
    eta = fit.location[column] + fit.exponent[column] * distance
    span = fit.ceiling[column] - fit.floor[column]
    return float(fit.floor[column] + span * link(eta))


def _divergence(k: float, n: float, share: float) -> float:
    """Loss of a predicted share an example; no prediction is surer than its examples allow."""
    edge = 0.5 / (n + 1.0)
    p, y = min(max(share, edge), 1.0 - edge), k / n
    return float(xlogy(y, y / p) + xlogy(1.0 - y, (1.0 - y) / (1.0 - p)))


@dataclass(frozen=True)
class Compared:
    """Two axes compared by their predictions.

    Attributes
    ----------
    ratio : float
        Geometric mean over models and tasks of the loss over the first axis over that over the
        second.
    low, high : float
        Ends of its interval.
    tasks, models : int
    """

    ratio: float
    low: float
    high: float
    tasks: int
    models: int

    @property
    def outcome(self) -> str:
        """``second`` if it predicts better, ``first``, or ``not decidable``."""
        if self.low > 1.0:
            return "second"
        return "first" if self.high < 1.0 else "not decidable"


def compare(first: Floats, second: Floats, examples: Floats, level: float) -> Compared:
    """Compare two axes by their predictive losses of the same models on the same tasks.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n_tasks, n_models)
        NaN where a task was not asked of a model.
    examples : ndarray of float64, shape (n_tasks, n_models)
        By which a score was counted.
    level : float
        Of the interval.

    Returns
    -------
    Compared

    Notes
    -----
    To each loss that of the noise of the examples is added, 1 / (2 n): below it two losses are
    equal. Of the logarithm of their ratio the mean over models of each task and the mean over tasks
    of each model are taken. Tasks and models are both drawn from more of them: the variance of the
    mean of all is that of the means of tasks over their number and that of the means of models over
    theirs, which counts the scatter of single scores twice. The interval is Student's, with the
    fewer degrees of freedom of both.

    References
    ----------
    .. [1] A. B. Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 1 (2007) 386: means over two
       ways, both drawn at random.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    noise = 0.5 / np.where(known, examples, 1.0)
    logs = np.where(known, np.log((first + noise) / (second + noise)), np.nan)
    of_tasks, of_models = (_means(logs, known, axis) for axis in (1, 0))
    n_tasks, n_models = len(of_tasks), len(of_models)
    mean = float(np.mean(of_tasks))
    variance = np.var(of_tasks, ddof=1) / n_tasks + np.var(of_models, ddof=1) / n_models
    half = stdtrit(min(n_tasks, n_models) - 1, 0.5 + level / 2.0) * np.sqrt(variance)
    ends = np.exp([mean, mean - half, mean + half])
    return Compared(*ends.tolist(), n_tasks, n_models)


def _means(values: Floats, known: NDArray[np.bool_], axis: int) -> Floats:
    """Mean along an axis of what is known; rows or columns without anything are not there."""
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return total[count > 0] / count[count > 0]


def tasks_by_models(
    tasks: Sequence[str], models: Sequence[Sequence[str]], losses: Sequence[Floats]
) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Arrange losses with one row a task and one column a model; several of one are averaged.

    Parameters
    ----------
    tasks : sequence of str
        Of each list of losses.
    models : sequence of sequence of str
        Their models.
    losses : sequence of ndarray of float64

    Returns
    -------
    tasks, models : list of str
        Sorted.
    losses : ndarray of float64, shape (n_tasks, n_models)
        NaN where there is none.
    """
    names = sorted(set(tasks)), sorted({name for some in models for name in some})
    place = [{name: i for i, name in enumerate(some)} for some in names]
    total, count = np.zeros((2, len(names[0]), len(names[1])))
    for task, some, values in zip(tasks, models, losses, strict=True):
        for name, value in zip(some, values.tolist(), strict=True):
            if value == value:
                total[place[0][task], place[1][name]] += value
                count[place[0][task], place[1][name]] += 1
    with np.errstate(invalid="ignore"):
        return *names, np.where(count > 0, total / count, np.nan)
