"""The exponents at which the likelihood of each curve is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Neighbouring exponents differ by this factor.
RATIO = 1.5

#: Exponents below and above the largest one that is no break.
BELOW, ABOVE = 8, 10


#: Factors of the best exponent at which the likelihood is kept as well: an interval can be
#: narrower than the grid.
NEAR = (0.86, 0.95, 1.05, 1.16)


def exponent_grid(b_max: float) -> NDArray[np.float64]:
    """Return the grid of exponents: the constant, some either side of ``b_max``, and the step.

    Parameters
    ----------
    b_max : float
        The largest exponent that is no break; it lies between two of them, so that none counts
        for both sides.

    Returns
    -------
    ndarray of float64, shape (20,)
        Rising: 0, then ``b_max * RATIO ** (k + 1/2)``, then inf.
    """
    powers = np.arange(-BELOW, ABOVE) + 0.5
    return np.concatenate([[0.0], b_max * RATIO**powers, [np.inf]])
