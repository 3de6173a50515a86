"""The prediction of the largest model: against the whole integral, edges, and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import xlogy

from emergence.inference.dispersion import dispersion
from emergence.inference.holdout import (
    ABOVE,
    INSIDE,
    UNINFORMATIVE,
    predict_last,
    without_last,
)
from emergence.inference.model import Curves
from emergence.inference.steep import fit_laws
from emergence.simulate.calibration import Cell, study
from emergence.simulate.curves import FLAT, SMOOTH, STEPS, draw, even_scales


def curves_of(k, n) -> Curves:
    k = np.atleast_2d(k)
    scales = np.broadcast_to(even_scales(k.shape[1]), k.shape)
    return Curves.from_rows(k, np.broadcast_to(n, k.shape), scales)


def predicted(curves: Curves, chance: float = 0.0, draws: int = 1000, ids=None, b_max=0.5):
    ids = [f"{i:016x}" for i in range(len(curves))] if ids is None else ids
    return predict_last(
        curves,
        np.full(len(curves), chance),
        ids,
        largest_exponent=b_max,
        seed=20230428,
        draws=draws,
        level=0.95,
    )


def whole_integral(curves: Curves, chance: float, rng: np.random.Generator):
    """Draws of the last score of one curve by plain weights on draws from the prior."""
    others = without_last(curves)
    fits = fit_laws(others, np.full(1, chance), (0.5,))
    scatter = dispersion(others, fits.unbounded, fits.bounded[0.5], fits.zero).value[0]
    m = 400_000
    b, eta = rng.uniform(0, 0.5, m), rng.uniform(-6, 3.5, m)
    ends = np.sort(rng.random((2, m)), axis=0)
    form = rng.integers(0, 4, m)
    floor = np.select([form == 3, form == 1], [ends[0], rng.random(m)], chance)
    ceiling = np.select([form == 3, form == 2], [ends[1], rng.uniform(chance, 1, m)], 1.0)

    def law(t):
        return floor + (ceiling - floor) * np.exp(-np.exp(eta + b * t))

    value = np.zeros(m)
    for k, n, t in zip(others.successes, others.trials, others.distance, strict=True):
        value += xlogy(k, law(t)) + xlogy(n - k, 1 - law(t))
    weight = np.exp((value - value.max()) / scatter)
    p = rng.choice(law(-curves.distance[-2, 0]), 20_000, p=weight / weight.sum())
    n = int(curves.trials[-1, 0])
    if scatter > 1:
        shapes = (n - 1) / (scatter - 1) - 1
        p = rng.beta(np.clip(p, 1e-9, 1) * shapes, np.clip(1 - p, 1e-9, 1) * shapes)
    return rng.binomial(n, p) / n, np.sum(weight) ** 2 / np.sum(weight**2)


class TestTheIntegral:
    @pytest.mark.parametrize(
        ("k", "n", "chance"),
        [
            ([10, 11, 8, 12, 9, 11, 10, 12], 40, 0.25),
            ([3, 2, 4, 3, 6, 10, 16, 22], 40, 0.0),
            ([15, 13, 14, 17, 20, 22, 24, 24], 40, 0.25),
            ([2, 9, 4, 12, 5, 16, 8, 20], 40, 0.0),
        ],
    )
    def test_it_is_that_of_draws_from_the_prior(self, k, n, chance):
        """An independent integral over all parameters: the same ends, to the noise of both."""
        curves = curves_of([k], n)
        expected, effective = whole_integral(curves, chance, np.random.default_rng(1))
        assert effective > 300
        found = predicted(curves, chance, draws=4000)
        for end, share in ((found.low, 0.025), (found.high, 0.975)):
            # Between the quantiles at half and at one and a half of what is beyond.
            beyond = min(share, 1 - share)
            nearer = [share - beyond / 2, share + beyond / 2]
            low, high = np.quantile(expected, nearer, method="inverted_cdf")
            assert low - 1 / n <= end[0] <= high + 1 / n

    def test_a_flat_curve_is_predicted_by_its_own_noise(self):
        """Twelve models at .3: a little wider than the binomial interval of one of them."""
        found = predicted(curves_of([[300] * 12], 1000), 0.3, draws=4000)
        noise = stats.binom(1000, 0.3)
        assert found.low[0] == pytest.approx(noise.ppf(0.025) / 1000, abs=0.008)
        assert 0 < found.high[0] - noise.ppf(0.975) / 1000 < 0.06

    def test_it_does_not_look_at_the_last_score(self):
        """Whatever the largest model scores, its prediction is the same."""
        k = np.array([[5, 6, 5, 8, 9, 12, 14, last] for last in (0, 15, 50)])
        found = predicted(curves_of(k, 50), ids=["a"] * 3)
        assert len(set(found.low)) == len(set(found.high)) == 1
        assert found.status[2] == ABOVE and found.status[1] == INSIDE


class TestTheEdges:
    def test_without_scatter_to_see_there_is_no_prediction(self):
        """Zeros show no scatter; four models leave none for four parameters."""
        found = predicted(curves_of([[0] * 7 + [30]], 100))
        assert found.degrees[0] < 1 and np.isnan(found.low[0])
        assert predicted(curves_of([[2, 4, 8, 9, 12]], 20)).degrees[0] < 1

    def test_wide_is_uninformative(self):
        """Wider than half of what lies between chance and 1: even a jump to 1 says nothing."""
        k = [5, 7, 4, 6, 5, 7, 20]
        found = predicted(curves_of([k], 20), 0.5)
        assert found.high[0] - found.low[0] > 0.25 and found.status[0] == UNINFORMATIVE

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.integers(0, 30), min_size=5, max_size=12),
        st.sampled_from([0.0, 0.25, np.nan]),
    )
    def test_any_counts(self, k, chance):
        """A prediction is a range of shares of the last model's examples, or missing."""
        found = predicted(curves_of([k], 30), chance, draws=200)
        if found.degrees[0] < 1:
            assert np.isnan(found.low[0]) and np.isnan(found.high[0])
            return
        assert 0 <= found.low[0] <= found.high[0] <= 1
        assert (found.low * 30) % 1 == pytest.approx(0, abs=1e-9)
        score = k[-1] / 30
        if found.status[0] == INSIDE:
            assert found.low[0] <= score <= found.high[0]

    def test_one_curve_alone_has_the_same_bits_as_among_many(self):
        """More curves than are worked on together; with a neighbour that has no prediction."""
        p = SMOOTH["law b=.25"].probabilities(even_scales(8))
        k = draw(p, 100, 2, 90, np.random.default_rng(3))
        k[4, :-1] = 0
        curves = curves_of(k, 100)
        whole = predicted(curves)
        for i in (0, 5, 70, 89):
            alone = predicted(curves.take([i]), ids=[f"{i:016x}"])
            for name in ("low", "high", "status"):
                assert getattr(alone, name).tobytes() == getattr(whole, name)[[i]].tobytes()


class TestCoverage:
    @pytest.mark.parametrize(
        ("name", "n_points", "n_examples", "scatter"),
        [
            ("law b=.5", 12, 1000, 1),
            ("law b=.25", 8, 200, 1),
            ("law b=.5, .35 to .6, chance .25", 12, 200, 3),
            ("law b=.5, .25 to 1, chance .25", 8, 200, 1),
            ("flat .4, chance .25", 8, 1000, 1),
        ],
    )
    def test_smooth_truths_are_inside(self, name, n_points, n_examples, scatter):
        """Nominal .95, asked for .90: of 150 curves, three standard errors of .90 are .073."""
        cell = Cell(name, (SMOOTH | FLAT)[name], n_points, n_examples, scatter)
        assert study("hold-out", cell, 150, 1)["inside"] > 0.9 - 0.073

    def test_a_jump_is_caught(self):
        """From .25 to .6 at the last of eight models with 200 examples."""
        name = "last model, .25 to .6"
        row = study("hold-out", Cell(name, STEPS[name], 8, 200, 1), 100, 1)
        assert row["said to be above"] > 0.85
