"""The same answers under two metrics: sharpness, as lines that join."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from emergence.claims.switching import metric_pairs
from emergence.pages.cited import Cited
from emergence.pages.figures.base import REFERENCE, Drawing, Numbers, evenly, finished
from emergence.pages.svg import FAINT, INK, SERIES
from emergence.study import Study

#: Sharpness beyond this stands at the edge.
_EDGE = 32.0

#: What it takes to compare metrics.
PAIRS_NEEDED = (
    "It takes two metrics that score the same answers of the same models, one all-or-nothing and "
    "one that gives part of the credit: multiple-choice grade and Brier score, say."
)


def draw(study: Study) -> Drawing:
    """Draw the same outputs under two metrics, as lines that join.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "metric-switch", "Change the metric, keep the answers"
    pairs = metric_pairs(study)
    if not len(pairs):
        return without_pairs(name, title)
    ordered = pairs.assign(first=pairs["apparent"] == True).sort_values(  # noqa: E712
        ["first", "sharpness", "curve_id"], ascending=[False, False, True]
    )
    # More lines than these are one patch of colour: evenly through the order, the rest is in the
    # table.
    shown = pd.concat([evenly(part) for _, part in ordered.groupby("first", sort=False)])
    columns = ["curve_id", "curve_id_continuous", "task", "subtask", "model_family", "metric"]
    columns += ["sharpness", "metric_continuous", "sharpness_continuous"]
    found, numbers = counts_of(pairs), Numbers(name)
    drawn = (
        ", of either kind a few, evenly from the sharpest to the least sharp"
        if len(shown) < len(ordered)
        else ""
    )

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
        axes.axhline(1, color=INK, linewidth=0.8, linestyle=REFERENCE)
        for row in shown[::-1].itertuples():
            ends = np.clip([row.sharpness, row.sharpness_continuous], -_EDGE, _EDGE)
            axes.plot(
                [0, 1],
                ends,
                color=SERIES[0] if row.first else FAINT,
                linewidth=1.1 if row.first else 0.6,
                marker="o" if row.first else None,
                markersize=3.5,
            )
        axes.set_xticks([0, 1], ["discontinuous metric", "continuous metric, same answers"])
        axes.set_xlim(-0.25, 1.25)
        axes.set_yscale("symlog", linthresh=1)
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
        )
        axes.set_yticks([-8, -2, -1, 0, 1, 2, 8, _EDGE])
        axes.set_ylabel("sharpness")
        return figure, (
            f"{found['pairs']} pairs; of {found['apparent']} that look emergent under the "
            f"discontinuous metric {found['less_sharp']} are less sharp under the continuous one."
        )

    def of(key: str) -> Cited:
        return numbers.count(key, found[key], "rule-5")

    caption = (
        "What to see: whether the lines fall from left to right. ",
        of("pairs"),
        " pairs of curves of the same answers; in colour, with marks, the ",
        of("apparent"),
        " that look emergent under the discontinuous metric, of which ",
        of("less_sharp"),
        f" are less sharp under the other; all others faint{drawn}. Scores beyond ",
        Cited(f"{_EDGE:g}", "def-sharpness", "the edge of the drawing"),
        " stand at the edge. Lines that fall below the dashed one (a straight line) are "
        "emergence that the metric made; lines that stay above are evidence against that.",
    )
    table = ordered[columns].assign(
        apparent=ordered["first"],
        apparent_continuous=ordered["apparent_continuous"] == True,  # noqa: E712
    )
    table = table.to_dict("records")
    # The landing page says these of all datasets.
    numbers.found |= found
    return finished(name, title, plotted, caption, table, numbers)


def counts_of(pairs: pd.DataFrame) -> dict[str, int]:
    """Count pairs of curves of the same outputs.

    Neither side is chosen first in the last three: of curves that were chosen for being sharp
    under one metric, most are less sharp under any second one.

    Parameters
    ----------
    pairs : pandas.DataFrame
        From `emergence.claims.switching.metric_pairs`.

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
    pairs = numbers.count("pairs", 0, "rule-5")
    missing = ("There are ", pairs, f" pairs of curves here. {PAIRS_NEEDED}")
    return Drawing(name, title, missing, numbers=numbers.found)
