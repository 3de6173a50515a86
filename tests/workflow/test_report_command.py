"""`emergence report` against the workflow: the same tables, to the byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workflow.conftest import ROOT, Project, environment

pytestmark = pytest.mark.workflow

#: Two families under two metrics: a step and a line each.
TABLE = "task,metric,model_family,model,n_params,score,low_score,n_examples,shots\n" + "".join(
    f"{task},{metric},{family},{family}{i},{i + 1}B,{score},0,100,0\n"
    for family in ("F", "G")
    for metric in ("exact_match", "acc")
    for task, scores in (("step", [0.0, 0.01, 0.02, 0.05, 0.6]), ("line", [0, 0.1, 0.2, 0.3, 0.4]))
    for i, score in enumerate(scores)
)


def test_the_tables_are_those_of_the_workflow(project: Project, tmp_path: Path) -> None:
    """Of the same file, read under the same id, with the settings that are shipped."""
    place = tmp_path / "mine"
    place.mkdir()
    (place / "scores.csv").write_text(TABLE + "line,acc,F,F9,9B,high,0,100,0\n")
    for arguments in (
        ("check", "scores.csv", "--fix", "--id", "mine", "--title", "Mine"),
        ("report", "scores.csv", "--id", "mine", "--title", "Mine"),
    ):
        subprocess.run(
            [sys.executable, "-m", "emergence.cli", *arguments],
            cwd=place,
            env=environment(),
            check=True,
        )
    settings = project.path / "workflow/config.yaml"
    settings.write_bytes((ROOT / "workflow/config.yaml").read_bytes())
    registry = f"registries={place / 'registry.yaml'}"
    project.run("--cores", "2", "--config", registry, "datasets=mine")

    def tables(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "index.html" and not path.name.startswith(".")
        }

    theirs = tables(project.path / "reports/mine")
    ours = tables(place / "emergence-report")
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
