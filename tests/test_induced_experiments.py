"""The predictions of the dataset ``induced``, decided on answers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.induced import statistics
from emergence.induced.answers import Answers, scores
from emergence.induced.experiments import control, induced, more_tests, smooth_growth
from emergence.induced.lengths import longer_targets
from emergence.induced.results import Results

WIDTHS = list(range(1, 11))
REPLICATES = 5
EXAMPLES = 4000
LENGTHS = (2, 4, 6)


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
        assert row[-1] > 0.975

    def test_a_cliff_under_every_metric_does_not(self) -> None:
        found = smooth_growth(adders(cliff))
        assert found["outcome"] == "not shown"
        assert found["numbers"]["pairs surely sharp under the continuous metric too"] == 9

    def test_digits_that_are_right_together_do_not(self) -> None:
        """Exact match is per-digit accuracy then: the metric makes nothing."""
        found = smooth_growth(adders(together))
        assert found["numbers"]["pairs surely smooth"] == 0
        assert found["outcome"] == "not shown"


class TestMoreTests:
    def test_a_small_share_right_is_seen_in_a_large_test_only(self) -> None:
        """One in 100 right: 20 examples show none, 4,000 show forty; the guess has 4."""
        rare = adders(lambda r, w, n: np.repeat(r.random((EXAMPLES, 1)) < 0.01, n, axis=1))
        found = more_tests(rare)
        assert found["outcome"] == "shown"
        numbers = found["numbers"]
        assert numbers["small networks"] == 25
        assert numbers["off the floor at 20 examples"] <= 12
        assert numbers["off the floor at 4000 examples"] == 25
        # No test is larger than what there is.
        assert {row[1] for row in found["tables"][0]["rows"]} == {20, 4000}

    def test_networks_that_guess_stay_on_the_floor(self) -> None:
        """They are right as often as the constant guess: above 0, and not off the floor."""
        guess = adders(lambda r, w, n: np.repeat(r.random((EXAMPLES, 1)) < 0.001, n, axis=1))
        found = more_tests(guess)
        assert found["outcome"] == "not shown"
        assert found["numbers"]["off the floor at 4000 examples"] <= 5


class TestLongerTargets:
    def test_independent_digits_fall_geometrically(self) -> None:
        """The slope is ln p, and both ratios are 1: equal difficulty, no dependence."""
        found = longer_targets(adders(independent))
        assert found["outcome"] == "shown"
        slopes, gaps = found["tables"]
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
        gaps = found["tables"][1]["rows"]
        assert all(row[8] > 1 for row in gaps if row[3] < 0.9)

    def test_unequal_digits_are_the_first_part_of_the_gap(self) -> None:
        """One digit always right and the others seldom: the product is below mean p^L."""
        hard = np.array([1.0, 0.5, 0.5, 0.5, 0.5, 0.5])
        found = longer_targets(adders(lambda r, w, n: r.random((EXAMPLES, n)) < hard[:n]))
        row = next(row for row in found["tables"][1]["rows"] if row[0] == 6)
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
        assert found["numbers"]["networks that learned it"] == 4 * REPLICATES

    def test_an_infinite_sharpness_is_null_with_a_status(self) -> None:
        found = control(parities(lambda w, r: 0.5 if w < 7 else 1.0))
        numbers = found["numbers"]
        assert numbers["sharpness under Brier score"] is None
        assert numbers["sharpness under Brier score, status"].startswith("infinite")
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
        assert found["numbers"]["conditions where it was made"] == 1
        assert found["numbers"]["conditions surely sharp"] == 1


class TestStatistics:
    def test_students_interval(self) -> None:
        """Mean 3, standard deviation sqrt(2.5), t of 4 degrees of freedom 2.776."""
        found = statistics.mean(np.arange(1.0, 6.0))
        assert found.value == 3
        assert found.high - 3 == pytest.approx(2.7764 * np.sqrt(2.5 / 5), rel=1e-4)
        assert np.isnan(statistics.mean(np.array([1.0])).high)

    @given(offset=st.floats(-5, 5), slope=st.floats(0.01, 5))
    def test_a_line_has_sharpness_one_in_every_resample(self, offset: float, slope: float) -> None:
        """Replicates that agree: nothing is resampled."""
        values = np.repeat(offset + slope * np.arange(6.0)[:, None], 3, axis=1)
        found = statistics.estimate(statistics.sharpness, values, statistics.draws(1, 6, 3))
        np.testing.assert_allclose([found.value, found.low, found.high], 1, rtol=1e-6)

    def test_resamples_are_of_each_width_by_itself(self) -> None:
        """Networks of two widths with one seed share nothing but its number."""
        drawn = statistics.draws(1, 4, 5)
        assert drawn.shape == (statistics.RESAMPLES, 4, 5)
        assert (drawn[:, 0] != drawn[:, 1]).any()
        values = np.random.default_rng(0).random((4, 5))
        means = statistics.resampled(values, drawn)
        assert means.mean(axis=0) == pytest.approx(values.mean(axis=1), abs=0.02)
