"""The settings of the dataset ``induced`` in small: four widths, two seeds, one pass."""

from __future__ import annotations

from typing import Any

_RECIPE = {"replicates": 2, "activation": "relu", "epochs": 1, "batch": 50, "rate": 0.01}

SETTINGS: dict[str, Any] = {
    "seed": 3,
    "addition": {
        "widths": [2, 4, 8, 16],
        "digits": [1, 2],
        "examples": 1000,
        "tests": 200,
        "test_sizes": [20, 200],
        "test_digits": 2,
        **_RECIPE,
    },
    "digits": {"widths": [2, 4, 8, 16], "tests": 1000, "together": [1, 3], **_RECIPE},
    "reconstruction": {
        "widths": [2, 4, 8, 16],
        "tests": 1000,
        "within": [0.01, 0.05],
        **_RECIPE,
    },
    "parity": {
        "widths": [2, 4, 8, 16],
        "bits": 6,
        "counted": 2,
        "examples": 300,
        "tests": 200,
        **_RECIPE,
    },
}
