"""One score from several runs of the harness: which of them counts."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime

from emergence.errors import InputError, did_you_mean, shorten
from emergence.sources.documents import Refused
from emergence.sources.formats import Field, Option

#: Which score counts if several runs give different values.
REPEATED = {
    "newest": "that of the newest run",
    "mean": "their mean, as of replicates",
    "reject": "none",
}

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?")


def _chosen(given: list[str]) -> str:
    if given[-1] not in REPEATED:
        raise InputError(
            f"'{shorten(given[-1])}' seen: {did_you_mean(given[-1], REPEATED)}",
            where="option --repeated",
        )
    return given[-1]


FIELD = Field(
    "repeated",
    {
        "enum": list(REPEATED),
        "description": "Which score counts if several runs give different values (default: newest, "
        "by the date in the file's name or in the file)",
    },
    (
        Option(
            "repeated",
            "newest, mean or reject",
            "which counts if several runs give one score (default: newest)",
            value=_chosen,
        ),
    ),
)


def _is_number(score: float | None) -> bool:
    return score is not None and math.isfinite(score)


class Runs:
    """The runs of a source.

    Parameters
    ----------
    repeated : str
        One of `REPEATED`.
    """

    def __init__(self, repeated: str) -> None:
        self._repeated = repeated
        self._dates: dict[str, str] = {}
        self._counts = dict.fromkeys(REPEATED, 0)

    def add(self, file: str, date: float | None) -> None:
        """Add a file with the date that it says; that in its name is when it was written."""
        named = _DATE.findall(file)
        if named:
            self._dates[file] = named[-1]
        elif date is not None:
            written = datetime.fromtimestamp(date, UTC)
            self._dates[file] = written.strftime("%Y-%m-%dT%H-%M-%S.%f")

    def decide(self, scores: Sequence[tuple[str, Hashable, float | None]]) -> list[str | Refused]:
        """Say of each score what becomes of it.

        Parameters
        ----------
        scores : sequence of (str, hashable, float or None)
            File, what makes two scores the same one, and value.

        Returns
        -------
        list of str or Refused
            Its replicate, empty for the only one; or why it is not taken.
        """
        found: list[str | Refused] = [""] * len(scores)
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for at, (_, key, _) in enumerate(scores):
            groups[key].append(at)
        for members in groups.values():
            values = {repr(scores[at][2]) for at in members}
            files = [scores[at][0] for at in members]
            # What agrees is one score, and two in one file are for others to refuse.
            if len(values) < 2 or len(set(files)) < len(files) or self._repeated == "reject":
                continue
            dates = [self._dates.get(file, "") for file in files]
            # A run that gave no number takes none away.
            counted = [n for n, at in enumerate(members) if _is_number(scores[at][2])]
            newest = max(counted or range(len(members)), key=lambda n: dates[n])
            if self._repeated == "newest" and all(dates) and dates.count(dates[newest]) == 1:
                self._counts["newest"] += 1
                for at in members:
                    if at != members[newest]:
                        seen = f"{scores[at][2]}; {scores[members[newest]][2]} in {files[newest]}"
                        found[at] = Refused("", "superseded", seen)
                continue
            self._counts["mean"] += 1
            for at in members:
                found[at] = scores[at][0]
        return found

    def notes(self) -> tuple[str, ...]:
        """Return what was done; after `decide`."""
        newest, mean = self._counts["newest"], self._counts["mean"]
        notes = []
        if newest:
            notes.append(
                f"several runs give {newest} scores with different values: the newest run counts. "
                "Others: --repeated mean, --repeated reject"
            )
        if mean:
            undated = self._repeated == "newest"
            notes.append(
                f"several runs give {mean} scores with different values: their mean counts"
                + (", since nothing says which run is the newest" if undated else "")
                + ". Others: --repeated "
                + ("reject" if undated else "newest, --repeated reject")
            )
        return tuple(notes)
