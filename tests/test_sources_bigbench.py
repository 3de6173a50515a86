"""BIG-bench score files: what is read from them, and what becomes of everything else."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import random
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bigbench_repository import FAULTS, MODELS, Content, build_repository
from hypothesis import example, given, settings
from hypothesis import strategies as st
from json_parts import paths_of

from emergence.errors import InputError
from emergence.facts.metric_catalog import Metrics
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.scores import assemble
from emergence.scores_table import REJECT_REASONS
from emergence.sources import files, gather, read_source
from emergence.sources.base import ENCODED_ROWS
from emergence.sources.bigbench import careful
from emergence.sources.bigbench.careful import parse
from emergence.sources.bigbench.entries import place
from emergence.sources.bigbench.files import UPSTREAM_FOLDER
from emergence.sources.bigbench.quick import QuickReader
from emergence.sources.documents import Refused

ROOT = Path(__file__).resolve().parents[1]
TASK = "hindu_knowledge"


def score_data(**fields: Any) -> dict[str, Any]:
    """An entry of ``scores`` as upstream writes it."""
    return {
        "high_score": 1.0,
        "low_score": 0.25,
        "number_of_shots": 2,
        "preferred_score": "multiple_choice_grade",
        "score_dict": {"multiple_choice_grade": 0.5, "expected_calibration_error": 0.125},
        "subtask_description": TASK,
    } | fields


def document(*scores: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A score file as upstream writes it."""
    model = {
        "additional_details": "",
        "decoding_params": {},
        "description": "see the paper",
        "flop_matched_non_embedding_params": 2_000_000,
        "model_family": "BIG-G T=0",
        "model_name": "2m",
        "non_embedding_params": 3_000_000,
        "total_params": 4_000_000,
        "training_batch_size": 1,
        "training_steps": 1,
    }
    whole = {"scores": list(scores) or [score_data()], "task": {"task_name": TASK}, "model": model}
    return whole | fields


def model(**fields: Any) -> dict[str, Any]:
    """The model of `document`, with other fields; those that are `...` are left out."""
    merged = document()["model"] | fields
    return {name: value for name, value in merged.items() if value is not ...}


