"""Outcomes of each example of a task under each metric, kept for resampling."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

#: Binary digits of an outcome, relative to the largest of its model, task and metric: a millionth
#: of the step of a mean over a hundred thousand examples. Sums of so many are exact, in whatever
#: order a processor adds them, up to 2^29 examples.
_DIGITS = 24


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of one model's answers to one task under one metric.

    Attributes
    ----------
    examples : str
        A digest of which examples they are: equal for two models that answered the same.
    clusters : ndarray of int32, shape (n_examples,), or None
        Numbers from 0: examples that are drawn together. None where each stands alone.
    steps : ndarray of int32, shape (n_examples,)
        The outcomes, in units of `unit`, in the order of the examples' names.
    unit : float
        A power of two.
    """

    examples: str
    clusters: Ints | None
    steps: Ints
    unit: float

    @classmethod
    def of(
        cls,
        keys: Sequence[str],
        by_example: Mapping[str, Floats],
        clusters: Sequence[str] | None = None,
    ) -> dict[str, Self]:
        """Keep the outcomes of a log.

        Parameters
        ----------
        keys : sequence of str
            Which example each is. Examples with one key are of one document: a cluster.
        by_example : mapping of str to ndarray of float64, shape (n_examples,)
            By metric, finite.
        clusters : sequence of str, optional
            Which examples are drawn together, where that is not what has one key.

        Returns
        -------
        dict of str to Outcomes
            By metric.
        """
        named = np.array(keys, dtype=object).astype(str)
        together = named if clusters is None else np.array(clusters, dtype=object).astype(str)
        names, cluster = np.unique(together, return_inverse=True)
        if clusters is None:
            order = np.argsort(cluster, kind="stable")
            which = names[cluster[order]]
        else:
            order = np.lexsort((named, cluster))
            which = [f"{names[cluster[at]]}\t{named[at]}" for at in order]
        digest = hashlib.sha256("\n".join(which).encode()).hexdigest()[:16]
        drawn = None if len(names) == len(keys) else cluster[order].astype(np.int32)
        return {
            metric: cls(digest, drawn, *_stepped(values[order]))
            for metric, values in by_example.items()
        }


def _stepped(values: Floats) -> tuple[Ints, float]:
    """Round to multiples of a power of two."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return np.zeros(len(values), np.int32), 1.0
    # Not below the least normal number, where dividing would overflow.
    unit = math.ldexp(1.0, max(math.frexp(largest)[1] - _DIGITS, -1022))
    return np.rint(values / unit).astype(np.int32), unit
