"""Two conditions against each other: the difference, its interval, and where it turns."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_samples import conditions_sample, curve, page_of, sample
from test_pages import check_whole

from emergence import Study
from emergence.condition_pairs import compared, difference_interval
from emergence.pages.figures.condition_differences import condition_counts

PAIR = ("p=a", "p=b")
SHARES = st.floats(0, 1)


class TestInterval:
    @pytest.mark.parametrize(
        ("first", "second", "low", "high"),
        [
            # Newcombe 1998, table II, method 10: 56/70 against 48/80, and 9/10 against 3/10.
            ((48, 80), (56, 70), 0.0524, 0.3339),
            ((3, 10), (9, 10), 0.1705, 0.8090),
        ],
    )
    def test_published_values(self, first, second, low, high):
        """The second of the paper's differences has its sign turned: ours is second less first."""
        shares = first[0] / first[1], second[0] / second[1]
        found = difference_interval(*shares, first[1], second[1], 0.95)
        assert found == pytest.approx((low, high), abs=5e-5)

    @given(SHARES, SHARES, st.integers(1, 5000), st.integers(1, 5000))
    def test_it_holds_the_difference_and_turns_with_it(self, a, b, n, m):
        """Exchanging the two turns the interval around zero."""
        low, high = difference_interval(a, b, n, m, 0.95)
        assert -1 - 1e-12 <= low <= b - a + 1e-12
        assert b - a - 1e-12 <= high <= 1 + 1e-12
        assert difference_interval(b, a, m, n, 0.95) == pytest.approx((-high, -low), abs=1e-12)


def study_of(first, second, n="1000", wanted=PAIR) -> Study:
    """Curves of two conditions, ten-fold in scale; its entry compares those that are wanted."""
    rows = [
        {**row, "condition": condition, "n_examples": n}
        for condition, scores in zip(PAIR, (first, second), strict=True)
        for row in curve(scores)
    ]
    return sample(rows, upto="measure", compare_conditions=list(wanted))


def pair(first, second, n="1000"):
    """The curves of two conditions."""
    return study_of(first, second, n).curves


class TestTurn:
    def test_where_a_straight_line_crosses_zero(self):
        """From -.1 at 1e7 to +.3 at 1e8: a quarter of the way in the logarithm."""
        (found,) = compared(pair([0.1, 0.2, 0.2, 0.2], [0.1, 0.1, 0.5, 0.7]), PAIR, 0.95)
        assert found["turns_between"] == (1e7, 1e8)
        assert found["turns_at"] == pytest.approx(10**7.25)
        assert found["sure"]

    def test_with_few_examples_it_is_not_sure(self):
        """A difference of -.1 among 10 examples is none beyond doubt."""
        (found,) = compared(pair([0.2, 0.2, 0.2], [0.1, 0.1, 0.9], n="10"), PAIR, 0.95)
        assert found["turns_at"]
        assert not found["sure"]

    def test_unknown_examples_leave_the_interval_unknown(self):
        """Never a width of zero."""
        (found,) = compared(pair([0.2, 0.2, 0.2], [0.1, 0.1, 0.9], n=""), PAIR, 0.95)
        assert {point["low"] for point in found["points"]} == {None}
        assert found["turns_at"]
        assert found["sure"] is None, "not known is not no"

    @pytest.mark.parametrize(
        ("second", "course"),
        [
            ([0.3, 0.4, 0.5], "positive at every model"),
            ([0.1, 0.1, 0.1], "not positive at the largest"),
            ([0.1, 0.5, 0.1], "not positive at the largest"),
            ([0.2, 0.2, 0.2], "not positive at the largest"),
        ],
    )
    def test_what_does_not_turn(self, second, course):
        """Above from the start, never above, or not at the end."""
        (found,) = compared(pair([0.2, 0.2, 0.2], second), PAIR, 0.95)
        assert found["turns_between"] is None
        assert found["turns_at"] is None
        assert found["course"] == course

    def test_the_last_turn_counts(self):
        """It must stay positive from there on."""
        (found,) = compared(pair([0.2] * 5, [0.1, 0.3, 0.1, 0.3, 0.3]), PAIR, 0.95)
        assert found["turns_between"] == (1e8, 1e9)
        assert math.isfinite(found["turns_at"])


class TestNotCompared:
    @pytest.mark.parametrize(
        ("first", "second", "why"),
        [
            ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3], "other_models"),
            ([0.1, 0.2, 0.3], [0.1, "NaN", 0.3], "other_models"),
            (["NaN", "NaN"], [0.1, 0.2], "other_models"),
            (["NaN", "NaN"], ["NaN", "NaN"], "no_score"),
        ],
    )
    def test_is_counted(self, first, second, why):
        """A missing model leaves nothing to compare point by point, and is no secret."""
        study = study_of(first, second)
        assert compared(study.curves, PAIR, 0.95) == []
        counts = condition_counts(study)
        assert {name: n for name, n in counts.items() if n} == {why: 1}

    def test_what_is_compared_is_not_counted_here(self):
        """A curve without its other condition is no pair at all."""
        found = condition_counts(study_of([0.1, 0.2], [0.3, 0.4]))
        assert (found["pairs"], found["other_models"], found["no_score"]) == (1, 0, 0)
        absent = study_of([0.1], [0.2], wanted=("p=a", "p=c"))
        assert not any(condition_counts(absent).values())


class TestOnThePage:
    @pytest.fixture(scope="class")
    @classmethod
    def text(cls):
        return page_of(conditions_sample())

    def test_counts_and_rows(self, text):
        page = check_whole(text)
        assert "turns positive with scale in 2 of 2 pairs of curves" in page.words
        assert "In 1 of them the intervals lie below zero before the crossover" in page.words
        assert "in 1 there is no interval" in page.words
        assert (
            "Pairs not counted: 1 of one model only, 2 with different models under the two "
            "conditions, 1 without a usable score."
        ) in page.words
        rows = {row[0]: row for row in page.tables["conditions"] if len(row) == 9}
        assert rows["<b>one</b>"][2:] == [
            "4",
            "\N{MINUS SIGN}0.100 (\N{MINUS SIGN}0.131 to \N{MINUS SIGN}0.0689)",
            "0.500 (0.461 to 0.536)",
            "turns positive",
            "10M and 100M",
            "17.8M",
            "yes",
        ]
        assert rows["two"][3] == "\N{MINUS SIGN}0.100 (interval unknown)"
        assert rows["two"][-1] == "unknown"

    def test_what_cannot_be_decided_is_said_where_all_is_all_or_nothing(self, text):
        assert "these data cannot show whether the difference" in text

    def test_where_nothing_can_be_compared_the_page_says_why(self):
        """One pair of other models: no figure, and no claim that there was no pair."""
        rows = [
            {**row, "condition": condition}
            for condition, scores in zip(PAIR, ([0.1, 0.2, 0.3], [0.1, 0.2]), strict=True)
            for row in curve(scores)
        ]
        page = check_whole(page_of(sample(rows, compare_conditions=list(PAIR))))
        assert "1 with different models under the two conditions" in page.words
        assert "No two curves of more than one model can be compared" in page.words

    def test_other_datasets_have_no_such_section(self):
        assert 'id="conditions"' not in page_of(sample(curve([0.1, 0.2])))
