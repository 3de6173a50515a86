"""How often verdicts are right in simulations; written by `make calibrate`."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

VERDICT_CALIBRATION = FactsTable(
    "verdict_calibration",
    columns={
        "truth": kinds.name,
        "kind": kinds.one_of("flat", "smooth", "break"),
        "scales": kinds.count,
        "examples": kinds.count,
        "scatter": kinds.number,
        **dict.fromkeys(
            (
                "no_test",
                "rises",
                "apparent",
                "beyond_smooth",
                "smooth_suffices",
                "law_does_not_fit",
                "not_decidable",
            ),
            kinds.number,
        ),
        "curves": kinds.count,
        "seed": kinds.count,
    },
    key=("truth", "scales", "examples", "scatter"),
)
