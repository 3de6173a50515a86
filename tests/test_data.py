"""The committed data: what the tables must hold, and that they hold what was published."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

import emergence.facts
from emergence.facts import (
    ANNOTATIONS,
    CHANCE_LEVELS,
    EMERGENT_ANNOTATIONS,
    HUMAN_SCORES,
    METRIC_CATALOG,
    MODEL_SIZES,
    TASK_INVENTORY,
    FactsTable,
    metrics,
    read_facts,
)
from emergence.registry import load_registry
from emergence.sources.tidy import lines_sha256

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "data/facts"
BUNDLED = ROOT / "data/bigbench-lite/scores.csv"

#: The published figures from which the tables were made; a fresh machine has only the project.
PUBLISHED = ROOT.parent / "shared/data"

#: Metrics in the catalogue that are not BIG-bench's: lm-evaluation-harness's and Mirage's.
ADDED = {
    *("acc", "acc_bytes", "acc_mutual_info", "acc_norm", "bits_per_byte", "brier_score"),
    *("byte_perplexity", "chrf", "chrf++", "exact_match", "inst_level_loose_acc"),
    *("inst_level_strict_acc", "mc1", "mc2", "mcc", "perplexity", "ppl"),
    *("prompt_level_loose_acc", "prompt_level_strict_acc", "ter", "token_edit_distance"),
    *("em", "likelihood_diff", "math_verify", "pass@1", "pass_at_1", "pct_stereotype"),
    *(
        f"{of}_{kind}"
        for of in ("bleu", "rouge1", "rouge2", "rougeL")
        for kind in ("acc", "diff", "max")
    ),
    *("mean_squared_error", "per_digit_accuracy", "per_digit_brier_score"),
    *("per_digit_log_likelihood", "share_reconstructed", "subset_accuracy", "word_perplexity"),
}

#: Tables that nobody published as such.
OURS = ("chance_levels", "model_sizes")

#: Each table with its declaration and its number of rows.
TABLES = {
    "emergent_annotations": (EMERGENT_ANNOTATIONS, 209),
    "human_scores": (HUMAN_SCORES, 1728),
    "metric_catalog": (METRIC_CATALOG, 97),
    "chance_levels": (CHANCE_LEVELS, 133),
    "model_sizes": (MODEL_SIZES, 78),
    "task_inventory": (TASK_INVENTORY, 1083),
}


@pytest.fixture(scope="module")
def facts():
    """All facts tables by name, read and checked."""
    return {name: read_facts(FACTS / f"{name}.csv", table) for name, (table, _) in TABLES.items()}


@pytest.fixture(scope="module")
def registry():
    """The project's registry."""
    schema = json.loads((ROOT / "workflow/schemas/registry.schema.json").read_text("utf-8"))
    return load_registry([ROOT / "data/datasets.yaml"], schema)


