"""What the figures of the networks show: lines, with their intervals, and nothing drawn yet.

A picture has panels, a panel has lines, and a line has points: so that a page draws them, and
their table is what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from emergence.induced import resampling
from emergence.induced.addition import condition_of
from emergence.induced.called import called_curves, shown_condition
from emergence.induced.lengths import exact_product_power
from emergence.induced.network_results import LOWER_IS_BETTER, METRICS, Results, length_of
from emergence.induced.presenting import cell, said, words
from emergence.induced.resampling import Estimate

#: Metrics that are shown beside the one that is all or nothing.
_BESIDE = {
    "addition": "per_digit_accuracy",
    "digits": "per_digit_accuracy",
    "reconstruction": "mean_squared_error",
    "parity": "calibration_multiple_choice_brier_score",
}

_BY_CONDITION = {
    "addition": "Addition: the length of the target",
    "digits": "Handwritten digits: how many must be right together",
    "reconstruction": "Reconstruction: how close is close enough",
}


def pictures(results: Results) -> list[dict[str, Any]]:
    """Return all pictures.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of dict
        For `emergence.tables.write_json`: name, title, caption, tasks (of the networks), and
        rows of panels; a panel has title, x and y (what is on the axes), log_x, log_y, guess and
        lines; a line has label, part (``mean`` or ``seed``) and the points x, y, low and high.
    """
    found = [_side_by_side(results)]
    found += [_by_condition(results, task) for task in _BY_CONDITION]
    found += [_test_sizes(results), _lengths(results)]
    return found


def trained(results: Results) -> dict[str, str]:
    """Say of each task what was trained for it: networks, sizes and seeds."""
    return {
        task: f"{len(results.settings[task]['widths']) * results.settings[task]['replicates']} "
        f"networks, {len(results.sizes(task))} sizes of {results.sizes(task)[0]:,} to "
        f"{results.sizes(task)[-1]:,} parameters, {results.settings[task]['replicates']} seeds each"
        for task in METRICS
    }


def _line(label: str, x: Sequence[float], found: Sequence[Estimate], part: str = "mean") -> dict:
    return {
        "label": label,
        "part": part,
        "x": list(x),
        "y": [cell(one.value) for one in found],
        "low": [cell(one.low) for one in found],
        "high": [cell(one.high) for one in found],
    }


def _panel(title: str, y: str, lines: Sequence[dict], **more: Any) -> dict[str, Any]:
    blank = {"x": "parameters", "log_x": True, "log_y": False, "guess": None}
    return {"title": title, "y": y, "lines": list(lines), **blank, **more}


def _curve(results: Results, task: str, condition: str, metric: str, label: str) -> dict:
    """Return the means over replicates in the metric's own direction, with their intervals."""
    sign = -1 if metric in LOWER_IS_BETTER else 1
    scores = sign * results.scores[task, condition, metric]
    return _line(label, results.sizes(task), [resampling.mean(of_size) for of_size in scores])


def _seeds(results: Results, task: str, condition: str, metric: str) -> list[dict]:
    sign = -1 if metric in LOWER_IS_BETTER else 1
    scores = sign * results.scores[task, condition, metric]
    sizes = results.sizes(task)
    alone = float("nan")
    return [
        _line("", sizes, [Estimate(float(y) + 0.0, alone, alone) for y in seed], "seed")
        for seed in scores.T
    ]


def _direction(metric: str) -> str:
    return f"{words(metric)}{', less is better' if metric in LOWER_IS_BETTER else ''}"


