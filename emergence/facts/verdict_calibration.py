"""How often verdicts are right in simulations; written by `make calibrate`."""

from __future__ import annotations

from emergence.facts import kinds
from emergence.facts.reading import FactsTable

VERDICT_CALIBRATION = FactsTable(
    "verdict_calibration",
    columns={
        "truth": kinds.name,
        "kind": kinds.one_of("flat", "smooth", "break", "misfit"),
        "share": kinds.number,
        "scatter": kinds.one_of("binomial", "3 times"),
        "tasks": kinds.count,
        "scales": kinds.count,
        "examples": kinds.count,
        "units": kinds.count,
        **dict.fromkeys(
            (
                "rise_1%",
                "steep_2%",
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
        # Of laws only.
        "covered": kinds.number_or_unknown,
        "seed": kinds.count,
    },
    key=("truth", "scales", "examples", "scatter"),
)
