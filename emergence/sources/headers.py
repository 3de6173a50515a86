"""Missing columns of a table: which of its own could be meant, and what to write."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence

from emergence.errors import InputError, shorten
from emergence.sources.foreign import command, new_name

#: Names that people give to the columns that must be there.
_OTHER_NAMES = {
    "task": ("task_name", "benchmark", "dataset", "eval"),
    "metric": ("metric_name", "measure"),
    "model_family": ("family", "series"),
    "model": ("model_name", "checkpoint", "name", "fullname"),
    "score": ("value", "accuracy", "acc", "result"),
}

#: What all rows may share; a score, a model or a size of a model is none of these.
_SHARED = ("task", "metric", "model_family")

#: Names of a column of sizes, as `plain` writes them: ``#Params (B)``, ``Model Size in billions``.
_SIZES = re.compile(
    r"((n|num|number_of|total)_)?(model_)?(params?|parameters|param(eter)?_count|size)"
    r"(_in)?(_(?P<unit>k|m|b|bn|thousands?|millions?|billions?))?"
)

#: Names of columns that say how a model was trained, likewise: ``FLOPs (1E21)``, ``Training tokens
#: (T)``, ``val loss``. Data of which no unit is said may be anything.
_TRAINING = {
    "step": re.compile(r"((training|train|global|checkpoint)_)?steps?"),
    "tokens": re.compile(
        r"((n|num|number_of|total|training|train|pretraining|pre_training)_)*"
        r"(tokens?|data(_size)?(?=_[kmbt]))(_(seen|in))*"
        r"(_(?P<unit>k|m|b|bn|t|thousands?|millions?|billions?|trillions?))?"
    ),
    "flops": re.compile(
        r"((total|training|train|pretraining|compute)_)*flops?(_x?(1e|10_)(?P<power>\d{1,2}))?"
    ),
    "loss": re.compile(r"((validation|valid|val|eval|test|training|train|final)_)*loss"),
}

#: What the first letters of a unit count.
_FACTORS = {"k": 1e3, "th": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}

_MOST_NAMED, _MOST_COMPARED = 50, 1000


def plain(name: str) -> str:
    """Write a column's name in small letters, with _ for every other sign."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def size_unit(name: str) -> str | None:
    """Return the unit that the name of a column of sizes says.

    Parameters
    ----------
    name : str

    Returns
    -------
    str or None
        K, M or B, or nothing if the name says none; None if it is no name of sizes.
    """
    found = _SIZES.fullmatch(plain(name))
    if found is None:
        return None
    unit = (found["unit"] or "")[:1].upper()
    return "K" if unit == "T" else unit


def training_unit(ours: str, name: str) -> float | None:
    """Return what the numbers of a column are counted in that says how a model was trained.

    Parameters
    ----------
    ours : str
        ``step``, ``tokens``, ``flops`` or ``loss``.
    name : str
        Of the column.

    Returns
    -------
    float or None
        Such as 1e21 for ``FLOPs (1E21)``, and 1 where the name says no unit; None if it is no
        name of such a column.
    """
    found = _TRAINING[ours].fullmatch(plain(name))
    if found is None:
        return None
    said = found.groupdict()
    if said.get("power"):
        return 10.0 ** int(said["power"])
    unit = said.get("unit") or ""
    return _FACTORS.get(unit[:2], _FACTORS.get(unit[:1], 1.0))


def training_columns(unused: Sequence[str]) -> dict[str, str]:
    """Return which of a table's columns say how a model was trained, by our names."""
    found = {}
    for ours in _TRAINING:
        meant = next((name for name in unused if training_unit(ours, name) is not None), None)
        if meant is not None:
            found[ours] = meant
    return found


def listed(names: Sequence[str]) -> str:
    """Return columns' names in a row; a note stands on the page and is no place for thousands."""
    more = len(names) - _MOST_NAMED
    text = ", ".join(shorten(name, 60) or "one without a name" for name in names[:_MOST_NAMED])
    return text + (f" and {more} more" if more > 0 else "")


def likely(missing: Sequence[str], unused: Sequence[str]) -> dict[str, str]:
    """Guess which of a table's columns are meant.

    Parameters
    ----------
    missing : sequence of str
        Columns of the format that the table has not.
    unused : sequence of str
        Columns of the table that are none of the format's.

    Returns
    -------
    dict of str to str
        The table's column by ours. It is shown to a person and never taken by itself.
    """
    # A comparison takes 0.2 ms a name, and a foreign header may have 100,000.
    own = {plain(name): name for name in reversed(unused[:_MOST_COMPARED])}
    found = {}
    for ours in missing:
        alike = difflib.get_close_matches(ours, own, n=1, cutoff=0.8)
        sizes = [name for name in own if ours == "n_params" and size_unit(name) is not None]
        names = (ours, *_OTHER_NAMES.get(ours, ()), *sizes, *alike)
        meant = next((own[name] for name in names if name in own), None)
        if meant is not None and meant not in found.values():
            found[ours] = meant
    return found


def lacking(
    missing: Sequence[str],
    header: Sequence[str],
    used: Mapping[str, int],
    where: str,
    wide: Sequence[str] = (),
) -> InputError:
    """Say which columns a table lacks, all at once, and what to write.

    Parameters
    ----------
    missing : sequence of str
        Columns that must be there and are not.
    header : sequence of str
        The table's columns.
    used : mapping
        Those that are columns of the format, or mapped to one.
    where : str
        The table's path.
    wide : sequence of str, optional
        How it is read as a wide table, if it looks like one.

    Returns
    -------
    InputError
    """
    unused = [name for name in header if name not in used]
    meant = likely(missing, unused)
    more = len(header) - _MOST_NAMED
    listed = ", ".join(repr(shorten(name, 60)) for name in header[:_MOST_NAMED])
    lines = [f"It has: {listed}" + (f" and {more} more" if more > 0 else "")]
    left = [name for name in missing if name not in meant]
    if wide and "score" in left:
        lines += wide
        meant, left = {}, []
    if meant:
        options = " ".join(f"--column {ours}={shlex.quote(own)}" for ours, own in meant.items())
        pairs = ", ".join(f"{ours}: {shorten(own, 60)!r}" for ours, own in meant.items())
        lines.append(f"Did you mean: {shorten(options, 300)}")
        lines.append(f"In a registry: columns: {{{pairs}}}")
    if {"score", "model"} <= set(left) and len(unused) - len(meant) > 1:
        kept = [name for name in header if name in used or name in meant.values()] or None
        code = (
            f"t = pd.read_csv({where!r}); t.melt({kept or 't.columns[0]'}, var_name='model', "
            f"value_name='score').to_csv({new_name(where)!r}, index=False)"
        )
        rest = ", ".join(name for name in left if name not in ("model", "score"))
        lines.append(
            "A table needs one score a row. If it has a column for each model, reshape it:"
        )
        lines.append(shorten(command(code), 400))
        lines.append(f"then add to {new_name(where)}: {rest or 'nothing'}")
    elif left:
        shared = [name for name in left if name in _SHARED]
        for name in shared:
            lines.append(
                f"If {name} is the same in all rows: --constant {name}=..., in a registry "
                f"columns: {{{name}: {{constant: ...}}}}"
            )
        if len(shared) < len(left):
            rest = ", ".join(name for name in left if name not in shared)
            lines.append(f"Each row needs a {rest}; n_params is the model's number of parameters.")
    names = ", ".join(missing)
    return InputError(
        f"has no column {names}" if len(missing) == 1 else f"lacks the columns {names}",
        where=where,
        remedy="\n  ".join(lines),
    )
