"""What models answered: logs that the harness itself wrote, the metric chain, resampling."""

from __future__ import annotations

import io
import json
from itertools import combinations
from math import exp, log
from pathlib import Path

import numpy as np
import pytest

from emergence.samples.choices import CHAIN, Choices, score_choices
from emergence.samples.harness import Answers, LogError, read_log
from emergence.samples.resampling import resample
from emergence.samples.texts import pass_at, score_texts

LOGS = Path(__file__).parent / "data" / "harness_logs"
CHOICE_TASKS = ("tiny_facts", "tiny_brackets")


def harness_log(version: str, task: str):
    folder = LOGS / version
    results = json.loads(next(folder.glob("results*.json")).read_bytes())
    delimiter = results["configs"][task]["target_delimiter"]
    with next(folder.glob(f"*{task}*.jsonl")).open("rb") as stream:
        (found,) = read_log(stream, delimiter)
    return found, results["results"][task]


@pytest.mark.parametrize("version", ["0.4.0", "0.4.13"])
@pytest.mark.parametrize("task", CHOICE_TASKS)
def test_the_chain_equals_what_the_harness_printed(version, task):
    """Both layouts, and a task whose choices have no blank before them."""
    found, printed = harness_log(version, task)
    scored = score_choices(found.answers)
    compared = [name for name in scored if f"{name},none" in printed]
    assert {"acc", "acc_norm"} <= set(compared)
    assert version == "0.4.0" or "brier_score" in compared
    for name in compared:
        assert scored[name].mean() == pytest.approx(printed[f"{name},none"], abs=1e-9)


def test_exact_match_is_the_harnesss_own():
    """Its mean is what the result file says."""
    found, printed = harness_log("0.4.13", "tiny_copying")
    scored = score_texts(found.answers)
    assert scored["exact_match"].mean() == printed["exact_match,none"]
    assert scored["edit_similarity"].mean() > 0


@pytest.mark.parametrize("task", [*CHOICE_TASKS, "tiny_copying"])
def test_both_layouts_hold_the_same_answers(task):
    """One model, evaluated twice: the numbers are text in one layout, and numbers in the other."""
    (old, _), (new, _) = (harness_log(version, task) for version in ("0.4.0", "0.4.13"))
    if task == "tiny_copying":
        assert old.answers.text == new.answers.text
        assert old.answers.target == new.answers.target
    else:
        assert np.array_equal(old.answers.log_likelihood, new.answers.log_likelihood)
        assert np.array_equal(old.answers.gold, new.answers.gold)
        assert np.array_equal(old.answers.bytes, new.answers.bytes)
    assert len(old.key) == len(new.key) == len(old.answers) == 12


def test_each_metric_of_the_chain_by_hand():
    """Three choices, of which the last is right and the second is the likeliest a character."""
    choices = Choices(
        np.log([[0.5, 0.2, 0.1], [0.02, np.nan, 0.06]]),
        np.array([2, 0]),
        characters=np.array([[2.0, 8.0, 4.0], [1.0, np.nan, 1.0]]),
        bytes=np.array([[2.0, 8.0, 5.0], [1.0, np.nan, 2.0]]),
    )
    scored = score_choices(choices)
    assert set(scored) == set(CHAIN)
    expected = {
        "log_prob_correct": [log(0.1), log(0.02)],
        "bits_per_byte": [-log(0.1) / 5 / log(2), -log(0.02) / log(2)],
        "prob_correct_raw": [0.1, 0.02],
        "log_prob_among_choices": [log(0.1 / 0.8), log(0.25)],
        "prob_correct": [0.125, 0.25],
        "margin": [0.125 - 0.625, 0.25 - 0.75],
        "brier_score": [0.625**2 + 0.25**2 + 0.875**2, 0.75**2 + 0.75**2],
        "target_brier": [0.875**2, 0.75**2],
        "acc": [0.0, 0.0],
        "acc_norm": [0.0, 0.0],
        "acc_bytes": [0.0, 0.0],
    }
    for name, values in expected.items():
        assert scored[name] == pytest.approx(values), name
    pooled = sum(expected["brier_score"]) / 5  # five choices in all
    assert scored["multiple_choice_brier"].mean() == pytest.approx(pooled)


def test_of_equally_likely_choices_the_first_counts():
    """As the harness does."""
    same = np.log([[0.3, 0.3]] * 2)
    one = np.ones((2, 2))
    scored = score_choices(Choices(same, np.array([0, 1]), one, one))
    assert scored["acc"].tolist() == [1.0, 0.0]


def test_a_length_of_nothing_makes_no_number():
    """An empty choice has no score by length, and keeps all others."""
    lengths = np.array([[0.0, 3.0]])
    choices = Choices(np.log([[0.4, 0.3]]), np.array([0]), lengths, lengths)
    scored = score_choices(choices)
    unknown = {name for name, values in scored.items() if np.isnan(values).any()}
    assert unknown == {"bits_per_byte", "acc_norm", "acc_bytes"}


