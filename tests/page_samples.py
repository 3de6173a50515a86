"""Pages to look at: of the bundled dataset, and of data made to break a page."""

from __future__ import annotations

import csv
import pickle
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import shared

from emergence import Study
from emergence.pages.figures.base import Drawing
from emergence.pages.report import Beside, report_page
from emergence.registry import load_registry, load_yaml
from emergence.stages.decide import decide
from emergence.stages.population import population
from emergence.stages.render import drawings, pictures
from emergence.study import DOCUMENTS, TABLES, schema_of
from emergence.tables import write_json, write_table

ROOT = Path(__file__).resolve().parents[1]

#: The bundled datasets; the larger ones take ten and forty seconds to compute.
BUNDLED = (
    "bigbench-public",
    pytest.param("metric-pairs", marks=pytest.mark.system),
    pytest.param("open-lm", marks=pytest.mark.system),
)

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
SETTINGS["sensitivity"] = {"sharpness": [1.5], "fdr": [0.1], "level": [0.9]}
SETTINGS["claims"] = {**SETTINGS["claims"], "draws": 200, "bootstrap": 100}

#: Without other values: the sections that list them are looked at on the bundled page.
FEW_SETTINGS = {**SETTINGS, "sensitivity": {name: [] for name in SETTINGS["sensitivity"]}}

PROVENANCE = {
    "code_version": "unknown",
    "python": "3.11",
    "packages": {"numpy": "2.0"},
    "command": "make report DATASETS=bigbench-public",
}

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

#: Tables beside the page.
BESIDE = ("scores.csv", "curves.csv", "curve_points.csv", "tasks.csv", "rejects.csv")


def kept(name: str, make: Callable[[], Study]) -> Study:
    """A study that is computed once a session, and stands in a folder as the workflow leaves it."""

    def write(folder: Path) -> None:
        study = make()
        for table in TABLES:
            write_table(study.stored(table), schema_of(table), folder / f"{table}.parquet")
        for document in DOCUMENTS:
            if getattr(study, document) is not None:
                write_json(getattr(study, document), folder / f"{document}.json")
        about = pickle.dumps((study.dataset, study.entry, study.settings))
        (folder / "about.pickle").write_bytes(about)

    folder = shared.once(f"sample-{name}", write)
    study = Study(*pickle.loads((folder / "about.pickle").read_bytes()), folder)
    _KEPT[study] = name
    return study


#: Names of the studies that are kept; one that was made of them is another.
_KEPT: dict[Study, str] = {}


def drawings_of(study: Study) -> list[Drawing]:
    """The figures of the argument, which take half of a page's time: drawn once a study."""

    def draw(folder: Path) -> None:
        (folder / "drawings.pickle").write_bytes(pickle.dumps(drawings(study)))

    if study not in _DRAWN:
        if study in _KEPT:
            folder = shared.once(f"drawings-{_KEPT[study]}", draw)
            _DRAWN[study] = pickle.loads((folder / "drawings.pickle").read_bytes())
        else:
            _DRAWN[study] = drawings(study)
    return _DRAWN[study]


_DRAWN: dict[Study, list[Drawing]] = {}


def page_of(study: Study, **settings: Any) -> str:
    """A dataset's page; that of a sample is written once a session."""
    if study not in _KEPT:
        return written_page(study, **settings)

    def write(folder: Path) -> None:
        (folder / "index.html").write_text(written_page(study, **settings), encoding="utf-8")

    changed = "".join(f"-{name}={value}" for name, value in sorted(settings.items()))
    folder = shared.once(f"page-{_KEPT[study]}{changed}", write)
    return (folder / "index.html").read_text(encoding="utf-8")


def written_page(study: Study, *, anew: bool = False, **settings: Any) -> str:
    """Write a dataset's page; ``anew``: with figures that are drawn once more."""
    shown = study.having()
    shown.settings = {**study.settings, **settings}
    # One figure draws at random.
    drawn = drawings(shown) if anew or "seed" in settings else drawings_of(study)
    beside = Beside(drawn, pictures(study), PROVENANCE, BESIDE)
    return report_page(shown, beside)


@cache
def bundled_sample(name: str = "bigbench-public") -> Study:
    """A bundled dataset: it is read and never changed."""
    entry = load_registry([ROOT / "data/datasets.yaml"])[name]
    return kept(name, lambda: Study.compute(name, entry, SETTINGS, ROOT / "data"))


def sample(rows: list[dict[str, Any]], upto: str = "decide", **fields: Any) -> Study:
    """Compute a dataset from rows of a tidy table; ``fields`` change its registry entry."""
    with tempfile.TemporaryDirectory() as folder:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with (Path(folder) / "scores.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        return Study.compute("sample", {**ENTRY, **fields}, FEW_SETTINGS, Path(folder), upto)


def empty_sample() -> Study:
    """Compute a dataset without any curve."""
    data = sample(curve([0, 1]), upto="label")
    names = ("curves", "inference", "pooled", "units", "residuals", "labels")
    data = data.having(**{name: getattr(data, name).slice(0, 0) for name in names})
    return decide(population(data))


def curve(scores: list[Any], **fields: Any) -> list[dict[str, Any]]:
    """Rows of one scale curve."""
    names = {"task": "t", "metric": "accuracy", "model_family": "f", **fields}
    return [
        {**names, "model": f"m{i}", "n_params": 10 ** (6 + i), "score": score}
        for i, score in enumerate(scores)
    ]


@cache
def experiments_sample() -> Study:
    """Compute a dataset on whose page `STUDY` can stand: claim 5 rests on its experiments."""
    changed = {"setting": "threshold", "first": "1", "now": "1.5", "why": "a line has 1"}
    data = sample(
        curve([0, 1, 2, 3]),
        changed_settings=[changed],
        training_time={"machine": "a laptop of 2019", "seconds": {"addition": 129}},
    )
    return decide(data.having(experiments=STUDY))


#: Both conditions of `conditions_sample`.
CONDITIONS = ("prompting=standard", "prompting=chain_of_thought")


@cache
def conditions_sample() -> Study:
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
    return kept("conditions", lambda: sample(rows, compare_conditions=list(CONDITIONS)))


@cache
def hostile_sample() -> Study:
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
    entry = {
        "title": HOSTILE_NAMES[0],
        "description": HOSTILE_NAMES[1],
        "licence": HOSTILE_NAMES[2],
        "citation": list(HOSTILE_NAMES),
        "notes": list(HOSTILE_NAMES),
    }
    return kept("hostile", lambda: sample(rows, **entry))
