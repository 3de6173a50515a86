"""Intervals and resampling: against scipy, and the same for a curve whatever else is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from emergence.inference.binomial import BinomialTables
from emergence.inference.draws import emergence_of_draws, unit_of_counts
from emergence.inference.intervals import resampling_range, wilson
from emergence.measures import emergence_score
from emergence.streams import generator, random_bits

#: First number below 2**30 of one stream.
FROZEN = 847766167


def bits_of(uniform):
    """Uniform numbers in units of 2**-64, one row of draws."""
    return np.ldexp(np.atleast_2d(uniform), 64).astype(np.uint64)


SETTINGS = {"seed": 1, "draws": 400, "level": 0.95}


class TestWilson:
    @pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
    def test_it_is_scipys(self, level):
        """An independent implementation, the edges included."""
        k, n = np.array([0, 1, 5, 49, 50, 700]), np.array([50, 50, 50, 50, 50, 1024])
        low, high = wilson(k, n, level)
        for i in range(len(k)):
            expected = stats.binomtest(int(k[i]), int(n[i])).proportion_ci(level, "wilson")
            assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-12)


class TestEmergenceOfDraws:
    @given(
        hnp.arrays(
            np.int32,
            st.tuples(st.integers(2, 16), st.integers(1, 6)),
            elements=st.integers(0, 12),
        )
    )
    def test_it_is_the_librarys_own(self, counts):
        """The fast score of draws and the score of a curve must be one thing."""
        expected = emergence_score(counts.T.astype(float))
        found = emergence_of_draws(counts)
        np.testing.assert_allclose(found, expected, rtol=1e-13)

    @pytest.mark.parametrize("n_points", range(2, 18))
    def test_of_shares_as_well(self, n_points):
        """Where examples differ along a curve, shares are drawn and not counts."""
        shares = np.random.default_rng(n_points).random((n_points, 500))
        np.testing.assert_allclose(
            emergence_of_draws(shares), emergence_score(shares.T), rtol=1e-13
        )


class TestBinomialTables:
    @pytest.mark.parametrize(
        ("n", "p"),
        [(10, 0.05), (32, 0.5 / 33), (200, 0.5), (1024, 0.31), (100000, 0.02), (50, 0.99)],
    )
    def test_the_distribution_is_scipys(self, n, p):
        """Every outcome's probability: its share of an even grid of a million numbers.

        The grid is as good as exact to one part in a million; a table that leaves out a tail
        or shifts by one outcome is seen at once.
        """
        tables = BinomialTables(np.array([50.0, float(n)]), np.array([0.5, p]))
        grid = (np.arange(1_000_000) + 0.5) / 1_000_000
        counts = tables.counts(np.array([1]), bits_of(grid))[0]
        outcomes, seen = np.unique(counts, return_counts=True)
        expected = stats.binom.pmf(outcomes, n, p)
        np.testing.assert_allclose(seen / 1_000_000, expected, atol=1.5e-6)

    def test_it_is_the_inverse_of_the_cumulative_distribution(self):
        """At single numbers, far into both tails: the count is scipy's quantile."""
        u = np.array([1e-12, 1e-9, 1e-5, 0.3, 0.7, 1 - 1e-5, 1 - 1e-9, 1 - 1e-12])
        for n, p in ((50, 0.2), (1024, 0.5), (7, 0.01)):
            tables = BinomialTables(np.array([float(n)]), np.array([p]))
            found = tables.counts(np.array([0]), bits_of(u))[0]
            np.testing.assert_array_equal(found, stats.binom.ppf(u, n, p))

    @settings(max_examples=40, deadline=None)
    @given(
        st.integers(1, 40000),
        st.floats(0, 1, exclude_max=True),
        st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30),
    )
    def test_any_bits_of_any_distribution(self, n, p, bits):
        """The count is the first whose cumulative share exceeds the number, by scipy's sums."""
        tables = BinomialTables(np.array([float(n)]), np.array([p]))
        edge = [0, 2**55 - 1, 2**55, 2**63, 2**64 - 1]
        found = tables.counts(np.array([0]), np.array([bits + edge], np.uint64))[0]
        assert found.dtype == (np.int16 if n < 2**15 else np.int32)
        assert (found >= 0).all() and (found <= n).all()
        u = np.array(bits + edge) / 2.0**64
        assert (stats.binom.cdf(found, n, p) >= u - 1e-11).all()
        assert (stats.binom.cdf(found - 1, n, p) <= u + 1e-11).all()

    @pytest.mark.parametrize("p", [0.0, 1.0 - 2.0**-53])
    def test_the_edges(self, p):
        """No failure, or no success, to all digits."""
        tables = BinomialTables(np.array([100.0]), np.array([p]))
        counts = tables.counts(np.array([0]), bits_of(np.linspace(1e-6, 1 - 1e-6, 50)))
        assert (counts == round(100 * p)).all()

    def test_a_tables_neighbours_do_not_matter(self):
        """More distributions than are made together, small and large ones mixed."""
        rng = np.random.default_rng(6)
        n, p = rng.choice([7.0, 90.0, 4000.0], 600), rng.random(600)
        bits = random_bits(1, ["a"], "test", (600, 50))[:, 0]
        whole = BinomialTables(n, p).counts(np.arange(600), bits)
        for row in (0, 255, 256, 599):
            alone = BinomialTables(n[[row]], p[[row]]).counts(np.array([0]), bits[[row]])
            assert np.array_equal(alone[0], whole[row])

    def test_drawn_counts_pass_a_chi_square_test(self):
        """From the stream itself: p above .001 for each of five pairs, seed fixed."""
        for n, k in ((20, 3), (100, 50), (1000, 0), (1000, 999), (64, 30)):
            p = (k + 0.5) / (n + 1)
            tables = BinomialTables(np.array([float(n)]), np.array([p]))
            bits = random_bits(5, [f"{n}"], "test", (1, 50000))[0]
            counts = tables.counts(np.array([0]), bits)[0]
            edges = np.unique(stats.binom.ppf(np.linspace(0.05, 0.95, 19), n, p))
            bins = np.concatenate(([-1], edges, [n]))
            bins = np.unique(bins)
            expected = np.diff(stats.binom.cdf(bins, n, p)) * 50000
            seen = np.histogram(counts, np.append(bins[:-1] + 0.5, n + 0.5))[0]
            assert stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 0.001


