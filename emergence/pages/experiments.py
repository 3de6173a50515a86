"""The section on trained networks: what was predicted, and what came out, each number cited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emergence.errors import shorten
from emergence.pages.cited import ENTRY, FIXED, Cited, Sentence, cited, shown_by
from emergence.pages.words import count, number

#: Where the page says what a prediction, a trained network and a mean over seeds are.
PREDICTION = "def-prediction"
NETWORKS = "def-networks"
SEEDS = "def-seeds"

#: Longest text of a cell, and from what length on it needs room.
_LONGEST, _SENTENCE = 400, 40


def cited_study(study: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the section shows of a study of trained networks.

    Parameters
    ----------
    study : mapping
        What `emergence.induced.dataset.run` wrote to ``experiments.json``.
    entry : mapping
        The dataset's registry entry.

    Returns
    -------
    dict
        ``shown`` of ``predictions``; the ``control``, if it failed, and what else was ``missed``;
        the other ``settings`` with the outcomes under each, ``otherwise``; settings that were
        ``changed``; the table of words that were ``called``; and the ``experiments``. Sentences
        are those of `emergence.pages.cited`.
    """
    found = [
        _experiment(experiment, study, entry, f"experiments:experiments:{experiment['id']}")
        for experiment in study["experiments"]
    ]
    missed = [one for one in found if one["outcome"] != "shown"]
    return {
        "shown": _count(study, "shown"),
        "predictions": _count(study, "predictions"),
        "control": next((one for one in missed if one["name"] == "control"), None),
        "missed": [one for one in missed if one["name"] != "control"],
        "settings": _settings(study),
        "otherwise": study["otherwise"],
        "changed": [
            {
                name: cited(text, PREDICTION, f"{ENTRY}: changed_settings")
                for name, text in change.items()
            }
            for change in entry.get("changed_settings", [])
        ],
        "called": _table(study["called"], "called", "experiments:called:caption"),
        "experiments": found,
    }


def trained_words(task: str, study: Mapping[str, Any]) -> Sentence:
    """Say which networks were trained for a task: how many, of which sizes and seeds.

    Parameters
    ----------
    task : str
    study : mapping
        As in `cited_study`.

    Returns
    -------
    tuple of str or Cited
    """
    source = f"{ENTRY}; {shown_by(f'experiments:trained:{task}')}"
    return cited(study["trained"][task], NETWORKS, source)


def _experiment(
    experiment: Mapping[str, Any], study: Mapping[str, Any], entry: Mapping[str, Any], key: str
) -> dict[str, Any]:
    """Cite the sentences and numbers of an experiment; its rule is what they mean."""
    task, rule = experiment["task"], f"rule-{experiment['id']}"
    networks: list[str | Cited] = ["Trained here: ", *trained_words(task, study)]
    seconds = entry.get("training_time", {}).get("seconds", {})
    if task in seconds:
        networks += ["; ", took(seconds[task]), " s of one processor when it was measured"]
    return {
        **{name: experiment[name] for name in ("id", "name", "outcome")},
        "prediction": cited(experiment["prediction"], rule, shown_by(f"{key}.prediction")),
        "rule": cited(experiment["rule"], rule, f"{FIXED}; {shown_by(f'{key}.rule')}"),
        "reading": [
            cited(sentence, rule, shown_by(f"{key}.reading.{at}"))
            for at, sentence in enumerate(experiment["reading"])
        ],
        "networks": tuple(networks),
        "numbers": [
            _number(found, rule, f"{key}.numbers.{at}")
            for at, found in enumerate(experiment["numbers"])
        ],
        "tables": [
            _table(table, rule, f"{key}.tables.{at}.caption")
            for at, table in enumerate(experiment["tables"])
        ],
    }


def took(seconds: float) -> Cited:
    """Return a training time, which was measured once.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    Cited
    """
    return Cited(number(seconds), NETWORKS, f"{ENTRY}: training_time")


def _count(study: Mapping[str, Any], name: str) -> Cited:
    key = f"experiments:counts:{name}"
    return Cited(count(study["counts"][name]), PREDICTION, shown_by(key))


def _settings(study: Mapping[str, Any]) -> list[Sentence]:
    """Name the settings under which every prediction was decided again."""
    return [
        cited(
            other["setting"].capitalize(),
            PREDICTION,
            f"{FIXED}; {shown_by(f'experiments:otherwise:0.others.{at}.setting')}",
        )
        for row in study["otherwise"][:1]
        for at, other in enumerate(row["others"])
    ]


def _number(found: Mapping[str, Any], rule: str, key: str) -> Sentence:
    """Write a number with its name and its interval, or what it is instead."""
    parts = [*cited(found["name"], rule, shown_by(f"{key}.name")), ": "]
    if found["value"] is None and found["status"] not in ("finite", "no interval"):
        return (*parts, found["status"])
    parts += _value(found, "value", rule, key)
    if found["status"] == "finite":
        low, high = (_value(found, end, rule, key) for end in ("low", "high"))
        parts += [" (", *low, " to ", *high, ")"]
    return tuple(parts)


def _value(found: Mapping[str, Any], name: str, rule: str, key: str) -> Sentence:
    value, source = found[name], shown_by(f"{key}.{name}")
    if _is_number(value):
        return (Cited(number(value), rule, source),)
    return cited(_cell(value), rule, source)


def _table(table: Mapping[str, Any], place: str, key: str) -> dict[str, Any]:
    """Cite the caption of a table, and write its cells with what they are: their class."""
    numeric = [any(map(_is_number, column)) for column in zip(*table["rows"], strict=True)]
    numeric = numeric or [False] * len(table["columns"])
    return {
        # What a folded table is opened by is no link.
        "name": table["caption"],
        "caption": cited(table["caption"], place, shown_by(key)),
        "columns": [
            (name, "n" if n else "") for name, n in zip(table["columns"], numeric, strict=True)
        ],
        "rows": [
            [(_cell(value), _class(value, n)) for value, n in zip(row, numeric, strict=True)]
            for row in table["rows"]
        ],
    }


def _class(value: Any, numeric: bool) -> str:
    """Say how a cell stands: a number, or none among numbers, or sentences."""
    if _is_number(value) or (value is None and numeric):
        return "n"
    return "why" if isinstance(value, str) and len(value) > _SENTENCE else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return number(value)
    return shorten(str(value), _LONGEST)
