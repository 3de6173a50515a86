"""Tables with their texts as dictionaries: faster, and the same in every other way."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.codes import in_order_of_appearance, ranks, stable_order
from emergence.identity import curve_id, curve_ids, measured
from emergence.schema import encoded_schema
from emergence.scores import assemble
from emergence.scores_table import SCORES, SOURCE_REJECTS, SOURCE_ROWS
from emergence.sources.base import ENCODED_ROWS, FileFacts, Part, gather
from emergence.tables import read_table, write_table

CODES = st.lists(st.integers(-1, 4), max_size=20)


@given(CODES)
def test_a_dictionary_is_in_the_order_in_which_its_rows_name_it(codes):
    """Then it depends on the rows alone, and the file's bytes on nothing else."""
    names = ["e", "d", "c", "b", "a"]
    column = in_order_of_appearance(np.array(codes, np.int32), pa.array(names))
    expected = [None if code < 0 else names[code] for code in codes]
    assert column.to_pylist() == expected
    assert column.dictionary.to_pylist() == [*dict.fromkeys(v for v in expected if v is not None)]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**20), st.integers(0, 1)), max_size=40)
)
def test_rows_are_ordered_as_by_lexsort(rows):
    """Counting 16 bits at a time gives the order that comparing gives, ties included."""
    columns = [np.array([row[i] for row in rows], np.int32) for i in range(3)]
    assert stable_order(columns).tolist() == np.lexsort(columns[::-1]).tolist()


def test_ranks_of_a_dictionary_are_those_of_its_values():
    """The dictionary stands in any order, and may hold what no row has."""
    column = pa.DictionaryArray.from_arrays(
        pa.array([0, 2, None, 0], pa.int32()), pa.array(["z", "m", "a"])
    )
    assert np.argsort(ranks(column), kind="stable").tolist() == [1, 0, 3, 2]


def test_many_ids_are_those_of_one_by_one():
    """Two ways to one id: a table of either kind must join with the other."""
    curves = [("d", "tâche", "", "m", "f", "k=v", None), ("d", "t", "s", "m", "", "", 12)]
    fields = [
        [measured("" if value is None else str(value)) for value in column]
        for column in zip(*curves, strict=True)
    ]
    assert curve_ids(fields) == [curve_id(*curve) for curve in curves]


@pytest.fixture
def rows(source_rows):
    return source_rows(
        [
            {"task": task, "model": f"m{i}", "scale": 10.0**i, "score": i / 8, "shots": shots}
            for task in ("b", "a")
            for i in range(3)
            for shots in (None, 2)
        ]
    )


def test_plain_and_encoded_rows_make_the_same_scores(rows, source_rejects, known_metrics):
    """One source delivers texts and another one dictionaries."""
    plain = assemble("data", rows, source_rejects([]), known_metrics)
    again = assemble("data", rows.cast(ENCODED_ROWS), source_rejects([]), known_metrics)
    assert plain.encoded.equals(again.encoded)
    assert plain.encoded.schema.equals(encoded_schema(SCORES))
    assert plain.scores.schema.equals(SCORES, check_metadata=True)
    ids = {row["curve_id"] for row in plain.scores.to_pylist()}
    assert ids == {
        curve_id("data", task, "", "accuracy", "family", "", shots)
        for task in "ab"
        for shots in (None, 2)
    }


def test_a_file_of_dictionaries_is_read_as_plain_texts(
    tmp_path, rows, source_rejects, known_metrics
):
    """The declared schema is what a reader sees, with the meaning of each column."""
    assembled = assemble("data", rows, source_rejects([]), known_metrics)
    write_table(assembled.encoded, SCORES, tmp_path / "encoded.parquet")
    write_table(assembled.scores, SCORES, tmp_path / "plain.parquet")
    encoded, plain = (read_table(tmp_path / f"{n}.parquet", SCORES) for n in ("encoded", "plain"))
    assert encoded.schema.equals(SCORES, check_metadata=True)
    assert encoded.equals(plain) and encoded.equals(assembled.scores)


class TestGather:
    def test_parts_of_both_kinds_come_together(self, rows):
        """A dataset may have a tidy table beside a folder of score files."""
        batch = rows.to_batches()[0]
        facts = (FileFacts("a", 1, 1, "", ""), FileFacts("b", 1, 1, "", ""))
        encoded = rows.cast(ENCODED_ROWS).combine_chunks().to_batches()[0]
        found, rejects, together = gather(
            [Part(batch, facts=facts[:1]), Part(encoded, facts=facts[1:])]
        )
        assert found.schema.equals(ENCODED_ROWS)
        assert found.to_pylist() == rows.to_pylist() * 2
        assert rejects.schema.equals(SOURCE_REJECTS) and together == list(facts)

    def test_no_part_makes_empty_tables(self):
        """The caller says that there was nothing, and needs a table to say so."""
        rows, rejects, facts = gather([])
        assert (rows.num_rows, rejects.num_rows, facts) == (0, 0, [])
        assert rows.schema.names == SOURCE_ROWS.names