def encoded(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode()


class Folder:
    """A folder of tasks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)

    def add(self, content: Any, name: str = "BIG-G_2m_T=0", task: str = TASK) -> Path:
        results = self.path / task / "results"
        results.mkdir(parents=True, exist_ok=True)
        file = results / f"scores_{name}.json"
        file.write_bytes(content if isinstance(content, bytes) else encoded(content))
        return file

    def read(self, **source: Any) -> tuple[list[dict], list[dict]]:
        """Rows and rejects, after checking that nothing was dropped."""
        fields = {"kind": "file", "format": "bigbench", "path": self.path.name, **source}
        rows, rejects, facts = gather(read_source(fields, self.path.parent))
        assert rows.schema.equals(ENCODED_ROWS)
        assert sum(fact.entries for fact in facts) == rows.num_rows + rejects.num_rows
        assert set(rejects["reason"].to_pylist()) <= set(REJECT_REASONS)
        return rows.to_pylist(), rejects.to_pylist()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "tasks")


def one_reject(folder: Folder, content: Any) -> dict[str, str]:
    """The reject of a bad file, beside which a good one is read as ever."""
    folder.add(document(model=model(model_name="good")), "good")
    folder.add(content, "bad")
    rows, rejects = folder.read()
    (reject,) = rejects
    assert reject["source_file"].endswith("scores_bad.json")
    assert len([row for row in rows if row["model"] == "good"]) == 2
    return reject


class TestRows:
    def test_one_row_a_score(self, folder):
        """A file with one entry of two metrics makes two rows, with all that it says."""
        folder.add(document())
        rows, rejects = folder.read()
        assert rejects == []
        common = {
            "task": TASK,
            "subtask": "",
            "model_family": "BIG-G T=0",
            "model": "2m",
            "condition": "",
            "replicate": "",
            "shots": 2,
            "scale": 2e6,
            "scale_kind": "flop_matched_non_embedding",
            **dict.fromkeys(("tokens", "flops", "loss")),
            "score_stderr": None,
            "n_examples": None,
            "source_file": f"tasks/{TASK}/results/scores_BIG-G_2m_T=0.json",
        }
        by_metric = {row["metric"]: row for row in rows}
        assert by_metric["multiple_choice_grade"] == common | {
            "metric": "multiple_choice_grade",
            "score": 0.5,
            "low_score": 0.25,
            "high_score": 1.0,
            "is_preferred": True,
            "source_entry": "/scores/0/score_dict/multiple_choice_grade",
        }
        assert by_metric["expected_calibration_error"] == common | {
            "metric": "expected_calibration_error",
            "score": 0.125,
            # Low and high score are those of the preferred metric: of this one nothing is known.
            "low_score": None,
            "high_score": None,
            "is_preferred": False,
            "source_entry": "/scores/0/score_dict/expected_calibration_error",
        }

    def test_the_family_is_the_one_inside(self, folder):
        """The file's name says BIG-G for three families; the inside tells them apart."""
        folder.add(document(model=model(model_family="BIG-G sparse")), "BIG-G_2m")
        rows, _ = folder.read()
        assert {row["model_family"] for row in rows} == {"BIG-G sparse"}

    def test_scores_keep_the_files_own_unit(self, folder):
        """Upstream's loader multiplies this metric by 100, and leaves that one; we do neither."""
        folder.add(document(score_data(score_dict={"exact_str_match": 0.5, "bleu": 50.0})))
        rows, _ = folder.read()
        assert {row["metric"]: row["score"] for row in rows} == {
            "exact_str_match": 0.5,
            "bleu": 50.0,
        }

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ({}, (2e6, "flop_matched_non_embedding")),
            ({"flop_matched_non_embedding_params": None}, (3e6, "non_embedding")),
            ({"flop_matched_non_embedding_params": ...}, (3e6, "non_embedding")),
            ({"flop_matched_non_embedding_params": 0}, (3e6, "non_embedding")),
            (
                {"flop_matched_non_embedding_params": -1, "non_embedding_params": 0},
                (4e6, "total"),
            ),
            ({"flop_matched_non_embedding_params": 2.5e6}, (2.5e6, "flop_matched_non_embedding")),
        ],
    )
    def test_scale_is_the_first_count_that_is_given(self, folder, counts, expected):
        """The order is that of upstream's loader; 0 and -1 are its words for "not given"."""
        folder.add(document(model=model(**counts)))
        rows, _ = folder.read()
        assert {(row["scale"], row["scale_kind"]) for row in rows} == {expected}

    @pytest.mark.parametrize(
        ("given_", "shots"), [(0, 0), (5, 5), (3.0, 3), (-1, None), (None, None), (..., None)]
    )
    def test_unknown_shots_are_null(self, folder, given_, shots):
        """-1 is upstream's word for "has no meaning here"; 0 is a number of shots."""
        entry = score_data(number_of_shots=given_)
        if given_ is ...:
            del entry["number_of_shots"]
        folder.add(document(entry))
        rows, rejects = folder.read()
        assert {row["shots"] for row in rows} == {shots} and rejects == []

    @pytest.mark.parametrize("name", ["low_score", "high_score", "preferred_score"])
    @pytest.mark.parametrize("value", [None, ...])
    def test_what_is_optional_and_missing_is_unknown(self, folder, name, value):
        """A score without its bounds is a score all the same."""
        entry = score_data(**{name: value})
        if value is ...:
            del entry[name]
        folder.add(document(entry))
        rows, rejects = folder.read()
        row = next(row for row in rows if row["metric"] == "multiple_choice_grade")
        assert row["is_preferred" if name == "preferred_score" else name] is None
        assert row["score"] == 0.5 and rejects == []

    @pytest.mark.parametrize(
        ("score", "seen"),
        [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (None, "None")],
    )
    def test_bare_nan_and_infinity_are_rows(self, folder, score, seen):
        """Python's json writes them, and strict parsers refuse the file with all its scores."""
        folder.add(document(score_data(score_dict={"bleu": score, "rouge1": 1.5})))
        rows, rejects = folder.read()
        assert {row["metric"]: str(row["score"]) for row in rows} == {"bleu": seen, "rouge1": "1.5"}
        assert rejects == []

    def test_a_score_that_is_null_is_one_that_is_not_given(self, folder):
        """Out of three files the second has one null: that row and no other has no score."""
        for i, score in enumerate((0.5, None, 0.75)):
            folder.add(document(score_data(score_dict={"a": 0.25, "b": score})), f"{i}")
        rows, _ = folder.read()
        missing = [(row["source_file"][-6], row["metric"]) for row in rows if row["score"] is None]
        assert missing == [("1", "b")]

    def test_both_layouts_are_found(self, tmp_path):
        """A path to a whole repository and one to its folder of tasks give the same rows."""
        whole = Folder(tmp_path / "repository")
        tasks = whole.path / UPSTREAM_FOLDER
        tasks.mkdir(parents=True)
        Folder(tasks).add(document())
        rows, _ = whole.read()
        same, _ = whole.read(path=f"repository/{UPSTREAM_FOLDER}")
        assert rows == same and len(rows) == 2
        assert rows[0]["source_file"].startswith(f"repository/{UPSTREAM_FOLDER}/{TASK}/")

    def test_other_files_are_no_score_files(self, folder):
        """Logs, pictures and task definitions lie beside the scores."""
        file = folder.add(document())
        for name in ("full-logs_BIG-G.tar.lrz", "plot.json", "scores_x.json.bak", "scores.txt"):
            (file.parent / name).write_text("no score file")
        (folder.path / TASK / "task.json").write_text("{}")
        (folder.path / "README.md").write_text("no folder")
        (folder.path / "a_task_without_results").mkdir()
        rows, rejects = folder.read()
        assert len(rows) == 2 and rejects == []


