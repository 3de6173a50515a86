"""Multiplicity: combined p-values and the false discovery rate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control

Floats = NDArray[np.float64]

_ROUNDING = 1e-12


def simes(p: ArrayLike) -> float:
    """Combine p-values into one of the hypothesis that all their nulls are true.

    Parameters
    ----------
    p : array_like of float, shape (n,)
        At least one; none missing.

    Returns
    -------
    float
        ``min(n p_(i) / i)``.

    References
    ----------
    .. [1] R. J. Simes, Biometrika 73 (1986) 751.
    """
    ordered = np.sort(np.asarray(p, np.float64))
    return float((len(ordered) * ordered / np.arange(1, len(ordered) + 1)).min())


def q_values(
    p: ArrayLike, unit: ArrayLike, task: ArrayLike, is_part: ArrayLike, level: float
) -> tuple[Floats, Floats]:
    """Control the false discovery rate over the tasks of each unit, then over their subtasks.

    A task has one p-value: its own curve's, or Simes' over its subtasks where its own curve has
    none. Benjamini and Hochberg's procedure runs over the tasks of a unit. Within a task that
    is selected it runs over the subtasks, at the level times the share of tasks selected: the
    average false discovery rate over the selected tasks is then controlled as well.

    Parameters
    ----------
    p : array_like of float, shape (n_curves,)
        NaN where a curve has no test, or does not take part.
    unit, task : array_like of int, shape (n_curves,)
        The unit of each curve, and its task. A task of several units is a task in each.
    is_part : array_like of bool, shape (n_curves,)
        Curves of subtasks. Of the others there is at most one a task and unit.
    level : float
        Of the false discovery rate; it selects the tasks.

    Returns
    -------
    p_task : ndarray of float64, shape (n_curves,)
        The p-value of the curve's task; NaN where it has none.
    q : ndarray of float64, shape (n_curves,)
        To compare with the level: of the task for its own curve, tested or not; for a
        subtask's curve its own. NaN where there is no test.

    Raises
    ------
    ValueError
        If a task of a unit has two curves of its own.

    References
    ----------
    .. [1] Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289.
    .. [2] Y. Benjamini, M. Bogomolov, J. R. Stat. Soc. B 76 (2014) 297.
    """
    p, unit, task = np.asarray(p, np.float64), np.asarray(unit), np.asarray(task)
    part = np.asarray(is_part, bool)
    p_task, q = np.full((2, len(p)), np.nan)
    for in_unit in _groups(np.arange(len(p)), unit):
        tasks = _groups(in_unit, task)
        combined = np.array([_of_task(p[rows], part[rows]) for rows in tasks])
        tested = ~np.isnan(combined)
        if not tested.any():
            continue
        q_task = np.full(len(tasks), np.nan)
        q_task[tested] = false_discovery_control(combined[tested])
        # A q-value is a product and a quotient: at the level but for rounding is at the level.
        selected = np.count_nonzero(q_task <= level * (1 + _ROUNDING))
        inflation = np.count_nonzero(tested) / max(selected, 1)
        for rows, p_one, q_one in zip(tasks, combined, q_task, strict=True):
            p_task[rows] = p_one
            q[rows[~part[rows]]] = q_one
            parts = rows[part[rows] & ~np.isnan(p[rows])]
            if parts.size:
                within = false_discovery_control(p[parts])
                q[parts] = np.maximum(np.minimum(within * inflation, 1.0), q_one)
    return p_task, q


def _groups(rows: NDArray[np.intp], ids: NDArray) -> list[NDArray[np.intp]]:
    """Return the rows of each id, in the order of ids."""
    rows = rows[np.argsort(ids[rows], kind="stable")]
    of_rows = ids[rows]
    starts = np.flatnonzero(np.r_[True, of_rows[1:] != of_rows[:-1]]) if len(rows) else []
    return [rows[begin:end] for begin, end in pairwise([*starts, len(rows)])]


def _of_task(p: Floats, part: NDArray[np.bool_]) -> float:
    """Return the p-value of one task in one unit."""
    own, parts = p[~part], p[part & ~np.isnan(p)]
    if len(own) > 1:
        raise ValueError("a task has several curves of its own in one unit")
    if len(own) and not np.isnan(own[0]):
        return float(own[0])
    return simes(parts) if len(parts) else np.nan
