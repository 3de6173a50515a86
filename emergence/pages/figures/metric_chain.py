"""The same answers under each metric of the chain, from log-likelihood to accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from emergence.pages.chain_section import CHAIN_FIGURE, Curve, chains, named, with_ends
from emergence.pages.cited import SETTING, cited
from emergence.pages.figures.base import Drawing, Numbers, finished, scale_axis
from emergence.pages.svg import INK, SERIES
from emergence.study import Study

#: Chains that are drawn: one a row.
_MOST = 4

_TITLE = "The same answers, metric by metric"


def draw(study: Study) -> Drawing:
    """Draw the curves of some chains, with the intervals of the drawn examples.

    Parameters
    ----------
    study : Study
        With ``resampled``.

    Returns
    -------
    Drawing
    """
    found, numbers = chains(study), Numbers(CHAIN_FIGURE)
    if not found:
        missing = "No two metrics here score the same single answers of the same examples."
        return Drawing(CHAIN_FIGURE, _TITLE, (missing,))
    shown = found[:_MOST]
    rows = [row for chain in found for curve in chain for row in _points(curve)]

    def plotted() -> tuple[plt.Figure, str]:
        columns = max(len(chain) for chain in shown)
        figure, panels = plt.subplots(
            len(shown),
            columns,
            figsize=(max(1.5 * columns, 4.0), 1.75 * len(shown)),
            squeeze=False,
            layout="constrained",
        )
        described = []
        for chain, line in zip(shown, panels, strict=True):
            for axes in line[len(chain) :]:
                axes.set_axis_off()
            described.append(_line(line, chain))
        return figure, "; ".join(described)

    level = cited(f"{100 * study.settings['level']:g} %", "def-drawn", SETTING)
    caption = (
        numbers.count("drawn", len(shown), "def-drawn"),
        " of ",
        numbers.count("chains", len(found), "def-drawn"),
        " chains, one in each row: those sharpest at their last step. Scores with ",
        *level,
        " intervals; sharpness above each panel.",
    )
    return finished(CHAIN_FIGURE, _TITLE, plotted, caption, rows, numbers)


def _points(curve: Curve) -> list[dict[str, Any]]:
    lists = ("models", "scales", "scores", "score_low", "score_high")
    return [
        {
            **{name: curve[name] for name in ("task", "subtask", "model_family", "condition")},
            **{name: curve[name] for name in ("shots", "metric", "curve_id")},
            **dict(zip(("model", "scale", "score", "low", "high"), point, strict=True)),
        }
        for point in zip(*(curve[name] for name in lists), strict=True)
    ]


def _line(line: Sequence[Axes], chain: Sequence[Curve]) -> str:
    """Draw one chain, and say its sharpness at each step."""
    said = []
    for axes, curve in zip(line, chain, strict=False):
        axes.plot(
            curve["scales"],
            curve["scores"],
            color=SERIES[0],
            marker="o",
            markersize=3.5,
            linewidth=1.2,
        )
        ends = zip(curve["scales"], curve["score_low"], curve["score_high"], strict=True)
        known = [end for end in ends if end[1] is not None]
        if known:
            axes.vlines(*zip(*known, strict=True), color=INK, linewidth=0.9)
        scale_axis(axes, [curve["scales"][0], curve["scales"][-1]], curve["axis"])
        axes.yaxis.set_major_locator(MaxNLocator(3))
        sharpness = with_ends(curve["sharpness"], curve["sharpness_low"], curve["sharpness_high"])
        axes.set_title(f"{curve['metric']}\n{sharpness}", fontsize=8)
        axes.tick_params(labelsize=8)
        said.append(f"{curve['metric']} {sharpness}")
    line[0].set_ylabel(named(chain[0])[:24], fontsize=8.5)
    return f"{named(chain[0])}, sharpness: {', '.join(said)}"
