"""How often each claim's rule errs: its outcomes on datasets that are known not to support it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emergence.claims.agreement import CLAIM as AGREEMENT
from emergence.claims.base import OUTCOMES, Kind
from emergence.claims.clustering import CLAIM as CLUSTERING
from emergence.claims.enriched import CLAIM as ENRICHED
from emergence.claims.preferred import CLAIM as PREFERRED
from emergence.claims.resolution import CLAIM as RESOLUTION
from emergence.claims.switching import CLAIM as SWITCHING
from emergence.claims.task_statistics import binomial_interval
from emergence.facts.emergent_annotations import EMERGENT_ANNOTATIONS
from emergence.facts.metric_catalog import Law, Metric, Metrics
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.mirage import dirichlet_parameters, item_means
from emergence.settings import ClaimRules
from emergence.simulate.curves import FLAT, SMOOTH, STEPS, Truth, draw, even_scales
from emergence.simulate.datasets import in_dataset, labelled, scores_of
from emergence.simulate.laws import CHOICES, CONCENTRATION, LEAN
from emergence.study import Study

#: Datasets whose curves are inferred together.
_TOGETHER = 25

_EITHER = ("supported", "contradicted")


@dataclass(frozen=True)
class NullCell:
    """One design: datasets of one truth, and what a claim must not say of them.

    Attributes
    ----------
    claim : int
        Its number.
    name : str
        Of the truth.
    wrong : tuple of str
        Outcomes that are errors.
    n_points, n_examples : int
        Of each curve.
    dispersion : float
    """

    claim: int
    name: str
    wrong: tuple[str, ...]
    n_points: int
    n_examples: int
    dispersion: float


#: What claim 6 must not take for its contrary. A law that only begins has nothing that these
#: examples could show, and a jump from chance nothing at all.
_LAWS: Mapping[str, Truth] = {
    **{name: SMOOTH[name] for name in ("p^5, b=.3", "law b=.25", "law b=.5, just beginning")},
    "law b=.5, .25 to 1, chance .25": SMOOTH["law b=.5, .25 to 1, chance .25"],
    "law b=.3, .25 to 1, late, chance .25": Truth("law", 0.25, 1.0, 0.3, -1.0, chance=0.25),
}
_JUMPS: Mapping[str, Truth] = {
    **{name: STEPS[name] for name in ("last model, 0 to .3", "last model, .25 to .6")},
    **{name: STEPS[name] for name in ("last two, .25 to .9", "middle, .25 to .6")},
    "last two, 0 to .2": Truth("step", 0.0, 0.2, raised=2),
    "middle, 0 to .5": Truth("step", 0.0, 0.5, raised=0),
    "last seven, 0 to .2": Truth("step", 0.0, 0.2, raised=7),
}

#: What claim 5 is asked of copies of one metric: how many times the variance of the discontinuous
#: copy's noise is that of the continuous one's. Both copies are of the same truths.
_COPIES: Mapping[str, tuple[str, float]] = {
    f"copies of {kind}, noise {words}": (kind, ratio)
    for kind in ("nearly straight laws", "laws, jumps and flat curves")
    for words, ratio in (("equal", 1), ("5 to 1", 5), ("100 to 1", 100), ("1 to 5", 0.2))
}

#: And of two metrics of the same outputs of the mirage's model, an all-or-nothing one and a
#: continuous one: what is wrong of them. Eight tokens that must all be right, against the share
#: that is; the likeliest of four choices, against the probability of the right one; and the first
#: pair with its groups exchanged. The other decided outcome is the power.
_MIRAGES = {
    "mirage, strings against tokens": "contradicted",
    "mirage, tokens against strings": "supported",
    "mirage, choices against probabilities": "contradicted",
}
_TOKENS = 8

#: Rising and flat curves side by side, as a dataset has them.
_MIXED = (SMOOTH["p^5, b=.3"], SMOOTH["law b=.25"], FLAT["flat .2, chance 0"])


def _cells() -> Iterable[NullCell]:
    yield NullCell(1, "labels in any metric", ("supported",), 8, 200, 1)
    yield NullCell(1, "labels in five metrics", ("contradicted",), 8, 200, 1)
    yield NullCell(2, "shuffled labels", _EITHER, 8, 200, 1)
    yield NullCell(3, "shuffled labels", _EITHER, 8, 200, 1)
    yield NullCell(4, "shuffled labels", _EITHER, 8, 200, 1)
    for name in _COPIES:
        yield NullCell(5, name, _EITHER, 8, 200, 1)
    for name, wrong in _MIRAGES.items():
        yield NullCell(5, name, (wrong,), 8, 200, 1)
    for truths, wrong in ((_LAWS, "contradicted"), (_JUMPS, "supported")):
        for name in truths:
            for n_points, scatter in ((8, 1), (12, 3)):
                # Of eight models the last seven are all but the first: an early jump.
                if name.startswith("last seven") and n_points == 8:
                    continue
                for n_examples in (50, 200, 1000):
                    yield NullCell(6, name, (wrong,), n_points, n_examples, scatter)


NULL_CELLS: tuple[NullCell, ...] = tuple(_cells())


def null_rates(
    cell: NullCell, n_datasets: int, seed: int, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Draw datasets of one design and count the outcomes of their claim.

    Parameters
    ----------
    cell : NullCell
    n_datasets : int
    seed : int
    settings : mapping
        Those of the workflow; fewer draws take the place of its own.

    Returns
    -------
    dict
        One row of the study's table: the share of each outcome, and of ``errors`` with its lower
        99 % and its upper 95 % Monte Carlo limit (each one-sided).
    """
    settings = {
        **settings,
        "seed": seed,
        "draws": 100,
        "claims": {**settings["claims"], "draws": 2000, "bootstrap": 1000},
    }
    rules = ClaimRules.of(settings)
    key = f"{cell.claim}/{cell.name}/{cell.n_points}/{cell.n_examples}/{cell.dispersion}"
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    kind, make = _CLAIMS[cell.claim]
    found: Counter[str] = Counter()
    for begin in range(0, n_datasets, _TOGETHER):
        for study in make(cell, min(_TOGETHER, n_datasets - begin), rng, settings):
            found[kind.decide(study, rules).outcome] += 1
    errors = sum(found[outcome] for outcome in cell.wrong)
    return {
        "claim": cell.claim,
        "truth": cell.name,
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
        **{outcome: found[outcome] / n_datasets for outcome in OUTCOMES[:-1]},
        "wrong": " or ".join(cell.wrong),
        "errors": errors / n_datasets,
        "errors at least": binomial_interval(errors, n_datasets, 0.98)[0],
        "errors at most": binomial_interval(errors, n_datasets, 0.9)[1],
    }


