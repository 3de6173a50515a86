"""Join the scores into scale curves and measure each.

Outputs
-------
- ``data/processed/{dataset}/curves.parquet``: one row a curve, `emergence.curves_table.CURVES`
"""

from typing import TYPE_CHECKING

from _step import logged
from _study import study_of, write

from emergence.progress import shown
from emergence.stages.measure import measure

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log, shown() as progress:
        progress.doing("measuring the scale curves")
        study = measure(study_of(snakemake))
        log.info("%d curves from %d score rows", study.curves.num_rows, study.scores.num_rows)
        write(study, snakemake)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
