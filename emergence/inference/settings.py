"""Settings of the inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Settings of the inference; `workflow/config.yaml` has their meaning.

    Attributes
    ----------
    seed : int
        Of all draws.
    draws : int
        For each curve: resamples.
    level : float
        Of intervals and ranges, such as 0.95; a curve rises or falls significantly at one
        minus it.
    b_max : float
        The largest exponent that is no break.
    b_max_beside : tuple of float
        Others, for comparison.
    """

    seed: int
    draws: int
    level: float
    b_max: float
    b_max_beside: tuple[float, ...]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Settings:
        """Take those of the workflow's settings that the inference has."""
        given = {name: settings[name] for name in cls.__dataclass_fields__ if name in settings}
        return cls(**{**given, "b_max_beside": tuple(settings["b_max_beside"])})
