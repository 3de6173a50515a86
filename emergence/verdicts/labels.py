"""The verdict on each scale curve: if it rises, looks emergent, and what the law explains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.measures import FEWEST_SCALES, ROUNDING
from emergence.pooling.units import largest_shots, left_out, unit
from emergence.settings import VerdictRules
from emergence.verdicts.absent import SmallModels, p_above_chance, power, small_models
from emergence.verdicts.labels_table import LABELS
from emergence.verdicts.multiplicity import q_values

#: Columns of the tables that the labels depend on, without those computed below.
_FROM_CURVES = (
    "curve_id",
    "dataset",
    "task",
    "metric",
    "metric_group",
    "model_family",
    "condition",
    "shots",
    "axis",
    "subtask",
    "level",
    "output_group",
    "is_preferred",
    "n_scales",
    "chance",
    "sharpness",
    "early",
    "flags",
)
_FROM_INFERENCE = ("counts_missing", "p_order", "p_order_missing", "law", "law_missing")
_FROM_POOLED = (
    "dispersion",
    "p_fit",
    "p_rise",
    "p_rise_missing",
    "exponent_low",
    "exponent_high",
    "exponent_status",
    "p_steep",
    "p_steep_missing",
)

#: The number of scales that cannot show that the smooth law suffices: five sizes leave one degree
#: of freedom, and an interval that wide does not end below b_max (docs/calibration.md).
_FIVE = 5


def label(curves: pa.Table, inference: pa.Table, pooled: pa.Table, rules: VerdictRules) -> pa.Table:
    """Label the curves of a whole dataset.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `CURVES`.
    inference : pyarrow.Table
        Schema `INFERENCE`, of the same curves in the same order.
    pooled : pyarrow.Table
        Schema `POOLED`, likewise.
    rules : VerdictRules

    Returns
    -------
    pyarrow.Table
        Schema `LABELS`, in the order of the curves. A row may change when a
        curve is added to the dataset.

    Raises
    ------
    ValueError
        If the tables do not have the same curves in the same order.
    """
    for name, table in (("inference", inference), ("pooled", pooled)):
        if not curves["curve_id"].equals(table["curve_id"]):
            raise ValueError(f"the table {name!r} is not of these curves, in this order")
    frame = _frame(curves, inference, pooled)
    frame["left_out"] = left_out(frame, rules)
    frame["largest_shots"] = largest_shots(frame)
    _rises(frame, rules)
    _apparent(frame, rules)
    _strict(frame, small_models(curves, inference, pooled), rules)
    _verdict(frame, rules)
    columns = {}
    for field in LABELS:
        values = frame[field.name]
        columns[field.name] = (
            pa.array(
                [None if value is None or value is pd.NA else value for value in values], field.type
            )
            if values.dtype == object
            else pa.array(values.to_numpy(), from_pandas=True)
        )
    return pa.table(columns).cast(LABELS)


def _frame(curves: pa.Table, inference: pa.Table, pooled: pa.Table) -> pd.DataFrame:
    """Join what the labels depend on, in the order of the curves."""
    frame = curves.select(list(_FROM_CURVES)).to_pandas()
    for names, table in ((_FROM_INFERENCE, inference), (_FROM_POOLED, pooled)):
        for name in names:
            frame[name] = table[name].to_pandas()
    frame["last_score"] = _last(curves["scores"])
    frame["last_low"] = _last(inference["interval_low"])
    return frame


def _last(lists: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return the last entry of each list; NaN where there is none."""
    together = lists.combine_chunks()
    length = pc.list_value_length(together).fill_null(0).to_numpy(zero_copy_only=False)
    values = together.flatten().to_numpy(zero_copy_only=False)
    last = np.full(len(length), np.nan)
    last[length > 0] = values[np.cumsum(length)[length > 0] - 1]
    return last