def _share(group: str) -> Metric:
    return Metric(group, True, "generation", True, ())


def _counts(
    truths: Iterable[Truth], cell: NullCell, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a curve of each truth: shares of right answers, and chance."""
    chosen, scales = list(truths), even_scales(cell.n_points)
    drawn = [
        draw(truth.probabilities(scales), cell.n_examples, cell.dispersion, 1, rng)[0]
        for truth in chosen
    ]
    return np.array(drawn) / cell.n_examples, np.array([truth.chance for truth in chosen])


def _with_small_models(
    cell: NullCell, n_datasets: int, rng: np.random.Generator, settings: Mapping[str, Any]
) -> Iterable[Study]:
    """Claim 6: 30 tasks of one truth each time."""
    truth, metrics = {**_LAWS, **_JUMPS}[cell.name], Metrics({"exact": _share("discontinuous")})
    tasks = [in_dataset(i, f"t{j}") for i in range(n_datasets) for j in range(30)]
    scores, chance = _counts([truth] * len(tasks), cell, rng)
    names = {"task": tasks, "metric": ["exact"] * len(tasks), "model_family": ["F"] * len(tasks)}
    table = scores_of(names, scores, metrics, examples=cell.n_examples, chance=chance)
    return labelled([table], metrics, settings)


def _with_preferred_metrics(
    cell: NullCell, n_datasets: int, rng: np.random.Generator, settings: Mapping[str, Any]
) -> Iterable[Study]:
    """Claim 1: 60 tasks under 12 metrics. Six rise anywhere, or 15 under five metrics."""
    metrics = Metrics({f"m{i}": _share("discontinuous") for i in range(12)})
    rises, flat = STEPS["middle, .25 to .95"], FLAT["flat .25, chance .25"]
    tasks, under, truths = [], [], []
    for i in range(n_datasets):
        rising = rng.permutation(60) < 6
        if cell.name == "labels in five metrics":
            rising = np.array([j % 12 < 5 and j < 36 for j in range(60)])
        for j in range(60):
            tasks.append(in_dataset(i, f"t{j}"))
            under.append(f"m{j % 12}")
            truths.append(rises if rising[j] else flat)
    scores, chance = _counts(truths, cell, rng)
    names = {"task": tasks, "metric": under, "model_family": ["F"] * len(tasks)}
    table = scores_of(names, scores, metrics, examples=cell.n_examples, chance=chance)
    return labelled([table], metrics, settings)


def _with_shuffled_annotations(
    cell: NullCell, n_datasets: int, rng: np.random.Generator, settings: Mapping[str, Any]
) -> Iterable[Study]:
    """Claim 2: the hand annotations on other tasks; it looks at no curve."""
    rows, inventory = EMERGENT_ANNOTATIONS.rows, TASK_INVENTORY.rows
    categories = [row["category"] for row in rows]
    for _ in range(n_datasets):
        moved = rng.permutation(categories).tolist()
        annotations = {
            row["task"]: {**row, "category": category}
            for row, category in zip(rows, moved, strict=True)
        }
        yield Study(
            "drawn", {}, settings, known={"annotations": annotations, "inventory": inventory}
        )


def _with_two_groups(
    cell: NullCell, n_datasets: int, rng: np.random.Generator, settings: Mapping[str, Any]
) -> Iterable[Study]:
    """Claim 3: 24 tasks, half of them under both kinds of metric, all of one mixture of truths."""
    metrics = Metrics({"exact": _share("discontinuous"), "part": _share("continuous")})
    tasks, under = [], []
    for i in range(n_datasets):
        for j in range(24):
            for metric in ("exact", "part") if j < 12 else ("exact" if j % 2 else "part",):
                tasks.append(in_dataset(i, f"t{j}"))
                under.append(metric)
    truths = [_MIXED[k] for k in rng.integers(len(_MIXED), size=len(tasks))]
    scores, chance = _counts(truths, cell, rng)
    names = {"task": tasks, "metric": under, "model_family": ["F"] * len(tasks)}
    table = scores_of(names, scores, metrics, examples=cell.n_examples, chance=chance)
    return labelled([table], metrics, settings)


def _with_annotators(
    cell: NullCell, n_datasets: int, rng: np.random.Generator, settings: Mapping[str, Any]
) -> Iterable[Study]:
    """Claim 4: 40 tasks in two families, of which 8 are called emergent at random."""
    metrics = Metrics({"exact": _share("discontinuous")})
    families = [*settings["claims"]["agreement"]["families"].items()]
    tasks = [in_dataset(i, f"t{j}") for i in range(n_datasets) for j in range(40) for _ in families]
    truths = [_MIXED[k] for k in rng.integers(len(_MIXED), size=len(tasks))]
    scores, chance = _counts(truths, cell, rng)
    names = {
        **{"task": tasks, "metric": ["exact"] * len(tasks)},
        "model_family": [family for _, family in families] * (len(tasks) // len(families)),
    }
    table = scores_of(names, scores, metrics, examples=cell.n_examples, chance=chance)
    # Tasks are exchangeable: which of them are called emergent is the same each time.
    annotations = {
        f"t{j}": {
            **{"task": f"t{j}", "verified": "yes"},
            "category": "emergent" if j < 8 else "smoothly_increasing",
            "model_family": families[j % len(families)][0] if j < 8 else "",
        }
        for j in range(40)
    }
    return labelled([table], metrics, settings, annotations=annotations)


def _law(rng: np.random.Generator, exponents: tuple[float, float]) -> Truth:
    return Truth("law", 0.0, rng.uniform(0.7, 1.0), rng.uniform(*exponents), rng.uniform(-1.5, 0.5))


def _truth(kind: str, rng: np.random.Generator) -> Truth:
    """Draw the truth of a task; the gentler a law, the nearer it is to a line."""
    if kind == "nearly straight laws":
        return _law(rng, (0.05, 0.25))
    which = rng.integers(5)
    if which < 3:
        return _law(rng, (0.1, 0.5))
    if which == 3:
        return Truth("step", 0.05, rng.uniform(0.3, 1.0), raised=int(rng.integers(1, 6)))
    return FLAT["flat .2, chance 0"]


def _with_two_metrics(
    cell: NullCell, n_datasets: int, rng: np.random.Generator, settings: Mapping[str, Any]
) -> Iterable[Study]:
    """Claim 5: 40 tasks in three families, each under two metrics of the same outputs."""
    part = Metric("continuous", True, "generation", False, (), Law("bounded", 0.0, 1.0))
    metrics = Metrics({"exact": _share("discontinuous"), "part": part})
    scales = even_scales(cell.n_points)
    tasks = [in_dataset(i, f"t{j}") for i in range(n_datasets) for j in range(40)]
    names = {
        "task": np.repeat(tasks, 3),
        "model_family": np.tile(["F", "G", "H"], len(tasks)),
    }
    n_exact = cell.n_examples
    if cell.name in _COPIES:
        kind, ratio = _COPIES[cell.name]
        share = np.array([_truth(kind, rng).probabilities(scales) for _ in tasks])
        share, n = np.repeat(share, 3, axis=0), round(ratio * n_exact)
        exact, partial = rng.binomial(n_exact, share) / n_exact, rng.binomial(n, share) / n
    else:
        laws = [replace(_law(rng, (0.1, 0.3)), ceiling=1.0) for _ in tasks]
        known = np.repeat([law.probabilities(scales) for law in laws], 3, axis=0)
        if "strings" in cell.name:
            # Of the whole string, so that strings rise at all; each of its tokens is likelier.
            exact, partial = _strings(known ** (1.0 / _TOKENS), n_exact, rng)
        else:
            exact, partial = _choices(known, n_exact, rng)
        if cell.name.startswith("mirage, tokens"):
            # The share of right tokens is a count of so many.
            exact, partial, n_exact = partial, exact, _TOKENS * n_exact
    tables = [
        scores_of(
            {**names, "metric": [metric] * len(scores)},
            scores,
            metrics,
            examples=n_exact if metric == "exact" else None,
            chance=np.nan,
            preferred=metric == "exact",
        )
        for metric, scores in zip(metrics, (exact, partial), strict=True)
    ]
    return labelled(tables, metrics, settings)


def _strings(right: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Shares of whole strings and of tokens that are right, of the same n strings."""
    tokens = rng.binomial(_TOKENS, right[..., None], (*right.shape, n))
    return (tokens == _TOKENS).mean(axis=-1), tokens.mean(axis=-1) / _TOKENS


def _choices(known: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Share of questions whose likeliest choice is right, and mean probability of the right one."""
    grade, probability = np.empty((2, *known.shape))
    leans_wrong = (np.arange(n) % CHOICES != 0).astype(int)
    for place in np.ndindex(known.shape):
        means = [item_means(known[place], CHOICES, lean=LEAN, leans_right=r) for r in (True, False)]
        parts = dirichlet_parameters(np.stack(means), CONCENTRATION)[leans_wrong]
        drawn = rng.standard_gamma(parts)
        grade[place] = (drawn.argmax(axis=1) == 0).mean()
        probability[place] = (drawn[:, 0] / drawn.sum(axis=1)).mean()
    return grade, probability


_Maker = Callable[[NullCell, int, np.random.Generator, Mapping[str, Any]], Iterable[Study]]

#: The claims by number, and what draws datasets for each.
_CLAIMS: Mapping[int, tuple[Kind, _Maker]] = {
    1: (PREFERRED, _with_preferred_metrics),
    2: (ENRICHED, _with_shuffled_annotations),
    3: (CLUSTERING, _with_two_groups),
    4: (AGREEMENT, _with_annotators),
    5: (SWITCHING, _with_two_metrics),
    6: (RESOLUTION, _with_small_models),
}
