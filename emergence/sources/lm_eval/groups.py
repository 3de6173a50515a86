"""Which entries of a result file are means over others, and of what.

A group that stands in no other is a task, and its own entry is the task's mean. Its members,
however deep, are its subtasks under their own names, as BIG-bench's ``task:subtask`` are. A
group within a group is a mean of what is there already: it is refused as ``aggregate``. A task
that belongs to no group, or to several, stands for itself: of several none is the right one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from emergence.sources.documents import object_at, text_at


class Place(NamedTuple):
    """Where an entry's scores belong.

    Attributes
    ----------
    task, subtask : str
    is_aggregate : bool
        A mean of entries that are there themselves, and no task's own.
    """

    task: str
    subtask: str
    is_aggregate: bool = False


class Groups:
    """The groups of a file.

    Parameters
    ----------
    document : mapping
        The file.

    Raises
    ------
    Refused
        If its list of groups is none.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._members = _members(document.get("group_subtasks")) or _older(document)
        grouped = document.get("groups")
        named = object_at(grouped, "/groups") if grouped is not None else {}
        self._names = {name for name, members in self._members.items() if members} | set(named)
        within = {member for members in self._members.values() for member in members}
        self._tops = sorted(name for name in self._names if name not in within)
        self._top_of: dict[str, list[str]] = {}
        for top in self._tops:
            for member in self._all_members(top):
                self._top_of.setdefault(member, []).append(top)

    def _all_members(self, top: str) -> Iterable[str]:
        found: set[str] = set()
        waiting = list(self._members.get(top, ()))
        while waiting:
            name = waiting.pop()
            if name not in found:  # groups of strangers may contain each other
                found.add(name)
                waiting.extend(self._members.get(name, ()))
        return found

    def leaves(self, name: str) -> list[str]:
        """Return the members of a group that are no groups, however deep."""
        return sorted(set(self._all_members(name)) - self._names)

    def is_group(self, name: str) -> bool:
        """Say whether a name is that of a group."""
        return name in self._names

    def place(self, name: str) -> Place:
        """Return where the entry of a name belongs."""
        if name in self._names:
            return Place(name, "", is_aggregate=name not in self._tops)
        tops = self._top_of.get(name, ())
        return Place(tops[0], name) if len(tops) == 1 else Place(name, "")


def _members(value: Any) -> dict[str, list[str]]:
    if value is None:
        return {}
    found = {}
    for name, members in object_at(value, "/group_subtasks").items():
        listed = members if isinstance(members, list) else []
        found[name] = [
            text_at(member, "/group_subtasks") for member in listed if isinstance(member, str)
        ]
    return found


def _older(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the members of groups where no list has them, as in versions 0.4.0 and 0.4.1.

    A task's configuration names its group, and how far the alias of an entry is moved in says
    under which group of the list it stands. Where the two disagree the configuration wins: the
    entries may have been sorted since.
    """
    groups, results = document.get("groups"), document.get("results")
    if not isinstance(groups, dict) or not isinstance(results, dict):
        return {}
    found: dict[str, list[str]] = {name: [] for name in groups}
    placed: set[str] = set()
    configs = document.get("configs")
    for name, config in configs.items() if isinstance(configs, dict) else ():
        named = config.get("group") if isinstance(config, dict) else None
        for group in named if isinstance(named, list) else [named]:
            if isinstance(group, str) and group in found and group != name:
                found[group].append(name)
                placed.add(name)
    above: list[tuple[int, str]] = []
    for name, entry in results.items():
        depth = _depth(entry)
        while above and above[-1][0] >= depth:
            above.pop()
        if above and name not in placed:
            found[above[-1][1]].append(name)
        if name in found:
            above.append((depth, name))
    return found


def _depth(entry: Any) -> int:
    """Return how far the alias of an entry is moved in: ``  - philosophy`` by 2."""
    alias = entry.get("alias") if isinstance(entry, dict) else None
    if not isinstance(alias, str) or not alias.lstrip().startswith("- "):
        return 0
    return len(alias) - len(alias.lstrip())
