"""From the scores of all files of a source to its rows and rejects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from emergence.errors import shorten
from emergence.sources.base import Entries
from emergence.sources.documents import Refused
from emergence.sources.lm_eval.models import Model
from emergence.sources.lm_eval.results import Found, Score

#: Tasks of differing versions that a note names.
_MOST_NAMED = 20


class Collected:
    """Collects what the files hold.

    Parameters
    ----------
    directions : mapping of str to bool
        For each metric whose direction is settled elsewhere, whether higher is better.
    chance : mapping of (str, str) to float
        Score of guessing by the name of an entry, or its task's, and metric.
    """

    def __init__(
        self, directions: Mapping[str, bool], chance: Mapping[tuple[str, str], float]
    ) -> None:
        self._directions = directions
        self._chance = chance
        self._scores: list[tuple[str, Model, Score]] = []
        self._rejects: list[tuple[str, Refused]] = []
        self._stated: dict[str, set[bool]] = defaultdict(set)
        self._versions: dict[str, set[str]] = defaultdict(set)

    def add(self, file: str, found: Found) -> None:
        """Add a file that was read."""
        self._rejects.extend((file, refused) for refused in found.rejects)
        for score in found.scores:
            self._scores.append((file, found.model, score))
            if score.higher_is_better is not None:
                self._stated[score.metric].add(score.higher_is_better)
            if score.name in found.versions:
                self._versions[score.name].add(found.versions[score.name])

    def add_further(self, file: str, model: Model, scores: Iterable[Score]) -> None:
        """Add what follows from a log of a result file's answers."""
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
        """Return what a reader should know of the files together."""
        differing = sorted(name for name, found in self._versions.items() if len(found) > 1)
        if not differing:
            return ()
        listed = ", ".join(
            f"{shorten(name, 60)} ({', '.join(sorted(self._versions[name]))})"
            for name in differing[:_MOST_NAMED]
        )
        more = len(differing) - _MOST_NAMED
        tail = f" and {more} more" if more > 0 else ""
        return (f"tasks in more than one version of the harness's: {listed}{tail}",)

    def entries(self) -> Entries:
        """Return the rows and rejects."""
        found = Entries()
        for file, refused in self._rejects:
            found.reject(file, refused)
        for file, model, score in self._scores:
            problem = self._contradiction(score)
            if problem:
                found.reject(file, Refused(score.pointer, "conflicting_directions", problem))
            else:
                found.add(file, score.pointer, **self._values(model, score))
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
            "score": score.score,
            "score_stderr": score.score_stderr,
            "n_examples": score.n_examples,
            "low_score": chance,
        }
