"""What rises between floor and ceiling of the law: the paper's exact match.

g = exp(-exp(eta)), with eta = location + exponent * distance: the distance is 0 at the largest
scale, and g falls with eta.
"""

from __future__ import annotations

import numpy as np

from emergence.inference.model import Floats

#: Location at which g has all but vanished at every scale, below exp(-400): the fit is then the
#: constant.
HIGHEST_LOCATION = 6.0

#: Beyond it g is 0 to all digits, and the square of exp(eta) must stay finite.
_LARGEST_ETA = 300.0


def link(eta: Floats) -> Floats:
    """Return g.

    Parameters
    ----------
    eta : ndarray of float64, any shape

    Returns
    -------
    ndarray of float64, of the same shape
    """
    return np.exp(-np.exp(np.minimum(eta, _LARGEST_ETA)))


def expanded_link(eta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return g and what the search needs beside it, in the form in which each is precise.

    Parameters
    ----------
    eta : ndarray of float64, any shape

    Returns
    -------
    g, rest, slope, bend : ndarray of float64, of the same shape
        g; 1 - g; -dg/deta; and the second derivative of g over its slope.
    """
    z = np.exp(np.minimum(eta, _LARGEST_ETA))
    g = np.exp(-z)
    return g, -np.expm1(-z), g * z, z - 1.0
