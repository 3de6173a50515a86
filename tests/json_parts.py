"""Parts of JSON documents, for tests that damage them."""

from __future__ import annotations

from typing import Any


def paths_of(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths to all parts of a document but the document itself."""
    parts = enumerate(value) if isinstance(value, list) else ()
    parts = value.items() if isinstance(value, dict) else parts
    return [found for key, part in parts for found in ((*path, key), *paths_of(part, (*path, key)))]
