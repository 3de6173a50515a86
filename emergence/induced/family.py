"""What a family of networks is: its plan, its answers to the tests, and their scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

#: What is measured of one network: arrays by name.
Measured = Mapping[str, NDArray]


class Family(Protocol):
    """Networks of several widths that are trained and tested alike.

    A frozen dataclass, whose fields are all that its networks depend on beside width and
    replicate: `emergence.induced.kept` names a finished network by them.
    """

    @property
    def task(self) -> str:
        """What the networks learn."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Hidden units of each network, rising."""

    def measure(self, width: int, replicate: int) -> Measured:
        """Train a network and test it; ``parameters`` is among what is measured."""

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score what was measured, under every metric and condition."""


@dataclass(frozen=True)
class Score:
    """One score of one network.

    Attributes
    ----------
    condition : str
    metric : str
    score, low, high : float
        The score, that of the best constant guess, and the best possible one.
    examples : int
        The score is a mean over so many.
    preferred : bool
        The metric that is all or nothing.
    """

    condition: str
    metric: str
    score: float
    low: float
    high: float
    examples: int
    preferred: bool


def score_all(
    condition: str,
    scores: Mapping[str, float],
    low: Mapping[str, float],
    high: Mapping[str, float],
    examples: int,
) -> Iterator[Score]:
    """Yield the scores of a test, beside those of a constant guess and the best ones."""
    first = next(iter(scores))
    for metric, score in scores.items():
        yield Score(condition, metric, score, low[metric], high[metric], examples, metric == first)


def rows(family: Family, width: int, replicate: int, measured: Measured) -> Iterator[dict]:
    """Yield the scores of one network as rows of the tidy format."""
    for score in family.scores(measured):
        yield {
            "task": family.task,
            "condition": score.condition,
            "metric": score.metric,
            "model_family": f"{family.task} networks",
            "model": f"{width} hidden units",
            "n_params": int(measured["parameters"]),
            "replicate": f"seed {replicate}",
            "score": score.score,
            "low_score": score.low,
            "high_score": score.high,
            "n_examples": score.examples,
            "is_preferred": score.preferred,
        }


def packed(right: NDArray[np.bool_]) -> dict[str, Any]:
    """Return truths as bits, with their shape."""
    return {"bits": np.packbits(right), "shape": np.array(right.shape)}


def unpacked(measured: Measured, name: str) -> NDArray[np.bool_]:
    """Return truths that were stored as `packed`, under names that begin with this one."""
    shape = tuple(measured[f"{name} shape"].tolist())
    count = int(np.prod(shape))
    return np.unpackbits(measured[f"{name} bits"], count=count).astype(bool).reshape(shape)
