"""A slow, independent reading of the method: one curve at a time, in exact arithmetic.

Written from the method document (terms, emergence score, discontinuity), not from the
library, and with nothing of the library or of numpy in it. Scores become fractions, so that
a tie is a tie and a median of 0 is 0; roots and logarithms are taken with 50 digits.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

_PRECISE = Context(prec=50, Emin=-999_999, Emax=999_999)

Point = tuple[float, float | None]


def usable(score: float | None) -> bool:
    """Whether a score makes a point: it is given, and neither NaN nor infinite."""
    return score is not None and math.isfinite(score)


def measures(
    points: Sequence[Point], low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    """All measures of one curve.

    ``points`` are (scale, oriented score) in the order of scale; a dropped point has the
    score None, NaN or an infinity. What is not defined is None.
    """
    kept = [(Fraction(x), Fraction(y)) for x, y in points if usable(y)]
    return exact_measures(kept, _fraction(low), _fraction(high))


def exact_measures(
    points: Sequence[tuple[Fraction, Fraction]], low: Fraction | None, high: Fraction | None
) -> dict[str, Any]:
    """The measures of points that are all usable."""
    result: dict[str, Any] = {
        "n_scales": len(points),
        "emergence_score": None,
        "sharpness": None,
        "linearity": None,
        "discontinuity": None,
        "onset": None,
        "early": None,
        "status": "empty",
        "tie_sensitive": False,
    }
    if len(points) < 2:
        return result
    scales = [x for x, _ in points]
    scores = [y for _, y in points]
    n = len(scores)
    steps = [scores[i + 1] - scores[i] for i in range(n - 1)]
    squares = [step * step for step in steps]
    span = max(scores) - min(scores)

    sign = _sign(scores.index(max(scores)) - scores.index(min(scores)))
    if span == 0:
        score = linearity = 0.0
        result["status"] = "flat"
    else:
        median = _median(squares)
        if median == 0:
            score = sign * math.inf
            result["status"] = "infinite"
        else:
            score = sign * _root(span * span / median)
            result["status"] = "finite"
        linearity = sign * _root(span * span / (sum(squares) / len(squares)))
        last_sign = _sign(_last_index(scores, max(scores)) - _last_index(scores, min(scores)))
        result["tie_sensitive"] = sign != last_sign
        onset, early = _onset(scales, steps, sign)
        result["onset"], result["early"] = onset, early
    if n < 4:
        result["status"] = "short"
    result["emergence_score"] = score
    result["sharpness"] = score / (n - 1)
    result["linearity"] = linearity
    if n >= 3 and low is not None and high is not None and low != high:
        normalised = [100 * (y - low) / (high - low) for y in scores[-3:]]
        expected = normalised[1] + (normalised[1] - normalised[0])
        result["discontinuity"] = float(normalised[2] - expected)
    return result


def curves(
    entries: Iterable[Mapping[str, Any]], lower_is_better: Iterable[str] = ()
) -> dict[tuple, dict[str, Any]]:
    """Join entries into curves, keyed on the fields of a curve, and measure each.

    An entry has task, subtask, metric, model_family, condition, shots, model, replicate,
    scale, score, low_score, high_score and n_examples.
    """
    turned = set(lower_is_better)
    names = ("task", "subtask", "metric", "model_family", "condition", "shots")
    grouped: dict[tuple, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in entries:
        grouped[tuple(entry[name] for name in names)].append(entry)
    return {key: _curve(members, -1 if key[2] in turned else 1) for key, members in grouped.items()}


def _curve(entries: list[Mapping[str, Any]], sign: int) -> dict[str, Any]:
    kept = [entry for entry in entries if usable(entry["score"])]
    runs: dict[float, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    examples: dict[float, set[int | None]] = defaultdict(set)
    for entry in kept:
        score = sign * Fraction(entry["score"])
        runs[entry["scale"]][entry["model"]].append(score)
        examples[entry["scale"]].add(entry["n_examples"])

    scales = sorted(runs)
    scores, spread = [], []
    for scale in scales:
        models = runs[scale]
        scores.append(_mean([_mean(replicates) for replicates in models.values()]))
        spread.append(_pooled_deviation(list(models.values())))
    low, high = (
        None if value is None else sign * value
        for value in (_common([_fraction(e[name]) for e in entries]) for name in BOUNDS)
    )
    points = list(zip(map(Fraction, scales), scores, strict=True))
    by_scale = [_common(list(examples[scale])) for scale in scales]
    return {
        **exact_measures(points, low, high),
        "n_dropped": len(entries) - len(kept),
        "n_ties": sum(len(models) - 1 for models in runs.values()),
        "models": [" = ".join(sorted(runs[scale], key=_bytes)) for scale in scales],
        "scales": scales,
        "scores": [float(score) for score in scores],
        "replicate_spread": spread,
        "replicates": [sum(map(len, runs[scale].values())) for scale in scales],
        "n_examples_by_scale": by_scale,
        "n_examples": _common(by_scale),
        "chance": None if low is None else float(low),
        "high_score": None if high is None else float(high),
    }


BOUNDS = ("low_score", "high_score")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8")


def _fraction(value: float | None) -> Fraction | None:
    return None if value is None or math.isnan(value) else Fraction(value)


def _common(values: list[Any]) -> Any:
    """The value of all, or None where they differ or there is none."""
    return values[0] if values and all(value == values[0] for value in values) else None


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _pooled_deviation(models: list[list[Fraction]]) -> float | None:
    """Sample standard deviation of replicates about their own model's mean, pooled."""
    freedom = sum(len(replicates) - 1 for replicates in models)
    if not freedom:
        return None
    squares = Fraction(0)
    for replicates in models:
        mean = _mean(replicates)
        squares += sum(((value - mean) ** 2 for value in replicates), Fraction(0))
    return _root(squares / freedom)


def _median(values: Sequence[Fraction]) -> Fraction:
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _last_index(values: Sequence[Fraction], value: Fraction) -> int:
    return len(values) - 1 - list(reversed(values)).index(value)


def _onset(scales: Sequence[Fraction], steps: Sequence[Fraction], sign: int) -> tuple[float, bool]:
    """Where the largest step in the curve's direction begins, and whether that is early.

    Early is decided without a logarithm: log(s/l) < log(h/l)/3 means s^3 < h l^2.
    """
    along = [sign * step for step in steps]
    start = scales[along.index(max(along))]
    lowest, highest = scales[0], scales[-1]
    share = _log(start / lowest) / _log(highest / lowest)
    return float(share), start**3 < highest * lowest**2


def _decimal(value: Fraction) -> Decimal:
    return _PRECISE.divide(Decimal(value.numerator), Decimal(value.denominator))


def _root(value: Fraction) -> float:
    return float(_PRECISE.sqrt(_decimal(value)))


def _log(value: Fraction) -> Decimal:
    with localcontext(_PRECISE):
        return _decimal(value).ln()
