"""Multiple-choice curves that are smooth by construction but steeper than the law.

The law is derived for exact match. The likeliest of several smooth probabilities can change as
steeply as one likes, so that a group of curves under such a metric is read beside these: drawn
from the mathematical model of the mirage, in which nothing breaks.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from emergence.inference.model import Curves, Floats
from emergence.mirage import drawn_choices, token_probability
from emergence.streams import generator

#: The design of the dataset `mirage-model` (data/datasets.yaml).
SCALES = np.geomspace(1e7, 1e11, 12)
EXPONENTS = (0.2, 0.25, 0.3, 0.35)
UNITS = (1.0e8, 1.3e8, 1.6e8, 2.0e8, 2.5e8, 3.0e8, 3.5e8, 4.0e8, 5.0e8, 6.0e8)
CHOICES = (2, 4, 10)
EXAMPLES, LEAN, CONCENTRATION = 1000, 0.7, 30.0


def choice_curves(seed: int) -> tuple[Curves, Floats, NDArray[np.int64]]:
    """Draw the multiple-choice curves of the mathematical model.

    Parameters
    ----------
    seed : int

    Returns
    -------
    curves : Curves
        Of one model family an exponent, with one difficulty a task, in several numbers of
        choices.
    chance : ndarray of float64, shape (n_curves,)
    task : ndarray of int64, shape (n_curves,)
    """
    designs = list(product(EXPONENTS, enumerate(UNITS), CHOICES))
    right = np.empty((len(designs), len(SCALES)))
    for row, (exponent, (_, unit), choices) in enumerate(designs):
        stream = generator(seed, f"{exponent:g}/{unit:g}/{choices}", "argmax")
        known = token_probability(SCALES, unit=unit, exponent=exponent)
        for at, probability in enumerate(known.tolist()):
            drawn = drawn_choices(
                stream, probability, choices, EXAMPLES, lean=LEAN, concentration=CONCENTRATION
            )
            right[row, at] = np.count_nonzero(drawn.argmax(axis=1) == 0)
    curves = Curves.from_rows(
        right, np.full_like(right, EXAMPLES), np.broadcast_to(SCALES, right.shape)
    )
    chance = np.array([1.0 / choices for _, _, choices in designs])
    return curves, chance, np.array([number for _, (number, _), _ in designs])
