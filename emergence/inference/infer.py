"""From the table of scale curves to the table of what each curve alone shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.facts import Metric
from emergence.inference.bootstrap import isotonic_test, sharp_share
from emergence.inference.columns import Columns
from emergence.inference.dispersion import Dispersion, dispersion
from emergence.inference.holdout import STATUSES, predict_last
from emergence.inference.intervals import resampling_range, wilson
from emergence.inference.model import KINDS, Curves, Floats, LawFit, take_fit
from emergence.inference.points import Points
from emergence.inference.rise import order_of_emergence, order_test, rise_test
from emergence.inference.shapes import LEAST_LEAD, SHAPES, UNDECIDED, best_shape
from emergence.inference.steep import LawFits, exponent_interval, fit_laws, steep_test
from emergence.progress import Progress

#: Fewest scales: for the rank test, for the law and what rests on it, for p_steep. Three
#: points have six orders, and E is inverted there; the law has four parameters.
FEWEST_FOR_ORDER, FEWEST_FOR_LAW, FEWEST_FOR_STEEP = 3, 4, 6

#: Of the hold-out the law has one less; below eight scales five shapes are all guesses.
FEWEST_FOR_HOLDOUT, FEWEST_FOR_SHAPE = 5, 8

#: Curves that are worked on together: after each such batch it is said how many are done.
BATCH = 5000

#: Reasons that are those of the law where its counts or scales are what is missing.
_OF_THE_LAW = (
    "law_missing",
    "p_rise_missing",
    "p_steep_missing",
    "p_isotonic_missing",
    "p_sharp_missing",
    "shape_missing",
    "holdout_missing",
)

#: Columns of the table of curves that an inference depends on.
INPUTS = (
    "curve_id",
    "dataset",
    "task",
    "metric",
    "level",
    "n_ties",
    "scales",
    "scores",
    "n_examples_by_scale",
    "replicate_spread",
    "chance",
)


@dataclass(frozen=True)
class Settings:
    """Settings of the inference; `workflow/config.yaml` has their meaning.

    Attributes
    ----------
    seed : int
        Of all draws.
    draws : int
        For each curve: resamples, and orders where not all are taken.
    level : float
        Of intervals and ranges, such as 0.95; a curve rises or falls significantly at one
        minus it.
    b_max : float
        The largest exponent that is no break.
    b_max_beside : tuple of float
        Others, for comparison.
    bootstrap_draws : int
        For each curve whose bounded fit is tested against isotonic regression: each draw is
        fitted anew.
    """

    seed: int
    draws: int
    level: float
    b_max: float
    b_max_beside: tuple[float, ...]
    bootstrap_draws: int = 199


def over_subtasks(curves: pa.Table) -> NDArray[np.bool_]:
    """Say which curves are means over subtasks.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.schema.CURVES`, of whole datasets.

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
    settings: Settings,
    mean_over_subtasks: NDArray[np.bool_],
    progress: Progress | None = None,
) -> pa.Table:
    """Infer from each curve what it alone shows.

    Parameters
    ----------
    curves : pyarrow.Table
        At least the columns `INPUTS` of schema `emergence.schema.CURVES`.
    metrics : mapping of str to Metric
        Gives every metric, known or not.
    settings : Settings
    mean_over_subtasks : ndarray of bool, shape (n_curves,)
        See `over_subtasks`, which needs all curves of a dataset.
    progress : Progress, optional
        Told how many curves are done.

    Returns
    -------
    pyarrow.Table
        Schema `emergence.schema.INFERENCE`, in the order of the curves. A row depends on its
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
    return result.table(curves, settings.b_max, settings.b_max_beside)


def _infer_one_length(
    result: Columns, points: Points, rows: NDArray[np.intp], n_points: int, settings: Settings
) -> None:
    _infer_order(result, points, rows, n_points, settings)

    missing = points.missing[rows]
    result.put("counts_missing", rows, missing)
    counted = rows[missing == None]  # noqa: E711  elementwise
    if counted.size:
        _infer_intervals(result, points, counted, n_points, settings)
    resampled_missing = missing.copy()
    resampled_missing[(missing == None) & (n_points < 2)] = "too_few_scales"  # noqa: E711
    result.put("resampled_missing", rows, resampled_missing)

    few = n_points < FEWEST_FOR_LAW
    reasons = np.where((missing == None) & few, "too_few_scales", missing)  # noqa: E711
    for name in (*_OF_THE_LAW, "exponent_status"):
        result.put(name, rows, reasons)
    if counted.size and not few:
        _infer_law(result, points, counted, n_points, settings)


def _infer_order(
    result: Columns, points: Points, rows: NDArray[np.intp], n_points: int, settings: Settings
) -> None:
    if n_points < FEWEST_FOR_ORDER:
        result.put("p_order_missing", rows, "too_few_scales")
        result.put("p_order_E_missing", rows, "too_few_scales")
        return
    scores = points.scores[rows, :n_points]
    tau, p = order_test(scores)
    result.put("kendall_tau", rows, tau)
    result.put("p_order", rows, p)
    p, drawn = order_of_emergence(scores, points.ids[rows], settings.seed, settings.draws)
    result.put("p_order_E", rows, p)
    result.put("p_order_E_draws", rows, drawn)


def _infer_intervals(
    result: Columns, points: Points, rows: NDArray[np.intp], n_points: int, settings: Settings
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


def _infer_law(
    result: Columns, points: Points, rows: NDArray[np.intp], n_points: int, settings: Settings
) -> None:
    curves = Curves.from_rows(
        points.successes[rows, :n_points],
        points.trials[rows, :n_points],
        points.scales[rows, :n_points],
    )
    chance = points.chance[rows]
    fits, scatter = _fits_and_scatter(curves, chance, settings)
    # The rise test holds for any floor below the data; at 0 it needs to know nothing.
    usable = (chance >= 0) & (chance < 1)
    result.put("chance_assumed", rows, ~usable)
    rise = rise_test(curves, np.where(usable, chance, 0.0), scatter)
    p_rise, two = rise.p, rise.fit
    p_fall = _fall_test(curves, settings)

    bounded = fits.bounded[settings.b_max]
    converged = fits.unbounded.converged & bounded.converged & two.converged
    reason = np.full(len(rows), None, dtype=object)
    reason[scatter.degrees < 1] = "no_degrees"
    reason[~converged] = "not_converged"
    result.put("law_missing", rows, np.where(converged, None, "not_converged"))
    result.put("p_rise_missing", rows, reason)
    ok = reason == None  # noqa: E711
    result.put("p_rise", rows, np.where(ok, p_rise, np.nan))
    result.put("p_fall", rows, np.where(ok, p_fall, np.nan))
    result.put("p_rise_binomial", rows, np.where(converged, rise.p_binomial, np.nan))
    result.put("floor_fixed", rows, fits.zero)
    result.put("degrees_of_freedom", rows, scatter.degrees)
    result.put("dispersion", rows, np.where(scatter.degrees >= 1, scatter.value, np.nan))
    result.put("dispersion_raw", rows, scatter.raw)
    _put_fit(result, "law", rows, fits.unbounded)
    _put_fit(result, "bounded", rows, bounded)
    result.put("bounded_exponent", rows, bounded.exponent)

    _put_steep(result, rows, fits, scatter, reason, n_points, settings)
    _put_exponent(result, rows, curves, fits, scatter, reason, p_rise, p_fall, two, settings)
    _put_isotonic(result, points, rows, curves, fits, scatter, reason, settings)
    _put_sharp(result, points, rows, curves, bounded, scatter, reason, settings)
    _put_shape(result, rows, curves, np.where(usable, chance, 0.0), fits, two, scatter, reason)
    _put_holdout(result, points, rows, curves, settings)


def _fits_and_scatter(
    curves: Curves, chance: Floats, settings: Settings
) -> tuple[LawFits, Dispersion]:
    fits = fit_laws(curves, chance, (settings.b_max, *settings.b_max_beside))
    return fits, dispersion(curves, fits.unbounded, fits.bounded[settings.b_max], fits.zero)


def _fall_test(curves: Curves, settings: Settings) -> Floats:
    """P-value of a fall: the rise test of the reversed scores.

    With the floor at 0: what falls with scale falls below chance, where a floor at chance
    would see nothing.
    """
    turned = curves.reversed()
    unknown = np.full(len(curves), np.nan)
    fits = fit_laws(turned, unknown, (settings.b_max,))
    scatter = dispersion(turned, fits.unbounded, fits.bounded[settings.b_max], fits.zero)
    return rise_test(turned, np.zeros(len(curves)), scatter).p


def _put_fit(result: Columns, name: str, rows: NDArray[np.intp], fit: LawFit) -> None:
    result.put(f"{name}_kind", rows, np.array(KINDS, dtype=object)[fit.kind])
    result.put(f"{name}_floor", rows, fit.floor)
    result.put(f"{name}_ceiling", rows, fit.ceiling)
    result.put(f"{name}_location", rows, fit.location)
    result.put(f"{name}_log_likelihood", rows, fit.log_likelihood)


def _put_steep(
    result: Columns,
    rows: NDArray[np.intp],
    fits: LawFits,
    scatter: Dispersion,
    reason: NDArray,
    n_points: int,
    settings: Settings,
) -> None:
    if n_points < FEWEST_FOR_STEEP:
        result.put("p_steep_missing", rows, "too_few_scales")
        return
    ok = reason == None  # noqa: E711
    result.put("p_steep_missing", rows, reason)
    p = steep_test(fits, scatter, settings.b_max)
    result.put("p_steep", rows, np.where(ok, p, np.nan))
    binomial = steep_test(fits, None, settings.b_max)
    result.put("p_steep_binomial", rows, np.where(reason != "not_converged", binomial, np.nan))
    others = [steep_test(fits, scatter, b) for b in settings.b_max_beside]
    beside = np.full(len(rows), None, dtype=object)
    for i in np.flatnonzero(ok):
        beside[i] = [float(p[i]) for p in others]
    result.put("p_steep_beside", rows, beside)


def _put_exponent(
    result: Columns,
    rows: NDArray[np.intp],
    curves: Curves,
    fits: LawFits,
    scatter: Dispersion,
    reason: NDArray,
    p_rise: Floats,
    p_fall: Floats,
    two: LawFit,
    settings: Settings,
) -> None:
    level = 1 - settings.level
    with np.errstate(invalid="ignore"):
        rises = (reason == None) & (p_rise <= level)  # noqa: E711
        falls = (reason == None) & ~rises & (p_fall < level)  # noqa: E711
    status = reason.copy()
    status[reason == None] = "not_identified"  # noqa: E711
    status[falls] = "falls"
    found = np.flatnonzero(rises)
    if found.size:
        low, high = exponent_interval(
            curves.take(found), fits.take(found), scatter.take(found), settings.level
        )
        status[found] = np.where(np.isinf(high), "open_above", "estimated")
        result.put("exponent", rows[found], fits.unbounded.exponent[found])
        result.put("exponent_low", rows[found], low)
        result.put("exponent_high", rows[found], high)
        result.put("exponent_fixed", rows[found], two.exponent[found])
    result.put("exponent_status", rows, status)


def _put_isotonic(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    curves: Curves,
    fits: LawFits,
    scatter: Dispersion,
    reason: NDArray,
    settings: Settings,
) -> None:
    """Test the bounded fit only where a curve may count as smooth: each draw is a fit."""
    with np.errstate(invalid="ignore"):
        smooth = result.values["exponent_status"][rows] == "estimated"
        if smooth.any():
            smooth &= result.values["exponent_high"][rows] <= settings.b_max
    missing = reason.copy()
    missing[(reason == None) & ~smooth] = "not_asked"  # noqa: E711
    result.put("p_isotonic_missing", rows, missing)
    asked = np.flatnonzero(missing == None)  # noqa: E711
    if asked.size:
        p = isotonic_test(
            curves.take(asked),
            take_fit(fits.bounded[settings.b_max], asked),
            fits.zero[asked],
            scatter.take(asked),
            points.ids[rows[asked]],
            largest_exponent=settings.b_max,
            seed=settings.seed,
            draws=settings.bootstrap_draws,
        )
        result.put("p_isotonic", rows[asked], p)


def _put_sharp(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    curves: Curves,
    bounded: LawFit,
    scatter: Dispersion,
    reason: NDArray,
    settings: Settings,
) -> None:
    result.put("p_sharp_missing", rows, reason)
    ok = np.flatnonzero(reason == None)  # noqa: E711
    if ok.size:
        share = sharp_share(
            curves.take(ok),
            take_fit(bounded, ok),
            scatter.take(ok),
            points.ids[rows[ok]],
            seed=settings.seed,
            draws=settings.draws,
        )
        result.put("p_sharp", rows[ok], share)


def _put_shape(
    result: Columns,
    rows: NDArray[np.intp],
    curves: Curves,
    chance: Floats,
    fits: LawFits,
    two: LawFit,
    scatter: Dispersion,
    reason: NDArray,
) -> None:
    if curves.n_points < FEWEST_FOR_SHAPE:
        result.put("shape_missing", rows, "too_few_scales")
        return
    missing = reason.copy()
    falls = result.values["exponent_status"][rows] == "falls"
    missing[falls] = "falls"
    result.put("shape_missing", rows, missing)
    ok = np.flatnonzero(missing == None)  # noqa: E711
    if ok.size:
        best, lead = best_shape(
            curves.take(ok),
            chance[ok],
            take_fit(fits.unbounded, ok),
            take_fit(two, ok),
            fits.zero[ok],
            scatter.take(ok),
        )
        name = np.where(lead >= LEAST_LEAD, np.array(SHAPES, dtype=object)[best], UNDECIDED)
        result.put("shape", rows[ok], name)
        result.put("shape_lead", rows[ok], lead)


def _put_holdout(
    result: Columns, points: Points, rows: NDArray[np.intp], curves: Curves, settings: Settings
) -> None:
    if curves.n_points < FEWEST_FOR_HOLDOUT:
        result.put("holdout_missing", rows, "too_few_scales")
        return
    found = predict_last(
        curves,
        points.chance[rows],
        points.ids[rows],
        largest_exponent=settings.b_max,
        seed=settings.seed,
        draws=settings.draws,
        level=settings.level,
    )
    missing = np.full(len(rows), None, dtype=object)
    missing[found.degrees < 1] = "no_degrees"
    missing[~found.converged] = "not_converged"
    ok = missing == None  # noqa: E711
    result.put("holdout_missing", rows, missing)
    result.put("holdout_low", rows, np.where(ok, found.low, np.nan))
    result.put("holdout_high", rows, np.where(ok, found.high, np.nan))
    status = np.array(STATUSES, dtype=object)[found.status]
    result.put("holdout_status", rows, np.where(ok, status, None))
