"""Result files of lm-evaluation-harness: both layouts, groups, models, and hostile files."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_parts import paths_of
from page_samples import SETTINGS, page_of

from emergence import Study
from emergence.cli import main
from emergence.errors import InputError
from emergence.facts.metric_catalog import METRIC_CATALOG, metrics
from emergence.facts.model_sizes import MODEL_SIZES
from emergence.registry import load_registry
from emergence.scores_table import REJECT_REASONS
from emergence.sources import Known, gather, models_of, read_source
from emergence.sources.documents import Refused
from emergence.sources.known import KnownModel
from emergence.sources.lm_eval.results import parse

ROOT = Path(__file__).resolve().parents[1]

#: The real files; a fresh machine has only the project.
REAL = ROOT.parent / "shared/data"

MODELS = models_of(MODEL_SIZES.rows)
DIRECTIONS = {
    name: metric.higher_is_better
    for name, metric in metrics(METRIC_CATALOG.rows, {}).items()
    if not metric.flags
}
KNOWN = Known(MODELS, DIRECTIONS)


def old(**fields: Any) -> dict[str, Any]:
    """A file in the layout before 0.4: one task, two metrics."""
    return {
        "results": {
            "piqa": {"acc": 0.75, "acc_stderr": 0.0625, "acc_norm": 0.5, "acc_norm_stderr": 0.125}
        },
        "versions": {"piqa": 0},
        "config": {
            "model": "gpt2",
            "model_args": "pretrained=facebook/opt-125m,use_accelerate=True",
            "num_fewshot": 5,
            "limit": None,
        },
    } | fields


def today(**fields: Any) -> dict[str, Any]:
    """A file in today's layout: a group of groups, a task with filters, a metric of its own."""
    return {
        "results": {
            "mmlu": {"acc,none": 0.375, "acc_stderr,none": 0.05, "alias": "mmlu"},
            "mmlu_stem": {"acc,none": 0.25, "acc_stderr,none": 0.05, "alias": " - stem"},
            "mmlu_anatomy": {
                "alias": "  - anatomy",
                "sample_len": 4,
                "acc,none": 0.25,
                "acc_stderr,none": 0.25,
            },
            "mmlu_law": {"alias": " - law", "acc,none": 0.5, "acc_stderr,none": 0.2},
            "gsm8k": {
                "alias": "gsm8k",
                "exact_match,strict-match": 0.125,
                "exact_match_stderr,strict-match": 0.1,
                "exact_match,flexible-extract": 0.25,
                "exact_match_stderr,flexible-extract": "N/A",
            },
            "mine": {"alias": "mine", "wrongness,none": 0.5, "wrongness_stderr,none": 0.1},
            "suite": {" ": " ", "alias": "suite"},
        },
        "groups": {"mmlu": {"acc,none": 0.375, "alias": "mmlu"}},
        "group_subtasks": {
            "mmlu": ["mmlu_stem", "mmlu_law"],
            "mmlu_stem": ["mmlu_anatomy"],
            "suite": ["mine", "gsm8k"],
            "other": ["mine"],
        },
        "configs": {},
        "versions": {"mmlu_anatomy": 1.0},
        "n-shot": {"mmlu": 5, "mmlu_anatomy": 5, "mmlu_law": 5, "gsm8k": 8, "mine": 0},
        "higher_is_better": {
            "mmlu_anatomy": {"acc": True},
            "gsm8k": {"exact_match": True},
            "mine": {"wrongness": False},
        },
        "n-samples": {
            "mmlu_anatomy": {"original": 135, "effective": 4},
            "gsm8k": {"original": 8, "effective": 8},
        },
        "config": {
            "model": "hf",
            "model_args": {"pretrained": "EleutherAI/pythia-70m", "dtype": "float16"},
            "model_num_parameters": 70426624,
            "limit": None,
        },
    } | fields


