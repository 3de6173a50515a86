"""The points of scale curves as arrays: whether scores are counts, and which law they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.axes import FALLING, sizes_along
from emergence.facts.metric_catalog import Law, Metric
from emergence.inference.model import Floats

#: A score is a whole number of examples if it is within this of one, as a share: scores are
#: published with six digits and more. As far beyond an end of the range is the end.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Points:
    """The points of all curves, padded, and what can be fitted to them.

    Attributes
    ----------
    ids : ndarray of object, shape (n_curves,)
    length : ndarray of int64, shape (n_curves,)
        Number of points.
    scores, scales, trials, successes : ndarray of float64, shape (n_curves, longest)
        NaN beyond the length. Scales of all axes are brought to parameters
        (`emergence.axes.sizes_along`), so that exponents are of these.
    chance : ndarray of float64, shape (n_curves,)
    missing : ndarray of object, shape (n_curves,)
        Why scores are no counts: None, or one of
        `emergence.inference.inference_table.MISSING`.
    law : ndarray of object, shape (n_curves,)
        The law that is fitted, one of `emergence.inference.inference_table.LAWS`; None where
        ``law_missing`` says why there is none.
    law_missing : ndarray of object, shape (n_curves,)
    values : ndarray of float64, shape (n_curves, longest)
        What the law is fitted to where scores are no counts: of a bounded score the part of its
        range from the worst to the best, of a loss its logarithm.
    floor : ndarray of float64, shape (n_curves,)
        Score of guessing as such a part, where a model that knows nothing has it; 0 where it can
        be worse; NaN where it is not known.
    error : ndarray of float64, shape (n_curves, longest)
        Standard error of ``values`` over the replicates of each model; NaN for a single run.
    runs : ndarray of float64, shape (n_curves, longest)
        Replicates behind each score; NaN beyond the length.
    """

    ids: NDArray
    length: NDArray[np.int64]
    scores: Floats
    scales: Floats
    trials: Floats
    successes: Floats
    chance: Floats
    missing: NDArray
    law: NDArray
    law_missing: NDArray
    values: Floats
    floor: Floats
    error: Floats
    runs: Floats

    @classmethod
    def of(
        cls,
        curves: pa.Table,
        metrics: Mapping[str, Metric],
        mean_over_subtasks: NDArray[np.bool_],
    ) -> Points:
        """Take the points from the table of curves.

        Parameters
        ----------
        curves : pyarrow.Table
        metrics : mapping of str to Metric
        mean_over_subtasks : ndarray of bool, shape (n_curves,)

        Returns
        -------
        Points
        """
        length = pc.list_value_length(curves["scores"]).fill_null(0).to_numpy().astype(np.int64)
        scores, scales, trials, spread, runs = (
            _padded(curves[name], length)
            for name in (
                *("scores", "scales", "n_examples_by_scale"),
                *("replicate_spread", "replicates"),
            )
        )
        last = scales[np.arange(len(length)), np.maximum(length - 1, 0)]
        falls = np.isin(np.array(curves["axis"].to_pylist(), dtype=object), FALLING)
        slope = curves["size_slope"].to_numpy()
        scales = sizes_along(scales, last[:, None], slope[:, None], falls[:, None])
        tied = curves["n_ties"].to_numpy() > 0
        # Models of one size differ by more than their replicates do.
        error = np.where(tied[:, None], np.nan, spread / np.sqrt(runs))
        names = np.array(curves["metric"].to_pylist(), dtype=object)
        share = np.array([bool(metrics[name].is_share_of_examples) for name in names], bool)
        inside = np.arange(scores.shape[1]) < length[:, None]
        with np.errstate(invalid="ignore"):
            outside = inside & ~((scores >= 0) & (scores <= 1))
            successes = np.round(scores * trials)
            whole = np.abs(scores * trials - successes) <= _ROUNDING * trials
        averaged = mean_over_subtasks | ~np.isnan(spread).all(axis=1)
        averaged |= tied
        missing = np.full(len(length), None, dtype=object)
        # The first that applies is the reason: the last to be written.
        missing[(inside & ~whole).any(axis=1)] = "not_whole"
        missing[averaged] = "averaged"
        missing[(inside & np.isnan(trials)).any(axis=1)] = "n_unknown"
        missing[~share | outside.any(axis=1)] = "not_a_share"
        missing[length == 0] = "too_few_scales"
        chance = curves["chance"].to_numpy()
        law = np.full(len(length), None, dtype=object)
        law_missing, floor, values = law.copy(), np.full(len(length), np.nan), scores.copy()
        for name in sorted(set(names)):
            rows = np.flatnonzero(names == name)
            fitted = _fitted(metrics[name], scores[rows], chance[rows])
            law[rows], law_missing[rows], values[rows], floor[rows] = fitted
            # At an end of the range only one side is inside.
            sides = [
                np.abs(_fitted(metrics[name], scores[rows] + side, chance[rows])[2] - values[rows])
                for side in (error[rows], -error[rows])
            ]
            error[rows] = np.fmax(*sides)
        counts = missing == None  # noqa: E711  elementwise
        law[counts], law_missing[counts] = "share", None
        return cls(
            ids=np.array(curves["curve_id"].to_pylist(), dtype=object),
            length=length,
            scores=scores,
            scales=scales,
            trials=trials,
            successes=successes,
            chance=chance,
            missing=missing,
            law=law,
            law_missing=law_missing,
            values=values,
            floor=floor,
            error=error,
            runs=runs,
        )


def _fitted(
    metric: Metric, scores: Floats, chance: Floats
) -> tuple[NDArray, NDArray, Floats, Floats]:
    """Law, why there is none, what it is fitted to, and floor of curves under one metric.

    Of a share of examples those that are no counts: a bounded score.
    """
    law, n = metric.law, len(scores)
    kind, missing = np.full((2, n), None, dtype=object)
    if law.kind == "none":
        missing[:] = "no_law"
        return kind, missing, scores, np.full(n, np.nan)
    if law.kind == "loss":
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log(np.log(-scores) if law.taken == "log" else -scores)
        # NaN beyond the length is no score.
        bad = (~np.isfinite(values) & ~np.isnan(scores)).any(axis=1)
        missing[bad] = "not_positive"
        kind[~bad] = "loss"
        return kind, missing, values, np.zeros(n)
    values, floor = parts_of_range(law, metric.higher_is_better, scores, chance)
    with np.errstate(invalid="ignore"):
        bad = ((values < -_ROUNDING) | (values > 1 + _ROUNDING)).any(axis=1)
    bad |= (np.isnan(values) & ~np.isnan(scores)).any(axis=1)
    missing[bad] = "outside_range"
    if "guess" in (law.lower, law.upper):
        missing[np.isnan(chance)] = "range_unknown"
    kind[missing == None] = "bounded"  # noqa: E711
    if not law.guess_is_floor:
        floor = np.zeros(n)
    return kind, missing, np.clip(values, 0.0, 1.0), floor


def parts_of_range(
    law: Law, higher_is_better: bool, scores: Floats, chance: Floats
) -> tuple[Floats, Floats]:
    """Bring bounded scores to 0 (the worst) to 1 (the best).

    Parameters
    ----------
    law : Law
        Bounded, or that of a share.
    higher_is_better : bool
        Of the metric.
    scores : ndarray of float64, shape (n_curves, n_points)
        With their sign turned where lower is better.
    chance : ndarray of float64, shape (n_curves,)
        Score of guessing, likewise; NaN where unknown.

    Returns
    -------
    parts : ndarray of float64, shape (n_curves, n_points)
        Outside of 0 to 1, or NaN, where a score is out of the metric's range.
    floor : ndarray of float64, shape (n_curves,)
        That of guessing.
    """
    worst, best = ends_of_range(law, higher_is_better, chance)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = (_taken(law, scores) - worst[:, None]) / (best - worst)[:, None]
        return parts, (_taken(law, chance) - worst) / (best - worst)


def scores_of_parts(law: Law, higher_is_better: bool, parts: Floats, chance: Floats) -> Floats:
    """Return the scores of which `parts_of_range` makes these parts.

    Parameters
    ----------
    law : Law
    higher_is_better : bool
    parts : ndarray of float64, shape (n_curves, n_points)
    chance : ndarray of float64, shape (n_curves,)

    Returns
    -------
    ndarray of float64, shape (n_curves, n_points)
        With their sign turned where lower is better.
    """
    worst, best = ends_of_range(law, higher_is_better, chance)
    values = worst[:, None] + (best - worst)[:, None] * parts
    if law.taken == "exp":
        with np.errstate(divide="ignore"):
            return np.log(values)
    return -values * values if law.taken == "root" else values


def _taken(law: Law, scores: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return {"": scores, "exp": np.exp(scores), "root": -np.sqrt(-scores)}[law.taken]


def ends_of_range(law: Law, higher_is_better: bool, chance: Floats) -> tuple[Floats, Floats]:
    """Return the worst and the best of what is taken of scores.

    Parameters
    ----------
    law : Law
    higher_is_better : bool
    chance : ndarray of float64, shape (n_curves,)
        Score of guessing, with its sign turned where lower is better.

    Returns
    -------
    worst, best : ndarray of float64, shape (n_curves,)
    """
    if law.taken == "exp":
        return np.zeros(len(chance)), np.ones(len(chance))
    sign = 1.0 if higher_is_better else -1.0
    ends = (law.lower, law.upper) if higher_is_better else (law.upper, law.lower)
    worst, best = (
        _taken(law, chance if end == "guess" else np.full(len(chance), sign * end)) for end in ends
    )
    return worst, best


def _padded(lists: pa.ChunkedArray, length: NDArray[np.int64]) -> Floats:
    """Return a list column as a table of floats, NaN where there is nothing."""
    table = np.full((len(length), max(int(length.max(initial=0)), 1)), np.nan)
    inside = np.arange(table.shape[1]) < length[:, None]
    values = lists.combine_chunks().flatten().cast(pa.float64())
    table[inside] = values.to_numpy(zero_copy_only=False)
    return table
