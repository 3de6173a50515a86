"""The program ``induced`` inside the workflow: small, killed, gone on with, and elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from induced_samples import SETTINGS

from workflow.conftest import Project, copy_project, environment

pytestmark = pytest.mark.workflow

TABLE = "data/processed/small/scores.parquet"
RAW = "data/raw/small"


def write_registry(folder: Path) -> Path:
    """A registry outside the project, with one small dataset."""
    source = {
        "kind": "computed",
        "program": "induced",
        "format": "tidy",
        "path": "scores.csv",
        "settings": SETTINGS,
    }
    entry = {
        "title": "Small",
        "synthetic": False,
        "licence": "CC0-1.0",
        "citation": ["nobody"],
        "sources": [source],
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({"datasets": {"small": entry}}))
    return path


def test_killed_gone_on_with_and_the_same_elsewhere(project: Project, tmp_path: Path) -> None:
    """A killed run loses the networks that were being trained, and nothing else."""
    arguments = (TABLE, "--datasets", "small", "--config", f"registries={write_registry(tmp_path)}")
    kept = project.path / RAW / "kept"
    process = subprocess.Popen(
        project.command("--cores", "2", *arguments),
        cwd=project.path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not list(kept.glob("*.npz")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    finished = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    assert finished, "nothing was trained in five minutes"

    project.run("--cores", "2", *arguments)
    later = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    # Four families of four widths and two seeds.
    assert len(later) == 32
    assert finished.items() <= later.items(), "what was finished is not trained again"

    # The same bytes with one core, from nothing.
    other = copy_project(tmp_path / "elsewhere")
    other.run("--cores", "1", *arguments)
    names = [TABLE, f"{RAW}/manifest.json"]
    names += [f"{RAW}/files/{name}" for name in ("scores.csv", "experiments.json", "outcomes.npz")]
    for name in names:
        assert (other.path / name).read_bytes() == (project.path / name).read_bytes(), name

    # Every score is used, and every metric is known and has its baseline.
    scores = pq.read_table(project.path / TABLE)
    assert set(scores["use"].to_pylist()) == {"used"}
    assert not any(scores["flags"].to_pylist())
    assert scores["low_score"].null_count == 0
    assert set(scores["replicate"].to_pylist()) == {"seed 1", "seed 2"}
    # Metrics of a task are those of the same answers.
    groups = set(zip(*(scores[name].to_pylist() for name in ("task", "output_group")), strict=True))
    assert len(groups) == len(set(scores["task"].to_pylist())) == 4
    manifest = json.loads((project.path / RAW / "manifest.json").read_text())
    assert list(manifest["files"]) == ["experiments.json", "outcomes.npz", "scores.csv"]
