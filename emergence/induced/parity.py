"""The control: parity, which such networks learn abruptly or not at all.

Whether an even number of some bits are set is a choice of two, and all bits together say
nothing of it until the right ones are found. If the smooth metrics were not called sharp here,
the method could not find an emergence that is real.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.errors import InputError
from emergence.induced.answers import Answers
from emergence.induced.family import Measured, Score, score_all
from emergence.induced.networks import (
    Recipe,
    parameters,
    probabilities,
    stream,
    train_classifier,
)

_CHOICES = 2


@dataclass(frozen=True)
class Parity:
    """A family that tells whether an even number of the first bits are set.

    Attributes
    ----------
    widths : tuple of int
    bits : int
        Bits of an input.
    counted : int
        How many of them count.
    examples : int
        Inputs to learn from, drawn anew for each replicate.
    tests : int
        Inputs that all networks are tested on.
    recipe : Recipe
    seed : int
    """

    widths: tuple[int, ...]
    bits: int
    counted: int
    examples: int
    tests: int
    recipe: Recipe
    seed: int
    task: str = "parity"

    @classmethod
    def of(cls, settings: Mapping[str, Any], seed: int) -> Parity:
        """Take the family from the settings of its task.

        Raises
        ------
        InputError
            If more bits count than there are.
        """
        if settings["counted"] > settings["bits"]:
            raise InputError(
                f"{settings['counted']} of {settings['bits']} bits seen; allowed are as many "
                "as there are",
                where="setting 'parity.counted'",
            )
        names = ("bits", "counted", "examples", "tests")
        return cls(
            widths=tuple(settings["widths"]),
            recipe=Recipe.of(settings),
            seed=seed,
            **{name: settings[name] for name in names},
        )

    def measure(self, width: int, replicate: int) -> Measured:
        """Train a network, and ask it the parity of each input of the test.

        Returns
        -------
        mapping of str to ndarray
            ``parameters``, and of each input whether its parity was told rightly, the Brier
            score and the log-likelihood.
        """
        random = stream(self.seed, self.task, width, replicate)
        inputs, targets = self._draw(self.examples, random)
        network = train_classifier(self.recipe, width, random, inputs, targets, _CHOICES)
        inputs, targets = self._tests()
        answers = Answers.of(probabilities(network, inputs, _CHOICES), targets)
        return {
            "parameters": np.array(parameters(network)),
            "right": answers.right,
            "brier": answers.brier,
            "log_likelihood": answers.log_likelihood,
        }

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score the answers, as those of a choice of two."""
        _, targets = self._tests()
        guess = Answers.constant(targets, _CHOICES)
        answers = Answers(measured["right"], measured["brier"], measured["log_likelihood"])
        certain = Answers(np.ones((1, 1), bool), np.zeros((1, 1)), np.zeros((1, 1)))
        found, low, high = map(choice_scores, (answers, guess, certain))
        yield from score_all("", found, low, high, len(targets))

    def _tests(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return self._draw(self.tests, stream(self.seed, self.task, "tests"))

    def _draw(
        self, number: int, random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Draw inputs, of which so many are possible that hardly one is drawn twice."""
        bits = random.integers(2, size=(number, self.bits))
        targets = bits[:, : self.counted].sum(axis=1, keepdims=True) % 2
        return (2 * bits - 1).astype(np.float32), targets


def choice_scores(answers: Answers) -> Mapping[str, float]:
    """Return the scores of answers that are a choice of two, under BIG-bench's metrics."""
    return {
        "multiple_choice_grade": float(answers.right.mean()),
        "calibration_multiple_choice_brier_score": float(answers.brier.mean()) / _CHOICES,
        "weighted_log_probabilities": float(answers.log_likelihood.mean()),
    }
