"""Copy the experiments with trained networks to the results and tables.

Outputs
-------
- ``data/processed/{dataset}/experiments.json``: as computed, for ``emergence show``
- ``reports/{dataset}/tables/experiments.json``: the same, for those who have only the page
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.files import copy
from emergence.raw.manifest import check

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log:
        source = snakemake.params.experiments
        check(Path(source).parent.parent)
        for target in snakemake.output:
            copy(source, target)
        log.info("copied from %s", source)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
