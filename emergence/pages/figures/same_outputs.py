"""The same answers under two kinds of metric: sharpness against sharpness."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from emergence.errors import shorten
from emergence.pages.figures.base import REFERENCE
from emergence.pages.svg import FAINT, INK, SERIES, drawing, inline_svg
from emergence.pages.words import count, plural

#: Sharpness beyond these stands at the edge, infinity too.
LEAST, MOST = -1.0, 3.0

#: Panels of a dataset: its continuous metrics with the most pairs.
_MOST_PANELS = 5

#: Who looks emergent, with colour and mark: under the all-or-nothing metric, under the continuous.
_KINDS = {
    (False, False): ("under neither", FAINT, "o"),
    (True, False): ("all-or-nothing metric only", SERIES[0], "^"),
    (False, True): ("continuous metric only", SERIES[1], "s"),
    (True, True): ("both", INK, "D"),
}


def same_outputs(name: str, pairs: Mapping[str, pd.DataFrame], titles: Mapping[str, str]) -> str:
    """Draw the sharpness of pairs of curves of the same outputs, one row of panels a dataset.

    Parameters
    ----------
    name : str
        Of the figure on its page.
    pairs : mapping of str to pandas.DataFrame
        By dataset: one row a pair, with ``sharpness`` under the discontinuous metric,
        ``sharpness_continuous``, ``metric_continuous``, ``apparent`` and
        ``apparent_continuous``.
    titles : mapping of str to str
        Of the datasets.

    Returns
    -------
    str
        Inline SVG.
    """
    with drawing():
        figure = plt.figure(figsize=(11.0, 0.5 + 2.9 * len(pairs)), layout="constrained")
        described = []
        parts = np.atleast_1d(figure.subfigures(len(pairs), 1))
        for part, (dataset, some) in zip(parts, pairs.items(), strict=True):
            described.append(panels(part, some, _MOST_PANELS, _MOST_PANELS))
            part.suptitle(shorten(titles[dataset], 80), fontsize=10)
        legend(figure)
        svg = inline_svg(
            figure,
            name,
            "Sharpness of the same answers under an all-or-nothing and a continuous metric. "
            + "; ".join(described)
            + ".",
        )
        plt.close(figure)
    return svg


def panels(part: FigureBase, pairs: pd.DataFrame, columns: int, most: int) -> str:
    """Draw pairs of curves of the same answers, one panel a continuous metric.

    Parameters
    ----------
    part : matplotlib.figure.FigureBase
    pairs : pandas.DataFrame
        As in `same_outputs`.
    columns, most : int
        Panels side by side, and panels at most: those of most pairs.

    Returns
    -------
    str
        What is drawn, in words.
    """
    metrics = sorted(pairs["metric_continuous"].value_counts().index[:most])
    rows = -(-len(metrics) // columns)
    grid = part.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(metrics) :]:
        axes.set_axis_off()
    described = [
        _panel(axes, metric, pairs[pairs["metric_continuous"] == metric])
        for axes, metric in zip(grid.flat, metrics, strict=False)
    ]
    part.supylabel("under the continuous metric", fontsize=9)
    part.supxlabel("sharpness under the all-or-nothing metric", fontsize=9)
    return "; ".join(described)


def legend(figure: plt.Figure) -> None:
    """Say what the marks are."""
    handles = [
        plt.Line2D([], [], linestyle="", marker=mark, color=colour, markersize=5, label=label)
        for label, colour, mark in _KINDS.values()
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), title="looks emergent"
    )


def _panel(axes: Axes, metric: str, pairs: pd.DataFrame) -> str:
    """Draw the pairs with one continuous metric, and say how many look emergent."""
    axes.plot([LEAST, MOST], [LEAST, MOST], color=INK, linewidth=0.8, linestyle=REFERENCE)
    found = []
    for (first, second), (label, colour, mark) in _KINDS.items():
        some = pairs[(pairs["apparent"] == first) & (pairs["apparent_continuous"] == second)]
        axes.scatter(
            np.clip(some["sharpness"], LEAST, MOST),
            np.clip(some["sharpness_continuous"], LEAST, MOST),
            marker=mark,
            s=16,
            color=colour,
            linewidth=0,
            zorder=2 + first + second,
        )
        found.append(f"{label} {count(len(some))}")
    ticks = [LEAST, 0, 1, 2, MOST]
    labels = [f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.set_aspect("equal")
    axes.set_title(f"{shorten(metric, 30)}\n{plural(len(pairs), 'pair')}", fontsize=8.5)
    return f"{shorten(metric, 40)}, {plural(len(pairs), 'pair')}: {', '.join(found)}"
