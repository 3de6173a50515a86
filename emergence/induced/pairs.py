"""The same answers under a metric that is all or nothing and under a continuous one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from emergence.induced import resampling
from emergence.induced.network_results import METRICS, Results, length_of
from emergence.induced.presenting import said, table, with_status, words
from emergence.induced.resampling import LEVEL, Estimate
from emergence.measures import ROUNDING

#: A straight line has a sharpness of 1, and what is close to one scatters around it: a curve
#: looks emergent if it is surely above this, and is smooth if it surely is not.
THRESHOLD = 1.5

#: The threshold that was written down first. A straight line lies on it, so that no number of
#: replicates can show that one does not look emergent.
FIRST_THRESHOLD = 1.0

#: Another one, at which the predictions are decided as well.
HIGH_THRESHOLD = 2.0

#: A statement about a sharpness is sure if it holds in this share of the resamples.
SURELY = (1 + LEVEL) / 2

#: One of one is the same under both metrics.
_SINGLE = "K=1"


def surely_above(found: Estimate, threshold: float) -> bool:
    """Return whether the whole interval is above the threshold; one without ends is not."""
    return found.low > threshold + ROUNDING


def surely_not_above(found: Estimate, threshold: float) -> bool:
    """Return whether the whole interval is at or below the threshold."""
    return found.high <= threshold + ROUNDING


@dataclass(frozen=True)
class Pair:
    """The same answers under the metric that is all or nothing and under a continuous one.

    Attributes
    ----------
    condition, metric : str
    first, second : Estimate
        Sharpness under either.
    less : float
        Share of the resamples in which the second is less sharp than the first.
    """

    condition: str
    metric: str
    first: Estimate
    second: Estimate
    less: float

    def is_sharp(self, threshold: float = THRESHOLD) -> bool:
        """Return whether the first surely looks emergent."""
        return surely_above(self.first, threshold)

    def is_smooth(self, threshold: float = THRESHOLD) -> bool:
        """Return whether the second surely does not."""
        return surely_not_above(self.second, threshold)

    def is_sharp_too(self, threshold: float = THRESHOLD) -> bool:
        """Return whether the second surely looks emergent."""
        return surely_above(self.second, threshold)

    def is_made(self, threshold: float = THRESHOLD) -> bool:
        """Return whether the metric makes it: sharp under the first, smooth under the second."""
        return self.is_sharp(threshold) and self.is_smooth(threshold)

    @property
    def thresholds(self) -> tuple[float, float] | None:
        """The thresholds at which the metric makes it: from the first, below the second."""
        found = self.second.high, self.first.low
        return found if found[0] < found[1] else None


@lru_cache(maxsize=32)
def metric_pairs(results: Results, task: str) -> Sequence[Pair]:
    """Pair the metric that is all or nothing with each continuous one that votes.

    Parameters
    ----------
    results : Results
    task : str

    Returns
    -------
    sequence of Pair
        For each condition under which the two are not the same.
    """
    all_right, continuous = METRICS[task]
    drawn = results.draws(task)
    found = []
    for condition in results.conditions(task):
        if condition == _SINGLE:
            continue
        first = results.scores[task, condition, all_right]
        resamples = resampling.sharpness(resampling.resampled(first, drawn))
        value = resampling.estimate(resampling.sharpness, first, drawn)
        for metric in continuous:
            second = results.scores[task, condition, metric]
            of_second = resampling.sharpness(resampling.resampled(second, drawn))
            found.append(
                Pair(
                    condition,
                    metric,
                    value,
                    resampling.estimate(resampling.sharpness, second, drawn),
                    less=float((of_second < resamples).mean()),
                )
            )
    return found


@lru_cache(maxsize=128)
def by_formula(results: Results, task: str, condition: str) -> Estimate | None:
    """Return the sharpness that the paper's formula predicts: that of p^L.

    Parameters
    ----------
    results : Results
    task, condition : str

    Returns
    -------
    Estimate or None
        With the measured share p of right digits of each network; None for tasks that have no
        positions. It is a prediction, and is nowhere taken for a score.
    """
    length = length_of(condition)
    if length is None or "per_digit_accuracy" not in METRICS[task][1]:
        return None
    power = results.scores[task, condition, "per_digit_accuracy"] ** length
    return resampling.estimate(resampling.sharpness, power, results.draws(task))


def counts(pairs: Sequence[Pair], threshold: float = THRESHOLD) -> dict[str, Any]:
    """Count conditions, and what becomes of the sharp ones under continuous metrics."""
    sharp = [pair for pair in pairs if pair.is_sharp(threshold)]
    return {
        "conditions": len({pair.condition for pair in pairs}),
        "conditions surely sharp": len({pair.condition for pair in sharp}),
        "pairs with a continuous metric there": len(sharp),
        "pairs surely smooth": sum(pair.is_smooth(threshold) for pair in sharp),
        "pairs surely sharp under the continuous metric too": sum(
            pair.is_sharp_too(threshold) for pair in sharp
        ),
    }


def threshold_table(task: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count the curves above each threshold, surely and by their value alone."""
    rows = []
    for threshold in (FIRST_THRESHOLD, THRESHOLD, HIGH_THRESHOLD):
        above = [pair for pair in pairs if pair.first.value > threshold + ROUNDING]
        still = [pair for pair in above if pair.second.value > threshold + ROUNDING]
        sure = counts(pairs, threshold)
        rows.append(
            (
                threshold,
                len({pair.condition for pair in above}),
                len(above),
                len(still),
                sure["conditions surely sharp"],
                sure["pairs with a continuous metric there"],
                sure["pairs surely smooth"],
                sure["pairs surely sharp under the continuous metric too"],
            )
        )
    return table(
        f"Curves of {task} above each threshold of sharpness, first by their values alone, then "
        "surely (with their intervals)",
        (
            *("threshold", "conditions above it", "their pairs", "of these above it too"),
            *("conditions surely above it", "their pairs", "surely not above it"),
            "surely above it too",
        ),
        rows,
    )


