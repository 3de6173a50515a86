"""The measures: known values, an independent implementation, and what must not change them."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
import reference
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from emergence.measures import STATUSES, Measures, emergence_score, measure

NAN, INF = math.nan, math.inf

#: Fields of `Measures` that are numbers, NaN where unknown.
NUMBERS = ("emergence_score", "sharpness", "linearity", "discontinuity", "onset")


def one(scores, scales=None, low=None, high=None) -> dict:
    """The measures of one curve as plain values; unknown numbers are None."""
    measured = measure(
        scores, scales, None if low is None else [low], None if high is None else [high]
    )
    values = {field.name: getattr(measured, field.name)[0].item() for field in fields(Measures)}
    values["status"] = STATUSES[values["status"]]
    for name in NUMBERS:
        values[name] = None if math.isnan(values[name]) else values[name]
    return values


def bits(measured: Measures, row: int) -> dict[str, bytes]:
    """The bytes of every measure of one curve."""
    return {
        field.name: getattr(measured, field.name)[row : row + 1].tobytes()
        for field in fields(Measures)
    }


def near(found: float | None, expected: float | None, tolerance: float = 1e-12) -> bool:
    """Whether two numbers are equal to rounding; unknown and infinite ones must be equal."""
    if found is None or expected is None or math.isinf(expected):
        return found == expected
    return math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-15)


def agree(found: dict, expected: dict, tolerance: float = 1e-12) -> None:
    """Compare with the reference: statuses and signs exactly, numbers to rounding."""
    for name in ("n_scales", "status", "tie_sensitive"):
        assert found[name] == expected[name], name
    for name in ("emergence_score", "sharpness", "linearity", "onset"):
        assert near(found[name], expected[name], tolerance), (name, found[name], expected[name])
    if expected["early"] is None:
        assert found["early"] is False
    elif abs(expected["onset"] - 1 / 3) > 1e-12:
        assert found["early"] == expected["early"]


# Scores: few distinct values, so that ties and zero steps are common, or any numbers.
GRID = st.integers(0, 6).map(lambda k: k / 8)
ANY = st.floats(-1000, 1000, width=32, allow_subnormal=False)
DROPPED = st.sampled_from([NAN, INF, -INF])
SCALES = st.lists(st.integers(1, 10**12), min_size=15, max_size=15, unique=True).map(sorted)


@st.composite
def rows_of_scores(draw, least: int = 2, most: int = 15, dropped: bool = True):
    """The scores of one curve, with dropped points anywhere."""
    values = draw(st.sampled_from([GRID, ANY]))
    if dropped:
        values = st.one_of(values, values, values, DROPPED)
    return draw(st.lists(values, min_size=least, max_size=most))


class TestRulesOfTheMethod:
    """Each row of the table in section 2, one by one."""

    @pytest.mark.parametrize("value", [0.0, 0.1, -3.5, 1e-300, 1e150, 1 / 3])
    @pytest.mark.parametrize("n", [4, 5, 8, 12])
    def test_equal_scores_are_flat_and_score_zero(self, n, value):
        """All scores equal: the range is 0, so E is 0 by rule and not 0/0."""
        found = one([value] * n, range(1, n + 1))
        assert found["status"] == "flat"
        assert found["emergence_score"] == found["sharpness"] == found["linearity"] == 0.0
        assert found["onset"] is None and found["early"] is False
        assert found["tie_sensitive"] is False

    @pytest.mark.parametrize(
        ("scores", "expected"),
        [
            ([0, 0, 0, 1], INF),
            ([0, 1, 1, 1], INF),
            ([0, 0, 1, 1, 1], INF),
            ([1, 1, 1, 0], -INF),
            ([0, 0, 0, 0, 1, 2], INF),
            ([5, 5, 5, 1, 1, 2, 2], -INF),
        ],
    )
    def test_a_median_step_of_zero_scores_infinity_with_the_sign(self, scores, expected):
        """More than half of the steps are 0 but the range is not: kept as +-inf, not clipped."""
        found = one(scores)
        assert found["status"] == "infinite"
        assert found["emergence_score"] == found["sharpness"] == expected

    def test_linearity_of_an_infinite_curve_is_finite(self):
        """The mean of the squared steps is not 0 where one of them is not: 1 / sqrt(1/3)."""
        assert one([0, 0, 0, 1])["linearity"] == pytest.approx(math.sqrt(3), rel=1e-14)

    def test_half_of_the_steps_zero_is_not_infinite(self):
        """Steps 0, 0, 1, 1: the mean of the middle two squares is 1/2, so E = 2 sqrt(2)."""
        found = one([0, 0, 0, 1, 2])
        assert found["status"] == "finite"
        assert found["emergence_score"] == pytest.approx(2 * math.sqrt(2), rel=1e-14)

    def test_infinite_ranks_above_every_finite_score(self):
        """A sorting of scores must put the infinite curve last, after the sharpest finite one."""
        scores = emergence_score([[0, 0, 0, 1, NAN], [0, 1e-9, 2e-9, 3e-9, 1]])
        assert scores[0] > scores[1] > 1e6

    @pytest.mark.parametrize(
        ("scores", "expected"),
        [
            ([0, 1], 1.0),
            ([1, 0], -1.0),
            ([2, 2], 0.0),
            ([0, 1, 2], 2.0),
            ([0, 0, 1], 2 / math.sqrt(2)),
            ([0, 1, 1], 2 / math.sqrt(2)),
            ([1, 0, 0], -2 / math.sqrt(2)),
            ([3, 3, 3], 0.0),
        ],
    )
    def test_fewer_than_four_scales_are_short_and_keep_their_score(self, scores, expected):
        """With N = 3 a perfect line scores 2 and a perfect step only 1.414: never emergent.

        Short wins over flat, since the number of scales is a property of the design.
        """
        found = one(scores)
        assert found["status"] == "short"
        assert found["emergence_score"] == pytest.approx(expected, rel=1e-15)

    @given(st.lists(ANY, min_size=3, max_size=3))
    def test_three_scales_never_score_beyond_two(self, scores):
        """For N = 3, |E| <= 2, so that no threshold above it can be met by chance."""
        assert abs(one(scores)["emergence_score"]) <= 2 * (1 + 1e-15)

    @pytest.mark.parametrize(
        "scores",
        [[], [0.5], [NAN, NAN], [0.5, NAN, INF], [NAN] * 12, [INF, -INF, 0.0, NAN]],
    )
    def test_fewer_than_two_points_are_empty_and_nothing_is_known(self, scores):
        """One point has no step: every number is unknown, and unknown is not 0."""
        found = one(scores, range(1, len(scores) + 1), 0.0, 1.0)
        assert found["status"] == "empty"
        assert [found[name] for name in NUMBERS] == [None] * len(NUMBERS)
        assert found["n_scales"] == sum(map(math.isfinite, scores))
        assert found["early"] is found["tie_sensitive"] is False

    @pytest.mark.parametrize("bad", [NAN, INF, -INF])
    @pytest.mark.parametrize("place", range(6))
    def test_a_dropped_point_is_left_out_with_its_scale(self, place, bad):
        """Out of 6 points one is unusable, so the measures are those of the other 5."""
        scores, scales = [0.1, 0.15, 0.2, 0.6, 0.7], [1.0, 10.0, 50.0, 300.0, 900.0]
        with_bad = [*scores[:place], bad, *scores[place:]]
        between = [0.5, 5.0, 20.0, 100.0, 500.0, 1e4][place]
        at = [*scales[:place], between, *scales[place:]]
        assert one(with_bad, at, 0, 1) == one(scores, scales, 0, 1)

    @pytest.mark.parametrize(
        ("scores", "sign", "sensitive"),
        [
            ([0, 1, 3, 0, 3, 1], 1, False),  # first 0 before first 3, last 0 before last 3
            ([0, 2, 1, 0.5, 0], 1, True),  # first 0 before the 2, last 0 after it
            ([2, 0, 1, 1.5, 2], -1, True),
            ([1, 0, 1, 0], -1, False),
            ([0, 1, 0, 1], 1, False),
            ([0, 1, 2, 3], 1, False),
        ],
    )
    def test_the_first_of_equal_extremes_counts_and_the_other_reading_is_marked(
        self, scores, sign, sensitive
    ):
        """Equation 1 leaves ties of max and min open; the choice must be visible."""
        found = one(scores)
        assert math.copysign(1, found["emergence_score"]) == sign
        assert found["tie_sensitive"] is sensitive

    @pytest.mark.parametrize("n", range(2, 16))
    def test_a_line_scores_its_number_of_steps(self, n):
        """A noise-free line scores exactly N-1 (7 for 8 scales), so its sharpness is 1."""
        rising = one(np.arange(n) * 0.0625 + 0.25)
        assert rising["emergence_score"] == pytest.approx(n - 1, rel=1e-15)
        assert rising["sharpness"] == pytest.approx(1, rel=1e-15)
        assert rising["linearity"] == pytest.approx(n - 1, rel=1e-15)
        assert one(-np.arange(n))["sharpness"] == pytest.approx(-1, rel=1e-15)

    @pytest.mark.parametrize("n", range(4, 16))
    def test_linearity_is_the_score_with_the_mean_for_the_median(self, n):
        """One step of n-1: the mean of the squares is 1/(N-1), so linearity is sqrt(N-1)."""
        step = [0.0] * (n - 1) + [1.0]
        assert one(step)["linearity"] == pytest.approx(math.sqrt(n - 1), rel=1e-14)


class TestReferenceImplementation:
    @given(rows_of_scores(), SCALES)
    @example([0.0, 0.0, 1.0], list(range(1, 16)))
    @example([NAN, INF], list(range(1, 16)))
    @example([0.1, NAN, 0.3, 0.2, INF, 0.3], list(range(1, 16)))
    def test_all_measures_agree_with_the_reference(self, scores, scales):
        """An implementation in exact fractions, written from the method alone, must agree."""
        scales = scales[: len(scores)]
        found = one(scores, scales)
        agree(found, reference.measures(list(zip(scales, scores, strict=True))))

    @given(
        rows_of_scores(), st.integers(-8, 8), st.integers(-8, 8), st.sampled_from([1.0, 0.1, 100.0])
    )
    def test_discontinuity_agrees_with_the_reference(self, scores, low, high, unit):
        """The two differ by rounding of the scores themselves, which a small range magnifies."""
        low, high = low * unit, high * unit
        found = one(scores, low=low, high=high)["discontinuity"]
        points = [(i + 1, score) for i, score in enumerate(scores)]
        expected = reference.measures(points, low, high)["discontinuity"]
        if expected is None:
            assert found is None
        else:
            largest = max(abs(s) for s in scores if math.isfinite(s))
            slack = 100 * 8 * 2**-52 * largest / abs(high - low)
            assert found == pytest.approx(expected, rel=1e-12, abs=slack)

    @pytest.mark.parametrize("status", STATUSES)
    def test_both_implementations_reach_every_status(self, status):
        """A comparison says nothing of a status that no example has."""
        example_of = {
            "empty": [NAN, 1.0, NAN],
            "short": [0.0, 1.0, 0.5],
            "flat": [0.5, 0.5, NAN, 0.5, 0.5],
            "infinite": [0.0, 0.0, 0.0, 0.25],
            "finite": [0.0, 0.25, 0.5, 0.25],
        }
        scores = example_of[status]
        scales = range(1, len(scores) + 1)
        expected = reference.measures(list(zip(scales, scores, strict=True)))
        assert expected["status"] == status
        agree(one(scores, scales), expected)


class TestInvariance:
    @given(rows_of_scores(), st.integers(-40, 40))
    def test_a_power_of_two_times_the_scores_changes_no_bit(self, scores, exponent):
        """E is invariant under y -> a y for a > 0; powers of two lose nothing in doubles."""
        scaled = [score * 2.0**exponent for score in scores]
        scales = range(1, len(scores) + 1)
        assert bits(measure(scaled, scales), 0) == bits(measure(scores, scales), 0)

    @given(st.lists(st.integers(-500, 500), min_size=2, max_size=15), st.integers(1, 1000))
    def test_affine_maps_leave_all_but_the_rounding(self, scores, factor):
        """E, sharpness and linearity are invariant under y -> a y + b; integers stay exact."""
        scales = range(1, len(scores) + 1)
        before = one(scores, scales)
        after = one([factor * score - 777 for score in scores], scales)
        for name in NUMBERS:
            assert near(after[name], before[name], 1e-13), name
        for name in ("status", "tie_sensitive", "n_scales", "early"):
            assert after[name] == before[name]

    @pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-30, 1e30, 1e149, 1e150])
    @pytest.mark.parametrize(
        "shape",
        [[0, 1, 2, 3], [0, 0, 1, 1, 1], [0, 0, 0, 1, 2], [0, 1, 1, 4, 2, 8], [1, 0, 0.5], [3, 1]],
    )
    def test_tiny_and_huge_scores_are_measured_like_others(self, shape, size):
        """The squares of such steps are 0 or infinite in doubles, though E is neither."""
        scaled = [value * size for value in shape]
        scales = range(1, len(shape) + 1)
        expected = reference.measures(list(zip(scales, scaled, strict=True)))
        agree(one(scaled, scales), expected)
        assert expected["status"] == one(shape)["status"]

    def test_a_tiny_step_beside_a_huge_one_is_no_zero_step(self):
        """Median step 1e-200: finite by rule, though its square is 0 in doubles."""
        found = one([0.0, 1e-200, 2e-200, 3e-200, 1.0])
        assert found["status"] == "finite"
        assert found["emergence_score"] == pytest.approx(1e200, rel=1e-12)

    @given(rows_of_scores())
    def test_negation_turns_the_sign(self, scores):
        """Orientation turns scores over: sizes of steps stay, and max and min change places."""
        before, after = one(scores), one([-score for score in scores])
        for name in ("emergence_score", "sharpness", "linearity"):
            assert after[name] == (None if before[name] is None else -before[name])
        assert after["status"] == before["status"]
        assert after["tie_sensitive"] == before["tie_sensitive"]

    @given(rows_of_scores())
    def test_reversing_the_order_turns_the_sign(self, scores):
        """The same steps backwards: only the direction differs.

        With ties, first and last extreme change places: there the sign stays exactly where
        the other choice would have turned it.
        """
        before, after = one(scores), one(scores[::-1])
        sign = 1 if before["tie_sensitive"] else -1
        assert after["tie_sensitive"] == before["tie_sensitive"]
        assert after["status"] == before["status"]
        if before["emergence_score"] is not None:
            assert after["emergence_score"] == sign * before["emergence_score"]
            assert after["linearity"] == pytest.approx(sign * before["linearity"], rel=1e-14)

    @given(rows_of_scores(), st.integers(1, 1000))
    def test_only_the_order_of_scales_enters_the_score(self, scores, seed):
        """Other parameter counts in the same order change the onset and nothing else."""
        scales = np.cumsum(np.random.default_rng(seed).uniform(0.1, 50.0, len(scores)))
        low, high = [0.0], [1.0]
        first = bits(measure(scores, np.arange(1.0, len(scores) + 1), low, high), 0)
        second = bits(measure(scores, scales, low, high), 0)
        for name in set(first) - {"onset", "early"}:
            assert second[name] == first[name]

    @given(rows_of_scores(), st.sampled_from([2.0, 1e6, 0.125]))
    def test_the_unit_of_scale_does_not_enter_the_onset(self, scores, unit):
        """Millions of parameters or parameters: a share of a range of logarithms is the same."""
        scales = np.arange(1.0, len(scores) + 1) ** 3
        before, after = one(scores, scales), one(scores, scales * unit)
        assert near(after["onset"], before["onset"])


class TestBatches:
    @settings(max_examples=40)
    @given(st.lists(rows_of_scores(least=0), min_size=1, max_size=12), st.randoms())
    def test_padding_anywhere_changes_no_bit(self, curves, random):
        """A curve may stand anywhere in a wider row; NaN is padding wherever it is."""
        width = 18
        scores = np.full((len(curves), width), NAN)
        scales = np.full((len(curves), width), NAN)
        for row, curve in enumerate(curves):
            places = sorted(random.sample(range(width), len(curve)))
            scores[row, places] = curve
            scales[row, places] = np.arange(1.0, len(curve) + 1)
        bounds = np.zeros(len(curves)), np.ones(len(curves))
        together = measure(scores, scales, *bounds)
        for row, curve in enumerate(curves):
            alone = measure(curve, np.arange(1.0, len(curve) + 1), [0.0], [1.0])
            assert bits(together, row) == bits(alone, 0)

    @pytest.mark.parametrize("n", range(2, 16))
    def test_one_curve_alone_has_the_same_bits_as_among_thousands(self, n):
        """Sums must not be taken in another order when a batch is larger.

        A curve's numbers would otherwise depend on which other tasks the dataset has, and on
        the number of shards.
        """
        rng = np.random.default_rng(n)
        scores = rng.random((3000, n))
        scales = np.cumsum(rng.uniform(1, 1e9, (3000, n)), axis=1)
        together = measure(scores, scales, np.zeros(3000), np.ones(3000))
        differing = set()
        for row in range(0, 3000, 41):
            alone = bits(measure(scores[row], scales[row], [0.0], [1.0]), 0)
            many = bits(together, row)
            differing |= {name for name in alone if alone[name] != many[name]}
        assert not differing

    def test_the_order_of_curves_is_kept(self):
        """Curves of many lengths are measured by length, and must come back in their places."""
        rng = np.random.default_rng(5)
        lengths = rng.integers(0, 15, 500)
        scores = np.full((500, 14), NAN)
        for row, length in enumerate(lengths):
            scores[row, :length] = rng.integers(0, 5, length)
        together = measure(scores)
        assert together.n_scales.tolist() == lengths.tolist()
        for row, length in enumerate(lengths):
            expected = reference.measures([(i + 1, s) for i, s in enumerate(scores[row, :length])])
            assert STATUSES[together.status[row]] == expected["status"]
            if expected["emergence_score"] is not None:
                assert together.emergence_score[row] == pytest.approx(expected["emergence_score"])

    def test_the_input_is_left_as_it_was(self):
        """The functions are pure: a caller's arrays are not scratch space."""
        scores = np.array([[0.5, 0.1, NAN, 0.9, 0.2], [3.0, 2.0, 1.0, 0.0, INF]])
        scales = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], (2, 1))
        low, high = np.zeros(2), np.zeros(2)
        copies = [array.copy() for array in (scores, scales, low, high)]
        measure(scores, scales, low, high)
        for array, copy in zip((scores, scales, low, high), copies, strict=True):
            np.testing.assert_array_equal(array, copy)

    @pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 0), (3, 1)])
    def test_no_curves_or_no_points_are_no_error(self, shape):
        """A dataset may have no curve of some kind; arrays of the right length come back."""
        found = measure(np.zeros(shape))
        for field in fields(Measures):
            assert getattr(found, field.name).shape == (shape[0],)
        assert (found.status == STATUSES.index("empty")).all()

    @pytest.mark.parametrize(
        "arguments",
        [
            {"scales": [[1.0, 2.0]]},
            {"low_score": [0.0, 0.0]},
            {"high_score": [1.0, 1.0, 1.0]},
        ],
    )
    def test_shapes_that_do_not_fit_are_refused(self, arguments):
        """Broadcasting would give every curve the bounds of another one in silence."""
        with pytest.raises(ValueError, match=r"shape|entries"):
            measure([[0.0, 1.0, 2.0]], **arguments)


