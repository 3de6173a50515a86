"""The committed data: what the tables must hold, and that they hold what was published."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from math import log
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from emergence import Study
from emergence.facts.emergent_annotations import ANNOTATIONS
from emergence.facts.metric_catalog import metrics
from emergence.facts.reading import FactsTable
from emergence.registry import load_registry
from emergence.sources import read_source
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.pool import pool

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "emergence/facts"

#: BIG-bench Lite's scores of BIG-G T=0 on its multiple-choice tasks, gathered by others.
LITE = ROOT / "tests/data/bigbench_lite_scores.csv"

#: The published figures from which the tables were made; a fresh machine has only the project.
PUBLISHED = ROOT.parent / "shared/data"

#: Metrics in the catalogue that are not BIG-bench's: lm-evaluation-harness's, those of the
#: datasets here, and Mirage's.
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
    *("log_prob_among_choices", "prob_correct", "target_brier"),
    *(
        "edit_similarity",
        "pass@10",
        "pass@100",
        "log_prob_correct",
        "margin",
        "multiple_choice_brier",
    ),
    "prob_correct_raw",
}

#: Tables that nobody published as such.
OURS = ("chance_levels", "model_sizes")

#: Each table with its number of rows.
TABLES = {
    "emergent_annotations": 209,
    "human_scores": 1728,
    "metric_catalog": 107,
    "chance_levels": 133,
    "model_sizes": 227,
    "task_inventory": 1083,
}


@dataclass(frozen=True)
class Bundled:
    """What a bundled table of real scores must hold.

    Attributes
    ----------
    rows, tasks : int
    metrics : dict
        Number of scores under each metric.
    models : dict
        Number of models of each family.
    rounding : float
        By how much a score may differ from a share of its examples: half a unit of the last
        place, as the source or the table writes it.
    """

    rows: int
    tasks: int
    metrics: dict[str, int]
    models: dict[str, int]
    rounding: float


BUNDLED = {
    "bigbench-public": Bundled(
        rows=1764,
        tasks=94,
        metrics={"multiple_choice_grade": 1539, "exact_str_match": 225},
        models={
            **{"BIG-G T=0": 12, "BIG-G T=1": 12, "BIG-G sparse": 10},
            **{"GPT": 8, "Gopher": 6, "PaLM": 3},
        },
        # Of a double, and of its shortest text.
        rounding=2.0**-53,
    ),
    "metric-pairs": Bundled(
        rows=1930,
        tasks=22,
        metrics={
            **{"acc": 303, "acc_norm": 300, "prob_correct": 325, "log_prob_among_choices": 325},
            **{"bits_per_byte": 325, "target_brier": 278, "exact_str_match": 37, "bleu": 37},
        },
        models={
            **{"OLMo-ladder": 25, "Pythia": 8, "OPT": 8, "Qwen1.5": 6, "GPT-Neo/J": 5},
            **{"BLOOM": 4, "Llama": 4, "StarCoder": 4, "XGLM": 4},
        },
        # Of the single precision of the ladder's source.
        rounding=2.0**-25,
    ),
    "open-lm": Bundled(
        rows=4784,
        tasks=46,
        metrics={"acc": 3432, "exact_match": 1352},
        models={"OpenLM C4": 34, "OpenLM RedPajama": 35, "OpenLM RefinedWeb": 35},
        # Of ten decimals.
        rounding=0.5e-10,
    ),
}

#: Tasks of the audit in bigbench-public whose best accuracy beats chance over the whole
#: benchmark: the result log `audit_table.json` that the dataset's README names.
KEPT_BY_THE_AUDIT = {
    *("simple_arithmetic_json_multiple_choice", "general_knowledge", "human_organs_senses"),
    *("simple_ethical_questions", "date_understanding", "hindu_knowledge", "riddle_sense"),
    *("nonsense_words_grammar", "ruin_names", "physics", "figure_of_speech_detection"),
    *("identify_math_theorems", "reasoning_about_colored_objects", "implicit_relations"),
    *("physical_intuition", "vitaminc_fact_verification", "discourse_marker_prediction"),
    *("play_dialog_same_or_different", "social_iqa", "strategyqa", "implicatures"),
    *("emojis_emotion_prediction", "metaphor_boolean", "fantasy_reasoning"),
}


def rows_in(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV or parquet file as text, with every digit; what is null is empty."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    rows = pq.read_table(path).to_pylist()
    return [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]


def readme(name: str) -> str:
    """The text beside a bundled dataset."""
    return (ROOT / "data" / name / "README.md").read_text(encoding="utf-8")


def markdown_table(name: str, header: str) -> list[list[str]]:
    """Cells of the table in a dataset's README whose first line begins so."""
    text = readme(name)
    assert text.count(f"\n{header}") == 1, header
    lines = text[text.index(f"\n{header}") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def tasks_named(name: str, beginning: str, rows: Sequence[dict[str, str]]) -> set[str]:
    """Tasks that the sentence of a dataset's README names which begins so."""
    text = readme(name)
    assert text.count(beginning) == 1, beginning
    sentence = re.split(r"\.\s", text[text.index(beginning) :])[0]
    return set(re.findall(r"\w+", sentence)) & {row["task"] for row in rows}


@pytest.fixture(scope="module")
def facts():
    """All facts tables by name, read and checked: each is declared in a module of its name."""
    found = {}
    for path in FACTS.glob("*.py"):
        module = import_module(f"emergence.facts.{path.stem}")
        declared = [value for value in vars(module).values() if isinstance(value, FactsTable)]
        assert [table.name for table in declared] in ([], [path.stem])
        found |= {table.name: table.rows for table in declared}
    return found


@pytest.fixture(scope="module")
def registry():
    """The project's registry."""
    return load_registry([ROOT / "data/datasets.yaml"])


@pytest.fixture(scope="module")
def tables(registry):
    """Rows of each bundled table of real scores, as text."""
    found = {}
    for name in BUNDLED:
        (source,) = registry[name]["sources"]
        found[name] = rows_in(ROOT / "data" / source["path"])
    return found


@pytest.fixture(scope="module")
def known(facts):
    """The catalogue of metrics, without what a registry entry adds."""
    return metrics(facts["metric_catalog"], {})


@pytest.fixture(scope="module")
def inventory(facts):
    """Tasks of BIG-bench by name, without their subtasks."""
    return {row["task"]: row for row in facts["task_inventory"] if not row["subtask"]}


class TestFacts:
    @pytest.mark.parametrize("name", TABLES)
    def test_each_table_loads_with_all_its_rows(self, facts, name):
        """Unique keys and allowed values are checked on reading."""
        assert len(facts[name]) == TABLES[name]

    def test_no_table_is_without_a_declaration_that_guards_it(self, facts):
        """A table is declared under its own name; whoever adds one must say what it may hold."""
        assert {path.stem for path in FACTS.glob("*.csv")} == set(facts)

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

    def test_every_metric_that_can_be_classed_has_a_unit(self, facts):
        """What a difference of two scores means; others are said by the task's own text."""
        for row in facts["metric_catalog"]:
            assert row["unit"] or row["metric_group"] == "other", row["metric"]
            if row["is_share_of_examples"]:
                assert row["unit"].startswith("share of "), row["metric"]

    def test_every_metric_that_can_be_classed_has_a_law(self, facts):
        """A rise under two metrics of one group must be judged by the same test."""
        without = {row["metric"] for row in facts["metric_catalog"] if row["law"] == "none"}
        known = [row for row in facts["metric_catalog"] if row["higher_is_better"] is not None]
        classed = {row["metric"] for row in known}
        # No fixed range, and no loss; or a bias, which is best in the middle or at any likelihood.
        assert without & classed == {
            "bleurt",
            "likelihood_diff",
            "normalized_aggregate_score",
            "pct_stereotype",
        }
        assert all(row["law"] == "none" for row in facts["metric_catalog"] if not row["unit"])

    def test_the_law_of_a_metric_fits_its_range(self, facts):
        """Reading them checks each: two ends of a bounded score, and what is taken of it."""
        known = metrics(facts["metric_catalog"], {})
        for row in facts["metric_catalog"]:
            law = known[row["metric"]].law
            assert law.kind == row["law"], row["metric"]
            assert (law.kind == "share") == row["is_share_of_examples"], row["metric"]
            if law.kind == "loss":
                # Positive if lower is better, negative if higher is, and without another end.
                end, other = ("upper", "lower") if row["higher_is_better"] else ("lower", "upper")
                assert (row[end], row[other]) == (1 if law.taken else 0, None), row["metric"]

    def test_guessing_is_no_floor_of_a_probability(self, facts):
        """A model that is sure of a wrong choice is worse than one that guesses."""
        for row in facts["metric_catalog"]:
            if row["law"] == "bounded":
                of_choices = "probabilit" in row["unit"] or row["taken"] == "exp"
                differs = row["metric"].endswith("_diff")
                assert row["guess_is_floor"] is not (of_choices or differs), row["metric"]
                assert (row["taken"] == "root") == (row["unit"] == "squared probability"), row

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


@pytest.mark.parametrize("name", BUNDLED)
class TestBundledScores:
    def test_how_many(self, tables, name):
        """Rows, tasks, metrics, and the models of each family."""
        rows, expected = tables[name], BUNDLED[name]
        assert len(rows) == expected.rows
        assert len({row["task"] for row in rows}) == expected.tasks
        assert Counter(row["metric"] for row in rows) == expected.metrics
        models = {(row["model_family"], row["model"]) for row in rows}
        assert Counter(family for family, _ in models) == expected.models

    def test_no_score_stands_twice(self, tables, name):
        """No task has a model under two numbers of shots; a token ratio makes another model."""
        names = ("task", "metric", "model_family", "model")
        assert set(Counter(tuple(row[n] for n in names) for row in tables[name]).values()) == {1}

    def test_a_model_has_one_size(self, tables, name):
        fixed = ("n_params", "scale_kind", "token_ratio", "tokens", "flops", "loss_c4")
        of_model = defaultdict(set)
        for row in tables[name]:
            of_model[row["model_family"], row["model"]].add(tuple(row.get(n) for n in fixed))
        assert {model for model, found in of_model.items() if len(found) > 1} == set()

    def test_chance_belongs_to_the_task_and_metric_and_not_to_the_model(self, tables, name):
        """The audit of bigbench-public prints four decimals, the other source all of them."""
        of_task = defaultdict(set)
        for row in tables[name]:
            low = row["low_score"] and round(float(row["low_score"]), 4)
            of_task[row["task"], row["metric"]].add(low)
        assert {task for task, found in of_task.items() if len(found) > 1} == set()

    def test_a_share_times_its_examples_is_a_whole_number_of_right_answers(
        self, tables, name, known
    ):
        """The number of examples was recovered: a wrong one would not do for all models."""
        for row in tables[name]:
            if known[row["metric"]].is_share_of_examples:
                score = Fraction(row["score"])
                assert 0 <= score <= 1, row
                if row["n_examples"]:
                    n = int(row["n_examples"])
                    off = abs(score * n - round(score * n))
                    assert off <= n * BUNDLED[name].rounding, row

    def test_a_curve_has_one_number_of_examples(self, tables, name):
        names = ("task", "metric", "model_family")
        of_curve = defaultdict(set)
        for row in tables[name]:
            of_curve[tuple(row[n] for n in names)].add(row["n_examples"])
        assert {curve for curve, found in of_curve.items() if len(found) > 1} == set()

    def test_every_metric_is_classed(self, name, known):
        for metric in BUNDLED[name].metrics:
            assert known[metric].flags == (), metric
            assert known[metric].output_group, metric

    def test_chance_is_that_of_the_table_of_chance_levels(self, tables, name, facts):
        """That table was made from the tasks' papers, for another dataset."""
        expected = {(r["task"], r["metric"]): r["low_score"] for r in facts["chance_levels"]}
        found = {(r["task"], r["metric"]): r["low_score"] for r in tables[name]}
        shared = found.keys() & expected.keys()
        assert len(shared) == {"bigbench-public": 0, "metric-pairs": 6, "open-lm": 7}[name]
        for task in shared:
            assert float(found[task]) == expected[task], task

    def test_its_readme_has_the_same_numbers_of_rows_and_tasks(self, name):
        text, expected = readme(name), BUNDLED[name]
        assert f"{expected.rows:,} scores of {expected.tasks} tasks" in text


class TestBigbenchPublic:
    @pytest.fixture
    def table(self, tables):
        """Its rows, as text."""
        return tables["bigbench-public"]

    def test_only_what_the_readme_says_is_unknown(self, table):
        """Gopher's shots and examples, and the examples of three tasks."""
        no_number = tasks_named("bigbench-public", "For emojis", table)
        assert len(no_number) == 3
        for row in table:
            blank = {name for name, cell in row.items() if not cell}
            if row["model_family"] == "Gopher":
                assert blank == {"shots", "n_examples"}, row
            else:
                of_log = row["task"] in no_number and row["origin"] == "audit"
                assert blank == ({"n_examples"} if of_log else set()), row
                assert not of_log or len(row["score"]) <= len("0.1234"), row

    def test_families_are_those_of_the_readme(self, table):
        """Models and tasks of each, from its table."""
        tasks, models = defaultdict(set), defaultdict(set)
        for row in table:
            tasks[row["model_family"]].add(row["task"])
            models[row["model_family"]].add(row["model"])
        rows = markdown_table("bigbench-public", "| model family |")
        assert {row[0]: (int(row[1]), int(row[2])) for row in rows} == {
            family: (len(models[family]), len(tasks[family])) for family in tasks
        }

    def test_every_task_is_in_the_inventory_with_this_preferred_metric(self, table, inventory):
        for task, metric in {(row["task"], row["metric"]) for row in table}:
            assert metric in inventory[task]["preferred_score"], task

    def test_tasks_with_subtasks_are_left_out(self, table, facts):
        with_subtasks = {r["task"] for r in facts["task_inventory"] if r["subtask"]}
        assert {row["task"] for row in table} & with_subtasks == set()

    def test_chance_is_what_guessing_scores(self, table, inventory):
        """0 where text is generated; else the mean of 1/K, at least 1 over the mean of K."""
        low = {(row["task"], row["metric"]): float(row["low_score"]) for row in table}
        assert {low[key] for key in low if key[1] == "exact_str_match"} == {0}
        above = {
            task: chance - 1 / inventory[task]["mean_n_choices"]
            for (task, metric), chance in low.items()
            if metric == "multiple_choice_grade"
        }
        assert len(above) == 89
        assert min(above.values()) >= -0.00005
        assert sum(difference < 0.001 for difference in above.values()) == 73

    def test_no_more_examples_than_were_scored_or_than_there_are(self, table, inventory):
        """BIG-G scored at most 1024 examples a task; GPT and PaLM at most 1000.

        As the README has it, up to ten fewer where some serve as examples in the prompt.
        """
        for row in table:
            if row["n_examples"]:
                cap = 1024 if row["model_family"].startswith("BIG-G") else 1000
                most = min(cap, inventory[row["task"]]["n_examples"])
                assert most - 10 <= int(row["n_examples"]) <= most, row

    def test_scores_that_others_gathered_are_the_same_to_the_last_digit(self, table):
        """BIG-G T=0 on the multiple-choice tasks of BIG-bench Lite, in another scrape."""
        names = ("task", "model", "score", "n_examples")
        theirs = {tuple(row[name] for name in names) for row in rows_in(LITE)}
        assert len(theirs) == 156
        ours = {
            tuple(row[name] for name in names)
            for row in table
            if row["model_family"] == "BIG-G T=0" and row["metric"] == "multiple_choice_grade"
        }
        assert theirs <= ours

    def test_what_rises_beside_the_tasks_that_the_audit_keeps(self, bundled):
        """The tasks that differ are exactly those that the README names."""
        # What rises follows from a fit, and no draw moves it.
        drawn = {**bundled.settings, "draws": 100}
        known = {"curves": bundled.curves, "metrics": bundled.metrics}
        study = label(pool(infer(Study(bundled.dataset, bundled.entry, drawn, known=known))))
        rising, audited = set(), set()
        for curve, found in zip(study.curves.to_pylist(), study.labels.to_pylist(), strict=True):
            if (curve["model_family"], curve["metric"]) == ("BIG-G T=0", "multiple_choice_grade"):
                audited.add(curve["task"])
                if found["rises"]:
                    rising.add(curve["task"])
        assert len(audited) == 89 and len(KEPT_BY_THE_AUDIT) == 24
        assert audited >= KEPT_BY_THE_AUDIT
        not_rising, not_kept = markdown_table("bigbench-public", "| | tasks |")
        assert not_rising[0] == "kept by the audit, and do not rise here"
        assert set(not_rising[1].split(", ")) == KEPT_BY_THE_AUDIT - rising
        assert not_kept[0] == "rise here, and not kept by the audit"
        assert set(not_kept[1].split(", ")) == rising - KEPT_BY_THE_AUDIT
        assert f"{len(KEPT_BY_THE_AUDIT & rising)} of the 24 rise" in readme("bigbench-public")


class TestMetricPairs:
    @pytest.fixture
    def table(self, tables):
        """Its rows, as text."""
        return tables["metric-pairs"]

    def test_every_output_has_all_metrics_of_its_source(self, table):
        """A pair is of the same outputs: no model has one metric without the other."""
        metrics_of = defaultdict(set)
        for row in table:
            run = (row["origin"], row["task"], row["model_family"], row["model"], row["shots"])
            metrics_of[run].add(row["metric"])
        continuous = {"prob_correct", "log_prob_among_choices", "bits_per_byte"}
        expected = {
            "difficulty": {"acc", "target_brier"},
            "ladder": {"acc_norm", *continuous},
            "observational": {"exact_str_match", "bleu"},
        }
        for (origin, task, *_), found in metrics_of.items():
            assert found == ({"acc", *continuous} if task == "boolq" else expected[origin]), task

    def test_sources_are_those_of_the_readme(self, table):
        """Each family with its number of sizes, and the ladder's at each ratio."""
        models, tasks = defaultdict(set), defaultdict(set)
        for row in table:
            models[row["origin"], row["model_family"], row["token_ratio"]].add(row["model"])
            tasks[row["origin"]].add(row["task"])
        assert {origin: len(found) for origin, found in tasks.items()} == {
            "difficulty": 9,
            "ladder": 13,
            "observational": 1,
        }
        in_readme = markdown_table("metric-pairs", "| `origin` | tasks |")
        said = {row[0].strip("`"): row[2] for row in in_readme}
        sizes = re.findall(r"([\w./-]+) \((\d+)\)", said["difficulty"])
        assert {key[1]: len(models[key]) for key in models if key[0] == "difficulty"} == {
            family: int(number) for family, number in sizes
        }
        observed = {key[1] for key in models if key[0] == "observational"}
        assert observed == set(said["observational"].split(", "))
        ladder = {key[2]: len(models[key]) for key in models if key[0] == "ladder"}
        assert said["ladder"] == "OLMo-ladder (5, at each of 5 token ratios)"
        assert ladder == dict.fromkeys(("0.5", "1", "2", "5", "10"), 5)

    def test_chance_is_that_of_one_number_of_choices(self, table, inventory):
        """Of a guess at K choices: 1/K, its logarithm, and (1 - 1/K)^2."""
        unknown = tasks_named("metric-pairs", "It is unknown for", table)
        assert len(unknown) == 3
        choices = {}
        for row in table:
            if row["metric"] in ("acc", "acc_norm") and row["low_score"]:
                choices[row["task"]] = round(1 / float(row["low_score"]))
        assert choices["analogical_similarity"] == 7 and choices["socialiqa"] == 3
        for row in table:
            task, metric = row["task"], row["metric"]
            if task in unknown or metric == "bits_per_byte":
                assert row["low_score"] == "", row
            elif metric in ("exact_str_match", "bleu"):
                assert float(row["low_score"]) == 0, row
            else:
                share = 1 / choices[task]
                guess = {"target_brier": (1 - share) ** 2, "log_prob_among_choices": log(share)}
                assert float(row["low_score"]) == pytest.approx(guess.get(metric, share)), row
        for task, number in choices.items():
            # As far as BIG-bench's inventory knows it: a few items have more or fewer.
            mean = inventory.get(task, {}).get("mean_n_choices")
            assert mean is None or 1 / mean == pytest.approx(1 / number, abs=0.003), task

    def test_the_best_score_is_that_of_the_metric(self, table, known):
        """1 or 100 where more is better but for logarithms, 0 where less is."""
        for row in table:
            metric = known[row["metric"]]
            best = {"bleu": 100, "log_prob_among_choices": 0}.get(
                row["metric"], int(metric.higher_is_better)
            )
            assert float(row["high_score"]) == best, row
            beyond = float(row["score"]) - best
            assert (beyond if metric.higher_is_better else -beyond) <= 0, row

    def test_the_mean_of_a_logarithm_is_at_most_the_logarithm_of_the_mean(self, table):
        """Jensen's inequality, between two metrics of the same probabilities."""
        pairs = defaultdict(dict)
        for row in table:
            pairs[row["task"], row["model"]][row["metric"]] = float(row["score"])
        compared = 0
        for (task, model), score in pairs.items():
            if "prob_correct" in score:
                compared += 1
                assert score["log_prob_among_choices"] <= log(score["prob_correct"]), (task, model)
        assert compared == 325

    def test_tokens_and_flops_of_the_ladder(self, table):
        """Training FLOPs are 6ND; a ratio of 1 is 20 tokens a parameter."""
        for row in table:
            assert bool(row["token_ratio"]) == (row["origin"] == "ladder"), row
            if row["origin"] == "ladder":
                n, tokens = int(row["n_params"]), int(row["tokens"])
                assert float(row["flops"]) == pytest.approx(6 * n * tokens, rel=0.0005), row
                assert tokens / n == pytest.approx(20 * float(row["token_ratio"]), rel=0.003), row

    def test_the_transliteration_is_never_exact_while_bleu_rises(self, table):
        """For all Pythias and OPT up to 13 billion, as the README says."""
        scores = defaultdict(list)
        for row in sorted(table, key=lambda row: float(row["n_params"])):
            family, size = row["model_family"], float(row["n_params"])
            if family == "Pythia" or (family == "OPT" and size <= 13e9):
                if row["origin"] == "observational":
                    scores[family, row["metric"]].append(float(row["score"]))
        assert set(scores["Pythia", "exact_str_match"]) == {0}
        assert set(scores["OPT", "exact_str_match"]) == {0}
        assert len(scores["Pythia", "bleu"]) == 8 and len(scores["OPT", "bleu"]) == 6
        for family in ("Pythia", "OPT"):
            assert scores[family, "bleu"][-1] > 2 * scores[family, "bleu"][0], family


class TestOpenLm:
    @pytest.fixture
    def table(self, tables):
        """Its rows, as text."""
        return tables["open-lm"]

    def test_only_what_the_readme_says_is_unknown(self, table):
        no_chance = tasks_named("open-lm", "It is unknown where", table)
        no_number = tasks_named("open-lm", "The number of examples was recovered", table)
        assert len(no_chance) == 6 and len(no_number) == 4
        for row in table:
            blank = {name for name, cell in row.items() if not cell} - {"variant_of"}
            expected = {"low_score"} if row["task"] in no_chance else set()
            if row["task"] in no_number:
                expected |= {"n_examples"}
            assert blank == expected, row

    def test_chance_is_one_of_a_number_of_choices_and_nothing_for_exact_match(self, table):
        for row in table:
            if row["low_score"]:
                allowed = (0,) if row["metric"] == "exact_match" else (1 / 5, 1 / 4, 1 / 2)
                assert float(row["low_score"]) in allowed, row

    def test_variants_have_names_of_the_suite(self, table, inventory):
        variants = {row["task"] for row in table if row["variant_of"]}
        assert {row["variant_of"] for row in table} == {"", "BIG-bench"}
        assert len(variants) == 15 and variants <= set(inventory)

    def test_three_to_six_sizes_mostly_four(self, table):
        """Curves within a corpus and a ratio."""
        sizes = defaultdict(set)
        for row in table:
            curve = tuple(row[name] for name in ("task", "metric", "model_family", "token_ratio"))
            sizes[curve].add(row["n_params"])
        found = Counter(len(of_curve) for of_curve in sizes.values())
        assert set(found) == {3, 4, 5, 6} and found[4] > sum(found.values()) / 2
        assert len({row["n_params"] for row in table}) == 6

    def test_tokens_and_flops_agree_with_the_parameters(self, table):
        """FLOPs are 6ND, and a ratio of 1 is 20 tokens for each parameter of the whole model.

        Its input embedding, 50,432 tokens by the width in the model's name, is not in
        ``n_params``; so the number of tokens checks both, to the last digit.
        """
        width = {"open_lm_1b": 2048, "open_lm_7b": 4096}
        for row in table:
            named = re.search(r"d=(\d+)|open_lm_[17]b", row["model"])
            of_model = width.get(named[0]) or int(named[1])
            n, tokens = int(row["n_params"]), int(row["tokens"])
            assert tokens == 20 * Fraction(row["token_ratio"]) * (n + 50432 * of_model), row
            assert float(row["flops"]) == pytest.approx(6 * n * tokens, rel=0.0005), row


class TestRegistry:
    def test_every_metric_of_a_dataset_in_the_project_is_classed_or_declared(self, registry, facts):
        """An unclassed metric would be taken as higher-is-better, which must be said aloud."""
        for name, entry in registry.items():
            known = metrics(facts["metric_catalog"], entry.get("metrics", {}), name)
            for source in entry["sources"]:
                if source["kind"] != "bundled":
                    continue
                (part,) = read_source(source, Path(entry["registry"]))
                used = set(part.rows.column("metric").to_pylist())
                assert {metric for metric in used if known[metric].flags} == set(), name

    def test_every_bundled_file_is_in_the_project_and_named_by_its_checksum(self, registry):
        for entry in registry.values():
            for source in entry["sources"]:
                if source["kind"] == "bundled":
                    path = (Path(entry["registry"]) / source["path"]).resolve()
                    assert path.is_relative_to(ROOT), path
                    # Reading compares the checksum; here it is seen that there is one.
                    (part,) = read_source(source, Path(entry["registry"]))
                    (read,) = part.facts
                    assert read.digest == source["lines_sha256"]
                    assert part.rows.num_rows == read.entries > 0

    def test_annotations_are_joined_only_where_annotators_saw_these_models(self, registry):
        """Tasks of open models have names of BIG-bench's, and other metrics or models."""
        joined = {name for name, entry in registry.items() if entry.get("task_names")}
        assert joined == {"bigbench-public", "bigbench"}

    def test_who_cites_a_dataset_finds_year_and_name(self, registry):
        for name, entry in registry.items():
            for text in entry["citation"]:
                assert re.search(r"\b(19|20)\d\d\b", text), name
            assert "\n" not in entry["title"], name


#: Columns of the catalogue of metrics that the published one does not have.
LAW_COLUMNS = ("unit", "law", "lower", "upper", "taken", "guess_is_floor")


@pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the published figures are not beside this project (../shared)"
)
class TestAgainstThePublishedFigures:
    @pytest.mark.parametrize("name", [name for name in TABLES if name not in OURS])
    def test_facts(self, name):
        """A correction of a published figure is a new row here, with its reason."""
        ours, theirs = (rows_in(folder / f"{name}.csv") for folder in (FACTS, PUBLISHED))
        added, columns = set(), list(ours[0])
        if name == "metric_catalog":
            added = ADDED
            # The range, in words, is two numbers here, and what else it said is in the definition.
            columns = [c for c in columns if c not in LAW_COLUMNS]
            for row in theirs:
                row.pop("range")
            published = {row["metric"]: row["definition"] for row in theirs}
            for row in ours:
                if row["metric"] in published:
                    assert row["definition"].startswith(published[row["metric"]])
                    row["definition"] = published[row["metric"]]
        assert columns == list(theirs[0])
        kept = [row for row in ours if row[columns[0]] not in added]
        assert len(ours) == len(kept) + len(added)
        assert sorted([row[c] for c in columns] for row in kept) == sorted(
            [row[c] for c in columns] for row in theirs
        )

    def test_prompting_strategies(self):
        """The published columns are unchanged; sizes of test sets and chance stand beside."""
        ours = list(csv.DictReader((ROOT / "data/prompting-strategies/scores.csv").open()))
        theirs = list(csv.DictReader((PUBLISHED / "chain_of_thought_scores.csv").open()))
        assert [{name: row[name] for name in theirs[0]} for row in ours] == theirs
        sizes = {"gsm8k": "1319", "svamp": "1000", "asdiv": "2096", "aqua": "254", "mawps": ""}
        assert {row["task"]: row["n_examples"] for row in ours} == sizes
        assert {row["task"] for row in ours if float(row["low_score"])} == {"aqua"}

    @pytest.mark.parametrize(
        ("name", "published", "own"),
        [
            ("bigbench-public", "bigbench_public_scores.csv", set()),
            ("metric-pairs", "metric_pairs_scores.csv", {"high_score"}),
            ("open-lm", "openlm_scores.csv", set()),
        ],
    )
    def test_scores(self, tables, name, published, own):
        """Every column as numbers, whatever the order of rows: 1 is 1.0."""
        ours, theirs = tables[name], rows_in(PUBLISHED / published)
        columns = list(theirs[0])
        assert set(ours[0]) - set(columns) == own
        assert Counter(values(row, columns) for row in ours) == Counter(
            values(row, columns) for row in theirs
        )

    def test_the_copy_of_bigbench_lite(self):
        """The tests' own copy is what was published, and all of it."""
        published = rows_in(PUBLISHED / "bigbench_lite_scores.csv")
        fields = {"model_family": "BIG-G T=0", "metric": "multiple_choice_grade"}
        ours, columns = rows_in(LITE), ["task", "model", "score", "n_examples"]
        theirs = [row for row in published if fields.items() <= row.items()]
        assert {tuple(row[c] for c in columns) for row in ours} == {
            tuple(row[c] for c in columns) for row in theirs
        }

    @pytest.mark.parametrize("name", ["lm_eval_opt", "lm_eval_bloom"])
    def test_what_the_project_may_not_carry_is_not_in_it(self, name):
        """Their licences let us read them where they are, and no more."""
        files = sorted((PUBLISHED / name).iterdir())
        assert files
        forbidden = {digest(file) for file in files}
        for file in (ROOT / "data").rglob("*"):
            if file.is_file() and not {"raw", "processed"} & set(file.parts):
                assert digest(file) not in forbidden, file
        assert not list((ROOT / "data").rglob(name))


def values(row: dict[str, str], columns: Sequence[str]) -> tuple[str | float, ...]:
    """Cells of a row, numbers as such."""

    def value(cell: str) -> str | float:
        try:
            return float(cell)
        except ValueError:
            return cell

    return tuple(value(row[name]) for name in columns)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
