"""Numbers for strict JSON, in a module of its own: the command line needs no tables for it."""

from __future__ import annotations

import math
from typing import Any


def strict(value: float | None) -> dict[str, Any]:
    """Write a number for strict JSON, which has neither infinity nor NaN.

    Parameters
    ----------
    value : float or None

    Returns
    -------
    dict
        ``value`` (or null) and ``status``: finite, infinite, minus infinite or unknown.
    """
    if value is None or math.isnan(value):
        return {"value": None, "status": "unknown"}
    if math.isinf(value):
        return {"value": None, "status": "infinite" if value > 0 else "minus infinite"}
    return {"value": float(value), "status": "finite"}
