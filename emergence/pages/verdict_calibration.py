"""How reliable a verdict is: how often it is reached under known truths of a like design."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

#: With more dispersion a curve is like the simulated ones with the larger scatter.
_SCATTERED = 2.0


def worth(curve: Mapping[str, Any], calibration: Sequence[Mapping[str, Any]]) -> str:
    """Say how often verdicts are wrong, and breaks found, in the simulated design like a curve.

    Parameters
    ----------
    curve : mapping
        Its row of curves, inference, pooled and labels together.
    calibration : sequence of mapping
        Rows of `emergence.facts.verdict_calibration`.

    Returns
    -------
    str
        Empty where no verdict rests on the law: nothing was simulated for these.
    """
    examples = [n for n in curve["n_examples_by_scale"] or () if n is not None]
    if curve["verdict"] is None or curve["counts_missing"] or not examples or not calibration:
        return ""
    design = nearest(
        calibration,
        scales=curve["n_scales"],
        examples=min(examples),
        scattered=(curve["dispersion"] or 1.0) > _SCATTERED,
    )
    smooth = [row for row in design if row["kind"] == "smooth"]
    breaks = [row for row in design if row["kind"] == "break"]
    first = design[0]
    found = [row["beyond_smooth"] for row in breaks]
    wrong_break = _percent(max(row["beyond_smooth"] for row in smooth))
    wrong_smooth = _percent(max(row["smooth_suffices"] for row in breaks))
    return (
        f"in simulations with {first['scales']} scales, {first['examples']:,} examples and "
        f"{first['scatter']:g} times binomial scatter, at most {wrong_break} of smooth curves were "
        f"called steeper, at most {wrong_smooth} of breaks were called smooth, and, depending on "
        f"their size, {_percent(min(found))} to {_percent(max(found))} of breaks were detected"
    )


def nearest(
    calibration: Sequence[Mapping[str, Any]], *, scales: int, examples: int, scattered: bool
) -> list[Mapping[str, Any]]:
    """Return the rows of the simulated design that is most like a curve's.

    Parameters
    ----------
    calibration : sequence of mapping
        At least one row; every design has all truths.
    scales, examples : int
        Of the curve.
    scattered : bool
        Its models scatter more than their examples do.

    Returns
    -------
    list of mapping
        Scales: the most that the curve has, or the fewest; examples: nearest in their
        logarithm; scatter: the largest or the smallest.
    """
    enough = [row["scales"] for row in calibration if row["scales"] <= scales]
    n_scales = max(enough) if enough else min(row["scales"] for row in calibration)
    choose = max if scattered else min
    scatter = choose(row["scatter"] for row in calibration)
    n_examples = min(
        sorted({row["examples"] for row in calibration}),
        key=lambda n: abs(math.log(n / max(examples, 1))),
    )
    wanted = (n_scales, n_examples, scatter)
    return [
        row for row in calibration if (row["scales"], row["examples"], row["scatter"]) == wanted
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
