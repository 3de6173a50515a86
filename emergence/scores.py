"""The table of scores: the sources' rows, made consistent.

Decides what no single source can see: which entries are duplicates, which contradict each
other, and which rows are points of their scale curves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emergence.codes import (
    Ranks,
    encoded,
    group_starts,
    in_order_of_appearance,
    joint_ranks,
    ranks,
    stable_order,
)
from emergence.errors import CONTROL_CHARACTER, shorten
from emergence.facts.metric_catalog import Metric
from emergence.flags import flags_of, joined
from emergence.identity import curve_ids, measured
from emergence.schema import CURVE_FIELDS, encoded_schema
from emergence.scores_table import OF_AXES, REJECTS, SCORES, SOURCE_REJECTS

#: What names one score: entries that share all of these are the same score.
_KEY = (*CURVE_FIELDS[1:], "model", "replicate")

#: Columns in which no control character may stand.
_NAMES = ("task", "subtask", "metric", "model_family", "model", "condition", "replicate")

#: What two entries of the same score must agree in.
_CONTENT = ("scale", "scale_kind", "score")

#: What stands beside a score: entries that agree in the score are one all the same, and what
#: differs between them is unknown.
_BESIDE = (
    *OF_AXES,
    *("score_stderr", "n_examples", "low_score", "high_score", "is_preferred"),
)

_REJECT_ORDER = ("source_file", "source_entry", "reason", "seen")


@dataclass(frozen=True)
class Assembled:
    """A dataset's scores.

    Attributes
    ----------
    encoded : pyarrow.Table
        The scores with their texts as dictionaries, in the order of curve, scale, model,
        replicate. A dictionary's order follows from the rows, whatever their input's order.
    rejects : pyarrow.Table
        Schema `emergence.scores_table.REJECTS`, in the order of file and entry.
    """

    encoded: pa.Table
    rejects: pa.Table

    @cached_property
    def scores(self) -> pa.Table:
        """The scores, schema `emergence.scores_table.SCORES`: larger, and slower to make."""
        return self.encoded.cast(SCORES)


def assemble(
    dataset: str,
    rows: pa.Table,
    rejects: pa.Table,
    metrics: Mapping[str, Metric],
) -> Assembled:
    """Make the table of scores from the rows of all sources.

    Entries that give one model different scales are all rejected, and so are entries that
    give one score different values: nothing says which is right. So are entries with a control
    character in a name. Of entries that agree in everything one is kept. A score that is missing
    or not finite is kept with its ``use``.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    rows : pyarrow.Table
        Schema `emergence.scores_table.SOURCE_ROWS`, in any order; texts may be dictionaries.
    rejects : pyarrow.Table
        Schema `emergence.scores_table.SOURCE_REJECTS`, in any order.
    metrics : mapping of str to Metric
        Gives every metric, known or not.

    Returns
    -------
    Assembled
        As many score rows and rejects together as came in; the same, byte for byte,
        whatever the order in which they came.
    """
    rows, rejects = _without_control_characters(_prepared(rows), rejects)
    columns = {name: ranks(rows[name]) for name in (*_KEY, "scale")}
    why = _Reasons()
    _find_conflicting_scales(rows, columns, why)

    curve = joint_ranks([columns[name] for name in CURVE_FIELDS[1:]])
    point = joint_ranks([columns[name] for name in ("scale", "model", "replicate")])
    order = stable_order([curve, point])
    key = [curve, columns["model"], columns["replicate"]]
    settled = _find_duplicates(rows, order, key, why)
    order = order[why.kept(rows.num_rows)[order]]
    scores = _finish(dataset, settled.of(rows), order, curve[order], metrics)
    differing = np.isin(order, sorted(settled.differing))
    if differing.any():
        place = scores.column_names.index("flags")
        flags = add_flag(scores["flags"], "beside_differs", differing)
        scores = scores.set_column(place, scores.schema.field(place), flags)
    return Assembled(scores, _all_rejects(dataset, rows, rejects, why))


def _prepared(rows: pa.Table) -> pa.Table:
    """Encode the texts as dictionaries, and make one zero of 0.0 and -0.0: they are equal.

    Otherwise the order of the rows would decide which of them is kept.
    """
    columns = []
    for name in rows.column_names:
        column = rows[name]
        if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type):
            column = encoded(column)
        elif pa.types.is_floating(column.type):
            column = pc.add(column, 0.0)
        columns.append(column)
    return pa.table(columns, names=rows.column_names)


def _without_control_characters(rows: pa.Table, rejects: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Move rows with a control character in a name to the rejects; each name is looked at once."""
    seen: dict[int, str] = {}
    for name in _NAMES:
        column = encoded(rows[name])
        texts = column.dictionary.to_pylist()
        bad = [code for code, text in enumerate(texts) if CONTROL_CHARACTER.search(text)]
        for code in bad:
            for row in np.flatnonzero(pc.equal(column.indices, code)).tolist():
                seen.setdefault(row, shorten(f"{name}: {texts[code]}"))
    if not seen:
        return rows, rejects
    numbers = sorted(seen)
    places = rows.select(["source_file", "source_entry"]).take(pa.array(numbers)).to_pylist()
    refused = [
        {
            "source_file": place["source_file"],
            "source_entry": shorten(place["source_entry"]),
            "reason": "control_character",
            "seen": seen[number],
        }
        for number, place in zip(numbers, places, strict=True)
    ]
    kept = np.ones(rows.num_rows, bool)
    kept[numbers] = False
    rejects = rejects.select(SOURCE_REJECTS.names).cast(SOURCE_REJECTS)
    together = pa.concat_tables([rejects, pa.Table.from_pylist(refused, SOURCE_REJECTS)])
    return rows.filter(pa.array(kept)), together


