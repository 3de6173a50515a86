"""The label of each curve: every branch of the rules, on curves whose numbers are put in."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats
from verdict_samples import RULES, labelled, sample, tables, uncounted

from emergence.inference.inference_table import MISSING
from emergence.pooling.pooled_table import EXPONENT_STATUSES
from emergence.settings import SameOutputs, VerdictRules
from emergence.tables import read_table, write_table
from emergence.verdicts.labels import label
from emergence.verdicts.labels_table import LABELS, LEFT_OUT, UNDECIDED, VERDICTS

INF = math.inf


def one(rules: VerdictRules = RULES, **fields):
    """The label of a single curve."""
    (row,) = labelled([sample(**fields)], rules)
    return row


class TestTheShippedRules:
    def test_are_those_of_the_method(self):
        """Section 4 names them; a changed default changes what every verdict means."""
        assert (
            VerdictRules(
                fdr=0.05,
                fdr_steep=0.02,
                fdr_steep_bounded=0.002,
                sharpness=1.0,
                b_max=0.5,
                level=0.95,
                exclude_known_bad=True,
                same_outputs=SameOutputs(
                    families={"BIG-G T=1": "BIG-G T=0"}, output_groups=("multiple_choice",)
                ),
                argmax_groups=("multiple_choice", "loglikelihood"),
            )
            == RULES
        )


class TestTheTable:
    def test_conforms_to_its_schema_and_travels(self, tmp_path):
        """Written and read back, it is the same table: infinite and unknown values included."""
        rows = [
            sample(),
            sample(task="u", shots=None, p_rise=None, p_rise_missing="no_degrees"),
            uncounted("n_unknown", task="v"),
        ]
        found = label(*tables(rows), RULES)
        assert found.schema.equals(LABELS, check_metadata=True)
        write_table(found, LABELS, tmp_path / "labels.parquet")
        assert read_table(tmp_path / "labels.parquet", LABELS).equals(found)

    def test_of_no_curve(self):
        """A dataset may have no curve at all."""
        found = label(*tables([]), RULES)
        assert found.schema.equals(LABELS) and found.num_rows == 0

    def test_of_tables_in_parts(self):
        """Tables that are read from several files have several chunks: the same labels."""
        cases = zip("abc", (0.2, 0.001, 0.04), strict=True)
        rows = [sample(task=name, p_rise=p) for name, p in cases]
        halves = [tables(rows[:1]), tables(rows[1:])]
        parts = [pa.concat_tables(both) for both in zip(*halves, strict=True)]
        assert parts[0]["scores"].num_chunks == 2
        assert label(*parts, RULES).equals(label(*tables(rows), RULES))

    @pytest.mark.parametrize("wrong", ["order", "fewer"])
    @pytest.mark.parametrize("table", [1, 2])
    def test_all_tables_must_be_of_the_same_curves(self, wrong, table):
        """A label beside another curve's numbers would be false without a sign of it."""
        found = list(tables([sample(), sample(task="u")]))
        found[table] = found[table].take([1, 0]) if wrong == "order" else found[table].slice(0, 1)
        with pytest.raises(ValueError, match="not of these curves"):
            label(*found, RULES)


