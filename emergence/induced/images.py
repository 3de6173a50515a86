"""Images of handwritten digits, cut into those to learn from and those to be tested on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from emergence.errors import InputError, shorten
from emergence.induced.networks import stream

CLASSES = 10

#: Where the library ``datasets`` finds MNIST, and the commit there.
MNIST = ("ylecun/mnist", "77f3279092a1c1579b2250db8eafed0ad422088c")


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

    def take(self, rows: NDArray[np.int64] | slice) -> Images:
        """Return some of them."""
        return Images(self.pixels[rows], self.digits[rows])


@lru_cache(maxsize=4)
def images(source: str, tests: int, seed: int) -> tuple[Images, Images]:
    """Return the images to learn from, and those to be tested on.

    Parameters
    ----------
    source : str
        ``optdigits``: the 1,797 images of 8 by 8 pixels that scikit-learn brings along;
        ``mnist``: the 70,000 of 28 by 28, which the library ``datasets`` fetches.
    tests : int
        How many are kept for the test: the same for all networks.
    seed : int
        Of the order that decides which.

    Returns
    -------
    tuple of Images

    Raises
    ------
    InputError
        If no image would be left to learn from.
    """
    everything = _mnist() if source == "mnist" else _optdigits()
    if tests >= len(everything):
        raise InputError(
            f"{tests} images to test on seen; there are {len(everything)}, and some must be "
            "left to learn from",
            where="setting 'tests'",
        )
    order = stream(seed, "images", source).permutation(len(everything))
    return everything.take(order[tests:]), everything.take(order[:tests])


def _optdigits() -> Images:
    pixels, digits = load_digits(return_X_y=True)
    return Images((pixels / 16).astype(np.float32), digits.astype(np.int64))


def _mnist() -> Images:
    # Imported here: it takes a second, and only this needs it.
    from datasets import concatenate_datasets, load_dataset

    address, revision = MNIST
    try:
        parts = load_dataset(address, revision=revision)
    except OSError as error:
        raise InputError(
            f"cannot be fetched: {shorten(str(error))}",
            where=f"images {address}",
            remedy="It needs a network connection once; optdigits needs none.",
        ) from error
    rows = concatenate_datasets([parts[name] for name in sorted(parts)]).with_format("numpy")
    pixels = np.stack([np.asarray(image) for image in rows["image"]]).astype(np.float32) / 255
    digits = np.asarray(rows["label"]).astype(np.int64)
    return Images(pixels.reshape(len(digits), -1), digits)
