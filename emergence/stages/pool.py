"""Stage 4: what needs the other tasks: moderated dispersions, and the tests that rest on them."""

from __future__ import annotations

from emergence.pooling import pool as pooling
from emergence.settings import PoolingSettings
from emergence.study import Study


def pool(study: Study) -> Study:
    """Join what each curve shows with what the other tasks of its unit say.

    Parameters
    ----------
    study : Study
        With ``curves`` and ``inference``.

    Returns
    -------
    Study
        With ``pooled``, ``units`` and ``residuals``.
    """
    found = pooling.pool(study.curves, study.inference, PoolingSettings.of(study.settings))
    return study.having(pooled=found.pooled, units=found.units, residuals=found.residuals)
