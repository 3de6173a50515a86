"""Which curves counts and claims use."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def is_vote(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which curves counts and claims use: one level a task.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns task, metric, model_family, condition, level, main_axis, left_out, largest_shots.

    Returns
    -------
    ndarray of bool, shape (n_curves,)
        Over the dataset's first axis, so that no score counts twice; not left out, at the task's
        largest number of shots; of a task with a curve of its own the subtasks do not count
        beside it.
    """
    kept = (frame["main_axis"] & frame["left_out"].isna() & frame["largest_shots"]).to_numpy(bool)
    whole = (frame["level"] == "task").to_numpy(bool) & kept
    fields = [frame[name] for name in ("task", "metric", "model_family", "condition")]
    has_whole = pd.Series(whole, index=frame.index).groupby(fields).transform("any")
    return kept & (whole | ~has_whole.to_numpy(bool))
