"""Families and sizes of models, for result files that have names only."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable
from emergence.schema import SCALE_KINDS

MODEL_SIZES = FactsTable(
    "model_sizes",
    columns={
        # As result files name it; an adapter makes another model, a revision does not.
        "model": kinds.name,
        "model_family": kinds.name,
        "n_params": kinds.parameters,
        "scale_kind": kinds.one_of(*SCALE_KINDS),
        # Of its training: by it the steps of checkpoints are tokens.
        "tokens_per_step": kinds.number_or_unknown,
        "source": kinds.name,
    },
    key=("model",),
)
