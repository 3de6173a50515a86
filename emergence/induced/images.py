"""Images of handwritten digits, cut into those to learn from and those to be tested on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from emergence.errors import InputError
from emergence.induced.networks import stream

CLASSES = 10


@dataclass(frozen=True)
class Images:
    """Images with the digit that each of them shows.

    Attributes
    ----------
    pixels : ndarray of float32, shape (n, pixels)
        From 0 to 1.
    digits : ndarray of int64, shape (n,)
    """

    pixels: NDArray[np.float32]
    digits: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.digits)

    def take(self, rows: NDArray[np.int64]) -> Images:
        """Return some of them."""
        return Images(self.pixels[rows], self.digits[rows])


@lru_cache(maxsize=4)
def images(tests: int, seed: int) -> tuple[Images, Images]:
    """Cut the 1,797 images of 8 by 8 pixels that scikit-learn brings along in two.

    Parameters
    ----------
    tests : int
        How many are kept for the test: the same for all networks.
    seed : int
        Of the order that decides which.

    Returns
    -------
    tuple of Images
        Those to learn from, and those to be tested on.

    Raises
    ------
    InputError
        If no image would be left to learn from.
    """
    pixels, digits = load_digits(return_X_y=True)
    everything = Images((pixels / 16).astype(np.float32), digits.astype(np.int64))
    if tests >= len(everything):
        raise InputError(
            f"{tests} images to test on seen; there are {len(everything)}, and some must be "
            "left to learn from",
            where="setting 'tests'",
        )
    order = stream(seed, "images", "optdigits").permutation(len(everything))
    return everything.take(order[tests:]), everything.take(order[:tests])
