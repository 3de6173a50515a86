"""Reading one result file with every check: what is wrong in it becomes rejects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from emergence.samples.outcomes import Outcomes
from emergence.sources import cells
from emergence.sources.documents import (
    MOST_ENTRIES,
    Refused,
    Repeated,
    cell_at,
    field_pointer,
    kind_of,
    loaded,
    number_at,
    object_at,
    readable,
    required,
    text_at,
)
from emergence.sources.known import KnownModel
from emergence.sources.lm_eval.groups import Groups
from emergence.sources.lm_eval.models import Model, find_model

#: Fields that only the layout since 0.4 has.
_OF_TODAY = ("configs", "n-shot", "n-samples", "higher_is_better", "group_subtasks")

_ERROR = "_stderr"

#: The harness's words for what it does not know.
_NONE = (None, "N/A", "", [])

#: Written where the model's answers were kept and nothing was scored.
_NOT_SCORED = "bypass"


class Score(NamedTuple):
    """One score of a file.

    Attributes
    ----------
    name : str
        Of the entry in ``results``.
    task, subtask, metric, condition : str
    shots : int or None
    score, score_stderr : float or None
    n_examples : int or None
    higher_is_better : bool or None
        As the file says; None if it does not.
    pointer : str
        Where in the file it stands: a JSON pointer.
    low_score : float or None
        Of guessing, where the answers themselves tell it.
    filter : str
        What takes the answer out of the text; ``none`` where it is taken as it is.
    outcomes : Outcomes or None
        Of the single answers behind it, where there is a log of them.
    """

    name: str
    task: str
    subtask: str
    metric: str
    condition: str
    shots: int | None
    score: float | None
    score_stderr: float | None
    n_examples: int | None
    higher_is_better: bool | None
    pointer: str
    low_score: float | None = None
    filter: str = "none"
    outcomes: Outcomes | None = None


@dataclass
class Found:
    """What was found in a file.

    Attributes
    ----------
    model : Model
    scores : list of Score
    rejects : list of Refused
    versions : dict of str to str
        Of each task, as the harness counts them.
    delimiters : dict of str to str
        Of each task that says so: what stands between a question and its answer.
    unusable : list of Refused
        What stands beside a score (its standard error, shots, examples, direction) and says
        nothing: it is unknown, and the score stays.
    date : float or None
        Of the run, in seconds, as the file says.
    unchecked_repeats : list of str
        Tasks with several answers a question in their log, of which only the first is scored.
    """

    model: Model
    scores: list[Score] = field(default_factory=list)
    rejects: list[Refused] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    unusable: list[Refused] = field(default_factory=list)
    date: float | None = None
    delimiters: dict[str, str] = field(default_factory=dict)
    unchecked_repeats: list[str] = field(default_factory=list)


def parse(data: bytes, models: Mapping[str, KnownModel]) -> Found:
    """Read a result file.

    Parameters
    ----------
    data : bytes
        The file.
    models : mapping of str to KnownModel
        The table of sizes.

    Returns
    -------
    Found

    Raises
    ------
    Refused
        If the file as a whole cannot be used: one entry, one reject.
    """
    document = object_at(loaded(data), "")
    results = object_at(required(document, "results", ""), "/results")
    if not results:
        raise Refused("/results", "no_scores", "an empty object")
    if sum(_size(entry) for entry in results.values()) > MOST_ENTRIES:
        raise Refused("/results", "too_large", f"more than {MOST_ENTRIES} entries")
    reader = _Reader(document, find_model(document, models))
    for name, entry in results.items():
        reader.add(name, entry, "results")
    # A group's entry stands in `results` as well, in most versions of the harness.
    for name, entry in reader.only_in_groups(results):
        reader.add(name, entry, "groups")
    return reader.found


def _size(entry: Any) -> int:
    return 1 + (len(entry) if isinstance(entry, (dict, Repeated)) else 0)


class _Scored(NamedTuple):
    """Where a score stands in its entry, and what it is by that name."""

    key: str
    metric: str
    filter: str


class _Reader:
    """A file, of which one entry of ``results`` after the other is read."""

    def __init__(self, document: Mapping[str, Any], model: Model) -> None:
        self._document = document
        self._config = object_at(document.get("config") or {}, "/config")
        self._groups = Groups(document)
        self._is_of_today = any(name in document for name in _OF_TODAY) or _has_filters(document)
        self._condition = model.condition | _asked(document, self._config)
        self.found = Found(
            model,
            date=_date(document),
            versions=_versions(document.get("versions")),
            delimiters=_delimiters(document.get("configs")),
        )

    def only_in_groups(self, results: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        groups = self._document.get("groups")
        for name, entry in (groups or {}).items():
            if name not in results:
                yield name, entry

    def add(self, name: str, entry: Any, section: str) -> None:
        """Read an entry: it is one reject, or as many entries as it has scores."""
        try:
            pointer = field_pointer(section, text_at(name, f"/{section}"))
            self._add(name, entry, pointer)
        except Refused as refused:
            self.found.rejects.append(refused)

    def _add(self, name: str, entry: Any, pointer: str) -> None:
        if not name.strip():
            raise Refused(pointer, "name_missing", "a task without a name")
        if isinstance(entry, Repeated):
            raise Refused(pointer, "field_twice", _first_twice(entry))
        fields = object_at(entry, pointer)
        scored = list(self._scored(fields))
        if not scored:
            if self._groups.is_group(name) and self._is_of_today:
                return  # it lists its members, and nobody asked for their mean
            raise Refused(pointer, "no_scores", kind_of(fields))
        shots = self._shots(name)
        n_examples = self._examples(name, fields)
        for one in scored:
            try:
                score = self._score(fields, one, name, shots, n_examples, pointer)
            except Refused as refused:
                self.found.rejects.append(refused)
            else:
                self.found.scores.append(score)

    def _scored(self, fields: Mapping[str, Any]) -> Iterable[_Scored]:
        """Find the scores of an entry.

        Today's keys are ``metric,filter``, and what has no comma is no score. A standard error
        without its score counts as one, to be refused.
        """
        for key in fields:
            metric, comma, filter_name = key.rpartition(",")
            if not self._is_of_today:
                metric, filter_name = key, "none"
            elif not comma:
                continue
            if metric.endswith(_ERROR):
                of = metric.removesuffix(_ERROR)
                if (f"{of},{filter_name}" if self._is_of_today else of) in fields:
                    continue
            yield _Scored(key, metric, filter_name)

    def _score(
        self,
        fields: Mapping[str, Any],
        scored: _Scored,
        name: str,
        shots: int | None,
        n_examples: int | None,
        pointer: str,
    ) -> Score:
        pointer += field_pointer(text_at(scored.key, pointer))
        metric = scored.metric
        if not metric.strip():
            raise Refused(pointer, "name_missing", "a metric without a name")
        if metric.endswith(_ERROR):
            raise Refused(pointer, "field_missing", f"no '{metric.removesuffix(_ERROR)}' beside it")
        if metric == _NOT_SCORED:
            raise Refused(pointer, "no_scores", "the answers were kept and not scored")
        place = self._groups.place(name)
        if place.is_aggregate:
            raise Refused(pointer, "aggregate", "a mean of entries that are also listed")
        condition = dict(self._condition)
        if scored.filter != "none":
            condition["filter"] = scored.filter
        error_key = (
            f"{metric}{_ERROR},{scored.filter}" if self._is_of_today else f"{metric}{_ERROR}"
        )
        return Score(
            name=name,
            task=place.task,
            subtask=place.subtask,
            metric=metric,
            condition=cells.join_condition(condition),
            shots=shots,
            score=cell_at(cells.score, fields[scored.key], pointer),
            score_stderr=self._beside(
                cells.standard_error, fields.get(error_key), f"{pointer}{_ERROR}"
            ),
            n_examples=n_examples,
            higher_is_better=self._direction(name, metric),
            pointer=pointer,
            filter=scored.filter,
        )

    def _shots(self, name: str) -> int | None:
        if self._is_of_today:
            return self._shots_of_entry(name)
        return self._beside(cells.count, self._config.get("num_fewshot"), "/config/num_fewshot")

    def _shots_of(self, name: str) -> int | None:
        value = _part(self._document.get("n-shot"), name)
        return self._beside(cells.count, value, field_pointer("n-shot", name))

    def _shots_of_entry(self, name: str) -> int | None:
        """Return an entry's shots; a group's own is 0 in some versions, and its members' counts."""
        own = self._shots_of(name)
        if own or not self._groups.is_group(name):
            return own
        members = {self._shots_of(member) for member in self._groups.leaves(name)}
        return members.pop() if len(members) == 1 else own

    def _beside(self, parse: Callable[[float | None], Any], value: Any, pointer: str) -> Any:
        """Return what stands beside a score; what cannot be used is unknown, and is noted."""
        if value in _NONE:
            return None
        try:
            return cell_at(parse, value, pointer)
        except Refused as refused:
            self.found.unusable.append(refused)
            return None

    def _examples(self, name: str, fields: Mapping[str, Any]) -> int | None:
        counts = _part(self._document.get("n-samples"), name)
        value = _part(counts, "effective")
        if value is None and self._is_of_today:
            value = fields.get("sample_len")
        return self._beside(cells.positive_count, value, field_pointer("n-samples", name))

    def _direction(self, name: str, metric: str) -> bool | None:
        value = _part(_part(self._document.get("higher_is_better"), name), metric)
        if value is None or isinstance(value, bool):
            return value
        pointer = field_pointer("higher_is_better", name, metric)
        seen = f"{kind_of(value)} where true or false belongs"
        self.found.unusable.append(Refused(pointer, "wrong_type", seen))
        return None


