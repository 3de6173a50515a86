"""The same answers under two metrics, on a dataset's page."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from emergence.claims.pairs import metric_pairs
from emergence.pages.cited import Cited
from emergence.pages.figures.base import Drawing, Numbers, finished
from emergence.pages.figures.same_outputs import LEAST, MOST, legend, panels
from emergence.pages.words import number
from emergence.study import Study

#: Panels side by side, and panels at most.
_COLUMNS, _MOST_PANELS = 3, 6

#: What it takes to compare metrics.
PAIRS_NEEDED = (
    "It takes two metrics that score the same answers of the same models, one all-or-nothing and "
    "one that gives part of the credit: multiple-choice grade and Brier score, say."
)


def draw(study: Study) -> Drawing:
    """Draw the sharpness of the same answers under two metrics.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "metric-switch", "Sharpness under two metrics of the same answers"
    pairs = metric_pairs(study)
    if not len(pairs):
        return without_pairs(name, title)
    known = pairs.assign(
        apparent=pairs["apparent"] == True,  # noqa: E712
        apparent_continuous=pairs["apparent_continuous"] == True,  # noqa: E712
    ).sort_values(["apparent", "sharpness", "curve_id"], ascending=[False, False, True])
    numbers = Numbers(name)
    numbers.found |= counts_of(pairs)

    def plotted() -> tuple[plt.Figure, str]:
        metrics = min(known["metric_continuous"].nunique(), _MOST_PANELS)
        rows = -(-metrics // _COLUMNS)
        figure = plt.figure(figsize=(6.6, 0.6 + 1.75 * rows), layout="constrained")
        described = panels(figure.subfigures(1, 1), known, _COLUMNS, _MOST_PANELS)
        legend(figure)
        return figure, f"{described}."

    caption = (
        "Each mark is one of ",
        numbers.count("pairs", len(known), "def-same-answers"),
        " pairs of curves of the same answers, with one panel for each continuous metric. Below "
        "the diagonal, the continuous metric is smoother. Sharpness below ",
        Cited(number(LEAST), "def-sharpness", "the edge of the drawing"),
        " or above ",
        Cited(number(MOST), "def-sharpness", "the edge of the drawing"),
        " is drawn at the edge.",
    )
    reading = (
        "Curves below the diagonal that look emergent only under the all-or-nothing metric owe it "
        "to the metric; as many on the other side would speak against that. The two kinds of "
        "metric differ in noise, so these counts are descriptive. Claim 5 compares curves at "
        "matched noise.",
    )
    columns = ["curve_id", "curve_id_continuous", "task", "subtask", "model_family", "metric"]
    columns += ["sharpness", "metric_continuous", "sharpness_continuous"]
    columns += ["apparent", "apparent_continuous"]
    table = known[columns].to_dict("records")
    return finished(name, title, plotted, caption, table, numbers, reading)


def counts_of(pairs: pd.DataFrame) -> dict[str, int]:
    """Count pairs of curves of the same outputs.

    Neither side is chosen first in the last three: of curves that were chosen for being sharp
    under one metric, most are less sharp under any second one.

    Parameters
    ----------
    pairs : pandas.DataFrame
        From `emergence.claims.pairs.metric_pairs`.

    Returns
    -------
    dict
        ``pairs`` and their ``tasks``; ``apparent`` under the discontinuous metric, and of these
        ``less_sharp`` under the continuous one; ``discontinuous_only``, ``continuous_only`` and
        ``both``: under which metric they look emergent.
    """
    first = (pairs["apparent"] == True).to_numpy(bool)  # noqa: E712
    second = (pairs["apparent_continuous"] == True).to_numpy(bool)  # noqa: E712
    less = (pairs["sharpness_continuous"] < pairs["sharpness"]).to_numpy(bool)
    return {
        "pairs": len(pairs),
        "tasks": int(pairs["task"].nunique()),
        "apparent": int(first.sum()),
        "less_sharp": int((first & less).sum()),
        "discontinuous_only": int((first & ~second).sum()),
        "continuous_only": int((second & ~first).sum()),
        "both": int((first & second).sum()),
    }


def without_pairs(name: str, title: str) -> Drawing:
    """Say that a dataset has no pairs, and what it takes."""
    numbers = Numbers(name)
    pairs = numbers.count("pairs", 0, "def-same-answers")
    missing = ("There are ", pairs, f" pairs of curves here. {PAIRS_NEEDED}")
    return Drawing(name, title, missing, numbers=numbers.found)
