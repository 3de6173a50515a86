"""The dataset drawn from the mathematical model: the same outputs under each metric."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_samples import SETTINGS as FEW

from emergence import Study
from emergence.errors import InputError
from emergence.mirage import (
    brier_score,
    exact_match,
    multiple_choice_grade,
    token_edit_distance,
    token_probability,
)
from emergence.raw.computing import compute
from emergence.raw.manifest import FILES
from emergence.registry import load_registry, registry_schema
from emergence.simulate.mirage_dataset import Design, dataset

ROOT = Path(__file__).resolve().parents[1]

SETTINGS = {
    "seed": 3,
    "models": {"smallest": 1e7, "largest": 1e11, "number": 12},
    "exponents": [0.2, 0.3],
    "units": [1e8],
    "lengths": [1, 8],
    "choices": [2, 4],
    "examples": 400,
    "lean": 0.7,
    "concentration": 10.0,
}


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return dataset(Design(**SETTINGS))


def pairs(rows: list[dict], condition: str) -> list[dict[str, float]]:
    """Scores by metric, one dictionary a family and model."""
    by_model: dict[tuple, dict] = {}
    for row in rows:
        if row["condition"] == condition:
            key = (row["model_family"], row["model"])
            by_model.setdefault(key, {})[row["metric"]] = row["score"]
    return list(by_model.values())


def test_the_settings_are_those_that_the_registry_takes() -> None:
    """A setting that the schema does not know could not be written, and one too many would end
    in a traceback."""
    schema = registry_schema()
    declared = schema["$defs"]["mirage-model"]
    assert set(declared["properties"]) == {field.name for field in fields(Design)}
    assert set(declared["required"]) == set(declared["properties"])


def test_every_row_says_that_it_is_synthetic(rows: list[dict]) -> None:
    """Whoever sees the file alone must not take it for measured."""
    assert all(row["model_family"].startswith("synthetic, b = ") for row in rows)


class TestTheSameOutputs:
    def test_one_token(self, rows: list[dict]) -> None:
        """A one-token string is right exactly where its edit distance is 0: they sum to 1."""
        found = pairs(rows, "target_tokens=1")
        assert len(found) == 24
        for scores in found:
            assert scores["exact_str_match"] + scores["token_edit_distance"] == pytest.approx(1)

    def test_a_string_that_is_wrong_has_at_least_one_error(self, rows: list[dict]) -> None:
        """Of the same strings, 1 - match <= distance <= L (1 - match), without any slack."""
        for scores in pairs(rows, "target_tokens=8"):
            wrong = 1 - scores["exact_str_match"]
            assert wrong - 1e-12 <= scores["token_edit_distance"] <= 8 * wrong + 1e-12

    def test_two_choices(self, rows: list[dict]) -> None:
        """A wrong choice has more than half of the probability: Brier is at least 1/4 of them."""
        for scores in pairs(rows, "choices=2"):
            brier = scores["calibration_multiple_choice_brier_score"]
            assert brier >= (1 - scores["multiple_choice_grade"]) / 4


def _expected(metric: str, p: float, count: int) -> tuple[float, float]:
    """Expected score, and at least the standard deviation of an item's."""
    items = {"lean": SETTINGS["lean"], "concentration": SETTINGS["concentration"]}
    match metric:
        case "exact_str_match":
            return float(exact_match(p, count)), 0.5
        case "token_edit_distance":
            return float(token_edit_distance(p, count)), float(np.sqrt(count * p * (1 - p)))
        case "multiple_choice_grade":
            return multiple_choice_grade(p, count, **items)[0], 0.5
    return brier_score(p, count, **items)[0], 0.25


def test_scores_follow_the_formulas(rows: list[dict]) -> None:
    """Shares and distances within five standard errors, the Brier score within five of its."""
    n = SETTINGS["examples"]
    for row in rows:
        exponent = float(row["model_family"].split("= ")[1])
        count = int(row["condition"].split("=")[1])
        p = float(token_probability(row["n_params"], unit=1e8, exponent=exponent))
        expected, spread = _expected(row["metric"], p, count)
        assert row["score"] == pytest.approx(expected, abs=5 * spread / np.sqrt(n)), row
    assert len(rows) == 2 * 12 * 4 * 2


def test_bounds_hold_what_guessing_and_knowing_score(rows: list[dict]) -> None:
    """Every mean lies between them, up to five standard errors at the lower end."""
    for row in rows:
        low, high = row["low_score"], row["high_score"]
        reached = (row["score"] - low) / (high - low)
        assert -5 * 0.5 / np.sqrt(SETTINGS["examples"]) < reached <= 1


def test_a_stream_of_its_own(rows: list[dict]) -> None:
    """Adding a task, a family or a condition moves no other draw."""
    fewer = dataset(Design(**{**SETTINGS, "lengths": [8], "choices": [4], "exponents": [0.3]}))
    more = dataset(Design(**{**SETTINGS, "units": [1e8, 2e8]}))
    assert all(row in rows for row in fewer)
    assert all(row in more for row in rows)


def test_the_seed_matters(rows: list[dict]) -> None:
    """Another seed, other draws."""
    assert dataset(Design(**SETTINGS)) == rows
    assert dataset(Design(**{**SETTINGS, "seed": 4})) != rows


@pytest.mark.parametrize(
    "models",
    [
        {"smallest": 1e9, "largest": 1e7, "number": 5},
        {"smallest": 1e9, "largest": 1e9, "number": 5},
        {"smallest": 1e9, "largest": 1.001e9, "number": 5},
    ],
)
def test_scales_that_do_not_rise_are_refused(models: dict) -> None:
    """Two models of one scale would be one, with two values."""
    with pytest.raises(InputError, match="setting 'models'") as error:
        dataset(Design(**{**SETTINGS, "models": models}))
    assert "5 models from 1e+09 to" in str(error.value)


