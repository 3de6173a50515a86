"""The page of a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from emergence.axes import AXES
from emergence.errors import shorten
from emergence.facts.human_scores import HUMAN_SCORES
from emergence.facts.metric_catalog import METRIC_CATALOG
from emergence.facts.verdict_calibration import VERDICT_CALIBRATION
from emergence.pages.chain_section import chain_section
from emergence.pages.cited import SETTING, Cited, Sentence, cited, shown_by
from emergence.pages.condition_section import CONDITIONS, compared_conditions
from emergence.pages.curve_selection import by_emergence, most_telling
from emergence.pages.experiments import cited_study
from emergence.pages.explorer.data import outcome
from emergence.pages.explorer.files import subtask_files
from emergence.pages.figures.base import Drawing
from emergence.pages.figures.scale_curve import gallery
from emergence.pages.findings import REASONS, verdict_words
from emergence.pages.links import CurveLinks, anchor, in_explorer
from emergence.pages.render import render
from emergence.pages.sections import CLAIM_FIGURES, KEY_FIGURES, SECTIONS
from emergence.pages.unit_section import unit_rows
from emergence.pages.verdict_calibration import error_rates
from emergence.pages.words import count, extent, number, p_value, strict
from emergence.scores_table import FLAGS, REJECT_REASONS, USES
from emergence.settings import PageSettings, defaults
from emergence.study import Study
from emergence.summary import shown_level
from emergence.verdicts.by_name import TABLES, verdicts_by

#: Longest name shown in a table; the whole one is in its title and in the tables beside.
_LONGEST_NAME = 60

#: Rejects listed on the page; all are in the table beside it.
_REJECTS_SHOWN = 20

#: Curves that a claim lists on the page; all are in claims.json.
_KEYS_SHOWN = 12

#: Columns of the claims' tables that hold the id of a curve.
_ID_COLUMNS = frozenset({"curve", "its curve"})

#: Field of each table of verdicts in the explorer's address.
_FIELDS = {"task": "task", "metric": "metric", "model_family": "family"}


@dataclass(frozen=True)
class Beside:
    """What a page shows beside the study's own results.

    Attributes
    ----------
    drawings : sequence of Drawing
        The figures of the argument.
    pictures : sequence of Drawing
        Those of networks that were trained here.
    provenance : mapping
        ``code_version``, ``python``, ``packages`` (name to version).
    tables : sequence of str
        Names of the files beside the page, in ``tables/``.
    """

    drawings: Sequence[Drawing]
    pictures: Sequence[Drawing]
    provenance: Mapping[str, Any]
    tables: Sequence[str]


def report_page(study: Study, beside: Beside) -> str:
    """Write the page of a dataset.

    Parameters
    ----------
    study : Study
        With all tables, claims and the summary.
    beside : Beside

    Returns
    -------
    str
        A self-contained HTML document.
    """
    summary, entry, claims = study.summary, study.entry, study.claims
    settings = PageSettings.of(study.settings)
    curves, labels, annotations = study.curves, study.labels, study.annotations
    human = _average_raters() if annotations else {}
    ordered = by_emergence(curves)
    # The table counts as the page does: over the first axis.
    ordered = ordered.filter(curves["main_axis"].take(ordered).combine_chunks())
    shown = ordered.slice(0, settings.page_rows)
    rows = curves.take(shown)
    top = most_telling(study)
    for curve in top:
        curve["human"] = human.get((curve["task"], curve["metric"]))
    links = CurveLinks(
        frozenset(rows["curve_id"].to_pylist()),
        shown_level(curves),
        {file.task: file.name for file in subtask_files(curves)},
    )
    existence = {claim["id"]: claim["existence"] for claim in summary["claims"]}
    shown_claims = [
        {
            **_claim(claim),
            "applies": claim["outcome"] != "does not apply" or existence[claim["id"]],
        }
        for claim in claims["claims"]
    ]
    values = {
        "study": cited_study(study.experiments, entry) if study.experiments else None,
        "conditions": compared_conditions(study),
        "chain": chain_section(study),
    }
    return render(
        "report.html.j2",
        **values,
        **_placed(beside.drawings, [claim["id"] for claim in shown_claims if claim["applies"]]),
        sections=[one for one in SECTIONS if not one.needs or values[one.needs]],
        summary=summary,
        entry=entry,
        claims=shown_claims,
        existence=existence,
        curve_links=_curve_links(curves, claims["claims"], links),
        id_columns=_ID_COLUMNS,
        claim_figures=CLAIM_FIGURES,
        pairs=next((d.numbers for d in beside.drawings if d.name == "metric-switch"), {}),
        pictures=[_drawn(drawing) for drawing in beside.pictures],
        top=[
            {
                **_curve_row(curve, annotations),
                "figure": Markup(svg),
                "brief": _brief(curve),
            }
            for curve, svg in zip(top, gallery(top), strict=True)
        ],
        human=any(curve["human"] is not None for curve in top),
        rows=[
            {**_curve_row(curve, annotations), "verdict_words": verdict_words(label)}
            for curve, label in zip(rows.to_pylist(), labels.take(shown).to_pylist(), strict=True)
        ],
        by_name={
            name: _named(verdicts_by(study, column), column, settings.page_rows)
            for column, name in TABLES.items()
        },
        units=unit_rows(study, _UNITS_SHOWN),
        axes=[_axis(axis) for axis in summary["axes"]],
        reasons=REASONS,
        calibration=error_rates(VERDICT_CALIBRATION.rows),
        rejects=study.rejects.slice(0, _REJECTS_SHOWN).to_pylist(),
        reject_reasons=REJECT_REASONS,
        uses=USES,
        flags=FLAGS,
        settings=settings,
        changed_settings=_settings_rows(settings),
        provenance=beside.provenance,
        tables=beside.tables,
    )


def _axis(counted: Mapping[str, Any]) -> dict[str, Any]:
    """Say what an axis is, and from where to where its models go."""
    axis = AXES[counted["axis"]]
    ends = [counted["max"], counted["min"]] if axis.falls else [counted["min"], counted["max"]]
    return {
        **counted,
        "title": axis.title,
        "extent": extent(ends, axis.name) if counted["min"] is not None else "",
    }


def _placed(drawings: Sequence[Drawing], applying: Sequence[str]) -> dict[str, Any]:
    """Give each figure its place on the page, where a claim that does not apply has none."""
    conditions = next((_drawn(one) for one in drawings if one.name == CONDITIONS), None)
    drawings = [drawing for drawing in drawings if drawing.name != CONDITIONS]
    drawn = {drawing.name: _drawn(drawing) for drawing in drawings if drawing.svg}
    key = next((drawn.pop(name) for name in KEY_FIGURES if name in drawn), None)
    of_claims = {
        claim: [drawn.pop(name) for name in CLAIM_FIGURES.get(claim, ()) if name in drawn]
        for claim in applying
    }
    of_sections = {
        one.id: [drawn.pop(name) for name in one.figures if name in drawn] for one in SECTIONS
    }
    return {
        "key": key,
        "figures_of": of_sections,
        "figures_of_claim": of_claims,
        "conditions_figure": conditions,
        "unplaced": list(drawn.values()),
        "absent": [_drawn(drawing) for drawing in drawings if not drawing.svg],
    }


#: Units on the page; all are in the tables beside it.
_UNITS_SHOWN = 100


def _settings_rows(settings: PageSettings) -> list[dict[str, Any]]:
    """List every setting that can move a number on the page, the changed ones first."""
    usual = dict(_flat(defaults()))
    rows = [
        {"name": name, "value": value, "default": usual[name], "changed": value != usual[name]}
        for name, value in _flat(settings.plain())
    ]
    return sorted(rows, key=lambda row: not row["changed"])


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", json.dumps(value, ensure_ascii=False)


def _average_raters() -> dict[tuple[str, str], float]:
    """Take the average raters' scores that can be drawn beside the models', by task and metric.

    They are published in parts of 100 where the catalogue says that upstream rescales the
    metric, and sometimes not even there: what is 1 or less could be either, and is left out.
    """
    shares = {
        row["metric"]
        for row in METRIC_CATALOG.rows
        if row["rescaled_by_upstream_loader"] and row["is_share_of_examples"]
    }
    return {
        (row["task"], row["metric"]): row["value"] / 100
        for row in HUMAN_SCORES.rows
        if row["rater"] == "average" and row["metric"] in shares and 1 < row["value"] <= 100
    }


def _drawn(drawing: Drawing) -> dict[str, Any]:
    return {
        "name": drawing.name,
        "title": drawing.title,
        "caption": drawing.caption,
        "reading": drawing.reading,
        "figure": Markup(drawing.svg),
        "file": _file(drawing),
        "numbers": drawing.numbers,
    }


def _file(drawing: Drawing) -> str:
    if drawing.name == "sharpness-by-metric":
        return "curves.csv"
    return f"figures/{drawing.name}.csv" if drawing.table else ""


def _brief(curve: Mapping[str, Any]) -> list[Cited]:
    """Say of a curve its sharpness, its exponent and its verdict, each with its definition."""
    show = shown_by(curve["curve_id"])
    exponent = "unknown"
    if curve["exponent_status"] == "estimated":
        low, high = number(curve["exponent_low"]), number(curve["exponent_high"])
        exponent = f"{number(curve['exponent'])} ({low} to {high})"
    elif curve["exponent_status"] == "open_above" and curve["exponent_low"]:
        exponent = f"above {number(curve['exponent_low'])}"
    return [
        Cited(f"sharpness {number(curve['sharpness'])}", "def-sharpness", show),
        Cited(f"exponent {exponent}", "def-law", show),
        Cited(outcome(curve), "def-verdict", show),
    ]


def _claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    """Count the outcomes of a claim under other settings; cite its numbers."""
    outcomes: dict[str, int] = {}
    for row in claim["sensitivity"]:
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + 1
    name, place = claim["id"], f"rule-{claim['number']}"

    def said(text: str, key: str) -> Sentence:
        return cited(text, place, shown_by(f"claims:claims:{name}.{key}"))

    ours = list(said(claim["ours"], "ours"))
    low, high = (claim["interval"][end] for end in ("low", "high"))
    interval: list[str | Cited] = []
    if low["status"] != "unknown":
        interval = [*said(strict(low), "interval.low"), " to "]
        interval += said(strict(high), "interval.high")
        kind = said(claim["interval"]["kind"], "interval.kind")
        ours += ["; interval ", *interval, " (", *kind, ")"]
    if claim["p"]["status"] == "finite":
        relation, _, p = p_value(claim["p"]["value"]).partition(" ")[2].partition(" ")
        ours += [f"; p {relation} ", *said(p, "p")]
    rests = [*said(count(claim["tasks"]), "tasks"), " task" + "s" * (claim["tasks"] != 1)]
    if claim["curves"]:
        rests += [" and ", *said(count(claim["curves"]), "curves")]
        rests += [" curve" + "s" * (claim["curves"] != 1)]
    value: list[str | Cited] = []
    if claim["value"]["status"] != "unknown":
        value = [f"{claim['value_kind']} ", *said(strict(claim["value"]), "value")]
        value += [" (", *interval, ")"] if interval else []
    return {
        **claim,
        "outcomes": outcomes,
        "sentence_said": said(claim["sentence"], "sentence"),
        "number_said": tuple(value),
        "said": tuple(ours),
        "rests": tuple(rests),
        "because": said(claim["reason"], "reason"),
        "would": said(claim["would_decide"], "would_decide"),
        "ruled": cited(
            claim["rule"], place, f"{SETTING}; {shown_by(f'claims:claims:{name}.rule')}"
        ),
        "stated": cited(claim["statement"], place, claim["source"]),
        "as_published": cited(claim["published"], place, claim["source"]),
        "shown": claim["keys"][:_KEYS_SHOWN],
    }


def _curve_links(
    curves: pa.Table, claims: Sequence[Mapping[str, Any]], links: CurveLinks
) -> dict[str, dict[str, str]]:
    """Return the name and the address of each curve that a claim names."""
    wanted = {key for claim in claims for key in claim["keys"][:_KEYS_SHOWN]}
    for claim in claims:
        for table in claim["tables"]:
            at = [i for i, name in enumerate(table["columns"]) if name in _ID_COLUMNS]
            wanted |= {row[i] for row in table["rows"][:20] for i in at}
    names = ["curve_id", "task", "subtask", "metric", "model_family", "condition", "level"]
    some = curves.select(names).filter(
        pc.is_in(curves["curve_id"], value_set=pa.array(sorted(wanted), pa.string()))
    )
    return {
        row["curve_id"]: {
            "name": shorten(_task_name(row), 40),
            "family": shorten(", ".join(filter(None, (row["model_family"], row["condition"]))), 50),
            "metric": shorten(row["metric"], 40),
            "to": links.to(row["curve_id"], row["task"], row["level"]),
        }
        for row in some.to_pylist()
    }


def _named(rows: list[dict[str, Any]], column: str, most: int) -> dict[str, Any]:
    """Take the first rows of a table of verdicts, with their ids and addresses."""
    field = _FIELDS[column]
    return {
        "total": len(rows),
        "rows": [
            {
                **row,
                "name": shorten(row[column], _LONGEST_NAME),
                "whole": row[column],
                "id": anchor(field, row[column]),
                "to": in_explorer(**{field: row[column]}),
            }
            for row in rows[:most]
        ],
    }


def _task_name(curve: Mapping[str, Any]) -> str:
    return f"{curve['task']}:{curve['subtask']}" if curve["subtask"] else str(curve["task"])


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
        "name": shorten(_task_name(curve), _LONGEST_NAME),
        "metric_name": shorten(curve["metric"], _LONGEST_NAME),
        "family_name": shorten(curve["model_family"], _LONGEST_NAME),
        "annotation_words": f"{words}: {emerged}" if emerged and words else words,
        "task_anchor": anchor("task", curve["task"]),
    }
