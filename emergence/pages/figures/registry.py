"""The figures of a dataset's page: a new one is a module with its `draw`, and a line here."""

from __future__ import annotations

from collections.abc import Callable

from emergence.pages.figures import (
    annotated_abilities,
    annotated_lamda,
    annotators,
    axis_comparison,
    back_test,
    enrichment,
    example_floor,
    exponents,
    metric_switch,
    model,
    paired_curves,
    population,
    preferred_metrics,
    sharpness_by_metric,
    thresholds,
    verdicts,
)
from emergence.pages.figures.base import Drawing
from emergence.study import Study

#: In the order in which the page shows them. Each says what is missing where it has nothing.
FIGURES: tuple[Callable[[Study], Drawing], ...] = (
    sharpness_by_metric.draw,
    thresholds.draw,
    verdicts.draw,
    exponents.draw,
    population.draw,
    preferred_metrics.draw,
    annotated_abilities.draw,
    enrichment.draw,
    metric_switch.draw,
    annotated_lamda.draw,
    paired_curves.draw,
    annotators.draw,
    example_floor.draw,
    axis_comparison.draw,
    back_test.draw,
    model.draw,
)
