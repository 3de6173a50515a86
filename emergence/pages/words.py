"""Values as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from emergence.axes import AXES
from emergence.errors import harmless

UNKNOWN = "unknown"

#: What readers are told of a verdict.
VERDICTS: Mapping[str, str] = {
    "beyond_smooth": "steeper than a smooth law",
    "smooth_suffices": "a smooth law suffices",
    "law_does_not_fit": "the law does not fit",
    "not_decidable": "cannot be decided",
}

_MINUS = "\N{MINUS SIGN}"


def number(value: float | int | None, digits: int = 3) -> str:
    """Write a number with so many significant digits.

    Parameters
    ----------
    value : float, int or None
        May be infinite; None and NaN are unknown.
    digits : int, default 3
        Significant digits of what is no whole number.

    Returns
    -------
    str
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e6):
        return count(int(value))
    size = abs(value)
    if size >= 10**6 or size < 1e-4:
        text = f"{value:.{digits - 1}e}"
    else:
        text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"
    return text.replace("-", _MINUS)


def strict(value: Mapping[str, Any]) -> str:
    """Write a number of strict JSON, where infinity travels as a status.

    Parameters
    ----------
    value : mapping
        ``value`` and ``status``, as `emergence.claims.base.strict` makes it.

    Returns
    -------
    str
    """
    signs = {"infinite": "∞", "minus infinite": f"{_MINUS}∞"}
    return signs.get(value["status"]) or number(value["value"])


def count(value: int) -> str:
    """Write a whole number with a separator between the thousands."""
    return f"{value:,}".replace("-", _MINUS)


def large(value: float) -> str:
    """Write a model scale with its unit: 2M, 1.3B."""
    for factor, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        # What rounds to a thousand of one unit is one of the next.
        if value >= 0.9995 * factor:
            return f"{_three_digits(value / factor)}{unit}"
    return f"{value:.3g}"


def place(value: float, axis: str) -> str:
    """Write a place on an axis: 1.3B parameters as 1.3B, FLOPs as 1.82e15, a loss as 3.97.

    Parameters
    ----------
    value : float
    axis : str
        One of `emergence.axes.AXES`.

    Returns
    -------
    str
        Without its unit.
    """
    if axis == "loss":
        return number(float(value))
    if axis == "flops":
        digits, _, power = f"{value:.2e}".partition("e")
        return f"{float(digits):g}e{int(power)}"
    return large(value)


def extent(places: Sequence[float], axis: str) -> str:
    """Write from where to where something goes along an axis: 2.1M to 300B tokens.

    Parameters
    ----------
    places : sequence of float
        In their order.
    axis : str
        One of `emergence.axes.AXES`.

    Returns
    -------
    str
    """
    ends = dict.fromkeys((place(places[0], axis), place(places[-1], axis)))
    named = AXES[axis]
    return (
        f"{' to '.join(ends)} {named.unit}" if named.unit else f"{named.title} {' to '.join(ends)}"
    )


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 999.5 else f"{value:.3g}"


def p_value(p: float | None, name: str = "p") -> str:
    """Write a p-value, or a q-value: none is 0."""
    return f"{name} < .001" if p is not None and p < 0.001 else f"{name} = {number(p)}"


def plural(value: int, singular: str, more: str = "") -> str:
    """Write a count with its noun: 1 curve, 2 curves."""
    return f"{count(value)} {singular if value == 1 else more or singular + 's'}"


def breakable(text: str) -> Markup:
    """Let a long name break after its underscores, and nowhere else.

    Parameters
    ----------
    text : str
        A name from the data; it is escaped.

    Returns
    -------
    markupsafe.Markup
    """
    return Markup("_<wbr>").join(escape(part) for part in harmless(text).split("_"))
