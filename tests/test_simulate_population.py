"""The simulation of the population's share: truths that are known are found."""

from __future__ import annotations

import pytest

from emergence.simulate import population
from emergence.simulate.population import POPULATION_CELLS, PopulationCell, population_rates


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name in ("BANK", "TASKS", "DRAWS"):
        monkeypatch.setattr(population, name, 20)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0.0, 0.2), (1.0, 0.5, 1.0)])
def test_extreme_truths_are_found(share, low, high):
    row = population_rates(PopulationCell(share, 8, 200, 1), 1, seed=1)
    assert low <= row["mean chance"] <= high and low <= row["mean open"] <= high
    assert row["covers"] == 1
    assert row == population_rates(PopulationCell(share, 8, 200, 1), 1, seed=1)


def test_the_designs_are_those_of_the_bar():
    assert {cell.share for cell in POPULATION_CELLS} == {0.0, 0.1, 0.3, 1.0}
    assert {cell.n_points for cell in POPULATION_CELLS} == {6, 8, 12}
    assert {cell.n_examples for cell in POPULATION_CELLS} == {50, 200, 1000}
    assert {cell.dispersion for cell in POPULATION_CELLS} == {1, 3}
