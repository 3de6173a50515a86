"""The smooth law for shares and bounded scores: inference from single curves.

Tests and intervals rest on the scatter of models, which needs the other tasks of a unit:
`emergence.pooling` makes them of what is put here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from emergence.inference.columns import Columns
from emergence.inference.dispersion import Scatter, replicate_scatter, scatter_of
from emergence.inference.grid import exponent_grid
from emergence.inference.holdout import STATUSES, predict_last
from emergence.inference.law import fit_law
from emergence.inference.link import link
from emergence.inference.model import (
    KINDS,
    LAW,
    NOMINAL_TRIALS,
    Curves,
    Floats,
    LawFit,
    chance_bounds,
    take_fit,
)
from emergence.inference.points import Points
from emergence.inference.profile import likelihood_profile, near_likelihoods
from emergence.inference.rise import Rise, rise
from emergence.inference.steep import LawFits, fit_laws
from emergence.settings import InferenceSettings

#: Fewest scales for the hold-out, of which the law has one less.
FEWEST_FOR_HOLDOUT = 5

#: Gains up to this are none: there is no rise, and no exponent is asked for.
NOTHING = 5e-7

#: How the variance of a bounded score goes with its expectation (docs/calibration.md).
VARIANCE = "binomial"


def infer_shares(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    n_points: int,
    settings: InferenceSettings,
) -> None:
    """Fit the law to curves of one length, and fill in the results.

    Parameters
    ----------
    result : Columns
        Filled in the rows given.
    points : Points
    rows : ndarray of int
        Curves whose scores are counts, all of ``n_points`` points.
    n_points : int
        At least four.
    settings : InferenceSettings
    """
    curves = Curves.from_rows(
        points.successes[rows, :n_points],
        points.trials[rows, :n_points],
        points.scales[rows, :n_points],
    )
    chance = points.chance[rows]
    usable = (chance >= 0) & (chance < 1)
    _infer_smooth_law(result, rows, curves, chance, settings)
    result.put("law", rows, "share")
    _put_small_models(result, rows[usable], curves.take(usable), chance[usable], settings)
    _put_holdout(result, points, rows, curves, settings)


def infer_bounded(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    n_points: int,
    settings: InferenceSettings,
) -> None:
    """Fit the law to bounded scores that are not counts, and fill in the results.

    One trial a point, with a free dispersion.

    Parameters
    ----------
    result : Columns
        Filled in the rows given.
    points : Points
    rows : ndarray of int
        Curves whose law is ``bounded``, all of ``n_points`` points.
    n_points : int
        At least four.
    settings : Settings
    """
    curves = Curves.from_fractions(
        points.values[rows, :n_points], points.scales[rows, :n_points], VARIANCE
    )
    scatter, fit = _infer_smooth_law(result, rows, curves, points.floor[rows], settings)
    inside = np.where(np.isnan(scatter.residuals), np.nan, fit.probability)
    put_replicates(result, points, rows, inside * (1.0 - inside) / NOMINAL_TRIALS)
    result.put("law", rows, "bounded")
    result.put("holdout_missing", rows, points.missing[rows])


def _infer_smooth_law(
    result: Columns,
    rows: NDArray[np.intp],
    curves: Curves,
    chance: Floats,
    settings: InferenceSettings,
) -> tuple[Scatter, LawFit]:
    fits = fit_laws(curves, chance, (settings.b_max, *settings.b_max_beside))
    bounded = fits.bounded[settings.b_max]
    # The rise test holds for any floor below the data; at 0 it needs to know nothing.
    usable = (chance >= 0) & (chance < 1)
    rises = rise(curves, np.where(usable, chance, 0.0))
    converged = fits.unbounded.converged & bounded.converged & rises.fit.converged
    result.put("law_missing", rows, np.where(converged, None, "not_converged"))
    result.put("chance_assumed", rows, ~usable)
    result.put("floor_fixed", rows, fits.zero)
    put_scatter(result, "own", rows, scatter := scatter_of(curves, fits.unbounded, bounded))
    put_lists(result, "residuals", rows, scatter.residuals)
    result.put("rise_gain", rows, rises.gain)
    result.put("rise_exponent", rows, rises.fit.exponent)
    _put_fall(result, rows, curves, settings)
    put_fit(result, "law", rows, fits.unbounded)
    put_fit(result, "bounded", rows, bounded)
    beside = [fits.bounded[b].log_likelihood for b in settings.b_max_beside]
    if beside:
        put_lists(result, "bounded_log_likelihood_beside", rows, np.stack(beside))
    _put_profile(result, rows, curves, fits, rises, settings)
    return scatter, fits.unbounded


def put_replicates(
    result: Columns, points: Points, rows: NDArray[np.intp], variance: Floats
) -> None:
    """Put what replicates say of the scatter; see `replicate_scatter` for the variance."""
    error, runs = (values[rows, : len(variance)].T for values in (points.error, points.runs))
    value, degrees = replicate_scatter(error, runs, variance)
    known = degrees > 0
    result.put("replicate_dispersion", rows[known], value[known])
    result.put("replicate_degrees", rows[known], degrees[known])


def put_scatter(result: Columns, name: str, rows: NDArray[np.intp], scatter: Scatter) -> None:
    """Put the scatter of each curve and its degrees of freedom."""
    result.put(f"{name}_dispersion", rows, scatter.value)
    result.put(f"{name}_degrees", rows, scatter.degrees)


def put_lists(result: Columns, name: str, rows: NDArray[np.intp], values: Floats) -> None:
    """Put one list a curve: null where a number is not known."""
    lists = np.empty(len(rows), dtype=object)
    lists[:] = [[None if v != v else v for v in column] for column in values.T.tolist()]
    result.put(name, rows, lists)


def _put_fall(
    result: Columns, rows: NDArray[np.intp], curves: Curves, settings: InferenceSettings
) -> None:
    """Put what a fall rests on: the same as of a rise, of the reversed scores.

    With the floor at 0: what falls with scale falls below chance, where a floor at chance
    would see nothing.
    """
    turned = curves.reversed()
    fits = fit_laws(turned, np.full(len(curves), np.nan), (settings.b_max,))
    scatter = scatter_of(turned, fits.unbounded, fits.bounded[settings.b_max])
    result.put("fall_gain", rows, rise(turned, np.zeros(len(curves))).gain)
    put_scatter(result, "fall", rows, scatter)


def put_fit(result: Columns, name: str, rows: NDArray[np.intp], fit: LawFit) -> None:
    """Put the parameters of each curve's fit."""
    result.put(f"{name}_kind", rows, np.array(KINDS, dtype=object)[fit.kind])
    for part in ("floor", "ceiling", "location", "exponent", "log_likelihood"):
        result.put(f"{name}_{part}", rows, getattr(fit, part))


