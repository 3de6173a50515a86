"""What the smooth law says of the curves that look emergent."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.pages.figures.base import (
    COLOURS,
    DASHES,
    GROUP_NAMES,
    HATCHES,
    Drawing,
    counted,
    finished,
    no_curve,
    plain_log_axis,
)
from emergence.pages.svg import INK, MARKERS
from emergence.pages.words import VERDICTS as VERDICT_WORDS
from emergence.pages.words import number
from emergence.study import Study
from emergence.verdicts.labels_table import VERDICTS

#: Reasons why a curve is not decidable, short enough for a figure.
_REASONS = {
    "n_unknown": "examples unknown",
    "too_few_scales": "too few scales",
    "not_a_share": "score is no share",
    "no_law": "metric has no law",
    "outside_range": "score outside its range",
    "range_unknown": "range not known",
    "not_positive": "loss not above 0",
    "no_degrees": "scatter cannot be seen",
    "interval_spans_b_max": "interval on both sides",
    "argmax": "likeliest of choices",
    "not_significant": "break not significant",
    "not_identified": "no exponent",
    "five_sizes": "only five sizes",
}


def draw(study: Study) -> Drawing:
    """Draw the verdicts on the apparent curves, by metric group and against b_max.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    Drawing
    """
    name, title = "verdicts", "Verdicts on the curves that look emergent"
    counts = study.summary
    found = counts["verdicts"]["all"]
    if not found["apparent"]:
        missing = (
            counted(found["apparent"], "def-apparent", "verdicts.all.apparent"),
            " curves look emergent here. It takes a curve that rises under the false discovery "
            "rate, not early, and steeper than a straight line.",
        )
        return Drawing(name, title, missing if len(study.judged) else (no_curve(),))
    by_group = counts["verdicts"]["by_metric_group"]
    groups = {group: by_group[group] for group in METRIC_GROUPS if by_group[group]["apparent"]}
    kinds = [(name, "") for name in VERDICTS if name != "not_decidable"]
    kinds += [("not_decidable", reason) for reason in found["reasons"]]
    rows = [
        {
            "metric_group": group,
            "b_max": None,
            "verdict": verdict,
            "reason": reason,
            "curves": some["reasons"].get(reason, 0) if reason else some["verdicts"][verdict],
        }
        for group, some in groups.items()
        for verdict, reason in kinds
    ]
    beside = counts["verdicts"]["by_b_max"]
    lines = {
        "steeper": "steeper, likeliest of choices included",
        "beyond_smooth": VERDICT_WORDS["beyond_smooth"],
        "exponent_below": VERDICT_WORDS["smooth_suffices"],
    }
    rows += [
        {
            "metric_group": "all",
            "b_max": row["b_max"],
            "verdict": kind,
            "reason": "",
            "curves": row[kind],
        }
        for row in beside
        for kind in ("exponent_known", *lines)
    ]

    def drawn() -> tuple[plt.Figure, str]:
        figure, (bars, axes) = plt.subplots(
            1,
            2,
            figsize=(7.2, 1.0 + 0.3 * max(len(kinds), 6)),
            layout="constrained",
            width_ratios=(1, 1.1),
        )
        names = [
            f"undecided: {_REASONS.get(reason, reason.replace('_', ' '))}"
            if reason
            else VERDICT_WORDS[verdict]
            for verdict, reason in kinds
        ]
        left = np.zeros(len(kinds))
        for group in groups:
            values = np.array(
                [row["curves"] for row in rows if row["metric_group"] == group], float
            )
            bars.barh(
                range(len(kinds)),
                values,
                left=left,
                height=0.6,
                facecolor="none",
                edgecolor=COLOURS[group],
                hatch=HATCHES[group],
                linewidth=1.2,
                label=GROUP_NAMES[group],
            )
            left = left + values
        for y, total in enumerate(left):
            bars.annotate(
                f"{total:.0f}", (total, y), (3, 0), textcoords="offset points", va="center"
            )
        bars.set_yticks(range(len(kinds)), names)
        bars.tick_params(axis="y", length=0)
        bars.invert_yaxis()
        bars.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        bars.set_xlim(0, 1.3 * max(float(left.max()), 1))
        bars.set_xlabel("curves that look emergent")
        figure.legend(*bars.get_legend_handles_labels(), loc="outside upper left", ncols=3)
        x = [row["b_max"] for row in beside]
        for (kind, label), marker, dash in zip(
            lines.items(), MARKERS, DASHES.values(), strict=True
        ):
            axes.plot(
                x,
                [row[kind] for row in beside],
                color=INK,
                marker=marker,
                linestyle=dash,
                markersize=5,
                linewidth=1.2,
                label=label,
            )
        plain_log_axis(axes, x)
        axes.set_xlabel("b_max, the largest exponent that is smooth")
        most = max(row[kind] for row in beside for kind in lines)
        axes.set_ylim(-0.04 * max(most, 1), 1.7 * max(most, 1))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.legend(loc="upper left", fontsize=8.5)
        described = "; ".join(
            f"{group}, {word}: {row['curves']}"
            for group in groups
            for word, row in zip(
                names, [r for r in rows if r["metric_group"] == group], strict=True
            )
        )
        against = "; ".join(
            f"with b_max {number(float(row['b_max']))} {row['exponent_known']} exponents known, "
            f"{row['steeper']} steeper, {row['beyond_smooth']} beyond smooth, "
            f"{row['exponent_below']} at or below"
            for row in beside
        )
        return figure, f"{described}. {against}."

    caption = (
        "Left: ",
        counted(found["apparent"], "def-apparent", "verdicts.all.apparent"),
        " curves that look emergent, by verdict, and by reason where they cannot be decided. "
        "Right: decided curves as a function of b_max, the largest exponent that counts as smooth.",
    )
    reading = (
        "A curve that cannot be decided is evidence for neither side. With a large b_max the law "
        "contains a step, and nothing can be steeper. Many curves steeper than a smooth law at "
        "every b_max would speak against the mirage.",
    )
    return finished(name, title, drawn, caption, rows, reading=reading)