class TestResamplingRange:
    K = np.array([[2, 5, 9, 20, 31], [0, 0, 0, 0, 4], [10, 11, 12, 13, 14]])
    N = np.full((3, 5), 50)

    def test_it_agrees_with_plain_binomial_draws(self):
        """The same quantiles as numpy's own draws, within what 4,000 draws leave open."""
        found = resampling_range(self.K, self.N, ["a", "b", "c"], seed=3, draws=4000, level=0.9)
        rng = np.random.default_rng(0)
        p = (self.K + 0.5) / (self.N + 1)
        for row in (0, 2):
            drawn = emergence_score(rng.binomial(50, p[row], (40000, 5)) / 50)
            # Three standard errors of a share of .05 at 4,000 draws are .0104.
            low, high = found.low[row], found.high[row]
            assert np.mean(drawn < low) < 0.0604 and np.mean(drawn <= low) > 0.0396
            assert np.mean(drawn > high) < 0.0604 and np.mean(drawn >= high) > 0.0396
            infinite = np.mean(np.isinf(drawn))
            assert found.share_infinite[row] == pytest.approx(infinite, abs=0.03)

    def test_a_curves_range_depends_on_nothing_but_the_curve(self):
        """Other curves, their order and their number must not move a draw."""
        together = resampling_range(self.K, self.N, ["a", "b", "c"], **SETTINGS)
        other_way = resampling_range(self.K[::-1], self.N, ["c", "b", "a"], **SETTINGS)
        alone = resampling_range(self.K[1:2], self.N[:1], ["b"], **SETTINGS)
        for name in ("low", "high", "share_infinite"):
            whole = getattr(together, name)
            assert np.array_equal(whole, getattr(other_way, name)[::-1])
            assert whole[1] == getattr(alone, name)[0]

    def test_more_curves_than_are_worked_on_together(self):
        """The cuts between batches must not show."""
        rng = np.random.default_rng(4)
        k = rng.integers(0, 80, (300, 6))
        n = np.full((300, 6), 80)
        ids = [f"{i}" for i in range(300)]
        whole = resampling_range(k, n, ids, **SETTINGS)
        for row in (0, 53, 54, 55, 299):
            alone = resampling_range(k[row : row + 1], n[:1], [ids[row]], **SETTINGS)
            assert (alone.low[0], alone.high[0]) == (whole.low[row], whole.high[row])

    def test_counts_are_compared_as_whole_numbers_whoever_stands_beside(self):
        """Shares of different numbers of questions must not divide a neighbour's counts."""
        trials = np.array([[7.0, 7.0], [7.0, 9.0]])
        assert unit_of_counts(trials).tolist() == [[1.0, 7.0], [1.0, 9.0]]
        k = np.array([[1, 2, 3, 3, 5, 4, 6], [1, 2, 3, 3, 5, 4, 6]])
        n = np.full((2, 7), 7)
        n[1, 3] = 9
        both = resampling_range(k, n, ["a", "b"], **SETTINGS)
        alone = resampling_range(k[:1], n[:1], ["a"], **SETTINGS)
        assert both.low[:1].tobytes() == alone.low.tobytes()
        assert both.high[:1].tobytes() == alone.high.tobytes()

    def test_curves_do_not_share_their_draws(self):
        """Two curves with equal scores are two draws: the same would be one witness twice."""
        k, n = np.tile(self.K[0], (2, 1)), self.N[:2]
        found = resampling_range(k, n, ["a", "b"], **SETTINGS)
        assert found.low[0] != found.low[1] or found.high[0] != found.high[1]

    def test_the_seed_and_the_purpose_enter(self):
        """Another seed is another draw, and two statistics of a curve do not share theirs."""
        first = generator(1, "a", "resample").random(4)
        assert not np.array_equal(first, generator(2, "a", "resample").random(4))
        assert not np.array_equal(first, generator(1, "a", "order").random(4))
        assert np.array_equal(first, generator(1, "a", "resample").random(4))

    def test_bits_are_those_of_the_generator(self):
        """One generator set to many keys gives what a generator of each key gives."""
        bits = random_bits(1, ["a", "b"], "resample", (3, 5))
        for i, curve_id in enumerate("ab"):
            uniform = generator(1, curve_id, "resample").random((3, 5))
            assert np.array_equal((bits[:, i] >> np.uint64(11)) * 2.0**-53, uniform)

    def test_a_stream_is_frozen(self):
        """Published ranges must be found again: a change of the streams is a new version."""
        found = generator(20230428, "00ff", "resample").integers(1 << 30)
        assert found == FROZEN

    def test_examples_that_differ_along_a_curve(self):
        """The score is of shares then: counts of different examples cannot be compared."""
        k, n = np.array([[5, 100, 40, 900]]), np.array([[10, 200, 50, 1000]])
        found = resampling_range(k, n, ["a"], **SETTINGS)
        assert 0 < found.high[0] < 20
