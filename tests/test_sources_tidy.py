"""The tidy reader: bytes of strangers in; score rows, rejects and facts out."""

from __future__ import annotations

import csv
import datetime
import io
import logging
import random
import shutil
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.errors import InputError
from emergence.scores_table import REJECT_REASONS, SOURCE_REJECTS, SOURCE_ROWS
from emergence.sources import Part, read_source
from emergence.sources.table_files import DIGEST_KIND, lines_sha256
from emergence.sources.tidy import COLUMNS, REQUIRED

ROOT = Path(__file__).resolve().parents[1]

HEADER = "task,metric,model_family,model,n_params,score"
GOOD = "arithmetic,accuracy,GPT,small,1000,0.5"

#: One value for each column of the format.
FULL = {
    "task": "arithmetic",
    "metric": "accuracy",
    "model_family": "GPT",
    "model": "small",
    "n_params": "1e9",
    "score": "0.5",
    "subtask": "addition",
    "condition": "b=2;a=1",
    "replicate": "7",
    "shots": "3",
    "scale_kind": "non_embedding",
    "tokens": "300B",
    "flops": "1.8e21",
    "loss": "2.5",
    "score_stderr": "0.01",
    "low_score": "0.25",
    "high_score": "1",
    "n_examples": "1000",
    "is_preferred": "yes",
}


@pytest.fixture
def read(tmp_path):
    """Read a table given as text, bytes or an Arrow table."""

    def run(content: str | bytes | pa.Table, name: str = "scores.csv", **source) -> Part:
        return read_in(tmp_path, content, name, **source)

    return run


def read_in(folder: Path, content: str | bytes | pa.Table, name: str, **source) -> Part:
    path = folder / name
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (part,) = read_source({"kind": "file", "format": "tidy", "path": name, **source}, folder)
    return part


def check_sums(part: Part) -> None:
    """Nothing is dropped in silence, and the reasons are from the closed list."""
    assert part.rows.schema.equals(SOURCE_ROWS)
    assert part.rejects.schema.equals(SOURCE_REJECTS)
    (facts,) = part.facts
    assert facts.entries == part.rows.num_rows + part.rejects.num_rows
    assert set(part.rejects["reason"].to_pylist()) <= set(REJECT_REASONS)


def table(*lines: str, header: str = HEADER) -> str:
    return "\n".join([header, *lines]) + "\n"


def reject(part: Part) -> tuple[str, str]:
    """Reason of the only reject, and what was seen."""
    check_sums(part)
    (only,) = part.rejects.to_pylist()
    return only["reason"], only["seen"]


def message(read, content, name="scores.csv", **source) -> str:
    """The one error message about a file, which names it and fits on a screen."""
    with pytest.raises(InputError) as caught:
        read(content, name, **source)
    text = str(caught.value)
    assert text.startswith(name)
    assert len(text) < 5000
    assert text.replace("\n  ", "").isprintable(), "a message cannot move the cursor"
    return text


def full(**changes: str) -> str:
    cells = {**FULL, **changes}
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([cells, cells.values()])
    return buffer.getvalue()


