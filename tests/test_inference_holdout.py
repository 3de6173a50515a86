"""The prediction of the largest model: against scipy, edges, and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import xlogy

from emergence.inference.dispersion import scatter_of
from emergence.inference.holdout import (
    ABOVE,
    INSIDE,
    UNINFORMATIVE,
    predict_last,
    without_last,
)
from emergence.inference.model import Curves
from emergence.inference.steep import fit_laws
from emergence.simulate.calibration import Cell, drawn_curves, study
from emergence.simulate.curves import FLAT, SMOOTH, STEPS, Truth, draw, even_scales


def curves_of(k, n) -> Curves:
    k = np.atleast_2d(k)
    scales = np.broadcast_to(even_scales(k.shape[1]), k.shape)
    return Curves.from_rows(k, np.broadcast_to(n, k.shape), scales)


def predicted(curves: Curves, chance: float = 0.0, b_max=0.5):
    return predict_last(curves, np.full(len(curves), chance), largest_exponent=b_max, level=0.95)


def best_by_scipy(k, n, t, zero: bool) -> float:
    """Log-likelihood of the best law with an exponent up to 0.5, by scipy from many starts."""

    def loss(x):
        floor = 0.0 if zero else x[0] * x[1]
        p = floor + (x[1] - floor) * np.exp(-np.exp(np.minimum(x[2] + x[3] * t, 50)))
        return -float(np.sum(xlogy(k, np.maximum(p, 1e-300)) + xlogy(n - k, 1 - p)))

    bounds = [(0, 1), (1e-9, 1), (-40, 6), (0, 0.5)]
    best = -np.inf
    for b, location, ceiling in (
        (0.1, -1.5, 0.9),
        (0.5, -2.0, 0.6),
        (0.5, 0.0, 0.9),
        (0.4, 1.5, 1),
    ):
        start = [0.4, ceiling, location, b]
        found = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds)
        best = max(best, -found.fun)
    return best


class TestTheInterval:
    @pytest.mark.parametrize(
        ("k", "n", "chance"),
        [
            ([10, 11, 8, 12, 9, 11, 10, 12], 40, 0.25),
            ([3, 2, 4, 3, 6, 10, 16, 22], 40, 0.0),
            ([15, 13, 14, 17, 20, 22, 24, 24], 40, 0.25),
            ([0, 0, 0, 2, 5, 9, 16, 20], 40, 0.0),
        ],
    )
    def test_its_ends_are_those_of_an_independent_search(self, k, n, chance):
        """Both ends are within, the counts next to them are not, by fits of scipy."""
        curves = curves_of([k], n)
        others = without_last(curves)
        fits = fit_laws(others, np.full(1, chance), (0.5,))
        scatter = scatter_of(others, fits.unbounded, fits.bounded[0.5]).at_least_one[0]
        k, t = np.array(k, float), curves.distance[:, 0]
        alone = best_by_scipy(k[:-1], n, t[:-1] - t[-2], fits.zero[0])

        def loss(y):
            k[-1] = y
            own = xlogy(y, y / n) + xlogy(n - y, 1 - y / n)
            return 2 * (alone + own - best_by_scipy(k, n, t, fits.zero[0])) / scatter

        found = predicted(curves, chance)
        low, high = (round(end[0] * n) for end in (found.low, found.high))
        bar = stats.chi2(1).ppf(0.95)
        assert loss(low) <= bar + 1e-3 and loss(high) <= bar + 1e-3
        assert low == 0 or loss(low - 1) > bar - 1e-3
        assert high == n or loss(high + 1) > bar - 1e-3

    def test_a_flat_curve_is_predicted_by_its_own_noise(self):
        """Twelve models at .3: no lower than the binomial interval of one of them.

        It reaches higher, since a law may be about to begin.
        """
        found = predicted(curves_of([[300] * 12], 1000), 0.3)
        noise = stats.binom(1000, 0.3)
        assert found.low[0] == pytest.approx(noise.ppf(0.025) / 1000, abs=0.008)
        assert 0.03 < found.high[0] - noise.ppf(0.975) / 1000 < 0.1

    def test_more_noise_and_larger_exponents_make_it_wider(self):
        """Scatter of the others, fewer examples, and a bound further out."""
        k = np.array([20, 22, 19, 21, 24, 30, 41, 52])
        zigzag = np.array([9, -9, 9, -9, 9, -9, 9, 0])
        width = {
            name: (found.high - found.low)[0]
            for name, found in {
                "plain": predicted(curves_of([k], 100), 0.1),
                "fewer": predicted(curves_of([k // 2], 50), 0.1),
                "steeper": predicted(curves_of([k], 100), 0.1, b_max=1.0),
                "scattered": predicted(curves_of([k + zigzag], 100), 0.1),
            }.items()
        }
        assert all(width[name] > width["plain"] for name in ("fewer", "steeper", "scattered"))

    def test_it_does_not_look_at_the_last_score(self):
        """Whatever the largest model scores, its prediction is the same."""
        k = np.array([[5, 6, 5, 8, 9, 12, 14, last] for last in (0, 15, 50)])
        found = predicted(curves_of(k, 50))
        assert len(set(found.low)) == len(set(found.high)) == 1
        assert found.status[2] == ABOVE and found.status[1] == INSIDE

    def test_a_larger_last_test_is_predicted_more_closely(self):
        """The largest model's own examples are its noise, not those of the others."""
        k, n = np.array([[5, 6, 5, 8, 9, 12, 14, 16]] * 2), np.full((2, 8), 50)
        n[1, -1] = 5000
        found = predicted(curves_of(k, n))
        width = found.high - found.low
        assert width[1] < width[0]


