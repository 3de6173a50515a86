"""Logs of lm-evaluation-harness (``--log_samples``): one file a model and task."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from emergence.samples.choices import Choices, Floats

#: Layout 0.4.0: one array, each of its objects from a line to a line.
_OPEN, _CLOSE = b"  {", (b"  }", b"  },")

#: A filter that takes the answer as it is.
_NO_FILTER = "none"

#: Booleans as the harness writes them.
_GREEDY = ("True", "False")

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


class _Request(msgspec.Struct):
    """What is read of a request: the choice. The question before it is passed over."""

    arg_1: Any = None


class _Line(msgspec.Struct):
    """What is read of an example. The question itself is passed over."""

    target: Any = None
    arguments: dict[str, _Request] | list[Any] | None = None
    filtered_resps: list[Any] | None = None
    # Read of written answers only: it is the larger part of the others.
    resps: msgspec.Raw = msgspec.Raw(b"[]")
    doc_id: int = -1
    doc_hash: str | None = None
    filter: str = _NO_FILTER
    exact_match: float | None = None


class _ChoiceLine(_Line):
    """The same of multiple choice as nearly all logs have it: texts become numbers at once."""

    arguments: dict[str, _Request] = {}
    filtered_resps: list[tuple[float, Literal["True", "False"]]] | None = None


_OF_CHOICES = msgspec.json.Decoder(_ChoiceLine, strict=False)
_OF_ANY = msgspec.json.Decoder(_Line)


def _decoded(data: bytes) -> _Line:
    try:
        return _OF_CHOICES.decode(data)
    except msgspec.ValidationError:
        return _OF_ANY.decode(data)


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
    attempts : list of list of str
        All that the model wrote for each question, where several answers were drawn (the task's
        ``repeats``) and the first of them is that in ``text``; else none.
    several : bool
        Whether several answers were drawn to some question, be they in ``attempts`` or not.
    """

    text: list[str]
    target: list[str]
    exact_match: Floats
    attempts: list[list[str]] = field(default_factory=list)
    several: bool = False

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
    # Of all choices, one example after the other.
    choices: list[int] = field(default_factory=list)
    log_likelihoods: list[float] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    attempts: list[list[str]] = field(default_factory=list)
    several: bool = False


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
    for number, data in _entries(stream):
        try:
            line = _decoded(data)
            if line.filtered_resps is None:
                return []
            collected = found.get(line.filter)
            if collected is None:
                collected = found[line.filter] = _Collected()
            collected.keys.append(line.doc_hash or str(line.doc_id))
            if type(line) is _ChoiceLine or _is_choice(line.filtered_resps):
                _add_choices(collected, line, delimiter)
            else:
                _add_text(collected, line)
        except (msgspec.DecodeError, _Unusable) as error:
            raise LogError(f"line {number}", str(error)) from None
    if not found:
        raise LogError("the log", "holds no example")
    return [_log(name, collected) for name, collected in found.items()]


class _Unusable(Exception):
    """What is wrong with one example."""