class TestLeftOut:
    def test_known_bad_data(self):
        """It is judged by nothing, and says why."""
        row = one(flags="above_high_score;known_bad")
        assert row["left_out"] == row["rises_missing"] == "known_bad"
        for name in ("q_rise", "p_task", "rise_test", "rises", "q_steep", "verdict"):
            assert row[name] is None, name
        assert row["tasks_in_unit"] == 0

    def test_the_setting_takes_known_bad_data_in(self):
        """Then it is a curve like any other."""
        row = one(replace(RULES, exclude_known_bad=False), flags="known_bad")
        assert (row["left_out"], row["verdict"]) == (None, "beyond_smooth")

    def test_a_flag_of_a_similar_name_is_not_it(self):
        """The flags are a list, and no text to search in."""
        assert one(flags="not_known_bad")["left_out"] is None

    def test_what_is_left_out_is_no_test_among_the_others(self):
        """One of two tasks is bad: the other's q is its p, and twice its p with it."""
        rows = [sample(p_rise=0.02), sample(task="u", p_rise=0.9, flags="known_bad")]
        assert labelled(rows)[0]["q_rise"] == pytest.approx(0.02)
        taken = labelled(rows, replace(RULES, exclude_known_bad=False))
        assert taken[0]["q_rise"] == pytest.approx(0.04)
        assert (labelled(rows)[0]["tasks_in_unit"], taken[0]["tasks_in_unit"]) == (1, 2)

    @pytest.mark.parametrize("shots", [None, 0, 3])
    def test_the_same_outputs_under_another_temperature(self, shots):
        """Unknown shots of both are the same shots: nothing tells them apart."""
        rows = [
            sample(model_family=name, shots=shots, output_group="multiple_choice")
            for name in ("BIG-G T=0", "BIG-G T=1")
        ]
        found = labelled(rows)
        assert [row["left_out"] for row in found] == [None, "same_outputs"]
        assert found[1]["rises_missing"] == "same_outputs"

    @pytest.mark.parametrize(
        "other",
        [
            {"shots": 2},
            {"shots": None},
            {"task": "u"},
            {"subtask": "s"},
            {"metric": "macro_f1"},
            {"condition": "prompt=x"},
            {"model_family": "BIG-G sparse"},
            {"dataset": "another"},
        ],
    )
    def test_only_where_the_other_family_has_that_very_curve(self, other):
        """Else the outputs would be lost altogether."""
        fields = {"shots": 3, "output_group": "multiple_choice"}
        first = sample(model_family="BIG-G T=1", **fields)
        second = sample(**{"model_family": "BIG-G T=0", **fields, **other})
        assert [row["left_out"] for row in labelled([first, second])] == [None, None]

    @pytest.mark.parametrize("group", ["generation", None])
    def test_not_where_the_temperature_makes_other_outputs(self, group):
        """Under metrics of generated text the two families wrote different texts."""
        rows = [
            sample(model_family=name, output_group=group) for name in ("BIG-G T=0", "BIG-G T=1")
        ]
        assert [row["left_out"] for row in labelled(rows)] == [None, None]

    def test_bad_data_are_called_bad_first(self):
        """Of two reasons the one is shown that would stand without the other family."""
        rows = [sample(model_family=name, flags="known_bad") for name in ("BIG-G T=0", "BIG-G T=1")]
        assert [row["left_out"] for row in labelled(rows)] == ["known_bad"] * 2


class TestLargestShots:
    def test_claims_rest_on_the_largest_known(self):
        """Unknown is the least: it is largest only where nothing is known."""
        rows = [sample(shots=shots) for shots in (0, 3, 2, None)]
        assert [row["largest_shots"] for row in labelled(rows)] == [False, True, False, False]
        assert labelled([sample(shots=None)])[0]["largest_shots"]

    @pytest.mark.parametrize(
        "other",
        [{"task": "u"}, {"metric": "macro_f1"}, {"model_family": "G"}, {"condition": "c=1"}],
    )
    def test_of_its_own_task_metric_family_and_condition(self, other):
        """Another task's largest is its own."""
        rows = [sample(shots=2), sample(shots=3, **other)]
        assert [row["largest_shots"] for row in labelled(rows)] == [True, True]

    def test_smaller_ones_are_units_of_their_own(self):
        """They are labelled, and correct nothing that claims rest on."""
        rows = [
            sample(task=task, shots=shots, p_rise=p)
            for task, shots, p in [("a", 3, 0.02), ("a", 2, 0.02), ("b", 2, 0.9), ("c", 1, 0.9)]
        ]
        found = labelled(rows)
        # a, b and c at their largest shots are one unit of three tasks; a at 2 stands alone.
        assert [row["tasks_in_unit"] for row in found] == [3, 1, 3, 3]
        assert [row["q_rise"] for row in found] == pytest.approx([0.06, 0.02, 0.9, 0.9])


