"""Logs beside a result file: further metrics of the same answers, in both layouts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from emergence.samples.choices import CHAIN
from emergence.sources import Known, read_source
from emergence.sources.known import KnownModel

LOGS = Path(__file__).parent / "data" / "harness_logs"
KNOWN = Known(
    models={
        "tiny-w64": KnownModel("tiny", 196_608.0, "non_embedding"),
        "tiny-w128": KnownModel("tiny", 786_432.0, "non_embedding"),
    }
)


@pytest.fixture
def logged(tmp_path, request) -> Path:
    shutil.copytree(LOGS / request.param, tmp_path / "logs")
    return tmp_path


def scores_and_rejects(folder: Path):
    source = {"format": "lm-eval", "path": "logs"}
    (part,) = read_source(source, folder, KNOWN)
    rows = {(row["task"], row["metric"]): row for row in part.rows.to_pylist()}
    return rows, part.rejects.to_pylist(), part.facts[0]


both = pytest.mark.parametrize("logged", ["0.4.0", "0.4.13"], indirect=True)


@both
def test_the_chain_stands_beside_what_was_printed(logged):
    """Each choice task has every metric, of the same 12 examples; nothing is there twice."""
    rows, rejects, facts = scores_and_rejects(logged)
    assert not rejects
    assert facts.files == 4  # a result file and three logs
    for task in ("tiny_facts", "tiny_brackets"):
        assert {metric for name, metric in rows if name == task} == set(CHAIN)
        assert {rows[task, metric]["n_examples"] for metric in CHAIN} <= {12, None}
    assert rows["tiny_facts", "prob_correct"]["low_score"] == pytest.approx(0.25)
    assert rows["tiny_brackets", "prob_correct"]["low_score"] == pytest.approx(1 / 3)
    similar = rows["tiny_copying", "edit_similarity"]
    assert 0 < similar["score"] < 1
    assert similar["source_file"].endswith(".jsonl")
    assert rows["tiny_copying", "exact_match"]["source_file"].endswith(".json")


@both
def test_a_log_of_another_evaluation_is_refused(logged):
    """Its accuracy is not the printed one; the printed scores stay."""
    path = next((logged / "logs").glob("*results*.json"))
    document = json.loads(path.read_bytes())
    document["results"]["tiny_facts"]["acc,none"] = 0.123
    path.write_text(json.dumps(document))
    rows, rejects, _ = scores_and_rejects(logged)
    (reject,) = rejects
    assert reject["reason"] == "log_differs"
    assert "acc is" in reject["seen"]
    assert "tiny_facts" in reject["source_file"]
    assert rows["tiny_facts", "acc"]["score"] == 0.123
    assert ("tiny_facts", "prob_correct") not in rows
    assert ("tiny_brackets", "prob_correct") in rows


@both
def test_a_cut_log_is_refused_and_the_scores_stay(logged):
    """As after a full disk."""
    path = next((logged / "logs").glob("*facts*.jsonl"))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    rows, rejects, _ = scores_and_rejects(logged)
    assert [reject["reason"] for reject in rejects] in (["log_unusable"], ["log_differs"])
    assert ("tiny_facts", "acc") in rows
    assert ("tiny_facts", "prob_correct") not in rows


@both
def test_a_log_of_scores_only_adds_nothing(logged):
    """Some people keep the scores of single answers and not the answers."""
    path = next((logged / "logs").glob("*facts*.jsonl"))
    path.write_text('{"doc_id": 0, "acc": 1.0}\n')
    rows, rejects, _ = scores_and_rejects(logged)
    assert not rejects
    assert ("tiny_facts", "prob_correct") not in rows


@pytest.mark.parametrize("logged", ["0.4.13"], indirect=True)
def test_a_log_of_another_date_is_not_read(logged):
    """It belongs to another run, of which there is no result file."""
    path = next((logged / "logs").glob("*facts*.jsonl"))
    path.rename(path.with_name("samples_tiny_facts_2020-01-01T00-00-00.000000.jsonl"))
    rows, rejects, facts = scores_and_rejects(logged)
    assert not rejects
    assert facts.files == 3
    assert ("tiny_facts", "prob_correct") not in rows


@pytest.mark.parametrize("logged", ["0.4.13-repeats"], indirect=True)
def test_several_answers_a_question(logged):
    """Twelve for each of twelve questions: every answer counts under pass@1."""
    found, _, _ = scores_and_rejects(logged)
    rows = {metric: row for (_, metric), row in found.items()}
    assert rows.keys() == {"exact_match", "edit_similarity", "pass@1", "pass@10"}
    assert rows["pass@1"]["n_examples"] == 144 and rows["pass@10"]["n_examples"] == 12
    right = rows["pass@1"]["score"] * 144
    assert right == pytest.approx(round(right)) and 0 < right < 144


@pytest.mark.parametrize("logged", ["0.4.13-repeats"], indirect=True)
def test_repeats_that_cannot_be_checked_are_said(logged):
    """The filter took something out of the first answer: of the others nothing is known."""
    path = next((logged / "logs").glob("*.jsonl"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line["resps"][0][0] = f"the answer is {line['resps'][0][0]}"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows, rejects, facts = scores_and_rejects(logged)
    assert not rejects and ("tiny_copying", "pass@1") not in rows
    (note,) = [note for note in facts.notes if "only the first counts" in note]
    assert note.endswith("which of the others are right: tiny_copying")


@both
def test_every_score_of_a_log_keeps_its_outcomes(logged):
    """Those that the harness printed too: their mean is the score, to 24 binary digits."""
    source = {"format": "lm-eval", "path": "logs"}
    (part,) = read_source(source, logged, KNOWN)
    scores = {(row["source_file"], row["source_entry"]): row for row in part.rows.to_pylist()}
    assert {(file, entry) for file, entry, _ in part.outcomes} == scores.keys()
    for file, entry, kept in part.outcomes:
        score = scores[file, entry]["score"]
        assert (kept.steps * kept.unit).mean() == pytest.approx(score, rel=1e-6)
