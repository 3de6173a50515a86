"""Units of curves that are tested together, and curves that are left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.flags import has_flag
from emergence.settings import PoolingSettings

#: Columns of the curves that say to which unit each belongs.
COLUMNS = (
    "dataset",
    "task",
    "subtask",
    "metric",
    "model_family",
    "condition",
    "shots",
    "axis",
    "output_group",
    "flags",
)


def left_out(frame: pd.DataFrame, rules: PoolingSettings) -> NDArray:
    """Return which curves are left out of all verdicts and claims, and why.

    Parameters
    ----------
    frame : pandas.DataFrame
        The curves.
    rules : PoolingSettings

    Returns
    -------
    ndarray of object, shape (n_curves,)
        ``known_bad``, ``same_outputs`` or None.
    """
    reason = np.full(len(frame), None, dtype=object)
    twin = frame["model_family"].map(rules.same_outputs.families)
    candidates = twin.notna() & frame["output_group"].isin(rules.same_outputs.output_groups)
    if candidates.any():
        fields = ["dataset", "task", "subtask", "metric", "condition", "shots", "axis"]
        # Unknown shots are equal to unknown shots here.
        group = frame.groupby(fields, sort=False, dropna=False).ngroup()
        there = pd.MultiIndex.from_arrays([group, frame["model_family"]])
        twins = pd.MultiIndex.from_arrays([group[candidates], twin[candidates]])
        reason[np.flatnonzero(candidates)[twins.isin(there)]] = "same_outputs"
    if rules.exclude_known_bad:
        reason[has_flag(frame["flags"], "known_bad")] = "known_bad"
    return reason


def largest_shots(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which curves have the most shots of their task; unknown counts as fewest.

    Parameters
    ----------
    frame : pandas.DataFrame
        The curves.

    Returns
    -------
    ndarray of bool, shape (n_curves,)
    """
    shots = frame["shots"].fillna(-1)
    names = ("dataset", "task", "metric", "model_family", "condition", "axis")
    keys = [frame[name] for name in names]
    return (shots == shots.groupby(keys).transform("max")).to_numpy()


def unit(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Give each unit a number: dataset, family, metric, condition, axis; fewer shots apart.

    Parameters
    ----------
    frame : pandas.DataFrame
        The curves, with `largest_shots` as a column.

    Returns
    -------
    ndarray of int64, shape (n_curves,)
        In the order in which the units first appear.
    """
    shots = frame["shots"].fillna(-1).where(~frame["largest_shots"], -2)
    keys = [frame[name] for name in ("dataset", "model_family", "metric", "condition", "axis")]
    return frame.groupby([*keys, shots], sort=False).ngroup().to_numpy()
