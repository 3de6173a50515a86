"""Fetching inside the workflow: the registry's entries, the rule, `make verify`, no network."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import lookups
import pyarrow.parquet as pq
import pytest
import yaml
from git_server import GitServer, Link, Request, git, instead_of, make_repository

from emergence.errors import InputError
from emergence.registry import load_registry
from workflow.conftest import copy_project, environment

COMMIT = "1" * 40

#: Seconds for what takes one or two, on a machine that is busy with other things too.
PATIENCE = 300

GIT = {
    "kind": "git",
    "format": "tidy",
    "path": "tables/scores.csv",
    "url": "https://git.example.org/scores.git",
    "commit": COMMIT,
    "files": ["tables/*.csv"],
}


def entry(*sources: dict) -> dict:
    """An entry of the registry with these sources."""
    return {
        "title": "Fetched scores",
        "synthetic": True,
        "licence": "CC0-1.0",
        "citation": ["nobody"],
        "sources": list(sources),
    }


class TestTheRegistry:
    @pytest.fixture
    def load(self, tmp_path: Path):

        def load(*sources: dict) -> dict:
            path = tmp_path / "registry.yaml"
            path.write_text(yaml.safe_dump({"datasets": {"mine": entry(*sources)}}))
            return load_registry([path])

        return load

    def test_a_source_of_kind_git(self, load) -> None:
        """What is fetched is its address, its commit and its patterns; the rest may change."""
        fields = ("kind", "url", "commit", "files")
        assert lookups.asked(load(GIT)["mine"]) == {name: GIT[name] for name in fields}

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"commit": None}, "field 'sources.0': the field 'commit' is missing"),
            ({"url": None, "files": None}, "field 'sources.0': the field 'url' is missing"),
            ({"commit": "main"}, "'main' seen; it must match ^[0-9a-f]{40}$"),
            ({"files": []}, "field 'sources.0.files': is empty"),
            ({"files": ["/etc/*"]}, "'/etc/*' seen; it must match"),
            ({"url": "git@github.com:google/x"}, "field 'sources.0.url': 'git@github.com"),
            ({"url": "https://me:secret@h.org/x"}, "field 'sources.0.url'"),
            ({"kind": "file"}, "field 'sources.0.commit': belongs to sources of another kind"),
            ({"kind": "gti"}, "gti is not allowed: did you mean 'git'?"),
        ],
    )
    def test_a_mistake_is_named(self, load, change: dict, message: str) -> None:
        """The field, what was seen, and what is allowed."""
        source = {name: value for name, value in {**GIT, **change}.items() if value is not None}
        with pytest.raises(InputError) as error:
            load(source)
        assert message in str(error.value)

    def test_it_stands_alone(self, load) -> None:
        """A dataset has one folder of files: two repositories are two datasets."""
        with pytest.raises(InputError, match="a source of kind git stands alone"):
            load(GIT, {"kind": "file", "format": "tidy", "path": "x.csv"})

    def test_the_project_s_own_entry_is_pinned(self) -> None:
        """BIG-bench is fetched at upstream's last commit, and nothing but its score files."""
        asked = lookups.asked(lookups.registry([])["bigbench"])
        assert asked["commit"] == "092b196c1f8f14a54bbc62f24759d43bde46dd3b"
        assert asked["files"] == ["bigbench/benchmark_tasks/*/results/scores_*.json"]


def test_the_files_of_the_step_are_those_that_it_imports() -> None:
    """An edited module must run the step again; what Python loads is among what is found."""
    root = lookups.ROOT
    code = (
        f"import sys; sys.path[:0] = [{str(root)!r}, {str(root / 'scripts')!r}];"
        f"import runpy; runpy.run_path({str(root / 'scripts/fetch.py')!r}, run_name='x');"
        "print(*[m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)],"
        " sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {
        str(path)
        for path in map(Path, done.stdout.splitlines())
        if path.is_relative_to(root / "emergence") or path.is_relative_to(root / "scripts")
    }
    assert any("emergence/raw/git" in path for path in loaded)
    assert loaded <= set(lookups.step_files("fetch"))


