"""The section on two conditions: where the second overtakes the first, and both curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emergence.condition_pairs import compared
from emergence.errors import shorten
from emergence.pages.words import number, place
from emergence.settings import PageSettings
from emergence.study import Study

#: Name of the figure that belongs to the section.
CONDITIONS = "conditions"

#: Longest name in the table.
_LONGEST = 60


def compared_conditions(study: Study) -> dict[str, Any] | None:
    """Return what the section shows of each pair of curves.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict or None
        The names of both conditions, whether all scores are ``all_or_nothing``, and a row a pair
        with more than one model; None for a dataset whose entry compares none. The counts are
        those of `emergence.pages.figures.condition_differences.condition_counts`.
    """
    if "compare_conditions" not in study.entry:
        return None
    first, second = study.entry["compare_conditions"]
    pairs = compared(study.curves, (first, second), PageSettings.of(study.settings).level)
    groups = {pair["first"]["metric_group"] for pair in pairs}
    return {
        "first": first,
        "second": second,
        "rows": [_row(pair) for pair in pairs if len(pair["points"]) > 1],
        "all_or_nothing": groups == {"discontinuous"},
    }


def _row(pair: Mapping[str, Any]) -> dict[str, Any]:
    between, axis = pair["turns_between"], pair["first"]["axis"]
    task = pair["first"]["task"]
    if pair["first"]["subtask"]:
        task = f"{task}:{pair['first']['subtask']}"
    return {
        "task": shorten(task, _LONGEST),
        "family": shorten(pair["first"]["model_family"], _LONGEST),
        "models": len(pair["points"]),
        "smallest": _difference(pair["points"][0]),
        "largest": _difference(pair["points"][-1]),
        "course": pair["course"],
        "between": f"{place(between[0], axis)} and {place(between[1], axis)}" if between else "–",
        "at": place(pair["turns_at"], axis) if between else "–",
        "sure": {True: "yes", False: "no", None: "unknown"}[pair["sure"]] if between else "–",
        "measures": [_measures(pair[name]) for name in ("first", "second")],
    }


def _difference(point: Mapping[str, Any]) -> str:
    if point["low"] is None:
        return f"{number(point['difference'])} (interval unknown)"
    low, high = number(point["low"]), number(point["high"])
    return f"{number(point['difference'])} ({low} to {high})"


def _measures(curve: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sharpness": number(curve["sharpness"]),
        "discontinuity": number(curve["discontinuity"]),
        "onset": number(curve["onset"]),
        "short": curve["status"] == "short",
    }
