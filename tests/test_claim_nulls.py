"""Datasets of a known truth through a claim's rule: what is drawn, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from emergence.claims.base import OUTCOMES
from emergence.settings import defaults
from emergence.simulate.claim_nulls import _CLAIMS, NULL_CELLS, null_rates

#: Error rates by simulation.
pytestmark = pytest.mark.system

SETTINGS = defaults()


def cell_of(claim, name=None):
    """The first design of a claim, or of a truth of it."""
    return next(c for c in NULL_CELLS if c.claim == claim and name in (None, c.name))


def test_every_design_says_what_is_wrong_of_it():
    assert all(set(cell.wrong) <= set(OUTCOMES[:2]) and cell.wrong for cell in NULL_CELLS)
    assert len(set(NULL_CELLS)) == len(NULL_CELLS)


@pytest.mark.parametrize("claim", sorted(_CLAIMS))
def test_a_claim_applies_to_what_is_drawn_for_it(claim):
    """Else its rule would never be asked."""
    cell = cell_of(claim)
    row = null_rates(cell, 1, 7, SETTINGS)
    assert sum(row[outcome] for outcome in OUTCOMES[:-1]) == 1
    assert row["errors"] == sum(row[outcome] for outcome in cell.wrong)
    assert row["errors at least"] <= row["errors"] <= row["errors at most"]


@pytest.mark.parametrize("claim", [2, 6])
def test_the_same_draws_again_are_the_same_rates(claim):
    cell = cell_of(claim)
    assert null_rates(cell, 1, 7, SETTINGS) == null_rates(cell, 1, 7, SETTINGS)


def test_each_dataset_is_drawn_by_itself():
    """They are inferred together, and labelled apart: none sees another's tasks."""
    cell, (_, make) = cell_of(3), _CLAIMS[3]
    studies = list(make(cell, 3, np.random.default_rng(1), {**SETTINGS, "draws": 100}))
    assert [len(study.frame) for study in studies] == [36, 36, 36]
    assert {study.frame["task"].nunique() for study in studies} == {24}
    sharpness = [study.frame["sharpness"].to_numpy() for study in studies]
    assert not np.array_equal(sharpness[0], sharpness[1])


def test_a_jump_between_the_halves_contradicts_claim_six():
    """A rule that says nothing at all would make no error."""
    assert null_rates(cell_of(6, "middle, 0 to .5"), 2, 1, SETTINGS)["contradicted"] == 1
    assert null_rates(cell_of(6, "p^5, b=.3"), 2, 1, SETTINGS)["supported"] == 1