def _side_by_side(results: Results) -> dict[str, Any]:
    judged = {
        (task, metric): found for task, _, metric, test, found in called_curves(results) if not test
    }
    rows = []
    for task, (all_right, _) in METRICS.items():
        condition = shown_condition(results, task)
        panels = []
        for metric in (all_right, _BESIDE[task]):
            one = judged[task, metric]
            panels.append(
                _panel(
                    f"{words(metric)}: {one.verdict}\nsharpness {said(one.sharpness)}",
                    _direction(metric),
                    [
                        *_seeds(results, task, condition, metric),
                        _curve(results, task, condition, metric, ""),
                    ],
                    guess=results.baselines[task, condition, metric],
                )
            )
        beneath = condition or ("the control" if task == "parity" else "")
        rows.append({"label": f"{task}\n{beneath}".strip(), "panels": panels})
    return {
        "name": "induced-side-by-side",
        "title": "The same networks under two metrics",
        "tasks": list(METRICS),
        "caption": "Each row: the same answers of the same networks, under a metric that is all "
        "or nothing (left) and under a continuous one (right). Bold: mean over seeds with its "
        "95 % interval; thin: each seed; dashed: the best constant guess. Above each: what a "
        "reader of that curve alone would have called it, by the rules of the table. The last "
        "row is the control, which has to be abrupt under both. If the right were as sudden as "
        "the left in the other rows, the metric would not have made it",
        "rows": rows,
    }


def _by_condition(results: Results, task: str) -> dict[str, Any]:
    all_right = METRICS[task][0]
    lines: Callable[[str], list[dict]] = lambda metric: [  # noqa: E731
        _curve(results, task, condition, metric, condition)
        for condition in results.conditions(task)
    ]
    beside = "token_edit_distance" if task == "addition" else _BESIDE[task]
    right = lines(beside)
    if task != "addition":
        # The continuous metric of the same images, whatever makes an example.
        right = right[:1]
        right[0]["label"] = ""
    return {
        "name": f"induced-{task}",
        "title": _BY_CONDITION[task],
        "tasks": [task],
        "caption": f"Left: {words(all_right)}, right: {words(beside)} of the same answers. Means "
        "over seeds with their 95 % intervals. If the curves on the left rose as gradually as "
        "those on the right, the condition would make nothing sharp",
        "rows": [
            {
                "label": "",
                "panels": [
                    _panel(words(all_right), _direction(all_right), lines(all_right)),
                    _panel(words(beside), _direction(beside), right),
                ],
            }
        ],
    }


def _test_sizes(results: Results) -> dict[str, Any]:
    digits = results.settings["addition"]["test_digits"]
    name = condition_of(digits)
    exact = results.exact_match_by_tests(name)
    floor = results.baselines["addition", name, "exact_str_match"]
    sizes = results.sizes("addition")
    panels = []
    for log, words_ in ((False, "exact match"), (True, "exact match, in logarithms")):
        lines = [
            _line(f"n = {test:,}", sizes, [resampling.mean(of_size) for of_size in scores])
            for test, scores in exact.items()
        ]
        panels.append(_panel(words_, "exact match", lines, log_y=log, guess=floor))
    return {
        "name": "induced-test-sizes",
        "title": "More test examples",
        "tasks": ["addition"],
        "caption": f"Exact match of {digits}-digit sums on the first n examples of one test, mean "
        "over seeds. A score of 0 cannot be drawn in logarithms: where a line is missing, none of "
        "the networks had one answer right. If more examples did not lengthen the lines to the "
        "left, small networks could not do it at all",
        "rows": [{"label": "", "panels": panels}],
    }


def _lengths(results: Results) -> dict[str, Any]:
    names = results.conditions("addition")
    lengths = [length_of(name) for name in names]
    sizes = results.sizes("addition")
    by_length = [exact_product_power(results.right_digits(name)) for name in names]
    exact, product, power = (
        [
            _line(f"{sizes[i]:,}", lengths, [resampling.mean(of_length[i]) for of_length in scores])
            for i in range(len(sizes) - 1, -1, -2)
        ]
        for scores in zip(*by_length, strict=True)
    )
    axes = {"x": "digits of the target", "log_x": False, "log_y": True}
    return {
        "name": "induced-lengths",
        "title": "Longer targets, and where exact match departs from p^L",
        "tasks": ["addition"],
        "caption": "Exact match by the length of the target, one line a size (number of "
        "parameters), beside the product of the shares p of each position and mean p to the "
        "power of the length. A straight line is a geometric fall. The middle differs from the "
        "left by dependence of digits, the right from the middle by their unequal difficulty",
        "rows": [
            {
                "label": "",
                "panels": [
                    _panel("measured", "exact match", exact, **axes),
                    _panel("product of p", "", product, **axes),
                    _panel("mean p^L", "", power, **axes),
                ],
            }
        ],
    }
