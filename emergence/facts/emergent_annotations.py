"""Which tasks were called emergent, by hand."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

ANNOTATIONS = (
    "emergent",
    "smoothly_increasing",
    "flat",
    "not_correlated_with_scale",
    "inverse",
    "not_annotated",
)

EMERGENT_ANNOTATIONS = FactsTable(
    "emergent_annotations",
    columns={
        "task": kinds.name,
        "model_family": kinds.text,
        "model_size": kinds.text,
        "category": kinds.one_of(*ANNOTATIONS),
        "verified": kinds.one_of("yes", "no"),
        "source": kinds.name,
    },
    key=("task",),
)
