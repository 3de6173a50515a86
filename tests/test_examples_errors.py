"""How many examples a share is of, recovered from its standard errors, else unknown."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergence.examples import _decimals, _from_errors, examples_from_errors
from emergence.facts.metric_catalog import METRIC_CATALOG, Metric, Metrics, metrics
from emergence.facts.model_sizes import MODEL_SIZES
from emergence.scores import assemble
from emergence.sources import Known, gather, models_of, read_source

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared/data"

SHARE = Metrics(
    acc=Metric(group="discontinuous", is_share_of_examples=True, flags=()),
    ppl=Metric(group="continuous", higher_is_better=False, is_share_of_examples=False, flags=()),
)


def error(right: int, n: int) -> float:
    """The standard error of a share, by the definition: of n zeros and ones."""
    mean = right / n
    squares = right * (1 - mean) ** 2 + (n - right) * mean**2
    return math.sqrt(squares / (n - 1)) / math.sqrt(n)


@pytest.fixture
def recovered(source_rows, source_rejects):
    """Recover the examples of a curve of (score, standard error)."""

    def recover(pairs, known=SHARE, **fields):
        rows = [
            {"metric": "acc", "model": f"m{i}", "scale": 10.0**i, "score": p, "score_stderr": se}
            | fields
            for i, (p, se) in enumerate(pairs, 1)
        ]
        table = assemble("data", source_rows(rows), source_rejects([]), known).encoded
        return examples_from_errors(table, known)["n_examples"].to_pylist()

    return recover


@pytest.mark.parametrize("n", [2, 100, 651, 5153, 99_991])
def test_errors_as_they_are_computed_show_it(recovered, n):
    """Down to two examples, and to the last digit of a double."""
    pairs = [(k / n, error(k, n)) for k in (1, n // 3 or 1, n // 2)]
    assert recovered(pairs) == [n] * 3


@given(
    st.integers(2, 3000),
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6),
    st.sampled_from([3, 4, 6, 10, None]),
)
def test_what_is_recovered_is_right_however_the_numbers_are_rounded(n, shares, digits):
    """Rounding may leave it unknown; a wrong number would make wrong intervals."""
    counts = [min(max(round(share * n), 1), n - 1) for share in shares]
    pairs = [(k / n, error(k, n)) for k in counts]
    if digits is not None:
        pairs = [(round(p, digits), round(se, digits)) for p, se in pairs]
    score, errors = (_array(values) for values in zip(*pairs, strict=True))
    assert _from_errors(score, errors) in (0, n)
    if digits is None:
        assert _from_errors(score, errors) == n


def _array(values):
    return np.array(values, float)


def test_four_digits_of_several_models_can_be_enough(recovered):
    """Each alone allows a range; together with whole numbers right, one is left."""
    n = 104
    pairs = [(round(k / n, 4), round(error(k, n), 4)) for k in (38, 45, 52, 61, 66)]
    assert recovered(pairs) == [n] * 5


def test_four_digits_of_one_model_are_not(recovered):
    n = 1838
    assert recovered([(round(900 / n, 4), round(error(900, n), 4))]) == [None]


def test_models_that_were_asked_differently_many(recovered):
    """One number a curve: 100 examples for one model and 200 for another is no such number."""
    assert recovered([(0.25, error(25, 100)), (0.25, error(50, 200))]) == [None, None]


def test_scores_of_0_and_1_take_that_of_the_others(recovered):
    """Their error is 0 for any number of examples."""
    assert recovered([(0.0, 0.0), (0.25, error(25, 100)), (1.0, 0.0)]) == [100] * 3
    assert recovered([(0.0, 0.0), (1.0, 0.0)]) == [None] * 2


def test_a_model_without_an_error_must_fit_as_a_share(recovered):
    assert recovered([(0.25, error(25, 100)), (0.5, None)]) == [100, 100]
    assert recovered([(0.25, error(25, 100)), (0.123456, None)]) == [None, None]


@pytest.mark.parametrize(
    "pair",
    [(0.5, 0.0), (0.0, 0.1), (0.5, None), (1.5, 0.1), (0.5, 1e-12), (0.5, 10.0), (0.5, 0.123456)],
)
def test_errors_that_are_no_errors_of_a_share(recovered, pair):
    """The last fits no whole number of examples."""
    assert recovered([pair]) == [None]


def test_what_is_no_share_stays_unknown(recovered):
    assert recovered([(0.25, error(25, 100))], metric="ppl") == [None]
    assert recovered([(0.25, error(25, 100))], metric="new") == [None]


def test_published_numbers_stay(recovered):
    assert recovered([(0.25, error(25, 100))], n_examples=4) == [4]


def test_a_mean_over_subtasks_is_no_share(source_rows, source_rejects):
    pair = {"metric": "acc", "score": 0.25, "score_stderr": error(25, 100)}
    rows = [pair, pair | {"subtask": "part"}]
    table = assemble("data", source_rows(rows), source_rejects([]), SHARE).encoded
    found = examples_from_errors(table, SHARE).to_pylist()
    assert {row["subtask"]: row["n_examples"] for row in found} == {"": None, "part": 100}


def test_scores_that_are_not_finite_have_none(recovered):
    assert recovered([(math.nan, 0.1), (0.25, error(25, 100)), (None, None)]) == [None, 100, None]


def test_an_empty_table(recovered):
    assert recovered([]) == []


@pytest.mark.parametrize(
    ("value", "decimals"), [(0.25, 2), (1.0, 0), (1e-7, 7), (1.25e-7, 9), (1e22, 0), (12.5, 1)]
)
def test_decimals(value, decimals):
    assert _decimals(value) == decimals


@pytest.mark.skipif(
    not (REAL / "lm_eval_opt").is_dir(), reason="the real files are not beside this project"
)
@pytest.mark.parametrize("name", ["lm_eval_opt", "lm_eval_bloom"])
def test_the_real_files_show_it_on_every_curve_that_is_a_share(name):
    """127 of 128 curves; the sizes of these test sets are known from their publications."""
    known = metrics(METRIC_CATALOG.rows, {})
    models = models_of(MODEL_SIZES.rows)
    source = {"kind": "file", "format": "lm-eval", "path": name}
    rows, rejects, _ = gather(read_source(source, REAL, Known(models)))
    table = examples_from_errors(assemble("d", rows, rejects, known).encoded, known)
    found = {(row["task"], row["metric"]): row["n_examples"] for row in table.to_pylist()}
    assert len(found) == 128
    assert [key for key, n in found.items() if n is None] == [("lambada_openai", "ppl")]
    sizes = {"arc_challenge": 1172, "arc_easy": 2376, "lambada_openai": 5153, "piqa": 1838}
    sizes |= {"logiqa": 651, "sciq": 1000, "winogrande": 1267, "wsc": 104}
    assert {task: found[task, "acc"] for task in sizes} == sizes
    mmlu = {task: n for (task, metric), n in found.items() if "hendrycksTest" in task}
    assert len(mmlu) == 57 and sum(mmlu.values()) == 14042
