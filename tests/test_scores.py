"""The table of scores: duplicates, contradictions, and nothing dropped in silence."""

from __future__ import annotations

import math
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emergence.facts.metric_catalog import Metric, Metrics
from emergence.scores import assemble, count_by
from emergence.scores_table import REJECT_REASONS, REJECTS, SCORES, USES
from emergence.sources.base import ENCODED_ROWS
from emergence.tables import write_table

NAN, INF = math.nan, math.inf


@pytest.fixture(scope="session")
def put_together(source_rows, source_rejects, known_metrics):
    """Assemble entries and source rejects: scores and rejects as lists of dictionaries."""

    def put(entries, rejects=()):
        assembled = assemble(
            "data", source_rows(list(entries)), source_rejects(list(rejects)), known_metrics
        )
        return assembled.scores.to_pylist(), assembled.rejects.to_pylist()

    return put


def models(n: int, **fields) -> list[dict]:
    """Entries of one curve, one a model."""
    return [
        {"model": f"m{i}", "scale": 10.0 ** (i + 1), "score": i / 8, "source_entry": f"m{i}"}
        | fields
        for i in range(n)
    ]


class TestDuplicates:
    def test_of_entries_that_agree_one_is_kept(self, put_together):
        """Out of 6 entries, 2 repeat the first one, so 4 rows and 2 rejects remain."""
        entries = models(4)
        scores, rejects = put_together([*entries, entries[0], entries[0]])
        assert [score["model"] for score in scores] == ["m0", "m1", "m2", "m3"]
        assert [reject["reason"] for reject in rejects] == ["duplicate", "duplicate"]
        assert {reject["seen"] for reject in rejects} == {"3 times"}

    def test_the_same_score_from_two_files_is_kept_from_the_first_by_name(self, put_together):
        """Which file is read first must not decide: the order of their names does."""
        entries = [{"source_file": name} for name in ("b.csv", "a.csv", "c.csv")]
        scores, rejects = put_together(entries)
        assert [score["source_file"] for score in scores] == ["a.csv"]
        assert [reject["source_file"] for reject in rejects] == ["b.csv", "c.csv"]

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("score", (0.5, 0.25)),
            ("score", (0.5, None)),
            ("score", (0.5, NAN)),
            ("scale_kind", ("total", "nominal")),
        ],
    )
    def test_entries_that_contradict_each_other_are_all_rejected(self, put_together, field, values):
        """Nothing says which of two values is right, and taking the first would be a guess.

        What is shown must be what differs: a reader has to find it in the file.
        """
        entries = [*models(3), *[{"model": "m7", "scale": 5.0, field: value} for value in values]]
        scores, rejects = put_together(entries)
        assert [score["model"] for score in scores] == ["m0", "m1", "m2"]
        assert [reject["reason"] for reject in rejects] == ["conflicting_duplicates"] * 2
        for reject in rejects:
            assert field in reject["seen"]
            assert all(str(value) in reject["seen"] for value in values)

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("score_stderr", (0.01, 0.02)),
            ("n_examples", (100, 200)),
            ("low_score", (0.0, 0.25)),
            ("high_score", (1.0, 100.0)),
            ("is_preferred", (True, False)),
        ],
    )
    @pytest.mark.parametrize("order", [1, -1])
    def test_what_differs_beside_a_score_is_unknown(self, put_together, field, values, order):
        """The score itself is said once, by all: none of it is lost. Others keep what they have."""
        entries = [{"model": "m7", "scale": 5.0, field: value} for value in values]
        entries.append({"model": "m8", "scale": 6.0, field: values[0]})
        scores, rejects = put_together(entries[::order])
        assert [score[field] for score in scores] == [None, values[0]]
        assert ["beside_differs" in score["flags"] for score in scores] == [True, False]
        assert [reject["reason"] for reject in rejects] == ["duplicate"]

    @pytest.mark.parametrize("order", [1, -1])
    def test_what_one_entry_leaves_out_another_says(self, put_together, order):
        known = {"n_examples": 100, "is_preferred": None, "score_stderr": 0.01}
        other = {"n_examples": None, "is_preferred": True, "score_stderr": None}
        entries = [{"model": "m7", "scale": 5.0, **said} for said in (known, other)]
        (score,), _ = put_together(entries[::order])
        assert (score["n_examples"], score["is_preferred"]) == (100, True)
        assert score["score_stderr"] == 0.01 and "beside_differs" not in score["flags"]

    def test_one_contradiction_rejects_the_agreeing_ones_too(self, put_together):
        """Out of three values of one score two agree; a majority is no proof."""
        entries = [{"score": 0.5}, {"score": 0.5}, {"score": 0.75}]
        scores, rejects = put_together(entries)
        assert scores == []
        assert Counter(reject["reason"] for reject in rejects) == {"conflicting_duplicates": 3}

    @pytest.mark.parametrize("score", [None, NAN, INF])
    def test_unusable_scores_can_be_duplicates(self, put_together, score):
        """NaN is not equal to itself, but two cells with NaN say the same."""
        scores, rejects = put_together([{"score": score}, {"score": score}])
        assert len(scores) == 1
        assert [reject["reason"] for reject in rejects] == ["duplicate"]

    @pytest.mark.parametrize("order", [1, -1])
    def test_zero_and_minus_zero_agree(self, put_together, order):
        """They are equal numbers: "-0.0" beside "0.0" is no contradiction.

        Which of them came first must not decide the bytes of the row that is kept.
        """
        scores, rejects = put_together([{"score": 0.0}, {"score": -0.0}][::order])
        assert [str(score["score"]) for score in scores] == ["0.0"]
        assert [reject["reason"] for reject in rejects] == ["duplicate"]

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("task", ("a", "b")),
            ("subtask", ("", "b")),
            ("metric", ("accuracy", "brier")),
            ("model_family", ("a", "b")),
            ("condition", ("", "k=v")),
            ("shots", (None, 0)),
            ("shots", (0, 1)),
            ("replicate", ("", "1")),
        ],
    )
    def test_another_name_makes_another_score(self, put_together, field, values):
        """Rows that differ in one of the naming fields are no duplicates."""
        scores, rejects = put_together([{field: value, "score": 0.5} for value in values])
        assert len(scores) == 2 and rejects == []
        same_curve = scores[0]["curve_id"] == scores[1]["curve_id"]
        assert same_curve == (field == "replicate")