def _entries(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each example's JSON with the number of its line, without holding more than one."""
    lines: Iterable[bytes] = stream
    first = stream.readline().removeprefix(codecs.BOM_UTF8)
    if first.strip() == b"[":
        yield from _of_array(lines)
        return
    if first.strip():
        yield 1, first
    for number, line in enumerate(lines, start=2):
        if not line.isspace():
            yield number, line


def _of_array(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    parts: list[bytes] = []
    begun = 0
    for number, line in enumerate(lines, start=2):
        ended = line.rstrip()
        if ended == _OPEN:
            parts, begun = [], number
        if ended in _CLOSE:
            yield begun, b"".join([*parts, b"}"])
        parts.append(line)


def _is_choice(responses: list[Any]) -> bool:
    first = responses[0] if responses else None
    # The second says whether the choice is the greedy one.
    return isinstance(first, list) and len(first) == 2 and first[1] in (True, False, *_GREEDY)


def _add_choices(into: _Collected, line: _Line, delimiter: str) -> None:
    texts = _continuations(line.arguments)
    try:
        values = [float(response[0]) for response in line.filtered_resps]
    except (TypeError, ValueError, LookupError):
        seen = str(line.filtered_resps)[:60]
        raise _Unusable(f"no log-likelihood of each choice: {seen}") from None
    if len(texts) != len(values):
        raise _Unusable(f"{len(values)} answers to {len(texts)} choices")
    try:
        is_ascii = "".join(texts).isascii()
    except TypeError:
        raise _Unusable(f"no choice in its arguments: {str(texts)[:60]}") from None
    # Without the delimiter: the harness divides by the length of the choice alone.
    choices = [text.removeprefix(delimiter) for text in texts]
    lengths = list(map(len, choices))
    into.golds.append(_gold(line.target, choices))
    into.choices.append(len(values))
    into.log_likelihoods += values
    into.characters += lengths
    into.sizes += lengths if is_ascii else [len(choice.encode()) for choice in choices]


def _add_text(into: _Collected, line: _Line) -> None:
    answer = line.filtered_resps[0] if line.filtered_resps else None
    attempts = answer if isinstance(answer, list) else None
    if attempts is not None:  # all repeats, of which none was chosen
        answer = attempts[0] if attempts else None
    if not isinstance(answer, str):
        raise _Unusable(f"no text in filtered_resps: {str(line.filtered_resps)[:60]}")
    target = line.target
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    if not isinstance(target, (str, int, float)):
        raise _Unusable(f"no target text: {str(target)[:60]}")
    if attempts is None:
        drawn = msgspec.json.decode(line.resps)
        attempts = drawn[0] if isinstance(drawn, list) and drawn else []
    into.several |= isinstance(attempts, list) and len(attempts) > 1
    into.attempts.append(_attempts(attempts, answer))
    into.texts.append(answer)
    into.targets.append(str(target))
    into.exact.append(float("nan") if line.exact_match is None else line.exact_match)


def _attempts(drawn: Any, answer: str) -> list[str]:
    """Return several answers to one question, of which the first was scored; else none."""
    if not isinstance(drawn, list) or len(drawn) < 2:
        return []
    if not all(isinstance(text, str) for text in drawn):
        return []
    # A filter that takes more out than blanks would have to be applied to each of them.
    return drawn if drawn[0].strip() == answer.strip() else []


def _continuations(arguments: dict[str, _Request] | list[Any] | None) -> list[Any]:
    """Return the choices: of an object ``gen_args_0``, ``gen_args_1``, ..., or of a list."""
    if not isinstance(arguments, dict):
        return [_second(request) for request in arguments or []]
    names = list(arguments)
    if names != _NAMES[: len(names)]:
        names.sort(key=_place)
    return [arguments[name].arg_1 for name in names]


def _second(request: Any) -> Any:
    if isinstance(request, dict):
        return request.get("arg_1")
    return request[1] if isinstance(request, list) and len(request) > 1 else None


#: Names of requests as they stand in a log, nearly always in this order.
_NAMES = [f"gen_args_{at}" for at in range(64)]


def _place(name: str) -> int:
    digits = _WHOLE.search(name)
    return int(digits.group()) if digits else 0


def _gold(target: Any, choices: list[str]) -> int:
    """Return which choice is right: the target is its number, or its text."""
    text = str(target)
    if text.isdecimal():
        number = int(text)
        if number < len(choices):
            return number
    same = [at for at, choice in enumerate(choices) if choice.strip() == text.strip()]
    if len(same) != 1:
        raise _Unusable(f"the target {text[:40]!r} is none of the {len(choices)} choices")
    return same[0]


def _log(name: str, found: _Collected) -> Log:
    if found.texts and found.golds:
        raise LogError("the log", "has multiple choice and written answers under one filter")
    if found.texts:
        exact = np.array(found.exact, np.float64)
        attempts = found.attempts if all(found.attempts) else []
        answers: Choices | Answers = Answers(
            found.texts, found.targets, exact, attempts, found.several
        )
    else:
        number = np.array(found.choices, np.int64)
        log_likelihoods = np.array(found.log_likelihoods, np.float64)
        # NaN means below that an example has fewer choices.
        if not (log_likelihoods < np.inf).all():
            raise LogError("the log", "has a log-likelihood that is no number below infinity")
        answers = Choices(
            _padded(log_likelihoods, number),
            np.array(found.golds, np.int64),
            _padded(found.characters, number),
            _padded(found.sizes, number),
        )
    return Log(name, found.keys, answers)


def _padded(values: Sequence[float] | Floats, number: NDArray[np.int64]) -> Floats:
    table = np.full((len(number), int(number.max(initial=1))), np.nan)
    table[np.arange(table.shape[1]) < number[:, None]] = values
    return table
