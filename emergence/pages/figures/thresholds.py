"""How many curves look emergent, at any threshold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.measures import ROUNDING
from emergence.pages.cited import SETTING, Cited
from emergence.pages.figures.base import (
    COLOURS,
    DASHES,
    GROUP_NAMES,
    REFERENCE,
    Drawing,
    counted,
    finished,
    no_curve,
    plain_log_axis,
)
from emergence.pages.svg import INK
from emergence.settings import FigureSettings
from emergence.study import Study

#: Thresholds of the sharpness over which the apparent curves are counted.
_THRESHOLDS = np.round(np.geomspace(0.25, 8, 41), 4)


def draw(study: Study) -> Drawing:
    """Draw the number and share of apparent curves against the threshold, by metric group.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    Drawing
    """
    name, title = "thresholds", "Curves that look emergent, by threshold"
    judged = study.judged
    if not len(judged):
        return Drawing(name, title, (no_curve(),))
    rising = (judged["rises"] == True) & (judged["early"] != True)  # noqa: E712
    rows = []
    for group in METRIC_GROUPS:
        members = judged["metric_group"] == group
        sharpness = judged.loc[members & rising, "sharpness"].to_numpy(float)
        for threshold in _THRESHOLDS if members.any() else ():
            apparent = int(np.count_nonzero(sharpness > threshold + ROUNDING))
            rows.append(
                {
                    "metric_group": group,
                    "sharpness_above": float(threshold),
                    "apparent": apparent,
                    "curves": int(members.sum()),
                    "share": apparent / int(members.sum()),
                }
            )
    table = pd.DataFrame(rows)
    at = FigureSettings.of(study.settings).sharpness

    def drawn() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(1, 2, figsize=(7.2, 2.9), layout="constrained")
        for axes, column, words in zip(
            panels,
            ("apparent", "share"),
            ("curves that look emergent", "share of the curves"),
            strict=True,
        ):
            axes.axvline(at, color=INK, linewidth=0.8, linestyle=REFERENCE)
            for group, some in table.groupby("metric_group", sort=False):
                axes.step(
                    some["sharpness_above"],
                    some[column],
                    where="post",
                    color=COLOURS[str(group)],
                    linestyle=DASHES[str(group)],
                    linewidth=1.4,
                    label=GROUP_NAMES[str(group)],
                )
            plain_log_axis(axes, [0.25, 0.5, 1, 2, 4, 8])
            axes.set_xlabel("sharpness above")
            axes.set_ylabel(words)
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=column == "apparent"))
            axes.set_ylim(bottom=0)
        panels[0].legend(handlelength=2.6)
        described = "; ".join(
            f"{group}: "
            + ", ".join(
                f"{row.apparent} of {row.curves} above {row.sharpness_above:g}"
                for row in some[some["sharpness_above"].isin([0.5, 1.0, 2.0, 4.0])].itertuples()
            )
            for group, some in table.groupby("metric_group", sort=False)
        )
        return figure, described + "."

    caption = (
        "Number (left) and share (right) of the ",
        counted(study.summary["verdicts"]["all"]["judged"], "def-judged", "verdicts.all.judged"),
        " judged curves that rise and are sharper than a threshold, by kind of metric. Dashed: the "
        "threshold used on this page, ",
        Cited(f"{at:g}", "def-apparent", SETTING),
        ".",
    )
    reading = (
        "If the lines of both kinds of metric coincided, the kind of metric would make no "
        "difference. A straight line has a sharpness of one.",
    )
    return finished(name, title, drawn, caption, rows, reading=reading)