class TestTheTestOfARise:
    def test_the_law_where_scores_are_counts(self):
        """p_rise it is, however clear the order."""
        row = one(p_rise=0.2, p_order=0.0001)
        assert (row["rise_test"], row["q_rise"], row["rises"]) == ("p_rise", 0.2, False)

    @pytest.mark.parametrize("why", ["n_unknown", "not_a_share"])
    def test_the_order_stands_in_where_they_are_none(self, why):
        """Only there, since it cannot see a jump at the last model alone."""
        (row,) = labelled([uncounted(why, p_order=0.003)])
        assert (row["rise_test"], row["q_rise"], row["rises"]) == ("p_order", 0.003, True)
        assert (row["verdict"], row["verdict_reason"]) == ("not_decidable", why)
        assert row["q_steep"] is None

    def test_not_where_the_counts_are_there_and_the_test_is_not(self):
        """Too few points between all and nothing: no stand-in, the reason instead."""
        row = one(p_rise=None, p_rise_missing="no_degrees", p_order=0.0001)
        assert (row["rise_test"], row["rises"], row["rises_missing"]) == (None, None, "no_degrees")
        assert row["apparent"] is None and row["verdict"] is None

    def test_a_short_curve(self):
        """Fewer than four scales: no test, and no task among the tests of others."""
        rows = [sample(n_scales=3, p_rise=1e-9), sample(task="u", p_rise=0.02)]
        short, other = labelled(rows)
        assert (short["rises"], short["rises_missing"]) == (None, "too_few_scales")
        assert short["q_rise"] is None and other["q_rise"] == 0.02
        (short,) = labelled([uncounted("n_unknown", n_scales=3, p_order=0.001)])
        assert (short["rises"], short["rises_missing"]) == (None, "too_few_scales")

    def test_four_scales_are_enough(self):
        """The method says at least four."""
        assert one(n_scales=4)["rises"] is True

    def test_a_mean_over_subtasks_is_tested_through_them(self):
        """Simes over .001 and .2 is .002; the mean's own order is not looked at."""
        mean = uncounted("averaged", p_order=0.9)
        parts = [sample(subtask="x", p_rise=0.001), sample(subtask="y", p_rise=0.2)]
        found = labelled([mean, *parts])
        assert [row["rise_test"] for row in found] == ["subtasks", "p_rise", "p_rise"]
        assert [row["p_task"] for row in found] == pytest.approx([0.002] * 3)
        assert [row["q_rise"] for row in found] == pytest.approx([0.002, 0.002, 0.2])
        assert [row["rises"] for row in found] == [True, True, False]
        assert [row["tasks_in_unit"] for row in found] == [1, 1, 1]
        assert found[0]["verdict_reason"] == "averaged"

    def test_a_mean_of_which_no_subtask_has_a_test(self):
        """Nothing is known of it but that it is a mean."""
        part = sample(subtask="x", p_rise=None, p_rise_missing="no_degrees")
        mean = labelled([uncounted("averaged"), part])[0]
        assert (mean["rises"], mean["rises_missing"]) == (None, "averaged")

    def test_a_mean_whose_subtasks_are_left_out(self):
        """Then there is nothing better than its own order."""
        parts = [sample(subtask="x", flags="known_bad"), sample(subtask="y", n_scales=3)]
        mean = labelled([uncounted("averaged", p_order=0.01), *parts])[0]
        assert (mean["rise_test"], mean["q_rise"]) == ("p_order", 0.01)

    def test_a_left_out_mean_does_not_rise_through_its_subtasks(self):
        """The subtasks are tested; what is left out stays without a label."""
        mean = uncounted("averaged", flags="known_bad")
        found = labelled([mean, sample(subtask="x", p_rise=0.001)])
        assert (found[0]["q_rise"], found[0]["rises_missing"]) == (None, "known_bad")
        assert found[1]["rises"] is True

    def test_a_share_of_the_whole_task_is_its_own_test(self):
        """Where the whole task is counted, its subtasks add nothing to its p."""
        found = labelled([sample(p_rise=0.04), sample(subtask="x", p_rise=0.0001)])
        assert [row["p_task"] for row in found] == [0.04, 0.04]
        assert found[0]["rise_test"] == "p_rise"