class TestTheEdges:
    def test_without_scatter_to_see_there_is_no_prediction(self):
        """Zeros show no scatter; four models leave none for four parameters."""
        found = predicted(curves_of([[0] * 7 + [30]], 100))
        assert found.degrees[0] < 1 and np.isnan(found.low[0])
        assert predicted(curves_of([[2, 4, 8, 9, 12]], 20)).degrees[0] < 1

    def test_inside_a_wide_interval_is_uninformative(self):
        """Wider than half of what lies between chance and 1; outside of it is outside."""
        k = np.array([[5, 7, 4, 6, 5, 7, last] for last in (9, 20)])
        found = predicted(curves_of(k, 20), 0.5)
        assert (found.high - found.low > 0.25).all()
        assert found.status.tolist() == [UNINFORMATIVE, ABOVE]

    @settings(max_examples=8, deadline=None)
    @given(
        st.lists(st.integers(0, 30), min_size=5, max_size=12),
        st.sampled_from([0.0, 0.25, np.nan]),
    )
    def test_any_counts(self, k, chance):
        """A prediction is a range of shares of the last model's examples, or missing."""
        found = predicted(curves_of([k], 30), chance)
        if found.degrees[0] < 1:
            assert np.isnan(found.low[0]) and np.isnan(found.high[0])
            return
        assert 0 <= found.low[0] <= found.high[0] <= 1
        assert (found.low * 30) % 1 == pytest.approx(0, abs=1e-9)
        score = k[-1] / 30
        if found.status[0] == INSIDE:
            assert found.low[0] <= score <= found.high[0]

    def test_one_curve_alone_has_the_same_bits_as_among_many(self):
        """Each search ends by itself; with a neighbour that has no prediction."""
        p = SMOOTH["law b=.25"].probabilities(even_scales(8))
        k = draw(p, 100, 2, 40, np.random.default_rng(3))
        k[4, :-1] = 0
        curves = curves_of(k, 100)
        whole = predicted(curves)
        for i in (0, 5, 30, 39):
            alone = predicted(curves.take([i]))
            for name in ("low", "high", "status"):
                assert getattr(alone, name).tobytes() == getattr(whole, name)[[i]].tobytes()


#: Laws that begin to rise above a floor, or end with the bound as exponent.
BEGINS = Truth("law", 0.33, 1.0, 0.5, 0.74, chance=0.25)
ENDS = SMOOTH["law b=.5, .35 to .6, chance .25"]


