"""A table of single answers: what models answered, scored here under many metrics."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emergence.errors import InputError
from emergence.samples.choices import CHAIN
from emergence.samples.outcomes import Outcomes
from emergence.samples.table import ANSWERS, OPTIONAL
from emergence.sources import read_source, recognised

MODEL = {"model_family": "f", "condition": "", "shots": 0, "scale_kind": "total"}


def choice(model: str, scale: float, example: str, right: float) -> dict:
    """Return an example with two choices, of which the second is right."""
    logs = [float(np.log(1 - right)), float(np.log(right))]
    return {
        **MODEL,
        **{"task": "t", "model": model, "scale": scale, "example": example, "gold": 1},
        **{"log_likelihood": logs, "characters": [1, 1], "bytes": [1, 2]},
    }


def written(model: str, answer: str, exact: float | None = 1.0) -> dict:
    return {
        **MODEL,
        **{"task": "w", "model": model, "scale": 1.0, "example": answer},
        **{"answer": answer, "target": "abcd", "exact_match": exact},
    }


def rows_of(tmp_path, examples: list[dict]):
    path = tmp_path / "answers.parquet"
    pq.write_table(pa.Table.from_pylist(examples, ANSWERS), path)
    assert recognised(path).name == "answers"
    (part,) = read_source({"format": "answers", "path": path.name}, tmp_path)
    return part.rows.to_pylist(), part.rejects.to_pylist()


def test_each_model_and_task_gets_the_chain(tmp_path):
    """Two models, two examples each: means over the examples, and what guessing scores."""
    examples = [choice("b", 2.0, "y", 0.9), choice("a", 1.0, "x", 0.4), choice("b", 2.0, "x", 0.7)]
    rows, rejects = rows_of(tmp_path, [*examples, choice("a", 1.0, "y", 0.6)])
    assert not rejects
    assert {row["metric"] for row in rows} == set(CHAIN)
    found = {(row["model"], row["metric"]): row for row in rows}
    assert found["a", "acc"]["score"] == 0.5
    assert found["b", "acc"]["score"] == 1.0
    assert found["b", "prob_correct"]["score"] == pytest.approx(0.8)
    assert found["b", "prob_correct"]["n_examples"] == 2
    assert found["b", "acc"]["low_score"] == found["b", "prob_correct"]["low_score"] == 0.5
    assert found["a", "brier_score"]["low_score"] == 0.5
    # Guessing of a whole vocabulary is not known.
    assert found["b", "prob_correct_raw"]["low_score"] is None


def test_written_answers(tmp_path):
    """Exact match as logged, and the distance from the target."""
    rows, _ = rows_of(tmp_path, [written("a", "abcd"), written("a", "abxx", 0.0)])
    assert {row["metric"]: row["score"] for row in rows} == {
        "exact_match": 0.5,
        "edit_similarity": 0.75,
    }


def test_a_metric_that_an_example_lacks_has_no_score(tmp_path):
    """Its mean would be one of other examples."""
    rows, _ = rows_of(tmp_path, [written("a", "abcd"), written("a", "abxx", None)])
    assert [row["metric"] for row in rows] == ["edit_similarity"]


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ({"gold": 5}, "none of the choices"),
        ({"gold": None}, "its gold"),
        ({"characters": [1]}, "a length"),
        ({"log_likelihood": [float("nan"), -1.0]}, "no number below infinity"),
        ({"log_likelihood": [None, -1.0]}, "no number below infinity"),
        ({"answer": "abcd", "target": "abcd"}, "multiple choice and written"),
    ],
)
def test_answers_that_cannot_be_scored_are_one_reject(tmp_path, broken, problem):
    """Of that model and task; the other model keeps its scores."""
    # The broken list is the only one of its model, or it would be padded to the others' length.
    bad = [{**choice("a", 1.0, "x", 0.4), **broken}]
    if "answer" in broken:
        bad.append(choice("a", 1.0, "y", 0.4))
    rows, rejects = rows_of(tmp_path, [*bad, choice("b", 2.0, "x", 0.7)])
    assert {row["model"] for row in rows} == {"b"}
    (reject,) = rejects
    assert problem in reject["seen"]
    assert "task=t" in reject["source_entry"]
    assert "model=a" in reject["source_entry"]


def test_lengths_are_asked_of_each_example(tmp_path):
    """One lacks a length; another has as many as the longest list."""
    short = {**choice("a", 1.0, "y", 0.4), "characters": [1]}
    _, (reject,) = rows_of(tmp_path, [choice("a", 1.0, "x", 0.4), short])
    assert "a length" in reject["seen"]


def test_a_table_without_a_column_is_named(tmp_path):
    """With the columns that belong there."""
    path = tmp_path / "answers.parquet"
    names = [name for name in ANSWERS.names if name != "shots"]
    table = pa.Table.from_pylist([choice("a", 1.0, "x", 0.4)], ANSWERS)
    pq.write_table(table.select(names), path)
    with pytest.raises(InputError, match="has no column shots"):
        list(read_source({"format": "answers", "path": path.name}, tmp_path))


WHOLE = pa.schema([*ANSWERS, *OPTIONAL])


def read_whole(tmp_path, examples: list[dict]):
    """Read a table that has the columns which may be left out as well."""
    pq.write_table(pa.Table.from_pylist(examples, WHOLE), tmp_path / "answers.parquet")
    (part,) = read_source({"format": "answers", "path": "answers.parquet"}, tmp_path)
    return part


class TestClusters:
    def test_examples_of_a_cluster_are_drawn_together(self, tmp_path):
        """Two of one document, one of another, one that stands alone."""
        named = {"w": "d1", "x": "d2", "y": "d1", "z": None}
        examples = [
            {**choice(model, 1.0, name, 0.6), "cluster": cluster}
            for model in ("a", "b")
            for name, cluster in named.items()
        ]
        part = read_whole(tmp_path, examples)
        kept = [outcomes for _, entry, outcomes in part.outcomes if entry.endswith("metric=acc")]
        assert len({one.examples for one in kept}) == 1
        for one in kept:
            assert sorted(np.bincount(one.clusters)) == [1, 1, 2]

    def test_other_clusters_are_other_examples(self):
        """Two models are compared on the same draws only if both agree on them."""
        values = {"acc": np.array([1.0, 0.0])}
        digests = {
            Outcomes.of(["x", "y"], values, clusters)["acc"].examples
            for clusters in (None, ["d", "d"], ["d", "e"])
        }
        assert len(digests) == 3

    def test_the_order_of_the_rows_does_not_matter(self):
        values = np.array([1.0, 0.5, 0.25])
        forward = Outcomes.of(["x", "y", "z"], {"m": values}, ["d", "e", "d"])["m"]
        back = Outcomes.of(["z", "y", "x"], {"m": values[::-1]}, ["d", "e", "d"])["m"]
        assert forward.examples == back.examples
        assert forward.steps.tolist() == back.steps.tolist()


class TestRepeats:
    def attempts(self, right: dict[str, list[int]]) -> list[dict]:
        return [
            {**written("a", "abcd" if hit else "xxxx", float(hit)), "example": name, "repeat": at}
            for name, hits in right.items()
            for at, hit in enumerate(hits)
        ]

    def test_several_answers_a_question(self, tmp_path):
        """The first counts for exact match, all of them for pass@1: 3 of 20 right."""
        hits = {"q": [0, 1, 1, *[0] * 7], "r": [1, *[0] * 9]}
        part = read_whole(tmp_path, self.attempts(hits))
        found = {row["metric"]: (row["score"], row["n_examples"]) for row in part.rows.to_pylist()}
        assert found["exact_match"] == (0.5, 2) and found["edit_similarity"] == (0.5, 2)
        assert found["pass@1"] == (pytest.approx(0.15), 20)
        assert found["pass@10"] == (1.0, 2) and "pass@100" not in found

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"repeat": 0}, "two answers with the same example and repeat"),
            ({"repeat": None}, "repeat is given for some answers only"),
        ],
    )
    def test_repeats_that_do_not_tell_answers_apart(self, tmp_path, change, problem):
        rows = self.attempts({"q": [0, 1]})
        part = read_whole(tmp_path, [rows[0], {**rows[1], **change}])
        assert part.rows.num_rows == 0 and problem in part.rejects.to_pylist()[0]["seen"]

    def test_repeats_of_choices_are_one_reject(self, tmp_path):
        rows = [{**choice("a", 1.0, "x", 0.4), "repeat": at} for at in (0, 1)]
        (reject,) = read_whole(tmp_path, rows).rejects.to_pylist()
        assert "several answers to one example of multiple choice" in reject["seen"]


class TestTraining:
    def test_checkpoints_are_told_apart(self, tmp_path):
        """By the step; FLOPs and loss go with the scores."""
        rows = [
            {**choice("a", 1e6, "x", 0.4), "step": step, "flops": 6e6 * step, "loss": 9.0 - step}
            for step in (1, 2)
        ]
        found = read_whole(tmp_path, rows).rows.to_pylist()
        said = {(row["condition"], row["flops"], row["loss"]) for row in found}
        assert said == {("step=1", 6e6, 8.0), ("step=2", 12e6, 7.0)}

    def test_tokens_tell_them_apart_where_no_step_does(self, tmp_path):
        rows = [{**choice("a", 1e6, "x", 0.4), "tokens": tokens} for tokens in (1e9, 2e9)]
        part = read_whole(tmp_path, rows)
        assert {row["condition"] for row in part.rows.to_pylist()} == {
            "tokens=1000000000",
            "tokens=2000000000",
        }
        assert "several numbers of tokens" in part.facts[0].notes[0]

    def test_a_model_with_two_losses_is_one_reject(self, tmp_path):
        rows = [
            {**choice("a", 1e6, name, 0.4), "loss": loss} for name, loss in (("x", 2), ("y", 3))
        ]
        (reject,) = read_whole(tmp_path, rows).rejects.to_pylist()
        assert "several values of loss" in reject["seen"]


def test_a_column_of_another_type_is_named(tmp_path):
    table = pa.Table.from_pylist([choice("a", 1.0, "x", 0.4)], ANSWERS)
    place = ANSWERS.names.index("shots")
    table = table.set_column(place, "shots", pa.array(["five"]))
    pq.write_table(table, tmp_path / "answers.parquet")
    with pytest.raises(InputError, match="the column shots cannot be read"):
        list(read_source({"format": "answers", "path": "answers.parquet"}, tmp_path))
