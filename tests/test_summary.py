"""The counts that the pages state, compared with counting by hand."""

from __future__ import annotations

import json
import math
from collections import Counter

import pyarrow as pa
import pytest

from emergence import Study
from emergence.curves import build_curves
from emergence.scores import assemble
from emergence.scores_table import FLAGS, REJECT_REASONS, USES
from emergence.summary import summarize
from emergence.tables import write_json
from emergence.versions import SUMMARY

ENTRY = {"title": "A dataset", "synthetic": True}


@pytest.fixture(scope="session")
def summary_of(source_rows, source_rejects, known_metrics):
    """Summarize entries, through scores and curves; ``columns`` change those of the curves."""

    def build(entries, rejects=(), n_read=None, **columns):
        assembled = assemble(
            "data", source_rows(list(entries)), source_rejects(list(rejects)), known_metrics
        )
        read = len(entries) + len(rejects) if n_read is None else n_read
        curves = build_curves(assembled.scores, known_metrics)
        for name, values in columns.items():
            curves = curves.set_column(curves.column_names.index(name), name, pa.array(values))
        known = {
            "sources": {"files": [{"path": "scores.csv", "entries": read}]},
            "scores": assembled.scores,
            "rejects": assembled.rejects,
            "curves": curves,
        }
        return summarize(Study("data", ENTRY, {}, known=known))

    return build


def curve(scores, **fields) -> list[dict]:
    """Entries of one curve."""
    return [
        {"model": f"m{i}", "scale": 10.0 ** (i + 1), "score": score} | fields
        for i, score in enumerate(scores)
    ]


LINE = [0.0, 0.125, 0.25, 0.375, 0.5]  # sharpness 1
STEEP = [0.0, 0.125, 0.25, 0.375, 1.0]  # E = 1 / .125 = 8, sharpness 2
STEP = [0.0, 0.0, 0.0, 0.0, 1.0]  # infinite
FALL = [1.0, 1.0, 1.0, 1.0, 0.0]  # minus infinite
FLAT = [0.5, 0.5, 0.5, 0.5, 0.5]
SHORT = [0.0, 0.0, 1.0]
EMPTY = [None, math.nan, 0.5]


class TestEntries:
    def test_entries_are_rows_plus_rejects(self, summary_of):
        """Out of 7 entries 1 was unreadable and 1 a duplicate: 5 rows, one of them unusable."""
        unread = [
            {"source_file": "f", "source_entry": "e", "reason": "not_a_number", "seen": "many"}
        ]
        entries = curve([0.1, 0.2, None, 0.4, 0.5])
        found = summary_of([*entries, entries[0]], unread)["entries"]
        assert (found["read"], found["rows"], found["rejects"]) == (7, 5, 2)
        reasons = found["rejects_by_reason"]
        assert list(reasons) == list(REJECT_REASONS)
        assert {k: n for k, n in reasons.items() if n} == {"not_a_number": 1, "duplicate": 1}
        assert found["rows_by_use"] == {"used": 4, "score_missing": 1, "score_not_finite": 0}
        assert list(found["rows_by_use"]) == list(USES)

    @pytest.mark.parametrize("n_read", [4, 6])
    def test_an_entry_lost_or_invented_is_an_error(self, summary_of, n_read):
        """The page prints this sum; one that does not hold must not be printed."""
        with pytest.raises(ValueError, match=f"{n_read} entries read, but 5 rows and 0 rejects"):
            summary_of(curve(LINE), n_read=n_read)

    def test_entries_of_several_files_are_added(self, bundled):
        """The sum is over the dataset and not over its first file."""
        half = [{"entries": 1000}, {"entries": 764}]
        found = summarize(bundled.having(sources={"files": half}))
        assert found["entries"]["read"] == 1764
        assert found["sources"] == half