class Folder:
    """A folder of result files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)

    def add(self, content: Any, name: str = "a.json") -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        file.write_bytes(data)
        return file

    def gather(self, known: Known = KNOWN, **source: Any) -> Any:
        fields = {"kind": "file", "format": "lm-eval", "path": self.path.name, **source}
        rows, rejects, facts = gather(read_source(fields, self.path.parent, known))
        assert sum(fact.entries for fact in facts) == rows.num_rows + rejects.num_rows
        assert set(rejects["reason"].to_pylist()) <= set(REJECT_REASONS)
        return rows.to_pylist(), rejects.to_pylist(), facts

    def read(self, **source: Any) -> tuple[list[dict], list[dict]]:
        """Rows and rejects, after checking that nothing was dropped."""
        return self.gather(**source)[:2]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "results")


def one_reject(folder: Folder, content: Any) -> dict[str, str]:
    """The only reject of a file, beside which a good one is read as ever."""
    folder.add(old(), "good.json")
    folder.add(content, "bad.json")
    rows, rejects = folder.read()
    (reject,) = rejects
    assert reject["source_file"] == "results/bad.json"
    assert len([row for row in rows if row["source_file"] == "results/good.json"]) == 2
    return reject


class TestOldLayout:
    def test_one_row_a_score(self, folder):
        folder.add(old())
        rows, rejects = folder.read()
        assert rejects == []
        assert [row["metric"] for row in rows] == ["acc", "acc_norm"]
        assert rows[0] == {
            "task": "piqa",
            "subtask": "",
            "metric": "acc",
            "model_family": "OPT",
            "model": "facebook/opt-125m",
            "condition": "",
            "replicate": "",
            "shots": 5,
            "scale": 125e6,
            "scale_kind": "nominal",
            **dict.fromkeys(("tokens", "flops", "loss")),
            "score": 0.75,
            "score_stderr": 0.0625,
            "n_examples": None,
            "low_score": None,
            "high_score": None,
            "is_preferred": None,
            "source_file": "results/a.json",
            "source_entry": "/results/piqa/acc",
        }

    def test_unknown_shots_are_unknown(self, folder):
        config = {**old()["config"], "num_fewshot": None}
        folder.add(old(config=config))
        assert {row["shots"] for row in folder.read()[0]} == {None}

    def test_a_limit_is_another_condition(self, folder):
        """100 examples are not the test set: such scores stand on curves of their own."""
        folder.add(old(config={**old()["config"], "limit": 100.0}))
        assert {row["condition"] for row in folder.read()[0]} == {"limit=100"}

    def test_nan_is_a_score_that_is_not_finite(self, folder):
        folder.add(
            b'{"results": {"t": {"acc": NaN}}, '
            + json.dumps(old()).encode()[1:].replace(b'"results"', b'"before"')
        )
        ((row,), rejects) = folder.read()
        assert math.isnan(row["score"]) and not rejects


class TestTodaysLayout:
    @pytest.fixture
    def rows(self, folder):
        folder.add(today(), "model/results_2024-05-01T00-00-00.json")
        rows, rejects, facts = folder.gather()
        self.facts = facts
        assert [reject["reason"] for reject in rejects] == ["aggregate"]
        assert rejects[0]["source_entry"] == "/results/mmlu_stem/acc,none"
        return {(row["task"], row["subtask"], row["condition"]): row for row in rows}

    def test_groups_are_tasks_and_their_members_subtasks(self, rows):
        """mine belongs to two groups and stands for itself; stem is a mean within mmlu."""
        assert {key[:2] for key in rows} == {
            ("mmlu", ""),
            ("mmlu", "mmlu_anatomy"),
            ("mmlu", "mmlu_law"),
            ("suite", "gsm8k"),
            ("mine", ""),
        }

    def test_filters_are_conditions(self, rows):
        found = {key[2]: row["score"] for key, row in rows.items() if key[1] == "gsm8k"}
        assert found == {"filter=strict-match": 0.125, "filter=flexible-extract": 0.25}
        assert rows["mmlu", "", ""]["score"] == 0.375

    def test_shots_examples_and_errors(self, rows):
        row = rows["mmlu", "mmlu_anatomy", ""]
        assert (row["shots"], row["n_examples"], row["score_stderr"]) == (5, 4, 0.25)
        assert rows["mmlu", "mmlu_law", ""]["n_examples"] is None
        assert rows["suite", "gsm8k", "filter=flexible-extract"]["score_stderr"] is None

    def test_the_model_and_its_size(self, rows):
        """The table's size, and not the count in the file: a family needs one kind of count."""
        row = rows["mine", "", ""]
        assert (row["model_family"], row["scale"]) == ("Pythia", 70426624)

    def test_directions_that_nobody_else_knows_are_the_files(self, rows):
        (facts,) = self.facts
        assert facts.directions == {"acc": True, "exact_match": True, "wrongness": False}

    @pytest.mark.parametrize("name", ["configs", "n-samples", "n-shot", "higher_is_better"])
    def test_parts_may_be_null(self, folder, name):
        """Tools that write the layout leave parts of it out."""
        folder.add(today(**{name: None}))
        rows, rejects = folder.read()
        assert len(rows) == 6 and len(rejects) == 1

    def test_a_group_that_stands_in_groups_only_is_read_from_there(self, folder):
        content = today()
        del content["results"]["mmlu"]
        folder.add(content)
        rows, _ = folder.read()
        (row,) = [row for row in rows if row["task"] == "mmlu" and not row["subtask"]]
        assert row["source_entry"] == "/groups/mmlu/acc,none"

    @pytest.mark.parametrize(
        ("fields", "condition"),
        [
            ({"chat_template": "{{ messages }}"}, "chat_template=applied"),
            (
                {"chat_template": "{{ messages }}", "fewshot_as_multiturn": True},
                "chat_template=applied;fewshot_as_multiturn=true",
            ),
            ({"chat_template": None, "fewshot_as_multiturn": True}, ""),
            ({"system_instruction": "Be brief."}, "system_instruction=Be brief."),
            ({"system_instruction": "x" * 99}, f"system_instruction={'x' * 99}"),
        ],
    )
    def test_how_it_was_asked_is_a_condition(self, folder, fields, condition):
        """A long text is named by its digest: a condition is part of every curve's name."""
        folder.add(today(**fields))
        name, _, text = condition.partition("=")
        if len(text) > 60:
            condition = f"{name}={hashlib.sha256(text.encode()).hexdigest()[:8]}"
        row = next(row for row in folder.read()[0] if row["task"] == "mine")
        assert row["condition"] == condition

    @pytest.mark.parametrize(
        ("written", "condition"),
        [
            ({"temperature": 0.5, "do_sample": True}, "do_sample: true, temperature: 0.5"),
            ("temperature=0.5, do_sample=true", "do_sample: true, temperature: 0.5"),
            ({"until": ["x"]}, '{"until": ["x"]}'),
        ],
    )
    def test_settings_of_the_generation(self, folder, written, condition):
        """As a text or as an object, by the version: the same settings are the same curve."""
        config = {**today()["config"], "gen_kwargs": written}
        folder.add(today(config=config))
        row = next(row for row in folder.read()[0] if row["task"] == "mine")
        assert row["condition"] == f"gen_kwargs={condition}"

    def test_answers_that_nobody_scored(self, folder):
        """The harness writes 999 under `bypass` where it only kept the answers."""
        results = {"gsm8k": {"alias": "gsm8k", "bypass,none": 999}}
        assert one_reject(folder, today(results=results, groups=None))["reason"] == "no_scores"

    def test_groups_that_contain_each_other(self, folder):
        """No group is the outermost: all are means within others."""
        members = {"a": ["b"], "b": ["a", "gsm8k"]}
        results = {"a": {"acc,none": 0.5}, "gsm8k": {"acc,none": 0.25}}
        folder.add(today(results=results, group_subtasks=members, groups=None))
        rows, rejects = folder.read()
        assert [row["task"] for row in rows] == ["gsm8k"]
        assert [reject["reason"] for reject in rejects] == ["aggregate"]


