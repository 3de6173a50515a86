"""Predictions with their numbers and tables, as strict JSON has them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.induced.resampling import Estimate

#: What can come out, in the order in which experiments are listed.
OUTCOMES = ("not shown", "shown")

#: Metrics as the tables call them, where that is not their name with blanks.
_WORDS: Mapping[str, str] = {
    "exact_str_match": "exact match",
    "calibration_multiple_choice_brier_score": "Brier score",
    "weighted_log_probabilities": "log-likelihood",
    "per_digit_brier_score": "Brier score",
    "per_digit_log_likelihood": "log-likelihood",
}


def words(metric: str) -> str:
    """Return what a metric is called in a sentence."""
    return _WORDS.get(metric, metric.replace("_", " ").replace("per digit", "per-digit"))


@dataclass(frozen=True)
class Prediction:
    """What was predicted before anything came out.

    Attributes
    ----------
    name : str
        What it is called, in a few words.
    task : str
        Whose networks.
    prediction : str
        What is predicted.
    rule : str
        What must be for it to be shown.
    claim : int, optional
        The published claim for which this is an existence proof.
    """

    name: str
    task: str
    prediction: str
    rule: str
    claim: int | None = None


def experiment(
    predicted: Prediction,
    *,
    shown: bool,
    reading: Sequence[str] = (),
    numbers: Mapping[str, Any],
    tables: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return a prediction with what came out.

    Parameters
    ----------
    predicted : Prediction
    shown : bool
    reading : sequence of str
        What is seen, in sentences; why, where it did not come out.
    numbers : mapping of str to number, text or Estimate
    tables : sequence of mapping
        From `table`.

    Returns
    -------
    dict
        As `emergence.induced.experiments.experiments` describes it.
    """
    return {
        "id": predicted.name.replace(" ", "-"),
        "name": predicted.name,
        "task": predicted.task,
        "prediction": predicted.prediction,
        "claim": predicted.claim,
        "rule": predicted.rule,
        "outcome": OUTCOMES[bool(shown)],
        "reading": [_begun(sentence) for sentence in reading],
        "numbers": [{"name": name, **_number(value)} for name, value in numbers.items()],
        "tables": list(tables),
    }


def counted(found: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Count the predictions, and those of them that were shown.

    Parameters
    ----------
    found : sequence of mapping
        From `experiment`.

    Returns
    -------
    dict
        ``predictions`` and ``shown``.
    """
    shown = sum(one["outcome"] == "shown" for one in found)
    return {"predictions": len(found), "shown": shown}


def table(caption: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> dict[str, Any]:
    """Return a table; its rows are lists of cells in the order of the columns."""
    return {
        "caption": caption,
        "columns": list(columns),
        "rows": [[cell(value) for value in row] for row in rows],
    }


def cell(value: Any) -> Any:
    """Return a cell as strict JSON has it: a number that is not finite is null."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def ends(found: Estimate) -> tuple[float, float, float]:
    """Return a number and the ends of its interval, as cells."""
    return found.value, found.low, found.high


def with_status(found: Estimate) -> tuple[float, float, float, str]:
    """Return the same, and which of them are not finite."""
    return (*ends(found), status(found))


def status(found: Estimate) -> str:
    """Return ``finite``, or what a number or an end of its interval is instead."""
    parts = {"": found.value, "from ": found.low, "to ": found.high}
    said = [f"{name}infinite" for name, value in parts.items() if math.isinf(value)]
    said += [f"{name}unknown" for name, value in parts.items() if math.isnan(value)]
    return "; ".join(said) or "finite"


def _begun(sentence: str) -> str:
    """Return a sentence with a capital letter, unless a condition begins it."""
    named = "=" in sentence.partition(" ")[0]
    return sentence if named else sentence[:1].upper() + sentence[1:]


def _number(value: Any) -> dict[str, Any]:
    """Return a number with the ends of its interval; the status says what is not finite."""
    if not isinstance(value, Estimate):
        alone = "no interval"
        if isinstance(value, float) and not math.isfinite(value):
            alone = "infinite" if math.isinf(value) else "unknown"
        return {"value": cell(value), "low": None, "high": None, "status": alone}
    low, high = (cell(end) for end in (value.low, value.high))
    return {"value": cell(value.value), "low": low, "high": high, "status": status(value)}


def said(found: Estimate) -> str:
    """Return a number with its interval, for a sentence: 5.9 (4.3 to 9.6)."""
    return f"{short(found.value)} ({short(found.low)} to {short(found.high)})"


def short(value: float) -> str:
    """Return a number with three significant digits, for a sentence."""
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite"
    if value and abs(value) < 0.0001:
        return f"{value:.1e}".replace("-", "\N{MINUS SIGN}")
    text = f"{value:#.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.rstrip(".").replace("-", "\N{MINUS SIGN}")


def listed(parts: Sequence[str]) -> str:
    """Join the parts of a sentence: a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
