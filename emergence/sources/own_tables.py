"""Tables of the user's own, for what result files do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from emergence.facts.chance_levels import CHANCE_LEVELS
from emergence.facts.model_sizes import MODEL_SIZES
from emergence.facts.reading import read_facts
from emergence.sources.base import FileFacts
from emergence.sources.formats import Field, Option
from emergence.sources.known import Known, chance_of, models_of
from emergence.sums import sum_of


def _path(of: str, beside: str) -> dict[str, Any]:
    description = f"A table of {of} beside the project's {beside}.csv, with its columns; the path"
    return {
        "type": "string",
        "minLength": 1,
        "description": f"{description} starts where `path` does",
    }


MODELS = Field(
    "models",
    _path("model sizes", "model_sizes"),
    (Option("models", "PATH", "a table of model sizes of your own"),),
    is_path=True,
)

CHANCE = Field(
    "chance",
    _path("the scores of guessing", "chance_levels"),
    (Option("chance", "PATH", "a table of the scores of guessing"),),
    is_path=True,
)


def with_own_tables(
    known: Known, source: Mapping[str, Any], folder: Path
) -> tuple[Known, list[FileFacts]]:
    """Add what a source's own tables say, which wins.

    Parameters
    ----------
    known : Known
        What the project's tables say.
    source : mapping
        Registry entry of the source, perhaps with the fields `MODELS` and `CHANCE`.
    folder : Path
        The folder from which the paths start.

    Returns
    -------
    known : Known
    facts : list of FileFacts
        Of the tables that were read: they belong to what the scores depend on.

    Raises
    ------
    InputError
        If a table has a mistake.
    """
    models, chance, facts = dict(known.models), dict(known.chance), []
    if MODELS.name in source:
        models |= models_of(read_facts(Path(folder) / source[MODELS.name], MODEL_SIZES))
        facts.append(_facts(folder, source[MODELS.name], "a table of model sizes"))
    if CHANCE.name in source:
        chance |= chance_of(read_facts(Path(folder) / source[CHANCE.name], CHANCE_LEVELS))
        facts.append(_facts(folder, source[CHANCE.name], "a table of the scores of guessing"))
    return replace(known, models=models, chance=chance), facts


def _facts(folder: Path, path: str, what: str) -> FileFacts:
    """Return what is known of a table; no score is read from it."""
    known = sum_of(Path(folder) / path)
    kind = "SHA-256 of the file"
    return FileFacts(path, 0, known["bytes"], known["sha256"], kind, (what,), files=0)