@pytest.fixture(scope="module")
def scores():
    """Rows of the bundled table, as text."""
    with BUNDLED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestFacts:
    @pytest.mark.parametrize("name", TABLES)
    def test_each_table_loads_with_all_its_rows(self, facts, name):
        """Unique keys and allowed values are checked on reading."""
        assert len(facts[name]) == TABLES[name][1]

    def test_no_table_is_without_a_declaration_that_guards_it(self):
        """A table is declared under its own name; whoever adds one must say what it may hold."""
        for path in FACTS.glob("*.csv"):
            table = getattr(emergence.facts, path.stem.upper(), None)
            assert isinstance(table, FactsTable), f"{path.name} has no declaration in facts.py"
            assert read_facts(path, table)

    def test_the_annotations_are_those_of_the_paper(self, facts):
        """Wei 2022 lists 67 emergent tasks of BIG-bench."""
        found = Counter(row["category"] for row in facts["emergent_annotations"])
        assert found["emergent"] == 67
        assert set(found) <= set(ANNOTATIONS)

    def test_an_emergent_task_says_in_which_family_and_size_it_emerged(self, facts):
        for row in facts["emergent_annotations"]:
            named = bool(row["model_family"]) and bool(row["model_size"])
            assert named == (row["category"] == "emergent"), row

    def test_annotated_tasks_are_tasks_of_the_inventory(self, facts):
        """A misspelt task is annotated in vain."""
        known = {row["task"] for row in facts["task_inventory"]}
        assert {row["task"] for row in facts["emergent_annotations"]} <= known

    def test_every_metric_that_a_task_declares_is_in_the_catalogue(self, facts):
        """``rouge`` is declared for the three that are computed. (Human scores name more:
        programmatic tasks report their parts under names of their own.)
        """
        known = {row["metric"] for row in facts["metric_catalog"]}
        named = set()
        for row in facts["task_inventory"]:
            named |= {*row["metrics"], *row["implicit_metrics"], *row["preferred_score"]}
        assert named - known == {"rouge"}
        assert {"rouge1", "rouge2", "rougeLsum"} <= known

    def test_preferred_metrics_are_counted_as_the_inventory_has_them(self, facts):
        """A typing error in a name would leave its count behind."""
        preferred = {(r["task"], m) for r in facts["task_inventory"] for m in r["preferred_score"]}
        counted = Counter(metric for _, metric in preferred)
        for row in facts["metric_catalog"]:
            assert (row["n_tasks_preferred"] or 0) == counted[row["metric"]], row["metric"]

    def test_only_metrics_of_group_other_may_lack_a_direction(self, facts):
        """Whether a metric is continuous was read off its definition, and so is its direction."""
        for row in facts["metric_catalog"]:
            if row["higher_is_better"] is None:
                assert row["metric_group"] == "other", row["metric"]

    def test_shares_of_examples_lie_between_0_and_1(self, facts):
        for row in facts["metric_catalog"]:
            if row["is_share_of_examples"]:
                assert row["range"].startswith("[0,1]"), row["metric"]

    def test_a_model_family_has_each_size_under_one_name_and_an_owner(self, facts):
        """Two names of one model (an organisation was renamed) must agree in everything."""
        by_name = {}
        for row in facts["model_sizes"]:
            content = (row["model_family"], row["n_params"], row["scale_kind"])
            assert by_name.setdefault(row["model"].split("/")[-1], content) == content

    def test_chance_levels_are_shares_of_metrics_that_are_shares(self, facts):
        known = metrics(facts["metric_catalog"], {})
        for row in facts["chance_levels"]:
            assert 0 <= row["low_score"] <= 0.5, row
            assert known[row["metric"]].is_share_of_examples, row

    def test_the_metrics_whose_direction_the_conclusions_hang_on(self, facts):
        direction = {r["metric"]: r["higher_is_better"] for r in facts["metric_catalog"]}
        assert direction["multiple_choice_grade"] is True
        assert direction["calibration_multiple_choice_brier_score"] is False
        assert direction["expected_calibration_error"] is False


class TestBundledScores:
    def test_how_many(self, scores):
        assert len(scores) == 852
        assert len({row["task"] for row in scores}) == 18
        assert len({(row["model_family"], row["model"]) for row in scores}) == 51
        models = {(row["model_family"], row["model"]) for row in scores}
        assert Counter(family for family, _ in models) == {
            "BIG-G T=0": 12,
            "BIG-G T=1": 12,
            "BIG-G sparse": 10,
            "GPT": 8,
            "Gopher": 6,
            "PaLM": 3,
        }

    def test_no_score_stands_twice_and_no_cell_is_blank_but_unknown_examples(self, scores):
        keys = Counter((row["task"], row["model_family"], row["model"]) for row in scores)
        assert max(keys.values()) == 1
        for row in scores:
            blank = {name for name, cell in row.items() if not cell}
            assert blank == ({"n_examples"} if row["model_family"] == "Gopher" else set()), row

    def test_a_task_has_one_metric_and_a_model_one_size(self, scores):
        assert len({(row["task"], row["metric"]) for row in scores}) == 18
        sizes = {(row["model_family"], row["model"], row["n_params"]) for row in scores}
        assert len(sizes) == 51

    def test_scores_and_chance_levels_are_shares(self, scores):
        for row in scores:
            assert 0 <= float(row["score"]) <= 1
            assert 0 <= float(row["low_score"]) < 1

    def test_chance_is_what_guessing_scores(self, scores, facts):
        """0 where text is generated; else one of the number of choices, on the average."""
        choices = {
            row["task"]: row["mean_n_choices"]
            for row in facts["task_inventory"]
            if not row["subtask"]
        }
        for task, metric, low in {(r["task"], r["metric"], r["low_score"]) for r in scores}:
            if metric == "exact_str_match":
                assert float(low) == 0, task
            else:
                assert 0 < float(low) <= 0.5, task
                # The mean of 1/K is at least 1 over the mean of K.
                assert float(low) >= 1 / choices[task] - 0.01, task

    def test_chance_belongs_to_the_task_and_not_to_the_model(self, scores):
        assert len({(row["task"], row["low_score"]) for row in scores}) == 18

    def test_score_times_examples_is_a_whole_number_of_right_answers(self, scores):
        """Both metrics are shares: a score that is no such share would be another number."""
        for row in scores:
            if row["n_examples"]:
                n = int(row["n_examples"])
                right = Fraction(row["score"]) * n
                assert abs(right - round(right)) < Fraction(n, 10**6), row

    def test_no_more_examples_than_were_scored_or_than_there_are(self, scores, facts):
        """BIG-G scored at most 1024 examples a task; GPT and PaLM at most 1000."""
        known = {r["task"]: r["n_examples"] for r in facts["task_inventory"] if not r["subtask"]}
        for row in scores:
            if row["n_examples"]:
                cap = 1024 if row["model_family"].startswith("BIG-G") else 1000
                assert 0 < int(row["n_examples"]) <= min(cap, known[row["task"]]), row

    def test_every_metric_is_classed(self, scores, facts):
        known = metrics(facts["metric_catalog"], {})
        for name in {row["metric"] for row in scores}:
            assert known[name].flags == (), name
            assert known[name].is_share_of_examples, name

    def test_every_task_is_in_the_inventory_with_this_preferred_metric(self, scores, facts):
        preferred = {
            r["task"]: r["preferred_score"] for r in facts["task_inventory"] if not r["subtask"]
        }
        for task, metric in {(row["task"], row["metric"]) for row in scores}:
            assert metric in preferred[task], task

    def test_tasks_with_subtasks_are_left_out(self, scores, facts):
        with_subtasks = {r["task"] for r in facts["task_inventory"] if r["subtask"]}
        assert {row["task"] for row in scores} & with_subtasks == set()

    def test_the_registry_names_this_file_by_its_checksum(self, registry):
        (source,) = registry["bigbench-lite"]["sources"]
        assert source["lines_sha256"] == lines_sha256(BUNDLED.read_bytes())


