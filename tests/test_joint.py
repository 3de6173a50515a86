"""Joint resampling: the examples of a task, drawn once for all its models and metrics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from page_samples import SETTINGS
from steps import run_step

from emergence import Study
from emergence.cli import main
from emergence.pages.chain_section import chain_section
from emergence.pages.cited import plain
from emergence.pages.figures import metric_chain
from emergence.samples.choices import Choices
from emergence.samples.harness import Log
from emergence.samples.joint import resample_jointly
from emergence.samples.resampled_table import MISSING, TABLES
from emergence.samples.table import answers_table
from emergence.settings import ResamplingSettings, defaults
from emergence.sources import has_answers
from emergence.stages.resample import BESIDE, resample, write_beside
from emergence.study import schema_of
from emergence.tables import read_table

ENTRY = {"title": "Mine", "sources": [{"kind": "file", "format": "answers", "path": "a.parquet"}]}
MODELS, EXAMPLES, TASKS = 5, 150, 2


def drawn_answers() -> pa.Table:
    """Models of rising ability, which answer the same questions of two tasks."""
    rng, parts = np.random.default_rng(7), []
    for task in range(TASKS):
        base, gold = rng.normal(size=(EXAMPLES, 4)), rng.integers(4, size=EXAMPLES)
        length = rng.integers(1, 9, size=(EXAMPLES, 4)).astype(float)
        for model in range(MODELS):
            liking = base + 0.5 * rng.normal(size=base.shape)
            liking[np.arange(EXAMPLES), gold] += 0.4 * model
            likely = liking - 6 - np.log(np.exp(liking).sum(axis=1, keepdims=True))
            log = Log(
                "none", [f"q{i}" for i in range(EXAMPLES)], Choices(likely, gold, *[length] * 2)
            )
            keys = {"task": f"t{task}", "model_family": "f", "model": f"m{model}"}
            asked = {"condition": "", "shots": 0, "scale_kind": "total", "scale": 1e6 * 4.0**model}
            parts.append(answers_table(log, **keys, **asked))
    return pa.concat_tables(parts)


def study_of(answers: pa.Table, folder: Path, upto: str = "resample") -> Study:
    pq.write_table(answers, folder / "a.parquet")
    return Study.compute("mine", ENTRY, SETTINGS, folder, upto)


@pytest.fixture(scope="module")
def answers() -> pa.Table:
    return drawn_answers()


@pytest.fixture(scope="module")
def study(answers, tmp_path_factory) -> Study:
    return study_of(answers, tmp_path_factory.mktemp("joint"), "label")


def rows(study: Study, name: str, **where: object) -> list[dict]:
    found = getattr(study, name).to_pylist()
    return [row for row in found if all(row[key] == value for key, value in where.items())]


def curve_id(study: Study, task: str, metric: str) -> str:
    (found,) = [
        row["curve_id"]
        for row in study.curves.to_pylist()
        if (row["task"], row["metric"]) == (task, metric)
    ]
    return found


def test_every_curve_has_a_row(study):
    """And nothing is missing: all models answered the same questions."""
    assert study.resampled["curve_id"].to_pylist() == study.curves["curve_id"].to_pylist()
    assert set(study.resampled["missing"].to_pylist()) == {None}
    assert set(study.resampled["examples"].to_pylist()) == {EXAMPLES}
    for name, schema in TABLES.items():
        assert getattr(study, name).schema == schema


def test_intervals_of_scores_are_those_of_a_mean(study):
    """Against theory: about twice the standard error on each side of the score."""
    for curve in study.curves.to_pylist():
        if curve["metric"] != "acc":
            continue
        (row,) = rows(study, "resampled", curve_id=curve["curve_id"])
        for score, low, high in zip(
            curve["scores"], row["score_low"], row["score_high"], strict=True
        ):
            error = (score * (1 - score) / EXAMPLES) ** 0.5
            assert low < score < high
            assert high - low == pytest.approx(2 * 1.96 * error, rel=0.25)


def test_a_metric_where_lower_is_better_is_turned(study):
    """The Brier score and its interval are oriented as the curve is."""
    (row,) = rows(study, "resampled", curve_id=curve_id(study, "t0", "brier_score"))
    assert max(row["score_high"]) < 0
    assert row["order"] == pytest.approx(1)


def test_differences_of_metrics_are_those_of_the_curves(study):
    """Each pair once, the later of the chain minus the earlier; intervals around it."""
    sharpness = dict(
        zip(*(study.curves[n].to_pylist() for n in ("curve_id", "sharpness")), strict=True)
    )
    found = study.metric_differences.to_pylist()
    assert len(found) == TASKS * 12 * 11 // 2
    for row in found:
        wanted = sharpness[row["curve_id"]] - sharpness[row["other_curve_id"]]
        assert row["sharpness_difference"] == wanted
    (row,) = rows(
        study,
        "metric_differences",
        task="t0",
        metric="prob_correct",
        other_metric="log_prob_correct",
    )
    assert row["sharpness_low"] < row["sharpness_high"]


def test_two_kinds_of_metric_are_compared_task_by_task(study):
    """Corrected over the tasks; losses and metrics of one kind are not compared."""
    for row in study.metric_differences.to_pylist():
        kinds = {study.metrics[row[name]].group for name in ("metric", "other_metric")}
        laws = {study.metrics[row[name]].law.kind for name in ("metric", "other_metric")}
        assert (row["matched_p"] is not None) == (len(kinds) == 2 and "loss" not in laws)
        assert (row["emergent"] is None) == (row["matched_p"] is None)
    some = rows(study, "metric_differences", metric="acc", other_metric="prob_correct")
    p = [row["matched_p"] for row in some]
    assert len(p) == TASKS == 2
    assert [row["matched_p_holm"] for row in some] == [
        min(1, max(2 * min(p), one) if one == max(p) else 2 * one) for one in p
    ]


def test_metrics_that_order_alike_differ_by_nothing(study):
    """BIG-bench's Brier score is the harness's over the number of choices: the same sharpness."""
    for row in rows(
        study, "metric_differences", metric="multiple_choice_brier", other_metric="brier_score"
    ):
        for name in ("sharpness_difference", "sharpness_low", "sharpness_high"):
            assert row[name] == pytest.approx(0, abs=1e-5)


def test_differences_of_models(study):
    """All pairs of a curve; paired, and so surer than the two scores."""
    curve = curve_id(study, "t1", "prob_correct")
    found = rows(study, "model_differences", curve_id=curve)
    assert len(found) == MODELS * (MODELS - 1) // 2
    (row,) = [r for r in found if (r["model"], r["other_model"]) == ("m1", "m0")]
    (scores,) = rows(study, "resampled", curve_id=curve)
    widths = [h - lo for lo, h in zip(scores["score_low"], scores["score_high"], strict=True)]
    assert row["low"] < row["difference"] < row["high"]
    assert row["high"] - row["low"] < 0.8 * sum(widths[:2]) / 2**0.5


def test_fewer_examples_change_the_sharpness(study):
    """A quarter and half of the examples are another draw than all of them."""
    for row in study.resampled.to_pylist():
        assert row["sharpness_quarter"] != row["sharpness_half"]


def test_a_row_is_the_same_alone_and_in_company(study, answers, tmp_path):
    """To the last bit, without the other task; and with another order of the rows."""
    some = answers.filter(pc.equal(answers["task"], "t1"))
    shuffled = some.take(np.random.default_rng(1).permutation(len(some)))
    alone = study_of(shuffled, tmp_path)
    for name in TABLES:
        wanted = [
            row
            for row in getattr(study, name).to_pylist()
            if row["curve_id"] in alone.curves["curve_id"].to_pylist()
        ]
        found = getattr(alone, name).to_pylist()
        for row in (*found, *wanted):
            # Corrected for the number of tasks.
            row.pop("matched_p_holm", None)
        assert found == wanted


def test_the_metrics_of_a_curve_do_not_need_each_other(study):
    """One curve, drawn by itself."""
    curve = curve_id(study, "t0", "acc")
    one = study.curves.filter(pc.equal(study.curves["curve_id"], curve))
    settings = ResamplingSettings.of(SETTINGS)
    found = resample_jointly(one, study.outcomes, {"acc": True}, settings).tables()
    assert found["resampled"].to_pylist() == rows(study, "resampled", curve_id=curve)


def test_other_examples_of_one_model_are_said(answers, tmp_path):
    """Nothing is drawn then: the models would not be compared on the same questions."""
    other = pc.and_(pc.equal(answers["model"], "m2"), pc.equal(answers["example"], "q3"))
    renamed = pc.if_else(other, "else", answers["example"])
    place = answers.column_names.index("example")
    found = study_of(answers.set_column(place, "example", renamed), tmp_path)
    assert set(found.resampled["missing"].to_pylist()) == {"examples_differ"} < MISSING.keys()
    assert not found.metric_differences.num_rows


def test_scores_without_answers_are_said(study):
    """Of one model only the score is known."""
    gone = pc.equal(study.outcomes["model"], "m2")
    columns = [
        pc.if_else(gone, pa.scalar(None, field.type), study.outcomes[field.name])
        if field.name in ("examples", "clusters", "unit", "steps")
        else study.outcomes[field.name]
        for field in study.outcomes.schema
    ]
    lacking = pa.table(columns, schema=study.outcomes.schema)
    found = resample(study.having(outcomes=lacking))
    assert set(found.resampled["missing"].to_pylist()) == {"answers_missing"}


def test_where_hardly_an_answer_differs_there_is_no_interval(answers, tmp_path):
    """Three answers of the smallest model are right: too few for resamples to show anything."""
    rank = pc.index_in(answers["model"], pa.array(["m0"]))
    likely = []
    right = 0
    for values, gold, one in zip(
        answers["log_likelihood"].to_pylist(),
        answers["gold"].to_pylist(),
        rank.to_pylist(),
        strict=True,
    ):
        if one == 0:
            right += 1
            values = [-1.0 if (at == gold) == (right <= 3) else -9.0 for at in range(4)]
        likely.append(values)
    place = answers.column_names.index("log_likelihood")
    found = study_of(
        answers.set_column(place, answers.schema.field(place), pa.array(likely)), tmp_path
    )
    (row,) = rows(found, "resampled", curve_id=curve_id(found, "t0", "acc"))
    assert row["score_low"][0] is None and None not in row["score_low"][1:]
    assert row["sharpness_low"] is None and row["order_high"] is None
    assert row["sharpness_half"] is not None


def test_a_dataset_without_answers_pays_nothing(tmp_path):
    """The stage gives back the same study, and its tables are empty."""
    bare = Study("mine", ENTRY, SETTINGS)
    assert resample(bare) is bare
    assert bare.outcomes.num_rows == 0
    for name in TABLES:
        assert getattr(bare, name).num_rows == 0


class TestFromFileToPage:
    @pytest.fixture(autouse=True)
    def place(self, answers, tmp_path, monkeypatch):
        """A working directory with the table of answers."""
        pq.write_table(answers, tmp_path / "a.parquet")
        monkeypatch.chdir(tmp_path)

    def test_the_steps_write_what_the_stages_give(self, answers):
        """Both steps, by the names of the rules' outputs."""
        params = {"entry": ENTRY, "settings": SETTINGS, "folder": ""}
        made = ("scores", "rejects", "sources", "outcomes")
        run_step("tabulate", {name: str(processed(name)) for name in made}, params=params)
        run_step("measure", {"curves": str(processed("curves"))}, params=params)
        run_step("resample", {name: str(processed(name)) for name in TABLES}, params=params)
        study = study_of(answers, Path())
        for name in ("outcomes", *TABLES):
            found = read_table(processed(name), schema_of(name))
            assert found.to_pylist() == getattr(study, name).to_pylist()

    def test_the_report_has_the_section_and_the_tables(self):
        """Those of the stages under the project's settings, to the byte."""
        assert (
            main(["report", "a.parquet", "--id", "mine", "--title", "Mine", "--out", "ours"]) == 0
        )
        page = Path("ours/index.html").read_text()
        assert page.count('<h2 id="chain">') == 1 and 'id="figure-metric-chain"' in page
        study = Study.compute("mine", ENTRY, defaults(), Path(), "resample")
        Path("theirs").mkdir()
        write_beside(study, Path("theirs"))
        for name in BESIDE:
            assert f'href="tables/{name}"' in page
            assert Path("ours/tables", name).read_bytes() == Path("theirs", name).read_bytes()