class TestColumns:
    def test_each_column_arrives_where_it_belongs(self, read):
        part = read(full())
        check_sums(part)
        (row,) = part.rows.to_pylist()
        entry = row.pop("source_entry")
        assert row == {
            "task": "arithmetic",
            "metric": "accuracy",
            "model_family": "GPT",
            "model": "small",
            "scale": 1e9,
            "score": 0.5,
            "subtask": "addition",
            "condition": "a=1;b=2",
            "replicate": "7",
            "shots": 3,
            "scale_kind": "non_embedding",
            "tokens": 3e11,
            "flops": 1.8e21,
            "loss": 2.5,
            "score_stderr": 0.01,
            "low_score": 0.25,
            "high_score": 1.0,
            "n_examples": 1000,
            "is_preferred": True,
            "source_file": "scores.csv",
        }
        assert entry == (
            "task=arithmetic subtask=addition metric=accuracy model_family=GPT model=small "
            "condition=a=1;b=2 replicate=7 shots=3"
        )

    def test_what_the_file_does_not_say_is_unknown_and_never_0(self, read):
        (row,) = read(table(GOOD)).rows.to_pylist()
        for name in ("shots", "score_stderr", "low_score", "high_score", "n_examples"):
            assert row[name] is None
        assert row["is_preferred"] is None
        assert row["subtask"] == row["condition"] == row["replicate"] == ""
        assert row["scale_kind"] == "total"

    def test_empty_optional_cells_are_unknown_too(self, read):
        empty = dict.fromkeys(set(COLUMNS) - set(REQUIRED), "")
        (row,) = read(full(**empty)).rows.to_pylist()
        (bare,) = read(table("arithmetic,accuracy,GPT,small,1e9,0.5")).rows.to_pylist()
        assert row == bare

    def test_the_order_of_columns_does_not_matter(self, read):
        turned = "\n".join(",".join(line.split(",")[::-1]) for line in (HEADER, GOOD))
        assert read(turned).rows == read(table(GOOD)).rows

    def test_unknown_columns_are_ignored_and_named(self, read, caplog):
        with caplog.at_level(logging.WARNING):
            part = read(table(GOOD + ",1,2", header=HEADER + ",n_exmples,colour"))
        assert part.facts[0].notes == ("columns ignored: n_exmples, colour",)
        assert "columns ignored: n_exmples, colour" in caplog.text
        assert part.rows.num_rows == 1

    def test_a_column_name_cannot_forge_lines_of_the_log(self, read, caplog):
        forged = '"x\n2030-01-01 INFO all is well\u202e\x1b[2J"'
        part = read(table(GOOD + ",1", header=f"{HEADER},{forged}"))
        (note,) = part.facts[0].notes
        assert note.isprintable()
        assert len(caplog.text.splitlines()) == 1

    def test_thousands_of_unknown_columns_are_counted_not_listed(self, read):
        """The note stands on the page: 5,000 names would be most of it."""
        names = [f"c{i}" for i in range(5000)]
        part = read(table(GOOD + ",1" * 5000, header=",".join([HEADER, *names])))
        (note,) = part.facts[0].notes
        assert len(note) < 1000
        assert note.endswith("and 4950 more")

    @pytest.mark.parametrize("missing", REQUIRED)
    def test_a_missing_column_is_named_with_what_there_is_and_what_to_write(self, read, missing):
        names = HEADER.split(",")
        text = message(read, ",".join("x" + n if n == missing else n for n in names) + "\n" + GOOD)
        assert f"has no column {missing}\n" in text
        assert f"Did you mean: --column {missing}=x{missing}" in text
        assert f"In a registry: columns: {{{missing}: 'x{missing}'}}" in text

    def test_all_missing_columns_are_named_at_once(self, read):
        text = message(read, "Task,metric,family,params,score\nt,m,f,1e9,0.5\n")
        assert "lacks the columns task, model_family, model, n_params\n" in text
        assert "--column task=Task --column model_family=family --column n_params=params" in text
        assert "Each row needs a model" in text and "If task" not in text

    def test_what_all_rows_share_can_be_said_beside(self, read):
        assert "--constant model_family=" in message(
            read, table(GOOD.replace("GPT,", ""), header=HEADER.replace("model_family,", ""))
        )

    def test_columns_that_a_mapping_uses_are_not_proposed_again(self, read):
        text = message(
            read,
            "task,metric,model_family,name,n_params,accuracy\nt,m,f,n,1,1\n",
            columns={"score": "accuracy", "condition": ["name"]},
        )
        assert "Did you mean" not in text and "has no column model\n" in text

    def test_a_foreign_header_of_100_000_columns_is_refused_at_once(self, read):
        """Each name was compared with all others: an hour for a file of 1 MB."""
        start = time.process_time()
        text = message(read, ",".join(f"c{i}" for i in range(100_000)) + "\n1\n")
        assert "lacks the columns task, metric," in text
        assert time.process_time() - start < 5

    def test_a_header_cell_of_1_mb_is_shortened(self, read):
        assert "xxx…" in message(read, table(GOOD, header=HEADER.replace("task", "x" * 10**6)))

    def test_a_column_that_stands_twice_is_refused_for_one_of_them_would_win(self, read):
        text = message(read, table(GOOD + ",1", header=HEADER + ",score"))
        assert "the column 'score' appears twice" in text

    def test_a_column_name_that_is_no_text_is_refused(self, read):
        text = message(read, f"{HEADER},caf".encode() + b"\xe9\n" + GOOD.encode() + b",1\n")
        assert r"a column's name is not UTF-8 text: caf\udce9" in text


