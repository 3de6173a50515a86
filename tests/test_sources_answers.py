"""A table of single answers: what models answered, scored here under many metrics."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emergence.errors import InputError
from emergence.samples.choices import CHAIN
from emergence.samples.table import ANSWERS
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


def test_a_table_without_a_column_is_named(tmp_path):
    """With the columns that belong there."""
    path = tmp_path / "answers.parquet"
    names = [name for name in ANSWERS.names if name != "shots"]
    table = pa.Table.from_pylist([choice("a", 1.0, "x", 0.4)], ANSWERS)
    pq.write_table(table.select(names), path)
    with pytest.raises(InputError, match="has no column shots"):
        list(read_source({"format": "answers", "path": path.name}, tmp_path))
