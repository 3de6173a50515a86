"""Write the page of a dataset, and its tables for people beside it.

Outputs
-------
- ``reports/{dataset}/index.html``: the page; it needs no other file
- ``reports/{dataset}/tables/*.csv`` and ``*.parquet``: all tables; a curve's points are in
  ``curve_points.csv``, one row a scale; the verdicts by name in ``tasks.csv``, ``metrics.csv``
  and ``families.csv``; ``claims.json`` and ``summary.json`` as computed
- ``reports/{dataset}/tables/figures/*.csv``: the numbers behind each figure
"""

import json
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from _step import logged

from emergence.claims.base import evidence
from emergence.facts import (
    EMERGENT_ANNOTATIONS,
    HUMAN_SCORES,
    METRIC_CATALOG,
    TASK_INVENTORY,
    VERDICT_CALIBRATION,
    read_facts,
)
from emergence.files import copy, replacing
from emergence.pages.drawings.conditions import conditions_figure
from emergence.pages.drawings.induced import read_study, study_figures
from emergence.pages.evidence import evidence_figures
from emergence.pages.report import report_page
from emergence.progress import shown
from emergence.schema import CURVES, INFERENCE, LABELS, REJECTS, SCORES
from emergence.tables import flat_table, long_table, read_table, write_csv
from emergence.verdicts.by_name import TABLES, verdicts_by

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake

#: Packages whose version can change a number, a figure or the page.
PACKAGES = (
    "jinja2",
    "latex2mathml",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "seaborn",
)


def average_raters(
    scores: Iterable[Mapping[str, Any]], catalog: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], float]:
    """Take the average raters' scores that can be drawn beside the models'.

    They are published in parts of 100 where the catalogue says that upstream rescales the
    metric, and sometimes not even there: what is 1 or less could be either, and is left out.
    """
    shares = {
        row["metric"]
        for row in catalog
        if row["rescaled_by_upstream_loader"] and row["is_share_of_examples"]
    }
    return {
        (row["task"], row["metric"]): row["value"] / 100
        for row in scores
        if row["rater"] == "average" and row["metric"] in shares and 1 < row["value"] <= 100
    }


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    entry = snakemake.params.entry
    page = Path(snakemake.output.page)
    with logged(snakemake) as log, shown() as progress:
        scores = read_table(Path(snakemake.input.scores), SCORES)
        rejects = read_table(Path(snakemake.input.rejects), REJECTS)
        curves = read_table(Path(snakemake.input.curves), CURVES)
        inference = read_table(Path(snakemake.input.inference), INFERENCE)
        labels = read_table(Path(snakemake.input.labels), LABELS)
        settings = snakemake.params.settings
        annotations, human = {}, {}
        if entry.get("task_names") == "bigbench":
            rows = read_facts(Path(snakemake.input.annotations), EMERGENT_ANNOTATIONS)
            annotations = {row["task"]: row for row in rows}
            human = average_raters(
                read_facts(Path(snakemake.input.human), HUMAN_SCORES),
                read_facts(Path(snakemake.input.metrics), METRIC_CATALOG),
            )
        progress.doing("writing the tables")
        tables = page.parent / "tables"
        whole = {"scores": scores, "rejects": rejects, "curves": curves}
        for name, table in {**whole, "inference": inference, "labels": labels}.items():
            write_csv(flat_table(table), tables / f"{name}.csv")
            copy(snakemake.input[name], tables / f"{name}.parquet")
        write_csv(long_table(curves, "curve_id"), tables / "curve_points.csv")
        for column, name in TABLES.items():
            rows = verdicts_by(curves, labels, column)
            # Without rows there is nothing to take the columns from.
            table = pa.Table.from_pylist(rows) if rows else curves.select([column])
            write_csv(table, tables / f"{name}.csv")
        copy(snakemake.input.claims, tables / "claims.json")
        copy(snakemake.input.summary, tables / "summary.json")

        progress.doing("drawing the figures")
        inventory = read_facts(Path(snakemake.input.inventory), TASK_INVENTORY)
        known = evidence(
            snakemake.wildcards.dataset, curves, inference, labels, annotations, inventory
        )
        summary = json.loads(Path(snakemake.input.summary).read_text(encoding="utf-8"))
        drawings = evidence_figures(known, settings, summary)
        if "compare_conditions" in entry:
            conditions = entry["compare_conditions"]
            compared = conditions_figure(curves, conditions, settings["level"], summary)
            drawings = [compared, *drawings]
        beside = [*snakemake.output.tables, *snakemake.input.experiments]
        names = [Path(path).name for path in beside]
        folder = Path(snakemake.output.figures)
        folder.mkdir(parents=True, exist_ok=True)
        study = read_study(snakemake.input.experiments)
        pictures = study_figures(study, entry, snakemake.wildcards.dataset) if study else []
        for drawing in [*drawings, *pictures]:
            if drawing.table:
                write_csv(pa.Table.from_pylist(list(drawing.table)), folder / f"{drawing.name}.csv")
        progress.doing("writing the page")
        text = report_page(
            summary=summary,
            entry=entry,
            curves=curves,
            inference=inference,
            labels=labels,
            claims=json.loads(Path(snakemake.input.claims).read_text(encoding="utf-8")),
            rejects=rejects,
            annotations=annotations,
            human=human,
            calibration=read_facts(Path(snakemake.input.calibration), VERDICT_CALIBRATION),
            drawings=drawings,
            study=study,
            pictures=pictures,
            settings=settings,
            provenance={
                "code_version": snakemake.params.code_version,
                # Not the patch version: it does not change the bytes, and this would.
                "python": f"{sys.version_info.major}.{sys.version_info.minor}",
                "packages": {name: version(name) for name in PACKAGES},
            },
            tables=names,
        )
        with replacing(page) as partial:
            partial.write_text(text, encoding="utf-8")
        log.info("page of %d bytes", len(text.encode()))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
