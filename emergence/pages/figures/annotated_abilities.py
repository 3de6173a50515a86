"""The metrics that tasks annotated as emergent prefer, beside those of the other tasks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from emergence.claims.annotations import annotated_tasks, claim_two
from emergence.claims.task_statistics import binomial_interval
from emergence.pages.figures.base import Drawing, Numbers, finished, rows_named
from emergence.pages.svg import INK, MARKERS, SERIES
from emergence.pages.words import number
from emergence.settings import FigureSettings
from emergence.study import Study

#: The two sides of a comparison: their field, what readers are told, and the height of the mark.
_SIDES = (("emergent", "annotated as emergent", -0.15), ("others", "other tasks", 0.15))


def draw(study: Study) -> Drawing:
    """Draw the share of tasks that prefer the paper's two metrics, by comparison of claim 2.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Drawing
    """
    name, title = "annotated-abilities", "Tasks that prefer multiple-choice grade or exact match"
    if not study.annotations:
        missing = "The tasks of this dataset have no hand annotations. It takes those of BIG-bench."
        return Drawing(name, title, (missing,))
    compared = claim_two(annotated_tasks(study.inventory, list(study.annotations.values())))
    level, numbers = FigureSettings.of(study.settings).level, Numbers(name)
    rows = []
    for comparison, found in compared.items():
        row = {"comparison": comparison, "odds_ratio": found.odds_ratio}
        for side, _, _ in _SIDES:
            with_pair, tasks = getattr(found, side)
            low, high = binomial_interval(with_pair, tasks, level)
            row |= {f"{side}_with": with_pair, f"{side}_tasks": tasks}
            row |= {f"{side}_share": with_pair / tasks, f"{side}_low": low, f"{side}_high": high}
        rows.append(row | {"low": found.low, "high": found.high})

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(6.6, 0.9 + 0.34 * len(rows)), layout="constrained")
        for (side, label, shift), colour, marker in zip(_SIDES, SERIES, MARKERS, strict=False):
            share = np.array([100 * row[f"{side}_share"] for row in rows])
            ends = np.array(
                [[100 * row[f"{side}_{end}"] for row in rows] for end in ("low", "high")]
            )
            axes.errorbar(
                share,
                np.arange(len(rows)) + shift,
                xerr=np.abs(ends - share),
                fmt=marker,
                color=colour,
                markersize=4.5,
                linewidth=1.2,
                label=label,
            )
        for at, row in enumerate(rows):
            ratio = "undefined" if row["odds_ratio"] is None else number(row["odds_ratio"])
            axes.text(1.02, at, ratio, transform=axes.get_yaxis_transform(), va="center", color=INK)
        axes.text(1.02, -0.75, "odds ratio", transform=axes.get_yaxis_transform(), va="center")
        rows_named(axes, [row["comparison"] for row in rows])
        axes.set_xlim(0, 102)
        axes.set_xlabel("tasks, %")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.02), ncols=2)
        described = "; ".join(
            f"{row['comparison']}: {row['emergent_with']} of {row['emergent_tasks']} emergent, "
            f"{row['others_with']} of {row['others_tasks']} others"
            for row in rows
        )
        return figure, described + "."

    first = rows[0]
    caption = (
        "Share of ",
        numbers.count("emergent", first["emergent_tasks"], "rule-2"),
        " tasks annotated as emergent, and of ",
        numbers.count("others", first["others_tasks"], "rule-2"),
        " other tasks, that prefer one of the two metrics, with intervals. The first four rows "
        "decide the claim.",
    )
    reading = (
        "If emergent tasks preferred the two metrics no more often than others, the marks of a "
        "row would coincide. Most BIG-bench tasks prefer one of the two, emergent or not: the "
        "share alone says little.",
    )
    return finished(name, title, plotted, caption, rows, numbers, reading)
