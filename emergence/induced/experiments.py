"""The paper's predictions, decided on the scores of the networks by rules that are fixed here.

Each experiment is a prediction, its outcome (``shown`` or ``not shown``), what is seen, the
numbers that the rule asks for, and tables. Intervals are those over replicates: networks of a
width differ in their training examples, initial weights and order of training. Conditions of
one family are no independent witnesses: there is no p-value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.stats import binom

from emergence.induced import resampling
from emergence.induced.addition import condition_of
from emergence.induced.lengths import longer_targets, more_together
from emergence.induced.network_results import LOWER_IS_BETTER, METRICS, Results
from emergence.induced.pairs import (
    SURELY,
    THRESHOLD,
    Pair,
    by_formula,
    counts,
    metric_pairs,
    pair_words,
    sharpness_table,
    surely_above,
    threshold_table,
)
from emergence.induced.positions import by_position
from emergence.induced.presenting import (
    OUTCOMES,
    Prediction,
    experiment,
    listed,
    said,
    short,
    table,
    words,
)
from emergence.induced.resampling import LEVEL
from emergence.measures import ROUNDING

#: The claim that emergence evaporates under another metric.
_SWITCHING = 5

#: A network knows its parity if it answers more than this share correctly.
_LEARNED = 0.9


def experiments(results: Results, threshold: float = THRESHOLD) -> list[dict[str, Any]]:
    """Decide the predictions.

    Parameters
    ----------
    results : Results
    threshold : float
        Of the sharpness, above which a curve looks emergent.

    Returns
    -------
    list of dict
        For `emergence.tables.write_json`: id, name, task, prediction, claim, rule, outcome,
        reading, numbers (name, value, low, high, status) and tables (caption, columns, rows);
        what was not shown comes first. A number that is not finite is null, and its status says
        what it is.
    """
    found = [
        control(results, threshold),
        smooth_growth(results, threshold),
        more_tests(results),
        longer_targets(results),
        more_together(results),
        *(induced(results, task, threshold) for task in METRICS if task != "parity"),
    ]
    return sorted(found, key=lambda one: OUTCOMES.index(one["outcome"]))


def smooth_growth(results: Results, threshold: float = THRESHOLD) -> dict[str, Any]:
    """Decide the first prediction, on addition: a smooth metric shows smooth growth."""
    pairs = metric_pairs(results, "addition")
    sharp = [pair for pair in pairs if pair.is_sharp(threshold)]
    smooth = [pair for pair in sharp if pair.is_smooth(threshold)]
    against = [pair for pair in sharp if not pair.is_smooth(threshold)]
    reading = [
        f"{len({pair.condition for pair in sharp})} of "
        f"{len({pair.condition for pair in pairs})} lengths of target are surely sharp under exact "
        f"match; {len(smooth)} of their {len(sharp)} pairs with a continuous metric are surely "
        "smooth"
    ]
    reading += [pair_words(pair, "addition", threshold) for pair in against]
    for condition in dict.fromkeys(pair.condition for pair in against if pair.is_sharp_too()):
        tests = results.outcomes[f"addition {condition}"].shape[2]
        reading.append(
            f"{condition}: a rise under every metric, measured on {tests:,} test pairs; this is "
            "evidence against the explanation by the metric"
        )
    positions = by_position(results)
    reading += positions.said
    return experiment(
        Prediction(
            "smooth growth",
            "addition",
            "Exact match rises sharply with the number of parameters; metrics of the same answers "
            "that are continuous grow smoothly",
            rule=f"at some length of target exact match is surely sharper than {threshold:g}, and "
            "at every such length each continuous metric surely is not. Surely: in "
            f"{SURELY:.1%} of the resamples of the replicates",
        ),
        shown=bool(sharp) and len(smooth) == len(sharp),
        reading=reading,
        numbers=counts(pairs, threshold),
        tables=[
            sharpness_table(results, "addition", pairs),
            threshold_table("addition", pairs),
            *positions.tables,
            *score_tables(results, "addition"),
        ],
    )


def induced(results: Results, task: str, threshold: float = THRESHOLD) -> dict[str, Any]:
    """Decide whether a sharp rise was made by the choice of metric: one case is enough.

    Parameters
    ----------
    results : Results
    task : str
    threshold : float

    Returns
    -------
    dict
    """
    all_right, continuous = METRICS[task]
    pairs = metric_pairs(results, task)
    main = [pair for pair in pairs if pair.metric == continuous[0]]
    made = [pair for pair in main if pair.is_made(threshold)]
    numbers = {**counts(pairs, threshold), "conditions where it was made": len(made)}
    ranges = [pair.thresholds for pair in main if pair.thresholds]
    if ranges:
        low, high = max(ranges, key=lambda ends: ends[1] / ends[0])
        numbers |= {"made at every threshold from": low, "and below": high}
    tables = [sharpness_table(results, task, pairs), threshold_table(task, pairs)]
    tables += score_tables(results, task) if task != "addition" else []
    return experiment(
        Prediction(
            f"{task} by the metric",
            task,
            f"Networks that nobody calls emergent look so under {words(all_right)}, and not under "
            f"{words(continuous[0])} of the same answers",
            rule=f"under some condition {words(all_right)} is surely sharper than {threshold:g}, "
            f"and {words(continuous[0])} surely is not. Surely: in {SURELY:.1%} of the resamples "
            "of the replicates",
            claim=_SWITCHING,
        ),
        shown=bool(made),
        reading=_reading(results, task, main, threshold),
        numbers=numbers,
        tables=tables,
    )


def _reading(results: Results, task: str, main: Sequence[Pair], threshold: float) -> list[str]:
    """Say what is seen of each condition, and what p^L would have been."""
    if not main:
        return ["every condition has one position only, where both metrics are the same"]
    seen = [pair_words(pair, task, threshold) for pair in main]
    if any(pair.is_made(threshold) for pair in main):
        return seen
    foretold = {pair.condition: by_formula(results, task, pair.condition) for pair in main}
    known = {condition: found for condition, found in foretold.items() if found is not None}
    if not known:
        return seen
    condition = main[-1].condition
    p = resampling.means(results.scores[task, condition, main[-1].metric])
    highest = max(known, key=lambda name: known[name].value)
    why = (
        f"the share p of right digits grows from {short(p[0])} to {short(p[-1])} over these sizes, "
        "for which the paper's own formula p^L predicts a sharpness of at most "
        f"{said(known[highest])}, at {highest}"
    )
    if not any(surely_above(found, threshold) for found in known.values()):
        why += (
            f", not surely above {threshold:g} either: these networks would not have shown the "
            "effect even if the formula held exactly, and are no evidence against it"
        )
    return [why, *seen]


def control(results: Results, threshold: float = THRESHOLD) -> dict[str, Any]:
    """Decide the control: what is learned abruptly is sharp under the smooth metrics too."""
    _, continuous = METRICS["parity"]
    sizes = np.array(results.sizes("parity"), float)
    drawn = results.draws("parity")
    sharp = 0
    numbers: dict[str, Any] = {}
    reading = []
    for metric in continuous:
        scores = results.scores["parity", "", metric]
        found = resampling.estimate(resampling.sharpness, scores, drawn)
        surely = surely_above(found, threshold)
        early = resampling.early(resampling.means(scores), sizes)
        sharp += surely and not early
        # A family of language models has one network of each size.
        single = int((resampling.sharpness(scores.T) > threshold + ROUNDING).sum())
        numbers[f"sharpness under {words(metric)}"] = found
        numbers[f"replicates sharper than {threshold:g} by themselves, {words(metric)}"] = single
        reading.append(
            f"{words(metric)}: {said(found)}, "
            + ("surely sharp" if surely else "not surely sharp")
            + (", but early" if early else "")
            + f"; with one network a size, {single} of {scores.shape[1]} families are sharp"
        )
    grade = results.scores["parity", "", "multiple_choice_grade"]
    learned = (grade > _LEARNED).sum(axis=1)
    numbers["replicates"] = grade.shape[1]
    numbers["networks that learned it"] = int(learned.sum())
    numbers["networks"] = int(grade.size)
    partly = (learned > 0) & (learned < grade.shape[1])
    reading.append(
        f"each network learns parity or does not; in {int(partly.sum())} of {len(learned)} sizes "
        "some seeds did and some did not, so that the mean over seeds rises less suddenly than "
        "any one family"
    )
    tables = score_tables(results, "parity")
    tables.append(
        table(
            "Networks that answer over 90 % of the parities correctly: each learns it or does not",
            ("parameters", "networks", "learned it"),
            zip(results.sizes("parity"), [grade.shape[1]] * len(grade), learned, strict=True),
        )
    )
    return experiment(
        Prediction(
            "control",
            "parity",
            "Control: what networks learn abruptly is sharp under continuous metrics too, so that "
            "an emergence that is real would be found",
            rule=f"each continuous metric is surely sharper than {threshold:g} (in {SURELY:.1%} of "
            "the resamples of the replicates), and its largest step is not early",
        ),
        shown=sharp == len(continuous),
        reading=reading,
        numbers=numbers,
        tables=[sharpness_table(results, "parity", metric_pairs(results, "parity")), *tables],
    )


@lru_cache(maxsize=8)
def more_tests(results: Results) -> dict[str, Any]:
    """Decide the second prediction: more test data lift the small models off the floor."""
    digits = results.settings["addition"]["test_digits"]
    name = condition_of(digits)
    exact = results.exact_match_by_tests(name)
    tests = list(exact)
    floor = results.baselines["addition", name, "exact_str_match"]
    sizes = results.sizes("addition")
    small = (len(sizes) + 1) // 2
    # Off the floor: more right than the constant guess has by chance in one test of 20.
    off = {
        test: binom.sf(np.rint(share * test) - 1, test, floor) < 1 - LEVEL
        for test, share in exact.items()
    }
    lifted = [int(off[test][:small].sum()) for test in tests]
    networks = off[tests[0]][:small].size
    shown = lifted == sorted(lifted) and 2 * lifted[0] <= networks and 2 * lifted[-1] > networks
    rows = []
    for i, size in enumerate(sizes):
        for test in tests:
            score = resampling.mean(exact[test][i])
            rows.append((size, test, score.value, score.low, score.high, int(off[test][i].sum())))
    return experiment(
        Prediction(
            "more test examples",
            "addition",
            "Exact match of the small networks is on the floor of a small test; more test examples "
            "lift it off",
            rule="of the networks of the smaller half of sizes at most half are off the floor of "
            "the smallest test, and more than half are off that of the largest, never falling "
            "between. Off the floor: more answers right than with the best constant guess, "
            "binomial p < .05",
        ),
        shown=shown,
        reading=[
            f"of the {networks} networks of the smaller half of sizes "
            + listed(
                [f"{n} are off the floor at {t:,}" for n, t in zip(lifted, tests, strict=True)]
            )
            + " test examples",
            f"the floor is the best constant guess, {short(floor)}",
        ],
        numbers={
            "small networks": networks,
            **{
                f"off the floor at {test} examples": n
                for test, n in zip(tests, lifted, strict=True)
            },
            "exact match of the best constant guess": floor,
        },
        tables=[
            table(
                f"Exact match of {digits}-digit addition by the number of test examples, mean over "
                "replicates and its 95 % interval (a score may not be below 0: an end that is "
                "shows how little is known)",
                ("parameters", "examples", "exact match", "from", "to", "networks off the floor"),
                rows,
            )
        ],
    )


@lru_cache(maxsize=32)
def score_tables(results: Results, task: str) -> Sequence[dict[str, Any]]:
    """Return the scores of each condition: means over replicates beside the constant guess."""
    tables = []
    metrics = list(dict.fromkeys(row["metric"] for row in results.rows if row["task"] == task))
    for condition in results.conditions(task):
        columns = [results.scores[task, condition, metric] for metric in metrics]
        signs = [-1 if metric in LOWER_IS_BETTER else 1 for metric in metrics]
        rows: list[tuple] = [
            (
                "constant guess",
                *(
                    value
                    for m in metrics
                    for value in (results.baselines[task, condition, m], None)
                ),
            )
        ]
        for i, size in enumerate(results.sizes(task)):
            cells = []
            for column, sign in zip(columns, signs, strict=True):
                found = resampling.mean(sign * column[i])
                cells += [found.value + 0.0, found.high - found.value]
            rows.append((size, *cells))
        tables.append(
            table(
                f"Scores of {task}{', ' + condition if condition else ''}: mean over replicates, "
                "and half of its 95 % interval",
                ("parameters", *(word for m in metrics for word in (words(m), "±"))),
                rows,
            )
        )
    return tables
