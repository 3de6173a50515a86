"""Inference from the table of scale curves, curve by curve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.facts.metric_catalog import Metric
from emergence.inference.columns import Columns
from emergence.inference.drawn import infer_drawn
from emergence.inference.intervals import resampling_range, wilson
from emergence.inference.losses import infer_losses
from emergence.inference.points import Points
from emergence.inference.rise import order_test
from emergence.inference.shares import infer_bounded, infer_shares
from emergence.progress import Progress
from emergence.settings import InferenceSettings

#: Fewest scales for the rank test, and for the law and what rests on it. Three points have six
#: orders; the law has four parameters.
FEWEST_FOR_ORDER, FEWEST_FOR_LAW = 3, 4

#: Curves that are worked on together: after each such batch it is said how many are done.
BATCH = 5000

#: Reasons that are those of the law where its counts or scales are what is missing.
_OF_THE_LAW = ("law_missing", "holdout_missing")

#: How each law is fitted.
_FITS = {"share": infer_shares, "bounded": infer_bounded, "loss": infer_losses}

#: Columns of the table of curves that an inference depends on.
INPUTS = (
    "curve_id",
    "dataset",
    "task",
    "metric",
    "level",
    "n_ties",
    "axis",
    "scales",
    "size_slope",
    "scores",
    "n_examples_by_scale",
    "replicate_spread",
    "replicates",
    "chance",
)


def over_subtasks(curves: pa.Table) -> NDArray[np.bool_]:
    """Return which curves are means over subtasks.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `CURVES`, of whole datasets.

    Returns
    -------
    ndarray of bool, shape (n_curves,)
        Curves of tasks that have curves of subtasks as well.
    """
    key = pc.binary_join_element_wise(curves["dataset"], curves["task"], "\0")
    subtasks = key.filter(pc.equal(curves["level"], "subtask"))
    mean = pc.and_(pc.equal(curves["level"], "task"), pc.is_in(key, subtasks.unique()))
    return mean.to_numpy()


def infer(
    curves: pa.Table,
    metrics: Mapping[str, Metric],
    settings: InferenceSettings,
    mean_over_subtasks: NDArray[np.bool_],
    progress: Progress | None = None,
) -> pa.Table:
    """Fit the laws to each curve by itself.

    Parameters
    ----------
    curves : pyarrow.Table
        At least the columns `INPUTS` of schema `CURVES`.
    metrics : mapping of str to Metric
        Gives every metric, known or not.
    settings : InferenceSettings
    mean_over_subtasks : ndarray of bool, shape (n_curves,)
        See `over_subtasks`, which needs all curves of a dataset.
    progress : Progress, optional
        Told how many curves are done.

    Returns
    -------
    pyarrow.Table
        Schema `INFERENCE`, in the order of the curves. A row depends on its
        own curve and the settings only, to the last bit.
    """
    points = Points.of(curves, metrics, mean_over_subtasks)
    result = Columns(len(points.length))
    progress = progress or Progress()
    progress.begin("scale curves", 0, len(points.length))
    done = 0
    for n_points in np.unique(points.length).tolist():
        together = np.flatnonzero(points.length == n_points)
        for rows in np.array_split(together, -(-len(together) // BATCH)):
            _infer_one_length(result, points, rows, n_points, settings)
            done += len(rows)
            progress.reached(done)
    infer_drawn(result, points, np.array(curves["metric"].to_pylist(), object), metrics)
    return result.table(curves, settings.b_max, settings.b_max_beside)


def _infer_one_length(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    n_points: int,
    settings: InferenceSettings,
) -> None:
    _infer_order(result, points, rows, n_points)

    missing = points.missing[rows]
    result.put("counts_missing", rows, missing)
    counted = rows[missing == None]  # noqa: E711  elementwise
    if counted.size:
        _infer_intervals(result, points, counted, n_points, settings)
    resampled_missing = missing.copy()
    resampled_missing[(missing == None) & (n_points < 2)] = "too_few_scales"  # noqa: E711
    result.put("resampled_missing", rows, resampled_missing)

    law, reasons = points.law[rows], points.law_missing[rows]
    few = n_points < FEWEST_FOR_LAW
    reasons = np.where((law != None) & few, "too_few_scales", reasons)  # noqa: E711
    for name in _OF_THE_LAW:
        result.put(name, rows, reasons)
    if few:
        return
    for name, fit in _FITS.items():
        some = rows[law == name]
        if some.size:
            fit(result, points, some, n_points, settings)


def _infer_order(result: Columns, points: Points, rows: NDArray[np.intp], n_points: int) -> None:
    if n_points < FEWEST_FOR_ORDER:
        result.put("p_order_missing", rows, "too_few_scales")
        return
    tau, p = order_test(points.scores[rows, :n_points])
    result.put("kendall_tau", rows, tau)
    result.put("p_order", rows, p)


def _infer_intervals(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    n_points: int,
    settings: InferenceSettings,
) -> None:
    k, n = points.successes[rows, :n_points], points.trials[rows, :n_points]
    for name, end in zip(
        ("interval_low", "interval_high"), wilson(k, n, settings.level), strict=True
    ):
        lists = np.empty(len(rows), dtype=object)
        lists[:] = end.tolist()
        result.put(name, rows, lists)
    if n_points < 2:
        return
    found = resampling_range(
        k,
        n,
        points.ids[rows],
        seed=settings.seed,
        draws=settings.draws,
        level=settings.level,
    )
    result.put("resampled_low", rows, found.low)
    result.put("resampled_high", rows, found.high)
    result.put("resampled_infinite", rows, found.share_infinite)
