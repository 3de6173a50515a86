"""The prediction for longer targets, and where exact match parts from p^L."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.induced import statistics
from emergence.induced.networks import Floats
from emergence.induced.presenting import ends, experiment, table
from emergence.induced.results import Results
from emergence.induced.statistics import Estimate

#: Fewest right answers, over all replicates, of which a logarithm is taken.
_FEWEST_RIGHT = 10

#: Least share of the variance that a straight line must explain.
_STRAIGHT = 0.95


def longer_targets(results: Results) -> dict[str, Any]:
    """Decide the third prediction: exact match falls geometrically with the target's length."""
    names = results.conditions("addition")
    lengths = np.array([int(name.partition("=")[2]) for name in names], float)
    by_length = [_right(results, name, int(n)) for name, n in zip(names, lengths, strict=True)]
    exact = np.array([right.all(axis=3).mean(axis=2) for right in by_length])
    total = np.array([right.all(axis=3).sum(axis=(1, 2)) for right in by_length])
    sizes = results.sizes("addition")
    drawn = results.draws("addition")
    usable = (total >= _FEWEST_RIGHT).all(axis=0) & (exact.mean(axis=2).min(axis=0) < 1)
    rows, straight, falling = [], 0, 0
    for i in np.flatnonzero(usable):
        slope, explained = _line(lengths, exact[:, i, :], drawn[:, i, :])
        straight += explained >= _STRAIGHT
        falling += slope.high < 0
        share = np.mean([right[i].mean() for right in by_length])
        rows.append((sizes[i], slope.value, slope.low, slope.high, explained, float(np.log(share))))
    count = int(usable.sum())
    steps = _gap(results, names, lengths, by_length, drawn)
    return experiment(
        "addition",
        prediction="Exact match falls geometrically with the length of the target",
        rule=f"for at least 3 sizes with {_FEWEST_RIGHT} right answers at each length, and for "
        "each of them: the logarithm of exact match falls with length (interval below 0), and a "
        f"straight line explains {_STRAIGHT:.0%} of its variance over the lengths",
        shown=count >= 3 and straight == count and falling == count,
        numbers={
            "sizes": len(sizes),
            "sizes with right answers at each length": count,
            "of these falling": int(falling),
            "of these straight": int(straight),
        },
        tables=[
            table(
                "Slope of the logarithm of exact match by digit of the target, with its interval "
                "over replicates, and the share of the variance that a straight line explains; "
                "beside it what p^L says if every digit is as hard",
                ("parameters", "slope", "from", "to", "explained", "ln of mean p"),
                rows,
            ),
            steps,
        ],
    )


def _line(lengths: Floats, exact: Floats, drawn: NDArray[np.int64]) -> tuple[Estimate, float]:
    """Fit a line to the logarithm of exact match, shape (lengths, replicates)."""
    centered = lengths - lengths.mean()

    def slope(logs: Floats) -> Floats:
        return logs @ centered / (centered @ centered)

    logs = np.log(exact.mean(axis=1))
    value = float(slope(logs))
    fitted = logs.mean() + value * centered
    variance = float(((logs - logs.mean()) ** 2).sum())
    explained = 1 - float(((logs - fitted) ** 2).sum()) / variance if variance else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        resampled = slope(np.log(exact[:, drawn].mean(axis=2).T))
    return statistics.interval(value, resampled), explained


def _gap(
    results: Results,
    names: Sequence[str],
    lengths: Floats,
    by_length: Sequence[NDArray[np.bool_]],
    drawn: NDArray[np.int64],
) -> dict[str, Any]:
    """Split the way from p^L to exact match: unequal difficulty, then dependence."""
    rows = []
    for length, right in zip(lengths, by_length, strict=True):
        position = right.mean(axis=2)
        power = position.mean(axis=2) ** length
        product = position.prod(axis=2)
        exact = right.all(axis=3).mean(axis=2)
        for i, size in enumerate(results.sizes("addition")):
            unequal = _ratio(product[i], power[i], drawn[:, i])
            dependent = _ratio(exact[i], product[i], drawn[:, i])
            rows.append(
                (
                    int(length),
                    size,
                    float(power[i].mean()),
                    float(product[i].mean()),
                    float(exact[i].mean()),
                    *ends(unequal),
                    *ends(dependent),
                )
            )
    return table(
        "From mean p^L to the product of the p of each position to measured exact match, means "
        "over replicates. The first ratio is unequal difficulty (at most 1), the second alone is "
        "dependence (above 1: digits are right together)",
        (
            *("digits of the target", "parameters", "mean p^L", "product of p", "exact match"),
            *("product / p^L", "from", "to", "exact match / product", "from", "to"),
        ),
        rows,
    )


def _ratio(above: Floats, below: Floats, drawn: NDArray[np.int64]) -> Estimate:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(above.mean() / below.mean())
        return statistics.interval(value, above[drawn].mean(axis=1) / below[drawn].mean(axis=1))


def _right(results: Results, name: str, length: int) -> NDArray[np.bool_]:
    """Return which digits were right, shape (widths, replicates, examples, length)."""
    bits = results.outcomes[f"addition {name}"]
    return np.unpackbits(bits[..., None], axis=-1, count=length).astype(bool)
