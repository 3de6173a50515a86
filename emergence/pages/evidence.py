"""The figures of the argument: what looks emergent, what the law explains, what metrics do."""

from __future__ import annotations

from functools import cache

from emergence.claims.agreement import annotated_units
from emergence.claims.resolution import floors
from emergence.claims.switching import metric_pairs
from emergence.pages.cited import FORMULA, cited
from emergence.pages.drawings.annotators import agreement
from emergence.pages.drawings.base import Drawing
from emergence.pages.drawings.counts import thresholds, verdicts
from emergence.pages.drawings.exponents import example_floor, exponents
from emergence.pages.drawings.metrics import annotated_abilities, highest, side_by_side, switch
from emergence.pages.model_figure import model_figure
from emergence.study import Study


def evidence_figures(study: Study) -> list[Drawing]:
    """Draw the figures; where there is nothing for one, say what is missing.

    Parameters
    ----------
    study : Study
        With the summary, which has every number of the captions.

    Returns
    -------
    list of Drawing
    """
    settings, counts = study.settings, study.summary
    rules = settings["claims"]
    families = rules["agreement"]["families"]
    judged = study.judged
    pairs = metric_pairs(study)
    return [
        thresholds(judged, settings, counts),
        verdicts(judged, counts),
        exponents(judged, settings, counts),
        highest(judged, counts),
        switch(pairs, counts),
        annotated_abilities(study, pairs, families, counts),
        side_by_side(study, pairs, counts),
        agreement(annotated_units(study, families), counts),
        example_floor(floors(study, rules)[0], counts),
        _model(),
    ]


@cache
def _model() -> Drawing:
    """Draw the mathematical model, which explains the effect: the same on every page."""
    figure = model_figure()
    caption = cited(figure.caption, "def-model", FORMULA)
    return Drawing("model", "How a metric can make it: the mathematical model", caption, figure.svg)
