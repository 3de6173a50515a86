"""The steps of the workflow, each called as its rule does: what they write, and what they say."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import archiving
import lookups
import pyarrow.parquet as pq
import pytest
import yaml
from git_server import Link, git, instead_of, make_repository
from page_samples import ENTRY, SETTINGS, bundled_sample
from publishing_samples import offline
from steps import run_step
from test_compute import SETTINGS as DRAWN

from emergence import Study
from emergence.cli import main
from emergence.cli.report import BESIDE
from emergence.publishing.card import PUBLISHED
from emergence.study import TABLES, schema_of
from emergence.tables import write_json, write_table

PROCESSED = Path("data/processed/mine")

HEADER = "task,metric,model_family,model,n_params,score,n_examples,low_score,is_preferred"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, as Snakemake sets it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], step: Callable[[], object]) -> str:
    """What a step prints that ends with one message."""
    with pytest.raises(SystemExit) as end:
        step()
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert said.count("error: ") == 1 and "Traceback" not in said
    return said


def write_scores(tasks: int) -> None:
    """Tasks of five models in one family, and one task of another; 100 examples a score."""
    lines = [HEADER]
    for task in range(tasks):
        for family in ("f", "g") if not task else ("f",):
            for model in range(5):
                right = 2 + (task + 1) * model**2
                lines.append(
                    f"t{task},multiple_choice_grade,{family},m{model},{4**model}e6,"
                    f"{right / 100},100,0,true"
                )
    Path("scores.csv").write_text("\n".join(lines) + "\n")


def measured(settings: dict[str, Any] = SETTINGS) -> Study:
    """The dataset `mine` as far as its curves, in its folder."""
    study = Study.compute("mine", ENTRY, settings, Path(), upto="measure")
    for name in ("scores", "rejects", "curves"):
        write_table(study.stored(name), schema_of(name), PROCESSED / f"{name}.parquet")
    write_json(study.sources, PROCESSED / "sources.json")
    return study


def inferred(
    shards: int, settings: dict[str, Any] = SETTINGS, code: str = "code"
) -> tuple[bytes, list[str]]:
    """Run the inference in shards and join them: the table, and what was said of each shard."""
    entry, pieces, said = {"entry": ENTRY}, {}, []
    for number in range(1, shards + 1):
        name = f"{number}-of-{shards}"
        pieces[name] = str(PROCESSED / f"inference/{name}.parquet")
        params = {**entry, "settings": settings, "library": code}
        log = run_step("infer", {"inference": pieces[name]}, params=params, scatteritem=name)
        said += re.findall(r"curves: (computed|unchanged)", log)
    joined = {"inference": str(PROCESSED / "inference.parquet")}
    run_step("gather", joined, input={"shards": list(pieces.values())}, params=entry)
    return Path(joined["inference"]).read_bytes(), said


def by_curve(study: Study) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows of its tables of curves."""
    tables = {name: getattr(study, name) for name in ("curves", "inference", "pooled", "labels")}
    return {
        name: {row["curve_id"]: row for row in table.to_pylist()} for name, table in tables.items()
    }


class TestShards:
    def test_neither_their_number_nor_a_new_task_changes_a_row(self) -> None:
        """What a curve alone shows stays; what needs other tasks moves, in the task's own unit."""
        write_scores(5)
        measured()
        one, said = inferred(1)
        assert said == ["computed"]
        assert inferred(2) == (one, ["computed"] * 2)
        before = Study.compute("mine", ENTRY, SETTINGS, Path(), upto="label")

        write_scores(6)
        measured()
        said = inferred(2)[1]
        assert sorted(said) == ["computed", "unchanged"]
        after = Study.compute("mine", ENTRY, SETTINGS, Path(), upto="label")
        table = pq.read_table(PROCESSED / "inference.parquet")
        assert table.equals(after.inference)
        old, new = by_curve(before), by_curve(after)
        assert len(old["labels"]) == 6 and len(new["labels"]) == 7
        for name in ("curves", "inference"):
            for key, row in old[name].items():
                assert repr(new[name][key]) == repr(row)
        for key, row in old["labels"].items():
            other = new["labels"][key]
            if old["curves"][key]["model_family"] == "g":
                assert other == row and new["pooled"][key] == old["pooled"][key]
            else:
                assert (row["tasks_in_unit"], other["tasks_in_unit"]) == (5, 6)
        moved = [key for key, row in old["labels"].items() if new["labels"][key] != row]
        assert any(new["labels"][key]["q_rise"] != old["labels"][key]["q_rise"] for key in moved)

    def test_what_is_copied_has_the_same_settings_and_code(self) -> None:
        """Else a copy would state ranges of another level, or of another estimator."""
        write_scores(2)
        measured()
        first, _ = inferred(1)
        assert inferred(1) == (first, ["unchanged"])
        other, said = inferred(1, {**SETTINGS, "level": 0.9})
        assert other != first and said == ["computed"]
        assert inferred(1)[1] == ["computed"]
        assert inferred(1, code="edited")[1] == ["computed"]


