"""BIG-bench score files: one file a task and model, with all its scores.

A file is ``<task>/results/scores_<anything>.json`` in a folder of tasks. What is taken from
it, and from nowhere else:

- the model, from inside the file: the family in the file's name is another one. Its scale
  is the first of flop-matched non-embedding, non-embedding and total parameters that is
  given; null, 0 and -1 are upstream's words for *not given*;
- one row a score: (entry of ``scores``, metric). A score keeps the file's own unit, which
  is 0 to 1 for the metrics that upstream's loader multiplies by 100;
- ``number_of_shots``; -1 and null are unknown;
- low and high score, which belong to the entry's preferred metric and to no other.

``subtask_description`` says what an entry is of (`emergence.sources.bigbench.entries`). A
missing or null optional field is unknown; anything else that is not as it must be becomes
a reject: the whole file, one entry of ``scores``, or one score, each counting as one entry.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.errors import InputError
from emergence.sources.base import FileFacts, Part
from emergence.sources.bigbench.careful import parse
from emergence.sources.bigbench.columns import Columns
from emergence.sources.bigbench.files import contents, find_files, listed, tasks_folder
from emergence.sources.bigbench.quick import QuickReader
from emergence.sources.documents import Refused

__all__ = ["listed", "read"]

log = logging.getLogger(__name__)

DIGEST_KIND = "SHA-256 of the lines that sha256sum prints for the score files, sorted by path"


def read(source: Mapping[str, Any], folder: Path) -> Iterator[Part]:
    """Read all score files below a folder.

    Parameters
    ----------
    source : mapping
        Registry entry of the source: ``path``, a folder that holds
        ``<task>/results/scores_*.json`` or ``bigbench/benchmark_tasks/<task>/...``; and
        optionally ``lines_sha256``, the digest that its facts show.
    folder : Path
        The folder from which the path starts.

    Yields
    ------
    Part
        One, with everything; its text columns are dictionary-encoded.

    Raises
    ------
    InputError
        If the folder is missing, has no score file, or is not what its digest says. What
        is wrong inside a single file becomes a reject.
    """
    where = source["path"]
    if "columns" in source:
        raise InputError(
            "the format bigbench has no columns to map",
            where=where,
            remedy="Remove the field `columns` from the source.",
        )
    tasks, prefix = tasks_folder(Path(folder) / where, where)
    columns = Columns()
    quick = QuickReader()
    lines, size = [], 0
    for file in find_files(tasks, where):
        name = prefix + file.name
        try:
            data = contents(file)
        except Refused as refused:
            # A file that is not read has no digest; its name still belongs to the data.
            lines.append(f"-  {name}\n")
            columns.add_refused(name, refused)
            continue
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        size += len(data)
        found = quick.parse(data, file.task)
        if found is not None:
            columns.add(name, found.model, found.skeleton, found.scores)
            continue
        try:
            careful = parse(data, file.task)
        except Refused as refused:
            columns.add_refused(name, refused)
            continue
        columns.add_careful(name, careful)
    digest = hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    expected = source.get("lines_sha256")
    if expected is not None and expected != digest:
        raise InputError(
            f"is not what the registry names: its lines_sha256 is {digest}, "
            f"the registry says {expected}",
            where=where,
            remedy="Restore the files; if the change is meant, write the new digest there.",
        )
    rows, rejects = columns.batches()
    entries = rows.num_rows + rejects.num_rows
    facts = FileFacts(where, entries, size, digest, DIGEST_KIND, files=len(lines))
    log.info(
        "%s: %d files, %d entries read, %d rejected", where, len(lines), entries, rejects.num_rows
    )
    yield Part(rows, rejects, (facts,))
