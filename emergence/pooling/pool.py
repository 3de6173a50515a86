"""Tests and intervals that pool the tasks of each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.axes import BOUNDED, FALLING
from emergence.inference.grid import NEAR, exponent_grid
from emergence.inference.profile import power_node, profile_interval
from emergence.pooling.moderation import (
    ATOMS,
    Moderated,
    Own,
    Prior,
    beyond_replicates,
    misfit,
    moderate,
    no_prior,
    prior_of_others,
    with_replicates,
)
from emergence.pooling.pooled_table import POOLED, RESIDUALS, UNITS
from emergence.pooling.units import COLUMNS, largest_shots, left_out, unit
from emergence.settings import PoolingSettings

Floats = NDArray[np.float64]

#: Fewest scales for p_steep.
FEWEST_FOR_STEEP = 5

#: The least dispersion of each law: shares have the noise of their examples.
_LOWEST = {"share": 1.0}

#: Columns of the inference that pooling depends on.
INFERENCE_INPUTS = (
    "law",
    "law_missing",
    "own_dispersion",
    "own_degrees",
    "fall_dispersion",
    "fall_degrees",
    "replicate_dispersion",
    "replicate_degrees",
    "rise_gain",
    "rise_exponent",
    "fall_gain",
    "law_exponent",
    "law_log_likelihood",
    "bounded_log_likelihood",
)


@dataclass(frozen=True)
class Pooled:
    """Results of pooling the tasks of each unit.

    Attributes
    ----------
    pooled : pyarrow.Table
        Schema `emergence.pooling.pooled_table.POOLED`, in the order of the curves.
    units : pyarrow.Table
        Schema `emergence.pooling.pooled_table.UNITS`.
    residuals : pyarrow.Table
        Schema `emergence.pooling.pooled_table.RESIDUALS`.
    """

    pooled: pa.Table
    units: pa.Table
    residuals: pa.Table


def pool(curves: pa.Table, inference: pa.Table, rules: PoolingSettings) -> Pooled:
    """Pool each curve with the other tasks of its unit.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `CURVES`, of a whole dataset.
    inference : pyarrow.Table
        Schema `INFERENCE`, of the same curves in the same order.
    rules : PoolingSettings

    Returns
    -------
    Pooled
        Its rows may change when a curve is added to the dataset.

    Raises
    ------
    ValueError
        If the tables do not have the same curves in the same order.
    """
    if not curves["curve_id"].equals(inference["curve_id"]):
        raise ValueError("the inference is not of these curves, in this order")
    frame = _frame(curves, inference, rules)
    residual, runs = _own(frame, "own"), _own(frame, "replicate")
    own = with_replicates(residual, runs)
    prior = _prior(frame, own)
    moderated = moderate(own, prior)
    frame["pooled_over"] = np.where(
        np.isnan(moderated.value), None, np.array(["unit", "family", "alone"])[frame["step"]]
    )
    frame["dispersion"], frame["degrees"] = moderated.value, moderated.degrees
    # The other tasks show what models differ in; a curve that stands alone has its replicates.
    p_fit = misfit(residual, prior)
    frame["p_fit"] = np.where(np.isnan(p_fit), beyond_replicates(residual, runs), p_fit)
    fall = moderate(with_replicates(_own(frame, "fall"), runs), prior)
    _tests(frame, moderated, fall, inference)
    _exponents(frame, moderated, inference, rules)
    frame["unit"] = _numbered(frame)
    return Pooled(
        _table(frame, POOLED), _units(frame, prior, rules), _residuals(frame, curves, inference)
    )


def _frame(curves: pa.Table, inference: pa.Table, rules: PoolingSettings) -> pd.DataFrame:
    """Join what pooling depends on, in the order of the curves."""
    names = ["curve_id", *COLUMNS, "n_scales", "size_slope"]
    frame = curves.select(names).to_pandas()
    for name in INFERENCE_INPUTS:
        frame[name] = inference[name].to_pandas()
    frame["left_out"] = left_out(frame, rules)
    frame["largest_shots"] = largest_shots(frame)
    # The dispersions of two laws are not of one kind, be it under one metric.
    frame["fitted"] = frame["law"].notna() & frame["law_missing"].isna()
    law = frame["law"].where(frame["fitted"])
    frame["group"] = frame["law"].fillna("").groupby([unit(frame), law], dropna=False).ngroup()
    families = [frame["dataset"], frame["model_family"], frame["axis"], law]
    frame["family_group"] = frame["law"].fillna("").groupby(families, dropna=False).ngroup()
    frame["task_number"] = frame.groupby(["dataset", "task"], sort=False).ngroup()
    return frame


def _own(frame: pd.DataFrame, name: str) -> Own:
    """Return what each curve alone shows of its dispersion; nothing where there is no law."""
    fitted = frame["fitted"].to_numpy(bool)
    value = frame[f"{name}_dispersion"].to_numpy(np.float64)
    degrees = frame[f"{name}_degrees"].fillna(0).to_numpy(np.int64)
    lowest = frame["law"].map(_LOWEST).fillna(0.0).to_numpy(np.float64)
    return Own(np.where(fitted, value, np.nan), np.where(fitted, degrees, 0), lowest)


def _prior(frame: pd.DataFrame, own: Own) -> Prior:
    """Take the prior of each curve's unit, else of its family; add how far it had to go."""
    fitted = frame["fitted"].to_numpy(bool)
    votes = fitted & frame["left_out"].isna().to_numpy(bool)
    task = frame["task_number"].to_numpy(np.int64)
    prior = no_prior(len(frame))
    step = np.full(len(frame), 2)
    for number, group in ((0, "group"), (1, "family_group")):
        group = frame[group].to_numpy(np.int64)
        missing = fitted & np.isnan(prior.weights[:, 0])
        rows = np.flatnonzero(np.isin(group, np.unique(group[missing])) & fitted)
        found = prior_of_others(own.take(rows), group[rows], task[rows], votes[rows])
        new = missing[rows] & ~np.isnan(found.weights[:, 0])
        for whole, part in zip(vars(prior).values(), vars(found).values(), strict=True):
            whole[rows[new]] = part[new]
        step[rows[new]] = number
    frame["step"] = step
    return prior