class TestAsVersion0413Writes:
    """The fields that version 0.4.13 writes for a group within a group, a task with two filters and
    one of rolling likelihoods: tried with its model `dummy`; the numbers here are made up.
    """

    @pytest.fixture
    def content(self) -> dict[str, Any]:
        def task(name: str, **scores: Any) -> dict[str, Any]:
            pairs = {key.replace("__", ","): value for key, value in scores.items()}
            return {"name": name, "alias": name, "sample_len": 40, **pairs}

        tasks = ("sums", "more", "answers", "texts")
        return {
            "results": {
                "sums": task("sums", acc__none=0.275, acc_stderr__none=0.0715),
                "more": task("more", acc__none=0.25, acc_stderr__none=0.0693),
                "answers": task(
                    "answers",
                    **{"exact_match__strict-match": 0.1, "exact_match_stderr__strict-match": 0.048},
                    **{"exact_match__flexible-extract": 0.2},
                    **{"exact_match_stderr__flexible-extract": 0.064},
                ),
                "texts": task(
                    "texts",
                    word_perplexity__none=1.8,
                    word_perplexity_stderr__none="N/A",
                    bits_per_byte__none=0.179,
                    bits_per_byte_stderr__none="N/A",
                ),
                "inner": {
                    **task("inner", acc__none=0.2625, acc_stderr__none=0.0498),
                    "alias": " - Inner",
                    "sample_len": 80,
                    "sample_count": {"acc,none": 80},
                },
                "outer": {"alias": "outer", "name": "outer"},
            },
            "groups": {"inner": {"name": "inner", "acc,none": 0.2625, "acc_stderr,none": 0.0498}},
            "group_subtasks": {"outer": ["inner", "answers"], "inner": ["sums", "more"]},
            "configs": {name: {"task": name, "output_type": "generate_until"} for name in tasks},
            "versions": {**dict.fromkeys(tasks, 1.0), "inner": "1.0", "outer": "N/A"},
            "n-shot": dict.fromkeys((*tasks, "inner", "outer"), 2),
            "higher_is_better": {
                **{name: {"acc": True, "acc_norm": True} for name in ("sums", "more", "inner")},
                "answers": {"exact_match": True},
                "texts": {"word_perplexity": False, "bits_per_byte": False},
                "outer": {"exact_match": True},
            },
            "n-samples": {name: {"original": 80, "effective": 40} for name in tasks},
            "config": {
                "model": "hf",
                "model_args": {"pretrained": "EleutherAI/pythia-70m", "dtype": "float16"},
                "model_dtype": "torch.float16",
                "model_revision": "main",
                "model_sha": "",
                "batch_size": 1,
                "batch_sizes": [],
                "limit": None,
                "gen_kwargs": {},
                "random_seed": 0,
            },
            "git_hash": None,
            "date": 1.0,
            "pretty_env_info": "N/A (torch not installed)",
            "lm_eval_version": "0.4.13",
            "task_hashes": dict.fromkeys(tasks, "0" * 64),
            "model_source": "hf",
            "model_name": "EleutherAI/pythia-70m",
            "model_name_sanitized": "EleutherAI__pythia-70m",
            "system_instruction": None,
            "system_instruction_sha": None,
            "fewshot_as_multiturn": None,
            "chat_template": None,
            "total_evaluation_time_seconds": "18.9",
        }

    def test_every_score_has_its_row_and_the_inner_mean_is_refused(self, folder, content):
        folder.add(content, "EleutherAI__pythia-70m/results_2026-11-26T01-33-37.305200.json")
        rows, rejects, (facts,) = folder.gather()
        found = {(r["task"], r["subtask"], r["metric"], r["condition"]): r for r in rows}
        assert set(found) == {
            ("outer", "sums", "acc", ""),
            ("outer", "more", "acc", ""),
            ("outer", "answers", "exact_match", "filter=strict-match"),
            ("outer", "answers", "exact_match", "filter=flexible-extract"),
            ("texts", "", "word_perplexity", ""),
            ("texts", "", "bits_per_byte", ""),
        }
        assert {(row["n_examples"], row["shots"]) for row in rows} == {(40, 2)}
        assert found["texts", "", "bits_per_byte", ""]["score_stderr"] is None
        assert [(r["reason"], r["source_entry"]) for r in rejects] == [
            ("aggregate", "/results/inner/acc,none")
        ]
        assert facts.directions["bits_per_byte"] is False and facts.notes == ()

    def test_an_outermost_group_has_the_number_of_its_own_examples(self, folder, content):
        content["group_subtasks"] = {"inner": ["sums", "more"]}
        del content["results"]["outer"]
        folder.add(content)
        rows, rejects = folder.read()
        (mean,) = [row for row in rows if row["task"] == "inner" and not row["subtask"]]
        assert mean["n_examples"] == 80 and rejects == []

    def test_a_model_that_is_asked_over_a_network_is_named_beside(self, folder, content):
        content["config"]["model_args"] = {"base_url": "http://localhost/v1"}
        folder.add(content)
        rows, _ = folder.read()
        assert {row["model"] for row in rows} == {"EleutherAI/pythia-70m"}


