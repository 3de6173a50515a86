"""All claims, decided by fixed rules, and their outcomes under other settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from emergence.claims.base import Claim, Kind
from emergence.claims.registry import CLAIMS
from emergence.settings import ClaimRules
from emergence.strict import strict
from emergence.study import Study
from emergence.verdicts.relabelled import Relabelled
from emergence.versions import CLAIMS as CLAIMS_VERSION


def decide(study: Study, others: Iterable[Relabelled]) -> dict[str, Any]:
    """Decide the claims on a dataset.

    Parameters
    ----------
    study : Study
        With labels.
    others : iterable of Relabelled
        The labels under other settings.

    Returns
    -------
    dict
        Ready for JSON. ``sensitivity`` of a claim lists what comes out under other settings.
    """
    rules = ClaimRules.of(study.settings)
    # The tasks may be designs of the same models, and no claim is tested over them.
    independent = study.entry.get("independent_tasks", True)

    def decided(kind: Kind, on: Study, by: ClaimRules) -> Claim:
        found = kind.decide(on, by)
        return found if independent else _untested(found)

    claims = [{**decided(kind, study, rules).as_json(), "sensitivity": []} for kind in CLAIMS]
    for other in others:
        moved = study.of_rows(other.rows, other.labels)
        changed = msgspec.structs.replace(
            rules, level=other.rules.level, sharpness=other.rules.sharpness
        )
        for entry, kind in zip(claims, CLAIMS, strict=True):
            if other.setting in kind.moves_with:
                found = decided(kind, moved, changed)
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
    return {"schema_version": CLAIMS_VERSION, "dataset": study.dataset, "claims": claims}


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
