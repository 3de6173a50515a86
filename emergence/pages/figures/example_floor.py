"""What so few examples can show, and what the small models scored."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from emergence.claims.resolution import floors
from emergence.errors import shorten
from emergence.pages.cited import Cited
from emergence.pages.figures.base import (
    Drawing,
    Numbers,
    evenly,
    finished,
    marks,
    rows_named,
    some_drawn,
)
from emergence.pages.svg import FAINT, INK, MARKERS, SERIES
from emergence.pages.words import number
from emergence.study import Study


def draw(study: Study) -> Drawing:
    """Draw the smallest score that the examples can show, and what the small models scored.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "example-floor", "What so few examples can show"
    known, unknown = floors(study, study.settings["claims"])
    at_floor = int(known["floor"].sum()) if len(known) else 0
    found = {"curves": len(known), "unknown": unknown, "at_floor": at_floor}
    numbers = Numbers(name)

    def floor(key: str) -> Cited:
        return numbers.count(key, found[key], "rule-6")

    if not len(known):
        missing = (
            "Of ",
            floor("curves"),
            " curves that look emergent under a discontinuous metric the number of examples and "
            "the score of guessing are known (of ",
            floor("unknown"),
            " they are not). It takes both.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    ordered = known.sort_values(["examples", "curve"], kind="stable").reset_index(drop=True)
    shown = evenly(ordered)

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.24 * len(shown)), layout="constrained")
        y = np.arange(len(shown))
        least = shown["chance"] + 1 / shown["examples"]
        axes.hlines(y, shown["chance"], least, color=FAINT, linewidth=4)
        marks(axes, least, y, MARKERS[2], INK, "chance + 1/n")
        marks(axes, shown["highest"], y, MARKERS[0], SERIES[0], "best of the smaller half")
        marks(axes, shown["predicted"], y, MARKERS[1], SERIES[1], "a small model under the law")
        names = [
            f"{shorten(row.name, 30)}, {shorten(row.family, 14)} (n = {row.examples:,})"
            for row in shown.itertuples(index=False)
        ]
        rows_named(axes, names)
        axes.set_xlabel("score")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{name}: best of the smaller half {number(float(row.highest))}, "
            f"least visible {number(float(end))}"
            for name, row, end in zip(names, shown.itertuples(), least, strict=True)
        )
        return figure, described + "."

    drawn = some_drawn(shown, ordered, "fewest examples", "most")
    caption = (
        "What to see: whether the small models stand above the smallest score that their test "
        "can show above guessing (triangle). Of ",
        floor("curves"),
        " curves that look emergent under discontinuous metrics, with known numbers of examples"
        f"{drawn}, ",
        floor("at_floor"),
        " have the whole smaller half of their models at or under chance + 1/n, where more "
        "examples could show what they can do. Circles to the right of the triangles are ability "
        "that these examples do show: if all were there, more test data would change nothing.",
    )
    return finished(name, title, plotted, caption, ordered.to_dict("records"), numbers)