class TestModels:
    @pytest.mark.parametrize(
        "arguments",
        [
            "pretrained=facebook/opt-125m",
            "dtype=float16, pretrained=facebook/opt-125m ,revision=main",
            {"pretrained": "facebook/opt-125m", "revision": "main", "peft": None},
            {"model": "facebook/opt-125m", "max_length": 2048},
        ],
    )
    def test_names(self, folder, arguments):
        folder.add(old(config={"model_args": arguments}))
        assert {row["model"] for row in folder.read()[0]} == {"facebook/opt-125m"}

    def test_the_name_beside_the_arguments(self, folder):
        folder.add(today(config={}, model_name="facebook/opt-125m"))
        assert {row["model_family"] for row in folder.read()[0]} == {"OPT"}

    @pytest.mark.parametrize(
        ("arguments", "name"),
        [
            ("pretrained=me/opt-125m", "me/opt-125m"),
            ("pretrained=me/opt,revision=step9", "me/opt"),
            ("pretrained=me/opt,revision=step9,delta=me/d", "me/opt,delta=me/d"),
            ("pretrained=facebook/opt-125m,peft=me/mine", "facebook/opt-125m,peft=me/mine"),
        ],
    )
    def test_a_name_that_is_not_in_the_table_shows_the_line_to_add(self, folder, arguments, name):
        """Nothing is guessed from a name; one line serves all checkpoints of a model."""
        reject = one_reject(folder, old(config={"model_args": arguments}))
        assert reject["reason"] == "unknown_model"
        quoted = f'"{name}"' if "," in name else name
        line = f"{quoted},<family>,<parameters>,total,<source>"
        assert reject["seen"] == f"add to the table of models: {line}"

    @pytest.mark.parametrize(
        ("arguments", "condition", "tokens"),
        [
            ("EleutherAI/pythia-160m,revision=step1000", "step=1000", 1000 * 2097152),
            ("EleutherAI/pythia-160m,revision=step0", "step=0", 0),
            ("EleutherAI/pythia-160m,revision=main", "", None),
            ("EleutherAI/pythia-160m,revision=fixed", "revision=fixed", None),
            ("facebook/opt-125m,revision=step9", "step=9", None),
            ("allenai/OLMo-7B-hf,revision=step556000-tokens2455B", "step=556000", 2455e9),
            ("allenai/OLMo-2-0425-1B,revision=stage1-step10000-tokens21B", "step=10000", 21e9),
            ("allenai/OLMo-2-0425-1B,revision=stage2-ingredient1-step9", None, None),
        ],
    )
    def test_a_revision_is_a_condition_and_a_step_has_tokens(
        self, folder, arguments, condition, tokens
    ):
        folder.add(old(config={"model_args": f"pretrained={arguments}"}))
        name = arguments.partition(",")[0]
        rows = folder.read()[0]
        said = condition if condition is not None else "revision=stage2-ingredient1-step9"
        found = {(row["model"], row["condition"], row["tokens"]) for row in rows}
        assert found == {(name, said, tokens)}

    def test_a_line_for_one_revision_makes_it_a_model(self, folder):
        name = "facebook/opt-125m,revision=step9"
        folder.add(old(config={"model_args": f"pretrained={name}"}))
        said = {name: {"n_params": "1B", "model_family": "Mine"}}
        rows, _ = folder.read(sizes=said)
        assert {(r["model"], r["condition"], r["scale"]) for r in rows} == {(name, "", 1e9)}

    def test_the_count_in_the_file_is_offered(self, folder):
        config = {"model_args": "pretrained=me/mine", "model_num_parameters": 1234567}
        assert "me/mine,<family>,1234567,total" in one_reject(folder, old(config=config))["seen"]

    def test_the_users_table_is_added_and_wins(self, folder):
        folder.add(old(), "a.json")
        folder.add(old(config={"model_args": "pretrained=me/mine"}), "b.json")
        table = folder.path.parent / "models.csv"
        table.write_text(
            "model,model_family,n_params,scale_kind,source\n"
            "me/mine,Mine,1e9,total,counted\nfacebook/opt-125m,OPT,125239296,total,counted\n"
        )
        rows, rejects = folder.read(models="models.csv")
        assert rejects == []
        assert {(r["model_family"], r["scale"]) for r in rows} == {
            ("Mine", 1e9),
            ("OPT", 125239296),
        }

    def test_a_mistake_in_the_users_table_is_named(self, folder):
        folder.add(old())
        table = folder.path.parent / "models.csv"
        table.write_text("model,model_family,n_params,scale_kind,source\nm,F,7,huge,s\n")
        with pytest.raises(InputError, match=r"models\.csv, line 2.*scale_kind"):
            folder.read(models="models.csv")

    def test_rounded_weights_are_a_condition(self, folder):
        folder.add(old(config={"model_args": "pretrained=facebook/opt-125m,load_in_8bit=True"}))
        assert {row["condition"] for row in folder.read()[0]} == {"load_in_8bit=True"}

    @pytest.mark.parametrize(
        ("config", "reason"),
        [
            ({}, "name_missing"),
            ({"model_args": ""}, "name_missing"),
            ({"model_args": "pretrained="}, "name_missing"),
            ({"model_args": ["pretrained"]}, "wrong_type"),
            ({"model_args": {"pretrained": "\ud800"}}, "not_utf8"),
            ([], "name_missing"),
            ([1], "wrong_type"),
        ],
    )
    def test_files_that_do_not_name_it(self, folder, config, reason):
        assert one_reject(folder, old(config=config))["reason"] == reason


