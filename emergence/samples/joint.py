"""Joint resampling: the examples of a task are drawn once for all its models and metrics.

What a curve draws depends on its task, the task's examples and the seed: its row is the same in
whatever company. An interval of a sharpness is of the sharpness *at this many examples*, which is
another one than at infinitely many: see docs/calibration.md, "Joint resampling".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.measures import measure
from emergence.progress import Progress
from emergence.samples.choices import CHAIN
from emergence.samples.order import order_by_scale
from emergence.samples.resampled_table import METRIC_DIFFERENCES, MODEL_DIFFERENCES, RESAMPLED
from emergence.samples.resampling import Examples, drawn_means, interval, stream
from emergence.settings import ResamplingSettings

Floats = NDArray[np.float64]

#: What curves of the same answers share.
_OUTPUTS = ("task", "subtask", "model_family", "condition", "shots")

_CURVE = ("curve_id", "dataset", *_OUTPUTS, "metric", "models", "scales", "scores", "sharpness")

#: Shares of the examples at which a sharpness is shown.
_SHARES = {"quarter": 0.25, "half": 0.5}


@dataclass
class Jointly:
    """Results of resampling the examples of a dataset: rows of the three tables.

    Attributes
    ----------
    resampled, metric_differences, model_differences : list of dict
    """

    resampled: list[dict[str, Any]] = field(default_factory=list)
    metric_differences: list[dict[str, Any]] = field(default_factory=list)
    model_differences: list[dict[str, Any]] = field(default_factory=list)

    def tables(self) -> dict[str, pa.Table]:
        """Return the tables by name."""
        return {
            "resampled": pa.Table.from_pylist(self.resampled, RESAMPLED),
            "metric_differences": pa.Table.from_pylist(self.metric_differences, METRIC_DIFFERENCES),
            "model_differences": pa.Table.from_pylist(self.model_differences, MODEL_DIFFERENCES),
        }


@dataclass(frozen=True)
class SampledCurve:
    """A curve with its outcomes.

    Attributes
    ----------
    row : mapping
        Of the table of curves.
    examples : str
        Digest of which examples.
    clusters : ndarray or None
    steps : ndarray of float64, shape (n_examples, n_scores)
        Whole numbers.
    units : ndarray of float64, shape (n_scores,)
        What a step is worth, with the sign that orients it.
    averaged : list of list of list of int
        For each scale its models, for each of these its scores: those of its replicates.
    """

    row: Mapping[str, Any]
    examples: str
    clusters: NDArray[np.int32] | None
    steps: Floats
    units: Floats
    averaged: list[list[list[int]]]

    def at_scales(self, means: Floats) -> Floats:
        """Average means of steps (rows x scores) into oriented scores (rows x scales)."""
        scores = means * self.units
        return np.stack(
            [
                _mean([_mean([scores[:, at] for at in model]) for model in models])
                for models in self.averaged
            ],
            axis=1,
        )


def _mean(columns: Sequence[Floats]) -> Floats:
    total = columns[0]
    for column in columns[1:]:
        total = total + column
    return total / len(columns) if len(columns) > 1 else total


def resample_jointly(
    curves: pa.Table,
    outcomes: pa.Table,
    higher_is_better: Mapping[str, bool],
    settings: ResamplingSettings,
    progress: Progress | None = None,
) -> Jointly:
    """Resample the examples of every task, and measure its curves again.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.curves_table.CURVES`.
    outcomes : pyarrow.Table
        Schema `emergence.samples.outcomes_table.OUTCOMES`; those of other curves are passed over.
    higher_is_better : mapping of str to bool
        By metric.
    settings : ResamplingSettings
    progress : Progress, optional
        Told how many tasks are done.

    Returns
    -------
    Jointly
        Rows in the order of the curves.
    """
    found = Jointly()
    tasks, undrawn = curves_by_task(curves, outcomes, higher_is_better)
    found.resampled += [_of(row, missing=why) for row, why in undrawn]
    if progress is not None:
        progress.begin("tasks", 0, len(tasks))
    for done, (key, some) in enumerate(tasks.items(), 1):
        _task(key, some, settings, found)
        if progress is not None:
            progress.reached(done)
    place = {curve: at for at, curve in enumerate(curves["curve_id"].to_pylist())}
    for name in ("resampled", "model_differences", "metric_differences"):
        getattr(found, name).sort(key=lambda row: place[row["curve_id"]])
    return found


def curves_by_task(
    curves: pa.Table, outcomes: pa.Table, higher_is_better: Mapping[str, bool]
) -> tuple[dict[str, list[SampledCurve]], list[tuple[Mapping[str, Any], str]]]:
    """Gather the curves whose examples are drawn together.

    Parameters
    ----------
    curves, outcomes, higher_is_better
        As for `resample_jointly`.

    Returns
    -------
    tasks : dict of str to list of SampledCurve
        By a key that names dataset, task and examples: that of the draws.
    undrawn : list of tuple
        Curves whose examples cannot be drawn, with one of `MISSING`.
    """
    tasks: dict[str, list[SampledCurve]] = {}
    undrawn = []
    rows, parts = _by_curve(curves, outcomes)
    for row in rows:
        part = parts[row["curve_id"]]
        missing = _why_not(part)
        if missing:
            undrawn.append((row, missing))
            continue
        curve = _curve(row, part, 1.0 if higher_is_better[row["metric"]] else -1.0)
        key = "/".join((row["dataset"], row["task"], row["subtask"], curve.examples))
        tasks.setdefault(key, []).append(curve)
    return tasks, undrawn


def _by_curve(
    curves: pa.Table, outcomes: pa.Table
) -> tuple[list[dict[str, Any]], dict[str, pa.Table]]:
    """Return the curves that have outcomes, and the outcomes of each."""
    ids = outcomes["curve_id"].combine_chunks()
    there = curves.filter(pc.is_in(curves["curve_id"], value_set=ids.unique()))
    rows = there.select(list(_CURVE)).to_pylist()
    codes = pc.index_in(ids, pa.array([row["curve_id"] for row in rows], pa.string()))
    of_row = codes.fill_null(-1).to_numpy(zero_copy_only=False)
    return rows, {
        row["curve_id"]: outcomes.take(np.flatnonzero(of_row == at)) for at, row in enumerate(rows)
    }


def _why_not(part: pa.Table) -> str | None:
    if part["examples"].null_count:
        return "answers_missing"
    return "examples_differ" if len(pc.unique(part["examples"])) > 1 else None


def _of(row: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {"curve_id": row["curve_id"], "dataset": row["dataset"], **values}


def _curve(row: Mapping[str, Any], part: pa.Table, sign: float) -> SampledCurve:
    steps = part["steps"].combine_chunks()
    scores = len(steps)
    flat = steps.flatten().to_numpy(zero_copy_only=False).reshape(scores, -1)
    clusters = part["clusters"].combine_chunks()[0]
    averaged: dict[float, dict[str, list[int]]] = {}
    for at, (scale, model) in enumerate(
        zip(part["scale"].to_pylist(), part["model"].to_pylist(), strict=True)
    ):
        averaged.setdefault(scale, {}).setdefault(model, []).append(at)
    return SampledCurve(
        row=row,
        examples=part["examples"][0].as_py(),
        clusters=clusters.values.to_numpy() if clusters.is_valid else None,
        steps=flat.T.astype(np.float64),
        units=sign * part["unit"].to_numpy(),
        averaged=[list(averaged[scale].values()) for scale in row["scales"]],
    )


def _task(
    key: str, curves: list[SampledCurve], settings: ResamplingSettings, found: Jointly
) -> None:
    """Draw the examples of one task, and add what its curves become."""
    examples = Examples(len(curves[0].steps), curves[0].clusters)
    drawn = _drawn(key, examples, curves, settings)
    sharpness = [measure(scores).sharpness for scores in drawn]
    order = [order_by_scale(scores) for scores in drawn]
    fewer = {
        name: _drawn(key, examples, curves, settings, share) for name, share in _SHARES.items()
    }
    for at, curve in enumerate(curves):
        row = _of(curve.row, examples=examples.number, clusters=len(examples.sizes))
        outcomes = curve.at_scales(curve.steps)
        sure = examples.can_show(outcomes)
        for end, values in zip(("low", "high"), interval(drawn[at], settings.level), strict=True):
            row[f"score_{end}"] = [
                value if shown else None for value, shown in zip(values.tolist(), sure, strict=True)
            ]
        for name, values in fewer.items():
            row[f"sharpness_{name}"] = _median(measure(values[at]).sharpness)
        if not sure.all():
            sharpness[at] = order[at] = np.full(settings.draws, np.nan)
        row |= _interval("sharpness", sharpness[at], settings.level)
        row["order"] = _order(curve)
        row |= _interval("order", order[at], settings.level)
        of_examples = order_by_scale(outcomes)
        known = of_examples[~np.isnan(of_examples)]
        row["order_of_examples"] = float(known.mean()) if len(known) else None
        row["examples_that_differ"] = len(known)
        found.resampled.append(row)
        found.model_differences.extend(
            _model_differences(curve.row, drawn[at], settings.level, examples, outcomes)
        )
    for first, second in _pairs(curves):
        row = _metric_difference(curves[first].row, curves[second].row)
        row["order_difference"] = _difference(_order(curves[first]), _order(curves[second]))
        for name, of in (("sharpness", sharpness), ("order", order)):
            with np.errstate(invalid="ignore"):  # both infinite: the difference is unknown
                row |= _interval(name, of[first] - of[second], settings.level)
        found.metric_differences.append(row)


def _drawn(
    key: str,
    examples: Examples,
    curves: Sequence[SampledCurve],
    settings: ResamplingSettings,
    share: float | None = None,
) -> list[Floats]:
    """Return the scores of each curve under each draw, shape (draws, n_scales)."""
    rng = stream(settings.seed, key, "resamples" if share is None else f"share {share:g}")
    steps = [curve.steps for curve in curves]
    means = drawn_means(examples, steps, rng, settings.draws, share)
    return [curve.at_scales(values) for curve, values in zip(curves, means, strict=True)]


def _pairs(curves: Sequence[SampledCurve]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of metrics of the same answers, in the order of the chain."""
    outputs: dict[tuple[Any, ...], list[int]] = {}
    for at, curve in enumerate(curves):
        outputs.setdefault(tuple(curve.row[name] for name in _OUTPUTS), []).append(at)
    for same in outputs.values():
        same.sort(key=lambda at: _place(curves[at].row["metric"]))
        for first, second in combinations(same, 2):
            # The later one of the chain minus the earlier one.
            yield second, first


def _place(metric: str) -> tuple[int, str]:
    return (CHAIN.index(metric) if metric in CHAIN else len(CHAIN), metric)


def _metric_difference(row: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("dataset", *_OUTPUTS, "metric", "curve_id")},
        "other_metric": other["metric"],
        "other_curve_id": other["curve_id"],
        "sharpness_difference": _difference(row["sharpness"], other["sharpness"]),
    }


def _model_differences(
    row: Mapping[str, Any], drawn: Floats, level: float, examples: Examples, outcomes: Floats
) -> Iterator[dict[str, Any]]:
    head = {name: row[name] for name in ("task", "subtask", "metric", "model_family")}
    small, large = np.triu_indices(len(row["scales"]), 1)
    low, high = interval(drawn[:, large] - drawn[:, small], level)
    sure = examples.can_show(outcomes[:, large] - outcomes[:, small])
    for at, (one, two) in enumerate(zip(small.tolist(), large.tolist(), strict=True)):
        yield _of(
            row,
            **head,
            model=row["models"][two],
            scale=row["scales"][two],
            other_model=row["models"][one],
            other_scale=row["scales"][one],
            difference=row["scores"][two] - row["scores"][one],
            low=float(low[at]) if sure[at] else None,
            high=float(high[at]) if sure[at] else None,
        )


def _order(curve: SampledCurve) -> float | None:
    scores = np.array([curve.row["scores"]])
    return _known(order_by_scale(scores)[0])


def _interval(name: str, drawn: Floats, level: float) -> dict[str, float | None]:
    low, high = interval(drawn, level)
    return {f"{name}_low": _known(low), f"{name}_high": _known(high)}


def _median(values: Floats) -> float | None:
    """Return the middle value, the lower of two: infinite ones have no mean."""
    middle = (len(values) - 1) // 2
    return None if np.isnan(values).any() else _known(np.partition(values, middle)[middle])


def _difference(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return None
    return _known(np.float64(first) - np.float64(second))


def _known(value: np.floating | NDArray) -> float | None:
    return None if np.isnan(value) else float(value)
