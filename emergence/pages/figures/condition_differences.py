"""What a second condition, such as another prompt, changes over scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt

from emergence.axes import AXES
from emergence.condition_pairs import compared, not_compared
from emergence.errors import shorten
from emergence.pages.cited import SETTING, Cited, cited
from emergence.pages.condition_section import CONDITIONS
from emergence.pages.figures.base import (
    REFERENCE,
    Drawing,
    Numbers,
    axis_label,
    finished,
    scale_axis,
)
from emergence.pages.svg import INK, MARKERS, SERIES
from emergence.pages.words import place
from emergence.settings import FigureSettings
from emergence.study import Study

#: Where the places of the turns stand, one row a point of a pair.
_TABLE = "tables/figures/conditions.csv, column turns_at"


def draw(study: Study) -> Drawing:
    """Draw the difference of two conditions over scale, with its interval.

    Parameters
    ----------
    study : Study
        With the summary; its entry compares two conditions.

    Returns
    -------
    Drawing
    """
    conditions, level = study.entry["compare_conditions"], FigureSettings.of(study.settings).level
    found, numbers = condition_counts(study), Numbers(CONDITIONS)
    numbers.found |= found
    name, title = CONDITIONS, f"{conditions[1]} against {conditions[0]}"
    pairs = [pair for pair in compared(study.curves, conditions, level) if len(pair["points"]) > 1]
    if not pairs:
        return Drawing(
            name,
            title,
            (
                "No two curves of more than one model can be compared. It takes "
                "the same task, metric and models under each condition.",
            ),
            numbers=numbers.found,
        )
    tasks = sorted({pair["first"]["task"] for pair in pairs})
    families = sorted({pair["first"]["model_family"] for pair in pairs})
    rows = [
        {
            "task": pair["first"]["task"],
            "subtask": pair["first"]["subtask"],
            "metric": pair["first"]["metric"],
            "model_family": pair["first"]["model_family"],
            "curve_id": pair["second"]["curve_id"],
            "against": pair["first"]["curve_id"],
            **point,
            "turns_at": pair["turns_at"],
            "turn_is_sure": pair["sure"],
        }
        for pair in pairs
        for point in pair["points"]
    ]

    def plotted() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(
            (len(tasks) + 1) // 2,
            2,
            figsize=(7.2, 2.1 * ((len(tasks) + 1) // 2)),
            squeeze=False,
            layout="constrained",
        )
        described = []
        for panel in panels.flat[len(tasks) :]:
            panel.axis("off")
        for task, panel in zip(tasks, panels.flat, strict=False):
            panel.axhline(0, color=INK, linewidth=0.8, linestyle=REFERENCE)
            mine = [pair for pair in pairs if pair["first"]["task"] == task]
            for pair in mine:
                family = pair["first"]["model_family"]
                which = families.index(family) % len(SERIES)
                panel.plot(
                    [point["scale"] for point in pair["points"]],
                    [point["difference"] for point in pair["points"]],
                    color=SERIES[which],
                    marker=MARKERS[which],
                    markersize=4,
                    linewidth=1.2,
                    label=shorten(family, 14),
                )
                known = [point for point in pair["points"] if point["low"] is not None]
                panel.vlines(
                    [point["scale"] for point in known],
                    [point["low"] for point in known],
                    [point["high"] for point in known],
                    color=SERIES[which],
                    linewidth=0.9,
                )
                described.append(f"{task}, {family}: {_turn_words(pair)}")
            axis = pairs[0]["first"]["axis"]
            places = sorted({p["scale"] for pair in mine for p in pair["points"]})
            scale_axis(panel, places[::-1] if AXES[axis].falls else places, axis)
            panel.set_title(shorten(task, 40), fontsize=9)
            panel.set_xlabel(axis_label(axis), fontsize=8.5)
        panels.flat[0].legend(fontsize=8.5)
        return figure, "; ".join(described) + "."

    def of(key: str) -> Cited:
        return numbers.count(key, found[key], "def-conditions")

    caption: list[str | Cited] = [
        "Score under the second condition minus score under the first, for ",
        of("pairs"),
        " pairs of curves, with ",
        *cited(f"{100 * level:g} %", "def-conditions", SETTING),
        " intervals where the number of examples is known. Above zero the second condition is "
        "better.",
    ]
    reading: list[str | Cited] = ["The difference turns positive in ", of("turned"), " pairs: "]
    for at, pair in enumerate(pair for pair in pairs if pair["turns_at"]):
        name_of = f"{pair['first']['task']}, {pair['first']['model_family']}"
        turn = Cited(place(pair["turns_at"], pair["first"]["axis"]), "def-conditions", _TABLE)
        reading += ["; " if at else "", f"{shorten(name_of, 60)}, at about ", turn]
    reading.append(
        ". Both conditions use the same examples, so the intervals are wider than necessary. A "
        "difference that grew smoothly from the smallest model on would not be emergence; "
        "all-or-nothing scores cannot show that."
    )
    return finished(name, title, plotted, caption, rows, numbers, reading)


def _turn_words(pair: Mapping[str, Any]) -> str:
    if pair["turns_at"] is None:
        return str(pair["course"])
    axis = pair["first"]["axis"]
    low, high, at = (place(x, axis) for x in (*pair["turns_between"], pair["turns_at"]))
    return f"turns between {low} and {high}, at about {at}"


def condition_counts(study: Study) -> dict[str, int]:
    """Count where a second condition overtakes the first.

    Parameters
    ----------
    study : Study
        Its entry compares two conditions.

    Returns
    -------
    dict
        ``pairs`` of curves with more than one model in common, of which each has ``fewest`` to
        ``most``; ``single``: those with one, beside them; ``turned``: pairs whose difference turns
        positive with scale; ``sure``: of these, beyond its interval on both sides; ``unknown``:
        of these, without an interval on one side or both. Pairs that are not compared at all:
        ``other_models`` under each condition; ``no_score``.
    """
    found = compared(
        study.curves, study.entry["compare_conditions"], FigureSettings.of(study.settings).level
    )
    pairs = [pair for pair in found if len(pair["points"]) > 1]
    models = [len(pair["points"]) for pair in pairs]
    turned = [pair for pair in pairs if pair["turns_at"] is not None]
    return {
        "pairs": len(pairs),
        "single": len(found) - len(pairs),
        "fewest": min(models, default=0),
        "most": max(models, default=0),
        "turned": len(turned),
        "sure": sum(pair["sure"] is True for pair in turned),
        "unknown": sum(pair["sure"] is None for pair in turned),
        **not_compared(study.curves, study.entry["compare_conditions"]),
    }
