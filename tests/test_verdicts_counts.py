"""The verdicts counted: each curve once, and the sums agree."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_verdicts_labels import random_dataset
from verdict_samples import RULES, sample, study_of, uncounted

from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.verdicts.counts import verdict_counts
from emergence.verdicts.labels_table import LEFT_OUT, VERDICTS


def counted(rows, **settings):
    return verdict_counts(study_of(rows, **settings))


BELOW = {"exponent_low": 0.1, "exponent_high": 0.4}

#: One curve of each fate.
ROWS = [
    sample(task="beyond"),
    sample(task="smooth", **BELOW),
    sample(task="unclear", p_steep=0.5),
    sample(task="spans", exponent_low=0.4, exponent_high=0.6, p_steep=0.5),
    uncounted("n_unknown", task="unknown"),
    sample(task="flat", p_rise=0.9),
    sample(task="falls", p_rise=0.99, sharpness=-2.0, exponent_status="falls"),
    sample(task="line", sharpness=0.9),
    sample(task="early", early=True),
    sample(task="jump", p_rise=None, p_rise_missing="no_degrees"),
    sample(task="quiet", p_rise=None, p_rise_missing="no_degrees"),
    sample(task="short", n_scales=3),
    sample(task="bad", flags="known_bad"),
    sample(task="twin", model_family="BIG-G T=0", output_group="multiple_choice"),
    sample(task="twin", model_family="BIG-G T=1", output_group="multiple_choice"),
    sample(task="shots", shots=3),
    sample(task="shots", shots=0),
    sample(task="other", metric="bleu", metric_group="continuous", is_preferred=False),
]


class TestCounts:
    def test_by_hand(self):
        """Eighteen curves of known fate."""
        found = counted(ROWS)
        assert found["left_out"] == {"known_bad": 1, "same_outputs": 1}
        assert (found["known_bad"], found["exclude_known_bad"]) == (1, True)
        assert found["fewer_shots"] == 1
        assert found["all"] == {
            "curves": 15,
            "judged": 14,
            "tested": 12,
            "untested": {"no_degrees": 2},
            "rises": 10,
            "falls": 1,
            "apparent": 8,
            "apparent_unknown": 2,
            "apparent_tasks": 8,
            "strict": 0,
            "strict_unknown": 1,
            "verdicts": {
                **{"beyond_smooth": 3, "smooth_suffices": 1},
                **{"law_does_not_fit": 0, "not_decidable": 4},
            },
            "reasons": {
                **{"argmax": 1, "interval_spans_b_max": 1, "n_unknown": 1},
                "not_significant": 1,
            },
        }
        assert list(found["by_metric_group"]) == list(METRIC_GROUPS)
        assert found["by_metric_group"]["continuous"]["verdicts"]["beyond_smooth"] == 1
        assert found["by_metric_group"]["other"]["curves"] == 0

    def test_tasks_are_counted_once(self):
        """Apparent in two families, it is one task."""
        found = counted([sample(), sample(model_family="G")])["all"]
        assert (found["apparent"], found["apparent_tasks"]) == (2, 1)

    def test_known_bad_data_taken_in(self):
        """The setting is said beside the number."""
        found = counted(ROWS, exclude_known_bad=False)
        assert found["left_out"]["known_bad"] == 0
        assert (found["known_bad"], found["exclude_known_bad"]) == (1, False)
        assert found["all"]["curves"] == 16

    def test_a_longer_name_of_a_flag_is_another_flag(self):
        """Of three curves one is bad; the others have a flag that only contains the word."""
        flags = ("known_bad;no_share", "not_known_bad", "known_bad_once")
        found = counted([sample(task=f"t{i}", flags=text) for i, text in enumerate(flags)])
        assert (found["known_bad"], found["left_out"]["known_bad"]) == (1, 1)

    def test_of_no_curve(self):
        """Every number is 0, and none is missing."""
        found = counted([])
        assert found["all"]["verdicts"] == dict.fromkeys(VERDICTS, 0)
        assert set(found["left_out"].values()) == {0}

    @settings(max_examples=30)
    @given(random_dataset(), st.booleans())
    def test_the_sums_agree(self, rows, exclude):
        """Whatever is counted: parts add up to wholes, and it is strict JSON."""
        rows = [
            {**row, "metric_group": METRIC_GROUPS[i % len(METRIC_GROUPS)]}
            for i, row in enumerate(rows)
        ]
        found = counted(rows, exclude_known_bad=exclude)
        json.dumps(found, allow_nan=False)
        assert set(found["left_out"]) == set(LEFT_OUT)
        kept = found["all"]["curves"] + found["fewer_shots"] + found["beside_their_task"]
        assert kept + sum(found["left_out"].values()) == len(rows)
        groups = list(found["by_metric_group"].values())
        for counts in (found["all"], *groups):
            assert counts["tested"] + sum(counts["untested"].values()) == counts["judged"]
            assert counts["judged"] <= counts["curves"]
            assert counts["apparent_tasks"] <= counts["apparent"] <= counts["rises"]
            assert counts["rises"] <= counts["tested"]
            assert sum(counts["verdicts"].values()) == counts["apparent"]
            assert sum(counts["reasons"].values()) == counts["verdicts"]["not_decidable"]
        for name in ("curves", "judged", "tested", "rises", "falls", "apparent"):
            assert sum(counts[name] for counts in groups) == found["all"][name]
        ours = next(row for row in found["by_b_max"] if row["b_max"] == RULES.b_max)
        assert ours["apparent"] == found["all"]["apparent"]
        assert ours["beyond_smooth"] == found["all"]["verdicts"]["beyond_smooth"]
        assert ours["exponent_below"] >= found["all"]["verdicts"]["smooth_suffices"]


class TestAgainstOtherLargestExponents:
    def test_each_with_its_own_test(self):
        """b is over .6: beyond .5 by a test of .02 and not .25, of .03; it is below 1.0."""
        rows = [
            sample(
                exponent_low=0.6,
                exponent_high=0.9,
                p_steep=0.02,
                b_max_beside=[1.0, 0.25],
                p_steep_beside=[0.001, 0.03],
            )
        ]
        found = {row.pop("b_max"): row for row in counted(rows)["by_b_max"]}
        assert list(found) == [0.25, 0.5, 1.0]
        assert [found[b]["beyond_smooth"] for b in found] == [0, 1, 0]
        assert [found[b]["exponent_below"] for b in found] == [0, 0, 1]
        assert {(row["apparent"], row["exponent_known"]) for row in found.values()} == {(1, 1)}

    def test_corrected_over_the_apparent_tasks_as_the_verdict_is(self):
        """A p of .015 is not enough beside a second task."""
        rows = [
            sample(p_steep_beside=[0.015, 0.9]),
            sample(task="u", p_steep_beside=[0.9, 0.9]),
        ]
        for some, beyond in ((rows[:1], 1), (rows, 0)):
            first = counted(some)["by_b_max"][0]
            assert (first["b_max"], first["beyond_smooth"]) == (0.25, beyond)

    def test_a_curve_that_the_law_does_not_fit_is_on_neither_side(self):
        """As for the verdict."""
        for fields in ({}, BELOW):
            for row in counted([sample(p_fit=0.01, **fields)])["by_b_max"]:
                assert row["apparent"] == row["exponent_known"] == 1
                assert row["beyond_smooth"] == row["steeper"] == row["exponent_below"] == 0

    @pytest.mark.parametrize(
        "fields",
        [
            {"flags": "known_bad"},
            {"n_scales": 3},
            {"exponent_status": "not_identified"},
            {"sharpness": 0.5},
        ],
    )
    def test_only_apparent_curves_with_a_known_exponent(self, fields):
        """Others are in no row."""
        for row in counted([sample(**fields)])["by_b_max"]:
            assert row["exponent_known"] == row["beyond_smooth"] == row["exponent_below"] == 0

    def test_a_choice_of_the_likeliest_is_steeper_and_not_beyond(self):
        """As the verdict has it: the exponent is counted, the break is not."""
        for group, beyond in (("multiple_choice", 0), ("generation", 1)):
            row = counted([sample(output_group=group)])["by_b_max"][1]
            assert (row["b_max"], row["steeper"], row["beyond_smooth"]) == (0.5, 1, beyond)

    def test_smaller_shots_do_not_count(self):
        """Claims and counts rest on the largest."""
        rows = [sample(shots=3), sample(shots=0, exponent_high=math.inf)]
        assert {row["apparent"] for row in counted(rows)["by_b_max"]} == {1}
