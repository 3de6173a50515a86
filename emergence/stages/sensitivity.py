"""The verdicts once more, each time with one setting changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.flags import has_flag
from emergence.inference.infer import over_subtasks
from emergence.inference.intervals import wilson
from emergence.inference.points import Points
from emergence.settings import SensitivitySettings, VerdictRules
from emergence.stages.label import label
from emergence.stages.pool import pool
from emergence.study import Study
from emergence.verdicts.counts import counts_of_votes
from emergence.verdicts.relabelled import Relabelled
from emergence.votes import is_vote

#: Settings that move what the tasks of a unit say together; the others move labels only.
_POOLED = {"level", "exclude_known_bad", "same_outputs"}

#: Columns of the curves that votes and counts need beside the labels.
_CURVES = ("task", "metric", "model_family", "condition", "main_axis", "level", "n_scales")


def other_settings(study: Study) -> Iterator[Relabelled]:
    """Label a dataset under each other setting: the values of ``sensitivity``.

    Parameters
    ----------
    study : Study
        With labels.

    Yields
    ------
    Relabelled
        Its labels are those that the whole workflow gives with that setting. A value that is the
        setting itself is passed over.
    """
    # Votes are over one axis, and no unit has curves over two.
    main = _rows(study.curves["main_axis"])
    if len(main) < study.curves.num_rows:
        names = ("curves", "inference", "pooled", "labels")
        study = study.having(**{name: getattr(study, name).take(main) for name in names})
    curves, rules = study.curves, VerdictRules.of(study.settings)
    values = SensitivitySettings.of(study.settings).sensitivity
    everything = np.arange(curves.num_rows)

    def of(name: str, value: Any, *, rows: NDArray = everything, **settings: Any) -> Relabelled:
        other = study.under(**settings)
        if "level" in settings:
            other = other.having(inference=_with_intervals(study, settings["level"]))
        if len(rows) < curves.num_rows:
            other = other.having(curves=curves.take(rows), inference=study.inference.take(rows))
        if len(rows) < curves.num_rows or settings.keys() & _POOLED:
            other = pool(other)
        its_rules = VerdictRules.of(other.settings)
        return Relabelled(name, value, main[rows], its_rules, label(other).labels)

    for name in ("sharpness", "fdr", "level"):
        for value in getattr(values, name):
            if value != getattr(rules, name):
                yield of(name, value, **{name: value})
    if has_flag(curves["flags"], "known_bad").any():
        excluded = not rules.exclude_known_bad
        yield of("exclude_known_bad", excluded, exclude_known_bad=excluded)
    families = pa.array(list(rules.same_outputs.families), pa.string())
    if pc.any(pc.is_in(curves["model_family"], families)).as_py():
        none = {**study.settings["same_outputs"], "families": {}}
        yield of("same_outputs", "all families", same_outputs=none)
    shots = sorted(pc.unique(curves["shots"].drop_null()).to_pylist())
    for value in shots if len(shots) > 1 else ():
        yield of("shots", value, rows=_rows(pc.equal(curves["shots"], value)))
    parts = pc.equal(curves["level"], "subtask")
    if pc.any(parts).as_py():
        # A task is still one vote, by its subtasks instead of its own curve.
        yield of("curves", "subtasks only", rows=_rows(parts))


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


def _with_intervals(study: Study, level: float) -> pa.Table:
    """Put the lower ends of the scores' intervals at another level in place of the inference's."""
    mean = over_subtasks(study.curves)
    points = Points.of(study.curves, study.metrics, mean)
    counted = points.missing == None  # noqa: E711  elementwise
    length = np.where(counted, points.length, 0)
    inside = np.arange(points.trials.shape[1]) < length[:, None]
    low, _ = wilson(points.successes[inside], points.trials[inside], level)
    ends = pa.array(np.concatenate([[0], np.cumsum(length)]), pa.int32())
    lists = pa.ListArray.from_arrays(ends, pa.array(low), mask=pa.array(~counted))
    at = study.inference.schema.get_field_index("interval_low")
    field = study.inference.schema.field(at)
    return study.inference.set_column(at, field, lists.cast(field.type))


def _rows(truth: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return where something holds; unknown is not."""
    return pc.indices_nonzero(truth.fill_null(False)).to_numpy().astype(np.int64)
