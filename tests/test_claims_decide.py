"""All claims of a dataset at once, and how they move with the settings."""

from __future__ import annotations

import json

import numpy as np
import pytest
from msgspec.structs import replace
from verdict_samples import CLAIM_RULES as SHIPPED
from verdict_samples import RULES, SETTINGS, sample, study_of, tables

from emergence import Study
from emergence.claims.agreement import agreement
from emergence.claims.clustering import clustering
from emergence.claims.decide import decide
from emergence.claims.enriched import enriched_annotations
from emergence.claims.preferred import preferred_metrics
from emergence.claims.registry import CLAIMS
from emergence.claims.resolution import resolution
from emergence.claims.switching import switching
from emergence.stages.sensitivity import other_settings
from emergence.verdicts.labels import label
from emergence.verdicts.relabelled import Relabelled

CLAIM_RULES = replace(SHIPPED, claims=replace(SHIPPED.claims, draws=200, bootstrap=100))

BIG, TWIN = "BIG-G T=0", "BIG-G T=1"

#: Each claim is decidable on these: 12 metrics, 24 tasks, two groups, annotations, two shots.
ROWS = []
for i in range(24):
    grade = {"task": f"t{i}", "metric": f"m{i % 12}", "shots": 3, "model_family": BIG}
    grade["output_group"] = "multiple_choice"
    ROWS.append(sample(**grade, sharpness=1.1 + i / 4 if i % 12 < 3 else 0.5))
    ROWS.append(
        sample(
            **{**grade, "metric": "brier", "metric_group": "continuous", "is_preferred": False},
            sharpness=0.1 + i / 100,
            scores=[j / 10 for j in range(8)],
        )
    )
    # A p that a level of 1 % does not pass, and at no shots a line. The scores are a smooth law's.
    law = {"scores": [0.0, 0.0, 0.0, 0.01, 0.04, 0.16, 0.34, 0.54]}
    ROWS.append(sample(task=f"u{i}", shots=0, model_family=BIG, p_rise=0.03, **law))
    ROWS.append(sample(**{**grade, "shots": 0}, sharpness=0.4))
ROWS.append(sample(task="bad", metric="mbad", model_family=BIG, shots=3, flags="known_bad"))
ROWS.append(sample(**{**ROWS[0], "model_family": TWIN, "sharpness": 9.0}))

ANNOTATIONS = {
    f"t{i}": {
        "task": f"t{i}",
        "category": "emergent" if i % 12 < 3 else "smoothly_increasing",
        "model_family": "LaMDA" if i % 12 < 3 else "",
        "verified": "yes",
    }
    for i in range(24)
}
INVENTORY = [
    {
        "task": name,
        "is_leaf": "1",
        "is_json_task": "1",
        "preferred_score": ("bleu" if i % 2 else "exact_str_match",),
    }
    for i, name in enumerate(ANNOTATIONS)
]


#: No family is left out for its twin.
ALL_FAMILIES = {"same_outputs": {"families": {}, "output_groups": []}}

#: Without the levels, which infer anew: the numbers of these curves are put in by hand.
VALUES = {**SETTINGS["sensitivity"], "level": []}

#: No other value of any setting.
NO_VALUES = dict.fromkeys(VALUES, ())


def annotated(rows, annotations=ANNOTATIONS, **settings) -> Study:
    """These curves with what claims rest on beside them."""
    return study_of(rows, annotations=annotations, inventory=INVENTORY, **settings)


def all_of(rows, annotations=ANNOTATIONS, values=VALUES, others=(), **settings):
    study = annotated(
        rows, annotations, claims=CLAIM_RULES.plain()["claims"], sensitivity=values, **settings
    )
    return decide(study, [*other_settings(study), *others])


@pytest.fixture(scope="module")
def everything():
    return all_of(ROWS)


@pytest.fixture(scope="module")
def moved():
    """Under another level, with a threshold of 1.2."""
    rules = replace(RULES, sharpness=1.2, level=0.5)
    labels = label(*tables(ROWS), rules)
    other = Relabelled("level", 0.5, np.arange(len(ROWS)), rules, labels)
    return all_of(ROWS, values=NO_VALUES, others=[other])