class TestMultiplicity:
    @pytest.mark.parametrize(
        "other",
        [
            {"metric": "macro_f1", "is_preferred": False},
            {"model_family": "G"},
            {"condition": "c=1"},
            {"dataset": "another"},
        ],
    )
    def test_the_unit_is_a_dataset_family_metric_and_condition(self, other):
        """What is tried elsewhere moves nothing; a task of the same unit does."""
        rows = [sample(p_rise=0.02), sample(task="u", p_rise=0.9, **other)]
        assert labelled(rows)[0]["q_rise"] == 0.02
        rows = [sample(p_rise=0.02), sample(task="u", p_rise=0.9)]
        assert [row["q_rise"] for row in labelled(rows)] == pytest.approx([0.04, 0.9])
        assert [row["tasks_in_unit"] for row in labelled(rows)] == [2, 2]

    def test_two_preferred_metrics_of_a_task(self):
        """Bonferroni: each p counts twice, and never above 1."""
        rows = [sample(p_rise=0.02), sample(metric="multiple_choice_grade", p_rise=0.8)]
        found = labelled(rows)
        assert [row["q_rise"] for row in found] == pytest.approx([0.04, 1.0])

    @pytest.mark.parametrize("preferred", [False, None])
    def test_a_metric_that_is_not_preferred_costs_nothing(self, preferred):
        """It is no second chance of the task: neither of the two is doubled."""
        rows = [
            sample(p_rise=0.02),
            sample(metric="multiple_choice_grade", p_rise=0.03, is_preferred=preferred),
        ]
        assert [row["q_rise"] for row in labelled(rows)] == [0.02, 0.03]

    def test_preferred_metrics_are_counted_by_task_and_family(self):
        """Another task's preferred metric is no second one of this task."""
        rows = [
            sample(p_rise=0.02),
            sample(task="u", metric="multiple_choice_grade", p_rise=0.03),
            sample(model_family="G", metric="multiple_choice_grade", p_rise=0.04),
        ]
        assert [row["q_rise"] for row in labelled(rows)] == [0.02, 0.03, 0.04]

    def test_one_metric_at_two_shot_counts_is_one_metric(self):
        """Shot counts are units, and no metrics."""
        rows = [sample(p_rise=0.02, shots=0), sample(p_rise=0.03, shots=2)]
        assert [row["q_rise"] for row in labelled(rows)] == [0.02, 0.03]

    def test_a_break_is_corrected_over_apparent_tasks_only(self):
        """Three tasks, two of them apparent: the factor is 2 and not 3."""
        rows = [
            sample(p_steep=0.01),
            sample(task="u", p_steep=0.9),
            sample(task="v", p_steep=0.001, sharpness=0.5),
        ]
        found = labelled(rows)
        assert [row["q_steep"] for row in found] == [pytest.approx(0.02), 0.9, None]
        assert [row["verdict"] for row in found] == ["beyond_smooth", "not_decidable", None]

    def test_a_task_without_an_exponent_is_given_none_by_its_subtasks(self):
        """The mean is apparent, and its subtask breaks the law: the mean is not decidable."""
        mean = uncounted("averaged")
        found = labelled([mean, sample(subtask="x", p_steep=0.001)])
        assert [row["q_steep"] for row in found] == [None, 0.001]
        assert [row["verdict"] for row in found] == ["not_decidable", "beyond_smooth"]


