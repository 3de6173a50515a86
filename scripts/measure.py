"""Join the scores into scale curves and measure each.

Outputs
-------
- ``data/processed/{dataset}/curves.parquet``: one row a curve, `emergence.schema.CURVES`
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.curves import build_curves
from emergence.facts import (
    EMERGENT_ANNOTATIONS,
    METRIC_CATALOG,
    metrics,
    read_facts,
    stated_directions,
)
from emergence.progress import shown
from emergence.schema import CURVES, SCORES
from emergence.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    entry = snakemake.params.entry
    with logged(snakemake) as log, shown() as progress:
        progress.doing("measuring the scale curves")
        scores = read_table(Path(snakemake.input.scores), SCORES)
        sources = json.loads(Path(snakemake.input.sources).read_text(encoding="utf-8"))
        known = metrics(
            read_facts(Path(snakemake.input.metrics), METRIC_CATALOG),
            entry.get("metrics", {}),
            stated=stated_directions(sources["files"]),
        )
        annotations = {}
        if entry.get("task_names") == "bigbench":
            rows = read_facts(Path(snakemake.input.annotations), EMERGENT_ANNOTATIONS)
            annotations = {row["task"]: row["category"] for row in rows}
        curves = build_curves(scores, known, annotations)
        log.info("%d curves from %d score rows", curves.num_rows, scores.num_rows)
        write_table(curves, CURVES, Path(snakemake.output.curves))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
