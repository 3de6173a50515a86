"""The name of a scale curve, which keys joins, anchors, random streams and shards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def curve_id(
    dataset: str,
    task: str,
    subtask: str,
    metric: str,
    model_family: str,
    condition: str = "",
    shots: int | None = None,
) -> str:
    """Return the id of a scale curve.

    The first 16 hex digits of SHA-256 over the fields in this order, each as UTF-8 with
    its length in bytes before it (four bytes, big-endian), so that no two lists of fields
    share their bytes. Shots are decimal digits; unknown shots are the empty text.

    Parameters
    ----------
    dataset, task, subtask, metric, model_family, condition : str
        As in the table of scores; empty where there is none.
    shots : int or None, default None
        Number of shots; None if unknown.

    Returns
    -------
    str
        16 hex digits, lower case.
    """
    shots_text = "" if shots is None else str(int(shots))
    fields = (dataset, task, subtask, metric, model_family, condition, shots_text)
    return _id_of(map(measured, fields))


def measured(field: str) -> bytes:
    """Return a field as `curve_id` hashes it: UTF-8 with its length before it."""
    encoded = field.encode("utf-8")
    return len(encoded).to_bytes(4, "big") + encoded


def curve_ids(fields: Sequence[Sequence[bytes]]) -> list[str]:
    """Return the ids of many curves, as `curve_id` does for one.

    Parameters
    ----------
    fields : sequence of sequence of bytes
        The seven fields in their order, and the name of the axis as the eighth if it is not
        parameters; each with one entry a curve, from `measured`: a text that many curves share need
        be encoded only once.

    Returns
    -------
    list of str
    """
    return [_id_of(curve) for curve in zip(*fields, strict=True)]


def _id_of(fields: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(fields)).hexdigest()[:16]
