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
        self._members = _members(document.get("group_subtasks"))
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