class TestConflictingScales:
    def test_a_model_with_two_scales_is_rejected_everywhere(self, put_together):
        """Out of 8 entries, 3 are of a model given with two sizes: 5 rows remain."""
        entries = [
            *models(3),
            *models(2, task="other"),
            {"model": "twice", "scale": 1e6, "task": "arithmetic"},
            {"model": "twice", "scale": 2e6, "task": "other"},
            {"model": "twice", "scale": 1e6, "task": "third"},
        ]
        scores, rejects = put_together(entries)
        assert len(scores) == 5 and all(score["model"] != "twice" for score in scores)
        assert [reject["reason"] for reject in rejects] == ["conflicting_scales"] * 3
        assert {reject["seen"] for reject in rejects} == {"n_params: 1000000, 2000000"}

    def test_equal_names_in_two_families_are_two_models(self, put_together):
        """ "8b" is a name in many families."""
        scores, rejects = put_together(
            [{"model_family": "a", "scale": 1e6}, {"model_family": "b", "scale": 2e6}]
        )
        assert len(scores) == 2 and rejects == []

    def test_it_is_said_before_duplicates_are(self, put_together):
        """An entry has one reason: with two scales, what else disagrees is not known."""
        _, rejects = put_together([{"scale": 1e6, "score": 0.1}, {"scale": 2e6, "score": 0.2}])
        assert [reject["reason"] for reject in rejects] == ["conflicting_scales"] * 2