class TestAboveChance:
    @pytest.mark.parametrize(
        ("low", "chance", "above"), [(0.7, 0.69, True), (0.7, 0.7, False), (0.7, 0.71, False)]
    )
    def test_by_the_interval_of_the_largest_model(self, low, chance, above):
        """The lower end counts, and not the score, which is .8 here."""
        row = one(interval_low=[0.0] * 7 + [low], chance=chance)
        assert (row["above_chance"], row["rises"], row["apparent"]) == (above, above, above)

    @pytest.mark.parametrize(("chance", "above"), [(0.79, True), (0.8, False)])
    def test_without_an_interval_by_the_score(self, chance, above):
        """Nothing else is known of a score that is no share."""
        (row,) = labelled([uncounted("not_a_share", chance=chance)])
        assert (row["above_chance"], row["rises"]) == (above, above)

    def test_an_unknown_chance_withholds_nothing(self):
        """Unknown is not below: the curve may rise, and the label says that it is unknown."""
        row = one(chance=None)
        assert (row["above_chance"], row["rises"]) == (None, True)

    def test_a_curve_without_points(self):
        """No score, no largest model."""
        (row,) = labelled(
            [
                uncounted(
                    "too_few_scales",
                    **{name: [] for name in ("models", "scales", "scores")},
                    n_scales=0,
                    sharpness=None,
                    p_order=None,
                    p_order_missing="too_few_scales",
                )
            ]
        )
        assert (row["above_chance"], row["rises_missing"]) == (None, "too_few_scales")
        assert row["apparent"] is False

    def test_each_curve_has_its_own_last_score(self):
        """Curves of different lengths lie behind one another in the table."""
        rows = [
            uncounted("not_a_share", task="a", scores=[0.0, 0.1, 0.2, 0.9], chance=0.5),
            uncounted("not_a_share", task="b", scores=[], chance=0.5),
            uncounted("not_a_share", task="c", scores=[0.9, 0.9, 0.9, 0.9, 0.1], chance=0.5),
            sample(task="d", chance=0.5),
        ]
        assert [row["above_chance"] for row in labelled(rows)] == [True, None, False, True]


class TestApparent:
    @pytest.mark.parametrize(
        ("sharpness", "apparent"),
        [
            (1.0, False),
            (1.0 + 1e-10, False),
            (1.0 + 1e-8, True),
            (INF, True),
            (-INF, False),
            (-3.0, False),
            (0.5, False),
        ],
    )
    def test_sharper_than_a_line(self, sharpness, apparent):
        """A line scores 1 up to rounding and is no break; infinity is one, its negative none."""
        row = one(sharpness=sharpness)
        assert (row["apparent"], row["verdict"] is not None) == (apparent, apparent)

    def test_the_threshold_is_a_setting(self):
        """Counts are shown against it."""
        assert one(replace(RULES, sharpness=3.5))["apparent"] is False
        assert one(replace(RULES, sharpness=2.5))["apparent"] is True

    @pytest.mark.parametrize(("early", "apparent"), [(True, False), (False, True), (None, True)])
    def test_an_early_step_is_saturation(self, early, apparent):
        """The emergence score rewards it as much as emergence; the label must not."""
        assert one(early=early)["apparent"] is apparent

    def test_what_does_not_rise_is_not_apparent(self):
        """Noise is sharp too."""
        row = one(p_rise=0.06)
        assert (row["rises"], row["apparent"], row["verdict"]) == (False, False, None)

    @pytest.mark.parametrize(("p", "rises"), [(0.05, True), (0.0500001, False)])
    def test_the_level_itself_is_enough(self, p, rises):
        """As in Benjamini and Hochberg's procedure."""
        assert one(p_rise=p)["rises"] is rises

    def test_unknown_only_where_it_would_look_like_it(self):
        """A curve that is no sharper than a line is not apparent, tested or not."""
        untested = {"p_rise": None, "p_rise_missing": "no_degrees"}
        assert one(**untested)["apparent"] is None
        assert one(**untested, sharpness=0.5)["apparent"] is False
        assert one(**untested, early=True)["apparent"] is False


BELOW = {"exponent_low": 0.1, "exponent_high": 0.5}
SPANS = {"exponent_low": 0.4, "exponent_high": 0.6}