#: What is fetched.
ASKED = {
    "kind": "git",
    "url": "https://git.example.org/scores.git",
    "commit": "1" * 40,
    "files": ["*.csv"],
}

RAW = {"manifest": "data/raw/mine/manifest.json", "scores": "data/raw/mine/files/scores.csv"}


class TestFetch:
    def fetch(self, asked: dict[str, Any], full: bool = False) -> str:
        params, config = {"asked": asked}, {"allow_full_clone": full}
        output = {"manifest": RAW["manifest"]}
        return run_step("fetch", output, params=params, config=config)

    def use_mirror(self, monkeypatch: pytest.MonkeyPatch, mirror: str) -> None:
        for name, value in instead_of("https://git.example.org/", mirror).items():
            monkeypatch.setenv(name, value)

    def test_to_the_scores(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link was asked for and is no file: it is a reject like any other.

        The server cannot send a part, and the setting that allows the whole is the run's.
        """
        write_scores(2)
        tree = {"scores.csv": Path("scores.csv").read_bytes(), "passwd.csv": Link("/etc/passwd")}
        (commit,) = make_repository(place / "served/scores.git", [tree])
        git(place / "served/scores.git", "config", "uploadpack.allowFilter", "false")
        self.use_mirror(monkeypatch, f"{(place / 'served').as_uri()}/")
        asked = {**ASKED, "commit": commit}
        assert "left out: passwd.csv is a symbolic link" in self.fetch(asked, full=True)
        entry = {**ENTRY, "sources": [{**asked, "format": "tidy", "path": "scores.csv"}]}
        output = {name: str(PROCESSED / f"{name}.parquet") for name in ("scores", "rejects")}
        log = run_step(
            "tabulate",
            {**output, "sources": str(PROCESSED / "sources.json")},
            params={"entry": entry, "folder": "data/raw/mine/files"},
        )
        assert "15 score rows, 1 rejects" in log
        (reject,) = pq.read_table(output["rejects"]).to_pylist()
        assert reject["reason"] == "not_fetched" and reject["source_file"] == "passwd.csv"
        assert "is a symbolic link" in reject["seen"]

    def test_without_a_network(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One message within seconds, and nothing that looks complete."""
        self.use_mirror(monkeypatch, "http://127.0.0.1:1/")
        said = refused(capsys, lambda: self.fetch(ASKED))
        assert said.startswith("error: dataset 'mine': cannot be fetched: 127.0.0.1 cannot be")
        assert "`make report` builds the bundled dataset" in said
        assert "url.https://mirror.example.org/.insteadOf https://git.example.org/" in said
        assert not Path("data/raw").exists()


class TestCompute:
    def compute(self, **changes: object) -> None:
        asked = {"kind": "computed", "program": "mirage-model", "settings": {**DRAWN, **changes}}
        run_step("compute", RAW, params={"asked": asked})

    def test_to_the_scores(self) -> None:
        """Every row is used, and the program's settings are named for the page."""
        self.compute()
        source = {"kind": "computed", "format": "tidy", "path": "scores.csv"}
        study = Study.compute(
            "mine",
            {**ENTRY, "sources": [source]},
            SETTINGS,
            Path("data/raw/mine/files"),
            "tabulate",
        )
        # One family of four models, two tests, two metrics of each.
        assert study.scores.num_rows == 16
        assert set(study.scores["use"].to_pylist()) == {"used"}
        assert not any(study.scores["flags"].to_pylist())
        program, _ = study.sources["files"]
        assert program["path"] == "program mirage-model"
        assert {note.split(":")[0] for note in program["notes"]} == set(DRAWN)

    def test_a_mistake_that_no_schema_can_say(self, capsys: pytest.CaptureFixture[str]) -> None:
        models = {"smallest": 1e9, "largest": 1e7, "number": 5}
        said = refused(capsys, lambda: self.compute(models=models))
        assert said.startswith(
            "error: dataset 'mine', setting 'models': 5 models from 1e+09 to 1e+07 parameters seen"
        )
        assert not Path(RAW["manifest"]).exists()


def test_a_published_dataset(place: Path) -> None:
    """Its numbers are those of the tables, and the documentation's example loads them, offline."""
    dataset = "bigbench-public"
    processed = bundled_sample().folder
    documents = {name: str(processed / f"{name}.json") for name in ("claims", "summary")}
    tables = {name: str(processed / f"{name}.parquet") for name in PUBLISHED}
    folder = place / "published" / dataset
    output = {name: str(folder / f"{name}.parquet") for name in PUBLISHED}
    run_step(
        "publish",
        {**output, "card": str(folder / "README.md")},
        input={**tables, **documents},
        params={"entry": lookups.registry([])[dataset], "code_version": "unknown"},
    )
    for name in PUBLISHED:
        assert pq.read_table(output[name]).equals(pq.read_table(tables[name])), name
    page = (lookups.ROOT / "docs/publishing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    shown = f"{example}\nprint(curves.num_rows)"
    assert offline([sys.executable, "-c", shown], place).stdout == "173\n"
    card = (folder / "README.md").read_text(encoding="utf-8")
    for claim in json.loads(Path(documents["claims"]).read_text())["claims"]:
        assert f"| {claim['number']}. " in card
        assert f"`{claim['ours']}`" in card
    assert str(place) not in card


def test_an_archive_has_the_same_bytes_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and tables as they were made; what else was built beside them is no part of it."""
    monkeypatch.setattr(archiving, "project_files", lambda: ["Snakefile", "workflow/config.yaml"])
    name = "bigbench-public"
    processed, reports = bundled_sample().folder, Path("reports")
    made = {f"{name}/{file}": f"{file} as it is".encode() for file in ("index.html", "explorer/a")}
    made[f"{name}/tables/figures.json"] = b"{}"
    for file, content in made.items():
        (reports / file).parent.mkdir(parents=True, exist_ok=True)
        (reports / file).write_bytes(content)
    (reports / name / "explorer/.snakemake_timestamp").touch()
    entries = lookups.registry([])
    settings: dict[str, Any] = {"datasets": [name], "seed": 2}
    lookups.complete_settings(settings)
    used, changed = archiving.archived_settings(settings, entries, [name])
    files = archiving.archived_files(entries, [name])
    packed = []
    for landing in ("one page", "another"):
        (reports / "index.html").write_text(landing)
        run_step(
            "archive",
            {"archive": "archives/an-archive.zip"},
            input={"summaries": [str(processed / "summary.json")], "files": list(files.values())},
            params={
                "entries": archiving.archived_entries(entries, [name]),
                "titles": archiving.archived_titles(entries, [name]),
                "registries": archiving.written_registries(entries, [name]),
                "names": list(files),
                "code": lookups.CODE,
                "settings": used,
                "settings_changed": changed,
                "code_version": "unknown",
            },
        )
        packed.append(Path("archives/an-archive.zip").read_bytes())
    assert packed[0] == packed[1]
    with zipfile.ZipFile("archives/an-archive.zip") as archive:
        members = {n.partition("/")[2]: archive.read(n) for n in archive.namelist()}
    results = {n.partition("/")[2]: c for n, c in members.items() if n.startswith("results/")}
    assert results.keys() == {*made, "index.html", "SHA256SUMS"}
    assert made.items() <= results.items()
    for file in ("configuration.yaml", "project/workflow/config.yaml"):
        assert yaml.safe_load(members[file]) == used
    table = f"data/{name}/scores.csv"
    assert members[f"project/{table}"] == (lookups.ROOT / table).read_bytes()


def test_the_report_command_writes_what_the_steps_write() -> None:
    """Of the same file under the same id: all tables and the explorer, to the byte."""
    write_scores(3)
    with Path("scores.csv").open("a") as file:
        file.write("t0,multiple_choice_grade,f,m9,1e12,high,100,0,true\n")
    assert main(["report", "scores.csv", "--id", "mine", "--title", "Mine", "--out", "ours"]) == 0
    settings: dict[str, Any] = {}
    lookups.complete_settings(settings)
    study = Study.compute("mine", {**ENTRY, "title": "Mine"}, settings, Path())
    processed = {name: str(PROCESSED / f"{name}.parquet") for name in TABLES}
    for name in TABLES:
        write_table(study.stored(name), schema_of(name), Path(processed[name]))
    for name in ("sources", "population", "claims", "summary"):
        processed[name] = str(PROCESSED / f"{name}.json")
        write_json(getattr(study, name), Path(processed[name]))
    reports = Path("reports/mine")
    output = {"page": str(reports / "index.html"), "figures": str(reports / "tables/figures")}
    params = {"entry": study.entry, "settings": settings, "code_version": "unknown"}
    params["command"] = "make report DATASETS=mine"
    tables = [str(reports / "tables" / name) for name in BESIDE]
    given = {**processed, "experiments": [], "answers": []}
    run_step("report", {**output, "tables": tables}, input=given, params=params)
    pages = {"page": str(reports / "explorer.html"), "subtasks": str(reports / "explorer")}
    run_step("explorer", pages, params=params)

    def made(folder: Path) -> dict[str, bytes]:
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
        # The page says how it was made.
        return {n: content for n, content in found.items() if n[0] != "." and n != "index.html"}

    ours, theirs = made(Path("ours")), made(reports)
    assert {f"tables/{name}" for name in BESIDE} < ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
