"""What long work tells: a bar on a terminal, lines where there is none."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest

from emergence import progress as module
from emergence.progress import Progress, shown

ROOT = Path(__file__).resolve().parents[1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def quick(monkeypatch):
    """A clock that beats often, and a line at each beat."""
    monkeypatch.setattr(module, "_BEAT", 0.005)
    monkeypatch.setattr(Progress.__init__, "__defaults__", (None, 0.0, None))


def test_one_large_operation_is_heard_of(quick):
    """Nobody calls while numpy works: the clock's own thread writes the lines."""
    lines: list[str] = []
    with shown(io.StringIO(), say=lines.append) as progress:
        progress.doing("claims")
        time.sleep(0.1)
    assert len(lines) > 2
    assert all(re.fullmatch(r"claims; \d+ s", line) for line in lines)
    count = len(lines)
    time.sleep(0.03)
    assert len(lines) == count, "the clock goes on after the work has ended"


def test_what_is_counted(quick):
    lines: list[str] = []
    with shown(io.StringIO(), say=lines.append) as progress:
        progress.begin("curves", 20, 100)
        progress.reached(60)
        progress.heard("from git")
    assert "curves: 60 of 100; 0 s" in lines and "curves: 60 of 100; from git; 0 s" in lines


def test_ten_seconds_are_not_over():
    lines: list[str] = []
    with shown(io.StringIO(), say=lines.append) as progress:
        for done in range(1000):
            progress.reached(done)
    assert lines == []


def test_a_bar_and_no_lines_on_a_terminal(quick):
    screen, lines = Terminal(), []
    with shown(screen, say=lines.append) as progress:
        progress.begin("curves", 0, 10)
        progress.reached(4)
        time.sleep(0.03)
        progress.doing("claims")
        time.sleep(0.03)
        progress.begin("files", 1, 5)
        time.sleep(0.03)
    drawn = screen.getvalue()
    assert "curves:  40%" in drawn and "4/10" in drawn
    assert not re.search(r"\r *(0%|\[)", drawn), "a bar of nothing"
    assert "claims [00:00]" in drawn, "what cannot be counted has no share that is done"
    assert "files:  20%" in drawn and "1/5" in drawn
    assert lines == []


def test_work_that_fails_ends_the_clock(quick):
    lines: list[str] = []
    with pytest.raises(ZeroDivisionError), shown(io.StringIO(), say=lines.append) as progress:
        progress.doing("claims")
        raise ZeroDivisionError
    count = len(lines)
    time.sleep(0.03)
    assert len(lines) == count


@pytest.mark.parametrize(
    "step",
    [
        "archive",
        "conclude",
        "explorer",
        "fetch",
        "figures",
        "infer",
        "measure",
        "publish",
        "report",
        "tabulate",
    ],
)
def test_every_step_that_can_be_long_tells(step):
    """At BIG-bench's size each of these takes seconds; `compute` tells in its programs."""
    text = (ROOT / f"scripts/{step}.py").read_text(encoding="utf-8")
    assert "shown() as progress" in text
    assert re.search(r"progress\.(begin|doing)\(|progress=progress|progress\)", text)
