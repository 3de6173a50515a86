"""Scales: how many a curve needs, and how people write them."""

from __future__ import annotations

import re

#: Below so many scales the emergence score is inverted: with three, a perfect line
#: scores 2 and a perfect step 1.414.
FEWEST_SCALES = 4

#: Below so many parameters a size may be meant in millions or billions.
SMALLEST_SIZE = 1000

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?([KMBT])", re.ASCII | re.IGNORECASE)

_POWERS = {"K": 3, "M": 6, "B": 9, "T": 12}


def size_in_words(text: str) -> float | None:
    """Return the number of parameters of a text such as ``350M`` or ``1.3B``.

    Parameters
    ----------
    text : str
        A decimal number and K, M, B or T, for 10 to the power of 3, 6, 9 or 12.

    Returns
    -------
    float or None
        In parameters; None if the text has another form.
    """
    # A megabyte of digits is no size, and would be searched at every length.
    found = _SIZE.fullmatch(text.strip()) if len(text) <= 40 else None
    # Through a text: 1.1 * 1e9 is not the double that 1.1e9 is.
    return float(f"{found[1]}e{_POWERS[found[2].upper()]}") if found else None
