"""Claim 6: the test sets are too small to see the small models' ability."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from emergence.axes import FALLING, sizes_along
from emergence.claims.base import DATA, LABELS, Change, Claim, Kind, does_not_apply, name_of
from emergence.claims.task_statistics import binomial_interval
from emergence.inference.model import Curves
from emergence.inference.small_models import SmallModels, n_small, small_models
from emergence.settings import ClaimRules
from emergence.study import Study

#: What a curve says of the claim. The first two decide it, the others leave it open.
ABOVE, BELOW, NO_LAW, TOO_FEW = "above chance", "below the law", "no law fits", "too few examples"

#: Examples a model that no test set has.
_OUT_OF_REACH = 1e6

_CHANGED = Change(
    when="November 2026",
    was="supported: at least half of the curves have the best of the smaller models at or under "
    "chance + 1/n",
    why="chance itself stays under that so seldom that the rule said contradicted where all small "
    "models were truly at chance; and curves without any small model above chance supported the "
    "claim, although a true jump from chance looks the same",
)


def resolution(study: Study, rules: ClaimRules) -> Claim:
    """Decide claim 6.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        ``level``, ``p`` and ``resolution``: ``fewest_curves``, ``share``, ``power``.

    Returns
    -------
    Claim
    """
    own = rules.claims.resolution
    known, unknown = small_model_curves(study, rules)
    votes = known.groupby("benchmark")["says"].agg(_majority)
    n_above, n_below = int((votes == ABOVE).sum()), int((votes == BELOW).sum())
    counts = known["says"].value_counts()
    text: dict[str, Any] = {
        "id": "resolution",
        "number": 6,
        "title": "More test data would show the small models' ability",
        "statement": "With larger test sets the small models of an emergent ability are above "
        "chance: better statistics take the sharpness away.",
        "source": "Schaeffer, Miranda & Koyejo 2023, section 3 and figure 4",
        "published": "no number",
        "value_kind": "tasks above chance",
        "interval_kind": "exact (Clopper-Pearson), of the share of tasks above chance",
        "rule": "each apparent curve under a discontinuous metric: the smaller half of its models "
        "(those before its largest step), pooled, is compared with the smooth law that has its "
        f"floor at chance and an exponent of at most {rules.b_max:g}. The curve is above chance if "
        f"the score is above chance (one-sided p under {rules.claims.p}) and the law fits. It is "
        "below the law if the score is not above chance and lies below every law through the "
        f"larger models (p under {rules.claims.p}). Otherwise it is open. A task follows the "
        f"majority of its curves. Supported: the interval of the share of tasks above chance is "
        f"above {100 * own.share:g} %; contradicted: that of the tasks below the law; not "
        f"decidable: neither, or under {own.fewest_curves} curves",
        "changed": (_CHANGED,),
        "tasks": len(votes),
        "curves": len(known),
        "make_tables": lambda: {"Apparent curves under discontinuous metrics": _rows(known)},
        "keys": known["curve_id"].tolist(),
    }
    if not (study.votes["metric_group"] == "discontinuous").any():
        return does_not_apply(text, "no curve is under a discontinuous metric")
    found = {says: int(counts.get(says, 0)) for says in (ABOVE, BELOW, NO_LAW, TOO_FEW)}
    sentence = (
        f"In {found[ABOVE]} of {len(known)} curves that look emergent, the small models already "
        f"score above chance, as a smooth law predicts; in {found[BELOW]} they score below every "
        f"such law; {len(known) - found[ABOVE] - found[BELOW]} remain open."
    )
    value = n_above / len(votes) if len(votes) else None
    interval = binomial_interval(n_above, len(votes), rules.level)
    outcome, why = "not decidable", ""
    if len(known) < own.fewest_curves:
        why = (
            f"{len(known)} apparent curves under discontinuous metrics with known numbers of "
            f"examples and chance (of {unknown} more they are unknown); {own.fewest_curves} "
            "are needed"
        )
    elif interval[0] > own.share:
        outcome = "supported"
    elif binomial_interval(n_below, len(votes), rules.level)[0] > own.share:
        outcome = "contradicted"
    else:
        why = (
            f"{n_above} of {len(votes)} tasks are above chance and {n_below} below the law; "
            f"neither share is surely above {100 * own.share:g} %"
        )
    return Claim(
        **text,
        ours=f"tasks: {n_above} above chance, {n_below} below the law, "
        f"{len(votes) - n_above - n_below} open; curves: "
        + ", ".join(f"{found[says]} {says}" for says in found),
        sentence=sentence,
        value=value,
        interval=interval if len(votes) else None,
        p=None,
        outcome=outcome,
        reason=why,
        would_decide=_would_decide(known) if why else "",
    )


def _majority(says: pd.Series) -> str:
    """Return what more than half of a task's curves say; empty where there is no such thing."""
    counts = says.value_counts()
    return str(counts.index[0]) if counts.iloc[0] > len(says) / 2 else ""