class TestUse:
    @pytest.mark.parametrize(
        ("score", "use"),
        [
            (0.5, "used"),
            (0.0, "used"),
            (-1e150, "used"),
            (None, "score_missing"),
            (NAN, "score_not_finite"),
            (INF, "score_not_finite"),
            (-INF, "score_not_finite"),
        ],
    )
    def test_a_row_says_what_it_is_used_for(self, put_together, score, use):
        """A score that cannot be a point is kept as a row, with the reason."""
        (row,), rejects = put_together([{"score": score}])
        assert row["use"] == use and use in USES
        assert rejects == []
        assert row["score"] == score or math.isnan(row["score"])

    @pytest.mark.parametrize(
        ("metric", "flags", "output_group"),
        [
            ("accuracy", "", "choice"),
            ("calibration", "", None),
            ("puzzling", "direction_unknown", None),
            ("never_heard_of", "unclassified", None),
        ],
    )
    def test_what_is_not_known_of_a_metric_is_flagged(
        self, put_together, metric, flags, output_group
    ):
        """An unknown metric is kept, and the assumption about it is said."""
        (row,), _ = put_together([{"metric": metric}])
        assert (row["flags"], row["output_group"]) == (flags, output_group)

    @pytest.mark.parametrize(
        ("score", "low", "high", "above"),
        [
            (1.0, 0.25, 1.0, False),
            (1.0 + 1e-15, 0.25, 1.0, False),  # a sum of rounded shares
            (1.01, 0.25, 1.0, True),
            (-5.0, 0.25, 1.0, False),
            (0.0, 0.25, 0.0, False),  # lower is better: the best score is below chance
            (-0.1, 0.25, 0.0, True),
            (0.5, 0.25, 0.0, False),
            (7.0, None, None, False),
            (NAN, 0.25, 1.0, False),
            (None, 0.25, 1.0, False),
        ],
    )
    def test_a_score_beyond_the_best_possible_one_is_flagged(
        self, put_together, score, low, high, above
    ):
        """Some upstream scores are above the maximum that their own file gives."""
        (row,), _ = put_together([{"score": score, "low_score": low, "high_score": high}])
        assert ("above_high_score" in row["flags"].split(";")) is above

    @pytest.mark.parametrize("is_share", [True, False, None])
    @pytest.mark.parametrize(("score", "outside"), [(0.0, 0), (1.0, 0), (1.5, 1), (-0.5, 1)])
    def test_a_share_outside_zero_to_one_is_flagged(
        self, source_rows, source_rejects, score, outside, is_share
    ):
        """Only where the metric is known to be a share of examples."""
        known = Metrics(share=Metric(is_share_of_examples=is_share, flags=()))
        rows = source_rows([{"metric": "share", "score": score}])
        (row,) = assemble("data", rows, source_rejects([]), known).scores.to_pylist()
        assert row["flags"] == ("no_share" if outside and is_share else "")

    @pytest.mark.parametrize(
        "field",
        ["task", "subtask", "metric", "model_family", "model", "condition", "replicate"],
    )
    @pytest.mark.parametrize("sign", ["\0", "\x01", "\x1b", "\x7f", "\x9b"])
    def test_a_control_character_in_a_name_is_refused(self, put_together, field, sign):
        """NUL like every other; what is said of it has none, and the other rows stay."""
        bad = {field: f"k=a{sign}b", "score": 0.25, "source_entry": f"{field}=k=a{sign}b"}
        entries = [bad, {**bad, "score": 0.5}, {"score": 0.75}]
        rows, rejects = put_together(entries)
        assert [row["score"] for row in rows] == [0.75]
        escaped = sign.encode("unicode_escape").decode()
        assert [(r["reason"], r["seen"], r["source_entry"]) for r in rejects] == [
            ("control_character", f"{field}: k=a{escaped}b", f"{field}=k=a{escaped}b")
        ] * 2

    def test_ends_of_lines_and_direction_marks_are_kept(self, put_together):
        """Pages and terminals show them as escapes: they name a task as well as others do."""
        names = ["two\nlines", "a\ttab", "\u202eturned"]
        rows, rejects = put_together([{"task": name} for name in names])
        assert sorted(row["task"] for row in rows) == sorted(names) and rejects == []

    def test_flags_are_joined(self, put_together):
        """A row can have several marks; none of them replaces another."""
        entry = {"metric": "never_heard_of", "score": 2.0, "low_score": 0.0, "high_score": 1.0}
        (row,), _ = put_together([entry])
        assert sorted(row["flags"].split(";")) == ["above_high_score", "unclassified"]

    @pytest.mark.parametrize(("subtask", "level"), [("", "task"), ("3_digit", "subtask")])
    def test_level_follows_from_the_subtask(self, put_together, subtask, level):
        """Tasks and subtasks are never mixed in one statistic."""
        (row,), _ = put_together([{"subtask": subtask}])
        assert row["level"] == level

    def test_all_that_the_source_gave_is_in_the_row(self, put_together, source_rows):
        """Derived columns are added; nothing that was read is changed."""
        entry = {
            "shots": 3,
            "score_stderr": 0.01,
            "n_examples": 100,
            "low_score": 0.25,
            "high_score": 1.0,
            "is_preferred": True,
            "condition": "k=v",
            "replicate": "7",
            "source_entry": "here",
        }
        (row,), _ = put_together([entry])
        given_fields = source_rows([entry]).to_pylist()[0]
        assert {name: row[name] for name in given_fields} == given_fields
        assert row["dataset"] == "data"