class TestMapping:
    def test_renames(self, read):
        content = table(GOOD, header=HEADER.replace("n_params", "size").replace("task", "name"))
        part = read(content, columns={"n_params": "size", "task": "name"})
        assert part.rows == read(table(GOOD)).rows

    def test_a_renamed_column_leaves_the_one_of_our_name_ignored(self, read):
        content = table(GOOD + ",0.9", header=HEADER + ",better")
        part = read(content, columns={"score": "better"})
        assert part.rows["score"].to_pylist() == [0.9]
        assert part.facts[0].notes == ("columns ignored: score",)

    def test_gives_constants(self, read):
        content = table("arithmetic,small,1000,0.5", header="task,model,n_params,score")
        constants = {
            "metric": {"constant": "accuracy"},
            "model_family": {"constant": "GPT"},
            "scale_kind": {"constant": "nominal"},
            "high_score": {"constant": 100},
            "shots": {"constant": 0},
            "is_preferred": {"constant": False},
        }
        (row,) = read(content, columns=constants).rows.to_pylist()
        assert (row["metric"], row["model_family"], row["scale_kind"]) == (
            "accuracy",
            "GPT",
            "nominal",
        )
        assert (row["high_score"], row["shots"], row["is_preferred"]) == (100.0, 0, False)

    def test_sends_columns_into_the_condition(self, read):
        content = table(GOOD + ",x;y,", header=HEADER + ",prompting,filter")
        part = read(content, columns={"condition": ["prompting", "filter"]})
        assert part.rows["condition"].to_pylist() == ["prompting=x%3By"]
        assert part.facts[0].notes == ()

    def test_a_mapped_column_that_is_not_there_is_named(self, read):
        text = message(read, table(GOOD), columns={"shots": "n_shot"})
        assert "there is no column 'n_shot' for 'shots'" in text
        text = message(read, table(GOOD), columns={"condition": ["prompt"]})
        assert "there is no column 'prompt' for 'condition'" in text

    @pytest.mark.parametrize(
        ("column", "value", "reason"),
        [
            ("scale_kind", "kilograms", "unknown_scale_kind"),
            ("n_params", -1, "out_of_range"),
            ("n_params", 10**400, "out_of_range"),
            ("condition", "prompting", "not_a_condition"),
            ("task", "", "name_missing"),
        ],
    )
    def test_a_constant_that_fits_no_row_is_refused_at_once(self, read, column, value, reason):
        text = message(read, table(GOOD), columns={column: {"constant": value}})
        assert f"cannot be a {column}: {reason}" in text


