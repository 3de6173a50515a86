"""The verdicts once more, each time with one setting changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace
from numpy.typing import NDArray

from emergence.flags import has_flag
from emergence.inference.infer import infer, over_subtasks
from emergence.inference.intervals import wilson
from emergence.inference.points import Points
from emergence.settings import InferenceSettings, SensitivitySettings, VerdictRules
from emergence.study import Study
from emergence.verdicts.counts import counts_of_votes
from emergence.verdicts.labels import INFERENCE_INPUTS, label
from emergence.verdicts.relabelled import Relabelled
from emergence.votes import is_vote

#: Columns of the curves that votes and counts need beside the labels.
_CURVES = ("task", "metric", "model_family", "condition", "level", "n_scales")


def other_settings(study: Study) -> Iterator[Relabelled]:
    """Label a dataset under each other setting: the values of ``sensitivity``.

    Parameters
    ----------
    study : Study
        With labels.

    Yields
    ------
    Relabelled
        Its labels are those that the whole workflow gives with that setting, of all curves that
        count: subtasks beside their task, and smaller shot counts, are not inferred anew. A
        value that is the setting itself is passed over.
    """
    curves, inference, labels, metrics = study.curves, study.inference, study.labels, study.metrics
    settings = InferenceSettings.of(study.settings)
    rules = VerdictRules.of(study.settings)
    values = SensitivitySettings.of(study.settings).sensitivity

    def of(name: str, value: Any, other: VerdictRules, rows: NDArray | None = None) -> Relabelled:
        if rows is None:
            found = label(curves, inference, other)
            rows = np.arange(curves.num_rows)
        else:
            found = label(curves.take(rows), inference.take(rows), other)
        return Relabelled(name, value, rows, other, found)

    for name in ("sharpness", "fdr"):
        for value in getattr(values, name):
            if value != getattr(rules, name):
                yield of(name, value, replace(rules, **{name: value}))
    mean = over_subtasks(curves)
    points = Points.of(curves, metrics, mean)
    everything = np.arange(curves.num_rows)
    # A level moves the exponent's interval, which is looked at on curves that may be apparent
    # only; and the interval of the last score, which says what rises, on all curves.
    counts = pa.array(is_vote(_frame(curves, labels)))
    late = pc.invert(curves["early"].fill_null(False))
    sharp = pc.and_(pc.greater(curves["sharpness"], rules.sharpness), late)
    may_be = pc.and_(pc.less_equal(labels["q_rise"], rules.fdr), sharp)
    moved = _rows(pc.and_(may_be, counts))
    for value in values.level:
        if value != settings.level:
            # No verdict rests on what is resampled: one draw does.
            other = replace(settings, draws=1, level=value)
            again = infer(curves.take(moved), metrics, other, mean[moved])
            again = _with_intervals(_put(inference, moved, again), points, value)
            its_rules = replace(rules, level=value)
            found = label(curves, again, its_rules)
            yield Relabelled("level", value, everything, its_rules, found)
    if has_flag(curves["flags"], "known_bad").any():
        excluded = not rules.exclude_known_bad
        yield of("exclude_known_bad", excluded, replace(rules, exclude_known_bad=excluded))
    families = pa.array(list(rules.same_outputs.families), pa.string())
    if pc.any(pc.is_in(curves["model_family"], families)).as_py():
        none = replace(rules.same_outputs, families={})
        yield of("same_outputs", "all families", replace(rules, same_outputs=none))
    shots = sorted(pc.unique(curves["shots"].drop_null()).to_pylist())
    for value in shots if len(shots) > 1 else ():
        yield of("shots", value, rules, _rows(pc.equal(curves["shots"], value)))
    parts = pc.equal(curves["level"], "subtask")
    if pc.any(parts).as_py():
        # A task is still one vote, by its subtasks instead of its own curve.
        yield of("curves", "subtasks only", rules, _rows(parts))


def counts_otherwise(curves: pa.Table, others: Iterable[Relabelled]) -> list[dict[str, Any]]:
    """Count the verdicts under each other setting.

    Parameters
    ----------
    curves : pyarrow.Table
        All curves of the dataset.
    others : iterable of Relabelled

    Returns
    -------
    list of dict
        Ready for JSON: ``setting``, ``value``, and the counts over all votes as
        `emergence.verdicts.counts.counts_of_votes` gives them.
    """
    rows = []
    for other in others:
        some = _frame(curves.take(other.rows), other.labels)
        counts = counts_of_votes(some[is_vote(some)])
        rows.append({"setting": other.setting, "value": other.value, **counts})
    return rows


def _frame(curves: pa.Table, labels: pa.Table) -> pd.DataFrame:
    """Join what votes and counts look at."""
    return pd.concat([curves.select(list(_CURVES)).to_pandas(), labels.to_pandas()], axis=1)


def _put(inference: pa.Table, rows: NDArray[np.int64], some: pa.Table) -> pa.Table:
    """Put other rows in the place of some, in the columns that labels depend on."""
    place = np.arange(inference.num_rows)
    place[rows] = inference.num_rows + np.arange(len(rows))
    both = [table.select(list(INFERENCE_INPUTS)) for table in (inference, some)]
    return pa.concat_tables(both).take(place)


def _with_intervals(inference: pa.Table, points: Points, level: float) -> pa.Table:
    """Put the lower ends of another level in the place of those of all scores."""
    counted = points.missing == None  # noqa: E711  elementwise
    length = np.where(counted, points.length, 0)
    inside = np.arange(points.trials.shape[1]) < length[:, None]
    low, _ = wilson(points.successes[inside], points.trials[inside], level)
    ends = pa.array(np.concatenate([[0], np.cumsum(length)]), pa.int32())
    lists = pa.ListArray.from_arrays(ends, pa.array(low), mask=pa.array(~counted))
    at = inference.schema.get_field_index("interval_low")
    field = inference.schema.field(at)
    return inference.set_column(at, field, lists.cast(field.type))


def _rows(truth: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return where something holds; unknown is not."""
    return pc.indices_nonzero(truth.fill_null(False)).to_numpy().astype(np.int64)
