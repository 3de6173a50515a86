"""The small models of a curve against chance and the law: exact cases, and known truths."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import xlogy
from scipy.stats import binom, chi2

from emergence.inference.model import Curves
from emergence.inference.small_models import SmallModels, n_small, small_models
from emergence.simulate.curves import even_scales

B_MAX = 0.5


def curves_of(counts, n) -> Curves:
    counts = np.atleast_2d(counts)
    scales = even_scales(counts.shape[1])
    return Curves.from_rows(counts, np.full(counts.shape, n), np.broadcast_to(scales, counts.shape))


def found_of(counts, n, chance, first=4, dispersion=1.0) -> SmallModels:
    curves = curves_of(counts, n)
    every = np.ones(len(curves))
    return small_models(
        curves, chance * every, dispersion * every, first, largest_exponent=B_MAX, level=0.95
    )


LAW = np.round(1000 * np.exp(-np.exp(-1.0 + 0.3 * np.log(even_scales(8)[-1] / even_scales(8)))))


class TestSmall:
    @pytest.mark.parametrize(
        ("scores", "n"),
        [
            ([0, 0, 0, 0, 0, 0, 0, 1], 4),
            ([0, 0, 0, 0, 1, 1, 1, 1], 4),
            ([0, 0, 0, 1, 1, 1, 1, 1], 3),
            ([0, 0, 0, 0, 1], 2),
            ([0, 1], 1),
            ([0, 9, 0, 0, 0, 8], 1),
        ],
    )
    def test_the_smaller_half_before_the_largest_step(self, scores, n):
        """Behind a jump no model is small."""
        assert n_small(scores) == n


class TestAboveChance:
    @pytest.mark.parametrize("chance", [0.0, 0.1, 0.25, 0.5])
    @pytest.mark.parametrize("right", [0, 1, 9, 30, 200])
    def test_is_the_exact_binomial_test(self, chance, right):
        """Of four models with 50 examples each, together."""
        counts = [right // 4 + (i < right % 4) for i in range(4)] + [50] * 4
        found = found_of(counts, 50, chance)
        assert found.score[0] == right / 200
        assert found.p_above[0] == pytest.approx(binom.sf(right - 1, 200, chance), rel=1e-9)

    @pytest.mark.parametrize("right", [0, 3, 57, 200])
    def test_each_limit_is_where_the_exact_test_turns(self, right):
        """At the lower one so many or more have 5 %, at the upper one so many or fewer."""
        counts = [right // 4 + (i < right % 4) for i in range(4)] + [50] * 4
        found = found_of(counts, 50, 0.0)
        low, high = found.low[0], found.high[0]
        assert low == 0 if not right else binom.sf(right - 1, 200, low) == pytest.approx(0.05)
        assert high == 1 if right == 200 else binom.cdf(right, 200, high) == pytest.approx(0.05)

    def test_scatter_takes_examples_away(self):
        """With a dispersion of 4 the same share is that of a quarter of the examples."""
        wide = found_of([20, 20, 24, 20, 50, 50, 50, 50], 80, 0.2, dispersion=4.0)
        few = found_of([5, 5, 6, 5, 20, 20, 20, 20], 20, 0.2)
        for name in ("p_above", "low", "high"):
            assert getattr(wide, name) == pytest.approx(getattr(few, name))


def loss(counts, n, chance, distance) -> float:
    """Best log-likelihood of the law from chance up to b_max, by a general search."""
    k = np.asarray(counts, float)

    def minus(x):
        ceiling, location, b = chance + (1 - chance) * x[0], x[1], x[2]
        p = chance + (ceiling - chance) * np.exp(-np.exp(np.minimum(location + b * distance, 50)))
        return -np.sum(xlogy(k, p) + xlogy(n - k, 1 - p))

    bounds = [(1e-6, 1 - 1e-9), (-12, 6), (0, B_MAX)]
    starts = [(u, a, b) for u in (0.4, 0.95) for a in (-6, -3, -1, 0.5) for b in (0.1, 0.3, 0.5)]
    return -min(minimize(minus, x, bounds=bounds).fun for x in starts)


class TestBelowTheLaw:
    @pytest.mark.parametrize(
        "counts",
        [
            [50, 52, 48, 51, 70, 90, 130, 150],
            [50, 52, 48, 51, 100, 104, 101, 98],
            [48, 50, 53, 50, 90, 100, 120, 150],
        ],
    )
    def test_is_the_likelihood_ratio_of_a_score_of_their_own(self, counts):
        """Against a search that knows nothing of ours."""
        distance = np.log(even_scales(8)[-1] / even_scales(8))
        chance, n = 0.25, 200
        own = max(sum(counts[:4]) / (4 * n), chance)
        k = np.array(counts[:4], float)
        alone = np.sum(xlogy(k, own) + xlogy(n - k, 1 - own))
        gain = loss(counts[4:], n, chance, distance[4:]) + alone
        gain -= loss(counts, n, chance, distance)
        found = found_of(counts, n, chance)
        expected = 0.5 * chi2.sf(max(2 * gain, 0), 1)
        assert found.predicted[0] > found.score[0]
        assert found.p_below[0] == pytest.approx(expected, rel=1e-3)

    def test_a_jump_between_the_halves_is_below_every_law(self):
        """And does not fit; it is at chance."""
        found = found_of([50, 52, 48, 51, 160, 158, 161, 160], 200, 0.25)
        assert found.p_below[0] < 1e-6 and found.p_law[0] < 1e-6 and found.p_above[0] > 0.3

    def test_the_law_itself_is_not(self):
        """It fits, and its small models are above a chance of nothing."""
        found = found_of(LAW, 1000, 0.0)
        assert found.p_below[0] > 0.2 and found.p_law[0] > 0.9 and found.p_above[0] < 1e-9
        assert found.predicted[0] == pytest.approx(found.score[0], abs=0.002)

    def test_a_jump_at_the_last_model_says_nothing_of_the_small_ones(self):
        """No law fits, and none is needed for small models at the floor."""
        found = found_of([0, 0, 0, 0, 0, 0, 0, 300], 1000, 0.0)
        assert found.p_law[0] < 1e-6 and found.p_below[0] > 0.05 and found.p_above[0] == 1

    def test_models_above_the_law_are_not_below_it(self):
        found = found_of([90, 92, 91, 93, 95, 120, 150, 190], 200, 0.25)
        assert found.p_below[0] == 1 and found.score[0] > found.predicted[0]


def test_a_curve_does_not_depend_on_the_others_to_the_last_bit():
    rng = np.random.default_rng(3)
    counts = rng.binomial(200, np.linspace(0.25, 0.6, 8), size=(40, 8))
    together = found_of(counts, 200, 0.25)
    for i, row in enumerate(counts):
        alone = found_of(row, 200, 0.25)
        for field in fields(SmallModels):
            name = field.name
            assert getattr(together, name)[i].tobytes() == getattr(alone, name)[0].tobytes()
