"""The figures of the argument: what looks emergent, what the law explains, what metrics do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from emergence.claims.agreement import annotated_units
from emergence.claims.base import Evidence
from emergence.claims.clustering import enrichment
from emergence.claims.resolution import floors
from emergence.claims.switching import metric_pairs
from emergence.conditions import compared
from emergence.errors import shorten
from emergence.facts import METRIC_GROUPS
from emergence.measures import ROUNDING
from emergence.pages.model_figure import model_figure
from emergence.pages.svg import FAINT, INK, MARKERS, SERIES, drawing, inline_svg
from emergence.pages.words import large, number
from emergence.schema import VERDICTS

#: Thresholds of the sharpness over which the apparent curves are counted.
_THRESHOLDS = np.round(np.geomspace(0.25, 8, 41), 4)

#: Most exponents and pairs that a figure shows one by one.
_MOST_ROWS = 40

#: Pairs of curves that are drawn side by side.
_MOST_PAIRS = 5

_COLOURS = dict(zip(METRIC_GROUPS, SERIES, strict=True))
_SHAPES = dict(zip(METRIC_GROUPS, MARKERS, strict=True))
_DASHES = dict(zip(METRIC_GROUPS, ("-", (0, (5, 2)), (0, (1, 1.5))), strict=True))
_HATCHES = dict(zip(VERDICTS, ("", "////", "...."), strict=True))


@dataclass(frozen=True)
class Drawing:
    """A figure with what stands around it.

    Attributes
    ----------
    name : str
        Of the figure on its page, and of its table beside the page.
    title : str
    svg : str
        Inline SVG, with its text alternative.
    caption : str
        What to see, of how many, and what would change one's mind.
    table : list of dict
        The numbers that are drawn, one row a mark.
    """

    name: str
    title: str
    svg: str
    caption: str
    table: list[dict[str, Any]]


def evidence_figures(evidence: Evidence, settings: Mapping[str, Any]) -> list[Drawing]:
    """Draw the figures that this dataset has something for.

    Parameters
    ----------
    evidence : Evidence
    settings : mapping
        ``sharpness``, ``b_max`` and ``claims``.

    Returns
    -------
    list of Drawing
    """
    rules = settings["claims"]
    pairs = metric_pairs(evidence)
    drawn = [
        _thresholds(evidence.judged, settings),
        _verdicts(evidence.judged),
        _exponents(evidence.judged, settings),
        _enrichment(evidence.judged),
        _switch(pairs),
        _paired(evidence, pairs),
        _agreement(annotated_units(evidence, rules["agreement"]["families"])),
        _floors(floors(evidence, rules)[0]),
        _model(),
    ]
    return [figure for figure in drawn if figure is not None]


def _finished(
    name: str,
    title: str,
    draw: Callable[[], tuple[plt.Figure, str]],
    caption: str,
    table: Sequence[Mapping[str, Any]],
) -> Drawing:
    with drawing():
        figure, described = draw()
        svg = inline_svg(figure, name, f"{title}. {described}")
        plt.close(figure)
    return Drawing(name, title, svg, caption, [dict(row) for row in table])


def _model() -> Drawing:
    """Draw the mathematical model, which explains the effect: the same on every page."""
    figure = model_figure()
    return Drawing("model", "How a metric can make it: the model", figure.svg, figure.caption, [])


def _thresholds(judged: pd.DataFrame, settings: Mapping[str, Any]) -> Drawing | None:
    """Draw the number and share of apparent curves against the threshold, by metric group."""
    if not len(judged):
        return None
    rising = (judged["rises"] == True) & (judged["early"] != True)  # noqa: E712
    rows = []
    for group in METRIC_GROUPS:
        members = judged["metric_group"] == group
        sharpness = judged.loc[members & rising, "sharpness"].to_numpy(float)
        for threshold in _THRESHOLDS if members.any() else ():
            apparent = int(np.count_nonzero(sharpness > threshold + ROUNDING))
            rows.append(
                {
                    "metric_group": group,
                    "sharpness_above": float(threshold),
                    "apparent": apparent,
                    "curves": int(members.sum()),
                    "share": apparent / int(members.sum()),
                }
            )
    table = pd.DataFrame(rows)
    at = settings["sharpness"]

    def draw() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(1, 2, figsize=(7.2, 2.6), layout="constrained")
        for axes, column, words in zip(
            panels, ("apparent", "share"), ("apparent curves", "share of the curves"), strict=True
        ):
            axes.axvline(at, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            for group, some in table.groupby("metric_group", sort=False):
                axes.step(
                    some["sharpness_above"],
                    some[column],
                    where="post",
                    color=_COLOURS[str(group)],
                    linestyle=_DASHES[str(group)],
                    linewidth=1.4,
                    label=str(group),
                )
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
            axes.set_xticks([0.25, 0.5, 1, 2, 4, 8])
            axes.set_xlabel("sharpness above")
            axes.set_ylabel(words)
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=column == "apparent"))
            axes.set_ylim(bottom=0)
        panels[0].legend(handlelength=2.6)
        described = "; ".join(
            f"{group}: "
            + ", ".join(
                f"{row.apparent} of {row.curves} above {row.sharpness_above:g}"
                for row in some[some["sharpness_above"].isin([0.5, 1.0, 2.0, 4.0])].itertuples()
            )
            for group, some in table.groupby("metric_group", sort=False)
        )
        return figure, described + "."

    caption = (
        f"Curves that rise, not early, and are sharper than the threshold; the setting is {at:g} "
        "(dashed), a straight line. Number on the left, share of the curves with enough scales on "
        f"the right; {len(judged):,} curves. If the lines of the groups lay on each other, the "
        "kind of metric would have nothing to do with it."
    )
    return _finished("thresholds", "Apparent curves against the threshold", draw, caption, rows)


def _verdicts(judged: pd.DataFrame) -> Drawing | None:
    """Draw the verdicts on the apparent curves, by metric group."""
    apparent = judged[judged["apparent"] == True]  # noqa: E712
    if not len(apparent):
        return None
    groups = [group for group in METRIC_GROUPS if (apparent["metric_group"] == group).any()]
    rows = [
        {
            "metric_group": group,
            "verdict": verdict,
            "curves": int(
                ((apparent["metric_group"] == group) & (apparent["verdict"] == verdict)).sum()
            ),
        }
        for group in groups
        for verdict in VERDICTS
    ]

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.45 * len(groups)), layout="constrained")
        left = np.zeros(len(groups))
        for verdict, colour in zip(VERDICTS, SERIES, strict=True):
            counts = np.array([row["curves"] for row in rows if row["verdict"] == verdict], float)
            axes.barh(
                groups,
                counts,
                left=left,
                height=0.6,
                facecolor="none",
                edgecolor=colour,
                hatch=_HATCHES[verdict],
                linewidth=1.2,
                label=verdict.replace("_", " "),
            )
            for y, (count, begin) in enumerate(zip(counts, left, strict=True)):
                if count:
                    axes.annotate(
                        f"{count:.0f}",
                        (begin + count / 2, y),
                        ha="center",
                        va="center",
                        bbox={"facecolor": "none", "edgecolor": "none"},
                    )
            left = left + counts
        axes.invert_yaxis()
        axes.set_xlabel("apparent curves")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{row['metric_group']}, {row['verdict'].replace('_', ' ')}: {row['curves']}"
            for row in rows
        )
        return figure, described + "."

    caption = (
        f"The {len(apparent):,} curves that look emergent, by what the smooth law says of them. "
        "Beyond smooth: steeper than the law allows. Smooth suffices: the law explains them, and "
        "the metric makes the sharpness. Not decidable: the data cannot tell, which is no "
        "evidence for either."
    )
    return _finished("verdicts", "Verdicts on the apparent curves", draw, caption, rows)


def _exponents(judged: pd.DataFrame, settings: Mapping[str, Any]) -> Drawing | None:
    """Draw the exponent that each apparent curve needs, with its interval."""
    known = judged["exponent_status"].isin(["estimated", "open_above"])
    curves = judged[(judged["apparent"] == True) & known]  # noqa: E712
    if not len(curves):
        return None
    curves = curves.sort_values(["exponent_low", "curve_id"], ascending=[False, True])
    shown = curves.head(_MOST_ROWS)
    rows = [
        {
            "curve_id": row.curve_id,
            "task": row.task,
            "subtask": row.subtask,
            "metric": row.metric,
            "model_family": row.model_family,
            "exponent": row.exponent,
            "exponent_low": row.exponent_low,
            "exponent_high": row.exponent_high,
            "verdict": row.verdict,
        }
        for row in curves.itertuples()
    ]
    b_max = settings["b_max"]

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.24 * len(shown)), layout="constrained")
        low = np.maximum(shown["exponent_low"].to_numpy(float), 0.01)
        finite = shown["exponent_high"].replace(np.inf, np.nan)
        right = 2 * max(4.0, float(np.nanmax(np.append(finite.to_numpy(float), low))))
        high = finite.fillna(right).to_numpy(float)
        axes.axvline(b_max, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        for y, (row, begin, end) in enumerate(zip(shown.itertuples(), low, high, strict=True)):
            colour = _COLOURS[row.metric_group]
            axes.plot([begin, end], [y, y], color=colour, linewidth=1.4)
            if np.isinf(row.exponent_high):
                axes.plot([right], [y], color=colour, marker=">", markersize=5, linewidth=0)
            else:
                axes.plot(
                    [row.exponent],
                    [y],
                    color=colour,
                    marker=_SHAPES[row.metric_group],
                    markersize=5,
                    linewidth=0,
                )
        axes.set_xscale("log")
        axes.set_xlim(0.008, 1.15 * right)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel("exponent b of the smooth law, with its interval")
        names = [_curve_name(row) for row in shown.itertuples()]
        axes.set_yticks(range(len(names)), names, fontsize=8.5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        described = "; ".join(
            f"{name}: above {number(float(row.exponent_low))}"
            if np.isinf(row.exponent_high)
            else f"{name}: {number(float(row.exponent))}, "
            f"{number(float(row.exponent_low))} to {number(float(row.exponent_high))}"
            for name, row in zip(names, shown.itertuples(), strict=True)
        )
        return figure, described + "."

    first = f"The first {len(shown)} of " if len(shown) < len(curves) else ""
    caption = (
        f"{first}{len(curves):,} apparent curves whose exponent is known, with profile intervals; "
        f"an arrow has no upper end. The losses of language models fall with exponents of about "
        f"0.05 to 0.5: an interval wholly to the right of b_max = {b_max:g} (dashed) is steeper "
        "than that, one wholly to the left is not. An interval on both sides decides nothing."
    )
    return _finished("exponents", "The exponent that each curve needs", draw, caption, rows)


def _curve_name(row: Any) -> str:
    task = f"{row.task}:{row.subtask}" if row.subtask else row.task
    return f"{shorten(task, 34)}, {shorten(row.model_family, 14)}"


def _enrichment(judged: pd.DataFrame) -> Drawing | None:
    """Draw the share of discontinuous curves among the highest scores, over all cut-offs."""
    curves = judged[judged["metric_group"].isin(["discontinuous", "continuous"])]
    if curves["metric_group"].nunique() < 2:
        return None
    rows = enrichment(curves, np.round(np.geomspace(0.01, 1, 60), 6).tolist())

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 2.5), layout="constrained")
        axes.axhline(rows[-1]["of all, %"], color=FAINT, linewidth=1.0)
        sns.lineplot(
            x=[row["highest, %"] for row in rows],
            y=[row["discontinuous, %"] for row in rows],
            ax=axes,
            color=_COLOURS["discontinuous"],
            linewidth=1.5,
            errorbar=None,
        )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
        axes.set_ylim(0, 103)
        axes.set_xlabel("highest sharpness")
        axes.set_ylabel("discontinuous, %")
        picked = [rows[i] for i in (0, len(rows) // 3, 2 * len(rows) // 3, len(rows) - 1)]
        described = "; ".join(
            f"of the highest {number(row['highest, %'])} %, {number(row['discontinuous, %'])} %"
            for row in picked
        )
        return figure, f"Share under discontinuous metrics: {described}."

    caption = (
        f"Of {len(curves):,} curves under discontinuous or continuous metrics: the share of "
        "discontinuous ones among the highest sharpness, over all cut-offs; the faint line is "
        "their share of all. A line that stays at the faint one would mean that high scores do "
        "not cluster."
    )
    return _finished("enrichment", "Who has the highest scores", draw, caption, rows)


def _switch(pairs: pd.DataFrame) -> Drawing | None:
    """Draw the same outputs under two metrics, as lines that join."""
    if not len(pairs):
        return None
    ordered = pairs.assign(first=pairs["apparent"] == True).sort_values(  # noqa: E712
        ["first", "sharpness", "curve_id"], ascending=[False, False, True]
    )
    shown = ordered.head(10 * _MOST_ROWS)
    rows = [
        {
            "curve_id": row.curve_id,
            "curve_id_continuous": row.curve_id_continuous,
            "task": row.task,
            "subtask": row.subtask,
            "model_family": row.model_family,
            "metric": row.metric,
            "sharpness": row.sharpness,
            "metric_continuous": row.metric_continuous,
            "sharpness_continuous": row.sharpness_continuous,
            "apparent": bool(row.first),
        }
        for row in ordered.itertuples()
    ]
    edge = 8.0

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
        axes.axhline(1, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        for row in shown[::-1].itertuples():
            ends = np.clip([row.sharpness, row.sharpness_continuous], -edge, edge)
            axes.plot(
                [0, 1],
                ends,
                color=SERIES[0] if row.first else FAINT,
                linewidth=1.1 if row.first else 0.6,
                marker="o" if row.first else None,
                markersize=3.5,
            )
        axes.set_xticks([0, 1], ["discontinuous metric", "continuous metric, same outputs"])
        axes.set_xlim(-0.25, 1.25)
        axes.set_yscale("symlog", linthresh=1)
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
        )
        axes.set_yticks([-4, -1, 0, 0.5, 1, 2, 4])
        axes.set_ylabel("sharpness")
        first = ordered[ordered["first"]]
        fell = int((first["sharpness_continuous"] < first["sharpness"]).sum())
        return figure, (
            f"{len(ordered)} pairs; of {len(first)} that look emergent under the discontinuous "
            f"metric {fell} are less sharp under the continuous one."
        )

    apparent = int((ordered["first"]).sum())
    caption = (
        f"{len(ordered):,} pairs of curves of the same outputs; in colour the {apparent:,} that "
        f"look emergent under the discontinuous metric, the others faint; scores beyond {edge:g} "
        "stand at the edge. Lines that fall below the dashed one (a straight line) are "
        "emergence that the metric made; lines that stay above are evidence against that."
    )
    return _finished("metric-switch", "The same outputs under two metrics", draw, caption, rows)


def _paired(evidence: Evidence, pairs: pd.DataFrame) -> Drawing | None:
    """Draw the curves of the most telling pairs: one a task, annotated tasks first."""
    if not len(pairs):
        return None
    ordered = pairs.assign(
        annotated=pairs["annotation"] == "emergent",
        first=pairs["apparent"] == True,  # noqa: E712
    ).sort_values(
        ["annotated", "first", "sharpness", "curve_id"], ascending=[False, False, False, True]
    )
    shown = ordered.groupby("task", sort=False).head(1).head(_MOST_PAIRS)
    row_of = dict(zip(evidence.frame["curve_id"], range(len(evidence.frame)), strict=True))
    rows = []
    for pair in shown.itertuples():
        for side, curve, metric in (
            ("discontinuous", pair.curve_id, pair.metric),
            ("continuous", pair.curve_id_continuous, pair.metric_continuous),
        ):
            row = row_of[curve]
            rows += [
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
                for model, scale, score in zip(
                    *(evidence.lists[name][row] for name in ("models", "scales", "scores")),
                    strict=True,
                )
            ]
    table = pd.DataFrame(rows)

    def draw() -> tuple[plt.Figure, str]:
        figure, panels = plt.subplots(
            len(shown),
            2,
            figsize=(7.2, 1.75 * len(shown) + 0.2),
            squeeze=False,
            layout="constrained",
        )
        described = []
        for pair, axes in zip(shown.itertuples(), panels, strict=True):
            for side, curve, metric, sharpness, panel in (
                (0, pair.curve_id, pair.metric, pair.sharpness, axes[0]),
                (
                    1,
                    pair.curve_id_continuous,
                    pair.metric_continuous,
                    pair.sharpness_continuous,
                    axes[1],
                ),
            ):
                some = table[table["curve_id"] == curve]
                group = ("discontinuous", "continuous")[side]
                panel.plot(
                    some["scale"],
                    some["score"],
                    color=_COLOURS[group],
                    marker=_SHAPES[group],
                    markersize=4,
                    linewidth=1.2,
                )
                panel.set_xscale("log")
                panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: large(value)))
                panel.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
                panel.yaxis.set_major_locator(MaxNLocator(3))
                panel.set_title(
                    f"{shorten(metric, 32)}: sharpness {number(float(sharpness))}", fontsize=8.5
                )
                described.append(
                    f"{shorten(pair.task, 40)}, {shorten(metric, 40)}: "
                    + ", ".join(number(float(score)) for score in some["score"])
                )
            name = ", ".join(
                shorten(text, 26) for text in (pair.task, pair.condition, pair.model_family) if text
            )
            axes[0].set_ylabel(name.replace(", ", "\n"), rotation=0, ha="right", va="center")
        return figure, "; ".join(described) + "."

    annotated = int(shown["annotated"].sum())
    caption = (
        f"{len(shown)} of {pairs['task'].nunique():,} tasks with two metrics of the same outputs, "
        f"{annotated} of them annotated as emergent by hand; those come first, then what looks "
        "emergent and is sharpest. Left and right are the same answers of the same models, "
        "oriented so that up is better. If the right looked as sudden as the left, the metric "
        "would not have made it."
    )
    return _finished("paired-curves", "The same answers, side by side", draw, caption, rows)


def conditions_figure(curves: pa.Table, conditions: Sequence[str], level: float) -> Drawing | None:
    """Draw the difference of two conditions over scale, with its interval.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.schema.CURVES`.
    conditions : sequence of str
        Two; the second is shown against the first.
    level : float
        Of the intervals.

    Returns
    -------
    Drawing or None
        None if no curve has both conditions.
    """
    pairs = [pair for pair in compared(curves, conditions, level) if len(pair["points"]) > 1]
    if not pairs:
        return None
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

    def draw() -> tuple[plt.Figure, str]:
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
            panel.axhline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            for pair in pairs:
                if pair["first"]["task"] != task:
                    continue
                family = pair["first"]["model_family"]
                which = families.index(family) % len(SERIES)
                x = [point["scale"] for point in pair["points"]]
                y = [point["difference"] for point in pair["points"]]
                panel.plot(
                    x,
                    y,
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
            panel.set_xscale("log")
            panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: large(value)))
            panel.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
            panel.set_title(shorten(task, 40), fontsize=9)
        panels.flat[0].legend(fontsize=8.5)
        return figure, "; ".join(described) + "."

    turned = [pair for pair in pairs if pair["turns_at"]]
    words = "; ".join(
        f"{pair['first']['task']}, {pair['first']['model_family']}: {_turn_words(pair)}"
        for pair in pairs
    )
    caption = (
        f"{conditions[1]} less {conditions[0]}, {len(pairs)} pairs of curves, with "
        f"{level:.0%} intervals where the number of examples is known. The difference turns "
        f"positive with scale in {len(turned)} of them, beyond its interval on both sides in "
        f"{sum(pair['sure'] for pair in pairs)}. {words}. Both conditions solve the same "
        "problems, so that the intervals are wider than they need be. A difference that grew as "
        "smoothly from the smallest model on would be no emergence; with solve rates alone, "
        "where half an answer counts nothing, that cannot be seen."
    )
    return _finished("conditions", f"{conditions[1]} against {conditions[0]}", draw, caption, rows)


def _turn_words(pair: Mapping[str, Any]) -> str:
    if pair["turns_at"] is None:
        return "does not turn"
    low, high = pair["turns_between"]
    return f"turns between {large(low)} and {large(high)}, at about {large(pair['turns_at'])}"


def _agreement(units: pd.DataFrame) -> Drawing | None:
    """Draw the agreement of the sharpness with the annotators: a ROC curve a family."""
    curves = []
    for family, some in units.groupby("model_family"):
        positives, negatives = int(some["emergent"].sum()), int((~some["emergent"]).sum())
        if not positives or not negatives:
            continue
        for threshold in [np.inf, *sorted(set(some["sharpness"]), reverse=True)]:
            # The first point is the origin, unless a score is infinite itself.
            above = some["sharpness"] >= threshold
            curves.append(
                {
                    "model_family": str(family),
                    "sharpness_at_least": float(threshold),
                    "emergent_found": int((above & some["emergent"]).sum()),
                    "emergent": positives,
                    "others_found": int((above & ~some["emergent"]).sum()),
                    "others": negatives,
                }
            )
    if not curves:
        return None
    table = pd.DataFrame(curves)

    def draw() -> tuple[plt.Figure, str]:
        figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.0)
        described = []
        families = table.groupby("model_family", sort=True)
        for (family, some), colour, dash in zip(
            families, SERIES * len(families), [*_DASHES.values()] * len(families), strict=False
        ):
            x = np.append(0.0, some["others_found"] / some["others"])
            y = np.append(0.0, some["emergent_found"] / some["emergent"])
            area = float(np.trapezoid(y, x))
            label = f"{shorten(str(family), 20)}: {area:.2f}"
            axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.5, label=label)
            described.append(
                f"{family}: area {area:.2f} over {some['emergent'].iloc[0]} emergent and "
                f"{some['others'].iloc[0]} other tasks"
            )
        axes.set_xlabel("share of other tasks above the threshold")
        axes.set_ylabel("share of emergent tasks")
        axes.set_aspect("equal")
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
        return figure, "; ".join(described) + "."

    last = table.groupby("model_family").tail(1)
    counts = "; ".join(
        f"{row.model_family}: {row.emergent} emergent, {row.others} others"
        for row in last.itertuples()
    )
    caption = (
        f"Does a higher sharpness find the tasks that were annotated by hand as emergent? "
        f"{counts}. On the faint line it would find them no better than chance. The annotators "
        "looked at these very curves, and a handful of tasks moves the line a lot."
    )
    return _finished("annotators", "Agreement with the annotators", draw, caption, curves)


def _floors(known: pd.DataFrame) -> Drawing | None:
    """Draw the smallest score that the examples can show, and what the small models scored."""
    if not len(known):
        return None
    ordered = known.sort_values(["examples", "curve"], kind="stable").reset_index(drop=True)
    shown = ordered.head(_MOST_ROWS)

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
        axes.set_yticks(y, names, fontsize=8.5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("score")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        described = "; ".join(
            f"{name}: best of the smaller half {number(float(row.highest))}, "
            f"least visible {number(float(end))}"
            for name, row, end in zip(names, shown.itertuples(), least, strict=True)
        )
        return figure, described + "."

    caption = (
        f"{len(ordered):,} apparent curves under discontinuous metrics with known numbers of "
        f"examples, {int(ordered['floor'].sum()):,} of them with the whole smaller half of their "
        "models at or under chance + 1/n, where more examples could show what they can do. "
        "Marks to the right of it are ability that these examples do show."
    )
    return _finished(
        "example-floor", "What so few examples can show", draw, caption, ordered.to_dict("records")
    )


def _marks(axes: Axes, x: pd.Series, y: Any, marker: str, colour: str, label: str) -> None:
    axes.plot(x, y, linewidth=0, marker=marker, markersize=5, color=colour, label=label)
