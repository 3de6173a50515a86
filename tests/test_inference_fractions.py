"""Bounded scores that are no counts: the same law by the same search, with two variances."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy import optimize
from scipy.special import xlogy

from emergence.inference.law import fit_law
from emergence.inference.model import (
    NOMINAL_TRIALS,
    VARIANCES,
    Curves,
    LawFit,
    free_bounds,
    steepest,
)


def random_fractions(rng, m, n_points):
    """Scores and scales of laws with a scatter of one in a hundred."""
    scales = np.exp(np.cumsum(rng.uniform(0.5, 2.2, (m, n_points)), axis=1))
    t = np.log(scales[:, -1:] / scales)
    floor, ceiling = rng.uniform(0, 0.4, (m, 1)), rng.uniform(0.5, 1, (m, 1))
    b, middle = 10 ** rng.uniform(-1.3, 1, (m, 1)), rng.uniform(0, 1, (m, 1)) * t[:, :1]
    y = floor + (ceiling - floor) * np.exp(-np.exp(b * (t - middle)))
    return np.clip(y + rng.normal(0, 0.01, y.shape), 0, 1), scales


def searched(curves: Curves, column: int, b_max: float) -> float:
    """The best likelihood of one curve by scipy's bounded search, the law written anew."""
    y, t = (a[:, column] for a in (curves.successes / curves.trials, curves.distance))
    cap = min(b_max, float(steepest(curves)[column]))

    def loss(x):
        floor, part, location, b = x
        z = np.exp(np.minimum(location + b * t, 300))
        p = floor + (1 - floor) * part * np.exp(-z)
        if curves.variance == "constant":
            return 1e4 * 0.5 * np.sum((y - p) ** 2)
        q = (1 - floor) * (1 - part * np.exp(-z))
        p, q = np.maximum(p, 1e-300), np.maximum(q, 1e-300)
        return -1e4 * np.sum(xlogy(y, p) + xlogy(1 - y, q))

    bounds = [(0, 1), (0, 1), (-cap * t[0] - 40, 6), (0, cap)]
    best = np.inf
    for b in (0.3 * cap, cap) if np.isfinite(b_max) else (0.3, 1, 4):
        for where in (0, 0.33, 0.66, 1):
            start = [0.1, 0.7, np.clip(-b * where * t[0], *bounds[2]), b]
            options = {"ftol": 1e-14, "gtol": 1e-9}
            found = optimize.minimize(
                loss, start, method="L-BFGS-B", bounds=bounds, options=options
            )
            best = min(best, found.fun)
    return -best / 1e4 * NOMINAL_TRIALS


@pytest.mark.parametrize("variance", VARIANCES)
class TestBothVariances:
    @pytest.mark.parametrize("n_points", [5, 8])
    def test_no_search_curve_by_curve_finds_better(self, variance, n_points):
        """Up to what a scatter of a thousandth of the range would make of it."""
        rng = np.random.default_rng([n_points, len(variance)])
        curves = Curves.from_fractions(*random_fractions(rng, 3, n_points), variance)
        for b_max in (np.inf, 0.5):
            fit = fit_law(curves, free_bounds(len(curves), b_max))
            assert fit.converged.all()
            for column in range(len(curves)):
                assert fit.log_likelihood[column] > searched(curves, column, b_max) - 1e-2

    def test_a_curve_has_the_same_bits_whatever_else_is_fitted(self, variance):
        rng = np.random.default_rng(4)
        curves = Curves.from_fractions(*random_fractions(rng, 60, 6), variance)
        together = fit_law(curves, free_bounds(60))
        for some in ([31], [59, 2, 8]):
            apart = fit_law(curves.take(some), free_bounds(len(some)))
            for field in fields(LawFit):
                expected = getattr(together, field.name)[..., some]
                assert expected.tobytes() == getattr(apart, field.name).tobytes(), field.name

    def test_scores_at_the_ends_of_the_range(self, variance):
        """Nothing, then everything: the step, and no scatter at all."""
        y = [[0, 0, 0, 1, 1, 1], [0] * 6, [1] * 6, [0, 0, 0, 0, 0, 0.3]]
        curves = Curves.from_fractions(
            y, np.broadcast_to(np.geomspace(1, 1e5, 6), (4, 6)), variance
        )
        fit = fit_law(curves, free_bounds(4))
        np.testing.assert_allclose(fit.probability, np.transpose(y), atol=1e-6)

    def test_the_fit_does_not_depend_on_the_nominal_trials(self, variance):
        """Their number scales the likelihood, and the dispersion with it."""
        rng = np.random.default_rng(9)
        y, scales = random_fractions(rng, 20, 8)
        fit = fit_law(one := Curves.from_fractions(y, scales, variance), free_bounds(20, 0.5))
        fewer = Curves(one.successes / 100, one.trials / 100, one.distance, variance)
        other = fit_law(fewer, free_bounds(20, 0.5))
        np.testing.assert_allclose(fit.probability, other.probability, atol=1e-5)

    def test_what_is_no_fraction_is_refused(self, variance):
        for bad in ([0.1, 1.2, 0.3], [0.1, -0.1, 0.3], [0.1, np.nan, 0.3]):
            with pytest.raises(ValueError, match="between 0 and 1"):
                Curves.from_fractions(bad, [1, 2, 3], variance)
        with pytest.raises(ValueError, match="rise"):
            Curves.from_fractions([0.1, 0.2, 0.3], [1, 3, 2], variance)


def test_an_unknown_variance_is_refused():
    with pytest.raises(ValueError, match="allowed are: binomial, constant"):
        Curves.from_fractions([0.1, 0.2, 0.3], [1, 2, 3], "poisson")


def test_counts_as_fractions_have_the_same_fit():
    """Binomial quasi-likelihood: one thing for counts and for fractions of equal weight."""
    rng = np.random.default_rng(3)
    y, scales = random_fractions(rng, 20, 6)
    k = np.round(200 * y)
    counts = fit_law(Curves.from_rows(k, np.full_like(k, 200), scales), free_bounds(20))
    fractions = fit_law(Curves.from_fractions(k / 200, scales, "binomial"), free_bounds(20))
    np.testing.assert_allclose(counts.probability, fractions.probability, atol=1e-4)


def test_with_constant_variance_another_range_changes_no_exponent():
    """Half as high and a quarter up: the same law, where no end of the range is reached."""
    rng = np.random.default_rng(8)
    y, scales = random_fractions(rng, 20, 8)
    y = 0.1 + 0.8 * y
    one, other = (
        fit_law(Curves.from_fractions(z, scales, "constant"), free_bounds(20))
        for z in (y, 0.25 + 0.5 * y)
    )
    inside = (one.floor > 1e-6) & (one.ceiling < 1 - 1e-6) & np.isfinite(one.exponent)
    inside &= (other.floor > 1e-6) & (other.ceiling < 1 - 1e-6)
    assert inside.sum() > 5
    np.testing.assert_allclose(one.exponent[inside], other.exponent[inside], rtol=1e-4)
