"""Statistics that several claims share, against scipy and against counting all cases."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom, mannwhitneyu, wilcoxon

from emergence.claims.resolution import examples_needed
from emergence.claims.task_statistics import (
    area_under_curve,
    bootstrap_interval,
    pseudo_median_interval,
    signed_rank_distribution,
    signed_rank_test,
    wins,
)

INF = math.inf

#: Few values, so that ties are common, and both infinities.
SCORES = st.lists(
    st.sampled_from([-INF, -2.0, -0.5, 0.0, 0.5, 1.0, 3.0, INF]), min_size=1, max_size=8
)

#: Halves and wholes: their differences and averages are exact, ties and zeros common.
DIFFERENCES = st.lists(st.integers(-8, 8).map(lambda i: i / 2), min_size=1, max_size=8)


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


def flips(differences) -> float:
    """The two-sided p by all ways to give the differences a sign."""
    sizes = [abs(d) for d in differences if d]
    if not sizes:
        return 1.0
    ranks = [
        sum(other < size for other in sizes) + (sum(other == size for other in sizes) + 1) / 2
        for size in sizes
    ]
    middle = sum(ranks) / 2
    observed = sum(r for r, d in zip(ranks, filter(None, differences), strict=True) if d > 0)
    sums = [
        sum(r for r, sign in zip(ranks, signs, strict=True) if sign)
        for signs in product([0, 1], repeat=len(ranks))
    ]
    extreme = [abs(s - middle) >= abs(observed - middle) - 1e-9 for s in sums]
    return sum(extreme) / len(sums)


class TestSignedRanks:
    @given(DIFFERENCES)
    def test_against_all_sign_flips(self, differences):
        """Exact with ties too, where scipy's exact method is not."""
        assert signed_rank_test(differences) == pytest.approx(flips(differences), abs=1e-12)

    @given(
        st.lists(st.integers(1, 40), min_size=1, max_size=20, unique=True),
        st.randoms(use_true_random=False),
    )
    def test_against_scipy_without_ties(self, sizes, random):
        """There its exact method is exact."""
        differences = [size * random.choice([-1, 1]) for size in sizes]
        expected = wilcoxon(differences, method="exact").pvalue
        assert signed_rank_test(differences) == pytest.approx(expected, abs=1e-12)

    def test_only_zeros(self):
        """Nothing speaks against no difference."""
        assert signed_rank_test([0.0, 0.0]) == 1
        assert signed_rank_test([]) == 1

    @pytest.mark.parametrize(("n", "p"), [(5, 0.0625), (6, 0.03125)])
    def test_six_tasks_are_the_fewest_that_can_decide(self, n, p):
        """All of one sign: five cannot come under 5 %, six can. Hence the setting of 6."""
        assert signed_rank_test(np.arange(1, n + 1)) == signed_rank_test(-np.arange(1, n + 1)) == p

    @given(st.lists(st.integers(1, 12), max_size=8))
    def test_the_null_distribution(self, ranks):
        """It is one, it is symmetric, and its mean is half the sum."""
        shares = signed_rank_distribution(np.array(ranks, np.int64))
        assert len(shares) == sum(ranks) + 1
        assert shares.sum() == pytest.approx(1)
        np.testing.assert_allclose(shares, shares[::-1], atol=1e-15)
        assert shares @ np.arange(len(shares)) == pytest.approx(sum(ranks) / 2)


class TestPseudoMedian:
    @given(
        st.lists(st.integers(-400, 400), min_size=1, max_size=9, unique_by=abs).filter(
            lambda d: (
                len({a + b for i, a in enumerate(d) for b in d[i:]}) == len(d) * (len(d) + 1) // 2
            )
        ),
        st.sampled_from([0.5, 0.8, 0.9, 0.95]),
    )
    def test_holds_the_shifts_that_the_test_does_not_reject(self, differences, level):
        """Without ties the interval is that of the shifts with a p above 1 - level."""
        low, high = pseudo_median_interval(differences, level)
        averages = sorted((a + b) / 2 for i, a in enumerate(differences) for b in differences[i:])
        between = [(a + b) / 2 for a, b in pairwise(averages)]
        for shift in (averages[0] - 1, *between, averages[-1] + 1):
            p = flips([d - shift for d in differences])
            assert (low < shift < high) == (p > 1 - level + 1e-12), shift

    def test_nine_pairs(self):
        """Hollander and Wolfe's depression scores: p is 20 of 512, and the interval of 96.1 %
        leaves out the five outermost averages on either side."""
        d = [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01]
        averages = sorted((a + b) / 2 for i, a in enumerate(d) for b in d[i:])
        assert signed_rank_test(d) == pytest.approx(20 / 512)
        assert pseudo_median_interval(d, 0.95) == pytest.approx((averages[5], averages[-6]))

    def test_so_few_that_nothing_bounds_it(self):
        """Five differences cannot reach 95 % at all; six can, by their extremes."""
        assert pseudo_median_interval([1, 2, 3, 4, 5], 0.95) == (-INF, INF)
        assert pseudo_median_interval([1, 2, 3, 4, 5, 6], 0.95) == (1, 6)
        assert pseudo_median_interval([], 0.95) == (-INF, INF)

    def test_its_coverage(self):
        """Of 8 differences exactly 246 of 256; 2,000 draws, four Monte Carlo errors of .0043."""
        random = streams(5)
        inside = 0
        for _ in range(2000):
            low, high = pseudo_median_interval(random.standard_normal(8), 0.95)
            inside += low <= 0 <= high
        assert inside / 2000 == pytest.approx(246 / 256, abs=0.0172)


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
