"""Types of the cells in facts tables.

Each function turns a cell into a value, or raises ValueError with what is allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from emergence.errors import did_you_mean
from emergence.scales import size_in_words


def text(cell: str) -> str:
    """Take a cell as it is."""
    return cell


def name(cell: str) -> str:
    """Take a cell that must not be empty."""
    if not cell:
        raise ValueError("a name, and no empty cell")
    return cell


def one_of(*names: str) -> Callable[[str], str]:
    """Return what takes one of some words."""

    def parse(cell: str) -> str:
        if cell not in names:
            raise ValueError(did_you_mean(cell, names))
        return cell

    return parse


def truth(cell: str) -> bool:
    """Take true or false."""
    return {"true": True, "false": False}[one_of("true", "false")(cell)]


def truth_or_unknown(cell: str) -> bool | None:
    """Take true or false; nothing in an empty cell."""
    return truth(cell) if cell else None


def number(cell: str) -> float:
    """Take a decimal number."""
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", cell, re.ASCII):
        raise ValueError("a decimal number")
    value = float(cell)
    if math.isinf(value):
        raise ValueError("a number that a double can hold")
    return value


def parameters(cell: str) -> float:
    """Take a model's number of parameters."""
    value = size_in_words(cell)
    if value is None:
        value = number(cell)
    if not 1 <= value <= 1e30:
        raise ValueError("a number of parameters, such as 1300000000, 1.3e9 or 1.3B")
    return value


def published(cell: str) -> float:
    """Parse a number that others published: some of them are infinite or NaN."""
    return float(cell) if cell in ("inf", "-inf", "nan") else number(cell)


def count_or_unknown(cell: str) -> int | None:
    """Take a whole number; nothing in an empty cell."""
    if cell and not (cell.isascii() and cell.isdigit()):
        raise ValueError("a whole number, or an empty cell")
    return int(cell) if cell else None


def count(cell: str) -> int:
    """Take a whole number."""
    value = count_or_unknown(cell)
    if value is None:
        raise ValueError("a whole number")
    return value


def number_or_unknown(cell: str) -> float | None:
    """Take a decimal number; nothing in an empty cell."""
    return number(cell) if cell else None


def end_of_range(cell: str) -> float | str | None:
    """Take an end of a metric's range: a number, ``guess``, or nothing in an empty cell."""
    if cell == "guess":
        return cell
    try:
        return number_or_unknown(cell)
    except ValueError as error:
        raise ValueError("a decimal number, guess, or an empty cell") from error


def names(cell: str) -> tuple[str, ...]:
    """Take names with | between."""
    return tuple(cell.split("|")) if cell else ()
