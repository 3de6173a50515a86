"""All claims, decided by fixed rules, and how the outcomes move with the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emergence.claims.agreement import agreement
from emergence.claims.base import Claim, Evidence, evidence, relabelled, strict
from emergence.claims.clustering import clustering
from emergence.claims.enriched import enriched_annotations
from emergence.claims.preferred import preferred_metrics
from emergence.claims.resolution import resolution
from emergence.claims.switching import switching
from emergence.schema import SCHEMA_VERSION
from emergence.verdicts.labels import Rules, label

_DATA = frozenset({"exclude_known_bad", "same_outputs", "shots", "level"})
_LABELS = frozenset({"sharpness", "fdr"})

#: The claims, in their order, each with the settings that it moves with.
CLAIMS: dict[Callable[[Evidence, Mapping[str, Any]], Claim], frozenset[str]] = {
    preferred_metrics: _LABELS | _DATA,
    enriched_annotations: frozenset(),
    clustering: _DATA,
    agreement: _DATA,
    switching: _LABELS | _DATA,
    resolution: _LABELS | _DATA,
}


def decide(
    *,
    dataset: str,
    curves: pa.Table,
    inference: pa.Table,
    labels: pa.Table,
    rules: Rules,
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
    rules : Rules
        With which the labels were made.
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

    def decided(claim: Callable[[Evidence, Mapping[str, Any]], Claim], on: Evidence) -> Claim:
        found = claim(on, claim_rules)
        return found if independent_tasks else _untested(found)

    claims = [{**decided(claim, known).as_json(), "sensitivity": []} for claim in CLAIMS]
    for setting, value, rows, changed in _variations(curves, rules, claim_rules["sensitivity"]):
        some, inferred = curves.take(rows), inference.take(rows)
        moved = relabelled(known, rows.to_pylist(), label(some, inferred, changed))
        for entry, (claim, moves_with) in zip(claims, CLAIMS.items(), strict=True):
            if setting in moves_with:
                other = decided(claim, moved)
                entry["sensitivity"].append(
                    {
                        "setting": setting,
                        "value": value,
                        "ours": other.ours,
                        "result": strict(other.value),
                        "p": strict(other.p),
                        "outcome": other.outcome,
                    }
                )
    return {"schema_version": SCHEMA_VERSION, "dataset": dataset, "claims": claims}


def _untested(claim: Claim) -> Claim:
    """Take the tests and intervals over tasks out of a claim, and keep what was counted."""
    if not claim.curves:
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


def _variations(
    curves: pa.Table, rules: Rules, sensitivity: Mapping[str, Sequence[float]]
) -> Iterator[tuple[str, Any, pa.Array, Rules]]:
    """Yield each other setting, with the curves that it leaves."""
    everything = pa.array(range(curves.num_rows), pa.int64())
    for name in ("sharpness", "fdr"):
        for value in sensitivity[name]:
            if value != getattr(rules, name):
                yield name, value, everything, replace(rules, **{name: value})
    if pc.any(pc.match_substring(curves["flags"], "known_bad")).as_py():
        other = not rules.exclude_known_bad
        yield "exclude_known_bad", other, everything, replace(rules, exclude_known_bad=other)
    if pc.any(pc.is_in(curves["model_family"], pa.array(list(rules.same_outputs)))).as_py():
        yield "same_outputs", "all families", everything, replace(rules, same_outputs={})
    shots = sorted(pc.unique(curves["shots"].drop_null()).to_pylist())
    for value in shots if len(shots) > 1 else ():
        rows = pc.indices_nonzero(pc.equal(curves["shots"], value)).cast(pa.int64())
        yield "shots", value, rows, rules
    parts = pc.equal(curves["level"], "subtask")
    if pc.any(parts).as_py():
        # A task is still one vote, by its subtasks instead of its own curve.
        yield "level", "subtasks only", pc.indices_nonzero(parts).cast(pa.int64()), rules
