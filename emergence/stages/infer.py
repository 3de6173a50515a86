"""Stage 3: inference from single curves, in shards by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from emergence.inference import infer as inferring
from emergence.progress import Progress
from emergence.settings import InferenceSettings
from emergence.study import Study


def infer(
    study: Study, progress: Progress | None = None, rows: Sequence[int] | None = None
) -> Study:
    """Fit the laws to each curve by itself.

    Parameters
    ----------
    study : Study
        With ``curves``.
    progress : Progress, optional
        Told how many curves are done.
    rows : sequence of int, optional
        The curves of a shard; by default all.

    Returns
    -------
    Study
        With ``inference``; of a shard, with no other curves.
    """
    curves, mean = study.curves, inferring.over_subtasks(study.curves)
    if rows is not None:
        curves, mean = curves.take(rows), mean[rows]
    settings = InferenceSettings.of(study.settings)
    found = inferring.infer(curves, study.metrics, settings, mean, progress)
    return study.having(curves=curves, inference=found)
