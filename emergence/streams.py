"""Random streams: one for each curve and purpose, from one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def generator(seed: int, curve_id: str, purpose: str) -> np.random.Generator:
    """Return the stream of a curve.

    Philox is a counter enciphered under a key: different keys give independent streams, so
    that what a curve draws depends on nothing but its id, the purpose and the seed.

    Parameters
    ----------
    seed : int
        The seed of the run.
    curve_id : str
        See `emergence.identity.curve_id`.
    purpose : str
        What is drawn, so that two statistics of one curve do not share their draws.

    Returns
    -------
    numpy.random.Generator

    References
    ----------
    .. [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as
       easy as 1, 2, 3", SC'11 (2011).
    """
    return np.random.Generator(np.random.Philox(key=_key(seed, curve_id, purpose)))


def random_bits(
    seed: int, curve_ids: Sequence[str], purpose: str, shape: tuple[int, int]
) -> NDArray[np.uint64]:
    """Return the first numbers of 64 random bits of each curve's stream.

    The generator's own uniform numbers are their first 53 bits.

    Parameters
    ----------
    seed : int
    curve_ids : sequence of str
    purpose : str
    shape : tuple of int
        Rows and draws of each curve.

    Returns
    -------
    ndarray of uint64, shape (rows, n_curves, draws)
        Rows first, so that what follows runs over whole rows.
    """
    bits = np.empty((shape[0], len(curve_ids), shape[1]), np.uint64)
    # One generator set to each key in turn: making one asks the system for entropy each time.
    philox = np.random.Philox(key=0)
    state = philox.state
    for i, curve_id in enumerate(curve_ids):
        state["state"]["key"] = _key(seed, curve_id, purpose)
        philox.state = state
        bits[:, i] = philox.random_raw(shape)
    return bits


def _key(seed: int, curve_id: str, purpose: str) -> NDArray[np.uint64]:
    text = f"{seed}/{curve_id}/{purpose}".encode()
    return np.frombuffer(hashlib.sha256(text).digest()[:16], "<u8")
