"""Pool, label, decide the claims, and count.

Outputs
-------
- ``data/processed/{dataset}/pooled.parquet``: tests and exponents of each curve, with what the
  other tasks say of the scatter of models, schema `POOLED`; ``units.parquet`` and
  ``residuals.parquet``: the units of these tasks, and each model's mean residual there
- ``data/processed/{dataset}/labels.parquet``: the verdict on each curve,
  `emergence.verdicts.labels_table.LABELS`
- ``data/processed/{dataset}/population.json``: the distribution of exponents in each group of
  curves
- ``data/processed/{dataset}/claims.json``: the published claims, each with the published
  number, ours, and a verdict by a rule of the configuration
- ``data/processed/{dataset}/summary.json``: the numbers that the pages state
"""

from typing import TYPE_CHECKING

from _step import logged
from _study import study_of, write

from emergence.progress import shown
from emergence.stages.decide import decide
from emergence.stages.label import label
from emergence.stages.pool import pool
from emergence.stages.population import population

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log, shown() as progress:
        progress.doing("pooling the tasks")
        study = pool(study_of(snakemake))
        log.info("%d units of tasks", study.units.num_rows)
        progress.doing("verdicts")
        study = label(study)
        log.info("%d curves labelled", study.labels.num_rows)
        progress.doing("the exponents of all curves together")
        study = population(study)
        study = decide(study, progress)
        for claim in study.claims["claims"]:
            log.info("claim %d: %s", claim["number"], claim["outcome"])
        curves = study.summary["curves"]
        log.info("%d curves: %s", curves["total"], curves["by_status"])
        write(study, snakemake)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
