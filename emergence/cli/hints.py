"""Advice on entries that could not be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emergence.errors import in_shell

#: What stands where a number belongs, and what to write.
_NUMBERS = (
    (r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", "write numbers without thousands separators"),
    (r"[-+]?\d*,\d+", "write a decimal point, not a decimal comma"),
    (
        r"[-+]?[\d.]+ ?%",
        "write numbers without %: 25 % of a metric from 0 to 1 is 0.25",
    ),
    (r"(?i)[\d.]+ ?[kmbt]b?", "write numbers out: 125M is 125000000 or 1.25e8"),
    (r"(?i)[-–—.]+|n/?a|null|none|unknown|\?", "leave unknown cells empty"),
)

_REASONS = {
    "cells_missing_or_extra": "put a cell with a comma in quotation marks",
    "control_character": "remove the character shown as an escape from the name",
    "conflicting_duplicates": "give runs or seeds of one model in the column replicate, other "
    "differences, such as the prompt, in the column condition",
    "not_a_condition": "write pairs such as prompt=short, joined by ; or map the column to "
    "another field",
    "scale_missing": "curves run over the number of parameters: a model without it has no point",
    "unknown_model": "add the lines below to a table of models and name it with --sizes "
    "PATH, or give the size of each: --size NAME=1.3B,FAMILY",
}


def hint(reject: Mapping[str, Any]) -> str:
    """Return advice on a reject.

    Parameters
    ----------
    reject : mapping
        Of schema `emergence.scores_table.REJECTS`.

    Returns
    -------
    str
        Empty if there is nothing to add to its reason.
    """
    reason, seen = reject["reason"], reject["seen"]
    if reason == "not_a_number":
        value = seen.partition(": ")[2].strip()
        return next((text for form, text in _NUMBERS if re.fullmatch(form, value)), "")
    if reason == "not_utf8":
        name = in_shell(reject["source_file"])
        return f"if the file comes from Windows: iconv -f WINDOWS-1252 -t UTF-8 {name} > NEW"
    return _REASONS.get(reason, "")


def models_to_add(rejects: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the lines that a table of models lacks, each once.

    Parameters
    ----------
    rejects : iterable of mapping

    Returns
    -------
    list of str
    """
    lines = {
        reject["seen"].partition(": ")[2]
        for reject in rejects
        if reject["reason"] == "unknown_model"
    }
    return sorted(lines)
