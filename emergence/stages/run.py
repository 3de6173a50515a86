"""All stages in this process, in their order."""

from __future__ import annotations

from pathlib import Path

from emergence.stages.decide import decide
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.stages.population import population
from emergence.stages.resample import resample
from emergence.stages.tabulate import tabulate
from emergence.study import Study

#: After the first, which reads the sources.
_THEN = {
    "measure": measure,
    "resample": resample,
    "infer": infer,
    "pool": pool,
    "label": label,
    "population": population,
    "decide": decide,
}


def run(study: Study, sources: Path, upto: str) -> Study:
    """Run the stages up to one of them.

    Parameters
    ----------
    study : Study
    sources : Path
        The folder from which the paths of the entry's sources start.
    upto : str
        The last stage.

    Returns
    -------
    Study

    Raises
    ------
    ValueError
        If there is no such stage.
    """
    if upto not in ("tabulate", *_THEN):
        raise ValueError(f"no stage: {upto!r}")
    study = tabulate(study, sources)
    for name, stage in _THEN.items() if upto != "tabulate" else ():
        study = stage(study)
        if name == upto:
            break
    return study
