"""Scores of guessing, for result files that do not have them."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

CHANCE_LEVELS = FactsTable(
    "chance_levels",
    columns={
        "task": kinds.name,
        "metric": kinds.name,
        "low_score": kinds.number,
        "source": kinds.name,
    },
    key=("task", "metric"),
)