class TestPlace:
    @pytest.mark.parametrize(
        ("description", "expected"),
        [
            ("", ("", "")),
            ("  ", ("", "")),
            ("t", ("", "")),
            ("task", ("", "")),
            ("t:part", ("part", "")),
            ("t:part:of", ("part:of", "")),
            ("CoQA's overall score", ("CoQA's overall score", "")),
            ("other:part", ("other:part", "")),
            ("t:trial_3", ("trial", "3")),
            ("t_trial_3", ("trial", "3")),
            ("trial_3", ("trial", "3")),
            ("t:part:trial_12", ("part:trial", "12")),
            ("t:clinical_trial_3", ("clinical_trial_3", "")),
            ("t:trial_3b", ("trial_3b", "")),
            ("t_trial_3b", ("t_trial_3b", "")),
            ("t:trial_٣", ("trial_٣", "")),
            ("t:trial_", ("trial_", "")),
        ],
    )
    def test_what_a_description_means(self, description, expected):
        """The whole last part must be a trial: a subtask may end in something like one."""
        assert place("t", description) == expected

    def test_trials_are_replicates_and_no_part_of_the_tasks_own_curve(self, folder):
        """A file may give the mean of its trials too: in one curve they would count twice."""
        folder.add(
            document(
                score_data(score_dict={"full": 0.5}),
                *[
                    score_data(score_dict={"full": i / 4}, subtask_description=f"{TASK}:trial_{i}")
                    for i in range(3)
                ],
            )
        )
        rows, _ = folder.read()
        assert sorted((row["subtask"], row["replicate"], row["score"]) for row in rows) == [
            ("", "", 0.5),
            ("trial", "0", 0.0),
            ("trial", "1", 0.25),
            ("trial", "2", 0.5),
        ]


@pytest.fixture(scope="module")
def inventory() -> list[dict[str, Any]]:
    return TASK_INVENTORY.rows