class TestDirections:
    def files(self, folder, *said: bool | None) -> tuple[list[dict], list[dict], Any]:
        for i, value in enumerate(said):
            content = today(groups=None)
            content["results"] = {"t": {"acc,none": 0.5, "own,none": 0.25}}
            content["higher_is_better"] = {"t": {"own": value}}
            folder.add(content, f"{i}.json")
        return folder.gather()

    def test_files_that_disagree(self, folder):
        """Nothing says which is right: no curve of that metric, and the others as ever."""
        rows, rejects, (facts,) = self.files(folder, True, False, None)
        assert [row["metric"] for row in rows] == ["acc"] * 3
        assert [reject["reason"] for reject in rejects] == ["conflicting_directions"] * 3
        assert facts.directions == {}

    def test_files_that_say_nothing(self, folder):
        rows, rejects, (facts,) = self.files(folder, None)
        assert len(rows) == 2 and not rejects and facts.directions == {}

    def test_files_against_the_catalogue(self, folder):
        content = today(higher_is_better={"mmlu_law": {"acc": False}})
        folder.add(content)
        rows, rejects = folder.read()
        (reject,) = [r for r in rejects if r["reason"] == "conflicting_directions"]
        assert reject["source_entry"] == "/results/mmlu_law/acc,none"
        assert reject["seen"] == "the file says lower is better, the catalogue or registry higher"
        assert ("mmlu", "mmlu_law") not in {(row["task"], row["subtask"]) for row in rows}

    def test_no_truth_value(self, folder):
        content = today(higher_is_better={"mine": {"wrongness": "no"}})
        folder.add(content)
        rows, rejects = folder.read()
        assert "wrongness" in {row["metric"] for row in rows}, "no score is lost by it"
        assert {reject["reason"] for reject in rejects} == {"aggregate"}


