"""Draws from the bounded fit, isotonic regression, and the two shares that rest on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from emergence.inference.binomial import BinomialTables
from emergence.inference.bootstrap import draws_of_fit, isotonic_test, sharp_share
from emergence.inference.dispersion import Dispersion, dispersion
from emergence.inference.draws import unit_of_counts
from emergence.inference.intervals import resampling_range
from emergence.inference.isotonic import isotonic_likelihood, isotonic_shares
from emergence.inference.law import fit_law, refit_law
from emergence.inference.model import Curves, free_bounds, take_fit
from emergence.inference.steep import fit_laws
from emergence.measures import emergence_score
from emergence.simulate.calibration import Cell, study
from emergence.simulate.curves import SMOOTH, STAIRS, draw, even_scales


def curves_of(k, n) -> Curves:
    k = np.atleast_2d(k)
    scales = np.broadcast_to(even_scales(k.shape[1]), k.shape)
    return Curves.from_rows(k, np.broadcast_to(n, k.shape), scales)


def smooth(m: int, n_points: int, n: int, scatter: float, seed: int):
    """Curves of a law with exponent .25, their fits and dispersion."""
    p = SMOOTH["law b=.25"].probabilities(even_scales(n_points))
    curves = curves_of(draw(p, n, scatter, m, np.random.default_rng(seed)), n)
    fits = fit_laws(curves, np.zeros(m), (0.5,))
    return curves, fits, dispersion(curves, fits.unbounded, fits.bounded[0.5], fits.zero)


IDS = [f"{i:016x}" for i in range(100)]


def bits_of(uniform):
    """Uniform numbers in units of 2**-64, one row of draws."""
    return np.ldexp(np.atleast_2d(uniform), 64).astype(np.uint64)


class TestBetaBinomialTables:
    @pytest.mark.parametrize(
        ("n", "p", "scatter"),
        [(50, 0.02, 10), (1000, 0.3, 3), (1000, 0.999, 10), (20, 0.9, 2), (300, 0.5, 1.0)],
    )
    def test_the_distribution_is_scipys(self, n, p, scatter):
        """Each cumulative probability by an independent implementation."""
        tables = BinomialTables(*(np.array([float(x)]) for x in (n, p, scatter)))
        uniform = (np.arange(2000) + 0.5) / 2000
        shapes = (n - 1) / (scatter - 1) - 1 if scatter > 1 else np.inf
        known = stats.betabinom(n, p * shapes, (1 - p) * shapes) if scatter > 1 else None
        known = stats.binom(n, p) if known is None else known
        # Off by rounding where a uniform number hits a cumulative probability.
        found = tables.counts(np.zeros(1, int), bits_of(uniform))[0]
        assert np.mean(found != known.ppf(uniform)) < 0.002

    def test_scatter_ends_where_shares_are_uniform(self):
        """No draw is all right or all wrong more often than any other number."""
        tables = BinomialTables(*(np.array([x]) for x in (10.0, 0.5, 1e9)))
        counts = tables.counts(np.zeros(1, int), bits_of((np.arange(1100) + 0.5) / 1100))[0]
        assert (np.bincount(counts, minlength=11) == 100).all()

    @pytest.mark.parametrize("p", [0.0, 1.0 - 2.0**-53])
    def test_the_edges(self, p):
        """Fits are 0 and 1 to all digits at some points."""
        for scatter in (1.0, 3.0):
            tables = BinomialTables(*(np.array([x]) for x in (100.0, p, scatter)))
            counts = tables.counts(np.zeros(1, int), bits_of(np.linspace(1e-6, 1 - 1e-6, 50)))
            assert (counts == round(100 * p)).all()


class TestIsotonic:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 20), st.integers(20, 90)), min_size=2, max_size=13))
    def test_it_is_scipys(self, counts):
        """The max-min formula is what the pooling of adjacent violators finds."""
        k, n = np.array(counts, float).T
        curves = curves_of(k, n)
        expected = optimize.isotonic_regression(k / n, weights=n).x
        assert isotonic_shares(curves)[:, 0] == pytest.approx(expected, abs=1e-12)

    def test_no_law_is_more_likely(self):
        """The law rises: the isotonic fit contains it."""
        curves, fits, _ = smooth(60, 9, 100, 3, 1)
        assert (isotonic_likelihood(curves) >= fits.unbounded.log_likelihood - 1e-6).all()


class TestRefits:
    @pytest.mark.parametrize(("n", "scatter"), [(50, 1), (1000, 3)])
    def test_one_start_is_enough(self, n, scatter):
        """Draws lie around the fit that they come from: ten starts find no better top."""
        curves, fits, found = smooth(10, 10, n, scatter, 2)
        bounded = fits.bounded[0.5]
        counts = draws_of_fit(curves, bounded, found, IDS[:10], seed=1, draws=20, purpose="test")
        many = np.repeat(np.arange(10), 20)
        drawn = Curves(
            counts.reshape(10, -1).astype(float), curves.trials[:, many], curves.distance[:, many]
        )
        for largest in (0.5, np.inf):
            bounds = free_bounds(200, largest, fits.zero[many])
            whole = fit_law(drawn, bounds).log_likelihood
            quick = refit_law(drawn, bounds, take_fit(bounded, many)).log_likelihood
            assert np.mean(whole - quick > 1e-4) <= 0.03


class TestSharpShare:
    def test_it_agrees_with_plain_draws(self):
        """By numpy's binomial draws and the library's score; four standard errors."""
        curves, fits, found = smooth(8, 8, 200, 1, 3)
        alone = Dispersion(np.ones(8), found.raw, found.degrees)
        share = sharp_share(curves, fits.bounded[0.5], alone, IDS[:8], seed=1, draws=4000)
        rng = np.random.default_rng(4)
        for i in range(8):
            p = fits.bounded[0.5].probability[:, i]
            plain = emergence_score(rng.binomial(200, p, (4000, 8)) / 200)
            seen = emergence_score(curves.successes[:, i][None] / 200)[0]
            expected = np.mean(plain >= seen)
            assert abs(share[i] - expected) < 4 * np.sqrt(0.5 / 4000) + 1 / 4001

    def test_infinity_is_no_surprise_where_most_scores_are_nothing(self):
        """The smoothest law through seven zeros and .9 has a median step of 0 as well."""
        curves = curves_of([[0, 0, 0, 0, 0, 0, 0, 90]], 100)
        fits = fit_laws(curves, np.zeros(1), (0.5,))
        found = Dispersion(np.ones(1), np.ones(1), np.ones(1, int))
        share = sharp_share(curves, fits.bounded[0.5], found, IDS[:1], seed=1, draws=500)
        assert share[0] > 0.5

    def test_one_curve_alone_has_the_same_bits_as_among_many(self):
        """Also beside a curve whose models answer different numbers of questions."""
        curves, fits, found = smooth(30, 8, 100, 3, 5)
        trials = curves.trials.copy()
        trials[0, 7] = 101
        curves = Curves(curves.successes, trials, curves.distance)
        bounded = fits.bounded[0.5]
        whole = sharp_share(curves, bounded, found, IDS[:30], seed=1, draws=300)
        for i in (0, 7, 29):
            fit = take_fit(bounded, np.array([i]))
            alone = sharp_share(curves.take([i]), fit, found.take([i]), [IDS[i]], seed=1, draws=300)
            assert alone.tobytes() == whole[i : i + 1].tobytes()

    def test_counts_are_compared_as_whole_numbers_whoever_stands_beside(self):
        """Shares of different numbers of questions must not divide a neighbour's counts."""
        trials = np.array([[7.0, 7.0], [7.0, 9.0]])
        assert unit_of_counts(trials).tolist() == [[1.0, 7.0], [1.0, 9.0]]
        k = np.array([[1, 2, 3, 3, 5, 4, 6], [1, 2, 3, 3, 5, 4, 6]])
        n = np.full((2, 7), 7)
        n[1, 3] = 9
        both = resampling_range(k, n, ["a", "b"], seed=1, draws=200, level=0.95)
        alone = resampling_range(k[:1], n[:1], ["a"], seed=1, draws=200, level=0.95)
        assert both.low[:1].tobytes() == alone.low.tobytes()
        assert both.high[:1].tobytes() == alone.high.tobytes()


