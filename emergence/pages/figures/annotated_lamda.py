"""The abilities that were annotated as emergent in LaMDA, under both metrics."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emergence.claims.pairs import metric_pairs
from emergence.pages.figures.base import Drawing, Numbers
from emergence.pages.figures.metric_switch import PAIRS_NEEDED
from emergence.pages.figures.paired_curves import drawn_side_by_side
from emergence.settings import FigureSettings
from emergence.study import Study

#: The family of the annotations whose abilities the paper looks at under two metrics.
EARLY_FAMILY = "LaMDA"


def draw(study: Study) -> Drawing:
    """Draw the tasks that were annotated as emergent in LaMDA, under both metrics.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    Drawing
    """
    name, title = "annotated-lamda", "Tasks annotated as emergent in LaMDA, under both metrics"
    families = FigureSettings.of(study.settings).claims.agreement.families
    some, numbers = annotated_pairs(study, metric_pairs(study), families), Numbers(name)
    if not study.annotations:
        return Drawing(
            name,
            title,
            (
                "The tasks of this dataset have no hand annotations. It takes "
                "tasks annotated as emergent, under two metrics of the same answers.",
            ),
        )
    if not len(some):
        tasks = ", ".join(annotated_tasks_of(study, EARLY_FAMILY))
        missing = (
            "Of the tasks annotated as emergent in LaMDA ",
            numbers.count("tasks", some["task"].nunique(), "rule-5"),
            f" have two metrics of the same answers here, in its family. {PAIRS_NEEDED} The "
            f"tasks are {tasks}.",
        )
        return Drawing(name, title, missing, numbers=numbers.found)
    some = some.sort_values(["task", "sharpness", "curve_id"], ascending=[True, False, True])
    shown = some.groupby("task", sort=False).head(1)
    caption = (
        numbers.count("tasks", some["task"].nunique(), "rule-5"),
        " tasks annotated as emergent in LaMDA: the same answers under an all-or-nothing metric "
        "(left) and a continuous one (right). ",
        numbers.count("apparent", some["apparent"].eq(True).sum(), "def-apparent"),
        " of the pairs look emergent on the left.",
    )
    return drawn_side_by_side(study, shown, name, title, caption, numbers)


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
        From `emergence.claims.pairs.metric_pairs`.
    families : mapping of str to str
        Annotated family to model family.

    Returns
    -------
    pandas.DataFrame
    """
    tasks = annotated_tasks_of(study, EARLY_FAMILY)
    family = families.get(EARLY_FAMILY)
    return pairs[pairs["task"].isin(tasks) & (pairs["model_family"] == family)]
