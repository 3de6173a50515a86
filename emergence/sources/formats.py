"""Descriptions of formats, which all other modules use."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.facts.metric_catalog import Metric
from emergence.sources.base import Part
from emergence.sources.files import LARGEST_FILE, FoundFile, files_below
from emergence.sources.known import Known

#: Files of a folder that are opened to tell what it holds.
_MOST_OPENED = 8


def _document(path: Path) -> Any:
    if path.suffix != ".json" or not path.is_file() or path.stat().st_size > LARGEST_FILE:
        return None
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError):  # the reader says where it is broken
        return None


class Candidate:
    """A file or folder of which nobody has said what it is.

    Parameters
    ----------
    path : Path
        It must be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    def holds(self, *patterns: str) -> bool:
        """Return whether a folder holds a file that fits one of some globs.

        Parameters
        ----------
        *patterns : str
            As `pathlib.Path.glob` takes them.

        Returns
        -------
        bool
        """
        return self.is_folder and any(next(self.path.glob(p), None) for p in patterns)

    @cached_property
    def document(self) -> Any:
        """The content of a file ``*.json``; None if it is another, too large or no JSON."""
        return _document(self.path)

    @cached_property
    def documents(self) -> list[Any]:
        """The content of a file ``*.json``, or of the first few below a folder."""
        if not self.is_folder:
            return [self.document]
        found = files_below(self.path, ".json")[:_MOST_OPENED]
        # What cannot be opened is for the reader to say.
        paths = [Path(file.path) for file in found if file.problem is None]
        return [_document(path) for path in paths if os.access(path, os.R_OK)]

    def any_document(self, fits: Callable[[Any], bool]) -> bool:
        """Return whether one of `documents` fits."""
        return any(fits(document) for document in self.documents)

    def has_fields(self, *names: str) -> bool:
        """Return whether it is a JSON object with all of some fields."""
        return isinstance(self.document, dict) and set(names) <= self.document.keys()


@dataclass(frozen=True)
class Option:
    """An option of the command line that fills a field of a source.

    Attributes
    ----------
    name : str
        Without the hyphens before it.
    metavar : str
        What stands for its value in the help.
    help : str
        What it is for.
    value : callable, optional
        Makes the field's content of all values that were given, or raises `InputError`.
        Without it, the option is given once and is the path of a file.
    also : tuple of str
        Further names of it.
    is_flag : bool
        Whether it has no value: given, the field is true.
    """

    name: str
    metavar: str
    help: str
    value: Callable[[list[str]], Any] | None = None
    also: tuple[str, ...] = ()
    is_flag: bool = False

    @property
    def attribute(self) -> str:
        """Its name among the parsed arguments."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Field:
    """A field of a source that not every format takes.

    Attributes
    ----------
    name : str
    schema : mapping
        Its JSON schema, with a description.
    options : tuple of Option
        Those that fill it. Where there are several, their contents are put together.
    is_path : bool
        Whether it is the path of a further file, which starts where the source's does.
    """

    name: str
    schema: Mapping[str, Any]
    options: tuple[Option, ...] = ()
    is_path: bool = False


@dataclass(frozen=True)
class Remedy:
    """How a person supplies what files of a format do not say.

    Attributes
    ----------
    text : str
        What to write, and where.
    lists_lines : bool
        Whether the lines that a table lacks are listed after it.
    """

    text: str
    lists_lines: bool = False


@dataclass(frozen=True)
class Format:
    """A format: what its files look like, how they are read, and what they lack.

    Attributes
    ----------
    name : str
        As a registry has it.
    description : str
        What its files are, in a few words.
    recognises : callable
        Whether a `Candidate` looks like it.
    read : callable
        Reads a source: its registry entry, the folder from which its paths start, and what
        is `Known` beside the files. Yields `Part`s.
    files : callable, optional
        Lists what it reads below a folder, as `emergence.sources.files.files_below` does.
        Without it, a source is one file.
    fields : tuple of Field
        Fields of a source that it takes beside those that all have.
    supplies : mapping of str to Remedy
        For ``chance`` and ``n_examples``, where its files can lack them, how they are supplied.
    complete : callable, optional
        Fills in what can be known once all scores of a dataset are there: takes the scores
        (`SCORES`, texts as dictionaries), all metrics and what is `Known`, and
        returns the scores.
    answers : tuple of str
        How the names of those of its files end in which single answers stand.
    """

    name: str
    description: str
    recognises: Callable[[Candidate], bool]
    read: Callable[[Mapping[str, Any], Path, Known], Iterator[Part]]
    files: Callable[[Path], list[FoundFile]] | None = None
    fields: tuple[Field, ...] = ()
    supplies: Mapping[str, Remedy] = field(default_factory=dict)
    complete: Callable[[pa.Table, Mapping[str, Metric], Known], pa.Table] | None = None
    answers: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, Option]:
        """The options that fill its fields, by name."""
        return {option.name: option for field in self.fields for option in field.options}


@dataclass(frozen=True)
class Named:
    """A kind of file or folder that people have and that is not read.

    Attributes
    ----------
    problem : str
        What it is, as what is said of its path: ``is a result file of ...``.
    recognises : callable
        Whether a `Candidate` is one.
    remedy : callable
        What to do with it: a `Candidate` in, text out.
    """

    problem: str
    recognises: Callable[[Candidate], bool]
    remedy: Callable[[Candidate], str]
