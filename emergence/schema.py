"""What the tables of the project share: how one is declared, and columns of several.

Each table is declared with the stage that makes it (``scores_table``, ``curves_table``,
``inference.inference_table``, ``pooling.pooled_table``, ``verdicts.labels_table``), with a version
of its own. A column's unit and meaning stand in its metadata and travel with the parquet files. A
list column has one entry a scale, in the order of scale. Unknown is null, never 0 or -1.
"""

from __future__ import annotations

import pyarrow as pa

#: The fields that make a scale curve, in the order in which `curve_id` hashes them.
CURVE_FIELDS = (
    "dataset",
    "task",
    "subtask",
    "metric",
    "model_family",
    "condition",
    "shots",
)

LEVELS = ("task", "subtask")

SCALE_KINDS = ("flop_matched_non_embedding", "non_embedding", "total", "nominal")


def field(name: str, kind: pa.DataType, meaning: str, unit: str = "") -> pa.Field:
    """Declare a column.

    Parameters
    ----------
    name : str
    kind : pyarrow.DataType
    meaning : str
        In a few words.
    unit : str, default ""
        Empty where it has none.

    Returns
    -------
    pyarrow.Field
    """
    return pa.field(name, kind, metadata={"meaning": meaning, "unit": unit})


def table(name: str, version: int, fields: list[pa.Field]) -> pa.Schema:
    """Declare a table.

    Parameters
    ----------
    name : str
    version : int
        Raised with every change: a file of another version is made again, not read.
    fields : list of pyarrow.Field

    Returns
    -------
    pyarrow.Schema
    """
    return pa.schema(fields, metadata={"table": name, "schema_version": str(version)})


def encoded_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema with its texts as dictionaries: each text once, and a number a row.

    Tables of many rows are made and written in this form. They are read, and declared, with
    plain texts.

    Parameters
    ----------
    schema : pyarrow.Schema
        From `table`.

    Returns
    -------
    pyarrow.Schema
    """
    kind = pa.dictionary(pa.int32(), pa.string())
    fields = [f.with_type(kind) if pa.types.is_string(f.type) else f for f in schema]
    return pa.schema(fields, schema.metadata)


TEXT, FLOAT, INT, BOOL = pa.string(), pa.float64(), pa.int64(), pa.bool_()
TEXTS, FLOATS, INTS = pa.list_(TEXT), pa.list_(FLOAT), pa.list_(INT)

TASK = field("task", TEXT, "name of the task")
SUBTASK = field("subtask", TEXT, "name of the subtask; empty for the task itself")
LEVEL = field("level", TEXT, "task or subtask; the two are never mixed in one statistic")
METRIC = field("metric", TEXT, "name of the metric")
OUTPUT_GROUP = field(
    "output_group", TEXT, "metrics of one group score the same model outputs; null if unknown"
)
FAMILY = field("model_family", TEXT, "name of the model family")
CONDITION = field(
    "condition", TEXT, "what else is fixed along a curve: sorted key=value pairs, joined by ;"
)
SHOTS = field("shots", INT, "solved examples in the prompt; null if unknown", "examples")
AXIS = field("axis", TEXT, "what the curve is drawn over: params, tokens, flops or loss")
DATASET = field("dataset", TEXT, "id of the dataset in the registry")
CURVE_ID = field(
    "curve_id", TEXT, "first 16 hex digits of SHA-256 over the fields that make the curve"
)
PREFERRED = field("is_preferred", BOOL, "the task's own preferred metric; null if unknown")
SOURCE_FILE = field("source_file", TEXT, "path of the file, as the registry has it")
SOURCE_ENTRY = field(
    "source_entry", TEXT, "the entry in the file: its names, or its JSON pointer (RFC 6901)"
)
