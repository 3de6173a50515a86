"""What rises between floor and ceiling: the law, and the shapes that it is compared with.

Each link is a function g between 0 and 1 of eta = location + exponent * distance, where the
distance is 0 at the largest scale, and falls with eta. The search needs g to first and second
order; each link gives both in the form in which they are precise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emergence.inference.model import Floats

#: Beyond it g is 0 to all digits, and the square of exp(eta) must stay finite.
_LARGEST_ETA = 300.0


@dataclass(frozen=True)
class Link:
    """The law's own: g = exp(-exp(eta)), the paper's exact match."""

    #: Location at which g has all but vanished at every scale: the fit is then the constant.
    #: Of the law g is below exp(-400) there.
    highest_location: float = 6.0

    def value(self, eta: Floats) -> Floats:
        """Return g.

        Parameters
        ----------
        eta : ndarray of float64, shape (n_curves,)

        Returns
        -------
        ndarray of float64, shape (n_curves,)
        """
        return np.exp(-np.exp(np.minimum(eta, _LARGEST_ETA)))

    def expanded(self, eta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return g and what the search needs beside it.

        Parameters
        ----------
        eta : ndarray of float64, shape (n_curves,)

        Returns
        -------
        g, rest, slope, bend : ndarray of float64, shape (n_curves,)
            g; 1 - g; -dg/deta; and the second derivative of g over its slope.
        """
        z = np.exp(np.minimum(eta, _LARGEST_ETA))
        g = np.exp(-z)
        return g, -np.expm1(-z), g * z, z - 1.0


@dataclass(frozen=True)
class Logistic(Link):
    """g = 1 / (1 + exp(eta))."""

    #: Its tail is long: g is 2e-9 there.
    highest_location: float = 20.0

    def value(self, eta: Floats) -> Floats:
        """Return g."""
        return 1.0 / (1.0 + np.exp(np.minimum(eta, _LARGEST_ETA)))

    def expanded(self, eta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return g, 1 - g, -dg/deta, and the second derivative over the slope."""
        z = np.exp(np.minimum(eta, _LARGEST_ETA))
        g = 1.0 / (1.0 + z)
        rest = z / (1.0 + z)
        return g, rest, g * rest, rest - g


@dataclass(frozen=True)
class Line(Link):
    """g = 1 - eta: the exponent is fixed at one over the range of distances, the location at 0."""

    highest_location: float = 0.0

    def value(self, eta: Floats) -> Floats:
        """Return g."""
        return 1.0 - np.clip(eta, 0.0, 1.0)

    def expanded(self, eta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return g, 1 - g, and no derivatives: nothing but floor and gap is fitted."""
        # One over the range times the range may miss 1 by rounding.
        eta, nothing = np.clip(eta, 0.0, 1.0), np.zeros_like(eta)
        return 1.0 - eta, eta, nothing, nothing


LAW_LINK, LOGISTIC, LINE = Link(), Logistic(), Line()
