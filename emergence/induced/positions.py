"""Per-digit accuracy is a mean over positions: how each of them grows by itself.

The last digit of a sum needs no carry: it is addition modulo ten, which networks may learn
abruptly. A mean over positions hides that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from emergence.induced import resampling
from emergence.induced.network_results import Results
from emergence.induced.pairs import THRESHOLD, surely_above
from emergence.induced.presenting import ends, said, short, table


@dataclass(frozen=True)
class Positions:
    """What is seen of the positions of a target: sentences and tables."""

    said: tuple[str, ...]
    tables: tuple[dict[str, Any], ...]


@lru_cache(maxsize=8)
def by_position(results: Results) -> Positions:
    """Look at each position of the longest target by itself.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Positions
    """
    condition = results.conditions("addition")[-1]
    share = results.right_digits(condition).mean(axis=2)
    sizes, drawn = results.sizes("addition"), results.draws("addition")
    length = share.shape[2]
    found = [
        resampling.estimate(resampling.sharpness, share[:, :, i], drawn) for i in range(length)
    ]
    sentences = []
    for i, sharpness in enumerate(found):
        if not surely_above(sharpness, THRESHOLD):
            continue
        means = share[:, :, i].mean(axis=1)
        step = int(np.argmax(np.diff(means)))
        which = (
            "the last digit, which is addition modulo ten," if i == length - 1 else f"digit {i + 1}"
        )
        sentences.append(
            f"a single digit can be sharp under accuracy: {which} is right in "
            f"{short(means[step])} at {sizes[step]:,} parameters and in "
            f"{short(means[step + 1])} at {sizes[step + 1]:,} (sharpness "
            f"{said(sharpness)}; {condition}). No metric made that; "
            "per-digit accuracy is a mean over positions and hides it"
        )
    names = [f"digit {i + 1}" for i in range(length)]
    return Positions(
        tuple(sentences),
        (
            table(
                f"Share of right digits at each position of sums, {condition}, means over "
                "replicates; the last digit needs no carry",
                ("parameters", *names),
                [(size, *row) for size, row in zip(sizes, share.mean(axis=1), strict=True)],
            ),
            table(
                f"Sharpness of the accuracy at each position, {condition}, with intervals over "
                "replicates",
                ("position", "sharpness", "from", "to"),
                [(name, *ends(one)) for name, one in zip(names, found, strict=True)],
            ),
        ),
    )