class TestCurves:
    def test_statuses_are_counted_with_zeros(self, summary_of):
        """Each status once, in the order in which they are defined."""
        shapes = [LINE, STEEP, STEP, FLAT, SHORT, EMPTY]
        entries = [e for i, shape in enumerate(shapes) for e in curve(shape, task=f"t{i}")]
        found = summary_of(entries)["curves"]
        assert found["total"] == 6
        assert found["by_status"] == {
            "empty": 1,
            "short": 1,
            "flat": 1,
            "infinite": 1,
            "finite": 2,
        }
        assert list(summary_of(curve(LINE))["curves"]["by_status"].values()) == [0, 0, 0, 0, 1]

    def test_levels_and_flags(self, summary_of):
        """Three curves of a task, one of a subtask; one metric is unknown, one undirected."""
        entries = [
            *curve(LINE),
            *curve(LINE, subtask="s"),
            *curve(LINE, metric="never_heard_of"),
            *curve(LINE, metric="puzzling"),
        ]
        found = summary_of(entries)["curves"]
        assert found["by_level"] == {"task": 3, "subtask": 1}
        assert list(found["by_flag"]) == list(FLAGS)
        assert {flag: n for flag, n in found["by_flag"].items() if n} == {
            "direction_unknown": 1,
            "unclassified": 1,
        }

    def test_a_longer_name_of_a_flag_is_another_flag(self, summary_of):
        """A flag is counted where it stands, and not where it is a part of another's name."""
        texts = ["known_bad;no_share", "not_known_bad", "known_bad_once"]
        entries = [entry for task in "abc" for entry in curve(LINE, task=task)]
        found = summary_of(entries, flags=texts)["curves"]["by_flag"]
        assert {flag: n for flag, n in found.items() if n} == {"known_bad": 1, "no_share": 1}

    def test_tie_sensitive_curves_are_counted(self, summary_of):
        """Their sign hangs on a choice that the papers leave open."""
        entries = [*curve([0, 2, 1, 0.5, 0], task="a"), *curve(LINE, task="b")]
        assert summary_of(entries)["curves"]["tie_sensitive"] == 1

    def test_what_is_unknown_is_counted_by_curve(self, summary_of):
        """Three curves: one knows its shots, two their chance, none the rest."""
        entries = [
            *curve(LINE, task="a", shots=3, low_score=0.25),
            *curve(LINE, task="b", low_score=0.25),
            *curve(LINE, task="c"),
        ]
        assert summary_of(entries)["unknown"] == {
            "shots": 2,
            "n_examples": 3,
            "chance": 1,
            "high_score": 3,
            "is_preferred": 3,
        }

    def test_sizes(self, summary_of):
        """One model name in two families is two models."""
        entries = [
            *curve(LINE, model_family="f"),
            *curve(LINE, model_family="g", task="b"),
            *curve(LINE, model_family="g", task="b", metric="brier"),
        ]
        assert summary_of(entries)["sizes"] == {
            "tasks": 2,
            "metrics": 2,
            "model_families": 2,
            "models": 10,
        }


