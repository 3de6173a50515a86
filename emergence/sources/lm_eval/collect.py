"""From the scores of all files of a source to its rows and rejects."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from emergence.errors import shorten
from emergence.sources.base import Entries
from emergence.sources.documents import Refused
from emergence.sources.lm_eval.models import Model
from emergence.sources.lm_eval.results import Found, Score
from emergence.sources.lm_eval.runs import Runs

#: Tasks of differing versions that a note names.
_MOST_NAMED = 20


#: Folders that say how many solved examples stood in the prompt.
_SHOTS = re.compile(r"(?:^|[/_-])(zero|one|two|three|four|five|\d{1,3})[-_ ]?shots?(?=[/_-])", re.I)
_COUNTS = ("zero", "one", "two", "three", "four", "five")


def _shots_of_folder(file: str) -> int | None:
    """Return the number of shots that a folder says, such as ``five-shot``; the nearest one."""
    found = _SHOTS.findall(file.rpartition("/")[0] + "/")
    if not found:
        return None
    word = found[-1].lower()
    return _COUNTS.index(word) if word in _COUNTS else int(word)


def _key(model: Model, score: Score) -> Hashable:
    """Return what makes two scores the same one."""
    names = (score.task, score.subtask, score.metric, score.condition, score.shots)
    return (*names, model.family, model.name)


class Collected:
    """Collects what the files hold.

    Parameters
    ----------
    directions : mapping of str to bool
        For each metric whose direction is settled elsewhere, whether higher is better.
    chance : mapping of (str, str) to float
        Score of guessing by the name of an entry, or its task's, and metric.
    repeated : str, default "newest"
        What is taken of a score that several runs give with different values, one of `REPEATED`.
    """

    def __init__(
        self,
        directions: Mapping[str, bool],
        chance: Mapping[tuple[str, str], float],
        repeated: str = "newest",
    ) -> None:
        self._directions = directions
        self._chance = chance
        self._scores: list[tuple[str, Model, Score]] = []
        self._rejects: list[tuple[str, Refused]] = []
        self._stated: dict[str, set[bool]] = defaultdict(set)
        self._versions: dict[str, set[str]] = defaultdict(set)
        self._runs = Runs(repeated)
        self._unusable: list[tuple[str, Refused]] = []
        self._unchecked: set[str] = set()

    def add(self, file: str, found: Found) -> None:
        """Add a file that was read."""
        self._rejects.extend((file, refused) for refused in found.rejects)
        self._unusable.extend((file, refused) for refused in found.unusable)
        self._unchecked.update(shorten(task, 60) for task in found.unchecked_repeats)
        self._runs.add(file, found.date)
        for score in found.scores:
            if score.shots is None:
                score = score._replace(shots=_shots_of_folder(file))
            self._scores.append((file, found.model, score))
            if score.higher_is_better is not None:
                self._stated[score.metric].add(score.higher_is_better)
            if score.name in found.versions:
                self._versions[score.name].add(found.versions[score.name])

    def add_further(self, file: str, found: Found, scores: Iterable[Score]) -> None:
        """Add what follows from a log of a result file's answers."""
        model = found.model
        self._runs.add(file, found.date)
        self._scores.extend((file, model, score) for score in scores)

    def refuse(self, file: str, refused: Refused) -> None:
        """Add a file that cannot be used."""
        self._rejects.append((file, refused))

    def stated_directions(self) -> dict[str, bool]:
        """Return for each metric that the files agree on whether higher is better."""
        return {
            metric: next(iter(said))
            for metric, said in sorted(self._stated.items())
            if len(said) == 1 and self._directions.get(metric) in (None, *said)
        }

    def notes(self) -> tuple[str, ...]:
        """Return what a reader should know of the files together; after `entries`."""
        return (
            *self._differing_versions(),
            *self._not_usable(),
            *self._not_checked(),
            *self._runs.notes(),
        )

    def _not_checked(self) -> tuple[str, ...]:
        if not self._unchecked:
            return ()
        tasks = ", ".join(sorted(self._unchecked)[:_MOST_NAMED])
        return (
            "several answers a question were drawn, of which only the first counts, since nothing "
            f"says which of the others are right: {tasks}",
        )

    def _not_usable(self) -> tuple[str, ...]:
        if not self._unusable:
            return ()
        file, first = self._unusable[0]
        return (
            f"{len(self._unusable)} values beside scores (standard errors, shots, examples) cannot "
            f"be used and are unknown; the scores stay. For example {shorten(file)} "
            f"{shorten(first.pointer)}: {shorten(first.seen)}",
        )

    def _differing_versions(self) -> tuple[str, ...]:
        differing = sorted(name for name, found in self._versions.items() if len(found) > 1)
        if not differing:
            return ()
        listed = ", ".join(
            f"{shorten(name, 60)} ({', '.join(sorted(self._versions[name]))})"
            for name in differing[:_MOST_NAMED]
        )
        more = len(differing) - _MOST_NAMED
        tail = f" and {more} more" if more > 0 else ""
        return (f"tasks in more than one version: {listed}{tail}",)

    def entries(self) -> Entries:
        """Return the rows and rejects."""
        found = Entries()
        for file, refused in self._rejects:
            found.reject(file, refused)
        replicates = self._runs.decide([(f, _key(m, s), s.score) for f, m, s in self._scores])
        for (file, model, score), replicate in zip(self._scores, replicates, strict=True):
            if isinstance(replicate, Refused):
                found.reject(file, Refused(score.pointer, replicate.reason, replicate.seen))
                continue
            problem = self._contradiction(score)
            if problem:
                found.reject(file, Refused(score.pointer, "conflicting_directions", problem))
            else:
                values = self._values(model, score)
                found.add(file, score.pointer, score.outcomes, **values, replicate=replicate)
        return found

    def _contradiction(self, score: Score) -> str:
        """Say what is against the direction that a file gives, if anything is."""
        settled = self._directions.get(score.metric)
        if settled is not None:
            if score.higher_is_better in (None, settled):
                return ""
            said, other = (("lower", "higher"), ("higher", "lower"))[score.higher_is_better is True]
            return f"the file says {said} is better, the catalogue or registry {other}"
        if len(self._stated[score.metric]) > 1:
            return "the files say both that higher is better and that lower is"
        return ""

    def _values(self, model: Model, score: Score) -> dict[str, Any]:
        chance = self._chance.get((score.name, score.metric))
        if chance is None:
            chance = self._chance.get((score.task, score.metric), score.low_score)
        return {
            "task": score.task,
            "subtask": score.subtask,
            "metric": score.metric,
            "model_family": model.family,
            "model": model.name,
            "condition": score.condition,
            "shots": score.shots,
            "scale": model.scale,
            "scale_kind": model.scale_kind,
            "tokens": model.tokens,
            "score": score.score,
            "score_stderr": score.score_stderr,
            "n_examples": score.n_examples,
            "low_score": chance,
        }
