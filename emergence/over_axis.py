"""The scores of a dataset as points of curves over another axis than parameters."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.axes import SIZE_KEY, Axis
from emergence.codes import encoded, group_starts, joint_ranks, ranks, stable_order
from emergence.identity import curve_ids, measured
from emergence.schema import CURVE_FIELDS

#: The use of a score that has no place on an axis: it is unknown, or 0 on a logarithmic scale, as
#: the tokens of a model before its training.
NO_PLACE = "no_place"


def scores_over(scores: pa.Table, axis: Axis) -> pa.Table:
    """Arrange the scores by the curves over an axis.

    Parameters
    ----------
    scores : pyarrow.Table
        Schema `emergence.scores_table.SCORES`, of one dataset.
    axis : Axis
        Another one than parameters.

    Returns
    -------
    pyarrow.Table
        The rows of curves that have some place on the axis, with its values as ``scale`` and the
        parameters as ``n_params``; ``condition`` without what the axis absorbs, and with the size
        where that is fixed; ``curve_id`` with the axis. In the order of curve, place (the worst
        model first), model and replicate. A row without a place has the use `NO_PLACE`.
    """
    place = scores[axis.column].to_numpy().astype(np.float64, copy=False)
    with np.errstate(invalid="ignore"):
        placed = place > 0
    condition = _conditions(scores, axis)
    columns = {name: ranks(scores[name]) for name in CURVE_FIELDS[1:] if name != "condition"}
    columns["condition"] = ranks(condition)
    curve = joint_ranks([columns[name] for name in CURVE_FIELDS[1:]])
    there = np.zeros(int(curve.max(initial=-1)) + 1, bool)
    there[curve[placed]] = True
    by_place = ranks(pa.array(np.where(placed, -place if axis.falls else place, np.inf)))
    of_model = [ranks(scores[name]) for name in ("model", "replicate")]
    order = stable_order([curve, joint_ranks([by_place, *of_model])])
    order = order[there[curve[order]]]
    used = pc.equal(scores["use"], "used").to_numpy()
    use = np.where(used & ~placed, NO_PLACE, scores["use"].to_pylist())
    changed = {
        "n_params": scores["scale"],
        "scale": pa.array(np.where(placed, place, np.nan)),
        "condition": condition,
        "use": pa.array(use.tolist(), pa.string()),
    }
    kept = [name for name in scores.column_names if name not in (*changed, "curve_id")]
    table = pa.table({**{name: scores[name] for name in kept}, **changed}).take(pa.array(order))
    return table.append_column("curve_id", _ids(table, curve[order], axis))


def _conditions(scores: pa.Table, axis: Axis) -> pa.Array:
    """Return the condition of each row without what the axis absorbs."""
    column = encoded(scores["condition"])
    without = [_kept(text, axis.absorbs) for text in column.dictionary.to_pylist()]
    codes = column.indices.to_numpy()
    if not axis.fixes_size:
        return pa.array([_joined(without[code]) for code in codes.tolist()], pa.string())
    sizes = [f"{SIZE_KEY}={size:.17g}" for size in scores["scale"].to_pylist()]
    rows = zip(codes.tolist(), sizes, strict=True)
    return pa.array([_joined([*without[code], size]) for code, size in rows], pa.string())


def _kept(condition: str, absorbed: Sequence[str]) -> list[str]:
    """Return the pairs of a condition whose keys are not absorbed."""
    pairs = condition.split(";") if condition else []
    return [pair for pair in pairs if unquote(pair.partition("=")[0]) not in absorbed]


def _joined(pairs: Sequence[str]) -> str:
    return ";".join(sorted(pairs))


def _ids(table: pa.Table, curve: NDArray[np.integer], axis: Axis) -> pa.Array:
    """Return the curve's id of each row; rows of a curve stand together."""
    starts = group_starts(curve)
    heads = table.select(CURVE_FIELDS).take(pa.array(starts))
    fields = [
        [measured("" if value is None else str(value)) for value in heads[name].to_pylist()]
        for name in CURVE_FIELDS
    ]
    fields.append([measured(axis.name)] * len(starts))
    times = np.diff(np.concatenate((starts, [len(curve)])))
    return pa.array(np.repeat(np.array(curve_ids(fields), dtype=object), times), pa.string())
