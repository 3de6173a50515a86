"""Datasets of curves that were drawn, through the stages, without a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from emergence.facts.metric_catalog import Metrics
from emergence.scores import assemble
from emergence.scores_table import OF_AXES, SOURCE_REJECTS, SOURCE_ROWS
from emergence.simulate.curves import even_scales
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.study import Study

#: Stands between the number of a dataset and the name of a task while several are together.
_BETWEEN = "/"


def scores_of(
    names: Mapping[str, Sequence[str]],
    scores: ArrayLike,
    metrics: Metrics,
    *,
    examples: int | None,
    chance: ArrayLike,
    preferred: ArrayLike = True,
) -> pa.Table:
    """Make the table of scores of drawn curves, on an even grid of scales.

    Parameters
    ----------
    names : mapping of str to sequence of str
        ``task``, ``metric`` and ``model_family`` of each curve.
    scores : array_like of float, shape (n_curves, n_points)
    metrics : Metrics
    examples : int or None
        Of every score; None is unknown.
    chance : array_like of float, shape (n_curves,) or ()
        Score of guessing; NaN is unknown.
    preferred : array_like of bool, shape (n_curves,) or ()

    Returns
    -------
    pyarrow.Table
        Schema `emergence.scores_table.SCORES`.
    """
    y = np.asarray(scores, np.float64)
    n_curves, n_points = y.shape
    curve = np.repeat(np.arange(n_curves), n_points)
    point = np.tile(np.arange(n_points), n_curves)
    low = np.broadcast_to(np.asarray(chance, np.float64), n_curves)[curve]
    columns = {
        **{name: pa.array(np.array(values)[curve].tolist()) for name, values in names.items()},
        **{name: pa.array([""] * y.size) for name in ("subtask", "condition", "replicate")},
        "model": pa.array([f"m{i}" for i in point]),
        "shots": pa.nulls(y.size, pa.int64()),
        "scale": pa.array(even_scales(n_points)[point]),
        "scale_kind": pa.array(["nominal"] * y.size),
        **{name: pa.nulls(y.size, pa.float64()) for name in OF_AXES},
        "score": pa.array(y.ravel()),
        "score_stderr": pa.nulls(y.size, pa.float64()),
        "n_examples": pa.array([examples] * y.size, pa.int64()),
        "low_score": pa.array(low, mask=np.isnan(low)),
        "high_score": pa.array(np.ones(y.size)),
        "is_preferred": pa.array(np.broadcast_to(preferred, n_curves)[curve]),
        "source_file": pa.array(["drawn"] * y.size),
        "source_entry": pa.array([f"{i}/{j}" for i, j in zip(curve, point, strict=True)]),
    }
    rows = pa.table({name: columns[name] for name in SOURCE_ROWS.names}).cast(SOURCE_ROWS)
    return assemble("drawn", rows, SOURCE_REJECTS.empty_table(), metrics).scores


def in_dataset(number: int, task: str) -> str:
    """Name a task of one of several datasets that are inferred together."""
    return f"{number:05d}{_BETWEEN}{task}"


def labelled(
    scores: Sequence[pa.Table],
    metrics: Metrics,
    settings: Mapping[str, Any],
    **known: Any,
) -> Iterator[Study]:
    """Infer the curves of many datasets together, and label each dataset by itself.

    Parameters
    ----------
    scores : sequence of pyarrow.Table
        Schema `emergence.scores_table.SCORES`; the tasks are named by `in_dataset`.
    metrics : Metrics
    settings : mapping
        Those of the workflow.
    **known
        As for `Study`: annotations, inventory.

    Yields
    ------
    Study
        With labels, by the number of the dataset.
    """
    together = pa.concat_tables(scores)
    study = infer(
        measure(
            Study(
                "drawn",
                {},
                settings,
                known={"scores": together, "metrics": metrics, "annotations": {}},
            )
        )
    )
    task = study.curves["task"].to_pylist()
    number = np.array([int(name.split(_BETWEEN)[0]) for name in task])
    own_names = pa.array([name.split(_BETWEEN, 1)[1] for name in task])
    at = study.curves.schema.get_field_index("task")
    curves = study.curves.set_column(at, study.curves.schema.field(at), own_names)
    for one in np.unique(number):
        rows = np.flatnonzero(number == one)
        known_here = {"metrics": metrics, "annotations": {}, "inventory": (), **known}
        known_here |= {"curves": curves.take(rows), "inference": study.inference.take(rows)}
        yield label(pool(Study("drawn", {}, settings, known=known_here)))