class TestUntrusted:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_fault_is_counted_and_the_rest_of_the_run_goes_on(self, tmp_path, inventory, fault):
        """The builder says what a reader must make of each of its faults."""
        few = Content(tasks=["anachronisms"], models=MODELS[:2], shots=(0,))
        folder = Folder(tmp_path / "repository")
        written = build_repository(folder.path, inventory, few, faults=[fault])
        source = {"kind": "file", "format": "bigbench", "path": "repository"}
        rows, rejects, (facts,) = gather(read_source(source, tmp_path))
        assembled = assemble("data", rows, rejects, Metrics())
        assert facts.files == written.files and facts.entries == written.entries
        assert Counter(assembled.rejects["reason"].to_pylist()) == written.rejects
        assert assembled.scores.num_rows == written.rows
        healthy = [row for row in assembled.scores.to_pylist() if row["task"] == "anachronisms"]
        assert len(healthy) == 2 * 3

    @pytest.mark.parametrize(
        ("change", "reason", "pointer"),
        [
            (lambda d: d.pop("scores"), "field_missing", ""),
            (lambda d: d.pop("task"), "field_missing", ""),
            (lambda d: d.update(task="hindu_knowledge"), "wrong_type", "/task"),
            (lambda d: d["task"].pop("task_name"), "field_missing", "/task"),
            (lambda d: d["task"].update(task_name=7), "wrong_type", "/task/task_name"),
            (lambda d: d["task"].update(task_name=""), "name_missing", "/task/task_name"),
            (lambda d: d["task"].update(task_name="\ud800"), "not_utf8", "/task/task_name"),
            (lambda d: d.update(model=[]), "wrong_type", "/model"),
            (lambda d: d["model"].update(model_family=None), "name_missing", "/model/model_family"),
            (lambda d: d["model"].update(model_name=" "), "name_missing", "/model/model_name"),
            (lambda d: d["model"].pop("model_name"), "field_missing", "/model"),
            (
                lambda d: d["model"].update(flop_matched_non_embedding_params="2000000"),
                "not_a_number",
                "/model/flop_matched_non_embedding_params",
            ),
            (
                lambda d: d["model"].update(flop_matched_non_embedding_params=-5),
                "out_of_range",
                "/model/flop_matched_non_embedding_params",
            ),
            (
                lambda d: d["model"].update(flop_matched_non_embedding_params=10**400),
                "out_of_range",
                "/model/flop_matched_non_embedding_params",
            ),
            (
                lambda d: d.update(model=model(total_params=0) | dict.fromkeys(
                    ("flop_matched_non_embedding_params", "non_embedding_params"))),
                "scale_missing",
                "/model",
            ),
            (lambda d: d.update(scores={}), "wrong_type", "/scores"),
            (lambda d: d.update(scores=[]), "no_scores", "/scores"),
        ],
    )  # fmt: skip
    def test_a_file_without_its_frame_is_one_reject(self, folder, change, reason, pointer):
        """Without the task or the model no score of the file has a name."""
        content = document(score_data(), score_data(number_of_shots=3))
        change(content)
        reject = one_reject(folder, content)
        assert (reject["reason"], reject["source_entry"]) == (reason, pointer)

    @pytest.mark.parametrize(
        ("entry", "reason", "pointer"),
        [
            ([], "wrong_type", "/scores/1"),
            (None, "wrong_type", "/scores/1"),
            ({}, "field_missing", "/scores/1"),
            (score_data(score_dict=[0.5]), "wrong_type", "/scores/1/score_dict"),
            (score_data(score_dict={}), "no_scores", "/scores/1/score_dict"),
            (score_data(subtask_description=3), "wrong_type", "/scores/1/subtask_description"),
            (score_data(number_of_shots="2"), "not_a_number", "/scores/1/number_of_shots"),
            (score_data(number_of_shots=True), "not_a_number", "/scores/1/number_of_shots"),
            (score_data(number_of_shots=-2), "out_of_range", "/scores/1/number_of_shots"),
            (score_data(number_of_shots=0.5), "out_of_range", "/scores/1/number_of_shots"),
            (score_data(number_of_shots=[2]), "wrong_type", "/scores/1/number_of_shots"),
            (score_data(low_score="0"), "not_a_number", "/scores/1/low_score"),
            (score_data(high_score=math.inf), "out_of_range", "/scores/1/high_score"),
            (score_data(preferred_score=["bleu"]), "wrong_type", "/scores/1/preferred_score"),
        ],
    )
    def test_a_broken_entry_is_one_reject_and_its_neighbours_are_rows(
        self, folder, entry, reason, pointer
    ):
        """Out of three entries the middle one is broken: four rows and one reject remain."""
        folder.add(document(score_data(number_of_shots=0), entry, score_data(number_of_shots=3)))
        rows, (reject,) = folder.read()
        assert Counter(row["shots"] for row in rows) == {0: 2, 3: 2}
        assert (reject["reason"], reject["source_entry"]) == (reason, pointer)

    @pytest.mark.parametrize(
        ("metric", "text", "reason"),
        [
            ("bleu", '"0.5"', "not_a_number"),
            ("bleu", "true", "not_a_number"),
            ("bleu", "[0.5]", "wrong_type"),
            ("bleu", "{}", "wrong_type"),
            ("bleu", "1e400", "out_of_range"),
            ("bleu", "-1e200", "out_of_range"),
            ("bleu", "1e200", "out_of_range"),
            ("bleu", "9" * 5000, "out_of_range"),
            ("bleu", "-" + "9" * 350, "out_of_range"),
            ("", "0.5", "name_missing"),
            ("\\ud800", "0.5", "not_utf8"),
        ],
    )
    def test_a_bad_score_is_one_reject_and_its_neighbours_are_rows(
        self, folder, metric, text, reason
    ):
        """Digits by the thousand are a number that no score is, and no reason to end the run."""
        content = encoded(document()).replace(
            b'"expected_calibration_error": 0.125', f'"{metric}": {text}'.encode()
        )
        folder.add(content)
        (row,), (reject,) = folder.read()
        assert row["metric"] == "multiple_choice_grade"
        assert reject["reason"] == reason
        assert reject["source_entry"].startswith("/scores/0/score_dict")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "not_json"),
            (b"null", "wrong_type"),
            (b"3", "wrong_type"),
            (b"{}" * 2, "not_json"),
            (b"\x00" * 100, "not_json"),
            ("{}".encode("utf-16"), "not_utf8"),
            (b'{"a":' * 100_000, "nested_too_deeply"),
            (b"[" * 100_000 + b"]" * 100_000, "nested_too_deeply"),
            (b'{"scores": ' + b"-" * 100, "not_json"),
        ],
    )
    def test_what_is_no_score_file_at_all(self, folder, content, reason):
        """Whatever lies there under a score file's name is one reject."""
        assert one_reject(folder, content)["reason"] == reason

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (b"see the paper", b"see \xff\xfe"),
            (b'"scores": [', b'"unknown": "\xff", "scores": ['),
            (b'"low_score": 0.25', b'"low_score": 0.25, "unknown": "\xff"'),
        ],
    )
    def test_bad_bytes_in_a_field_that_nobody_reads(self, folder, before, after):
        """A parser that skips a field does not look at its bytes; the file is bad all the same."""
        content = encoded(document())
        assert content.count(before) == 1
        assert one_reject(folder, content.replace(before, after))["reason"] == "not_utf8"

    @pytest.mark.parametrize(("second", "reasons"), [
        ("0.5", {"duplicate": 1}),
        ("0.75", {"conflicting_duplicates": 2}),
    ])  # fmt: skip
    def test_a_score_given_twice_in_one_object(self, folder, second, reasons):
        """A JSON parser keeps the last one and says nothing: here both are entries."""
        once = b'"multiple_choice_grade": 0.5'
        content = encoded(document())
        assert content.count(once) == 1
        folder.add(content.replace(once, once + b', "multiple_choice_grade": ' + second.encode()))
        source = {"kind": "file", "format": "bigbench", "path": "tasks"}
        rows, rejects, (facts,) = gather(read_source(source, folder.path.parent))
        assert (facts.entries, rows.num_rows, rejects.num_rows) == (3, 3, 0)
        assembled = assemble("data", rows, rejects, Metrics())
        assert Counter(assembled.rejects["reason"].to_pylist()) == reasons

    def test_a_score_given_twice_cannot_hide_behind_an_escape(self, folder):
        """The quick reader counts colons; here one more and one less make the right number."""
        content = encoded(document(score_data(subtask_description=f"{TASK}:part")))
        content = content.replace(f"{TASK}:part".encode(), f"{TASK}\\u003apart".encode())
        once = b'"multiple_choice_grade": 0.5'
        folder.add(content.replace(once, once + b', "multiple_choice_grade": 0.75'))
        rows, _ = folder.read()
        assert sorted(row["score"] for row in rows) == [0.125, 0.5, 0.75]
        assert {row["subtask"] for row in rows} == {"part"}

    @pytest.mark.parametrize(
        ("once", "pointer"),
        [
            (b'"number_of_shots": 2', "/scores/0"),
            (b'"model_name": "2m"', "/model"),
            (b'"task_name": "hindu_knowledge"', "/task"),
        ],
    )
    def test_another_field_given_twice(self, folder, once, pointer):
        """Which of the two is meant is not known, even where they agree."""
        content = encoded(document())
        assert content.count(once) == 1
        reject = one_reject(folder, content.replace(once, once + b", " + once))
        assert (reject["reason"], reject["source_entry"]) == ("field_twice", pointer)

    @pytest.mark.parametrize(
        "name",
        [
            "it's",
            '"quoted"',
            "<script>alert(1)<",
            "two\nlines",
            "\u202eevil\u202c",
            "عربي",
            "-rf",
            "a b\tc",
            "{{ 7 * 7 }}",
            "..",
        ],
    )
    def test_an_odd_task_name_is_kept_as_text(self, folder, name):
        """Nothing is wrong with an odd name where folder and file agree on it."""
        if name == "..":
            # A folder cannot have it: the file then names another task than its folder.
            reject = one_reject(folder, document(task={"task_name": "../../etc"}))
            assert reject["reason"] == "other_task" and "../../etc" in reject["seen"]
            return
        entry = score_data(subtask_description=f"{name}:part")
        folder.add(document(entry, task={"task_name": name}), task=name)
        rows, rejects = folder.read()
        assert {(row["task"], row["subtask"]) for row in rows} == {(name, "part")}
        assert rejects == []

    def test_a_file_name_that_is_no_text(self, folder):
        """Linux allows any bytes in a name; tables and pages are UTF-8."""
        good = folder.add(document())
        odd = os.fsencode(good.parent) + b"/scores_\xff.json"
        try:
            os.rename(good, odd)
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        rows, _ = folder.read()
        assert rows[0]["source_file"].endswith("scores_\\xff.json")

    def test_links_out_of_the_folder_are_not_followed(self, folder, tmp_path):
        """A link to /etc/passwd must not put its text into a public table."""
        good = folder.add(document())
        outside = tmp_path / "outside"
        Folder(outside).add(document(model=model(model_name="stolen")))
        (good.parent / "scores_file.json").symlink_to(outside / TASK / "results" / good.name)
        (folder.path / "linked_task").symlink_to(outside / TASK)
        (folder.path / "other").mkdir()
        (folder.path / "other/results").symlink_to(outside / TASK / "results")
        rows, rejects = folder.read()
        assert {row["model"] for row in rows} == {"2m"}
        assert [reject["reason"] for reject in rejects] == ["outside_folder"] * 3

    def test_links_within_the_folder_and_to_it_are_followed(self, folder, tmp_path):
        """Content-addressed stores put links where files belong."""
        store = folder.path / "store"
        store.mkdir()
        file = folder.add(document())
        file.rename(store / "content")
        file.symlink_to(store / "content")
        (tmp_path / "link").symlink_to(folder.path)
        rows, rejects = folder.read(path="link")
        assert len(rows) == 2 and rejects == []

    @pytest.mark.parametrize("kind", ["folder", "fifo", "loop", "nowhere"])
    def test_what_is_no_regular_file(self, folder, kind):
        """Opening a named pipe would wait for ever."""
        bad = folder.add(document(), "bad")
        bad.unlink()
        if kind == "folder":
            bad.mkdir()
        elif kind == "fifo":
            os.mkfifo(bad)
        else:
            bad.symlink_to(bad if kind == "loop" else "nowhere")
        folder.add(document(), "good")
        rows, (reject,) = folder.read()
        assert len(rows) == 2 and reject["reason"] == "unreadable"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read(self, folder):
        """One file without permission is one reject."""
        bad = folder.add(document(), "bad")
        folder.add(document(), "good")
        bad.chmod(0)
        rows, (reject,) = folder.read()
        bad.chmod(stat.S_IRWXU)
        assert len(rows) == 2 and reject["reason"] == "unreadable"

    def test_a_file_too_large_is_not_read(self, folder, monkeypatch):
        """Its size is known before it is opened for reading: 200 MB of blanks cost nothing."""
        folder.add(document(), "good")
        bad = folder.add(b"", "bad")
        with bad.open("r+b") as file:
            file.truncate(files.LARGEST_FILE + 1)
        sizes = []
        read = os.read
        monkeypatch.setattr(os, "read", lambda handle, n: sizes.append(n) or read(handle, n))
        rows, (reject,) = folder.read()
        assert len(rows) == 2 and reject["reason"] == "too_large"
        assert max(sizes) < 10_000

    def test_a_file_that_grows_while_it_is_read(self, folder, monkeypatch):
        """The size that was asked for first is no promise."""
        folder.add(document())
        monkeypatch.setattr(files, "LARGEST_FILE", 500)
        monkeypatch.setattr(os, "fstat", lambda handle: os.stat_result((0,) * 6 + (10,) + (0,) * 3))
        _, (reject,) = folder.read()
        assert reject["reason"] == "too_large"

    @pytest.mark.parametrize(
        "entry", [0, {}, score_data(score_dict=dict.fromkeys(map(str, range(30)), 1))]
    )
    def test_a_file_with_too_many_entries_is_one_reject(self, folder, monkeypatch, entry):
        """Millions of rejects would fill the memory with what nobody reads."""
        monkeypatch.setattr(careful, "MOST_ENTRIES", 20)
        monkeypatch.setattr("emergence.sources.bigbench.quick.MOST_ENTRIES", 20)
        reject = one_reject(folder, document(*[entry] * 21))
        assert (reject["reason"], reject["source_entry"]) == ("too_large", "/scores")

    def test_what_was_seen_is_short_and_on_one_line(self, folder):
        """A reject stands in a log and on a page: 1 MB of it would hide the others."""
        reject = one_reject(folder, document(task={"task_name": "x\n\u202e" * 100_000}))
        assert len(reject["seen"]) <= 200 and reject["seen"].isprintable()

    def test_two_files_of_one_model_with_other_scales(self, folder):
        """Nothing says which is right: no row of the model is kept, and the others are."""
        folder.add(document(), "a")
        folder.add(document(model=model(flop_matched_non_embedding_params=7)), "b")
        folder.add(document(model=model(model_name="other")), "c")
        rows, rejects, _ = gather(
            read_source({"format": "bigbench", "path": "tasks"}, folder.path.parent)
        )
        assembled = assemble("data", rows, rejects, Metrics())
        assert Counter(assembled.rejects["reason"].to_pylist()) == {"conflicting_scales": 4}
        assert set(assembled.scores["model"].to_pylist()) == {"other"}


