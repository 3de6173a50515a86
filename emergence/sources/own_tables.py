"""Model sizes and scores of guessing that a person supplies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from emergence.errors import InputError, did_you_mean, shorten
from emergence.facts.chance_levels import CHANCE_LEVELS
from emergence.facts.reading import read_facts
from emergence.schema import SCALE_KINDS
from emergence.scores_table import REJECT_REASONS
from emergence.sources import cells
from emergence.sources.base import FileFacts
from emergence.sources.cells import Unusable
from emergence.sources.formats import Field, Option
from emergence.sources.known import Known, KnownModel, chance_of
from emergence.sums import sum_of

#: Columns of a table of model sizes; the first two must be there.
SIZE_COLUMNS = (*("model", "n_params", "model_family", "scale_kind", "tokens_per_step", "source"),)

#: The family of models of which nobody says one.
UNNAMED = "unnamed"


def _sizes(pairs: list[str]) -> dict[str, dict[str, Any]]:
    """Make sizes of ``--size NAME=1.3B`` or ``NAME=1.3B,FAMILY``."""
    found = {}
    for pair in pairs:
        # The name of a model may have both signs: "me/mine,revision=step1000=1.3B,Mine".
        name, equals, said = pair.rpartition("=")
        size, _, family = said.partition(",")
        try:
            if not equals or not name:
                raise Unusable("scale_missing")
            cells.scale(size)
        except Unusable as error:
            raise InputError(
                f"'{shorten(pair)}' seen: {REJECT_REASONS[error.reason]}",
                where="option --size",
                remedy="Write NAME=1.3B, or with the model's family NAME=1.3B,FAMILY.",
            ) from None
        found[name] = {"n_params": size, **({"model_family": family} if family else {})}
    return found


MODELS = Field(
    "models",
    {
        "type": "string",
        "minLength": 1,
        "description": "A CSV file with the columns model and n_params, and if you like "
        "model_family, scale_kind, tokens_per_step and source, beside the project's "
        "model_sizes.csv; the path starts where `path` does",
    },
    (Option("sizes", "PATH", "your own table of model sizes", also=("models",)),),
    is_path=True,
)

SIZES = Field(
    "sizes",
    {
        "type": "object",
        "minProperties": 1,
        "description": "Sizes of single models by name, which win over every table",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": ["n_params"],
            "properties": {
                "n_params": {
                    "type": ["number", "string"],
                    "description": "In parameters, or in words such as 1.3B",
                },
                "model_family": {"type": "string", "minLength": 1},
            },
        },
    },
    (
        Option(
            "size",
            "NAME=1.3B",
            "size of one model; NAME=1.3B,FAMILY gives its family too",
            value=_sizes,
        ),
    ),
)

CHANCE = Field(
    "chance",
    {
        "type": "string",
        "minLength": 1,
        "description": "A table of the scores of guessing beside the project's "
        "chance_levels.csv, with its columns; the path starts where `path` does",
    },
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
        Registry entry of the source, perhaps with the fields `MODELS`, `SIZES` and `CHANCE`.
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
        where = source[MODELS.name]
        for line, said in _read_sizes(Path(folder) / where, where):
            models[said["model"]] = _model(said, models.get(said["model"]), line)
        facts.append(_facts(folder, where, "a table of model sizes"))
    for name, said in source.get(SIZES.name, {}).items():
        models[name] = _model(said, models.get(name), f"field 'sizes', {name!r}")
    if CHANCE.name in source:
        chance |= chance_of(read_facts(Path(folder) / source[CHANCE.name], CHANCE_LEVELS))
        facts.append(_facts(folder, source[CHANCE.name], "a table of the scores of guessing"))
    return replace(known, models=models, chance=chance), facts


def _facts(folder: Path, path: str, what: str) -> FileFacts:
    """Return what is known of a table; no score is read from it."""
    known = sum_of(Path(folder) / path)
    kind = "SHA-256 of the file"
    return FileFacts(path, 0, known["bytes"], known["sha256"], kind, (what,), files=0)


def _model(said: Mapping[str, Any], before: KnownModel | None, where: str) -> KnownModel:
    kind = said.get("scale_kind") or "nominal"
    if kind not in SCALE_KINDS:
        raise InputError(f"scale_kind: {did_you_mean(kind, SCALE_KINDS)}", where=where)
    try:
        scale = cells.scale(said["n_params"])
    except Unusable as error:
        raise InputError(
            f"n_params: '{shorten(said['n_params'])}' seen: {REJECT_REASONS[error.reason]}",
            where=where,
            remedy="Write a number of parameters, such as 1300000000, 1.3e9 or 1.3B.",
        ) from None
    try:
        tokens = cells.amount(said.get("tokens_per_step"))
    except Unusable as error:
        raise InputError(
            f"tokens_per_step: '{shorten(said['tokens_per_step'])}' seen: "
            f"{REJECT_REASONS[error.reason]}",
            where=where,
            remedy="Write a number of tokens, such as 2097152 or 4M, or leave it empty.",
        ) from None
    family = said.get("model_family") or (before.family if before else UNNAMED)
    return KnownModel(family, scale, kind, tokens or (before.tokens_per_step if before else None))


def _read_sizes(path: Path, where: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Read a table of sizes; a line without a size is still to be filled in."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = reader.fieldnames or ()
        lacking = [name for name in SIZE_COLUMNS[:2] if name not in columns]
        if lacking:
            raise InputError(
                f"has no column {' and no column '.join(lacking)}; "
                f"it has: {shorten(', '.join(columns)) or 'none'}",
                where=where,
                remedy=f"A table of model sizes has the columns {', '.join(SIZE_COLUMNS)}; "
                "only the first two must be there.",
            )
        seen: set[str] = set()
        for row in reader:
            line = f"{where}, line {reader.line_num}"
            if None in row or None in row.values():
                raise InputError("has more or fewer cells than the header", where=line)
            if not row["model"].strip():
                raise InputError("a line without a model", where=line)
            if row["model"] in seen:
                raise InputError(f"the model '{shorten(row['model'])}' appears twice", where=line)
            seen.add(row["model"])
            if row["n_params"].strip():
                yield line, row
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read: {said}", where=where) from error


def line_to_add(model: str, count: Any = None) -> str:
    """Return what a table of sizes lacks: a line with what is known of the model filled in.

    Parameters
    ----------
    model : str
    count : object, optional
        Its number of parameters, where something says one.

    Returns
    -------
    str
        A line of a CSV file; what stands between < and > is to be written.
    """
    counted = isinstance(count, int) and not isinstance(count, bool) and count > 0
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        [model, "<family>", count if counted else "<parameters>", "total", "<source>"]
    )
    return line.getvalue()
