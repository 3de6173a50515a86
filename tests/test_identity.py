"""The name of a curve: it keys random streams, joins and links, and must never change."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emergence.identity import curve_id, curve_ids, measured

BUNDLED = ("bigbench-public", "strategyqa", "", "multiple_choice_grade", "Gopher", "", None)
FULL = ("bigbench", "arithmetic", "3_digit", "exact_str_match", "GPT", "target_digits=4", 5)
ACCENTED = ("mine", "überprüfung", "日本", "f1", "Modèle", "prompting=naïve", 0)

#: Short fields of few letters: moving a letter from one to the next is likely.
FIELDS = st.tuples(
    *[st.text("ab=;|\x00", max_size=3)] * 6, st.one_of(st.none(), st.integers(0, 12))
)


def independent(*fields) -> str:
    """SHA-256 over the fields, each after its length in UTF-8 bytes as four big-endian bytes."""
    texts = [*fields[:-1], "" if fields[-1] is None else str(fields[-1])]
    encoded = [text.encode("utf-8") for text in texts]
    return hashlib.sha256(b"".join(struct.pack(">I", len(e)) + e for e in encoded)).hexdigest()[:16]


@pytest.mark.parametrize(
    ("fields", "frozen"),
    [
        (BUNDLED, "887018a9c76dba4a"),
        (FULL, "da48c8058a057b75"),
        (ACCENTED, "1178bf98a9df3f76"),
    ],
)
def test_three_frozen_ids(fields, frozen):
    """Published links and random streams hang on these: a change here breaks them all."""
    assert independent(*fields) == frozen
    assert curve_id(*fields) == frozen


@given(FIELDS)
def test_every_id_follows_the_definition(fields):
    """The definition is in the architecture; another program must be able to make the ids."""
    assert curve_id(*fields) == independent(*fields)


@given(st.lists(FIELDS, min_size=1, max_size=5))
def test_many_ids_at_once_are_the_same(curves):
    """Shared texts are encoded once; the ids must not notice."""
    texts = [[*fields[:-1], "" if fields[-1] is None else str(fields[-1])] for fields in curves]
    columns = [[measured(text) for text in column] for column in zip(*texts, strict=True)]
    assert curve_ids(columns) == [independent(*fields) for fields in curves]


@given(FIELDS, FIELDS)
def test_different_fields_have_different_ids(first, second):
    """Lengths stand before the fields, so that no two lists of fields share their bytes."""
    assume(first != second)
    assert curve_id(*first) != curve_id(*second)


@pytest.mark.parametrize("place", range(5))
def test_a_letter_moved_to_the_next_field_gives_another_id(place):
    """Fields that are only joined would collide: "ab" + "c" is "a" + "bc"."""
    fields = ["ab", "cd", "ef", "gh", "ij", "kl", None]
    moved = list(fields)
    moved[place] = fields[place][:-1]
    moved[place + 1] = fields[place][-1] + fields[place + 1]
    assert "".join(moved[:-1]) == "".join(fields[:-1])
    assert curve_id(*moved) != curve_id(*fields)


def test_a_digit_moved_from_the_condition_to_the_shots_gives_another_id():
    """ "k=1" with unknown shots is not "k=" with one shot."""
    head = ("d", "t", "", "m", "f")
    assert curve_id(*head, "k=1", None) != curve_id(*head, "k=", 1)


def test_unknown_shots_are_not_zero_shots():
    """Unknown is null and never 0: the two are different curves."""
    ids = {curve_id(*FULL[:-1], shots) for shots in (None, 0, 1)}
    assert len(ids) == 3


def test_the_id_is_sixteen_lower_case_hex_digits():
    """It stands in addresses and file names."""
    found = curve_id(*ACCENTED)
    assert len(found) == 16 and set(found) <= set("0123456789abcdef")


def test_the_ids_in_the_tables_are_these(bundled):
    """Scores and curves carry the id that the function gives for their own fields."""
    names = ("dataset", "task", "subtask", "metric", "model_family", "condition", "shots")
    curves = bundled.curves.to_pylist()
    assert [curve["curve_id"] for curve in curves] == [
        independent(*[curve[name] for name in names]) for curve in curves
    ]
    ids = {score["curve_id"] for score in bundled.scores.to_pylist()}
    assert ids == {curve["curve_id"] for curve in curves}
    assert len(ids) == len(curves)
