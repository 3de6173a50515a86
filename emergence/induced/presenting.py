"""Predictions with their numbers and tables, as strict JSON has them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from emergence.induced.statistics import Estimate

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


def experiment(
    name: str,
    *,
    prediction: str,
    rule: str,
    shown: bool,
    numbers: Mapping[str, Any],
    tables: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return a prediction with what came out.

    Parameters
    ----------
    name, prediction, rule : str
        The task; what is predicted; and what must be for it to be shown.
    shown : bool
    numbers : mapping of str to number or text
    tables : sequence of mapping
        From `table`.

    Returns
    -------
    dict
        As `emergence.induced.experiments.experiments` describes it.
    """
    return {
        "experiment": name,
        "prediction": prediction,
        "rule": rule,
        "outcome": OUTCOMES[bool(shown)],
        "numbers": {name: _cell(value) for name, value in numbers.items()},
        "tables": list(tables),
    }


def table(caption: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> dict[str, Any]:
    """Return a table; its rows are lists of cells in the order of the columns."""
    return {
        "caption": caption,
        "columns": list(columns),
        "rows": [[_cell(value) for value in row] for row in rows],
    }


def _cell(value: Any) -> Any:
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


def numbers_of(name: str, found: Estimate) -> dict[str, Any]:
    """Return a number, its interval and its status, by what it is called."""
    return {
        name: found.value,
        f"{name}, from": found.low,
        f"{name}, to": found.high,
        f"{name}, status": status(found),
    }
