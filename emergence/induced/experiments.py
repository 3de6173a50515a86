"""The paper's predictions, decided on the scores of the networks by rules that are fixed here.

Each experiment is a prediction, its outcome (``shown`` or ``not shown``), the numbers that the
rule asks for, and tables. Intervals are those over replicates: networks of a width differ in
their training examples, initial weights and order of training. Conditions of one family are
no independent witnesses: there is no p-value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import binom

from emergence.induced import statistics
from emergence.induced.lengths import longer_targets
from emergence.induced.pairs import (
    SURELY,
    THRESHOLD,
    counts,
    metric_pairs,
    score_tables,
    sharpness_table,
    threshold_table,
)
from emergence.induced.presenting import OUTCOMES, experiment, numbers_of, table, words
from emergence.induced.results import METRICS, Results
from emergence.induced.statistics import LEVEL

#: A network knows its parity if it tells more than this share rightly.
_LEARNED = 0.9


def experiments(results: Results) -> list[dict[str, Any]]:
    """Decide the predictions.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of dict
        For `emergence.tables.write_json`: experiment, prediction, rule, outcome, numbers and
        tables (caption, columns, rows); what was not shown comes first. A number that is not
        finite is null, and the one beside it that ends in ``status`` says what it is.
    """
    found = [
        control(results),
        smooth_growth(results),
        more_tests(results),
        longer_targets(results),
        *(induced(results, task) for task in METRICS if task != "parity"),
    ]
    return sorted(found, key=lambda one: OUTCOMES.index(one["outcome"]))


def smooth_growth(results: Results) -> dict[str, Any]:
    """Decide the first prediction, on addition: a smooth metric shows smooth growth."""
    pairs = metric_pairs(results, "addition")
    sharp = [pair for pair in pairs if pair.is_sharp]
    smooth = [pair for pair in sharp if pair.is_smooth]
    return experiment(
        "addition",
        prediction="Exact match rises sharply with the number of parameters; metrics of the same "
        "answers that are continuous grow smoothly",
        rule=f"at some length of target exact match is surely sharper than {THRESHOLD}, and at "
        "every such length each continuous metric surely is not. Surely: in "
        f"{SURELY:.1%} of the resamples of the replicates",
        shown=bool(sharp) and len(smooth) == len(sharp),
        numbers=counts(pairs),
        tables=[
            sharpness_table("addition", pairs),
            threshold_table("addition", pairs),
            *score_tables(results, "addition"),
        ],
    )


def induced(results: Results, task: str) -> dict[str, Any]:
    """Decide whether a sharp rise was made by the choice of metric: one case is enough.

    Parameters
    ----------
    results : Results
    task : str

    Returns
    -------
    dict
    """
    all_right, continuous = METRICS[task]
    pairs = metric_pairs(results, task)
    main = [pair for pair in pairs if pair.metric == continuous[0]]
    made = [pair for pair in main if pair.is_sharp and pair.is_smooth]
    return experiment(
        task,
        prediction=f"Networks that nobody calls emergent look so under {words(all_right)}, and "
        f"not under {words(continuous[0])} of the same answers",
        rule=f"under some condition {words(all_right)} is surely sharper than {THRESHOLD}, and "
        f"{words(continuous[0])} surely is not. Surely: in {SURELY:.1%} of the resamples of the "
        "replicates",
        shown=bool(made),
        numbers={**counts(pairs), "conditions where it was made": len(made)},
        tables=[
            sharpness_table(task, pairs),
            threshold_table(task, pairs),
            *score_tables(results, task),
        ],
    )


def control(results: Results) -> dict[str, Any]:
    """Decide the control: what is learned abruptly is sharp under the smooth metrics too."""
    _, continuous = METRICS["parity"]
    sizes = np.array(results.sizes("parity"), float)
    drawn = results.draws("parity")
    sharp = 0
    numbers: dict[str, Any] = {}
    for metric in continuous:
        scores = results.scores["parity", "", metric]
        found = statistics.estimate(statistics.sharpness, scores, drawn)
        resamples = statistics.sharpness(statistics.resampled(scores, drawn))
        surely = (resamples > THRESHOLD).mean() >= SURELY
        early = statistics.early(statistics.means(scores), sizes)
        sharp += surely and not early
        # A family of language models has one network of each size.
        single = statistics.sharpness(scores.T) > THRESHOLD
        numbers[f"replicates sharper than {THRESHOLD} by themselves, {words(metric)}"] = int(
            single.sum()
        )
        numbers |= numbers_of(f"sharpness under {words(metric)}", found)
    grade = results.scores["parity", "", "multiple_choice_grade"]
    learned = (grade > _LEARNED).sum(axis=1)
    numbers["replicates"] = grade.shape[1]
    numbers["networks that learned it"] = int(learned.sum())
    numbers["networks"] = int(grade.size)
    tables = score_tables(results, "parity")
    tables.append(
        table(
            "Networks that tell more than 90 % of the parities rightly: each learns it or does not",
            ("parameters", "networks", "learned it"),
            zip(results.sizes("parity"), [grade.shape[1]] * len(grade), learned, strict=True),
        )
    )
    return experiment(
        "parity",
        prediction="Control: what networks learn abruptly is sharp under continuous metrics too, "
        "so that an emergence that is real would be found",
        rule=f"each continuous metric is surely sharper than {THRESHOLD} (in {SURELY:.1%} of the "
        "resamples of the replicates), and its largest step is not early",
        shown=sharp == len(continuous),
        numbers=numbers,
        tables=[sharpness_table("parity", metric_pairs(results, "parity")), *tables],
    )


def more_tests(results: Results) -> dict[str, Any]:
    """Decide the second prediction: more test data lift the small models off the floor."""
    settings = results.settings["addition"]
    name = f"target_digits={settings['test_digits'] + 1}"
    bits = results.outcomes[f"addition {name}"]
    whole = int(np.packbits(np.ones((1, settings["test_digits"] + 1), bool), axis=1)[0, 0])
    right = bits == whole
    # A test cannot be larger than the pairs that were kept for it.
    tests = sorted({min(size, right.shape[2]) for size in settings["test_sizes"]})
    floor = results.baselines["addition", name, "exact_str_match"]
    sizes = results.sizes("addition")
    small = (len(sizes) + 1) // 2
    counts = {test: right[:, :, :test].sum(axis=2) for test in tests}
    # Off the floor: more right than the constant guess has by chance in one test of 20.
    off = {test: binom.sf(counts[test] - 1, test, floor) < 1 - LEVEL for test in tests}
    lifted = [int(off[test][:small].sum()) for test in tests]
    networks = off[tests[0]][:small].size
    shown = lifted == sorted(lifted) and 2 * lifted[0] <= networks and 2 * lifted[-1] > networks
    rows = []
    for i, size in enumerate(sizes):
        for test in tests:
            score = statistics.mean(counts[test][i] / test)
            rows.append((size, test, score.value, score.low, score.high, int(off[test][i].sum())))
    return experiment(
        "addition",
        prediction="Exact match of the small networks is on the floor of a small test; more test "
        "examples lift it off",
        rule="of the networks of the smaller half of sizes at most half are off the floor of the "
        "smallest test, and more than half are off that of the largest, never falling between. "
        "Off the floor: more right than the best constant guess would have, binomial p < .05",
        shown=shown,
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
                f"Exact match of {settings['test_digits']}-digit addition by the number of test "
                "examples, mean over replicates and its 95 % interval (a score may not be below "
                "0: an end that is shows how little is known)",
                ("parameters", "examples", "exact match", "from", "to", "networks off the floor"),
                rows,
            )
        ],
    )