def _tests(frame: pd.DataFrame, rise: Moderated, fall: Moderated, inference: pa.Table) -> None:
    """Add the tests of a rise, a fall and a break."""
    frame["p_rise"] = rise.half_test(frame["rise_gain"].to_numpy(np.float64))
    frame["p_fall"] = fall.half_test(frame["fall_gain"].to_numpy(np.float64))
    missing = frame["law_missing"].to_numpy(object)
    missing = np.where(pd.isna(missing), None, missing)
    missing[frame["fitted"] & frame["p_rise"].isna()] = "no_degrees"
    frame["p_rise_missing"] = missing
    long = frame["n_scales"].to_numpy() >= FEWEST_FOR_STEEP
    steep_missing = np.where((missing == None) & ~long, "too_few_scales", missing)  # noqa: E711
    has_bound = (frame["axis"].isin(BOUNDED) & frame["size_slope"].notna()).to_numpy(bool)
    frame["p_steep_missing"] = np.where((missing == None) & ~has_bound, "axis", steep_missing)  # noqa: E711
    best = frame["law_log_likelihood"].to_numpy(np.float64)

    def steep(bounded: Floats) -> Floats:
        return np.where(asked, rise.half_test(best - bounded), np.nan)

    asked = long & has_bound
    frame["p_steep"] = steep(frame["bounded_log_likelihood"].to_numpy(np.float64))
    beside = _rectangle(inference["bounded_log_likelihood_beside"])
    p = np.column_stack([steep(column) for column in beside.T]) if beside.size else beside
    frame["p_steep_beside"] = _lists(p, frame["p_steep"].notna().to_numpy(bool))