def isotonic_of(curves, fits, found, ids, draws=99):
    return isotonic_test(
        curves,
        fits,
        found,
        ids,
        largest_exponent=0.5,
        seed=1,
        draws=draws,
    )


class TestIsotonicTest:
    def test_a_curve_on_the_law_is_not_rejected(self):
        """Rounded to whole examples it is as near as can be; p is a share of 1 + draws."""
        p = SMOOTH["law b=.25"].probabilities(even_scales(10))
        curves = curves_of(np.round(1000 * p), 1000)
        fits = fit_laws(curves, np.zeros(1), (0.5,))
        found = dispersion(curves, fits.unbounded, fits.bounded[0.5], fits.zero)
        p_isotonic = isotonic_of(curves, fits, found, IDS[:1])
        assert p_isotonic[0] > 0.9
        assert (p_isotonic * 100) % 1 == pytest.approx(0, abs=1e-9)

    def test_stairs_are_rejected_where_scatter_is_known_to_be_binomial(self):
        """What the law misses is then seen for what it is."""
        p = STAIRS["stairs, .1 to .9"].probabilities(even_scales(12))
        curves = curves_of(np.round(1000 * p), 1000)
        fits = fit_laws(curves, np.zeros(1), (0.5,))
        found = dispersion(curves, fits.unbounded, fits.bounded[0.5], fits.zero)
        assert found.value[0] > 2
        known = Dispersion(np.ones(1), found.raw, found.degrees)
        assert isotonic_of(curves, fits, known, IDS[:1])[0] <= 0.02

    def test_one_curve_alone_has_the_same_bits_as_among_many(self):
        """Each draw is fitted element by element."""
        curves, fits, found = smooth(25, 8, 100, 3, 6)
        whole = isotonic_of(curves, fits, found, IDS[:25])
        for i in (0, 12, 24):
            one = np.array([i])
            alone = isotonic_of(curves.take(one), fits.take(one), found.take(one), [IDS[i]])
            assert alone.tobytes() == whole[one].tobytes()

    @pytest.mark.parametrize(("n_examples", "scatter"), [(1000, 1), (1000, 3)])
    def test_size(self, n_examples, scatter):
        """Of 100 curves of a law 5 % are rejected; three standard errors are .065."""
        cell = Cell("law b=.25", SMOOTH["law b=.25"], 12, n_examples, scatter)
        row = study("isotonic", cell, 100, 2)
        assert row["tested"] > 0.9 and row["rejected 5%"] <= 0.05 + 0.065
