"""Stage 4: pooling over tasks: dispersions, and the tests based on them."""

from __future__ import annotations

from emergence.pooling import pool as pooling
from emergence.settings import PoolingSettings
from emergence.study import Study


def pool(study: Study) -> Study:
    """Pool each curve with the other tasks of its unit.

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