class TestVerdict:
    @pytest.mark.parametrize(
        ("fields", "verdict", "reason"),
        [
            ({}, "beyond_smooth", None),
            ({"exponent_status": "open_above", "exponent_high": INF}, "beyond_smooth", None),
            ({"p_steep": 0.06}, "not_decidable", "not_significant"),
            ({"exponent_low": 0.5}, "not_decidable", "interval_spans_b_max"),
            (BELOW, "smooth_suffices", None),
            ({**BELOW, "exponent_high": 0.51}, "not_decidable", "interval_spans_b_max"),
            ({**SPANS, "p_steep": 0.001}, "not_decidable", "interval_spans_b_max"),
            (
                {**SPANS, "p_steep": None, "p_steep_missing": "too_few_scales"},
                "not_decidable",
                "too_few_scales",
            ),
            (
                {"p_steep": None, "p_steep_missing": "too_few_scales"},
                "not_decidable",
                "too_few_scales",
            ),
            (
                {"exponent_status": "not_identified", "exponent_low": None, "exponent_high": None},
                "not_decidable",
                "not_identified",
            ),
            (
                {"exponent_status": "not_identified", "exponent_low": 1.0},
                "not_decidable",
                "not_identified",
            ),
        ],
    )
    def test_each_with_its_reason(self, fields, verdict, reason):
        """Not rejecting is never smooth, and what is above b_max is beyond only with a test."""
        row = one(**fields)
        assert row["apparent"] is True
        assert (row["verdict"], row["verdict_reason"]) == (verdict, reason)

    @pytest.mark.parametrize("why", ["n_unknown", "not_a_share", "not_whole"])
    def test_without_counts_the_reason_is_why(self, why):
        """No exponent can be had, and the reader is told what is missing."""
        (row,) = labelled([uncounted(why)])
        assert (row["verdict"], row["verdict_reason"]) == ("not_decidable", why)

    def test_a_law_that_did_not_converge(self):
        """It has no exponent: the reason is the fit, and not that nothing was identified."""
        row = one(law_missing="not_converged", exponent_status="not_converged")
        assert (row["verdict"], row["verdict_reason"]) == ("not_decidable", "not_converged")

    @pytest.mark.parametrize(
        ("p_fit", "fields", "verdict"),
        [
            (0.05, {}, "law_does_not_fit"),
            (0.05, BELOW, "law_does_not_fit"),
            (0.05, SPANS, "law_does_not_fit"),
            (0.051, {}, "beyond_smooth"),
            (None, {}, "beyond_smooth"),
            (None, BELOW, "smooth_suffices"),
        ],
    )
    def test_a_curve_that_the_law_does_not_fit_is_neither(self, p_fit, fields, verdict):
        """Its exponent is one of a law that it does not follow."""
        row = one(p_fit=p_fit, **fields)
        assert (row["verdict"], row["verdict_reason"]) == (verdict, None)

    def test_five_sizes_cannot_show_that_the_law_suffices(self):
        """Said once, in place of an interval of one degree of freedom."""
        assert one(n_scales=5, **BELOW)["verdict_reason"] == "five_sizes"
        assert one(n_scales=5)["verdict"] == "beyond_smooth"

    @pytest.mark.parametrize(("p", "verdict"), [(0.02, "beyond_smooth"), (0.021, "not_decidable")])
    def test_a_break_has_a_level_of_its_own(self, p, verdict):
        """The test of a break rejects twice as often as it says."""
        assert one(p_steep=p)["verdict"] == verdict

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"p_steep": 0.002}, None),
            ({"p_steep": 0.0021}, "not_significant"),
            ({"p_steep": 0.002, "n_scales": 5}, "five_sizes"),
            ({"p_steep": 0.0, "n_scales": 5}, "five_sizes"),
        ],
    )
    def test_and_bounded_scores_a_stricter_one(self, fields, reason):
        """With five sizes none would be strict enough."""
        row = one(law="bounded", **fields)
        assert row["verdict_reason"] == reason
        assert row["verdict"] == ("beyond_smooth" if reason is None else "not_decidable")

    @pytest.mark.parametrize(
        ("fields", "verdict", "reason"),
        [
            ({}, "not_decidable", "argmax"),
            ({"p_steep": 0.06}, "not_decidable", "not_significant"),
            ({**BELOW}, "smooth_suffices", None),
            ({**SPANS}, "not_decidable", "interval_spans_b_max"),
        ],
    )
    def test_the_likeliest_of_several_choices_may_change_at_once(self, fields, verdict, reason):
        """Under such a metric a steep curve is what the mirage predicts: no break, but smooth."""
        row = one(output_group="multiple_choice", **fields)
        assert (row["verdict"], row["verdict_reason"]) == (verdict, reason)
        if not fields:
            row = one(replace(RULES, argmax_groups=()), output_group="multiple_choice")
            assert row["verdict"] == "beyond_smooth"

    def test_b_max_is_a_setting(self):
        """With b_max above its interval a curve is no break."""
        other = replace(RULES, b_max=3.0)
        assert one(other)["verdict"] == "smooth_suffices"
        assert one(replace(RULES, b_max=1.0))["verdict_reason"] == "interval_spans_b_max"


