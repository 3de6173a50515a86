"""Networks that recognise a handwritten digit.

Their answers are scored in groups of K images: an example is right if all K of its images are.
Groups are disjoint, so that their number is the number of examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

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


@dataclass(frozen=True)
class Digits:
    """A family that recognises one handwritten digit.

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
        answers = Answers.of(found, test.digits[:, None])
        return {
            "parameters": np.array(parameters(network)),
            "right": answers.right,
            "brier": answers.brier,
            "log_likelihood": answers.log_likelihood,
        }

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score the answers of a network in groups of each size."""
        _, test = images(self.tests, self.seed)
        answers = Answers(measured["right"], measured["brier"], measured["log_likelihood"])
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
