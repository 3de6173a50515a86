"""Predictions on a dataset: by axis, and by other forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from scipy.special import stdtrit

from emergence.axes import AXES, FALLING, Axis, axes_of, sizes_along
from emergence.inference.model import Curves, Floats
from emergence.prediction.forecasts import (
    FEWEST_KEPT,
    FORECASTS,
    HELD_OUT,
    Forecast,
    forecast,
    without,
)
from emergence.prediction.left_out import (
    DECIDED_AT,
    FEWEST_MODELS,
    Models,
    compare,
    predictive_losses,
    tasks_by_models,
)
from emergence.settings import ClaimRules
from emergence.study import Study
from emergence.votes import is_vote

#: Fewest tasks, and models together, with which axes are compared: the smallest design that was
#: simulated (docs/calibration.md).
FEWEST_TASKS, FEWEST_MODELS_TOGETHER = 10, 12

#: Error a task that was published for the law of BIG-bench's scores, in points: Owen 2024, "How
#: predictable is language model benchmark performance?", arXiv 2401.04757, abstract.
PUBLISHED_ERROR = 18.0


def predictions(study: Study) -> dict[str, Any]:
    """Compare axes by their predictions, and predict the best models of every curve.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    dict
        Ready for JSON. ``axes``: see `compared_axes`. ``back_test``: see `back_test`.
    """
    return {"axes": compared_axes(study), "back_test": back_test(study)}


def _curves_over(study: Study, axis: Axis) -> pd.DataFrame:
    """Return the curves over an axis that are votes, and whose scores are counts."""
    frame = study.frame
    kept = is_vote(frame.assign(main_axis=frame["axis"] == axis.name))
    return frame[kept & frame["counts_missing"].isna().to_numpy()]


def compared_axes(study: Study) -> dict[str, Any]:
    """Compare each pair of axes by the law's leave-one-model-out predictive loss.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    dict
        ``missing``: why no axes are compared, or None. ``pairs``: a row for each two axes with
        ``first``, ``second``, ``ratio`` (of the loss over the first to that over the second),
        ``low``, ``high``, ``tasks``, ``models`` and ``outcome``: the name of the axis that predicts
        better, or ``not decidable``. ``tasks``: by task the mean loss over each axis.

    Notes
    -----
    The models of a task are those of its curves over the last of the dataset's axes over which more
    than the size varies (loss, else FLOPs), so that all axes are asked of the same models; over
    parameters models of one size share a place.
    """
    axes = [axis for axis in axes_of(study.entry) if not axis.fixes_size]
    others = [axis for axis in axes if axis.name != "params"]
    nothing: dict[str, Any] = {"missing": None, "pairs": [], "tasks": []}
    if not others:
        return nothing | {"missing": "its curves are over one axis"}
    axes = list(dict.fromkeys([AXES["params"], *axes]))
    of_model = _places(study)
    tasks: list[str] = []
    names: list[list[str]] = []
    asked: list[dict[str, Models]] = []
    for row in _curves_over(study, others[-1]).itertuples():
        models, scores, examples = (
            study.lists[name][row.Index] for name in ("models", "scores", "n_examples_by_scale")
        )
        keys = [(row.model_family, name) for name in models]
        known = [all(axis.name in of_model.get(key, {}) for axis in axes) for key in keys]
        if sum(known) < FEWEST_MODELS:
            continue
        at = np.flatnonzero(known)
        n = np.array(examples, np.float64)[at]
        k = np.round(np.array(scores)[at] * n)
        tasks.append(row.task)
        names.append([f"{keys[i][0]}: {keys[i][1]}" for i in at])
        places = {a.name: np.array([of_model[keys[i]][a.name] for i in at]) for a in axes}
        asked.append({name: Models(k, n, place) for name, place in places.items()})
    if not tasks:
        return nothing | {"missing": f"no task has counted scores of {FEWEST_MODELS} models"}
    arranged = {
        axis.name: tasks_by_models(tasks, names, predictive_losses([a[axis.name] for a in asked]))
        for axis in axes
    }
    _, models, examples = tasks_by_models(tasks, names, [a["params"].trials for a in asked])
    losses = {name: found[2] for name, found in arranged.items()}
    pairs = [
        _pair(first.name, second.name, losses, examples, len(models))
        for first, second in combinations(axes, 2)
    ]
    listed = [
        {"task": task, **{name: float(np.nanmean(rows[at])) for name, rows in losses.items()}}
        for at, task in enumerate(arranged["params"][0])
        if all(np.isfinite(rows[at]).any() for rows in losses.values())
    ]
    return nothing | {"pairs": pairs, "tasks": listed}


def _pair(
    first: str, second: str, losses: dict[str, Floats], examples: Floats, models: int
) -> dict[str, Any]:
    named = {"first": first, "second": second}
    n_tasks = len(examples)
    if n_tasks < FEWEST_TASKS or models < FEWEST_MODELS_TOGETHER:
        nothing = dict.fromkeys(("ratio", "low", "high"))
        few = {"tasks": n_tasks, "models": models, "outcome": "not decidable"}
        return named | nothing | few
    found = compare(losses[first], losses[second], examples, DECIDED_AT)
    outcome = named.get(found.outcome, found.outcome)
    numbers = {name: getattr(found, name) for name in ("ratio", "low", "high", "tasks", "models")}
    return named | numbers | {"outcome": outcome}


def _places(study: Study) -> dict[tuple[str, str], dict[str, float]]:
    """Logarithms of each model's place on the axes, rising towards better models.

    A model with several places on one, as a checkpoint has, is not there.
    """
    columns = ["model_family", "model", *(axis.column for axis in AXES.values())]
    used = study.scores.filter(pc.equal(study.scores["use"], "used")).select(columns)
    found: dict[tuple[str, str], dict[str, float]] = {}
    twice = set()
    for row in used.group_by(columns).aggregate([]).to_pylist():
        key = (row["model_family"], row["model"])
        twice |= {key} & found.keys()
        found[key] = {
            axis.name: float(np.log(row[axis.column])) * (-1.0 if axis.falls else 1.0)
            for axis in AXES.values()
            if row[axis.column]
        }
    return {key: places for key, places in found.items() if key not in twice}


def back_test(study: Study) -> dict[str, Any]:
    """Predict the best model of every curve, from all others and from all but the next one.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    dict
        ``published``: the error of a published law, in points. ``rows``: by ``axis``, models
        ``held_out`` and ``metric`` (None: all of them) the ``curves``, ``tasks``, by forecast the
        mean ``error`` in points (each task has one vote), ``inside``: how often the score lay in
        the interval, ``less_than_last``: mean and interval over tasks of the law's error less that
        of *same as the last*, and ``best``: the forecast with the smallest error.
    """
    level = ClaimRules.of(study.settings).level
    rows = []
    for axis in axes_of(study.entry):
        for held_out in HELD_OUT:
            found = pd.DataFrame(_predicted(study, axis, held_out))
            if not len(found):
                continue
            metrics = sorted(found["metric"].unique())
            parts = [(None, found)]
            parts += [(name, found[found["metric"] == name]) for name in metrics]
            for metric, some in parts if len(metrics) > 1 else parts[:1]:
                named = {"axis": axis.name, "held_out": held_out, "metric": metric}
                rows.append(named | _errors(some, level))
    return {"published": PUBLISHED_ERROR, "rows": rows}


def _predicted(study: Study, axis: Axis, held_out: int) -> Iterable[dict[str, Any]]:
    """Predict the held-out models of the curves over one axis; yields a row each."""
    rules = ClaimRules.of(study.settings)
    curves = _curves_over(study, axis)
    lengths = pd.Series([len(study.lists["scores"][row]) for row in curves.index], curves.index)
    for length, some in curves.groupby(lengths):
        if length - held_out < FEWEST_KEPT:
            continue
        scores, n, scales = (
            np.array([study.lists[name][row] for row in some.index], np.float64)
            for name in ("scores", "n_examples_by_scale", "scales")
        )
        falls = some["axis"].isin(FALLING).to_numpy()
        slope = some["size_slope"].to_numpy(np.float64)
        sizes = sizes_along(scales, scales[:, -1:], slope[:, None], falls[:, None])
        found: Forecast = forecast(
            without(Curves.from_rows(np.round(scores * n), n, sizes), held_out),
            some["chance"].to_numpy(np.float64),
            largest_exponent=rules.b_max,
            level=rules.level,
        )
        for at, row in enumerate(some.itertuples()):
            yield {
                "task": row.task,
                "metric": row.metric,
                **{name: abs(100.0 * float(found.error[name][at])) for name in FORECASTS},
                **{f"{name} inside": float(found.inside[name][at]) for name in found.inside},
            }


def _errors(some: pd.DataFrame, level: float) -> dict[str, Any]:
    by_task = some.groupby("task", sort=True).mean(numeric_only=True)
    error = {name: float(by_task[name].mean()) for name in FORECASTS}
    inside = {}
    for name in ("law", "line"):
        known = by_task[f"{name} inside"].dropna()
        inside[name] = float(known.mean()) if len(known) else None
    less = (by_task["law"] - by_task["last"]).to_numpy()
    return {
        "curves": len(some),
        "tasks": len(by_task),
        "error": error,
        "inside": inside,
        "less_than_last": _student(less, level),
        "best": min(FORECASTS, key=error.__getitem__),
    }


def _student(values: Sequence[float] | Floats, level: float) -> dict[str, float | None]:
    """Mean with Student's interval; without two values there is none."""
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return {"mean": mean, "low": None, "high": None}
    half = float(stdtrit(n - 1, 0.5 + level / 2.0) * np.std(values, ddof=1) / np.sqrt(n))
    return {"mean": mean, "low": mean - half, "high": mean + half}
