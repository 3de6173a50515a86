"""Scale curves: rows joined, oriented, averaged and ordered as the method says."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pyarrow as pa
import pytest
import reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emergence.curves import build_curves
from emergence.curves_table import CURVES
from emergence.measures import STATUSES
from emergence.schema import CURVE_FIELDS
from emergence.scores import assemble
from emergence.scores_table import SCORES
from emergence.sources import read_source
from emergence.stages.measure import measure
from emergence.tables import write_table

ROOT = Path(__file__).resolve().parents[1]

NAN, INF = math.nan, math.inf

#: Means of up to four means of up to four multiples of this are exact in doubles, so that equal
#: means are equal in every arithmetic.
UNIT = 144 / 1024


def curve(scores, **fields) -> list[dict]:
    """Entries of one curve: one model a score, ten times larger from one to the next."""
    return [
        {"model": f"m{i}", "scale": 10.0 ** (i + 1), "score": score} | fields
        for i, score in enumerate(scores)
    ]


class TestOrientation:
    def test_scores_chance_and_best_score_turn_where_lower_is_better(self, curves_of):
        """A Brier score that falls from chance .25 towards 0 is a curve that rises."""
        (found,) = curves_of(
            curve([0.25, 0.2, 0.05, 0.05], metric="brier", low_score=0.25, high_score=0.0)
        )
        assert found["scores"] == [-0.25, -0.2, -0.05, -0.05]
        assert (found["chance"], found["high_score"]) == (-0.25, 0.0)
        assert found["emergence_score"] == pytest.approx(4.0, rel=1e-12)  # .2 over .05
        assert found["discontinuity"] == pytest.approx(100 * -0.15 / 0.25, rel=1e-12)
        assert found["onset"] == pytest.approx(1 / 3, rel=1e-12)
        assert found["metric_group"] == "continuous"

    def test_the_same_scores_score_the_opposite_in_the_other_direction(self, curves_of):
        """Direction comes from what is declared of the metric, and turns nothing but the sign."""
        scores = [0.5, 0.4, 0.1, 0.15, 0.05]
        (up,) = curves_of(curve(scores, metric="accuracy"))
        (down,) = curves_of(curve(scores, metric="brier"))
        assert up["emergence_score"] == -down["emergence_score"] < 0
        assert up["linearity"] == -down["linearity"]
        assert up["scores"] == [-score for score in down["scores"]]

    @pytest.mark.parametrize("metric", ["puzzling", "never_heard_of"])
    def test_an_unknown_direction_is_taken_as_higher_and_flagged(self, curves_of, metric):
        """The assumption is stated on the curve; the code guesses nothing from a name."""
        (found,) = curves_of(curve([0.1, 0.2, 0.4, 0.5], metric=metric))
        assert found["emergence_score"] > 0
        assert found["metric_group"] == "other"
        expected = {"puzzling": "direction_unknown", "never_heard_of": "unclassified"}
        assert found["flags"] == expected[metric]

    def test_a_zero_is_turned_into_zero(self, curves_of):
        """-0.0 would be read as a negative score in a table for people."""
        (found,) = curves_of(curve([0.0, 0.5], metric="brier", low_score=0.0, high_score=0.0))
        assert str(found["scores"][0]) == "0.0"
        assert str(found["chance"]) == str(found["high_score"]) == "0.0"


class TestReplicates:
    def test_replicates_of_a_model_are_averaged_and_are_no_tie(self, curves_of):
        """Two runs of each of four models: four scales, no ties, the spread kept."""
        entries = [
            entry | {"replicate": run, "score": entry["score"] + shift}
            for entry in curve([0.125, 0.25, 0.5, 0.75])
            for run, shift in (("1", 0.0), ("2", 0.0625))
        ]
        (found,) = curves_of(entries)
        assert found["scores"] == [0.15625, 0.28125, 0.53125, 0.78125]
        assert (found["n_scales"], found["n_ties"], found["n_dropped"]) == (4, 0, 0)
        assert found["models"] == ["m0", "m1", "m2", "m3"]
        # The sample standard deviation of two numbers d apart is d / sqrt(2).
        assert found["replicate_spread"] == pytest.approx([0.0625 / math.sqrt(2)] * 4, rel=1e-12)

    def test_replicates_are_averaged_before_ties_are(self, curves_of):
        """Model a ran three times, its twin b once: each counts as one model.

        The mean of models is (0 + 1) / 2; the mean of the four rows would be 1/4.
        """
        entries = [
            {"model": "a", "scale": 10.0, "score": 0.0, "replicate": "1"},
            {"model": "a", "scale": 10.0, "score": 0.0, "replicate": "2"},
            {"model": "a", "scale": 10.0, "score": 0.0, "replicate": "3"},
            {"model": "b", "scale": 10.0, "score": 1.0},
            {"model": "c", "scale": 100.0, "score": 0.25},
        ]
        (found,) = curves_of(entries)
        assert found["scores"] == [0.5, 0.25]
        assert found["models"] == ["a = b", "c"]
        assert found["n_ties"] == 1

    def test_the_spread_is_pooled_over_tied_models_about_their_own_means(self, curves_of):
        """Models a and b differ by 100, their runs by little: the spread is that of the runs.

        Sums of squares 2 and 8 over 1 + 2 degrees of freedom: sqrt(10/3).
        """
        entries = [
            {"model": model, "scale": 10.0, "replicate": str(i), "score": score}
            for model, scores in {"a": (0.0, 2.0), "b": (98.0, 100.0, 102.0), "c": (7.0,)}.items()
            for i, score in enumerate(scores)
        ]
        (found,) = curves_of([*entries, {"model": "z", "scale": 20.0, "score": 1.0}])
        assert found["replicate_spread"] == [pytest.approx(math.sqrt(10 / 3), rel=1e-12), None]
        assert found["n_ties"] == 2

    def test_equal_replicates_have_no_spread_and_one_run_an_unknown_one(self, curves_of):
        """0 is a measurement; of a single run nothing is known."""
        (found,) = curves_of(
            [
                {"model": "a", "scale": 10.0, "replicate": "1", "score": 0.1},
                {"model": "a", "scale": 10.0, "replicate": "2", "score": 0.1},
                {"model": "b", "scale": 20.0, "score": 0.1},
            ]
        )
        assert found["replicate_spread"] == [0.0, None]

    @pytest.mark.parametrize("score", [0.1, 1 / 3, 0.7, 1e-300, 1e150, -2.2])
    @pytest.mark.parametrize("runs", [2, 3, 6, 7, 10])
    def test_replicates_that_agree_make_no_step(self, curves_of, runs, score):
        """The sum of three times .1 over three is not .1 in doubles; a flat curve is flat."""
        entries = [
            entry | {"replicate": str(run)}
            for entry, times in zip(curve([score] * 4), (1, runs, runs + 1, runs), strict=True)
            for run in range(times)
        ]
        (found,) = curves_of(entries)
        assert found["status"] == "flat"
        assert found["scores"] == [score] * 4

    @pytest.mark.parametrize(
        "runs",
        [
            [(0.1, 0.2, 0.3), (0.3, 0.2, 0.1), (0.2, 0.3, 0.1), (0.3, 0.1, 0.2)],
            [(0.1, 0.2), (0.15, 0.15), (0.3, 0.0), (0.05, 0.25)],
            [(0.7, 0.1), (0.4, 0.4), (0.6, 0.2), (0.5, 0.3)],
        ],
    )
    def test_equal_means_of_different_replicates_make_no_step(self, curves_of, runs):
        """Four models with the same mean: a flat curve.

        Rounding of the means makes steps of 1e-17 out of them, and emergence scores of any
        size, finite ones, out of these.
        """
        entries = [
            {"model": f"m{i}", "scale": 10.0**i, "replicate": str(j), "score": score}
            for i, scores in enumerate(runs)
            for j, score in enumerate(scores)
        ]
        (found,) = curves_of(entries)
        assert (found["status"], found["emergence_score"]) == ("flat", 0.0)

    def test_a_dropped_replicate_leaves_the_others(self, curves_of):
        """One of three runs is NaN: the mean is that of two, and one row is counted as dropped."""
        entries = [
            {"model": "a", "scale": 10.0, "replicate": str(i), "score": score}
            for i, score in enumerate([0.25, NAN, 0.75])
        ]
        (found,) = curves_of([*entries, {"model": "b", "scale": 20.0, "score": 1.0}])
        assert found["scores"] == [0.5, 1.0]
        assert (found["n_dropped"], found["n_ties"]) == (1, 0)


class TestTies:
    def test_models_of_one_scale_are_averaged_and_counted(self, curves_of):
        """Out of 6 models three share a scale and two another: 3 scales, 3 ties."""
        entries = [
            {"model": "e", "scale": 30.0, "score": 0.9},
            {"model": "c", "scale": 10.0, "score": 0.25},
            {"model": "a", "scale": 10.0, "score": 0.5},
            {"model": "b", "scale": 10.0, "score": 0.0},
            {"model": "d", "scale": 20.0, "score": 1.0},
            {"model": "f", "scale": 30.0, "score": 0.9},
        ]
        (found,) = curves_of(entries)
        assert found["scales"] == [10.0, 20.0, 30.0]
        assert found["scores"] == [0.25, 1.0, 0.9]
        assert found["models"] == ["a = b = c", "d", "e = f"]
        assert (found["n_scales"], found["n_ties"]) == (3, 3)
        assert found["status"] == "short"

    def test_a_dropped_twin_is_no_tie(self, curves_of):
        """Of two models at one scale one has no score: nothing was averaged."""
        (found,) = curves_of(
            [
                {"model": "a", "scale": 10.0, "score": None},
                {"model": "b", "scale": 10.0, "score": 0.5},
                {"model": "c", "scale": 20.0, "score": 0.75},
            ]
        )
        assert (found["n_ties"], found["n_dropped"]) == (0, 1)
        assert found["models"] == ["b", "c"]

    def test_the_median_is_over_scales_and_not_over_models(self, curves_of):
        """Four models at one scale and three above it: 4 scales, and a line scores 3."""
        entries = [
            {"model": f"t{i}", "scale": 1.0, "score": score}
            for i, score in enumerate([0.0, 0.25, 0.0, 0.25])
        ]
        entries += [
            {"model": f"u{i}", "scale": 10.0 ** (i + 1), "score": 0.25 + 0.125 * i}
            for i in range(3)
        ]
        (found,) = curves_of(entries)
        assert found["emergence_score"] == pytest.approx(3.0, rel=1e-15)


class TestUnknowns:
    def test_examples_are_null_where_they_vary_along_the_curve(self, curves_of):
        """One number for a curve would be wrong for some of its models; by scale it is right."""
        entries = [
            entry | {"n_examples": n}
            for entry, n in zip(curve([0.1, 0.2, 0.3]), (100, 100, 50), strict=True)
        ]
        (found,) = curves_of(entries)
        assert found["n_examples"] is None
        assert found["n_examples_by_scale"] == [100, 100, 50]

    def test_examples_that_are_the_same_everywhere_are_the_curve_s(self, curves_of):
        """The usual case."""
        (found,) = curves_of(curve([0.1, 0.2, 0.3], n_examples=100))
        assert found["n_examples"] == 100
        assert found["n_examples_by_scale"] == [100, 100, 100]

    def test_one_unknown_number_of_examples_makes_the_curve_s_unknown(self, curves_of):
        """Unknown is not "the same as the others"."""
        first, *others = curve([0.1, 0.2, 0.3], n_examples=100)
        (found,) = curves_of([first | {"n_examples": None}, *others])
        assert found["n_examples"] is None
        assert found["n_examples_by_scale"] == [None, 100, 100]

    def test_examples_that_differ_between_tied_models_are_null_at_that_scale(self, curves_of):
        """The mean of two models with 100 and 50 examples has no one number of examples."""
        entries = [
            {"model": "a", "scale": 10.0, "score": 0.1, "n_examples": 100},
            {"model": "b", "scale": 10.0, "score": 0.2, "n_examples": 50},
            {"model": "c", "scale": 20.0, "score": 0.3, "n_examples": 100},
        ]
        (found,) = curves_of(entries)
        assert found["n_examples_by_scale"] == [None, 100]
        assert found["n_examples"] is None

    @pytest.mark.parametrize(
        ("lows", "chance"),
        [((0.25, 0.25), 0.25), ((0.25, 0.5), None), ((0.25, None), None), ((None, None), None)],
    )
    def test_chance_is_the_curve_s_only_where_all_rows_agree(self, curves_of, lows, chance):
        """The discontinuity needs one range for the whole curve; without it, it is unknown."""
        entries = [
            entry | {"low_score": low, "high_score": 1.0}
            for entry, low in zip(curve([0.25, 0.25, 1.0]), (*lows, lows[0]), strict=True)
        ]
        (found,) = curves_of(entries)
        assert found["chance"] == chance
        assert found["high_score"] == 1.0
        assert found["discontinuity"] == (None if chance is None else pytest.approx(100.0))

    @pytest.mark.parametrize(
        ("marks", "expected"),
        [
            ([True] * 3, True),
            ([False] * 3, False),
            ([None] * 3, None),
            ([True, True, False], None),
            ([True, None, True], None),
        ],
    )
    def test_preferred_is_known_only_where_all_rows_agree(self, curves_of, marks, expected):
        """A contradiction is not settled by the first row."""
        entries = [
            entry | {"is_preferred": mark}
            for entry, mark in zip(curve([0.1, 0.2, 0.3]), marks, strict=True)
        ]
        assert curves_of(entries)[0]["is_preferred"] is expected

    @pytest.mark.parametrize("scores", [[None, NAN, INF], [0.5, None, NAN], [None]])
    def test_a_curve_without_points_is_kept_as_empty(self, curves_of, scores):
        """It was in the input, so it is in the table: status empty, all measures unknown."""
        empty, other = sorted(
            curves_of([*curve(scores, task="a"), *curve([0.1, 0.2, 0.4, 0.5], task="b")]),
            key=lambda found: found["task"],
        )
        points = [score for score in scores if score == 0.5]
        assert empty["status"] == "empty"
        assert empty["scores"] == points
        assert empty["n_scales"] == len(points)
        assert empty["n_dropped"] == len(scores) - len(points)
        for name in ("emergence_score", "sharpness", "linearity", "discontinuity", "onset"):
            assert empty[name] is None
        assert empty["early"] is None and empty["tie_sensitive"] is False
        assert other["status"] == "finite"

    def test_early_is_unknown_where_the_onset_is(self, curves_of):
        """A flat curve has no largest step, so it is neither early nor late."""
        (found,) = curves_of(curve([0.5] * 4))
        assert (found["onset"], found["early"]) == (None, None)

    def test_unknown_shots_make_a_curve_apart_from_zero_shots(self, curves_of):
        """Unknown is null, never 0: two curves."""
        found = curves_of([*curve([0.1, 0.2], shots=None), *curve([0.1, 0.2], shots=0)])
        assert sorted([c["shots"] for c in found], key=str) == [0, None]
        assert len({c["curve_id"] for c in found}) == 2

    def test_no_rows_make_an_empty_table_of_the_schema(self, known_metrics):
        """Columns and types are there without a single curve."""
        assert build_curves(SCORES.empty_table(), known_metrics).schema.equals(CURVES)


class TestFieldsOfACurve:
    @pytest.mark.parametrize("field", CURVE_FIELDS[1:])
    def test_every_field_of_the_id_separates_curves(self, curves_of, field):
        """Rows that differ in one of these are points of different curves."""
        values = (0, 3) if field == "shots" else ("k=a", "k=b")
        entries = [e for value in values for e in curve([0.1, 0.2, 0.3], **{field: value})]
        found = curves_of(entries)
        assert [c[field] for c in found] == list(values)
        assert [c["n_scales"] for c in found] == [3, 3]

    def test_curves_stand_in_the_order_of_their_fields(self, curves_of):
        """Not in that of their ids, so that a person finds a task; unknown shots come last."""
        fields = [
            {"task": task, "metric": metric, "shots": shots}
            for task in ("a", "b")
            for metric in ("accuracy", "brier")
            for shots in (0, 5, 10, None)
        ]
        entries = [entry for some in fields for entry in curve([0.1, 0.2], **some)]
        random.Random(4).shuffle(entries)
        found = [{name: c[name] for name in fields[0]} for c in curves_of(entries)]
        assert found == fields

    def test_annotations_are_joined_by_task(self, curves_of):
        """A task that nobody annotated has null, which is not the annotation "flat"."""
        entries = [
            *curve([0.1, 0.2], task="irony", model_family="a"),
            *curve([0.1, 0.2], task="irony", model_family="b"),
            *curve([0.1, 0.2], task="new"),
        ]
        found = curves_of(entries, annotations={"irony": "emergent", "elsewhere": "flat"})
        assert [c["annotation"] for c in found] == ["emergent", "emergent", None]

    def test_levels_and_output_groups_are_those_of_the_rows(self, curves_of):
        """The aggregate of a task and its subtask are curves of two levels."""
        found = curves_of([*curve([0.1, 0.2]), *curve([0.1, 0.2], subtask="one")])
        assert [(c["subtask"], c["level"]) for c in found] == [("", "task"), ("one", "subtask")]
        assert {c["output_group"] for c in found} == {"choice"}


class TestBundledDataset:
    def test_every_curve_agrees_with_the_reference(self, bundled):
        """All curves of the bundled scores, joined and measured in exact arithmetic."""
        parts = read_source(bundled.entry["sources"][0], ROOT / "data")
        expected = reference.curves(row for part in parts for row in part.rows.to_pylist())
        found = bundled.curves.to_pylist()
        assert len(found) == len(expected)
        for curve_found in found:
            compare(curve_found, expected[key(curve_found)])

    def test_annotations_and_preferred_metrics(self, bundled, bundled_curve):
        """strategyqa is annotated as emergent upstream, and all metrics here are preferred."""
        strategyqa = bundled_curve("strategyqa", "BIG-G T=0")
        assert strategyqa["annotation"] == bundled.annotations["strategyqa"]["category"]
        assert strategyqa["is_preferred"] is True
        assert strategyqa["shots"] == 3
        assert bundled_curve("strategyqa", "Gopher")["shots"] is None
        assert {c["annotation"] is None for c in bundled.curves.to_pylist()} == {False}


def key(row: dict) -> tuple:
    """What names a curve within a dataset."""
    return tuple(row[name] for name in CURVE_FIELDS[1:])


def compare(found: dict, expected: dict) -> None:
    """Compare a row of the table with the reference: counts and names exactly."""
    for name, value in expected.items():
        if name in ("scores", "replicate_spread"):
            assert found[name] == [
                v if v is None else pytest.approx(v, rel=1e-12, abs=1e-13) for v in value
            ], name
        elif isinstance(value, float) and math.isfinite(value):
            assert found[name] == pytest.approx(value, rel=1e-11, abs=1e-10), name
        else:
            assert found[name] == value, name


@st.composite
def tables_of_entries(draw) -> list[dict]:
    """Entries of a few curves with replicates, ties, dropped points and unknown bounds."""
    entries = []
    scores = st.one_of(
        st.integers(-3, 6).map(lambda k: k * UNIT),
        st.integers(-3, 6).map(lambda k: k * UNIT),
        st.sampled_from([None, NAN, INF, -INF]),
    )
    fields = st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["accuracy", "brier", "unheard"]),
        st.sampled_from([None, 0]),
    )
    for names in draw(st.lists(fields, min_size=1, max_size=3, unique=True)):
        some = dict(zip(("task", "metric", "shots"), names, strict=True))
        bounds = draw(st.sampled_from([(None, None), (0.0, 1.0), (0.5, None), (2.0, -1.0)]))
        for size in range(draw(st.integers(1, 7))):
            for twin in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
                n_examples = draw(st.sampled_from([None, 100, 100, 200]))
                for run in range(draw(st.sampled_from([1, 1, 1, 2, 3, 4]))):
                    entries.append(
                        {
                            **some,
                            "model": f"m{size}-{twin}",
                            "scale": 3.0 ** (size + 5),
                            "replicate": str(run),
                            "score": draw(scores),
                            "n_examples": n_examples,
                            "low_score": bounds[0],
                            "high_score": bounds[1],
                        }
                    )
    return entries


@settings(max_examples=50)
@given(tables_of_entries())
def test_any_table_agrees_with_the_reference(source_rows, curves_of, entries):
    """Grouping, averaging, orientation, ties, spread and measures, in exact arithmetic."""
    expected = reference.curves(source_rows(entries).to_pylist(), lower_is_better=["brier"])
    found = curves_of(entries)
    assert {key(row) for row in found} == set(expected)
    for row in found:
        compare(row, expected[key(row)])


@settings(max_examples=20)
@given(tables_of_entries(), st.randoms())
@example(curve([0.1, 0.3, NAN, 0.3]) + curve([1.0, 1.0], task="z"), random.Random(1))
def test_the_order_of_rows_changes_no_byte(
    tmp_path_factory, source_rows, source_rejects, known_metrics, entries, randoms
):
    """The same parquet file from the same rows in any order, float sums included."""
    # Scores that are not exact in doubles: their sums depend on the order of adding.
    entries = [
        e | {"score": None if e["score"] is None else e["score"] * 0.1 + 0.01 * i}
        for i, e in enumerate(entries)
    ]
    contents = []
    for rows in (entries, randoms.sample(entries, len(entries))):
        assembled = assemble("data", source_rows(rows), source_rejects([]), known_metrics)
        path = tmp_path_factory.getbasetemp() / "curves.parquet"
        write_table(build_curves(assembled.scores, known_metrics), CURVES, path)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


@settings(max_examples=15)
@given(tables_of_entries())
def test_another_dataset_s_rows_change_no_curve(curves_of, entries):
    """A curve's numbers are its own: more tasks beside it leave them bit for bit."""
    alone = curves_of(entries)
    beside = [
        e for i in range(7) for e in curve([0.1 * i, 0.3, 0.2, 0.7, 0.9][: i + 1], task=f"other{i}")
    ]
    together = [c for c in curves_of([*beside, *entries]) if not c["task"].startswith("other")]
    assert repr(together) == repr(alone)


@settings(max_examples=25)
@given(tables_of_entries())
def test_counts_of_a_curve_add_up(curves_of, entries):
    """Rows of a curve = dropped + replicates kept; lists have one entry a scale."""
    found = curves_of(entries)
    for row in found:
        lists = ("models", "scales", "scores", "n_examples_by_scale", "replicate_spread")
        assert {len(row[name]) for name in lists} == {row["n_scales"]}
        assert row["scales"] == sorted(set(row["scales"]))
        assert sum(len(m.split(" = ")) - 1 for m in row["models"]) == row["n_ties"]
        assert row["status"] in STATUSES
    unusable = sum(not reference.usable(e["score"]) for e in entries)
    assert sum(row["n_dropped"] for row in found) == unusable


def test_a_table_in_chunks_is_the_same_table(bundled):
    """Rows that were read in parts, as a source delivers them, make the same curves."""
    scores = bundled.scores
    chunked = pa.concat_tables([scores.slice(0, 100), scores.slice(100, 1), scores.slice(101)])
    assert measure(bundled.having(scores=chunked)).curves.equals(bundled.curves)
