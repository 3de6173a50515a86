"""Two metrics of the same outputs, compared as if they were equally noisy.

How often a curve looks emergent depends on its noise: a nearly straight line is sharper than
itself with noise, and a jump is found or not. Two metrics of the same outputs can be compared only
at the same noise, so the quieter curve is given more.

*Noise* is the standard deviation s_i of a score at each scale, about the law that is fitted to
its curve: for a share sqrt(dispersion * y (1 - y) / n), and else what the scatter of the models
about the law says (`emergence.claims.noise`). What counts is its size *relative to the range of
the curve*, because sharpness, the order of scores and the place of the largest step are all the
same for a * y + b. So two curves match where::

    r = mean over scales of s_i**2 / (range of the fitted law)**2

is the same, and the quieter one gets independent normal noise of variance
``s_i**2 * (r_louder / r_quieter - 1)``: its own noise, as if it were measured less well. Its
profile over scales stays; a share of 0 keeps a noise of 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.inference.rise import order_test
from emergence.measures import ROUNDING, measure

Floats = NDArray[np.float64]

#: Of a curve whose law is flat the noise is as large as its range: it says nothing, and what is
#: compared with it can say nothing either.
_MOST = 1.0


@dataclass(frozen=True)
class Side:
    """Curves of one length under one of the two kinds of metric.

    Attributes
    ----------
    scores, deviation : ndarray of float64, shape (n_pairs, n_points)
        Oriented scores, and the standard deviation of the noise of each, in the same unit.
    span : ndarray of float64, shape (n_pairs,)
        Range of the fitted law.
    """

    scores: Floats
    deviation: Floats
    span: Floats

    @property
    def relative(self) -> Floats:
        """Mean variance of the noise over the squared range, at most 1; 0 without noise."""
        variance = (self.deviation**2).mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(variance > 0, np.minimum(variance / self.span**2, _MOST), 0.0)


def deviations_added(first: Side, second: Side) -> tuple[Floats, Floats]:
    """Return the noise that each curve of a pair needs to be as noisy as the other.

    Parameters
    ----------
    first, second : Side
        Of the same pairs.

    Returns
    -------
    ndarray of float64, shape (n_pairs, n_points), two of them
        Standard deviations; 0 for the louder curve of a pair.
    """
    target = np.maximum(first.relative, second.relative)

    def added(side: Side) -> Floats:
        relative = side.relative
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.sqrt(np.maximum(target / relative - 1.0, 0.0))
        # A curve without any noise has no profile of it: the same at every scale.
        flat = np.sqrt(target) * side.span
        silent = (relative == 0.0)[:, None]
        return np.where(
            silent, flat[:, None], side.deviation * np.where(silent[:, 0], 0, factor)[:, None]
        )

    return added(first), added(second)


def looks_emergent(
    scores: Floats, scales: Floats, uniform: Floats, sharpness: float, p: float
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which curves look emergent, by rules that are the same for every metric.

    Parameters
    ----------
    scores, scales : ndarray of float64, shape (n_curves, n_points)
    uniform : ndarray of float64, shape (n_curves, n_points)
        Random numbers that break ties: equal scores, which few examples make, are no order.
    sharpness : float
        Above it a rising curve is apparent.
    p : float
        Level of Kendall's test of a rise.

    Returns
    -------
    apparent : ndarray of bool, shape (n_curves,)
        It rises, its largest step is not early, and it is sharper.
    sharpness : ndarray of float64, shape (n_curves,)
    """
    order = np.lexsort((uniform, scores), axis=-1)
    _, p_order = order_test(np.argsort(order, axis=-1))
    found = measure(scores, scales)
    sharp = found.sharpness > sharpness + ROUNDING
    return (p_order <= p) & sharp & ~found.early, found.sharpness
