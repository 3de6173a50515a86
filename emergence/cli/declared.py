"""Metrics that the command line declares, as `metrics` in a registry entry does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emergence.errors import InputError, did_you_mean, shorten
from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.study import Study

_BETTER = {"higher": True, "lower": False}


def declared_metrics(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read the values of ``--metric``.

    Parameters
    ----------
    given : sequence of str
        Such as ``my_loss=continuous:lower`` or ``solved=discontinuous:higher:share``.

    Returns
    -------
    dict of str to dict
        The field `metrics` of an entry.

    Raises
    ------
    InputError
        If one says anything else.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in given:
        name, equals, said = text.rpartition("=")
        group, _, rest = said.partition(":")
        better, colon, share = rest.partition(":")
        problem = ""
        if not equals or not name:
            problem = "no metric is named"
        elif group not in METRIC_GROUPS:
            problem = f"there is no group '{shorten(group)}': {did_you_mean(group, METRIC_GROUPS)}"
        elif better not in _BETTER:
            problem = f"'{shorten(better)}' seen where higher or lower is required"
        elif colon and share != "share":
            problem = f"'{shorten(share)}' seen where only share is allowed"
        elif name in found:
            problem = f"'{shorten(name)}' is declared twice"
        if problem:
            raise InputError(
                problem,
                where=f"option --metric {shorten(text)}",
                remedy=f"Write NAME=GROUP:BETTER, where GROUP is one of {', '.join(METRIC_GROUPS)} "
                "and BETTER is higher or lower; and :share after it for a share of examples.",
            )
        found[name] = {
            "group": group,
            "higher_is_better": _BETTER[better],
            "is_share_of_examples": share == "share",
        }
    return found


def refuse_unused(study: Study) -> None:
    """Raise if a metric was declared that no score has.

    Parameters
    ----------
    study : Study
        With ``scores``.

    Raises
    ------
    InputError
        Naming the metrics that there are.
    """
    there = study.stored("scores")["metric"].unique().to_pylist()
    for name in study.entry.get("metrics", {}):
        if name not in there:
            raise InputError(
                f"no score has the metric '{shorten(name)}': {did_you_mean(name, there)}",
                where="option --metric",
            )