class TestChance:
    def test_by_entry_or_by_task(self, folder):
        folder.add(today())
        table = folder.path.parent / "chance.csv"
        table.write_text(
            "task,metric,low_score,source\nmmlu,acc,0.25,four choices\n"
            "mmlu_law,acc,0.5,two choices\n"
        )
        rows, _ = folder.read(chance="chance.csv")
        found = {(row["task"], row["subtask"]): row["low_score"] for row in rows}
        assert found["mmlu", ""] == found["mmlu", "mmlu_anatomy"] == 0.25
        assert found["mmlu", "mmlu_law"] == 0.5
        assert found["mine", ""] is None


ONE = today(results={"t": {"acc,none": 1}}, groups=None)


class TestRejects:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "not_json"),
            (b"{", "not_json"),
            (b"\xff\xfe", "not_utf8"),
            (b"[" * 100_000, "nested_too_deeply"),
            (b"[]", "wrong_type"),
            (b"{}", "field_missing"),
            (old(results={}), "no_scores"),
            (old(results=[]), "wrong_type"),
            (old(results={"t": []}), "wrong_type"),
            (old(results={"t": {}}), "no_scores"),
            (old(results={" ": {"acc": 0.5}}), "name_missing"),
            (old(results={"\ud800": {"acc": 0.5}}), "not_utf8"),
            (old(results={"t": {"acc": "0.5"}}), "not_a_number"),
            (old(results={"t": {"acc": True}}), "not_a_number"),
            (old(results={"t": {"acc": [0.5]}}), "wrong_type"),
            (old(results={"t": {"acc": 1e200}}), "out_of_range"),
            (old(results={"t": {"acc_stderr": 0.5}}), "field_missing"),
            (old(results={"t": {"": 0.5}}), "name_missing"),
            (today(results={"t": {",none": 0.5}}, groups=None), "name_missing"),
            (today(results={"t": {"alias": "t"}}, groups=None), "no_scores"),
            (today(groups=[]), "wrong_type"),
            (today(group_subtasks=[]), "wrong_type"),
            (old(config={"model_args": "pretrained=facebook/opt-125m", "limit": "x"}),
             "not_a_number"),
            (b'{"results": {"t": {"acc": 1, "acc": 2}}, "config": {"model_args": "model=gpt2"}}',
             "field_twice"),
            (b'{"results": {"t": {"acc": 1}, "t": {"acc": 2}}}', "field_twice"),
            (b'{"results": {"t": {"acc": 1e999}}, "config": {"model_args": "model=gpt2"}}',
             "out_of_range"),
        ],
    )  # fmt: skip
    def test_one_mistake_is_one_reject(self, folder, content, reason):
        reject = one_reject(folder, content)
        assert reject["reason"] == reason
        assert len(reject["seen"]) <= 200 and reject["seen"].isprintable()

    def test_a_file_of_too_many_entries(self, folder):
        results = {f"t{i}": {"acc": 0.5} for i in range(100_001)}
        assert one_reject(folder, old(results=results))["reason"] == "too_large"

    def test_the_other_scores_of_an_entry_are_read(self, folder):
        folder.add(old(results={"t": {"acc": "x", "acc_norm": 0.5}}))
        rows, rejects = folder.read()
        assert [row["metric"] for row in rows] == ["acc_norm"] and len(rejects) == 1


