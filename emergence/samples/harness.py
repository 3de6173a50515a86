"""Logs of lm-evaluation-harness (``--log_samples``): one file a model and task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec
import numpy as np

from emergence.samples.choices import Choices, Floats

#: Layout 0.4.0: one array, each of its objects from a line to a line.
_OPEN, _CLOSE = b"  {", (b"  }", b"  },")

#: A filter that takes the answer as it is.
_NO_FILTER = "none"

_WHOLE = re.compile(r"-?\d+")


class LogError(ValueError):
    """A line of a log that cannot be used.

    Parameters
    ----------
    entry : str
        Which one: its number from 1, as in ``line 12``.
    problem : str
        What was seen.
    """

    def __init__(self, entry: str, problem: str) -> None:
        super().__init__(f"{entry}: {problem}")
        self.entry, self.problem = entry, problem


class _Line(msgspec.Struct):
    """What is read of an example. The question itself is passed over."""

    target: Any = None
    arguments: Any = None
    filtered_resps: list[Any] | None = None
    doc_id: int = -1
    doc_hash: str | None = None
    filter: str = _NO_FILTER
    exact_match: float | None = None


@dataclass(frozen=True)
class Answers:
    """The texts that a model wrote for many questions.

    Attributes
    ----------
    text : list of str
        The answers as the filter takes them out: what is scored.
    target : list of str
        The right ones.
    exact_match : ndarray of float64, shape (n_examples,)
        As the harness scored each, with what the task ignores; NaN where the log lacks it.
    """

    text: list[str]
    target: list[str]
    exact_match: Floats

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.text)


@dataclass
class Log:
    """The examples of one task, one model and one filter.

    Attributes
    ----------
    filter : str
        ``none`` where the answers are taken as they are.
    key : list of str
        Which example it is: the hash of the document, or its number where the log has none.
        Equal keys of two models are the same example.
    answers : Choices or Answers
    """

    filter: str
    key: list[str]
    answers: Choices | Answers


@dataclass
class _Collected:
    keys: list[str] = field(default_factory=list)
    golds: list[int] = field(default_factory=list)
    log_likelihoods: list[list[float]] = field(default_factory=list)
    characters: list[list[int]] = field(default_factory=list)
    sizes: list[list[int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)


def read_log(stream: BinaryIO, delimiter: str = " ") -> list[Log]:
    """Read a log from its beginning to its end, one example at a time.

    Parameters
    ----------
    stream : binary file
        Of ``samples_*.jsonl``: a line an example, or the array that version 0.4.0 writes.
    delimiter : str, default " "
        The task's ``target_delimiter``: what stands before a choice and belongs to no length.

    Returns
    -------
    list of Log
        One for each filter, in the order in which they first come; none where an example has no
        ``filtered_resps``, and so no answer that could be scored.

    Raises
    ------
    LogError
        At the first example that cannot be used: a log is whole or of no use, because metrics
        are compared on the same examples.
    """
    found: dict[str, _Collected] = {}
    decoder = msgspec.json.Decoder(_Line)
    for name, data in _entries(stream):
        try:
            line = decoder.decode(data)
            if line.filtered_resps is None:
                return []
            collected = found.setdefault(line.filter, _Collected())
            collected.keys.append(line.doc_hash or str(line.doc_id))
            if _is_choice(line.filtered_resps):
                _add_choices(collected, line, delimiter)
            else:
                _add_text(collected, line)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise LogError(name, str(error)) from None
        except _Unusable as error:
            raise LogError(name, str(error)) from None
    return [_log(name, collected) for name, collected in found.items()]


class _Unusable(Exception):
    """What is wrong with one example."""


def _entries(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Yield each example's JSON with its place, without holding more than one."""
    lines: Iterable[bytes] = stream
    first = stream.readline()
    if first.strip() == b"[":
        yield from _of_array(lines)
        return
    if first.strip():
        yield "line 1", first
    for number, line in enumerate(lines, start=2):
        if line.strip():
            yield f"line {number}", line


