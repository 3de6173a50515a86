"""Text from data in Markdown: shown as it is, and never taken for markup."""

from __future__ import annotations

import re
from collections.abc import Iterable

from emergence.errors import shorten

#: Longest text of the data that is shown; nothing that people write in a registry is as long.
_LONGEST = 5000

#: What can begin markup in Markdown or in the HTML that it lets through.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def code(value: object) -> str:
    """Show a text of the data as code: no link, image, formula or HTML comes out of it.

    Parameters
    ----------
    value : object
        Taken as text, on one line.

    Returns
    -------
    str
        May stand in a table: a bar is shown as its number. Empty for an empty text.
    """
    # No escape of a bar holds in a table if the data have a backslash before it.
    text = shorten(value, _LONGEST).replace("|", "\\x7c").strip()
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def block(texts: Iterable[object]) -> str:
    """Show texts of the data as a block of code, one a line.

    Parameters
    ----------
    texts : iterable of object
        Each is taken as text, on one line.

    Returns
    -------
    str
        Lines without an end of line after the last.
    """
    lines = [shorten(text, _LONGEST) for text in texts]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def plain(text: str) -> str:
    """Escape a text of this project, such as the meaning of a column.

    Not for texts of the data: an address in it may still become a link.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        May stand in a table.
    """
    return _MARKUP.sub(r"\\\1", text)


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table.

    Parameters
    ----------
    header : iterable of str
    rows : iterable of iterable of str
        Cells that went through `code` or `plain`, or are numbers.

    Returns
    -------
    str
        Lines without an end of line after the last.
    """
    names = list(header)
    lines = [names, ["---"] * len(names), *map(list, rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