def _would_decide(known: pd.DataFrame) -> str:
    needed = known.loc[known["says"] == TOO_FEW, "needed"].dropna()
    if not len(needed):
        return "more tasks with numbers of examples and scores of guessing"
    median = needed.median()
    size = f"{median:,.0f}" if median < _OUT_OF_REACH else "a million"
    return (
        "more tasks, or more examples: half of the curves that have too few would need, by the law "
        f"fitted to each, {size} examples or more for each model"
    )


def small_model_curves(study: Study, rules: ClaimRules) -> tuple[pd.DataFrame, int]:
    """Compare the small models of apparent curves under discontinuous metrics with chance.

    Parameters
    ----------
    study : Study
    rules : ClaimRules
        As for `resolution`.

    Returns
    -------
    known : pandas.DataFrame
        One row a curve: what `emergence.inference.small_models` finds, the examples a model that
        would show the law's score, and what the curve ``says``.
    unknown : int
        Curves whose number of examples or chance is unknown.
    """
    curves = study.votes
    curves = curves[
        (curves["apparent"] == True) & (curves["metric_group"] == "discontinuous")  # noqa: E712
    ]
    # Scores are shares here, and no law starts from a chance that is none.
    inside = (curves["chance"] >= 0) & (curves["chance"] < 1)
    known = curves[curves["counts_missing"].isna() & inside]
    known = known.assign(
        # Nothing scatters less than examples drawn at random.
        dispersion=np.fmax(known["dispersion"].to_numpy(np.float64), 1.0),
        examples=[study.lists["n_examples_by_scale"][row][0] for row in known.index],
        name=[name_of(row) for row in known.itertuples()],
    )
    level, power = rules.claims.p, rules.claims.resolution.power
    known = known.join(_compared(study, known, rules))
    law = known["converged"].astype(bool) & (known["p_law"] >= level)
    above = known["p_above"] <= level
    below = known["converged"].astype(bool) & (known["p_below"] <= level)
    says = np.select(
        [above & law, above, below, law], [ABOVE, NO_LAW, BELOW, TOO_FEW], default=NO_LAW
    )
    together = [
        examples_needed(row.predicted, row.chance, level, power) * row.dispersion
        for row in known.itertuples()
    ]
    known = known.assign(needed=np.ceil(together / known["models"]), says=says)
    return known, len(curves) - len(known)


def _compared(study: Study, curves: pd.DataFrame, rules: ClaimRules) -> pd.DataFrame:
    """Compare the small models of each curve; curves of one form are worked on together."""
    parts = [pd.DataFrame(columns=[field.name for field in fields(SmallModels)], dtype=float)]
    scores = pd.Series([study.lists["scores"][row] for row in curves.index], curves.index)
    for (_, first), some in scores.groupby([scores.map(len), scores.map(n_small)]):
        n, scales = (
            np.array([study.lists[name][row] for row in some.index], np.float64)
            for name in ("n_examples_by_scale", "scales")
        )
        at = curves.loc[some.index]
        falls = at["axis"].isin(FALLING).to_numpy(bool)
        slope = at["size_slope"].to_numpy(np.float64)
        scales = sizes_along(scales, scales[:, -1:], slope[:, None], falls[:, None])
        found = small_models(
            Curves.from_rows(np.round(np.array(some.tolist()) * n), n, scales),
            curves.loc[some.index, "chance"].to_numpy(),
            curves.loc[some.index, "dispersion"].to_numpy(),
            int(first),
            largest_exponent=rules.b_max,
            level=1 - rules.claims.p,
        )
        columns = {field.name: getattr(found, field.name) for field in fields(SmallModels)}
        parts.append(pd.DataFrame(columns, index=some.index))
    return pd.concat(parts[1:] or parts)


def examples_needed(share: float, chance: float, level: float, power: float) -> float:
    """Return the number of examples that shows a share to be above chance.

    Parameters
    ----------
    share : float
        The true score; NaN if unknown.
    chance : float
        Score of guessing.
    level : float
        Of the one-sided test, such as 0.05.
    power : float
        Probability that the test sees it, such as 0.8.

    Returns
    -------
    float
        A whole number; exact for a chance of 0, where one success is enough, else by the
        normal approximation. NaN where the share is not above chance.
    """
    if not share > chance:
        return math.nan
    if share >= 1:
        return 1.0
    if chance == 0:
        return float(math.ceil(math.log1p(-power) / math.log1p(-share)))
    spread = ndtri(1 - level) * math.sqrt(chance * (1 - chance))
    spread += ndtri(power) * math.sqrt(share * (1 - share))
    return float(math.ceil((spread / (share - chance)) ** 2))


def _rows(known: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "task": row.name,
            "family": row.model_family,
            "metric": row.metric,
            "says": row.says,
            "small models": row.models,
            "examples of each": row.examples,
            "chance": row.chance,
            "their score": row.score,
            "lower limit": row.low,
            "upper limit": row.high,
            "p above chance": row.p_above,
            "score under the law": row.predicted,
            "p below the law": row.p_below,
            "p of the law": row.p_law,
            "examples of each that would show the law's score": row.needed,
            "curve": row.curve_id,
        }
        for row in known.itertuples(index=False)
    ]


CLAIM = Kind(resolution, LABELS | DATA)
