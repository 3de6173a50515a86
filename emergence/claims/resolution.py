"""Claim 6: the test sets are too small to see the small models' ability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from emergence.claims.base import DATA, DRAWN, LABELS, Claim, Kind, does_not_apply, name_of
from emergence.claims.task_statistics import bootstrap_interval
from emergence.study import Study

#: The rule is to be replaced; until then nobody may take its verdict at its word.
_CAVEAT = (
    "This rule is wrong and is to be replaced: it asks that the best of the smaller models stays "
    "at chance, which chance itself seldom does. With all of them truly at chance it says "
    "contradicted."
)

#: A score is at the floor if it is above it by rounding only.
_ROUNDING = 1e-9


def resolution(study: Study, rules: Mapping[str, Any]) -> Claim:
    """Decide claim 6.

    Parameters
    ----------
    study : Study
    rules : mapping
        ``seed``, ``bootstrap``, ``level``, ``p`` and ``resolution``: ``fewest_curves``,
        ``share``, ``power``.

    Returns
    -------
    Claim
    """
    own = rules["resolution"]
    known, unknown = floors(study, rules)
    text: dict[str, Any] = {
        "id": "resolution",
        "number": 6,
        "title": "More test data would show the small models' ability",
        "statement": "With larger test sets the small models of an emergent ability are above "
        "chance: better statistics take the sharpness away.",
        "source": "Schaeffer, Miranda & Koyejo 2023, section 3 and figure 4",
        "published": "no number",
        "interval_kind": "bootstrap over tasks, of the share of curves",
        "rule": f"supported: at least {own['share']:.0%} of the apparent curves under "
        "discontinuous metrics have the smaller half of their models at or under chance + 1/n, "
        "where n examples cannot show less; contradicted: the interval is below that; else not "
        f"supported; not decidable under {own['fewest_curves']} such curves",
        "caveat": _CAVEAT,
        "tasks": known["task"].nunique() if len(known) else 0,
        "curves": len(known),
        "make_tables": lambda: {"Apparent curves under discontinuous metrics": _rows(known)},
        "keys": known["curve"].tolist() if len(known) else [],
    }
    if not (study.votes["metric_group"] == "discontinuous").any():
        return does_not_apply(text, "no curve is under a discontinuous metric")
    at_floor = known["floor"].to_numpy(bool) if len(known) else np.zeros(0, bool)
    sentence = (
        f"In {at_floor.sum()} of {len(known)} curves that look emergent, the smaller half of the "
        "models scores no more than guessing and one example."
    )
    if len(known) < own["fewest_curves"]:
        return Claim(
            **text,
            ours=f"{len(known)} such curves; of {unknown} more, examples or chance are unknown",
            sentence=sentence,
            value=None,
            interval=None,
            p=None,
            outcome="not decidable",
            reason=f"{len(known)} apparent curves under discontinuous metrics with known numbers "
            f"of examples and chance; {own['fewest_curves']} are needed",
            would_decide="more tasks with numbers of examples and scores of guessing",
        )
    share = float(at_floor.mean())
    by_task = known.groupby("task")["floor"].agg(["sum", "count"]).to_numpy(np.float64)
    low, high = bootstrap_interval(
        lambda times: (times @ by_task[:, 0]) / (times @ by_task[:, 1]),
        len(by_task),
        draws=rules["bootstrap"],
        level=rules["level"],
        generator=study.generator(rules["seed"], "claim 6"),
    )
    if share >= own["share"]:
        outcome = "supported"
    else:
        outcome = "contradicted" if high < own["share"] else "not supported"
    return Claim(
        **text,
        ours=f"{at_floor.sum()} of {len(known)} curves ({100 * share:.0f} %)",
        sentence=sentence,
        value=share,
        interval=(low, high),
        p=None,
        outcome=outcome,
    )


def floors(study: Study, rules: Mapping[str, Any]) -> tuple[pd.DataFrame, int]:
    """Look at the small models of the apparent curves under discontinuous metrics.

    Parameters
    ----------
    study : Study
    rules : mapping
        As for `resolution`.

    Returns
    -------
    known : pandas.DataFrame
        One row a curve: whether the smaller half of its models is at the floor, its highest
        score there, and the examples that would show a small model's score.
    unknown : int
        Curves whose number of examples or chance is unknown.
    """
    curves = study.votes
    curves = curves[
        (curves["apparent"] == True) & (curves["metric_group"] == "discontinuous")  # noqa: E712
    ]
    own = rules["resolution"]
    found = [_at_floor(study, row, own, rules["p"]) for row in curves.itertuples()]
    known = pd.DataFrame([row for row in found if row is not None])
    return known, len(found) - len(known)


def _at_floor(
    study: Study, row: Any, own: Mapping[str, Any], level: float
) -> dict[str, Any] | None:
    """Look at the smaller half of a curve's models; None where n or chance is unknown."""
    scores, scales, examples = (
        study.lists[name][row.Index] for name in ("scores", "scales", "n_examples_by_scale")
    )
    half = len(scores) // 2
    if None in examples[:half] or math.isnan(row.chance):
        return None
    floor = all(
        score <= row.chance + 1 / n + _ROUNDING
        for score, n in zip(scores[:half], examples[:half], strict=True)
    )
    # The middle one of the smaller half, as the smooth law has it.
    middle = scales[(half - 1) // 2]
    predicted = _bounded_law(row, middle, scales[-1])
    return {
        "curve": row.curve_id,
        "task": row.task,
        "name": name_of(row),
        "family": row.model_family,
        "metric": row.metric,
        "examples": examples[0],
        "floor": floor,
        "highest": max(scores[:half]),
        "chance": row.chance,
        "predicted": predicted,
        "needed": examples_needed(predicted, row.chance, level, own["power"]),
    }


def _bounded_law(row: Any, scale: float, largest: float) -> float:
    """Score at a scale under the best fit up to b_max (method section 4); NaN without one."""
    if not pd.isna(row.law_missing) or row.bounded_kind != "law":
        return math.nan
    loss = math.exp(row.bounded_location + row.bounded_exponent * math.log(largest / scale))
    return row.bounded_floor + (row.bounded_ceiling - row.bounded_floor) * math.exp(-loss)


def examples_needed(share: float, chance: float, level: float, power: float) -> float:
    """Examples with which a share is seen to be above chance.

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
            "family": row.family,
            "metric": row.metric,
            "examples": row.examples,
            "chance": row.chance,
            "highest score of the smaller half": row.highest,
            "at or under chance + 1/n": "yes" if row.floor else "no",
            "score of a small model under the law": row.predicted,
            "examples that would show it": row.needed,
            "curve": row.curve,
        }
        for row in known.itertuples(index=False)
    ]


CLAIM = Kind(resolution, LABELS | DRAWN | DATA)
