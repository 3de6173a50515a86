"""Cells: what is read as a value, what is unknown, and what makes its entry a reject."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.scores_table import REJECT_REASONS
from emergence.sources import cells
from emergence.sources.cells import Unusable

PARSERS = [
    cells.number,
    cells.score,
    cells.bound,
    cells.standard_error,
    cells.scale,
    cells.count,
    cells.positive_count,
    cells.truth,
    cells.condition,
]

ANY_CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(10**400)
)


def refused(parse, cell) -> str:
    """The reason for which a cell is unusable."""
    with pytest.raises(Unusable) as caught:
        parse(cell)
    return caught.value.reason


class TestNumber:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("0.5", 0.5),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("+1E-3", 0.001),
            (" 7 ", 7.0),
            ("-Infinity", -math.inf),
            ("INF", math.inf),
            ("1e-400", 0.0),
            (3, 3.0),
        ],
    )
    def test_is_read_as_written(self, text, value):
        assert cells.number(text) == value

    @pytest.mark.parametrize("text", ["nan", "NaN", "-nan"])
    def test_nan_is_read_because_the_point_is_dropped_and_counted_later(self, text):
        assert math.isnan(cells.number(text))

    @pytest.mark.parametrize("cell", [None, "", " ", "\u00a0"])
    def test_a_blank_cell_is_unknown_and_not_0(self, cell):
        assert cells.number(cell) is None

    @pytest.mark.parametrize(
        "text",
        # Python's own float() takes the first four of these.
        [
            "1_000",
            "٣",
            "１.５",
            "1e1_0",
            "1,5",
            "0x10",
            "1e",
            "--1",
            "1 2",
            "175B",
            "50%",
            "e5",
            ".",
        ],
    )
    def test_what_only_python_or_people_read_as_a_number_is_refused(self, text):
        assert refused(cells.number, text) == "not_a_number"

    @pytest.mark.parametrize("cell", ["1e400", "-1e400", "1" * 401, "9" * 1_000_000, 10**400])
    def test_digits_beyond_a_double_are_out_of_range_and_not_infinite(self, cell):
        assert refused(cells.number, cell) == "out_of_range"

    @pytest.mark.parametrize("digits", ["9" * 10**6, "." + "9" * 10**6, "1e" + "9" * 10**6])
    def test_a_megabyte_of_digits_and_a_letter_is_refused_at_once(self, digits):
        """The pattern tried every split of the digits in two: it took an hour."""
        start = time.monotonic()
        assert refused(cells.number, digits + "x") == "not_a_number"
        assert time.monotonic() - start < 2

    @pytest.mark.parametrize("cell", [True, False])
    def test_a_truth_is_no_number_although_python_counts_with_it(self, cell):
        assert refused(cells.number, cell) == "not_a_number"

    @given(st.floats(allow_nan=False))
    def test_what_python_writes_is_read_back_exactly(self, value):
        assert cells.number(repr(value)) == value


class TestColumns:
    def test_a_score_may_be_infinite_but_not_so_large_that_its_square_overflows(self):
        assert cells.score("inf") == math.inf
        assert cells.score("1e150") == 1e150
        assert refused(cells.score, "-1.1e150") == "out_of_range"

    def test_bounds_must_be_finite_and_nan_is_unknown(self):
        assert cells.bound("nan") is None
        assert refused(cells.bound, "inf") == "out_of_range"

    def test_a_standard_error_is_not_negative(self):
        assert cells.standard_error("0") == 0
        assert refused(cells.standard_error, "-0.1") == "out_of_range"

    @pytest.mark.parametrize("cell", ["-1", "0", "-0", "nan", "inf", "1e31", "5e-324"])
    def test_a_scale_is_positive_and_of_a_size_that_a_model_can_have(self, cell):
        assert refused(cells.scale, cell) == "out_of_range"

    def test_a_scale_must_be_given(self):
        assert refused(cells.scale, "") == refused(cells.scale, None) == "scale_missing"

    def test_the_ratio_of_any_two_scales_is_finite(self):
        """The onset divides scales: 1e30 by 5e-324 overflowed."""
        assert math.isfinite(cells.LARGEST_SCALE / cells.SMALLEST_SCALE)

    @pytest.mark.parametrize("cell", ["-1", "0.5", "inf", "1e13"])
    def test_a_count_is_whole_not_negative_and_finite(self, cell):
        assert refused(cells.count, cell) == "out_of_range"

    def test_counts_that_spreadsheets_write_with_a_point_are_whole(self):
        assert cells.count("3.0") == 3
        assert cells.count("0") == 0
        assert cells.count("nan") is None

    def test_a_number_of_examples_is_not_0(self):
        assert refused(cells.positive_count, "0") == "out_of_range"
        assert cells.positive_count("") is None

    @pytest.mark.parametrize(
        ("cell", "value"),
        [("TRUE", True), ("no", False), ("1", True), (0, False), (True, True), ("", None)],
    )
    def test_truths(self, cell, value):
        assert cells.truth(cell) is value

    def test_blanks_are_unknown_as_they_are_for_numbers(self):
        assert cells.truth("  ") is None

    @pytest.mark.parametrize("cell", ["maybe", "2", "t"])
    def test_no_truth_is_guessed(self, cell):
        assert refused(cells.truth, cell) == "not_yes_or_no"


class TestCondition:
    def test_pairs_are_put_in_order_so_that_one_condition_has_one_name(self):
        assert cells.condition("b=2;a=1") == cells.condition("a=1;b=2") == "a=1;b=2"

    @pytest.mark.parametrize(
        "cell", ["text", "=1", "a=1;", ";", "a=1;a=2", "a=1;%61=2", "a=%FF", 5, True]
    )
    def test_what_is_no_list_of_different_keys_is_refused(self, cell):
        """`a` and `%61` are one key: the second would win in silence."""
        assert refused(cells.condition, cell) == "not_a_condition"

    @pytest.mark.parametrize("cell", [None, "", "a=", "a=;b="])
    def test_empty_values_say_nothing(self, cell):
        assert cells.condition(cell) == ""

    @given(st.dictionaries(st.text(min_size=1), st.text()))
    def test_a_written_condition_is_read_back_as_the_same(self, pairs):
        """Whatever signs are in keys and values, the separators among them."""
        written = cells.join_condition(pairs)
        assert cells.condition(written) == written
        kept = [value for value in pairs.values() if value]
        assert written.count("=") == len(kept)

    @given(
        st.dictionaries(st.text(min_size=1), st.text(min_size=1)),
        st.dictionaries(st.text(min_size=1), st.text(min_size=1)),
    )
    def test_different_conditions_have_different_names(self, one, other):
        assert (cells.join_condition(one) == cells.join_condition(other)) == (one == other)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(cell=ANY_CELL)
def test_any_cell_gives_a_value_or_a_known_reason(parse, cell):
    """Cells come from strangers: no other exception may end the run."""
    try:
        value = parse(cell)
    except Unusable as unusable:
        assert unusable.reason in REJECT_REASONS
    else:
        assert value is None or isinstance(value, (float, int, bool, str))