class TestSums:
    def test_rejects_of_the_source_are_passed_on(self, put_together):
        """What the source could not read stands beside what only the whole shows."""
        unread = [
            {
                "source_file": "b.csv",
                "source_entry": "task=x",
                "reason": "not_a_number",
                "seen": "score: many",
            }
        ]
        scores, rejects = put_together([{}, {}], unread)
        assert len(scores) == 1
        assert [reject["reason"] for reject in rejects] == ["not_a_number", "duplicate"]
        assert all(reject["dataset"] == "data" for reject in rejects)

    def test_nothing_but_rejects_makes_an_empty_table(self, put_together):
        """A file with a text in every score: the rejects must still be told, not a traceback."""
        unread = [
            {
                "source_file": "a.csv",
                "source_entry": f"task={i}",
                "reason": "not_a_number",
                "seen": "x",
            }
            for i in range(3)
        ]
        scores, rejects = put_together([], unread)
        assert scores == [] and len(rejects) == 3

    def test_the_bundled_dataset_has_no_rejects(self, bundled):
        """1764 entries, 1764 rows, each of them a point of its curve."""
        assert bundled.scores.num_rows == 1764
        assert bundled.rejects.num_rows == 0
        assert set(bundled.scores["use"].to_pylist()) == {"used"}


#: Entries from so few values that duplicates and contradictions of every kind are common.
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "task": st.sampled_from(["a", "b"]),
            "metric": st.sampled_from(["accuracy", "unheard"]),
            "model_family": st.sampled_from(["f", "g"]),
            "model": st.sampled_from(["m", "n"]),
            "replicate": st.sampled_from(["", "1"]),
            "shots": st.sampled_from([None, 0, 5]),
            "scale": st.sampled_from([1e6, 1e6, 1e6, 2e6]),
            "score": st.sampled_from([None, NAN, INF, 0.0, -0.0, 0.25, 0.5]),
            "n_examples": st.sampled_from([None, 100]),
            "low_score": st.sampled_from([None, 0.0, -0.0]),
            "source_file": st.sampled_from(["a.csv", "b.csv"]),
            "source_entry": st.sampled_from(["", "x"]),
        },
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60)
@given(ENTRIES)
@example([{"score": NAN}, {"score": NAN}, {"score": 0.5}])
def test_entries_are_rows_plus_rejects_and_each_has_a_known_reason(put_together, entries):
    """Nothing is dropped in silence, whatever comes in."""
    scores, rejects = put_together(entries)
    assert len(scores) + len(rejects) == len(entries)
    assert {reject["reason"] for reject in rejects} <= set(REJECT_REASONS)
    assert {score["use"] for score in scores} <= set(USES)