def processed(name: str) -> Path:
    ending = "json" if name == "sources" else "parquet"
    return Path("data/processed/mine", f"{name}.{ending}")


@pytest.mark.parametrize(
    ("source", "there"),
    [
        ({"kind": "file", "format": "answers", "path": "a.parquet"}, True),
        ({"kind": "file", "format": "lm-eval", "path": "logs"}, True),
        ({"kind": "file", "format": "lm-eval", "path": "results"}, False),
        ({"kind": "file", "format": "tidy", "path": "a.parquet"}, False),
        ({"kind": "git", "format": "lm-eval", "path": "", "files": ["**/samples_*.jsonl"]}, True),
        ({"kind": "git", "format": "lm-eval", "path": "", "files": ["results/*"]}, True),
        ({"kind": "git", "format": "lm-eval", "path": "", "files": ["**/results_*.json"]}, False),
    ],
)
def test_whether_a_source_holds_answers(source, there, tmp_path):
    """Said without reading it: the workflow asks before it begins."""
    for folder, name in (("logs", "samples_t_1.jsonl"), ("results", "x.json")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "results_1.json").write_text("{}")
        (tmp_path / folder / name).write_text("{}")
    assert has_answers(source, tmp_path) is there


class TestPage:
    def test_the_steps_are_counted(self, study):
        """Every chain takes each step once."""
        section = chain_section(study)
        assert [(step["before"], step["after"]) for step in section["steps"]] == [
            ("log_prob_correct", "prob_correct_raw"),
            ("prob_correct_raw", "prob_correct"),
            ("prob_correct", "brier_score"),
            ("brier_score", "acc"),
        ]
        for step in section["steps"]:
            assert step["chains"] == TASKS == step["rises"] + step["falls"] + step["unsure"]
        assert [len(task["rows"]) for task in section["tasks"]] == [5] * TASKS

    def test_pairs_of_metrics_are_counted(self, study):
        """Each earlier metric of a chain that is no loss against the last one."""
        switches = chain_section(study)["switches"]
        assert switches["pairs"] == len(switches["rows"]) == 3 * TASKS
        assert {row["metric"] for row in switches["rows"]} == {"acc"}
        decided = [
            row["matched_difference"] > 0
            for row in study.metric_differences.to_pylist()
            if row["metric"] == "acc"
            and row["other_metric"] in ("prob_correct_raw", "prob_correct", "brier_score")
            and row["matched_p_holm"] < 0.05
        ]
        assert switches["sharper"] == decided.count(True)
        assert switches["flatter"] == decided.count(False)

    def test_the_figure_has_every_point_with_its_interval(self, study):
        """As the table has them, and a caption that is short."""
        drawing = metric_chain.draw(study)
        assert len(drawing.table) == TASKS * 5 * MODELS
        assert all(row["low"] < row["score"] < row["high"] for row in drawing.table)
        assert len(plain(drawing.caption).split()) <= 45
        assert drawing.numbers == {"drawn": TASKS, "chains": TASKS}
