"""Cells of foreign tables turned into values, or into the reason why not."""

from __future__ import annotations

import math
import re
from urllib.parse import quote, unquote

from emergence.scales import size_in_words

# Written so that a megabyte of digits is refused in one pass: `\d+\.?\d*` tries every split.
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)

#: Beyond this, squares of differences overflow.
LARGEST_SCORE = 1e150

#: No model has so many parameters, or so few, be they counted in billions: a number beyond
#: these is a mistake of columns, and the ratio of two such overflows.
LARGEST_SCALE = 1e30
SMALLEST_SCALE = 1e-12

#: No training takes more FLOPs, or tokens.
LARGEST_AMOUNT = 1e60

#: Counts (shots, examples) beyond this are no counts.
LARGEST_COUNT = 10**12

_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Cell = str | int | float | bool | None


class Unusable(ValueError):
    """A cell that makes its entry a reject.

    Parameters
    ----------
    reason : str
        One of `emergence.scores_table.REJECT_REASONS`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def number(cell: Cell) -> float | None:
    """Parse a number; an empty cell is None.

    Python's own ``float`` takes ``1_000``, other scripts' digits and blanks inside too:
    here a number is written as in JSON or CSV, or as ``nan`` or ``inf``.

    Parameters
    ----------
    cell : str, int, float, bool or None
        What stood in the table.

    Returns
    -------
    float or None
        May be NaN or infinite where that is what was written.

    Raises
    ------
    Unusable
        ``not_a_number``; ``out_of_range`` for digits beyond the range of a double.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        raise Unusable("not_a_number")
    if isinstance(cell, (int, float)):
        try:
            return float(cell)
        except OverflowError:
            raise Unusable("out_of_range") from None
    text = str(cell).strip()
    if not text:
        return None
    if _NOT_FINITE.fullmatch(text):
        return float(text)
    if not _NUMBER.fullmatch(text):
        raise Unusable("not_a_number")
    value = float(text)
    if math.isinf(value):
        raise Unusable("out_of_range")
    return value


def score(cell: Cell) -> float | None:
    """Parse a score; NaN and infinity are kept, for the point is dropped and counted later."""
    value = number(cell)
    if value is not None and math.isfinite(value) and abs(value) > LARGEST_SCORE:
        raise Unusable("out_of_range")
    return value


def bound(cell: Cell) -> float | None:
    """Parse an optional number that must be finite; NaN is unknown."""
    value = number(cell)
    if value is None or math.isnan(value):
        return None
    if abs(value) > LARGEST_SCORE:
        raise Unusable("out_of_range")
    return value


def standard_error(cell: Cell) -> float | None:
    """Parse a standard error: no negative number; NaN is unknown."""
    value = bound(cell)
    if value is not None and value < 0:
        raise Unusable("out_of_range")
    return value


def scale(cell: Cell) -> float:
    """Parse a model's parameter count: positive, finite, and given; ``1.3B`` is one."""
    value = size_in_words(cell) if isinstance(cell, str) else None
    if value is None:
        value = number(cell)
    if value is None:
        raise Unusable("scale_missing")
    if not SMALLEST_SCALE <= value <= LARGEST_SCALE:  # NaN fails too
        raise Unusable("out_of_range")
    return value


def amount(cell: Cell) -> float | None:
    """Parse training tokens or FLOPs: not negative, ``300B`` is one; NaN is unknown."""
    value = size_in_words(cell) if isinstance(cell, str) else None
    if value is None:
        value = bound(cell)
    if value is not None and not 0 <= value <= LARGEST_AMOUNT:
        raise Unusable("out_of_range")
    return value


def loss(cell: Cell) -> float | None:
    """Parse a model's loss: positive, since its logarithm is taken; NaN is unknown."""
    value = bound(cell)
    if value is not None and not SMALLEST_SCALE <= value <= LARGEST_SCALE:
        raise Unusable("out_of_range")
    return value


def count(cell: Cell) -> int | None:
    """Parse a number of shots: whole and not negative; NaN is unknown."""
    value = number(cell)
    if value is None or math.isnan(value):
        return None
    if not 0 <= value <= LARGEST_COUNT or value != int(value):
        raise Unusable("out_of_range")
    return int(value)


def positive_count(cell: Cell) -> int | None:
    """Parse a number of examples: whole and positive; NaN is unknown."""
    value = count(cell)
    if value == 0:
        raise Unusable("out_of_range")
    return value


def truth(cell: Cell) -> bool | None:
    """Parse true or false; an empty cell is unknown."""
    if cell is None or isinstance(cell, bool):
        return cell
    word = str(cell).strip().lower()
    if word and word not in _TRUTHS:
        raise Unusable("not_yes_or_no")
    return _TRUTHS.get(word)


def condition(cell: Cell) -> str:
    """Parse ``key=value`` pairs joined by ``;`` and put them in order."""
    if cell is None or cell == "":
        return ""
    pairs = {}
    for pair in str(cell).split(";"):
        key, equals, value = pair.partition("=")
        try:
            key, value = unquote(key, errors="strict"), unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise Unusable("not_a_condition") from None
        if not equals or not key or key in pairs:
            raise Unusable("not_a_condition")
        pairs[key] = value
    return join_condition(pairs)


def join_condition(pairs: dict[str, str]) -> str:
    """Write a condition: sorted ``key=value`` pairs joined by ``;``.

    Parameters
    ----------
    pairs : dict of str to str
        What is fixed along a curve. A pair with an empty value is left out.

    Returns
    -------
    str
        The signs that separate (``; = %``) are percent-encoded inside keys and values.
    """
    safe = "".join(map(chr, range(0x20, 0x7F))).translate(str.maketrans("", "", ";=%"))

    def encoded(text: str) -> str:
        return "".join(quote(c, safe=safe) if c in ";=%" else c for c in text)

    return ";".join(f"{encoded(k)}={encoded(v)}" for k, v in sorted(pairs.items()) if v != "")
