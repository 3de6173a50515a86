"""The output of every source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from emergence.errors import shorten
from emergence.samples.outcomes import Outcomes
from emergence.schema import encoded_schema
from emergence.scores_table import SOURCE_REJECTS, SOURCE_ROWS
from emergence.sources.documents import Refused


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file, or a folder of files, that was read: the data's provenance.

    Attributes
    ----------
    path : str
        As the registry has it, so that it says the same on every machine.
    entries : int
        Entries read: rows + rejects.
    bytes : int
        Size of the file.
    digest : str
        Hexadecimal digest of the content.
    digest_kind : str
        How the digest was taken.
    notes : tuple of str
        What a reader should know, for example which columns were ignored.
    files : int
        How many files with scores: more than one where the path is a folder, none where what
        was read holds no scores.
    directions : mapping of str to bool
        For metrics of which the files say so, whether higher is better.
    """

    path: str
    entries: int
    bytes: int
    digest: str
    digest_kind: str
    notes: tuple[str, ...] = ()
    files: int = 1
    directions: Mapping[str, bool] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts for JSON; directions only where the files say them."""
        facts = asdict(self)
        if not self.directions:
            del facts["directions"]
        return facts


#: What a source of many rows delivers: texts as dictionaries.
ENCODED_ROWS = encoded_schema(SOURCE_ROWS)


@dataclass(frozen=True)
class Part:
    """A part of a source.

    Attributes
    ----------
    rows : pyarrow.RecordBatch
        Score rows, schema `SOURCE_ROWS`, or `ENCODED_ROWS`.
    rejects : pyarrow.RecordBatch
        What made no score row, schema `SOURCE_REJECTS`.
    facts : tuple of FileFacts
        Of the files that this part completes.
    outcomes : tuple of (str, str, Outcomes)
        Where single answers are behind a score: its file and entry, and what each came to.
    """

    rows: pa.RecordBatch = field(
        default_factory=lambda: pa.RecordBatch.from_pylist([], schema=SOURCE_ROWS)
    )
    rejects: pa.RecordBatch = field(
        default_factory=lambda: pa.RecordBatch.from_pylist([], schema=SOURCE_REJECTS)
    )
    facts: tuple[FileFacts, ...] = ()
    outcomes: tuple[tuple[str, str, Outcomes], ...] = ()


#: What stands in a row of which nothing else is said.
_UNSAID = {"subtask": "", "condition": "", "replicate": "", "scale_kind": "total"}


class Entries:
    """Collects the entries of a source, of which each makes a row or a reject."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._rejects: list[dict[str, str]] = []
        self._outcomes: list[tuple[str, str, Outcomes]] = []

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rows) + len(self._rejects)

    def add(self, file: str, entry: str, outcomes: Outcomes | None = None, **values: Any) -> None:
        """Add a score row.

        Parameters
        ----------
        file : str
            The file, as the registry would write its path.
        entry : str
            Where in it the score stands.
        outcomes : Outcomes, optional
            Of the single answers behind it.
        **values
            Columns of `SOURCE_ROWS`. What is left out is unknown; there is then
            one leaf of the task, one condition and one replicate, and all parameters count.
        """
        self._rows.append({**_UNSAID, **values, "source_file": file, "source_entry": entry})
        if outcomes is not None:
            self._outcomes.append((file, entry, outcomes))

    def reject(self, file: str, refused: Refused) -> None:
        """Add what makes no row.

        Parameters
        ----------
        file : str
            The file, as the registry would write its path.
        refused : Refused
            Where in it, and why.
        """
        self._rejects.append(
            {
                "source_file": file,
                "source_entry": shorten(refused.pointer),
                "reason": refused.reason,
                "seen": shorten(refused.seen),
            }
        )

    def part(self, *facts: FileFacts) -> Part:
        """Return what was collected, with the facts of its files."""
        return Part(
            pa.RecordBatch.from_pylist(self._rows, schema=SOURCE_ROWS),
            pa.RecordBatch.from_pylist(self._rejects, schema=SOURCE_REJECTS),
            facts,
            tuple(self._outcomes),
        )


def gather(parts: Iterable[Part]) -> tuple[pa.Table, pa.Table, list[FileFacts]]:
    """Put the parts of all sources of a dataset together.

    Parameters
    ----------
    parts : iterable of Part
        From one source or several.

    Returns
    -------
    rows : pyarrow.Table
        Schema `ENCODED_ROWS`; no text stands twice in a dictionary.
    rejects : pyarrow.Table
        Schema `SOURCE_REJECTS`.
    facts : list of FileFacts
    """
    rows, rejects, facts = [], [], []
    for part in parts:
        rows.append(pa.Table.from_batches([part.rows]).cast(ENCODED_ROWS))
        rejects.append(part.rejects)
        facts.extend(part.facts)
    together = pa.concat_tables(rows) if rows else ENCODED_ROWS.empty_table()
    return (
        together.unify_dictionaries().combine_chunks(),
        pa.Table.from_batches(rejects, SOURCE_REJECTS),
        facts,
    )