class TestSource:
    def test_the_order_of_the_folder_changes_nothing(self, tmp_path, inventory):
        """A file system lists files in an order of its own."""
        tables = []
        names = list(range(12))
        for i in range(2):
            (tmp_path / str(i)).mkdir()
            folder = Folder(tmp_path / str(i) / "tasks")
            for name in names[:: 1 - 2 * i]:
                folder.add(document(model=model(model_name=f"m{name}")), str(name))
            rows, rejects, facts = gather(
                read_source({"format": "bigbench", "path": "tasks"}, folder.path.parent)
            )
            tables.append((rows.to_pylist(), rejects.to_pylist(), facts))
        assert tables[0] == tables[1]

    def test_the_digest_is_that_of_sha256sum(self, folder):
        """Anybody can check it: sha256sum of the files, sorted by path, and once more."""
        paths = [folder.add(document(), "b"), folder.add(b"broken", "a")]
        lines = [
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  tasks/{TASK}/results/{path.name}\n"
            for path in sorted(paths)
        ]
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
        _, _, (facts,) = gather(
            read_source({"format": "bigbench", "path": "tasks"}, folder.path.parent)
        )
        assert (facts.digest, facts.files) == (digest, 2)
        assert facts.bytes == sum(path.stat().st_size for path in paths)
        folder.read(lines_sha256=digest)
        with pytest.raises(InputError, match=digest):
            folder.read(lines_sha256="0" * 64)

    @pytest.mark.parametrize("path", ["nowhere", "a_file", "nul\0"])
    def test_a_path_to_no_folder(self, folder, path):
        """The message says where it was looked for."""
        (folder.path.parent / "a_file").write_text("{}")
        with pytest.raises(InputError) as error:
            folder.read(path=path)
        assert error.value.where == path

    def test_a_folder_without_score_files(self, folder):
        """A path one folder too high or too low is the likely mistake."""
        (folder.path / "results").mkdir()
        with pytest.raises(InputError, match=r"<task>/results/scores_"):
            folder.read()

    def test_a_column_mapping_has_no_meaning_here(self, folder):
        """It would be passed over in silence."""
        folder.add(document())
        with pytest.raises(InputError, match="columns"):
            folder.read(columns={"task": {"constant": "x"}})


