"""The law of losses: the least squares, the limits, other units, equal bits, and the truth."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy import optimize

from emergence.inference.loss import LossCurves, fit_loss, fit_power, loss_at
from emergence.inference.model import CONSTANT, LAW, NOMINAL_TRIALS, STEP, LawFit, steepest


def random_losses(rng, m, n_points, kind):
    """Logarithms of losses on uneven grids of scales of their own."""
    scales = np.exp(np.cumsum(rng.uniform(0.5, 2.2, (m, n_points)), axis=1))
    s = np.log(scales / scales[:, :1])
    b, reducible = 10 ** rng.uniform(-1.3, 0.5, (m, 1)), rng.uniform(0, 1, (m, 1))
    log_loss = np.log(3 * (1 - reducible + reducible * np.exp(-b * s)))
    log_loss += rng.normal(0, 1, log_loss.shape) * 10 ** rng.uniform(-4, -1, (m, 1))
    if kind == "rising":
        log_loss = log_loss[:, ::-1]
    if kind == "noise":
        log_loss = rng.normal(0, 1, log_loss.shape)
    return log_loss, scales


def squares_of(fit: LawFit):
    return -2 * fit.log_likelihood / NOMINAL_TRIALS


def searched(curves: LossCurves, column: int, b_max: float) -> float:
    """The least sum of squares of one curve by scipy's bounded search from many points."""
    y, t = curves.log_loss[:, column], curves.distance[:, column]
    s, cap = t[0] - t, min(b_max, float(steepest(curves)[column]))

    def squares(x):
        part = x[1] + (1 - x[1]) * np.exp(-np.minimum(np.exp(x[0]) * s, 300))
        off = y - np.log(np.maximum(part, 1e-300))
        return 1e4 * np.sum((off - off.mean()) ** 2)

    best = 1e4 * np.sum(y**2)
    for b in np.linspace(np.log(1e-3), np.log(cap), 8):
        for irreducible in (0.05, 0.5, 0.95):
            found = optimize.minimize(
                squares,
                [b, irreducible],
                method="L-BFGS-B",
                bounds=[(np.log(1e-5), np.log(cap)), (0, 1)],
                options={"ftol": 1e-15, "gtol": 1e-12},
            )
            best = min(best, found.fun)
    return best / 1e4


class TestTheLeastSquares:
    @pytest.mark.system
    @pytest.mark.parametrize("kind", ["law", "rising", "noise"])
    @pytest.mark.parametrize("n_points", [4, 6, 12])
    def test_no_search_curve_by_curve_finds_less(self, kind, n_points):
        rng = np.random.default_rng([n_points, len(kind)])
        curves = LossCurves.from_rows(*random_losses(rng, 3, n_points, kind))
        for b_max in (np.inf, 0.5):
            fit = fit_loss(curves, b_max)
            assert (fit.exponent <= b_max).all()
            for column in range(len(curves)):
                reached = searched(curves, column, b_max)
                assert squares_of(fit)[column] <= reached * (1 + 1e-6) + 1e-12

    def test_the_parameters_are_those_of_the_fitted_losses(self):
        """L_inf + c N**-b from what is stored, and the sum of squares from the losses."""
        rng = np.random.default_rng(5)
        log_loss, scales = random_losses(rng, 40, 7, "law")
        curves = LossCurves.from_rows(log_loss, scales)
        for fit in (fit_loss(curves), fit_loss(curves, 0.3), *loss_at(curves, [0.05, 1.0])):
            law = np.flatnonzero(fit.kind == LAW)
            assert law.size
            distance = curves.distance[:, law]
            reducible = np.exp(fit.location[law] + fit.exponent[law] * distance)
            np.testing.assert_allclose(
                reducible - fit.ceiling[law], fit.probability[:, law], rtol=1e-9
            )
            assert (fit.ceiling <= 0).all()
            np.testing.assert_allclose(
                squares_of(fit),
                np.sum((log_loss.T - np.log(fit.probability)) ** 2, axis=0),
                rtol=1e-8,
                atol=1e-20,
            )

    def test_a_law_without_noise_is_found_exactly(self):
        scales = np.geomspace(1e7, 1e10, 8)
        for irreducible, b in ((0.0, 0.05), (1.5, 0.3), (0.6, 1.2)):
            loss = irreducible + 2e2 * (scales / 1e3) ** -b
            fit = fit_loss(LossCurves.from_rows(np.log(loss), scales))
            assert fit.exponent[0] == pytest.approx(b, rel=1e-5)
            assert -fit.ceiling[0] == pytest.approx(irreducible, abs=1e-4)