class TestFiles:
    def test_any_depth_and_order(self, folder):
        names = ["b.json", "a/b/results_2.json", "a/results_1.json"]
        for name in names:
            folder.add(old(), name)
        folder.add(b"{}", "a/samples.jsonl")
        folder.add(b"{}", ".hidden.json")
        rows, rejects, (facts,) = folder.gather()
        assert list(dict.fromkeys(row["source_file"] for row in rows)) == [
            f"results/{name}" for name in sorted(names)
        ]
        assert not rejects and facts.files == 3

    def test_a_single_file(self, folder):
        folder.add(old())
        rows, _ = folder.read(path="results/a.json")
        assert {row["source_file"] for row in rows} == {"results/a.json"}

    def test_the_digest_can_be_pinned(self, folder):
        file = folder.add(old())
        line = f"{hashlib.sha256(file.read_bytes()).hexdigest()}  results/a.json\n"
        digest = hashlib.sha256(line.encode()).hexdigest()
        assert folder.gather(lines_sha256=digest)[2][0].digest == digest
        with pytest.raises(InputError, match="differs from the registry"):
            folder.read(lines_sha256="0" * 64)

    @pytest.mark.parametrize("path", ["nowhere", "nul\0"])
    def test_no_folder(self, folder, path):
        with pytest.raises(InputError, match="cannot be read"):
            folder.read(path=path)

    def test_an_empty_folder(self, folder):
        with pytest.raises(InputError, match="contains no matching file"):
            folder.read()

    def test_columns_have_no_meaning_here(self, folder):
        with pytest.raises(InputError, match="takes no field `columns`"):
            folder.read(columns={"task": "name"})

    @pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
    def test_links_out_of_the_folder_are_not_followed(self, folder):
        folder.add(old())
        (folder.path.parent / "secret.json").write_text(json.dumps(old()))
        (folder.path / "link.json").symlink_to(folder.path.parent / "secret.json")
        (folder.path / "loop").symlink_to(folder.path)
        rows, rejects = folder.read()
        assert len(rows) == 2
        found = {reject["source_file"]: reject["reason"] for reject in rejects}
        assert found == {"results/link.json": "outside_folder", "results/loop": "unreadable"}

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
    def test_a_folder_that_cannot_be_listed(self, folder):
        folder.add(old())
        (folder.path / "closed").mkdir(mode=0)
        rows, rejects = folder.read()
        assert len(rows) == 2 and [reject["reason"] for reject in rejects] == ["unreadable"]

    def test_versions_of_a_task_that_differ_are_said(self, folder):
        for i in range(2):
            folder.add(old(versions={"piqa": i}), f"{i}.json")
        assert folder.gather()[2][0].notes == ("tasks in more than one version: piqa (0, 1)",)


class TestRegistry:
    def load(self, folder, **source):
        sources = [{"kind": "file", "format": "lm-eval", "path": "results", **source}]
        entry = {"title": "t", "synthetic": False, "licence": "l", "citation": ["c"]}
        path = folder.path.parent / "registry.yaml"
        path.write_text(json.dumps({"datasets": {"mine": {**entry, "sources": sources}}}))
        return load_registry([path])["mine"]["sources"][0]

    def test_an_entry(self, folder):
        tables = {"models": "models.csv", "chance": "chance.csv"}
        assert self.load(folder, **tables)["models"] == "models.csv"

    @pytest.mark.parametrize("field", ["chance"])
    def test_tables_that_only_this_format_has(self, folder, field):
        with pytest.raises(InputError, match=f"{field}': belongs to sources of another kind or fo"):
            self.load(folder, format="tidy", **{field: "x.csv"})


class TestToTheCurves:
    """From `emergence check` on the files to what the stages make of the entry."""

    def compute(self, registry: Path, upto: str) -> Study:
        ((name, entry),) = load_registry([registry]).items()
        return Study.compute(name, entry, SETTINGS, registry.parent, upto)

    def test_two_metrics_of_the_same_answers(self, tmp_path):
        """One rises, and so does the oriented other. Then a model joins that only a table knows."""

        def write(size: str, score: float) -> None:
            file = tmp_path / f"my results/EleutherAI__pythia-{size}/results_1.json"
            file.parent.mkdir(parents=True)
            scores = {"alias": "mine", "acc,none": score, "wrongness,none": 1 - score}
            directions = {"mine": {"acc": True, "wrongness": False}}
            samples = {"mine": {"original": 100, "effective": 100}}
            model = {"model_args": f"pretrained=EleutherAI/pythia-{size}"}
            content = {"results": {"mine": scores}, "n-shot": {"mine": 0}, "n-samples": samples}
            content |= {"higher_is_better": directions, "config": model}
            file.write_text(json.dumps(content))

        for i, size in enumerate(["70m", "160m", "410m", "1b", "1.4b"]):
            write(size, round(0.25 + i * i / 50, 2))
        models, registry = tmp_path / "models.csv", tmp_path / "registry.yaml"
        header = "model,model_family,n_params,scale_kind,source"
        models.write_text(f"{header}\nsomebody/else,F,1e9,total,counted\n")
        command = ["check", str(tmp_path / "my results"), "--fix", "--registry", str(registry)]
        assert main([*command, "--id", "mine", "--models", str(models)]) == 0
        curves = {c["metric"]: c for c in self.compute(registry, "measure").curves.to_pylist()}
        right, wrong = curves["acc"], curves["wrongness"]
        assert right["n_examples"] == 100 and right["flags"] == ""
        assert wrong["flags"] == "direction_from_file"
        assert wrong["scores"] == pytest.approx([score - 1 for score in right["scores"]])
        assert wrong["emergence_score"] == pytest.approx(right["emergence_score"])

        write("12b", 0.75)
        models.write_text(f"{header}\nEleutherAI/pythia-12b,Pythia,12e9,nominal,its name\n")
        assert set(self.compute(registry, "measure").curves["n_scales"].to_pylist()) == {6}

    @pytest.mark.system
    @pytest.mark.skipif(
        not (REAL / "lm_eval_opt").is_dir(), reason="the real files are not beside this project"
    )
    def test_the_real_files(self, tmp_path, capsys):
        """OPT and BLOOM as one dataset: 65 tasks, 13 models, 128 curves a family, no reject."""
        folders = [str(REAL / name) for name in ("lm_eval_opt", "lm_eval_bloom")]
        registry = tmp_path / "registry.yaml"
        assert main(["check", *folders, "--fix", "--registry", str(registry), "--id", "open"]) == 0
        assert "1664 entries: 1664 score rows, 0 rejects" in capsys.readouterr().out
        study = self.compute(registry, "decide")
        entries, sizes = study.summary["entries"], study.summary["sizes"]
        assert (entries["rows"], entries["rejects"]) == (1664, 0)
        assert (sizes["tasks"], sizes["models"]) == (65, 13)
        curves = study.curves.to_pylist()
        assert Counter(curve["model_family"] for curve in curves) == {"OPT": 128, "BLOOM": 128}
        unknown = [curve["metric"] for curve in curves if None in curve["n_examples_by_scale"]]
        assert unknown == ["ppl", "ppl"]
        guessing = {c["task"] for c in curves if c["chance"] is None and c["metric"] == "acc"}
        assert guessing == {"arc_challenge", "arc_easy"}
        missing = study.inference["counts_missing"].to_pylist()
        assert Counter(missing) == {None: 254, "not_a_share": 2}
        assert "65 tasks" in page_of(study, top_curves=1)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1.5, 1e151, 10**30, math.nan, math.inf]),
    st.sampled_from(["", " ", "0.5", "N/A", "mmlu", "\ud800", "a\x1b[31m"]),
    st.sampled_from([[], {}, [0.5], {"acc,none": 0.5}, {"mmlu": ["mmlu"]}]),
)


