"""The inference in shards: the same bytes however it is cut, and nothing computed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow.conftest import Project
from workflow.test_claims import processed, rows_of

pytestmark = pytest.mark.workflow

TARGET = "data/processed/mine/inference.parquet"
LABELS = "data/processed/mine/labels.parquet"

REGISTRY = """
datasets:
  mine:
    title: Mine
    synthetic: true
    licence: CC0-1.0
    citation: ["Me, 2026"]
    sources:
      - {kind: file, format: tidy, path: scores.csv}
"""


def write_scores(folder: Path, tasks: int) -> None:
    """Tasks of five models in one family, and one task of another; 100 examples a score."""
    lines = ["task,metric,model_family,model,n_params,score,n_examples,low_score,is_preferred"]
    for task in range(tasks):
        for family in ("f", "g") if not task else ("f",):
            for model in range(5):
                right = 2 + (task + 1) * model**2
                lines.append(
                    f"t{task},multiple_choice_grade,{family},m{model},{4**model}e6,"
                    f"{right / 100},100,0,true"
                )
    (folder / "scores.csv").write_text("\n".join(lines) + "\n")


def infer(project: Project, shards: int, cores: int, target: str, *settings: str) -> bytes:
    """Build up to a table, and return the inference."""
    for log in (project.path / "logs/mine").glob("infer-*.log"):
        log.unlink()
    project.snakemake(
        *("--cores", str(cores), target, "--config"),
        *("registries=mine.yaml", "datasets=mine", f"shards={shards}", *settings),
    )
    return (project.path / TARGET).read_bytes()


def said(project: Project) -> list[str]:
    """What each shard's log says was done."""
    logs = sorted((project.path / "logs/mine").glob("infer-*.log"))
    return ["copied" if "copied" in log.read_text() else "computed" for log in logs]


def test_shards_cores_and_a_new_task(project: Project) -> None:
    """One shard on one core, two on two; then a new task; then another level.

    Neither shards nor cores change a byte, and an unchanged shard is copied. Of the rows of
    the other curves a new task moves the labels alone, and only those of its unit.
    """
    (project.path / "mine.yaml").write_text(REGISTRY)
    write_scores(project.path, 5)
    one = infer(project, 1, 1, LABELS)
    before = rows_of(processed(project, "mine"))
    assert infer(project, 2, 2, TARGET) == one
    assert said(project) == ["computed"] * 2

    write_scores(project.path, 6)
    joined = infer(project, 2, 2, LABELS)
    assert sorted(said(project)) == ["computed", "copied"]
    after = rows_of(processed(project, "mine"))
    assert len(before["labels"]) == 6 and len(after["labels"]) == 7
    for table in ("curves", "inference"):
        for key, row in before[table].items():
            assert repr(after[table][key]) == repr(row)
    for key, row in before["labels"].items():
        other = after["labels"][key]
        if before["curves"][key]["model_family"] == "g":
            assert other == row
        else:
            assert (row["tasks_in_unit"], other["tasks_in_unit"]) == (5, 6)
            assert other["p_task"] == row["p_task"]
    assert any(
        after["labels"][key]["q_rise"] != row["q_rise"] for key, row in before["labels"].items()
    )

    # The digest covers the settings too: a copy would state ranges of another level.
    assert infer(project, 2, 2, TARGET, "level=0.9") != joined
    assert said(project) == ["computed"] * 2