def sensitivity(found, number):
    rows = found["claims"][number - 1]["sensitivity"]
    return [(row["setting"], row["value"]) for row in rows]


LABELS = [
    ("sharpness", 0.75),
    ("sharpness", 1.5),
    ("sharpness", 2.0),
    ("fdr", 0.01),
    ("fdr", 0.1),
]
SHARPNESS = [row for row in LABELS if row[0] == "sharpness"]
DATA = [("exclude_known_bad", False), ("same_outputs", "all families"), ("shots", 0), ("shots", 3)]


class TestDecide:
    def test_six_claims_in_their_order(self, everything):
        """Numbered as in the method, each decidable on these curves."""
        assert [claim["number"] for claim in everything["claims"]] == [1, 2, 3, 4, 5, 6]
        outcomes = [claim["outcome"] for claim in everything["claims"]]
        assert "not decidable" not in outcomes, outcomes
        assert everything["dataset"] == "data"

    def test_strict_json(self, everything):
        """Null with a status, and never NaN."""
        json.dumps(everything, allow_nan=False)

    def test_the_keys_are_curves_that_exist(self, everything):
        """The page draws them: each once, and some for the claims that rest on curves."""
        ids = {row["curve_id"] for row in ROWS}
        for claim in everything["claims"]:
            assert set(claim["keys"]) <= ids
            assert len(set(claim["keys"])) == len(claim["keys"])
            assert bool(claim["keys"]) == (claim["number"] != 2)

    def test_twice_the_same(self, everything):
        """Every draw has its stream: nothing depends on what was drawn before."""
        assert all_of(ROWS) == everything

    def test_the_order_of_the_curves_is_no_result(self, everything):
        """Value, interval and p are those of the curves, however they are sorted."""
        turned = all_of(ROWS[::-1], values=NO_VALUES)
        for one, other in zip(everything["claims"], turned["claims"], strict=True):
            for name in ("outcome", "ours", "value", "interval", "p", "tasks", "curves"):
                assert one[name] == other[name], (one["number"], name)

    def test_without_annotations_two_claims_do_not_apply(self):
        """Claims 2 and 4 rest on them, under every setting; the others do not."""
        found = all_of(ROWS, annotations={})["claims"]
        assert {c["number"] for c in found if c["outcome"] == "does not apply"} == {2, 4}
        assert {row["outcome"] for row in found[3]["sensitivity"]} == {"does not apply"}

    def test_of_no_curve(self):
        """Nothing applies but what rests on annotations alone; and nothing fails."""
        for claim in all_of([])["claims"]:
            assert (claim["outcome"] == "does not apply") == (claim["number"] != 2), claim
            assert bool(claim["reason"]) == (claim["number"] != 2)


def place_of(claim) -> int:
    """Where the registry has the claim that a function decides."""
    return [kind.decide for kind in CLAIMS].index(claim)