def _of_array(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    parts: list[bytes] = []
    begun = 0
    for number, line in enumerate(lines, start=2):
        ended = line.rstrip()
        if ended == _OPEN:
            parts, begun = [], number
        if ended in _CLOSE:
            yield f"line {begun}", b"".join([*parts, b"}"])
        parts.append(line)


def _is_choice(responses: list[Any]) -> bool:
    first = responses[0] if responses else None
    return isinstance(first, list) and len(first) == 2 and isinstance(first[1], (bool, str))


def _add_choices(into: _Collected, line: _Line, delimiter: str) -> None:
    texts = [_continuation(one) for one in _arguments(line.arguments)]
    values = [_number(response[0]) for response in line.filtered_resps]
    if len(texts) != len(values):
        raise _Unusable(f"{len(values)} answers to {len(texts)} choices")
    # Without the delimiter: the harness divides by the length of the choice alone.
    choices = [text.removeprefix(delimiter) if delimiter else text for text in texts]
    into.golds.append(_gold(line.target, choices))
    into.log_likelihoods.append(values)
    into.characters.append([len(choice) for choice in choices])
    into.sizes.append([len(choice.encode()) for choice in choices])


def _add_text(into: _Collected, line: _Line) -> None:
    answer = line.filtered_resps[0] if line.filtered_resps else None
    if isinstance(answer, list):  # all repeats, of which none was chosen
        answer = answer[0] if answer else None
    if not isinstance(answer, str):
        raise _Unusable(f"no text in filtered_resps: {str(line.filtered_resps)[:60]}")
    target = line.target
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    if not isinstance(target, (str, int, float)):
        raise _Unusable(f"no target text: {str(target)[:60]}")
    into.texts.append(answer)
    into.targets.append(str(target))
    into.exact.append(float("nan") if line.exact_match is None else line.exact_match)


def _arguments(arguments: Any) -> list[Any]:
    """Return what each request asked: a list, or an object ``gen_args_0``, ``gen_args_1``, ..."""
    if isinstance(arguments, Mapping):
        return [arguments[name] for name in sorted(arguments, key=_place)]
    return arguments if isinstance(arguments, list) else []


def _place(name: str) -> int:
    digits = _WHOLE.search(name)
    return int(digits.group()) if digits else 0


def _continuation(request: Any) -> str:
    text = request.get("arg_1") if isinstance(request, Mapping) else request[1]
    if not isinstance(text, str):
        raise _Unusable(f"no choice in its arguments: {str(request)[:60]}")
    return text


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _Unusable(f"no log-likelihood: {str(value)[:40]!r}") from None


def _gold(target: Any, choices: list[str]) -> int:
    """Return which choice is right: the target is its number, or its text."""
    text = str(target)
    if _WHOLE.fullmatch(text) and 0 <= int(text) < len(choices):
        return int(text)
    same = [at for at, choice in enumerate(choices) if choice.strip() == text.strip()]
    if len(same) != 1:
        raise _Unusable(f"the target {text[:40]!r} is none of the {len(choices)} choices")
    return same[0]


def _log(name: str, found: _Collected) -> Log:
    if found.texts and found.golds:
        raise LogError("the log", "has multiple choice and written answers under one filter")
    if found.texts:
        answers: Choices | Answers = Answers(
            found.texts, found.targets, np.array(found.exact, np.float64)
        )
    else:
        answers = Choices(
            _padded(found.log_likelihoods),
            np.array(found.golds, np.int64),
            _padded(found.characters),
            _padded(found.sizes),
        )
    return Log(name, found.keys, answers)


def _padded(rows: list[list[Any]]) -> Floats:
    length = np.array([len(row) for row in rows])
    table = np.full((len(rows), int(length.max(initial=1))), np.nan)
    table[np.arange(table.shape[1]) < length[:, None]] = [value for row in rows for value in row]
    return table
