"""The dataset of a step, read from the earlier steps, and its outputs.

Not in `_step`, which fetching uses as well: it is to depend on no table.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emergence.study import OF_ANSWERS, TABLES, Study, schema_of
from emergence.tables import write_json, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def study_of(snakemake: Snakemake) -> Study:
    """Return the dataset of a step, as far as the steps before it made it.

    Parameters
    ----------
    snakemake : snakemake object
        Of the running script: wildcard ``dataset``, parameters ``entry`` and ``settings``.

    Returns
    -------
    Study
    """
    dataset = snakemake.wildcards.dataset
    settings = getattr(snakemake.params, "settings", {})
    folder = Path("data/processed", dataset)
    return Study(dataset, snakemake.params.entry, settings, folder)


def write(study: Study, snakemake: Snakemake) -> None:
    """Write what a study has of a step's outputs, by the names of the outputs.

    Parameters
    ----------
    study : Study
    snakemake : snakemake object
        Each named output is a table or a document of the study.
    """
    for name, path in snakemake.output.items():
        if name in OF_ANSWERS:
            write_table(getattr(study, name), schema_of(name), Path(path))
        elif name in TABLES:
            write_table(study.stored(name), schema_of(name), Path(path))
        else:
            write_json(getattr(study, name), Path(path))
