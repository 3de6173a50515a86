"""Compute the files of a dataset that a program of this project makes.

Outputs
-------
- ``data/raw/{dataset}/files/scores.csv``: one row a score, in the tidy format
- ``data/raw/{dataset}/manifest.json``: written last; the program, its settings, and each file with
  its sum

A program may write further files beside the scores, and keep in ``data/raw/{dataset}/kept``
what it need not do again when it was interrupted.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.errors import InputError
from emergence.raw.computing import compute

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    asked = snakemake.params.asked
    with logged(snakemake) as log:
        log.info("program %(program)s with %(settings)s", asked)
        try:
            compute(asked, Path(snakemake.output.manifest).parent, cores=snakemake.threads)
        except InputError as error:
            where = f"dataset {snakemake.wildcards.dataset!r}, {error.where}"
            raise InputError(error.problem, where=where, remedy=error.remedy) from error


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
