"""Result files of lm-evaluation-harness, in the layout of today and in that before 0.4.

A source's path is one file, or a folder below which every ``*.json`` is read. What is taken:

- the model by its name in ``config.model_args`` (`emergence.sources.lm_eval.models`): its
  family and size come from a table, and a name that is not in it is refused with the line to
  add. Nothing is read out of a name;
- one row a score: (task, metric, filter). The filter is the condition ``filter=strict-match``;
  ``none`` is left out. What else changes what the model was asked (a limit, a chat template, a
  system instruction, settings of the generation) stands in the condition likewise;
- shots from ``n-shot``, or from ``config.num_fewshot`` in the old layout;
- examples from ``n-samples``, the number that was really scored. The old layout does not give
  it: `emergence.examples` recovers it from the standard errors;
- which way a metric goes from ``higher_is_better``. What contradicts the catalogue, or another
  file, is refused; what nobody else knows is taken from the files and said.

Groups make tasks of which their members are subtasks (`emergence.sources.lm_eval.groups`).
The harness does not give the score of guessing: it comes from a table, and ``chance`` in the
registry names another one, which wins.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.errors import InputError
from emergence.facts import CHANCE_LEVELS, MODEL_SIZES, read_facts
from emergence.schema import SOURCE_REJECTS, SOURCE_ROWS
from emergence.sources.base import FileFacts, Part
from emergence.sources.bigbench.files import contents
from emergence.sources.documents import Refused
from emergence.sources.known import Known, chance_of, models_of
from emergence.sources.lm_eval.collect import Collected
from emergence.sources.lm_eval.files import find_files, listed
from emergence.sources.lm_eval.results import parse

__all__ = ["listed", "read"]

log = logging.getLogger(__name__)

DIGEST_KIND = "SHA-256 of the lines that sha256sum prints for the result files, sorted by path"


def read(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read the result files of a source.

    Parameters
    ----------
    source : mapping
        Registry entry of the source: ``path``, and optionally ``models`` and ``chance``, tables
        of the user's own, and ``lines_sha256``, the digest that its facts show.
    folder : Path
        The folder from which the paths start.
    known : Known
        The project's tables of model sizes and of scores of guessing, and the directions that
        are settled.

    Yields
    ------
    Part
        One, with everything.

    Raises
    ------
    InputError
        If there is no file to read, a table of the user's has a mistake, or the files are not
        what their digest says. What is wrong inside a single file becomes a reject.
    """
    where = source["path"]
    if "columns" in source:
        raise InputError(
            "the format lm-eval has no columns to map",
            where=where,
            remedy="Remove the field `columns` from the source.",
        )
    models = dict(known.models)
    if "models" in source:
        models |= models_of(read_facts(Path(folder) / source["models"], MODEL_SIZES))
    chance = dict(known.chance)
    if "chance" in source:
        chance |= chance_of(read_facts(Path(folder) / source["chance"], CHANCE_LEVELS))
    collected = Collected(known.directions, chance)
    lines, size = [], 0
    for file in find_files(Path(folder) / where, where):
        try:
            data = contents(file)
        except Refused as refused:
            lines.append(f"-  {file.name}\n")
            collected.refuse(file.name, refused)
            continue
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {file.name}\n")
        size += len(data)
        try:
            collected.add(file.name, parse(data, models))
        except Refused as refused:
            collected.refuse(file.name, refused)
    digest = hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    expected = source.get("lines_sha256")
    if expected is not None and expected != digest:
        raise InputError(
            f"is not what the registry names: its lines_sha256 is {digest}, "
            f"the registry says {expected}",
            where=where,
            remedy="Restore the files; if the change is meant, write the new digest there.",
        )
    rows, rejects = collected.finish()
    facts = FileFacts(
        where,
        len(rows) + len(rejects),
        size,
        digest,
        DIGEST_KIND,
        notes=collected.notes(),
        files=len(lines),
        directions=collected.stated_directions(),
    )
    log.info("%s: %d files, %d rows, %d rejects", where, len(lines), len(rows), len(rejects))
    yield Part(
        pa.RecordBatch.from_pylist(rows, schema=SOURCE_ROWS),
        pa.RecordBatch.from_pylist(rejects, schema=SOURCE_REJECTS),
        (facts,),
    )
