"""Fetch the files of a dataset from a git repository.

Outputs
-------
- ``data/raw/{dataset}/manifest.json``: written last; what was asked for, and each file with its sum

Beside it, and kept when the step fails, so that the next run goes on where it stopped:
``data/raw/{dataset}/git`` (git's objects) and ``data/raw/{dataset}/files``.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.errors import InputError
from emergence.progress import shown
from emergence.raw.fetching import fetch

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    asked = snakemake.params.asked
    folder = Path(snakemake.output.manifest).parent
    with logged(snakemake) as log, shown() as progress:
        log.info("commit %(commit)s of %(url)s", asked)
        try:
            # A setting of the place and no parameter of the rule: it changes no byte.
            full = snakemake.config["allow_full_clone"]
            refused = fetch(asked, folder, allow_full_clone=full, progress=progress)
        except InputError as error:
            with suppress(OSError):  # Snakemake made it; other datasets may be in it.
                folder.parent.rmdir()
            where = error.where or f"dataset {snakemake.wildcards.dataset!r}"
            raise InputError(error.problem, where=where, remedy=error.remedy) from error
        for each in refused:
            log.warning("left out: %(path)s %(reason)s", each)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
