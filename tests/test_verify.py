"""`make verify`: what it says of a dataset of each kind, and which command it prints."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

import pytest
import verify
import yaml
from git_server import make_repository
from test_compute import SETTINGS

from emergence import sums
from emergence.raw.computing import compute
from emergence.raw.fetching import fetch
from emergence.raw.manifest import MANIFEST
from emergence.sources import read_source
from emergence.sources.table_files import lines_sha256
from emergence.tables import write_json

#: A result file of lm-evaluation-harness.
RESULT = json.dumps(
    {
        "results": {"mine": {"acc,none": 0.5}},
        "n-shot": {"mine": 0},
        "n-samples": {"mine": {"effective": 10}},
        "config": {"model_args": "pretrained=x/y"},
    }
)

TABLE = "task,metric,model_family,model,n_params,score\na,accuracy,F,m,10,0.5\n"


def entry(**source: object) -> dict:
    """An entry of the registry with one source."""
    about = {"title": "A title", "synthetic": True, "licence": "CC0-1.0", "citation": ["nobody"]}
    return {**about, "sources": [{"format": "tidy", "path": "scores.csv", **source}]}


class Place:
    """A registry with a dataset of each kind, and a place where all were made."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.registry = folder / "a registry.yaml"
        self.table = folder / "scores.csv"
        self.table.write_text(TABLE)
        (commit,) = make_repository(folder / "r.git", [{"scores.csv": TABLE.encode()}])
        git = {"url": (folder / "r.git").as_uri(), "commit": commit, "files": ["*.csv"]}
        datasets = {
            "bundled": entry(kind="bundled", lines_sha256=lines_sha256(TABLE.encode())),
            "drawn": entry(kind="computed", program="mirage-model", settings=SETTINGS),
            "fetched": entry(kind="git", **git),
            "filed": entry(kind="file"),
        }
        self.registry.write_text(yaml.safe_dump({"datasets": datasets}))
        self.path = folder / "a place"
        drawn = {"kind": "computed", "program": "mirage-model", "settings": SETTINGS}
        compute(drawn, self.path / "data/raw/drawn")
        fetch({"kind": "git", **git}, self.path / "data/raw/fetched")
        (part,) = read_source(datasets["filed"]["sources"][0], folder)
        for name in datasets:
            self.write(name, "tabulate", [f"data/processed/{name}/scores.parquet"])
        for name in ("bundled", "filed"):
            facts = {"files": [fact.as_dict() for fact in part.facts]}
            made = [f"data/processed/{name}/{file}" for file in ("scores.parquet", "sources.json")]
            write_json(facts, self.path / made[1])
            self.sum(name, "tabulate", made)
        self._capsys = capsys

    def write(self, name: str, step: str, outputs: list[str], folder: str = "") -> None:
        """Write results as a step does: files, and those of a folder."""
        for path in outputs + ([f"{folder}/a.csv", f"{folder}/b.csv"] if folder else []):
            (self.path / path).parent.mkdir(parents=True, exist_ok=True)
            (self.path / path).write_text(f"{path} of {name}")
        self.sum(name, step, [*outputs, *([folder] if folder else [])])

    def sum(self, name: str, step: str, outputs: list[str]) -> None:
        """Write the sums of results."""
        before = Path.cwd()
        os.chdir(self.path)
        written = sums.of_outputs(outputs)
        os.chdir(before)
        write_json(written, self.path / f"logs/{name}/{step}{sums.SUFFIX}")

    def verify(self, *datasets: str, known: bool = True) -> tuple[int, str, str]:
        """Status, output and errors, with the registry or without."""
        options = ["--directory", str(self.path), "--datasets", " ".join(datasets)]
        options += ["--registry", str(self.registry)] if known else []
        status = verify.main(options)
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def command(self, name: str) -> tuple[list[str], list[str]]:
        """What is printed to be removed, and how the front door is run then."""
        status, said, _ = self.verify(name)
        assert status == 1
        *remove, build = said.split("  To make it again: ")[1].strip().split(" && ")
        _, front_door, *options = shlex.split(build)
        assert front_door == str(verify.ROOT / "workflow/run.py")
        place = ["--directory", str(self.path), "--registry", str(self.registry)]
        assert options[-4:] == place, "make report would find no such dataset, and build elsewhere"
        return shlex.split("".join(remove)), options[:-4]


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def test_each_kind_as_it_was(place: Place) -> None:
    status, said, error = place.verify()
    assert (status, error) == (0, "")
    assert {
        "bundled: as the registry says; as it was read; results as made: 2",
        "drawn: as its manifest says; results as made: 1",
        "fetched: as its manifest says; results as made: 1",
        "filed: as it was read; results as made: 2",
        # Bundled with the project, and not made here.
        "open-lm: as the registry says; not read yet",
    } <= set(said.splitlines())


