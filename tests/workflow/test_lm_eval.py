"""Result files of lm-evaluation-harness through the whole workflow, from `emergence check`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import lookups
import pyarrow.parquet as pq
import pytest

from emergence.schema import CURVES
from emergence.tables import read_table
from workflow.conftest import ROOT, Project, environment

pytestmark = pytest.mark.workflow

REAL = ROOT.parent / "shared/data"

SIZES = ["70m", "160m", "410m", "1b", "1.4b"]


def document(size: str, score: float) -> dict:
    """A result file in today's layout, with a metric that only the file knows."""
    return {
        "results": {"mine": {"alias": "mine", "acc,none": score, "wrongness,none": 1 - score}},
        "group_subtasks": {"mine": []},
        "configs": {},
        "n-shot": {"mine": 0},
        "n-samples": {"mine": {"original": 100, "effective": 100}},
        "higher_is_better": {"mine": {"acc": True, "wrongness": False}},
        "config": {"model_args": f"pretrained=EleutherAI/pythia-{size}"},
    }


def emergence(project: Project, *arguments: str) -> str:
    """Run the project's command; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "emergence.cli", *arguments],
        cwd=project.path,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_check_to_curves(project: Project, tmp_path: Path) -> None:
    """Five models, two metrics of the same answers: one rises, and so does the oriented other.

    Then a model joins whose name only a table of the user's knows: the dataset is read again.
    """
    folder = tmp_path / "my results"
    for i, size in enumerate(SIZES):
        file = folder / f"EleutherAI__pythia-{size}/results_2024-05-01T00-00-0{i}.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(document(size, round(0.25 + i * i / 50, 2))))
    models = tmp_path / "models.csv"
    header = "model,model_family,n_params,scale_kind,source"
    models.write_text(f"{header}\nsomebody/else,F,1e9,total,counted\n")
    registry = tmp_path / "registry.yaml"
    options = ("--fix", "--registry", str(registry), "--id", "mine", "--models", str(models))
    emergence(project, "check", str(folder), *options)

    table = project.path / "data/processed/mine/curves.parquet"
    command = (f"data/processed/{'mine'}/curves.parquet", "--cores", "2")
    command += ("--config", f"registries={registry}", "datasets=mine")
    project.run(*command)
    curves = {curve["metric"]: curve for curve in read_table(table, CURVES).to_pylist()}
    assert curves["acc"]["n_examples"] == 100 and curves["acc"]["flags"] == ""
    assert curves["wrongness"]["flags"] == "direction_from_file"
    assert curves["wrongness"]["scores"] == pytest.approx([s - 1 for s in curves["acc"]["scores"]])
    assert curves["wrongness"]["emergence_score"] == pytest.approx(curves["acc"]["emergence_score"])

    file = folder / "somebody__else/results_1.json"
    file.parent.mkdir()
    file.write_text(json.dumps(document("12b", 0.75)))
    models.write_text(f"{header}\nEleutherAI/pythia-12b,Pythia,12e9,nominal,its name\n")
    project.run(*command)
    assert {curve["n_scales"] for curve in read_table(table, CURVES).to_pylist()} == {6}


@pytest.mark.skipif(
    not (REAL / "lm_eval_opt").is_dir(), reason="the real files are not beside this project"
)
def test_the_real_files_to_the_page(project: Project, tmp_path: Path) -> None:
    """OPT and BLOOM as one dataset: 65 tasks, 13 models, 128 curves a family, no reject."""
    for name in ("lm_eval_opt", "lm_eval_bloom"):
        shutil.copytree(REAL / name, tmp_path / name)
    registry = tmp_path / "registry.yaml"
    folders = [str(tmp_path / name) for name in ("lm_eval_opt", "lm_eval_bloom")]
    said = emergence(
        project, "check", *folders, "--fix", "--registry", str(registry), "--id", "open-models"
    )
    assert "1664 entries: 1664 score rows, 0 rejects" in said
    command = ("--cores", "2", "--config", f"registries={registry}", "datasets=open-models")
    project.run("reports/open-models/index.html", *command)
    results = project.path / "data/processed/open-models"
    summary = json.loads((results / "summary.json").read_text())
    assert (summary["entries"]["rows"], summary["entries"]["rejects"]) == (1664, 0)
    assert summary["sizes"]["tasks"] == 65 and summary["sizes"]["models"] == 13
    curves = read_table(results / "curves.parquet", CURVES).to_pylist()
    assert Counter(curve["model_family"] for curve in curves) == {"OPT": 128, "BLOOM": 128}
    unknown = [curve["metric"] for curve in curves if None in curve["n_examples_by_scale"]]
    assert unknown == ["ppl", "ppl"]
    guessing = {c["task"] for c in curves if c["chance"] is None and c["metric"] == "acc"}
    assert guessing == {"arc_challenge", "arc_easy"}
    inference = pq.read_table(results / "inference.parquet")
    assert inference.num_rows == 256
    assert Counter(inference["counts_missing"].to_pylist()) == {None: 254, "not_a_share": 2}


def test_a_file_that_changes_below_a_folder_is_seen(tmp_path: Path) -> None:
    """The folder's own time stamp stays as it is, and so does the path of a single file."""
    file = tmp_path / "a/b/results.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    source = {"format": "lm-eval", "path": "a"}
    before = lookups.folder_state(source, tmp_path)
    (tmp_path / "a/.hidden.json").write_text("{}")
    assert lookups.folder_state(source, tmp_path) == before
    file.write_text('{"results": {}}')
    assert lookups.folder_state(source, tmp_path) != before


@pytest.mark.parametrize("format_name", ["bigbench", "lm-eval"])
def test_a_folder_that_is_not_there_has_a_state(tmp_path: Path, format_name: str) -> None:
    """The step that reads it says what is missing, and not the start of the workflow."""
    source = {"format": format_name, "path": "a"}
    missing = lookups.folder_state(source, tmp_path)
    (tmp_path / "a").mkdir()
    assert lookups.folder_state(source, tmp_path) == missing
