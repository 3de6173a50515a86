"""The metric chain of multiple choice: many metrics of the same log-likelihoods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The chain of Schaeffer et al. (2024), from the log-likelihood to accuracy, and what stands
#: beside it. In the order in which a page shows them.
CHAIN = (
    *("log_prob_correct", "bits_per_byte", "prob_correct_raw"),
    *("log_prob_among_choices", "prob_correct", "margin"),
    *("brier_score", "target_brier", "multiple_choice_brier"),
    *("acc", "acc_norm", "acc_bytes"),
)


@dataclass(frozen=True)
class Choices:
    """The log-likelihoods that a model gave to the choices of many questions.

    Attributes
    ----------
    log_likelihood : ndarray of float64, shape (n_examples, most_choices)
        Natural logarithm of the probability of each choice after the question, in nats; NaN
        beyond an example's number of choices.
    gold : ndarray of int64, shape (n_examples,)
        The right one.
    characters, bytes : ndarray of float64, shape (n_examples, most_choices)
        Length of each choice, without the blank before it; bytes in UTF-8. NaN as above.
    """

    log_likelihood: Floats
    gold: NDArray[np.int64]
    characters: Floats
    bytes: Floats

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.gold)

    @property
    def number(self) -> NDArray[np.int64]:
        """Number of choices of each example."""
        return np.count_nonzero(~np.isnan(self.log_likelihood), axis=1)


def score_choices(choices: Choices) -> Mapping[str, Floats]:
    """Score each example under every metric of the chain.

    Parameters
    ----------
    choices : Choices

    Returns
    -------
    dict of str to ndarray of float64, shape (n_examples,)
        By the names of `CHAIN`. ``acc_norm`` divides by characters and ``acc_bytes`` by bytes;
        of equal choices the first is taken, as lm-evaluation-harness does. ``brier_score`` sums
        over the choices, as the harness does; the mean of ``multiple_choice_brier`` is the mean
        over all choices of all examples, as BIG-bench has it; ``target_brier`` looks at the right
        choice only. Where a length is 0
        or unknown, what is divided by it is NaN.

    References
    ----------
    .. [1] R. Schaeffer et al., "Why Has Predicting Downstream Capabilities of Frontier AI
       Models with Scale Remained Elusive?", arXiv 2406.04391 (2024), section 2: the chain.
    .. [2] G. W. Brier, Monthly Weather Review 78 (1950) 1, for the score.
    """
    raw, gold = choices.log_likelihood, choices.gold
    rows = np.arange(len(gold))
    right = raw[rows, gold]
    with np.errstate(under="ignore", invalid="ignore", divide="ignore"):
        # Where all choices are impossible, their shares are unknown.
        among = raw - _log_sum(raw)[:, None]
    share = np.exp(among)
    p = share[rows, gold]
    others = share.copy()
    others[rows, gold] = np.nan
    brier = np.nansum(others**2, axis=1) + (1.0 - p) ** 2
    return {
        "log_prob_correct": right,
        "bits_per_byte": -_over(right, choices.bytes[rows, gold]) / np.log(2.0),
        "prob_correct_raw": np.exp(right),
        "log_prob_among_choices": among[rows, gold],
        "prob_correct": p,
        "margin": p - np.max(np.where(np.isnan(others), -np.inf, others), axis=1),
        "brier_score": brier,
        "target_brier": (1.0 - p) ** 2,
        "multiple_choice_brier": brier / choices.number.mean(),
        "acc": _is_gold(raw, gold),
        "acc_norm": _is_gold(_over(raw, choices.characters), gold),
        "acc_bytes": _is_gold(_over(raw, choices.bytes), gold),
    }


def _log_sum(values: Floats) -> Floats:
    """Logarithm of the sum of exponentials along each row, NaN left out."""
    largest = np.nanmax(values, axis=1)
    return largest + np.log(np.nansum(np.exp(values - largest[:, None]), axis=1))


def _over(values: Floats, length: Floats) -> Floats:
    return np.divide(values, length, out=np.full(values.shape, np.nan), where=length > 0)


def _is_gold(values: Floats, gold: NDArray[np.int64]) -> Floats:
    """Say of each example whether the likeliest choice is the right one; NaN if unknown."""
    known = ~np.isnan(values[np.arange(len(gold)), gold])
    first = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=1)
    return np.where(known, (first == gold).astype(np.float64), np.nan)


def score_guessing(choices: Choices) -> Mapping[str, float]:
    """Return what equal probabilities for all choices would score on these questions.

    Parameters
    ----------
    choices : Choices

    Returns
    -------
    dict of str to float
        For the metrics that look at the choices among each other only. The accuracies are those
        of a choice at random.
    """
    k = choices.number.astype(np.float64)
    chance = float(np.mean(1.0 / k))
    brier = 1.0 - 1.0 / k
    return {
        "log_prob_among_choices": float(np.mean(-np.log(k))),
        "prob_correct": chance,
        "margin": 0.0,
        "brier_score": float(np.mean(brier)),
        "target_brier": float(np.mean((1.0 - 1.0 / k) ** 2)),
        "multiple_choice_brier": float(np.mean(brier) / k.mean()),
        "acc": chance,
        "acc_norm": chance,
        "acc_bytes": chance,
    }
