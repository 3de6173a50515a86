"""Claim 5 task by task: two metrics of the same single answers at matched noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from emergence.claims.by_task import Drawn, compare, unseen
from emergence.samples.resampling import Examples, drawn_means
from emergence.settings import ClaimRules
from emergence.simulate.joint import answered
from emergence.streams import generator

RULES = ClaimRules()
TASKS, QUESTIONS, DRAWS, MODELS = 150, 200, 200, 8
EXAMPLES = Examples(QUESTIONS)
SCALES = 10.0 ** np.linspace(6, 10, MODELS)


def compared(first: np.ndarray, second: np.ndarray, key: object) -> dict[str, float]:
    """Compare outcomes, shape (questions, models)."""
    rng = generator(1, str(key), "examples")
    drawn = drawn_means(EXAMPLES, [first, second], rng, DRAWS)
    sides = [
        Drawn(f"{key}/{at}", SCALES, values.mean(axis=0), means, unseen(EXAMPLES, values))
        for at, (values, means) in enumerate(zip((first, second), drawn, strict=True))
    ]
    return compare(*sides, RULES)


def copies(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return one metric twice, of models that answer the same questions twice."""
    ability = -3 + 5 * np.linspace(0, 1, MODELS) ** 2
    times = {"as noisy": 2, "five times as noisy": 6, "right or wrong": 1}[kind]
    scored = answered(np.tile(ability, times), 0.0, QUESTIONS, rng)
    right, probability = scored[:, :, 0], scored[:, :, 2]
    if kind == "right or wrong":
        return (rng.random(probability.shape) < probability).astype(float), probability
    others = right[:, MODELS:].reshape(QUESTIONS, times - 1, MODELS)
    return right[:, :MODELS], others.mean(axis=1)


@pytest.mark.system
@pytest.mark.parametrize("kind", ["as noisy", "five times as noisy", "right or wrong"])
def test_one_metric_twice_is_told_apart_in_five_percent(kind):
    """Also where one of them is quieter: a probability, and whether it came true."""
    rng = np.random.default_rng(3)
    p = [compared(*copies(kind, rng), f"{kind}/{task}")["matched_p"] for task in range(TASKS)]
    assert sum(np.array(p) < 0.05) <= binom.ppf(0.999, TASKS, 0.05)


def test_a_metric_that_makes_a_jump_is_found():
    """Ten tokens that must all be right, against the share of them that are."""
    rng = np.random.default_rng(4)
    token = np.linspace(0.3, 0.95, MODELS)
    found = []
    for task in range(20):
        right = rng.random((10, QUESTIONS, MODELS)) < token
        found.append(compared(right.all(axis=0).astype(float), right.mean(axis=0), f"jump/{task}"))
    assert np.mean([one["matched_p"] < 0.05 for one in found]) > 0.8
    assert all(one["matched_difference"] > 0 for one in found)
    assert all(one["emergent"] > 0.5 for one in found)


def test_it_is_the_same_the_other_way_round():
    """With the sign turned, whichever curve is named first."""
    first, second = copies("five times as noisy", np.random.default_rng(5))
    drawn = drawn_means(EXAMPLES, [first, second], np.random.default_rng(6), DRAWS)
    one, other = (
        Drawn(name, SCALES, values.mean(axis=0), means, unseen(EXAMPLES, values))
        for name, values, means in zip("ab", (first, second), drawn, strict=True)
    )
    forward, back = compare(one, other, RULES), compare(other, one, RULES)
    assert forward["matched_p"] == back["matched_p"]
    assert forward["emergent"] == back["other_emergent"]
    assert forward["matched_difference"] * back["matched_difference"] < 0


def test_the_unit_of_a_metric_does_not_matter():
    """In points of a hundred, or shifted, nothing changes."""
    first, second = copies("right or wrong", np.random.default_rng(7))
    wanted = compared(first, second, "unit")
    assert compared(first, 128 * second, "unit") == wanted
