"""What every step does around its own work: log, and say errors in one message."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from emergence.errors import InputError, of_the_system
from emergence.study import TABLES, Study
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
        if name in TABLES:
            write_table(study.stored(name), TABLES[name], Path(path))
        else:
            write_json(getattr(study, name), Path(path))


def figures_of(datasets: Iterable[str]) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Read what the landing page takes from the pages of datasets.

    Parameters
    ----------
    datasets : iterable of str
        Their ids.

    Returns
    -------
    figures : dict of str to dict
        The numbers of their figures.
    pairs : dict of str to pandas.DataFrame
        Pairs of curves of the same outputs, of the datasets that have some.
    """
    folders = {name: Path("reports", name, "tables") for name in datasets}
    figures = {
        name: json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        for name, folder in folders.items()
    }
    tables = {name: folder / "figures/metric-switch.csv" for name, folder in folders.items()}
    return figures, {name: pd.read_csv(path) for name, path in tables.items() if path.is_file()}


@contextmanager
def logged(snakemake: Snakemake) -> Iterator[logging.Logger]:
    """Send the log of a step to its file, and end without a traceback on what was foreseen.

    That is bad input, and what the system refuses: a full disk, a folder that cannot be written.

    Parameters
    ----------
    snakemake : snakemake object
        Of the running script; its first ``log`` is written anew.

    Yields
    ------
    logging.Logger
        The step's own logger.
    """
    path = Path(snakemake.log[0])
    log = logging.getLogger(snakemake.rule)
    # On a full disk a line of the log would end in a traceback, before the step can say it.
    logging.raiseExceptions = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(
            filename=path,
            filemode="w",
            encoding="utf-8",
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            force=True,
        )
        logging.captureWarnings(True)
        log.info("begins")
        yield log
        log.info("is done")
    except InputError as error:
        log.error("%s", error)
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        log.exception("failed")
        if error.errno is None:  # not the system's word
            raise
        # A write to a full disk names no file: it is one of the outputs.
        said = of_the_system(error, Path(snakemake.output[0]).absolute().parent)
        print(f"error: {said}", file=sys.stderr)
        sys.exit(1)
    except Exception:
        # Nobody foresaw this one: the log keeps where it happened, and it goes on up.
        log.exception("failed")
        raise
