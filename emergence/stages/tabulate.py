"""Stage 1: from a dataset's sources to its scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence import tabulating
from emergence.errors import InputError
from emergence.raw.manifest import check
from emergence.scores_table import SOURCE_REJECTS
from emergence.sources import FileFacts, Known, Part, read_source
from emergence.study import Study


def tabulate(study: Study, folder: Path) -> Study:
    """Read all sources of a dataset.

    Parameters
    ----------
    study : Study
    folder : Path
        From which the paths of the entry's sources start.

    Returns
    -------
    Study
        With ``scores``, ``rejects`` and ``sources``.

    Raises
    ------
    InputError
        If a source cannot be used, or no entry at all became a score.
    """
    study = tabulating.tabulate(study, _reader(folder))
    if not study.stored("scores").num_rows:
        first = study.rejects.slice(0, 1).to_pylist()[0]
        raise InputError(
            f"none of the {study.rejects.num_rows} entries could be used; the first: "
            f"{first['reason']}, seen {first['seen']!r} at {first['source_entry']!r}",
            where=f"dataset {study.dataset!r}",
            remedy="Check the columns, and the column mapping in the registry.",
        )
    return study


def _reader(folder: Path) -> Callable[[Mapping[str, Any], Known], Iterator[Part]]:
    return lambda source, known: _parts(source, folder, known)


def _parts(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read a source; of a fetched or computed one, check first that all of it is there."""
    if source["kind"] in ("git", "computed"):
        manifest = check(folder.parent)
        asked = manifest["asked"]
        if source["kind"] == "git":
            yield _refused(manifest["refused"], asked["url"], asked["commit"])
        else:
            yield _program(asked)
    yield from read_source(source, folder, known)


def _refused(refused: Sequence[Mapping[str, str]], url: str, commit: str) -> Part:
    """Make rejects of the paths that were not fetched: they were asked for as well."""
    rejects = [
        {
            "source_file": path["path"],
            "source_entry": "",
            "reason": "not_fetched",
            "seen": path["reason"],
        }
        for path in refused
    ]
    facts = FileFacts(
        path=url,
        entries=len(rejects),
        bytes=0,
        digest=commit,
        digest_kind="git commit",
        notes=("entries here are the paths that were refused",) if rejects else (),
        files=0,
    )
    return Part(rejects=pa.RecordBatch.from_pylist(rejects, schema=SOURCE_REJECTS), facts=(facts,))


def _program(asked: Mapping[str, Any]) -> Part:
    """State the program that made the files, with every setting."""
    settings = json.dumps(asked["settings"], sort_keys=True)
    facts = FileFacts(
        path=f"program {asked['program']}",
        entries=0,
        bytes=0,
        digest=hashlib.sha256(settings.encode()).hexdigest(),
        digest_kind="SHA-256 of its settings",
        notes=tuple(f"{name}: {json.dumps(asked['settings'][name])}" for name in asked["settings"]),
        files=0,
    )
    return Part(facts=(facts,))
