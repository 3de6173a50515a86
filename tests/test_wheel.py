"""The library without the project: a wheel, installed outside of it, is whole.

Its packages are those of this environment; what is tested is what the project itself brings.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[1]

TABLE = "task,metric,model_family,model,n_params,score,low_score,n_examples,shots\n" + "".join(
    f"sums,exact_str_match,F,m{i},{10 ** (6 + i)},{score},0,100,0\n"
    for i, score in enumerate([0.0, 0.01, 0.02, 0.03, 0.05, 0.6])
)

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    """Run a command where no project is around; return what it prints."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of the project as it stands, made in a copy: a build leaves files behind."""
    place = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(
        ROOT / "emergence", place / "emergence", ignore=shutil.ignore_patterns("__pycache__")
    )
    run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "made", ".", cwd=place)
    (made,) = (place / "made").iterdir()
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel in a folder of its own."""
    place = tmp_path_factory.mktemp("installed")
    run(*PIP, "install", "--no-index", "--no-deps", "--target", place, wheel, cwd=place)
    return place


@pytest.fixture
def elsewhere(tmp_path):
    """A folder with a table and nothing else."""
    (tmp_path / "scores.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


class TestAWheel:
    def test_has_every_file_of_the_package(self, wheel):
        """Tables, schemas and templates as well as code."""
        there = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / "emergence").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        names = set(zipfile.ZipFile(wheel).namelist())
        assert {name for name in names if ".dist-info/" not in name} == there

    def test_is_what_runs(self, installed, elsewhere):
        """Not the clone, which this environment has installed too."""
        code = "import emergence; print(emergence.__file__)"
        printed = run(sys.executable, "-c", code, cwd=elsewhere, path=installed)
        assert printed == f"{installed}/emergence/__init__.py\n"

    def test_scores_as_the_project_does(self, installed, elsewhere):
        """The same measures, tests and settings: to the last digit."""
        command = [sys.executable, "-m", "emergence.cli", "score", "scores.csv", "--tests"]
        command += ["--output", "json"]
        found = run(*command, cwd=elsewhere, path=installed)
        (curve,) = json.loads(found)
        assert curve["p_rise"] < 0.05
        assert found == run(*command, cwd=elsewhere, path=ROOT)

    def test_checks_and_registers(self, installed, elsewhere):
        """An entry is written against the schema of registries, which came along."""
        command = [sys.executable, "-m", "emergence.cli", "check", "scores.csv"]
        assert "sources:" in run(*command, cwd=elsewhere, path=installed)
        run(*command, "--fix", "--registry", "mine.yaml", cwd=elsewhere, path=installed)
        entries = yaml.safe_load((elsewhere / "mine.yaml").read_text(encoding="utf-8"))["datasets"]
        assert list(entries) == ["scores"]

    def test_reports(self, installed, elsewhere):
        """A page with its tables, where there is no registry, no Snakemake and no clone."""
        command = [sys.executable, "-m", "emergence.cli", "report", "scores.csv"]
        said = run(*command, cwd=elsewhere, path=installed)
        assert said.splitlines()[-1].endswith("emergence-report/index.html")
        made = elsewhere / "emergence-report"
        page = (made / "index.html").read_text(encoding="utf-8")
        assert "Emergence scores: scores" in page and "emergence report scores.csv" in page
        assert (made / "tables/curves.parquet").is_file() and (made / "explorer.html").is_file()