def _exponents(
    frame: pd.DataFrame, moderated: Moderated, inference: pa.Table, rules: PoolingSettings
) -> None:
    """Add the exponents of the curves that rise, with their intervals."""
    level = 1 - rules.level
    rises = (frame["p_rise"] <= level).to_numpy(bool)
    falls = ~rises & (frame["p_fall"] < level).to_numpy(bool)
    status = frame["p_rise_missing"].to_numpy(object).copy()
    status[frame["p_rise"].notna()] = "not_identified"
    status[falls] = "falls"
    columns = np.full((3, len(frame)), np.nan)
    rows = np.flatnonzero(rises)
    if rows.size:
        exponents, profile = _nodes(frame, inference, rows, rules)
        best = frame["law_exponent"].to_numpy(np.float64)[rows]
        likelihood = frame["law_log_likelihood"].to_numpy(np.float64)[rows]
        drop = moderated.take(rows).drop(rules.level)
        low, high = profile_interval(exponents, profile, best, likelihood, drop)
        columns[:, rows] = best, low, high
        status[rows] = np.where(np.isinf(high), "open_above", "estimated")
    for name, values in zip(("exponent", "exponent_low", "exponent_high"), columns, strict=True):
        frame[name] = values
    frame["exponent_status"] = status


def _nodes(
    frame: pd.DataFrame, inference: pa.Table, rows: NDArray[np.intp], rules: PoolingSettings
) -> tuple[Floats, Floats]:
    """Return exponents and log-likelihoods there: the stored profile, and the bounded fits.

    With the bounded fits among them the interval lies above a bound exactly where the test
    against that bound says so.
    """
    some = inference.take(rows)
    profile = _rectangle(some["profile"]).T
    grid = np.repeat(exponent_grid(rules.b_max)[:, None], len(rows), axis=1)
    best = frame["law_exponent"].to_numpy(np.float64)[rows]
    near = _rectangle(some["profile_near"]).T
    bounded = [frame["bounded_log_likelihood"].to_numpy(np.float64)[rows]]
    bounded += list(_rectangle(some["bounded_log_likelihood_beside"]).T)
    for bound, value in zip((rules.b_max, *rules.b_max_beside), bounded, strict=True):
        # Where the best exponent is under the bound it is no other fit: the constant once more.
        steeper = best > bound
        grid = np.concatenate([grid, np.where(steeper, bound, 0.0)[None]])
        profile = np.concatenate([profile, np.where(steeper, value, profile[0])[None]])
    for factor, value in zip(NEAR, near, strict=False):
        # A limit has no exponents near its own.
        inner = ~np.isnan(value)
        grid = np.concatenate([grid, np.where(inner, factor * best, 0.0)[None]])
        profile = np.concatenate([profile, np.where(inner, value, profile[0])[None]])
    power, gain = (
        frame[name].to_numpy(np.float64)[rows] for name in ("rise_exponent", "rise_gain")
    )
    loss = (frame["law"] == "loss").to_numpy(bool)[rows]
    exponent, value = power_node(best, np.where(loss, power, np.inf), gain, profile[0])
    return np.concatenate([grid, exponent[None]]), np.concatenate([profile, value[None]])


def _numbered(frame: pd.DataFrame) -> pd.Series:
    """Return the number of each curve's unit, as they first appear; null without a law."""
    number = pd.Series(pd.factorize(frame["group"].where(frame["fitted"]))[0], dtype="Int64")
    return number.mask(number < 0)


def _units(frame: pd.DataFrame, prior: Prior, rules: PoolingSettings) -> pa.Table:
    """Describe each unit: how many curves say what about the scatter of models."""
    some = frame[frame["fitted"]]
    by_unit = some.groupby("unit", sort=False)
    first = some.loc[~some["unit"].duplicated()]
    known = some["own_degrees"] >= 1
    votes = some["left_out"].isna()
    said = some[known & votes].groupby("unit")
    rows = first.index.to_numpy()
    names = ["unit", "dataset", "model_family", "metric", "condition", "axis", "law"]
    table = first[names].copy()
    table["largest_shots"] = first["largest_shots"]
    table["shots"] = first["shots"].where(~first["largest_shots"])
    counts = {
        "curves": by_unit.size(),
        "tasks": by_unit["task_number"].nunique(),
        "curves_with_degrees": said.size(),
        "tasks_with_degrees": said["task_number"].nunique(),
        "degrees": said["own_degrees"].sum(),
        "misfits": (some["p_fit"] <= 1 - rules.level).groupby(some["unit"]).sum(),
    }
    for name, values in counts.items():
        table[name] = values.reindex(first["unit"]).fillna(0).to_numpy(np.int64)
    table["pooled_over"] = np.array(["unit", "family", "alone"], dtype=object)[first["step"]]
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        table[f"dispersion_{name}"] = _quantile(prior.atoms[rows], prior.whole[rows], share)
    return _table(table.reset_index(drop=True), UNITS)


