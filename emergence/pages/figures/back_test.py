"""How well the best models of curves are foretold: the law, and forecasts that know no law."""

from __future__ import annotations

import matplotlib.pyplot as plt

from emergence.axes import AXES
from emergence.pages.cited import Cited, shown_by
from emergence.pages.figures.base import REFERENCE, Drawing, finished, marks, rows_named
from emergence.pages.svg import INK, MARKERS, SERIES
from emergence.pages.words import number
from emergence.study import Study

#: Where the page explains it.
_PLACE = "def-back-test"

_NAMES = {"law": "the law", "logistic": "logistic", "line": "straight line", "last": "same as last"}


def draw(study: Study) -> Drawing:
    """Draw the mean errors of the forecasts by axis and models held out.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    Drawing
    """
    name, title = "back-test", "The best models, foretold from the others"
    found = study.summary["prediction"]["back_test"]
    rows = [(at, row) for at, row in enumerate(found["rows"]) if row["metric"] is None]
    if not rows:
        missing = (
            "No best model is foretold. It takes curves of five models or more, whose scores are "
            "shares of a known number of examples.",
        )
        return Drawing(name, title, missing)
    labels = [f"{AXES[row['axis']].title}, {row['held_out']} held out" for _, row in rows]

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.32 * len(rows)), layout="constrained")
        axes.axvline(found["published"], color=INK, linewidth=0.8, linestyle=REFERENCE)
        for at, forecast in enumerate(_NAMES):
            errors = [row["error"][forecast] for _, row in rows]
            style = MARKERS[at % len(MARKERS)], SERIES[at % len(SERIES)]
            if at < len(MARKERS):
                marks(axes, errors, range(len(rows)), *style, _NAMES[forecast])
            else:
                marks(axes, errors, range(len(rows)), "x", INK, _NAMES[forecast])
        rows_named(axes, labels)
        axes.set_xlim(left=0)
        axes.set_xlabel("mean error a task, points")
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.3), ncols=4, fontsize=8.5)
        described = "; ".join(
            f"{label}: " + ", ".join(f"{_NAMES[f]} {number(row['error'][f])}" for f in _NAMES)
            for label, (_, row) in zip(labels, rows, strict=True)
        )
        return figure, described + "."

    parts: list[str | Cited] = ["Mean error in points; the smallest, from above: "]
    for n, (at, row) in enumerate(rows):
        key = shown_by(f"summary:prediction:back_test.rows.{at}.error.{row['best']}")
        parts += ["; " if n else "", f"{_NAMES[row['best']]} "]
        parts += [Cited(number(row["error"][row["best"]]), _PLACE, key)]
    published = shown_by("summary:prediction:back_test.published")
    parts += [". Dashed: ", Cited(number(found["published"]), _PLACE, published), ", as published."]
    table = [
        {
            **{key: row[key] for key in ("axis", "held_out", "metric", "curves", "tasks")},
            **{f"error_{key}": row["error"][key] for key in _NAMES},
            **{f"inside_{key}": row["inside"][key] for key in ("law", "line")},
            **{
                f"law_less_last_{end}": row["less_than_last"][end]
                for end in ("mean", "low", "high")
            },
            "best": row["best"],
        }
        for row in found["rows"]
    ]
    return finished(name, title, plotted, parts, table, reading=_READING)


_READING = (
    "The best model of each curve is foretold from all others, or from all but the next one as "
    "well. Where a straight line or the score of the last model does better than the law, the law "
    "is no help to foretell this dataset. The table has each metric, and how often the score lay "
    "in the interval.",
)
