"""Training one network, and its answers.

A recipe and a seed make a network; BLAS has one thread, so that the sums of a training run do
not depend on the number of processors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]

#: Inputs that are answered at once: few enough for a network's layers to stay in the cache.
_BLOCK = 10_000

_HIGHEST_SEED = 2**31


@dataclass(frozen=True)
class Recipe:
    """How the networks of a family are trained; they differ in width and seed only.

    Attributes
    ----------
    epochs : int
        Passes over the training examples; there is no early stopping.
    batch : int
        Examples of one step.
    rate : float
        Step size of Adam.
    activation : str
        Of the hidden layer, as scikit-learn calls it.
    """

    epochs: int
    batch: int
    rate: float
    activation: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Recipe:
        """Take the recipe from the settings of a family."""
        return cls(*(settings[name] for name in ("epochs", "batch", "rate", "activation")))


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random stream of a purpose; another purpose moves no draw of it.

    Parameters
    ----------
    seed : int
    *names : str or int
        The purpose.

    Returns
    -------
    numpy.random.Generator
    """
    words = [int.from_bytes(str(name).encode(), "big") for name in names]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))


def train_classifier(
    recipe: Recipe,
    width: int,
    random: np.random.Generator,
    inputs: NDArray[np.float32],
    targets: NDArray[np.int64],
    classes: int,
) -> MLPClassifier:
    """Train a network with one hidden layer to classify each position.

    Each class at each position has a logistic output of its own (the library knows no softmax
    by position); `probabilities` makes them sum to 1.

    Parameters
    ----------
    recipe : Recipe
    width : int
        Hidden units.
    random : numpy.random.Generator
        Of the initial weights and the order of the examples.
    inputs : ndarray of float32, shape (n, inputs)
    targets : ndarray of int64, shape (n, positions)
    classes : int

    Returns
    -------
    sklearn.neural_network.MLPClassifier
    """
    return _fitted(MLPClassifier, recipe, width, random, inputs, one_hot(targets, classes))


def train_autoencoder(
    recipe: Recipe,
    width: int,
    random: np.random.Generator,
    inputs: NDArray[np.float32],
) -> MLPRegressor:
    """Train an autoencoder with one hidden layer of the given width.

    Parameters
    ----------
    recipe : Recipe
    width : int
        Units of the bottleneck.
    random : numpy.random.Generator
        Of the initial weights and the order of the examples.
    inputs : ndarray of float32, shape (n, inputs)

    Returns
    -------
    sklearn.neural_network.MLPRegressor
    """
    return _fitted(MLPRegressor, recipe, width, random, inputs, inputs)


def _fitted(
    kind: Callable[..., Any],
    recipe: Recipe,
    width: int,
    random: np.random.Generator,
    inputs: NDArray[np.float32],
    targets: NDArray[np.float32],
) -> Any:
    network = kind(
        hidden_layer_sizes=(width,),
        activation=recipe.activation,
        alpha=0.0,
        batch_size=min(recipe.batch, len(inputs)),
        learning_rate_init=recipe.rate,
        max_iter=recipe.epochs,
        # Never stop early: a network of another seed would be trained for longer.
        n_iter_no_change=recipe.epochs + 1,
        tol=0.0,
        random_state=int(random.integers(_HIGHEST_SEED)),
    )
    with threadpool_limits(1), warnings.catch_warnings():
        # It warns that the number of passes was used up, which is how training ends here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(inputs, targets)


def parameters(network: MLPClassifier | MLPRegressor) -> int:
    """Return the number of weights and biases."""
    return sum(part.size for part in (*network.coefs_, *network.intercepts_))


def one_hot(values: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Return each whole number as a row of zeros with a one, the rows of an example joined.

    Parameters
    ----------
    values : ndarray of int64, shape (n, positions)
    classes : int

    Returns
    -------
    ndarray of float32, shape (n, positions * classes)
    """
    return np.eye(classes, dtype=np.float32)[values].reshape(len(values), -1)


def probabilities(network: MLPClassifier, inputs: NDArray[np.float32], classes: int) -> Floats:
    """Return the probability of each class at each position.

    Parameters
    ----------
    network : MLPClassifier
        From `train_classifier`.
    inputs : ndarray of float32, shape (n, inputs)
    classes : int

    Returns
    -------
    ndarray of float64, shape (n, positions, classes)
        The logistic outputs over their sum at the position; never 0.
    """
    with threadpool_limits(1):
        blocks = [
            network.predict_proba(inputs[start : start + _BLOCK])
            for start in range(0, len(inputs), _BLOCK)
        ]
    outputs = np.concatenate(blocks).astype(np.float64).reshape(len(inputs), -1, classes)
    # A logistic output in single precision can be 0, whose logarithm is no number.
    outputs = np.maximum(outputs, np.finfo(np.float32).tiny)
    return outputs / outputs.sum(axis=2, keepdims=True)


def reconstructions(network: MLPRegressor, inputs: NDArray[np.float32]) -> Floats:
    """Return what an autoencoder makes of its inputs, shape (n, inputs)."""
    with threadpool_limits(1):
        return network.predict(inputs).astype(np.float64)
