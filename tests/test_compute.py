"""Computed datasets: what a program writes is there as a whole, named, and can be checked."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from remedies import follow
from steps import run_step

from emergence.raw.computing import KEPT, compute
from emergence.raw.manifest import FILES, MANIFEST, check
from emergence.raw.programs import PROGRAMS, Place
from emergence.registry import registry_schema

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


def test_the_step_that_copies_experiments_says_what_is_missing(
    tmp_path: Path, program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Snakemake sees the manifest and the scores; a program writes more."""

    def writes(settings, place: Place) -> None:
        (place.files / "experiments.json").write_text("{}")

    def step() -> None:
        experiments = str(tmp_path / FILES / "experiments.json")
        run_step("experiments", {"processed": "result.json"}, params={"experiments": experiments})

    monkeypatch.chdir(tmp_path)
    asked = program(writes)
    compute(asked, tmp_path)
    (tmp_path / FILES / "experiments.json").unlink()
    with pytest.raises(SystemExit):
        step()
    said = capsys.readouterr().err
    assert "files/experiments.json is missing" in said and "Traceback" not in said
    follow(said)
    compute(asked, tmp_path)
    step()
    assert (tmp_path / "result.json").read_text() == "{}"
