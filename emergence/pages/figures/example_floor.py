"""What the small models of curves that look emergent scored."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from emergence.claims.resolution import ABOVE, BELOW, small_model_curves
from emergence.pages.cited import Cited
from emergence.pages.figures.base import (
    Drawing,
    Numbers,
    curve_names,
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
    name, title = "example-floor", "Small models compared with chance and with the law"
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
            "For ",
            of("curves"),
            " curves that look emergent under a discontinuous metric, the number of examples and "
            "chance are known (for ",
            of("unknown"),
            " more they are not). It takes both.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    ordered = known.sort_values(["says", "examples", "curve_id"], kind="stable")
    shown = evenly(ordered.reset_index(drop=True))

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(6.6, 0.9 + 0.24 * len(shown)), layout="constrained")
        y = np.arange(len(shown))
        axes.hlines(y, shown["low"], shown["high"], color=FAINT, linewidth=4)
        marks(axes, shown["chance"], y, "|", INK, "chance", size=9)
        marks(axes, shown["score"], y, MARKERS[0], SERIES[0], "small models, with limits")
        marks(axes, shown["predicted"], y, "x", INK, "predicted by the law")
        names = curve_names(shown)
        for at, says in enumerate(shown["says"]):
            axes.text(1.02, at, says, transform=axes.get_yaxis_transform(), va="center")
        rows_named(axes, names)
        axes.set_xlabel("score")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{name}: score {number(float(row.score))}, chance {number(float(row.chance))}, under "
            f"the law {number(float(row.predicted))}"
            for name, row in zip(names, shown.itertuples(), strict=True)
        )
        return figure, described + "."

    drawn = some_drawn(shown, ordered)
    caption = (
        "Pooled score of the smaller models of ",
        of("curves"),
        f" curves that look emergent{drawn}. ",
        of("above"),
        " are above chance, as the law predicts; ",
        of("below"),
        " are below the law; ",
        of("open"),
        " are open, because no law fits or examples are too few.",
    )
    reading = (
        "Circles: the smaller half of the models, all before the largest step, pooled, with "
        "one-sided limits. Small models below every smooth law through the larger ones would speak "
        "against the claim; small models above chance support it.",
    )
    table = ordered[list(_COLUMNS)].to_dict("records")
    return finished(name, title, plotted, caption, table, numbers, reading)
