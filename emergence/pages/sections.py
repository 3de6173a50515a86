"""The sections of a dataset's page: their order, their level, and the figures of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of a dataset's page.

    Attributes
    ----------
    id : str
        Its place in addresses.
    title : str
        Of its heading, and in the list of sections.
    template : str
    level : int
        1: the first screen; 2: the argument; 3: what backs it.
    needs : str
        Name of a value that the template needs: without it the section is left out.
    figures : tuple of str
        Names of the figures that stand in it, those of claims apart.
    """

    id: str
    title: str
    template: str
    level: int
    needs: str = ""
    figures: tuple[str, ...] = ()


#: In the order of the page. A new section is a template and a line here.
SECTIONS: tuple[Section, ...] = (
    Section("result", "Result", "result.html.j2", 1, figures=("thresholds",)),
    Section("experiments", "Trained networks", "induced.html.j2", 2, "study"),
    Section("conditions", "Two conditions", "conditions.html.j2", 2, "conditions"),
    Section(
        "chain",
        "The same answers, metric by metric",
        "chain.html.j2",
        2,
        "chain",
        figures=("metric-chain",),
    ),
    Section("claims", "Published claims", "claims.html.j2", 2),
    Section(
        "law",
        "What a smooth law explains",
        "law.html.j2",
        2,
        figures=("population", "verdicts", "exponents"),
    ),
    Section(
        "prediction",
        "Predictions of held-out models",
        "prediction.html.j2",
        2,
        figures=("back-test", "axis-comparison"),
    ),
    Section("top", "Scale curves", "curves.html.j2", 2),
    Section("tables", "Tables", "tables.html.j2", 3),
    Section("data", "Data", "data.html.j2", 3),
    Section("method", "Method", "method.html.j2", 3, figures=("model",)),
    Section("provenance", "Provenance", "provenance.html.j2", 3),
    Section("downloads", "Downloads", "downloads.html.j2", 3),
    Section("cite", "How to cite", "cite.html.j2", 3),
)

#: The figure of the first screen: the first of these that the data have.
KEY_FIGURES: tuple[str, ...] = ("metric-switch", "sharpness-by-metric")

#: The figures beside each claim, by its id; those after the first are folded.
CLAIM_FIGURES: Mapping[str, tuple[str, ...]] = {
    "preferred-metrics": ("preferred-metrics",),
    "annotated-abilities": ("annotated-abilities",),
    "clustering": ("enrichment", "sharpness-by-metric"),
    "annotators": ("annotators",),
    "metric-switch": ("paired-curves", "annotated-lamda", "metric-switch"),
    "resolution": ("example-floor",),
}
