"""BIG-bench's tasks and subtasks."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

TASK_INVENTORY = FactsTable(
    "task_inventory",
    columns={
        "task": kinds.name,
        "subtask": kinds.text,
        "preferred_score": kinds.names,
        "metrics": kinds.names,
        "n_examples": kinds.count_or_unknown,
        "is_json_task": kinds.one_of("0", "1"),
        "n_distinct_examples": kinds.count_or_unknown,
        "is_leaf": kinds.one_of("0", "1", ""),
        "mean_n_choices": kinds.number_or_unknown,
        "mean_target_chars": kinds.number_or_unknown,
        "implicit_metrics": kinds.names,
    },
    key=("task", "subtask"),
)
