"""Stage 3, end: the shards of the inference joined."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from emergence.study import Study


def join(study: Study, shards: list[pa.Table]) -> Study:
    """Join the inference of all shards, in the order of the curves.

    Parameters
    ----------
    study : Study
        With ``curves``.
    shards : list of pyarrow.Table
        Schema `emergence.inference.inference_table.INFERENCE`.

    Returns
    -------
    Study
        With ``inference``.

    Raises
    ------
    ValueError
        If they do not have the study's curves.
    """
    together = pa.concat_tables([shard.replace_schema_metadata() for shard in shards])
    order = pc.index_in(study.curves["curve_id"], together["curve_id"].combine_chunks())
    if order.null_count or together.num_rows != study.curves.num_rows:
        raise ValueError("the shards do not have the curves of curves.parquet")
    return study.having(inference=together.take(order))