@given(
    number=st.integers(2, 4),
    exponent=st.floats(0.01, 10),
    unit=st.floats(1, 1e18),
    length=st.integers(1, 6),
    choices=st.integers(2, 6),
    examples=st.integers(1, 20),
    lean=st.floats(0, 1),
    concentration=st.floats(1, 1e6),
)
def test_whatever_the_settings_every_score_is_a_possible_one(
    number: int, exponent: float, unit: float, length: int, examples: int, choices: int, **items
) -> None:
    """Shares are counts over n, distances counts too, Brier scores within 0 and 2/K."""
    design = Design(
        seed=1,
        models={"smallest": 1e3, "largest": 1e12, "number": number},
        exponents=[exponent],
        units=[unit],
        lengths=[length],
        choices=[choices],
        examples=examples,
        **items,
    )
    rows = dataset(design)
    assert len(rows) == 4 * number
    highest = {
        "token_edit_distance": length,
        "calibration_multiple_choice_brier_score": 2 / choices,
    }
    for row in rows:
        assert 0 <= row["score"] <= highest.get(row["metric"], 1) + 1e-12
        if row["metric"] != "calibration_multiple_choice_brier_score":
            assert row["score"] * examples == pytest.approx(round(row["score"] * examples))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The project's own dataset ``mirage-model``: curves with what was inferred of each."""
    folder = tmp_path_factory.mktemp("mirage")
    entry = load_registry([ROOT / "data/datasets.yaml"])["mirage-model"]
    (source,) = entry["sources"]
    compute({name: source[name] for name in ("kind", "program", "settings")}, folder)
    study = Study.compute("mirage-model", entry, FEW, folder / FILES, upto="pool")
    tables = [table.drop_columns("dataset") for table in (study.inference, study.pooled)]
    found = study.curves.to_pandas()
    for table in tables:
        found = found.merge(table.to_pandas(), on="curve_id")
    return found


@pytest.mark.system
class TestTheArgument:
    """In the project's own dataset the truth is known: every curve of a token is smooth."""

    def test_there_are_enough_tasks_to_decide(self, drawn) -> None:
        """At least 10 tasks in either group, all of 12 scales, and nothing is flagged."""
        tasks = drawn.groupby("metric_group")["task"].nunique()
        assert tasks["discontinuous"] >= 10
        assert tasks["continuous"] >= 10
        assert set(drawn["n_scales"]) == {12}
        assert set(drawn["flags"]) == {""}

    def test_each_pair_of_metrics_has_the_same_outputs(self, drawn) -> None:
        """One of either group to each task, family and condition, in one group of outputs."""
        keys = ["task", "model_family", "condition", "output_group"]
        assert (drawn.groupby(keys)["metric_group"].nunique() == 2).all()
        assert (drawn.groupby(keys).size() == 2).all()

    @pytest.mark.parametrize(
        ("sharp", "smooth", "condition", "least"),
        [
            ("exact_str_match", "token_edit_distance", "target_tokens=8", 2),
            ("exact_str_match", "token_edit_distance", "target_tokens=16", 5),
            (
                "multiple_choice_grade",
                "calibration_multiple_choice_brier_score",
                "choices=4",
                2,
            ),
        ],
    )
    def test_one_curve_is_sharp_under_one_metric_and_smooth_under_the_other(
        self, drawn, sharp: str, smooth: str, condition: str, least: float
    ) -> None:
        """40 pairs each; a straight line has a sharpness of 1."""
        of = drawn[drawn["condition"] == condition].set_index(["model_family", "task"])
        cliff = of.loc[of["metric"] == sharp, "sharpness"]
        slope = of.loc[of["metric"] == smooth, "sharpness"]
        assert len(cliff) == len(slope) == 40
        assert (cliff > 1).all()
        assert np.quantile(cliff, 0.5, method="lower") > least
        assert slope.between(0.75, 1.3).all()
        assert slope.median() == pytest.approx(1, abs=0.1)
        assert (cliff > slope.reindex(cliff.index)).all()

    def test_a_target_of_one_token_has_no_cliff(self, drawn) -> None:
        """It is the length that makes it: all or nothing on one token is the token itself."""
        one = drawn[drawn["condition"] == "target_tokens=1"].set_index(["model_family", "task"])
        match = one.loc[one["metric"] == "exact_str_match", "sharpness"]
        distance = one.loc[one["metric"] == "token_edit_distance", "sharpness"]
        np.testing.assert_allclose(match, distance.reindex(match.index))
        assert match.between(0.75, 1.3).all()

    def test_the_exponent_finds_the_b_that_was_put_in(self, drawn) -> None:
        """Exact match is the law itself, so its intervals cover b as often as they say.

        Every curve has draws of its own. The Monte Carlo error of the share is
        sqrt(.95 x .05 / n), for 176 curves .016; 2.3 of them are allowed for.
        """
        match = drawn[drawn["metric"] == "exact_str_match"]
        known = match[match["exponent_status"].isin(["estimated", "open_above"])]
        truth = known["model_family"].str.rsplit(" ", n=1).str[1].astype(float)
        assert len(known) > 150
        covered = (known["exponent_low"] <= truth) & (truth <= known["exponent_high"])
        assert covered.mean() >= 0.95 - 2.3 * np.sqrt(0.95 * 0.05 / len(known))
        # And they say something: half of the numbers are within .03 of b.
        estimated = known["exponent_status"] == "estimated"
        error = (known["exponent"] - truth)[estimated].abs()
        assert error.median() < 0.03