def _quantile(atoms: Floats, weights: Floats, share: float) -> Floats:
    """Return the least atom up to which so much of the weight lies; NaN without weights."""
    at = (np.cumsum(weights, axis=1) < share).sum(axis=1).clip(max=ATOMS - 1)
    found = np.take_along_axis(atoms, at[:, None], axis=1)[:, 0]
    return np.where(np.isnan(weights[:, 0]), np.nan, found)


def _residuals(frame: pd.DataFrame, curves: pa.Table, inference: pa.Table) -> pa.Table:
    """Return each model's mean residual over the tasks of a unit."""
    votes = (frame["fitted"] & frame["left_out"].isna()).to_numpy(bool)
    rows = np.flatnonzero(votes & inference["residuals"].is_valid().to_numpy())
    residual = inference["residuals"].take(rows).combine_chunks()
    at = rows[pc.list_parent_indices(residual).to_numpy()]
    models, scales = (curves[name].take(rows).combine_chunks() for name in ("models", "scales"))
    with np.errstate(invalid="ignore"):
        # A curve without any scatter has no residual in its units.
        residuals = residual.flatten().to_numpy(zero_copy_only=False)
        residuals = residuals / np.sqrt(frame["dispersion"].to_numpy()[at])
    points = pd.DataFrame(
        {
            "unit": frame["unit"].to_numpy(np.float64, na_value=np.nan)[at],
            "task_number": frame["task_number"].to_numpy()[at],
            "model": pd.Categorical(models.flatten().to_pandas()),
            "scale": scales.flatten().to_numpy(),
            "residual": residuals,
        }
    )
    points = points[points["residual"].notna()]
    keys = ["unit", "model", "scale"]
    by_task = points.groupby([*keys, "task_number"], observed=True)["residual"].mean()
    found = by_task.groupby(keys, observed=True).agg(["mean", "std", "size"]).reset_index()
    units = frame.loc[frame["fitted"] & ~frame["unit"].duplicated()].set_index("unit")
    for name in ("dataset", "model_family", "metric", "condition", "axis"):
        found[name] = units[name].reindex(found["unit"].astype("Int64")).to_numpy()
    found["place"] = found["scale"].where(~found["axis"].isin(FALLING), -found["scale"])
    found = found.sort_values(["unit", "place", "model"], kind="stable", ignore_index=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["z"] = found["mean"] / found["std"] * np.sqrt(found["size"])
    found["z"] = found["z"].where(found["std"] > 0)
    found = found.rename(columns={"mean": "mean_residual", "size": "tasks"})
    return _table(found.astype({"unit": "int64", "model": object}), RESIDUALS)


def _rectangle(lists: pa.ChunkedArray) -> Floats:
    """Return a column of lists of one length as a table; NaN for rows without a list."""
    lists = lists.combine_chunks()
    rows = np.flatnonzero(lists.is_valid().to_numpy(zero_copy_only=False))
    values = lists.flatten().to_numpy(zero_copy_only=False)
    table = np.full((len(lists), len(values) // max(len(rows), 1)), np.nan)
    table[rows] = values.reshape(len(rows), -1) if len(values) else table[rows]
    return table


def _lists(table: Floats, there: Sequence[bool]) -> NDArray:
    """Return a table as an array of lists; None where there is none."""
    lists = np.full(len(table), None, dtype=object)
    for row in np.flatnonzero(there):
        lists[row] = table[row].tolist()
    return lists


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Make the Arrow table: null where nothing is known, infinity stays."""
    columns = {}
    for field in schema:
        values = frame[field.name]
        if pa.types.is_list(field.type):
            columns[field.name] = pa.array(list(values), field.type)
        else:
            columns[field.name] = pa.array(values, field.type, from_pandas=True)
    return pa.table(columns).cast(schema)
