"""Resample the examples of each task, once for all its models and metrics.

Only of datasets whose sources hold single answers.

Outputs
-------
- ``data/processed/{dataset}/resampled.parquet``: one row a curve: intervals of its scores and of
  its sharpness, `emergence.samples.resampled_table.RESAMPLED`
- ``data/processed/{dataset}/metric_differences.parquet``: one row a pair of metrics of the same
  answers; ``model_differences.parquet``: one row a pair of models of a curve
- ``reports/{dataset}/tables/*``: the same as parquet and CSV, beside the page
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of

from emergence.progress import shown
from emergence.samples.resampled_table import TABLES
from emergence.stages.resample import resample, write_beside
from emergence.tables import write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log, shown() as progress:
        progress.doing("resampling the examples")
        study = resample(study_of(snakemake), progress)
        log.info("%d curves with single answers", study.resampled.num_rows)
        for name, schema in TABLES.items():
            write_table(getattr(study, name), schema, Path(snakemake.output[name]))
        write_beside(study, Path("reports", study.dataset, "tables"))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
