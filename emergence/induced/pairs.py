"""The same answers under a metric that is all or nothing and under a continuous one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emergence.induced import statistics
from emergence.induced.presenting import table, with_status, words
from emergence.induced.results import LOWER_IS_BETTER, METRICS, Results
from emergence.induced.statistics import LEVEL, Estimate
from emergence.measures import ROUNDING

#: A straight line has a sharpness of 1, and what is close to one scatters around it: a curve
#: looks emergent if it is surely above this, and is smooth if it surely is not.
THRESHOLD = 1.5

#: Other thresholds, at which the curves are counted as well.
_BESIDE = (1.0, 2.0)

#: A statement about a sharpness is sure if it holds in this share of the resamples.
SURELY = (1 + LEVEL) / 2

#: One of one is the same under both metrics.
_SINGLE = ("K=1", "L=1")


@dataclass(frozen=True)
class Pair:
    """The same answers under the metric that is all or nothing and under a continuous one.

    Attributes
    ----------
    condition, metric : str
    first, second : Estimate
        Sharpness under either.
    sharp : float
        Share of the resamples in which the first is above the threshold.
    smooth : float
        Share of the resamples in which the second is not.
    less : float
        Share of the resamples in which the second is less sharp than the first.
    """

    condition: str
    metric: str
    first: Estimate
    second: Estimate
    sharp: float
    smooth: float
    less: float

    @property
    def is_sharp(self) -> bool:
        """The first surely looks emergent."""
        return self.sharp >= SURELY

    @property
    def is_smooth(self) -> bool:
        """The second surely does not."""
        return self.smooth >= SURELY

    @property
    def is_sharp_too(self) -> bool:
        """The second surely looks emergent."""
        return 1 - self.smooth >= SURELY


def metric_pairs(results: Results, task: str) -> list[Pair]:
    """Pair the metric that is all or nothing with each continuous one that votes.

    Parameters
    ----------
    results : Results
    task : str

    Returns
    -------
    list of Pair
        For each condition under which the two are not the same.
    """
    all_right, continuous = METRICS[task]
    drawn = results.draws(task)
    found = []
    for condition in results.conditions(task):
        if condition in _SINGLE:
            continue
        first = results.scores[task, condition, all_right]
        resamples = statistics.sharpness(statistics.resampled(first, drawn))
        for metric in continuous:
            second = results.scores[task, condition, metric]
            of_second = statistics.sharpness(statistics.resampled(second, drawn))
            found.append(
                Pair(
                    condition,
                    metric,
                    statistics.estimate(statistics.sharpness, first, drawn),
                    statistics.estimate(statistics.sharpness, second, drawn),
                    sharp=float((resamples > THRESHOLD + ROUNDING).mean()),
                    smooth=float((of_second <= THRESHOLD + ROUNDING).mean()),
                    less=float((of_second < resamples).mean()),
                )
            )
    return found


def counts(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count conditions, and what becomes of the sharp ones under continuous metrics."""
    sharp = [pair for pair in pairs if pair.is_sharp]
    return {
        "conditions": len({pair.condition for pair in pairs}),
        "conditions surely sharp": len({pair.condition for pair in sharp}),
        "pairs with a continuous metric there": len(sharp),
        "pairs surely smooth": sum(pair.is_smooth for pair in sharp),
        "pairs surely sharp under the continuous metric too": sum(
            pair.is_sharp_too for pair in sharp
        ),
    }


def threshold_table(task: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count the curves above each threshold, without regard to their intervals."""
    rows = []
    for threshold in sorted((THRESHOLD, *_BESIDE)):
        above = [pair for pair in pairs if pair.first.value > threshold + ROUNDING]
        still = [pair for pair in above if pair.second.value > threshold + ROUNDING]
        conditions = {pair.condition for pair in above}
        rows.append((threshold, len(conditions), len(above), len(still)))
    return table(
        f"Curves of {task} above other thresholds of sharpness, whatever their intervals",
        (
            *("threshold", "conditions above it"),
            *("their pairs with a continuous metric", "of these above it too"),
        ),
        rows,
    )


def sharpness_table(task: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the sharpness of each pair as a table."""
    rows = [
        (
            pair.condition or "all",
            *with_status(pair.first),
            words(pair.metric),
            *with_status(pair.second),
            pair.less,
        )
        for pair in pairs
    ]
    first = words(METRICS[task][0])
    return table(
        f"Sharpness under {first} and under continuous metrics of the same answers, with "
        "intervals over replicates; a straight line has 1",
        (
            *("condition", f"under {first}", "from", "to", "status"),
            *("continuous metric", "under it", "from", "to", "its status"),
            "share of resamples in which it is less sharp",
        ),
        rows,
    )


def score_tables(results: Results, task: str) -> list[dict[str, Any]]:
    """Return the scores of each condition: means over replicates beside the constant guess."""
    tables = []
    metrics = list(dict.fromkeys(row["metric"] for row in results.rows if row["task"] == task))
    for condition in results.conditions(task):
        columns = [results.scores[task, condition, metric] for metric in metrics]
        signs = [-1 if metric in LOWER_IS_BETTER else 1 for metric in metrics]
        rows: list[tuple] = [
            (
                "constant guess",
                *(
                    value
                    for m in metrics
                    for value in (results.baselines[task, condition, m], None)
                ),
            )
        ]
        for i, size in enumerate(results.sizes(task)):
            cells = []
            for column, sign in zip(columns, signs, strict=True):
                found = statistics.mean(sign * column[i])
                cells += [found.value + 0.0, found.high - found.value]
            rows.append((size, *cells))
        tables.append(
            table(
                f"Scores of {task}{', ' + condition if condition else ''}: mean over replicates, "
                "and half of its 95 % interval",
                ("parameters", *(word for m in metrics for word in (words(m), "±"))),
                rows,
            )
        )
    return tables