class TestDiscontinuity:
    @pytest.mark.parametrize(
        ("scores", "low", "high", "expected"),
        [
            ([0.1, 0.2, 0.5], 0.0, 1.0, 20.0),  # expected .3, seen .5
            ([0.1, 0.2, 0.3], 0.0, 1.0, 0.0),
            ([0.1, 0.2, 0.1], 0.0, 1.0, -20.0),
            ([0.25, 0.30, 0.60], 0.25, 1.0, 100 * 0.25 / 0.75),
            ([10, 20, 50], 0.0, 100.0, 20.0),
            ([-0.5, -0.4, -0.1], -1.0, 0.0, 20.0),
            ([0.9, 0.9, 0.1, 0.2, 0.5], 0.0, 1.0, 20.0),  # the general form: the last three
        ],
    )
    def test_known_values_in_points_of_a_hundred(self, scores, low, high, expected):
        """PaLM's surprise of the largest model against the line through the two before it."""
        assert one(scores, low=low, high=high)["discontinuity"] == pytest.approx(expected, abs=1e-9)

    @pytest.mark.parametrize(
        ("scores", "low", "high"),
        [
            ([0.1, 0.5], 0.0, 1.0),
            ([0.1, NAN, 0.5], 0.0, 1.0),
            ([0.1, 0.2, 0.5], None, 1.0),
            ([0.1, 0.2, 0.5], 0.0, None),
            ([0.1, 0.2, 0.5], NAN, 1.0),
            ([0.1, 0.2, 0.5], 0.5, 0.5),
        ],
    )
    def test_it_is_unknown_without_three_points_or_a_range(self, scores, low, high):
        """Without chance and best score there are no normalised points to count in."""
        assert one(scores, low=low, high=high)["discontinuity"] is None

    def test_a_flat_curve_has_none(self):
        """A flat curve is no surprise: 0, and not unknown."""
        assert one([0.5] * 5, low=0, high=1)["discontinuity"] == 0.0


