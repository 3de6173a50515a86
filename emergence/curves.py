"""Scale curves: the score rows of one curve joined, oriented, ordered, and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.axes import DEFAULT, Axis, sizes_along
from emergence.codes import encoded, group_starts, ranks
from emergence.curves_table import CURVES
from emergence.facts.metric_catalog import Metric
from emergence.flags import flags_of, joined
from emergence.measures import STATUSES, Measures, measure
from emergence.over_axis import scores_over
from emergence.schema import CURVE_FIELDS

#: Standard deviation of ln parameters below which the models of a curve have one size.
_SAME_SIZE = 1e-3

#: Statuses of curves with enough scales for their emergence score to mean something.
JUDGED = ("flat", "infinite", "finite")


def build_curves(
    scores: pa.Table,
    metrics: Mapping[str, Metric],
    annotations: Mapping[str, str] | None = None,
    axes: Sequence[Axis] = (DEFAULT,),
) -> pa.Table:
    """Build the table of scale curves from the table of scores.

    Replicates of a model are averaged first; then models at the same scale are, which is
    counted as ties. Scores, chance and best score are oriented: their sign is turned
    where lower is better.

    Parameters
    ----------
    scores : pyarrow.Table
        Schema `emergence.scores_table.SCORES`, in the order in which `emergence.scores.assemble`
        leaves it.
    metrics : mapping of str to Metric
        Gives every metric, known or not.
    annotations : mapping of str to str, optional
        Hand annotation by task.
    axes : sequence of Axis
        Over each of them curves are made; counts and claims rest on the first.

    Returns
    -------
    pyarrow.Table
        Schema `emergence.curves_table.CURVES`, axis after axis, in the order of the curves'
        fields. A curve without a usable score is there, with status ``empty``; over another axis
        than parameters curves without any place are not.
    """
    parts = []
    for axis in axes:
        some = scores if axis == DEFAULT else scores_over(scores, axis)
        if some.num_rows:
            parts.append(_curves_over(some, axis, axis == axes[0], metrics, annotations or {}))
    return pa.concat_tables(parts) if parts else CURVES.empty_table()


def _curves_over(
    scores: pa.Table,
    axis: Axis,
    main: bool,
    metrics: Mapping[str, Metric],
    annotations: Mapping[str, str],
) -> pa.Table:
    """Build the curves over one axis, of whose scores there are some."""
    row_curve = _curve_of_row(scores)
    curve_starts = group_starts(row_curve)
    n_curves = len(curve_starts)
    wanted = ["curve_id", *CURVE_FIELDS, "level", "output_group"]
    heads = scores.select(wanted).take(pa.array(curve_starts))
    known = [metrics[name] for name in heads["metric"].to_pylist()]
    sign = np.array([1.0 if metric.higher_is_better else -1.0 for metric in known])

    used = pc.equal(scores["use"], "used").to_numpy()
    n_dropped = np.bincount(row_curve[~used], minlength=n_curves)
    points = _points(scores, row_curve, used, sign)
    slope = _size_slopes(points, axis, n_curves)
    measures, chance, best = _measures(scores, row_curve, points, sign, slope, axis)

    lengths = np.bincount(points.curve, minlength=n_curves)
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))), pa.int32())

    def per_scale(values: pa.Array) -> pa.ListArray:
        return pa.ListArray.from_arrays(offsets, values)

    status = np.array(STATUSES, dtype=object)[measures.status]
    columns = {
        **{name: heads[name] for name in wanted},
        "axis": pa.repeat(pa.scalar(axis.name), n_curves),
        "main_axis": pa.repeat(pa.scalar(main), n_curves),
        "metric_group": pa.array([metric.group for metric in known], pa.string()),
        "annotation": pa.array(
            [annotations.get(task) for task in heads["task"].to_pylist()], pa.string()
        ),
        "is_preferred": _common(scores["is_preferred"], row_curve, n_curves),
        "n_scales": pa.array(measures.n_scales, pa.int64()),
        "n_dropped": pa.array(n_dropped, pa.int64()),
        "n_ties": pa.array(
            np.bincount(points.curve, points.models - 1, minlength=n_curves).astype(np.int64)
        ),
        "models": per_scale(pa.array(points.names, pa.string())),
        "scales": per_scale(pa.array(points.scale)),
        "size_slope": _nullable(slope),
        "scores": per_scale(pa.array(points.score)),
        "n_examples": _common_examples(points, n_curves),
        "n_examples_by_scale": per_scale(points.n_examples),
        "replicate_spread": per_scale(_nullable(points.spread)),
        "replicates": per_scale(pa.array(points.runs, pa.int64())),
        "chance": _nullable(chance),
        "high_score": _nullable(best),
        "emergence_score": _nullable(measures.emergence_score),
        "sharpness": _nullable(measures.sharpness),
        "linearity": _nullable(measures.linearity),
        "discontinuity": _nullable(measures.discontinuity),
        "onset": _nullable(measures.onset),
        "early": pa.array(measures.early, mask=np.isnan(measures.onset)),
        "status": pa.array(status, pa.string()),
        "tie_sensitive": pa.array(measures.tie_sensitive),
        "flags": _all_flags(scores["flags"], curve_starts),
    }
    return pa.table({name: columns[name] for name in CURVES.names}).cast(CURVES)


@dataclass(frozen=True)
class _Points:
    """The points of all curves, one a scale, in the order of curve and scale."""

    curve: NDArray[np.int64]
    scale: NDArray[np.float64]
    log_size: NDArray[np.float64]
    score: NDArray[np.float64]
    spread: NDArray[np.float64]
    runs: NDArray[np.int64]
    models: NDArray[np.int64]
    names: list[str]
    n_examples: pa.Array


def _curve_of_row(scores: pa.Table) -> NDArray[np.int64]:
    """Return the number of the curve of each row; rows of a curve stand together."""
    ids = scores["curve_id"].combine_chunks()
    curve = np.zeros(scores.num_rows, np.int64)
    changed = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1))
    curve[1:] = changed.to_numpy(zero_copy_only=False)
    return np.cumsum(curve)


def _points(
    scores: pa.Table, row_curve: NDArray[np.int64], used: NDArray[np.bool_], sign: NDArray
) -> _Points:
    rows = np.flatnonzero(used)
    curve = row_curve[rows]
    # Texts are the larger part of the table, and this needs one of them.
    # Over parameters nothing is asked of the size beside them.
    sizes = ["n_params"] if "n_params" in scores.column_names else []
    table = scores.select(["scale", "score", "model", "n_examples", *sizes]).take(pa.array(rows))
    scale = table["scale"].to_numpy()
    score = table["score"].to_numpy() * sign[curve] + 0.0  # no -0.0
    model = ranks(table["model"])

    # Rows come sorted by scale and model: the replicates of a model stand together.
    of_model = group_starts(_changes(curve, scale, model))
    count = np.diff(np.concatenate((of_model, [len(rows)])))
    mean = _means(score, of_model, count)
    residual = score - np.repeat(mean, count)
    squares = _sums(residual**2, of_model)

    # A scale's models stand together likewise.
    of_scale = group_starts(_changes(curve[of_model], scale[of_model]))
    models = np.diff(np.concatenate((of_scale, [len(of_model)])))
    tied_mean = _means(mean, of_scale, models)
    freedom = _sums(count - 1, of_scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Pooled over tied models; of a single run nothing is known.
        spread = np.sqrt(_sums(squares, of_scale) / freedom)
    spread[freedom == 0] = np.nan

    names = table["model"].take(pa.array(of_model)).to_pylist()
    joined = [
        names[start] if size == 1 else " = ".join(names[start : start + size])
        for start, size in zip(of_scale, models, strict=True)
    ]
    first_row = of_model[of_scale]
    rows_of_scale = np.diff(np.concatenate((first_row, [len(rows)])))
    point_of_row = np.repeat(np.arange(len(of_scale)), rows_of_scale)
    n_examples = _common(table["n_examples"], point_of_row, len(of_scale))
    return _Points(
        curve=curve[first_row],
        scale=scale[first_row],
        log_size=_means(np.log(table["n_params"].to_numpy()[of_model]), of_scale, models)
        if sizes
        else np.zeros(len(first_row)),
        score=tied_mean,
        spread=spread,
        runs=rows_of_scale,
        models=models,
        names=joined,
        n_examples=n_examples,
    )


def _changes(*columns: NDArray) -> NDArray[np.int64]:
    """Count up at each row that differs from the one before it in some column."""
    change = np.zeros(len(columns[0]), bool)
    for column in columns:
        change[1:] |= column[1:] != column[:-1]
    return np.cumsum(change)


def _sums(values: NDArray, starts: NDArray[np.intp]) -> NDArray:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def _means(
    values: NDArray[np.float64], starts: NDArray[np.intp], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean of each group; equal values have exactly that value as their mean.

    The rounding of sum / count would otherwise make a step out of replicates that agree.
    """
    means = _sums(values, starts) / counts
    if not len(starts):
        return means
    # The last digits depend on the order and on the parts of the sum: they would make a step
    # out of two means that are equal.
    several = np.flatnonzero(counts > 1)
    means[several] = [float(f"{mean:.14g}") for mean in means[several]]
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    return np.clip(means, low, high)


