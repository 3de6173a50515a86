"""The catalogue of metrics, and what is known of each together with what a dataset says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emergence.errors import InputError
from emergence.facts import kinds
from emergence.facts.reading import FactsTable

METRIC_GROUPS = ("discontinuous", "continuous", "other")

#: Which law of scale a metric's scores have: a share of examples, a bounded score that is no
#: count, a loss without an upper end, or none that is known.
LAWS = ("share", "bounded", "loss", "none")

#: What is taken of a score before its law: the logarithm of a perplexity, which is a loss; the
#: exponential of a mean log-probability among choices; the root of a squared error of
#: probabilities.
TAKEN = ("", "log", "exp", "root")

METRIC_CATALOG = FactsTable(
    "metric_catalog",
    columns={
        "metric": kinds.name,
        "metric_group": kinds.one_of(*METRIC_GROUPS),
        "higher_is_better": kinds.truth_or_unknown,
        "output_group": kinds.text,
        "is_share_of_examples": kinds.truth,
        "law": kinds.one_of(*LAWS),
        "lower": kinds.end_of_range,
        "upper": kinds.end_of_range,
        "taken": kinds.one_of(*TAKEN),
        "guess_is_floor": kinds.truth_or_unknown,
        "unit": kinds.text,
        "rescaled_by_upstream_loader": kinds.truth,
        "definition": kinds.text,
        "note": kinds.text,
        "n_tasks_preferred": kinds.count_or_unknown,
    },
    key=("metric",),
)


@dataclass(frozen=True)
class Law:
    """The law of scale of a metric's scores, in the metric's own unit.

    Attributes
    ----------
    kind : str
        One of `LAWS`.
    lower, upper : float, "guess" or None
        Ends of the range; ``guess`` is the task's score of guessing. None where there is no end,
        or none is known.
    taken : str
        One of `TAKEN`.
    guess_is_floor : bool
        Whether a model that is not better than guessing scores as guessing does. A Brier score
        or the probability of the right choice can be worse without end.
    """

    kind: str
    lower: float | str | None = None
    upper: float | str | None = None
    taken: str = ""
    guess_is_floor: bool = True


#: The law of a share of examples, and that of a metric of which nothing is known.
SHARE, NO_LAW = Law("share", 0.0, 1.0), Law("none")


@dataclass(frozen=True)
class Metric:
    """A metric: its group, direction, range and law.

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
    other_law : Law
        Which law its scores have if they are no share of examples.
    """

    group: str = "other"
    higher_is_better: bool = True
    output_group: str | None = None
    is_share_of_examples: bool | None = None
    flags: tuple[str, ...] = field(default=("unclassified",))
    other_law: Law = NO_LAW

    @property
    def law(self) -> Law:
        """Which law its scores have."""
        return SHARE if self.is_share_of_examples else self.other_law


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
        mean different things by one name. If a law and a range do not go together.
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
            other_law=_law(row, f"metric_catalog.csv, metric {row['metric']!r}"),
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
            other_law=_law(entry, f"{where}, metric {name!r}" if where else f"metric {name!r}"),
        )
    for name, higher_is_better in (stated or {}).items():
        if known[name].flags:
            known[name] = replace(
                known[name], higher_is_better=higher_is_better, flags=("direction_from_file",)
            )
    return known


def _law(row: Mapping[str, Any], where: str) -> Law:
    """Take the law from a row of the catalogue or a declaration, and check that it is one."""
    share = row["is_share_of_examples"]
    kind = row.get("law") or ("share" if share else "none")
    if (kind == "share") != share:
        raise InputError(
            f"law {kind!r} and is_share_of_examples {str(share).lower()} seen; the law is share "
            "if the score is a share of examples, and only then",
            where=where,
            remedy="Leave `law` out of a share; say bounded, loss or none of any other metric.",
        )
    if share:
        return NO_LAW
    law = Law(
        kind,
        row.get("lower"),
        row.get("upper"),
        row.get("taken") or "",
        row.get("guess_is_floor") is not False,
    )
    _check_ends(law, row["higher_is_better"], where)
    return law


def _check_ends(law: Law, higher_is_better: bool | None, where: str) -> None:
    allowed = {"bounded": ("", "exp", "root"), "loss": ("", "log")}.get(law.kind, ("",))
    if law.taken not in allowed:
        raise InputError(
            f"taken {law.taken!r} seen; of a metric with law {law.kind} allowed is: "
            f"{' or '.join(name or 'nothing' for name in allowed)}",
            where=where,
            remedy="`log` is for a perplexity, which is a loss; `exp` for a mean log-probability "
            "among choices in nats and `root` for a Brier score, which are bounded.",
        )
    if law.kind != "bounded" or law.taken == "exp":
        return
    ends = (law.lower, law.upper) if higher_is_better else (law.upper, law.lower)
    numbers = [end for end in ends if not isinstance(end, str) and end is not None]
    rising = len(numbers) < 2 or law.lower < law.upper
    if law.taken == "root":
        # An error: none is the best, and the root of a negative one is none.
        rising &= not higher_is_better and law.lower == 0
    if None in ends or ends[1] == "guess" or not rising:
        raise InputError(
            f"lower {law.lower!r} and upper {law.upper!r} seen; a bounded metric has two numbers "
            "that rise, or guess for the worst of them; an error whose root is taken begins at 0",
            where=where,
            remedy="Give both ends of the range, or say `law: none`.",
        )


def stated_directions(sources: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Return the directions of metrics that the files of a dataset state.

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
