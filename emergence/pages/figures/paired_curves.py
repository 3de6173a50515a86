"""The same answers, side by side: the curves of the most telling pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import MaxNLocator

from emergence.claims.pairs import metric_pairs
from emergence.errors import shorten
from emergence.pages.cited import Sentence
from emergence.pages.figures.base import (
    COLOURS,
    SHAPES,
    Drawing,
    Numbers,
    axis_label,
    finished,
    scale_axis,
)
from emergence.pages.figures.metric_switch import without_pairs
from emergence.pages.words import number
from emergence.study import Study

#: Pairs of curves that are drawn side by side.
_MOST_PAIRS = 3


def draw(study: Study) -> Drawing:
    """Draw the curves of the most telling pairs: one a task, what looks emergent first.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "paired-curves", "Scale curves of the same answers"
    pairs, numbers = metric_pairs(study), Numbers(name)
    if not len(pairs):
        return without_pairs(name, title)
    ordered = pairs.assign(
        annotated=pairs["annotation"] == "emergent",
        first=pairs["apparent"] == True,  # noqa: E712
    ).sort_values(
        ["first", "annotated", "sharpness", "curve_id"], ascending=[False, False, False, True]
    )
    shown = ordered.groupby("task", sort=False).head(1).head(_MOST_PAIRS)
    caption = (
        numbers.count("drawn", len(shown), "def-same-answers"),
        " of ",
        numbers.count("tasks", pairs["task"].nunique(), "def-same-answers"),
        " tasks: the same answers under an all-or-nothing metric (left) and a continuous one "
        "(right); up is better. Curves that look emergent come first, then tasks annotated as "
        "emergent, then the sharpest curves.",
    )
    return drawn_side_by_side(study, shown, name, title, caption, numbers)


def drawn_side_by_side(
    study: Study, shown: pd.DataFrame, name: str, title: str, caption: Sentence, numbers: Numbers
) -> Drawing:
    """Draw pairs of curves, one row a pair, each with its models' names.

    Parameters
    ----------
    study : Study
    shown : pandas.DataFrame
        Rows of `emergence.claims.pairs.metric_pairs`.
    name, title, caption, numbers
        As in `Drawing`.

    Returns
    -------
    Drawing
    """
    row_of = dict(zip(study.frame["curve_id"], range(len(study.frame)), strict=True))
    sides = [
        (
            pair,
            (
                ("discontinuous", pair.curve_id, pair.metric, pair.sharpness),
                (
                    "continuous",
                    pair.curve_id_continuous,
                    pair.metric_continuous,
                    pair.sharpness_continuous,
                ),
            ),
        )
        for pair in shown.itertuples()
    ]

    def points(curve: str) -> Sequence[Sequence[Any]]:
        row = row_of[curve]
        return [study.lists[column][row] for column in ("models", "scales", "scores")]

    table = [
        {
            "task": pair.task,
            "subtask": pair.subtask,
            "condition": pair.condition,
            "model_family": pair.model_family,
            "side": side,
            "curve_id": curve,
            "metric": metric,
            "model": model,
            "scale": scale,
            "score": score,
        }
        for pair, both in sides
        for side, curve, metric, _ in both
        for model, scale, score in zip(*points(curve), strict=True)
    ]

    def draw() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(
            len(sides),
            2,
            figsize=(6.6, 1.35 * len(sides) + 0.3),
            squeeze=False,
            layout="constrained",
        )
        described = []
        for (pair, both), axes in zip(sides, panels, strict=True):
            for (group, curve, metric, sharpness), panel in zip(both, axes, strict=True):
                _, scales, scores = points(curve)
                panel.plot(
                    scales,
                    scores,
                    color=COLOURS[group],
                    marker=SHAPES[group],
                    markersize=4,
                    linewidth=1.2,
                )
                scale_axis(panel, scales, pair.axis)
                panel.yaxis.set_major_locator(MaxNLocator(3))
                panel.set_title(
                    f"{shorten(metric, 32)}: sharpness {number(float(sharpness))}", fontsize=9
                )
                described.append(
                    f"{shorten(pair.task, 40)}, {shorten(metric, 40)}: "
                    + ", ".join(number(float(score)) for score in scores)
                )
            parts = [
                shorten(text, 22) for text in (pair.task, pair.condition, pair.model_family) if text
            ]
            axes[0].set_ylabel("\n".join(parts), rotation=0, ha="right", va="center")
        for panel in panels[-1]:
            panel.set_xlabel(axis_label(str(shown["axis"].iloc[0])), fontsize=8.5)
        return figure, "; ".join(described) + "."

    reading = (
        "If the jumps on the left were as sudden on the right, the metric would not be their "
        "cause.",
    )
    return finished(name, title, draw, caption, table, numbers, reading)
