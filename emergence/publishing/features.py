"""The tables as the package `datasets` sees them."""

from __future__ import annotations

import json
from typing import Any

import datasets
import pyarrow as pa

#: The metadata of a parquet file in which `datasets` looks for the features.
_KEY = b"huggingface"


def features(schema: pa.Schema) -> datasets.Features:
    """Declare the columns of a table to `datasets`.

    Parameters
    ----------
    schema : pyarrow.Schema
        One of `emergence.schema`.

    Returns
    -------
    datasets.Features
        One feature a column, in the table's order.

    Raises
    ------
    ValueError
        If a column is of a type that no table of this project has: a mistake in this project.
    """
    return datasets.Features({field.name: _feature(field.type) for field in schema})


def _feature(kind: pa.DataType) -> datasets.Value | datasets.List:
    if pa.types.is_list(kind):
        return datasets.List(_feature(kind.value_type))
    for known, name in (
        (pa.string(), "string"),
        (pa.float64(), "float64"),
        (pa.int64(), "int64"),
        (pa.bool_(), "bool"),
    ):
        if kind == known:
            return datasets.Value(name)
    raise ValueError(f"no feature is declared for {kind}")


def with_features(schema: pa.Schema) -> pa.Schema:
    """Write the features of a schema into its metadata, where `datasets` finds them.

    Parameters
    ----------
    schema : pyarrow.Schema
        One of `emergence.schema`.

    Returns
    -------
    pyarrow.Schema
        The same columns, with their units and meanings.
    """
    text = json.dumps({"info": {"features": features(schema).to_dict()}})
    return schema.with_metadata({**(schema.metadata or {}), _KEY: text.encode()})


def described_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """Describe the features as the header of a dataset card does.

    Parameters
    ----------
    schema : pyarrow.Schema
        One of `emergence.schema`.

    Returns
    -------
    list of dict
        Ready for YAML.
    """
    return [
        {"name": name, "list": feature.feature.dtype}
        if isinstance(feature, datasets.List)
        else {"name": name, "dtype": feature.dtype}
        for name, feature in features(schema).items()
    ]
