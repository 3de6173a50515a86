"""Draws of the examples of a task, the same for all models and metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.streams import generator

Floats = NDArray[np.float64]

#: Fewest examples (clusters) that must differ from the others for an interval of their mean. With
#: fewer resamples hardly move: of 1,000 answers of which none is right each mean is 0.
FEWEST_DIFFERING = 10

#: Numbers that are worked on together, which bounds the memory: draws times examples.
_TOGETHER = 4_000_000


@dataclass(frozen=True)
class Examples:
    """The examples of a task.

    Attributes
    ----------
    number : int
    clusters : ndarray of int, shape (number,), or None
        Numbers from 0: examples of one document, which are drawn together. None where each
        stands alone.
    """

    number: int
    clusters: NDArray[np.integer] | None = None

    @property
    def sizes(self) -> Floats:
        """Number of examples in each cluster."""
        if self.clusters is None:
            return np.ones(self.number)
        return np.bincount(self.clusters).astype(np.float64)

    def can_show(self, values: Floats) -> NDArray[np.bool_]:
        """Say of which columns resamples can show how sure their mean is.

        Parameters
        ----------
        values : ndarray of float64, shape (number, n_columns)
            Outcomes, or differences of outcomes.

        Returns
        -------
        ndarray of bool, shape (n_columns,)
            Where at least `FEWEST_DIFFERING` examples, of as many clusters, differ from the
            column's lower median.
        """
        middle = (self.number - 1) // 2
        differ = values != np.partition(values, middle, axis=0)[middle]
        if self.clusters is not None:
            differ = self.summed(differ.astype(np.float64)) > 0
        return np.count_nonzero(differ, axis=0) >= FEWEST_DIFFERING

    def summed(self, values: Floats) -> Floats:
        """Sum values of examples (first axis) over each cluster."""
        if self.clusters is None:
            return values
        sums = np.zeros((int(self.clusters.max()) + 1, *values.shape[1:]))
        np.add.at(sums, self.clusters, values)
        return sums


def drawn_means(
    examples: Examples,
    columns: Sequence[Floats],
    rng: np.random.Generator,
    draws: int,
    share: float | None = None,
) -> list[Floats]:
    """Draw examples many times, and average each column over those of each draw.

    Parameters
    ----------
    examples : Examples
    columns : sequence of ndarray of float64, shape (n_examples, n_models)
        One a metric: whole numbers, so that sums are exact and the same on every machine. All
        columns have the same examples in a draw: differences are paired.
    rng : numpy.random.Generator
    draws : int
    share : float, optional
        Subsamples of so large a share of the clusters, each at most once, and so what a score is
        worth at fewer examples. By default resamples: as many clusters as there are, each as
        often as it comes.

    Returns
    -------
    list of ndarray of float64, shape (draws, n_models)

    References
    ----------
    .. [1] B. Efron, Annals of Statistics 7 (1979) 1; A. C. Davison, D. V. Hinkley, "Bootstrap
       Methods and their Application" (1997), section 3.8, for whole clusters.
    .. [2] D. N. Politis, J. P. Romano, M. Wolf, "Subsampling" (1999), chapter 2.
    """
    sizes, found = examples.sizes, [[] for _ in columns]
    for count in _counts(rng, len(sizes), draws, share):
        drawn = (count @ sizes)[:, None]
        for into, column in zip(found, columns, strict=True):
            into.append((count @ examples.summed(column)) / drawn)
    return [np.concatenate(parts) for parts in found]


def stream(seed: int, task: str, purpose: str) -> np.random.Generator:
    """Return the random generator for the examples of a task.

    Parameters
    ----------
    seed : int
        The seed of the run.
    task : str
        It names the task and its examples: all models and metrics of it share the draws.
    purpose : str

    Returns
    -------
    numpy.random.Generator
    """
    return generator(seed, task, f"examples/{purpose}")


def _counts(
    rng: np.random.Generator, clusters: int, draws: int, share: float | None
) -> Iterator[Floats]:
    """Yield how often each cluster is drawn, some draws at a time."""
    together = max(_TOGETHER // clusters, 1)
    for begin in range(0, draws, together):
        some = min(together, draws - begin)
        if share is None:
            chosen = rng.integers(clusters, size=(some, clusters))
        else:
            taken = max(round(clusters * share), 1)
            order = rng.random((some, clusters))
            chosen = np.argpartition(order, taken - 1, axis=1)[:, :taken]
        chosen = chosen + clusters * np.arange(some)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=some * clusters)
        yield counts.reshape(some, clusters).astype(np.float64)


def interval(drawn: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the percentile interval of each column.

    Parameters
    ----------
    drawn : ndarray of float64, shape (draws, ...)
        May be infinite.
    level : float
        Such as 0.95.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        Drawn values, the outer ones where a bound lies between two; NaN where some draw is NaN.
    """
    ends = 0.5 * (1.0 - level) * (len(drawn) - 1)
    low, high = int(ends), len(drawn) - 1 - int(ends)
    ordered = np.partition(drawn, (low, high), axis=0)
    unknown = np.isnan(drawn).any(axis=0)
    return tuple(np.where(unknown, np.nan, ordered[at]) for at in (low, high))