class TestFiles:
    @pytest.mark.parametrize(
        "content", [b"", b"\n\n", b" \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"]
    )
    def test_an_empty_file_is_told_what_it_needs(self, read, content):
        """A byte order mark alone ended in a RuntimeError."""
        text = message(read, content)
        assert "is empty" in text
        assert all(name in text for name in REQUIRED)

    @pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
    def test_a_header_alone_is_no_table(self, read, end):
        assert "has a header and no rows" in message(read, HEADER + end)

    def test_a_missing_file_and_a_folder_are_named_with_the_place_looked_at(self, tmp_path):
        for path, why in (("none.csv", "No such file"), (".", "Is a directory")):
            with pytest.raises(InputError, match=f"cannot be read: {why}") as caught:
                list(read_source({"format": "tidy", "path": path}, tmp_path))
            assert str(tmp_path) in str(caught.value)

    def test_a_path_with_a_nul_is_a_file_that_cannot_be_read(self, tmp_path):
        with pytest.raises(InputError, match="cannot be read: embedded null byte"):
            list(read_source({"format": "tidy", "path": "a\0b"}, tmp_path))

    @pytest.mark.parametrize("before", ["\ufeff", "\n", "\ufeff\r\n"])
    def test_a_byte_order_mark_and_blank_lines_before_the_header_are_no_data(self, read, before):
        assert read(before + table(GOOD)).rows == read(table(GOOD)).rows

    @pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32"])
    def test_other_unicode_codings_are_refused(self, read, coding):
        mark = b"\xfe\xff" if coding == "utf-16-be" else b"\xff\xfe" if "le" in coding else b""
        assert "is UTF-16 text; save it as UTF-8" in message(read, mark + HEADER.encode(coding))

    @pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be"])
    def test_without_a_mark_it_is_told_by_its_nuls(self, read, coding):
        text = message(read, table(GOOD).encode(coding))
        assert f"iconv -f {coding.upper().replace('16-', '16')} -t UTF-8 scores.csv" in text

    def test_lines_of_windows_give_the_same_rows_and_checksum(self, read):
        unix, windows = read(table(GOOD)), read(table(GOOD).replace("\n", "\r\n"))
        assert unix.rows == windows.rows
        assert unix.facts[0].digest == windows.facts[0].digest

    def test_blank_lines_are_no_entries(self, read):
        part = read(table("", GOOD, "", ""))
        assert (part.rows.num_rows, part.facts[0].entries) == (1, 1)

    def test_a_quoted_newline_stays_in_its_cell(self, read):
        (row,) = read(table('"two\nlines",accuracy,GPT,small,1000,0.5')).rows.to_pylist()
        assert row["task"] == "two\nlines"

    @pytest.mark.parametrize(
        "line", ['"arithmetic,accuracy,GPT,small,1000,0.5', '"a"b,accuracy,GPT,small,1000,0.5']
    )
    def test_a_quotation_mark_that_is_never_closed_is_found_by_its_line(self, read, line):
        """Read leniently, it swallows the rest of the file in silence."""
        text = message(read, table(GOOD, line))
        assert text.startswith("scores.csv, line 3: is not valid CSV")
        assert "quotation mark" in text

    def test_a_parquet_file_under_another_name_is_read_as_what_it_is(self, read):
        content = pa.table({name: [value] for name, value in FULL.items()})
        assert read(content, "scores.data").rows["task"].to_pylist() == ["arithmetic"]


