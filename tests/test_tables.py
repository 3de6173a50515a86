"""Tables on disk: checked against their schema, replaced as a whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from remedies import follow

from emergence.curves_table import CURVES
from emergence.errors import InputError
from emergence.files import replacing
from emergence.scores_table import REJECTS, SCORES, SOURCE_REJECTS, SOURCE_ROWS, VERSION
from emergence.tables import (
    flat_table,
    long_table,
    read_table,
    write_csv,
    write_json,
    write_table,
)

ALL_SCHEMAS = [SOURCE_ROWS, SCORES, SOURCE_REJECTS, REJECTS, CURVES]


def rejects(n: int = 2) -> pa.Table:
    """A small table of a real schema."""
    return pa.Table.from_pylist(
        [
            {
                "dataset": "d",
                "source_file": "scores.csv",
                "source_entry": f"task=t{i}",
                "reason": "duplicate",
                "seen": "2 times",
            }
            for i in range(n)
        ],
        schema=REJECTS,
    )


def csv_lines(table: pa.Table, folder: Path) -> list[str]:
    """The lines of a table written as CSV."""
    write_csv(table, folder / "table.csv")
    return (folder / "table.csv").read_text(encoding="utf-8").splitlines()


class TestSchemas:
    @pytest.mark.parametrize("schema", ALL_SCHEMAS, ids=lambda s: s.metadata[b"table"].decode())
    def test_every_column_states_meaning_and_unit(self, schema):
        """A table explains itself wherever the file goes."""
        for field in schema:
            assert set(field.metadata) == {b"meaning", b"unit"}, field.name
            assert field.metadata[b"meaning"], field.name
        assert schema.metadata[b"schema_version"].isdigit()

    @pytest.mark.parametrize("schema", ALL_SCHEMAS, ids=lambda s: s.metadata[b"table"].decode())
    def test_metadata_survive_the_file(self, schema, tmp_path):
        """Meaning, unit and version are in the file that was written, not only in the code."""
        path = tmp_path / "table.parquet"
        write_table(schema.empty_table(), schema, path)
        found = pq.read_schema(path)
        assert found.equals(schema) and found.metadata == schema.metadata
        assert [field.metadata for field in found] == [field.metadata for field in schema]
        assert read_table(path, schema).num_rows == 0


class TestWriteTable:
    def test_a_table_comes_back_as_it_was(self, bundled, tmp_path):
        """All values and their types, infinity and null included."""
        path = tmp_path / "curves.parquet"
        write_table(bundled.curves, CURVES, path)
        assert read_table(path, CURVES).equals(bundled.curves)
        assert read_table(str(path), CURVES).equals(bundled.curves), "as docs/extending.md has it"

    def test_columns_are_put_in_the_order_of_the_schema(self, tmp_path):
        """The order in which code builds a table is no part of the interface."""
        table = rejects()
        backwards = table.select(table.column_names[::-1])
        write_table(backwards, REJECTS, tmp_path / "a.parquet")
        write_table(table, REJECTS, tmp_path / "b.parquet")
        assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()

    def test_chunks_do_not_change_the_bytes(self, tmp_path):
        """A table that was put together from parts is the same table."""
        table = rejects(6)
        parts = pa.concat_tables([table.slice(0, 1), table.slice(1, 3), table.slice(4)])
        write_table(parts, REJECTS, tmp_path / "a.parquet")
        write_table(table, REJECTS, tmp_path / "b.parquet")
        assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()

    def test_a_missing_column_is_refused_by_name(self, tmp_path):
        """Filling it with nulls would pass on what nobody computed."""
        with pytest.raises(ValueError, match=r"missing \['seen'\], unknown \[\]"):
            write_table(rejects().drop_columns(["seen"]), REJECTS, tmp_path / "t.parquet")
        assert os.listdir(tmp_path) == []

    def test_an_unknown_column_is_refused_by_name(self, tmp_path):
        """A column that the schema does not have would vanish in silence."""
        table = rejects().append_column("more", pa.array([1, 2]))
        with pytest.raises(ValueError, match=r"unknown \['more'\]"):
            write_table(table, REJECTS, tmp_path / "t.parquet")

    @pytest.mark.parametrize(
        "values",
        [pa.array([1, 2]), pa.array([1.5, 2.5]), pa.array([True, False]), pa.array([b"a", b"b"])],
        ids=lambda values: str(values.type),
    )
    def test_a_column_of_another_type_is_refused(self, values, tmp_path):
        """A number that lands in a column of text is a mistake, which a cast would hide."""
        table = rejects()
        index = table.column_names.index("seen")
        with pytest.raises(ValueError):
            write_table(table.set_column(index, "seen", values), REJECTS, tmp_path / "t.parquet")

    def test_the_folder_is_made(self, tmp_path):
        """A step does not have to know which folders exist."""
        write_table(rejects(), REJECTS, tmp_path / "a" / "b" / "t.parquet")
        assert read_table(tmp_path / "a" / "b" / "t.parquet", REJECTS).num_rows == 2


class TestReadTable:
    def refused(self, path: Path, schema: pa.Schema = REJECTS) -> str:
        """The message of the refusal, which names the file and the command that removes it."""
        with pytest.raises(InputError) as refusal:
            read_table(path, schema)
        message = str(refusal.value)
        assert str(path) in message
        follow(message)
        assert not path.exists()
        return message

    def test_only_the_columns_asked_for_are_read(self, tmp_path):
        """A page that needs two columns does not load the rest."""
        write_table(rejects(), REJECTS, tmp_path / "t.parquet")
        assert read_table(tmp_path / "t.parquet", REJECTS, ["seen"]).column_names == ["seen"]

    @pytest.mark.parametrize("version", [f"{VERSION - 1}", f"{VERSION + 1}", f"{VERSION}0", "one"])
    def test_another_schema_version_is_refused(self, version, tmp_path):
        """An older table is rebuilt, never half read: its columns may mean something else."""
        metadata = {**REJECTS.metadata, b"schema_version": version.encode()}
        path = tmp_path / "t.parquet"
        pq.write_table(rejects().replace_schema_metadata(metadata), path)
        message = self.refused(path)
        assert f"schema version {VERSION}" in message and f"version {version}" in message

    def test_a_table_without_a_version_is_refused(self, tmp_path):
        """A foreign parquet file with the same columns was not written by this project."""
        path = tmp_path / "t.parquet"
        pq.write_table(rejects().replace_schema_metadata(None), path)
        assert "version none" in self.refused(path)

    def test_another_table_is_refused_by_its_name(self, tmp_path):
        """Two paths exchanged: the message says which table was found."""
        path = tmp_path / "t.parquet"
        write_table(SCORES.empty_table(), SCORES, path)
        message = self.refused(path)
        assert "no table 'rejects'" in message and "table 'scores'" in message

    def test_a_column_of_another_type_is_refused(self, tmp_path):
        """The version says 1 but the types do not: somebody forgot to raise it."""
        table = rejects()
        changed = table.set_column(4, "seen", pa.array([1, 2])).replace_schema_metadata(
            REJECTS.metadata
        )
        pq.write_table(changed, tmp_path / "t.parquet")
        self.refused(tmp_path / "t.parquet")

    @pytest.mark.parametrize("content", [b"", b"PAR1", b"task,score\na,1\n", b"PAR1" * 40])
    def test_a_file_that_is_no_parquet_is_refused(self, content, tmp_path):
        """An interrupted copy or a CSV under the wrong name: one message, no traceback."""
        path = tmp_path / "t.parquet"
        path.write_bytes(content)
        assert "cannot be read" in self.refused(path)

    def test_a_missing_file_is_refused(self, tmp_path):
        """The same message as for a broken one, but for what cannot be removed."""
        with pytest.raises(InputError, match="cannot be read") as refusal:
            read_table(tmp_path / "none.parquet", REJECTS)
        assert refusal.value.remedy == "Run the same command again."

    def test_a_file_with_damaged_pages_is_refused(self, bundled, tmp_path):
        """The footer is whole, the data are not: a disk that filled up, or a bad copy."""
        path = tmp_path / "t.parquet"
        write_table(bundled.scores, SCORES, path)
        data = bytearray(path.read_bytes())
        data[4 : len(data) // 2] = b"\xff" * (len(data) // 2 - 4)
        path.write_bytes(data)
        self.refused(path, SCORES)

    def test_the_command_in_the_message_holds_for_any_path(self, tmp_path):
        """A path with a blank or an apostrophe must not remove another file when pasted."""
        path = tmp_path / "it's a folder" / "t.parquet"
        path.parent.mkdir()
        path.write_bytes(b"no parquet")
        self.refused(path)


class TestReplacing:
    def test_a_failure_leaves_the_old_file_and_nothing_else(self, tmp_path):
        """A reader never sees half a file, and a later run finds no litter."""
        path = tmp_path / "t.txt"
        path.write_text("old")
        with pytest.raises(RuntimeError, match="on the way"), replacing(path) as partial:
            partial.write_text("new, half")
            raise RuntimeError("on the way")
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["t.txt"]

    def test_a_failure_without_an_old_file_leaves_nothing(self, tmp_path):
        """No output is better than half of one."""
        with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "t.txt") as partial:
            partial.write_text("half")
            raise KeyboardInterrupt
        assert os.listdir(tmp_path) == []

    def test_a_failure_of_the_last_move_leaves_the_old_file(self, tmp_path, monkeypatch):
        """The old file must not be taken away before the new one is in its place."""

        def fail(source, target):
            raise OSError("no")

        path = tmp_path / "t.txt"
        path.write_text("old")
        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="no"), replacing(path) as partial:
            partial.write_text("new")
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["t.txt"]

    def test_until_it_is_complete_the_old_file_stands(self, tmp_path):
        """What is being written lies beside it, in the same folder, under another name."""
        path = tmp_path / "t.txt"
        path.write_text("old")
        with replacing(path) as partial:
            partial.write_text("new")
            assert partial.parent == path.parent and partial != path
            assert path.read_text() == "old"
        assert path.read_text() == "new"
        assert os.listdir(tmp_path) == ["t.txt"]

    @pytest.mark.parametrize(
        ("write", "error"),
        [
            (lambda path: write_table(rejects().drop_columns("seen"), REJECTS, path), ValueError),
            (lambda path: write_json({"x": math.nan}, path), ValueError),
            (lambda path: write_csv(CURVES.empty_table(), path), ValueError),
            (lambda path: write_json({"x": "\ud800"}, path), UnicodeEncodeError),
        ],
        ids=["parquet", "json", "csv", "json with a half character"],
    )
    def test_each_writer_leaves_the_old_file_when_it_fails(self, write, error, tmp_path):
        """All or nothing holds for every kind of file."""
        path = tmp_path / "file"
        path.write_text("old")
        with pytest.raises(error):
            write(path)
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["file"]


class TestCsv:
    def test_null_is_an_empty_cell_and_empty_text_is_quoted(self, tmp_path):
        """Unknown and empty are different, and the file keeps them apart."""
        table = pa.table({"text": ["a", "", None], "number": [1.5, None, 2.0]})
        assert csv_lines(table, tmp_path) == ['"text","number"', '"a",1.5', '"",', ",2"]

    def test_infinity_is_inf(self, tmp_path):
        """JSON has no infinity, CSV has a word for it that every reader of numbers knows."""
        table = pa.table({"x": [math.inf, -math.inf, 0.5, None]})
        assert csv_lines(table, tmp_path) == ['"x"', "inf", "-inf", "0.5", ""]

    @given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
    def test_floats_read_back_to_the_same_number(self, tmp_path_factory, numbers):
        """Nothing is lost between parquet and CSV."""
        lines = csv_lines(pa.table({"x": numbers}), tmp_path_factory.getbasetemp())
        assert [float(line) for line in lines[1:]] == numbers

    @pytest.mark.parametrize(
        "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")']
    )
    def test_a_formula_gets_an_apostrophe(self, text, tmp_path):
        """A task named by a stranger must not run as a formula in a reviewer's spreadsheet."""
        write_csv(pa.table({"task": [text]}), tmp_path / "t.csv")
        content = (tmp_path / "t.csv").read_bytes().decode("utf-8")
        assert list(csv.reader(io.StringIO(content, newline="")))[1] == ["'" + text]

    @pytest.mark.parametrize("text", ["a=b", "1-2", "x@y", "", " =1", "'quoted", "inf"])
    def test_other_text_is_left_as_it_is(self, text, tmp_path):
        """Only the first sign makes a formula; conditions have = inside."""
        write_csv(pa.table({"task": [text]}), tmp_path / "t.csv")
        with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file))[1] == [text]

    def test_negative_numbers_are_no_formulas(self, tmp_path):
        """A number is written as a number."""
        table = pa.table({"x": [-1.5, -2.0], "n": [-1, -2]})
        assert csv_lines(table, tmp_path)[1:] == ["-1.5,-1", "-2,-2"]

    @given(st.lists(st.text(max_size=6), min_size=1, max_size=8))
    def test_any_text_reads_back(self, tmp_path_factory, texts):
        """Commas, quotes, line ends and other scripts; the guard's apostrophe taken off."""
        path = tmp_path_factory.getbasetemp() / "texts.csv"
        write_csv(pa.table({"n": range(len(texts)), "text": texts}), path)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        guarded = ["'" + text if text[:1] in tuple("=+-@\t\r") else text for text in texts]
        assert [row[1] for row in rows] == guarded

    def test_list_columns_are_refused_by_name(self, tmp_path):
        """A list in a cell is text that nobody can compute with: it gets a table of its own."""
        with pytest.raises(ValueError, match=r"'models'.*'replicate_spread'"):
            write_csv(CURVES.empty_table(), tmp_path / "t.csv")

    def test_a_table_in_chunks_is_written_once(self, tmp_path):
        """The guard works chunk by chunk, and one header is enough."""
        part = pa.table({"text": ["=a", None]})
        lines = csv_lines(pa.concat_tables([part, part]), tmp_path)
        assert lines == ['"text"', '"\'=a"', "", '"\'=a"', ""]


