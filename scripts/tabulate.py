"""Read the sources of a dataset into one table of scores.

Outputs
-------
- ``data/processed/{dataset}/scores.parquet``: one row a score, `emergence.scores_table.SCORES`
- ``data/processed/{dataset}/rejects.parquet``: the entries that made none, and why
- ``data/processed/{dataset}/sources.json``: the files that were read, with checksums
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of, write

from emergence.progress import shown
from emergence.stages.tabulate import tabulate

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake

#: Rejects that the log names one by one.
MOST_LOGGED = 1000


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log, shown() as progress:
        progress.doing("reading the sources")
        study = tabulate(study_of(snakemake), Path(snakemake.params.folder))
        rejects = study.rejects
        for reject in rejects.slice(0, MOST_LOGGED).to_pylist():
            log.warning("reject %(source_file)r: %(reason)s: %(seen)s at %(source_entry)r", reject)
        if rejects.num_rows > MOST_LOGGED:
            log.warning("and %d more: all are in rejects.parquet", rejects.num_rows - MOST_LOGGED)
        log.info("%d score rows, %d rejects", study.stored("scores").num_rows, rejects.num_rows)
        progress.doing("writing the tables")
        write(study, snakemake)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
