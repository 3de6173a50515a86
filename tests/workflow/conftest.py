"""Copies of the project to run Snakemake in, and one undisturbed run to compare with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import shared

ROOT = Path(__file__).resolve().parent.parent.parent

#: Fewer draws and datasets than the workflow's own settings have: what is tested here does not
#: depend on them, and the gate runs the workflow with its own settings besides.
QUICK = {
    "  - metric-pairs\n  - open-lm\n": "",
    "draws: 1000\n": "draws: 100\n",
    "  draws: 20000\n": "  draws: 500\n",
    "  bootstrap: 2000\n": "  bootstrap: 100\n",
    "top_curves: 12\n": "top_curves: 4\n",
    # A shard of few curves takes nearly as long as all of them.
    "shards: 2\n": "shards: 1\n",
}

#: What a user's clone has: everything that is neither generated nor the environment.
PARTS = ("Snakefile", "workflow", "scripts", "emergence", "data", "profiles", "environment.yml")


@dataclass(frozen=True)
class Project:
    """A copy of the project."""

    path: Path

    def command(self, *arguments: str) -> list[str]:
        """Command line of the front door, as `make report` has it."""
        return [sys.executable, str(self.path / "workflow/run.py"), *arguments]

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the front door."""
        return run(self.command(*arguments), self.path, status)

    def snakemake(
        self, *arguments: str, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run plain Snakemake."""
        return run([sys.executable, "-m", "snakemake", *arguments], cwd or self.path)

    def results(self) -> dict[str, bytes]:
        """All generated tables and pages, by their path."""
        return {
            str(path.relative_to(self.path)): path.read_bytes()
            for part in ("data/processed", "reports")
            for path in sorted((self.path / part).rglob("*"))
            if path.is_file()
        }


def run(command: Iterable[str], cwd: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does, and expect an exit status."""
    done = subprocess.run(
        [*command], cwd=cwd, capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


#: What would let a tested copy see this checkout, and what a make that runs the tests hands
#: to those below it.
_NOT_PASSED_ON = ("PYTHONPATH", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS")


def environment() -> dict[str, str]:
    """The caller's, without what belongs to this checkout and this run."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}


def copy_project(to: Path) -> Project:
    """Copy what a clone has, with fewer draws and one dataset by default."""
    for part in PARTS:
        source = ROOT / part
        (to / part).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            made = ("raw", "processed") if part == "data" else ()
            ignored = shutil.ignore_patterns(*made, "__pycache__")
            shutil.copytree(source, to / part, ignore=ignored)
        else:
            shutil.copy(source, to / part)
    settings = to / "workflow/config.yaml"
    text = settings.read_text(encoding="utf-8")
    for whole, quick in QUICK.items():
        assert text.count("\n" + whole) == 1, whole
        text = text.replace("\n" + whole, "\n" + quick)
    settings.write_text(text, encoding="utf-8")
    return Project(to)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project, in a path with a space in it."""
    return copy_project(tmp_path / "a project")


def make_default_run(folder: Path) -> None:
    """Make the default run with few draws, and keep what it prints."""
    done = copy_project(folder / "a project").run("--cores", "2")
    (folder / "printed.txt").write_text(done.stdout + done.stderr)


@pytest.fixture(scope="session")
def finished() -> tuple[Project, str]:
    """The project with its default run, and what that printed; read by all, changed by none."""
    folder = shared.once("finished", make_default_run)
    return Project(folder / "a project"), (folder / "printed.txt").read_text()
