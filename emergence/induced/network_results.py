"""Measurements of all networks, as the predictions use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.induced import resampling
from emergence.induced.networks import Floats

#: Where the metrics of a task are all or nothing, and the continuous ones of the same answers
#: that vote. Token edit distance is affine in per-digit accuracy: it is shown and does not.
_DIGIT_METRICS = ("per_digit_accuracy", "per_digit_brier_score", "per_digit_log_likelihood")
METRICS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "addition": ("exact_str_match", _DIGIT_METRICS),
    "digits": ("subset_accuracy", _DIGIT_METRICS),
    "reconstruction": ("share_reconstructed", ("mean_squared_error",)),
    "parity": (
        "multiple_choice_grade",
        ("calibration_multiple_choice_brier_score", "weighted_log_probabilities"),
    ),
}

#: Conditions that say how many digits or images an answer has.
_LENGTHS = ("target_digits", "K")


def length_of(condition: str) -> int | None:
    """Return how many positions an answer has, or None where a condition says nothing of it."""
    name, _, value = condition.partition("=")
    return int(value) if name in _LENGTHS else None


#: Metrics of which less is better.
LOWER_IS_BETTER = (
    "token_edit_distance",
    "per_digit_brier_score",
    "mean_squared_error",
    "calibration_multiple_choice_brier_score",
)


# Two are never compared by content: what is computed of one is kept under its identity.
@dataclass(frozen=True, eq=False)
class Results:
    """Measurements of all networks.

    Attributes
    ----------
    rows : sequence of mapping
        The table of scores.
    outcomes : mapping of str to ndarray
        From `emergence.induced.dataset.outcomes`.
    settings : mapping
        Of the program.
    """

    rows: Sequence[Mapping[str, Any]]
    outcomes: Mapping[str, NDArray]
    settings: Mapping[str, Any]

    @cached_property
    def scores(self) -> dict[tuple[str, str, str], Floats]:
        """Scores by task, condition and metric, shape (widths, replicates); more is better."""
        found: dict[tuple[str, str, str], dict[int, list[float]]] = {}
        for row in self.rows:
            sign = -1 if row["metric"] in LOWER_IS_BETTER else 1
            curve = found.setdefault((row["task"], row["condition"], row["metric"]), {})
            curve.setdefault(row["n_params"], []).append(sign * row["score"])
        return {
            key: np.array([curve[size] for size in sorted(curve)]) for key, curve in found.items()
        }

    @cached_property
    def baselines(self) -> dict[tuple[str, str, str], float]:
        """Scores of the best constant guess, as the metric has them."""
        return {
            (row["task"], row["condition"], row["metric"]): row["low_score"] for row in self.rows
        }

    def sizes(self, task: str) -> list[int]:
        """Return the numbers of parameters of a family."""
        return sorted({row["n_params"] for row in self.rows if row["task"] == task})

    def conditions(self, task: str) -> list[str]:
        """Return the conditions of a task, in their order."""
        return list(dict.fromkeys(row["condition"] for row in self.rows if row["task"] == task))

    def right_digits(self, condition: str) -> NDArray[np.bool_]:
        """Return which digits of sums were right.

        Parameters
        ----------
        condition : str
            Which length of target.

        Returns
        -------
        ndarray of bool, shape (widths, replicates, examples, length)
        """
        bits = self.outcomes[f"addition {condition}"]
        return np.unpackbits(bits[..., None], axis=-1, count=length_of(condition)).astype(bool)

    def exact_match_by_tests(self, condition: str) -> dict[int, Floats]:
        """Return exact match of sums on the first examples of a test, by how many.

        Parameters
        ----------
        condition : str
            Which length of target.

        Returns
        -------
        dict of int to ndarray of float64, shape (widths, replicates)
            For each of the setting ``test_sizes``, from the smallest; none is larger than the
            test.
        """
        right = self.right_digits(condition).all(axis=3)
        most = right.shape[2]
        sizes = sorted({min(size, most) for size in self.settings["addition"]["test_sizes"]})
        return {size: right[:, :, :size].mean(axis=2) for size in sizes}

    def restricted(
        self, replicates: int | None = None, widths: Mapping[str, int] | None = None
    ) -> Results:
        """Return a part of the results: what another choice of networks would have found.

        Parameters
        ----------
        replicates : int, optional
            At most so many networks of each width, the first ones.
        widths : mapping of str to int, optional
            By task, the largest width that is kept.

        Returns
        -------
        Results
        """
        settings = dict(self.settings)
        seen: dict[tuple[Any, ...], int] = {}
        kept = {}
        for task in {row["task"] for row in self.rows}:
            family = settings[task]
            chosen = [w for w in family["widths"] if w <= (widths or {}).get(task, w)]
            count = min(replicates or family["replicates"], family["replicates"])
            settings[task] = {**family, "widths": chosen, "replicates": count}
            kept[task] = count, set(self.sizes(task)[: len(chosen)])
        rows = []
        for row in self.rows:
            count, sizes = kept[row["task"]]
            key = tuple(row[name] for name in ("task", "condition", "metric", "n_params"))
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= count and row["n_params"] in sizes:
                rows.append(row)
        outcomes = {}
        for name, array in self.outcomes.items():
            count, sizes = kept[name.partition(" ")[0]]
            outcomes[name] = array[: len(sizes), :count]
        return Results(rows, outcomes, settings)

    def draws(self, task: str) -> NDArray[np.int64]:
        """Return the resamples of the replicates of a family."""
        settings = self.settings[task]
        widths, replicates = len(settings["widths"]), settings["replicates"]
        return resampling.draws(self.settings["seed"], widths, replicates)
