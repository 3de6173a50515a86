"""Pages to look at: of the bundled dataset, and of data made to break a page."""

from __future__ import annotations

import csv
import json
import tempfile
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from emergence.claims.counts import condition_counts, figure_counts
from emergence.pages.drawings.base import Drawing
from emergence.pages.drawings.conditions import conditions_figure
from emergence.pages.drawings.induced import study_figures
from emergence.pages.evidence import evidence_figures
from emergence.verdicts.otherwise import counts_otherwise, other_settings

from emergence.claims.base import BRIEF, evidence
from emergence.claims.decide import decide
from emergence.curves import build_curves
from emergence.facts import (
    EMERGENT_ANNOTATIONS,
    METRIC_CATALOG,
    TASK_INVENTORY,
    VERDICT_CALIBRATION,
    Metrics,
    metrics,
    read_facts,
)
from emergence.inference.infer import infer, over_subtasks
from emergence.inference.settings import Settings
from emergence.pages.report import report_page
from emergence.registry import load_registry, load_yaml
from emergence.schema import SOURCE_REJECTS, SOURCE_ROWS
from emergence.scores import assemble
from emergence.sources import read_source
from emergence.summary import summarize
from emergence.verdicts.counts import verdict_counts
from emergence.verdicts.labels import Rules, label

ROOT = Path(__file__).resolve().parents[1]

#: Names that break a page which forgets to escape one of its places.
HOSTILE_NAMES = (
    "</script><script>document.title='owned'</script>",
    "\"><img src=x onerror=document.title='owned'>",
    "' onmouseover='document.title=1' x='",
    "</title></style></svg><h1>owned</h1>",
    "javascript:document.title='owned'",
    "{{ 7 * 7 }}{% for x in [1] %}{# no #}{% endfor %}",
    "\u202eevil\u202c\u2066\u2069\u200f",
    "$\\frac{1}{0}$ and $^",
    "long " * 2000,
    "two\nlines\ttabbed",
    "<!-- never closed",
    "&lt;b&gt; &amp; ]]>",
    'id="taken" href="#taken" url(#taken) #010203',
    "עברית العربية 中文 é 👩‍🔬",
    "=HYPERLINK(1)",
    "__proto__" + "_" * 60,
)

ENTRY = {
    "title": "A dataset",
    "synthetic": False,
    "licence": "CC0-1.0",
    "citation": ["Nobody 2020."],
    "sources": [{"kind": "file", "format": "tidy", "path": "scores.csv"}],
}

#: The workflow's own settings, with fewer draws.
SETTINGS = {**load_yaml(ROOT / "workflow/config.yaml"), "seed": 1, "draws": 100}
# One other value of each: how many there are changes no page but in its length.
SETTINGS["sensitivity"] = {"sharpness": [1.5], "fdr": [0.1], "level": [0.9], "seed": [2]}
SETTINGS["claims"] = {**SETTINGS["claims"], "draws": 200, "bootstrap": 100}

INVENTORY = read_facts(ROOT / "emergence/facts/task_inventory.csv", TASK_INVENTORY)

PROVENANCE = {"code_version": "unknown", "python": "3.11", "packages": {"numpy": "2.0"}}

_LINE = {"part": "mean", "x": [8, 16, 32], "y": [0.0, 0.1, 0.9], "label": "L=1"}
_PANEL = {
    "title": "exact match: emergent",
    "x": "parameters",
    "y": "exact match",
    "log_x": True,
    "log_y": False,
    "guess": 0.05,
    "lines": [{**_LINE, "low": [0.0, None, 0.8], "high": [0.1, None, 1.0]}],
}

