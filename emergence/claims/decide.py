"""All claims, decided by fixed rules, and how the outcomes move with the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from emergence.claims.agreement import agreement
from emergence.claims.base import Claim, strict
from emergence.claims.clustering import clustering
from emergence.claims.enriched import enriched_annotations
from emergence.claims.preferred import preferred_metrics
from emergence.claims.resolution import resolution
from emergence.claims.switching import switching
from emergence.schema import SCHEMA_VERSION
from emergence.study import Study
from emergence.verdicts.otherwise import Otherwise

_DATA = frozenset({"exclude_known_bad", "same_outputs", "shots", "curves"})
_LABELS = frozenset({"sharpness", "fdr", "level"})
_DRAWN = frozenset({"level", "seed"})

Decides = Callable[[Study, Mapping[str, Any]], Claim]

#: The claims, in their order, each with the settings that it moves with.
CLAIMS: dict[Decides, frozenset[str]] = {
    preferred_metrics: _LABELS | _DRAWN | _DATA,
    enriched_annotations: frozenset(),
    clustering: _DRAWN | _DATA,
    agreement: _DRAWN | _DATA,
    switching: _LABELS | _DATA,
    resolution: _LABELS | _DRAWN | _DATA,
}


def decide(study: Study, others: Iterable[Otherwise]) -> dict[str, Any]:
    """Decide the claims on a dataset.

    Parameters
    ----------
    study : Study
        With labels.
    others : iterable of Otherwise
        The labels under other settings.

    Returns
    -------
    dict
        Ready for JSON. ``sensitivity`` of a claim lists what comes out under other settings.
    """
    settings = study.settings
    rules = {**settings["claims"], "seed": settings["seed"], "level": settings["level"]}
    # The tasks may be designs of the same models, and no claim is tested over them.
    independent = study.entry.get("independent_tasks", True)

    def decided(claim: Decides, on: Study, by: Mapping[str, Any]) -> Claim:
        found = claim(on, by)
        return found if independent else _untested(found)

    claims = [{**decided(claim, study, rules).as_json(), "sensitivity": []} for claim in CLAIMS]
    for other in others:
        moved = study.of_rows(other.rows, other.labels)
        changed = {**rules, "seed": other.seed, "level": other.rules.level}
        for entry, (claim, moves_with) in zip(claims, CLAIMS.items(), strict=True):
            if other.setting in moves_with:
                found = decided(claim, moved, changed)
                entry["sensitivity"].append(
                    {
                        "setting": other.setting,
                        "value": other.value,
                        "ours": found.ours,
                        "result": strict(found.value),
                        "interval": found.interval_json(),
                        "p": strict(found.p),
                        "outcome": found.outcome,
                    }
                )
    return {"schema_version": SCHEMA_VERSION, "dataset": study.dataset, "claims": claims}


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
