"""The dataset ``induced``: families of networks trained here, their scores and their answers."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emergence.files import replacing
from emergence.induced.addition import Addition, condition_of
from emergence.induced.called import called_table
from emergence.induced.digits import Digits
from emergence.induced.experiments import experiments
from emergence.induced.family import Family, Measured, rows, unpacked
from emergence.induced.kept import SECONDS, measure_all
from emergence.induced.network_results import Results
from emergence.induced.other_settings import under_other_settings
from emergence.induced.parity import Parity
from emergence.induced.pictures import pictures, trained
from emergence.induced.presenting import counted
from emergence.induced.reconstruction import Reconstruction
from emergence.tables import write_json

if TYPE_CHECKING:
    from emergence.raw.programs import Place

log = logging.getLogger(__name__)

#: Beside the finished networks: the processor time of each family. It differs from run to run.
TIMES = "training-times.csv"

#: What is measured of the networks, by task, width and replicate.
All = Mapping[tuple[str, int, int], Measured]


def run(settings: Mapping[str, Any], place: Place) -> None:
    """Write the dataset: the program ``induced`` of the registry.

    Parameters
    ----------
    settings : mapping
        As the registry's schema has them.
    place : Place
        Gets ``scores.csv``, in the tidy format; ``outcomes.npz``, see `outcomes`; and
        ``experiments.json``: ``counts`` (`counted`), ``otherwise`` (`under_other_settings`),
        ``called`` (`called_table`), and ``experiments``, ``trained`` and ``pictures`` from the
        functions of those names. Finished
        networks are kept, and beside them stands how long they took (`TIMES`), which is part of
        no dataset.
    """
    families = families_of(settings)
    replicates = {
        family.task: range(1, settings[family.task]["replicates"] + 1) for family in families
    }
    measured = measure_all(families, replicates, place.kept, place.cores)
    table = [
        row
        for family in families
        for width in family.widths
        for replicate in replicates[family.task]
        for row in rows(family, width, replicate, measured[family.task, width, replicate])
    ]
    _write_table(table, place.files / "scores.csv")
    answers = outcomes(families, replicates, measured)
    with replacing(place.files / "outcomes.npz") as partial, partial.open("wb") as file:
        np.savez(file, **answers)
    results = Results(table, answers, settings)
    found = experiments(results)
    study = {
        "experiments": found,
        "counts": counted(found),
        "otherwise": under_other_settings(results, found),
        "called": called_table(results),
        "trained": trained(results),
        "pictures": pictures(results),
    }
    write_json(study, place.files / "experiments.json")
    _write_times(families, replicates, measured, place.kept / TIMES)


def families_of(settings: Mapping[str, Any]) -> list[Family]:
    """Return the families that the settings describe.

    Parameters
    ----------
    settings : mapping

    Returns
    -------
    list of Family
    """
    seed = settings["seed"]
    return [
        Addition.of(settings["addition"], seed),
        Digits.of(settings["digits"], seed),
        Reconstruction.of(settings["reconstruction"], seed),
        Parity.of(settings["parity"], seed),
    ]


def outcomes(
    families: Sequence[Family], replicates: Mapping[str, Sequence[int]], measured: All
) -> dict[str, NDArray]:
    """Return how each example came out for each network.

    Parameters
    ----------
    families : sequence of Family
    replicates : mapping of str to sequence of int
        By task.
    measured : mapping
        By task, width and replicate.

    Returns
    -------
    dict of str to ndarray, shape (widths, replicates, examples)
        By task, for ``addition`` and length of target. Bits: which positions of the
        answer were right, the first one the highest (`numpy.unpackbits` along a new last
        axis). For ``reconstruction`` the squared error instead.
    """
    found = {}
    for family in families:
        grid = [
            [measured[family.task, width, replicate] for replicate in replicates[family.task]]
            for width in family.widths
        ]
        if isinstance(family, Addition):
            for digits in family.digits:
                name = condition_of(digits)
                found[f"{family.task} {name}"] = _stacked(
                    grid, lambda one, name=name: _bits(unpacked(one, name))
                )
        elif isinstance(family, Reconstruction):
            found[family.task] = _stacked(grid, lambda one: one["error"])
        else:
            found[family.task] = _stacked(grid, lambda one: _bits(one["right"]))
    return found


def _stacked(grid: Sequence[Sequence[Measured]], take: Any) -> NDArray:
    return np.array([[take(one) for one in line] for line in grid])


def _bits(right: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return each example's truths as one byte; there are at most eight of them."""
    return np.packbits(right, axis=1)[:, 0]


def _write_table(table: Sequence[Mapping[str, Any]], path: Path) -> None:
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def _write_times(
    families: Sequence[Family],
    replicates: Mapping[str, Sequence[int]],
    measured: All,
    path: Path,
) -> None:
    """Write how long the networks of each family took, those of earlier runs included."""
    rows = []
    for family in families:
        networks = [
            measured[family.task, width, replicate]
            for width in family.widths
            for replicate in replicates[family.task]
        ]
        seconds = sum(float(one[SECONDS]) for one in networks)
        rows.append(
            {
                "task": family.task,
                "networks": len(networks),
                "sizes": len(family.widths),
                "seeds": len(replicates[family.task]),
                "processor_seconds": f"{seconds:.1f}",
            }
        )
        log.info(
            "%(task)s: %(networks)d networks, %(processor_seconds)s s of one processor", rows[-1]
        )
    _write_table(rows, path)
