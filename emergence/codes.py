"""Columns as ordered integers, for grouping and sorting with arrays.

The tables here have some hundred thousand rows and few distinct values in most columns:
texts come as dictionaries, and where a table of all possible keys is small, looking up is
ten times as fast as sorting.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: Ranks are 32-bit integers where they fit: half the memory to fill and to read.
Ranks = NDArray[np.integer]

#: Keys below this are looked up in a table; beyond, they are sorted.
_LARGEST_TABLE = 1 << 22


def encoded(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """Encode a column as a dictionary in one piece.

    Parameters
    ----------
    column : pyarrow array
        Of any type; a dictionary-encoded one is taken as it is.

    Returns
    -------
    pyarrow.DictionaryArray
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return column.dictionary_encode()


def ranks(column: pa.ChunkedArray | pa.Array) -> Ranks:
    """Rank of each value among the distinct values of its column.

    Parameters
    ----------
    column : pyarrow array
        Text or numbers; nulls come last. A dictionary must not have a value twice.

    Returns
    -------
    ndarray of int32
        Equal values share a rank; the order of ranks is the order of values (text by its
        UTF-8 bytes, whatever the locale). Zero and minus zero are equal. Ranks have no
        gaps, but for the values of a given dictionary that the column does not use.
    """
    column = encoded(column)
    size = len(column.dictionary)
    rank_of_code = np.empty(size + 1, np.int32)
    order = pc.sort_indices(column.dictionary).to_numpy()
    rank_of_code[order] = np.arange(size)
    rank_of_code[-1] = size
    if pa.types.is_floating(column.dictionary.type):
        _join_zeros(rank_of_code, column.dictionary)
    codes = column.indices
    if codes.null_count:
        codes = codes.fill_null(size)
    return rank_of_code[codes.to_numpy(zero_copy_only=False)]


def _join_zeros(rank_of_code: Ranks, values: pa.Array) -> None:
    """Give 0.0 and -0.0 one rank: they are two entries of a dictionary, and equal numbers."""
    zeros = np.flatnonzero(values.to_numpy(zero_copy_only=False) == 0)
    if len(zeros) == 2:
        low, high = np.sort(rank_of_code[zeros])
        rank_of_code[zeros] = low
        rank_of_code[rank_of_code > high] -= 1


def in_order_of_appearance(codes: NDArray, names: pa.Array) -> pa.DictionaryArray:
    """Make a dictionary-encoded column whose dictionary depends on its rows alone.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        For each row its name's number; -1 is null.
    names : pyarrow array
        The names, some of which may not occur.

    Returns
    -------
    pyarrow.DictionaryArray
        The names that occur, in the order in which the rows first name them.
    """
    first = np.full(len(names) + 1, len(codes), np.int32)
    # Of several rows that write to one place the last one stays: the first of the column.
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1, np.int32)
    first[-1] = len(codes)
    order = np.argsort(first, kind="stable")
    order = order[: np.count_nonzero(first < len(codes))]
    new = np.full(len(names) + 1, -1, np.int32)
    new[order] = np.arange(len(order), dtype=np.int32)
    found = new[codes]
    indices = pa.array(found, mask=found < 0) if (found < 0).any() else pa.array(found)
    return pa.DictionaryArray.from_arrays(indices, names.take(pa.array(order)))


def joint_ranks(columns: Sequence[Ranks]) -> Ranks:
    """Rank of each row by several ranked columns, the first one weighing most.

    Parameters
    ----------
    columns : sequence of ndarray of int, shape (n_rows,)
        Non-negative ranks.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Equal rows share a rank, ranks are dense from 0, and their order is the rows'
        lexicographic order.
    """
    key: Ranks = np.zeros(len(columns[0]), np.int32)
    size = 1
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if size * width > _LARGEST_TABLE:
            key, size = _dense(key, size)
            if width > _LARGEST_TABLE:
                column, width = _dense(column, width)
        if size * width > np.iinfo(np.int32).max:
            key = key.astype(np.int64)
        key = key * key.dtype.type(width)
        key += column.astype(key.dtype, copy=False)
        size *= width
    return _dense(key, size)[0]


def _dense(key: Ranks, size: int) -> tuple[Ranks, int]:
    """Close the gaps between keys from 0 to ``size``; also return how many there are."""
    if size > _LARGEST_TABLE:
        values, inverse = np.unique(key, return_inverse=True)
        return inverse.astype(np.int32), len(values)
    present = np.zeros(size, bool)
    present[key] = True
    rank = np.cumsum(present, dtype=np.int32)
    return (rank - 1)[key], int(rank[-1]) if size else 0


def stable_order(columns: Sequence[Ranks]) -> NDArray[np.intp]:
    """Order rows by several ranked columns, the first one weighing most.

    Parameters
    ----------
    columns : sequence of ndarray of int, shape (n_rows,)
        Non-negative ranks.

    Returns
    -------
    ndarray of intp, shape (n_rows,)
        As from `numpy.lexsort`; equal rows keep their order.
    """
    order: NDArray[np.intp] | None = None
    for column in reversed(columns):
        largest = int(column.max(initial=0))
        if largest == 0 and order is not None:
            continue  # all equal
        # Numpy sorts 16-bit integers by counting, in a tenth of the time of comparing.
        for shift in range(0, max(largest.bit_length(), 1), 16):
            digit = (column >> shift if shift else column).astype(np.uint16)  # its low 16 bits
            if order is None:
                order = np.argsort(digit, kind="stable")
            else:
                order = order[np.argsort(digit[order], kind="stable")]
    return np.arange(0) if order is None else order


def group_starts(sorted_ids: Ranks) -> NDArray[np.intp]:
    """Return where each run of equal ids begins.

    Parameters
    ----------
    sorted_ids : ndarray of int, shape (n_rows,)
        Ids in order.

    Returns
    -------
    ndarray of intp, shape (n_groups,)
    """
    if not len(sorted_ids):
        return np.zeros(0, np.intp)
    return np.flatnonzero(np.concatenate(([True], sorted_ids[1:] != sorted_ids[:-1])))