def _rises(frame: pd.DataFrame, rules: VerdictRules) -> None:
    """Add the test of a rise, its q-value, and whether the curve rises."""
    part = (frame["level"] == "subtask").to_numpy()
    task = frame.groupby(["dataset", "task"], sort=False).ngroup().to_numpy()
    units = unit(frame)
    taking_part = frame["left_out"].isna() & (frame["n_scales"] >= FEWEST_SCALES)

    # The stand-in sees no jump at the last model alone: only where there is no law.
    lawless = frame["law"].isna()
    p = np.where(lawless, frame["p_order"], frame["p_rise"])
    # A mean over subtasks is tested through them.
    has_parts = pd.Series(part & taking_part).groupby([units, task]).transform("any").to_numpy()
    through = has_parts & ~part & frame["counts_missing"].notna().to_numpy()
    p = np.where(taking_part & ~through, p, np.nan) * _preferred_metrics(frame)
    p = np.minimum(p, 1.0)
    p_task, q_rise = q_values(p, units, task, part, rules.fdr)
    frame["p_task"] = np.where(taking_part, p_task, np.nan)
    frame["q_rise"] = np.where(taking_part, q_rise, np.nan)
    tested = frame["q_rise"].notna()
    frame["rise_test"] = _choose(
        tested, [(through, "subtasks"), (lawless, "p_order")], otherwise="p_rise"
    )
    of_unit = pd.Series(np.where(frame["p_task"].notna(), task, -1)).groupby(units)
    known = of_unit.transform(lambda tasks: len(set(tasks) - {-1}))
    frame["tasks_in_unit"] = known.to_numpy(np.int64)

    interval = frame["last_low"].notna()
    last = np.where(interval, frame["last_low"], frame["last_score"])
    above = last > frame["chance"]
    unknown = frame["chance"].isna() | np.isnan(last)
    frame["above_chance"] = _three(above, unknown)
    rises = (frame["q_rise"] <= rules.fdr) & _above_or_not_asked(frame, unknown)
    frame["rises"] = _three(rises, ~tested)
    frame["rises_missing"] = _first(
        frame,
        tested,
        [
            (frame["left_out"].notna(), frame["left_out"]),
            (frame["n_scales"] < FEWEST_SCALES, "too_few_scales"),
            (through, "averaged"),
            (lawless, frame["p_order_missing"]),
            (frame["p_rise_missing"].notna(), frame["p_rise_missing"]),
        ],
    )


def _above_or_not_asked(frame: pd.DataFrame, unknown: pd.Series) -> pd.Series:
    """Say where the largest model is above chance, or where that is not asked.

    The same is asked of all curves of the same outputs, or of none: where chance is not known
    under one of their metrics it is asked of none, and where one has no interval by the scores.
    Otherwise a metric would lose or win against another by what is known of it.
    """
    names = ("dataset", "task", "subtask", "model_family", "condition", "output_group")
    keys = [frame[name] for name in names]
    outputs = frame.groupby([*keys, frame["shots"].fillna(-1)], sort=False, dropna=False).ngroup()
    alone = frame["output_group"].isna()
    outputs = outputs.where(~alone, -1 - np.arange(len(frame)))
    asked = ~unknown.groupby(outputs).transform("any")
    interval = frame["last_low"].notna().groupby(outputs).transform("all")
    last = frame["last_low"].where(interval, frame["last_score"])
    return (last > frame["chance"]) | ~asked