def _put_profile(
    result: Columns,
    rows: NDArray[np.intp],
    curves: Curves,
    fits: LawFits,
    rises: Rise,
    settings: InferenceSettings,
) -> None:
    """Put the likelihood over the exponent of the curves that may rise."""
    asked = np.flatnonzero(rises.gain > NOTHING)
    if asked.size:
        some, grid = curves.take(asked), exponent_grid(settings.b_max)
        profile = likelihood_profile(some, take_fit(fits.unbounded, asked), fits.zero[asked], grid)
        put_lists(result, "profile", rows[asked], profile)
    inner = asked[fits.unbounded.kind[asked] == LAW]
    if inner.size:
        best = take_fit(fits.unbounded, inner)
        near = near_likelihoods(curves.take(inner), best, fits.zero[inner])
        put_lists(result, "profile_near", rows[inner], near)


def _put_small_models(
    result: Columns,
    rows: NDArray[np.intp],
    curves: Curves,
    chance: Floats,
    settings: InferenceSettings,
) -> None:
    """Put what the larger half of the models says of the smaller half, by the bounded law.

    With its floor at chance: the question is if the small models could be above it.
    """
    half = curves.n_points // 2
    large = Curves(curves.successes[half:], curves.trials[half:], curves.distance[half:])
    bounds = replace(
        chance_bounds(chance),
        gap_high=1.0 - chance,
        exponent_high=np.full(len(chance), settings.b_max),
    )
    fit = fit_law(large, bounds)
    eta = fit.location + fit.exponent * curves.distance[:half]
    risen = fit.floor + (fit.ceiling - fit.floor) * link(np.where(fit.kind == LAW, eta, 0.0))
    put_lists(result, "small_predicted", rows, np.where(fit.kind == LAW, risen, fit.floor))


def _put_holdout(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    curves: Curves,
    settings: InferenceSettings,
) -> None:
    if curves.n_points < FEWEST_FOR_HOLDOUT:
        result.put("holdout_missing", rows, "too_few_scales")
        return
    found = predict_last(
        curves, points.chance[rows], largest_exponent=settings.b_max, level=settings.level
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
