"""Of how many curves each figure speaks: the numbers of the captions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from emergence.claims.agreement import annotated_units
from emergence.claims.resolution import floors
from emergence.claims.switching import metric_pairs
from emergence.conditions import compared, not_compared
from emergence.study import Study

#: The family of the annotations whose abilities the paper looks at under two metrics.
EARLY_FAMILY = "LaMDA"


def figure_counts(study: Study) -> dict[str, Any]:
    """Count what the figures show.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    dict
        Ready for JSON. ``exponents``: apparent curves whose exponent is known; ``enrichment``:
        curves under either kind of metric; ``pairs``: of curves of the same outputs, with how
        many look emergent under one metric only or both, together and by continuous metric;
        ``annotated_pairs``: those of tasks that were annotated as emergent in LaMDA, in its
        family; ``annotators``: annotated tasks by family; ``floor``: apparent curves under
        discontinuous metrics whose examples and chance are known.
    """
    rules = study.settings["claims"]
    apparent = study.judged[study.judged["apparent"] == True]  # noqa: E712
    groups = study.judged["metric_group"].value_counts()
    pairs = metric_pairs(study)
    sharp = pairs[pairs["apparent"] == True]  # noqa: E712
    annotated = annotated_pairs(study, pairs, rules["agreement"]["families"])
    known, unknown = floors(study, rules)
    units = annotated_units(study, rules["agreement"]["families"])
    return {
        "exponents": {
            "curves": int(apparent["exponent_status"].isin(["estimated", "open_above"]).sum())
        },
        "enrichment": {name: int(groups.get(name, 0)) for name in ("discontinuous", "continuous")},
        "pairs": {
            "pairs": len(pairs),
            "tasks": int(pairs["task"].nunique()),
            "apparent": len(sharp),
            "less_sharp": int((sharp["sharpness_continuous"] < sharp["sharpness"]).sum()),
            **_looking_emergent(pairs),
            "by_metric": [
                {"name": str(metric), **_looking_emergent(some)}
                for metric, some in pairs.groupby("metric_continuous", sort=True)
            ],
        },
        "annotated_pairs": {
            "pairs": len(annotated),
            "tasks": int(annotated["task"].nunique()),
            "apparent": int((annotated["apparent"] == True).sum()),  # noqa: E712
        },
        "annotators": [
            {
                "model_family": str(family),
                "emergent": int(some["emergent"].sum()),
                "others": int((~some["emergent"]).sum()),
            }
            for family, some in units.groupby("model_family")
        ],
        "floor": {
            "curves": len(known),
            "unknown": unknown,
            "at_floor": int(known["floor"].sum()) if len(known) else 0,
        },
    }


def _looking_emergent(pairs: pd.DataFrame) -> dict[str, int]:
    """Count the pairs that look emergent under one metric, under the other, or under both.

    Neither side is chosen first: of curves that were chosen for being sharp under one metric,
    most are less sharp under any second one.
    """
    first = (pairs["apparent"] == True).to_numpy(bool)  # noqa: E712
    second = (pairs["apparent_continuous"] == True).to_numpy(bool)  # noqa: E712
    return {
        "discontinuous_only": int((first & ~second).sum()),
        "continuous_only": int((second & ~first).sum()),
        "both": int((first & second).sum()),
    }


def condition_counts(study: Study) -> dict[str, int]:
    """Count where a second condition overtakes the first.

    Parameters
    ----------
    study : Study
        Its entry compares two conditions.

    Returns
    -------
    dict
        ``pairs`` of curves with more than one model in common, of which each has ``fewest`` to
        ``most``; ``single``: those with one, beside them; ``turned``: pairs whose difference turns
        positive with scale; ``sure``: of these, beyond its interval on both sides; ``unknown``:
        of these, without an interval on one side or both. Pairs that are not compared at all:
        ``other_models`` under each condition; ``no_score``.
    """
    found = compared(study.curves, study.entry["compare_conditions"], study.settings["level"])
    pairs = [pair for pair in found if len(pair["points"]) > 1]
    models = [len(pair["points"]) for pair in pairs]
    turned = [pair for pair in pairs if pair["turns_at"] is not None]
    return {
        "pairs": len(pairs),
        "single": len(found) - len(pairs),
        "fewest": min(models, default=0),
        "most": max(models, default=0),
        "turned": len(turned),
        "sure": sum(pair["sure"] is True for pair in turned),
        "unknown": sum(pair["sure"] is None for pair in turned),
        **not_compared(study.curves, study.entry["compare_conditions"]),
    }


def annotated_tasks_of(study: Study, annotated: str) -> list[str]:
    """Return the tasks that were annotated as emergent in a family.

    Parameters
    ----------
    study : Study
    annotated : str
        A family of the annotations.

    Returns
    -------
    list of str
        Sorted.
    """
    return sorted(
        task
        for task, row in study.annotations.items()
        if row["category"] == "emergent" and row["model_family"] == annotated
    )


def annotated_pairs(study: Study, pairs: pd.DataFrame, families: Mapping[str, str]) -> pd.DataFrame:
    """Take the pairs of the tasks that were annotated as emergent in LaMDA, in its family.

    Parameters
    ----------
    study : Study
    pairs : pandas.DataFrame
        From `emergence.claims.switching.metric_pairs`.
    families : mapping of str to str
        Annotated family to model family.

    Returns
    -------
    pandas.DataFrame
    """
    tasks = annotated_tasks_of(study, EARLY_FAMILY)
    family = families.get(EARLY_FAMILY)
    return pairs[pairs["task"].isin(tasks) & (pairs["model_family"] == family)]
