"""The mathematical model of the mirage: one smooth curve under several metrics.

Schaeffer, Miranda & Koyejo (2023), section 2: the loss on a token falls as a power law of the
model's scale. A metric that asks for a whole string, or for the best of several choices, makes
a cliff of it; a metric that is close to linear in the tokens, or quadratic in the
probabilities, does not.

The paper's appendix prints L(1 - eps) for the expected edit distance under a per-token error
eps; by its own definitions that is L eps, and so it is here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import gamma

#: Nodes of the quadrature over a test item; 64 more of them change a grade by less than 1e-6.
_NODES = 192

#: Parameters of a Dirichlet distribution are positive; a choice with this one has no chance.
_SMALLEST = 1e-12


def token_probability(scale: ArrayLike, *, unit: float, exponent: float) -> NDArray[np.float64]:
    """Probability that a model gets one token right.

    ``exp(-(N / c) ** -b)``: the cross-entropy of a token is a power law of the scale.

    Parameters
    ----------
    scale : array_like of float
        Model scales N, in parameters.
    unit : float
        c, the scale at which the cross-entropy is 1 nat, in parameters.
    exponent : float
        b, the exponent with which the cross-entropy falls (the paper's -alpha).

    Returns
    -------
    ndarray of float64
        Same shape as ``scale``.

    Raises
    ------
    ValueError
        If a scale, the unit or the exponent is not positive.

    References
    ----------
    .. [1] arXiv 2304.15004v2, section 2.
    """
    scales = np.asarray(scale, dtype=np.float64)
    if np.any(scales <= 0) or unit <= 0 or exponent <= 0:
        raise ValueError("scale, unit and exponent must be positive")
    return np.exp(-((scales / unit) ** -exponent))


def exact_match(probability: ArrayLike, length: int) -> NDArray[np.float64]:
    """Return the expected exact match of strings of ``length`` independent tokens: ``p ** L``.

    Parameters
    ----------
    probability : array_like of float
        Probability of one token, 0..1.
    length : int
        Tokens of the target.

    Returns
    -------
    ndarray of float64
        Share of strings, 0..1.

    References
    ----------
    .. [1] arXiv 2304.15004v2, section 2: accuracy of an L-token target.
    """
    return np.asarray(probability, dtype=np.float64) ** length


def token_edit_distance(probability: ArrayLike, length: int) -> NDArray[np.float64]:
    """Return the expected token edit distance by substitutions: ``L (1 - p)``.

    Parameters
    ----------
    probability : array_like of float
        Probability of one token, 0..1.
    length : int
        Tokens of the target.

    Returns
    -------
    ndarray of float64
        Tokens, 0..L; lower is better.
    """
    return length * (1 - np.asarray(probability, dtype=np.float64))


def choice_mean(probability: ArrayLike, choices: int) -> NDArray[np.float64]:
    """Mean probability of the right choice over all items: ``1/K + (1 - 1/K) p``.

    Whatever choices the model leans to: a lean is to the right one in 1/K of the items.

    Parameters
    ----------
    probability : array_like of float
        Probability of the answer's token, 0..1.
    choices : int
        K, at least 2.

    Returns
    -------
    ndarray of float64
        1/K..1.
    """
    return 1 / choices + (1 - 1 / choices) * np.asarray(probability, dtype=np.float64)


def item_means(
    probability: ArrayLike, choices: int, *, lean: float, leans_right: bool
) -> NDArray[np.float64]:
    """Return the mean probabilities of an item's choices.

    With probability p the model knows the answer. Without, it leans to one of the choices,
    whichever that is: this one has the probability ``lean``, and the rest is spread evenly.

    Parameters
    ----------
    probability : array_like of float
        Probability p of the answer's token, 0..1.
    choices : int
        K, at least 2.
    lean : float
        0 (no choice is preferred) to 1.
    leans_right : bool
        Whether the model leans to the right choice.

    Returns
    -------
    ndarray of float64, shape (..., K)
        The right choice first; if the lean is to a wrong one, that is the second.
    """
    known = np.asarray(probability, dtype=np.float64)[..., None]
    unknown = np.full(choices, (1 - lean) / choices)
    unknown[0 if leans_right else 1] += lean
    return known * np.eye(choices)[0] + (1 - known) * unknown


def dirichlet_parameters(means: NDArray[np.float64], concentration: float) -> NDArray[np.float64]:
    """Return Dirichlet parameters with these means: items differ in difficulty.

    Parameters
    ----------
    means : ndarray of float64
        Mean probabilities of the choices, from `item_means`.
    concentration : float
        Sum of the parameters, positive: the higher, the more alike the items.

    Returns
    -------
    ndarray of float64
        Same shape, all positive.
    """
    return np.maximum(concentration * means, _SMALLEST)


def drawn_choices(
    stream: np.random.Generator,
    probability: float,
    choices: int,
    examples: int,
    *,
    lean: float,
    concentration: float,
) -> NDArray[np.float64]:
    """Draw the probabilities that a model gives the choices of each item.

    Parameters
    ----------
    stream : numpy.random.Generator
    probability : float
        Of the answer's token, 0..1.
    choices : int
        K, at least 2.
    examples : int
        Items.
    lean : float
        See `item_means`. An item's lean is no matter of chance: so that knowing nothing scores
        1/K exactly on average, the right choice has it in every K-th.
    concentration : float
        See `dirichlet_parameters`.

    Returns
    -------
    ndarray of float64, shape (examples, choices)
        The right choice first; rows of sum 1.
    """
    means = np.array(
        [
            item_means(probability, choices, lean=lean, leans_right=leans_right)
            for leans_right in (True, False)
        ]
    )
    shapes = dirichlet_parameters(means, concentration)
    leans_wrong = (np.arange(examples) % choices != 0).astype(int)
    parts = stream.standard_gamma(shapes[leans_wrong])
    return parts / parts.sum(axis=1, keepdims=True)


def multiple_choice_grade(
    probability: ArrayLike, choices: int, *, lean: float, concentration: float
) -> NDArray[np.float64]:
    """Return the expected multiple-choice grade: how often the right choice is the likeliest.

    Parameters
    ----------
    probability : array_like of float, shape (n,)
        Probability of the answer's token, 0..1.
    choices : int
        K, at least 2.
    lean : float
        See `item_means`.
    concentration : float
        See `dirichlet_parameters`.

    Returns
    -------
    ndarray of float64, shape (n,)
        Share of items, 0..1. 1/K for a model that knows nothing.
    """

    def grade(leans_right: bool) -> NDArray[np.float64]:
        means = item_means(np.atleast_1d(probability), choices, lean=lean, leans_right=leans_right)
        shapes = dirichlet_parameters(means, concentration)
        # A Dirichlet variable is a gamma variable over the sum: the largest is the same. The
        # grade is E[product of F_wrong(X_right)], integrated over the quantiles of X_right.
        # The choices from the third on are alike.
        nodes, weights = _quadrature()
        values = gamma.ppf((nodes[:, None] + 1) / 2, shapes[:, 0])
        below = gamma.cdf(values, shapes[:, 1])
        if choices > 2:
            below = below * gamma.cdf(values, shapes[:, 2]) ** (choices - 2)
        return (weights / 2) @ below

    return _over_items(grade, choices)


@cache
def _quadrature() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights, which take longer to find than a grade takes with them."""
    return np.polynomial.legendre.leggauss(_NODES)


def brier_score(
    probability: ArrayLike, choices: int, *, lean: float, concentration: float
) -> NDArray[np.float64]:
    """Return the expected Brier score of the same probabilities, over the number of choices.

    Parameters
    ----------
    probability : array_like of float, shape (n,)
        Probability of the answer's token, 0..1.
    choices : int
        K, at least 2.
    lean : float
        See `item_means`.
    concentration : float
        See `dirichlet_parameters`.

    Returns
    -------
    ndarray of float64, shape (n,)
        BIG-bench's form: the squared error summed over the choices, over K; lower is better.
    """

    def score(leans_right: bool) -> NDArray[np.float64]:
        means = item_means(np.atleast_1d(probability), choices, lean=lean, leans_right=leans_right)
        # The variance of a Dirichlet variable with mean m is m (1 - m) / (concentration + 1).
        errors = (means - np.eye(choices)[0]) ** 2 + means * (1 - means) / (concentration + 1)
        return errors.sum(axis=1) / choices

    return _over_items(score, choices)


def _over_items(
    expected: Callable[[bool], NDArray[np.float64]], choices: int
) -> NDArray[np.float64]:
    """Average over the items: the lean is to the right choice in 1/K of them."""
    return expected(True) / choices + expected(False) * (1 - 1 / choices)