class TestLongTable:
    def test_flat_and_long_together_are_the_table(self, bundled):
        """Nothing is lost when the list columns are put in a table of their own."""
        flat, long = flat_table(bundled.curves), long_table(bundled.curves, "curve_id")
        names = [name for name in bundled.curves.column_names if name not in flat.column_names]
        assert long.column_names == ["curve_id", "position", *names]
        points: dict[str, list[dict]] = {}
        for row in long.to_pylist():
            points.setdefault(row["curve_id"], []).append(row)
        for curve in bundled.curves.to_pylist():
            rows = points.get(curve["curve_id"], [])
            assert [row["position"] for row in rows] == list(range(len(rows)))
            for name in names:
                assert [row[name] for row in rows] == curve[name]

    @given(
        st.lists(
            st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=4)),
            max_size=8,
        ),
        st.integers(0, 8),
    )
    def test_empty_and_unknown_lists_have_no_rows(self, lists, cut):
        """A curve without a point has no row in the long table; nulls inside a list are kept."""
        table = pa.table(
            {
                "key": pa.array([f"k{i}" for i in range(len(lists))], pa.string()),
                "values": pa.array(lists, pa.list_(pa.int64())),
            }
        )
        table = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
        expected = [
            {"key": f"k{i}", "position": j, "values": value}
            for i, values in enumerate(lists)
            for j, value in enumerate(values or [])
        ]
        assert long_table(table, "key").to_pylist() == expected


class TestJson:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_a_number_that_is_not_finite_is_refused(self, value, tmp_path):
        """Bare NaN and Infinity are no JSON: strict readers, browsers among them, stop there."""
        with pytest.raises(ValueError):
            write_json({"a": [1.0, {"b": value}]}, tmp_path / "t.json")
        assert os.listdir(tmp_path) == []

    def test_keys_are_sorted_and_text_is_kept(self, tmp_path):
        """The same content has the same bytes, and names stay readable."""
        write_json({"b": "é日", "a": {"d": 1, "c": None}}, tmp_path / "x.json")
        write_json({"a": {"c": None, "d": 1}, "b": "é日"}, tmp_path / "y.json")
        assert (tmp_path / "x.json").read_bytes() == (tmp_path / "y.json").read_bytes()
        text = (tmp_path / "x.json").read_text(encoding="utf-8")
        assert "é日" in text and text.endswith("}\n")
        assert json.loads(text) == {"a": {"c": None, "d": 1}, "b": "é日"}