def score_key(row: dict) -> tuple:
    """What names one score."""
    names = ("task", "subtask", "metric", "model_family", "condition", "shots")
    return tuple(row[name] for name in (*names, "model", "replicate"))


@settings(max_examples=30)
@given(ENTRIES)
def test_no_score_and_no_model_is_left_with_two_values(put_together, entries):
    """After assembling, a score is there once, and a model has one scale."""
    scores, _ = put_together(entries)
    assert max(Counter(map(score_key, scores)).values(), default=1) == 1
    scales: dict[tuple, set[float]] = {}
    for row in scores:
        scales.setdefault((row["model_family"], row["model"]), set()).add(row["scale"])
    assert all(len(found) == 1 for found in scales.values())


@settings(max_examples=25)
@given(ENTRIES, st.randoms())
def test_the_order_of_entries_changes_no_byte(
    tmp_path_factory, source_rows, source_rejects, known_metrics, entries, random
):
    """Shuffled input gives the same files: rows, rejects, and which duplicate is kept."""
    folder = tmp_path_factory.getbasetemp()
    contents = []
    for _ in range(2):
        assembled = assemble("data", source_rows(entries), source_rejects([]), known_metrics)
        write_table(assembled.scores, SCORES, folder / "scores.parquet")
        write_table(assembled.rejects, REJECTS, folder / "rejects.parquet")
        contents.append(
            [(folder / name).read_bytes() for name in ("scores.parquet", "rejects.parquet")]
        )
        entries = random.sample(entries, len(entries))
    assert contents[0] == contents[1]


@settings(max_examples=20)
@given(ENTRIES, st.integers(0, 14))
def test_encoded_rows_make_the_same_table(source_rows, source_rejects, known_metrics, entries, cut):
    """A source of many rows delivers texts as dictionaries, each part with its own."""
    rows, none = source_rows(entries), source_rejects([])
    parts = [part.cast(ENCODED_ROWS) for part in (rows.slice(0, cut), rows.slice(cut))]
    plain = assemble("data", rows, none, known_metrics)
    encoded = assemble("data", pa.concat_tables(parts), none, known_metrics)
    # Not `equals`, for which NaN differs from NaN.
    assert repr(encoded.scores.to_pylist()) == repr(plain.scores.to_pylist())
    assert encoded.rejects.to_pylist() == plain.rejects.to_pylist()


def test_rows_stand_in_the_order_of_curve_scale_model_and_replicate(put_together):
    """Curves are built from neighbouring rows; scale is sorted as a number, not as text."""
    entries = [
        {"task": task, "model": model, "scale": scale, "replicate": replicate}
        for task in ("b", "a")
        for model, scale in (("x", 9e9), ("z", 1e10), ("y", 1e10))
        for replicate in ("2", "1")
    ]
    scores, _ = put_together(entries)
    assert [(s["task"], s["model"], s["replicate"]) for s in scores] == [
        (task, model, replicate) for task in "ab" for model in "xyz" for replicate in "12"
    ]


class TestCountBy:
    def test_zeros_are_counted_too(self):
        """A status that no curve has is shown as 0, not left out."""
        column = pa.chunked_array([["b", "b"], ["a"]])
        assert count_by(column, ["c", "b", "a"]) == {"c": 0, "b": 2, "a": 1}
        assert list(count_by(column, ["c", "b", "a"])) == ["c", "b", "a"]

    def test_a_value_that_is_not_on_the_list_is_an_error(self):
        """A closed list is closed: counts that do not add up must not be shown."""
        with pytest.raises(ValueError, match="'d'"):
            count_by(pa.chunked_array([["a", "d"]]), ["a"])
