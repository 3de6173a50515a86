"""Writing an entry into a registry that people write by hand."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from emergence.errors import InputError
from emergence.files import replacing
from emergence.registry import load_registry


def append_entry(path: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Append a dataset to a registry, and leave every other byte as it is.

    Parameters
    ----------
    path : Path
        The registry; made if it is missing.
    name : str
        The dataset's id.
    entry : mapping
        The entry, its paths relative to the registry's folder.

    Raises
    ------
    InputError
        If the registry has the id already, has a mistake, or is written in a way to which
        nothing can be appended. It is then unchanged.
    """
    there = path.exists() and path.stat().st_size > 0
    before = load_registry([path]) if there else {}
    if name in before:
        raise InputError(
            f"entry {name!r}: this id is taken; nothing was overwritten",
            where=str(path),
            remedy="Give the dataset another id: --id ID",
        )
    text = _read(path) if there else "datasets:\n"
    written = yaml.safe_dump({name: dict(entry)}, sort_keys=False, allow_unicode=True, width=10**6)
    longer = text + ("" if text.endswith("\n") else "\n")
    longer += ("\n" if there else "") + textwrap.indent(written, " " * _indent(text))
    with replacing(path) as partial:
        partial.write_bytes(longer.encode("utf-8"))
        _check_same(partial, before, {name: dict(entry)}, path, written)


def _read(path: Path) -> str:
    # Bytes, so that no line end is translated.
    return path.read_bytes().decode("utf-8")


def _indent(text: str) -> int:
    """Return how far the ids of a registry are indented."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, value in getattr(root, "value", ()):
        if key.value == "datasets" and isinstance(value, yaml.MappingNode) and value.value:
            return value.value[0][0].start_mark.column
    return 2


def _check_same(
    partial: Path,
    before: Mapping[str, Any],
    added: Mapping[str, Any],
    path: Path,
    written: str,
) -> None:
    """Check that the registry says what it said, and the new entry."""
    folder = str(path.resolve().parent)
    expected = {**before, **{key: {**value, "registry": folder} for key, value in added.items()}}
    try:
        if load_registry([partial]) == expected:
            return
        problem = "other entries would change"
    except InputError as error:
        problem = error.problem
    raise InputError(
        f"nothing can be appended to it: {problem}",
        where=str(path),
        remedy="Write the entry by hand, under `datasets:`:\n" + textwrap.indent(written, "  "),
    )
