"""The answers of models as one table, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.samples.choices import Choices, Floats, score_choices, score_guessing
from emergence.samples.harness import Answers, Log
from emergence.samples.texts import pass_at_each, score_texts

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

#: Columns that a table of answers may have as well. What a model was trained on is the same in all
#: of its rows.
OPTIONAL = pa.schema(
    [
        _field("cluster", pa.string(), "examples that are drawn together; null stands alone"),
        _field("repeat", pa.int64(), "which of several written answers to the same example"),
        _field("step", pa.int64(), "training step of the model", "steps"),
        _field("tokens", pa.float64(), "tokens that the model was trained on", "tokens"),
        _field("flops", pa.float64(), "compute that the model was trained with", "FLOPs"),
        _field("loss", pa.float64(), "loss of the model"),
    ]
)

#: What a row says of its model.
OF_A_MODEL = ("scale", "scale_kind", "step", "tokens", "flops", "loss")


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
    numbers : mapping of str to int
        By metric: answers that its mean is over.
    examples : list of str
    clusters : list of str or None
        What is drawn together; None where each example stands alone.
    """

    by_example: Mapping[str, Floats]
    guessing: Mapping[str, float]
    numbers: Mapping[str, int]
    examples: list[str]
    clusters: list[str] | None


def score_answers(table: pa.Table) -> Scored:
    """Score the answers of one model to one task.

    Parameters
    ----------
    table : pyarrow.Table
        Schemas `ANSWERS` and `OPTIONAL`, of equal `KEYS`, sorted by example and repeat.

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        If some examples are multiple choice and others are not, or a row is neither; if the
        repeats are not written answers, or do not tell the answers to one example apart.
    """
    written = table["answer"].is_valid()
    firsts = _first_answers(table)
    guessing: Mapping[str, float] = {}
    numbers: dict[str, int] = {}
    if pc.all(written).as_py():
        if table["target"].null_count:
            raise ValueError("a written answer without a target")
        exact = table["exact_match"].to_numpy()
        first = table.take(firsts)
        texts = Answers(first["answer"].to_pylist(), first["target"].to_pylist(), exact[firsts])
        scored = dict(score_texts(texts))
        if len(firsts) < len(table):
            number = np.diff([*firsts, len(table)])
            scored |= pass_at_each(np.add.reduceat(exact, firsts), number)
            numbers["pass@1"] = len(table)
    elif pc.any(written).as_py():
        raise ValueError("multiple choice and written answers in one task")
    elif len(firsts) < len(table):
        raise ValueError("several answers to one example of multiple choice")
    else:
        choices = _choices(table)
        scored, guessing = score_choices(choices), score_guessing(choices)
    complete = {name: values for name, values in scored.items() if np.isfinite(values).all()}
    numbers = {name: numbers.get(name, len(firsts)) for name in complete}
    names, clusters = (table[name].take(firsts) for name in ("example", "cluster"))
    alone = pc.all(pc.is_null(clusters)).as_py()
    # A name that no cluster has.
    together = (
        None
        if alone
        else pc.if_else(
            pc.is_valid(clusters),
            pc.binary_join_element_wise("c", clusters, "/"),
            pc.binary_join_element_wise("e", names, "/"),
        ).to_pylist()
    )
    return Scored(complete, guessing, numbers, names.to_pylist(), together)


def _first_answers(table: pa.Table) -> NDArray[np.int64]:
    """Return where each example's answers begin: more than one only where `repeat` says so."""
    repeat = table["repeat"]
    if repeat.null_count == len(table):
        return np.arange(len(table))
    if repeat.null_count:
        raise ValueError("repeat is given for some answers only")
    example = np.array(table["example"].to_pylist(), object)
    begins = np.append(True, example[1:] != example[:-1])
    if (~begins[1:] & (np.diff(repeat.to_numpy()) == 0)).any():
        raise ValueError("two answers with the same example and repeat")
    return np.flatnonzero(begins)


def _choices(table: pa.Table) -> Choices:
    names = ("log_likelihood", "characters", "bytes")
    number, *others = (
        pc.list_value_length(table[name]).fill_null(0).to_numpy().astype(np.int64) for name in names
    )
    if any((number != other).any() for other in others) or table["gold"].null_count:
        raise ValueError("each choice needs a log-likelihood and a length, each example its gold")
    lists = {name: _padded(table[name]) for name in names}
    values = lists["log_likelihood"]
    # NaN means that an example has fewer choices.
    if np.count_nonzero(values < np.inf) < number.sum():
        raise ValueError("a log-likelihood that is no number below infinity")
    gold = table["gold"].to_numpy().astype(np.int64)
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
