"""Two conditions of one task compared, and the crossover between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from scipy.special import ndtri

#: What a difference does over scale: it turns positive and stays so, it is positive at every
#: model, or it is not positive at the largest one.
COURSES = ("turns positive", "positive at every model", "not positive at the largest")

_SAME = ("task", "subtask", "metric", "model_family", "shots")


def difference_interval(
    first: float, second: float, n_first: int, n_second: int, level: float
) -> tuple[float, float]:
    """Interval of the difference of two independent binomial shares (Newcombe's tenth method).

    Parameters
    ----------
    first, second : float
        Shares; the difference is the second less the first.
    n_first, n_second : int
        Their examples.
    level : float
        Such as 0.95.

    Returns
    -------
    low, high : float

    Notes
    -----
    Both conditions answer the same examples, so that their errors go together and the true
    interval is narrower; without the outcomes of each example nothing says by how much.

    References
    ----------
    .. [1] R. G. Newcombe, Statistics in Medicine 17 (1998) 873.
    """
    low_1, high_1 = _wilson(first, n_first, level)
    low_2, high_2 = _wilson(second, n_second, level)
    difference = second - first
    low = difference - math.hypot(second - low_2, high_1 - first)
    high = difference + math.hypot(high_2 - second, first - low_1)
    return low, high


def _wilson(share: float, n: int, level: float) -> tuple[float, float]:
    """Wilson's interval of a share that need be no whole number of examples."""
    z = float(ndtri(0.5 + level / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def compared(curves: pa.Table, conditions: Sequence[str], level: float) -> list[dict[str, Any]]:
    """Compare the curves of two conditions, model by model.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.curves_table.CURVES`; those over the first axis are compared.
    conditions : sequence of str
        Two; the second is compared with the first.
    level : float
        Of the intervals.

    Returns
    -------
    list of dict
        One entry a pair of curves of the same models, in the table's order: ``first`` and
        ``second`` (rows of the curves), ``points`` (model, scale, both scores, difference, low,
        high; the ends are None where the number of examples is unknown), ``turns_between`` (the
        two scales between which the difference last turns positive, None if it does not),
        ``turns_at`` (by a straight line in the logarithm of scale), ``sure`` (whether an interval
        is on each side: below 0 before, above 0 after the turn; None where no interval before or
        none after it is known), and ``course`` (one of `COURSES`).
    """
    pairs = []
    for first, second in _pairs(curves, conditions):
        if first["models"] and first["models"] == second["models"]:
            points = _points(first, second, level)
            pairs.append({"first": first, "second": second, "points": points, **_turn(points)})
    return pairs


def not_compared(curves: pa.Table, conditions: Sequence[str]) -> dict[str, int]:
    """Count the pairs of curves that `compared` leaves out.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.curves_table.CURVES`.
    conditions : sequence of str
        Two.

    Returns
    -------
    dict of str to int
        ``other_models``: pairs whose curves are of different models, which cannot be compared
        point by point; ``no_score``: pairs without a usable score in either.
    """
    pairs = _pairs(curves, conditions)
    return {
        "other_models": sum(first["models"] != second["models"] for first, second in pairs),
        "no_score": sum(not first["models"] and not second["models"] for first, second in pairs),
    }


def _pairs(
    curves: pa.Table, conditions: Sequence[str]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Find the curves that differ in nothing but the condition, in the table's order."""
    of_key: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in curves.filter(curves["main_axis"]).to_pylist():
        key = tuple(row[name] for name in _SAME)
        of_key.setdefault(key, {})[row["condition"]] = row
    both = [tuple(found.get(condition) for condition in conditions) for found in of_key.values()]
    return [pair for pair in both if None not in pair]


def _points(first: dict[str, Any], second: dict[str, Any], level: float) -> list[dict[str, Any]]:
    points = []
    for i, model in enumerate(first["models"]):
        low = high = None
        n_first, n_second = (row["n_examples_by_scale"][i] for row in (first, second))
        scores = first["scores"][i], second["scores"][i]
        if n_first and n_second and all(0 <= score <= 1 for score in scores):
            low, high = difference_interval(*scores, n_first, n_second, level)
        points.append(
            {
                "model": model,
                "scale": first["scales"][i],
                "first": scores[0],
                "second": scores[1],
                "difference": scores[1] - scores[0],
                "low": low,
                "high": high,
            }
        )
    return points


def _turn(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Find where the difference last turns from not positive to positive, and stays so."""
    turn = None
    for i in range(len(points) - 1, 0, -1):
        if points[i]["difference"] <= 0:
            break
        if points[i - 1]["difference"] <= 0:
            turn = i
            break
    if turn is None:
        course = COURSES[1] if points[-1]["difference"] > 0 else COURSES[2]
        return {"turns_between": None, "turns_at": None, "sure": False, "course": course}
    before, after = points[turn - 1], points[turn]
    part = -before["difference"] / (after["difference"] - before["difference"])
    logs = math.log(before["scale"]), math.log(after["scale"])
    sides = [
        [point for point in side if point["low"] is not None]
        for side in (points[:turn], points[turn:])
    ]
    sure = None
    if all(sides):
        sure = any(p["high"] < 0 for p in sides[0]) and any(p["low"] > 0 for p in sides[1])
    return {
        "turns_between": (before["scale"], after["scale"]),
        "turns_at": math.exp(logs[0] + part * (logs[1] - logs[0])),
        "sure": sure,
        "course": COURSES[0],
    }