TABLE = "task,metric,model_family,model,n_params,score\n" + "".join(
    f"a,accuracy,F,m{n},{10**n},0.{n}\n" for n in range(1, 7)
)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A table of scores in a repository, beside 1 MB that is not needed."""
    root = tmp_path_factory.mktemp("served")
    tree = {
        "tables/scores.csv": TABLE.encode(),
        "tables/log.bin": random.Random(1).randbytes(1_000_000),
        **{f"tables/more {n}.csv": b"%d" % n for n in range(30)},
        "tables/passwd.csv": Link("/etc/passwd"),
    }
    (commit,) = make_repository(root / "scores.git", [tree])
    return root, commit


def settings(folder: Path, commit: str, **more: object) -> Path:
    """A registry with the dataset `mine`, and settings that lead to it."""
    registry = folder / "registry.yaml"
    registry.write_text(yaml.safe_dump({"datasets": {"mine": entry({**GIT, "commit": commit})}}))
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump({"registries": [str(registry)], "datasets": ["mine"], **more}))
    return path


def use_mirror(monkeypatch: pytest.MonkeyPatch, url: str, mirror: str) -> None:
    """Let git take what begins with an address from a mirror."""
    for name, value in instead_of(url, mirror).items():
        monkeypatch.setenv(name, value)


@pytest.mark.workflow
class TestTheRule:
    def test_from_a_repository_to_the_scores(
        self, upstream: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed while the contents travel, run again, verified, damaged, verified again."""
        root, commit = upstream
        project = copy_project(tmp_path / "a project")
        asking, gone = threading.Event(), threading.Event()

        def hold(request: Request) -> None:
            if len(request.wanted()) > 1:
                asking.set()
                gone.wait(60)

        with GitServer(root, hold) as server:
            use_mirror(monkeypatch, "https://git.example.org/", f"{server.url}/")
            config = ("--until", "tabulate", "--configfile", str(settings(tmp_path, commit)))
            with subprocess.Popen(
                project.command(*config),
                cwd=project.path,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as running:
                assert asking.wait(PATIENCE)
                os.killpg(running.pid, signal.SIGKILL)
            gone.set()
            raw = project.path / "data/raw/mine"
            assert "data/raw/mine/manifest.json: is missing" in project.verify().stdout

            server.behaviour = None
            before = len(server.requests)
            said = project.run(*config)
            asked = [r.wanted() for r in server.requests[before:] if r.wanted()]
            assert [len(ids) for ids in asked] == [31]
            assert "mine: fetching the files" in said.stderr
            assert server.bytes_sent < 20_000
            processed = project.path / "data/processed/mine"
            assert pq.read_metadata(processed / "scores.parquet").num_rows == 6
            # The link was asked for and is no file: it is a reject like any other.
            (reject,) = pq.read_table(processed / "rejects.parquet").to_pylist()
            assert reject["reason"] == "not_fetched"
            assert reject["source_file"] == "tables/passwd.csv"
            assert "is a symbolic link" in reject["seen"]

            # Nothing changed, and another mirror is no change: not a single request.
            before = len(server.requests)
            use_mirror(monkeypatch, "https://git.example.org/", f"{server.url}/x/")
            assert "mine:" not in project.run(*config).stderr
            assert len(server.requests) == before
        assert "mine: as its manifest says; results as made: 3" in project.verify(status=0).stdout
        (raw / "files/tables/more 7.csv").write_text("8")
        assert "files/tables/more 7.csv: has another content" in project.verify().stdout

    def test_without_a_network(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Within seconds: one message, no traceback, and nothing that looks complete."""
        project = copy_project(tmp_path / "a project")
        use_mirror(monkeypatch, "https://github.com/", "http://127.0.0.1:1/")
        done = project.run("--datasets", "bigbench", status=1)
        assert done.stderr.count("error: ") == 1
        assert "error: dataset 'bigbench': cannot be fetched: 127.0.0.1 cannot be" in done.stderr
        assert "`make report` builds the bundled dataset" in done.stderr
        assert "url.https://mirror.example.org/.insteadOf https://github.com/" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (project.path / "data/raw").exists()
        assert project.results() == {}

    def test_as_a_module(
        self, upstream: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The settings of the module reach the step, whose own configuration is another's."""
        root, commit = upstream
        project = copy_project(tmp_path / "a project")
        shutil.copytree(root, tmp_path / "served")
        git(tmp_path / "served/scores.git", "config", "uploadpack.allowFilter", "false")
        use_mirror(monkeypatch, "https://git.example.org/", f"{(tmp_path / 'served').as_uri()}/")
        outer = tmp_path / "outer"
        outer.mkdir()
        given = yaml.safe_load(settings(tmp_path, commit, allow_full_clone=True).read_text())
        (outer / "Snakefile").write_text(
            f"""
module emergence:
    snakefile: "{project.path}/Snakefile"
    config: {given!r}

use rule * from emergence as their_*
"""
        )
        project.snakemake("--cores", "1", "data/raw/mine/manifest.json", cwd=outer)
        manifest = json.loads((outer / "data/raw/mine/manifest.json").read_text())
        assert len(manifest["files"]) == 31