class TestRegistry:
    def test_every_metric_of_a_dataset_in_the_project_is_classed_or_declared(self, registry, facts):
        """An unclassed metric would be taken as higher-is-better, which must be said aloud."""
        for name, entry in registry.items():
            known = metrics(facts["metric_catalog"], entry.get("metrics", {}), name)
            for source in entry["sources"]:
                path = Path(entry["registry"]) / source.get("path", "")
                if source["kind"] != "bundled" or path.suffix != ".csv":
                    continue
                column = source.get("columns", {}).get("metric", "metric")
                with path.open(encoding="utf-8-sig", newline="") as file:
                    used = {row[column] for row in csv.DictReader(file)}
                assert {metric for metric in used if known[metric].flags} == set(), name

    def test_every_bundled_file_is_in_the_project_and_named_by_its_checksum(self, registry):
        for entry in registry.values():
            for source in entry["sources"]:
                if source["kind"] == "bundled":
                    path = (Path(entry["registry"]) / source["path"]).resolve()
                    assert path.is_relative_to(ROOT), path
                    assert source["lines_sha256"] == lines_sha256(path.read_bytes())

    def test_who_cites_a_dataset_finds_year_and_name(self, registry):
        for name, entry in registry.items():
            for text in entry["citation"]:
                assert re.search(r"\b(19|20)\d\d\b", text), name
            assert "\n" not in entry["title"], name


@pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published figures are not beside this project (../shared)"
)
class TestAgainstThePublishedFigures:
    @pytest.mark.parametrize("name", [name for name in TABLES if name not in OURS])
    def test_facts(self, name):
        """A correction of a published figure is a new row here, with its reason."""
        ours, theirs = (rows_of(folder / f"{name}.csv") for folder in (FACTS, PUBLISHED))
        added = ADDED if name == "metric_catalog" else set()
        assert [row for row in ours if row[0] not in added] == theirs
        assert added <= {row[0] for row in ours}

    def test_prompting_strategies(self):
        """The published columns are unchanged; sizes of test sets and chance stand beside."""
        ours = list(csv.DictReader((ROOT / "data/prompting-strategies/scores.csv").open()))
        theirs = list(csv.DictReader((PUBLISHED / "chain_of_thought_scores.csv").open()))
        assert [{name: row[name] for name in theirs[0]} for row in ours] == theirs
        sizes = {"gsm8k": "1319", "svamp": "1000", "asdiv": "2096", "aqua": "254", "mawps": ""}
        assert {row["task"]: row["n_examples"] for row in ours} == sizes
        assert {row["task"] for row in ours if float(row["low_score"])} == {"aqua"}

    def test_scores(self):
        assert rows_of(BUNDLED) == rows_of(PUBLISHED / "bigbench_lite_scores.csv")

    @pytest.mark.parametrize(
        "name", ["open_models_metric_pairs.csv", "lm_eval_opt", "lm_eval_bloom"]
    )
    def test_what_the_project_may_not_carry_is_not_in_it(self, name):
        """Their licences let us read them where they are, and no more."""
        path = PUBLISHED / name
        files = [path] if path.is_file() else sorted(path.iterdir())
        assert files
        forbidden = {digest(file) for file in files}
        for file in (ROOT / "data").rglob("*"):
            if file.is_file() and not {"raw", "processed"} & set(file.parts):
                assert digest(file) not in forbidden, file
        assert not list((ROOT / "data").rglob(name))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return [header, *sorted(rows)]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
