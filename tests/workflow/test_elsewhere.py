"""The workflow as a module of another, below another folder; and runs that must not go well."""

from __future__ import annotations

import json
from pathlib import Path

import filelock
import pyarrow.parquet as pq
import pytest
import yaml
from git_server import git, instead_of, make_repository

from workflow.conftest import Project
from workflow.test_run import drawn, entry

pytestmark = [pytest.mark.workflow, pytest.mark.system]

TABLE = """task,metric,family,model,n_params,score,prompting
a,goodness,F,1,1000,0.1,plain
a,goodness,F,2,2000,0.2,plain
a,goodness,F,3,4000,0.3,plain
a,goodness,F,4,8000,0.4,plain
a,goodness,F,5,16000,NaN,plain
a,goodness,F,6,-1,0.4,plain
a,goodness,F,7,32000,many,plain
a,goodness,F,8,64000,1e400,plain
"""


def fetched(commit: str) -> dict:
    """An entry of what a git repository has."""
    asked = {"url": "https://git.example.org/scores.git", "commit": commit, "files": ["*.csv"]}
    return entry(kind="git", format="tidy", path="scores.csv", **asked)


def use_mirror(monkeypatch: pytest.MonkeyPatch, mirror: str) -> None:
    """Let git take what is to be fetched from a mirror."""
    for name, value in instead_of("https://git.example.org/", mirror).items():
        monkeypatch.setenv(name, value)


def test_as_a_module_with_another_folder_for_the_results(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another workflow uses the rules with settings of its own; the rest are defaults.

    They reach the step that fetches as well, whose own configuration is the other workflow's. Of
    the 8 entries of a private table 3 cannot be used and 1 has no finite score: 4 points.
    """
    (commit,) = make_repository(tmp_path / "served/scores.git", [{"scores.csv": TABLE.encode()}])
    git(tmp_path / "served/scores.git", "config", "uploadpack.allowFilter", "false")
    use_mirror(monkeypatch, f"{(tmp_path / 'served').as_uri()}/")
    private = tmp_path / "private"
    (private / "tables").mkdir(parents=True)
    (private / "tables/mine.csv").write_text(TABLE)
    columns = {"model_family": "family", "condition": ["prompting"]}
    source = {"kind": "file", "format": "tidy", "path": "tables/mine.csv", "columns": columns}
    metric = {"group": "continuous", "higher_is_better": True, "is_share_of_examples": False}
    entries = {"mine": {**entry(**source), "metrics": {"goodness": metric}}}
    entries["fetched"] = fetched(commit)
    (private / "registry.yaml").write_text(yaml.safe_dump({"datasets": entries}))
    given = {
        "registries": [str(private / "registry.yaml")],
        "datasets": ["mine"],
        "top_curves": 0,
        "allow_full_clone": True,
    }
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "Snakefile").write_text(
        f"""
module emergence:
    snakefile: "{project.path}/Snakefile"
    config: {given!r}

use rule * from emergence as their_*
"""
    )
    target = tmp_path / "results here"
    target.mkdir()
    pages = ("reports/mine/index.html", "reports/index.html")
    project.snakemake(
        *("--cores", "2", "--directory", str(target), "data/raw/fetched/manifest.json", *pages),
        cwd=outer,
    )
    assert project.results() == {}, "nothing is written beside the code"
    assert {path.name for path in outer.iterdir()} == {"Snakefile"}

    manifest = json.loads((target / "data/raw/fetched/manifest.json").read_text())
    assert list(manifest["files"]) == ["scores.csv"]
    processed = target / "data/processed/mine"
    summary = json.loads((processed / "summary.json").read_text())
    assert summary["entries"]["read"] == 8
    reasons = {k: n for k, n in summary["entries"]["rejects_by_reason"].items() if n}
    assert reasons == {"not_a_number": 1, "out_of_range": 2}
    (curve,) = pq.read_table(processed / "curves.parquet").to_pylist()
    assert curve["condition"] == "prompting=plain"
    assert curve["emergence_score"] == pytest.approx(3)
    assert (curve["n_scales"], curve["n_dropped"]) == (4, 1)
    page, landing = ((target / name).read_text(encoding="utf-8") for name in pages)
    assert "Synthetic data" in page
    assert "Scores by model" not in page, "top_curves: 0"
    assert "make report DATASETS=bigbench-public" in landing


class TestBadInput:
    def test_another_run_holds_the_lock(self, project: Project) -> None:
        """The second must neither wait in silence nor work beside the first."""
        state = project.path / ".snakemake"
        state.mkdir()
        (state / "front-door.json").write_text(
            json.dumps({"pid": 4711, "host": "a-host", "since": "12:00:00"})
        )
        with filelock.FileLock(state / "front-door.lock"):
            done = project.run(status=3)
        assert "process 4711 on a-host since 12:00:00" in done.stderr
        assert not (project.path / "data/processed").exists()

    def test_mistakes_that_only_the_steps_see(
        self, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each is one message, nothing is half written, and what can go on does.

        A pinned file is not what it was, a host cannot be reached, and a program refuses what no
        schema can: three datasets, and a fourth that is sound.
        """
        use_mirror(monkeypatch, "http://127.0.0.1:1/")
        scores = project.path / "data/bigbench-public/scores.csv"
        scores.write_text(scores.read_text().replace("0.0,0.0,34", "0.5,0.0,34", 1))
        models = {"smallest": 1e9, "largest": 1e7, "number": 5}
        entries = {"far": fetched("1" * 40), "falling": drawn(models=models), "sound": drawn()}
        (tmp_path / "registry.yaml").write_text(yaml.safe_dump({"datasets": entries}))
        settings = {"registries": [str(tmp_path / "registry.yaml")]}
        settings["datasets"] = ["bigbench-public", *entries]
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
        done = project.run(
            *("--keep-going", "--until", "tabulate", "--configfile", f"{tmp_path}/settings.yaml"),
            status=1,
        )
        for said in (
            "error: bigbench-public/scores.csv: differs from the registry",
            "error: dataset 'far': cannot be fetched: 127.0.0.1 cannot be reached",
            "error: dataset 'falling', setting 'models': 5 models from 1e+09 to 1e+07 parameters",
        ):
            assert done.stderr.count(said) == 1, done.stderr
        assert done.stderr.count("error: ") == 3
        assert "Traceback" not in done.stderr
        assert not list((project.path / "data/raw").glob("f*/manifest.json"))
        assert {name.split("/")[2] for name in project.results()} == {"sound"}

    def test_a_mistake_that_is_seen_before_any_step(self, project: Project) -> None:
        """One message with the entry, the field, what was seen and what is allowed."""
        registry = project.path / "data/datasets.yaml"
        registry.write_text(registry.read_text().replace("licence:", "license:"))
        done = project.run(status=1)
        said = "entry 'bigbench-public': unknown field 'license': did you mean 'licence'?"
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not (project.path / "data/processed").exists()
