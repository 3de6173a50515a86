"""The figures of the networks that were trained here: pictures of theirs, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from emergence.pages.cited import ENTRY, Cited, Sentence, cited, shown_by
from emergence.pages.experiments import NETWORKS, SEEDS, took, trained_words
from emergence.pages.figures.base import REFERENCE, Drawing, finished, scale_axis
from emergence.pages.svg import FAINT, INK, SERIES
from emergence.pages.words import large, number

#: Least distance of two labels at the ends of lines, in parts of the height.
_ROOM = 0.075

#: Where the processor time of a run stands: it differs from run to run, and a page does not.
TIMES = "data/raw/{dataset}/kept/training-times.csv"


def study_figures(
    study: Mapping[str, Any], entry: Mapping[str, Any], dataset: str
) -> list[Drawing]:
    """Draw the pictures of a study of trained networks.

    Parameters
    ----------
    study : mapping
        What `emergence.induced.dataset.run` wrote to ``experiments.json``.
    entry : mapping
        The dataset's registry entry.
    dataset : str
        Its id.

    Returns
    -------
    list of Drawing
    """
    return [
        _picture(picture, _caption(picture), _trained(picture["tasks"], study, entry, dataset))
        for picture in study["pictures"]
    ]


def _caption(picture: Mapping[str, Any]) -> Sentence:
    """Say what to see; what a mean over seeds and its interval are is explained on the page."""
    key = f"experiments:pictures:{picture['name']}.caption"
    return cited(f"{picture['caption']}.", SEEDS, shown_by(key))


def _trained(
    tasks: Sequence[str], study: Mapping[str, Any], entry: Mapping[str, Any], dataset: str
) -> Sentence:
    """Say what was trained for a figure: networks, sizes, seeds and time."""
    parts: list[str | Cited] = ["Trained here: "]
    for at, task in enumerate(tasks):
        parts += ["; " if at else "", f"{task}: " if len(tasks) > 1 else ""]
        parts += trained_words(task, study)
    parts.append(".")
    time = entry.get("training_time")
    if time and all(task in time["seconds"] for task in tasks):
        seconds = sum(time["seconds"][task] for task in tasks)
        parts += [" Training took ", took(seconds), " s of one processor when it was measured ("]
        parts += [*cited(time["machine"], NETWORKS, f"{ENTRY}: training_time"), ")."]
    parts.append(f" How long it took in this run is in {TIMES.format(dataset=dataset)}.")
    return tuple(parts)


def _picture(picture: Mapping[str, Any], caption: Sentence, reading: Sentence) -> Drawing:
    rows = picture["rows"]
    columns = max(len(row["panels"]) for row in rows)
    height = 1.75 if len(rows) > 1 else 2.9

    def draw() -> tuple[plt.Figure, str]:
        figure, grid = plt.subplots(
            len(rows),
            columns,
            figsize=(7.2, height * len(rows) + 0.2),
            squeeze=False,
            layout="constrained",
        )
        described = []
        for row, axes_of_row in zip(rows, grid, strict=True):
            for at, (panel, axes) in enumerate(zip(row["panels"], axes_of_row, strict=True)):
                _panel(axes, panel, SERIES[min(at, 1)])
                described.append(_described(row, panel))
            if row["label"]:
                axes_of_row[0].set_ylabel(row["label"], rotation=0, ha="right", va="center")
        return figure, " ".join(described)

    table = [
        {
            "row": row["label"].replace("\n", ", "),
            "panel": panel["title"].partition(":")[0].partition("\n")[0],
            "line": line["label"],
            "part": line["part"],
            "x": x,
            "y": y,
            "low": low,
            "high": high,
        }
        for row in rows
        for panel in row["panels"]
        for line in panel["lines"]
        for x, y, low, high in zip(line["x"], line["y"], line["low"], line["high"], strict=True)
    ]
    return finished(picture["name"], picture["title"], draw, caption, table, reading=reading)


def _panel(axes: Axes, panel: Mapping[str, Any], colour: str) -> None:
    means = [line for line in panel["lines"] if line["part"] == "mean"]
    for line in panel["lines"]:
        if line["part"] == "seed":
            axes.plot(line["x"], line["y"], color=FAINT, linewidth=0.5, zorder=1)
    for at, line in enumerate(means):
        x, y, low, high = (np.array(line[name], float) for name in ("x", "y", "low", "high"))
        if panel["log_y"]:
            y = np.where(y > 0, y, np.nan)
            low = np.where(low > 0, low, y)
        strength = 0.35 + 0.65 * (at + 1) / len(means)
        axes.plot(
            x, y, color=colour, alpha=strength, linewidth=1.4, marker="o", markersize=3, zorder=2
        )
        known = np.isfinite(y) & np.isfinite(low)
        axes.vlines(
            x[known], low[known], high[known], color=colour, alpha=strength, linewidth=0.9, zorder=2
        )
    if panel["guess"] is not None and (not panel["log_y"] or panel["guess"] > 0):
        axes.axhline(panel["guess"], color=INK, linewidth=0.8, linestyle=REFERENCE)
    if panel["log_x"]:
        scale_axis(axes, panel["lines"][0]["x"], "params")
        axes.set_xlabel("parameters", fontsize=8.5)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlabel(panel["x"], fontsize=8.5)
    if panel["log_y"]:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(panel["title"], fontsize=8.5)
    if not panel["title"].startswith(panel["y"].partition(",")[0]):
        axes.set_ylabel(panel["y"])
    _name_ends(axes, means)


def _power(value: float) -> str:
    """Write a mark of an axis in logarithms."""
    return f"{value:g}".replace("e-0", "e\N{MINUS SIGN}")


def _name_ends(axes: Axes, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write the name of each line at its end, none over another."""
    named = []
    for line in lines:
        y = [value for value in line["y"] if value is not None]
        if line["label"] and y:
            axes_y = axes.transAxes.inverted().transform(
                axes.transData.transform((line["x"][-1], y[-1]))
            )[1]
            named.append((float(np.nan_to_num(axes_y)), line["label"]))
    named.sort()
    # From below upwards, and what stands above the axes from above downwards again.
    places = [place for place, _ in named]
    for at in range(1, len(places)):
        places[at] = max(places[at], places[at - 1] + _ROOM)
    for at in reversed(range(len(places))):
        above = places[at + 1] - _ROOM if at + 1 < len(places) else 1.0
        places[at] = min(places[at], above)
    for place, (_, label) in zip(places, named, strict=True):
        axes.text(1.02, place, label, transform=axes.transAxes, fontsize=8, va="center")


def _described(row: Mapping[str, Any], panel: Mapping[str, Any]) -> str:
    said = []
    for line in panel["lines"]:
        if line["part"] == "mean":
            ends = " to ".join(number(line["y"][at]) for at in (0, -1))
            axis = large if panel["log_x"] else number
            name = f"{line['label']}: " if line["label"] else ""
            said.append(f"{name}{ends} from {axis(line['x'][0])} to {axis(line['x'][-1])}")
    words = ", ".join((row["label"] or "").split("\n") + panel["title"].split("\n")).strip(", ")
    return f"{words}: {'; '.join(said)}."
