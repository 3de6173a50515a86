"""What models answered: logs that the harness itself wrote, the metric chain, resampling."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import combinations
from math import comb, exp, log
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from emergence.samples.choices import CHAIN, Choices, score_choices
from emergence.samples.harness import Answers, LogError, read_log
from emergence.samples.order import order_by_scale
from emergence.samples.outcomes import Outcomes
from emergence.samples.resampling import Examples, drawn_means, interval, stream
from emergence.samples.texts import pass_at, score_attempts, score_texts

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


def test_two_drawn_numbers_are_no_choice():
    """All repeats of a written answer, of which each is a number."""
    written = line(filtered_resps=[["12", "13"]], target="12", arguments={}, exact_match=1.0)
    (found,) = read_log(io.BytesIO(written))
    assert isinstance(found.answers, Answers)
    assert found.answers.attempts == [["12", "13"]]


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


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "holds no example"),
        (b"[\n]\n", "holds no example"),
        (line(filtered_resps=[["nan", "False"], [-1, "True"]]), "no number below infinity"),
        (line(filtered_resps=[["9" * 400, "False"], [-1, "True"]]), "no number below infinity"),
    ],
)
def test_a_log_that_says_nothing_is_refused(data, problem):
    """Else the metrics that follow from it would be missing without a word."""
    with pytest.raises(LogError, match=problem):
        read_log(io.BytesIO(data))


def test_a_mark_of_the_byte_order_is_passed_over():
    (found,) = read_log(io.BytesIO(b"\xef\xbb\xbf" + line()))
    assert len(found.answers) == 1


@pytest.mark.filterwarnings("error")
def test_choices_that_are_all_impossible_have_no_share():
    """Minus infinity is a log-likelihood: the metrics that it leaves unknown are not there."""
    (found,) = read_log(io.BytesIO(line(filtered_resps=[["-inf", "False"], ["-inf", "False"]])))
    assert np.isnan(score_choices(found.answers)["prob_correct"]).all()


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


def drawn_of(values, clusters=None, seed=1, draws=400, share=None):
    examples = Examples(len(values), clusters)
    return drawn_means(examples, [values], stream(seed, "task", "x"), draws, share)[0]


def test_several_answers_to_a_question():
    """A log of twelve answers each: the share over all, and one of ten."""
    found, printed = harness_log("0.4.13-repeats", "tiny_copying")
    lines = next((LOGS / "0.4.13-repeats").glob("*.jsonl")).read_text().splitlines()
    right = [
        sum(text.strip() == line["target"] for text in line["resps"][0])
        for line in map(json.loads, lines)
    ]
    scored = score_attempts(found.answers)
    assert 0 < sum(right) < 144 and len(right) == 12
    assert scored["pass@1"].mean() == pytest.approx(sum(right) / 144)
    missed = [comb(12 - n, 10) / comb(12, 10) for n in right]
    assert scored["pass@10"] == pytest.approx([1 - share for share in missed])
    assert scored.keys() == {"pass@1", "pass@10"}
    assert found.answers.exact_match.mean() == printed["exact_match,none"]


@pytest.mark.parametrize("changed", [{"exact_match": [1.0, 1.0]}, {"attempts": []}])
def test_several_answers_are_scored_as_the_harness_scored_the_first(changed):
    """Otherwise the task has a way of its own to compare, or there is one answer each."""
    answers = Answers(["a", "b"], ["a", "c"], np.array([1.0, 0.0]), [["a", "x"], ["b", "c"]])
    assert score_attempts(answers)["pass@1"].tolist() == [0.5, 0.5]
    other = {name: np.array(v) if name == "exact_match" else v for name, v in changed.items()}
    assert score_attempts(replace(answers, **other)) == {}


def test_a_paired_difference_is_surer_than_two_scores():
    """The same examples for all columns: what they share falls out."""
    rng = np.random.default_rng(1)
    shared = rng.normal(size=400)
    values = np.stack([shared, shared + 0.1 + 0.05 * rng.normal(size=400)], axis=1)
    found = drawn_of(values)
    low, high = interval(found, 0.95)
    below, above = interval(found[:, 1] - found[:, 0], 0.95)
    assert below < values[:, 1].mean() - values[:, 0].mean() < above
    assert above - below < 0.2 * (high - low).min()
    assert np.array_equal(found, drawn_of(values))


def test_the_spread_is_that_of_a_mean():
    """Against theory: a resample; and half of the examples, each at most once."""
    values = (np.arange(1000) % 4 == 0).astype(float)[:, None]
    error = (0.25 * 0.75 / 1000) ** 0.5
    assert drawn_of(values, draws=2000).std() == pytest.approx(error, rel=0.06)
    # Of a finite population: (1 / 500) * (1 - 500 / 1000), which is 1 / 1000.
    assert drawn_of(values, draws=2000, share=0.5).std() == pytest.approx(error, rel=0.06)


def test_examples_of_one_document_are_drawn_together():
    """Ten equal answers to each document: as good as one."""
    answers = np.repeat((np.arange(100) % 2).astype(float), 10)[:, None]
    alone = drawn_of(answers, seed=3, draws=2000).std()
    together = drawn_of(answers, np.repeat(np.arange(100), 10), seed=3, draws=2000)
    assert together.std() == pytest.approx(alone * 10**0.5, rel=0.08)


def test_sums_are_exact_whatever_their_order():
    """Against whole numbers of Python: no last bit depends on how a processor adds."""
    rng = np.random.default_rng(5)
    kept = Outcomes.of([str(i) for i in range(3000)], {"m": rng.lognormal(sigma=4, size=3000)})
    steps = kept["m"].steps.astype(np.float64)[:, None]
    found = drawn_of(steps, draws=20)
    chosen = stream(1, "task", "x").integers(3000, size=(20, 3000))
    wanted = [sum(int(kept["m"].steps[i]) for i in row) / 3000 for row in chosen.tolist()]
    assert found[:, 0].tolist() == wanted


def test_an_interval_of_infinite_draws_is_no_nan():
    """Infinity is a value of the sharpness; what is not known has no interval."""
    drawn = np.stack([np.r_[np.arange(90.0), np.full(10, np.inf)], np.r_[np.arange(99.0), np.nan]])
    low, high = interval(drawn.T, 0.9)
    assert (low[0], high[0]) == (4, np.inf)
    assert np.isnan(low[1]) and np.isnan(high[1])


class TestOutcomes:
    def test_they_are_what_they_were_to_24_digits(self):
        values = np.random.default_rng(2).normal(size=500) * 1e-70
        kept = Outcomes.of([f"{i:03}" for i in range(500)], {"m": values})["m"]
        assert np.abs(kept.steps * kept.unit - values).max() <= kept.unit / 2
        assert kept.unit <= np.abs(values).max() * 2.0**-23
        assert np.abs(kept.steps).max() <= 2**24

    def test_the_order_of_a_log_changes_nothing(self):
        values = np.arange(5.0)
        first = Outcomes.of(list("abcde"), {"m": values})["m"]
        second = Outcomes.of(list("ecabd"), {"m": values[[4, 2, 0, 1, 3]]})["m"]
        assert first.examples == second.examples
        assert first.steps.tolist() == second.steps.tolist()
        assert Outcomes.of(list("abcdf"), {"m": values})["m"].examples != first.examples

    def test_a_document_that_comes_twice_is_a_cluster(self):
        kept = Outcomes.of(list("bab"), {"m": np.array([1.0, 2.0, 4.0])})["m"]
        assert (kept.steps * kept.unit).tolist() == [2, 1, 4]
        assert kept.clusters.tolist() == [0, 1, 1]


def test_the_order_of_models_is_spearmans():
    """Against scipy, ties included; of equal scores there is none."""
    scores = np.random.default_rng(4).integers(0, 4, size=(50, 6)).astype(float)
    scores[0] = 2
    found = order_by_scale(scores)
    assert np.isnan(found[0])
    for row, value in zip(scores[1:], found[1:], strict=True):
        assert value == pytest.approx(spearmanr(row, range(6)).statistic)


def test_log_likelihoods_are_natural_logarithms():
    """The raw probability is their exponential."""
    found, _ = harness_log("0.4.13", "tiny_facts")
    scored = score_choices(found.answers)
    assert scored["prob_correct_raw"][0] == pytest.approx(exp(scored["log_prob_correct"][0]))
    assert 0 < scored["prob_correct_raw"].max() < 1
