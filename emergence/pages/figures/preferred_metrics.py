"""Which preferred metrics have tasks that look emergent."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from emergence.errors import shorten
from emergence.pages.figures.base import (
    COLOURS,
    GROUP_NAMES,
    MOST_ROWS,
    Drawing,
    Numbers,
    finished,
    rows_named,
)
from emergence.study import Study


def draw(study: Study) -> Drawing:
    """Draw the number of tasks that look emergent under each preferred metric.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "preferred-metrics", "Tasks that look emergent, by preferred metric"
    curves, numbers = study.judged, Numbers(name)
    curves = curves[curves["is_preferred"].fillna(False).astype(bool)]
    if not len(curves):
        missing = "No curve here is under the metric that its task prefers. It takes BIG-bench's."
        return Drawing(name, title, (missing,))
    looks = curves["apparent"] == True  # noqa: E712
    grouped = curves.assign(apparent=curves["task"].where(looks)).groupby("metric")
    table = grouped.agg(
        metric_group=("metric_group", "first"),
        apparent=("apparent", "nunique"),
        tasks=("task", "nunique"),
    )
    table = table.sort_values(["apparent", "tasks"], ascending=False, kind="stable").reset_index()
    shown = table.head(MOST_ROWS)

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(6.6, 1.0 + 0.26 * len(shown)), layout="constrained")
        for group, some in shown.groupby("metric_group", sort=False):
            label, colour = GROUP_NAMES[str(group)], COLOURS[str(group)]
            axes.barh(some.index, some["apparent"], height=0.6, color=colour, label=label)
        for row in shown.itertuples():
            words = f"{row.apparent} of {row.tasks}"
            axes.annotate(
                words, (row.apparent, row.Index), (4, 0), textcoords="offset points", va="center"
            )
        rows_named(axes, [shorten(metric, 40) for metric in shown["metric"]])
        axes.set_xlim(0, max(1, 1.15 * shown["apparent"].max()))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlabel("tasks that look emergent")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{shorten(row.metric, 40)}: {row.apparent} of {row.tasks}"
            for row in shown.itertuples()
        )
        return figure, described + "."

    touched = int(np.count_nonzero(table["apparent"]))
    drawn = "" if len(shown) == len(table) else f" (the first {len(shown)} are drawn)"
    caption = (
        "Tasks with a curve that looks emergent, of all tasks that prefer the metric. ",
        numbers.count("touched", touched, "rule-1"),
        " of ",
        numbers.count("metrics", len(table), "rule-1"),
        f" preferred metrics have one{drawn}.",
    )
    reading = (
        "Bars under many metrics, continuous ones among them, would speak against the claim. A "
        "metric that more tasks prefer has more chances: claim 1 compares with shuffled labels.",
    )
    return finished(name, title, plotted, caption, table.to_dict("records"), numbers, reading)
