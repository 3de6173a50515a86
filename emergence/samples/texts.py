"""Metrics of written answers: exact match as scored, and closeness to the target."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from emergence.samples.harness import Answers

Floats = NDArray[np.float64]


def score_texts(answers: Answers) -> Mapping[str, Floats]:
    """Score each answer: as the harness did, and by its distance from the target.

    Parameters
    ----------
    answers : Answers

    Returns
    -------
    dict of str to ndarray of float64, shape (n_examples,)
        ``exact_match`` as it was logged, and ``edit_similarity``: 1 minus the Levenshtein
        distance in characters over the length of the longer text; 1 for equal texts, empty
        ones included.

    References
    ----------
    .. [1] V. I. Levenshtein, Soviet Physics Doklady 10 (1966) 707, for the distance.
    .. [2] R. Schaeffer, B. Miranda, S. Koyejo, arXiv 2304.15004v2, section 3: edit distance in
       the place of exact match.
    """
    pairs = zip(answers.text, answers.target, strict=True)
    similarity = [Levenshtein.normalized_similarity(text.strip(), t.strip()) for text, t in pairs]
    return {
        "exact_match": answers.exact_match,
        "edit_similarity": np.array(similarity, np.float64),
    }


#: Numbers of answers of which one has to be right.
_PASS_AT = (1, 10, 100)


def score_attempts(answers: Answers) -> Mapping[str, Floats]:
    """Score several answers to each question.

    Parameters
    ----------
    answers : Answers

    Returns
    -------
    dict of str to ndarray of float64, shape (n_examples,)
        ``pass@1``, ``pass@10`` and ``pass@100``, as far as every question has so many answers.
        The mean of ``pass@1`` is the share right over all answers, which shows abilities far
        below one question in all. Nothing where there is one answer a question, or where to be
        equal to the target is not what the harness scored as an exact match.

    References
    ----------
    .. [1] S. Hu et al., "Predicting Emergent Abilities with Infinite Resolution Evaluation",
       arXiv 2310.03262 (2023), for the share over all answers.
    """
    if not answers.attempts:
        return {}
    targets = [target.strip() for target in answers.target]
    first = [text.strip() == t for text, t in zip(answers.text, targets, strict=True)]
    if not np.array_equal(np.array(first, np.float64), answers.exact_match):
        return {}
    drawn = list(zip(answers.attempts, targets, strict=True))
    right = np.array([sum(text.strip() == t for text in texts) for texts, t in drawn])
    number = np.array([len(texts) for texts, _ in drawn])
    return pass_at_each(right, number)


def pass_at_each(right: NDArray, attempts: NDArray[np.int64]) -> Mapping[str, Floats]:
    """Return ``pass@1``, ``pass@10`` and ``pass@100``, where every question has so many answers.

    Parameters
    ----------
    right, attempts : ndarray, shape (n_examples,)
        As for `pass_at`; NaN where it is not known which answers are right.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_examples,)
    """
    return {f"pass@{k}": pass_at(right, attempts, k) for k in _PASS_AT if k <= attempts.min()}


def pass_at(right: NDArray, attempts: NDArray[np.int64], k: int) -> Floats:
    """Unbiased estimate of the probability that at least one of k answers is right.

    Parameters
    ----------
    right, attempts : ndarray, shape (n_examples,)
        Answers that are right, and answers sampled, for each question.
    k : int
        At most the number of attempts.

    Returns
    -------
    ndarray of float64, shape (n_examples,)
        1 - C(attempts - right, k) / C(attempts, k); NaN where there are fewer attempts.

    References
    ----------
    .. [1] M. Chen et al., arXiv 2107.03374 (2021), equation 1.
    """
    wrong = (attempts - right).astype(np.float64)
    missed = np.ones(len(right))
    # The product of (wrong - i) / (attempts - i): no factorial overflows.
    for i in range(k):
        missed *= np.maximum(wrong - i, 0.0) / np.maximum(attempts - i, 1)
    return np.where(attempts >= k, 1.0 - missed, np.nan)
