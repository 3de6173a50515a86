"""The prediction for longer targets, and where exact match departs from p^L."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.induced import resampling
from emergence.induced.network_results import Results, length_of
from emergence.induced.networks import Floats
from emergence.induced.presenting import Prediction, ends, experiment, listed, short, table
from emergence.induced.resampling import Estimate

#: Fewest right answers, over all replicates, of which a logarithm is taken.
_FEWEST_RIGHT = 10

#: As many of which a share is known to a few parts in a hundred.
_MANY_RIGHT = 1000

#: Least share of the variance that a straight line must explain.
_STRAIGHT = 0.95

#: Fewest sizes of which a fall is shown.
_FEWEST_SIZES = 3

#: The first digit of a sum is a carry and the last one has none: both are easy.
_OUTER = 2


@lru_cache(maxsize=8)
def longer_targets(results: Results) -> dict[str, Any]:
    """Decide the third prediction: exact match falls geometrically with the target's length."""
    names = results.conditions("addition")
    lengths = np.array([length_of(name) for name in names], float)
    by_length = [results.right_digits(name) for name in names]
    exact = np.array([right.all(axis=3).mean(axis=2) for right in by_length])
    total = np.array([right.all(axis=3).sum(axis=(1, 2)) for right in by_length])
    share = np.array([right.mean(axis=(1, 2, 3)) for right in by_length])
    sizes = results.sizes("addition")
    drawn = results.draws("addition")
    fall = _fall(lengths, exact, total, share, sizes, drawn)
    gap, ratios = _gap(results, names, lengths, by_length, drawn, total)
    inner = np.array([_inner(right) for right in by_length]).T
    reading = [fall.said]
    if fall.rows:
        # The size whose fall is the least straight, as an example.
        i = sizes.index(min(fall.rows, key=lambda row: row[4])[0])
        factors = exact.mean(axis=2)[1:, i] / exact.mean(axis=2)[:-1, i]
        reading.append(
            f"the least straight is that of {sizes[i]:,} parameters: each further digit multiplies "
            f"exact match by {listed([short(factor) for factor in factors])}. A digit is harder in "
            "a longer sum: of its digits but for the first and the last "
            + listed(
                [
                    f"{short(p)} are right at {int(length)}"
                    for length, p in zip(lengths, inner[i], strict=True)
                    if not np.isnan(p)
                ]
            )
            + " digits. The formula p^L has one p for all lengths"
        )
    if ratios:
        near = sum(one.low <= 1 <= one.high for one, _ in ratios)
        text = (
            "its other assumption holds better: exact match over the product of the p of "
            f"each position has an interval that includes 1 in {near} of {len(ratios)} cells of "
            f"size and length with {_FEWEST_RIGHT} right answers"
        )
        certain = [one.value for one, answers in ratios if answers >= _MANY_RIGHT]
        if certain:
            text += (
                f", and lies between {short(min(certain))} and {short(max(certain))} in the "
                f"{len(certain)} cells with {_MANY_RIGHT:,}: digits are right nearly independently"
            )
        reading.append(text)
    return experiment(
        Prediction(
            "longer targets",
            "addition",
            "Exact match falls geometrically with the length of the target",
            rule=_rule("length"),
        ),
        reading=reading,
        shown=fall.shown,
        numbers=fall.numbers,
        tables=[
            table(
                "Slope of the logarithm of exact match by digit of the target, with its interval "
                "over replicates, and the share of the variance that a straight line explains; "
                "beside it p^L if every digit is equally hard",
                ("parameters", "slope", "from", "to", "explained", "ln of mean p"),
                fall.rows,
            ),
            table(
                "Share of right digits, without the first and the last of the target, by its "
                "length: were it the same at all lengths, the fall could be geometric",
                ("parameters", *(f"{int(length)} digits" for length in lengths)),
                [(size, *row) for size, row in zip(sizes, inner, strict=True)],
            ),
            gap,
        ],
    )


@lru_cache(maxsize=8)
def more_together(results: Results) -> dict[str, Any]:
    """Decide the same where one p holds by design: images that are drawn alike."""
    names = results.conditions("digits")
    sizes_of_group = np.array([length_of(name) for name in names], float)
    exact = np.array([results.scores["digits", name, "subset_accuracy"] for name in names])
    groups = results.settings["digits"]["tests"] // sizes_of_group
    total = np.rint(exact * groups[:, None, None]).sum(axis=2)
    share = np.array(
        [results.scores["digits", name, "per_digit_accuracy"].mean(axis=1) for name in names]
    )
    sizes = results.sizes("digits")
    fall = _fall(sizes_of_group, exact, total, share, sizes, results.draws("digits"))
    return experiment(
        Prediction(
            "more images together",
            "digits",
            "Where every position is equally hard, as with images drawn alike, subset accuracy "
            "falls geometrically with the number K of images that must be right",
            rule=_rule("K"),
        ),
        shown=fall.shown,
        reading=[fall.said],
        numbers=fall.numbers,
        tables=[
            table(
                "Slope of the logarithm of subset accuracy, measured on disjoint groups, by K, "
                "with its interval over replicates, and the share of the variance that a straight "
                "line explains; beside it the logarithm of accuracy",
                ("parameters", "slope", "from", "to", "explained", "ln of accuracy"),
                fall.rows,
            )
        ],
    )