class TestSensitivity:
    @pytest.mark.parametrize(
        ("number", "settings"),
        [
            (1, LABELS + DATA),
            (2, []),
            (3, DATA),
            (4, DATA),
            (5, SHARPNESS + DATA),
            (6, LABELS + DATA),
        ],
    )
    def test_the_settings_that_a_claim_moves_with(self, everything, number, settings):
        """Those alone: a row that cannot differ would look like robustness."""
        assert sensitivity(everything, number) == settings

    def test_what_cannot_be_varied_is_not_listed(self):
        """No bad data, no second family, one shot count: only the levels remain."""
        rows = [row for row in ROWS if row["shots"] == 3 and row["task"] != "bad"]
        rows = [row for row in rows if row["model_family"] == BIG]
        found = all_of(rows)
        assert sensitivity(found, 1) == LABELS
        assert sensitivity(found, 3) == []

    def test_subtasks_alone_where_there_are_any(self):
        """The other level of curves: a task is one vote by its subtasks."""
        parts = [
            sample(task="t1", subtask=f"t1:s{i}", level="subtask", model_family=BIG, shots=3)
            for i in range(3)
        ]
        found = all_of([*ROWS, *parts], values=NO_VALUES)
        assert sensitivity(found, 3) == [*DATA, ("curves", "subtasks only")]
        row = found["claims"][2]["sensitivity"][-1]
        known = annotated(parts)
        expected = clustering(known, CLAIM_RULES)
        assert (row["ours"], row["outcome"]) == (expected.ours, expected.outcome)

    def test_the_setting_itself_is_not_among_the_others(self):
        """With a threshold of 1.5 the other thresholds are listed."""
        values = {**VALUES, "sharpness": [0.75, 1.0, 1.5], "fdr": [0.05]}
        found = all_of(ROWS, values=values, sharpness=1.5)
        assert sensitivity(found, 1) == [("sharpness", 0.75), ("sharpness", 1.0), *DATA]

    @pytest.mark.parametrize("claim", [clustering, agreement, enriched_annotations])
    @pytest.mark.parametrize("changed", [{"sharpness": 2.0}, {"sharpness": 0.4}, {"fdr": 0.01}])
    def test_claims_that_are_not_listed_do_not_move(self, claim, changed):
        """Sharpness and level change who is apparent, and these do not ask."""
        both = [claim(annotated(ROWS, **some), CLAIM_RULES) for some in ({}, changed)]
        assert repr(both[0].as_json()) == repr(both[1].as_json())

    @pytest.mark.parametrize(
        ("setting", "value", "claim", "changed", "rows"),
        [
            ("sharpness", 2.0, preferred_metrics, {"sharpness": 2.0}, ROWS),
            ("fdr", 0.01, preferred_metrics, {"fdr": 0.01}, ROWS),
            (
                "exclude_known_bad",
                False,
                preferred_metrics,
                {"exclude_known_bad": False},
                ROWS,
            ),
            ("same_outputs", "all families", resolution, ALL_FAMILIES, ROWS),
            ("shots", 0, switching, {}, [row for row in ROWS if row["shots"] == 0]),
            ("shots", 0, clustering, {}, [row for row in ROWS if row["shots"] == 0]),
        ],
    )
    def test_a_row_is_the_claim_under_that_setting(
        self, everything, setting, value, claim, changed, rows
    ):
        """Labels are made anew under it; and here each of them makes a difference."""
        entry = everything["claims"][place_of(claim)]
        (row,) = [
            row
            for row in entry["sensitivity"]
            if (row["setting"], row["value"]) == (setting, value)
        ]
        expected = claim(annotated(rows, **changed), CLAIM_RULES)
        assert (row["ours"], row["outcome"]) == (expected.ours, expected.outcome)
        assert row["result"] == expected.as_json()["value"]
        assert row["p"] == expected.as_json()["p"]
        assert row["ours"] != entry["ours"]

    @pytest.mark.parametrize(
        "claim", [preferred_metrics, clustering, agreement, switching, resolution]
    )
    def test_another_level_cuts_anew(self, moved, claim):
        """With the labels of that setting: here those of a threshold that nobody asked for."""
        entry = moved["claims"][place_of(claim)]
        (row,) = [row for row in entry["sensitivity"] if row["setting"] == "level"]
        known = annotated(ROWS, sharpness=1.2, level=0.5)
        expected = claim(known, replace(CLAIM_RULES, level=0.5)).as_json()
        assert row["value"] == 0.5
        for name in ("ours", "interval", "p", "outcome"):
            assert row[name] == expected[name]

    def test_a_claim_without_draws_moves_with_no_seed(self):
        """Claims 5 and 6 are exact, and claim 2 rests on the annotations alone."""
        known = annotated(ROWS)
        for claim in (enriched_annotations, switching, resolution):
            both = [claim(known, replace(CLAIM_RULES, seed=seed)).as_json() for seed in (1, 2)]
            assert both[0] == both[1]
