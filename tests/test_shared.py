"""What the tests share: made once, and by nobody else's half of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import shared


def test_a_folder_is_made_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a maker that failed has left is not taken for the result."""
    monkeypatch.setattr(shared, "_session", [tmp_path])
    made = []

    def make(folder: Path) -> None:
        (folder / str(len(made))).touch()
        made.append(folder)
        if len(made) == 1:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        shared.once("it", make)
    for _ in range(2):
        assert [path.name for path in shared.once("it", make).iterdir()] == ["1"]
    assert made == [tmp_path / "it"] * 2


@pytest.mark.system
@pytest.mark.xdist_group("together")
def test_workers_keep_groups_together(request: pytest.FixtureRequest, worker_id: str) -> None:
    """Versions of pytest and pytest-xdist that do not fit ignore groups in silence.

    Then each worker makes what a group shares, and the suite takes twice as long.
    """
    if worker_id == "master" or not request.config.getoption("loadgroup"):
        pytest.skip("one worker, or tests that are not sent in groups")
    assert request.node.nodeid.endswith("@together")
