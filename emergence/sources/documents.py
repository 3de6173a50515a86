"""JSON documents of strangers: parts taken out with every check, or the reason why not."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from emergence.errors import shorten
from emergence.sources.cells import Unusable

#: A file with more entries is refused as a whole. BIG-bench's largest have some ten thousand;
#: each reject of a file made to fill the memory would cost several hundred bytes.
MOST_ENTRIES = 200_000

#: Digits of an integer beyond which it is not parsed: no double is as large.
_MOST_DIGITS = 400


class Refused(Exception):
    """A part of a file that makes a reject.

    Parameters
    ----------
    pointer : str
        Where in the file: a JSON pointer, empty for the whole file.
    reason : str
        One of `emergence.scores_table.REJECT_REASONS`.
    seen : str
        What was there.
    """

    def __init__(self, pointer: str, reason: str, seen: str) -> None:
        super().__init__(reason)
        self.pointer, self.reason, self.seen = pointer, reason, seen


class TooLong:
    """A number with more digits than a double can have."""

    def __init__(self, text: str) -> None:
        self.text = text


class Repeated(list):
    """The fields of an object that gives one of them more than once, in their order."""


def loaded(data: bytes) -> Any:
    """Parse a document.

    Parameters
    ----------
    data : bytes
        UTF-8 text, as Python's ``json`` writes it: bare NaN and Infinity are numbers.

    Returns
    -------
    object
        An object with a field given twice is `Repeated`, a number beyond a double `TooLong`.

    Raises
    ------
    Refused
        If it is no JSON at all.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        seen = f"byte {data[error.start]:#04x} at {error.start}"
        raise Refused("", "not_utf8", seen) from None
    try:
        return json.loads(
            text,
            parse_int=_whole_number,
            parse_float=_decimal_number,
            object_pairs_hook=_fields,
        )
    except RecursionError:
        raise Refused("", "nested_too_deeply", shorten(text, 60)) from None
    except ValueError as error:
        raise Refused("", "not_json", f"{error}: {shorten(text.strip(), 60)}") from None


def _whole_number(text: str) -> int | TooLong:
    return int(text) if len(text) <= _MOST_DIGITS else TooLong(text)


def _decimal_number(text: str) -> float | TooLong:
    value = float(text)
    return TooLong(text) if math.isinf(value) else value


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Repeated:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else Repeated(pairs)


def kind_of(value: Any) -> str:
    """Describe a value in few words, however large it is."""
    if isinstance(value, TooLong):
        return f"the number {shorten(value.text, 40)}"
    if isinstance(value, (dict, Repeated)):
        return f"an object of {len(value)} fields"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f"the text '{readable(value)}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return f"the number {shorten(str(value), 40)}"


def readable(text: str) -> str:
    """Return text, shortened, that any file can hold."""
    return shorten(text[:200].encode("utf-8", "backslashreplace").decode())


def object_at(value: Any, pointer: str) -> dict[str, Any]:
    """Return an object; anything else is refused."""
    if isinstance(value, Repeated):
        (twice, _), *_ = Counter(name for name, _ in value).most_common(1)
        raise Refused(pointer, "field_twice", readable(twice))
    if not isinstance(value, dict):
        raise Refused(pointer, "wrong_type", f"{kind_of(value)} where an object belongs")
    return value


def required(fields: dict[str, Any], name: str, pointer: str) -> Any:
    """Return a field that must be there."""
    if name not in fields:
        present = ", ".join(readable(key) for key in list(fields)[:10])
        raise Refused(pointer, "field_missing", f"no '{name}' among: {present}")
    return fields[name]


def name_at(fields: dict[str, Any], name: str, pointer: str) -> str:
    """Return a name that must be there and not be empty."""
    value = required(fields, name, pointer)
    pointer = f"{pointer}/{name}"
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Refused(pointer, "name_missing", kind_of(value))
    return text_at(value, pointer)


def text_at(value: Any, pointer: str) -> str:
    """Return a text that a file can hold; anything else is refused."""
    if not isinstance(value, str):
        raise Refused(pointer, "wrong_type", f"{kind_of(value)} where a text belongs")
    try:
        value.encode("utf-8")  # JSON can escape half a character, which no file can hold.
    except UnicodeEncodeError:
        raise Refused(pointer, "not_utf8", readable(value)) from None
    return value


def number_at(value: Any, pointer: str) -> float | None:
    """Return a number, or None; text is none here, whatever it says."""
    if value is None:
        return None
    if isinstance(value, TooLong):
        raise Refused(pointer, "out_of_range", kind_of(value))
    if isinstance(value, (list, dict)):
        raise Refused(pointer, "wrong_type", f"{kind_of(value)} where a number belongs")
    if isinstance(value, (str, bool)):
        raise Refused(pointer, "not_a_number", kind_of(value))
    try:
        return float(value)
    except OverflowError:
        raise Refused(pointer, "out_of_range", kind_of(value)) from None


def cell_at(parse: Callable[[float | None], Any], value: Any, pointer: str) -> Any:
    """Return a number as one of the parsers of `emergence.sources.cells` takes it."""
    try:
        return parse(number_at(value, pointer))
    except Unusable as error:
        raise Refused(pointer, error.reason, kind_of(value)) from None


def field_pointer(*names: str) -> str:
    """Return the JSON pointer (RFC 6901) of a field, by the names on the way to it."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
