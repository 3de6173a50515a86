"""Which axis predicts models that the law was not fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

from emergence.axes import AXES
from emergence.errors import shorten
from emergence.pages.cited import Cited, shown_by
from emergence.pages.figures.base import REFERENCE, Drawing, finished
from emergence.pages.svg import INK, SERIES
from emergence.pages.words import number
from emergence.study import Study

#: Where the page explains it.
_PLACE = "def-axis-comparison"


def draw(study: Study) -> Drawing:
    """Draw each task's predictive loss over one axis against that over another.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    Drawing
    """
    name, title = "axis-comparison", "Prediction error over one axis and over another"
    found = study.summary["prediction"]["axes"]
    if not found["tasks"]:
        missing = (
            f"No axes are compared: {found['missing']}. It takes scores of eight models with FLOPs "
            "or loss that do not follow from their sizes.",
        )
        return Drawing(name, title, missing)
    pairs = found["pairs"]
    # JSON has no order of names.
    over = list(dict.fromkeys(pair[end] for pair in pairs for end in ("first", "second")))
    tasks = [{name: task[name] for name in ("task", *over)} for task in found["tasks"]]

    def plotted() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(
            1, len(pairs), figsize=(7.2, 2.6), layout="constrained", squeeze=False
        )
        values = [task[axis] for task in tasks for axis in task if axis != "task"]
        ends = min(values) / 1.5, max(values) * 1.5
        for pair, axes in zip(pairs, panels.flat, strict=True):
            axes.plot(ends, ends, color=INK, linewidth=0.8, linestyle=REFERENCE)
            axes.plot(
                [task[pair["first"]] for task in tasks],
                [task[pair["second"]] for task in tasks],
                linewidth=0,
                marker="o",
                markersize=3.5,
                alpha=0.7,
                color=SERIES[0],
            )
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel(f"over {AXES[pair['first']].title}", fontsize=8.5)
            axes.set_ylabel(f"over {AXES[pair['second']].title}", fontsize=8.5)
            axes.set(xlim=ends, ylim=ends)
            # One square panel would be as high as it is wide on the page.
            axes.set_box_aspect(1 if len(pairs) > 1 else 0.4)
            axes.tick_params(labelsize=8)
            for scale in (axes.xaxis, axes.yaxis):
                scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                scale.set_minor_locator(NullLocator())
        described = "; ".join(
            f"{shorten(task['task'], 40)} "
            + ", ".join(f"{number(task[axis])} over {axis}" for axis in task if axis != "task")
            for task in tasks[:40]
        )
        return figure, f"Loss an example, in nats: {described}."

    against_size = [_said(pair, at) for at, pair in enumerate(pairs) if pair["first"] == "params"]
    others = [_said(pair, at) for at, pair in enumerate(pairs) if pair["first"] != "params"]
    caption: list[str | Cited] = ["The law's error on held-out models; each mark is a task."]
    for said in against_size:
        caption += [" ", *said, "."]
    reading: list[str | Cited] = [_READING]
    for said in others:
        reading += [" ", *said, "."]
    return finished(name, title, plotted, caption, tasks, reading=reading)


_READING = (
    "The law, fitted to all other models of a task, predicts each model over one axis and over the "
    "other. The error is in nats an example. Below the diagonal, the axis of the vertical scale "
    "predicts better. The ratio is a geometric mean over tasks and models, both treated as random "
    "samples, with a 99 % interval."
)


def _said(pair: Mapping[str, Any], at: int) -> list[str | Cited]:
    """Say which of two axes predicts better."""

    def cited(name: str) -> Cited:
        key = shown_by(f"summary:prediction:axes.pairs.{at}.{name}")
        return Cited(number(pair[name]), _PLACE, key)

    first, second = (AXES[pair[name]].title for name in ("first", "second"))
    if pair["ratio"] is None:
        return [f"{first} and {second}: too few tasks or models for a comparison"]
    better = {
        pair["first"]: f"{first} predicts better",
        pair["second"]: f"{second} predicts better",
    }
    said = better.get(pair["outcome"], "which is better cannot be decided")
    interval = (" (", cited("low"), " to ", cited("high"), ")")
    return [f"Over {first} it is ", cited("ratio"), *interval, f" times that over {second}: {said}"]
