"""Whether the emergence score agrees with the hand annotations."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from emergence.claims.agreement import annotated_units
from emergence.errors import shorten
from emergence.pages.cited import Cited
from emergence.pages.figures.base import DASHES, Drawing, Numbers, finished
from emergence.pages.svg import FAINT, INK, MARKERS
from emergence.settings import FigureSettings
from emergence.study import Study


def draw(study: Study) -> Drawing:
    """Draw the agreement of the sharpness with the annotators: a ROC curve a family.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "annotators", "Agreement with the annotators"
    units = annotated_units(study, FigureSettings.of(study.settings).claims.agreement.families)
    numbers = Numbers(name)
    curves = []
    for family, some in units.groupby("model_family"):
        positives, negatives = int(some["emergent"].sum()), int((~some["emergent"]).sum())
        if not positives or not negatives:
            continue
        for threshold in [np.inf, *sorted(set(some["sharpness"]), reverse=True)]:
            # The first point is the origin, unless a score is infinite itself.
            above = some["sharpness"] >= threshold
            curves.append(
                {
                    "model_family": str(family),
                    "sharpness_at_least": float(threshold),
                    "emergent_found": int((above & some["emergent"]).sum()),
                    "emergent": positives,
                    "others_found": int((above & ~some["emergent"]).sum()),
                    "others": negatives,
                }
            )
    said = _said(units, numbers)
    if not curves:
        return Drawing(
            name,
            title,
            (
                *(said or ("No task here has a hand annotation for one of its model families",)),
                ". It takes tasks that were annotated as emergent in a family, and others that "
                "were not.",
            ),
            numbers=numbers.found,
        )
    table = pd.DataFrame(curves)

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(6.2, 3.3), layout="constrained")
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.0)
        described = []
        families = table.groupby("model_family", sort=True)
        styles = zip(
            families,
            [*DASHES.values()] * len(families),
            MARKERS * len(families),
            strict=False,
        )
        for (family, some), dash, marker in styles:
            x = np.append(0.0, some["others_found"] / some["others"])
            y = np.append(0.0, some["emergent_found"] / some["emergent"])
            area = float(np.trapezoid(y, x))
            axes.plot(
                x,
                y,
                color=INK,
                linestyle=dash,
                marker=marker,
                markersize=3.5,
                linewidth=1.5,
                label=f"{shorten(str(family), 20)}: {area:.2f}",
                clip_on=False,
            )
            described.append(
                f"{family}: area {area:.2f} over {some['emergent'].iloc[0]} emergent and "
                f"{some['others'].iloc[0]} other tasks"
            )
        axes.set_xlabel("share of the other tasks above the threshold")
        axes.set_ylabel("share of the emergent tasks")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_aspect("equal")
        axes.legend(title="area under the curve", loc="center left", bbox_to_anchor=(1.02, 0.5))
        return figure, "; ".join(described) + "."

    caption = (
        "ROC curve of sharpness as a classifier of tasks annotated as emergent. ",
        *said,
        ". A line further to the upper left is better; the diagonal is chance.",
    )
    reading = (
        "A line on the diagonal would mean that sharpness finds the annotated tasks no better than "
        "chance. The annotators looked at these very curves, so agreement is not independent "
        "evidence. A handful of tasks can move a line far.",
    )
    return finished(name, title, plotted, caption, curves, numbers, reading)


def _said(units: pd.DataFrame, numbers: Numbers) -> tuple[str | Cited, ...]:
    parts: list[str | Cited] = []
    for at, (family, some) in enumerate(units.groupby("model_family")):
        emergent = int(some["emergent"].sum())
        parts += ["; " if parts else "", f"{shorten(str(family), 40)}: "]
        parts += [numbers.count(f"emergent_{at}", emergent, "rule-4"), " emergent, "]
        parts += [numbers.count(f"others_{at}", len(some) - emergent, "rule-4"), " other tasks"]
    return tuple(part for part in parts if part)
