"""The section on the metric chain: where, from log-likelihood to accuracy, sharpness arises."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from emergence.errors import shorten
from emergence.pages.words import number, p_value
from emergence.study import Study

#: Name of the figure that belongs to the section.
CHAIN_FIGURE = "metric-chain"

#: The steps that are shown: of multiple choice, and of written answers.
STEPS = (
    ("log_prob_correct", "prob_correct_raw", "prob_correct", "brier_score", "acc"),
    ("edit_similarity", "exact_match"),
)

#: Tasks in the table of the page; all are in the tables beside it.
_MOST_TASKS = 12

#: Pairs of metrics in the other table, those with the smallest p-values.
_MOST_PAIRS = 24

#: What the curves of one chain share.
_OUTPUTS = ("task", "subtask", "model_family", "condition", "shots")

_CURVE = ("curve_id", *_OUTPUTS, "axis", "metric", "models", "scales", "scores", "sharpness")


Curve = Mapping[str, Any]


def chains(study: Study) -> list[list[Curve]]:
    """Return the chains of a dataset: curves of the same answers, from its first step to its last.

    Parameters
    ----------
    study : Study
        With ``resampled``.

    Returns
    -------
    list of list of dict
        Those whose examples could be drawn, with at least two steps; those whose last step is
        the sharpest first. Each curve has what `RESAMPLED` says of it, and its ``exponent``.
    """
    if not study.resampled.num_rows:
        return []
    drawn = {row["curve_id"]: row for row in study.resampled.to_pylist() if not row["missing"]}
    exponents = dict(zip(study.frame["curve_id"], study.frame["exponent"], strict=True))
    found: dict[tuple[Any, ...], dict[str, Curve]] = {}
    for row in study.curves.select(list(_CURVE)).to_pylist():
        if row["curve_id"] in drawn:
            key = tuple(row[name] for name in _OUTPUTS)
            exponent = exponents[row["curve_id"]]
            whole = {**row, **drawn[row["curve_id"]], "exponent": exponent}
            found.setdefault(key, {})[row["metric"]] = whole
    listed = [
        [metrics[step] for step in steps if step in metrics]
        for metrics in found.values()
        for steps in STEPS
    ]
    return sorted((chain for chain in listed if len(chain) > 1), key=_by_last)


def _by_last(chain: Sequence[Curve]) -> tuple[float, str]:
    sharpness = chain[-1]["sharpness"]
    return (-sharpness if sharpness is not None else 0.0, chain[-1]["curve_id"])


def chain_section(study: Study) -> dict[str, Any] | None:
    """Return what the section shows.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict or None
        ``steps``: for each pair of neighbouring steps how many chains rise surely there, fall
        surely, or neither; ``tasks``: the rows of some chains; ``total``, ``level``;
        ``switches``: the last metric of each chain against the others, task by task. None where no
        examples were drawn.
    """
    found = chains(study)
    if not found:
        return None
    differences = {
        (row["curve_id"], row["other_curve_id"]): row
        for row in study.metric_differences.to_pylist()
    }
    steps: dict[tuple[str, str], dict[str, int]] = {}
    for chain in found:
        for before, after in pairwise(chain):
            counts = steps.setdefault(
                (before["metric"], after["metric"]), {"rises": 0, "falls": 0, "unsure": 0}
            )
            counts[_sure(differences[after["curve_id"], before["curve_id"]])] += 1
    return {
        "steps": [
            {"before": before, "after": after, **counts, "chains": sum(counts.values())}
            for (before, after), counts in steps.items()
        ],
        "tasks": [_task(chain, differences) for chain in found[:_MOST_TASKS]],
        "total": len(found),
        "level": study.settings["level"],
        "switches": _switches(found, differences, study.settings["claims"]["p"]),
    }


def _switches(
    found: Sequence[Sequence[Curve]],
    differences: Mapping[tuple[str, str], Mapping[str, Any]],
    p: float,
) -> dict[str, Any]:
    """Count the pairs that are surely sharper under one of two metrics, and list pairs."""
    pairs = [
        (chain[-1], difference)
        for chain in found
        for other in chain[:-1]
        if (difference := differences[chain[-1]["curve_id"], other["curve_id"]])["matched_p"]
        is not None
    ]
    pairs.sort(key=lambda pair: (pair[1]["matched_p_holm"], pair[1]["matched_p"]))
    sure = [row for _, row in pairs if row["matched_p_holm"] < p]
    first = [row for row in sure if row["matched_difference"] > 0]
    second = [row for row in sure if row["matched_difference"] < 0]
    looks = [(row["emergent"], row["other_emergent"]) for row in first]
    looks += [(row["other_emergent"], row["emergent"]) for row in second]
    return {
        "pairs": len(pairs),
        "sharper": len(first),
        "flatter": len(second),
        "only": sum(sharp > 0.5 >= flat for sharp, flat in looks),
        "p": p,
        "rows": [
            {
                "name": named(curve),
                "family": shorten(curve["model_family"], 40),
                "curve_id": curve["curve_id"],
                **{name: row[name] for name in ("metric", "other_metric")},
                "emergent": _percent(row["emergent"]),
                "other_emergent": _percent(row["other_emergent"]),
                "difference": _said(row["matched_difference"]),
                **{name: _bare(row[f"matched_{name}"]) for name in ("p", "p_holm")},
            }
            for curve, row in pairs[:_MOST_PAIRS]
        ],
    }


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _bare(p: float) -> str:
    return p_value(p).removeprefix("p ").removeprefix("= ")


def _sure(difference: Mapping[str, Any]) -> str:
    if difference["sharpness_low"] is None:
        return "unsure"
    if difference["sharpness_low"] > 0:
        return "rises"
    return "falls" if difference["sharpness_high"] < 0 else "unsure"


def _task(
    chain: Sequence[Curve], differences: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    first = chain[0]
    return {
        "name": named(first),
        "family": shorten(first["model_family"], 40),
        "examples": first["examples"],
        "rows": list(_rows(chain, differences)),
    }


def named(curve: Curve) -> str:
    """Name the task of a chain, with its condition."""
    task = f"{curve['task']}:{curve['subtask']}" if curve["subtask"] else curve["task"]
    return shorten(f"{task} ({curve['condition']})" if curve["condition"] else task, 60)


def _rows(
    chain: Sequence[Curve], differences: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    before = None
    for curve in chain:
        change = differences[curve["curve_id"], before["curve_id"]] if before else None
        yield {
            "metric": curve["metric"],
            "curve_id": curve["curve_id"],
            "quarter": _said(curve["sharpness_quarter"]),
            "half": _said(curve["sharpness_half"]),
            "sharpness": with_ends(
                curve["sharpness"], curve["sharpness_low"], curve["sharpness_high"]
            ),
            "change": "–"
            if change is None
            else with_ends(
                change["sharpness_difference"], change["sharpness_low"], change["sharpness_high"]
            ),
            "order": with_ends(curve["order"], curve["order_low"], curve["order_high"]),
            "order_of_examples": _said(curve["order_of_examples"]),
            "exponent": _said(curve["exponent"]),
        }
        before = curve


def with_ends(value: float | None, low: float | None, high: float | None) -> str:
    """Write a number with its interval, if it has one."""
    said = _said(value)
    return said if low is None else f"{said} ({_said(low)} to {_said(high)})"


def _said(value: float | None) -> str:
    # A missing number of a data frame is NaN.
    if value is None or math.isnan(value):
        return "unknown"
    # Two decimals are what intervals leave.
    return (
        number(value)
        if math.isinf(value)
        else f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")
    )