def _part(value: Any, name: str) -> Any:
    """Return a field of an object, None where either is missing or is none."""
    return value.get(name) if isinstance(value, dict) else None


def _date(document: Mapping[str, Any]) -> float | None:
    date = document.get("date")
    is_number = isinstance(date, float | int) and not isinstance(date, bool)
    return float(date) if is_number and 0 <= date < 1e11 else None


def _has_filters(document: Mapping[str, Any]) -> bool:
    results = document.get("results")
    return isinstance(results, dict) and any(
        "," in key for entry in results.values() if isinstance(entry, dict) for key in entry
    )


def _first_twice(entry: Repeated) -> str:
    seen: set[str] = set()
    for key, _ in entry:
        if key in seen:
            return readable(key)
        seen.add(key)
    return ""


def _versions(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: readable(str(version)) for name, version in value.items() if version is not None}


def _delimiters(configs: Any) -> dict[str, str]:
    said = {
        name: _part(config, "target_delimiter")
        for name, config in (configs.items() if isinstance(configs, dict) else ())
    }
    return {name: text for name, text in said.items() if isinstance(text, str)}


def _asked(document: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Return what else changes what the model was asked, and is fixed along a curve."""
    asked = {}
    limit = number_at(config.get("limit"), "/config/limit")
    if limit is not None:
        asked["limit"] = f"{limit:g}"
    if document.get("chat_template"):
        # Each model has a template of its own: that one was used is what they share.
        asked["chat_template"] = "applied"
        if document.get("fewshot_as_multiturn") is True:
            asked["fewshot_as_multiturn"] = "true"
    for place, name, value in (
        ("", "system_instruction", document.get("system_instruction")),
        ("/config", "gen_kwargs", _as_pairs(config.get("gen_kwargs"))),
    ):
        if value:
            asked[name] = _short(value, f"{place}/{name}")
    return asked


def _as_pairs(value: Any) -> Any:
    """Write settings in one way: some versions of the harness keep their text, some an object."""
    if isinstance(value, str) and "=" in value and value.isprintable():
        pairs = dict(part.partition("=")[::2] for part in value.split(","))
    elif isinstance(value, dict) and all(
        isinstance(part, (str, int, float, bool)) for part in value.values()
    ):
        pairs = {k: v if isinstance(v, str) else json.dumps(v) for k, v in value.items()}
    else:
        return value
    return ", ".join(sorted(f"{name.strip()}: {text.strip()}" for name, text in pairs.items()))


def _short(value: Any, pointer: str) -> str:
    """Return a text as it is if it is short and plain, else a digest of it."""
    if isinstance(value, str):
        text = text_at(value, pointer)
    else:
        try:
            text = json.dumps(value, sort_keys=True)
        except (TypeError, ValueError, RecursionError):
            raise Refused(pointer, "wrong_type", kind_of(value)) from None
    if len(text) <= 60 and text.isprintable():
        return text
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
