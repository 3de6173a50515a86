"""How reliable a verdict is: how often it is reached under known truths of a like design."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

#: With more dispersion a curve is like the simulated ones with the larger scatter.
_SCATTERED = 2.0

#: The simulated scatters in words, the smaller one first.
SCATTERS = {"binomial": "binomial scatter", "3 times": "three times the binomial scatter"}

#: What tells designs apart.
_DESIGN = ("scales", "examples", "scatter")


def error_rates(calibration: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return for each simulated design how often verdicts are wrong, and breaks found.

    Parameters
    ----------
    calibration : sequence of mapping
        Rows of `emergence.facts.verdict_calibration`.

    Returns
    -------
    list of dict
        The design, and in per cent of the truth with the most, or between two truths:
        ``false_break`` of smooth curves called steeper; ``false_smooth`` of breaks and
        ``misfit_smooth`` of curves that are neither called smooth; ``found_least``, ``found_most``
        of breaks called steeper; ``false_misfit`` of smooth curves and breaks, ``misfit_least``,
        ``misfit_most`` of curves that are neither to which the law is said not to fit.
    """
    rows = []
    for design in sorted({tuple(row[name] for name in _DESIGN) for row in calibration}):
        of: dict[str, list[Mapping[str, Any]]] = {
            "smooth": [],
            "break": [],
            "misfit": [],
            "flat": [],
        }
        for row in calibration:
            if tuple(row[name] for name in _DESIGN) == design:
                of[row["kind"]].append(row)

        def rates(verdict: str, *kinds: str, of: Mapping[str, Any] = of) -> list[float]:
            return [100 * row[verdict] for kind in kinds for row in of[kind]]

        found, refused = rates("beyond_smooth", "break"), rates("law_does_not_fit", "misfit")
        rows.append(
            {
                **dict(zip(_DESIGN, design, strict=True)),
                "false_break": max(rates("beyond_smooth", "smooth")),
                "false_smooth": max(rates("smooth_suffices", "break")),
                "misfit_smooth": max(rates("smooth_suffices", "misfit")),
                "found_least": min(found),
                "found_most": max(found),
                "false_misfit": max(rates("law_does_not_fit", "smooth", "break")),
                "misfit_least": min(refused),
                "misfit_most": max(refused),
            }
        )
    return rows


def worth(curve: Mapping[str, Any], designs: Sequence[Mapping[str, Any]]) -> str:
    """Say how often verdicts are wrong, and right, in the simulated design most like a curve.

    Parameters
    ----------
    curve : mapping
        Its row of curves, inference, pooled and labels together.
    designs : sequence of mapping
        From `error_rates`.

    Returns
    -------
    str
        Empty where no verdict rests on the law: nothing was simulated for these.
    """
    examples = [n for n in curve["n_examples_by_scale"] or () if n is not None]
    if curve["verdict"] is None or curve["counts_missing"] or not examples or not designs:
        return ""
    rates = nearest(
        designs,
        scales=curve["n_scales"],
        examples=min(examples),
        scattered=(curve["dispersion"] or 1.0) > _SCATTERED,
    )
    said = {name: f"{value:.3g} %" for name, value in rates.items() if name not in _DESIGN}
    return (
        f"in simulations with {rates['scales']} scales, {rates['examples']:,} examples and "
        f"{SCATTERS[rates['scatter']]}, at most {said['false_break']} of smooth curves were called "
        f"steeper; at most {said['false_smooth']} of breaks, and {said['misfit_smooth']} of curves "
        f"that are neither, such as stairs, were called smooth; depending on their size, "
        f"{said['found_least']} to {said['found_most']} of breaks were detected; and the law was "
        f"said not to fit at most {said['false_misfit']} of smooth curves and breaks, and "
        f"{said['misfit_least']} to {said['misfit_most']} of the others"
    )


def nearest(
    designs: Sequence[Mapping[str, Any]], *, scales: int, examples: int, scattered: bool
) -> Mapping[str, Any]:
    """Return the simulated design that is most like a curve's.

    Parameters
    ----------
    designs : sequence of mapping
        From `error_rates`, at least one.
    scales, examples : int
        Of the curve.
    scattered : bool
        Its models scatter more than their examples do.

    Returns
    -------
    mapping
        Scales: the most that the curve has, or the fewest; examples: of these, nearest in their
        logarithm; scatter: the larger or the smaller.
    """
    fewest = min(row["scales"] for row in designs)
    n_scales = max((row["scales"] for row in designs if row["scales"] <= scales), default=fewest)
    scatter = list(SCATTERS)[scattered]
    alike = [row for row in designs if (row["scales"], row["scatter"]) == (n_scales, scatter)]
    return min(alike, key=lambda row: abs(math.log(row["examples"] / max(examples, 1))))
