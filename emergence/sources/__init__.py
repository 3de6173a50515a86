"""Sources: one module a format, from bytes to score rows, rejects and facts.

A format says what it is (`emergence.sources.formats.Format`), and stands in `KINDS`: the command
line, the schema of registries, the workflow and the archive ask here. Its reader takes the
source's registry entry, the folder from which its paths start, and what is known beside the
files, and yields `Part`s, each with some score rows, some rejects and facts of the files that
they came from. Entries read = rows + rejects, always. What rows mean together (duplicates,
conflicts) is not a source's business.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from emergence.errors import InputError, shorten
from emergence.sources import answers, bigbench, every_eval, foreign, lm_eval, tidy, wide
from emergence.sources.base import FileFacts, Part, gather
from emergence.sources.files import FoundFile, files_below
from emergence.sources.formats import Candidate, Format, Named
from emergence.sources.known import Known, chance_of, models_of

__all__ = [
    "FORMATS",
    "KINDS",
    "FileFacts",
    "Known",
    "Part",
    "chance_of",
    "gather",
    "has_answers",
    "in_folder",
    "looked_at",
    "models_of",
    "path_fields",
    "read_source",
    "recognised",
    "tables_in",
    "with_formats",
]

#: Everything that is recognised: formats, and what is named with what to do. Of a file or folder
#: of which nobody says what it is, the first that recognises it decides.
KINDS: tuple[Format | Named, ...] = (
    bigbench.FORMAT,
    *bigbench.NAMED,
    every_eval.FORMAT,
    *foreign.NAMED,
    lm_eval.FORMAT,
    *lm_eval.NAMED,
    answers.FORMAT,
    tidy.FORMAT,
    wide.FORMAT,
)

#: How the names of tables end that are looked for in a folder.
TABLE_ENDINGS = ("csv", "parquet", "tsv")

#: Each format that is read, by the name that a registry gives.
FORMATS: dict[str, Format] = {kind.name: kind for kind in KINDS if isinstance(kind, Format)}


def read_source(
    source: Mapping[str, Any], folder: Path, known: Known | None = None
) -> Iterator[Part]:
    """Read one source of a registry entry.

    Parameters
    ----------
    source : mapping
        One of the entry's ``sources``.
    folder : Path
        The folder of the registry file, from which the source's paths start.
    known : Known, optional
        What is known beside the files, for formats whose files do not say it.

    Yields
    ------
    Part

    Raises
    ------
    InputError
        If a file as a whole cannot be used, or the source has a field of another format; single
        bad entries become rejects.
    """
    chosen = FORMATS[source["format"]]
    own = [field.name for field in chosen.fields]
    for name in _fields():
        if name in source and name not in own:
            raise InputError(
                f"the format {chosen.name} takes no field `{name}`",
                where=source["path"],
                remedy=f"Remove the field `{name}` from the source.",
            )
    yield from chosen.read(source, folder, known or Known())


def _fields() -> dict[str, Any]:
    """Return the JSON schema of every field that some format takes."""
    return {field.name: dict(field.schema) for f in FORMATS.values() for field in f.fields}


_HOLDS_NOTHING = "has no known format"


def recognised(path: Path) -> Format:
    """Recognise the format of a file or folder.

    Parameters
    ----------
    path : Path
        What a person names without a format.

    Returns
    -------
    Format

    Raises
    ------
    InputError
        If there is no such file, or it is of a kind that is not read: saying what it is, and
        what to do.
    """
    where = shorten(str(path))
    found = Candidate(path)
    try:
        if not path.exists():
            raise InputError("there is no such file or folder", where=where)
        kind = next((kind for kind in KINDS if kind.recognises(found)), None)
        if isinstance(kind, Format):
            return kind
        if kind is not None:
            raise InputError(kind.problem, where=where, remedy=kind.remedy(found))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=where) from error
    raise InputError(
        _HOLDS_NOTHING,
        where=where,
        remedy="Formats: " + "; ".join(f"{f.description} ({f.name})" for f in FORMATS.values()),
    )


def tables_in(path: Path) -> list[Path]:
    """Return the tables below a folder, by their names alone."""
    found = [file for ending in TABLE_ENDINGS for file in files_below(path, f".{ending}")]
    names = [path / file.name for file in found if file.problem is None]
    # A name that is not UTF-8 text leads nowhere, and nothing could name the file.
    return [name for name in names if name.exists()]


def in_folder(path: Path) -> tuple[list[tuple[Path, Format]], InputError | None]:
    """List what a folder holds: what is read as a whole, and the tables in it.

    Parameters
    ----------
    path : Path
        A folder.

    Returns
    -------
    found : list of (Path, Format)
        Tables may turn out to be none of scores.
    problem : InputError or None
        What beside the tables is not read.

    Raises
    ------
    InputError
        If it holds nothing that is read.
    """
    tables = [(name, recognised(name)) for name in tables_in(path)]
    try:
        whole = recognised(path)
    except InputError as problem:
        if not tables:
            raise
        return tables, None if problem.problem == _HOLDS_NOTHING else problem
    # BIG-bench's folders hold tables that are none of scores.
    beside = tables if whole in (lm_eval.FORMAT, every_eval.FORMAT) else ()
    return [(path, whole), *beside], None


def looked_at(source: Mapping[str, Any], folder: Path) -> list[FoundFile]:
    """List the files that reading a source looks at, in the order in which it does.

    Parameters
    ----------
    source : mapping
        Registry entry of the source.
    folder : Path
        The folder from which its path starts.

    Returns
    -------
    list of FoundFile
        Of a folder those that its format looks at, else the file itself.

    Raises
    ------
    InputError
        If the folder cannot be listed.
    """
    path = Path(folder) / source["path"]
    files = FORMATS[source["format"]].files
    if files is None or not path.is_dir():
        return [FoundFile(str(path), "")]
    try:
        return files(path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=source["path"]) from error


def has_answers(source: Mapping[str, Any], folder: Path) -> bool:
    """Return whether a source has single answers, without reading it.

    Parameters
    ----------
    source : mapping
        Registry entry of the source.
    folder : Path
        The folder from which its path starts.

    Returns
    -------
    bool
        Of files that are still to be fetched, whether it asks for such.

    Raises
    ------
    InputError
        If the folder cannot be listed.
    """
    endings = FORMATS[source["format"]].answers
    if not endings:
        return False
    if source["kind"] == "git":
        last = [pattern.rpartition("/")[2] for pattern in source["files"]]
        return any(p.endswith(endings) or fnmatch(f"a{e}", p) for p in last for e in endings)
    return any(file.path.endswith(endings) for file in looked_at(source, folder))


def path_fields(source: Mapping[str, Any]) -> list[str]:
    """Return the fields of a source that are paths of files or folders.

    Parameters
    ----------
    source : mapping
        One of a registry entry's ``sources``.

    Returns
    -------
    list of str
        ``path`` first, then those of its format that are given.
    """
    further = [field.name for field in FORMATS[source["format"]].fields if field.is_path]
    return ["path", *(name for name in further if name in source)]


def with_formats(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of registries with what the formats take.

    Parameters
    ----------
    schema : mapping
        ``workflow/schemas/registry.schema.json``, which a test keeps in step: only a format that
        was added since changes something.

    Returns
    -------
    dict
    """
    schema = copy.deepcopy(dict(schema))
    source, fields = schema["$defs"]["source"], _fields()
    source["properties"] |= {
        "format": {
            "enum": sorted(FORMATS),
            "description": "; ".join(f"{f.name}: {f.description}" for f in FORMATS.values()),
        },
        **fields,
    }
    rules = []
    for chosen in FORMATS.values():
        others = sorted(fields.keys() - {field.name for field in chosen.fields})
        rules.append(
            {
                "if": {"properties": {"format": {"const": chosen.name}}, "required": ["format"]},
                "then": {"properties": {name: {"not": {}} for name in others}},
            }
        )
    schema["$defs"]["fields_of_formats"] = {"allOf": rules}
    return schema
