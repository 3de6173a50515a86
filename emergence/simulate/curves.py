"""Scale curves drawn from known truths, to calibrate tests and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Range of model scales of the even grids: that of BIG-bench's own family of models.
SMALLEST, LARGEST = 2e6, 128e9


def even_scales(n_points: int) -> NDArray[np.float64]:
    """Return model scales that are even in logarithm, over the range of BIG-G.

    Parameters
    ----------
    n_points : int
        At least two.

    Returns
    -------
    ndarray of float64, shape (n_points,)
        Parameters.
    """
    return np.exp(np.linspace(np.log(SMALLEST), np.log(LARGEST), n_points))


@dataclass(frozen=True)
class Truth:
    """A known relation of success probability and scale.

    Attributes
    ----------
    kind : str
        ``flat``, ``law`` or ``step``.
    floor, ceiling : float
        Of a rise; a flat truth has its level as floor.
    exponent : float
        Of the law.
    last : float
        Of the law: a - b ln N at the largest scale.
    raised : int
        Of the step: how many of the largest models are above it; 0 is half of them.
    chance : float
        Score of guessing, which is given to the tests and need not be the floor.
    """

    kind: str
    floor: float = 0.0
    ceiling: float = 1.0
    exponent: float = 0.0
    last: float = 0.0
    raised: int = 1
    chance: float = 0.0

    def probabilities(self, scales: ArrayLike) -> NDArray[np.float64]:
        """Return the success probability at each scale."""
        x = np.asarray(scales, dtype=np.float64)
        if self.kind == "flat":
            return np.full(len(x), self.floor)
        if self.kind == "step":
            above = np.arange(len(x)) >= len(x) - (self.raised or len(x) // 2)
            return np.where(above, self.ceiling, self.floor)
        hazard = np.exp(self.last + self.exponent * np.log(x[-1] / x))
        return self.floor + (self.ceiling - self.floor) * np.exp(-hazard)


#: No rise: what the size of the rise test is measured on.
FLAT: Mapping[str, Truth] = {
    "flat .02, chance 0": Truth("flat", floor=0.02),
    "flat .2, chance 0": Truth("flat", floor=0.2),
    "flat .25, chance .25": Truth("flat", floor=0.25, chance=0.25),
    "flat .4, chance .25": Truth("flat", floor=0.4, chance=0.25),
}

#: Smooth rises, with exponents at and below 0.5: what the size of the steepness test is
#: measured on. The last is the paper's: exact match of five tokens, p ** 5.
SMOOTH: Mapping[str, Truth] = {
    "law b=.5": Truth("law", exponent=0.5, last=-2.5),
    "law b=.25": Truth("law", exponent=0.25, last=-1.5),
    "law b=.5, just beginning": Truth("law", exponent=0.5, last=0.7),
    "law b=.5, .35 to .6, chance .25": Truth("law", 0.35, 0.6, 0.5, -2.5, chance=0.25),
    "law b=.5, .25 to 1, chance .25": Truth("law", 0.25, 1.0, 0.5, -2.5, chance=0.25),
    "p^5, b=.3": Truth("law", exponent=0.3, last=float(np.log(5 * 0.05))),
}

#: True breaks: what the power is measured on.
STEPS: Mapping[str, Truth] = {
    "last model, .25 to .6": Truth("step", 0.25, 0.6, chance=0.25),
    "last model, 0 to .3": Truth("step", 0.0, 0.3),
    "last model, .05 to .3": Truth("step", 0.05, 0.3),
    "last two, .25 to .9": Truth("step", 0.25, 0.9, raised=2, chance=0.25),
    "middle, .25 to .95": Truth("step", 0.25, 0.95, raised=0, chance=0.25),
    "middle, .25 to .6": Truth("step", 0.25, 0.6, raised=0, chance=0.25),
}


def draw(
    probability: ArrayLike,
    n_examples: int,
    dispersion: float,
    n_curves: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw numbers of right answers.

    Parameters
    ----------
    probability : array_like of float, shape (n_points,)
        True success probabilities.
    n_examples : int
        Examples that each model answers, at least two.
    dispersion : float
        Variance over the binomial one, 1 or more and below ``n_examples``: beta-binomial.
    n_curves : int
        How many curves.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (n_curves, n_points)
    """
    p = np.broadcast_to(np.asarray(probability, np.float64), (n_curves, np.size(probability)))
    if dispersion > 1:
        # Variance n p (1 - p) (1 + (n - 1) r), with r = 1 / (1 + sum of the beta's shapes).
        shapes = (n_examples - 1) / (dispersion - 1) - 1
        inner = (p > 0) & (p < 1)
        drawn = rng.beta(np.where(inner, p, 0.5) * shapes, np.where(inner, 1 - p, 0.5) * shapes)
        p = np.where(inner, drawn, p)
    return rng.binomial(n_examples, p)
