"""Published data that are known to be bad, with the reason and who found it."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

KNOWN_BAD_DATA = FactsTable(
    "known_bad_data",
    columns={
        "dataset": kinds.name,
        "task": kinds.name,
        # Empty: every metric of the task.
        "metric": kinds.text,
        # Whether claims leave the data out by default; they are flagged, and never deleted.
        "exclude": kinds.one_of("yes", "no"),
        "problem": kinds.name,
        "source": kinds.name,
    },
    key=("dataset", "task", "metric"),
)
