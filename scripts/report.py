"""Write the page of a dataset, with its tables beside it.

Outputs
-------
- ``reports/{dataset}/index.html``: the page; it needs no other file
- ``reports/{dataset}/tables/*``: every table as parquet and as CSV, list columns as a table of
  their own (``curve_points.csv``); verdicts by task, metric and model family; claims and summary
- ``reports/{dataset}/tables/figures/*.csv``: the numbers that each figure draws; those of the
  captions are in ``reports/{dataset}/tables/figures.json``
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from _step import logged
from _study import study_of

from emergence.files import copy, replacing
from emergence.progress import shown
from emergence.stages.render import render, write_tables
from emergence.study import TABLES
from emergence.tables import write_csv, write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake

#: Packages whose version can change a number, a figure or the page.
PACKAGES = (
    "jinja2",
    "latex2mathml",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "seaborn",
)


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
        for name in ("claims", "summary"):
            copy(snakemake.input[name], tables / f"{name}.json")
        progress.doing("drawing the figures")
        provenance = {
            "code_version": snakemake.params.code_version,
            # Not the patch version: it does not change the bytes, and this would.
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "packages": {name: version(name) for name in PACKAGES},
        }
        beside = [*snakemake.output.tables, *snakemake.input.experiments]
        found = render(study, provenance, [Path(path).name for path in beside])
        folder = Path(snakemake.output.figures)
        folder.mkdir(parents=True, exist_ok=True)
        for drawing in found.drawings:
            if drawing.table:
                write_csv(pa.Table.from_pylist(list(drawing.table)), folder / f"{drawing.name}.csv")
        numbers = {drawing.name: drawing.numbers for drawing in found.drawings}
        write_json(numbers, tables / "figures.json")
        with replacing(page) as partial:
            partial.write_text(found.text, encoding="utf-8")
        log.info("page of %d bytes", len(found.text.encode()))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