def _common(column: pa.ChunkedArray, group: NDArray[np.int64], n_groups: int) -> pa.Array:
    """Value of each group where all its rows agree, else null; rows of a group are together."""
    starts = group_starts(group)
    present = group[starts] if len(starts) else group[:0]
    rank = ranks(column)
    agree = np.zeros(n_groups, bool)
    first = np.zeros(n_groups, np.int64)
    if len(starts):
        agree[present] = np.minimum.reduceat(rank, starts) == np.maximum.reduceat(rank, starts)
        first[present] = starts
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not len(values):
        return pa.nulls(n_groups, values.type)
    taken = values.take(pa.array(first))
    return pc.if_else(pa.array(agree), taken, pa.scalar(None, values.type))


def _all_flags(flags: pa.ChunkedArray, starts: NDArray[np.intp]) -> pa.Array:
    """Return the flags of each curve: all that its rows have, in the order of their names."""
    column = encoded(flags)
    codes = column.indices.to_numpy()
    sets = [flags_of(text) for text in column.dictionary.to_pylist()]
    found: list[str] = sorted(set().union(*sets))
    bits = np.array([sum(1 << found.index(name) for name in names) for names in sets], np.int64)
    of_curve = np.bitwise_or.reduceat(bits[codes], starts)
    texts = {
        value: joined({name for i, name in enumerate(found) if value >> i & 1})
        for value in np.unique(of_curve).tolist()
    }
    return pa.array([texts[value] for value in of_curve.tolist()], pa.string())


