"""The distribution of exponents over the curves of a group, and its share beyond a bound."""

from __future__ import annotations

import numpy as np
import pytest

from emergence.pooling.mixture import (
    Group,
    boundary_limit,
    distribution,
    estimate,
    likelihood_at,
    share_beyond,
)

BEYOND = np.array([False, False, False, True, True])


def group_of(likelihood, task=None, beyond=BEYOND) -> Group:
    with np.errstate(divide="ignore"):
        logarithms = np.log(np.asarray(likelihood, float))
    task = np.arange(len(logarithms)) if task is None else np.asarray(task)
    return Group.of(logarithms.T, task, beyond)


def certain(counts, noise=1e-12) -> np.ndarray:
    """Likelihoods of curves whose exponents are known."""
    kinds = np.repeat(np.arange(len(counts)), counts)
    return np.eye(len(counts))[kinds] + noise


def resamples(tasks, draws=200, seed=0):
    return np.random.default_rng(seed).multinomial(tasks, np.full(tasks, 1 / tasks), size=draws)


def by_steps(group: Group, votes, steps=20_000):
    """Expectation and maximisation, which is slow and cannot go wrong."""
    weights = np.full(group.likelihood.shape[1], 1 / group.likelihood.shape[1])
    for _ in range(steps):
        joint = group.likelihood * weights
        weights = votes @ (joint / joint.sum(axis=1, keepdims=True)) / votes.sum()
    return weights


@pytest.mark.parametrize("seed", range(5))
def test_no_weights_make_the_curves_likelier(seed):
    rng = np.random.default_rng(seed)
    logarithms = rng.normal(size=(40, 5)) * rng.choice([0.1, 2, 30], size=(40, 1))
    group = Group.of(logarithms.T, rng.integers(0, 12, 40), BEYOND)
    votes = group.votes()
    found = distribution(group, votes)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    # The gain by moving weight to any exponent, per vote (Koenker & Mizera's dual condition).
    share = votes / votes.sum()
    gain = share @ (group.likelihood / (group.likelihood @ found)[:, None])
    assert gain.max() <= 1 + 1e-5
    slow = by_steps(group, votes)
    best, other = (share @ np.log(group.likelihood @ weights) for weights in (found, slow))
    assert best >= other - 1e-7


def test_known_exponents_are_counted():
    group = group_of(certain((4, 3, 2, 1, 0)))
    weights = distribution(group, group.votes())
    np.testing.assert_allclose(weights, [0.4, 0.3, 0.2, 0.1, 0], atol=1e-6)
    assert share_beyond(weights, BEYOND) == pytest.approx(1 / 6, abs=1e-5)


def test_a_task_has_one_vote_however_many_curves_it_has():
    likelihood = certain((4, 3, 2, 1, 0))
    once = group_of(likelihood)
    # The last task, the only one beyond, a hundred times.
    many = group_of(
        np.concatenate([likelihood, np.repeat(likelihood[-1:], 99, axis=0)]),
        [*range(10), *[9] * 99],
    )
    np.testing.assert_allclose(
        distribution(once, once.votes()), distribution(many, many.votes()), atol=1e-6
    )


def test_curves_that_say_nothing_move_nothing():
    likelihood = certain((4, 3, 2, 1, 0))
    more = group_of(np.concatenate([likelihood, np.ones((30, 5))]))
    np.testing.assert_allclose(distribution(more, more.votes()), [0.4, 0.3, 0.2, 0.1, 0], atol=1e-4)


def test_nothing_is_divided_by_where_nothing_rises():
    found = estimate(group_of(certain((20, 0, 0, 0, 0))), resamples(20), 0.95)
    assert found.weights[0] == pytest.approx(1, abs=1e-6)
    assert np.isnan([found.share, found.low, found.high]).all()


def test_the_interval_comes_from_whole_tasks():
    # Twenty tasks, of which five are beyond; as one curve each, or as ten alike.
    likelihood = certain((0, 15, 0, 5, 0))
    few = estimate(group_of(likelihood), resamples(20), 0.95)
    many = estimate(
        group_of(np.repeat(likelihood, 10, axis=0), np.repeat(np.arange(20), 10)),
        resamples(20),
        0.95,
    )
    assert few.share == pytest.approx(0.25, abs=1e-4)
    assert (few.low, few.high) == pytest.approx((many.low, many.high), abs=1e-4)
    # Binomial of 20: the standard error is 0.097.
    assert few.low == pytest.approx(0.25 - 1.96 * 0.097, abs=0.06)
    assert few.high == pytest.approx(0.25 + 1.96 * 0.097, abs=0.06)


@pytest.mark.parametrize("tasks", [10, 50, 200])
def test_at_a_boundary_the_interval_is_one_sided(tasks):
    none = estimate(group_of(certain((0, tasks, 0, 0, 0))), resamples(tasks), 0.95)
    # The likelihood ratio of a binomial share of 0: (1 - p) ** n falls to exp(-1.353).
    expected = 1 - np.exp(-1.3528 / tasks)
    assert (none.share, none.low) == pytest.approx((0, 0), abs=1e-6)
    assert none.high == pytest.approx(expected, abs=0.002)
    everything = estimate(group_of(certain((0, 0, 0, tasks, 0))), resamples(tasks), 0.95)
    assert everything.high == 1
    assert everything.low == pytest.approx(1 - expected, abs=0.002)


def test_curves_that_say_nothing_leave_the_whole_range():
    group = group_of(np.ones((30, 5)))
    weights = np.array([0, 1.0, 0, 0, 0])
    assert boundary_limit(group, weights, 0.95, upwards=True) == 1.0


def test_a_given_share_is_kept_by_the_weights_that_fit_it():
    rng = np.random.default_rng(3)
    group = Group.of(rng.normal(size=(5, 60)), np.arange(60), BEYOND)
    votes = group.votes()
    weights = distribution(group, votes)
    best = float(votes @ np.log(group.likelihood @ weights))
    share = share_beyond(weights, BEYOND)
    assert likelihood_at(group, share) == pytest.approx(best, abs=1e-3)
    others = [likelihood_at(group, other) for other in (0, 0.25, 0.5, 0.75, 1)]
    assert max(others) <= best + 1e-6
