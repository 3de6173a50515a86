"""Wide tables: which columns identify a model and which are scores, by their content."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from emergence.errors import in_shell, shorten
from emergence.facts.metric_catalog import METRIC_CATALOG
from emergence.scales import SMALLEST_SIZE
from emergence.sources import cells
from emergence.sources.cells import Cell, Unusable
from emergence.sources.foreign import command, new_name, unused_name
from emergence.sources.headers import likely, listed, plain, size_unit, training_columns
from emergence.sources.known import KnownModel
from emergence.sources.table_files import Content

#: Columns of numbers that people have and that are no scores of a task, as `plain` writes them.
_NO_SCORES = frozenset(
    {
        *("", "unnamed_0", "index", "id", "rank", "year", "date", "seed", "step", "steps"),
        *("average", "avg", "mean", "overall", "total", "epoch", "epochs", "layers", "width"),
        *("batch_size", "context", "context_length", "revision"),
    }
)

#: Words in the names of columns of numbers that are no scores, wherever they stand.
_NO_SCORE_WORDS = frozenset({"tokens", "flop", "flops", "likes", "downloads", "co2", "elo"})

#: Words in the names of columns of tasks.
_TASK_WORDS = frozenset({"task", "tasks", "benchmark", "dataset", "subject", "category", "eval"})

#: Ends the name of a quantity that is no score, as in ``Training data (T)`` or ``FLOPs (1E21)``.
_UNIT = re.compile(
    r"\((in )?([kmbt]|bn|[gmkt]i?b|m?s|h|hours|days|years|k?g|usd|\$|€|1e\d+|10\^\d+|"
    r"(m|b|tr)illions?)\)\s*",
    re.IGNORECASE,
)

_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+ ?%?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3},\d{3}", re.ASCII)

#: Parts a score from its error, as papers write them: 45.3 ± 0.2.
_ERROR_SIGN = re.compile(r"\s*(?:±|\+/-|\+-)")

#: The largest percent; nothing above is a share of right answers.
_LARGEST = 100

#: Ends the name of the column with the standard errors of a score column.
ERROR = "_stderr"

#: Columns of a tidy table that say what a row is of; the others are made of the score columns.
IDENTIFYING = (
    *("model", "model_family", "n_params", "scale_kind", "condition", "replicate", "shots"),
    *("n_examples", "low_score", "high_score", "is_preferred"),
    *("step", "tokens", "flops", "loss"),
)

#: Of these, those that say how a model was trained: what a curve can be drawn over.
TRAINING = {"step": cells.count, "tokens": cells.amount, "flops": cells.amount, "loss": cells.loss}

#: What people write into a cell of which they know no score, in small letters.
_UNKNOWN = frozenset({"-", "--", "–", "—", "n/a", "na", "none", "null", "?", "."})

#: A column holds numbers if so many of its cells do.
_MOSTLY = 0.8


@dataclass(frozen=True)
class Columns:
    """Which columns of a wide table are what.

    Attributes
    ----------
    named : mapping of str to str
        The table's column by ours, of what identifies a row.
    scores : mapping of str to mapping
        ``task`` and perhaps ``metric`` of each score column.
    ends : mapping of str to (float, float)
        The smallest and the largest score of each score column.
    above : sequence of str
        Columns of numbers of no known metric that go beyond 100, and so are no shares.
    """

    named: Mapping[str, str]
    scores: Mapping[str, Mapping[str, str]]
    ends: Mapping[str, tuple[float, float]]
    above: Sequence[str]


def propose(content: Content, mapping: Mapping[str, Any]) -> Columns | None:
    """Find out which columns identify a model and which are scores.

    Parameters
    ----------
    content : Content
    mapping : mapping
        What is said already, as in the field ``columns``.

    Returns
    -------
    Columns or None
        None if no column names the models or none holds scores.
    """
    header = content.header
    used = {name for name in mapping.values() if isinstance(name, str)}
    used |= {one for names in mapping.values() if isinstance(names, list) for one in names}
    own = [name for name in IDENTIFYING if name not in mapping]
    named = {name: name for name in own if name in content.place}
    free = [name for name in header if name not in used and name not in named]
    found = likely([name for name in own if name not in named and name in _LOOKED_FOR], free)
    left = [name for name in free if name not in found.values()]
    trained = training_columns(left)
    found |= {ours: name for ours, name in trained.items() if ours in own and ours not in named}
    named |= found
    numbers = {
        name: values
        for name in free
        if name not in found.values()
        and not _names_no_score(name)
        and (values := _numbers(content, name))
    }
    if "model" not in named and "model" not in mapping:
        texts = [n for n in free if n not in found.values() and _tells_apart(content, n)]
        # One row a task is the other way round, or a table about tasks.
        if not texts and not _by_size(content, {**named, **mapping}):
            return None
        if texts and not _TASK_WORDS.isdisjoint(plain(texts[0]).split("_")):
            return None
        named |= {"model": texts[0]} if texts else {}
    model = named.get("model") or mapping.get("model")
    if isinstance(model, str) and model in content.place and _tells_apart(content, model):
        # How long each was trained, and no checkpoints of one model: it must not part curves.
        named.pop("step", None)
    scores = {name: split_name(name) for name in numbers if not name.endswith(ERROR)}
    scores.pop(named.get("model", ""), None)
    above = [n for n in scores if "metric" not in scores[n] and max(numbers[n]) > _LARGEST]
    for name in above:
        del scores[name]
    if not scores:
        return None
    return Columns(named, scores, {n: (min(numbers[n]), max(numbers[n])) for n in scores}, above)


#: What sizes count, as a person reads it.
_UNITS = {"K": "thousands", "M": "millions", "B": "billions"}

#: Columns that are looked for under other names.
_LOOKED_FOR = ("model", "model_family", "n_params")


def _names_no_score(name: str) -> bool:
    """Say whether a column's name is that of something else than scores of a task."""
    words = plain(name)
    return (
        words in _NO_SCORES
        or not _NO_SCORE_WORDS.isdisjoint(words.split("_"))
        or size_unit(name) is not None
        or bool(_UNIT.search(name))
    )


