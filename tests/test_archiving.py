"""What an archive takes, and what it refuses before anything is packed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import archiving
import lookups
import pytest

from emergence.errors import InputError
from emergence.sources import read_source


def test_new_code_is_and_other_new_files_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild needs code that was not yet added; a stray note is nobody's business."""
    monkeypatch.setattr(lookups, "ROOT", tmp_path.resolve())
    files = ("Snakefile", "README.md", "emergence/new.py", "note.txt", "reports/index.html")
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    everything = ["README.md", "Snakefile", "emergence/new.py"]
    assert archiving.project_files() == everything
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "README.md", "Snakefile"], cwd=tmp_path, check=True)
    assert archiving.project_files() == everything


def test_what_git_tracks_is_among_the_projects_folders() -> None:
    """Otherwise an unpacked archive would not archive all of itself again."""
    if not lookups.is_checkout():
        pytest.skip("this is not a git clone")
    done = subprocess.run(
        ["git", "ls-files"], cwd=lookups.ROOT, capture_output=True, text=True, check=True
    )
    tops = {name.split("/")[0] for name in done.stdout.splitlines()}
    assert tops <= set(archiving.PARTS)


@pytest.mark.parametrize("path", ["../scores.csv", "/tmp/scores.csv", "a/../../scores.csv"])
def test_a_source_beside_its_registrys_folder_is_refused(path: str, tmp_path: Path) -> None:
    """Its path is in the tables and would lead out of the archive."""
    source = {"kind": "file", "format": "tidy", "path": path}
    entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
    with pytest.raises(InputError, match="outside the folder of its registry"):
        archiving.archived_files(entries, ["mine"])


@pytest.mark.parametrize(
    ("format_name", "top", "others"),
    [
        ("bigbench", "", ("u/v/results/scores_c.json", "t/results/old/results/scores_d.json")),
        ("bigbench", "bigbench/benchmark_tasks/", ("t/results/scores_c.json",)),
        ("lm-eval", "", ("t/.cache/results/scores_c.json", "t/results/.scores_d.json")),
    ],
)
def test_of_a_folder_what_its_reader_reads(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    format_name: str,
    top: str,
    others: tuple[str, ...],
) -> None:
    """Other files may be called as scores are: the reader looks at two of them."""
    monkeypatch.setattr(archiving, "project_files", lambda: [])
    read = {f"{top}t/results/scores_{which}.json" for which in "ab"}
    for name in read.union(others):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text("not a score")
    source = {"kind": "file", "format": format_name, "path": "mine"}
    entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
    (part,) = read_source(source, tmp_path)
    assert set(part.rejects["source_file"].to_pylist()) == {f"mine/{name}" for name in read}
    assert archiving.archived_files(entries, ["mine"]) == {
        f"data/further/1/mine/{name}": str(tmp_path / "mine" / name) for name in read
    }


@pytest.mark.parametrize("format_name", ["bigbench", "lm-eval"])
def test_a_link_out_of_the_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_name: str
) -> None:
    """What the reader did not open is not copied, and without it there is no such reject."""
    monkeypatch.setattr(archiving, "project_files", lambda: [])
    (tmp_path / "private.json").write_text("private")
    results = tmp_path / "mine/t/results"
    results.mkdir(parents=True)
    (results / "scores_a.json").symlink_to(tmp_path / "private.json")
    source = {"kind": "file", "format": format_name, "path": "mine"}
    entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
    with pytest.raises(InputError, match=r"mine/t/results/scores_a\.json was not read: a link"):
        archiving.archived_files(entries, ["mine"])


def test_a_name_that_no_archive_can_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message before anything is packed, and no traceback while it is."""
    monkeypatch.setattr(archiving, "project_files", lambda: [])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a\nb.json").write_text("{}")
    source = {"kind": "file", "format": "lm-eval", "path": "mine"}
    entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
    with pytest.raises(InputError, match=r"no archive can hold a file of the name mine/a\\nb"):
        archiving.archived_files(entries, ["mine"])


def test_its_name() -> None:
    """It says what is in it, and no file system refuses it."""
    assert archiving.archive_name(["a-b", "c"]) == "emergence-a-b_c"
    assert len(archiving.archive_name([f"dataset-{n}" for n in range(50)])) < 50
