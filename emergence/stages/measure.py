"""Stage 2: from scores to scale curves and their measures."""

from __future__ import annotations

import pyarrow.compute as pc

from emergence.axes import axes_of
from emergence.curves import build_curves
from emergence.errors import InputError
from emergence.study import Study


def measure(study: Study) -> Study:
    """Join the scores into scale curves and measure each.

    Parameters
    ----------
    study : Study
        With ``scores`` and ``sources``.

    Returns
    -------
    Study
        With ``curves``.

    Raises
    ------
    InputError
        If there is no curve over an axis that the entry names.
    """
    annotations = {task: row["category"] for task, row in study.annotations.items()}
    axes = axes_of(study.entry)
    curves = build_curves(study.scores, study.metrics, annotations, axes)
    there = set(pc.unique(curves["axis"]).to_pylist())
    for axis in axes:
        if axis.name not in there:
            raise InputError(
                f"no curve can be drawn over the axis {axis.name}: no score has {axis.title}",
                where=f"dataset {study.dataset!r}, axes",
                remedy=f"Omit it, or give the column {axis.column}, with its own name: "
                f"--column {axis.column}=COLUMN, in a registry columns: {{{axis.column}: COLUMN}}",
            )
    return study.having(curves=curves)
