"""Checkpoints of one training: what tells them apart, and the tokens they have seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from emergence.scales import size_in_words
from emergence.sources.cells import condition, join_condition
from emergence.sources.headers import listed

#: Revisions that are steps of one training: step1000; with tokens, stage1-step1000-tokens4B.
_STEP = re.compile(r"(?:stage1-)?step[-_]?(\d{1,12})(?:-tokens(\d+(?:\.\d+)?[KMBT]))?", re.ASCII)


class Checkpoint(NamedTuple):
    """A checkpoint.

    Attributes
    ----------
    condition : dict of str to str
        ``step``, or ``revision`` where that is no step.
    tokens : float or None
        That it was trained on.
    """

    condition: dict[str, str]
    tokens: float | None


def of_revision(revision: str, tokens_per_step: float | None) -> Checkpoint:
    """Read a revision.

    Parameters
    ----------
    revision : str
        Such as ``step1000``.
    tokens_per_step : float or None

    Returns
    -------
    Checkpoint
    """
    found = _STEP.fullmatch(revision)
    if not found:
        return Checkpoint({"revision": revision}, None)
    step = int(found[1])
    tokens = tokens_at(step, tokens_per_step)
    if tokens is None and found[2]:
        tokens = size_in_words(found[2])
    return Checkpoint({"step": str(step)}, tokens)


def tokens_at(step: int, tokens_per_step: float | None) -> float | None:
    """Return the tokens that a step comes after; None if nothing says how many a step is.

    Step 0 is before any token, whatever a step is.
    """
    if step == 0:
        return 0.0
    return None if tokens_per_step is None else step * tokens_per_step


def with_pair(text: str, key: str, value: str) -> str:
    """Return a condition with one more pair; one of that key stays as it is."""
    pairs = dict(_pairs(text))
    return join_condition({key: value, **pairs})


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = (pair.partition("=") for pair in condition(text).split(";") if pair)
    return [(unquote(key), unquote(value)) for key, _, value in parts]


#: What says whether two scores are the same one, but for the tokens.
TOLD_APART = (
    *("task", "subtask", "metric", "model_family", "model"),
    *("condition", "replicate", "shots"),
)


def told_apart_by_tokens(rows: dict[str, list[Any]]) -> list[str]:
    """Make tokens a condition where one model has the same score at several numbers of them.

    Parameters
    ----------
    rows : dict of str to list
        Columns of score rows. In place, ``condition`` and ``source_entry`` get the tokens, in all
        rows of such a model family that say them, so that curves over size are of models after
        equally many.

    Returns
    -------
    list of str
        The model families, sorted.
    """
    seen: dict[tuple[Any, ...], float] = {}
    families = set()
    for *key, tokens in zip(*(rows[name] for name in TOLD_APART), rows["tokens"], strict=True):
        if tokens is not None and seen.setdefault(tuple(key), tokens) != tokens:
            families.add(key[3])
    for at, (family, tokens) in enumerate(zip(rows["model_family"], rows["tokens"], strict=True)):
        if family in families and tokens is not None:
            rows["condition"][at] = with_pair(rows["condition"][at], "tokens", f"{tokens:.17g}")
            rows["source_entry"][at] += f" tokens={tokens:.17g}"
    return sorted(families)


def note_of_tokens(families: Sequence[str]) -> str:
    """Say what was done to the families that `told_apart_by_tokens` returns."""
    return (
        f"models of {listed(families)} have scores at several numbers of tokens: "
        "tokens are a condition, and vary along the axis tokens"
    )
