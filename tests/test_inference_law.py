"""The smooth law: the same optimum as a search curve by curve, edge cases, and equal bits."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy import optimize
from scipy.special import xlogy

from emergence.inference.law import fit_law
from emergence.inference.limits import limit_likelihoods
from emergence.inference.model import (
    KINDS,
    Curves,
    LawFit,
    at_exponent,
    chance_bounds,
    free_bounds,
    steepest,
)

GRID = np.exp(np.linspace(np.log(2e6), np.log(128e9), 12))


def curves_of(k, n, scales=None) -> Curves:
    k = np.atleast_2d(k)
    n = np.broadcast_to(n, k.shape)
    if scales is None:
        scales = np.exp(np.linspace(np.log(2e6), np.log(128e9), k.shape[1]))
    return Curves.from_rows(k, n, np.broadcast_to(scales, k.shape))


def random_curves(rng, m, n_points, n, kind) -> Curves:
    """Curves of several kinds on uneven grids of scales of their own."""
    scales = np.exp(np.cumsum(rng.uniform(0.5, 2.2, (m, n_points)), axis=1))
    t = np.log(scales[:, -1:] / scales)
    floor, ceiling = rng.uniform(0, 0.4, (m, 1)), rng.uniform(0.5, 1, (m, 1))
    b = 10 ** rng.uniform(-1.3, 1, (m, 1))
    middle = rng.uniform(0, 1, (m, 1)) * t[:, :1]
    p = floor + (ceiling - floor) * np.exp(-np.exp(b * (t - middle)))
    if kind == "falling":
        p = p[:, ::-1]
    if kind == "noise":
        p = rng.uniform(0, 1, p.shape)
    if kind == "near zero":
        p = p * 0.05 * (floor < 0.2)
    trials = rng.choice(np.atleast_1d(n), p.shape)
    return Curves.from_rows(rng.binomial(trials, p), trials, scales)


def likelihood(k, n, t, floor, gap, location, b) -> float:
    """The law written anew, for one curve."""
    z = np.exp(np.minimum(location + b * t, 300))
    rise = 1 - floor - gap
    p, q = floor + rise * np.exp(-z), gap + rise * -np.expm1(-z)
    return float(np.sum(xlogy(k, np.maximum(p, 1e-300)) + xlogy(n - k, np.maximum(q, 1e-300))))


def searched(curves: Curves, column: int, b_max: float, floor_is_zero=False) -> float:
    """The optimum of one curve by scipy's bounded search from many starting points."""
    k, n, t = (a[:, column] for a in (curves.successes, curves.trials, curves.distance))
    cap = min(b_max, float(steepest(curves)[column]))

    def loss(x):
        floor, part, location, b = x
        z = np.exp(np.minimum(location + b * t, 300))
        below = np.exp(-z)
        gap = (1 - floor) * (1 - part)
        p = np.maximum(floor + (1 - floor) * part * below, 1e-300)
        q = np.maximum(gap + (1 - floor) * part * -np.expm1(-z), 1e-300)
        by_p = k / p - (n - k) / q
        by_location = by_p @ (by_z := -(1 - floor) * part * z * below)
        slope = [by_p @ (1 - part * below), by_p @ ((1 - floor) * below), by_location]
        slope.append(by_p @ (t * by_z))
        return -likelihood(k, n, t, floor, gap, location, b), -np.array(slope)

    bounds = [(0, 0 if floor_is_zero else 1), (0, 1), (-cap * t[0] - 40, 6), (0, cap)]
    best = np.inf
    for b in (0.3 * cap, cap) if np.isfinite(b_max) else (0.3, 1, 4):
        for where in (0, 0.33, 0.66, 1):
            location = np.clip(-b * where * t[0], *bounds[2])
            start = [0 if floor_is_zero else 0.1, 0.6, location, b]
            found = optimize.minimize(
                loss,
                start,
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"ftol": 1e-13, "gtol": 1e-8},
            )
            best = min(best, found.fun)
    return -best


