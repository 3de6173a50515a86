"""Flags: the marks on score rows and curves, several of them in one text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from emergence.codes import encoded

#: Stands between the flags of a row.
_BETWEEN = ";"


def flags_of(text: str) -> set[str]:
    """Return the flags that a text holds.

    Parameters
    ----------
    text : str
        A value of the column ``flags``, such as ``direction_unknown;known_bad``.

    Returns
    -------
    set of str
    """
    return set(filter(None, text.split(_BETWEEN)))


def joined(flags: set[str]) -> str:
    """Return the text of some flags, in the order of their names."""
    return _BETWEEN.join(sorted(flags))


def has_flag(column: pa.Array | pa.ChunkedArray | pd.Series, flag: str) -> NDArray[np.bool_]:
    """Return which rows have a flag.

    Parameters
    ----------
    column : pyarrow array or pandas.Series of str
        The column ``flags``.
    flag : str
        One of `emergence.scores_table.FLAGS`; a flag whose name only contains it is another one.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    if isinstance(column, pd.Series):
        column = pa.array(column, pa.string())
    column = encoded(column)
    found = np.array([flag in flags_of(text) for text in column.dictionary.to_pylist()], bool)
    return found[column.indices.to_numpy()]