def _rule(length: str) -> str:
    return (
        f"for at least 3 sizes with {_FEWEST_RIGHT} right answers at each {length}, and for each "
        f"of them: the logarithm of the score falls with {length} (interval below 0), and a "
        f"straight line explains {100 * _STRAIGHT:g} % of its variance"
    )


@dataclass(frozen=True)
class _Fall:
    """How a score falls with length, at each size where it is measured at all lengths."""

    rows: list[tuple[float, ...]]
    shown: bool
    numbers: dict[str, Any]
    said: str


def _fall(
    lengths: Floats,
    exact: Floats,
    total: Floats,
    share: Floats,
    sizes: Sequence[int],
    drawn: NDArray[np.int64],
) -> _Fall:
    """Fit lines to the logarithms of scores, shape (lengths, widths, replicates)."""
    usable = (total >= _FEWEST_RIGHT).all(axis=0) & (exact.mean(axis=2).min(axis=0) < 1)
    rows: list[tuple[float, ...]] = []
    straight = falling = 0
    for i in np.flatnonzero(usable):
        slope, explained = _line(lengths, exact[:, i, :], drawn[:, i, :])
        straight += explained >= _STRAIGHT
        falling += slope.high < 0
        rows.append((sizes[i], *ends(slope), explained, float(np.log(share[:, i].mean()))))
    count = len(rows)
    said = (
        f"{count} of {len(sizes)} sizes have {_FEWEST_RIGHT} right answers at each length; "
        f"{falling} of them surely fall, and {straight} are straight"
    )
    if rows:
        said += (
            f"; slopes of the logarithm from {short(min(row[1] for row in rows))} to "
            f"{short(max(row[1] for row in rows))}, explained "
            f"{short(min(row[4] for row in rows))} to {short(max(row[4] for row in rows))}"
        )
    return _Fall(
        rows,
        count >= _FEWEST_SIZES and straight == count and falling == count,
        {
            "sizes": len(sizes),
            "sizes with right answers at each length": count,
            "of these falling": int(falling),
            "of these straight": int(straight),
        },
        said,
    )


def _inner(right: NDArray[np.bool_]) -> Floats:
    """Return the share of right digits between the first and the last, shape (widths,)."""
    if right.shape[3] <= _OUTER:
        return np.full(len(right), np.nan)
    return right[..., 1:-1].mean(axis=(1, 2, 3))


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
    return resampling.interval(value, resampled), explained


def _gap(
    results: Results,
    names: Sequence[str],
    lengths: Floats,
    by_length: Sequence[NDArray[np.bool_]],
    drawn: NDArray[np.int64],
    total: NDArray[np.int64],
) -> tuple[dict[str, Any], list[tuple[Estimate, int]]]:
    """Split the way from p^L to exact match: unequal difficulty, then dependence."""
    rows, ratios = [], []
    for length, right, answers in zip(lengths, by_length, total, strict=True):
        exact, product, power = exact_product_power(right)
        for i, size in enumerate(results.sizes("addition")):
            unequal = _ratio(product[i], power[i], drawn[:, i])
            dependent = _ratio(exact[i], product[i], drawn[:, i])
            if answers[i] >= _FEWEST_RIGHT:
                ratios.append((dependent, int(answers[i])))
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
    split = table(
        "From mean p^L to the product of the p of each position to measured exact match, means "
        "over replicates. The first ratio is unequal difficulty (at most 1), the second alone is "
        "dependence (above 1: digits are right together)",
        (
            *("digits of the target", "parameters", "mean p^L", "product of p", "exact match"),
            *("product / p^L", "from", "to", "exact match / product", "from", "to"),
        ),
        rows,
    )
    return split, ratios


def exact_product_power(right: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return exact match, the product of the p of each position, and mean p to their number.

    Parameters
    ----------
    right : ndarray of bool, shape (widths, replicates, examples, length)

    Returns
    -------
    tuple of ndarray of float64, shape (widths, replicates)
    """
    position = right.mean(axis=2)
    power = position.mean(axis=2) ** right.shape[3]
    return right.all(axis=3).mean(axis=2), position.prod(axis=2), power


def _ratio(above: Floats, below: Floats, drawn: NDArray[np.int64]) -> Estimate:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(above.mean() / below.mean())
        return resampling.interval(value, above[drawn].mean(axis=1) / below[drawn].mean(axis=1))
