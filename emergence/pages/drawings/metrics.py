"""What the metric does: who has the highest scores, and the same answers under two metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator

from emergence.claims.clustering import enrichment
from emergence.claims.counts import EARLY_FAMILY, annotated_pairs, annotated_tasks_of
from emergence.errors import shorten
from emergence.pages.cited import Cited, Sentence
from emergence.pages.drawings.base import (
    COLOURS,
    REFERENCE,
    SHAPES,
    Drawing,
    counted,
    evenly,
    finished,
    model_axis,
    plain_log_axis,
)
from emergence.pages.svg import FAINT, INK, SERIES
from emergence.pages.words import number
from emergence.study import Study

#: Pairs of curves that are drawn side by side.
_MOST_PAIRS = 5

#: Sharpness beyond this stands at the edge.
_EDGE = 32.0

_PAIRS_NEEDED = (
    "It takes two metrics that score the same answers of the same models, one all-or-nothing and "
    "one that gives part of the credit: multiple-choice grade and Brier score, say."
)


def highest(judged: pd.DataFrame, counts: Mapping[str, Any]) -> Drawing:
    """Draw the share of discontinuous curves among the highest scores, over all cut-offs.

    Parameters
    ----------
    judged : pandas.DataFrame
        `emergence.study.Study.judged`.
    counts : mapping
        The summary.

    Returns
    -------
    Drawing
    """
    name, title = "enrichment", "Who has the highest scores"
    found = counts["figures"]["enrichment"]

    def of(kind: str) -> Cited:
        return counted(found[kind], "def-groups", f"figures.enrichment.{kind}")

    numbers = (of("discontinuous"), " curves under discontinuous metrics and ", of("continuous"))
    if not all(found.values()):
        missing = (
            "There are ",
            *numbers,
            " under continuous ones. It takes curves of both kinds, to see which of them have "
            "the highest scores.",
        )
        return Drawing(name, title, missing)
    curves = judged[judged["metric_group"].isin(["discontinuous", "continuous"])]
    rows = enrichment(curves, np.round(np.geomspace(0.01, 1, 60), 6).tolist())

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 2.9), layout="constrained")
        axes.axhline(rows[-1]["of all, %"], color=INK, linewidth=0.8, linestyle=REFERENCE)
        sns.lineplot(
            x=[row["highest, %"] for row in rows],
            y=[row["discontinuous, %"] for row in rows],
            ax=axes,
            color=COLOURS["discontinuous"],
            marker=SHAPES["discontinuous"],
            markersize=4,
            markeredgewidth=0,
            linewidth=1.5,
            errorbar=None,
        )
        plain_log_axis(axes, unit=" %")
        axes.set_ylim(0, 103)
        axes.set_xlabel("cut-off: the curves of highest sharpness, share of all")
        axes.set_ylabel("discontinuous, %")
        picked = [rows[i] for i in (0, len(rows) // 3, 2 * len(rows) // 3, len(rows) - 1)]
        described = "; ".join(
            f"of the highest {number(row['highest, %'])} %, {number(row['discontinuous, %'])} %"
            for row in picked
        )
        return figure, f"Share under discontinuous metrics: {described}."

    caption = (
        "What to see: whether the line lies above the dashed one towards the left. Of ",
        *numbers,
        " under continuous ones: the share of discontinuous ones among the curves of highest "
        "sharpness, over all cut-offs; dashed, their share of all. A line that stays at the "
        "dashed one would mean that high scores do not cluster under discontinuous metrics.",
    )
    return finished(name, title, draw, caption, rows)


def switch(pairs: pd.DataFrame, counts: Mapping[str, Any]) -> Drawing:
    """Draw the same outputs under two metrics, as lines that join.

    Parameters
    ----------
    pairs : pandas.DataFrame
        From `emergence.claims.switching.metric_pairs`.
    counts : mapping
        The summary.

    Returns
    -------
    Drawing
    """
    name, title = "metric-switch", "Change the metric, keep the answers"
    if not len(pairs):
        return _without_pairs(name, title, counts)
    ordered = pairs.assign(first=pairs["apparent"] == True).sort_values(  # noqa: E712
        ["first", "sharpness", "curve_id"], ascending=[False, False, True]
    )
    # More lines than these are one patch of colour: evenly through the order, the rest is in the
    # table.
    shown = pd.concat([evenly(part) for _, part in ordered.groupby("first", sort=False)])
    columns = ["curve_id", "curve_id_continuous", "task", "subtask", "model_family", "metric"]
    columns += ["sharpness", "metric_continuous", "sharpness_continuous"]
    found = counts["figures"]["pairs"]
    drawn = (
        ", of either kind a few, evenly from the sharpest to the least sharp"
        if len(shown) < len(ordered)
        else ""
    )

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
        axes.axhline(1, color=INK, linewidth=0.8, linestyle=REFERENCE)
        for row in shown[::-1].itertuples():
            ends = np.clip([row.sharpness, row.sharpness_continuous], -_EDGE, _EDGE)
            axes.plot(
                [0, 1],
                ends,
                color=SERIES[0] if row.first else FAINT,
                linewidth=1.1 if row.first else 0.6,
                marker="o" if row.first else None,
                markersize=3.5,
            )
        axes.set_xticks([0, 1], ["discontinuous metric", "continuous metric, same answers"])
        axes.set_xlim(-0.25, 1.25)
        axes.set_yscale("symlog", linthresh=1)
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
        )
        axes.set_yticks([-8, -2, -1, 0, 1, 2, 8, _EDGE])
        axes.set_ylabel("sharpness")
        return figure, (
            f"{found['pairs']} pairs; of {found['apparent']} that look emergent under the "
            f"discontinuous metric {found['less_sharp']} are less sharp under the continuous one."
        )

    def of(key: str) -> Cited:
        return counted(found[key], "rule-5", f"figures.pairs.{key}")

    caption = (
        "What to see: whether the lines fall from left to right. ",
        of("pairs"),
        " pairs of curves of the same answers; in colour, with marks, the ",
        of("apparent"),
        " that look emergent under the discontinuous metric, of which ",
        of("less_sharp"),
        f" are less sharp under the other; all others faint{drawn}. Scores beyond ",
        Cited(f"{_EDGE:g}", "def-sharpness", "the edge of the drawing"),
        " stand at the edge. Lines that fall below the dashed one (a straight line) are "
        "emergence that the metric made; lines that stay above are evidence against that.",
    )
    table = ordered[columns].assign(
        apparent=ordered["first"],
        apparent_continuous=ordered["apparent_continuous"] == True,  # noqa: E712
    )
    table = table.to_dict("records")
    return finished(name, title, draw, caption, table)


def annotated_abilities(
    study: Study,
    pairs: pd.DataFrame,
    families: Mapping[str, str],
    counts: Mapping[str, Any],
) -> Drawing:
    """Draw the tasks that were annotated as emergent in LaMDA, under both metrics.

    Parameters
    ----------
    study : Study
    pairs : pandas.DataFrame
        From `emergence.claims.switching.metric_pairs`.
    families : mapping of str to str
        Annotated family to model family.
    counts : mapping
        The summary.

    Returns
    -------
    Drawing
    """
    name, title = "annotated-lamda", "The abilities that emerged in LaMDA, under both metrics"
    some = annotated_pairs(study, pairs, families)
    found = counts["figures"]["annotated_pairs"]
    if not study.annotations:
        return Drawing(
            name,
            title,
            (
                "The tasks of this dataset have no hand annotations. It takes "
                "tasks that people called emergent, under two metrics of the same answers.",
            ),
        )
    if not len(some):
        tasks = ", ".join(annotated_tasks_of(study, EARLY_FAMILY))
        missing = (
            "Of the tasks annotated as emergent in LaMDA ",
            counted(found["tasks"], "rule-5", "figures.annotated_pairs.tasks"),
            f" have two metrics of the same answers here, in its family. {_PAIRS_NEEDED} The "
            f"tasks are {tasks}.",
        )
        return Drawing(name, title, missing)
    some = some.sort_values(["task", "sharpness", "curve_id"], ascending=[True, False, True])
    shown = some.groupby("task", sort=False).head(1)
    caption = (
        "What to see: whether what is sudden on the left is sudden on the right. ",
        counted(found["tasks"], "rule-5", "figures.annotated_pairs.tasks"),
        " tasks that were annotated by hand as emergent in LaMDA (",
        counted(found["apparent"], "def-apparent", "figures.annotated_pairs.apparent"),
        " of their pairs of curves look emergent by this page's rule); left and right are the "
        "same answers of the same models, oriented so that up is better. Of a task with several "
        "pairs the sharpest is drawn. If the right looked as sudden as the left, the metric would "
        "not have made it.",
    )
    return _side_by_side(study, shown, name, title, caption)


def side_by_side(study: Study, pairs: pd.DataFrame, counts: Mapping[str, Any]) -> Drawing:
    """Draw the curves of the most telling pairs: one a task, what looks emergent first.

    Parameters
    ----------
    study : Study
    pairs : pandas.DataFrame
        From `emergence.claims.switching.metric_pairs`.
    counts : mapping
        The summary.

    Returns
    -------
    Drawing
    """
    name, title = "paired-curves", "The same answers, side by side"
    if not len(pairs):
        return _without_pairs(name, title, counts)
    ordered = pairs.assign(
        annotated=pairs["annotation"] == "emergent",
        first=pairs["apparent"] == True,  # noqa: E712
    ).sort_values(
        ["first", "annotated", "sharpness", "curve_id"], ascending=[False, False, False, True]
    )
    shown = ordered.groupby("task", sort=False).head(1).head(_MOST_PAIRS)
    caption = (
        f"What to see: whether what is sudden on the left is sudden on the right. {len(shown)} of ",
        counted(counts["figures"]["pairs"]["tasks"], "rule-5", "figures.pairs.tasks"),
        " tasks with two metrics of the same answers: what looks emergent first, of these what "
        "people annotated as emergent, then the sharpest. Left and right are the same answers of "
        "the same models, oriented so that up is better. If the right looked as sudden as the "
        "left, the metric would not have made it.",
    )
    return _side_by_side(study, shown, name, title, caption)


def _without_pairs(name: str, title: str, counts: Mapping[str, Any]) -> Drawing:
    pairs = counted(counts["figures"]["pairs"]["pairs"], "rule-5", "figures.pairs.pairs")
    return Drawing(
        name,
        title,
        ("There are ", pairs, f" pairs of curves here. {_PAIRS_NEEDED}"),
    )


def _side_by_side(
    study: Study, shown: pd.DataFrame, name: str, title: str, caption: Sentence
) -> Drawing:
    row_of = dict(zip(study.frame["curve_id"], range(len(study.frame)), strict=True))
    sides = [
        (
            pair,
            (
                ("discontinuous", pair.curve_id, pair.metric, pair.sharpness),
                (
                    "continuous",
                    pair.curve_id_continuous,
                    pair.metric_continuous,
                    pair.sharpness_continuous,
                ),
            ),
        )
        for pair in shown.itertuples()
    ]

    def points(curve: str) -> Sequence[Sequence[Any]]:
        row = row_of[curve]
        return [study.lists[column][row] for column in ("models", "scales", "scores")]

    table = [
        {
            "task": pair.task,
            "subtask": pair.subtask,
            "condition": pair.condition,
            "model_family": pair.model_family,
            "side": side,
            "curve_id": curve,
            "metric": metric,
            "model": model,
            "scale": scale,
            "score": score,
        }
        for pair, both in sides
        for side, curve, metric, _ in both
        for model, scale, score in zip(*points(curve), strict=True)
    ]

    def draw() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(
            len(sides),
            2,
            figsize=(7.2, 2.1 * len(sides) + 0.2),
            squeeze=False,
            layout="constrained",
        )
        described = []
        for (pair, both), axes in zip(sides, panels, strict=True):
            for (group, curve, metric, sharpness), panel in zip(both, axes, strict=True):
                models, scales, scores = points(curve)
                panel.plot(
                    scales,
                    scores,
                    color=COLOURS[group],
                    marker=SHAPES[group],
                    markersize=4,
                    linewidth=1.2,
                )
                model_axis(panel, models, scales, 0.08)
                panel.yaxis.set_major_locator(MaxNLocator(3))
                panel.set_title(
                    f"{shorten(metric, 32)}: sharpness {number(float(sharpness))}", fontsize=9
                )
                described.append(
                    f"{shorten(pair.task, 40)}, {shorten(metric, 40)}: "
                    + ", ".join(number(float(score)) for score in scores)
                )
            parts = [
                shorten(text, 22) for text in (pair.task, pair.condition, pair.model_family) if text
            ]
            axes[0].set_ylabel("\n".join(parts), rotation=0, ha="right", va="center")
        return figure, "; ".join(described) + "."

    return finished(name, title, draw, caption, table)