def _numbers(content: Content, name: str) -> list[float]:
    """Return the numbers of a column that mostly holds some; else nothing."""
    values, others = [], 0
    for cell in content.column(name):
        try:
            value = cells.score(score_cell(cell))
        except Unusable:
            others += 1
            continue
        if value is not None and value == value:
            values.append(value)
    return values if values and len(values) >= _MOSTLY * (len(values) + others) else []


def score_cell(cell: Cell, percent: bool = False) -> Cell:
    """Return a cell of a score column as a tidy table would have it.

    Parameters
    ----------
    cell : str, int, float, bool or None
    percent : bool
        Whether it is divided by 100, whatever sign it has.

    Returns
    -------
    str, int, float, bool or None
        None for what people write where they know no score; of ``45.3 ± 0.2`` the score, since
        nothing says which error it is; what is no number is left to be refused.
    """
    if isinstance(cell, str):
        cell = cell.strip()
        if cell.lower() in _UNKNOWN:
            return None
        score = _ERROR_SIGN.split(cell, maxsplit=1)[0]
        percent = percent or cell.endswith("%") or score.endswith("%")
        cell = score.removesuffix("%")
    if not percent:
        return cell
    try:
        value = cells.number(cell)
    except Unusable:
        return cell
    return None if value is None else value / 100


def _has_decimal_commas(column: Sequence[Cell]) -> bool:
    """Say whether a column holds numbers with decimal commas, and not between thousands."""
    texts = [str(cell).strip() for cell in column if cell not in (None, "")]
    found = [text for text in texts if _DECIMAL_COMMA.fullmatch(text)]
    return bool(found) and len(found) == len(texts) and not all(map(_THOUSANDS.fullmatch, texts))


def _tells_apart(content: Content, name: str) -> bool:
    """Say whether a column of texts has another one in each row."""
    texts = content.column(name)
    return not _numbers(content, name) and len(set(texts)) == len(texts) > 0 and all(texts)


def _by_size(content: Content, columns: Mapping[str, Any]) -> bool:
    """Say whether each row has another family and size: both together name a model."""
    both = [columns.get(ours) for ours in ("model_family", "n_params")]
    if not all(isinstance(name, str) and name in content.place for name in both):
        return False
    rows = [*zip(*map(content.column, both), strict=True)]
    return len(set(rows)) == len(rows) > 0


