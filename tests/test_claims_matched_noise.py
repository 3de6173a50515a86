"""Noise made equal: what is added, and what looks emergent, on arrays of known numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emergence.claims.matched_noise import Side, deviations_added, looks_emergent
from emergence.inference.rise import order_test

SCALES = np.array([[1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7]])
JUMP = np.array([[0.0, 0.01, 0.0, 0.02, 0.01, 0.5, 0.8, 0.9]])

POSITIVE = st.floats(0.001, 10.0)


def side(deviation, span) -> Side:
    deviation = np.atleast_2d(np.asarray(deviation, float))
    return Side(np.zeros_like(deviation), deviation, np.atleast_1d(np.asarray(span, float)))


class TestRelativeNoise:
    def test_is_variance_over_squared_range(self):
        """And so the same for a metric in points of a hundred."""
        for unit in (1.0, 100.0):
            found = side(unit * np.array([0.1, 0.2, 0.0]), unit * 0.5).relative
            assert found == pytest.approx([(0.01 + 0.04) / 3 / 0.25])

    def test_a_flat_law_is_all_noise(self):
        """And no noise at all is none, whatever the range."""
        assert side([0.1, 0.1], 0.0).relative == [1.0]
        assert side([0.0, 0.0], 0.0).relative == [0.0]
        assert side([0.0, 0.0], 2.0).relative == [0.0]


class TestDeviationsAdded:
    @given(
        arrays(float, 5, elements=POSITIVE), arrays(float, 5, elements=POSITIVE), POSITIVE, POSITIVE
    )
    def test_both_are_as_noisy_then(self, first, second, span, other):
        """Independent noises add their variances; the louder curve is left as it is."""
        sides = side(first, 20 * span), side(second, 20 * other)
        added = deviations_added(*sides)
        after = [
            Side(one.scores, np.hypot(one.deviation, more), one.span).relative
            for one, more in zip(sides, added, strict=True)
        ]
        louder = max(sides[0].relative, sides[1].relative)
        assert after[0] == pytest.approx(louder) and after[1] == pytest.approx(louder)
        assert not all(more.any() for more in added)

    def test_the_profile_over_scales_stays(self):
        """A share of 0 has no noise, and gets none."""
        _, added = deviations_added(side([0.2, 0.2, 0.2], 1.0), side([0.0, 0.01, 0.03], 1.0))
        assert added[0, 0] == 0 and added[0, 2] == pytest.approx(3 * added[0, 1])

    def test_a_curve_without_noise_gets_the_same_at_every_scale(self):
        _, added = deviations_added(side([0.2, 0.2], 2.0), side([0.0, 0.0], 10.0))
        assert added == pytest.approx(np.full((1, 2), 1.0))

    def test_beside_a_flat_law_nothing_is_left_to_see(self):
        """The noise is as large as the range."""
        _, added = deviations_added(side([0.1, 0.1], 0.0), side([0.01, 0.01], 3.0))
        assert np.hypot(added, 0.01) == pytest.approx(np.full((1, 2), 3.0))


class TestLooksEmergent:
    @pytest.mark.parametrize(
        ("scores", "looks"),
        [
            (JUMP[0], True),
            (np.linspace(0, 1, 8), False),
            (JUMP[0][::-1], False),
            ([0.0, 0.5, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65], False),
            ([0.3, 0.1, 0.2, 0.05, 0.25, 0.12, 0.22, 0.9], False),
        ],
    )
    def test_it_rises_late_and_sharper_than_a_line(self, scores, looks):
        """Not a line, a fall, an early jump, or one point above noise: no order."""
        found, _ = looks_emergent(np.array([scores]), SCALES, np.full((1, 8), 0.5), 1.0, 0.05)
        assert found.tolist() == [looks]

    @given(arrays(float, 8, elements=st.floats(0.1, 1.0), unique=True), POSITIVE, st.floats(-5, 5))
    def test_the_unit_of_a_metric_does_not_matter(self, scores, factor, shift):
        ties = np.full((1, 8), 0.5)
        one = looks_emergent(scores[None], SCALES, ties, 1.0, 0.05)
        other = looks_emergent(factor * scores[None] + shift, SCALES, ties, 1.0, 0.05)
        if abs(one[1][0] - 1) > 1e-6:
            assert one[0] == other[0]

    def test_ties_are_broken_at_random(self):
        """Six zeros before a rise are an order by luck only, and one of many."""
        scores = np.array([[0.0] * 6 + [0.4, 0.8]])
        assert order_test(scores)[1] < 0.05
        rng = np.random.default_rng(1)
        many = np.repeat(scores, 4000, axis=0)
        found, sharpness = looks_emergent(
            many, np.repeat(SCALES, 4000, axis=0), rng.random(many.shape), 1.0, 0.05
        )
        assert np.isinf(sharpness).all()
        noisy = np.where(many == 0, 1e-6 * rng.random(many.shape), many)
        others, _ = looks_emergent(
            noisy, np.repeat(SCALES, 4000, axis=0), np.zeros(many.shape), 1.0, 0.05
        )
        assert found.mean() == pytest.approx(others.mean(), abs=0.05)
