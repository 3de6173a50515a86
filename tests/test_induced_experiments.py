"""The predictions of the dataset ``induced``, decided on answers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.induced import resampling
from emergence.induced.answers import Answers, scores
from emergence.induced.called import called
from emergence.induced.experiments import control, induced, more_tests, smooth_growth
from emergence.induced.lengths import longer_targets, more_together
from emergence.induced.network_results import Results
from emergence.induced.pairs import FIRST_THRESHOLD, THRESHOLD, Pair
from emergence.induced.positions import by_position
from emergence.induced.resampling import Estimate

WIDTHS = list(range(1, 11))
REPLICATES = 5
EXAMPLES = 4000
LENGTHS = (2, 4, 6)


def numbers(found: dict) -> dict:
    """The numbers of an experiment by their names."""
    return {one["name"]: one["value"] for one in found["numbers"]}


def adders(right_of, lengths=LENGTHS, **changes) -> Results:
    """Networks that add, with a share of digits right that ``right_of`` draws."""
    rows, outcomes = [], {}
    for length in lengths:
        name = f"target_digits={length}"
        bits = []
        for width in WIDTHS:
            bits.append([])
            for replicate in range(REPLICATES):
                random = np.random.default_rng([width, replicate, length])
                right = right_of(random, width, length)
                wrong = np.where(right, 0.0, 1.0)
                found = scores(Answers(right, wrong, -wrong), "exact_str_match")
                rows += rows_of("addition", name, width, found)
                bits[-1].append(np.packbits(right, axis=1)[:, 0])
        outcomes[f"addition {name}"] = np.array(bits)
    settings = {
        "seed": 1,
        "addition": {
            "widths": WIDTHS,
            "replicates": REPLICATES,
            "test_sizes": [20, 4000, 10**6],
            "test_digits": 5,
            **changes,
        },
    }
    return Results(rows, outcomes, settings)


def rows_of(task: str, condition: str, width: int, found: dict[str, float]) -> list[dict]:
    return [
        {
            "task": task,
            "condition": condition,
            "metric": metric,
            "n_params": 100 * width,
            "score": score,
            "low_score": 0.001,
        }
        for metric, score in found.items()
    ]


def independent(random: np.random.Generator, width: int, length: int) -> np.ndarray:
    """Each digit right by itself, in a share that grows by a line."""
    return random.random((EXAMPLES, length)) < 0.3 + 0.06 * width


def together(random: np.random.Generator, width: int, length: int) -> np.ndarray:
    """All digits right, or all wrong."""
    whole = random.random((EXAMPLES, 1)) < 0.3 + 0.06 * width
    return np.repeat(whole, length, axis=1)


def cliff(random: np.random.Generator, width: int, length: int) -> np.ndarray:
    """Nothing, then everything."""
    return random.random((EXAMPLES, length)) < (0.05 if width < 6 else 0.95)


class TestSmoothGrowth:
    def test_a_line_of_independent_digits_shows_it(self) -> None:
        """p grows by a line: p^6 is steeper than a line, p is not."""
        found = smooth_growth(adders(independent, lengths=(6,)))
        # The Brier score stands for accuracy here: it is affine in it, and as smooth.
        (row, *_) = found["tables"][0]["rows"]
        sharp, smooth = row[1], row[6]
        assert sharp > 1.2
        assert smooth == pytest.approx(1, abs=0.1)
        assert row[10] > 0.975

    def test_a_cliff_under_every_metric_does_not(self) -> None:
        found = smooth_growth(adders(cliff))
        assert found["outcome"] == "not shown"
        assert numbers(found)["pairs surely sharp under the continuous metric too"] == 9

    def test_digits_that_are_right_together_do_not(self) -> None:
        """Exact match is per-digit accuracy then: the metric makes nothing."""
        found = smooth_growth(adders(together))
        assert numbers(found)["pairs surely smooth"] == 0
        assert found["outcome"] == "not shown"


class TestMoreTests:
    def test_a_small_share_right_is_seen_in_a_large_test_only(self) -> None:
        """One in 100 right: 20 examples show none, 4,000 show forty; the guess has 4."""
        rare = adders(lambda r, w, n: np.repeat(r.random((EXAMPLES, 1)) < 0.01, n, axis=1))
        found = more_tests(rare)
        assert found["outcome"] == "shown"
        assert numbers(found)["small networks"] == 25
        assert numbers(found)["off the floor at 20 examples"] <= 12
        assert numbers(found)["off the floor at 4000 examples"] == 25
        # No test is larger than what there is.
        assert {row[1] for row in found["tables"][0]["rows"]} == {20, 4000}

    def test_networks_that_guess_stay_on_the_floor(self) -> None:
        """They are right as often as the constant guess: above 0, and not off the floor."""
        guess = adders(lambda r, w, n: np.repeat(r.random((EXAMPLES, 1)) < 0.001, n, axis=1))
        found = more_tests(guess)
        assert found["outcome"] == "not shown"
        assert numbers(found)["off the floor at 4000 examples"] <= 5


class TestLongerTargets:
    def test_independent_digits_fall_geometrically(self) -> None:
        """The slope is ln p, and both ratios are 1: equal difficulty, no dependence."""
        found = longer_targets(adders(independent))
        assert found["outcome"] == "shown"
        slopes, _, gaps = found["tables"]
        for size, slope, low, high, explained, log_p in slopes["rows"]:
            assert log_p == pytest.approx(np.log(0.3 + 0.06 * size / 100), abs=0.02)
            assert low - 0.05 <= log_p <= high + 0.05
            assert slope == pytest.approx(log_p, abs=0.1)
            assert explained > 0.95
        for row in gaps["rows"]:
            if row[1] >= 500:
                assert row[5] == pytest.approx(1, abs=0.02)
                assert row[8] == pytest.approx(1, abs=0.1)

    def test_digits_that_are_right_together_do_not_fall(self) -> None:
        """Measured exact match is p, far above p^L: all of the gap is dependence."""
        found = longer_targets(adders(together))
        assert found["outcome"] == "not shown"
        gaps = found["tables"][2]["rows"]
        assert all(row[8] > 1 for row in gaps if row[3] < 0.9)

    def test_unequal_digits_are_the_first_part_of_the_gap(self) -> None:
        """One digit always right and the others seldom: the product is below mean p^L."""
        hard = np.array([1.0, 0.5, 0.5, 0.5, 0.5, 0.5])
        found = longer_targets(adders(lambda r, w, n: r.random((EXAMPLES, n)) < hard[:n]))
        row = next(row for row in found["tables"][2]["rows"] if row[0] == 6)
        mean = hard.mean()
        assert row[5] == pytest.approx(hard.prod() / mean**6, abs=0.08)
        assert row[8] == pytest.approx(1, abs=0.2)


def parities(share) -> Results:
    rows = []
    for width in WIDTHS:
        for replicate in range(REPLICATES):
            p = share(width, replicate)
            found = {
                "multiple_choice_grade": p,
                "calibration_multiple_choice_brier_score": (1 - p) / 2,
                "weighted_log_probabilities": p - 1,
            }
            rows += rows_of("parity", "", width, found)
    return Results(rows, {}, {"seed": 1, "parity": {"widths": WIDTHS, "replicates": REPLICATES}})


class TestControl:
    def test_a_cliff_is_found_under_smooth_metrics(self) -> None:
        found = control(parities(lambda w, r: 0.5 + 0.01 * w if w < 7 else 0.95))
        assert found["outcome"] == "shown"
        assert numbers(found)["networks that learned it"] == 4 * REPLICATES

    def test_an_infinite_sharpness_is_null_with_a_status(self) -> None:
        found = control(parities(lambda w, r: 0.5 if w < 7 else 1.0))
        (brier,) = (n for n in found["numbers"] if n["name"] == "sharpness under Brier score")
        assert brier["value"] is None
        assert brier["status"].startswith("infinite")
        assert found["outcome"] == "shown"

    def test_a_line_fails_it(self) -> None:
        """Nothing abrupt was learned: the control shows nothing, and comes first."""
        found = control(parities(lambda w, r: 0.5 + 0.05 * w))
        assert found["outcome"] == "not shown"


class TestInduced:
    def test_a_sharp_first_metric_and_a_smooth_second(self) -> None:
        def of(width: int, condition: str) -> dict[str, float]:
            p = width / 10
            power = 8 if condition == "c=1" else 1
            return {"share_reconstructed": p**power, "mean_squared_error": 1 - p}

        rows = [
            row
            for condition in ("c=1", "c=2")
            for width in WIDTHS
            for _ in range(REPLICATES)
            for row in rows_of("reconstruction", condition, width, of(width, condition))
        ]
        settings = {
            "seed": 1,
            "reconstruction": {"widths": WIDTHS, "replicates": REPLICATES},
        }
        found = induced(Results(rows, {}, settings), "reconstruction")
        assert found["outcome"] == "shown"
        assert numbers(found)["conditions where it was made"] == 1
        assert numbers(found)["conditions surely sharp"] == 1

    def test_where_the_formula_predicts_nothing_sharp_that_is_said(self) -> None:
        """p from .3 to .5 by a line: p^2 is hardly steeper, so that nothing could be shown."""

        def slow(random: np.random.Generator, width: int, length: int) -> np.ndarray:
            return random.random((EXAMPLES, length)) < 0.3 + 0.02 * width

        results = adders(slow, lengths=(2,))
        found = induced(results, "addition")
        assert found["outcome"] == "not shown"
        assert "even if the formula held exactly" in found["reading"][0]


class TestImagesTogether:
    def images(self, fall) -> Results:
        rows = [
            row
            for size in (1, 2, 3, 4)
            for width in WIDTHS
            for _ in range(REPLICATES)
            for row in rows_of(
                "digits",
                f"K={size}",
                width,
                {
                    "subset_accuracy": fall(0.3 + 0.06 * width, size),
                    "per_digit_accuracy": 0.3 + 0.06 * width,
                },
            )
        ]
        family = {"widths": WIDTHS, "replicates": REPLICATES, "tests": 1000}
        return Results(rows, {}, {"seed": 1, "digits": family})

    def test_a_geometric_fall_is_shown_with_its_slope(self) -> None:
        found = more_together(self.images(lambda p, size: p**size))
        assert found["outcome"] == "shown"
        for _, slope, *_, explained, log_p in found["tables"][0]["rows"]:
            assert slope == pytest.approx(log_p)
            assert explained == pytest.approx(1)

    def test_a_fall_that_stops_is_not(self) -> None:
        found = more_together(self.images(lambda p, size: p ** min(size, 2)))
        assert found["outcome"] == "not shown"


class TestThreshold:
    def test_at_the_first_one_a_straight_line_cannot_be_shown_to_be_smooth(self) -> None:
        """It lies on the threshold: whatever the number of seeds, its interval is on both sides.

        So the threshold was changed. Of 100 lines with noise, hardly one is surely not above 1,
        with 5 seeds or with 80; nearly all are surely not above 1.5.
        """
        line = np.linspace(0.2, 0.9, 10)[:, None]
        for replicates in (5, 80):
            drawn = resampling.draws(1, 10, replicates)[:200]
            smooth = {FIRST_THRESHOLD: 0, THRESHOLD: 0}
            for seed in range(100):
                noise = np.random.default_rng([seed, replicates]).normal(0, 0.005, (10, replicates))
                found = resampling.estimate(resampling.sharpness, line + noise, drawn)
                for threshold in smooth:
                    pair = Pair("", "", found, found, 0.0)
                    smooth[threshold] += pair.is_smooth(threshold)
            assert smooth[FIRST_THRESHOLD] <= 5
            assert smooth[THRESHOLD] >= 95

    def test_the_thresholds_at_which_it_is_made_are_those_between_the_intervals(self) -> None:
        pair = Pair("", "", Estimate(5, 4, 6), Estimate(1, 0.5, 1.2), 1.0)
        assert pair.thresholds == (1.2, 4)
        assert [pair.is_made(t) for t in (1.0, 1.2, 3.9, 4.0)] == [False, True, True, False]
        assert Pair("", "", Estimate(2, 1, 3), Estimate(1, 0.5, 1.2), 1.0).thresholds is None

    def test_an_end_that_is_unknown_is_never_sure(self) -> None:
        unknown = Estimate(5, np.nan, np.nan)
        pair = Pair("", "", unknown, unknown, 0.0)
        assert not pair.is_sharp()
        assert not pair.is_smooth()
        assert not pair.is_sharp_too()


class TestPositions:
    def test_a_digit_that_is_learned_abruptly_is_named(self) -> None:
        """The last one jumps between two sizes, the others grow by a line."""

        def last(random: np.random.Generator, width: int, length: int) -> np.ndarray:
            right = independent(random, width, length)
            right[:, -1] = random.random(EXAMPLES) < (0.1 + 0.01 * width if width < 6 else 0.99)
            return right

        found = by_position(adders(last, lengths=(4,)))
        assert len(found.said) == 1
        assert "addition modulo ten" in found.said[0]
        assert "500 parameters and in 0.9" in found.said[0]

    def test_none_is_named_if_all_grow_by_a_line(self) -> None:
        assert by_position(adders(independent, lengths=(4,))).said == ()


class TestCalled:
    SIZES = np.geomspace(100, 10_000, 10)
    DRAWN = resampling.draws(1, 10, 5)

    def judged(self, means: np.ndarray, guess: float = 0.0):
        noise = np.random.default_rng(3).normal(0, 1e-4, (10, 5))
        return called(means[:, None] + noise, self.SIZES, guess, self.DRAWN)

    def test_a_late_jump_from_nothing_is_emergent(self) -> None:
        means = np.array([0, 0, 0, 0, 0, 0, 0.002, 0.01, 0.4, 0.8])
        found = self.judged(means, guess=0.001)
        assert found.verdict == "emergent"
        assert found.absent_then_present
        assert found.words == "absent in small networks, present in large ones; sharp; unforeseen"

    def test_a_line_is_smooth_and_predictable(self) -> None:
        found = self.judged(np.linspace(0.1, 0.9, 10))
        assert found.verdict == "smooth and predictable"
        assert found.words == "already present in 5 of 5 small sizes; gradual; foreseen"

    def test_a_line_through_a_jump_predicts_nothing(self) -> None:
        """Its interval is wider than half the curve: that is no prediction."""
        found = self.judged(np.array([0, 0, 0, 0.5, 0.5, 1, 1, 1, 1, 1.0]))
        assert found.foreseen is None

    def test_a_jump_at_the_beginning_levels_off(self) -> None:
        found = self.judged(np.array([0, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88]))
        assert found.verdict == "levelling off"

    def test_what_never_leaves_the_guess_is_not_there(self) -> None:
        found = self.judged(np.zeros(10), guess=0.5)
        assert found.words.startswith("absent at every size")


class TestRestricted:
    def test_a_part_of_the_networks_is_the_first_seeds_and_the_smaller_sizes(self) -> None:
        results = adders(independent)
        part = results.restricted(2, {"addition": 7})
        assert part.sizes("addition") == [100 * width for width in range(1, 8)]
        key = ("addition", "target_digits=6", "exact_str_match")
        np.testing.assert_array_equal(part.scores[key], results.scores[key][:7, :2])
        bits = results.outcomes["addition target_digits=6"]
        np.testing.assert_array_equal(part.outcomes["addition target_digits=6"], bits[:7, :2])
        assert part.draws("addition").shape[1:] == (7, 2)


class TestResampling:
    def test_students_interval(self) -> None:
        """Mean 3, standard deviation sqrt(2.5), t of 4 degrees of freedom 2.776."""
        found = resampling.mean(np.arange(1.0, 6.0))
        assert found.value == 3
        assert found.high - 3 == pytest.approx(2.7764 * np.sqrt(2.5 / 5), rel=1e-4)
        assert np.isnan(resampling.mean(np.array([1.0])).high)

    @given(offset=st.floats(-5, 5), slope=st.floats(0.01, 5))
    def test_a_line_has_sharpness_one_in_every_resample(self, offset: float, slope: float) -> None:
        """Replicates that agree: nothing is resampled."""
        values = np.repeat(offset + slope * np.arange(6.0)[:, None], 3, axis=1)
        found = resampling.estimate(resampling.sharpness, values, resampling.draws(1, 6, 3))
        np.testing.assert_allclose([found.value, found.low, found.high], 1, rtol=1e-6)

    def test_resamples_are_of_each_width_by_itself(self) -> None:
        """Networks of two widths with one seed share nothing but its number."""
        drawn = resampling.draws(1, 4, 5)
        assert drawn.shape == (resampling.RESAMPLES, 4, 5)
        assert (drawn[:, 0] != drawn[:, 1]).any()
        values = np.random.default_rng(0).random((4, 5))
        means = resampling.resampled(values, drawn)
        assert means.mean(axis=0) == pytest.approx(values.mean(axis=1), abs=0.02)
