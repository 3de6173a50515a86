"""Finished networks: what was measured of each is kept, under the digest of its settings."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from emergence.files import replacing
from emergence.induced.family import Family, Measured
from emergence.progress import shown

#: Fields of a family that change none of its networks: only which there are, or how their
#: answers are scored.
_GRIDS = ("widths", "together", "within")

#: Modules of this package that train and test; the others only look at what came out. A test
#: compares them with what the families import.
_TRAINING = (
    "addition.py",
    "answers.py",
    "digits.py",
    "family.py",
    "images.py",
    "networks.py",
    "parity.py",
    "reconstruction.py",
)

#: What a network's numbers depend on beside this package.
_LIBRARIES = ("numpy", "scikit-learn", "scipy")

#: Of what is kept: the processor time that the network took. It enters no score.
SECONDS = "seconds"


def digest(family: Family, width: int, replicate: int) -> str:
    """Return the name of a network: the same settings and the same program have the same.

    Parameters
    ----------
    family : Family
    width, replicate : int

    Returns
    -------
    str
        64 hex digits.
    """
    settings = {name: value for name, value in asdict(family).items() if name not in _GRIDS}
    whole = [type(family).__name__, settings, width, replicate, _program()]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


@cache
def _program() -> list[str]:
    code = b"\0".join((Path(__file__).parent / name).read_bytes() for name in _TRAINING)
    versions = [f"{name} {version(name)}" for name in _LIBRARIES]
    return [hashlib.sha256(code).hexdigest(), *versions]


def measure_all(
    families: Sequence[Family],
    replicates: Mapping[str, Sequence[int]],
    folder: Path,
    cores: int,
) -> dict[tuple[str, int, int], Measured]:
    """Train and test all networks except those that are kept, and show the progress.

    Parameters
    ----------
    families : sequence of Family
    replicates : mapping of str to sequence of int
        By task.
    folder : Path
        Where finished networks are kept; those of other settings are removed at the end.
    cores : int
        Networks that are trained at once.

    Returns
    -------
    dict
        What was measured, by task, width and replicate.
    """
    wanted = {
        (family.task, width, replicate): (family, digest(family, width, replicate))
        for family in families
        for width in family.widths
        for replicate in replicates[family.task]
    }
    found = {}
    for key, (_, name) in wanted.items():
        kept = load(folder / f"{name}.npz")
        if kept is not None:
            found[key] = kept
    # The largest first: at the end no processor waits for long.
    waiting = sorted((key for key in wanted if key not in found), key=lambda key: -key[1])
    tasks = (delayed(_measure)(key, *wanted[key], folder) for key in waiting)
    together = Parallel(n_jobs=min(cores, max(len(waiting), 1)), return_as="generator_unordered")
    with shown() as progress:
        progress.begin("networks", len(found), len(wanted))
        for key, measured in together(tasks):
            found[key] = measured
            progress.reached(len(found))
    names = {f"{name}.npz" for _, name in wanted.values()}
    for path in folder.glob("*.npz"):
        if path.name not in names:
            path.unlink()
    return found


def _measure(
    key: tuple[str, int, int], family: Family, name: str, folder: Path
) -> tuple[tuple[str, int, int], Measured]:
    _, width, replicate = key
    begin = time.process_time()
    measured = dict(family.measure(width, replicate))
    measured[SECONDS] = np.array(time.process_time() - begin)
    store(measured, folder / f"{name}.npz")
    return key, measured


def store(measured: Measured, path: Path) -> None:
    """Keep what was measured of a network."""
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **measured)


def load(path: Path) -> Measured | None:
    """Return what was kept of a network, or None if nothing is there that can be used."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