def split_name(column: str) -> dict[str, str]:
    """Split the name of a column into task and metric, if it ends with a metric.

    Parameters
    ----------
    column : str

    Returns
    -------
    dict of str to str
        ``task``, and ``metric`` where the catalogue has what the name ends with.
    """
    metrics = {row["metric"] for row in METRIC_CATALOG.rows}
    for separator in re.finditer(r"[,/|:_ ]+", column):  # the longest end first
        task, metric = column[: separator.start()], column[separator.end() :]
        if task and metric in metrics:
            return {"task": task, "metric": metric}
    return {"task": column}


def _in_points(said: Mapping[str, str]) -> bool:
    """Say whether a score column is of a metric whose scores go to 100 by themselves."""
    row = next((row for row in METRIC_CATALOG.rows if row["metric"] == said.get("metric")), {})
    return (row.get("upper") or 1) > 1


def how_wide(
    content: Content, mapping: Mapping[str, Any], where: str, models: Mapping[str, KnownModel]
) -> list[str]:
    """Return how to read a table that looks wide.

    Parameters
    ----------
    content : Content
    mapping : mapping
        What is said already, as in the field ``columns``.
    where : str
        The table's path.
    models : mapping of str to KnownModel

    Returns
    -------
    list of str
        Lines, the last one a command; none if the table does not look wide.
    """
    commas = [name for name in content.header if _has_decimal_commas(content.column(name))]
    if commas:
        code = f"pd.read_csv({where!r}, decimal=',').to_csv({new_name(where)!r}, index=False)"
        return [
            f"These columns have decimal commas: {listed(commas)}. Write points, and check "
            f"{new_name(where)}:",
            command(code),
        ]
    found = propose(content, mapping)
    if found is None or "task" in mapping or "task" in content.header:
        return []
    options = [f"--column {ours}={shlex.quote(own)}" for ours, own in found.named.items()]
    options = [option for option in options if not re.fullmatch(r"--column (\w+)=\1", option)]
    said = {ours: own for ours, own in mapping.items() if isinstance(own, str)}
    options += [f"--column {ours}={shlex.quote(own)}" for ours, own in said.items()]
    options += [
        f"--constant {ours}={shlex.quote(str(own['constant']))}"
        for ours, own in mapping.items()
        if isinstance(own, Mapping)
    ]
    notes = []
    if any("metric" not in score for score in found.scores.values()) and "metric" not in mapping:
        options.append("--constant metric=acc")
        notes.append("acc is a guess: name the metric of the scores.")
    shares = [name for name, said in found.scores.items() if not _in_points(said)]
    percents = [name for name in shares if found.ends[name][1] > 1 and found.ends[name][0] >= 0]
    if percents and 2 * len(percents) > len(shares):
        options.append("--percent")
        notes.append("--percent divides the scores by 100: they look like percents.")
    elif percents:
        notes.append(f"These look like percents among shares: {listed(percents)}")
    if found.above:
        notes.append(f"Left out, because they exceed 100: {listed(found.above)}")
    names = found.named | said
    sized = "n_params" in names or "n_params" in mapping
    cells_of_models = content.column(names["model"]) if "model" in names else [""]
    known = [str(cell) in models for cell in cells_of_models]
    if sized and "model_family" not in names and "model_family" not in mapping and not all(known):
        family = PurePath(where).stem
        options.append(f"--constant model_family={shlex.quote(family)}")
        notes.append(f"All models then form one family, '{shorten(family, 60)}'.")
    if sized and "n_params" in names:
        sizes = _numbers(content, names["n_params"])
        unit = size_unit(names["n_params"]) or ("B" if sizes and max(sizes) < SMALLEST_SIZE else "")
        if unit:
            options.append(f"--size-unit {unit}")
            notes.append(f"--size-unit {unit} reads the sizes as {_UNITS[unit]} of parameters.")
    if not sized and not all(known):
        file = unused_name("models.csv")
        options.append(f"--missing-models {file}")
        notes.append(f"No column has sizes: this writes the lines to fill in to {file}.")
    trained = [f"{ours} {shorten(own, 60)!r}" for ours, own in names.items() if ours in TRAINING]
    if trained:
        notes.append(f"How each was trained: {', '.join(trained)}. See --axis.")
    identify = ", ".join(
        shorten(repr(own), 60) for ours, own in names.items() if ours not in TRAINING
    )
    return [
        f"Is each row a model ({identify}), and are these its scores? {listed([*found.scores])}",
        *notes,
        f"emergence report {in_shell(where)} --wide {' '.join(options)}".rstrip(),
    ]