# The quick reader against the careful one, and both against anything at all.

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, 1, -1, 2, 0.5, -0.0, 1e151, 1e-320, 10**30, 2**63, 2**64, math.nan, math.inf]
    ),
    st.sampled_from(
        ["", " ", "0.5", TASK, f"{TASK}:part", f"{TASK}:trial_1", "bleu", "\ud800", "é"]
    ),
    st.sampled_from([[], {}, [0.5], {"bleu": 0.5}]),
)
NAMES = st.sampled_from(["bleu", "rouge1", "exact_str_match", "", "a/b~c", "é"])
PLAIN = st.fixed_dictionaries(
    {
        "high_score": st.sampled_from([1.0, 100, None]),
        "low_score": st.sampled_from([0.0, 0.25, None]),
        "number_of_shots": st.sampled_from([-1, 0, 3, None]),
        "preferred_score": st.sampled_from(["bleu", "rouge1", "", None]),
        "score_dict": st.dictionaries(NAMES, st.sampled_from([0.5, 1, 0, -3.5]), max_size=3),
        "subtask_description": st.sampled_from(["", TASK, f"{TASK}:part", f"{TASK}:trial_1", None]),
    }
)


@st.composite
def documents(draw) -> dict[str, Any]:
    """Documents of which some parts are replaced or missing."""
    whole = copy.deepcopy(document(*draw(st.lists(PLAIN, min_size=1, max_size=3))))
    for _ in range(draw(st.integers(0, 2))):
        *path, last = draw(st.sampled_from(paths_of(whole)))
        part = whole
        for key in path:
            part = part[key]
        if isinstance(part, dict) and draw(st.booleans()):
            del part[last]
        else:
            part[last] = draw(VALUES)
        if not paths_of(whole):
            break
    return whole


