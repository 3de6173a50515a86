"""How well the largest models of curves are predicted, by the law and by simpler forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt

from emergence.axes import AXES
from emergence.pages.cited import Cited, shown_by
from emergence.pages.figures.base import REFERENCE, Drawing, finished, marks, rows_named
from emergence.pages.svg import INK, MARKERS, SERIES
from emergence.pages.words import count, number
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
    name, title = "back-test", "Largest models predicted from the others"
    found = study.summary["prediction"]["back_test"]
    rows = [(at, row) for at, row in enumerate(found["rows"]) if row["metric"] is None]
    if not rows:
        missing = (
            "No model is predicted. It takes curves of at least five models whose scores are "
            "shares of a known number of examples.",
        )
        return Drawing(name, title, missing)

    def place(at: int, field: str) -> tuple[str, str]:
        return _PLACE, shown_by(f"summary:prediction:back_test.rows.{at}.{field}")

    def error(at: int, row: Mapping[str, Any], forecast: str) -> list[Cited]:
        return [Cited(number(row["error"][forecast]), *place(at, f"error.{forecast}"))]

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

    parts: list[str | Cited] = ["Mean error of four forecasts, in points"]
    for n, (at, row) in enumerate(one for one in rows if one[1]["axis"] == rows[0][1]["axis"]):
        parts += ["; " if n else ". With ", Cited(count(row["held_out"]), *place(at, "held_out"))]
        parts += [" held out: the law ", *error(at, row, "law")]
        if row["best"] == "law":
            parts += [" is best"]
        else:
            parts += [f", {_NAMES[row['best']]} ", *error(at, row, row["best"]), " is best"]
    published = shown_by("summary:prediction:back_test.published")
    parts += [
        ". Dashed: the published ",
        Cited(number(found["published"]), _PLACE, published),
        " points.",
    ]
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
    "The largest model of each curve, or the two largest, are predicted from the rest. Where a "
    "straight line or the score of the last model does better than the law, the law does not help "
    "to predict this dataset. The table has each metric, and how often the score lay in the "
    "interval.",
)
