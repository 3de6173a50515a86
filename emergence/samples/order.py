"""How well scores order models by scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def order_by_scale(scores: Floats) -> Floats:
    """Rank correlation of scores with scale, of each row.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_rows, n_scales)
        Oriented, in the order of scale; equal scores share their mean rank.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        Spearman's; NaN where all scores of a row are equal, or there is only one.

    References
    ----------
    .. [1] C. Spearman, American Journal of Psychology 15 (1904) 72; R. Schaeffer et al., arXiv
       2406.04391 (2024), section 4, for its use along the chain of metrics.
    """
    n = scores.shape[1]
    places = np.arange(n) - 0.5 * (n - 1)
    product, squares = np.zeros(len(scores)), np.zeros(len(scores))
    # Loops over the few scales: a row's value must not depend on the rows beside it.
    for i in range(n):
        rank = np.zeros(len(scores))  # about the mean rank
        for j in range(n):
            rank += 0.5 * np.sign(scores[:, i] - scores[:, j])
        product += rank * places[i]
        squares += rank**2
    size = np.sqrt(squares * np.sum(places**2))
    return np.divide(product, size, out=np.full(len(scores), np.nan), where=size > 0)
