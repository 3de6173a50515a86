"""All claims, decided by fixed rules, and how the outcomes move with the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from emergence.claims.agreement import agreement
from emergence.claims.base import Claim, Evidence, evidence, relabelled
from emergence.claims.clustering import clustering
from emergence.claims.enriched import enriched_annotations
from emergence.claims.preferred import preferred_metrics
from emergence.claims.resolution import resolution
from emergence.claims.switching import switching
from emergence.schema import SCHEMA_VERSION
from emergence.verdicts.otherwise import Otherwise

_DATA = frozenset({"exclude_known_bad", "same_outputs", "shots", "curves"})
_LABELS = frozenset({"sharpness", "fdr", "level"})
_DRAWN = frozenset({"level", "seed"})

#: The claims, in their order, each with the settings that it moves with.
CLAIMS: dict[Callable[[Evidence, Mapping[str, Any]], Claim], frozenset[str]] = {
    preferred_metrics: _LABELS | _DRAWN | _DATA,
    enriched_annotations: frozenset(),
    clustering: _DRAWN | _DATA,
    agreement: _DRAWN | _DATA,
    switching: _LABELS | _DATA,
    resolution: _LABELS | _DRAWN | _DATA,
}


def decide(
    *,
    dataset: str,
    curves: pa.Table,
    inference: pa.Table,
    labels: pa.Table,
    others: Iterable[Otherwise],
    claim_rules: Mapping[str, Any],
    annotations: Mapping[str, Mapping[str, Any]],
    inventory: Sequence[Mapping[str, Any]],
    independent_tasks: bool = True,
) -> dict[str, Any]:
    """Decide the claims on a dataset.

    Parameters
    ----------
    dataset : str
        Its id.
    curves, inference, labels : pyarrow.Table
        Of the same curves in the same order.
    others : iterable of Otherwise
        The labels under other settings.
    claim_rules : mapping
        The setting ``claims``, with ``seed`` and ``level``.
    annotations : mapping of str to mapping
        By task; empty where the dataset's tasks have none.
    inventory : sequence of mapping
    independent_tasks : bool, default True
        False: the tasks are designs of the same models, and no claim is tested over them.

    Returns
    -------
    dict
        Ready for JSON. ``sensitivity`` of a claim lists what comes out under other settings.
    """
    known = evidence(dataset, curves, inference, labels, annotations, inventory)

    def decided(
        claim: Callable[[Evidence, Mapping[str, Any]], Claim],
        on: Evidence,
        by: Mapping[str, Any],
    ) -> Claim:
        found = claim(on, by)
        return found if independent_tasks else _untested(found)

    claims = [
        {**decided(claim, known, claim_rules).as_json(), "sensitivity": []} for claim in CLAIMS
    ]
    for other in others:
        moved = relabelled(known, other.rows, other.labels)
        changed = {**claim_rules, "seed": other.seed, "level": other.rules.level}
        for entry, (claim, moves_with) in zip(claims, CLAIMS.items(), strict=True):
            if other.setting in moves_with:
                found = decided(claim, moved, changed).as_json()
                entry["sensitivity"].append(
                    {
                        "setting": other.setting,
                        "value": other.value,
                        "ours": found["ours"],
                        "result": found["value"],
                        "interval": found["interval"],
                        "p": found["p"],
                        "outcome": found["outcome"],
                    }
                )
    return {"schema_version": SCHEMA_VERSION, "dataset": dataset, "claims": claims}


def _untested(claim: Claim) -> Claim:
    """Take the tests and intervals over tasks out of a claim, and keep what was counted."""
    if not claim.curves or claim.outcome == "does not apply":
        return claim
    return replace(
        claim,
        interval=None,
        p=None,
        outcome="not decidable",
        reason="its tasks are designs of the same models, and no independent votes",
        would_decide="models that were trained independently; what was counted is an example, "
        "and no test",
    )
