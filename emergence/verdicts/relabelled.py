"""The labels of a dataset with one setting changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emergence.settings import VerdictRules


@dataclass(frozen=True)
class Relabelled:
    """The verdicts on a dataset with one setting changed.

    Attributes
    ----------
    setting : str
        Its name in `workflow/config.yaml`; ``shots`` and ``curves`` where only some of the
        curves are looked at.
    value : object
        What it is here.
    rows : ndarray of int64, shape (n,)
        The curves that are looked at.
    rules : VerdictRules
        With which they are labelled.
    labels : pyarrow.Table
        Schema `LABELS`, of these curves in this order.
    """

    setting: str
    value: Any
    rows: NDArray[np.int64]
    rules: VerdictRules
    labels: pa.Table