class TestRejects:
    """One bad cell spoils one entry: a reason, what was seen, and where."""

    @pytest.mark.parametrize(
        ("column", "cell", "reason"),
        [
            ("score", "high", "not_a_number"),
            ("score", "1_000", "not_a_number"),
            ("score", "٠٫٥", "not_a_number"),
            ("score", "1e400", "out_of_range"),
            ("score", "1" * 401, "out_of_range"),
            ("score", "1e200", "out_of_range"),
            ("n_params", "-7", "out_of_range"),
            ("n_params", "0", "out_of_range"),
            ("n_params", "nan", "out_of_range"),
            ("n_params", "175Bn", "not_a_number"),
            ("task", "", "name_missing"),
            ("metric", "  ", "name_missing"),
            ("model_family", "", "name_missing"),
            ("model", "", "name_missing"),
            ("shots", "-1", "out_of_range"),
            ("n_examples", "0", "out_of_range"),
            ("n_examples", "1.5", "out_of_range"),
            ("condition", "fast", "not_a_condition"),
            ("is_preferred", "perhaps", "not_yes_or_no"),
            ("scale_kind", "layers", "unknown_scale_kind"),
            ("score_stderr", "-1", "out_of_range"),
            ("low_score", "low", "not_a_number"),
            ("high_score", "inf", "out_of_range"),
        ],
    )
    def test_each_bad_cell_is_named(self, read, column, cell, reason):
        seen_reason, seen = reject(read(full(**{column: cell})))
        assert seen_reason == reason
        assert seen.startswith(f"{column}: {cell[:100]}")

    def test_it_is_found_by_its_names_for_a_row_number_moves_with_the_rows(self, read):
        part = read(full(score="high"))
        (only,) = part.rejects.to_pylist()
        assert only["source_entry"].startswith("task=arithmetic subtask=addition metric=accuracy")

    @pytest.mark.parametrize("score", ["nan", "NaN", "inf", "-Infinity", ""])
    def test_missing_and_infinite_scores_are_kept_to_be_counted_as_dropped(self, read, score):
        part = read(full(score=score))
        assert (part.rows.num_rows, part.rejects.num_rows) == (1, 0)

    @pytest.mark.parametrize("line", [GOOD + ",1", GOOD[:-4], "only this", '""'])
    def test_too_many_and_too_few_cells(self, read, line):
        part = read(table(GOOD, line))
        reason, seen = reject(part)
        assert reason == "cells_missing_or_extra"
        assert seen.endswith("cells for 6 columns")
        assert part.rows.num_rows == 1

    @pytest.mark.parametrize("bad", [b"caf\xe9", b"\xff", b"\xed\xa0\x80"])
    def test_bytes_that_are_no_utf8_spoil_their_row_only(self, read, bad):
        """Latin-1, a stray byte, and half of a surrogate pair."""
        line = GOOD.encode().replace(b"arithmetic", bad)
        part = read(table(GOOD).encode() + line + b"\n")
        reason, seen = reject(part)
        assert reason == "not_utf8"
        assert seen == line.decode("utf-8", "backslashreplace")
        assert part.rows.num_rows == 1

    def test_a_nul_is_shown_and_kept_out_of_numbers(self, read):
        reason, seen = reject(read(full(score="0.5\0")))
        assert (reason, seen) == ("not_a_number", r"score: 0.5\x00")

    def test_a_cell_of_1_mb_is_seen_shortened(self, read):
        reason, seen = reject(read(full(score="9" * 10**6 + "x", task="t" * 10**6)))
        assert reason == "not_a_number"
        assert len(seen) == 200
        assert read(full(task="t" * 10**6)).rows.num_rows == 1

    def test_all_rows_may_be_rejects(self, read):
        """Whether that is too much is not for one file to say."""
        part = read(table("a", "b"))
        check_sums(part)
        assert part.rows.num_rows == 0


