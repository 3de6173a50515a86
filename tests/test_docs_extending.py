"""docs/extending.md does what it says: its files are written and its commands are run in order."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from workflow.conftest import copy_project, environment

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("extending")]


@dataclass(frozen=True)
class Block:
    """A block of the page: its language, what stands behind it, and its text."""

    language: str
    note: str
    text: str


BLOCKS = [
    Block(*groups) for groups in re.findall(r"^```(\w+) ?(.*?)\n(.*?)^```$", PAGE, re.M | re.S)
]


def commands(block: Block) -> list[str]:
    """The commands of a block; a backslash continues a line."""
    return block.text.replace("\\\n", "").strip().split("\n")


class Clone:
    """A copy of the project whose `.venv` has the commands that the installation makes."""

    def __init__(self, path: Path) -> None:
        self.path = copy_project(path).path
        programs = {"emergence": "-m emergence.cli", "snakemake": "-m snakemake", "python": ""}
        for name, module in programs.items():
            program = path / ".venv/bin" / name
            program.parent.mkdir(parents=True, exist_ok=True)
            python = shlex.quote(sys.executable)
            program.write_text(f'#!/bin/sh\nexec {python} {module} "$@"\n')
            program.chmod(0o755)

    def run(self, command: str) -> str:
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.path,
            env=environment() | {"PYTHONPATH": str(self.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> dict[str, str]:
    """Everything that the page has, done in its order: what each command printed."""
    clone = Clone(tmp_path_factory.mktemp("docs") / "a clone")
    printed = {}
    for block in BLOCKS:
        if block.language in ("csv", "json", "python") and block.note:
            file = clone.path / block.note
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
            if block.note.startswith("tests/"):
                command = f".venv/bin/python -m pytest -q {block.note}"
                printed[command] = clone.run(command)
        elif block.language == "sh" and not block.note:
            for command in commands(block):
                printed[command] = clone.run(command)
        elif block.language == "python":
            printed["python"] = clone.run(f".venv/bin/python -c {shlex.quote(block.text)}")
        elif block.language == "diff":
            (clone.path / "measure.diff").write_text(block.text)
            clone.run("git apply measure.diff")
    return printed


def of(done: dict[str, str], part: str) -> str:
    """What the one command that has this part printed."""
    (found,) = [text for command, text in done.items() if part in command]
    return found


def test_every_block_is_of_a_kind_that_is_run_or_listed():
    """A block in another language would be passed over in silence."""
    assert {block.language for block in BLOCKS} == {
        *("csv", "diff", "json", "python", "sh", "text", "yaml")
    }
    assert PAGE.count("```") == 2 * len(BLOCKS)
    for block in BLOCKS:
        if block.language == "sh":
            assert block.note in ("", "not run: network / over a minute")


def test_the_first_look(done):
    assert "nothing is missing" in done[".venv/bin/emergence check my/scores.csv"]
    assert "infinite" not in done[".venv/bin/emergence score my/scores.csv"]


def test_a_task_joins_and_the_others_stay(done):
    said = of(done, "emergence compare")
    assert said.startswith("1 curves before, 2 after: 1 added, 0 removed,")
    assert "riddles" in said
    assert "riddles" not in of(done, "score my/scores.csv --tests")
    assert "Mine" in of(done, "show task=riddles")


def test_results_of_the_harness(done):
    assert "entry my-results" in of(done, "--id my-results")
    said = done[".venv/bin/emergence check my/results --sizes my/models.csv --chance my/chance.csv"]
    assert "1 entries: 1 score rows, 0 rejects" in said and "Tiny: me/tiny (1.4e+07)" in said
    assert "score of guessing" not in said


def test_a_format_is_one_module_and_its_test(done):
    """Its test passes; the command knows it, and so do the registry and the workflow."""
    assert "6 passed" in of(done, "test_sources_ndjson")
    checked = of(done, "--id my-lines")
    assert "my/lines.ndjson: format ndjson, 4 entries" in checked
    assert "4 entries: 4 score rows, 0 rejects" in checked
    assert "the score of guessing, on 1 of 1 curves: kept as unknown" in checked
    shown = of(done, "show task=rhymes").splitlines()[1].split()
    assert shown[1:5] == ["my-lines", "exact_match", "Mine", "4"]


def test_a_claim_is_one_module_and_its_test(done):
    """The page and the tables have it, with no other line."""
    assert "1 passed" in of(done, "test_claim_most_rise")
    value = json.loads(of(done, "claims:claims:most-rise.value"))
    rows = of(done, "claims:claims:most-rise.ours").split()
    assert value == {"value": int(rows[0]) / int(rows[2]), "status": "finite"}


def test_a_figure_is_one_module_and_its_test(done):
    assert "1 passed" in of(done, "test_figure_families")
    assert of(done, "figures:families:curves").strip() == "2"


def test_the_measure_prints_what_the_page_says(done):
    (expected,) = [block.text for block in BLOCKS if block.language == "text"]
    assert done["python"] == expected


def test_the_measure_is_a_column_after_the_change(done):
    """The same numbers, now from the table."""
    table = csv.DictReader(io.StringIO(of(done, "my/more.csv --output csv")))
    found = {row["task"]: round(float(row["share_of_largest_step"]), 2) for row in table}
    assert found == {"riddles": 0.32, "word sums": 0.92}
