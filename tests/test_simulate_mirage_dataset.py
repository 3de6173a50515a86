"""The dataset drawn from the mathematical model: the same outputs under each metric."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.errors import InputError
from emergence.mirage import (
    brier_score,
    exact_match,
    multiple_choice_grade,
    token_edit_distance,
    token_probability,
)
from emergence.registry import registry_schema
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
