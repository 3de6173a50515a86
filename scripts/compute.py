"""Compute the files of a dataset that a program of this project makes.

Outputs
-------
- ``data/raw/{dataset}/files/scores.csv``: one row a score, in the tidy format
- ``data/raw/{dataset}/computed.json``: written last; names the program, its settings, and each
  file with its digest

A program may write further files beside the scores, and keep in ``data/raw/{dataset}/kept``
what it need not do again when it was interrupted.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.compute import Computation, compute
from emergence.errors import InputError
from emergence.tables import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    path = Path(snakemake.output.mark)
    wanted = Computation(**snakemake.params.computation)
    with logged(snakemake) as log:
        log.info("program %s with %s", wanted.program, wanted.settings)
        try:
            mark = compute(wanted, path.parent, cores=snakemake.threads)
        except InputError as error:
            where = f"dataset {snakemake.wildcards.dataset!r}, {error.where}"
            raise InputError(error.problem, where=where, remedy=error.remedy) from error
        write_json(mark, path)
        for file in mark["files"]:
            log.info("%(path)s: %(bytes)d bytes, SHA-256 %(sha256)s", file)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
