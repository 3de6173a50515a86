"""The catalogue of metrics, and what is known of each together with what a dataset says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emergence.errors import InputError
from emergence.facts import kinds
from emergence.facts.reading import FactsTable

METRIC_GROUPS = ("discontinuous", "continuous", "other")

METRIC_CATALOG = FactsTable(
    "metric_catalog",
    columns={
        "metric": kinds.name,
        "metric_group": kinds.one_of(*METRIC_GROUPS),
        "higher_is_better": kinds.truth_or_unknown,
        "output_group": kinds.text,
        "is_share_of_examples": kinds.truth,
        "range": kinds.text,
        "unit": kinds.text,
        "rescaled_by_upstream_loader": kinds.truth,
        "definition": kinds.text,
        "note": kinds.text,
        "n_tasks_preferred": kinds.count_or_unknown,
    },
    key=("metric",),
)


@dataclass(frozen=True)
class Metric:
    """What is known of a metric.

    Attributes
    ----------
    group : str
        One of `METRIC_GROUPS`.
    higher_is_better : bool
        Taken as True where it is not known; ``flags`` then says so.
    output_group : str or None
        Metrics of one group score the same model outputs.
    is_share_of_examples : bool or None
        The score is a count of right examples over their number.
    flags : tuple of str
        ``unclassified``, ``direction_unknown`` or ``direction_from_file``, or nothing.
    """

    group: str = "other"
    higher_is_better: bool = True
    output_group: str | None = None
    is_share_of_examples: bool | None = None
    flags: tuple[str, ...] = field(default=("unclassified",))


class Metrics(dict[str, Metric]):
    """The metrics by name; one that nobody declared is `Metric()`, flagged ``unclassified``."""

    def __missing__(self, name: str) -> Metric:
        """Return what is assumed of a metric that nobody declared."""
        return Metric()


def metrics(
    catalog: list[dict[str, Any]],
    declared: Mapping[str, Mapping[str, Any]],
    where: str = "",
    stated: Mapping[str, bool] | None = None,
) -> Metrics:
    """Join the catalogue of metrics with those that a registry entry declares.

    Parameters
    ----------
    catalog : list of dict
        Rows of `METRIC_CATALOG`.
    declared : mapping of str to mapping
        The ``metrics`` of a registry entry.
    where : str, default ""
        The entry, for the message.
    stated : mapping of str to bool, optional
        Whether higher is better, as the scored files say: it counts for metrics of which
        catalogue and entry do not know it.

    Returns
    -------
    Metrics

    Raises
    ------
    InputError
        If an entry declares a metric that the catalogue classes: two datasets would then
        mean different things by one name.
    """
    known = Metrics()
    for row in catalog:
        unknown = row["higher_is_better"] is None
        known[row["metric"]] = Metric(
            group=row["metric_group"],
            higher_is_better=True if unknown else row["higher_is_better"],
            output_group=row["output_group"] or None,
            is_share_of_examples=row["is_share_of_examples"],
            flags=("direction_unknown",) if unknown else (),
        )
    for name, entry in declared.items():
        if name in known and not known[name].flags:
            raise InputError(
                f"the metric {name!r} is declared, but the catalogue has it already",
                where=where,
                remedy="Remove the declaration, or give your metric another name with `columns`.",
            )
        known[name] = Metric(
            group=entry["group"],
            higher_is_better=entry["higher_is_better"],
            output_group=entry.get("output_group"),
            is_share_of_examples=entry["is_share_of_examples"],
            flags=(),
        )
    for name, higher_is_better in (stated or {}).items():
        if known[name].flags:
            known[name] = replace(
                known[name], higher_is_better=higher_is_better, flags=("direction_from_file",)
            )
    return known


def stated_directions(sources: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Return which way metrics go as the files of a dataset say.

    Parameters
    ----------
    sources : iterable of mapping
        The facts of its sources, as ``sources.json`` has them.

    Returns
    -------
    dict of str to bool
        Whether higher is better; a metric on which sources differ is left out.
    """
    found: dict[str, set[bool]] = {}
    for source in sources:
        for name, higher_is_better in source.get("directions", {}).items():
            found.setdefault(name, set()).add(higher_is_better)
    return {name: next(iter(said)) for name, said in sorted(found.items()) if len(said) == 1}