def sharpness_table(results: Results, task: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the sharpness of each pair as a table."""
    formula = {
        condition: by_formula(results, task, condition)
        for condition in dict.fromkeys(pair.condition for pair in pairs)
    }
    rows = []
    for pair in pairs:
        foretold = formula[pair.condition] or Estimate(np.nan, np.nan, np.nan)
        range_ = pair.thresholds or (np.nan, np.nan)
        rows.append(
            (
                pair.condition or "all",
                *with_status(pair.first),
                words(pair.metric),
                *with_status(pair.second),
                pair.less,
                *range_,
                foretold.value,
            )
        )
    first = words(METRICS[task][0])
    return table(
        f"Sharpness under {first} and under continuous metrics of the same answers, with "
        "intervals over replicates; a straight line has 1. The metric makes the sharpness at "
        "every threshold between the upper end of the one and the lower end of the other, if "
        "there is any. The last column is the sharpness that the formula p^L predicts from the "
        "share p of right digits",
        (
            *("condition", f"under {first}", "from", "to", "status"),
            *("continuous metric", "under it", "from", "to", "its status"),
            "share of resamples in which it is less sharp",
            *("made at thresholds from", "to", "predicted by p^L"),
        ),
        rows,
    )


def pair_words(pair: Pair, task: str, threshold: float = THRESHOLD) -> str:
    """Say of a pair what its two sharpnesses are, and what that makes of it."""
    if pair.is_made(threshold):
        verdict = "made by the metric"
    elif pair.is_sharp(threshold) and pair.is_sharp_too(threshold):
        verdict = "sharp under both"
    elif pair.is_sharp(threshold):
        verdict = "sharp, and the continuous metric is not surely smooth"
    else:
        less = f"{100 * pair.less:.0f} %"
        verdict = f"not surely sharp; the second is the lesser in {less} of the resamples"
    place = f"{pair.condition}: " if pair.condition else ""
    return (
        f"{place}{words(METRICS[task][0])} {said(pair.first)}, {words(pair.metric)} "
        f"{said(pair.second)}: {verdict}"
    )
