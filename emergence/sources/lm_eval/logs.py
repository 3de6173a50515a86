"""Logs of single answers beside a result file: further metrics of the same answers.

The harness writes them with ``--log_samples``, one file a task: ``samples_<task>_<date>.jsonl``
beside ``results_<date>.json``; version 0.4.0 ``<model>_<task>.jsonl`` beside ``results.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np

from emergence.samples.choices import Choices, score_choices, score_guessing
from emergence.samples.harness import Answers, Log, LogError, read_log
from emergence.samples.outcomes import Outcomes
from emergence.samples.texts import score_attempts, score_texts
from emergence.sources.documents import Refused, readable
from emergence.sources.files import FoundFile
from emergence.sources.lm_eval.results import Found, Score

ENDING = ".jsonl"

#: Largest difference between a metric as the harness printed it and as it follows from the log.
_EQUAL = 1e-9

_RESULTS, _SAMPLES = "results", "samples_"


def without_strays(files: Sequence[FoundFile]) -> list[FoundFile]:
    """Leave out logs without a result file beside them: they do not say of which model they are.

    Parameters
    ----------
    files : sequence of FoundFile
        Result files and logs.

    Returns
    -------
    list of FoundFile
    """
    results = {(file.folder, _date(file)) for file in files if not file.name.endswith(ENDING)}

    def belongs(file: FoundFile) -> bool:
        name = _last(file)
        dated = name.startswith(_SAMPLES) and any(
            folder == file.folder and date and name.endswith(f"_{date}{ENDING}")
            for folder, date in results
        )
        return dated or (file.folder, "") in results

    return [file for file in files if not file.name.endswith(ENDING) or belongs(file)]


def _last(file: FoundFile) -> str:
    return file.name.rpartition("/")[2]


def _date(file: FoundFile) -> str | None:
    """Return the date in the name of a result file; empty for ``results.json``."""
    name = _last(file).removesuffix(".json")
    return name.removeprefix(_RESULTS).lstrip("_") if name.startswith(_RESULTS) else None


class Logs:
    """The logs of a source, by the result file that they belong to.

    Parameters
    ----------
    files : sequence of FoundFile
        All logs that were found.
    """

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self._in_folder: dict[str, list[FoundFile]] = {}
        for file in files:
            self._in_folder.setdefault(file.folder, []).append(file)

    def of(self, results: FoundFile, found: Found) -> Iterator[tuple[str, FoundFile]]:
        """Yield the tasks of a result file that have a log, with it.

        Parameters
        ----------
        results : FoundFile
        found : Found
            What it holds.

        Yields
        ------
        task : str
        log : FoundFile
        """
        date = _date(results)
        if date is None:
            return
        tasks = {score.name for score in found.scores}
        for file in self._in_folder.get(results.folder, []):
            task = _task(_last(file).removesuffix(ENDING), date, tasks)
            if task is not None:
                yield task, file


def _task(name: str, date: str, tasks: set[str]) -> str | None:
    if date:
        task = name.removeprefix(_SAMPLES).removesuffix(f"_{date}")
        return task if name == f"{_SAMPLES}{task}_{date}" and task in tasks else None
    # The longest: the name of one task may end that of another.
    ending = [task for task in tasks if name.endswith(f"_{task}")]
    return max(ending, key=len, default=None)


def further_scores(found: Found, task: str, stream: BinaryIO) -> list[Score]:
    """Score the answers of a log under the metrics that the harness did not print.

    Parameters
    ----------
    found : Found
        What the result file holds; the scores that it printed get their outcomes, and
        ``unchecked_repeats`` the task if its repeats cannot be scored.
    task : str
        One of its tasks.
    stream : binary file
        The log.

    Returns
    -------
    list of Score

    Raises
    ------
    Refused
        If an answer cannot be used, or a metric that both have is not the same in both: the log
        would then be of another evaluation, or of a task that scores in a way of its own.
    """
    try:
        logs = read_log(stream, found.delimiters.get(task, " "))
    except LogError as error:
        raise Refused("", "log_unusable", readable(str(error))) from None
    further: list[Score] = []
    kept: dict[tuple[str, str], Outcomes] = {}
    for log in logs:
        printed = {
            score.metric: score
            for score in found.scores
            if score.name == task and score.filter == log.filter
        }
        if printed:
            scored = _scored(log, printed)
            if isinstance(log.answers, Answers) and log.answers.several:
                if "pass@1" not in scored.means and task not in found.unchecked_repeats:
                    found.unchecked_repeats.append(task)
            kept |= {(log.filter, metric): one for metric, one in scored.outcomes.items()}
            further += _further(log, scored, printed)
    for at, score in enumerate(found.scores):
        if score.name == task:
            found.scores[at] = score._replace(outcomes=kept.get((score.filter, score.metric)))
    return further


class _Scored(NamedTuple):
    """The answers of a log under each metric: means, answers in them, and what guessing scores."""

    means: Mapping[str, float]
    numbers: Mapping[str, int]
    outcomes: Mapping[str, Outcomes]
    guessing: Mapping[str, float]


def _scored(log: Log, printed: Mapping[str, Score]) -> _Scored:
    if isinstance(log.answers, Choices):
        by_example, guessing = score_choices(log.answers), score_guessing(log.answers)
        numbers = {}
    else:
        attempts = score_attempts(log.answers)
        by_example, guessing = {**score_texts(log.answers), **attempts}, {}
        # Every answer is one that can be right, not every question.
        numbers = {"pass@1": sum(map(len, log.answers.attempts))} if attempts else {}
    known = {name: values for name, values in by_example.items() if np.isfinite(values).all()}
    means = {name: float(values.mean()) for name, values in known.items()}
    for name in means.keys() & printed.keys():
        said = printed[name].score
        if said is not None and abs(said - means[name]) > _EQUAL:
            seen = f"{name} is {means[name]!r} by the log, and {said!r} in the result file"
            raise Refused("", "log_differs", seen)
    numbers = {name: numbers.get(name, len(log.key)) for name in means}
    return _Scored(means, numbers, Outcomes.of(log.key, known), guessing)


def _further(log: Log, scored: _Scored, printed: Mapping[str, Score]) -> Iterator[Score]:
    like = next(iter(printed.values()))
    for name, mean in scored.means.items():
        if name not in printed:
            yield like._replace(
                metric=name,
                score=mean,
                score_stderr=None,
                n_examples=scored.numbers[name],
                higher_is_better=None,
                pointer=f"the log of {like.name}, {name}",
                low_score=scored.guessing.get(name),
                outcomes=scored.outcomes[name],
            )
