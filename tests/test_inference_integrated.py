"""The integrated likelihood against sums over dense grids, and what it must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp, xlogy

from emergence.inference.integrated import PRIORS, integrated_likelihoods
from emergence.inference.model import Curves

SCALES = np.array([1e8, 4e8, 3e9, 1e10, 8e10])
EXPONENTS = (0.0, 0.08, 0.4, 1.4, 4.0, np.inf)

#: Successes of 60: gentle, a jump from nothing, flat, falling.
COUNTS = ((15, 22, 30, 37, 45), (0, 0, 0, 0, 21), (16, 13, 15, 17, 15), (40, 30, 31, 20, 22))


def _curves(counts=COUNTS, trials=60) -> Curves:
    counts = np.array(counts)
    return Curves.from_rows(
        counts, np.full_like(counts, trials), np.broadcast_to(SCALES, counts.shape)
    )


def _nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and log weights of a sum over 0..1, dense at both ends."""
    angle = (np.arange(count) + 0.5) / count * np.pi / 2
    return np.sin(angle) ** 2, np.log(np.pi / count * np.sin(angle) * np.cos(angle))


def _summed(k, n, laws, log_weights, chance, prior, dispersion):
    """Sum the likelihood over laws between floor and ceiling, floors and ceilings."""
    at_chance = 0.0 if np.isnan(chance) else PRIORS[prior].at_chance
    largest = (xlogy(k, k / n) + xlogy(n - k, (n - k) / n)).sum()
    found = []
    floors = ((np.array([chance]), np.zeros(1)), _nodes(40))
    for share, (v, log_v) in zip((at_chance, 1 - at_chance), floors, strict=True):
        if not share:
            continue
        w, log_w = _nodes(40)
        floor = np.repeat(v, len(w))
        height = (1 - floor) * np.tile(w, len(v))
        p = floor[:, None, None] + height[:, None, None] * laws
        value = (xlogy(k, p) + xlogy(n - k, np.maximum(1 - p, 0))).sum(axis=2) - largest
        weights = (log_v[:, None] + log_w).ravel()[:, None] + log_weights
        found.append(np.log(share) + logsumexp(value / dispersion + weights))
    return logsumexp(found)


def _brute(k, n, exponent, chance, prior, dispersion):
    """The integral of one curve at one exponent, by summing."""
    t = np.log(SCALES[-1] / SCALES)
    if np.isinf(exponent):
        above = np.arange(len(k)) > np.arange(len(k) - 1)[:, None]
        return _summed(
            k, n, above.astype(float), np.log(-np.diff(t) / t[0]), chance, prior, dispersion
        )
    begin = PRIORS[prior].risen - exponent * t[0]
    nodes = 500 if exponent > 2 else 150
    eta = begin + (np.arange(nodes) + 0.5) / nodes * (PRIORS[prior].begun - begin)
    laws = np.exp(-np.exp(np.minimum(eta[:, None] + exponent * t, 50)))
    value = _summed(k, n, laws, np.full(nodes, -np.log(nodes)), chance, prior, dispersion)
    if exponent == 0:
        # A constant that lies where a floor may lie.
        exactly, v = not np.isnan(chance) and PRIORS[prior].at_chance, np.linspace(0, 1, 4001)[1:-1]
        levels = [(1 - exactly, v, -np.log(len(v)))]
        levels += [(exactly, np.array([chance]), 0.0)] if exactly else []
        largest = (xlogy(k, k / n) + xlogy(n - k, (n - k) / n)).sum()
        constant = [
            np.log(share)
            + weight
            + ((xlogy(k.sum(), at) + xlogy((n - k).sum(), 1 - at)) - largest) / dispersion
            for share, at, weight in levels
        ]
        value = logsumexp([value, logsumexp(np.concatenate(constant))]) - np.log(2)
    return value


@pytest.mark.system
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(("chance", "dispersion"), [(0.25, 1.0), (0.0, 3.0), (np.nan, 1.5)])
def test_it_is_the_sum_over_a_dense_grid(prior, chance, dispersion):
    curves = _curves()
    found = integrated_likelihoods(
        curves, np.full(len(curves), chance), EXPONENTS, np.full(len(curves), dispersion)
    )[list(PRIORS).index(prior)]
    for curve in range(len(curves)):
        k, n = curves.successes[:, curve], curves.trials[:, curve]
        expected = np.array([_brute(k, n, b, chance, prior, dispersion) for b in EXPONENTS])
        # What nothing speaks for need not be exact.
        near = expected > expected.max() - 5
        assert near.sum() >= 1
        np.testing.assert_allclose(found[near, curve], expected[near], atol=0.3)
        assert (found[~near, curve] < expected.max() - 4).all()


def test_a_curve_does_not_depend_on_its_neighbours():
    many = _curves(np.tile(COUNTS, (200, 1)) + np.arange(800)[:, None] % 7)
    chance = np.where(np.arange(800) % 3, 0.25, np.nan)
    dispersion = 1 + np.arange(800) / 100
    whole = integrated_likelihoods(many, chance, EXPONENTS, dispersion)
    some = np.array([700, 3, 511, 512])
    alone = integrated_likelihoods(many.take(some), chance[some], EXPONENTS, dispersion[some])
    np.testing.assert_array_equal(alone, whole[..., some])
    one = integrated_likelihoods(many.take([9]), chance[[9]], EXPONENTS, dispersion[[9]])
    np.testing.assert_array_equal(one[..., 0], whole[..., 9])


def test_only_trials_over_the_dispersion_count():
    few, many = _curves(), _curves(np.array(COUNTS) * 5, 300)
    chance = np.full(4, 0.25)
    np.testing.assert_allclose(
        integrated_likelihoods(few, chance, EXPONENTS, np.full(4, 1.0)),
        integrated_likelihoods(many, chance, EXPONENTS, np.full(4, 5.0)),
        atol=0.002,
    )


def test_it_goes_to_zero_as_the_dispersion_grows():
    found = integrated_likelihoods(_curves(), np.full(4, 0.25), EXPONENTS, np.full(4, 1e6))
    np.testing.assert_allclose(found, 0, atol=0.05)


def test_a_jump_prefers_steep_laws_and_a_gentle_rise_does_not():
    found = integrated_likelihoods(
        _curves(), np.array([0.25, 0, 0.25, 0.25]), EXPONENTS, np.ones(4)
    )
    best = np.array(EXPONENTS)[found.argmax(axis=1)]
    assert (best[:, 0] == 0.4).all()
    assert (best[:, 1] > 1).all()
    assert (best[:, 2:] == 0).all()


def test_a_point_at_the_edge_leaves_every_integral_finite():
    counts = [(0, 0, 0, 0, 0), (60,) * 5, (0, 0, 0, 0, 60), (60, 0, 0, 0, 0)]
    for chance in (0.0, 0.25, np.nan):
        found = integrated_likelihoods(_curves(counts), np.full(4, chance), EXPONENTS, np.ones(4))
        assert np.isfinite(found).all()
        assert (found <= 0).all()
