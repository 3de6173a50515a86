"""The points of scale curves as arrays, and whether their scores are counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.axes import FALLING, sizes_along
from emergence.facts.metric_catalog import Metric
from emergence.inference.model import Floats

#: A score is a whole number of examples if it is within this of one, as a share: scores are
#: published with six digits and more.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Points:
    """The points of all curves, padded, and why a curve's scores are no counts.

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
        None, or one of `emergence.inference.inference_table.MISSING`.
    """

    ids: NDArray
    length: NDArray[np.int64]
    scores: Floats
    scales: Floats
    trials: Floats
    successes: Floats
    chance: Floats
    missing: NDArray

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
        scores, scales, trials, spread = (
            _padded(curves[name], length)
            for name in ("scores", "scales", "n_examples_by_scale", "replicate_spread")
        )
        last = scales[np.arange(len(length)), np.maximum(length - 1, 0)]
        falls = np.isin(np.array(curves["axis"].to_pylist(), dtype=object), FALLING)
        slope = curves["size_slope"].to_numpy()
        scales = sizes_along(scales, last[:, None], slope[:, None], falls[:, None])
        names = curves["metric"].to_pylist()
        share = np.array([bool(metrics[name].is_share_of_examples) for name in names], bool)
        inside = np.arange(scores.shape[1]) < length[:, None]
        with np.errstate(invalid="ignore"):
            outside = inside & ~((scores >= 0) & (scores <= 1))
            successes = np.round(scores * trials)
            whole = np.abs(scores * trials - successes) <= _ROUNDING * trials
        averaged = mean_over_subtasks | ~np.isnan(spread).all(axis=1)
        averaged |= curves["n_ties"].to_numpy() > 0
        missing = np.full(len(length), None, dtype=object)
        # The first that applies is the reason: the last to be written.
        missing[(inside & ~whole).any(axis=1)] = "not_whole"
        missing[averaged] = "averaged"
        missing[(inside & np.isnan(trials)).any(axis=1)] = "n_unknown"
        missing[~share | outside.any(axis=1)] = "not_a_share"
        missing[length == 0] = "too_few_scales"
        return cls(
            ids=np.array(curves["curve_id"].to_pylist(), dtype=object),
            length=length,
            scores=scores,
            scales=scales,
            trials=trials,
            successes=successes,
            chance=curves["chance"].to_numpy(),
            missing=missing,
        )


def _padded(lists: pa.ChunkedArray, length: NDArray[np.int64]) -> Floats:
    """Return a list column as a table of floats, NaN where there is nothing."""
    table = np.full((len(length), max(int(length.max(initial=0)), 1)), np.nan)
    inside = np.arange(table.shape[1]) < length[:, None]
    values = lists.combine_chunks().flatten().cast(pa.float64())
    table[inside] = values.to_numpy(zero_copy_only=False)
    return table
