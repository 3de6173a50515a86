"""What is missing is made again, and every repair that a message prints repairs.

The commands are taken from the messages and run by a shell in the project's folder, as a user
would. Each test leaves the results as they were, whichever runs first.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from git_server import make_repository

from workflow.conftest import ROOT, Project, copy_project, environment
from workflow.test_compute import SETTINGS

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("repair")]

#: Two tasks, one of which has subtasks: pages of their own in reports/mine/explorer.
TABLE = "task,subtask,metric,model_family,model,n_params,score\n" + "".join(
    f"{task},{metric},F,m{n},{10**n},{score}\n"
    for task in ("whole,", "parts,", "parts,one", "parts,two")
    for metric, power in (("exact_str_match", 4), ("token_edit_distance", 1))
    for n, score in ((n, round((n / 10) ** power, 4)) for n in range(4, 10))
)


def entry(source: dict) -> dict:
    """An entry of the registry with one source."""
    about = {"title": "Mine", "synthetic": True, "licence": "CC0-1.0", "citation": ["nobody"]}
    return {**about, "sources": [{"format": "tidy", "path": "scores.csv", **source}]}


class Shell:
    """A user's shell in the folder of a project that is installed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.path = project.path
        for name in ("Makefile", ".gitignore"):
            shutil.copy(ROOT / name, self.path)
        # In place of an installation: the Python that runs the tests.
        (self.path / "scripts/install.sh").write_text("exit 0\n")
        python = self.path / ".venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)

    def run(self, command: str, status: int = 0) -> str:
        """Run a command, and return what it printed."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def results(self) -> dict[str, bytes]:
        """All that was made, and what it was made from."""
        raw = self.path / "data/raw/mine"
        found = {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in (raw / "manifest.json", raw / "files/scores.csv")
        }
        return found | self.project.results()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A project with the results of one fetched dataset, its default."""
    folder = tmp_path_factory.mktemp("repair")
    (commit,) = make_repository(folder / "scores.git", [{"scores.csv": TABLE.encode()}])
    project = copy_project(folder / "a project")
    networks = next(
        fields
        for fields in yaml.safe_load((ROOT / "data/datasets.yaml").read_text())["datasets"].values()
        if fields["sources"][0].get("program") == "induced"
    )
    url = (folder / "scores.git").as_uri()
    git = {"kind": "git", "url": url, "commit": commit, "files": ["*.csv"]}
    drawn = {"kind": "computed", "program": "mirage-model", "settings": SETTINGS}
    datasets = {"mine": entry(git), "drawn": entry(drawn), "networks": networks}
    (project.path / "data/datasets.yaml").write_text(yaml.safe_dump({"datasets": datasets}))
    settings = project.path / "workflow/config.yaml"
    changed = yaml.safe_load(settings.read_text()) | {"datasets": ["mine"]}
    settings.write_text(yaml.safe_dump(changed))
    shell = Shell(project)
    shell.run("make report")
    return shell


