"""Values as people read them."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markupsafe import Markup

from emergence.errors import harmless
from emergence.pages.words import breakable, count, large, number, plural


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (math.nan, "unknown"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (0.0, "0"),
        (-0.0, "0"),
        (31.0, "31"),
        (12, "12"),
        (1234567, "1,234,567"),
        (-1234.5, "−1234"),
        (0.12345, "0.123"),
        (-0.5, "−0.500"),
        (12.0, "12"),
        (1e-5, "1.00e−05"),
        (2.5e9, "2.50e+09"),
        (1e150, "1.00e+150"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_numbers_of_numpy_read_like_pythons():
    assert number(np.float64(0.5)) == number(0.5)
    assert number(np.int64(1000)) == "1,000"


@given(st.floats(-1e300, 1e300))
def test_a_number_reads_back_within_its_three_digits(value):
    """A page that rounds is believed; a page that misplaces a point is believed too."""
    text = number(value)
    read = float(text.replace(",", "").replace("−", "-"))
    assert read == pytest.approx(value, rel=0.00501, abs=1e-300)
    assert re.fullmatch(r"−?[\d,]+(\.\d+)?(e[+−]\d+)?", text), text


@given(st.integers(-(10**20), 10**20))
def test_a_count_reads_back_exactly(value):
    text = count(value)
    assert int(text.replace(",", "").replace("−", "-")) == value
    assert "-" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(999, "999"), (1500, "1.5k"), (2e6, "2M"), (1.3e9, "1.3B"), (175e9, "175B"), (5e12, "5T")],
)
def test_large(value, text):
    assert large(value) == text


@pytest.mark.parametrize(("value", "text"), [(999.9e6, "1B"), (999_999, "1M"), (1e15, "1000T")])
def test_large_near_the_next_unit(value, text):
    assert large(value) == text


@given(st.floats(1e3, 1e14))
def test_a_model_scale_reads_back_within_its_three_digits(value):
    text = large(value)
    assume("e" not in text)  # near the next unit, see above
    factor = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[text[-1]]
    assert float(text[:-1]) * factor == pytest.approx(value, rel=0.00501)


def test_plural():
    assert plural(1, "curve") == "1 curve"
    assert plural(0, "curve") == "0 curves"
    assert plural(2000, "family", "families") == "2,000 families"


class TestBreakable:
    def test_a_long_name_may_break_after_an_underscore(self):
        assert breakable("a_b") == Markup("a_<wbr>b")

    @given(st.text())
    def test_it_adds_no_markup_but_its_own_and_loses_nothing(self, text):
        shown = str(breakable(text))
        assert re.findall(r"<[^>]*>?", shown) == ["<wbr>"] * text.count("_")
        assert Markup(shown.replace("<wbr>", "")).unescape() == harmless(text)
