"""Models of unknown size: listed, and written as lines to fill in."""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from emergence.cli.hints import models_to_add
from emergence.cli.printing import say
from emergence.cli.project import said_again
from emergence.errors import InputError, shorten
from emergence.files import replacing
from emergence.pages.words import plural
from emergence.scales import size_in_words
from emergence.sources.cells import Unusable, scale
from emergence.sources.foreign import unused_name
from emergence.study import Study

#: What looks like a size in a model's name; that of "8x7b" is another thing.
_SIZES = re.compile(r"(?<![\w.])\d+(?:\.\d+)?[bBmM](?![\w.])")


def write_missing_models(study: Study, chosen: argparse.Namespace) -> str:
    """Print which models have no size, and write the lines to fill in if asked to.

    Parameters
    ----------
    study : Study
        With ``rejects``.
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    str
        The file that was written, if any.

    Raises
    ------
    InputError
        If a file would be overwritten.
    """
    lines = _by_size(models_to_add(study.rejects.to_pylist()))
    path = chosen.missing_models
    if not lines:
        if path:
            say("every model has a size: nothing to fill in, and nothing was written")
        return ""
    names = [next(csv.reader([line]))[0] for line in lines]
    say(f"no size:  {plural(len(names), 'model')}: {shorten(', '.join(names), 200)}")
    if not path:
        say("  give --size NAME=1.3B,FAMILY for each, or write the lines to fill in to a file:")
        file = unused_name("models.csv")
        say(f"  emergence {chosen.command} {said_again(chosen)} --missing-models {file}")
        return ""
    if os.path.lexists(path):
        raise InputError(
            "exists and is not overwritten",
            where=shorten(path),
            remedy="Name another file, or, if this one is filled in: --sizes " + shlex.quote(path),
        )
    with replacing(Path(path)) as partial:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("model", "model_family", "n_params", "scale_kind", "source"))
        for line in lines:
            writer.writerow(_to_fill_in(line))
        partial.write_text(text.getvalue(), encoding="utf-8")
    say(f"  written to {shorten(path)}: fill in n_params and model_family, then:")
    say(f"  emergence {chosen.command} {said_again(chosen)} --sizes {shlex.quote(path)}")
    return path


def _by_size(lines: Sequence[str]) -> list[str]:
    """Sort lines of a table of models: by size where it is known, then by name."""

    def place(line: str) -> tuple[float, str]:
        name, _, size, *_ = _to_fill_in(line)
        try:
            return scale(size), name
        except Unusable:
            return float("inf"), name

    return sorted(lines, key=place)


def _to_fill_in(line: str) -> list[str]:
    """Return a line's cells: nothing where something is to be written, or a guess that says so."""
    name, *cells = next(csv.reader([line]))
    family, size, kind, source = ("" if cell.startswith("<") else cell for cell in cells)
    guessed = {word for word in _SIZES.findall(name) if size_in_words(word)}
    if not size and len(guessed) == 1:
        (size,) = guessed
        kind, source = "nominal", "guessed from the name: check it"
        family = family or _family(name, size)
    return [name, family, size, kind, source]


def _family(name: str, size: str) -> str:
    """Return what is left of a model's name without its owner and its size."""
    before, after = name.rsplit("/", 1)[-1].split(size, 1)
    return before.rstrip("-_ .") + after