class Links(HTMLParser):
    """The files to which a page leads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: set[Path] = set()
        self._page = page
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            parts = urlsplit(value or "")
            if name in ("href", "src") and parts.path and not parts.scheme:
                target = self._page.parent / unquote(parts.path)
                self.found.add(Path(os.path.normpath(target)))


def targets(shell: Shell, datasets: str) -> set[Path]:
    """What `rule all` asks for."""
    plan = shell.project.snakemake(
        *("--dry-run", "--cores", "1", "--forcerun", "all", "--config", f"datasets={datasets}")
    ).stdout
    (asked,) = set(re.findall(r"^rule all:\n    input: (.*)$", plan, re.M))
    return {shell.path / name for name in asked.split(", ")}


def test_all_that_was_made_and_all_links_of_the_pages_are_asked_for(shell: Shell) -> None:
    """Of what a step writes, Snakemake misses only what is asked for."""
    asked = targets(shell, "mine drawn networks")

    def is_asked_for(path: Path) -> bool:
        return not asked.isdisjoint({path, *path.parents})

    made = [shell.path / name for name in shell.project.results()]
    pages = [path for path in made if path.suffix == ".html"]
    links = set().union(*(Links(page).found for page in pages))
    raw = {
        "mine": ("manifest.json",),
        "drawn": ("manifest.json", "files/scores.csv"),
        "networks": ("manifest.json", "files/scores.csv"),
    }
    raw_files = [shell.path / "data/raw" / name / file for name in raw for file in raw[name]]
    experiments = ("data/processed/networks", "reports/networks/tables")
    others = [shell.path / folder / "experiments.json" for folder in experiments]
    assert len(made) > 30 and len(links) > 20
    assert shell.path / "reports/mine/explorer" in {link.parent for link in links}
    assert [path for path in links if not path.is_file()] == []
    missed = [path for path in [*made, *links, *raw_files, *others] if not is_asked_for(path)]
    assert missed == []


def printed(said: str) -> str:
    """What `make verify` prints to be run."""
    return "\n".join(re.findall(r"^  To make it again: (.*)$", said, re.M))


def test_what_show_and_verify_print_brings_all_back(shell: Shell) -> None:
    """What was removed, and what was changed.

    The changed files have the size and time that they had, which no step would notice.
    """
    before = shell.results()
    reports, processed = shell.path / "reports/mine", shell.path / "data/processed/mine"
    removed = [reports / "tables/labels.csv", *(reports / "explorer").glob("*.html")]
    removed += [processed / f"{name}.parquet" for name in ("curves", "rejects")]
    shutil.rmtree(reports / "explorer")
    for path in removed:
        path.unlink(missing_ok=True)
    changed = [processed / "sources.json", processed / "inference/1-of-1.parquet"]
    changed += [reports / "tables/figures/enrichment.csv", reports / "tables/summary.json"]
    changed += [shell.path / "reports/index.html", shell.path / "data/raw/mine/files/scores.csv"]
    for path in changed:
        made, content = path.stat(), path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        os.utime(path, ns=(made.st_atime_ns, made.st_mtime_ns))
    # Sums of a step that nothing asks for any more, whose result was removed by hand.
    written = (shell.path / "logs/mine/infer-1-of-1.sums.json").read_text()
    stale = shell.path / "logs/mine/infer-1-of-2.sums.json"
    stale.write_text(written.replace("1-of-1", "1-of-2"))
    removed.append(processed / "inference/1-of-2.parquet")

    show = f".venv/bin/python -m emergence.cli show curves:{'0' * 16}:sharpness"
    said = shell.run(show, status=1)
    (by_show,) = re.findall(r"^  data/processed/mine/curves.parquet is missing: (.*)$", said, re.M)
    said = shell.run("make verify", status=2)
    seen = dict(re.findall(r"^  (\S+): (is missing|has another content)$", said, re.M))
    differing = {**dict.fromkeys(removed, "missing"), **dict.fromkeys(changed, "another content")}
    assert seen.keys() == {str(path.relative_to(shell.path)) for path in differing}
    for path, how in differing.items():
        assert seen[str(path.relative_to(shell.path))].endswith(how)
    assert f" && {by_show}\n" in said
    shell.run(printed(said))
    assert shell.results() == before
    assert "mine: as its manifest says; results as made: " in shell.run("make verify")
    assert "there is no row of curves" in shell.run(show, status=1)


def test_what_failed_steps_print(shell: Shell) -> None:
    """A table that was cut, below it a file that is gone, and then all that was fetched."""
    before = shell.results()
    scores, raw = shell.path / "data/processed/mine/scores.parquet", shell.path / "data/raw/mine"
    scores.write_bytes(scores.read_bytes()[:-100])
    (raw / "files/scores.csv").unlink()
    for file in (scores, raw / "manifest.json"):
        said = shell.run("make report", status=2)
        (command,) = set(re.findall(r"^  Run the same command again, after: (.*)$", said, re.M))
        assert shlex.split(command) == ["rm", str(file)]
        assert "Traceback" not in said
        shell.run(command)
    shutil.rmtree(raw)
    assert printed(shell.run("make verify", status=2)).endswith("make report DATASETS=mine")
    shell.run(printed(shell.run("make verify", status=2)))
    assert shell.results() == before
