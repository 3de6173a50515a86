"""The law of losses: inference from single curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emergence.inference.columns import Columns
from emergence.inference.dispersion import Scatter
from emergence.inference.grid import NEAR, exponent_grid
from emergence.inference.loss import LossCurves, fit_loss, fit_power, loss_at
from emergence.inference.model import (
    CONSTANT,
    LAW,
    NOMINAL_TRIALS,
    Floats,
    LawFit,
    add_up,
)
from emergence.inference.points import Points
from emergence.inference.shares import (
    NOTHING,
    put_fit,
    put_lists,
    put_replicates,
    put_scatter,
)
from emergence.settings import InferenceSettings


def infer_losses(
    result: Columns,
    points: Points,
    rows: NDArray[np.intp],
    n_points: int,
    settings: InferenceSettings,
) -> None:
    """Fit the law of losses to curves of one length, and fill in the results.

    Parameters
    ----------
    result : Columns
        Filled in the rows given.
    points : Points
    rows : ndarray of int
        Curves whose law is ``loss``, all of ``n_points`` points.
    n_points : int
        At least four.
    settings : InferenceSettings

    Notes
    -----
    Columns are those of shares. Dispersions and log-likelihoods are of ln L, in units of
    1 / `NOMINAL_TRIALS`, as those of bounded scores are.
    """
    curves = LossCurves.from_rows(points.values[rows, :n_points], points.scales[rows, :n_points])
    best = fit_loss(curves)
    bounded = {b: fit_loss(curves, b) for b in (settings.b_max, *settings.b_max_beside)}
    scatter = loss_scatter(curves, best)
    gain, exponent = loss_rise(curves)
    result.put("law", rows, "loss")
    result.put("law_missing", rows, None)
    result.put("holdout_missing", rows, points.missing[rows])
    put_scatter(result, "own", rows, scatter)
    put_lists(result, "residuals", rows, scatter.residuals)
    put_replicates(result, points, rows, np.full(scatter.residuals.shape, 1.0 / NOMINAL_TRIALS))
    result.put("rise_gain", rows, gain)
    result.put("rise_exponent", rows, exponent)
    turned = curves.reversed()
    result.put("fall_gain", rows, loss_rise(turned)[0])
    put_scatter(result, "fall", rows, loss_scatter(turned, fit_loss(turned)))
    put_fit(result, "law", rows, best)
    put_fit(result, "bounded", rows, bounded[settings.b_max])
    beside = [bounded[b].log_likelihood for b in settings.b_max_beside]
    if beside:
        put_lists(result, "bounded_log_likelihood_beside", rows, np.stack(beside))
    asked = np.flatnonzero(gain > NOTHING)
    if asked.size:
        some, grid = curves.take(asked), exponent_grid(settings.b_max)
        put_lists(result, "profile", rows[asked], loss_profile(some, grid, best, asked))
        inner = asked[best.kind[asked] == LAW]
        near = np.outer(NEAR, best.exponent[inner])
        put_lists(
            result,
            "profile_near",
            rows[inner],
            loss_profile(curves.take(inner), near, best, inner),
        )


def loss_rise(curves: LossCurves) -> tuple[Floats, Floats]:
    """Compare a constant with the pure power law, for `p_rise` of a loss.

    Parameters
    ----------
    curves : LossCurves

    Returns
    -------
    gain, exponent : ndarray of float64, shape (n_curves,)
        Gain of log-likelihood, and the exponent.

    Notes
    -----
    With L_inf free there are two parameters more than the constant's, one of which means nothing
    where the loss does not fall: as a test of one parameter its size is .06 to .11 at 5 %. With
    L_inf = 0 it is .04 to .06 (docs/calibration.md). It corresponds to the ceiling at 1 of shares.
    """
    power = fit_power(curves)
    constant = loss_at(curves, [0.0])[0]
    return power.log_likelihood - constant.log_likelihood, power.exponent


def loss_scatter(curves: LossCurves, fit: LawFit) -> Scatter:
    """Estimate the scatter of ln L from the residuals of the unbounded fit.

    Parameters
    ----------
    curves : LossCurves
    fit : LawFit

    Returns
    -------
    Scatter
        Its value is the variance of ln L times `NOMINAL_TRIALS`. All points count; of the law
        the loss at the smallest scale, the exponent, and the whole fall where L_inf is above 0
        are free, of the step the loss before and after it.
    """
    # Above 0 where a model is better than the law.
    residuals = np.log(fit.probability) - (curves.log_loss + curves.mean)
    residuals *= np.sqrt(NOMINAL_TRIALS)
    free = np.where(fit.kind == CONSTANT, 1, 2)
    free += (fit.kind == LAW) & (fit.ceiling < 0)
    degrees = curves.n_points - free
    squares = add_up(residuals * residuals)
    value = np.where(degrees >= 1, squares / np.maximum(degrees, 1), np.nan)
    return Scatter(value, degrees, residuals)


def loss_profile(
    curves: LossCurves, exponents: Floats, best: LawFit, columns: NDArray[np.intp]
) -> Floats:
    """Log-likelihood of some of the curves at given exponents.

    Parameters
    ----------
    curves : LossCurves
    exponents : ndarray of float64, shape (n_exponents,) or (n_exponents, n_curves)
    best : LawFit
        Of all curves.
    columns : ndarray of int, shape (n_curves,)
        Which of them ``curves`` are.

    Returns
    -------
    ndarray of float64, shape (n_exponents, n_curves)
        Never above that of the best fit.
    """
    fits = loss_at(curves, exponents)
    most = best.log_likelihood[columns]
    return np.minimum(np.stack([fit.log_likelihood for fit in fits]), most)
