"""The exponent that each curve needs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from emergence.pages.cited import SETTING, Cited
from emergence.pages.figures.base import (
    COLOURS,
    GROUP_NAMES,
    REFERENCE,
    SHAPES,
    Drawing,
    Numbers,
    curve_names,
    evenly,
    finished,
    plain_log_axis,
    rows_named,
    some_drawn,
)
from emergence.pages.svg import INK
from emergence.pages.words import number
from emergence.settings import FigureSettings
from emergence.study import Study


def draw(study: Study) -> Drawing:
    """Draw the exponent that each apparent curve needs, with its interval.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    Drawing
    """
    name, title = "exponents", "Exponent of the smooth law, curve by curve"
    judged, numbers = study.judged, Numbers(name)
    known = judged["exponent_status"].isin(["estimated", "open_above"])
    curves = judged[(judged["apparent"] == True) & known]  # noqa: E712
    all_known = numbers.count("curves", len(curves), "def-law")
    if not len(curves):
        missing = (
            "The exponent is known for ",
            all_known,
            " curves that look emergent. It takes scores that are shares of a known number of "
            "examples, over enough scales.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    curves = curves.sort_values(["exponent_low", "curve_id"], ascending=[False, True])
    shown = evenly(curves)
    columns = ["curve_id", "task", "subtask", "metric", "model_family"]
    columns += ["exponent", "exponent_low", "exponent_high", "verdict"]
    b_max = FigureSettings.of(study.settings).b_max

    def plotted() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.24 * len(shown)), layout="constrained")
        low = np.maximum(shown["exponent_low"].to_numpy(float), 0.01)
        finite = shown["exponent_high"].replace(np.inf, np.nan)
        right = 2 * max(4.0, float(np.nanmax(np.append(finite.to_numpy(float), low))))
        high = finite.fillna(right).to_numpy(float)
        axes.axvline(b_max, color=INK, linewidth=0.8, linestyle=REFERENCE)
        for y, (row, begin, end) in enumerate(zip(shown.itertuples(), low, high, strict=True)):
            colour = COLOURS[row.metric_group]
            axes.plot([begin, end], [y, y], color=colour, linewidth=1.4)
            open_above = np.isinf(row.exponent_high)
            axes.plot(
                [right if open_above else row.exponent],
                [y],
                color=colour,
                marker=">" if open_above else SHAPES[row.metric_group],
                markersize=5,
                linewidth=0,
            )
        plain_log_axis(axes)
        axes.set_xlim(0.008, 1.15 * right)
        axes.set_xlabel("exponent b of the smooth law, with its interval")
        groups = [group for group in COLOURS if (shown["metric_group"] == group).any()]
        for group in groups if len(groups) > 1 else ():
            axes.plot(
                [],
                [],
                color=COLOURS[group],
                marker=SHAPES[group],
                linewidth=1.4,
                label=GROUP_NAMES[group],
            )
        if len(groups) > 1:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        names = curve_names(shown)
        rows_named(axes, names)
        described = "; ".join(
            f"{name}: above {number(float(row.exponent_low))}"
            if np.isinf(row.exponent_high)
            else f"{name}: {number(float(row.exponent))}, "
            f"{number(float(row.exponent_low))} to {number(float(row.exponent_high))}"
            for name, row in zip(names, shown.itertuples(), strict=True)
        )
        return figure, described + "."

    drawn = some_drawn(shown, curves)
    caption = (
        "Exponents of ",
        all_known,
        f" curves that look emergent{drawn}. An arrow has no upper end. An interval wholly right "
        "of the dashed line (b_max = ",
        Cited(f"{b_max:g}", "def-law", SETTING),
        ") means steeper than a smooth law; one across it decides nothing.",
    )
    reading = (
        "The losses of language models fall with exponents of about 0.05 to 0.5. Many intervals "
        "wholly to the right of that would speak against the mirage. Intervals are those of the "
        "profile likelihood.",
    )
    table = curves[columns].to_dict("records")
    return finished(name, title, plotted, caption, table, numbers, reading)
