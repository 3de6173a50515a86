"""Scores of human raters."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

HUMAN_SCORES = FactsTable(
    "human_scores",
    columns={
        "rater": kinds.one_of("average", "expert"),
        "task": kinds.name,
        "metric": kinds.name,
        "value": kinds.published,
    },
    key=("rater", "task", "metric"),
)
