"""Sources: one module a format, bytes in; score rows, rejects and facts out.

A source is one function, ``read(source, folder)``: it takes the source's registry entry
and the folder from which its paths start, and yields `Part`s, each with some score rows,
some rejects and facts of the files that they came from. Entries read = rows + rejects,
always. What rows mean together (duplicates, conflicts) is not a source's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.sources import bigbench, lm_eval, tidy
from emergence.sources.base import FileFacts, Part, gather
from emergence.sources.known import Known, chance_of, models_of

__all__ = [
    "FORMATS",
    "FileFacts",
    "Known",
    "Part",
    "chance_of",
    "gather",
    "models_of",
    "read_source",
]

#: Each format of the registry with the function that reads it. The last argument is what is
#: known beside the files; most formats say all themselves.
FORMATS: dict[str, Callable[[Mapping[str, Any], Path, Known], Iterator[Part]]] = {
    "bigbench": lambda source, folder, known: bigbench.read(source, folder),
    "lm-eval": lm_eval.read,
    "tidy": lambda source, folder, known: tidy.read(source, folder),
}


def read_source(
    source: Mapping[str, Any], folder: Path, known: Known | None = None
) -> Iterator[Part]:
    """Read one source of a registry entry.

    Parameters
    ----------
    source : mapping
        One of the entry's ``sources``.
    folder : Path
        The folder of the registry file, from which the source's path starts.
    known : Known, optional
        Sizes of models and directions of metrics, for formats whose files do not say them.

    Yields
    ------
    Part

    Raises
    ------
    InputError
        If a file as a whole cannot be used; single bad entries become rejects.
    """
    yield from FORMATS[source["format"]](source, folder, known or Known())
