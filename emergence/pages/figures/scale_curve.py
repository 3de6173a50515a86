"""One scale curve, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from emergence.errors import shorten
from emergence.pages.figures.base import COLOURS, REFERENCE, SHAPES, scale_axis
from emergence.pages.svg import FAINT, INK, drawing, inline_svg
from emergence.pages.words import number


def scale_curve(curve: Mapping[str, Any], name: str) -> str:
    """Draw one scale curve: oriented scores over model scale, with the chance level.

    Parameters
    ----------
    curve : mapping
        A row of the table of curves. Intervals, the bounded law and the ``human`` rater's
        score are drawn where it has them.
    name : str
        Name of the figure on its page.

    Returns
    -------
    str
        Inline SVG.
    """
    scales, scores = list(curve["scales"]), list(curve["scores"])
    with drawing():
        figure, axes = plt.subplots(figsize=(3.5, 1.75))
        if curve["chance"] is not None:
            axes.axhline(curve["chance"], color=FAINT, linewidth=1.0, linestyle=REFERENCE)
        if curve.get("human") is not None:
            axes.axhline(curve["human"], color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
        group = curve["metric_group"]
        if curve.get("interval_low") is not None:
            axes.vlines(
                scales,
                curve["interval_low"],
                curve["interval_high"],
                color=COLOURS[group],
                linewidth=0.9,
                alpha=0.7,
            )
        law = _bounded_law(curve)
        if law is not None:
            axes.plot(*law, color=INK, linewidth=0.7)
        sns.lineplot(
            x=scales,
            y=scores,
            ax=axes,
            color=COLOURS[group],
            marker=SHAPES[group],
            markersize=5,
            markeredgewidth=0,
            linewidth=1.2,
            errorbar=None,
        )
        scale_axis(axes, scales, curve["axis"])
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.set_ylabel("score")
        axes.margins(y=0.12)
        points = "; ".join(
            f"{shorten(model, 40)} {number(score)}"
            for model, score in zip(curve["models"], scores, strict=True)
        )
        svg = inline_svg(figure, name, f"Scores by model: {points}.")
        plt.close(figure)
    return svg


def _bounded_law(curve: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """Scales and scores of the best fit up to b_max (method section 4); None without one."""
    scores = curve.get("bounded_scores")
    if scores is None:
        return None
    return np.geomspace(curve["scales"][0], curve["scales"][-1], len(scores)), np.array(
        scores, float
    )


def gallery(curves: Sequence[Mapping[str, Any]]) -> list[str]:
    """Draw several scale curves.

    Parameters
    ----------
    curves : sequence of mapping
        Rows of the table of curves.

    Returns
    -------
    list of str
        Inline SVG of each.
    """
    return [scale_curve(curve, f"curve-{curve['curve_id']}") for curve in curves]