class TestParquet:
    def make(self, **changes) -> pa.Table:
        columns = {
            "task": ["arithmetic"],
            "metric": ["accuracy"],
            "model_family": ["GPT"],
            "model": ["small"],
            "n_params": [1000],
            "score": [0.5],
        }
        return pa.table({**columns, **changes})

    def test_typed_columns_say_the_same_as_text(self, read):
        typed = self.make(
            task=pa.array(["arithmetic"]).dictionary_encode(),
            metric=pa.array(["accuracy"], pa.large_string()),
            model=pa.array([b"small"]),
            n_params=pa.array([1000], pa.uint64()),
            score=pa.array([Decimal("0.50")]),
            subtask=pa.nulls(1, pa.string()),
            replicate=pa.array([7], pa.int8()),
            shots=pa.array([3.0]),
            is_preferred=pa.array([True]),
            low_score=pa.array([0.25], pa.float16()),
            n_examples=pa.nulls(1, pa.int64()),
        )
        text = (
            f"{HEADER},subtask,replicate,shots,is_preferred,low_score,n_examples\n"
            f"{GOOD},,7,3,true,0.25,\n"
        )
        ours = read(typed, "s.parquet").rows.to_pylist()
        theirs = read(text).rows.to_pylist()
        for row in (*ours, *theirs):
            del row["source_file"]
        assert ours == theirs

    @pytest.mark.parametrize(
        ("column", "values", "reason"),
        [
            ("score", pa.array([True]), "not_a_number"),
            ("score", pa.array([datetime.datetime(2020, 1, 1)]), "not_a_number"),
            ("score", pa.array([datetime.timedelta(1)]), "not_a_number"),
            ("score", pa.array([[0.5]]), "not_a_number"),
            ("score", pa.array([{"a": 1}]), "not_a_number"),
            ("n_params", pa.nulls(1, pa.int64()), "unknown_model"),
            ("task", pa.nulls(1, pa.string()), "name_missing"),
            ("task", pa.array([b"\xff"]), "not_utf8"),
            ("is_preferred", pa.array([datetime.date(2020, 1, 1)]), "not_yes_or_no"),
        ],
    )
    def test_values_of_a_wrong_type_are_rejects(self, read, column, values, reason):
        assert reject(read(self.make(**{column: values}), "s.parquet"))[0] == reason

    def test_a_null_score_is_kept_to_be_counted_as_dropped(self, read):
        part = read(self.make(score=pa.nulls(1, pa.float64())), "s.parquet")
        assert part.rows["score"].to_pylist() == [None]

    def test_text_without_a_text_mark_is_read_as_text(self, read):
        """Spark and Impala write such columns; a task was named b'arithmetic'."""
        part = read(self.make(task=pa.array([b"arithmetic"])), "s.parquet")
        assert part.rows["task"].to_pylist() == ["arithmetic"]

    @pytest.mark.parametrize("column", ["task", "an_unknown_one"])
    def test_text_columns_that_hold_no_utf8_spoil_their_row_only(self, read, column):
        """Arrow does not check; reading ended in a UnicodeDecodeError."""
        offsets = pa.py_buffer(b"\0\0\0\0\2\0\0\0")
        broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff\xfe")])
        assert reject(read(self.make(**{column: broken}), "s.parquet"))[0] == "not_utf8"

    @pytest.mark.parametrize(
        "values",
        [
            pa.array([2**62], pa.timestamp("us")),
            pa.array([2**62], pa.duration("ms")),
            pa.array([0], pa.timestamp("s", "Nowhere/Town")),
        ],
        ids=["after the year 9999", "too long", "no such time zone"],
    )
    def test_a_column_that_python_cannot_hold_is_named(self, read, values):
        text = message(read, self.make(written=values), "s.parquet")
        assert f"the column 'written' of type {pq_type(values)} cannot be read" in text

    @pytest.mark.parametrize("content", [b"garbage", b"PAR1 and then nothing PAR1", b"PAR1"])
    def test_what_is_no_parquet_is_said_so(self, read, content):
        assert "is not a parquet file" in message(read, content, "s.parquet")

    def test_no_rows(self, read):
        assert "has columns and no rows" in message(read, self.make().slice(0, 0), "s.parquet")

    def test_a_column_that_stands_twice(self, read):
        twice = pa.table([pa.array(["x"])] * 2, names=["task", "task"])
        assert "the column 'task' appears twice" in message(read, twice, "s.parquet")


