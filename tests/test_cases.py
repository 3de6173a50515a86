"""Small inputs with properties that real files have (tests/data/cases): what becomes of each.

The numbers are invented. A command that is printed is run on the very file that led to it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import shlex
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.cli import main

CASES = Path(__file__).parent / "data/cases"


@pytest.fixture
def run(command):
    """The command, in a folder with all cases."""
    shutil.copytree(CASES, "cases")
    return command


def scored(run, *arguments: str) -> list[dict]:
    """The curves of files, with their points."""
    status, out, err = run("score", *arguments, "--output", "json")
    assert status == 0, err
    return json.loads(out)


def printed(out: str, part: str) -> list[str]:
    """The command in a message that has some part, without the program."""
    (line,) = [line.strip() for line in out.splitlines() if part in line and "emergence " in line]
    return shlex.split(line[line.index("emergence ") :])[1:]


class TestHarness:
    def test_standard_errors_that_say_nothing(self, run):
        """`[]`, `"N/A"` and NaN: the score counts. A NaN score is a missing point, and counted."""
        curves = {(c["task"], c["metric"]): c for c in scored(run, "cases/b-na-nan")}
        assert curves["arc_easy", "acc"]["n_scales"] == 5
        assert curves["arc_easy", "acc_norm"]["n_examples"] == 2376
        assert curves["eclektic", "eclektic_transfer"]["n_scales"] == 5
        assert curves["truthfulqa_mc2", "acc"]["n_scales"] == 4
        assert curves["wikitext", "word_perplexity"]["n_scales"] == 4
        assert curves["wikitext", "word_perplexity"]["shots"] is None
        _, out, _ = run("check", "cases/b-na-nan")
        assert "25 score rows, 0 rejects" in out and "lost:" not in out

    def test_what_is_unusable_beside_a_score_is_noted(self, run):
        path = Path("cases/b-na-nan/opt-125m/results_2024-01-26T10-00-00.json")
        text = path.read_text().replace('"acc_stderr,none": []', '"acc_stderr,none": -1')
        path.write_text(text.replace('"arc_easy": 0', '"arc_easy": "few"'))
        _, out, _ = run("check", "cases/b-na-nan")
        assert "25 score rows, 0 rejects" in out
        assert "values beside scores (standard errors, shots, examples) cannot be used" in out

    def runs(self, day: str) -> list[float]:
        """Accuracies of a day's runs, in the order of model size."""
        sizes = ("125m", "350m", "1.3b", "2.7b", "6.7b")
        found = []
        for size in sizes:
            (path,) = Path(f"cases/c-reruns/facebook__opt-{size}").glob(f"results_{day}*.json")
            found.append(json.loads(path.read_text())["results"]["hellaswag"]["acc,none"])
        return found

    @pytest.mark.parametrize("repeated", ["newest", "mean", "reject"])
    def test_models_evaluated_twice(self, run, repeated):
        """By default no curve is lost; what was done is said, with the other choices."""
        options = () if repeated == "newest" else ("--repeated", repeated)
        found = {c["metric"]: c["scores"] for c in scored(run, "cases/c-reruns", *options)}
        status, out, _ = run("check", "cases/c-reruns", *options)
        assert status == 0 and len(found["acc_norm"]) == 5
        if repeated == "reject":
            assert "acc" not in found
            assert out.splitlines()[-1] == "lost: 10 of 20 entries: 10 conflicting_duplicates"
            return
        older, newer = self.runs("2025-05-10"), self.runs("2025-05-11")
        means = [(a + b) / 2 for a, b in zip(older, newer, strict=True)]
        assert found["acc"] == pytest.approx(newer if repeated == "newest" else means, abs=1e-12)
        assert newer != pytest.approx(older, abs=1e-6)
        assert "several runs give 5 scores with different values" in out
        others = {"newest", "mean", "reject"} - {repeated}
        assert all(f"--repeated {other}" in out for other in others)
        assert out.splitlines()[-1].startswith("no score is lost")

    def test_a_newer_run_without_a_number_takes_none_away(self, run):
        for path in Path("cases/c-reruns").glob("*/results_2025-05-11*.json"):
            document = json.loads(path.read_text())
            document["results"]["hellaswag"]["acc,none"] = float("nan")
            path.write_text(json.dumps(document))
        found = {c["metric"]: c["scores"] for c in scored(run, "cases/c-reruns")}
        assert found["acc"] == self.runs("2025-05-10")

    def test_runs_without_a_date_are_averaged(self, run):
        for path in Path("cases/h-stderr/run1").iterdir():
            document = json.loads(path.read_text())
            document["results"]["crows_pairs_english"]["likelihood_difference"] += 0.5
            path.write_text(json.dumps(document))
        (curve,) = scored(run, "cases/h-stderr")
        _, out, _ = run("check", "cases/h-stderr")
        assert "their mean counts, since nothing says which run is the newest" in out
        of_one = scored(run, "cases/h-stderr/run0")[0]["scores"]
        turned = 1 if curve["scores"][0] > of_one[0] else -1  # where lower is better
        assert curve["scores"] == pytest.approx([score + 0.25 * turned for score in of_one])

    def test_standard_errors_that_differ(self, run):
        """One row a score, flagged; its standard error is unknown."""
        (curve,) = scored(run, "cases/h-stderr")
        assert curve["n_scales"] == 5 and "beside_differs" in curve["flags"]
        _, out, _ = run("check", "cases/h-stderr")
        assert "5 scores given more than once, with different standard errors" in out
        assert out.splitlines()[-1].startswith("no score is lost")

    def test_groups_of_0_4_0(self, run):
        """A group is a task, its members are subtasks; a group within it is no third thing."""
        curves = scored(run, "cases/j-v040-groups")
        assert {(c["task"], c["subtask"]) for c in curves} == {
            ("mmlu", ""),
            ("mmlu", "mmlu_philosophy"),
            ("mmlu", "mmlu_prehistory"),
            ("mmlu", "mmlu_anatomy"),
        }
        assert {c["shots"] for c in curves} == {5}, "0.4.0 writes 0 for the group itself"
        assert {c["n_scales"] for c in curves} == {5}
        for path in Path("cases/j-v040-groups").iterdir():
            path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
        again = scored(run, "cases/j-v040-groups")
        assert [c["curve_id"] for c in again] == [c["curve_id"] for c in curves]

    def test_a_folder_that_says_the_shots(self, run):
        for name in ("zero-shot", "five-shot"):
            Path("shots", name).mkdir(parents=True)
            for path in Path("cases/h-stderr/run0").iterdir():
                document = json.loads(path.read_text())
                document["config"]["num_fewshot"] = None
                Path("shots", name, path.name).write_text(json.dumps(document))
        assert sorted(c["shots"] for c in scored(run, "shots")) == [0, 5]


