"""Curves that rise, and nothing else is asked of them: isotonic regression of counts."""

from __future__ import annotations

import numpy as np

from emergence.inference.model import Curves, Floats, log_likelihood


def isotonic_shares(curves: Curves) -> Floats:
    """Fit shares that do not fall by binomial maximum likelihood.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    ndarray of float64, shape (n_points, n_curves)

    Notes
    -----
    The max-min formula of what the pooling of adjacent violators finds: at each point the
    largest, over all points before it, of the smallest mean from there to a point after it.
    Unlike the pooling it takes the same operations for every curve.

    References
    ----------
    .. [1] R. E. Barlow, D. J. Bartholomew, J. M. Bremner, H. D. Brunk, "Statistical Inference
       under Order Restrictions" (1972), equation 1.9; section 1.5 for the binomial.
    """
    k, n = curves.successes, curves.trials
    shares = np.full(k.shape, -np.inf)
    for first in range(curves.n_points):
        mean = np.empty_like(k[first:])
        right, asked = np.zeros_like(k[0]), np.zeros_like(k[0])
        for i in range(len(mean)):
            right, asked = right + k[first + i], asked + n[first + i]
            mean[i] = right / asked
        for i in reversed(range(len(mean) - 1)):
            mean[i] = np.minimum(mean[i], mean[i + 1])
        shares[first:] = np.maximum(shares[first:], mean)
    return shares


def isotonic_likelihood(curves: Curves) -> Floats:
    """Log-likelihood of the isotonic fit, without the coefficients.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        No law that rises is more likely.
    """
    return log_likelihood(curves, isotonic_shares(curves))
