"""Networks that add two numbers of one to five digits.

Each network adds numbers of every length, so that one answers targets of several lengths, as a
language model does. Numbers go in and sums come out digit by digit, filled up
with zeros on the left; only the digits that a sum of that length can have are scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.errors import InputError
from emergence.induced.answers import Answers, best, scores
from emergence.induced.family import Measured, Score, packed, score_all, unpacked
from emergence.induced.networks import (
    Recipe,
    one_hot,
    parameters,
    probabilities,
    stream,
    train_classifier,
)

Pairs = NDArray[np.int64]

_BASE = 10

EXACT_MATCH = "exact_str_match"

#: Of all pairs of numbers at most this share is kept for the test.
_LARGEST_TEST = 0.25


@dataclass(frozen=True)
class Addition:
    """A family that learns to add two numbers.

    Attributes
    ----------
    widths : tuple of int
    digits : tuple of int
        Lengths of the numbers, all of which each network learns; a number has no leading zero,
        but for 0 itself.
    examples : int
        Training examples, as many of each length, drawn anew for each replicate.
    tests : int
        Most pairs that are kept for the test of each length: the same for all networks, and
        none of them is trained on.
    recipe : Recipe
    seed : int
    """

    widths: tuple[int, ...]
    digits: tuple[int, ...]
    examples: int
    tests: int
    recipe: Recipe
    seed: int
    task: str = "addition"

    @classmethod
    def of(cls, settings: Mapping[str, Any], seed: int) -> Addition:
        """Take a family from the settings of its task.

        Raises
        ------
        InputError
            If there are not as many training examples as lengths.
        """
        digits = tuple(sorted(settings["digits"]))
        if settings["examples"] < len(digits):
            raise InputError(
                f"{settings['examples']} examples seen; {len(digits)} lengths need one each",
                where="setting 'addition.examples'",
            )
        return cls(
            widths=tuple(settings["widths"]),
            digits=digits,
            examples=settings["examples"],
            tests=settings["tests"],
            recipe=Recipe.of(settings),
            seed=seed,
        )

    def measure(self, width: int, replicate: int) -> Measured:
        """Train a network, and ask it every test.

        Parameters
        ----------
        width, replicate : int

        Returns
        -------
        mapping of str to ndarray
            ``parameters``, and for each length of target which digits were right, and the
            means of the Brier score and log-likelihood at each of them.
        """
        random = stream(self.seed, self.task, width, replicate)
        each = self.examples // len(self.digits)
        pairs = np.concatenate(
            [training_pairs(self, digits, each, random) for digits in self.digits]
        )
        network = train_classifier(
            self.recipe, width, random, self._inputs(pairs), self._targets(pairs), _BASE
        )
        found: dict[str, NDArray] = {"parameters": np.array(parameters(network))}
        for digits in self.digits:
            answers = self._answers(network, pairs_of_test(self, digits), digits).averaged()
            name = condition_of(digits)
            found |= {f"{name} {key}": part for key, part in packed(answers.right).items()}
            found[f"{name} brier"] = answers.brier
            found[f"{name} log_likelihood"] = answers.log_likelihood
        return found

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score the answers of a network for each length of target."""
        for digits in self.digits:
            name = condition_of(digits)
            answers = Answers(
                unpacked(measured, name),
                measured[f"{name} brier"],
                measured[f"{name} log_likelihood"],
            )
            yield from score_all(
                name,
                scores(answers, EXACT_MATCH),
                baseline(self, digits),
                best(target_length(digits), EXACT_MATCH),
                len(answers.right),
            )

    def targets(self, digits: int) -> NDArray[np.int64]:
        """Return the digits of the right answers to a test, shape (n, length)."""
        return self._targets(pairs_of_test(self, digits))[:, -target_length(digits) :]

    def _answers(self, network: Any, pairs: Pairs, digits: int) -> Answers:
        length = target_length(digits)
        found = probabilities(network, self._inputs(pairs), _BASE)[:, -length:]
        return Answers.of(found, self._targets(pairs)[:, -length:])

    def _inputs(self, pairs: Pairs) -> NDArray[np.float32]:
        parts = [digits_of(pairs[:, i], self.digits[-1]) for i in (0, 1)]
        return one_hot(np.concatenate(parts, axis=1), _BASE)

    def _targets(self, pairs: Pairs) -> NDArray[np.int64]:
        return digits_of(pairs.sum(axis=1), target_length(self.digits[-1]))


def target_length(digits: int) -> int:
    """Return how many digits the sum of two numbers of so many can have."""
    return digits + 1


def condition_of(digits: int) -> str:
    """Return what is said of a test of numbers of so many digits: those of its targets."""
    return f"target_digits={target_length(digits)}"


def digits_of(numbers: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return the digits of numbers, filled up with zeros on the left, shape (n, length)."""
    return numbers[:, None] // _BASE ** np.arange(length)[::-1] % _BASE


@lru_cache(maxsize=16)
def pairs_of_test(family: Addition, digits: int) -> Pairs:
    """Return the pairs of numbers that all networks of a family are tested on.

    Parameters
    ----------
    family : Addition
    digits : int
        Of each number.

    Returns
    -------
    ndarray of int64, shape (n, 2)
        All different, in an order drawn at random: each part of it is a test too.
    """
    low, count = _numbers(digits)
    wanted = min(family.tests, int(_LARGEST_TEST * count**2))
    random = stream(family.seed, family.task, "tests", digits)
    if 8 * wanted >= count**2:
        chosen = random.permutation(count**2)[:wanted]
    else:
        # Among so many, few are drawn twice: those are drawn again.
        drawn = random.integers(count**2, size=2 * wanted)
        _, first = np.unique(drawn, return_index=True)
        chosen = drawn[np.sort(first)][:wanted]
    return _pairs(chosen, low, count)


def training_pairs(
    family: Addition, digits: int, number: int, random: np.random.Generator
) -> Pairs:
    """Draw pairs of numbers that no test has, with replacement.

    Parameters
    ----------
    family : Addition
    digits, number : int
    random : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (number, 2)
    """
    low, count = _numbers(digits)
    tests = pairs_of_test(family, digits) - low
    codes = np.sort(tests[:, 0] * count + tests[:, 1])
    kept = np.empty(0, np.int64)
    while len(kept) < number:
        drawn = random.integers(count**2, size=2 * number)
        kept = np.concatenate([kept, drawn[~np.isin(drawn, codes)]])
    return _pairs(kept[:number], low, count)


@lru_cache(maxsize=16)
def baseline(family: Addition, digits: int) -> Mapping[str, float]:
    """Return the score of the best constant guess at each position, under each metric."""
    return scores(Answers.constant(family.targets(digits), _BASE), EXACT_MATCH)


def _numbers(digits: int) -> tuple[int, int]:
    """Return the smallest number of so many digits, and how many there are."""
    low = 0 if digits == 1 else _BASE ** (digits - 1)
    return low, _BASE**digits - low


def _pairs(codes: NDArray[np.int64], low: int, count: int) -> Pairs:
    return np.stack([codes // count, codes % count], axis=1) + low