class _Reasons:
    """Why rows are rejects, by row number."""

    def __init__(self) -> None:
        self.reason: dict[int, str] = {}
        self.seen: dict[int, str] = {}

    def add(self, rows: Iterable[int], reason: str, seen: str) -> None:
        for row in rows:
            self.reason[row] = reason
            self.seen[row] = seen

    def kept(self, n_rows: int) -> NDArray[np.bool_]:
        kept = np.ones(n_rows, bool)
        kept[list(self.reason)] = False
        return kept


def _find_conflicting_scales(rows: pa.Table, columns: Mapping[str, Ranks], why: _Reasons) -> None:
    model = joint_ranks([columns["model_family"], columns["model"]])
    model_and_scale = joint_ranks([model, columns["scale"]])
    if model.max(initial=-1) == model_and_scale.max(initial=-1):
        return  # as many pairs as models: each has one scale
    order = stable_order([model, columns["scale"]])
    starts = group_starts(model[order])
    ends = np.concatenate((starts[1:], [len(order)]))
    scale = columns["scale"][order]
    for group in np.flatnonzero(scale[starts] != scale[ends - 1]):
        members = order[starts[group] : ends[group]]
        scales = sorted(set(rows["scale"].take(pa.array(members)).to_pylist()))
        seen = shorten("n_params: " + ", ".join(f"{scale:.17g}" for scale in scales))
        why.add(members.tolist(), "conflicting_scales", seen)


@dataclass(frozen=True)
class _Settled:
    """What stands beside scores that several entries give, by the number of the row that is kept.

    What one entry says and others leave out is known; what they say differently is not.
    """

    values: dict[str, dict[int, Any]]
    differing: set[int]

    def add(self, row: int, entries: pa.Table) -> None:
        for name in _BESIDE:
            said = pc.unique(entries[name].drop_null())
            if len(said) == 1 and entries[name].null_count:
                self.values.setdefault(name, {})[row] = said[0].as_py()
            elif len(said) > 1:
                self.values.setdefault(name, {})[row] = None
                self.differing.add(row)

    def of(self, rows: pa.Table) -> pa.Table:
        """Return the rows with these values."""
        for name, values in self.values.items():
            column = rows[name].combine_chunks()
            changed = np.zeros(len(column), bool)
            changed[sorted(values)] = True
            new = pa.array([values[row] for row in sorted(values)], column.type)
            column = pc.replace_with_mask(column, pa.array(changed), new)
            rows = rows.set_column(rows.column_names.index(name), name, column)
        return rows


def _find_duplicates(
    rows: pa.Table,
    order: NDArray[np.intp],
    key: Sequence[Ranks],
    why: _Reasons,
) -> _Settled:
    """Find entries of one score; in ``order`` they are neighbours, as each model has one scale."""
    order = order[why.kept(rows.num_rows)[order]]
    same = np.ones(max(len(order) - 1, 0), bool)
    for column in key:
        same &= column[order[1:]] == column[order[:-1]]
    settled = _Settled({}, set())
    if not same.any():
        return settled
    repeated = np.concatenate(([False], same)) | np.concatenate((same, [False]))
    chosen = order[repeated]
    group = np.cumsum(~np.concatenate(([False], same)))[repeated]
    table = rows.take(pa.array(chosen))
    content = joint_ranks([ranks(table[name]) for name in _CONTENT])
    place = joint_ranks([ranks(table[name]) for name in ("source_file", "source_entry")])
    sorted_ = stable_order([group, content, place])
    starts = group_starts(group[sorted_])
    ends = np.concatenate((starts[1:], [len(sorted_)]))
    agree = content[sorted_[starts]] == content[sorted_[ends - 1]]
    numbers = chosen[sorted_].tolist()
    for start, end in zip(starts[agree].tolist(), ends[agree].tolist(), strict=True):
        why.add(numbers[start + 1 : end], "duplicate", f"{end - start} times")
    for start, end in zip(starts[agree].tolist(), ends[agree].tolist(), strict=True):
        settled.add(numbers[start], table.take(pa.array(sorted_[start:end])))
    for start, end in zip(starts[~agree].tolist(), ends[~agree].tolist(), strict=True):
        members = table.take(pa.array(sorted_[start:end]))
        why.add(numbers[start:end], "conflicting_duplicates", _what_differs(members))
    return settled


