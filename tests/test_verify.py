"""`make verify`: what it says of a dataset, and which command it prints."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
import verify
import yaml
from test_compute import SETTINGS

from emergence.raw.computing import compute
from emergence.raw.manifest import MANIFEST


def entry(**source: object) -> dict:
    """An entry of the registry with one source."""
    about = {"title": "A title", "synthetic": True, "licence": "CC0-1.0", "citation": ["nobody"]}
    return {**about, "sources": [{"format": "tidy", "path": "scores.csv", **source}]}


class Place:
    """A registry of one dataset that was computed and one that was not, and a place for them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.registry = folder / "a registry.yaml"
        datasets = {
            "drawn": entry(kind="computed", program="mirage-model", settings=SETTINGS),
            "filed": entry(kind="file"),
        }
        self.registry.write_text(yaml.safe_dump({"datasets": datasets}))
        self.directory = folder / "a place"
        self.raw = self.directory / "data/raw/drawn"
        compute({"kind": "computed", "program": "mirage-model", "settings": SETTINGS}, self.raw)
        self._capsys = capsys

    def verify(self, *options: str) -> tuple[int, str, str]:
        """Status, output and errors."""
        status = verify.main(["--directory", str(self.directory), *options])
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def known(self, *options: str) -> tuple[int, str, str]:
        """The same with the registry."""
        return self.verify("--registry", str(self.registry), *options)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def test_as_it_was(place: Place) -> None:
    assert place.known() == (0, "drawn: as its manifest says\n", "")


def test_the_command_is_for_the_same_place_and_registry(place: Place) -> None:
    """`make report` of the project would find no such dataset, and build elsewhere."""
    (place.raw / "files/scores.csv").write_text("x")
    status, said, _ = place.known()
    command = said.split("  To make it again: ")[1].strip()
    remove, build = command.split(" && ")
    assert status == 1
    assert shlex.split(remove) == ["rm", str(place.raw / MANIFEST)]
    front_door = shlex.split(build)[1:]
    assert front_door[0] == str(verify.ROOT / "workflow/run.py")
    options = ["--datasets", "drawn", "--directory", str(place.directory)]
    assert front_door[1:] == [*options, "--registry", str(place.registry)]


def test_what_is_not_there_is_not_to_be_removed(place: Place) -> None:
    """`rm` of what is missing fails, and nothing behind it is run."""
    shutil.rmtree(place.raw)
    assert place.known()[:2] == (0, "nothing was fetched or computed: nothing to verify\n")
    for options in (["--datasets", "drawn"], []):
        # Results without what they were made from are not complete.
        (place.directory / "data/processed/drawn").mkdir(parents=True, exist_ok=True)
        status, said, _ = place.known(*options)
        assert status == 1
        assert "drawn: differs in 1\n  manifest.json: is missing" in said
        assert "rm " not in said


@pytest.mark.parametrize("damaged", [False, True])
def test_what_the_workflow_cannot_bring_back_is_not_to_be_removed(
    place: Place, damaged: bool
) -> None:
    """Files of the user's, and a folder that no registry names."""
    status, said, _ = place.known("--datasets", "filed")
    assert status == 0
    assert said == "filed: is read from files that are its own; nothing is fetched or computed\n"
    if damaged:
        (place.raw / "files/scores.csv").write_text("x")
    status, said, _ = place.verify()
    assert status == damaged
    assert ("It is in no registry that is named here" in said) == damaged
    assert "rm " not in said


def test_a_misspelt_dataset(place: Place) -> None:
    status, said, error = place.known("--datasets", "drwan")
    assert (status, said) == (1, "")
    assert "there is no dataset 'drwan': did you mean 'drawn'?" in error
