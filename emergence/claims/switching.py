"""Claim 5: change the metric and the emergence evaporates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from emergence.claims.base import DATA, INTERVALS, Change, Claim, Kind, does_not_apply, name_of
from emergence.claims.matched_noise import Side, deviations_added, looks_emergent
from emergence.claims.noise import noise_of, sizes_of
from emergence.claims.pairs import metric_pairs
from emergence.claims.task_statistics import (
    binomial_interval,
    holm,
    median_interval,
    sign_test,
)
from emergence.settings import ClaimRules
from emergence.streams import generator
from emergence.study import Study

_CHANGED = Change(
    when="November 2026",
    was="curves that look emergent under the discontinuous metric, against a continuous one of the "
    "same outputs: ranks of sharpness, exact signed-rank test over tasks",
    why="curves that were chosen for being sharp under one metric are less sharp under any second "
    "one (regression to the mean): on two noisy copies of one metric it said supported. And how "
    "often a curve looks emergent depends on its noise: the same true curve with 200 and with "
    "1,000 examples was supported or contradicted",
)

#: What a metric says of the claim.
SAYS = ("supports", "contradicts", "not told", "not tested")


@dataclass(frozen=True)
class UnderMetric:
    """Outcome of the pairs with one continuous metric.

    Attributes
    ----------
    metric : str
    pairs, tasks : int
        Compared at matched noise; and their tasks (a benchmark's parts are one).
    unknown : int
        Pairs beside them whose noise is not known.
    only_discontinuous, only_continuous, both : float
        Pairs that look emergent under one metric only, and under both: means over the draws.
    votes_for, votes_against : int
        Tasks with more of the first, and with more of the second, in the median draw.
    p : float
        Exact sign test over them, in that draw.
    p_holm : float or None
        Corrected for all metrics that are tested; None where this one is not.
    untested : str
        Why it is not tested; else empty.
    sharpness : tuple of float
        Median over tasks of the difference of sharpness, discontinuous less continuous, at
        matched noise, and its interval.
    """

    metric: str
    pairs: int
    tasks: int
    unknown: int
    only_discontinuous: float
    only_continuous: float
    both: float
    votes_for: int
    votes_against: int
    p: float
    p_holm: float | None
    untested: str
    sharpness: tuple[float, float, float]

    def says(self, level: float) -> str:
        """Return one of `SAYS`."""
        if self.p_holm is None:
            return SAYS[3]
        if self.p_holm >= level:
            return SAYS[2]
        return SAYS[0] if self.votes_for > self.votes_against else SAYS[1]


def switching(study: Study, rules: ClaimRules) -> Claim:
    """Decide claim 5.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        ``level``, ``seed``, ``sharpness``, ``p`` and ``switching``: ``fewest_tasks``, ``draws``.

    Returns
    -------
    Claim
    """
    own, p = rules.claims.switching, rules.claims.p
    pairs = metric_pairs(study)
    compared = at_matched_noise(study, pairs, rules)
    found = [
        _under_metric(metric, some, compared, rules) for metric, some in _by_metric(study, pairs)
    ]
    found = _with_holm(found)
    tested = [one for one in found if one.p_holm is not None]
    by_what = {says: [one for one in tested if one.says(p) == says] for says in SAYS}
    known = pairs[compared.known]
    text: dict[str, Any] = {
        "id": "metric-switch",
        "number": 5,
        "title": "Change the metric and the emergence evaporates",
        "statement": "Under a continuous metric of the same outputs the emergent abilities are "
        "no longer there.",
        "source": "Schaeffer, Miranda & Koyejo 2023, figure 6 (LaMDA, multiple-choice grade to "
        "Brier score)",
        "published": "no number",
        "value_kind": "tasks for the claim",
        "interval_kind": "exact (Clopper-Pearson), of the share of discordant tasks that vote for "
        "the claim, under the metric with the smallest p",
        "rule": "for each continuous metric, pairs of curves of the same outputs at matched noise: "
        "the quieter curve is given noise until both have the same relative to the range of their "
        f"laws. A curve looks emergent if Kendall's one-sided p is at most {p}, its largest step "
        f"is not early and its sharpness is above {rules.sharpness:g}. A task votes for the claim "
        "if more of its pairs look emergent under the discontinuous metric only than under the "
        "continuous one only, against it if fewer; parts of a benchmark are one task. Exact sign "
        f"test over tasks, in the median of {own.draws} draws of the noise; Holm over the metrics. "
        f"Supported: p under {p} for some metric and against it for none; contradicted: the "
        "reverse; depends on the metric: both. Not decidable: every metric has under "
        f"{own.fewest_tasks} discordant tasks. Six must be unanimous, and are in .53 of cases if "
        "90 % of tasks agree. Losses are not tested: a power law is concave, so its largest step "
        "is early",
        "changed": (_CHANGED,),
        "tasks": known["benchmark"].nunique(),
        "curves": len({*known["curve_id"], *known["curve_id_continuous"]}),
        "make_tables": lambda: {
            "By continuous metric, at matched noise": [_row(one, p) for one in found],
            "Pairs of curves of the same outputs, the most discordant first": _rows(
                pairs, compared
            ),
        },
        "keys": _most_discordant(pairs, compared)["curve_id"].drop_duplicates().tolist(),
    }
    if not len(pairs):
        return does_not_apply(text, "no two metrics of different kinds score the same outputs")
    ours = "; ".join(
        f"{one.metric}: {one.votes_for} task{'s' * (one.votes_for != 1)} for, "
        f"{one.votes_against} against, {one.says(p)}"
        for one in found
    )
    counted = [sum(getattr(one, name) for one in found) for name in _COUNTS]
    sentence = (
        f"At matched noise, {counted[0]:.0f} of {sum(one.pairs for one in found)} pairs of curves "
        f"of the same outputs look emergent under the all-or-nothing metric only, {counted[1]:.0f} "
        f"under the continuous one only, and {counted[2]:.0f} under both{_told(by_what)}."
    )
    if not tested:
        return Claim(
            **text,
            ours=ours,
            sentence=sentence,
            value=None,
            interval=None,
            p=None,
            outcome="not decidable",
            reason=_untested(found),
            would_decide="more tasks whose outputs are scored under both kinds of metric: Brier "
            "score or the probability of the right choice for multiple choice, a text distance "
            "for generation",
        )
    first = min(tested, key=lambda one: (one.p_holm, one.p))
    discordant = first.votes_for + first.votes_against
    outcomes = {
        (True, True): "depends on the metric",
        (True, False): "supported",
        (False, True): "contradicted",
        (False, False): "not supported",
    }
    return Claim(
        **text,
        ours=ours,
        sentence=sentence,
        value=first.votes_for / discordant,
        interval=binomial_interval(first.votes_for, discordant, rules.level),
        p=first.p_holm,
        outcome=outcomes[bool(by_what[SAYS[0]]), bool(by_what[SAYS[1]])],
    )


@dataclass(frozen=True)
class Compared:
    """Pairs of curves at matched noise; rows as the pairs, columns the draws.

    Attributes
    ----------
    known : ndarray of bool, shape (n_pairs,)
        Whether the noise of both curves is known; the rest is of these pairs only, and False or
        NaN for others.
    relative, relative_continuous : ndarray of float64, shape (n_pairs,)
        Noise of either curve before: mean variance over squared range.
    first, second : ndarray of bool, shape (n_pairs, n_draws)
        Whether the discontinuous curve looks emergent, and the continuous one.
    difference : ndarray of float64, shape (n_pairs, n_draws)
        Of the sharpness; 0 of two infinite ones.
    """

    known: np.ndarray
    relative: np.ndarray
    relative_continuous: np.ndarray
    first: np.ndarray
    second: np.ndarray
    difference: np.ndarray


def at_matched_noise(study: Study, pairs: pd.DataFrame, rules: ClaimRules) -> Compared:
    """Compare pairs of curves at equal noise, in several draws.

    Parameters
    ----------
    study : Study
    pairs : pandas.DataFrame
        From `emergence.claims.pairs.metric_pairs`.
    rules : ClaimRules

    Returns
    -------
    Compared
    """
    draws = rules.claims.switching.draws
    names, ends = ("row", "row_continuous"), ("curve_id", "curve_id_continuous")
    noise = [noise_of(study, pairs[name].to_numpy()) for name in names]
    known = np.ones(len(pairs), bool)
    for deviations, span in noise:
        known &= np.isfinite(span) & np.array([np.isfinite(d).all() for d in deviations], bool)
    relative = np.full((2, len(pairs)), np.nan)
    looks = np.zeros((2, len(pairs), draws), bool)
    difference = np.full((len(pairs), draws), np.nan)
    length = pairs["n_scales"].to_numpy()
    for n_points in np.unique(length[known]):
        rows = np.flatnonzero(known & (length == n_points))
        scales = np.array(
            [
                sizes_of(pair, np.array(study.lists["scales"][pair.row], np.float64))
                for pair in pairs.iloc[rows].itertuples()
            ]
        )
        sides = [
            Side(
                np.array([study.lists["scores"][i] for i in pairs[name].iloc[rows]], np.float64),
                np.array([deviations[i] for i in rows]),
                span[rows],
            )
            for name, (deviations, span) in zip(names, noise, strict=True)
        ]
        relative[:, rows] = [side.relative for side in sides]
        sharp = []
        for number, (side, added, end) in enumerate(
            zip(sides, deviations_added(*sides), ends, strict=True)
        ):
            drawn = [
                generator(rules.seed, curve, "matched noise") for curve in pairs[end].iloc[rows]
            ]
            normal = np.array([one.standard_normal((draws, n_points)) for one in drawn])
            ties = np.array([one.random((draws, n_points)) for one in drawn])
            noisy = side.scores[:, None] + added[:, None] * normal
            shape = (len(rows) * draws, int(n_points))
            found, sharpness = looks_emergent(
                noisy.reshape(shape),
                np.repeat(scales, draws, axis=0),
                ties.reshape(shape),
                rules.sharpness,
                rules.claims.p,
            )
            looks[number, rows] = found.reshape(len(rows), draws)
            sharp.append(sharpness.reshape(len(rows), draws))
        with np.errstate(invalid="ignore"):
            # Two infinite scores are equal.
            difference[rows] = np.where(sharp[0] == sharp[1], 0.0, sharp[0] - sharp[1])
    return Compared(known, *relative, *looks, difference)


def _by_metric(study: Study, pairs: pd.DataFrame):
    """Yield each continuous metric with what is known of it, and the places of its pairs."""
    places = pd.Series(np.arange(len(pairs)))
    for metric, some in places.groupby(pairs["metric_continuous"].to_numpy()):
        loss = study.metrics[metric].law.kind == "loss"
        yield (metric, loss), pairs.iloc[some.to_numpy()].assign(place=some.to_numpy())


def _under_metric(
    named: tuple[str, bool], pairs: pd.DataFrame, compared: Compared, rules: ClaimRules
) -> UnderMetric:
    metric, loss = named
    known = pairs[compared.known[pairs["place"]]]
    at = known["place"].to_numpy()
    first, second = compared.first[at].astype(int), compared.second[at].astype(int)
    names, task = np.unique(known["benchmark"].to_numpy(str), return_inverse=True)
    votes = np.zeros((len(names), first.shape[1]), np.int64)
    np.add.at(votes, task, first - second)
    pro, con = (votes > 0).sum(axis=0), (votes < 0).sum(axis=0)
    p = np.array([sign_test(int(a), int(b)) for a, b in zip(pro, con, strict=True)])
    # The draw in the middle, the less significant of two: with more noise to draw the p-values of
    # the draws spread around what the louder curves alone decide.
    middle = np.argsort(p, kind="stable")[len(p) // 2]
    discordant = int(pro[middle] + con[middle])
    fewest = rules.claims.switching.fewest_tasks
    untested = ""
    if loss:
        untested = "losses are described only"
    elif not len(known):
        untested = f"the noise of none of {len(pairs)} pairs is known"
    elif discordant < fewest:
        untested = f"{discordant} discordant tasks, {fewest} are needed"
    by_task = pd.DataFrame(compared.difference[at]).median(axis=1).groupby(task).median()
    middle_sharpness, low, high = median_interval(by_task, rules.level)
    return UnderMetric(
        metric=metric,
        pairs=len(known),
        tasks=len(names),
        unknown=len(pairs) - len(known),
        only_discontinuous=float((first > second).mean(axis=1).sum()),
        only_continuous=float((first < second).mean(axis=1).sum()),
        both=float((first * second).mean(axis=1).sum()),
        votes_for=int(pro[middle]),
        votes_against=int(con[middle]),
        p=float(p[middle]),
        p_holm=None,
        untested=untested,
        sharpness=(middle_sharpness, low, high),
    )


def _with_holm(found: list[UnderMetric]) -> list[UnderMetric]:
    tested = [one for one in found if not one.untested]
    adjusted = iter(holm([one.p for one in tested]))
    return [one if one.untested else replace(one, p_holm=next(adjusted)) for one in found]


def _untested(found: list[UnderMetric]) -> str:
    """Say why no metric is tested; those with the same reason together."""
    metrics: dict[str, list[str]] = {}
    for one in found:
        metrics.setdefault(one.untested, []).append(one.metric)
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in metrics.items())


_COUNTS = ("only_discontinuous", "only_continuous", "both")


def _told(by_what: Mapping[str, list[UnderMetric]]) -> str:
    parts = [
        f"{words} {', '.join(one.metric for one in by_what[says])}"
        for says, words in (
            (SAYS[0], "so the emergence evaporates under"),
            (SAYS[1], "it appears under"),
        )
        if by_what[says]
    ]
    return "; " + ", and ".join(parts) if parts else ""


def _row(one: UnderMetric, level: float) -> dict[str, Any]:
    first, second = one.only_discontinuous + one.both, one.only_continuous + one.both
    return {
        "continuous metric": one.metric,
        "pairs": one.pairs,
        "of unknown noise beside": one.unknown,
        "tasks": one.tasks,
        "look emergent: discontinuous only": one.only_discontinuous,
        "continuous only": one.only_continuous,
        "both": one.both,
        "of those under the discontinuous, % also under the continuous": _percent(one.both, first),
        "of those under the continuous, % also under the discontinuous": _percent(one.both, second),
        "tasks for": one.votes_for,
        "tasks against": one.votes_against,
        "p": one.p,
        "p, Holm": one.p_holm,
        "says": one.says(level) + (f": {one.untested}" if one.untested else ""),
        "difference of sharpness, median over tasks": one.sharpness[0],
        "lower end": one.sharpness[1],
        "upper end": one.sharpness[2],
    }


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _most_discordant(pairs: pd.DataFrame, compared: Compared) -> pd.DataFrame:
    first, second = compared.first.mean(axis=1), compared.second.mean(axis=1)
    pairs = pairs.assign(
        first=first,
        second=second,
        known=compared.known,
        discordance=np.abs(first - second),
        relative=compared.relative,
        relative_continuous=compared.relative_continuous,
    )
    return pairs.sort_values(["discordance", "known"], ascending=False, kind="stable")


def _rows(pairs: pd.DataFrame, compared: Compared) -> list[dict[str, Any]]:
    return [
        {
            "task": name_of(row),
            "family": row.model_family,
            "metric": row.metric,
            "sharpness": row.sharpness,
            "under": row.metric_continuous,
            "its sharpness": row.sharpness_continuous,
            "relative noise": float(np.sqrt(row.relative)),
            "its relative noise": float(np.sqrt(row.relative_continuous)),
            "looks emergent at matched noise, % of draws": 100 * row.first if row.known else None,
            "under the continuous metric, %": 100 * row.second if row.known else None,
            "curve": row.curve_id,
            "its curve": row.curve_id_continuous,
        }
        for row in _most_discordant(pairs, compared).itertuples()
    ]


CLAIM = Kind(switching, frozenset({"sharpness"}) | INTERVALS | DATA)
