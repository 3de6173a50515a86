"""The figures of the argument: what looks emergent, what the law explains, what metrics do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from emergence.claims.agreement import annotated_units
from emergence.claims.base import Evidence
from emergence.claims.resolution import floors
from emergence.claims.switching import metric_pairs
from emergence.pages.cited import FORMULA, cited
from emergence.pages.drawings.annotators import agreement
from emergence.pages.drawings.base import Drawing
from emergence.pages.drawings.counts import thresholds, verdicts
from emergence.pages.drawings.exponents import example_floor, exponents
from emergence.pages.drawings.metrics import annotated_abilities, highest, side_by_side, switch
from emergence.pages.model_figure import model_figure


def evidence_figures(
    evidence: Evidence, settings: Mapping[str, Any], counts: Mapping[str, Any]
) -> list[Drawing]:
    """Draw the figures; where there is nothing for one, say what is missing.

    Parameters
    ----------
    evidence : Evidence
    settings : mapping
        ``sharpness``, ``b_max`` and ``claims``.
    counts : mapping
        The summary, with ``verdicts`` and ``figures``: every number of the captions.

    Returns
    -------
    list of Drawing
    """
    rules = settings["claims"]
    families = rules["agreement"]["families"]
    judged = evidence.judged
    pairs = metric_pairs(evidence)
    return [
        thresholds(judged, settings, counts),
        verdicts(judged, counts),
        exponents(judged, settings, counts),
        highest(judged, counts),
        switch(pairs, counts),
        annotated_abilities(evidence, pairs, families, counts),
        side_by_side(evidence, pairs, counts),
        agreement(annotated_units(evidence, families), counts),
        example_floor(floors(evidence, rules)[0], counts),
        _model(),
    ]


@cache
def _model() -> Drawing:
    """Draw the mathematical model, which explains the effect: the same on every page."""
    figure = model_figure()
    caption = cited(figure.caption, "def-model", FORMULA)
    return Drawing("model", "How a metric can make it: the mathematical model", caption, figure.svg)
