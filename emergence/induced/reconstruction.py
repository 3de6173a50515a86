"""Autoencoders that give an image again through a narrow layer: how well, and how many within c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.induced.family import Measured, Score, score_all
from emergence.induced.images import images
from emergence.induced.networks import (
    Floats,
    Recipe,
    parameters,
    reconstructions,
    stream,
    train_autoencoder,
)


@dataclass(frozen=True)
class Reconstruction:
    """A family of autoencoders; its widths are those of the bottleneck.

    Attributes
    ----------
    widths : tuple of int
    tests : int
        Images that all networks are tested on; they learn from the others.
    within : tuple of float
        c: an image is reconstructed if its mean squared error is below. No network depends on
        it.
    recipe : Recipe
    seed : int
    """

    widths: tuple[int, ...]
    tests: int
    within: tuple[float, ...]
    recipe: Recipe
    seed: int
    task: str = "reconstruction"

    @classmethod
    def of(cls, settings: Mapping[str, Any], seed: int) -> Reconstruction:
        """Take the family from the settings of its task."""
        return cls(
            widths=tuple(settings["widths"]),
            tests=settings["tests"],
            within=tuple(settings["within"]),
            recipe=Recipe.of(settings),
            seed=seed,
        )

    def measure(self, width: int, replicate: int) -> Measured:
        """Train a network, and have it give each image of the test again.

        Returns
        -------
        mapping of str to ndarray
            ``parameters``, and ``error``: of each image the mean squared error of a pixel.
        """
        learn, test = images(self.tests, self.seed)
        random = stream(self.seed, self.task, width, replicate)
        network = train_autoencoder(self.recipe, width, random, learn.pixels)
        given = reconstructions(network, test.pixels)
        error = ((given - test.pixels) ** 2).mean(axis=1)
        return {"parameters": np.array(parameters(network)), "error": error}

    def scores(self, measured: Measured) -> Iterator[Score]:
        """Score the errors, for each c."""
        _, test = images(self.tests, self.seed)
        error = measured["error"]
        pixels = test.pixels.astype(np.float64)
        # The best constant guess at each pixel, as far as the squared error is concerned.
        guess = ((pixels - pixels.mean(axis=0)) ** 2).mean(axis=1)
        for within in self.within:
            yield from score_all(
                f"c={within:g}",
                error_scores(error, within),
                error_scores(guess, within),
                {"share_reconstructed": 1.0, "mean_squared_error": 0.0},
                len(error),
            )


def error_scores(error: Floats, within: float) -> Mapping[str, float]:
    """Return the scores of squared errors.

    Parameters
    ----------
    error : ndarray of float64, shape (n,)
    within : float

    Returns
    -------
    mapping of str to float
    """
    return {
        "share_reconstructed": float((error < within).mean()),
        "mean_squared_error": float(error.mean()),
    }