@st.composite
def documents(draw) -> dict[str, Any]:
    """Files of both layouts of which some parts are replaced, renamed or missing."""
    whole = copy.deepcopy(draw(st.sampled_from([old(), today()])))
    for _ in range(draw(st.integers(1, 3))):
        found = paths_of(whole)
        if not found:
            break
        *path, last = draw(st.sampled_from(found))
        part = whole
        for key in path:
            part = part[key]
        if isinstance(part, dict) and draw(st.booleans()):
            value = part.pop(last)
            if draw(st.booleans()):
                part[draw(st.sampled_from(["", "acc", "acc_stderr,none", "a,b,c", "mmlu"]))] = value
        else:
            part[last] = draw(VALUES)
    return whole


@settings(max_examples=100)
@given(documents())
def test_whatever_a_file_holds_it_makes_rows_and_rejects_or_one_refusal(whole):
    """No document ends the run, and each reason is on the closed list."""
    try:
        found = parse(json.dumps(whole).encode(), MODELS)
    except Refused as refused:
        assert refused.reason in REJECT_REASONS
        return
    assert {refused.reason for refused in found.rejects} <= set(REJECT_REASONS)
    pointers = [score.pointer for score in found.scores]
    assert len(set(pointers)) == len(pointers)


@settings(max_examples=60)
@given(whole=documents())
def test_nothing_is_dropped_from_any_file(tmp_path_factory, whole):
    """Entries read = rows + rejects, beside a good file that is read as ever."""
    folder = Folder(tmp_path_factory.mktemp("fuzz") / "results")
    folder.add(old(), "good.json")
    folder.add(whole, "other.json")
    rows, rejects = folder.read()
    # `acc` of the good file may contradict what the other says of it, and then it says so.
    of_good = [e for e in (*rows, *rejects) if e["source_file"] == "results/good.json"]
    assert len(of_good) == 2


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data):
    with pytest.raises(Refused):
        parse(data, {"m": KnownModel("f", 1.0, "total")})


needs_real_files = pytest.mark.skipif(
    not (REAL / "lm_eval_opt").is_dir(), reason="the real files are not beside this project"
)


@needs_real_files
@pytest.mark.parametrize(
    ("name", "family", "models"), [("lm_eval_opt", "OPT", 8), ("lm_eval_bloom", "BLOOM", 5)]
)
def test_the_real_files(name, family, models):
    """65 tasks: 62 with acc and acc_norm, two with acc, lambada with acc and ppl."""
    source = {"kind": "file", "format": "lm-eval", "path": name}
    rows, rejects, (facts,) = gather(read_source(source, REAL, KNOWN))
    assert rejects.num_rows == 0 and facts.files == models
    assert rows.num_rows == models * (62 * 2 + 2 + 2)
    found = rows.to_pylist()
    assert len({row["task"] for row in found}) == 65
    assert {row["model_family"] for row in found} == {family}
    assert len({row["scale"] for row in found}) == models
    assert {row["shots"] for row in found} == {0}
