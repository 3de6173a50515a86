"""What is given to `make` is checked before anything is done."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from workflow.conftest import ROOT, environment


class TestMake:
    @pytest.fixture
    def make(self, tmp_path: Path):
        """Run make where its first step, the installation, only says that it was reached."""
        (tmp_path / "scripts").mkdir()
        shutil.copy(ROOT / "Makefile", tmp_path)
        shutil.copy(ROOT / "scripts/options.sh", tmp_path / "scripts")
        (tmp_path / "scripts/install.sh").write_text("echo installing")

        def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["make", *arguments],
                cwd=tmp_path,
                env={**environment(), "CORES": "all", **variables},
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
        assert make("install", DATASET="x").stdout == "installing\n"