class TestStrict:
    """The sample's smaller half: 100 examples each, 0, 0, 1 and 0 of them right."""

    @pytest.mark.parametrize(
        ("chance", "p", "absent"),
        [
            # One right answer is impossible by a chance of 0, and nothing above one of 1 in 400.
            (0.0, 0.0, False),
            (0.0025, 1 - 0.9975**400, True),
            (None, None, None),
        ],
    )
    def test_the_smaller_half_against_chance(self, chance, p, absent):
        """Exactly binomial: the probability of one right answer or more in 400."""
        row = one(chance=chance)
        assert row["absent"] is absent and row["strict"] is absent
        assert row["p_absent"] == (p if p is None else pytest.approx(p, abs=1e-12))

    def test_models_that_scatter_are_fewer_examples(self):
        """Four times the variance of 400 examples is that of 100, of which a quarter is right."""
        assert one(chance=0.01, dispersion=4.0)["p_absent"] == pytest.approx(
            stats.beta.cdf(0.01, 0.25, 100.75)
        )

    @pytest.mark.parametrize(
        ("chance", "predicted", "power"),
        [
            # One right answer in 400 is enough where chance is 0.
            (0.0, 0.01, 1 - 0.99**400),
            # The law says no more than guessing: nothing could be seen.
            (0.01, 0.01, None),
        ],
    )
    def test_the_power_of_that_test(self, chance, predicted, power):
        """It says what not being above chance is worth."""
        row = one(chance=chance, small_predicted=[predicted] * 4)
        assert row["absent_power"] == (power if power is None else pytest.approx(power))

    def test_the_power_where_chance_is_not_zero(self):
        """By a sum over all numbers of right answers, as near as their steps allow."""
        found = one(chance=0.25, small_predicted=[0.3] * 4, scores=[0.25] * 7 + [0.9])
        needed = stats.binom.isf(0.05, 400, 0.25) + 1
        assert stats.binom.sf(needed, 400, 0.3) < found["absent_power"]
        assert found["absent_power"] < stats.binom.sf(needed - 2, 400, 0.3)
        assert found["absent"] is True

    def test_what_does_not_look_emergent_is_not_emergent(self):
        """Absent in the smaller half and flat: nothing emerged."""
        assert one(chance=0.0025, sharpness=0.5)["strict"] is False
        assert one(chance=None, sharpness=0.5)["strict"] is False


P = st.one_of(st.none(), st.sampled_from([0.0001, 0.01, 0.05, 0.2, 1.0]))
WHY = st.sampled_from(sorted(MISSING))


@st.composite
def random_curve(draw):
    """A curve with random values; a p-value is missing exactly where a reason is given."""
    fields = {
        "task": draw(st.sampled_from("ab")),
        "subtask": draw(st.sampled_from(["", "", "x", "y"])),
        "metric": draw(st.sampled_from(["exact_str_match", "bleu"])),
        "model_family": draw(st.sampled_from(["BIG-G T=0", "BIG-G T=1"])),
        "shots": draw(st.sampled_from([None, 0, 3])),
        "is_preferred": draw(st.sampled_from([None, False, True])),
        "output_group": draw(st.sampled_from([None, "generation", "multiple_choice"])),
        "n_scales": draw(st.integers(0, 8)),
        "chance": draw(st.sampled_from([None, 0.0, 0.25, 0.9])),
        "sharpness": draw(st.sampled_from([None, -INF, -2.0, 0.5, 1.0, 3.0, INF])),
        "early": draw(st.sampled_from([None, False, True])),
        "flags": draw(st.sampled_from(["", "", "", "n_assumed;known_bad"])),
        "dispersion": draw(st.sampled_from([None, 1.0, 2.0, 5.0])),
        "exponent_low": draw(st.sampled_from([None, 0.0, 0.5, 0.7])),
        "exponent_high": draw(st.sampled_from([None, 0.5, 0.9, INF])),
        "exponent_status": draw(st.sampled_from([*EXPONENT_STATUSES, *MISSING])),
        "counts_missing": draw(st.one_of(st.none(), st.none(), WHY)),
        "law_missing": draw(st.one_of(st.none(), st.none(), WHY)),
    }
    for name in ("p_rise", "p_order", "p_steep"):
        p = draw(P)
        fields[name] = p
        fields[f"{name}_missing"] = draw(WHY) if p is None else None
    if fields["counts_missing"]:
        fields["interval_low"] = None
    if not fields["n_scales"]:
        fields.update(scores=[], interval_low=None, small_predicted=None)
    return sample(**fields)


