"""docs/calibration.md: its tables and figures are those of the results beside it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from emergence.simulate.figures import FIGURES, draw_figure

ROOT = Path(__file__).resolve().parents[1]
MEND = "make calibrate ARGS=--redraw"


@pytest.fixture(scope="module")
def calibrate():
    spec = importlib.util.spec_from_file_location("calibrate", ROOT / "scripts/calibrate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_the_page_are_those_of_the_results(calibrate):
    """A number on the page that no result has would be made up."""
    text = calibrate.PAGE.read_text(encoding="utf-8")
    assert calibrate.page(text) == text, MEND


@pytest.mark.parametrize("name", ["power"])
def test_a_figure_is_drawn_from_the_results(calibrate, name):
    """The same bytes, by the versions that are locked."""
    tables = {study: calibrate.results_of(study) for study in calibrate.CELLS}
    assert (calibrate.IMAGES / f"{name}.svg").read_bytes() == draw_figure(name, tables), MEND


def test_every_figure_and_table_is_on_the_page(calibrate):
    """And is there: nothing is linked that is missing, nothing drawn that is not shown."""
    text = calibrate.PAGE.read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    assert all((calibrate.PAGE.parent / path).is_file() for path in linked)
    assert {f"images/calibration/{name}.svg" for name in FIGURES} <= set(linked)


def test_every_design_is_in_the_results(calibrate):
    """Each once, none beside them, and none on fewer curves than the page says."""
    for name, cells in calibrate.CELLS.items():
        frame = calibrate.results_of(name)
        found = frame[["truth", "scales", "examples", "scatter"]].itertuples(index=False)
        wanted = [(c.name, c.n_points, c.n_examples, c.dispersion) for c in cells]
        assert [tuple(row) for row in found] == wanted, f"make calibrate ARGS='--only {name}'"


def test_the_false_discovery_rate_holds_in_units(calibrate):
    """At most .06 at 5 %, as far as so many units tell (one-sided, 99 %)."""
    frame = calibrate.results_of("rises in units")
    rate = frame["false discoveries"]
    error = (rate * (1 - rate) / frame["units"]) ** 0.5
    assert (rate - 2.33 * error).max() <= 0.06
    assert frame.groupby(["scatter", "tasks"])["false discoveries"].mean().max() <= 0.05


def test_what_the_page_promises(calibrate):
    """The bars of the hold-out and of p_steep, by the results that are published."""
    frame = calibrate.results_of("hold-out")
    enough = (1 - frame["missing"]) * frame["curves"] >= 100
    smooth = ~frame["truth"].str.startswith("last model") & (frame["scatter"] == 1)
    assert frame[enough & smooth]["inside"].min() >= 0.9
    steep = calibrate.results_of("size of p_steep")
    error = 3 * (0.05 * 0.95 / steep["curves"].min()) ** 0.5
    assert steep[steep["scatter"] == 1]["steep 5%"].max() <= 0.07 + error