#: What was found of trained networks, in the words that the program has: every kind of number.
STUDY: dict[str, Any] = {
    "experiments": [
        {
            "id": "longer-targets",
            "name": "longer targets",
            "task": "addition",
            "prediction": "Exact match of 4-digit sums falls",
            "claim": None,
            "outcome": "not shown",
            "rule": "surely sharper than 1.5 in 97.5% of the resamples, binomial p < .05",
            "reading": [
                "2 of 3 are straight, at target_digits=5: 6.31 (5.70 to 1,024)",
                "the <b>last</b> is not: slope \N{MINUS SIGN}1.62, 1.0e\N{MINUS SIGN}05, c=0.01",
            ],
            "numbers": [
                {"name": "sharpness", "value": 2.5, "low": 1.5, "high": 3.5, "status": "finite"},
                {
                    "name": "slope",
                    "value": None,
                    "low": None,
                    "high": None,
                    "status": "infinite",
                },
                {
                    "name": "off the floor at 50 examples",
                    "value": 5,
                    "low": None,
                    "high": None,
                    "status": "no interval",
                },
            ],
            "tables": [
                {
                    "caption": "A table of 3-digit sums, with 95 % intervals",
                    "columns": ["n", "p"],
                    "rows": [[8, 0.25], [16, None], [True, "all of 2"]],
                }
            ],
        },
        {
            "id": "addition-by-the-metric",
            "name": "addition by the metric",
            "task": "addition",
            "prediction": "Networks look so",
            "claim": 5,
            "outcome": "shown",
            "rule": "some condition",
            "reading": ["K=10: made by the metric"],
            "numbers": [],
            "tables": [],
        },
    ],
    "counts": {"predictions": 2, "shown": 1},
    "otherwise": [
        {
            "id": "longer-targets",
            "name": "longer targets",
            "outcome": "not shown",
            "others": [{"setting": "threshold 1, as first written", "outcome": "shown"}],
        }
    ],
    "called": {
        "caption": "Words above 1.5",
        "columns": ["task", "would have been called"],
        "rows": [["addition", "emergent"]],
    },
    "trained": {"addition": "50 networks, 10 sizes of 8 to 32 parameters, 5 seeds each"},
    "pictures": [
        {
            "name": "induced-addition",
            "title": "Addition",
            "tasks": ["addition"],
            "caption": "Left and right, with 95 % intervals",
            "rows": [{"label": "", "panels": [_PANEL, {**_PANEL, "log_y": True}]}],
        }
    ],
}

TABLES = ("scores.csv", "curves.csv", "curve_points.csv", "tasks.csv", "rejects.csv")


class Sample:
    """A dataset, computed from its registry entry as the workflow does it.

    Attributes: entry, summary (as read back from JSON), scores, rejects, curves.
    """

    def __init__(
        self, name: str, entry: dict[str, Any], folder: Path, annotations: dict[str, Any]
    ) -> None:
        self.name, self.entry, self.annotations = name, entry, annotations
        parts = [part for source in entry["sources"] for part in read_source(source, folder)]
        known = catalogue(entry)
        assembled = assemble(
            name,
            pa.Table.from_batches([part.rows for part in parts], SOURCE_ROWS),
            pa.Table.from_batches([part.rejects for part in parts], SOURCE_REJECTS),
            known,
        )
        self.scores, self.rejects = assembled.scores, assembled.rejects
        categories = {task: row["category"] for task, row in annotations.items()}
        self.curves = build_curves(self.scores, known, categories)
        rules = Rules.of(SETTINGS)
        drawn = Settings.of(SETTINGS)
        self.inference = infer(self.curves, known, drawn, over_subtasks(self.curves))
        self.labels = label(self.curves, self.inference, rules)
        self.tables = (self.curves, self.inference, self.labels)
        varied = {"metrics": known, "settings": drawn, "values": SETTINGS["sensitivity"]}
        others = list(other_settings(*self.tables, rules=rules, **varied))
        self.claims = decide(
            dataset=name,
            curves=self.curves,
            inference=self.inference,
            labels=self.labels,
            others=others,
            claim_rules={**SETTINGS["claims"], "seed": 1, "level": 0.95},
            annotations=annotations,
            inventory=INVENTORY,
        )
        summary = summarize(
            dataset=name,
            entry=entry,
            sources=[facts.as_dict() for part in parts for facts in part.facts],
            scores=self.scores,
            rejects=self.rejects,
            curves=self.curves,
        )
        summary["verdicts"] = verdict_counts(*self.tables, rules)
        summary["verdicts"]["otherwise"] = counts_otherwise(self.curves, others)
        known = evidence(name, *self.tables, annotations, INVENTORY)
        summary["figures"] = figure_counts(known, SETTINGS["claims"])
        self.compared = entry.get("compare_conditions")
        if self.compared:
            counts = condition_counts(self.curves, self.compared, SETTINGS["level"])
            summary["figures"]["conditions"] = counts
        summary["claims"] = [
            {**{name: claim[name] for name in BRIEF}, "existence": []}
            for claim in self.claims["claims"]
        ]
        self.summary = json.loads(json.dumps(summary, allow_nan=False))

    @cached_property
    def drawings(self) -> list[Drawing]:
        """The figures of the argument, which take half of a page's time: drawn once."""
        known = evidence(self.name, *self.tables, self.annotations, INVENTORY)
        drawings = evidence_figures(known, SETTINGS, self.summary)
        if self.compared:
            level = SETTINGS["level"]
            drawings.append(conditions_figure(self.curves, self.compared, level, self.summary))
        return drawings

    def page(
        self, *, study: dict[str, Any] | None = None, anew: bool = False, **settings: Any
    ) -> str:
        """Write the dataset's page; ``anew``: with figures that are drawn once more."""
        if anew:
            vars(self).pop("drawings", None)
        return report_page(
            summary=self.summary,
            entry=self.entry,
            curves=self.curves,
            inference=self.inference,
            labels=self.labels,
            claims=json.loads(json.dumps(self.claims, allow_nan=False)),
            rejects=self.rejects,
            annotations=self.annotations,
            human={},
            calibration=read_facts(
                ROOT / "emergence/facts/verdict_calibration.csv", VERDICT_CALIBRATION
            ),
            drawings=self.drawings,
            study=study,
            pictures=study_figures(study, self.entry, self.name) if study else [],
            settings={**SETTINGS, **settings},
            provenance=PROVENANCE,
            tables=TABLES,
        )


