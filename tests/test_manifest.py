"""The manifest of fetched and computed files: checked before they are read, and by verify."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from remedies import follow

from emergence import sums
from emergence.errors import InputError
from emergence.raw.manifest import FILES, MANIFEST, check, differences, making

ASKED = {"kind": "computed", "program": "mine", "settings": {"seed": 3}}


def made(folder: Path) -> Path:
    """A dataset of three files."""
    with making(ASKED, folder) as files:
        (files / "b").mkdir()
        for name, text in {"a.json": "one\n", "b/c.json": "two\n", "d.json": "three"}.items():
            (files / name).write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "a dataset")


def test_each_difference_is_named(folder: Path) -> None:
    """Another content of the same size, a cut, one that is gone, a link, two too many."""
    assert list(differences(folder, ASKED)) == []
    files = folder / FILES
    (files / "a.json").write_text("0ne\n")
    (files / "b/c.json").unlink()
    (files / "d.json").rename(folder / "d.json")
    (files / "d.json").symlink_to(folder / "d.json")
    (files / "b/new.json").touch()
    (files / "b/longer.json").symlink_to(folder)
    assert list(differences(folder, ASKED)) == [
        ("files/a.json", "has another content"),
        ("files/b/c.json", "is missing"),
        ("files/b/longer.json", "is not in the manifest"),
        ("files/b/new.json", "is not in the manifest"),
        ("files/d.json", "is no regular file"),
    ]
    (files / "a.json").write_text("on")
    assert next(differences(folder)) == ("files/a.json", "has 2 bytes, not 4")


def test_before_reading(folder: Path) -> None:
    """What was changed must not pass for the original: the first is named, and what mends it."""
    assert check(folder)["asked"] == ASKED
    (folder / FILES / "a.json").write_text("0ne\n")
    (folder / FILES / "b/c.json").unlink()
    with pytest.raises(InputError, match=r"files/a\.json has another content, and 1 more") as error:
        check(folder)
    follow(str(error.value))
    with pytest.raises(InputError, match=r"manifest\.json is missing") as error:
        check(folder)
    assert error.value.remedy == "Run the same command again."
    assert check(made(folder))


def test_what_would_not_come_back_is_not_to_be_removed(folder: Path) -> None:
    """Files are made again as a whole: what somebody put among them would be lost."""
    (folder / FILES / "a.json").unlink()
    (folder / FILES / "my notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"files/my notes\.txt is not in the manifest") as error:
        check(folder)
    assert error.value.remedy == "Move it elsewhere, and run the same command again."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"version": 0}', f"is of version 0, not {sums.VERSION}"),
        (json.dumps({"version": sums.VERSION}), "cannot be read"),
        (json.dumps({"version": sums.VERSION, "files": {"a.json": {}}}), "have no sums"),
    ],
)
def test_one_that_cannot_be_used(folder: Path, content: str, said: str) -> None:
    """Damaged, or from an older version."""
    (folder / MANIFEST).write_text(content)
    ((path, how),) = differences(folder)
    assert path == MANIFEST and said in how
    with pytest.raises(InputError, match=said) as error:
        check(folder)
    follow(str(error.value))
    assert check(made(folder))


def test_a_registry_that_moved_on(folder: Path) -> None:
    """The files are sound, and not what is asked for: each setting is named."""
    other = {"kind": "computed", "program": "other", "settings": {"seed": 4}}
    ((path, how),) = differences(folder, other)
    assert path == MANIFEST
    assert how == "program is mine, the registry says other; seed is 3, the registry says 4"
    fetched = {"kind": "git", "url": "u", "commit": "c", "files": ["*"]}
    assert "kind is computed, the registry says git" in next(differences(folder, fetched))[1]


def test_half_a_dataset_is_none(folder: Path) -> None:
    """The files of before stay, and nothing says that they are what is asked for."""
    with pytest.raises(RuntimeError), making(ASKED, folder) as files:
        (files / "a.json").write_text("half")
        raise RuntimeError
    assert not (folder / MANIFEST).exists()
    assert [path.name for path in folder.iterdir()] == [FILES]
    assert (folder / FILES / "a.json").read_text() == "one\n"
