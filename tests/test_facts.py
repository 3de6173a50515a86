"""The facts tables' reader: a bad cell is named by its line and column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.errors import InputError
from emergence.facts.chance_levels import CHANCE_LEVELS
from emergence.facts.emergent_annotations import EMERGENT_ANNOTATIONS
from emergence.facts.human_scores import HUMAN_SCORES
from emergence.facts.metric_catalog import (
    METRIC_CATALOG,
    NO_LAW,
    SHARE,
    Law,
    Metric,
    metrics,
    stated_directions,
)
from emergence.facts.model_sizes import MODEL_SIZES
from emergence.facts.reading import FactsTable, read_facts
from emergence.facts.task_inventory import TASK_INVENTORY

HUMAN = "rater,task,metric,value\n"

#: A good row of each table, to be spoilt.
ROWS = {
    "metric_catalog": (
        METRIC_CATALOG,
        {
            "metric": "accuracy",
            "metric_group": "discontinuous",
            "higher_is_better": "true",
            "output_group": "choice",
            "is_share_of_examples": "true",
            "law": "share",
            "lower": "0",
            "upper": "1",
            "taken": "",
            "guess_is_floor": "true",
            "unit": "share of examples",
            "rescaled_by_upstream_loader": "false",
            "definition": "share of right answers",
            "note": "",
            "n_tasks_preferred": "3",
        },
    ),
    "emergent_annotations": (
        EMERGENT_ANNOTATIONS,
        {
            "task": "arithmetic",
            "model_family": "GPT-3",
            "model_size": "13B",
            "category": "emergent",
            "verified": "yes",
            "source": "somebody",
        },
    ),
    "task_inventory": (
        TASK_INVENTORY,
        {
            "task": "arithmetic",
            "subtask": "",
            "preferred_score": "accuracy",
            "metrics": "accuracy|brier",
            "n_examples": "100",
            "is_json_task": "1",
            "n_distinct_examples": "100",
            "is_leaf": "1",
            "mean_n_choices": "4.5",
            "mean_target_chars": "",
            "implicit_metrics": "",
        },
    ),
    "human_scores": (
        HUMAN_SCORES,
        {"rater": "average", "task": "arithmetic", "metric": "accuracy", "value": "66.5"},
    ),
    "model_sizes": (
        MODEL_SIZES,
        {
            "model": "me/mine-1b",
            "model_family": "Mine",
            "n_params": "1.1e9",
            "scale_kind": "total",
            "tokens_per_step": "",
            "source": "counted",
        },
    ),
    "chance_levels": (
        CHANCE_LEVELS,
        {"task": "arithmetic", "metric": "acc", "low_score": "0.25", "source": "four choices"},
    ),
}


@pytest.fixture
def read(tmp_path):
    """Read a facts table given as text or bytes."""

    def run(content: str | bytes, table: FactsTable = HUMAN_SCORES) -> list[dict]:
        path = tmp_path / "facts.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_facts(path, table)

    return run


def message(read, content, table: FactsTable = HUMAN_SCORES) -> str:
    with pytest.raises(InputError) as caught:
        read(content, table)
    text = str(caught.value)
    assert "facts.csv" in text
    return text.split("facts.csv", 1)[1]


def text_of(row: dict[str, str]) -> str:
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


@pytest.mark.parametrize("name", ROWS)
def test_the_good_rows_of_these_tests_are_good(read, name):
    table, row = ROWS[name]
    (found,) = read(text_of(row), table)
    assert set(found) == set(row)


def test_cells_become_values(read):
    (row,) = read(text_of(ROWS["task_inventory"][1]), TASK_INVENTORY)
    assert row["metrics"] == ("accuracy", "brier")
    assert row["implicit_metrics"] == ()
    assert (row["n_examples"], row["mean_n_choices"], row["mean_target_chars"]) == (100, 4.5, None)
    (row,) = read(text_of(ROWS["metric_catalog"][1]), METRIC_CATALOG)
    assert row["higher_is_better"] is True


@pytest.mark.parametrize(
    ("name", "column", "cell"),
    [
        ("metric_catalog", "metric", ""),
        ("metric_catalog", "metric_group", "smooth"),
        ("metric_catalog", "metric_group", ""),
        ("metric_catalog", "higher_is_better", "yes"),
        ("metric_catalog", "is_share_of_examples", ""),
        ("metric_catalog", "rescaled_by_upstream_loader", "True"),
        ("metric_catalog", "n_tasks_preferred", "-1"),
        ("model_sizes", "n_params", "0.5"),
        ("model_sizes", "n_params", "1Bn"),
        ("model_sizes", "n_params", "1e31"),
        ("model_sizes", "scale_kind", "huge"),
        ("model_sizes", "tokens_per_step", "4M"),
        ("model_sizes", "source", ""),
        ("chance_levels", "low_score", ""),
        ("metric_catalog", "n_tasks_preferred", "٣"),
        ("emergent_annotations", "task", ""),
        ("emergent_annotations", "category", "Emergent"),
        ("emergent_annotations", "verified", "true"),
        ("emergent_annotations", "source", ""),
        ("task_inventory", "task", ""),
        ("task_inventory", "n_examples", "1e3"),
        ("task_inventory", "n_distinct_examples", "1.5"),
        ("task_inventory", "is_json_task", ""),
        ("task_inventory", "is_leaf", "2"),
        ("task_inventory", "mean_n_choices", "nan"),
        ("task_inventory", "mean_target_chars", "1_0"),
        ("human_scores", "rater", "worst"),
        ("human_scores", "metric", ""),
        ("human_scores", "value", ""),
        ("human_scores", "value", "high"),
        ("human_scores", "value", "Infinity"),
        ("human_scores", "value", "٣"),
        ("human_scores", "value", "1e999"),
        ("task_inventory", "mean_n_choices", "9" * 400),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column_with_what_is_allowed(read, name, column, cell):
    table, row = ROWS[name]
    text = message(read, text_of({**row, column: cell}), table)
    assert text.startswith(f", line 2: column '{column}': '{cell[:199]}")
    assert "seen; allowed is: " in text
    assert len(text.split("allowed is: ")[1]) > 4


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_stands_twice_is_named_with_both_lines(read, name):
    table, row = ROWS[name]
    text = message(read, text_of(row) + "\n".join([",".join(row.values())] * 2), table)
    assert text.startswith(", line 3: the ")
    assert "is already in line 2" in text


@pytest.mark.parametrize(
    "header", ["rater,task,metric", "rater,task,metric,value,more", "task,rater,metric,value", ""]
)
def test_the_columns_must_be_exactly_these_in_this_order(read, header):
    assert "they must be rater, task, metric, value" in message(read, header + "\n")


@pytest.mark.parametrize("row", ["average,a,b", "average,a,b,1,2"])
def test_a_row_with_too_few_or_too_many_cells(read, row):
    assert message(read, HUMAN + row) == ", line 2: has more or fewer cells than the header"


@pytest.mark.parametrize("content", [b"\xff\xfe", HUMAN.encode() + b'average,"a'])
def test_what_cannot_be_read_is_said_so(read, content):
    assert message(read, content).startswith(": cannot be read: ")


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_facts(tmp_path / "none.csv", HUMAN_SCORES)


def test_published_numbers_may_be_infinite(read):
    rows = read(HUMAN + "average,a,m,inf\naverage,b,m,-inf\naverage,c,m,nan\n")
    assert [str(row["value"]) for row in rows] == ["inf", "-inf", "nan"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("facts")


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)), st.booleans())
def test_any_bytes_are_a_table_or_one_message(place, data, with_header):
    path = place / "facts.csv"
    path.write_bytes(HUMAN.encode() + data if with_header else data)
    try:
        read_facts(path, HUMAN_SCORES)
    except InputError as error:
        assert str(error).startswith(str(path))


CATALOG = (
    {
        "metric": "accuracy",
        "metric_group": "discontinuous",
        "higher_is_better": True,
        "output_group": "choice",
        "is_share_of_examples": True,
    },
    {
        "metric": "puzzling",
        "metric_group": "other",
        "higher_is_better": None,
        "output_group": "",
        "is_share_of_examples": False,
    },
)
MINE = {
    "group": "continuous",
    "higher_is_better": False,
    "output_group": "mine",
    "is_share_of_examples": False,
}


class TestMetrics:
    def test_a_classed_metric_has_no_flag(self):
        assert metrics(list(CATALOG), {})["accuracy"] == Metric(
            "discontinuous", True, "choice", True, ()
        )

    def test_an_unknown_direction_is_taken_as_higher_and_flagged(self):
        known = metrics(list(CATALOG), {})["puzzling"]
        assert known.higher_is_better
        assert known.flags == ("direction_unknown",)
        assert known.output_group is None

    def test_an_unknown_metric_is_flagged_and_of_group_other(self):
        known = metrics(list(CATALOG), {})["new"]
        assert (known.group, known.higher_is_better) == ("other", True)
        assert known.flags == ("unclassified",)

    def test_a_declaration_classes_what_is_unknown(self):
        known = metrics(list(CATALOG), {"new": MINE, "puzzling": MINE})
        assert known["new"] == known["puzzling"] == Metric("continuous", False, "mine", False, ())

    def test_a_declaration_cannot_change_what_the_catalogue_says(self):
        """Two datasets would mean different things by one name."""
        with pytest.raises(InputError) as caught:
            metrics(list(CATALOG), {"accuracy": MINE}, "entry 'mine'")
        assert str(caught.value).startswith(
            "entry 'mine': the metric 'accuracy' is declared, but the catalogue has it already"
        )
        assert "Remove the declaration" in str(caught.value)

    def test_what_the_files_say_counts_where_nobody_else_knows(self):
        """The direction is theirs; what kind of metric it is stays unknown, and is flagged."""
        said = {"new": False, "puzzling": False, "accuracy": False}
        known = metrics(list(CATALOG), {}, stated=said)
        for name in ("new", "puzzling"):
            assert not known[name].higher_is_better
            assert (known[name].group, known[name].flags) == ("other", ("direction_from_file",))
        assert known["accuracy"].higher_is_better and known["accuracy"].flags == ()
        declared = metrics(list(CATALOG), {"new": MINE | {"higher_is_better": True}}, stated=said)
        assert declared["new"].higher_is_better and declared["new"].flags == ()


def test_sources_that_disagree_on_a_direction_settle_nothing():
    sources = [{"directions": {"a": True, "b": True}}, {}, {"directions": {"a": False, "c": False}}]
    assert stated_directions(sources) == {"b": True, "c": False}


class TestLaws:
    """Which law of scale a metric has, as an entry says it."""

    def declared(self, **fields):
        return metrics([], {"mine": MINE | fields}, "entry 'me'")["mine"].law

    def test_a_share_has_its_own_and_anything_else_none_unless_it_is_said(self):
        assert self.declared(is_share_of_examples=True, higher_is_better=True).kind == "share"
        assert self.declared() == NO_LAW
        assert self.declared(law="loss").kind == "loss"
        assert Metric(is_share_of_examples=True).law == SHARE
        assert Metric().law == NO_LAW

    def test_the_ends_of_a_bounded_metric(self):
        law = self.declared(law="bounded", lower=0, upper="guess", guess_is_floor=False)
        assert law == Law("bounded", 0, "guess", "", False)
        assert self.declared(law="bounded", lower=0, upper=2, taken="root").taken == "root"
        assert self.declared(law="bounded", taken="exp") == Law("bounded", taken="exp")

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"law": "share"}, "law 'share' and is_share_of_examples false seen"),
            ({"law": "bounded"}, "lower None and upper None seen"),
            ({"law": "bounded", "lower": 0}, "lower 0 and upper None seen"),
            ({"law": "bounded", "lower": 1, "upper": 0}, "lower 1 and upper 0 seen"),
            # Lower is better: guessing cannot be the best end.
            ({"law": "bounded", "lower": "guess", "upper": 1}, "guess for the worst of them"),
            ({"law": "bounded", "lower": 0, "upper": 1, "taken": "log"}, "taken 'log' seen"),
            ({"law": "bounded", "lower": 1, "upper": 2, "taken": "root"}, "begins at 0"),
            ({"law": "loss", "taken": "exp"}, "allowed is: nothing or log"),
            ({"taken": "exp"}, "taken 'exp' seen"),
        ],
    )
    def test_a_law_that_cannot_be_is_refused_with_entry_and_metric(self, fields, words):
        with pytest.raises(InputError) as caught:
            self.declared(**fields)
        assert str(caught.value).startswith("entry 'me', metric 'mine': ")
        assert words in str(caught.value)
