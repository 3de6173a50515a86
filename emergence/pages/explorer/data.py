"""What the interactive page knows of its curves, in as few bytes as it needs.

What the scatter, the filters and the table need stands in columns, as plain JSON. What one
picked curve needs (scores, intervals, findings) is far more, and is compressed: the browser
unpacks it after the page is painted.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from emergence.axes import AXES
from emergence.pages.findings import findings
from emergence.pages.words import VERDICTS, place
from emergence.settings import VerdictRules

#: Texts by which curves are filtered and told apart.
NAMES = (
    "task",
    "subtask",
    "metric",
    "metric_group",
    "model_family",
    "condition",
    "axis",
    "shots",
    "status",
    "annotation",
    "output_group",
)

#: Quantities that the scatter shows, and the columns of the tables that they are.
QUANTITIES = ("sharpness", "exponent", "p_rise", "p_steep", "p_order", "emergence_score")

#: What a curve can be as to its verdict, in the order in which the filter lists it.
OUTCOMES = (
    *VERDICTS.values(),
    "rises, does not look emergent",
    "does not rise",
    "no test",
    "left out",
)

#: A number as `emergence.pages.words.number` writes it; what stands around it is said of
#: many curves.
_NUMBER = re.compile(r"(\d[\d,.]*(?:e[+\N{MINUS SIGN}]\d+)?)")


def outcome(label: Mapping[str, Any]) -> str:
    """Say what a curve is as to its verdict, without the reason.

    Parameters
    ----------
    label : mapping
        Its row of the labels.

    Returns
    -------
    str
        One of `OUTCOMES`; `emergence.pages.findings.verdict_words` gives the reason as well.
    """
    if label["left_out"]:
        return "left out"
    if label["rises"] is None:
        return "no test"
    if not label["rises"]:
        return "does not rise"
    if not label["apparent"]:
        return "rises, does not look emergent"
    return VERDICTS[label["verdict"]]


def brief(value: float | None) -> float | int | str | None:
    """Shorten a number to what can be seen of it.

    Parameters
    ----------
    value : float or None
        May be infinite.

    Returns
    -------
    float, int, str or None
        Six significant digits; all of them where `emergence.pages.words.number` would not
        write the same otherwise. ``inf`` and ``-inf`` as text; NaN is None.
    """
    if value is None or value != value:
        return None
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    whole = int(value)
    if value == whole:
        return whole
    digits = f"{value:.5e}"
    short = float(digits)
    # Rounded twice, 1.2349999 would become 1.24, and 2.0000001 would be the whole number 2.
    if abs(value) >= 1000 or "500e" in digits or short == int(short):
        return value
    return short


def columns(
    curves: pa.Table, inference: pa.Table, pooled: pa.Table, labels: pa.Table
) -> dict[str, Any]:
    """Return what is known of all curves at once.

    Parameters
    ----------
    curves, inference, pooled, labels : pyarrow.Table
        Of the same curves in the same order.

    Returns
    -------
    dict
        ``ids``, one text of 16 characters a curve; ``names``, by column the different values,
        sorted, null last; ``rows``, by column their numbers; ``outcomes``; ``numbers``, the
        quantities of the scatter; ``scales``, the number of scales; ``axes``, of each axis what
        its places are and whether they fall from the worst model to the best.
    """
    names, rows = {}, {}
    for name in NAMES:
        values = curves[name].to_pylist()
        known = sorted({value for value in values if value is not None})
        names[name] = [*known, None] if None in values else known
        at = {value: i for i, value in enumerate(names[name])}
        rows[name] = [at[value] for value in values]
    names["outcome"] = list(OUTCOMES)
    judged = ("left_out", "rises", "apparent", "verdict")
    rows["outcome"] = [
        OUTCOMES.index(outcome(label)) for label in labels.select(judged).to_pylist()
    ]
    tables = (curves, inference, pooled)
    of = {name: next(t for t in tables if name in t.column_names) for name in QUANTITIES}
    return {
        "ids": "".join(curves["curve_id"].to_pylist()),
        "names": names,
        "rows": rows,
        "numbers": {
            name: [brief(value) for value in of[name][name].to_pylist()] for name in QUANTITIES
        },
        "scales": curves["n_scales"].to_pylist(),
        "axes": {name: [axis.unit or axis.title, axis.falls] for name, axis in AXES.items()},
    }


class _Known:
    """Different things, each once, by the number of its first appearance."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def number(self, thing: Any) -> int:
        return self.numbers.setdefault(thing, len(self.numbers))

    def listed(self) -> list[Any]:
        return list(self.numbers)


