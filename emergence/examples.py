"""The number of examples behind a score, recovered from the scores themselves.

BIG-bench's score files do not say it. A share of n examples is a whole number over n, so a
candidate is accepted if it makes whole numbers of all scores of a curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emergence.codes import encoded, group_starts
from emergence.facts.metric_catalog import Metric
from emergence.scores import add_flag

#: Most examples of a task that a family was asked, by the first word of its name. Of other
#: families it is not known.
FAMILY_CAPS = {"BIG-G": 1024, "GPT": 1000, "PaLM": 1000}

#: A share times n misses a whole number by less than this share of n.
TOLERANCE = 1e-6

#: The largest number of examples that is read off the scores alone.
LARGEST_DIVISOR = max(FAMILY_CAPS.values())

_UNKNOWN = 0


def recover_examples(
    scores: pa.Table, inventory: Iterable[Mapping[str, Any]], metrics: Mapping[str, Metric]
) -> pa.Table:
    """Fill in the number of examples of BIG-bench's scores where it can be known.

    For each curve under a metric that is a share of examples these are tried in turn, and
    the first that makes whole numbers of all its scores is taken: the inventory's number or
    the family's cap, whichever is less; the inventory's number; 1024; 1000; the least
    number that fits, up to 1024. That last one divides the true number and need not be it;
    and scores that are all 0 or 1 fit any: they take the first. Both are flagged
    ``n_assumed``. Everything else stays unknown: a mean over subtasks, for one, is no share
    of examples.

    Parameters
    ----------
    scores : pyarrow.Table
        From `emergence.scores.assemble`, in its order, texts as dictionaries.
    inventory : iterable of mapping
        Rows of `emergence.facts.task_inventory`.
    metrics : mapping of str to Metric
        Gives every metric, known or not.

    Returns
    -------
    pyarrow.Table
        With ``n_examples`` where it was null and is known now, and the flag.
    """
    if not scores.num_rows:
        return scores
    curve = encoded(scores["curve_id"]).indices.to_numpy()
    starts = group_starts(curve)
    sizes = np.diff(np.concatenate((starts, [len(curve)])))
    first, cap, allowed = _what_is_known(scores, starts, inventory, metrics)
    score = scores["score"].to_numpy()
    n, assumed = _recovered(score, starts, sizes, first, cap, allowed)
    n_rows, assumed_rows = np.repeat(n, sizes), np.repeat(assumed, sizes)
    given = scores["n_examples"].is_valid().to_numpy()
    published = scores["n_examples"].fill_null(0).to_numpy()
    unusable = ~np.isfinite(score)
    n_rows = np.where(given, published, np.where(unusable, _UNKNOWN, n_rows))
    return _replaced(
        scores,
        n_examples=pa.array(n_rows.astype(np.int64), mask=n_rows == _UNKNOWN),
        flags=add_flag(scores["flags"], "n_assumed", assumed_rows & ~given & ~unusable),
    )


def _replaced(table: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    return table


def _what_is_known(
    scores: pa.Table,
    starts: NDArray[np.intp],
    inventory: Iterable[Mapping[str, Any]],
    metrics: Mapping[str, Metric],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Of each curve: the inventory's examples and the cap (0 unknown), and if it may be a share."""
    columns = {}
    for name in ("task", "subtask", "metric", "model_family"):
        column = encoded(scores[name])
        columns[name] = (column.indices.to_numpy()[starts], column.dictionary.to_pylist())
    listed = {(row["task"], row["subtask"]): row for row in inventory}
    (task, tasks), (subtask, subtasks) = columns["task"], columns["subtask"]
    pair = task.astype(np.int64) * len(subtasks) + subtask
    distinct, of_pair = np.unique(pair, return_inverse=True)
    names = [(tasks[p // len(subtasks)], subtasks[p % len(subtasks)]) for p in distinct.tolist()]
    # A task with subtasks has means over them, whether or not the inventory knows it.
    with_subtasks = {name for name, part in names if part}
    with_subtasks |= {row["task"] for row in listed.values() if row["is_leaf"] == "0"}
    examples = np.array([listed.get(name, {}).get("n_examples") or 0 for name in names], np.int64)
    is_mean = np.array([not part and name in with_subtasks for name, part in names], bool)

    metric, names_of_metrics = columns["metric"]
    share = [metrics[name].is_share_of_examples is True for name in names_of_metrics]
    family, families = columns["model_family"]
    caps = np.array([_cap(name) for name in families], np.int64)
    allowed = np.array(share, bool)[metric] & ~is_mean[of_pair]
    return np.where(is_mean, 0, examples)[of_pair], caps[family], allowed


def _cap(family: str) -> int:
    return FAMILY_CAPS.get(family.split(" ")[0], _UNKNOWN)


def _recovered(
    score: NDArray[np.float64],
    starts: NDArray[np.intp],
    sizes: NDArray[np.intp],
    examples: NDArray[np.int64],
    cap: NDArray[np.int64],
    allowed: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the number of examples of each curve, 0 for unknown, and if it is assumed."""
    usable = np.isfinite(score)
    inside = ~usable | ((score >= 0) & (score <= 1))
    trivial = ~usable | (score == 0) | (score == 1)
    allowed = allowed & np.logical_and.reduceat(inside, starts)
    allowed &= np.logical_or.reduceat(usable, starts)
    all_trivial = np.logical_and.reduceat(trivial, starts)

    first = np.where((cap > 0) & (examples > 0), np.minimum(examples, cap), examples)
    n = np.where(allowed & all_trivial, first, _UNKNOWN)
    assumed = n > 0
    for candidate in (first, examples, np.full_like(first, 1024), np.full_like(first, 1000)):
        waiting = np.flatnonzero(allowed & ~all_trivial & (n == _UNKNOWN) & (candidate > 0))
        if not len(waiting):
            continue
        rows, starts_of = _rows_of(waiting, starts, sizes)
        tried = np.repeat(candidate[waiting], sizes[waiting]).astype(float)
        fits = ~usable[rows] | _is_whole(score[rows], tried)
        fitting = waiting[np.logical_and.reduceat(fits, starts_of)]
        n[fitting] = candidate[fitting]
    waiting = np.flatnonzero(allowed & ~all_trivial & (n == _UNKNOWN))
    if len(waiting):
        n[waiting] = _least_divisor(score, usable, waiting, starts, sizes)
        assumed[waiting] = n[waiting] > 0
    return n, assumed


def _rows_of(
    curves: NDArray[np.intp], starts: NDArray[np.intp], sizes: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of some curves, and where each of these curves starts among them."""
    of = sizes[curves]
    offsets = np.cumsum(of) - of
    return np.repeat(starts[curves] - offsets, of) + np.arange(of.sum()), offsets


def _is_whole(score: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):  # infinite scores, which nobody asks for
        return np.abs(score * n - np.rint(score * n)) < TOLERANCE * n


def _least_divisor(
    score: NDArray[np.float64],
    usable: NDArray[np.bool_],
    curves: NDArray[np.intp],
    starts: NDArray[np.intp],
    sizes: NDArray[np.intp],
) -> NDArray[np.int64]:
    """Return the least n up to `LARGEST_DIVISOR` that fits each curve, 0 if there is none.

    The least n of each score alone is found by trying all; that of a curve is their least
    common multiple. (A share of n in lowest terms has a divisor of n below the line.)
    """
    rows, offsets = _rows_of(curves, starts, sizes)
    below = np.full(len(rows), 1, np.int64)
    open_rows = np.flatnonzero(usable[rows] & ~_is_whole(score[rows], np.ones(len(rows))))
    below[open_rows] = 0
    for n in range(2, LARGEST_DIVISOR + 1):
        if not len(open_rows):
            break
        whole = _is_whole(score[rows[open_rows]], np.full(len(open_rows), float(n)))
        below[open_rows[whole]] = n
        open_rows = open_rows[~whole]
    found = np.ones(len(curves), np.int64)
    for position in range(int(sizes[curves].max())):
        has = position < sizes[curves]
        next_one = below[offsets[has] + position]
        # 0 is no divisor, and stays: so does what has grown beyond any known number.
        multiple = np.lcm(found[has], next_one)
        found[has] = np.where(multiple <= LARGEST_DIVISOR, multiple, 0)
    return found


#: No evaluation has so many examples, and no standard error is exact enough to tell them apart.
LARGEST_FROM_ERRORS = 10**6

#: Least relative error of a printed standard error: it went through a sum and a root.
_ERROR_OF_SUMS = 1e-9

#: Numbers of examples that are tried; where more fit one score, the error is too coarse.
_MOST_TRIED = 10_000


def examples_from_errors(scores: pa.Table, metrics: Mapping[str, Metric]) -> pa.Table:
    """Fill in the number of examples where the standard errors of a curve show it.

    The standard error of a share p of n examples, with the sample variance as
    lm-evaluation-harness takes it, is sqrt(p (1 - p) / (n - 1)). Each score with its error
    thus allows an interval of n, as wide as the last digit that is printed on the curve
    (rounding cuts trailing zeros, so it is that of its longest number). n is taken if it is
    the only whole number in the intervals of all scores of the curve that makes whole numbers
    of them all. Scores of 0 or 1 have an error of 0, and allow any.

    Parameters
    ----------
    scores : pyarrow.Table
        From `emergence.scores.assemble`, in its order, texts as dictionaries.
    metrics : mapping of str to Metric
        Gives every metric, known or not.

    Returns
    -------
    pyarrow.Table
        With ``n_examples`` where a curve had none and it is known now. Curves under a metric
        that is no share, and means over subtasks, stay as they are.
    """
    if not scores.num_rows:
        return scores
    curve = encoded(scores["curve_id"]).indices.to_numpy()
    starts = group_starts(curve)
    sizes = np.diff(np.concatenate((starts, [len(curve)])))
    _, _, allowed = _what_is_known(scores, starts, (), metrics)
    given = scores["n_examples"].is_valid().to_numpy()
    allowed &= ~np.logical_or.reduceat(given, starts)
    score, error = (
        scores[name].to_numpy(zero_copy_only=False).astype(float)
        for name in ("score", "score_stderr")
    )
    n = np.zeros(len(starts), np.int64)
    for i in np.flatnonzero(allowed).tolist():
        rows = slice(starts[i], starts[i] + sizes[i])
        usable = np.isfinite(score[rows])
        n[i] = _from_errors(score[rows][usable], error[rows][usable])
    n_rows = np.where(np.isfinite(score), np.repeat(n, sizes), _UNKNOWN)
    n_rows = np.where(given, scores["n_examples"].fill_null(0).to_numpy(), n_rows)
    return _replaced(scores, n_examples=pa.array(n_rows, mask=n_rows == _UNKNOWN))


def _from_errors(score: NDArray[np.float64], error: NDArray[np.float64]) -> int:
    """Return the one number of examples that fits a curve, 0 if none or several do."""
    known = np.isfinite(error)
    trivial = (score == 0) | (score == 1)
    told = known & ~trivial
    if not told.any() or ((score < 0) | (score > 1)).any():
        return _UNKNOWN
    if (error[told] <= 0).any() or (error[known & trivial] != 0).any():
        return _UNKNOWN
    unit = 0.5 * 10.0 ** -max(map(_decimals, [*score.tolist(), *error[known].tolist()]))
    p, at = score[told], error[told]
    room = np.maximum(unit, _ERROR_OF_SUMS * at)
    variance, of_variance = p * (1 - p), np.abs(1 - 2 * p) * unit + unit**2
    low = 1 + (variance - of_variance) / (at + room) ** 2
    with np.errstate(divide="ignore"):
        high = np.where(at > room, 1 + (variance + of_variance) / (at - room) ** 2, np.inf)
    first, last = max(2, int(np.ceil(low.max()))), float(np.floor(high.min()))
    if not first <= last <= LARGEST_FROM_ERRORS or last - first >= _MOST_TRIED:
        return _UNKNOWN
    tried = np.arange(first, int(last) + 1)[:, None]
    distance = np.abs(score * tried - np.rint(score * tried))
    fitting = tried[(distance <= (unit + _ERROR_OF_SUMS) * tried).all(axis=1), 0]
    return int(fitting[0]) if len(fitting) == 1 else _UNKNOWN


def _decimals(value: float) -> int:
    """Return how many digits a number has behind the point, in its shortest form."""
    digits, _, exponent = repr(abs(value)).partition("e")
    return max(len(digits.partition(".")[2].rstrip("0")) - int(exponent or 0), 0)