def _preferred_metrics(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Bonferroni's factor: how many preferred metrics a task has, for curves under them."""
    preferred = frame["is_preferred"].fillna(False).astype(bool)
    number = (
        frame["metric"]
        .where(preferred)
        .groupby([frame["dataset"], frame["task"], frame["model_family"]])
        .transform("nunique")
    )
    return np.where(preferred, number, 1.0)


def _apparent(frame: pd.DataFrame, rules: VerdictRules) -> None:
    """Add what a reader would call emergent: a rise, not early, sharper than a line."""
    looks = (frame["sharpness"] > rules.sharpness + ROUNDING) & (frame["early"] != True)  # noqa: E712
    unknown = looks & frame["rises"].isna()
    frame["apparent"] = _three(looks & (frame["rises"] == True), unknown)  # noqa: E712


def _strict(frame: pd.DataFrame, small: SmallModels, rules: VerdictRules) -> None:
    """Add whether the ability is absent in the smaller models, and emergence in that sense."""
    level = 1 - rules.level
    frame["p_absent"] = p_above_chance(small)
    # It is asked of curves that look emergent.
    apparent = (frame["apparent"] == True).to_numpy(bool)  # noqa: E712
    frame["absent_power"] = np.nan
    frame.loc[apparent, "absent_power"] = power(small.take(apparent), level)
    unknown = frame["p_absent"].isna()
    absent = frame["p_absent"] > level
    frame["absent"] = _three(absent, unknown)
    yes, no = apparent & absent, (frame["apparent"] == False) | (~absent & ~unknown)  # noqa: E712
    frame["strict"] = _three(yes, ~(yes | no))


def steep_q_values(
    frame: pd.DataFrame, p: NDArray[np.float64], rules: VerdictRules
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Q-values of a break, over the apparent tasks of each unit only, and what they must be under.

    Parameters
    ----------
    frame : pandas.DataFrame
        The curves with their labels so far, and their law.
    p : ndarray of float64, shape (n_curves,)
        p_steep, for some largest exponent.
    rules : VerdictRules

    Returns
    -------
    q : ndarray of float64, shape (n_curves,)
        NaN for curves that are not apparent, have no p_steep, or too few scales for it.
    level : ndarray of float64, shape (n_curves,)
        Of the false discovery rate.
    """
    bounded = (frame["law"] == "bounded").to_numpy(bool)
    level = np.where(bounded, rules.fdr_steep_bounded, rules.fdr_steep)
    p = np.where(bounded & (frame["n_scales"] == _FIVE), np.nan, p)
    apparent = (frame["apparent"] == True).to_numpy()  # noqa: E712
    rows = np.flatnonzero(apparent)
    part = (frame["level"] == "subtask").to_numpy()[rows]
    task = frame.groupby(["dataset", "task"], sort=False).ngroup().to_numpy()[rows]
    q = np.full(len(frame), np.nan)
    # A task's own curve without a test gets no q-value from its subtasks: it has no exponent.
    found = q_values(p[rows], unit(frame)[rows], task, part, rules.fdr_steep)[1]
    q[rows] = np.where(np.isnan(p[rows]), np.nan, found)
    return q, level


def is_argmax(frame: pd.DataFrame, rules: VerdictRules) -> NDArray[np.bool_]:
    """Say where an answer is right if it is the likeliest of several choices.

    Parameters
    ----------
    frame : pandas.DataFrame
        The curves.
    rules : VerdictRules

    Returns
    -------
    ndarray of bool, shape (n_curves,)
        Not so under the continuous metrics of the same outputs.
    """
    chosen = frame["output_group"].isin(rules.argmax_groups)
    return (chosen & (frame["metric_group"] == "discontinuous")).to_numpy(bool)


def _verdict(frame: pd.DataFrame, rules: VerdictRules) -> None:
    """Add the verdict on each apparent curve, with the reason where there is none."""
    apparent = (frame["apparent"] == True).to_numpy()  # noqa: E712
    p_steep = frame["p_steep"].to_numpy(np.float64)
    frame["q_steep"], level = steep_q_values(frame, p_steep, rules)
    identified = frame["exponent_status"].isin(["estimated", "open_above"])
    above = identified & (frame["exponent_low"] > rules.b_max)
    below = identified & (frame["exponent_high"] <= rules.b_max)
    # Tasks beside it show how far models scatter; a curve that scatters farther misses the law.
    misfit = apparent & (frame["p_fit"] <= 1 - rules.level)
    # The likeliest of several smooth probabilities changes at one scale, as steeply as one
    # likes: under such a metric a steep curve is what the mirage predicts.
    argmax = is_argmax(frame, rules)
    steep = apparent & above & (frame["q_steep"] <= level)
    beyond = steep & ~argmax
    five = frame["n_scales"] == _FIVE
    no_break = five & (frame["law"] == "bounded")
    unbounded = frame["p_steep_missing"] == "axis"
    smooth = apparent & below & ~five & ~unbounded
    frame["verdict"] = _choose(
        apparent,
        [(misfit, "law_does_not_fit"), (beyond, "beyond_smooth"), (smooth, "smooth_suffices")],
        otherwise="not_decidable",
    )
    frame["verdict_reason"] = _first(
        frame,
        ~apparent | beyond | smooth | misfit,
        [
            (frame["law_missing"].notna(), frame["law_missing"]),
            (frame["p_rise_missing"].notna(), frame["p_rise_missing"]),
            (unbounded, "axis"),
            (~identified, "not_identified"),
            (frame["p_steep_missing"].notna(), frame["p_steep_missing"]),
            (no_break, "five_sizes"),
            (steep, "argmax"),
            (above, "not_significant"),
            (five, "five_sizes"),
            (np.ones(len(frame), bool), "interval_spans_b_max"),
        ],
    )


def _three(truth: Any, unknown: Any) -> NDArray:
    """Return True, False, or None where it is unknown."""
    values = np.asarray(truth, bool).astype(object)
    values[np.asarray(unknown, bool)] = None
    return values


def _choose(where: Any, cases: list[tuple[Any, str]], otherwise: str) -> NDArray:
    """Return the name of the first case that holds; None outside of ``where``."""
    values = np.full(len(np.asarray(where)), otherwise, dtype=object)
    for holds, name in reversed(cases):
        values[np.asarray(holds, bool)] = name
    values[~np.asarray(where, bool)] = None
    return values


def _first(frame: pd.DataFrame, known: Any, cases: list[tuple[Any, Any]]) -> NDArray:
    """Return the first reason that applies where something is not known, else None."""
    values = np.full(len(frame), None, dtype=object)
    for holds, reason in reversed(cases):
        rows = np.asarray(holds, bool)
        values[rows] = reason if isinstance(reason, str) else reason.to_numpy()[rows]
    values[np.asarray(known, bool)] = None
    return values
