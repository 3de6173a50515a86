"""The answers of networks that name a digit at each position, under every metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.induced.networks import Floats

Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What a test needs to know of the answers to it.

    Attributes
    ----------
    right : ndarray of bool, shape (n, positions)
    brier, log_likelihood : ndarray of float64, shape (n, positions) or (1, positions)
        Of each answer, or their means over the examples.
    """

    right: Truths
    brier: Floats
    log_likelihood: Floats

    @classmethod
    def of(cls, probabilities: Floats, targets: NDArray[np.int64]) -> Answers:
        """Judge probabilities by the targets.

        Parameters
        ----------
        probabilities : ndarray of float64, shape (n, positions, classes)
        targets : ndarray of int64, shape (n, positions)

        Returns
        -------
        Answers
        """
        of_target = np.take_along_axis(probabilities, targets[:, :, None], axis=2)[:, :, 0]
        return cls(
            right=probabilities.argmax(axis=2) == targets,
            # Sum over the classes of (p - t)^2.
            brier=(probabilities**2).sum(axis=2) - 2 * of_target + 1,
            log_likelihood=np.log(of_target),
        )

    @classmethod
    def constant(cls, targets: NDArray[np.int64], classes: int) -> Answers:
        """Judge the best constant guess at each position: nothing is known of the question.

        Parameters
        ----------
        targets : ndarray of int64, shape (n, positions)
        classes : int

        Returns
        -------
        Answers
            The digit that is right most often, and as probabilities how often each digit is.
        """
        counts = (targets[:, :, None] == np.arange(classes)).sum(axis=0)
        shares = np.broadcast_to(counts / len(targets), (len(targets), *counts.shape))
        return cls.of(shares, targets)

    def averaged(self) -> Answers:
        """Return them with means in place of the score of each answer: a hundredth in size."""
        return Answers(
            self.right,
            self.brier.mean(axis=0, keepdims=True),
            self.log_likelihood.mean(axis=0, keepdims=True),
        )

    def together(self, size: int) -> Answers:
        """Join every so many examples of one position to one example, and drop the rest.

        Parameters
        ----------
        size : int
            The groups are disjoint.

        Returns
        -------
        Answers
        """
        groups = len(self.right) // size
        return Answers(
            *(
                a[: groups * size].reshape(groups, size)
                for a in (self.right, self.brier, self.log_likelihood)
            )
        )


def scores(answers: Answers, all_right: str) -> Mapping[str, float]:
    """Return the score under each metric.

    Parameters
    ----------
    answers : Answers
    all_right : str
        What the metric is called that asks for all positions of an example.

    Returns
    -------
    mapping of str to float
        The metric that is all or nothing comes first.
    """
    wrong = ~answers.right
    return {
        all_right: float(answers.right.all(axis=1).mean()),
        "per_digit_accuracy": float(answers.right.mean()),
        "token_edit_distance": float(wrong.sum(axis=1).mean()),
        "per_digit_brier_score": float(answers.brier.mean()),
        "per_digit_log_likelihood": float(answers.log_likelihood.mean()),
    }


def best(positions: int, all_right: str) -> Mapping[str, float]:
    """Return the best possible score under each metric."""
    certain = Answers(np.ones((1, positions), bool), np.zeros((1, 1)), np.zeros((1, 1)))
    return scores(certain, all_right)