def catalogue(entry: dict[str, Any]) -> Metrics:
    """Join the project's catalogue of metrics with those of an entry."""
    rows = read_facts(ROOT / "emergence/facts/metric_catalog.csv", METRIC_CATALOG)
    return metrics(rows, entry.get("metrics", {}))


@cache
def bundled_sample() -> Sample:
    """Compute the bundled dataset of BIG-bench, once a worker: read and never changed."""
    entry = load_registry([ROOT / "data/datasets.yaml"])["bigbench-public"]
    rows = read_facts(ROOT / "emergence/facts/emergent_annotations.csv", EMERGENT_ANNOTATIONS)
    return Sample("bigbench-public", entry, ROOT / "data", {row["task"]: row for row in rows})


def sample(rows: list[dict[str, Any]], **fields: Any) -> Sample:
    """Compute a dataset from rows of a tidy table; ``fields`` change its registry entry."""
    with tempfile.TemporaryDirectory() as folder:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with (Path(folder) / "scores.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        return Sample("sample", {**ENTRY, **fields}, Path(folder), {})


def curve(scores: list[Any], **fields: Any) -> list[dict[str, Any]]:
    """Rows of one scale curve."""
    names = {"task": "t", "metric": "accuracy", "model_family": "f", **fields}
    return [
        {**names, "model": f"m{i}", "n_params": 10 ** (6 + i), "score": score}
        for i, score in enumerate(scores)
    ]


@cache
def experiments_sample() -> Sample:
    """Compute a dataset on whose page `STUDY` can stand: claim 5 rests on its experiments."""
    changed = {"setting": "threshold", "first": "1", "now": "1.5", "why": "a line has 1"}
    data = sample(
        curve([0, 1, 2, 3]),
        changed_settings=[changed],
        training_time={"machine": "a laptop of 2019", "seconds": {"addition": 129}},
    )
    data.summary["claims"][4]["existence"] = [
        {name: one[name] for name in ("name", "outcome")}
        for one in STUDY["experiments"]
        if one["claim"]
    ]
    return data


#: Both conditions of `conditions_sample`.
CONDITIONS = ("prompting=standard", "prompting=chain_of_thought")


@cache
def conditions_sample() -> Sample:
    """Compute pairs of curves of every fate.

    One turns, one may for want of examples, one has a single model; two have other models under
    each condition, and one has no usable score.
    """
    turns = ([0.2, 0.2, 0.2, 0.2], [0.1, 0.1, 0.5, 0.7])
    rows = [
        {**row, "task": task, "metric": "exact_str_match", "condition": condition, "n_examples": n}
        for task, n, both in (
            ("<b>one</b>", "1000", turns),
            ("two", "", turns),
            ("three", "1000", ([0.2], [0.1])),
            ("four", "1000", ([0.2, 0.2, 0.2], [0.1, 0.5])),
            ("five", "1000", ([0.2, 0.2, 0.2], [0.1, None, 0.5])),
            ("six", "1000", ([None, "NaN"], [None, None])),
        )
        for condition, scores in zip(CONDITIONS, both, strict=True)
        for row in curve(scores)
    ]
    return sample(rows, compare_conditions=list(CONDITIONS))


@cache
def hostile_sample() -> Sample:
    """Compute a dataset whose every name, and every text of its entry, is hostile."""
    rows = []
    for i, name in enumerate(HOSTILE_NAMES):
        metric = HOSTILE_NAMES[(i + 3) % len(HOSTILE_NAMES)]
        points = curve([0.0, 0.1, 0.15, i / 20 + 0.2], task=name, metric=metric)
        for row in points:
            rows.append({**row, "model_family": name, "model": f"{name} {row['model']}"})
        bad = {"task": name, "metric": metric, "model_family": name, "model": name}
        rows.append({**bad, "n_params": name, "score": name})
        rows[-1][name] = "an unknown column"
    return sample(
        rows,
        title=HOSTILE_NAMES[0],
        description=HOSTILE_NAMES[1],
        licence=HOSTILE_NAMES[2],
        citation=list(HOSTILE_NAMES),
        notes=list(HOSTILE_NAMES),
    )
