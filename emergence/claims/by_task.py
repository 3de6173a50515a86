"""Claim 5 task by task, where single answers are known.

Over tasks the claim asks whether curves look emergent under one kind of metric more often than
under the other (`emergence.claims.switching`). With single answers each task can be asked by
itself: the drawn examples show how sure the difference of two sharpnesses is.

The noise of both curves must be equal first, as it must be over tasks
(`emergence.claims.matched_noise`). Here it is what the drawn examples do to the shape of a curve:
the variance of each score about the curve's mean, since what moves all models alike moves no step.
It is taken relative to the rise of the straight line through the scores by rank, which examples
move less than the range of the scores; and at each scale by itself, because a sharpness rests on
the small steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emergence.claims.matched_noise import looks_emergent
from emergence.claims.task_statistics import holm
from emergence.facts.metric_catalog import Metrics
from emergence.progress import Progress
from emergence.samples.joint import SampledCurve, curves_by_task
from emergence.samples.resampled_table import METRIC_DIFFERENCES
from emergence.samples.resampling import Examples, Floats, drawn_means, stream
from emergence.scales import FEWEST_SCALES
from emergence.settings import ClaimRules, ResamplingSettings
from emergence.streams import generator

#: Draws for each one that an interval takes: Holm's correction over 80 tasks asks for p-values
#: that a thousand draws do not have.
TIMES = 4

#: The largest relative variance: of a curve that hardly rises the noise is as large as its rise,
#: and what is compared with it can say nothing either.
_MOST = 1.0


@dataclass(frozen=True)
class Drawn:
    """A curve and what its drawn examples make of it.

    Attributes
    ----------
    key : str
        Of its random numbers.
    scales, scores : ndarray of float64, shape (n_scales,)
        Oriented scores.
    drawn : ndarray of float64, shape (draws, n_scales)
    unseen : ndarray of float64, shape (n_scales,)
        Variance that the draws do not show, where too few examples differ from the others.
    """

    key: str
    scales: Floats
    scores: Floats
    drawn: Floats
    unseen: Floats

    @property
    def variance(self) -> Floats:
        """Of each score by the draws, about the mean of the curve."""
        n = len(self.scores)
        shape = self.drawn - self.drawn.mean(axis=1, keepdims=True)
        return shape.var(axis=0) * n / (n - 1)

    @property
    def rise(self) -> float:
        """Of the straight line through the scores by rank, squared."""
        n = len(self.scores)
        place = np.arange(n) - 0.5 * (n - 1)
        slope = np.sum(place * self.scores) / np.sum(place**2)
        return float((slope * (n - 1)) ** 2)


def compare(first: Drawn, second: Drawn, rules: ClaimRules) -> dict[str, float]:
    """Compare two curves of the same answers at matched noise.

    Parameters
    ----------
    first, second : Drawn
        Of the same draws.
    rules : ClaimRules
        ``seed``, ``sharpness`` and ``claims.p``.

    Returns
    -------
    dict of str to float
        Columns of `METRIC_DIFFERENCES`.

    Notes
    -----
    A drawn curve has its noise twice: that of the examples, and that of drawing them. So normal
    noise is added until both have twice the larger of their relative variances, at each scale and
    in every draw. Two curves that are the same but for noise, a shift and a factor are then alike,
    and either is the sharper one as often; p is twice the share of the draws on the side of fewer,
    draws without a difference counted on both.
    """
    draws, n_scales = first.drawn.shape
    curves = (first, second)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A curve without any rise is all noise, and one that never moves has none.
        relative = [np.nan_to_num((c.variance + c.unseen) / c.rise, posinf=_MOST) for c in curves]
    target = 2.0 * np.minimum(np.maximum(*relative), _MOST)
    looks, sharpness = [], []
    for curve in curves:
        added = np.sqrt(np.maximum(target * curve.rise - 2.0 * curve.variance, 0.0))
        rng = generator(rules.seed, curve.key, "matched noise of the examples")
        emergent, sharp = looks_emergent(
            curve.drawn + added * rng.standard_normal((draws, n_scales)),
            np.broadcast_to(curve.scales, (draws, n_scales)),
            rng.random((draws, n_scales)),
            rules.sharpness,
            rules.claims.p,
        )
        looks.append(float(emergent.mean()))
        sharpness.append(sharp)
    with np.errstate(invalid="ignore"):
        # Two infinite scores are equal.
        difference = np.where(sharpness[0] == sharpness[1], 0.0, sharpness[0] - sharpness[1])
    fewer = min(np.count_nonzero(difference <= 0), np.count_nonzero(difference >= 0))
    middle = (draws - 1) // 2
    return {
        "emergent": looks[0],
        "other_emergent": looks[1],
        "matched_difference": float(np.partition(difference, middle)[middle]),
        "matched_p": min(1.0, 2.0 * (fewer + 1) / (draws + 1)),
    }


def compare_kinds(
    differences: pa.Table,
    curves: pa.Table,
    outcomes: pa.Table,
    metrics: Metrics,
    settings: Mapping[str, Any],
    progress: Progress | None = None,
) -> pa.Table:
    """Compare the pairs of metrics of which one is discontinuous and the other continuous.

    Parameters
    ----------
    differences : pyarrow.Table
        Schema `METRIC_DIFFERENCES`.
    curves, outcomes : pyarrow.Table
    metrics : Metrics
    settings : mapping
        The configuration.
    progress : Progress, optional
        Told how many tasks are done.

    Returns
    -------
    pyarrow.Table
        The same rows with ``emergent``, ``other_emergent`` and the columns ``matched_*``. They are
        null for other pairs, for losses, whose power law has its largest step first, and for
        curves that are too short for a sharpness.
    """
    rules, draws = ClaimRules.of(settings), TIMES * ResamplingSettings.of(settings).draws
    rows = differences.to_pylist()
    pairs = {(row["curve_id"], row["other_curve_id"]): row for row in rows if _kinds(row, metrics)}
    names = pc.unique(curves["metric"]).to_pylist()
    higher_is_better = {name: metrics[name].higher_is_better for name in names}
    tasks, _ = curves_by_task(curves, outcomes, higher_is_better)
    progress = progress or Progress()
    progress.begin("tasks, two kinds of metric", 0, len(tasks))
    for done, (key, some) in enumerate(tasks.items(), 1):
        drawn = _drawn(key, some, rules.seed, draws)
        for first, second in permutations(drawn, 2):
            row = pairs.get((first, second))
            if row is not None:
                row |= compare(drawn[first], drawn[second], rules)
        progress.reached(done)
    by_metrics: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in pairs.values():
        if row["matched_p"] is not None:
            by_metrics.setdefault((row["metric"], row["other_metric"]), []).append(row)
    for some in by_metrics.values():
        for row, p in zip(some, holm([row["matched_p"] for row in some]).tolist(), strict=True):
            row["matched_p_holm"] = p
    return pa.Table.from_pylist(rows, METRIC_DIFFERENCES)


def _kinds(row: Mapping[str, Any], metrics: Metrics) -> bool:
    """Say whether one metric of a pair is discontinuous, and the other continuous and no loss."""
    pair = [metrics[row[name]] for name in ("metric", "other_metric")]
    groups = {metric.group for metric in pair}
    is_loss = any(metric.law.kind == "loss" for metric in pair)
    return groups == {"discontinuous", "continuous"} and not is_loss


def _drawn(key: str, curves: Sequence[SampledCurve], seed: int, draws: int) -> dict[str, Drawn]:
    """Draw the examples of a task; curves that draws can say something of, by id."""
    examples = Examples(len(curves[0].steps), curves[0].clusters)
    kept = [curve for curve in curves if len(curve.row["scales"]) >= FEWEST_SCALES]
    rng = stream(seed, key, "matched noise")
    means = drawn_means(examples, [curve.steps for curve in kept], rng, draws)
    return {
        curve.row["curve_id"]: Drawn(
            curve.row["curve_id"],
            np.array(curve.row["scales"], np.float64),
            np.array(curve.row["scores"], np.float64),
            curve.at_scales(drawn),
            unseen(examples, curve.at_scales(curve.steps)),
        )
        for curve, drawn in zip(kept, means, strict=True)
    }


def unseen(examples: Examples, outcomes: Floats) -> Floats:
    """Return the variance of each mean that draws do not show.

    Parameters
    ----------
    examples : Examples
    outcomes : ndarray of float64, shape (n_examples, n_scales)

    Returns
    -------
    ndarray of float64, shape (n_scales,)
        That of a mean with half of one example more, by Jeffreys' prior for a share, where fewer
        than `FEWEST_DIFFERING` examples differ from the others; else 0.
    """
    half = 0.5 * (np.ptp(outcomes) / len(examples.sizes)) ** 2
    return np.where(examples.can_show(outcomes), 0.0, half)
