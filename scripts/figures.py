"""Draw the figures of a dataset's page as files for papers.

Outputs
-------
- ``reports/{dataset}/figures/*``: each figure as SVG, PDF and PNG of 300 dots an inch
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc
from _step import logged

from emergence.claims.base import evidence
from emergence.facts import EMERGENT_ANNOTATIONS, TASK_INVENTORY, read_facts
from emergence.pages.evidence import conditions_figure, evidence_figures
from emergence.pages.figures import gallery, sharpness_by_metric
from emergence.pages.report import judged_curves, most_telling
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
        judged = judged_curves(curves)
        with exporting(folder):
            if pc.count(judged["metric"]).as_py():
                columns = judged.select(["metric", "metric_group", "sharpness"]).to_pandas()
                sharpness_by_metric(columns, settings["seed"])
            evidence_figures(known, settings)
            if "compare_conditions" in entry:
                conditions_figure(curves, entry["compare_conditions"], settings["level"])
            gallery(most_telling(curves, inference, labels, settings["top_curves"]))
        log.info("%d files", len(list(folder.iterdir())))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
