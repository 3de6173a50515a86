"""Known bad data: listed with who found it, flagged, and never removed."""

from __future__ import annotations

import pytest
from page_samples import curve, page_of, sample

from emergence import Study
from emergence.curves import build_curves
from emergence.facts.known_bad_data import KNOWN_BAD_DATA
from emergence.facts.metric_catalog import METRIC_CATALOG
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.scores import assemble, mark_known_bad
from emergence.scores_table import REJECTS
from emergence.summary import summarize


@pytest.fixture(scope="module")
def listed():
    return KNOWN_BAD_DATA.rows


def test_each_entry_names_a_task_and_a_metric_that_exist(listed):
    """A misspelt name would flag nothing, and nobody would see it."""
    tasks = {row["task"] for row in TASK_INVENTORY.rows}
    names = {row["metric"] for row in METRIC_CATALOG.rows}
    assert {entry["task"] for entry in listed} <= tasks
    assert {entry["metric"] for entry in listed} - {""} <= names


ENTRY = {"dataset": "data", "exclude": "yes", "problem": "p", "source": "s"}


@pytest.fixture
def flags(source_rows, source_rejects, known_metrics):
    """Flags by task and metric of four rows, after marking with one entry."""

    def mark(**entry):
        rows = [
            {"task": task, "metric": metric, "low_score": 0.25}
            for task in ("a", "b")
            for metric in ("accuracy", "puzzling")
        ]
        table = assemble("data", source_rows(rows), source_rejects([]), known_metrics).encoded
        marked = mark_known_bad(table, [ENTRY | entry])
        assert marked.drop_columns("flags").equals(table.drop_columns("flags"))
        return {(row["task"], row["metric"]): row["flags"] for row in marked.to_pylist()}

    return mark


def test_a_metric_of_a_task_is_flagged(flags):
    """Out of four curves one is listed; no row is removed and no other column changes."""
    assert flags(task="a", metric="accuracy") == {
        ("a", "accuracy"): "known_bad",
        ("a", "puzzling"): "direction_unknown",
        ("b", "accuracy"): "",
        ("b", "puzzling"): "direction_unknown",
    }


def test_an_empty_metric_means_all_and_flags_are_added_to_others(flags):
    """A row may have several flags: they stand in the order of their names."""
    assert flags(task="a", metric="") == {
        ("a", "accuracy"): "known_bad",
        ("a", "puzzling"): "direction_unknown;known_bad",
        ("b", "accuracy"): "",
        ("b", "puzzling"): "direction_unknown",
    }


@pytest.mark.parametrize("entry", [{"dataset": "other"}, {"exclude": "no"}])
def test_other_datasets_and_mere_cautions_flag_nothing(flags, entry):
    """Synthetic data of the same task names are not bad; a caution is shown, and no more."""
    assert "known_bad" not in str(flags(task="a", metric="", **entry))


def test_a_curve_has_the_flags_of_all_its_rows(source_rows, source_rejects, known_metrics):
    """One score above the best possible is a mark on its curve."""
    rows = [
        {"model": f"m{i}", "scale": 10.0**i, "score": score, "high_score": 1.0}
        for i, score in enumerate((0.5, 0.75, 1.5, 1.0))
    ]
    scores = assemble("data", source_rows(rows), source_rejects([]), known_metrics).scores
    assert scores["flags"].to_pylist() == ["", "", "above_high_score", ""]
    assert build_curves(scores, known_metrics)["flags"].to_pylist() == ["above_high_score"]


@pytest.mark.parametrize(
    ("low", "high", "score", "above"),
    [
        (0.0, 1.0, 1.0, False),
        (0.0, 1.0, 1.0 + 1e-12, False),
        (0.0, 1.0, 1.01, True),
        (0.0, 1.0, -5.0, False),
        (None, 1.0, 1.01, True),
        (0.0, None, 9.0, False),
        # Lower is better where the best score is the lower one.
        (1.0, 0.0, -0.1, True),
        (1.0, 0.0, 1.5, False),
        (0.0, 1.0, float("nan"), False),
        (0.0, 1.0, None, False),
    ],
)
def test_a_score_better_than_the_best_is_flagged(
    source_rows, source_rejects, known_metrics, low, high, score, above
):
    """It is kept: what is wrong may be the bound."""
    entry = {"low_score": low, "high_score": high, "score": score}
    assembled = assemble("data", source_rows([entry]), source_rejects([]), known_metrics)
    assert assembled.scores["flags"].to_pylist() == ["above_high_score" if above else ""]


def test_the_summary_counts_the_rows_that_each_entry_touches(
    source_rows, source_rejects, known_metrics, monkeypatch
):
    """A caution is listed too: it is shown, and leaves nothing out."""
    rows = [{"task": "a", "metric": metric} for metric in ("accuracy", "puzzling")]
    scores = assemble("data", source_rows(rows), source_rejects([]), known_metrics).scores
    entries = [
        ENTRY | {"task": "a", "metric": ""},
        ENTRY | {"task": "a", "metric": "accuracy", "exclude": "no"},
        ENTRY | {"task": "b", "metric": ""},
        ENTRY | {"task": "a", "metric": "", "dataset": "other"},
    ]
    monkeypatch.setitem(KNOWN_BAD_DATA.__dict__, "rows", entries)
    tables = {
        "sources": {"files": [{"entries": 2}]},
        "scores": scores,
        "rejects": REJECTS.empty_table(),
        "curves": build_curves(scores, known_metrics),
    }
    entry = {"title": "", "synthetic": True, "sources": []}
    found = summarize(Study("data", entry, {}, known=tables))["known_bad"]
    assert [entry["rows"] for entry in found] == [2, 1, 0]


def test_the_page_shows_the_problem_and_who_found_it():
    """A reader must see why data are left out, and be able to check it."""
    shown = sample(curve([0, 0.1, 0.2, 0.5]))
    assert "Known problems of the data" not in page_of(shown)
    entry = ENTRY | {"task": "winowhy", "metric": "", "problem": "all <zero>", "source": "issue 7"}
    shown.summary["known_bad"] = [entry | {"rows": 51}]
    page = page_of(shown)
    assert "Known problems of the data" in page
    assert "all &lt;zero&gt;" in page and "issue 7" in page and ">51<" in page