def inside_by_weights(curves: Curves, truth: Truth, rng: np.random.Generator) -> np.ndarray:
    """Whether scores lie in the interval by weights over a uniform prior.

    The method's own prediction: exponent and location uniform, floor and ceiling each uniform
    or where theory has it. Draws that no curve of this truth can support are left out.
    """
    n, t, chance = curves.trials[0, 0], curves.distance[:, 0], truth.chance
    distance = np.log(even_scales(len(t))[-1] / even_scales(len(t)))
    true = truth.probabilities(even_scales(len(t)))
    assert np.allclose(t, distance)
    m = 400_000
    b, eta = rng.uniform(0, 0.5, m), rng.uniform(-6, 3.5, m)
    ends, form = np.sort(rng.random((2, m)), axis=0), rng.integers(0, 4, m)
    floor = np.select([form == 3, form == 1], [ends[0], rng.random(m)], chance)
    ceiling = np.select([form == 3, form == 2], [ends[1], rng.uniform(chance, 1, m)], 1.0)
    # What the first model is, and then all of them: most draws go at once.
    near = np.arange(m)
    for point in (0, slice(0, -1)):
        g = np.exp(-np.exp(eta[near, None] + b[near, None] * (t[point] - t[-2])))
        p = floor[near, None] + (ceiling - floor)[near, None] * g
        far = (n * (p - true[point]) ** 2 / (true * (1 - true))[point]).sum(axis=1)
        near = near[far < 60]
    g = np.exp(-np.exp(eta[near, None] + b[near, None] * (t - t[-2])))
    p = np.clip(floor[near, None] + (ceiling - floor)[near, None] * g, 1e-12, 1 - 1e-12)
    k = curves.successes[:-1].T
    weight = k @ np.log(p[:, :-1]).T + (n - k) @ np.log1p(-p[:, :-1]).T
    weight = np.exp(weight - weight.max(axis=1, keepdims=True))
    drawn = rng.binomial(int(n), p[:, -1])
    below = (weight * (drawn < curves.successes[-1][:, None])).sum(axis=1) / weight.sum(axis=1)
    upto = (weight * (drawn <= curves.successes[-1][:, None])).sum(axis=1) / weight.sum(axis=1)
    return (upto >= 0.025) & (below <= 0.975)


@pytest.mark.system
class TestCoverage:
    @pytest.mark.parametrize(
        ("truth", "n_points", "n_examples"),
        [
            (SMOOTH["law b=.5"], 12, 1000),
            (SMOOTH["law b=.25"], 8, 200),
            (ENDS, 8, 1000),
            (SMOOTH["law b=.5, .25 to 1, chance .25"], 6, 1000),
            (FLAT["flat .4, chance .25"], 8, 1000),
            (BEGINS, 12, 1000),
        ],
    )
    def test_smooth_truths_are_inside(self, truth, n_points, n_examples):
        """Nominal .95, asked for .90: of 60 curves, three standard errors of .90 are .116."""
        _, curves, chance = drawn_curves(Cell("truth", truth, n_points, n_examples, 1), 60, 1)
        found = predicted(curves, chance[0])
        score = curves.successes[-1] / n_examples
        assert np.mean((found.low <= score) & (score <= found.high)) > 0.9 - 0.116

    def test_weights_over_a_uniform_prior_miss_a_law_that_begins(self):
        """Why the prediction is no average over a prior: of 40 curves it covers under .8.

        And laws with the bound as exponent, which is the edge of the prior, under .95.
        """
        found = {}
        for name, truth, n_points in (("begins", BEGINS, 12), ("ends", ENDS, 8)):
            cell = Cell(name, truth, n_points, 1000, 1)
            _, curves, chance = drawn_curves(cell, 40, 1)
            found[name] = np.mean(inside_by_weights(curves, truth, np.random.default_rng(2)))
            ours = predicted(curves, chance[0])
            score = curves.successes[-1] / 1000
            assert np.mean((ours.low <= score) & (score <= ours.high)) > found[name]
        assert found["begins"] < 0.8 and found["ends"] < 0.95

    def test_a_jump_is_caught(self):
        """From .25 to .6 at the last of twelve models with 200 examples."""
        name = "last model, .25 to .6"
        row = study("hold-out", Cell(name, STEPS[name], 12, 200, 1), 40, 1)
        assert row["said to be above"] > 0.85
