"""The exponent that each curve needs, and what so few examples can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from emergence.errors import shorten
from emergence.pages.cited import SETTING, Cited
from emergence.pages.drawings.base import (
    COLOURS,
    REFERENCE,
    SHAPES,
    Drawing,
    counted,
    curve_name,
    evenly,
    finished,
    plain_log_axis,
)
from emergence.pages.svg import FAINT, INK, MARKERS, SERIES
from emergence.pages.words import number


def exponents(
    judged: pd.DataFrame, settings: Mapping[str, Any], counts: Mapping[str, Any]
) -> Drawing:
    """Draw the exponent that each apparent curve needs, with its interval.

    Parameters
    ----------
    judged : pandas.DataFrame
        `emergence.study.Study.judged`.
    settings : mapping
        ``b_max``.
    counts : mapping
        The summary.

    Returns
    -------
    Drawing
    """
    name, title = "exponents", "The exponent that each curve needs"
    known = judged["exponent_status"].isin(["estimated", "open_above"])
    curves = judged[(judged["apparent"] == True) & known]  # noqa: E712
    all_known = counted(
        counts["figures"]["exponents"]["curves"], "def-law", "figures.exponents.curves"
    )
    if not len(curves):
        missing = (
            "The exponent is known of ",
            all_known,
            " curves that look emergent. It takes scores that are shares of a known number of "
            "examples, over enough scales.",
        )
        return Drawing(name, title, missing)
    curves = curves.sort_values(["exponent_low", "curve_id"], ascending=[False, True])
    shown = evenly(curves)
    columns = ["curve_id", "task", "subtask", "metric", "model_family"]
    columns += ["exponent", "exponent_low", "exponent_high", "verdict"]
    b_max = settings["b_max"]

    def draw() -> tuple[plt.Figure, str]:
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
                [], [], color=COLOURS[group], marker=SHAPES[group], linewidth=1.4, label=group
            )
        if len(groups) > 1:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        names = [curve_name(row) for row in shown.itertuples()]
        _rows_named(axes, names)
        described = "; ".join(
            f"{name}: above {number(float(row.exponent_low))}"
            if np.isinf(row.exponent_high)
            else f"{name}: {number(float(row.exponent))}, "
            f"{number(float(row.exponent_low))} to {number(float(row.exponent_high))}"
            for name, row in zip(names, shown.itertuples(), strict=True)
        )
        return figure, described + "."

    drawn = _drawn(shown, curves, "steepest", "flattest")
    caption = (
        "What to see: on which side of b_max = ",
        Cited(f"{b_max:g}", "def-law", SETTING),
        " (dashed) the intervals lie. Of ",
        all_known,
        f" curves that look emergent and whose exponent is known{drawn}; lines are profile "
        "intervals, an arrow has no upper end. The losses of language models fall with exponents "
        "of about 0.05 to 0.5: an interval wholly to the right is steeper than that, one wholly "
        "to the left is not, and one on both sides decides nothing. Many intervals wholly to the "
        "right would "
        "speak against the mirage.",
    )
    return finished(name, title, draw, caption, curves[columns].to_dict("records"))


def example_floor(known: pd.DataFrame, counts: Mapping[str, Any]) -> Drawing:
    """Draw the smallest score that the examples can show, and what the small models scored.

    Parameters
    ----------
    known : pandas.DataFrame
        From `emergence.claims.resolution.floors`.
    counts : mapping
        The summary.

    Returns
    -------
    Drawing
    """
    name, title = "example-floor", "What so few examples can show"
    found = counts["figures"]["floor"]

    def floor(key: str) -> Cited:
        return counted(found[key], "rule-6", f"figures.floor.{key}")

    if not len(known):
        missing = (
            "Of ",
            floor("curves"),
            " curves that look emergent under a discontinuous metric the number of examples and "
            "the score of guessing are known (of ",
            floor("unknown"),
            " they are not). It takes both.",
        )
        return Drawing(name, title, missing)
    ordered = known.sort_values(["examples", "curve"], kind="stable").reset_index(drop=True)
    shown = evenly(ordered)

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.24 * len(shown)), layout="constrained")
        y = np.arange(len(shown))
        least = shown["chance"] + 1 / shown["examples"]
        axes.hlines(y, shown["chance"], least, color=FAINT, linewidth=4)
        _marks(axes, least, y, MARKERS[2], INK, "chance + 1/n")
        _marks(axes, shown["highest"], y, MARKERS[0], SERIES[0], "best of the smaller half")
        _marks(axes, shown["predicted"], y, MARKERS[1], SERIES[1], "a small model under the law")
        names = [
            f"{shorten(row.name, 30)}, {shorten(row.family, 14)} (n = {row.examples:,})"
            for row in shown.itertuples(index=False)
        ]
        _rows_named(axes, names)
        axes.set_xlabel("score")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{name}: best of the smaller half {number(float(row.highest))}, "
            f"least visible {number(float(end))}"
            for name, row, end in zip(names, shown.itertuples(), least, strict=True)
        )
        return figure, described + "."

    drawn = _drawn(shown, ordered, "fewest examples", "most")
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
    return finished(name, title, draw, caption, ordered.to_dict("records"))


def _drawn(shown: pd.DataFrame, rows: pd.DataFrame, first: str, last: str) -> str:
    if len(shown) == len(rows):
        return ""
    return f" (some are drawn, evenly from the {first} to the {last}; the table has all)"


def _marks(axes: Axes, x: pd.Series, y: Any, marker: str, colour: str, label: str) -> None:
    axes.plot(x, y, linewidth=0, marker=marker, markersize=5, color=colour, label=label)


def _rows_named(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
