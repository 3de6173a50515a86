"""Who has the highest scores: discontinuous curves among them, over all cut-offs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from emergence.claims.clustering import enrichment
from emergence.pages.figures.base import (
    COLOURS,
    REFERENCE,
    SHAPES,
    Drawing,
    Numbers,
    finished,
    plain_log_axis,
)
from emergence.pages.svg import INK
from emergence.pages.words import number
from emergence.study import Study


def draw(study: Study) -> Drawing:
    """Draw the share of discontinuous curves among the highest scores, over all cut-offs.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "enrichment", "All-or-nothing metrics among the sharpest curves"
    judged, numbers = study.judged, Numbers(name)
    kinds = ("discontinuous", "continuous")
    found = {kind: int((judged["metric_group"] == kind).sum()) for kind in kinds}
    first, second = (numbers.count(kind, found[kind], "def-groups") for kind in kinds)
    counted = (first, " curves under all-or-nothing metrics and ", second)
    if not all(found.values()):
        missing = (
            "There are ",
            *counted,
            " under continuous ones. It takes curves of both kinds, to see which of them have "
            "the highest scores.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    curves = judged[judged["metric_group"].isin(kinds)]
    rows = enrichment(curves, np.round(np.geomspace(0.01, 1, 60), 6).tolist())

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 2.9), layout="constrained")
        axes.axhline(rows[-1]["of all, %"], color=INK, linewidth=0.8, linestyle=REFERENCE)
        sns.lineplot(
            x=[row["highest, %"] for row in rows],
            y=[row["discontinuous, %"] for row in rows],
            ax=axes,
            color=COLOURS["discontinuous"],
            marker=SHAPES["discontinuous"],
            markersize=4,
            markeredgewidth=0,
            linewidth=1.5,
            errorbar=None,
        )
        plain_log_axis(axes, unit=" %")
        axes.set_ylim(0, 103)
        axes.set_xlabel("sharpest curves, share of all")
        axes.set_ylabel("all-or-nothing, %")
        picked = [rows[i] for i in (0, len(rows) // 3, 2 * len(rows) // 3, len(rows) - 1)]
        described = "; ".join(
            f"of the highest {number(row['highest, %'])} %, {number(row['discontinuous, %'])} %"
            for row in picked
        )
        return figure, f"Share under all-or-nothing metrics: {described}."

    caption = (
        "Share of all-or-nothing metrics among the sharpest curves, from few (left) to all "
        "(right), of ",
        *counted,
        " under continuous ones. Dashed: their share of all. Above it, sharp curves cluster under "
        "all-or-nothing metrics.",
    )
    reading = (
        "A line close to the dashed one would mean that high scores do not cluster under "
        "all-or-nothing metrics. Curves with equal scores are counted together.",
    )
    return finished(name, title, plotted, caption, rows, numbers, reading)