@pytest.mark.parametrize("name", ["drawn", "fetched"])
def test_fetched_or_computed_files(place: Place, name: str) -> None:
    """Only the manifest is to be removed: what else is there spares a part of the work."""
    (place.path / f"data/raw/{name}/files/scores.csv").write_text("x")
    assert f"data/raw/{name}/files/scores.csv: has 1 bytes, not" in place.verify(name)[1]
    manifest = str(place.path / f"data/raw/{name}" / MANIFEST)
    assert place.command(name) == (["rm", manifest], ["all", "--datasets", name])
    shutil.rmtree(place.path / "data/raw" / name)
    assert f"data/raw/{name}/{MANIFEST}: is missing" in place.verify(name)[1]
    assert place.command(name) == ([], ["all", "--datasets", name])


def test_a_file_that_was_read(place: Place) -> None:
    """It is the user's: what was read of it is made again, unless it cannot be read."""
    place.table.write_text(TABLE.replace("0.5", "0.6"))
    assert "  scores.csv: is not what was read\n" in place.verify("filed")[1]
    read = str(place.path / "data/processed/filed/sources.json")
    assert place.command("filed") == (["rm", read], ["all", "--datasets", "filed"])
    place.table.unlink()
    status, said, _ = place.verify("filed")
    assert status == 1
    assert "  scores.csv: cannot be read: No such file" in said
    assert "rm " not in said


def test_a_bundled_file(place: Place) -> None:
    place.table.write_text(TABLE.replace("0.5", "0.6"))
    status, said, _ = place.verify("bundled")
    assert status == 1
    assert "  scores.csv: differs from the registry" in said
    assert "  Restore the file, or, if the change is intended, write its checksum there." in said
    assert "rm " not in said


def test_results(place: Place) -> None:
    """Of a folder, a step misses only the whole; figures are not among what `report` makes."""
    page, figures = "reports/filed/index.html", "reports/filed/tables/figures"
    place.write("filed", "report", [page], folder=figures)
    place.write("filed", "figures", [], folder="reports/filed/figures")
    assert "results as made: 7" in place.verify("filed")[1]
    (place.path / figures / "b.csv").write_text("x")
    (place.path / page).unlink()
    said = place.verify("filed")[1]
    differences = f"  {page}: is missing\n  {figures}/b.csv: has 1 bytes, not "
    assert f"filed: differs in 2\n{differences}" in said
    removed = [str(place.path / name) for name in ("logs/filed/report.sums.json", figures)]
    assert place.command("filed") == (["rm", "-r", *removed], ["all", "--datasets", "filed"])

    (place.path / "reports/filed/figures/a.csv").unlink()
    assert place.command("filed")[1] == ["all", "all_figures", "--datasets", "filed"]
    place.write("filed", "report", [page], folder=figures)
    assert place.command("filed")[1] == ["all_figures", "--datasets", "filed"]


def test_the_landing_page(place: Place) -> None:
    """It is of all datasets that were made and are in a registry."""
    shutil.copytree(place.path / "data/raw/drawn", place.path / "data/raw/unknown")
    page = "reports/index.html"
    place.write(".", "landing", [page])
    (place.path / page).write_text("x")
    status, said, _ = place.verify()
    assert status == 1
    assert f"landing page: differs in 1\n  {page}: has 1 bytes" in said
    assert "--datasets 'bundled drawn fetched filed' --directory" in said
    assert "landing page" not in place.verify("filed")[1]