class TestOtherTools:
    @pytest.mark.parametrize(
        ("case", "said"),
        [
            ("e-openllm", "the first Open LLM Leaderboard"),
            ("f-helm", "results of HELM"),
            ("g-olmes", "metrics of OLMES"),
        ],
    )
    def test_they_are_named_with_what_to_do(self, run, case, said):
        """As a folder, and each file."""
        for path in (Path("cases", case), *sorted(Path("cases", case).rglob("*.json"))):
            for verb in ("check", "report"):
                status, out, err = run(verb, path)
                assert (status, out) == (1, "")
                assert said in err and "with the columns task, metric, model_family" in err

    @pytest.mark.parametrize(
        ("document", "said"),
        [
            ({"config_general": {}, "results": {"lighteval|a|0": {}}}, "results of lighteval"),
            ({"version": 2, "status": "success", "eval": {}}, "a log of Inspect"),
            ({"results": [{"task_name": "a", "prompt_name": "b", "acc": 1}]}, "BigScience"),
            ({"eval_metrics": {"icl": {}}, "model": "m"}, "llm-foundry or OpenLM"),
            ({"metrics/a/0-shot/Accuracy": 0.5}, "llm-foundry or OpenLM"),
            ({"adapter_spec": {}, "scenario_spec": {}}, "results of HELM"),
        ],
    )
    def test_further_layouts(self, run, document, said):
        Path("f").mkdir()
        Path("f/a.json").write_text(json.dumps(document))
        for path in ("f", "f/a.json"):
            status, _, err = run("check", path)
            assert status == 1 and said in err


def eval_ever(model: str, score: float, **more) -> dict:
    """An aggregate file of Every Eval Ever, schema 0.3."""
    return {
        "schema_version": "0.3.0",
        "evaluation_id": f"riddles/{model}/1",
        "retrieved_timestamp": "1750000001",
        "source_metadata": {"source_name": "x", "source_type": "documentation"},
        "eval_library": {"name": "lm_eval", "version": "0.4.9"},
        "model_info": {"name": model, "id": model, "additional_details": {}},
        "evaluation_results": [
            {
                "evaluation_name": "riddles",
                "source_data": {"dataset_name": "riddles", "source_type": "hf_dataset"},
                "metric_config": {
                    "evaluation_description": "exact_match (filter: strict)",
                    "lower_is_better": False,
                    "score_type": "continuous",
                },
                "score_details": {
                    "score": score,
                    "uncertainty": {"standard_error": {"value": 0.05}, "num_samples": 100},
                },
                "generation_config": {"additional_details": {"num_fewshot": "5"}},
            }
        ],
        **more,
    }


