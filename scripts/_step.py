"""What every step does around its work: logging, and errors in one message."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emergence import sums
from emergence.errors import InputError, of_the_system
from emergence.tables import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


#: Where results stand. What was fetched or computed has a manifest, an archive has its own sums.
_RESULTS = ("data/processed/", "reports/")


def write_sums(snakemake: Snakemake) -> None:
    """Write the sums of a step's results beside its log, for `make verify`.

    Snakemake knows nothing of that file: it makes nothing run again.

    Parameters
    ----------
    snakemake : snakemake object
        Of the running script.
    """
    results = [path for path in snakemake.output if path.startswith(_RESULTS)]
    if results:
        write_json(sums.of_outputs(results), Path(snakemake.log[0]).with_suffix(sums.SUFFIX))


@contextmanager
def logged(snakemake: Snakemake) -> Iterator[logging.Logger]:
    """Send the log of a step to its file, and end expected errors without a traceback.

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
        write_sums(snakemake)
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