def test_what_stands_among_results_and_no_step_made(place: Place) -> None:
    """It may be somebody's only copy: not removed, not even with a folder that is made again.

    What Snakemake keeps there is hidden.
    """
    folder, own = "reports/filed/explorer", ["reports/filed/explorer/notes.txt", "reports/n.txt"]
    place.write("filed", "explorer", ["reports/filed/explorer.html"], folder=folder)
    place.write(".", "landing", ["reports/index.html"])
    for path in [f"{folder}/.snakemake_timestamp", *own, "data/processed/old/scores.parquet"]:
        (place.path / path).parent.mkdir(exist_ok=True)
        (place.path / path).touch()
    (place.path / folder / "a.csv").unlink()
    status, said, _ = place.verify()
    assert status == 1
    move = "  Move elsewhere what is in no step's sums; then verify again.\n"
    assert f"filed: differs in 2\n  {folder}/a.csv: is missing\n  {own[0]}: is in no " in said
    assert f"landing page: differs in 1\n  {own[1]}: is in no step's sums\n{move}" in said
    assert "  data/processed/old: belongs to no dataset, and is in no step's sums\n" in said
    assert "To make it again" not in said and "rm " not in said
    for path in [*own, "data/processed/old"]:
        (place.path / path).rename(place.path / Path(path).name)
    assert place.command("filed")[0][:2] == ["rm", "-r"]
    (place.path / folder / "a.csv").write_text(f"{folder}/a.csv of filed")
    assert place.verify()[0] == 0


def test_tables_beside_the_files_that_are_read(place: Place) -> None:
    """The models' sizes and the scores of guessing that a source of lm-eval names."""
    files = {
        "results/r.json": RESULT,
        "m.csv": "model,model_family,n_params,scale_kind,source\nx/y,F,1e9,total,counted\n",
        "c.csv": "task,metric,low_score,source\nmine,acc,0.25,four choices\n",
    }
    for name, text in files.items():
        (place.table.parent / name).parent.mkdir(exist_ok=True)
        (place.table.parent / name).write_text(text)
    source = {"kind": "file", "format": "lm-eval", "path": "results"}
    source |= {"models": "m.csv", "chance": "c.csv"}
    content = yaml.safe_load(place.registry.read_text())
    content["datasets"]["harness"] = entry(**source)
    place.registry.write_text(yaml.safe_dump(content))
    (part,) = read_source(source, place.table.parent)
    facts = [fact.as_dict() for fact in part.facts]
    assert [(fact["path"], fact["entries"]) for fact in facts] == [
        ("results", 1),
        ("m.csv", 0),
        ("c.csv", 0),
    ]
    write_json({"files": facts}, place.path / "data/processed/harness/sources.json")
    assert place.verify("harness")[:2] == (0, "harness: as it was read; no sums of its results\n")
    for name, before, after in (("m.csv", "1e9", "2e9"), ("c.csv", "0.25", "0.2")):
        (place.table.parent / name).write_text(files[name].replace(before, after))
        assert f"differs in 1\n  {name}: is not what was read" in place.verify("harness")[1]
        read = str(place.path / "data/processed/harness/sources.json")
        assert place.command("harness") == (["rm", read], ["all", "--datasets", "harness"])
        (place.table.parent / name).write_text(files[name])


def test_sums_that_cannot_be_read(place: Place) -> None:
    path = place.path / "logs/filed/tabulate.sums.json"
    path.write_text("{")
    assert "  logs/filed/tabulate.sums.json: cannot be read" in place.verify("filed")[1]
    assert place.command("filed")[0] == ["rm", str(path)]
    path.unlink()
    assert place.verify("filed")[:2] == (0, "filed: as it was read; no sums of its results\n")


@pytest.mark.parametrize("damaged", [False, True])
def test_what_the_workflow_cannot_bring_back_is_not_to_be_removed(
    place: Place, damaged: bool
) -> None:
    """What no registry names, and what somebody put among the files."""
    if damaged:
        (place.path / "data/raw/drawn/files/scores.csv").write_text("x")
        (place.path / "data/processed/drawn/scores.parquet").write_text("drawn")
    status, said, _ = place.verify("drawn", known=False)
    assert status == damaged
    assert ("It is in no registry that is named here" in said) == damaged
    assert "rm " not in said
    notes = "data/raw/drawn/files/notes.txt"
    (place.path / notes).touch()
    (place.path / "data/processed/drawn/scores.parquet").write_text("drawn")
    status, said, _ = place.verify("drawn")
    assert status == 1
    assert f"  {notes}: is not in the manifest\n" in said
    assert "  Move elsewhere what is not in the manifest; then verify again.\n" in said
    assert "rm " not in said and MANIFEST not in said


def test_a_misspelt_dataset(place: Place) -> None:
    status, said, error = place.verify("drwan")
    assert (status, said) == (1, "")
    assert "there is no dataset 'drwan': did you mean 'drawn'?" in error
