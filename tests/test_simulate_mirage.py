"""The mathematical model: formulas against counting, and the effect that it is about."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from emergence.measures import emergence_score
from emergence.mirage import (
    brier_score,
    choice_mean,
    dirichlet_parameters,
    exact_match,
    item_means,
    multiple_choice_grade,
    token_edit_distance,
    token_probability,
)

SCALES = np.geomspace(1e7, 1e11, 12)


class TestTokens:
    def test_the_loss_is_a_power_law(self) -> None:
        """log of the cross-entropy is linear in log scale with slope -b."""
        probability = token_probability(SCALES, unit=1e9, exponent=0.3)
        slope = np.diff(np.log(-np.log(probability))) / np.diff(np.log(SCALES))
        np.testing.assert_allclose(slope, -0.3)

    def test_at_the_unit_the_loss_is_one(self) -> None:
        """c is the scale at which the cross-entropy is 1 nat."""
        assert token_probability(5e7, unit=5e7, exponent=0.7) == pytest.approx(np.exp(-1))

    @pytest.mark.parametrize("bad", [{"unit": 0}, {"exponent": -0.1}, {"scale": [1.0, -1.0]}])
    def test_what_is_not_positive_is_refused(self, bad: dict) -> None:
        """A negative scale has no power law."""
        settings = {"scale": SCALES, "unit": 1.0, "exponent": 0.1} | bad
        with pytest.raises(ValueError, match="positive"):
            token_probability(settings.pop("scale"), **settings)

    @pytest.mark.parametrize("length", [1, 2, 5])
    @pytest.mark.parametrize("probability", [0.0, 0.3, 0.9, 1.0])
    def test_every_pattern_of_right_and_wrong_tokens(self, length: int, probability: float) -> None:
        """p ** L and L (1 - p), counted: the appendix's L(1 - eps) would be 4.5 at .9 and 5."""
        whole = distance = 0.0
        for pattern in itertools.product((True, False), repeat=length):
            chance = float(
                np.prod([probability if right else 1 - probability for right in pattern])
            )
            whole += chance * all(pattern)
            distance += chance * pattern.count(False)
        assert exact_match(probability, length) == pytest.approx(whole)
        assert token_edit_distance(probability, length) == pytest.approx(distance)


SHARES = st.floats(0, 1)
CHOICES = st.integers(2, 8)
CONCENTRATIONS = st.floats(0.5, 200)