def _common_examples(points: _Points, n_curves: int) -> pa.Array:
    return _common(points.n_examples, points.curve, n_curves)


def _measures(
    scores: pa.Table,
    row_curve: NDArray[np.int64],
    points: _Points,
    sign: NDArray[np.float64],
    slope: NDArray[np.float64],
    axis: Axis,
) -> tuple[Measures, NDArray[np.float64], NDArray[np.float64]]:
    """Measure all curves; chance and best score come oriented, NaN where unknown."""
    n_curves = len(sign)
    chance, best = (
        _common(scores[name], row_curve, n_curves).to_numpy(zero_copy_only=False).astype(float)
        * sign
        + 0.0
        for name in ("low_score", "high_score")
    )
    padded_score, padded_scale = (
        _padded(values, points.curve, n_curves) for values in (points.score, points.scale)
    )
    last = np.full(n_curves, np.nan)
    last[points.curve] = points.scale  # of several points of a curve the last one stays
    sizes = sizes_along(padded_scale, last[:, None], slope[:, None], np.array(axis.falls))
    return measure(padded_score, sizes, chance, best), chance, best


def _padded(values: NDArray, curve: NDArray[np.int64], n_curves: int) -> NDArray[np.float64]:
    """Return the values of points with one row a curve, NaN beyond its length."""
    lengths = np.bincount(curve, minlength=n_curves)
    position = np.arange(len(curve)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    padded = np.full((n_curves, max(int(lengths.max(initial=0)), 1)), np.nan)
    padded[curve, position] = values
    return padded


def _size_slopes(points: _Points, axis: Axis, n_curves: int) -> NDArray[np.float64]:
    """Return d ln parameters / d ln place of each curve, towards better models.

    The slope of a straight line through its models. NaN where the size is the same along a curve,
    or falls with its models' place: nothing is then known of exponents over parameters.
    """
    if axis == DEFAULT:
        return np.ones(n_curves)
    place = np.log(points.scale) * (-1.0 if axis.falls else 1.0)
    x, y = (_padded(values, points.curve, n_curves).T for values in (place, points.log_size))
    inside = ~np.isnan(x)
    n = inside.sum(axis=0)
    # Sums over points as loops: a curve's slope depends on its own points alone.
    sums = np.zeros((5, n_curves))
    with np.errstate(invalid="ignore", divide="ignore"):
        for row_x, row_y, there in zip(x, y, inside, strict=True):
            dx, dy = row_x - x[0], row_y - y[0]
            for total, term in zip(sums, (dx, dy, dx * dx, dx * dy, dy * dy), strict=True):
                total += np.where(there, term, 0.0)
        mx, my = sums[0] / n, sums[1] / n
        slope = (sums[3] / n - mx * my) / (sums[2] / n - mx * mx)
        varies = sums[4] / n - my * my > _SAME_SIZE**2
    known = varies & (slope > 0) & np.isfinite(slope) & (n >= 2)
    return np.array(
        [float(f"{s:.6g}") if k else np.nan for s, k in zip(slope, known, strict=True)], np.float64
    )


def _nullable(values: NDArray[np.float64]) -> pa.Array:
    """Null where NaN: what is not known is no number. Infinity stays."""
    return pa.array(values, mask=np.isnan(values))