class TestEveryEvalEver:
    def write(self, name: str, document: dict) -> None:
        path = Path("eee", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))

    def test_scores_with_all_that_stands_beside_them(self, run):
        for i, size in enumerate(("125m", "350m", "1.3b", "2.7b")):
            self.write(f"{size}.json", eval_ever(f"facebook/opt-{size}", i / 10))
        status, out, _ = run("check", "eee")
        assert status == 0 and "eee: format every-eval, 4 files, 4 entries" in out
        (curve,) = scored(run, "eee")
        assert (curve["task"], curve["metric"]) == ("riddles", "exact_match")
        assert (curve["condition"], curve["shots"]) == ("filter=strict", 5)
        assert curve["n_examples"] == 100 and curve["scores"] == [0.0, 0.1, 0.2, 0.3]
        assert run("report", "eee")[0] == 0

    def test_a_kind_of_metric_and_levels(self, run):
        document = eval_ever("facebook/opt-125m", -1)
        config = {"metric_kind": "accuracy", "metric_id": "x", "lower_is_better": False}
        config |= {"score_type": "levels", "has_unknown_level": True}
        document["evaluation_results"][0]["metric_config"] = config
        self.write("a.json", document)
        (curve,) = scored(run, "eee/a.json")
        assert curve["metric"] == "accuracy" and curve["n_scales"] == 0

    def test_a_size_in_the_file_stands_in_the_line_to_fill_in(self, run):
        details = {"additional_details": {"params_billions": "8.5"}}
        self.write("a.json", eval_ever("me/a", 0.5, model_info={"id": "me/a", **details}))
        status, out, _ = run("check", "eee")
        assert status == 1
        status, out, _ = run(*printed(out, "--missing-models"))
        assert status == 0
        assert Path("models.csv").read_text().splitlines()[1] == "me/a,,8500000000,total,"
        status, out, _ = run(*printed(out, "--sizes"))
        assert status == 0 and "unnamed: me/a (8.5e+09)" in out

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"evaluation_results": []}, "no_scores"),
            ({"evaluation_results": [1]}, "wrong_type"),
            ({"evaluation_results": [{"evaluation_name": "a"}]}, "field_missing"),
            ({"model_info": {}}, "field_missing"),
        ],
    )
    def test_what_cannot_be_used(self, run, change, reason):
        self.write("a.json", eval_ever("facebook/opt-125m", 0.5, **change))
        status, out, _ = run("check", "eee")
        assert status == 1 and f"1 rejected as {reason}" in out


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1.5, 1e151, 10**30, math.nan, math.inf]),
    st.sampled_from(["", " ", "0.5", "N/A", "a (filter: \ud800)", "a\x1b[31m", "9" * 400]),
    st.sampled_from([[], {}, [0.5], {"value": "x"}, {"id": "me/a"}]),
)


def paths_of(value, path: tuple = ()) -> list[tuple]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for key, part in items if isinstance(value, (dict, list)) else ():
        if isinstance(part, (dict, list)):
            found += paths_of(part, (*path, key))
        else:
            found.append((*path, key))
    return found


@given(st.data())
def test_whatever_stands_in_a_file_each_entry_is_a_row_or_a_reject(tmp_path_factory, data):
    """One value of a file of Every Eval Ever is another one."""
    document = eval_ever("facebook/opt-125m", 0.5)
    *folders, last = data.draw(st.sampled_from(paths_of(document)))
    at = document
    for key in folders:
        at = at[key]
    at[last] = data.draw(ANYTHING)
    path = tmp_path_factory.mktemp("fuzz") / "a.json"
    path.write_text(json.dumps(document))
    for verb in ("check", "score"):
        assert main([verb, str(path), "--format", "every-eval"]) in (0, 1)


