"""A copy of the project to run Snakemake in, and one undisturbed run to compare with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import filelock
import pytest

from workflow.warm import WarmPython

ROOT = Path(__file__).resolve().parent.parent.parent

#: Fewer draws than the workflow's own settings have: what is tested here does not depend on
#: them, and the gate runs the workflow with its own settings besides.
QUICK = {
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
        """Command line of the front door."""
        return [sys.executable, str(self.path / "workflow/run.py"), *arguments]

    def run(
        self, *arguments: str, status: int = 0, cold: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run the front door, as `make report` does; ``cold``: by its very command."""
        start = run if cold else run_warm
        return start(self.command(*arguments), self.path, status)

    def snakemake(
        self, *arguments: str, cwd: Path | None = None, status: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run plain Snakemake."""
        return run_warm([sys.executable, "-m", "snakemake", *arguments], cwd or self.path, status)

    def verify(self, status: int = 1) -> subprocess.CompletedProcess[str]:
        """Check sources and results, as `make verify` does."""
        return run([sys.executable, str(self.path / "workflow/verify.py")], self.path, status)

    def results(self, below: Path | None = None) -> dict[str, bytes]:
        """All generated tables and pages, by their path."""
        folder = below or self.path
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for part in ("data/processed", "reports")
            for path in sorted((folder / part).rglob("*"))
            if path.is_file()
        }


def run(command: list[str], cwd: Path, status: int) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


@cache
def warm_python() -> WarmPython:
    """The one of this worker; it ends with the session."""
    return WarmPython()


def run_warm(command: list[str], cwd: Path, status: int) -> subprocess.CompletedProcess[str]:
    """Run a command of this Python without importing Snakemake once more."""
    python, *arguments = command
    assert python == sys.executable
    done = warm_python().run(arguments, cwd, environment())
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session", autouse=True)
def _warm_python_ends() -> Iterator[None]:
    yield
    if warm_python.cache_info().currsize:
        warm_python().close()


#: What would let a tested copy see this checkout, and what a make that runs the tests hands
#: to those below it.
_NOT_PASSED_ON = ("PYTHONPATH", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS")


def environment() -> dict[str, str]:
    """The caller's, without what belongs to this checkout and this run."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}


def copy_project(to: Path) -> Project:
    to.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
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


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[tuple[Project, str]]:
    """A copy in which the default run was made with few draws, and what that run printed.

    The workers of one test session share it: it is read and never changed.
    """
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    home = shared / "finished run"
    with filelock.FileLock(shared / "finished.lock"):
        if not (home / "printed.txt").exists():
            shutil.rmtree(home, ignore_errors=True)
            done = copy_project(home).run("--cores", "2", cold=True)
            (home / "printed.txt").write_text(done.stdout + done.stderr)
    yield Project(home), (home / "printed.txt").read_text()
