"""The bundled answers of tiny language models: from log-likelihoods to what the harness printed."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from page_samples import SETTINGS

from emergence import Study
from emergence.pages.chain_section import chain_section
from emergence.registry import load_registry
from emergence.samples.choices import CHAIN

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "tiny-lms"


@pytest.fixture(scope="module")
def study() -> Study:
    entry = load_registry([ROOT / "data/datasets.yaml"])["tiny-lms"]
    return Study.compute("tiny-lms", entry, SETTINGS, ROOT / "data", "label")


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_printed_score_follows_from_the_answers(study):
    """Accuracy, normalised accuracy, Brier score and exact match of ten models on eight tasks."""
    scores = {
        (row["model"], row["task"], row["metric"]): row["score"] for row in study.scores.to_pylist()
    }
    printed = rows("printed.csv")
    assert len(printed) == 10 * (5 * 3 + 3)
    for row in printed:
        found = scores[row["model"], row["task"], row["metric"]]
        assert found == pytest.approx(float(row["score"]), abs=1e-9)


def test_kept_outcomes_give_the_scores_back(study):
    """After they were rounded to 24 binary digits."""
    metrics = {row["curve_id"]: row["metric"] for row in study.curves.to_pylist()}
    scores = {(row["curve_id"], row["model"]): row["score"] for row in study.scores.to_pylist()}
    found = study.outcomes.to_pylist()
    assert len(found) == len(scores) == 10 * (5 * len(CHAIN) + 3 * 2)
    for row in found:
        mean = row["unit"] * sum(row["steps"]) / len(row["steps"])
        wanted = scores[row["curve_id"], row["model"]]
        assert mean == pytest.approx(wanted, rel=1e-6, abs=1e-9), metrics[row["curve_id"]]


def test_sizes_are_parameters_without_embeddings(study):
    """12 times layers times the square of the width, over three decades."""
    sizes = {row["model"]: row["scale"] for row in study.scores.to_pylist()}
    models = rows("models.csv")
    assert len(models) == len(sizes) == 10
    for row in models:
        assert sizes[row["model"]] == 12 * int(row["layers"]) * int(row["width"]) ** 2
    assert max(sizes.values()) > 1000 * min(sizes.values())


def test_all_examples_are_drawn_together(study):
    """Every model answered the same questions."""
    found = study.resampled.to_pylist()
    assert len(found) == 5 * len(CHAIN) + 3 * 2
    assert {row["missing"] for row in found} == {None}
    assert {row["examples"] for row in found} == {500}


def test_what_the_readme_counts(study):
    """Curves that rise and that look emergent, and the pair that is told apart."""
    rises, apparent = (int(study.frame[name].fillna(False).sum()) for name in ("rises", "apparent"))
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"Of {len(study.frame)} curves {rises} rise and {apparent} look emergent." in text
    switches = chain_section(study)["switches"]
    assert (switches["sharper"], switches["flatter"]) == (1, 0)
    assert f"the one of {switches['pairs']} pairs" in text
    first = switches["rows"][0]
    assert (first["name"], first["metric"]) == ("tiny_copying", "exact_match")


def test_what_the_readme_says_of_copying(study):
    """Nothing up to 196,608 parameters, and most words from 442,368 on, under both metrics."""
    curves = {
        row["metric"]: row for row in study.curves.to_pylist() if row["task"] == "tiny_copying"
    }
    assert set(curves["exact_match"]["scores"][:7]) == {0.0}
    assert curves["exact_match"]["scores"][7:] == [0.634, 0.864, 0.944]
    assert curves["edit_similarity"]["scores"][6:8] == pytest.approx([0.192, 0.898], abs=5e-4)


def test_the_files_are_small_and_say_nothing_of_a_machine():
    """Under 3 MB together, and no path, host or system in what people read."""
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 3_000_000
    data = (FOLDER / "answers.parquet").read_bytes()
    assert not re.search(rb"/tmp|/home|/root|x86|Linux", data)
