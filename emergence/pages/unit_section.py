"""What the tasks of each unit say of the scatter of models, and which model lies off in all."""

from __future__ import annotations

from typing import Any

from scipy.special import stdtr

from emergence.study import Study

#: A model lies off if chance leaves one of its unit's so far off less often than this.
_LEVEL = 0.05


def unit_rows(study: Study, most: int) -> dict[str, Any]:
    """Describe the units of a dataset.

    Parameters
    ----------
    study : Study
        With ``units`` and ``residuals``.
    most : int
        Rows at most.

    Returns
    -------
    dict
        ``total``, and ``rows``: those of the table ``UNITS``, the units with most tasks first, each
        with ``models``, those of the table ``RESIDUALS`` in the order of scale, of which ``off`` is
        true where the model lies off in all tasks together.
    """
    units = sorted(study.units.to_pylist(), key=lambda row: (-row["tasks"], row["unit"]))
    models: dict[int, list[dict[str, Any]]] = {row["unit"]: [] for row in units[:most]}
    for row in study.residuals.to_pylist():
        if row["unit"] in models:
            models[row["unit"]].append(row)
    return {
        "total": len(units),
        "rows": [{**row, "models": _judged(models[row["unit"]])} for row in units[:most]],
    }


def _judged(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say of each model whether it lies off: Student's t, with Sidak's bound over the models."""
    level = 1.0 - (1.0 - _LEVEL) ** (1.0 / max(len(models), 1))
    return [
        {
            **row,
            "off": row["z"] is not None
            and 2.0 * float(stdtr(row["tasks"] - 1, -abs(row["z"]))) <= level,
        }
        for row in models
    ]
