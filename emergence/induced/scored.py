"""The scores themselves, beside those of the best constant guess."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from emergence.induced import statistics
from emergence.induced.presenting import table, words
from emergence.induced.results import LOWER_IS_BETTER, Results


@lru_cache(maxsize=32)
def score_tables(results: Results, task: str) -> Sequence[dict[str, Any]]:
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