class TestOnset:
    @pytest.mark.parametrize(
        ("scores", "scales", "onset", "early"),
        [
            ([0, 5, 6, 7, 8], [1, 10, 100, 1000, 10000], 0.0, True),
            ([0, 1, 6, 7, 8], [1, 10, 100, 1000, 10000], 0.25, True),
            ([0, 1, 2, 7, 8], [1, 10, 100, 1000, 10000], 0.5, False),
            ([0, 1, 2, 3, 8], [1, 10, 100, 1000, 10000], 0.75, False),
            ([0, 1, 6, 7], [1, 2, 4, 1024], 0.1, True),  # log scale, not the index, counts
            ([0, 1, 2, 9], [1, 512, 1000, 1024], math.log2(1000) / 10, False),
        ],
    )
    def test_the_onset_is_where_the_largest_step_begins(self, scores, scales, onset, early):
        """Share of the range of log scale before the step; a step in the first third is early."""
        found = one(scores, scales)
        assert found["onset"] == pytest.approx(onset, abs=1e-14)
        assert found["early"] is early

    def test_a_falling_curve_has_its_onset_at_its_largest_fall(self):
        """A curve that falls is judged by its falls: its largest rise is no onset of it."""
        found = one([9, 8, 9.5, 3, 2], [1, 10, 100, 1000, 10000])
        assert found["emergence_score"] < 0
        assert found["onset"] == pytest.approx(0.5, abs=1e-14)

    def test_a_rising_curve_is_not_judged_by_its_largest_fall(self):
        """Rise of 5 at the start, fall of 6 in between: the direction of the curve decides."""
        found = one([1, 6, 0, 4, 7], [1, 10, 100, 1000, 10000])
        assert found["emergence_score"] > 0
        assert found["onset"] == pytest.approx(0.0, abs=1e-14)

    def test_the_first_of_equal_steps_counts(self):
        """Two equal largest steps: the earlier one is the onset."""
        assert one([0, 4, 5, 9], [1, 10, 100, 1000])["onset"] == pytest.approx(0.0, abs=1e-14)

    @pytest.mark.parametrize("smallest", [1e6, 3e6, 125e6])
    @pytest.mark.parametrize(
        ("n", "growth"),
        [
            *[(4, growth) for growth in (2, 3, 4, 5, 8, 10, 16, 66, 224)],
            *[(7, growth) for growth in (2, 3, 4, 5, 8, 10, 16)],
            *[(10, growth) for growth in (2, 3, 4, 5)],
        ],
    )
    def test_a_step_that_begins_at_exactly_a_third_is_not_early(self, n, smallest, growth):
        """Even grids of 4, 7 and 10 sizes have a scale at the boundary itself.

        Rounding of the logarithms must not make it early in one dataset and not in another.
        """
        scales = smallest * float(growth) ** np.arange(n)
        scores = np.where(np.arange(n) > (n - 1) // 3, 1.0, 0.0) + 0.001 * np.arange(n)
        found = one(scores, scales)
        assert found["onset"] == pytest.approx(1 / 3, rel=1e-12)
        assert found["early"] is False

    def test_dropped_points_take_their_scales_with_them(self):
        """The smallest model has no score: the range of scale begins at the next one."""
        found = one([NAN, 0, 1, 6, 7, INF], [1, 10, 100, 1000, 100000, 10**9])
        assert found["onset"] == pytest.approx(0.25, abs=1e-14)

    def test_without_scales_it_is_unknown(self):
        """Only the order is known then, and not the logarithms."""
        found = one([0, 1, 6, 7])
        assert found["onset"] is None and found["early"] is False


class TestNamedValues:
    @pytest.mark.parametrize(
        ("task", "family", "expected"),
        [
            ("hindu_knowledge", "BIG-G T=0", 16.75),
            ("hindu_knowledge", "GPT", 10.1667),
            ("hindu_knowledge", "Gopher", 12.6206),
            ("strategyqa", "GPT", 31.0),
            ("strategyqa", "BIG-G T=0", 7.8333),
            ("operators", "BIG-G T=0", 12.25),
        ],
    )
    def test_published_reference_values(self, bundled_curve, task, family, expected):
        """The values of the method document, from the bundled table to the curve."""
        curve = bundled_curve(task, family)
        assert round(curve["emergence_score"], 4) == expected
        assert curve["status"] == "finite"

    def test_the_infinite_reference_value(self, bundled_curve):
        """repeat_copy_logic in BIG-G T=0: more than half of the steps are 0."""
        curve = bundled_curve("repeat_copy_logic", "BIG-G T=0")
        assert curve["emergence_score"] == INF
        assert curve["status"] == "infinite"

    def test_emergence_score_alone_is_the_one_of_measure(self):
        """The short door to one number gives that number."""
        rows = [[0, 0.1, 0.4, 0.3], [0, 0, 0, 1], [1, 1, 1, 1]]
        assert emergence_score(rows).tobytes() == measure(rows).emergence_score.tobytes()


@given(st.lists(st.integers(1, 30), min_size=4, max_size=10))
def test_onset_and_score_of_strictly_rising_curves(steps):
    """Rising throughout: E is the sum of steps over their root median square, and positive."""
    scores = np.concatenate(([0], np.cumsum(steps)))
    assume(len(set(steps)) > 1)
    found = one(scores, 2.0 ** np.arange(len(scores)))
    assert found["emergence_score"] == pytest.approx(
        sum(steps) / math.sqrt(np.median(np.square(steps))), rel=1e-12
    )
    assert found["onset"] == pytest.approx(steps.index(max(steps)) / len(steps), abs=1e-12)
