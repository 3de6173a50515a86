"""Write the page of a dataset, with its tables beside it.

Outputs
-------
- ``reports/{dataset}/index.html``: the page; it needs no other file
- ``reports/{dataset}/tables/*``: every table as parquet and as CSV, list columns as a table of
  their own (``curve_points.csv``); verdicts by task, metric and model family; population,
  claims and summary
- ``reports/{dataset}/tables/figures/*.csv``: the numbers that each figure draws; those of the
  captions are in ``reports/{dataset}/tables/figures.json``
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of

from emergence.files import copy
from emergence.progress import shown
from emergence.stages.render import made_with, render, write_page, write_tables
from emergence.study import TABLES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    page = Path(snakemake.output.page)
    with logged(snakemake) as log, shown() as progress:
        study = study_of(snakemake)
        progress.doing("writing the tables")
        tables = page.parent / "tables"
        write_tables(study, tables)
        for name in TABLES:
            copy(snakemake.input[name], tables / f"{name}.parquet")
        for name in ("population", "claims", "summary"):
            copy(snakemake.input[name], tables / f"{name}.json")
        progress.doing("drawing the figures")
        inputs = snakemake.input
        beside = [*snakemake.output.tables, *inputs.experiments, *inputs.answers]
        provenance = made_with(snakemake.params.code_version)
        provenance["command"] = snakemake.params.command
        found = render(study, provenance, [Path(path).name for path in beside])
        write_page(found, page.parent)
        log.info("page of %d bytes", len(found.text.encode()))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
