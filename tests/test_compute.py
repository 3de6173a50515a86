"""Computed datasets: what a program writes is there as a whole, named, and can be checked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import lookups
import pytest
from remedies import follow

from emergence.compute import (
    FILES,
    KEPT,
    MARK,
    PROGRAMS,
    Computation,
    Place,
    check_computed,
    compute,
    verify_computed,
)
from emergence.errors import InputError
from emergence.registry import registry_schema
from emergence.tables import write_json

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

WANTED = Computation("mirage-model", SETTINGS)


def made(folder: Path, wanted: Computation = WANTED, cores: int = 1) -> Path:
    """Compute a dataset, as the step does."""
    write_json(compute(wanted, folder, cores=cores), folder / MARK)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch):
    """Stand a function in for a program."""

    def use(run) -> Computation:
        monkeypatch.setitem(PROGRAMS, "mine", "mine_program")
        monkeypatch.setitem(sys.modules, "mine_program", SimpleNamespace(run=run))
        return Computation("mine", {"a": 1})

    return use


class TestComputing:
    def test_the_same_bytes_in_another_place_with_other_cores(self, tmp_path: Path) -> None:
        """The mark too: it must tell nothing of the machine."""
        one = made(tmp_path / "one")
        assert contents(one) == contents(made(tmp_path / "an other/place", cores=2))
        assert set(contents(one)) == {MARK, f"{FILES}/scores.csv"}
        assert list(verify_computed(one, WANTED)) == []
        mark = json.loads((one / MARK).read_text())
        assert (mark["program"], mark["settings"]) == ("mirage-model", SETTINGS)

    def test_a_program_that_fails_leaves_no_mark_and_what_it_kept(
        self, tmp_path: Path, program
    ) -> None:
        """Finished parts are not to be computed again; half a dataset is none."""

        def half(settings, place: Place) -> None:
            (place.files / "scores.csv").write_text("half")
            place.kept.mkdir(exist_ok=True)
            (place.kept / "part").write_text("done")
            raise RuntimeError("no more")

        made(tmp_path)
        with pytest.raises(RuntimeError, match="no more"):
            compute(program(half), tmp_path)
        assert not (tmp_path / MARK).exists()
        assert not (tmp_path / f"{FILES}.partial").exists()
        assert (tmp_path / KEPT / "part").read_text() == "done"

    def test_what_was_there_before_is_replaced(self, tmp_path: Path, program) -> None:
        """Files of an earlier program must not stay beside the new ones."""
        made(tmp_path)

        def other(settings, place: Place) -> None:
            (place.files / "parts").mkdir()
            (place.files / "parts/b.txt").write_text("b")
            (place.files / "a.txt").write_text("a")

        made(tmp_path, program(other))
        assert set(contents(tmp_path)) == {MARK, f"{FILES}/a.txt", f"{FILES}/parts/b.txt"}
        assert [file["path"] for file in check_computed(tmp_path)["files"]] == [
            "a.txt",
            "parts/b.txt",
        ]

    def test_every_program_of_the_registry_and_no_other(self) -> None:
        """The list is closed: a program stands in the schema and in the library."""
        schema = registry_schema()
        declared = schema["$defs"]["source"]["properties"]["program"]["enum"]
        assert sorted(declared) == sorted(PROGRAMS)
        for name in declared:
            assert schema["$defs"][name]["additionalProperties"] is False


class TestChecking:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda files: (files / "scores.csv").write_text("x"), "scores.csv: has another"),
            (lambda files: (files / "scores.csv").unlink(), "scores.csv: is missing"),
            (lambda files: (files / "more.csv").write_text("x"), "more.csv: was not computed"),
            (lambda files: (files / "link").symlink_to("nowhere"), "link: was not computed"),
        ],
    )
    def test_a_difference_is_named(self, tmp_path: Path, change, said: str) -> None:
        """By `make verify`, and before the files are read."""
        change(made(tmp_path) / FILES)
        (difference,) = verify_computed(tmp_path, WANTED)
        assert difference.startswith(f"{FILES}/{said}")
        with pytest.raises(InputError, match="is not as it was computed") as error:
            check_computed(tmp_path)
        assert said in str(error.value)
        follow(str(error.value))
        assert check_computed(made(tmp_path))

    def test_other_settings_than_the_registrys(self, tmp_path: Path) -> None:
        """They were edited since: the files are sound, and not what is asked for."""
        made(tmp_path)
        other = Computation("mirage-model", {**SETTINGS, "seed": 4})
        assert list(verify_computed(tmp_path, other)) == [
            f"{MARK}: the settings are not those of the registry"
        ]
        (difference,) = verify_computed(tmp_path, Computation("other", SETTINGS))
        assert difference == f"{MARK}: program is mirage-model, the registry says other"

    @pytest.mark.parametrize(
        ("mark", "said"),
        [
            (None, "is missing"),
            ("{", "cannot be read"),
            ("[]", "cannot be read"),
            ('{"schema_version": 0}', "is of schema version 0"),
        ],
    )
    def test_a_mark_that_cannot_be_used(self, tmp_path: Path, mark: str | None, said: str) -> None:
        """Interrupted, damaged, or from an older version."""
        made(tmp_path)
        (tmp_path / MARK).unlink()
        if mark is not None:
            (tmp_path / MARK).write_text(mark)
        (difference,) = verify_computed(tmp_path)
        assert difference.startswith(f"{MARK}: {said}")
        with pytest.raises(InputError, match=said) as error:
            check_computed(tmp_path)
        if mark is None:
            assert error.value.remedy == "Run the same command again."
        else:
            follow(str(error.value))
        assert check_computed(made(tmp_path))


STEP = """
import sys
from types import SimpleNamespace as Namespace

root, folder = sys.argv[1:]
sys.path[:0] = [root, f"{root}/scripts"]
import experiments

source = f"{folder}/files/experiments.json"
params, wildcards = Namespace(experiments=[source]), Namespace(dataset="mine")
output, log = [f"{folder}/result.json"], [f"{folder}/step.log"]
experiments.main(
    Namespace(rule="experiments", params=params, wildcards=wildcards, output=output, log=log)
)
"""


def test_the_step_that_copies_experiments_says_what_is_missing(tmp_path: Path, program) -> None:
    """Snakemake sees the mark and the scores; a program writes more."""

    def writes(settings, place: Place) -> None:
        (place.files / "experiments.json").write_text("{}")

    def step() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", STEP, str(ROOT), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    wanted = program(writes)
    made(tmp_path, wanted)
    (tmp_path / FILES / "experiments.json").unlink()
    done = step()
    assert done.returncode == 1
    assert "files/experiments.json: is missing" in done.stderr
    assert "Traceback" not in done.stderr
    follow(done.stderr)
    made(tmp_path, wanted)
    assert step().returncode == 0
    assert (tmp_path / "result.json").read_text() == "{}"


class TestLookups:
    def test_what_is_computed(self) -> None:
        """The program and its settings; the title and the rest may change."""
        found = lookups.computation("mirage-model", lookups.registry([])["mirage-model"])
        assert set(found) == {"program", "settings"}
        assert found["program"] == "mirage-model"

    def test_a_dataset_that_is_not_computed(self) -> None:
        """Asked for by hand, for example `snakemake data/raw/bigbench-public/computed.json`."""
        with pytest.raises(InputError, match="nothing is computed for it"):
            lookups.computation("bigbench-public", lookups.registry([])["bigbench-public"])

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
