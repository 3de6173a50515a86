"""Addresses made of names from data: whatever a name is, it stays one part of an address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

#: Signs that JavaScript's encodeURIComponent leaves as they are, beside letters and digits.
_PLAIN = "!'()*"

#: Longest name that stands in an address as a whole.
_LONGEST = 120

EXPLORER = "explorer.html"


def anchor(field: str, name: str) -> str:
    """Return the id of the row of a name: the part of an address after ``#``.

    Parameters
    ----------
    field : str
        Such as ``task``.
    name : str
        From the data.

    Returns
    -------
    str
        ``field=name``, percent-encoded: ASCII letters, digits and signs that mean nothing in
        HTML. A browser compares it with the address as it stands, so that a colleague's link
        leads here without a script. A very long name ends in a digest.
    """
    if len(name) <= _LONGEST:
        return f"{field}={quote(name, safe=_PLAIN)}"
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:16]
    # No encoded name has a % before a ~.
    return f"{field}={quote(name[:40], safe=_PLAIN)}%~{digest}"


def in_explorer(**fields: str) -> str:
    """Return the address of a selection in the explorer.

    Parameters
    ----------
    **fields : str
        Filters by their names in its address, with names from the data.

    Returns
    -------
    str
        Of very long names the beginning stands for all: the explorer then finds what has it.
    """
    parts = [f"{field}={quote(name[:_LONGEST], safe=_PLAIN)}" for field, name in fields.items()]
    return f"{EXPLORER}#{'&'.join(parts)}"


@dataclass(frozen=True)
class CurveLinks:
    """Where a page's curves are to be seen.

    Attributes
    ----------
    on_page : frozenset of str
        Ids of curves that have a row on the page.
    level : str
        Of the curves of the explorer's main page.
    files : mapping of str to str
        Page of the subtasks of each task that has one.
    """

    on_page: frozenset[str]
    level: str
    files: Mapping[str, str]

    def to(self, curve_id: str, task: str, level: str) -> str:
        """Return the address of a curve, on this page if it has a row here."""
        if curve_id in self.on_page:
            return f"#{curve_id}"
        page = EXPLORER if level == self.level else f"explorer/{self.files.get(task, '')}"
        return f"{page}#curve={curve_id}"
