"""Computed datasets: what a program writes is there as a whole, named, and can be checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import lookups
import pytest
from remedies import follow

from emergence.raw.computing import KEPT, compute
from emergence.raw.manifest import FILES, MANIFEST, check
from emergence.raw.programs import PROGRAMS, Place
from emergence.registry import registry_schema

ROOT = Path(__file__).resolve().parents[1]

SETTINGS = {
    "seed": 3,
    "models": {"smallest": 1e7, "largest": 1e10, "number": 4},
    "exponents": [0.3],
    "units": [1e8],
    "lengths": [2],
    "choices": [2],
    "examples": 50,
    "lean": 0.7,
    "concentration": 10,
}

ASKED = {"kind": "computed", "program": "mirage-model", "settings": SETTINGS}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch):
    """Stand a function in for a program."""

    def use(run) -> dict:
        monkeypatch.setitem(PROGRAMS, "mine", "mine_program")
        monkeypatch.setitem(sys.modules, "mine_program", SimpleNamespace(run=run))
        return {"kind": "computed", "program": "mine", "settings": {"a": 1}}

    return use


class TestComputing:
    def test_the_same_bytes_in_another_place_with_other_cores(self, tmp_path: Path) -> None:
        """The manifest too: it must tell nothing of the machine."""
        one, other = tmp_path / "one", tmp_path / "an other/place"
        compute(ASKED, one)
        compute(ASKED, other, cores=2)
        assert contents(one) == contents(other)
        assert set(contents(one)) == {MANIFEST, f"{FILES}/scores.csv"}
        assert check(one)["asked"] == ASKED

    def test_a_program_that_fails_leaves_what_it_kept(self, tmp_path: Path, program) -> None:
        """Finished parts are not to be computed again; half a dataset is none."""

        def half(settings, place: Place) -> None:
            (place.files / "scores.csv").write_text("half")
            place.kept.mkdir(exist_ok=True)
            (place.kept / "part").write_text("done")
            raise RuntimeError("no more")

        with pytest.raises(RuntimeError, match="no more"):
            compute(program(half), tmp_path)
        assert set(contents(tmp_path)) == {f"{KEPT}/part"}

    def test_what_was_there_before_is_replaced(self, tmp_path: Path, program) -> None:
        """Files of an earlier program must not stay beside the new ones."""
        compute(ASKED, tmp_path)

        def other(settings, place: Place) -> None:
            (place.files / "parts").mkdir()
            (place.files / "parts/b.txt").write_text("b")
            (place.files / "a.txt").write_text("a")

        compute(program(other), tmp_path)
        assert set(contents(tmp_path)) == {MANIFEST, f"{FILES}/a.txt", f"{FILES}/parts/b.txt"}
        assert set(check(tmp_path)["files"]) == {"a.txt", "parts/b.txt"}

    def test_every_program_of_the_registry_and_no_other(self) -> None:
        """The list is closed: a program stands in the schema and in the library."""
        schema = registry_schema()
        declared = schema["$defs"]["source"]["properties"]["program"]["enum"]
        assert sorted(declared) == sorted(PROGRAMS)
        for name in declared:
            assert schema["$defs"][name]["additionalProperties"] is False


STEP = """
import sys
from types import SimpleNamespace as Namespace

root, folder = sys.argv[1:]
sys.path[:0] = [root, f"{root}/scripts"]
import experiments

source = f"{folder}/files/experiments.json"
params = Namespace(experiments=source)
output, log = [f"{folder}/result.json"], [f"{folder}/step.log"]
experiments.main(Namespace(rule="experiments", params=params, output=output, log=log))
"""


def test_the_step_that_copies_experiments_says_what_is_missing(tmp_path: Path, program) -> None:
    """Snakemake sees the manifest and the scores; a program writes more."""

    def writes(settings, place: Place) -> None:
        (place.files / "experiments.json").write_text("{}")

    def step() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", STEP, str(ROOT), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    asked = program(writes)
    compute(asked, tmp_path)
    (tmp_path / FILES / "experiments.json").unlink()
    done = step()
    assert done.returncode == 1
    assert "files/experiments.json is missing" in done.stderr
    assert "Traceback" not in done.stderr
    follow(done.stderr)
    compute(asked, tmp_path)
    assert step().returncode == 0
    assert (tmp_path / "result.json").read_text() == "{}"


class TestLookups:
    def test_what_is_asked_for(self) -> None:
        """The program and its settings; the title and the rest may change."""
        entries = lookups.registry([])
        source = entries["mirage-model"]["sources"][0]
        assert lookups.asked(entries["mirage-model"]) == {
            name: source[name] for name in ("kind", "program", "settings")
        }
        assert lookups.asked(entries["bigbench-public"]) is None

    @pytest.mark.parametrize("program", PROGRAMS)
    def test_the_files_of_a_program_are_those_that_it_imports(self, program: str) -> None:
        """Editing one must compute the dataset again."""
        code = (
            f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import {PROGRAMS[program]};"
            "print(*[m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)],"
            " sep='\\n')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        paths = map(Path, done.stdout.splitlines())
        loaded = {str(path) for path in paths if path.is_relative_to(ROOT / "emergence")}
        assert loaded <= set(lookups.program_files(program))

    def test_a_program_is_no_input_of_the_other_steps(self) -> None:
        """It is loaded by name: an edit of one must not compute the others, nor read again."""
        for step in ("compute", "tabulate"):
            files = lookups.step_files(step)
            assert not any("mirage" in Path(file).name for file in files)
