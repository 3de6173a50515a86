"""Shards of the inference: which curves are in one, and whether its result still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from emergence.facts.metric_catalog import Metric
from emergence.inference.infer import INPUTS
from emergence.inference.inference_table import INFERENCE

_DIGEST = b"input_digest"


def members(curve_ids: Sequence[str], number: int, shards: int) -> NDArray[np.int64]:
    """Return the rows of a shard: by the curve's id, so that others do not move them.

    Parameters
    ----------
    curve_ids : sequence of str
        16 hex digits each.
    number : int
        The shard, from 1.
    shards : int
        How many there are.

    Returns
    -------
    ndarray of int64
        Rising.
    """
    shard = [int(curve_id, 16) % shards for curve_id in curve_ids]
    return np.flatnonzero(np.array(shard, np.int64) == number - 1)


def input_digest(
    curves: pa.Table,
    metrics: Mapping[str, Metric],
    settings: Mapping[str, Any],
    mean_over_subtasks: NDArray[np.bool_],
    code: str,
) -> str:
    """Return a digest of everything that a shard's result depends on.

    Parameters
    ----------
    curves : pyarrow.Table
        The shard's curves.
    metrics : mapping of str to Metric
    settings : mapping
        Of the inference; JSON values.
    mean_over_subtasks : ndarray of bool
    code : str
        A digest of what computes it.

    Returns
    -------
    str
        SHA-256 in hex digits.
    """
    digest = hashlib.sha256()

    def add(part: bytes) -> None:
        digest.update(len(part).to_bytes(8, "big") + part)

    names = sorted(set(curves["metric"].to_pylist()))
    laws = {name: [asdict(metrics[name].law), metrics[name].higher_is_better] for name in names}
    add(json.dumps([dict(settings), laws], sort_keys=True).encode())
    add(np.packbits(mean_over_subtasks).tobytes())
    for name in INPUTS:
        # Text is exact: json writes the shortest digits that read back to the same double.
        add(json.dumps(curves[name].to_pylist()).encode())
    add(code.encode())
    return digest.hexdigest()


def tagged(digest: str) -> pa.Schema:
    """Return the schema of a shard's result, which carries the digest of its input."""
    return INFERENCE.with_metadata({**INFERENCE.metadata, _DIGEST: digest.encode()})


def digest_of(path: Path) -> str | None:
    """Return the digest that a shard's result carries.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str or None
        None if there is no file that can be read, or one of another schema version.
    """
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowInvalid):
        return None
    metadata = found.metadata or {}
    if metadata.get(b"schema_version") != INFERENCE.metadata[b"schema_version"]:
        return None
    digest = metadata.get(_DIGEST)
    return digest.decode() if digest and found.equals(INFERENCE) else None
