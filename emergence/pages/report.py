"""The page of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from emergence.curves import JUDGED
from emergence.errors import shorten
from emergence.pages.evidence import Drawing
from emergence.pages.figures import MOST_MARKS, gallery, sharpness_by_metric
from emergence.pages.findings import REASONS, findings, verdict_words
from emergence.pages.render import render
from emergence.pages.words import number
from emergence.pages.worth import worth
from emergence.schema import FLAGS, REJECT_REASONS, USES

#: Longest name shown in a table; the whole one is in its title and in the tables beside.
_LONGEST_NAME = 60

#: Rejects listed on the page; all are in the table beside it.
_REJECTS_SHOWN = 20


def report_page(
    *,
    summary: Mapping[str, Any],
    entry: Mapping[str, Any],
    curves: pa.Table,
    inference: pa.Table,
    labels: pa.Table,
    claims: Mapping[str, Any],
    rejects: pa.Table,
    annotations: Mapping[str, Mapping[str, Any]],
    human: Mapping[tuple[str, str], float],
    calibration: Sequence[Mapping[str, Any]],
    drawings: Sequence[Drawing],
    experiments: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    provenance: Mapping[str, Any],
    tables: Sequence[str],
) -> str:
    """Write the page of a dataset.

    Parameters
    ----------
    summary : mapping
        From `emergence.summary.summarize`, with the ``verdicts`` of
        `emergence.verdicts.counts.verdict_counts`.
    entry : mapping
        The dataset's registry entry.
    curves, inference, labels : pyarrow.Table
        The dataset's tables, of the same curves in the same order.
    claims : mapping
        From `emergence.claims.decide.decide`.
    rejects : pyarrow.Table
    annotations : mapping of str to mapping
        Rows of the hand annotations by task; empty where they do not apply.
    human : mapping of (str, str) to float
        Score of the average human rater by task and metric, in the metric's own unit.
    calibration : sequence of mapping
        Rows of `emergence.facts.VERDICT_CALIBRATION`.
    drawings : sequence of Drawing
        The figures beside that of the distribution.
    experiments : sequence of mapping
        From `emergence.induced`; empty for datasets that were not computed so.
    settings : mapping
        The configuration that the page depends on.
    provenance : mapping
        ``code_version``, ``python``, ``packages`` (name to version).
    tables : sequence of str
        Names of the files beside the page, in ``tables/``.

    Returns
    -------
    str
        A self-contained HTML document.
    """
    level = shown_level(curves)
    ordered = curves.take(by_emergence(curves))
    judged = judged_curves(curves)
    figure = None
    if judged.num_rows:
        columns = judged.select(["metric", "metric_group", "sharpness"]).to_pandas()
        figure = Markup(sharpness_by_metric(columns, settings["seed"]))
    top = most_telling(curves, inference, labels, settings["top_curves"])
    for curve in top:
        curve["human"] = human.get((curve["task"], curve["metric"]))
    rows = ordered.slice(0, settings["page_rows"])
    verdicts = labels.take(by_emergence(curves).slice(0, settings["page_rows"])).to_pylist()
    return render(
        "report.html.j2",
        summary=summary,
        entry=entry,
        level=level,
        figure=figure,
        claims=[_counted(claim) for claim in claims["claims"]],
        drawings=[
            {
                "name": drawing.name,
                "title": drawing.title,
                "caption": drawing.caption,
                "figure": Markup(drawing.svg),
                "file": f"figures/{drawing.name}.csv" if drawing.table else "",
            }
            for drawing in drawings
        ],
        experiments=experiments,
        top=[
            {
                **_curve_row(curve, annotations),
                "figure": Markup(svg),
                "findings": [
                    *findings(curve, settings),
                    *(
                        [("What that is worth", said)]
                        if (said := worth(curve, calibration))
                        else []
                    ),
                ],
            }
            for curve, svg in zip(top, gallery(top), strict=True)
        ],
        human=any(curve["human"] is not None for curve in top),
        rows=[
            {**_curve_row(curve, annotations), "verdict_words": verdict_words(label)}
            for curve, label in zip(rows.to_pylist(), verdicts, strict=True)
        ],
        on_page=set(rows["curve_id"].to_pylist()),
        reasons=REASONS,
        calibration=_power(calibration),
        rejects=rejects.slice(0, _REJECTS_SHOWN).to_pylist(),
        reject_reasons=REJECT_REASONS,
        uses=USES,
        flags=FLAGS,
        settings=settings,
        provenance=provenance,
        tables=tables,
        judged=judged.num_rows,
        infinite=pc.sum(pc.equal(judged["status"], "infinite")).as_py() or 0,
        marks=judged.num_rows <= MOST_MARKS,
        groups={
            group["name"]: group for group in summary["by_metric_group"] if group["level"] == level
        },
    )


def _power(calibration: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return for each simulated design how often verdicts are wrong, and breaks found."""
    rows = []
    designs = sorted({(row["scales"], row["examples"], row["scatter"]) for row in calibration})
    for scales, examples, scatter in designs:
        design = [
            row
            for row in calibration
            if (row["scales"], row["examples"], row["scatter"]) == (scales, examples, scatter)
        ]
        smooth = [row for row in design if row["kind"] == "smooth"]
        breaks = [row for row in design if row["kind"] == "break"]
        rows.append(
            {
                "scales": scales,
                "examples": examples,
                "scatter": scatter,
                "false_break": max(100 * row["beyond_smooth"] for row in smooth),
                "false_smooth": max(100 * row["smooth_suffices"] for row in breaks),
                "found_least": min(100 * row["beyond_smooth"] for row in breaks),
                "found_most": max(100 * row["beyond_smooth"] for row in breaks),
            }
        )
    return rows


