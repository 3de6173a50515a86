"""Draw the figures of a dataset's page as files for papers.

Outputs
-------
- ``reports/{dataset}/figures/*``: each figure as SVG, PDF and PNG of 300 dots an inch
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.claims.base import evidence
from emergence.facts import EMERGENT_ANNOTATIONS, TASK_INVENTORY, read_facts
from emergence.pages.drawings.conditions import conditions_figure
from emergence.pages.drawings.induced import read_study, study_figures
from emergence.pages.evidence import evidence_figures
from emergence.pages.figures import gallery
from emergence.pages.order import most_telling
from emergence.pages.report import distribution
from emergence.pages.svg import exporting
from emergence.progress import shown
from emergence.schema import CURVES, INFERENCE, LABELS
from emergence.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    entry, settings = snakemake.params.entry, snakemake.params.settings
    folder = Path(snakemake.output.figures)
    with logged(snakemake) as log, shown() as progress:
        progress.doing("drawing the figures")
        curves = read_table(Path(snakemake.input.curves), CURVES)
        inference = read_table(Path(snakemake.input.inference), INFERENCE)
        labels = read_table(Path(snakemake.input.labels), LABELS)
        annotations = {}
        if entry.get("task_names") == "bigbench":
            rows = read_facts(Path(snakemake.input.annotations), EMERGENT_ANNOTATIONS)
            annotations = {row["task"]: row for row in rows}
        inventory = read_facts(Path(snakemake.input.inventory), TASK_INVENTORY)
        known = evidence(
            snakemake.wildcards.dataset, curves, inference, labels, annotations, inventory
        )
        folder.mkdir(parents=True, exist_ok=True)
        summary = json.loads(Path(snakemake.input.summary).read_text(encoding="utf-8"))
        with exporting(folder):
            distribution(curves, settings, summary)
            evidence_figures(known, settings, summary)
            if "compare_conditions" in entry:
                conditions = entry["compare_conditions"]
                conditions_figure(curves, conditions, settings["level"], summary)
            study = read_study(snakemake.input.experiments)
            if study:
                study_figures(study, entry, snakemake.wildcards.dataset)
            gallery(most_telling(curves, inference, labels, settings["top_curves"]))
        log.info("%d files", len(list(folder.iterdir())))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