@given(st.text(alphabet='model,mmlu\n0.1%é;7B"', max_size=80))
def test_no_wide_table_ends_with_a_traceback(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_text("model,n_params,model_family,mmlu\n" + text)
    for options in ((), ("--wide", "--constant", "metric=acc"), ("--wide", "--percent")):
        assert main(["check", str(path), *options]) in (0, 1)


class TestTables:
    @pytest.mark.parametrize(
        ("case", "part", "curves"),
        [("prompts", "--condition prompt_name", 2), ("seeds", "--column replicate=seed", 1)],
    )
    def test_what_tells_scores_apart_is_proposed(self, run, case, part, curves):
        for verb in ("check", "report"):
            _, out, _ = run(verb, f"cases/csv/{case}.csv")
            status, out, _ = run(*printed(out, part))
            assert status == 0
        assert f"made:     {curves} scale curve" in out
        if case == "seeds":
            assert "3 replicates (seeds or runs): 0, 1, 2 are averaged on 1 of 1 curve" in out
            assert "these curves are tested as bounded scores" in out
            text = Path("emergence-report/tables/pooled.csv").read_text()
            (row,) = csv.DictReader(io.StringIO(text))
            assert (row["p_rise_missing"], row["p_rise"] != "") == ("", True)
        else:
            found = scored(run, "cases/csv/prompts.csv", "--condition", "prompt_name")
            assert {c["condition"] for c in found} == {
                "prompt_name=GPT-3 style",
                "prompt_name=does it follow",
            }

    def test_two_models_of_one_size(self, run):
        """Said before they are averaged, wherever a number is printed."""
        text = (
            "2 models of RWKV have the same size (14B) and are averaged to one point of its curves"
        )
        for verb in ("check", "report", "score"):
            status, out, err = run(verb, "cases/csv/same-size.csv")
            assert status == 0 and text in out + err

    def test_sizes_in_billions(self, run):
        for verb in ("check", "report", "score"):
            status, out, err = run(verb, "cases/csv/billions.csv")
            assert (
                status == 0 and "Is 0.35 the number" in out + err and "--size-unit B" in out + err
            )
        (curve,) = scored(run, "cases/csv/billions.csv", "--size-unit", "B")
        assert curve["scales"] == [0.35e9, 1.3e9, 7e9, 13e9, 70e9]
        assert (
            "the number of parameters?"
            not in run("check", "cases/csv/billions.csv", "--size-unit", "B")[1]
        )

    def test_percents_among_fractions(self, run):
        text = "scores outside 0 to 1: 2 of acc, a share of examples, go from 45 to 70. Percent?"
        for verb in ("check", "report", "score"):
            status, out, err = run(verb, "cases/csv/percent-mix.csv")
            assert status == 0 and text in out + err

    def test_a_wide_table(self, run):
        _, _, err = run("check", "cases/csv/wide-model.csv")
        assert run(*printed(err, "--wide"))[0] == 0
        assert Path("models.csv").is_file()
        sizes = ("--size", "me/a=1B,Mine", "--size", "me/b=7B,Mine")
        options = ("--wide", "--constant", "metric=acc", *sizes)
        assert len(scored(run, "cases/csv/wide-model.csv", *options)) == 2


class TestOptions:
    def test_the_points_of_curves(self, run):
        file = "cases/csv/same-size.csv"
        status, out, _ = run("score", file, "--points", "--output", "csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert status == 0 and [row["scores"] for row in rows] == ["0.2", "0.25", "0.3", "0.55"]
        _, out, _ = run("score", file, "--points")
        assert "rwkv-4-14b = rwkv-raven-14b" in out
        (curve,) = scored(run, file)
        assert curve["scores"] == [0.2, 0.25, 0.3, 0.55] and len(curve["models"]) == 4

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--size", "nobody=1B"), "no score has the model 'nobody'"),
            (("--size", "rwkv-4-3b=7B"), "the file says that 'rwkv-4-3b' has 3e+09 parameters"),
            (("--repeated", "mean"), "belongs to the format"),
            (("--condition", "nothing"), "there is no column 'nothing'"),
        ],
    )
    def test_that_do_not_apply_are_errors(self, run, options, said):
        for verb in ("check", "score", "report"):
            status, out, err = run(verb, "cases/csv/same-size.csv", *options)
            assert (status, out) == (1, "") and said in err

    def test_a_choice_that_is_none(self, run):
        status, _, err = run("check", "cases/c-reruns", "--repeated", "oldest")
        assert status == 1 and "Allowed: mean, newest, reject" in err

    def test_after_rejects_the_last_line_says_what_is_lost(self, run):
        table = Path("cases/csv/same-size.csv")
        table.write_text(table.read_text() + "qa,acc,RWKV,x,1e9,high,1000,0\n")
        _, out, _ = run("check", table)
        assert "nothing is missing" not in out
        assert out.splitlines()[-1] == "lost: 1 of 6 entries: 1 not_a_number"