class TestGroups:
    def counts(self, summary, **where) -> dict:
        """The counts of one metric at one level."""
        (found,) = [
            row
            for row in summary["by_metric"]
            if all(row[name] == value for name, value in where.items())
        ]
        return found

    def test_steeper_than_a_line_leaves_out_what_is_too_short_to_judge(self, summary_of):
        """A step over three scales would be 1 of 3; only curves of four scales are judged."""
        shapes = [STEEP, LINE, STEP, FLAT, FALL, SHORT, EMPTY]
        entries = [e for i, shape in enumerate(shapes) for e in curve(shape, task=f"t{i}")]
        found = self.counts(summary_of(entries), name="accuracy", level="task")
        assert (found["curves"], found["judged"]) == (7, 5)
        assert found["steeper_than_line"] == 2  # the steep one and the step

    @pytest.mark.parametrize("n", range(4, 13))
    @pytest.mark.parametrize("step", [0.1, 0.05, 0.07, 1 / 3, 0.013, 1 / 175])
    def test_a_line_is_not_steeper_than_a_line(self, summary_of, n, step):
        """.1, .2, .3, .4 is a line; its steps differ in the last digit, which is no finding."""
        found = summary_of(curve([step * i for i in range(n)]))
        counts = self.counts(found, name="accuracy", level="task")
        assert (counts["judged"], counts["steeper_than_line"]) == (1, 0)

    @pytest.mark.parametrize(
        ("shapes", "expected"),
        [
            ([LINE], [1.0, 1.0, 1.0]),
            ([FALL, LINE, STEEP, STEP], [-math.inf, 1.0, 2.0]),
            ([LINE, STEEP, STEP, STEP], [1.0, 2.0, math.inf]),
            ([LINE, STEP], [1.0, 1.0, 1.0]),
            ([FLAT, FLAT, FLAT, LINE, STEEP], [0.0, 0.0, 1.0]),
            ([SHORT, EMPTY], []),
        ],
    )
    def test_quartiles_are_scores_that_some_curve_has(self, summary_of, shapes, expected):
        """Halfway between a finite and an infinite score is no number: the lower one is taken."""
        entries = [e for i, shape in enumerate(shapes) for e in curve(shape, task=f"t{i}")]
        quartiles = self.counts(summary_of(entries), name="accuracy")["sharpness_quartiles"]
        status = {math.inf: "infinite", -math.inf: "minus infinite"}
        assert [q["status"] for q in quartiles] == [status.get(x, "finite") for x in expected]
        assert [q["value"] for q in quartiles] == [
            None if math.isinf(x) else pytest.approx(x) for x in expected
        ]

    def test_what_is_no_number_is_unknown(self, summary_of):
        """NaN is no small number: a page that says minus infinity of it states what is not so."""
        entries = [e for task in "abcd" for e in curve(LINE, task=task)]
        found = summary_of(entries, sharpness=[1.0, math.nan, 2.0, 3.0])
        quartiles = self.counts(found, name="accuracy")["sharpness_quartiles"]
        assert quartiles == [{"value": None, "status": "unknown"}] * 3

    def test_levels_are_never_mixed(self, summary_of):
        """Three subtasks and their aggregate: two lines, not one of four curves."""
        entries = [e for s in ("", "x", "y", "z") for e in curve(LINE, subtask=s)]
        found = summary_of(entries)["by_metric"]
        assert [(row["level"], row["curves"], row["tasks"]) for row in found] == [
            ("task", 1, 1),
            ("subtask", 3, 1),
        ]

    def test_every_metric_group_has_a_line_even_without_curves(self, summary_of):
        """The comparison of groups must say 0 for the one that a dataset does not have."""
        found = summary_of([*curve(LINE), *curve(LINE, subtask="s")])["by_metric_group"]
        assert [(row["name"], row["level"], row["curves"]) for row in found] == [
            ("discontinuous", "task", 1),
            ("discontinuous", "subtask", 1),
            ("continuous", "task", 0),
            ("other", "task", 0),
        ]

    def test_all_groupings_count_every_curve_once(self, bundled):
        """However they are grouped, the bundled curves are the same number."""
        found = summarize(bundled)
        rows = bundled.curves.to_pylist()
        assert found["curves"]["total"] == len(rows)
        for grouping in ("by_metric", "by_metric_group", "by_model_family", "by_metric_and_family"):
            assert sum(row["curves"] for row in found[grouping]) == len(rows)
        by_family = Counter(row["model_family"] for row in rows)
        assert {r["name"]: r["curves"] for r in found["by_model_family"]} == by_family
        pairs = Counter((row["metric"], row["model_family"]) for row in rows)
        assert {
            (r["metric"], r["name"]): r["curves"] for r in found["by_metric_and_family"]
        } == pairs


class TestBundledDataset:
    def test_its_sizes_are_those_of_its_description(self, bundled):
        """94 tasks and 51 models of six families, 1764 scores."""
        found = summarize(bundled)
        assert found["sizes"] == {"tasks": 94, "metrics": 2, "model_families": 6, "models": 51}
        assert found["entries"]["read"] == found["entries"]["rows"] == 1764
        assert found["title"] == bundled.entry["title"] and found["synthetic"] is False
        assert found["schema_version"] == SUMMARY

    def test_it_is_strict_json(self, bundled, tmp_path):
        """Infinite scores and all: null with a status beside it."""
        write_json(summarize(bundled), tmp_path / "summary.json")
        text = (tmp_path / "summary.json").read_text(encoding="utf-8")

        def refuse(constant: str) -> None:
            raise AssertionError(constant)

        json.loads(text, parse_constant=refuse)

    def test_steeper_than_a_line_counted_by_hand(self, bundled):
        """Four scales at least, sharpness above 1, infinity included."""
        expected = sum(
            row["n_scales"] >= 4 and row["sharpness"] > 1 + 1e-9
            for row in bundled.curves.to_pylist()
        )
        found = summarize(bundled)["by_metric"]
        assert sum(row["steeper_than_line"] for row in found) == expected > 0
