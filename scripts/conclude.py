"""Decide what a dataset supports, and count what came out of it.

Outputs
-------
- ``data/processed/{dataset}/labels.parquet``: the verdict on each curve,
  `emergence.schema.LABELS`
- ``data/processed/{dataset}/claims.json``: the published claims, each with the published
  number, ours, and a verdict by a rule of the configuration
- ``data/processed/{dataset}/summary.json``: the numbers that the pages state
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.claims.base import BRIEF, evidence
from emergence.claims.counts import condition_counts, figure_counts
from emergence.claims.decide import decide
from emergence.facts import (
    EMERGENT_ANNOTATIONS,
    KNOWN_BAD_DATA,
    METRIC_CATALOG,
    TASK_INVENTORY,
    metrics,
    read_facts,
)
from emergence.inference.settings import Settings
from emergence.progress import shown
from emergence.schema import CURVES, INFERENCE, LABELS, REJECTS, SCORES
from emergence.summary import summarize
from emergence.tables import read_table, write_json, write_table
from emergence.verdicts.counts import verdict_counts
from emergence.verdicts.labels import Rules, label
from emergence.verdicts.otherwise import counts_otherwise, other_settings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def existence_proofs(paths: Sequence[str]) -> dict[int, list[dict[str, str]]]:
    """Read which experiments with trained networks are existence proofs of a claim.

    There one case is enough, and there is no test over tasks.
    """
    found: dict[int, list[dict[str, str]]] = {}
    for path in paths:
        study = json.loads(Path(path).read_text(encoding="utf-8"))
        for experiment in study["experiments"]:
            if experiment["claim"] is not None:
                brief = {name: experiment[name] for name in ("name", "outcome")}
                found.setdefault(experiment["claim"], []).append(brief)
    return found


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    entry, settings = snakemake.params.entry, snakemake.params.settings
    rules = Rules.of(settings)
    with logged(snakemake) as log, shown() as progress:
        sources = json.loads(Path(snakemake.input.sources).read_text(encoding="utf-8"))
        curves = read_table(Path(snakemake.input.curves), CURVES)
        inference = read_table(Path(snakemake.input.inference), INFERENCE)
        progress.doing("verdicts")
        labels = label(curves, inference, rules)
        log.info("%d curves labelled", labels.num_rows)
        annotations = {}
        if entry.get("task_names") == "bigbench":
            rows = read_facts(Path(snakemake.input.annotations), EMERGENT_ANNOTATIONS)
            annotations = {row["task"]: row for row in rows}
        inventory = read_facts(Path(snakemake.input.inventory), TASK_INVENTORY)
        progress.doing("other settings")
        others = list(
            other_settings(
                curves,
                inference,
                labels,
                metrics=metrics(
                    read_facts(Path(snakemake.input.metrics), METRIC_CATALOG),
                    entry.get("metrics", {}),
                ),
                settings=Settings.of(settings),
                rules=rules,
                values=settings["sensitivity"],
            )
        )
        progress.doing("claims")
        claims = decide(
            dataset=snakemake.wildcards.dataset,
            curves=curves,
            inference=inference,
            labels=labels,
            others=others,
            claim_rules={
                **settings["claims"],
                "seed": settings["seed"],
                "level": settings["level"],
            },
            annotations=annotations,
            inventory=inventory,
            independent_tasks=entry.get("independent_tasks", True),
        )
        for claim in claims["claims"]:
            log.info("claim %d: %s", claim["number"], claim["outcome"])
        progress.doing("counts")
        summary = summarize(
            dataset=snakemake.wildcards.dataset,
            entry=entry,
            sources=sources["files"],
            scores=read_table(Path(snakemake.input.scores), SCORES),
            rejects=read_table(Path(snakemake.input.rejects), REJECTS),
            curves=curves,
            known_bad=read_facts(Path(snakemake.input.known_bad), KNOWN_BAD_DATA),
        )
        summary["verdicts"] = verdict_counts(curves, inference, labels, rules)
        summary["verdicts"]["otherwise"] = counts_otherwise(curves, others)
        known = evidence(
            snakemake.wildcards.dataset, curves, inference, labels, annotations, inventory
        )
        summary["figures"] = figure_counts(known, settings["claims"])
        if "compare_conditions" in entry:
            conditions = entry["compare_conditions"]
            found = condition_counts(curves, conditions, settings["level"])
            summary["figures"]["conditions"] = found
        proofs = existence_proofs(snakemake.input.experiments)
        summary["claims"] = [
            {
                **{name: claim[name] for name in BRIEF},
                "existence": proofs.get(claim["number"], []),
            }
            for claim in claims["claims"]
        ]
        log.info("%d curves: %s", summary["curves"]["total"], summary["curves"]["by_status"])
        write_table(labels, LABELS, Path(snakemake.output.labels))
        write_json(claims, Path(snakemake.output.claims))
        write_json(summary, Path(snakemake.output.summary))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
