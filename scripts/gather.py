"""Join the shards of the inference, in the order of the curves.

Outputs
-------
- ``data/processed/{dataset}/inference.parquet``: one row a curve, `INFERENCE`
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of, write

from emergence.inference.inference_table import INFERENCE
from emergence.stages.join import join
from emergence.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log:
        shards = [read_table(Path(path), INFERENCE) for path in snakemake.input.shards]
        study = join(study_of(snakemake), shards)
        write(study, snakemake)
        log.info("%d curves from %d shards", study.inference.num_rows, len(shards))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