@st.composite
def random_dataset(draw):
    rows = draw(st.lists(random_curve(), max_size=14))
    return list({row["curve_id"]: row for row in rows}.values())


class TestAnyDataset:
    @settings(max_examples=40)
    @given(random_dataset())
    def test_values_and_what_goes_with_what(self, rows):
        """Whatever the inference says, each label is of its closed list and they agree."""
        for row, found in zip(rows, labelled(rows), strict=True):
            assert found["curve_id"] == row["curve_id"]
            assert found["left_out"] in {None, *LEFT_OUT}
            assert found["rise_test"] in {None, "p_rise", "p_order", "subtasks"}
            assert found["rises_missing"] in {None, *LEFT_OUT, *MISSING}
            assert (found["rises"] is None) == (found["rises_missing"] is not None)
            assert (found["rises"] is None) == (found["q_rise"] is None)
            assert (found["rises"] is None) == (found["rise_test"] is None)
            assert found["verdict"] in {None, *VERDICTS}
            assert (found["verdict"] is not None) == (found["apparent"] is True)
            assert found["verdict_reason"] in {None, *UNDECIDED, *MISSING}
            assert (found["verdict_reason"] is not None) == (found["verdict"] == "not_decidable")
            assert not found["apparent"] or found["rises"]
            assert not found["apparent"] or (row["sharpness"] > 1 and row["early"] is not True)
            assert found["rises"] is not True or found["above_chance"] is not False
            assert found["left_out"] is None or found["rises"] is None
            assert found["rises"] is not True or found["q_rise"] <= RULES.fdr
            assert (found["strict"] is True) == (
                found["apparent"] is True and found["absent"] is True
            )
            for name in ("p_task", "q_rise", "q_steep"):
                assert found[name] is None or 0 <= found[name] <= 1
            if found["verdict"] == "beyond_smooth":
                assert row["exponent_low"] > RULES.b_max and row["p_steep"] <= RULES.fdr_steep
                assert row["output_group"] != "multiple_choice"
            if found["verdict"] == "smooth_suffices":
                assert row["exponent_high"] <= RULES.b_max

    @settings(max_examples=15)
    @given(random_dataset(), st.randoms(use_true_random=False))
    def test_the_order_of_the_curves_does_not_matter(self, rows, random):
        """The same labels by the curves' ids, however the tables are sorted."""
        shuffled = rows.copy()
        random.shuffle(shuffled)
        before = {row["curve_id"]: row for row in labelled(rows)}
        assert {row["curve_id"]: row for row in labelled(shuffled)} == before

    @settings(max_examples=15)
    @given(random_dataset())
    def test_another_dataset_beside_it_moves_nothing(self, rows):
        """Multiplicity is a dataset's own."""
        others = [sample(**{**_fields(row), "dataset": "another"}) for row in rows]
        assert labelled([*rows, *others])[: len(rows)] == labelled(rows)

    @settings(max_examples=15)
    @given(random_dataset())
    def test_more_curves_to_test_never_make_more_of_a_curve(self, rows):
        """Three more tasks without a rise in each unit: no q falls, at a p of 1 for each."""
        units = {(row["model_family"], row["metric"]) for row in rows}
        more = [
            sample(task=f"z{i}", model_family=family, metric=metric, p_rise=1.0, is_preferred=False)
            for family, metric in sorted(units)
            for i in range(3)
        ]
        before, after = labelled(rows), labelled([*rows, *more])
        for one_row, other in zip(before, after, strict=False):
            if one_row["q_rise"] is not None:
                assert other["q_rise"] >= one_row["q_rise"] - 1e-12


def _fields(row):
    return {name: value for name, value in row.items() if name not in ("curve_id", "level")}
