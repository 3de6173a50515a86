"""Facts that formats read with: models, metrics, chance, BIG-bench's tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class KnownModel(NamedTuple):
    """A model of the table of sizes.

    Attributes
    ----------
    family : str
    scale : float
        Parameters.
    scale_kind : str
        One of `emergence.schema.SCALE_KINDS`.
    tokens_per_step : float or None
        Of its training, where that is known.
    """

    family: str
    scale: float
    scale_kind: str
    tokens_per_step: float | None = None


@dataclass(frozen=True)
class Known:
    """Facts for formats whose files do not have them.

    Attributes
    ----------
    models : mapping of str to KnownModel
        By the name that result files have.
    directions : mapping of str to bool
        For each metric whose direction is settled, whether higher is better.
    chance : mapping of (str, str) to float
        Score of guessing by task and metric.
    inventory : sequence of mapping
        Rows of `emergence.facts.task_inventory`.
    """

    models: Mapping[str, KnownModel] = field(default_factory=dict)
    directions: Mapping[str, bool] = field(default_factory=dict)
    chance: Mapping[tuple[str, str], float] = field(default_factory=dict)
    inventory: Sequence[Mapping[str, Any]] = ()


def models_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, KnownModel]:
    """Return the models of a table of sizes.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of `emergence.facts.model_sizes`.

    Returns
    -------
    dict of str to KnownModel
    """
    return {
        row["model"]: KnownModel(
            row["model_family"], row["n_params"], row["scale_kind"], row["tokens_per_step"]
        )
        for row in rows
    }


def chance_of(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """Return the scores of guessing of a table.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of `emergence.facts.chance_levels`.

    Returns
    -------
    dict of (str, str) to float
        By task and metric.
    """
    return {(row["task"], row["metric"]): row["low_score"] for row in rows}
