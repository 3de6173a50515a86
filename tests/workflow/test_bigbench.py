"""BIG-bench score files through the whole workflow: what was written is what the page counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from bigbench_repository import FAULTS, MODELS, TASKS_FOLDER, Content, build_repository

from emergence.facts.task_inventory import TASK_INVENTORY
from workflow.conftest import Project

pytestmark = pytest.mark.workflow

TASKS = ["anachronisms", "arithmetic", "list_functions"]


class TestSyntheticRepository:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "mine"
        folder.mkdir()
        entry = {
            "title": "Synthetic scores",
            "synthetic": True,
            "licence": "Apache-2.0",
            "citation": ["drawn from stated curves"],
            "task_names": "bigbench",
            "sources": [{"kind": "file", "format": "bigbench", "path": "repository"}],
        }
        registry = {"datasets": {"synthetic": entry}}
        (folder / "registry.yaml").write_text(yaml.safe_dump(registry))
        return folder

    def test_the_page_counts_what_the_builder_wrote(self, project: Project, folder: Path) -> None:
        """Files, tasks, families, shots, metrics, rows, and rejects by reason."""
        inventory = TASK_INVENTORY.rows
        written = build_repository(
            folder / "repository",
            inventory,
            Content(tasks=TASKS, models=MODELS[:6], shots=(0, 2), most_subtasks=3),
            faults=FAULTS,
        )
        command = ["--cores", "2", "--config", f"registries={folder}/registry.yaml"]
        command.append("datasets=synthetic")
        project.run("reports/synthetic/index.html", *command)
        results = project.path / "data/processed/synthetic"
        summary = json.loads((results / "summary.json").read_text())
        assert summary["entries"]["read"] == written.entries
        assert summary["entries"]["rows"] == written.rows
        reasons = summary["entries"]["rejects_by_reason"]
        assert {reason: n for reason, n in reasons.items() if n} == dict(written.rejects)
        assert summary["sizes"] == {
            "tasks": len(written.tasks),
            "metrics": len(written.metrics),
            "model_families": len(written.families),
            "models": len(written.models),
        }
        assert summary["extent"] == {
            "files": written.files,
            "subtasks": len(written.subtasks),
            "shots": sorted(written.shots),
        }
        page = (project.path / "reports/synthetic/index.html").read_text()
        assert "Synthetic data: no score on this page was measured on a model" in page
        assert f"{written.files} files, {len(written.tasks)} tasks" in page

        # One file is changed in place: the folder's own time stamp stays as it was.
        before = (results / "scores.parquet").read_bytes()
        file = folder / f"repository/{TASKS_FOLDER}/anachronisms/results/scores_BIG-G_2m_T=0.json"
        document = json.loads(file.read_bytes())
        document["scores"][0]["score_dict"]["multiple_choice_grade"] = 0.875
        file.write_text(json.dumps(document))
        project.run("data/processed/synthetic/scores.parquet", *command)
        assert (results / "scores.parquet").read_bytes() != before