def careful_result(data: bytes) -> tuple:
    """What the careful reader finds, or why it refuses."""
    try:
        found = parse(data, TASK)
    except Refused as refused:
        return ("refused", refused.reason)
    return (found.model, found.entries, found.scores, len(found.rejects))


@settings(max_examples=100)
@given(documents())
@example(document(score_data(score_dict={"bleu": 1}), score_data(score_dict={})))
def test_the_quick_reader_finds_what_the_careful_one_does(whole):
    """It may pass any file on; of what it does not pass on, it must miss nothing.

    Each file is read twice, for the second time by the skeleton of the first.
    """
    data = encoded(whole)
    reader = QuickReader()
    for _ in range(2):
        found = reader.parse(data, TASK)
        if found is not None:
            expected = (found.model, list(found.skeleton.entries), list(found.scores), 0)
            assert careful_result(data) == expected


def test_the_quick_reader_reads_what_upstream_writes():
    """Were it to pass everything on, all would be right, and seven times slower."""
    assert QuickReader().parse(encoded(document(score_data(), score_data())), TASK) is not None


def test_files_of_equal_names_but_other_cuts_have_skeletons_of_their_own():
    """The same metrics in the same order, once as 1 + 2 and once as 2 + 1."""
    cuts = [({"a": 1.0}, {"b": 2.0, "c": 3.0}), ({"a": 1.0, "b": 2.0}, {"c": 3.0})]
    reader = QuickReader()
    found = [
        reader.parse(encoded(document(*[score_data(score_dict=scores) for scores in cut])), TASK)
        for cut in cuts
    ]
    pointers = [[entry.pointer for entry in one.skeleton.entries] for one in found]
    assert pointers[0][1] == "/scores/1/score_dict/b" and pointers[1][1] == "/scores/0/score_dict/b"


