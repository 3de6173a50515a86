"""docs/architecture.md has a line for each room, and no line for a room that is gone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def rooms(heading: str) -> set[str]:
    """The folders that the table below a heading names in its first column."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    first = re.findall(r"^\| (`[^|]+) \|", section, re.M)
    return {name.rstrip("/") for cell in first for name in re.findall(r"`([^`]+/)`", cell)}


def folders(below: str) -> set[str]:
    """The folders with files of the project directly below one."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT / below), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git checkout: nothing says which files are the project's")
    return {path.split("/")[0] for path in listed.stdout.splitlines() if "/" in path}


def test_every_folder_of_the_project_has_a_line() -> None:
    """The workflow's own folders too: each is changed for a reason of its own."""
    parts = {f"workflow/{name}" for name in folders("workflow")}
    assert rooms("The project") == folders(".") | parts


def test_every_package_of_the_library_has_a_line() -> None:
    assert rooms("The library") == folders("emergence")


def test_modules_that_it_names_are_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+\.py)`", text.split("Single modules")[1])
    assert len(named) > 5
    assert [name for name in named if not (ROOT / "emergence" / name).is_file()] == []