def shown_level(curves: pa.Table) -> str:
    """Return the level that the page speaks of: whole tasks, if there are any."""
    return "task" if pc.any(pc.equal(curves["level"], "task")).as_py() else "subtask"


def judged_curves(curves: pa.Table) -> pa.Table:
    """Return the curves of the shown level with enough scales, ordered as `by_emergence` does.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.schema.CURVES`.

    Returns
    -------
    pyarrow.Table
    """
    ordered = curves.take(by_emergence(curves))
    enough = pc.is_in(ordered["status"], value_set=pa.array(JUDGED))
    return ordered.filter(pc.and_(enough, pc.equal(ordered["level"], shown_level(curves))))


def most_telling(
    curves: pa.Table, inference: pa.Table, labels: pa.Table, most: int
) -> list[dict[str, Any]]:
    """Return the most telling curves with all that is known of them.

    Apparent ones first, beyond the law before the others; then those that might be; then the
    highest sharpness. Curves that are left out of the verdicts come last.

    Parameters
    ----------
    curves, inference, labels : pyarrow.Table
        Of the same curves in the same order.
    most : int
        Number of curves.

    Returns
    -------
    list of dict
        Their rows of the three tables together.
    """
    order, level = by_emergence(curves), shown_level(curves)
    rank = np.full(curves.num_rows, 5, np.int64)
    judged = pc.is_in(curves["status"], value_set=pa.array(JUDGED)).to_numpy()
    rank[judged & pc.equal(curves["level"], level).to_numpy()] = 3
    apparent = labels["apparent"].to_pylist()
    for row, verdict in enumerate(labels["verdict"].to_pylist()):
        if apparent[row]:
            rank[row] = 0 if verdict == "beyond_smooth" else 1
        elif apparent[row] is None:
            rank[row] = 2
    left_out = pc.is_valid(labels["left_out"]).to_numpy()
    rank[left_out & (rank < 5)] = 4
    by_sharpness = order.to_numpy()
    chosen = by_sharpness[np.argsort(rank[by_sharpness], kind="stable")]
    chosen = pa.array(chosen[rank[chosen] < 5][:most])
    together = {}
    for table in (curves, inference, labels):
        part = table.take(chosen)
        together.update({name: part[name].to_pylist() for name in part.column_names})
    return [{name: values[row] for name, values in together.items()} for row in range(len(chosen))]


def _counted(claim: Mapping[str, Any]) -> dict[str, Any]:
    """Count the outcomes of a claim under other settings."""
    outcomes: dict[str, int] = {}
    for row in claim["sensitivity"]:
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + 1
    return {**claim, "outcomes": outcomes}


def by_emergence(curves: pa.Table) -> pa.Array:
    """Order curves: those with at least four scales first, then by falling sharpness.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.schema.CURVES`.

    Returns
    -------
    pyarrow.Array
        Rows in this order. Infinite scores lead; among equal ones the wider jump (linearity)
        comes first, then the table's own order.
    """
    judged = pc.is_in(curves["status"], value_set=pa.array(JUDGED)).to_numpy()
    sharpness, linearity = (
        np.nan_to_num(curves[name].to_numpy(), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        for name in ("sharpness", "linearity")
    )
    order = np.lexsort((np.arange(curves.num_rows), -linearity, -sharpness, ~judged))
    return pa.array(order)


def _curve_row(
    curve: Mapping[str, Any], annotations: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    annotation = annotations.get(curve["task"], {})
    emerged = " ".join(
        text for text in (annotation.get("model_family"), annotation.get("model_size")) if text
    )
    words = (curve["annotation"] or "").replace("_", " ")
    return {
        **curve,
        "name": shorten(
            f"{curve['task']}:{curve['subtask']}" if curve["subtask"] else curve["task"],
            _LONGEST_NAME,
        ),
        "metric_name": shorten(curve["metric"], _LONGEST_NAME),
        "family_name": shorten(curve["model_family"], _LONGEST_NAME),
        "annotation_words": f"{words}: {emerged}" if emerged and words else words,
        "scores_words": ", ".join(number(score) for score in curve["scores"]),
    }
