"""What a verdict is worth is read from the simulation that is most like the curve."""

from __future__ import annotations

import pytest

from emergence.facts.verdict_calibration import VERDICT_CALIBRATION
from emergence.pages.verdict_calibration import error_rates, nearest, worth
from emergence.simulate.units import TRUTHS, UNIT_CELLS, kind_of, unit_rates
from emergence.verdicts.labels_table import VERDICTS


@pytest.fixture(scope="module")
def calibration():
    return VERDICT_CALIBRATION.rows


def rows():
    base = {"beyond_smooth": 0.01, "smooth_suffices": 0.2, "law_does_not_fit": 0.02}
    return [
        {"scales": scales, "examples": examples, "scatter": scatter, **base, **kind}
        for scales in (8, 12)
        for examples in (50, 200, 1000)
        for scatter in ("binomial", "3 times")
        for kind in (
            {"kind": "flat"},
            {"kind": "smooth", "beyond_smooth": scales / 1000},
            {"kind": "break", "beyond_smooth": 0.25, "smooth_suffices": 0.0},
            {"kind": "break", "beyond_smooth": 0.75, "smooth_suffices": 0.03},
            {"kind": "misfit", "smooth_suffices": 0.07, "law_does_not_fit": 0.1},
            {"kind": "misfit", "smooth_suffices": 0.01, "law_does_not_fit": 0.6},
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
        (4, 10, False, (8, 50, "binomial")),
        (8, 99, False, (8, 50, "binomial")),
        (11, 101, False, (8, 200, "binomial")),
        (12, 200, True, (12, 200, "3 times")),
        (40, 10**6, True, (12, 1000, "3 times")),
    ],
)
def test_the_nearest_design(scales, examples, scattered, expected):
    """Never more scales than the curve has, if there is such a design."""
    found = nearest(error_rates(rows()), scales=scales, examples=examples, scattered=scattered)
    assert (found["scales"], found["examples"], found["scatter"]) == expected


def test_few_scales_are_simulated_with_fewer_numbers_of_examples(calibration):
    """Of the designs with so many scales the nearest, and never one with others."""
    found = nearest(error_rates(calibration), scales=6, examples=10**6, scattered=False)
    assert (found["scales"], found["examples"]) == (6, 200)


def test_the_words():
    """The worst errors, and the range of what is found."""
    said = worth(CURVE, error_rates(rows()))
    assert "simulations with 8 scales, 200 examples and binomial scatter" in said
    assert "at most 0.8 % of smooth curves were called steeper" in said
    assert "at most 3 % of breaks, and 7 % of curves that are neither" in said
    assert "25 % to 75 % of breaks were detected" in said
    assert "at most 2 % of smooth curves and breaks, and 10 % to 60 % of the others" in said


@pytest.mark.parametrize(
    ("dispersion", "scatter"),
    [(2.5, "three times the binomial scatter"), (2.01, "three times the binomial scatter")]
    + [(known, "binomial scatter") for known in (2.0, 1.2, None)],
)
def test_what_counts_as_scattered(dispersion, scatter):
    """Above twice the examples' own noise a curve is like the simulations with the larger."""
    said = worth({**CURVE, "dispersion": dispersion}, error_rates(rows()))
    assert f"examples and {scatter}, at most" in said


@pytest.mark.parametrize(
    "change",
    [{"verdict": None}, {"counts_missing": "n_unknown"}, {"n_examples_by_scale": [None, None]}],
)
def test_nothing_is_said_where_nothing_was_simulated(change):
    """No verdict, or none that rests on the law."""
    assert worth({**CURVE, **change}, error_rates(rows())) == ""


@pytest.mark.system
class TestTheTable:
    def test_every_truth_has_its_kind(self, calibration):
        """That they are the designs of the study is asked in tests/test_calibration_page.py."""
        assert all(row["kind"] == kind_of(TRUTHS[row["truth"]]) for row in calibration)

    def test_verdicts_are_parts_of_what_is_apparent(self, calibration):
        """Every apparent curve has one verdict, and only rising curves are apparent."""
        for row in calibration:
            verdicts = sum(row[name] for name in VERDICTS)
            # The table has three digits of each.
            assert verdicts == pytest.approx(row["apparent"], abs=2.1e-3)
            assert row["apparent"] <= row["rises"] + 1.1e-3
            assert row["rises"] <= 1 - row["no_test"] + 1.1e-3

    def test_the_bars(self, calibration):
        """A smooth truth beyond at most .05, a break smooth at most .01, a misfit smooth at most
        .1 without scatter and .12 with it, where the true dispersion leaves .07 and .12: as far as
        so many units tell (one-sided, 99 %).
        """

        def at_most(name, kind, most, scatters=("binomial", "3 times")):
            for row in calibration:
                if row["kind"] == kind and row["scatter"] in scatters:
                    curves = row["units"] * row["share"] * row["tasks"]
                    error = (max(row[name], most) * (1 - most) / curves) ** 0.5
                    assert row[name] - 2.33 * error <= most, row

        at_most("beyond_smooth", "smooth", 0.05)
        at_most("smooth_suffices", "break", 0.01)
        at_most("smooth_suffices", "misfit", 0.1, ["binomial"])
        at_most("smooth_suffices", "misfit", 0.12, ["3 times"])

    @pytest.mark.parametrize("name", ["last two, .25 to .9", "law b=.25, p^10"])
    def test_drawn_anew_it_is_the_same_within_its_error(self, calibration, name):
        """A tenth of the study, four errors of both."""
        wanted = (name, 12, 200, "binomial")
        (cell,) = (
            cell
            for cell in UNIT_CELLS["verdicts"]
            if (cell.name, cell.n_points, cell.n_examples, cell.dispersion) == wanted
        )
        (row,) = (
            row
            for row in calibration
            if (row["truth"], row["scales"], row["examples"], row["scatter"]) == wanted
        )
        found = unit_rates(cell, 84, 1)
        assert found["units"] == 12
        for column in ("rises", "apparent", "beyond smooth", "smooth suffices"):
            old = row[column.replace(" ", "_")]
            # Each unit has four such tasks.
            spread = (max(old * (1 - old), 0.02) * (1 / 12 + 1 / row["units"]) / 4) ** 0.5
            assert abs(found[column] - old) <= 4 * spread, column
