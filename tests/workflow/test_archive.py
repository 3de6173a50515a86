"""An archive rebuilt elsewhere, damaged there, and repaired by what is printed."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from workflow.conftest import ROOT, Project, copy_project, environment, run
from workflow.test_run import entry

pytestmark = [pytest.mark.workflow, pytest.mark.system]

#: Two tasks, one of which has subtasks: pages of their own in reports/mine/explorer.
TABLE = "task,subtask,metric,model_family,model,n_params,score\n" + "".join(
    f"{task},{metric},F,m{n},{10**n},{score}\n"
    for task in ("whole,", "parts,", "parts,one", "parts,two")
    for metric, power in (("exact_str_match", 4), ("token_edit_distance", 1))
    for n, score in ((n, round((n / 10) ** power, 4)) for n in range(4, 10))
)

NAME = "archives/emergence-mine.zip"


class Shell:
    """A user's shell in the folder of a project that is installed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # In place of an installation: the Python that runs the tests.
        python = self.path / ".venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)

    def run(self, command: str, status: int = 0) -> str:
        """Run a command, and return what it printed."""
        done = subprocess.run(
            ["sh", "-c", f"({command}) 2>&1"],
            cwd=self.path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout


def unpack(archive: Path, to: Path) -> Path:
    """Unpack an archive and check its sums as its README says; return its folder."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
    (folder,) = to.iterdir()
    assert folder.name == archive.stem
    check_sums(folder, folder / "SHA256SUMS")
    listed = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {line.split("  ", 1)[1] for line in listed} | {"SHA256SUMS"}
    return folder


def check_sums(folder: Path, sums: Path) -> None:
    """Check sums with the program that the README names, or as it does where there is none."""
    if shutil.which("sha256sum"):
        run(["sha256sum", "--check", "--strict", "--quiet", str(sums)], folder)
        return
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def damage(project: Path) -> dict[str, str]:
    """Remove and change results, and return how each then differs.

    The changed ones keep their size and time, which no step would notice.
    """
    reports, processed = project / "reports/mine", project / "data/processed/mine"
    removed = [reports / "tables/labels.csv", *(reports / "explorer").glob("*.html")]
    removed += [processed / f"{name}.parquet" for name in ("curves", "rejects")]
    assert len(removed) == 4
    shutil.rmtree(reports / "explorer")
    for path in removed:
        path.unlink(missing_ok=True)
    changed = [processed / "sources.json", processed / "inference/1-of-1.parquet"]
    changed += [reports / "tables/figures/enrichment.csv", reports / "tables/summary.json"]
    changed += [project / "reports/index.html"]
    for path in changed:
        made, content = path.stat(), path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        os.utime(path, ns=(made.st_atime_ns, made.st_mtime_ns))
    # Sums of a step that nothing asks for any more, whose result was removed by hand.
    written = (project / "logs/mine/infer-1-of-1.sums.json").read_text()
    stale = project / "logs/mine/infer-1-of-2.sums.json"
    stale.write_text(written.replace("1-of-1", "1-of-2"))
    removed.append(processed / "inference/1-of-2.parquet")
    how = {**dict.fromkeys(removed, "is missing"), **dict.fromkeys(changed, "has another content")}
    return {str(path.relative_to(project)): differs for path, differs in how.items()}


def test_packed_rebuilt_repaired_and_packed_again(tmp_path: Path) -> None:
    """A dataset of one's own with other settings; each command is one that a page prints.

    The archive has the table and the settings, so that a plain `make report` rebuilds it, and
    neither the other entry of the registry nor its place. What was rebuilt, damaged, repaired and
    archived again is the same archive.
    """
    project = copy_project(tmp_path / "a project")
    shutil.copy(ROOT / "Makefile", project.path)
    (project.path / "scripts/install.sh").write_text("exit 0\n")
    registry = tmp_path / "my registry/mine.yaml"
    (registry.parent / "tables").mkdir(parents=True)
    (registry.parent / "tables/scores.csv").write_text(TABLE)
    source = {"kind": "file", "format": "tidy", "path": "tables/scores.csv"}
    entries = {"private": entry("Private", **source), "mine": entry("Mine", **source)}
    registry.write_text(yaml.safe_dump({"datasets": entries}, sort_keys=False))
    done = project.run(
        *("all_archived", "--cores", "2", "--datasets", "mine"),
        *("--config", f"registries=['{registry}']", "seed=5", "draws=100"),
    )
    assert f"see {project.path}/archives" in done.stdout

    folder = unpack(project.path / NAME, tmp_path / "unpacked")
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert str(tmp_path).encode() not in content, path
        assert b"title: Private" not in content, path
    settings = yaml.safe_load((folder / "configuration.yaml").read_text(encoding="utf-8"))
    assert (settings["seed"], settings["datasets"]) == (5, ["mine"])
    assert "config.original.yaml" in (folder / "README.md").read_text(encoding="utf-8")

    shell = Shell(folder / "project")
    assert not (shell.path / "reports").exists()
    shell.run("make report CORES=2")
    again = Project(shell.path)
    check_sums(again.path / "reports", folder / "results/SHA256SUMS")
    made, archived = (
        {str(path.relative_to(start)) for path in start.rglob("*") if path.is_file()}
        for start in (again.path / "reports", folder / "results")
    )
    assert {name for name in made if "/." not in name} == archived - {"SHA256SUMS"}
    before, known = again.results(), project.results()
    assert {n for n in known if n.startswith("data/") and before[n] != known[n]} == set()

    damaged = damage(again.path)
    said = shell.run("make verify", status=2)
    assert dict(re.findall(r"^  (\S+): (is missing|has another content)$", said, re.M)) == damaged
    shell.run("\n".join(re.findall(r"^  To make it again: (.*)$", said, re.M)))
    assert again.results() == before

    shell.run("make archive CORES=1")
    assert (again.path / NAME).read_bytes() == (project.path / NAME).read_bytes()