def _what_differs(members: pa.Table) -> str:
    """Say in which columns entries differ, and how."""
    said = []
    for name in _CONTENT:
        values = sorted({str(value) for value in members[name].to_pylist()})
        if len(values) > 1:
            said.append(f"{name}: {', '.join(values)}")
    return shorten("; ".join(said))


def _finish(
    dataset: str,
    rows: pa.Table,
    order: NDArray[np.intp],
    curve: Ranks,
    metrics: Mapping[str, Metric],
) -> pa.Table:
    """Put the rows that are kept in order, and add what is derived; texts are dictionaries."""
    starts = group_starts(curve)
    sizes = np.diff(np.concatenate((starts, [len(curve)])))
    texts = {
        name: encoded(rows[name])
        for name in rows.column_names
        if pa.types.is_dictionary(rows[name].type)
    }
    codes = {name: column.indices.to_numpy()[order] for name, column in texts.items()}
    # What belongs to a curve is worked out once a curve: there are an eighth as many.
    heads = {name: codes[name][starts] for name in CURVE_FIELDS[1:] if name in codes}
    curve_texts = {name: (heads[name], texts[name].dictionary) for name in heads}
    shots = rows["shots"].take(pa.array(order[starts]))
    known = [metrics[name] for name in texts["metric"].dictionary.to_pylist()]
    is_task = pc.equal(texts["subtask"].dictionary, "").to_numpy(zero_copy_only=False)
    curve_texts |= {
        "dataset": (np.zeros(len(starts), np.int32), [dataset]),
        "level": (np.where(is_task[heads["subtask"]], 0, 1), ["task", "subtask"]),
        "output_group": _by_metric(heads["metric"], [m.output_group for m in known]),
        "flags": _by_metric(heads["metric"], [joined({*m.flags}) for m in known]),
        "curve_id": (np.arange(len(starts)), _curve_ids(dataset, heads, texts, shots)),
    }
    taken = pa.array(order)
    columns = {
        name: in_order_of_appearance(codes[name], texts[name].dictionary)
        if name in texts
        else rows[name].take(taken)
        for name in rows.column_names
        if name not in curve_texts
    }
    for name, (of_curve, names) in curve_texts.items():
        columns[name] = _text(of_curve, names, sizes)
    columns["use"] = _use(columns["score"])
    is_share = np.array([m.is_share_of_examples is True for m in known], bool)
    lower = np.array([not m.higher_is_better for m in known], bool)
    of_row = codes["metric"]
    columns["flags"] = _add_flags_of_scores(columns, is_share[of_row], lower[of_row])
    return pa.table([columns[name] for name in SCORES.names], schema=encoded_schema(SCORES))


def _text(
    codes: NDArray, names: Sequence[str] | pa.Array, times: NDArray | None = None
) -> pa.DictionaryArray:
    """Column of texts by their numbers; with ``times``, each row that many times."""
    column = in_order_of_appearance(codes, pa.array(names, pa.string()))
    if times is None:
        return column
    rows = pa.array(np.repeat(np.arange(len(codes), dtype=np.int32), times))
    return pa.DictionaryArray.from_arrays(column.indices.take(rows), column.dictionary)


def _by_metric(codes: NDArray, values: Sequence[str | None]) -> tuple[NDArray, list[str]]:
    """Return what is known of each row's metric; several metrics may have the same."""
    names = list(dict.fromkeys(value for value in values if value is not None))
    code = np.array([-1 if v is None else names.index(v) for v in values], np.int32)
    return code[codes], names


def _use(score: pa.ChunkedArray) -> pa.DictionaryArray:
    finite = pc.fill_null(pc.is_finite(score), False).to_numpy()
    missing = score.is_null().to_numpy()
    return _text(
        np.where(missing, 1, np.where(finite, 0, 2)), ["used", "score_missing", "score_not_finite"]
    )


def _curve_ids(
    dataset: str,
    heads: Mapping[str, NDArray],
    texts: Mapping[str, pa.DictionaryArray],
    shots: pa.ChunkedArray,
) -> list[str]:
    fields = [[measured(dataset)] * len(shots)]
    for name in CURVE_FIELDS[1:]:
        if name in heads:
            codes, names = heads[name], texts[name].dictionary.to_pylist()
        else:
            column = encoded(shots)
            names = ["" if v is None else str(v) for v in [*column.dictionary.to_pylist(), None]]
            codes = column.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)
        pieces = np.array([measured(text) for text in names], dtype=object)
        fields.append(pieces[codes].tolist())
    return curve_ids(fields)


