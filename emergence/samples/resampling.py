"""Resampling of the examples of a task, the same for all models and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.streams import generator

Floats = NDArray[np.float64]

#: Draws that are worked on together.
_TOGETHER = 100


@dataclass(frozen=True)
class Resampled:
    """The mean scores of one task under many resamples of its examples.

    Attributes
    ----------
    observed : ndarray of float64, shape (n_columns,)
        Means over all examples.
    draws : ndarray of float64, shape (draws, n_columns)
        Means over the examples of each resample. All columns have the same examples in it, so
        that a difference of two columns is a paired difference.
    """

    observed: Floats
    draws: Floats

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Return the percentile interval of each column.

        Parameters
        ----------
        level : float
            Such as 0.95.

        Returns
        -------
        low, high : ndarray of float64, shape (n_columns,)
        """
        tail = 0.5 * (1.0 - level)
        low, high = np.quantile(self.draws, [tail, 1.0 - tail], axis=0)
        return low, high

    def difference(self, first: int, second: int, level: float) -> tuple[float, float, float]:
        """Return the difference of two columns with its interval.

        Parameters
        ----------
        first, second : int
            Columns; the second is taken from the first.
        level : float

        Returns
        -------
        difference, low, high : float
        """
        drawn = self.draws[:, first] - self.draws[:, second]
        tail = 0.5 * (1.0 - level)
        low, high = np.quantile(drawn, [tail, 1.0 - tail])
        return float(self.observed[first] - self.observed[second]), float(low), float(high)


def resample(
    values: Floats,
    clusters: NDArray[np.int64],
    key: str,
    *,
    seed: int,
    draws: int,
    examples: int | None = None,
) -> Resampled:
    """Resample the examples of a task.

    Parameters
    ----------
    values : ndarray of float64, shape (n_examples, n_columns)
        One column a model and metric; finite. All models answered the same examples.
    clusters : ndarray of int64, shape (n_examples,)
        Numbers from 0: examples of one document, which are drawn together.
    key : str
        Of the task: it keys the draws.
    seed : int
        The seed of the run.
    draws : int
    examples : int, optional
        How many are drawn, in whole clusters; by default as many as there are. Fewer show what
        a score would be worth at fewer examples.

    Returns
    -------
    Resampled

    References
    ----------
    .. [1] B. Efron, Annals of Statistics 7 (1979) 1; A. C. Davison, D. V. Hinkley, "Bootstrap
       Methods and their Application" (1997), section 3.8, for whole clusters.
    """
    n_clusters = int(clusters.max()) + 1
    sums = np.zeros((n_clusters, values.shape[1]))
    np.add.at(sums, clusters, values)
    sizes = np.bincount(clusters, minlength=n_clusters).astype(np.float64)
    share = 1.0 if examples is None else examples / len(clusters)
    taken = max(round(n_clusters * share), 1)
    rng = generator(seed, key, f"examples/{taken}")
    drawn = np.concatenate(
        [
            (count @ sums) / (count @ sizes)[:, None]
            for count in _counts(rng, n_clusters, taken, draws)
        ]
    )
    return Resampled(values.mean(axis=0), drawn)


def _counts(
    rng: np.random.Generator, n_clusters: int, taken: int, draws: int
) -> Iterator[NDArray[np.float64]]:
    """Yield how often each cluster is drawn, some draws at a time."""
    for begin in range(0, draws, _TOGETHER):
        some = min(_TOGETHER, draws - begin)
        chosen = rng.integers(n_clusters, size=(some, taken))
        chosen += n_clusters * np.arange(some)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=some * n_clusters)
        yield counts.reshape(some, n_clusters).astype(np.float64)
