"""Numbers in sentences: each says what it means, and where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A number as `emergence.pages.words` writes it, infinity and scales included, or begun with its
#: point. No digit of a name is one, and none of a condition, which is a name too: ``K=10``.
_DIGITS = r"(?:\d(?:[\d,]*\d)?(?:\.\d+)?|\.\d+)(?:e[+\N{MINUS SIGN}]\d+|[kMBT])?"
_NUMBER = re.compile(rf"(?<![\w.,=\-])(\N{{MINUS SIGN}}?(?:∞|{_DIGITS}))(?!\w)")

#: What a reader is told of a number that is no result.
SETTING = "a setting, in workflow/config.yaml"
ENTRY = "in the dataset's registry entry"
FIXED = "fixed in the program: emergence/induced"
FORMULA = "computed from the formula: no data"


@dataclass(frozen=True)
class Cited:
    """A number with what it means and where it stands.

    Attributes
    ----------
    text : str
        The number, as people read it.
    definition : str
        Where the page explains it: an id on the page.
    source : str
        Where it stands. For a result that is ``emergence show`` with the key that prints it.
    """

    text: str
    definition: str
    source: str


#: A sentence: texts and numbers in turn.
Sentence = tuple[str | Cited, ...]


def shown_by(key: str) -> str:
    """Return the command that prints what stands under a key.

    Parameters
    ----------
    key : str
        ``TABLE:KEY:COLUMN``, or a curve's id.

    Returns
    -------
    str
    """
    return f"emergence show {key}"


def plain(sentence: Sentence) -> str:
    """Return a sentence as text.

    Parameters
    ----------
    sentence : tuple of str or Cited

    Returns
    -------
    str
    """
    return "".join(part if isinstance(part, str) else part.text for part in sentence)


def cited(text: str, definition: str, source: str) -> Sentence:
    """Make every number of a text a cited one, all with the same source.

    Parameters
    ----------
    text : str
        Of ours. Names from data must not be in it: their digits would be taken for numbers.
    definition, source : str
        As in `Cited`.

    Returns
    -------
    tuple of str or Cited
    """
    parts = _NUMBER.split(text)
    return tuple(
        Cited(part, definition, source) if at % 2 else part for at, part in enumerate(parts) if part
    )
