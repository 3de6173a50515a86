"""Test results drawn from the mathematical model of the mirage: a dataset of known truth.

A model family has one exponent b, with which the loss on a token falls; a task has one unit
c, its difficulty. Each model answers each task's items once, and two metrics score these same
answers: exact match and token edit distance where the answer is a string, multiple-choice
grade and Brier score where it is a choice. So whatever differs between two metrics of a task
was made by the metric. Every family is named synthetic: no score was measured on a model.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emergence.errors import InputError
from emergence.files import replacing
from emergence.mirage import (
    brier_score,
    drawn_choices,
    token_probability,
)

if TYPE_CHECKING:
    from emergence.raw.programs import Place

#: Metrics of the two kinds of tasks: what is all or nothing, then what is not.
STRING_METRICS = ("exact_str_match", "token_edit_distance")
CHOICE_METRICS = ("multiple_choice_grade", "calibration_multiple_choice_brier_score")


def run(settings: Mapping[str, Any], place: Place) -> None:
    """Write the dataset: the program ``mirage-model`` of the registry.

    Parameters
    ----------
    settings : mapping
        The fields of `Design`.
    place : Place
        Gets one file, ``scores.csv``, in the tidy format.
    """
    rows = dataset(Design(**settings))
    with (
        replacing(place.files / "scores.csv") as partial,
        partial.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True)
class Design:
    """What is drawn.

    Attributes
    ----------
    seed : int
        Of all draws. Each model, task and condition has a stream of its own: adding another
        moves no draw.
    models : mapping
        ``smallest`` and ``largest``, in parameters, and ``number``: the models of each family,
        evenly spaced in log scale.
    exponents : sequence of float
        b, one family each.
    units : sequence of float
        c, in parameters: one string task and one choice task each. See `token_probability`.
    lengths : sequence of int
        Tokens of the target: each string task is set with each of them.
    choices : sequence of int
        K: each choice task is set with each of them.
    examples : int
        Items of each task and condition.
    lean : float
        How much a model that does not know prefers one of the choices. See `item_means`.
    concentration : float
        How alike the items of a choice task are. See `dirichlet_parameters`.
    """

    seed: int
    models: Mapping[str, float]
    exponents: Sequence[float]
    units: Sequence[float]
    lengths: Sequence[int]
    choices: Sequence[int]
    examples: int
    lean: float
    concentration: float


def dataset(design: Design) -> list[dict[str, Any]]:
    """Draw test results of synthetic model families that follow the model.

    Parameters
    ----------
    design : Design

    Returns
    -------
    list of dict
        Rows of the tidy format, one a score.

    Raises
    ------
    InputError
        If the models' scales do not rise.
    """
    scales = _scales(**design.models)
    rows = []
    for exponent in design.exponents:
        family = f"synthetic, b = {exponent:g}"
        for unit in design.units:
            probabilities = token_probability(scales, unit=unit, exponent=exponent)
            tests: list[_Strings | _Choices] = [
                *(_Strings(unit, length) for length in design.lengths),
                *(
                    _Choices(unit, count, design.lean, design.concentration)
                    for count in design.choices
                ),
            ]
            for test in tests:
                for scale, probability in zip(scales.tolist(), probabilities.tolist(), strict=True):
                    model = {
                        "model_family": family,
                        "model": f"N = {scale:.4g}",
                        "n_params": scale,
                    }
                    names = (family, model["model"], test.task, test.condition)
                    stream = _stream(design.seed, *names)
                    scores = test.scores(stream, probability, design.examples)
                    rows += list(_rows(test, model, scores, design.examples))
    return rows


def _scales(smallest: float, largest: float, number: float) -> NDArray[np.float64]:
    """Model scales; four digits of each, so that they are the same on every machine."""
    exact = np.geomspace(smallest, largest, int(number))
    scales = np.array([float(f"{scale:.4g}") for scale in exact])
    if np.any(np.diff(scales) <= 0):
        raise InputError(
            f"{number} models from {smallest:g} to {largest:g} parameters seen; allowed are "
            "scales that rise, and differ in their first four digits",
            where="setting 'models'",
        )
    return scales


@dataclass(frozen=True)
class _Strings:
    """Items whose answer is a string of so many tokens, each right or wrong by itself."""

    unit: float
    length: int
    metrics = STRING_METRICS

    @property
    def task(self) -> str:
        return f"strings, c = {self.unit:g}"

    @property
    def condition(self) -> str:
        return f"target_tokens={self.length}"

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        """Score of a model that gets no token right, and best score, under each metric."""
        return (0.0, 1.0), (float(self.length), 0.0)

    def scores(self, stream: np.random.Generator, probability: float, n: int) -> tuple[float, ...]:
        right = stream.random((n, self.length)) < probability
        return float(right.all(axis=1).mean()), float((~right).sum(axis=1).mean())


@dataclass(frozen=True)
class _Choices:
    """Items with so many choices, of which the first is right."""

    unit: float
    count: int
    lean: float
    concentration: float
    metrics = CHOICE_METRICS

    @property
    def task(self) -> str:
        return f"choices, c = {self.unit:g}"

    @property
    def condition(self) -> str:
        return f"choices={self.count}"

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        """Score of a model that knows nothing, and best score, under each metric."""
        guess = brier_score(0, self.count, lean=self.lean, concentration=self.concentration)
        return (1 / self.count, 1.0), (float(guess[0]), 0.0)

    def scores(self, stream: np.random.Generator, probability: float, n: int) -> tuple[float, ...]:
        drawn = drawn_choices(
            stream,
            probability,
            self.count,
            n,
            lean=self.lean,
            concentration=self.concentration,
        )
        grade = (drawn.argmax(axis=1) == 0).mean()
        errors = (drawn - np.eye(self.count)[0]) ** 2
        return float(grade), float(errors.sum(axis=1).mean() / self.count)


def _rows(
    test: _Strings | _Choices,
    model: Mapping[str, Any],
    scores: Sequence[float],
    examples: int,
) -> Iterator[dict[str, Any]]:
    for metric, score, (low, high) in zip(test.metrics, scores, test.bounds, strict=True):
        yield {
            "task": test.task,
            "condition": test.condition,
            "metric": metric,
            **model,
            "score": score,
            "low_score": low,
            "high_score": high,
            "n_examples": examples,
            "is_preferred": metric == test.metrics[0],
        }


def _stream(seed: int, *names: str) -> np.random.Generator:
    digest = hashlib.sha256("\x00".join((str(seed), *names)).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))
