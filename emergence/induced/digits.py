"""Networks that name handwritten digits: one at a time, or a sequence of them at once.

The answers to single images are scored in groups of K: an example is right if all K of its
images are. Groups are disjoint, so that their number is the number of examples. Networks for
sequences see all images of a sequence at once, and what they name is scored up to length L.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.induced.answers import Answers, best, scores
from emergence.induced.family import Measured, Score, score_all
from emergence.induced.images import CLASSES, images
from emergence.induced.networks import (
    Recipe,
    parameters,
    probabilities,
    stream,
    train_classifier,
)

SUBSET_ACCURACY = "subset_accuracy"
EXACT_MATCH = "exact_str_match"


@dataclass(frozen=True)
class Digits:
    """A family that names one handwritten digit.

    Attributes
    ----------
    widths : tuple of int
    tests : int
        Images that all networks are tested on; they learn from the others.
    together : tuple of int
        K: how many images make an example. No network depends on it.
    recipe : Recipe
    seed : int
    """

    widths: tuple[int, ...]
    tests: int
    together: tuple[int, ...]
    recipe: Recipe
    seed: int
    task: str = "digits"

    @classmethod
    def of(cls, settings: Mapping[str, Any], seed: int) -> Digits:
        """Take the family from the settings of its task."""
        return cls(
            widths=tuple(settings["widths"]),
            tests=settings["tests"],
            together=tuple(settings["together"]),
            recipe=Recipe.of(settings),
            seed=seed,
        )

    def measure(self, width: int, replicate: int) -> Measured:
        """Train a network, and have it name each image of the test.

        Returns
        -------
        mapping of str to ndarray
            ``parameters``, and of each image whether it was named rightly, the Brier score and
            the log-likelihood.
        """
        learn, test = images(self.tests, self.seed)
        random = stream(self.seed, self.task, width, replicate)
        network = train_classifier(
            self.recipe, width, random, learn.pixels, learn.digits[:, None], CLASSES
        )
        found = probabilities(network, test.pixels, CLASSES)
        return _measured(network, Answers.of(found, test.digits[:, None]))

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score the answers of a network in groups of each size."""
        _, test = images(self.tests, self.seed)
        answers = _answers(measured)
        guess = Answers.constant(test.digits[:, None], CLASSES)
        for size in self.together:
            groups = answers.together(size)
            yield from score_all(
                f"K={size}",
                scores(groups, SUBSET_ACCURACY),
                scores(guess.together(size), SUBSET_ACCURACY),
                best(size, SUBSET_ACCURACY),
                len(groups.right),
            )


@dataclass(frozen=True)
class Sequences:
    """A family that names the digits of a sequence of images, all at once.

    Attributes
    ----------
    widths : tuple of int
    lengths : tuple of int
        L: how many digits of a sequence are scored, from its beginning. The longest is what a
        network sees.
    examples : int
        Sequences to learn from, drawn from the images anew for each replicate.
    tests : int
        Images of the test; each is part of one sequence.
    recipe : Recipe
    seed : int
    """

    widths: tuple[int, ...]
    lengths: tuple[int, ...]
    examples: int
    tests: int
    recipe: Recipe
    seed: int
    task: str = "sequences"

    @classmethod
    def of(cls, settings: Mapping[str, Any], seed: int) -> Sequences:
        """Take the family from the settings of its task."""
        return cls(
            widths=tuple(settings["widths"]),
            lengths=tuple(sorted(settings["lengths"])),
            examples=settings["examples"],
            tests=settings["tests"],
            recipe=Recipe.of(settings),
            seed=seed,
        )

    def measure(self, width: int, replicate: int) -> Measured:
        """Train a network, and have it name each sequence of the test.

        Returns
        -------
        mapping of str to ndarray
            As for `Digits`, with a column for each image of a sequence.
        """
        learn, test = images(self.tests, self.seed)
        random = stream(self.seed, self.task, width, replicate)
        rows = random.integers(len(learn), size=(self.examples, self.lengths[-1]))
        inputs = learn.pixels[rows].reshape(self.examples, -1)
        network = train_classifier(self.recipe, width, random, inputs, learn.digits[rows], CLASSES)
        rows = self._rows(len(test))
        found = probabilities(network, test.pixels[rows].reshape(len(rows), -1), CLASSES)
        return _measured(network, Answers.of(found, test.digits[rows]))

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score the beginnings of each length."""
        _, test = images(self.tests, self.seed)
        answers = _answers(measured)
        guess = Answers.constant(test.digits[self._rows(len(test))], CLASSES)
        for length in self.lengths:
            beginning = slice(0, length)
            yield from score_all(
                f"L={length}",
                scores(answers.part(beginning), EXACT_MATCH),
                scores(guess.part(beginning), EXACT_MATCH),
                best(length, EXACT_MATCH),
                len(answers.right),
            )

    def _rows(self, number: int) -> NDArray[np.int64]:
        """Cut so many images into disjoint sequences, and drop the rest."""
        longest = self.lengths[-1]
        count = number // longest
        return np.arange(count * longest).reshape(count, longest)


def _measured(network: Any, answers: Answers) -> dict[str, NDArray]:
    return {
        "parameters": np.array(parameters(network)),
        "right": answers.right,
        "brier": answers.brier,
        "log_likelihood": answers.log_likelihood,
    }


def _answers(measured: Measured) -> Answers:
    return Answers(measured["right"], measured["brier"], measured["log_likelihood"])