def details(
    curves: pa.Table,
    inference: pa.Table,
    pooled: pa.Table,
    labels: pa.Table,
    rules: VerdictRules,
) -> dict[str, Any]:
    """Return what is shown of one curve when it is picked.

    Parameters
    ----------
    curves, inference, pooled, labels : pyarrow.Table
        Of the same curves in the same order.
    rules : VerdictRules
        ``b_max``, ``level``, ``fdr`` and ``fdr_steep``.

    Returns
    -------
    dict
        ``models``: lists of a model's name, scale, and scale in words; ``texts``: what is said
        of curves, cut at the numbers; ``terms``: what each of the findings is of; ``curves``,
        in the given order: number of the models, scores, examples, ends of the intervals,
        score of guessing, scores of the bounded law (even in the logarithm of scale), findings
        (a text's number, then the numbers in it).
    """
    models, texts = _Known(), _Known()
    terms: list[str] = []
    listed = []
    for curve in _together(curves, inference, pooled, labels):
        found = findings(curve, rules)
        terms = [term for term, _ in found]
        said = []
        for _, text in found:
            parts = _NUMBER.split(text)
            said.append([texts.number(tuple(parts[::2])), *parts[1::2]])
        listed.append(
            [
                models.number((tuple(curve["models"]), tuple(curve["scales"]), curve["axis"])),
                _each(curve["scores"]),
                _examples(curve),
                _each(curve["interval_low"]),
                _each(curve["interval_high"]),
                brief(curve["chance"]),
                _each(curve["bounded_scores"]),
                said,
            ]
        )
    return {
        "models": [
            [[name, scale, place(scale, axis)] for name, scale in zip(names, scales, strict=True)]
            for names, scales, axis in models.listed()
        ],
        "texts": texts.listed(),
        "terms": terms,
        "curves": listed,
    }


def _examples(curve: Mapping[str, Any]) -> int | list[int | None] | None:
    """One number where it is the same for all models."""
    if curve["n_examples"] is not None:
        return curve["n_examples"]
    by_scale = curve["n_examples_by_scale"]
    return None if all(n is None for n in by_scale) else by_scale


def _each(values: Sequence[float | None] | None) -> list[Any] | None:
    return None if values is None else [brief(value) for value in values]


def _together(*tables: pa.Table) -> Iterable[dict[str, Any]]:
    """Rows of several tables as one, without having all of them in memory at once."""
    step = 5000
    for start in range(0, tables[0].num_rows, step):
        parts = [table.slice(start, step).to_pylist() for table in tables]
        for rows in zip(*parts, strict=True):
            yield {name: value for row in rows for name, value in row.items()}


def as_json(value: Any) -> str:
    """Write JSON that can stand inside a script element.

    Parameters
    ----------
    value : object
        Of texts, finite numbers, lists and mappings; texts may hold anything.

    Returns
    -------
    str
        ASCII; it has no character by which the element could end, or be taken for another.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def packed(value: Any) -> str:
    """Write JSON, compressed, as text.

    Parameters
    ----------
    value : object
        As for `as_json`.

    Returns
    -------
    str
        Base64 of gzip. Arrow's, since its version is locked: the bytes that Python's own gives
        depend on the library that it was built with.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
    codec = pa.Codec("gzip", compression_level=9)
    return base64.b64encode(codec.compress(text, asbytes=True)).decode("ascii")