class TestTheOptimum:
    @pytest.mark.parametrize("kind", ["law", "noise", "falling", "near zero"])
    @pytest.mark.parametrize(
        ("n_points", "n"), [(4, 50), (6, 10), (8, 200), (12, 1000), (6, [10, 1000, 100000])]
    )
    def test_no_search_curve_by_curve_finds_better(self, kind, n_points, n):
        """The fit of many curves at once must reach what scipy reaches for each alone.

        Bounded and unbounded, steep and gentle, with few and with very many examples. The
        other way round it may be better: scipy's search stops in ridges and local optima.
        """
        rng = np.random.default_rng([n_points, len(kind)])
        curves = random_curves(rng, 2, n_points, n, kind)
        for b_max in (np.inf, 0.5):
            fit = fit_law(curves, free_bounds(len(curves), b_max))
            assert fit.converged.all()
            for column in range(len(curves)):
                reached = searched(curves, column, b_max)
                assert fit.log_likelihood[column] > reached - 1e-6

    def test_the_same_optimum_at_a_given_exponent(self):
        """The profile fits are what the exponent's interval rests on."""
        rng = np.random.default_rng(8)
        curves = random_curves(rng, 4, 8, 300, "law")
        fit = fit_law(curves, at_exponent(free_bounds(4), 0.4))
        assert fit.exponent == pytest.approx(np.where(fit.kind == 1, 0.4, 0.0))
        for column in range(4):
            k, n, t = (a[:, column] for a in (curves.successes, curves.trials, curves.distance))

            def loss(x, k=k, n=n, t=t):
                floor, part, location = x
                return -likelihood(k, n, t, floor, (1 - floor) * (1 - part), location, 0.4)

            found = min(
                optimize.minimize(
                    loss,
                    [0.1, 0.6, -q * t[0]],
                    method="L-BFGS-B",
                    bounds=[(0, 1), (0, 1), (-60, 6)],
                ).fun
                for q in (0, 0.1, 0.2, 0.3, 0.4)
            )
            assert fit.log_likelihood[column] > -found - 1e-6

    def test_the_two_parameter_law(self):
        """Floor at chance and ceiling at 1: what the rise test fits."""
        rng = np.random.default_rng(4)
        curves = random_curves(rng, 6, 8, 200, "law")
        chance = np.array([0, 0, 0.1, 0.25, 0.25, 0.5])
        fit = fit_law(curves, chance_bounds(chance))
        for column in range(6):
            k, n, t = (a[:, column] for a in (curves.successes, curves.trials, curves.distance))

            def loss(x, k=k, n=n, t=t, floor=chance[column]):
                return -likelihood(k, n, t, floor, 0.0, *x)

            found = min(
                optimize.minimize(
                    loss, [-b * q * t[0], b], method="L-BFGS-B", bounds=[(-400, 6), (0, 30)]
                ).fun
                for b in (0.2, 1, 4)
                for q in (0, 0.3, 0.6)
            )
            assert fit.log_likelihood[column] > -found - 1e-6

    def test_what_is_reported_is_what_was_fitted(self):
        """Parameters, probabilities and likelihood must belong together."""
        curves = random_curves(np.random.default_rng(5), 200, 8, 100, "law")
        fit = fit_law(curves, free_bounds(200))
        for column in np.flatnonzero(fit.kind == KINDS.index("law")):
            k, n, t = (a[:, column] for a in (curves.successes, curves.trials, curves.distance))
            again = likelihood(
                k,
                n,
                t,
                fit.floor[column],
                1 - fit.ceiling[column],
                fit.location[column],
                fit.exponent[column],
            )
            assert again == pytest.approx(fit.log_likelihood[column], abs=1e-8)
        assert (np.diff(fit.probability, axis=0) >= -1e-12).all()
        assert ((fit.floor >= 0) & (fit.floor <= fit.ceiling) & (fit.ceiling <= 1)).all()

    @pytest.mark.parametrize("kind", ["law", "noise", "near zero"])
    def test_hardly_any_fit_ends_unconverged(self, kind):
        """One that does is reported so, and its tests are then missing: it must be rare."""
        curves = random_curves(np.random.default_rng(6), 1500, 10, 300, kind)
        for b_max in (np.inf, 0.5):
            fit = fit_law(curves, free_bounds(1500, b_max))
            assert np.count_nonzero(~fit.converged) <= 1