class TestTheLimits:
    scales = np.geomspace(1e6, 1e10, 6)

    def test_a_loss_that_never_falls_is_the_constant(self):
        rising = fit_loss(LossCurves.from_rows(np.linspace(0, 1, 6), self.scales))
        flat = fit_loss(LossCurves.from_rows(np.full(6, 0.7), self.scales))
        assert (rising.kind[0], flat.kind[0]) == (CONSTANT, CONSTANT)
        assert rising.exponent[0] == flat.exponent[0] == 0
        assert -flat.ceiling[0] == pytest.approx(np.exp(0.7))

    def test_a_fall_after_the_smallest_model_only_is_the_step(self):
        curves = LossCurves.from_rows([1.0, 0, 0, 0, 0, 0], self.scales)
        fit = fit_loss(curves)
        assert (fit.kind[0], fit.exponent[0]) == (STEP, np.inf)
        assert squares_of(fit)[0] == 0
        assert fit_loss(curves, 0.5).exponent[0] == 0.5

    def test_the_profile_goes_from_the_constant_to_the_step_and_through_the_best(self):
        rng = np.random.default_rng(2)
        curves = LossCurves.from_rows(*random_losses(rng, 20, 6, "law"))
        best = fit_loss(curves)
        profile = loss_at(curves, [0.0, 0.1, 0.5, 2.0, np.inf])
        for fit in profile:
            assert (fit.log_likelihood <= best.log_likelihood + 1e-6).all()
        assert (profile[0].kind == CONSTANT).all()
        at_best = [
            loss_at(curves.take([i]), [best.exponent[i]])[0].log_likelihood[0]
            for i in np.flatnonzero(best.kind == LAW)
        ]
        np.testing.assert_allclose(at_best, best.log_likelihood[best.kind == LAW], rtol=1e-9)

    def test_the_pure_power_law_is_a_line_of_logarithms(self):
        rng = np.random.default_rng(4)
        log_loss, scales = random_losses(rng, 10, 6, "law")
        fit = fit_power(LossCurves.from_rows(log_loss, scales))
        for row, b in enumerate(fit.exponent):
            slope = np.polyfit(np.log(scales[row]), log_loss[row], 1)[0]
            assert b == pytest.approx(max(-slope, 0), abs=1e-12)


class TestUnitsAndBits:
    @pytest.mark.parametrize("factor", [1 / np.log(2), 1e-4, 7.3e5])
    def test_another_unit_of_the_loss_changes_no_exponent_and_no_likelihood(self, factor):
        rng = np.random.default_rng(11)
        for n_points in (4, 6, 12):
            log_loss, scales = random_losses(rng, 40, n_points, "law")
            one = LossCurves.from_rows(log_loss, scales)
            other = LossCurves.from_rows(log_loss + np.log(factor), scales)
            for b_max in (np.inf, 0.5):
                a, b = fit_loss(one, b_max), fit_loss(other, b_max)
                assert (a.kind == b.kind).all()
                np.testing.assert_allclose(a.exponent, b.exponent, rtol=1e-9)
                np.testing.assert_allclose(a.log_likelihood, b.log_likelihood, rtol=1e-9)
                np.testing.assert_allclose(a.probability * factor, b.probability, rtol=1e-9)

    def test_a_curve_has_the_same_bits_whatever_else_is_fitted(self):
        rng = np.random.default_rng(12)
        log_loss, scales = random_losses(rng, 300, 8, "law")
        curves = LossCurves.from_rows(log_loss, scales)
        together = [fit_loss(curves), fit_loss(curves, 0.5), *loss_at(curves, [0.2])]
        for some in ([17], [299, 3, 50]):
            few = curves.take(some)
            apart = [fit_loss(few), fit_loss(few, 0.5), *loss_at(few, [0.2])]
            for whole, part in zip(together, apart, strict=True):
                for field in fields(LawFit):
                    expected = getattr(whole, field.name)[..., some]
                    assert expected.tobytes() == getattr(part, field.name).tobytes(), field.name

    @pytest.mark.parametrize("bad", [np.nan, -np.inf])
    def test_no_loss_of_nothing(self, bad):
        with pytest.raises(ValueError, match="positive and finite"):
            LossCurves.from_rows([0.1, bad, 0.2], [1, 2, 3])

    def test_scales_must_rise_and_be_as_many(self):
        with pytest.raises(ValueError, match="rise"):
            LossCurves.from_rows([0.1, 0.2, 0.3], [1, 3, 2])
        with pytest.raises(ValueError, match="shape"):
            LossCurves.from_rows([0.1, 0.2, 0.3], [1, 3])


class TestTheTruth:
    @pytest.mark.parametrize("irreducible", [0.5, 0.9])
    @pytest.mark.parametrize("b", [0.25, 0.5])
    def test_exponents_are_not_biased(self, irreducible, b):
        """The law of bounded scores, on exp(-L), fits a floor that is not there, and other b."""
        rng = np.random.default_rng(6)
        scales = np.geomspace(2e6, 128e9, 8)
        log_loss = np.log(irreducible + (1 - irreducible) * (scales / scales[0]) ** -b)
        drawn = log_loss + rng.normal(0, 0.003, (400, 8))
        fit = fit_loss(LossCurves.from_rows(drawn, np.broadcast_to(scales, drawn.shape)))
        assert np.median(fit.exponent) == pytest.approx(b, rel=0.02)
