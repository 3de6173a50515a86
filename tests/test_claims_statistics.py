"""Statistics that several claims share, against scipy and against counting all cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom, binomtest, mannwhitneyu

from emergence.claims.resolution import examples_needed
from emergence.claims.task_statistics import (
    area_under_curve,
    binomial_interval,
    bootstrap_interval,
    holm,
    median_interval,
    sign_test,
    wins,
)

INF = math.inf

#: Few values, so that ties are common, and both infinities.
SCORES = st.lists(
    st.sampled_from([-INF, -2.0, -0.5, 0.0, 0.5, 1.0, 3.0, INF]), min_size=1, max_size=8
)


def streams(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


class TestArea:
    @given(SCORES, SCORES)
    def test_is_mann_whitneys_u_over_all_pairs(self, positives, negatives):
        """The same statistic, divided by the number of pairs; ties count half."""
        u = mannwhitneyu(positives, negatives).statistic
        found = area_under_curve(positives, negatives)
        assert found == pytest.approx(u / (len(positives) * len(negatives)))

    @given(SCORES, SCORES)
    def test_is_a_probability_counted_over_pairs(self, positives, negatives):
        """By its definition, infinite scores included."""
        pairs = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
        assert area_under_curve(positives, negatives) == pytest.approx(np.mean(pairs))

    def test_which_side_is_which(self):
        """Positives above all negatives: 1, and not 0."""
        assert area_under_curve([2.0, INF], [1.0, -INF]) == 1
        assert area_under_curve([1.0], [2.0]) == 0


class TestSign:
    @given(st.integers(0, 40), st.integers(0, 40))
    def test_is_the_binomial_test_of_a_half(self, above, below):
        n = above + below
        expected = binomtest(above, n).pvalue if n else 1.0
        assert sign_test(above, below) == pytest.approx(expected)

    @pytest.mark.parametrize(("n", "p"), [(5, 0.0625), (6, 0.03125)])
    def test_six_tasks_are_the_fewest_that_can_decide(self, n, p):
        """All of one sign: five cannot come under 5 %, six can. Hence the setting of 6."""
        assert sign_test(n, 0) == sign_test(0, n) == p


class TestHolm:
    @given(st.lists(st.floats(0, 1), max_size=6), st.floats(0.001, 0.999))
    def test_rejects_as_the_steps_do(self, p, level):
        """The smallest against level / n, the next against level / (n - 1), until one is not."""
        assume(all(abs(q * (len(p) - i) - level) > 1e-9 for q in p for i in range(len(p))))
        rejected = set()
        for i, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
            if p[place] * (len(p) - i) > level:
                break
            rejected.add(place)
        assert {i for i, q in enumerate(holm(p)) if q <= level} == rejected

    def test_one_alone_is_as_it_is(self):
        assert holm([0.03]).tolist() == [0.03]
        assert holm([0.04, 0.01, 0.9]).tolist() == [0.08, 0.03, 0.9]


class TestMedian:
    @given(
        st.lists(st.integers(-40, 40), min_size=1, max_size=14, unique=True),
        st.sampled_from([0.5, 0.8, 0.9, 0.95]),
    )
    def test_holds_the_shifts_that_the_sign_test_does_not_reject(self, values, level):
        median, low, high = median_interval(values, level)
        assert median in values and low <= median <= high
        for shift in [x / 2 for x in range(-83, 84, 2)]:
            p = sign_test(sum(v > shift for v in values), sum(v < shift for v in values))
            assert (low < shift < high) == (p > 1 - level + 1e-9), shift

    def test_infinite_values_are_values(self):
        values = [-INF, *range(1, 7), INF]
        assert median_interval(values, 0.95) == (3.0, -INF, INF)
        assert median_interval(values, 0.9) == (3.0, 1.0, 6.0)
        assert all(map(math.isnan, median_interval([], 0.95)))


class TestBinomialInterval:
    @given(st.integers(1, 60), st.data())
    def test_is_clopper_and_pearsons(self, n, data):
        k = data.draw(st.integers(0, n))
        found = binomtest(k, n).proportion_ci(0.95, method="exact")
        assert binomial_interval(k, n, 0.95) == pytest.approx((found.low, found.high))

    def test_without_a_trial_nothing_is_known(self):
        assert binomial_interval(0, 0, 0.95) == (0.0, 1.0)


class TestWins:
    @given(
        above=arrays(float, 4, elements=st.sampled_from([-INF, -1.0, 0.0, 1.0, INF])),
        below=arrays(float, 5, elements=st.sampled_from([-INF, -1.0, 0.0, 1.0, INF])),
        times=arrays(int, 9, elements=st.integers(0, 3)),
    )
    def test_weighted_they_are_the_area_of_repeated_values(self, above, below, times):
        """A bootstrap draw is the same values, some of them several times."""
        first, second = times[:4], times[4:]
        assume(first.any() and second.any())
        weighted = first @ wins(above, below) @ second / (first.sum() * second.sum())
        repeated = area_under_curve(np.repeat(above, first), np.repeat(below, second))
        assert weighted == pytest.approx(repeated, abs=1e-12)


class TestBootstrap:
    def test_of_a_mean(self):
        """The interval of a mean is that of the normal law: 1.96 errors, to a tenth of one."""
        values = streams(1).standard_normal(200)
        low, high = bootstrap_interval(
            lambda times: times @ values / 200,
            200,
            draws=4000,
            level=0.95,
            generator=streams(2),
        )
        error = values.std() / math.sqrt(200)
        assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
        assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)

    def test_leaves_out_the_same_share_on_both_sides(self):
        """Of draws 0 to 99 in any order, 90 % lie from 5 to 94."""
        values = streams(3).permutation(100).astype(float)
        found = bootstrap_interval(
            lambda times: values, 3, draws=100, level=0.9, generator=streams(4)
        )
        assert found == (5, 94)

    def test_draws_whole_samples_with_replacement(self):
        """As many units as there are, and some of them twice."""
        seen = []
        bootstrap_interval(
            lambda times: seen.append(times) or np.zeros(len(times)),
            6,
            draws=50,
            level=0.9,
            generator=streams(1),
        )
        (times,) = seen
        assert times.shape == (50, 6)
        assert (times.sum(axis=1) == 6).all()
        assert (times.sum(axis=0) > 0).all()
        assert (times > 1).any()

    def test_where_the_statistic_does_not_exist(self):
        """Those draws are left out; if there is no other, nothing is known."""
        values = np.array([math.nan, 1.0, INF] * 10)
        assert bootstrap_interval(
            lambda times: values, 2, draws=30, level=0.9, generator=streams(1)
        ) == (1, INF)
        found = bootstrap_interval(
            lambda times: np.full(5, math.nan), 2, draws=5, level=0.9, generator=streams(1)
        )
        assert all(map(math.isnan, found))


class TestExamplesNeeded:
    @pytest.mark.parametrize("share", [0.001, 0.013, 0.1, 0.37, 0.5, 0.9])
    @pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
    def test_chance_zero_is_exact(self, share, power):
        """One success is enough: n examples have one with the power, n - 1 have not."""
        n = examples_needed(share, 0.0, 0.05, power)
        assert n == int(n)
        assert binom.sf(0, n, share) >= power > binom.sf(0, n - 1, share)

    @pytest.mark.parametrize(
        ("share", "chance"), [(0.26, 0.25), (0.3, 0.25), (0.55, 0.5), (0.12, 0.1), (0.35, 0.3)]
    )
    @pytest.mark.parametrize("power", [0.8, 0.9])
    def test_above_chance_by_the_exact_power(self, share, chance, power):
        """So many examples give the exact binomial test at 5 % the power, to within .04."""
        n = int(examples_needed(share, chance, 0.05, power))
        reject_from = binom.ppf(0.95, n, chance) + 1
        assert binom.sf(reject_from - 1, n, chance) <= 0.05
        assert binom.sf(reject_from - 1, n, share) == pytest.approx(power, abs=0.04)

    @pytest.mark.parametrize("share", [0.25, 0.2, math.nan])
    def test_nothing_to_see(self, share):
        """No number of examples shows what is not above chance."""
        assert math.isnan(examples_needed(share, 0.25, 0.05, 0.8))

    def test_a_model_that_is_always_right(self):
        """The first example shows it."""
        assert examples_needed(1.0, 0.0, 0.05, 0.8) == 1