class TestTheEdges:
    @pytest.mark.parametrize("b_max", [np.inf, 0.5])
    @pytest.mark.parametrize("share", [0, 1])
    def test_all_wrong_and_all_right(self, share, b_max):
        """The likelihood is 1 there, its logarithm 0, and the curve is constant."""
        fit = fit_law(curves_of([share * 50] * 8, 50), free_bounds(1, b_max))
        assert fit.log_likelihood[0] == 0
        assert KINDS[fit.kind[0]] == "constant" and fit.floor[0] == share
        assert fit.converged.all()

    def test_complete_separation_is_a_step(self):
        """All wrong, then all right: no finite exponent is best, and none may be shown."""
        fit = fit_law(curves_of([0] * 5 + [40] * 3, 40), free_bounds(1))
        assert KINDS[fit.kind[0]] == "step"
        assert fit.exponent[0] == np.inf
        assert fit.log_likelihood[0] == 0

    def test_a_step_with_one_scale_half_way(self):
        """The limit of b -> inf leaves one scale free between floor and ceiling."""
        k = [5, 5, 5, 20, 45, 45]
        fit = fit_law(curves_of(k, 50), free_bounds(1))
        assert fit.probability[:, 0] == pytest.approx(np.array(k) / 50)
        assert KINDS[fit.kind[0]] == "step"

    def test_a_single_success(self):
        """At the last model: one point decides, and the fit must go through it."""
        fit = fit_law(curves_of([0] * 7 + [1], 32), free_bounds(1, floor_is_zero=True))
        assert fit.probability[-1, 0] == pytest.approx(1 / 32, rel=1e-6)
        assert fit.converged.all()

    def test_a_falling_curve_is_fitted_by_the_constant(self):
        """The law does not fall: the best of it is then no rise at all."""
        fit = fit_law(curves_of([45, 40, 30, 20, 10, 5], 50), free_bounds(1))
        assert KINDS[fit.kind[0]] == "constant"
        assert fit.floor[0] == pytest.approx(0.5)

    def test_a_floor_above_chance_and_a_ceiling_below_one_are_found(self):
        """With these forced a step that levels off is taken for slow growth with scatter."""
        t = np.log(GRID[-1] / GRID)
        p = 0.35 + 0.25 * np.exp(-np.exp(-3 + t))
        fit = fit_law(curves_of(np.round(p * 1e6), 1e6, GRID), free_bounds(1))
        assert fit.floor[0] == pytest.approx(0.35, abs=1e-3)
        assert fit.ceiling[0] == pytest.approx(0.6, abs=1e-3)
        assert fit.exponent[0] == pytest.approx(1.0, abs=0.01)

    def test_the_limits_bound_the_profile(self):
        """Very gentle and very steep laws come close to the limits, and never above them."""
        curves = random_curves(np.random.default_rng(9), 50, 6, 80, "law")
        bounds = free_bounds(50)
        constant, step = limit_likelihoods(curves, bounds)
        gentle = fit_law(curves, at_exponent(bounds, 1e-9))
        steep = fit_law(curves, at_exponent(bounds, steepest(curves)))
        np.testing.assert_allclose(gentle.log_likelihood, constant, atol=1e-5)
        assert (steep.log_likelihood <= step + 1e-9).all()
        assert np.median(step - steep.log_likelihood) < 1e-6

    @pytest.mark.parametrize(
        ("k", "n", "scales", "message"),
        [
            ([[1, 2]], [[3, 3, 3]], [[1, 2]], "shape"),
            ([[1, 4]], [[3, 3]], [[1, 2]], "whole numbers"),
            ([[1, 1.5]], [[3, 3]], [[1, 2]], "whole numbers"),
            ([[1, 1]], [[3, 3]], [[2, 1]], "rise"),
        ],
    )
    def test_what_is_no_curve_is_refused(self, k, n, scales, message):
        """A likelihood of what are no counts would be a number without a meaning."""
        with pytest.raises(ValueError, match=message):
            Curves.from_rows(k, n, scales)


class TestBatches:
    @pytest.mark.parametrize("n_points", [4, 7, 12])
    @pytest.mark.parametrize("b_max", [np.inf, 0.5])
    def test_one_curve_alone_has_the_same_bits_as_among_many(self, n_points, b_max):
        """A curve's fit must not depend on its neighbours, their number, or its place.

        Otherwise adding a task, or another number of shards, would change the results of
        all other tasks in their last digits.
        """
        rng = np.random.default_rng(n_points)
        kinds = ("law", "noise", "near zero")
        parts = [random_curves(rng, 60, n_points, 100, kind) for kind in kinds]
        arrays = [
            np.concatenate([getattr(p, name) for p in parts], axis=1)
            for name in ("successes", "trials", "distance")
        ]
        together = fit_law(Curves(*arrays), free_bounds(180, b_max))
        for columns in ([0], [77], [179], range(3, 20), range(100, 141), [150, 2, 80]):
            columns = list(columns)
            some = fit_law(
                Curves(*(np.ascontiguousarray(a[:, columns]) for a in arrays)),
                free_bounds(len(columns), b_max),
            )
            for field in fields(LawFit):
                whole = getattr(together, field.name)[..., columns]
                assert np.array_equal(getattr(some, field.name), whole, equal_nan=True), field.name

    def test_elementary_functions_do_not_depend_on_the_place_in_an_array(self):
        """Vector units take several numbers at once and the last ones by themselves.

        If these took another path, a curve's bits would depend on where it stands.
        """
        x = np.random.default_rng(1).normal(size=257) * 5
        for function in (np.exp, np.expm1, lambda v: np.log(np.abs(v)), lambda v: xlogy(3.0, v**2)):
            whole = function(x)
            for begin in range(257):
                assert function(x[begin : begin + 1].copy())[0] == whole[begin]
            for begin in range(20):
                assert np.array_equal(function(x[begin:].copy()), whole[begin:])

    def test_no_curves_are_no_error(self):
        """A dataset may have no curve of some length."""
        empty = Curves(*np.zeros((3, 6, 0)))
        assert len(fit_law(empty, free_bounds(0)).log_likelihood) == 0
