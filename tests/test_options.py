"""Options are checked before anything is done: those of `make`, and those of `workflow/run.py`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import snakemake.cli

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import run  # noqa: E402

#: What a make that runs this test hands to those below it.
_OF_MAKE = ("MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "CORES")


class TestMake:
    @pytest.fixture
    def make(self, tmp_path: Path):
        """Run make where its first step, the installation, only says that it was reached."""
        (tmp_path / "scripts").mkdir()
        shutil.copy(ROOT / "Makefile", tmp_path)
        shutil.copy(ROOT / "scripts/options.sh", tmp_path / "scripts")
        (tmp_path / "scripts/install.sh").write_text("echo installing")

        def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
            own = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
            return subprocess.run(
                ["make", *arguments],
                cwd=tmp_path,
                env={**own, **variables},
                capture_output=True,
                text=True,
                check=False,
            )

        return make

    @pytest.mark.parametrize("target", ["report", "verify", "test", "install", "clean"])
    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            ("DATASET=x", ": did you mean DATASETS?"),
            ("datasets=x", ": did you mean DATASETS?"),
            ("CORE=2", ": did you mean CORES?"),
            ("REGISTRIES=x", ": did you mean REGISTRY?"),
            ("VERBOSE=1", ": did you mean V?"),
            ("JOBS=2", ""),
        ],
    )
    def test_an_unknown_variable(self, make, target: str, given: str, meant: str) -> None:
        """It would be ignored in silence, and the default be built."""
        done = make(target, given)
        name = given.partition("=")[0]
        assert done.returncode == 2
        assert f"error: make has no variable {name} here{meant}\n" in done.stderr
        assert done.stdout == ""

    @pytest.mark.parametrize("cores", ["0", "-1", "x", "", "2.5", "1e3", "all1", "2 3", "'"])
    def test_cores_that_are_none(self, make, cores: str) -> None:
        """Snakemake waits for ever with none, and takes -1."""
        for done in (make("report", f"CORES={cores}"), make("report", CORES=cores)):
            assert done.returncode == 2
            assert f"error: CORES is '{cores}': allowed are whole numbers from 1 on" in done.stderr
            assert done.stdout == ""

    def test_all_that_is_documented_is_known(self, make) -> None:
        """Each variable that the Makefile sets, with a value that some target takes."""
        names = re.findall(r"^([A-Z]+) \?=", (ROOT / "Makefile").read_text(), re.M)
        values = {"CORES": "2", "DATASETS": "a b", "ARGS": "tests -k 'a or b'"}
        done = make("install", "SHELL=/bin/sh", *(f"{n}={values.get(n, '1')}" for n in names))
        assert (done.returncode, done.stdout, done.stderr) == (0, "installing\n", "")

    def test_the_environment_may_hold_anything(self, make) -> None:
        """Only what stands on the command line was meant for make."""
        assert make("install", DATASET="x", CORES="all").stdout == "installing\n"


class TestTheFrontDoor:
    @pytest.mark.parametrize("cores", ["0", "-1", "x", "", "2.5", "1e3", "٣"])
    def test_cores_that_are_none(
        self, cores: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing is begun, and the message says what is allowed."""
        with pytest.raises(SystemExit):
            run.main([f"--cores={cores}", "--directory", str(tmp_path)])
        assert f"argument --cores: {cores!r} seen; allowed are whole" in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    def test_a_setting_without_a_value(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Also a target that stands behind the settings."""
        with pytest.raises(SystemExit):
            run.main(["--config", "seed=1", "reports/index.html"])
        assert "'reports/index.html' seen where name=value belongs" in capsys.readouterr().err

    @pytest.mark.parametrize("kind", ["folder", "file"])
    def test_something_named_default_where_it_is_started(
        self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Snakemake looks there first for the profile of that name.

        Its own parser shows that the project's is read: without a profile the scheduler is ilp.
        """
        asked = []

        def parsed(arguments: list[str]) -> None:
            asked.append(snakemake.cli.parse_args(arguments)[1])

        monkeypatch.setattr(snakemake.cli, "main", parsed)
        monkeypatch.chdir(tmp_path)
        made = tmp_path / "default"
        made.mkdir() if kind == "folder" else made.touch()
        assert run.main(["--cores", "2", "--directory", "results"]) == 0
        (arguments,) = asked
        assert arguments.scheduler == "greedy"
        assert arguments.cores == 2

    def test_another_profile(self, tmp_path: Path) -> None:
        """By the name of one of the project's, or a folder anywhere."""
        parse = run.parser().parse_args
        slurm = str(ROOT / "profiles/slurm")
        assert parse(["--workflow-profile", "slurm"]).workflow_profile == slurm
        assert parse(["--workflow-profile", str(tmp_path)]).workflow_profile == str(tmp_path)
        assert parse(["--workflow-profile", "none"]).workflow_profile == "none"
