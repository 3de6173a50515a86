"""Shapes of curves: the same likelihoods as a search curve by curve, and the right names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import expit, xlogy

from emergence.inference.dispersion import dispersion
from emergence.inference.law import fit_law
from emergence.inference.links import LAW_LINK, LINE, LOGISTIC
from emergence.inference.model import Curves, chance_bounds, free_bounds
from emergence.inference.rise import rise_test
from emergence.inference.shapes import (
    LEAST_LEAD,
    SHAPES,
    best_shape,
    line_likelihood,
    split_likelihood,
)
from emergence.inference.steep import fit_laws
from emergence.simulate.calibration import Cell, study
from emergence.simulate.curves import SHAPED, STEPS, even_scales


def curves_of(k, n, scales=None) -> Curves:
    k = np.atleast_2d(k)
    scales = even_scales(k.shape[1]) if scales is None else scales
    return Curves.from_rows(k, np.broadcast_to(n, k.shape), np.broadcast_to(scales, k.shape))


def random_curves(m: int, n_points: int, n: int, seed: int) -> Curves:
    """Rising, falling and noisy curves on uneven grids of scales of their own."""
    rng = np.random.default_rng(seed)
    scales = np.exp(np.cumsum(rng.uniform(0.5, 2.2, (m, n_points)), axis=1))
    x = np.log(scales / scales[:, -1:]) / np.log(scales[:, -1:] / scales[:, :1])
    slope = rng.normal(5, 5, (m, 1))
    p = rng.uniform(0, 0.3, (m, 1)) + 0.7 * expit(slope * (x + rng.uniform(0, 1, (m, 1))))
    p[::5] = rng.random((len(p[::5]), n_points))
    trials = rng.integers(n // 2, n + 1, p.shape)
    return Curves.from_rows(rng.binomial(trials, np.clip(p, 0, 1)), trials, scales)


def binomial(k, n, p) -> float:
    p = np.clip(p, 1e-300, 1.0)
    return float(np.sum(xlogy(k, p) + xlogy(n - k, np.maximum(1.0 - p, 1e-300))))


def columns(curves: Curves):
    return zip(curves.successes.T, curves.trials.T, curves.distance.T, strict=True)


class TestLinks:
    @pytest.mark.parametrize("link", [LAW_LINK, LOGISTIC, LINE])
    def test_the_derivatives_are_those_of_the_value(self, link):
        """By differences; the search goes astray with a wrong one."""
        eta = np.linspace(0.05, 0.95, 19) if link is LINE else np.linspace(-6, 3, 40)
        g, rest, slope, bend = link.expanded(eta)
        assert g == pytest.approx(link.value(eta), abs=1e-16)
        assert g + rest == pytest.approx(np.ones_like(g), abs=1e-15)
        if link is LINE:
            # Location and exponent are held: there is nothing to derive.
            assert not slope.any() and not bend.any()
            return
        step = 1e-5
        up, down = link.value(eta + step), link.value(eta - step)
        assert slope == pytest.approx((down - up) / (2 * step), abs=1e-9)
        assert slope * bend == pytest.approx((up - 2 * g + down) / step**2, abs=1e-5)

    def test_nothing_overflows(self):
        """Locations and exponents go as far as their bounds."""
        for link in (LAW_LINK, LOGISTIC):
            for found in link.expanded(np.array([-800.0, 0.0, 800.0])):
                assert np.isfinite(found).all()


class TestLikelihoods:
    def test_the_line(self):
        """Concave in its two ends: any search finds the one optimum, to 1e-6."""
        curves = random_curves(25, 9, 200, 1)
        found = line_likelihood(curves)
        for i, (k, n, t) in enumerate(columns(curves)):
            x = 1 - t / t[0]

            def loss(ends, k=k, n=n, x=x):
                return -binomial(k, n, ends[0] + max(ends[1], 0) * (1 - ends[0]) * x)

            best = min(
                optimize.minimize(
                    loss,
                    start,
                    method="Nelder-Mead",
                    bounds=[(0, 1), (0, 1)],
                    options={"xatol": 1e-10, "fatol": 1e-11, "maxiter": 4000},
                ).fun
                for start in ([0.2, 0.2], [0.5, 0.0], [0.05, 0.9])
            )
            assert found[i] == pytest.approx(-best, abs=1e-6)

    def test_the_split(self):
        """Every split by hand; two levels that fall are the constant."""
        curves = random_curves(60, 8, 100, 2)
        found = split_likelihood(curves)
        for i, (k, n, _) in enumerate(columns(curves)):
            values = [binomial(k, n, np.full(8, k.sum() / n.sum()))]
            for j in range(1, 8):
                low, high = k[:j].sum() / n[:j].sum(), k[j:].sum() / n[j:].sum()
                if low < high:
                    values.append(binomial(k, n, np.where(np.arange(8) < j, low, high)))
            assert found[i] == pytest.approx(max(values), abs=1e-9)

    def test_the_logistic_between_chance_and_one(self):
        """Two parameters: curve by curve by scipy, to 1e-6."""
        curves = random_curves(15, 9, 300, 3)
        fit = fit_law(curves, chance_bounds(np.full(15, 0.1)), link=LOGISTIC)
        for i, (k, n, t) in enumerate(columns(curves)):

            def loss(x, k=k, n=n, t=t):
                return -binomial(k, n, 0.1 + 0.9 * expit(-(x[0] + np.exp(x[1]) * t)))

            best = min(
                optimize.minimize(
                    loss,
                    [location, steep],
                    method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000},
                ).fun
                for location in (-4, -1, 2)
                for steep in (-3, -1, 1)
            )
            assert fit.log_likelihood[i] >= -best - 1e-6

    @pytest.mark.parametrize("n", [50, 1000])
    def test_the_logistic_with_free_floor_and_ceiling(self, n):
        """No search from many starts finds better by 1e-6."""
        curves = random_curves(12, 10, n, 4)
        fit = fit_law(curves, free_bounds(12), link=LOGISTIC)
        assert fit.converged.mean() > 0.9
        for i, (k, n_, t) in enumerate(columns(curves)):

            def loss(x, k=k, n_=n_, t=t):
                return -binomial(k, n_, x[0] + x[1] * (1 - x[0]) * expit(-(x[2] + x[3] * t)))

            best = min(
                optimize.minimize(
                    loss,
                    [0.1, 0.7, location, steep],
                    method="L-BFGS-B",
                    bounds=[(0, 1), (0, 1), (-30, 20), (0, 20)],
                ).fun
                for location in (-5, -1)
                for steep in (0.3, 1.0, 3.0)
            )
            assert fit.log_likelihood[i] >= -best - 1e-6

    def test_what_is_reported_is_what_was_fitted(self):
        """The probabilities are those of the link, not of the law."""
        curves = random_curves(20, 9, 200, 5)
        fit = fit_law(curves, free_bounds(20), link=LOGISTIC)
        law = fit.kind == 1
        assert law.sum() > 5
        eta = fit.location[law] + fit.exponent[law] * curves.distance[:, law]
        p = fit.floor[law] + (fit.ceiling - fit.floor)[law] * expit(-eta)
        assert fit.probability[:, law] == pytest.approx(p, abs=1e-12)


def shapes_of(curves: Curves, chance: float):
    given = np.full(len(curves), chance)
    fits = fit_laws(curves, given, (0.5,))
    scatter = dispersion(curves, fits.unbounded, fits.bounded[0.5], fits.zero)
    two = rise_test(curves, given, scatter).fit
    return best_shape(curves, given, fits.unbounded, two, fits.zero, scatter)


class TestNames:
    X = np.linspace(0, 1, 12)

    @pytest.mark.parametrize(
        ("p", "name"),
        [
            (np.full(12, 0.25), "constant"),
            (0.1 + 0.7 * X, "linear"),
            (np.exp(-np.exp(-2.5 + 6 * (1 - X))), "law"),
            (expit(10 * (X - 0.5)), "logistic"),
            (np.where(np.arange(12) < 7, 0.25, 0.6), "step"),
            (np.where(np.arange(12) < 11, 0.25, 0.6), "step"),
        ],
    )
    def test_a_curve_without_noise_has_its_own_name(self, p, name):
        """With 10,000 examples nothing else comes near."""
        best, lead = shapes_of(curves_of(np.round(10000 * p), 10000), 0.25 if p[0] == 0.25 else 0)
        assert SHAPES[best[0]] == name and lead[0] >= LEAST_LEAD

    def test_known_values(self):
        """QAICc of the constant and of the line by hand: the lead is their difference."""
        k = np.array([24, 26, 25, 23, 27, 25, 24, 26])
        best, lead = shapes_of(curves_of(k, 100), 0.0)
        assert SHAPES[best[0]] == "constant"
        one, two = binomial(k, 100, 0.25), line_likelihood(curves_of(k, 100))[0]
        penalty = [2 * m + 2 * m * (m + 1) / (8 - m - 1) for m in (2, 3)]
        assert lead[0] <= 2 * one - 2 * two + penalty[1] - penalty[0] + 1e-9

    @settings(max_examples=12, deadline=None)
    @given(st.lists(st.integers(0, 40), min_size=8, max_size=12))
    def test_any_counts_have_a_shape(self, k):
        """No counts break it, and the lead is never negative."""
        best, lead = shapes_of(curves_of(k, 40), 0.0)
        assert 0 <= best[0] < len(SHAPES) and lead[0] >= 0

    def test_one_curve_alone_has_the_same_bits_as_among_many(self):
        """Element by element across curves."""
        curves = random_curves(40, 8, 100, 6)
        best, lead = shapes_of(curves, 0.0)
        for i in (0, 7, 39):
            alone, its_lead = shapes_of(curves.take([i]), 0.0)
            assert alone[0] == best[i] and its_lead[0].tobytes() == lead[i].tobytes()

    @pytest.mark.parametrize(
        ("truth", "n_points", "n_examples", "name", "least"),
        [
            (SHAPED["linear, .05 to .9"], 12, 1000, "linear", 0.85),
            (STEPS["middle, .25 to .95"], 8, 200, "step", 0.8),
            (SHAPED["flat .25, chance .25"], 8, 200, "constant", 0.8),
            (SHAPED["logistic, 0 to 1"], 8, 200, "logistic", 0.75),
            (SHAPED["law b=.5"], 8, 200, "law", 0.8),
        ],
    )
    def test_recovery(self, truth, n_points, n_examples, name, least):
        """How often a known truth gets its name: of 200 curves, three standard errors are .09."""
        row = study("shape", Cell(name, truth, n_points, n_examples, 1), 200, 1)
        assert row[name] > least