def line(**changed) -> bytes:
    example = {
        "doc_id": 0,
        "target": 1,
        "arguments": [["q", " a"], ["q", " bc"]],
        "resps": [[[-1.0, False]], [[-2.0, True]]],
        "filtered_resps": [[-1.0, False], [-2.0, True]],
    }
    return json.dumps({**example, **changed}).encode() + b"\n"


def test_a_target_may_be_the_text_of_its_choice():
    """Some tasks give the answer and not its number."""
    (found,) = read_log(io.BytesIO(line(target="bc") + line(target=" a")))
    assert found.answers.gold.tolist() == [1, 0]


def test_filters_are_apart():
    """A task with two filters logs each example twice."""
    text = {"filtered_resps": ["4"], "resps": [["it is 4"]], "target": "4"}
    data = b"".join(line(**text, filter=name) for name in ("strict-match", "flexible-extract"))
    found = read_log(io.BytesIO(data))
    assert [one.filter for one in found] == ["strict-match", "flexible-extract"]
    assert all(one.answers.text == ["4"] for one in found)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b'{"doc_id": 0, \n', "truncated"),
        (line(target=7), "none of the 2 choices"),
        (line(target="no"), "none of the 2 choices"),
        (line(filtered_resps=[["x", "False"], [1, "True"]]), "no log-likelihood"),
        (line(filtered_resps=[[-1.0, False]]), "1 answers to 2 choices"),
        (line(filtered_resps=[None]), "no text"),
    ],
)
def test_a_broken_example_is_named(bad, problem):
    """The line, and what is wrong with it."""
    with pytest.raises(LogError, match=problem) as error:
        read_log(io.BytesIO(line() + bad))
    assert error.value.entry == "line 2"


def test_edit_similarity():
    """One of four characters differs; blanks around an answer do not count."""
    answers = Answers(["abcd", " abxd\n", "", ""], ["abcd", "abcd", "abcd", ""], np.ones(4))
    assert score_texts(answers)["edit_similarity"].tolist() == [1.0, 0.75, 0.0, 1.0]


def test_pass_at_k_is_the_share_of_subsets():
    """Of all subsets of k attempts, those with a right one."""
    right, attempts = np.array([0, 1, 3, 6]), np.full(4, 6)
    for k in (1, 2, 4, 6):
        found = pass_at(right, attempts, k)
        for c, value in zip(right, found, strict=True):
            subsets = list(combinations(range(6), k))
            hit = sum(any(i < c for i in subset) for subset in subsets)
            assert value == pytest.approx(hit / len(subsets))
    assert np.isnan(pass_at(np.array([1]), np.array([2]), 3)).all()


def test_a_paired_difference_is_surer_than_two_scores():
    """The same examples for all columns: what they share falls out."""
    rng = np.random.default_rng(1)
    shared = rng.normal(size=400)
    values = np.stack([shared, shared + 0.1 + 0.05 * rng.normal(size=400)], axis=1)
    found = resample(values, np.arange(400), "task", seed=1, draws=400)
    low, high = found.interval(0.95)
    difference, below, above = found.difference(1, 0, 0.95)
    assert difference == pytest.approx(values[:, 1].mean() - values[:, 0].mean())
    assert below < difference < above
    assert above - below < 0.2 * (high - low).min()
    again = resample(values, np.arange(400), "task", seed=1, draws=400)
    assert np.array_equal(found.draws, again.draws)


def test_the_spread_is_that_of_a_mean():
    """Against theory: the standard error of a share, and of one with half as many examples."""
    values = (np.arange(1000) % 4 == 0).astype(float)[:, None]
    error = (0.25 * 0.75 / 1000) ** 0.5
    whole = resample(values, np.arange(1000), "task", seed=3, draws=2000)
    half = resample(values, np.arange(1000), "task", seed=3, draws=2000, examples=500)
    assert whole.draws.std() == pytest.approx(error, rel=0.06)
    assert half.draws.std() == pytest.approx(error * 2**0.5, rel=0.06)


def test_examples_of_one_document_are_drawn_together():
    """Ten equal answers to each document: as good as one."""
    answers = np.repeat((np.arange(100) % 2).astype(float), 10)[:, None]
    alone = resample(answers, np.arange(1000), "task", seed=3, draws=2000).draws.std()
    together = resample(answers, np.repeat(np.arange(100), 10), "task", seed=3, draws=2000)
    assert together.draws.std() == pytest.approx(alone * 10**0.5, rel=0.08)


def test_log_likelihoods_are_natural_logarithms():
    """The raw probability is their exponential."""
    found, _ = harness_log("0.4.13", "tiny_facts")
    scored = score_choices(found.answers)
    assert scored["prob_correct_raw"][0] == pytest.approx(exp(scored["log_prob_correct"][0]))
    assert 0 < scored["prob_correct_raw"].max() < 1
