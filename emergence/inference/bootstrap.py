"""Draws from the bounded fit: how sharp they look, and how much better any rise fits them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emergence.inference.binomial import BinomialTables
from emergence.inference.dispersion import Dispersion, dispersion
from emergence.inference.draws import emergence_of_draws, unit_of_counts
from emergence.inference.isotonic import isotonic_likelihood
from emergence.inference.law import refit_law
from emergence.inference.model import EQUAL, Curves, Floats, LawFit, free_bounds, take_fit
from emergence.inference.steep import LawFits
from emergence.streams import random_bits

#: Draws worked on together: their arrays then stay in the processor's cache.
_TOGETHER = 1 << 17

#: The largest probability that a table of draws takes: next to 1.
_NEARLY_ONE = 1.0 - 2.0**-53


def draws_of_fit(
    curves: Curves,
    fit: LawFit,
    scatter: Dispersion,
    curve_ids: Sequence[str],
    *,
    seed: int,
    draws: int,
    purpose: str,
) -> NDArray:
    """Draw right answers from fits.

    Parameters
    ----------
    curves : Curves
        They give the numbers of trials.
    fit : LawFit
    scatter : Dispersion
        Where it exceeds 1, beta-binomial with its variance; else binomial.
    curve_ids : sequence of str
        They key the draws.
    seed : int
        The seed of the run.
    draws : int
        For each curve.
    purpose : str
        Names the stream.

    Returns
    -------
    ndarray of int16 or int32, shape (n_points, n_curves, draws)
    """
    n_points, n_curves = curves.trials.shape
    tables = BinomialTables(
        curves.trials.ravel(),
        np.minimum(fit.probability, _NEARLY_ONE).ravel(),
        np.tile(scatter.value, n_points),
    )
    bits = random_bits(seed, curve_ids, purpose, (n_points, draws)).reshape(-1, draws)
    counts = tables.counts(np.arange(n_points * n_curves), bits)
    return counts.reshape(n_points, n_curves, draws)


def sharp_share(
    curves: Curves,
    bounded: LawFit,
    scatter: Dispersion,
    curve_ids: Sequence[str],
    *,
    seed: int,
    draws: int,
) -> Floats:
    """Share of draws from the bounded fit whose emergence score is at least that seen (`p_sharp`).

    A description and no test: what is fitted to the curve enters both.

    Parameters
    ----------
    curves : Curves
    bounded : LawFit
    scatter : Dispersion
    curve_ids : sequence of str
    seed, draws : int

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        (1 + hits) / (1 + draws).
    """
    share = np.empty(len(curves))
    together = max(_TOGETHER // (draws * curves.n_points), 1)
    for begin in range(0, len(curves), together):
        part = slice(begin, min(begin + together, len(curves)))
        some = curves.take(part)
        drawn = draws_of_fit(
            some,
            take_fit(bounded, part),
            scatter.take(part),
            curve_ids[part],
            seed=seed,
            draws=draws,
            purpose="sharp",
        )
        unit = unit_of_counts(some.trials)
        shares = (drawn / unit[:, :, None]).reshape(some.n_points, -1)
        seen = emergence_of_draws(some.successes / unit)
        hits = emergence_of_draws(shares).reshape(len(some), draws) >= seen[:, None]
        hits = np.count_nonzero(hits, axis=1)
        share[part] = (1 + hits) / (1 + draws)
    return share


def isotonic_test(
    curves: Curves,
    fits: LawFits,
    scatter: Dispersion,
    curve_ids: Sequence[str],
    *,
    largest_exponent: float,
    seed: int,
    draws: int,
) -> Floats:
    """Test the bounded fit against isotonic regression by parametric bootstrap (`p_isotonic`).

    Parameters
    ----------
    curves : Curves
    fits : LawFits
    scatter : Dispersion
    curve_ids : sequence of str
    largest_exponent : float
        Of the bounded fit that is tested.
    seed, draws : int

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        (1 + hits) / (1 + draws), where a hit is a draw whose likelihood ratio over dispersion,
        both fitted anew, is at least that of the curve.

    Notes
    -----
    What the law misses raises the dispersion as well, and with it all draws: without dividing
    by the dispersion, found anew in each draw, no law was ever rejected.
    """
    bounded = fits.bounded[largest_exponent]
    seen = (isotonic_likelihood(curves) - bounded.log_likelihood) / scatter.value
    p = np.empty(len(curves))
    together = max(_TOGETHER // (draws * curves.n_points), 1)
    for begin in range(0, len(curves), together):
        part = np.arange(begin, min(begin + together, len(curves)))
        counts = draws_of_fit(
            curves.take(part),
            take_fit(bounded, part),
            scatter.take(part),
            [curve_ids[i] for i in part],
            seed=seed,
            draws=draws,
            purpose="isotonic",
        )
        many = np.repeat(part, draws)
        drawn = Curves(
            counts.reshape(curves.n_points, -1).astype(np.float64),
            curves.trials[:, many],
            curves.distance[:, many],
        )
        truth, zero = take_fit(bounded, many), fits.zero[many]
        refitted = refit_law(drawn, free_bounds(len(drawn), largest_exponent, zero), truth)
        # The best exponent without a bound is mostly at or just above that of the truth.
        unbounded = refitted.better_of(
            refit_law(drawn, free_bounds(len(drawn), np.inf, zero), truth)
        )
        found = dispersion(drawn, unbounded, refitted, zero).value
        gain = (isotonic_likelihood(drawn) - refitted.log_likelihood) / found
        hits = gain.reshape(-1, draws) >= seen[part, None] - EQUAL
        p[part] = (1 + np.count_nonzero(hits, axis=1)) / (1 + draws)
    return p
