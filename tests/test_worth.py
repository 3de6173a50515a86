"""What a verdict is worth is read from the simulation that is most like the curve."""

from __future__ import annotations

from pathlib import Path

import pytest

from emergence.facts.verdict_calibration import VERDICT_CALIBRATION
from emergence.pages.verdict_calibration import nearest, worth
from emergence.registry import load_yaml
from emergence.simulate.verdicts import VERDICT_CELLS, kind_of, verdict_shares
from emergence.verdicts.labels_table import VERDICTS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def calibration():
    return VERDICT_CALIBRATION.rows


def rows(**changes):
    base = {
        "kind": "smooth",
        "scales": 8,
        "examples": 200,
        "scatter": 1.0,
        "beyond_smooth": 0.01,
        "smooth_suffices": 0.2,
    }
    return [
        {**base, **changes, "scales": scales, "examples": examples, "scatter": scatter, **kind}
        for scales in (8, 12)
        for examples in (50, 200, 1000)
        for scatter in (1.0, 3.0)
        for kind in (
            {"kind": "smooth", "beyond_smooth": scales / 1000},
            {"kind": "break", "beyond_smooth": 0.25, "smooth_suffices": 0.0},
            {"kind": "break", "beyond_smooth": 0.75, "smooth_suffices": 0.03},
        )
    ]


CURVE = {
    "verdict": "not_decidable",
    "counts_missing": None,
    "n_examples_by_scale": [180] * 11,
    "n_scales": 11,
    "dispersion": 1.4,
}


@pytest.mark.parametrize(
    ("scales", "examples", "scattered", "expected"),
    [
        (4, 10, False, (8, 50, 1.0)),
        (8, 99, False, (8, 50, 1.0)),
        (11, 101, False, (8, 200, 1.0)),
        (12, 200, True, (12, 200, 3.0)),
        (40, 10**6, True, (12, 1000, 3.0)),
    ],
)
def test_the_nearest_design(scales, examples, scattered, expected):
    """Never more scales than the curve has, if there is such a design."""
    found = nearest(rows(), scales=scales, examples=examples, scattered=scattered)
    assert {(row["scales"], row["examples"], row["scatter"]) for row in found} == {expected}
    assert len(found) == 3


def test_the_words():
    """The worst error, and the range of what is found."""
    said = worth(CURVE, rows())
    assert "simulations with 8 scales, 200 examples and 1 times binomial scatter" in said
    assert "at most 0.8 % of smooth curves were called steeper" in said
    assert "at most 3 % of breaks were called smooth" in said
    assert "25 % to 75 % of breaks were detected" in said


@pytest.mark.parametrize(
    ("dispersion", "scatter"), [(2.5, 3), (2.01, 3), (2.0, 1), (1.2, 1), (None, 1)]
)
def test_what_counts_as_scattered(dispersion, scatter):
    """Above twice the examples' own noise a curve is like the simulations with the larger."""
    said = worth({**CURVE, "dispersion": dispersion}, rows())
    assert f"and {scatter} times binomial scatter" in said


@pytest.mark.parametrize(
    "change",
    [{"verdict": None}, {"counts_missing": "n_unknown"}, {"n_examples_by_scale": [None, None]}],
)
def test_nothing_is_said_where_nothing_was_simulated(change):
    """No verdict, or none that rests on the law."""
    assert worth({**CURVE, **change}, rows()) == ""


class TestTheTable:
    def test_it_has_every_design_once(self, calibration):
        """`make calibrate ARGS="--only verdicts"` mends it."""
        assert [
            (row["truth"], row["kind"], row["scales"], row["examples"], row["scatter"])
            for row in calibration
        ] == [
            (cell.name, kind_of(cell.truth), cell.n_points, cell.n_examples, cell.dispersion)
            for cell in VERDICT_CELLS
        ]

    def test_verdicts_are_parts_of_what_is_apparent(self, calibration):
        """Every apparent curve has one verdict, and only rising curves are apparent."""
        for row in calibration:
            verdicts = sum(row[name] for name in VERDICTS)
            # The table has three digits of each.
            assert verdicts == pytest.approx(row["apparent"], abs=2.1e-3)
            assert row["apparent"] <= row["rises"] + 1.1e-3
            assert row["rises"] <= 1 - row["no_test"] + 1.1e-3

    def test_a_law_is_almost_never_a_break_nor_a_break_smooth(self, calibration):
        """Both at most .05 without scatter, with three Monte Carlo errors of .015."""
        error = 3 * (0.05 * 0.95 / min(row["curves"] for row in calibration)) ** 0.5
        for row in calibration:
            if row["scatter"] == 1 and row["kind"] != "break":
                assert row["beyond_smooth"] <= 0.05 + error, row
            if row["kind"] == "break":
                assert row["smooth_suffices"] <= 0.05 + error, row

    @pytest.mark.parametrize("name", ["last two, .25 to .9", "law b=.25, p^10"])
    def test_drawn_anew_it_is_the_same_within_its_error(self, calibration, name):
        """A tenth of the study: shares of 40 curves, four errors of both."""
        cell = next(
            cell
            for cell in VERDICT_CELLS
            if cell.name == name
            and (cell.n_points, cell.n_examples, cell.dispersion) == (12, 200, 1)
        )
        (row,) = [
            row
            for row in calibration
            if (row["truth"], row["scales"], row["examples"], row["scatter"]) == (name, 12, 200, 1)
        ]
        found = verdict_shares(cell, 40, 1, load_yaml(ROOT / "workflow/config.yaml"))
        for column in ("rises", "apparent", "beyond smooth", "smooth suffices"):
            old = row[column.replace(" ", "_")]
            spread = (max(old * (1 - old), 0.02) * (1 / 40 + 1 / row["curves"])) ** 0.5
            assert abs(found[column] - old) <= 4 * spread, column