def entries_in(data: bytes) -> int:
    """Entries of a file, counted by the definition and not by the reader's code."""
    try:
        whole = json.loads(data)
        assert isinstance(whole["scores"], list) and whole["scores"]
        if careful_result(data)[0] == "refused":
            return 1
    except (AssertionError, LookupError, RecursionError, TypeError, ValueError):
        return 1
    total = 0
    for entry in whole["scores"]:
        scores = entry.get("score_dict") if isinstance(entry, dict) else None
        broken = not isinstance(scores, dict) or not scores
        if not broken:
            try:
                parse(encoded(document(entry | {"score_dict": {"bleu": 0.5}})), TASK)
                broken = bool(
                    parse(encoded(document(entry | {"score_dict": {"bleu": 0.5}})), TASK).rejects
                )
            except Refused:
                broken = True
        total += 1 if broken else len(scores)
    return total


@settings(max_examples=100)
@given(whole=documents())
def test_entries_are_rows_and_rejects_whatever_the_document(tmp_path_factory, whole):
    """Nothing is dropped in silence and nothing counted twice."""
    folder = Folder(tmp_path_factory.mktemp("fuzz") / "tasks")
    data = encoded(whole)
    folder.add(data)
    rows, rejects = folder.read()
    assert len(rows) + len(rejects) == entries_in(data)


@settings(max_examples=120)
@given(st.randoms(use_true_random=False), documents())
def test_no_bytes_end_the_run(random: random.Random, whole):
    """Valid files with bytes cut out, put in, doubled and turned: each is read or refused."""
    data = bytearray(encoded(whole))
    for _ in range(random.randint(1, 4)):
        at, length = random.randrange(len(data) + 1), random.randint(0, 12)
        mutation = random.randrange(4)
        if mutation == 0:
            del data[at : at + length]
        elif mutation == 1:
            data[at:at] = random.randbytes(length)
        elif mutation == 2:
            data[at:at] = data[at : at + length] * random.randint(1, 3)
        else:
            data[at:at] = random.choice(
                [b'"', b"{", b"[", b"}", b"1e999", b"NaN", b"\\u0000", b"\\ud83d"]
            )
    result = QuickReader().parse(bytes(data), TASK)
    expected = careful_result(bytes(data))
    if result is not None:
        assert expected[:2] == (result.model, list(result.skeleton.entries))


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(data):
    """No exception but the one that becomes a reject."""
    assert QuickReader().parse(data, TASK) is None
    assert careful_result(data)[0] == "refused"