def pq_type(values: pa.Array) -> pa.DataType:
    """The type that a column has after a round trip: parquet knows no seconds."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": values}), buffer)
    return pq.read_schema(buffer).field("x").type


class TestChecksum:
    def test_it_is_what_the_shell_says(self, tmp_path):
        """A user without this project can check a file with the line in the docstring."""
        assert shutil.which("sha256sum") or shutil.which("shasum"), "no checksum command"
        command = "sha256sum" if shutil.which("sha256sum") else "shasum -a 256"
        for data in (b"h\nb\na\n", b"h\n", "h\né\nz\nZ\n\n".encode(), b"h\n\x80\nb\x00\n"):
            path = tmp_path / "file"
            path.write_bytes(data)
            shell = f"(head -n 1 file; tail -n +2 file | LC_ALL=C sort) | {command}"
            done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True)
            assert done.stdout.split()[0] == lines_sha256(data)

    def test_a_last_line_without_an_end_is_a_line_like_others(self):
        assert lines_sha256(b"h\nb\na") == lines_sha256(b"h\na\nb\n")

    def test_the_header_does_not_move(self):
        assert lines_sha256(b"h\na\n") != lines_sha256(b"a\nh\n")

    def test_another_file_than_the_registry_names_is_refused_with_both_sums(self, read):
        good = read(table(GOOD))
        seen = good.facts[0].digest
        assert read(table(GOOD), lines_sha256=seen).rows == good.rows
        text = message(read, table(GOOD.replace("0.5", "0.6")), lines_sha256=seen)
        assert seen in text
        assert "Restore the file" in text

    @pytest.mark.parametrize("kind", ["csv", "crlf", "parquet"])
    def test_shuffled_rows_are_the_same_file(self, read, kind):
        """Nobody's result may hang on the order in which rows were exported."""
        data = (ROOT / "data/bigbench-public/scores.csv").read_text(encoding="utf-8")
        header, *lines = data.splitlines()
        cells = "m,f,a,{},total,3,0.5,0,1,here"
        lines += [f'"two\nlines",{cells.format(1)}', "bad row", f'caf"é,{cells.format("x")}']
        shuffled = lines.copy()
        random.Random(1).shuffle(shuffled)
        parts = []
        for some in (lines, shuffled):
            text = table(*some, header=header)
            if kind == "parquet":
                rows = [r for r in csv.reader(io.StringIO(text)) if len(r) == 11]
                columns = zip(*rows[1:], strict=True)
                content = pa.table(dict(zip(rows[0], columns, strict=True)))
            else:
                content = text if kind == "csv" else text.replace("\n", "\r\n")
            parts.append(read(content, f"s.{'parquet' if kind == 'parquet' else 'csv'}"))
            check_sums(parts[-1])
        for name in ("rows", "rejects"):
            one, other = (sorted(map(repr, getattr(p, name).to_pylist())) for p in parts)
            assert one == other
        assert parts[0].facts[0].digest == parts[1].facts[0].digest
        assert parts[0].facts[0].digest_kind == DIGEST_KIND

    def test_the_facts_say_what_was_read(self, read):
        data = table(GOOD, "bad")
        (facts,) = read(data).facts
        assert (facts.path, facts.entries, facts.bytes) == ("scores.csv", 2, len(data))
        assert set(facts.as_dict()) >= {"path", "entries", "bytes", "digest", "digest_kind"}


def survives(folder: Path, data: bytes, name: str) -> None:
    """Whatever the bytes: a table that adds up, or one message for people."""
    try:
        part = read_in(folder, data, name)
    except InputError as error:
        assert str(error)
    else:
        check_sums(part)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("fuzz")


@given(st.binary(max_size=300))
def test_random_bytes(place, data):
    survives(place, data, "s.csv")


CELL = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["nan", "-1", "1e400", "1_000", "", '"', "\0", "a=1", "\ud800", "\r", "٣"]),
)


@given(st.lists(st.lists(CELL, min_size=5, max_size=8), min_size=1, max_size=5), st.booleans())
def test_any_cells_under_a_right_header(place, rows, quoted):
    buffer = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(buffer, quoting=quoting).writerows([HEADER.split(","), *rows])
    survives(place, buffer.getvalue().encode("utf-8", "surrogatepass"), "s.csv")


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 255), st.booleans()), min_size=1, max_size=4
)


def mutated(data: bytes, mutations: list[tuple[int, int, bool]]) -> bytes:
    """Change or insert some bytes; the last mutation may cut the file."""
    changed = bytearray(data)
    for place, byte, insert in mutations:
        at = place % len(changed)
        changed[at : at + (not insert)] = bytes([byte])
    place, byte, _ = mutations[-1]
    return bytes(changed[: place % len(changed)] if byte > 230 else changed)


@given(MUTATIONS)
def test_mutations_of_a_valid_csv(place, mutations):
    survives(
        place, mutated(table(GOOD, GOOD.replace("small", "large")).encode(), mutations), "s.csv"
    )


@settings(max_examples=200)
@given(MUTATIONS)
def test_mutations_of_a_valid_parquet_file(place, mutations):
    survives(place, mutated(valid_parquet(), mutations), "s.parquet")


def valid_parquet() -> bytes:
    buffer = io.BytesIO()
    columns = {name: [value, value + "1"] for name, value in FULL.items()}
    pq.write_table(pa.table({**columns, "score": [0.5, None]}), buffer)
    return buffer.getvalue()
