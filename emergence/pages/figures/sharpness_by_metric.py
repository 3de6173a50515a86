"""How the sharpness distributes under each metric."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from emergence.errors import shorten
from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.measures import ROUNDING
from emergence.pages.cited import SETTING, Cited, Sentence
from emergence.pages.figures.base import COLOURS, GROUP_NAMES, REFERENCE, SHAPES, Drawing, Numbers
from emergence.pages.svg import FAINT, INK, drawing, inline_svg
from emergence.pages.words import number
from emergence.settings import FigureSettings
from emergence.study import Study

#: Above this number of marks a figure shows quantiles only: more cannot be told apart and
#: make the page heavy.
MOST_MARKS = 2000

#: Above this number of metrics each gets less room.
_MANY_METRICS = 12

#: Beyond this sharpness the axis is logarithmic.
_FAR = 20.0


def sharpness_by_metric(curves: pd.DataFrame, seed: int) -> str:
    """Draw how the sharpness of the curves distributes under each metric.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns metric, metric_group, sharpness of the curves of one level with at least
        four scales; infinite sharpness is drawn at the edge.
    seed : int
        Of the vertical spread of the points, which has no meaning.

    Returns
    -------
    str
        Inline SVG.
    """
    order = _metric_order(curves)
    finite = curves["sharpness"].to_numpy(float)
    reach = np.max(np.abs(finite[np.isfinite(finite)]), initial=1.5)
    edge = 1.18 * reach if reach <= _FAR else 3 * reach
    shown = curves.assign(x=np.clip(finite, -edge, edge))
    rng = np.random.default_rng(seed)
    with drawing():
        height = 0.62 if len(order) <= _MANY_METRICS else 0.3
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + height * len(order)))
        axes.axvline(1, color=INK, linewidth=0.8, linestyle=REFERENCE)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        marks = len(shown) <= MOST_MARKS
        if np.isfinite(finite).any():
            # Beside marks a box is plain; alone it tells the group, and so does the order of rows.
            kinds = {} if marks else {"hue": "metric_group", "palette": COLOURS, "dodge": False}
            sns.boxplot(
                data=shown.assign(x=shown["x"].where(np.isfinite(finite))),
                x="x",
                y="metric",
                order=order,
                ax=axes,
                width=0.5,
                fill=False,
                color=INK if marks else None,
                linewidth=0.7 if marks else 1.0,
                showfliers=False,
                whis=(5, 95),
                **kinds,
            )
        if marks:
            row = {metric: i for i, metric in enumerate(order)}
            y = shown["metric"].map(row).to_numpy(float) + rng.uniform(-0.16, 0.16, len(shown))
            for group in METRIC_GROUPS:
                members = (shown["metric_group"] == group).to_numpy()
                if members.any():
                    sns.scatterplot(
                        x=shown["x"].to_numpy()[members],
                        y=y[members],
                        ax=axes,
                        marker=SHAPES[group],
                        color=COLOURS[group],
                        s=22,
                        alpha=0.75,
                        linewidth=0,
                        label=GROUP_NAMES[group],
                        zorder=3,
                    )
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, handletextpad=0.4)
        if reach > _FAR:
            # A median step close to 0 makes some scores huge, and all others one line.
            axes.set_xscale("symlog", linthresh=2, linscale=2)
            ticks = [-1000, -100, -10, -2, -1, 0, 1, 2, 10, 100, 1000]
        else:
            ticks = list(axes.get_xticks())
        ticks = [t for t in ticks if abs(t) <= reach]
        labels = [f"{t:g}".replace("-", "\N{MINUS SIGN}") for t in ticks]
        for end, label in ((-edge, "\N{MINUS SIGN}∞"), (edge, "∞")):
            if np.any(finite == np.copysign(np.inf, end)):
                ticks.append(end)
                labels.append(label)
        axes.set_xticks(ticks, labels)
        lowest = np.min(shown["x"].to_numpy(), initial=0.0)
        left = min(1.08 * lowest, -0.12 * edge) if reach <= _FAR else min(1.5 * lowest, -1.0)
        axes.set_xlim(left, 1.08 * edge)
        scale = ", logarithmic beyond 2" if reach > _FAR else ""
        axes.set_xlabel(f"sharpness: emergence score / (scales \N{MINUS SIGN} 1){scale}")
        axes.set_ylabel("")
        axes.set_yticks(range(len(order)), [shorten(metric, 40) for metric in order])
        axes.tick_params(axis="y", length=0)
        described = "; ".join(_distribution(curves, metric) for metric in order)
        svg = inline_svg(
            figure,
            "sharpness-by-metric",
            f"Sharpness of the scale curves under each metric; a straight line has 1. {described}.",
        )
        plt.close(figure)
    return svg


def _metric_order(curves: pd.DataFrame) -> list[str]:
    """Order metrics by group, and within a group by name."""
    pairs = set(zip(curves["metric_group"].map(METRIC_GROUPS.index), curves["metric"], strict=True))
    return [metric for _, metric in sorted(pairs)]


def _distribution(curves: pd.DataFrame, metric: str) -> str:
    sharpness = curves.loc[curves["metric"] == metric, "sharpness"].to_numpy(float)
    finite = sharpness[np.isfinite(sharpness)]
    infinite = len(sharpness) - len(finite)
    middle = f"median {number(float(np.median(finite)))}, " if len(finite) else ""
    above = int(np.count_nonzero(sharpness > 1 + ROUNDING))
    counts = f"{len(sharpness)} curves, {middle}{above} above 1, {infinite} infinite"
    return f"{shorten(metric, 40)}: {counts}"


def draw(study: Study) -> Drawing:
    """Draw how the sharpness distributes under each metric.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    Drawing
    """
    name, title = "sharpness-by-metric", "Sharpness of the curves under each metric"
    summary, judged, numbers = study.summary, study.judged, Numbers("sharpness-by-metric")
    total = numbers.count("curves", len(judged), "def-sharpness")
    if not len(judged):
        missing = (
            total,
            f" curves here have {summary['fewest_scales']} scales or more. It takes scores of at "
            "least as many models of one family.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    svg = sharpness_by_metric(judged, FigureSettings.of(study.settings).seed)
    n_infinite = int(np.isinf(judged["sharpness"].to_numpy(float)).sum())
    if len(judged) <= MOST_MARKS:
        marks: Sentence = (
            "Each mark is one of ",
            total,
            " curves. Boxes show quartiles, with whiskers ",
        )
    else:
        marks = ("Quartiles of ", total, " curves, with whiskers ")
    caption = (
        *marks,
        "from 5 % to 95 %. A straight line has a sharpness of ",
        Cited("1", "def-sharpness", SETTING),
        " (dashed).",
    )
    if n_infinite:
        where = "drawn at the edge" if len(judged) <= MOST_MARKS else "not drawn"
        infinite = numbers.count("infinite", n_infinite, "def-emergence-score")
        caption += (" ", infinite, f" infinite scores are {where}.")
    reading = (
        "If all-or-nothing and continuous metrics had the same distribution, the kind of metric "
        "would make no difference. Sharpness alone is no evidence: a noisy line can score as high "
        "as a small jump. The vertical spread of the marks has no meaning.",
    )
    return Drawing(name, title, caption, svg, numbers=numbers.found, reading=reading)
