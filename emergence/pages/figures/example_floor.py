"""What the small models of curves that look emergent scored."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from emergence.claims.resolution import ABOVE, BELOW, small_model_curves
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
from emergence.settings import ClaimRules
from emergence.study import Study

#: Of the figure's table.
_COLUMNS = (
    *("curve_id", "task", "subtask", "metric", "model_family", "examples", "chance", "models"),
    *("score", "low", "high", "p_above", "predicted", "p_below", "p_law", "needed", "says"),
)


def draw(study: Study) -> Drawing:
    """Draw what the small models scored, beside chance and the smooth law.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "example-floor", "What the small models scored"
    known, unknown = small_model_curves(study, ClaimRules.of(study.settings))
    above, below = (int((known["says"] == says).sum()) for says in (ABOVE, BELOW))
    found = {
        **{"curves": len(known), "unknown": unknown, "above": above, "below": below},
        "open": len(known) - above - below,
    }
    numbers = Numbers(name)

    def of(key: str) -> Cited:
        return numbers.count(key, found[key], "rule-6")

    if not len(known):
        missing = (
            "Of ",
            of("curves"),
            " curves that look emergent under a discontinuous metric the number of examples and "
            "the score of guessing are known (of ",
            of("unknown"),
            " they are not). It takes both.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    ordered = known.sort_values(["says", "examples", "curve_id"], kind="stable")
    shown = evenly(ordered.reset_index(drop=True))

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.24 * len(shown)), layout="constrained")
        y = np.arange(len(shown))
        axes.hlines(y, shown["low"], shown["high"], color=FAINT, linewidth=4)
        marks(axes, shown["chance"], y, MARKERS[2], INK, "chance")
        marks(axes, shown["score"], y, MARKERS[0], SERIES[0], "small models, with limits")
        marks(axes, shown["predicted"], y, MARKERS[1], SERIES[1], "the same under the law")
        names = [
            f"{shorten(row.name, 30)}, {shorten(row.model_family, 14)}: {row.says}"
            for row in shown.itertuples(index=False)
        ]
        rows_named(axes, names)
        axes.set_xlabel("score")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{name}: score {number(float(row.score))}, chance {number(float(row.chance))}, under "
            f"the law {number(float(row.predicted))}"
            for name, row in zip(names, shown.itertuples(), strict=True)
        )
        return figure, described + "."

    drawn = some_drawn(shown, ordered, "above chance", "too few examples")
    caption = (
        "What to see: whether the small models of curves that look emergent stand above guessing "
        "(triangle), and where a smooth law has them (square). Circles: the smaller half of the "
        "models before the largest step, pooled, with its one-sided limits. Of ",
        of("curves"),
        f" curves with known numbers of examples{drawn}, ",
        of("above"),
        " have them above chance, as a law that fits; ",
        of("below"),
        " have them lower than any smooth law through the larger models; ",
        of("open"),
        " are open: no law fits, or these examples are too few to tell the law from chance.",
    )
    table = ordered[list(_COLUMNS)].to_dict("records")
    return finished(name, title, plotted, caption, table, numbers)
