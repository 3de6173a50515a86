"""Units of drawn tasks: what is put together is what was asked for, and the rates are counted."""

from __future__ import annotations

import numpy as np
import pytest

from emergence.simulate.curves import even_scales
from emergence.simulate.units import (
    MISFITS,
    SCATTERS,
    TRUTHS,
    UNIT_CELLS,
    UnitCell,
    parts,
    unit_rates,
)


@pytest.mark.parametrize("n_points", [5, 12])
def test_truths_are_probabilities(n_points):
    """A share below 0 or above 1 cannot be drawn from."""
    for truth in TRUTHS.values():
        p = truth.probabilities(even_scales(n_points))
        assert p.shape == (n_points,) and (p >= 0).all() and (p <= 1).all()


def test_misfits_are_what_their_names_say():
    """A jump at the last, steps of two, one model that falls back, and an even slope."""
    scales = even_scales(8)
    p = {name.split(",")[0]: truth.probabilities(scales) for name, truth in MISFITS.items()}
    assert np.diff(p["gentle slope"])[-1] == pytest.approx(0.2 + np.diff(p["gentle slope"])[0])
    assert (np.diff(MISFITS["stairs, .1 to .9"].probabilities(scales))[::2] == 0).all()
    assert (np.diff(p["line with a dip"]) < 0).sum() == 1
    logit = np.log(p["logistic"] / (1 - p["logistic"]))
    assert np.diff(logit) == pytest.approx(np.full(7, 0.9 * np.diff(np.log(scales))[0]))


@pytest.mark.parametrize("cell", [cells[i] for cells in UNIT_CELLS.values() for i in (1, -1)])
def test_a_unit_has_its_tasks(cell):
    """However they are split among truths and scatters."""
    found = list(parts(cell))
    assert sum(count for *_, count in found) == cell.tasks
    assert {scatter for _, scatter, _ in found} <= {d for d, _ in SCATTERS[cell.dispersion]}
    asked = sum(count for name, _, count in found if name == cell.name)
    # What is asked about may stand beside itself as well.
    assert asked >= round(cell.share * cell.tasks)


@pytest.mark.system
def test_rates_of_one_design():
    """Ten tasks of which five jump from nothing: all are found, and flat ones hardly ever."""
    cell = UnitCell("last model, 0 to .3", 0.5, False, "binomial", 10, 8, 200)
    row = unit_rates(cell, 80, seed=1)
    assert row["units"] == 20 and row["rise 1%"] == 1
    assert row["false discoveries"] < 0.1 and row["size 1%"] <= row["size 5%"] < 0.2
    assert unit_rates(cell, 80, seed=1) == row


def test_verdicts_of_one_design():
    """The same jump beside flat and smooth tasks: each is called something, most a break."""
    row = unit_rates(UnitCell("last model, 0 to .3", 0.2, True, "binomial", 20, 8, 200), 56, seed=1)
    assert (row["kind"], row["units"], row["rises"], row["apparent"]) == ("break", 8, 1, 1)
    assert row["beyond smooth"] + row["not decidable"] == pytest.approx(1)
    assert row["beyond smooth"] > 0.5 and np.isnan(row["covered"])
