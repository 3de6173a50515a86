"""The answers of models as one table, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emergence.samples.choices import Choices, Floats, score_choices, score_guessing
from emergence.samples.harness import Answers, Log
from emergence.samples.texts import score_texts

#: What makes the answers of one model to one task.
KEYS = ("task", "model_family", "model", "condition", "shots")


def _field(name: str, kind: pa.DataType, meaning: str, unit: str = "") -> pa.Field:
    return pa.field(name, kind, metadata={"meaning": meaning, "unit": unit})


#: One row an example and model.
ANSWERS = pa.schema(
    [
        _field("task", pa.string(), "name of the task"),
        _field("model_family", pa.string(), "name of the model family"),
        _field("model", pa.string(), "name of the model within its family"),
        _field("condition", pa.string(), "what else is fixed: key=value pairs, joined by ;"),
        _field("shots", pa.int64(), "solved examples in the prompt; null if unknown", "examples"),
        _field("scale", pa.float64(), "model scale", "parameters"),
        _field("scale_kind", pa.string(), "which parameters are counted"),
        _field("example", pa.string(), "the same for all models that answered it"),
        _field("gold", pa.int32(), "which choice is right, from 0; null for a written answer"),
        _field("log_likelihood", pa.list_(pa.float64()), "of each choice", "nats"),
        _field("characters", pa.list_(pa.int32()), "length of each choice", "characters"),
        _field("bytes", pa.list_(pa.int32()), "length of each choice in UTF-8", "bytes"),
        _field("answer", pa.string(), "what the model wrote; null for multiple choice"),
        _field("target", pa.string(), "what would be right; null for multiple choice"),
        _field("exact_match", pa.float64(), "as the harness scored it; null if it did not"),
    ]
)


def answers_table(log: Log, **keys: object) -> pa.Table:
    """Return a log as rows.

    Parameters
    ----------
    log : Log
    **keys
        ``task``, ``model_family``, ``model``, ``condition``, ``shots``, ``scale`` and
        ``scale_kind``.

    Returns
    -------
    pyarrow.Table
        Schema `ANSWERS`, in the order of the log.
    """
    size, answers = len(log.key), log.answers
    columns: dict[str, object] = {name: pa.array([value] * size) for name, value in keys.items()}
    columns["example"] = log.key
    if isinstance(answers, Choices):
        columns["gold"] = answers.gold
        for name in ("log_likelihood", "characters", "bytes"):
            table = getattr(answers, name)
            columns[name] = [row[~np.isnan(row)].tolist() for row in table]
    else:
        columns["answer"], columns["target"] = answers.text, answers.target
        columns["exact_match"] = pa.array(answers.exact_match, from_pandas=True)
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(size, field.type)
        for field in ANSWERS
    ]
    return pa.table(arrays, schema=ANSWERS)


@dataclass(frozen=True)
class Scored:
    """The scores of one model's answers to one task.

    Attributes
    ----------
    by_example : mapping of str to ndarray of float64, shape (n_examples,)
        By metric. One that some example lacks is not there: a mean over the others would be of
        other examples.
    guessing : mapping of str to float
        What guessing scores, where that is known.
    """

    by_example: Mapping[str, Floats]
    guessing: Mapping[str, float]


def score_answers(table: pa.Table) -> Scored:
    """Score the answers of one model to one task.

    Parameters
    ----------
    table : pyarrow.Table
        Schema `ANSWERS`, of equal `KEYS`.

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        If some examples are multiple choice and others are not, or a row is neither.
    """
    written = table["answer"].is_valid()
    guessing: Mapping[str, float] = {}
    if pc.all(written).as_py():
        if table["target"].null_count:
            raise ValueError("a written answer without a target")
        exact = table["exact_match"].to_numpy()
        texts = Answers(table["answer"].to_pylist(), table["target"].to_pylist(), exact)
        scored = score_texts(texts)
    elif pc.any(written).as_py():
        raise ValueError("multiple choice and written answers in one task")
    else:
        choices = _choices(table)
        scored, guessing = score_choices(choices), score_guessing(choices)
    complete = {name: values for name, values in scored.items() if np.isfinite(values).all()}
    return Scored(complete, guessing)


def _choices(table: pa.Table) -> Choices:
    lists = {name: _padded(table[name]) for name in ("log_likelihood", "characters", "bytes")}
    if len({values.shape for values in lists.values()}) > 1 or table["gold"].null_count:
        raise ValueError("each choice needs a log-likelihood and a length, each example its gold")
    gold = table["gold"].to_numpy().astype(np.int64)
    number = np.count_nonzero(~np.isnan(lists["log_likelihood"]), axis=1)
    if ((gold < 0) | (gold >= number)).any():
        raise ValueError("a right choice that is none of the choices")
    return Choices(lists["log_likelihood"], gold, lists["characters"], lists["bytes"])


def _padded(lists: pa.ChunkedArray) -> Floats:
    together = lists.combine_chunks()
    length = pc.list_value_length(together).fill_null(0).to_numpy(zero_copy_only=False)
    table = np.full((len(length), int(length.max(initial=1))), np.nan)
    values = together.flatten().cast(pa.float64())
    table[np.arange(table.shape[1]) < length[:, None]] = values.to_numpy(zero_copy_only=False)
    return table
