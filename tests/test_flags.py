"""Flags are matched whole, in the one text that holds several."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from emergence.flags import flags_of, has_flag, joined
from emergence.scores_table import FLAGS

TEXTS = ["", "known_bad", "not_known_bad", "known_bad_once", "no_share;known_bad", "n_assumed"]
KNOWN_BAD = [False, True, False, False, True, False]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(TEXTS),
        pa.array(TEXTS).dictionary_encode(),
        pa.chunked_array([TEXTS[:3], TEXTS[3:]]),
        pd.Series(TEXTS, index=range(10, 16)),
    ],
    ids=["array", "dictionary", "chunks", "series"],
)
def test_a_longer_name_is_another_flag(column):
    """Of six texts two have the flag; in two more it is a part of another one's name."""
    assert has_flag(column, "known_bad").tolist() == KNOWN_BAD


def test_no_rows():
    """A table without rows has no row with a flag."""
    assert has_flag(pa.array([], pa.string()), "known_bad").tolist() == []


def test_what_is_joined_is_taken_apart():
    """In the order of their names, so that the same flags are the same text."""
    assert joined({"b", "a"}) == "a;b"
    assert flags_of("a;b") == {"a", "b"}
    assert flags_of("") == set()
    assert flags_of(joined(set(FLAGS))) == set(FLAGS)
