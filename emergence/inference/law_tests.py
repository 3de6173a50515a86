"""What rests on the smooth law, curve by curve: fits, tests, exponent, prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emergence.inference.columns import Columns
from emergence.inference.dispersion import Dispersion, dispersion
from emergence.inference.holdout import STATUSES, predict_last
from emergence.inference.model import KINDS, Curves, Floats, LawFit
from emergence.inference.points import Points
from emergence.inference.rise import RiseTest, rise_test
from emergence.inference.steep import LawFits, exponent_interval, fit_laws, steep_test
from emergence.settings import InferenceSettings

#: Fewest scales for p_steep, and for the hold-out, of which the law has one less.
FEWEST_FOR_STEEP, FEWEST_FOR_HOLDOUT = 6, 5


@dataclass(frozen=True)
class _Fitted:
    """Curves of one length with what was fitted to them; each array has an entry a curve.

    Attributes
    ----------
    rows : ndarray of int
        Where they stand in the result.
    curves : Curves
    fits : LawFits
    scatter : Dispersion
    rise : RiseTest
    reason : ndarray of object
        Why nothing can rest on the law; None where something can.
    """

    rows: NDArray[np.intp]
    curves: Curves
    fits: LawFits
    scatter: Dispersion
    rise: RiseTest
    reason: NDArray

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Where something can rest on the law."""
        return self.reason == None  # noqa: E711  elementwise


def infer_law(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    n_points: int,
    settings: InferenceSettings,
) -> None:
    """Fit the law to curves of one length, and put into the result all that rests on it.

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
    fits, scatter = _fits_and_scatter(curves, chance, settings)
    # The rise test holds for any floor below the data; at 0 it needs to know nothing.
    usable = (chance >= 0) & (chance < 1)
    result.put("chance_assumed", rows, ~usable)
    chance = np.where(usable, chance, 0.0)
    rise = rise_test(curves, chance, scatter)
    p_fall = _fall_test(curves, settings)

    bounded = fits.bounded[settings.b_max]
    converged = fits.unbounded.converged & bounded.converged & rise.fit.converged
    reason = np.full(len(rows), None, dtype=object)
    reason[scatter.degrees < 1] = "no_degrees"
    reason[~converged] = "not_converged"
    result.put("law_missing", rows, np.where(converged, None, "not_converged"))
    result.put("p_rise_missing", rows, reason)
    fitted = _Fitted(rows, curves, fits, scatter, rise, reason)
    result.put("p_rise", rows, np.where(fitted.ok, rise.p, np.nan))
    result.put("p_fall", rows, np.where(fitted.ok, p_fall, np.nan))
    result.put("floor_fixed", rows, fits.zero)
    result.put("degrees_of_freedom", rows, scatter.degrees)
    result.put("dispersion", rows, np.where(scatter.degrees >= 1, scatter.value, np.nan))
    result.put("dispersion_raw", rows, scatter.raw)
    _put_fit(result, "law", rows, fits.unbounded)
    _put_fit(result, "bounded", rows, bounded)
    result.put("bounded_exponent", rows, bounded.exponent)

    _put_steep(result, fitted, settings)
    _put_exponent(result, fitted, p_fall, settings)
    _put_holdout(result, points, rows, curves, settings)


def _fits_and_scatter(
    curves: Curves, chance: Floats, settings: InferenceSettings
) -> tuple[LawFits, Dispersion]:
    fits = fit_laws(curves, chance, (settings.b_max, *settings.b_max_beside))
    return fits, dispersion(curves, fits.unbounded, fits.bounded[settings.b_max], fits.zero)


def _fall_test(curves: Curves, settings: InferenceSettings) -> Floats:
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


def _put_steep(result: Columns, fitted: _Fitted, settings: InferenceSettings) -> None:
    rows, fits, scatter = fitted.rows, fitted.fits, fitted.scatter
    if fitted.curves.n_points < FEWEST_FOR_STEEP:
        result.put("p_steep_missing", rows, "too_few_scales")
        return
    result.put("p_steep_missing", rows, fitted.reason)
    p = steep_test(fits, scatter, settings.b_max)
    result.put("p_steep", rows, np.where(fitted.ok, p, np.nan))
    others = [steep_test(fits, scatter, b) for b in settings.b_max_beside]
    beside = np.full(len(rows), None, dtype=object)
    for i in np.flatnonzero(fitted.ok):
        beside[i] = [float(p[i]) for p in others]
    result.put("p_steep_beside", rows, beside)


def _put_exponent(
    result: Columns, fitted: _Fitted, p_fall: Floats, settings: InferenceSettings
) -> None:
    level = 1 - settings.level
    with np.errstate(invalid="ignore"):
        rises = fitted.ok & (fitted.rise.p <= level)
        falls = fitted.ok & ~rises & (p_fall < level)
    status = fitted.reason.copy()
    status[fitted.ok] = "not_identified"
    status[falls] = "falls"
    found = np.flatnonzero(rises)
    if found.size:
        low, high = exponent_interval(
            fitted.curves.take(found),
            fitted.fits.take(found),
            fitted.scatter.take(found),
            settings.level,
        )
        rows = fitted.rows[found]
        status[found] = np.where(np.isinf(high), "open_above", "estimated")
        result.put("exponent", rows, fitted.fits.unbounded.exponent[found])
        result.put("exponent_low", rows, low)
        result.put("exponent_high", rows, high)
        result.put("exponent_fixed", rows, fitted.rise.fit.exponent[found])
    result.put("exponent_status", fitted.rows, status)


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