def _add_flags_of_scores(
    columns: Mapping[str, pa.ChunkedArray],
    is_share: NDArray[np.bool_],
    lower_is_better: NDArray[np.bool_],
) -> pa.DictionaryArray:
    score, low, high = (
        columns[name].to_numpy().astype(np.float64, copy=False)
        for name in ("score", "low_score", "high_score")
    )
    with np.errstate(invalid="ignore"):
        # A mean of rounded shares may miss 1 by its last digits.
        room = 1e-9 * np.maximum(1, np.abs(high))
        # Which end is best: the two bounds say it, or else the metric.
        reverse = np.where(np.isnan(low), lower_is_better, high < low)
        above = np.where(reverse, score < high - room, score > high + room)
        no_share = is_share & ((score < -1e-9) | (score > 1 + 1e-9))
    return add_flag(add_flag(columns["flags"], "above_high_score", above), "no_share", no_share)


def add_flag(flags: pa.Array | pa.ChunkedArray, name: str, marked: NDArray[np.bool_]) -> pa.Array:
    """Add a flag to the rows that have it.

    Parameters
    ----------
    flags : pyarrow array of str
        Flags so far, joined by ``;``.
    name : str
        One of `emergence.scores_table.FLAGS`.
    marked : ndarray of bool
        The rows.

    Returns
    -------
    pyarrow.DictionaryArray
        The flags of each row in the order of their names.
    """
    flags = encoded(flags)
    if not marked.any():
        return flags
    names = flags.dictionary.to_pylist()
    longer = [joined({*flags_of(text), name}) for text in names]
    both = list(dict.fromkeys([*names, *longer]))
    where = np.array([both.index(text) for text in longer], np.int32)
    codes = flags.indices.to_numpy()
    return _text(np.where(marked, where[codes], codes), both)


def mark_known_bad(scores: pa.Table, known: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Flag the rows that are listed as bad data.

    Parameters
    ----------
    scores : pyarrow.Table
        From `assemble`, of one dataset, texts as dictionaries.
    known : iterable of mapping
        Rows of `emergence.facts.known_bad_data`; those of other datasets, and those that are
        no reason to leave data out, are passed over.

    Returns
    -------
    pyarrow.Table
        With the flag ``known_bad``. No row is removed, and no other column changes.
    """
    if not scores.num_rows:
        return scores
    (dataset,) = encoded(scores["dataset"]).dictionary.to_pylist()
    task, metric = encoded(scores["task"]), encoded(scores["metric"])
    pair = task.indices.to_numpy() * np.int32(len(metric.dictionary)) + metric.indices.to_numpy()
    bad = {
        (entry["task"], entry["metric"])
        for entry in known
        if entry["dataset"] == dataset and entry["exclude"] == "yes"
    }
    marked = np.array(
        [
            (name, "") in bad or (name, score) in bad
            for name in task.dictionary.to_pylist()
            for score in metric.dictionary.to_pylist()
        ],
        bool,
    )[pair]
    flags = add_flag(scores["flags"], "known_bad", marked)
    place = scores.column_names.index("flags")
    return scores.set_column(place, scores.schema.field(place), flags)


def _all_rejects(dataset: str, rows: pa.Table, rejects: pa.Table, why: _Reasons) -> pa.Table:
    found = sorted(why.reason)
    ours = rows.select(["source_file", "source_entry"]).take(pa.array(found, pa.int64()))
    ours = ours.append_column("reason", pa.array([why.reason[row] for row in found], pa.string()))
    ours = ours.append_column("seen", pa.array([why.seen[row] for row in found], pa.string()))
    ours = ours.select(_REJECT_ORDER).cast(SOURCE_REJECTS)
    together = pa.concat_tables([rejects.select(_REJECT_ORDER).cast(SOURCE_REJECTS), ours])
    together = together.take(pc.sort_indices(together, [(c, "ascending") for c in _REJECT_ORDER]))
    return together.add_column(0, "dataset", pa.repeat(pa.scalar(dataset), together.num_rows)).cast(
        REJECTS
    )


def count_by(column: pa.ChunkedArray, names: Sequence[str]) -> dict[str, int]:
    """Count the values of a column.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of str
        The column.
    names : sequence of str
        The closed list that its values are from.

    Returns
    -------
    dict of str to int
        In the order of the list, zeros included.

    Raises
    ------
    ValueError
        If a value is not on the list.
    """
    counts = dict.fromkeys(names, 0)
    for entry in pc.value_counts(column).to_pylist():
        if entry["values"] not in counts:
            raise ValueError(f"{entry['values']!r} is not one of {list(names)}")
        counts[entry["values"]] = entry["counts"]
    return counts
