"""Claim 2: over 92 % of the annotated emergent abilities appear under two metrics."""

from __future__ import annotations

import math
from typing import Any

from emergence.claims.annotations import (
    COMPARISONS,
    annotated_tasks,
    claim_two,
    claim_two_verdict,
)
from emergence.claims.base import Claim, Kind, does_not_apply
from emergence.settings import ClaimRules
from emergence.study import Study


def enriched_annotations(study: Study, rules: ClaimRules) -> Claim:
    """Decide claim 2, on the hand annotations and the task inventory alone.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        None is looked at: the rule has no settings.

    Returns
    -------
    Claim
    """
    text: dict[str, Any] = {
        "id": "annotated-abilities",
        "number": 2,
        "title": "The annotated abilities stand under two metrics",
        "statement": "Over 92 % of the hand-annotated emergent abilities of BIG-bench are under "
        "multiple_choice_grade or exact_str_match.",
        "source": "Schaeffer, Miranda & Koyejo 2023, figures 5B and 5C",
        "published": "over 92 %",
        "value_kind": "odds ratio",
        "interval_kind": "exact conditional 95 % interval of the odds ratio",
        "note": "The press has read the paper's 92 % as \"92 % of BIG-bench tasks show no "
        'breakthrough". It is something else: the share of the annotated emergent abilities that '
        "stand under two metrics.",
        "rule": "supported: the 95 % interval of the odds ratio, emergent against other tasks, is "
        "above 1 whether all or any of a task's preferred metrics must be of the two, for all "
        "tasks and for JSON tasks; contradicted: below 1 in all four; else not supported",
    }
    if not study.annotations:
        return does_not_apply(text, "its tasks have no hand annotations")
    tasks = annotated_tasks(study.inventory, list(study.annotations.values()))
    found = claim_two(tasks)
    first = found[next(iter(COMPARISONS))]
    rows = [
        {
            "comparison": name,
            "emergent": f"{row.emergent[0]} of {row.emergent[1]}",
            "emergent, %": 100 * row.emergent[0] / row.emergent[1],
            "others": f"{row.others[0]} of {row.others[1]}",
            "others, %": 100 * row.others[0] / row.others[1],
            "odds ratio": row.odds_ratio,
            "2.5 %": row.low,
            "97.5 %": row.high,
            "p": row.p,
        }
        for name, row in found.items()
    ]
    emergent, others = first.emergent, first.others
    return Claim(
        **text,
        ours=f"{emergent[0]} of {emergent[1]} emergent tasks "
        f"({100 * emergent[0] / emergent[1]:.1f} %), and {others[0]} of {others[1]} others "
        f"({100 * others[0] / others[1]:.1f} %)",
        sentence=f"{emergent[0]} of {emergent[1]} tasks annotated as emergent "
        f"({100 * emergent[0] / emergent[1]:.1f} %) prefer multiple-choice grade or exact match, "
        f"and so do {others[0]} of {others[1]} other tasks ({100 * others[0] / others[1]:.1f} %): "
        f"odds ratio {_ratio(first.odds_ratio)} ({_ratio(first.low)} to {_ratio(first.high)}).",
        value=first.odds_ratio,
        interval=(first.low, first.high),
        p=first.p,
        tasks=emergent[1] + others[1],
        curves=0,
        outcome=claim_two_verdict(found),
        make_tables=lambda: {"Emergent tasks against others, by kind of preferred metric": rows},
    )


def _ratio(value: float | None) -> str:
    """Write an odds ratio, which may be infinite, and unknown where a row of counts is empty."""
    if value is None:
        return "unknown"
    return "infinity" if math.isinf(value) else f"{value:.1f}"


CLAIM = Kind(enriched_annotations, frozenset())