class TestChoices:
    @given(SHARES, CHOICES, SHARES)
    def test_probabilities_add_up_and_their_mean_knows_no_lean(
        self, probability: float, choices: int, lean: float
    ) -> None:
        """The lean is to the right choice in 1/K of the items: on average it is invisible."""
        means = {
            right: item_means(probability, choices, lean=lean, leans_right=right)
            for right in (True, False)
        }
        for values in means.values():
            assert values.shape == (choices,)
            assert values.min() >= 0
            assert values.sum() == pytest.approx(1)
        right = means[True][0] / choices + means[False][0] * (1 - 1 / choices)
        assert right == pytest.approx(float(choice_mean(probability, choices)))

    @pytest.mark.parametrize("choices", [2, 3, 5, 10])
    @pytest.mark.parametrize("concentration", [0.5, 5, 200])
    @pytest.mark.parametrize("lean", [0, 0.7])
    def test_knowing_nothing_scores_chance(
        self, choices: int, concentration: float, lean: float
    ) -> None:
        """Whatever is preferred: it is the right choice in 1/K of the items."""
        grade = multiple_choice_grade([0.0], choices, lean=lean, concentration=concentration)
        assert grade[0] == pytest.approx(1 / choices, abs=2e-3)

    @pytest.mark.parametrize("probability", [0.1, 0.4, 0.9])
    @pytest.mark.parametrize("lean", [0, 0.6])
    def test_two_choices_are_beta_distributions(self, probability: float, lean: float) -> None:
        """With K = 2 the grade is the share of two beta variables above one half."""
        grade = multiple_choice_grade([probability], 2, lean=lean, concentration=6.0)
        means = [probability + (1 - probability) * (1 + sign * lean) / 2 for sign in (1, -1)]
        expected = np.mean([beta.sf(0.5, 6 * mean, 6 * (1 - mean)) for mean in means])
        assert grade[0] == pytest.approx(expected, abs=1e-4)

    @pytest.mark.parametrize("choices", [2, 4])
    def test_brier_score_of_a_uniform_guess(self, choices: int) -> None:
        """(K - 1) / K^2, when all items are alike and none is preferred."""
        score = brier_score([0.0], choices, lean=0, concentration=1e12)
        assert score[0] == pytest.approx((choices - 1) / choices**2)

    @given(SHARES, CHOICES)
    def test_brier_score_of_items_that_are_all_alike(self, p: float, choices: int) -> None:
        """(1 - p)^2 (K - 1) / K^2: quadratic in what is not known, and nothing else."""
        score = brier_score([p], choices, lean=0, concentration=1e12)
        assert score[0] == pytest.approx((1 - p) ** 2 * (choices - 1) / choices**2, abs=1e-9)

    @given(CHOICES, SHARES, CONCENTRATIONS)
    def test_knowing_all(self, choices: int, lean: float, concentration: float) -> None:
        """All probability on the right choice: grade 1, Brier score 0."""
        items = {"lean": lean, "concentration": concentration}
        assert multiple_choice_grade([1.0], choices, **items)[0] == pytest.approx(1, abs=1e-3)
        assert brier_score([1.0], choices, **items)[0] == pytest.approx(0, abs=1e-9)

    @given(CHOICES, SHARES, st.floats(1, 50))
    def test_knowing_more_is_never_worse(
        self, choices: int, lean: float, concentration: float
    ) -> None:
        """Both metrics order models alike, up to the error of the quadrature."""
        p = np.linspace(0, 1, 9)
        items = {"lean": lean, "concentration": concentration}
        assert np.diff(multiple_choice_grade(p, choices, **items)).min() > -2e-3
        assert np.diff(brier_score(p, choices, **items)).max() < 1e-9

    @pytest.mark.parametrize("choices", [2, 5])
    @pytest.mark.parametrize("lean", [0, 0.5])
    def test_against_drawing_the_items(self, choices: int, lean: float) -> None:
        """200,000 items drawn: both expectations within four Monte Carlo errors."""
        p, concentration, n = 0.35, 4.0, 200_000
        generator = np.random.default_rng(1)
        drawn = np.concatenate(
            [
                generator.dirichlet(
                    dirichlet_parameters(
                        item_means(p, choices, lean=lean, leans_right=right), concentration
                    ),
                    n // choices if right else n - n // choices,
                )
                for right in (True, False)
            ]
        )
        hit = drawn.argmax(axis=1) == 0
        squares = ((drawn - np.eye(choices)[0]) ** 2).sum(axis=1) / choices
        items = {"lean": lean, "concentration": concentration}
        for ours, sample in (
            (multiple_choice_grade([p], choices, **items)[0], hit),
            (brier_score([p], choices, **items)[0], squares),
        ):
            assert ours == pytest.approx(sample.mean(), abs=4 * sample.std() / np.sqrt(n))


class TestTheEffect:
    def test_one_curve_is_sharp_and_smooth(self) -> None:
        """The same tokens: sharper than a line under exact match, no sharper under edit distance.

        This is the paper's figure 2 in numbers, without noise.
        """
        probability = token_probability(SCALES, unit=3e8, exponent=0.25)
        sharp = emergence_score(exact_match(probability, 8)) / 11
        smooth = emergence_score(-token_edit_distance(probability, 8)) / 11
        assert sharp > 3
        assert smooth < 1

    def test_the_grade_is_sharp_and_the_brier_score_smooth(self) -> None:
        """The same probabilities, and the grade stays at chance in small models."""
        probability = token_probability(SCALES, unit=3e8, exponent=0.25)
        grade = multiple_choice_grade(probability, 4, lean=0.7, concentration=30)
        smooth = -brier_score(probability, 4, lean=0.7, concentration=30)
        np.testing.assert_allclose(grade[:2], 0.25, atol=0.01)
        assert emergence_score(grade) / 11 > 2
        assert emergence_score(smooth) / 11 < 1

    @pytest.mark.parametrize("length", [4, 8, 16, 32])
    def test_longer_targets_are_sharper(self, length: int) -> None:
        """Exact match falls geometrically with the length of the target.

        From one token to two it does not: sharpness is .98 and .86 here.
        """
        probability = token_probability(SCALES, unit=3e8, exponent=0.25)
        shorter = emergence_score(exact_match(probability, length // 2))
        assert emergence_score(exact_match(probability, length)) > shorter
