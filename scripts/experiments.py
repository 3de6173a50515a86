"""Put the experiments with trained networks where results and tables are looked for.

Outputs
-------
- ``data/processed/{dataset}/experiments.json``: as computed, for ``emergence show``
- ``reports/{dataset}/tables/experiments.json``: the same, for those who have only the page
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.compute import check_computed
from emergence.errors import InputError
from emergence.files import copy

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log:
        if not snakemake.params.experiments:
            where = f"dataset {snakemake.wildcards.dataset!r}"
            raise InputError("trains no networks: it has no experiments", where=where)
        (source,) = snakemake.params.experiments
        check_computed(Path(source).parent.parent)
        for target in snakemake.output:
            copy(source, target)
        log.info("copied from %s", source)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
