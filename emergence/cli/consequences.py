"""Notices on how scores are treated, where a reader may not expect it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from emergence.axes import AXES, DEFAULT, axes_of
from emergence.errors import shorten
from emergence.flags import has_flag
from emergence.pages.words import large, plural
from emergence.scales import FEWEST_SCALES, SMALLEST_SIZE
from emergence.sources.own_tables import UNNAMED
from emergence.study import Study

#: Names that are listed of each kind.
_MOST_NAMED = 6


def consequences(study: Study) -> list[str]:
    """Return notices on scores that are averaged, rescaled or otherwise unexpected.

    Parameters
    ----------
    study : Study
        With ``curves``.

    Returns
    -------
    list of str
        One a consequence, with what to write instead.
    """
    return [
        *_same_sizes(study.scores),
        *_replicates(study),
        *_small_sizes(study.scores),
        *_unnamed(study.scores),
        *_outside(study.scores),
        *_differing(study.scores),
        *_other_axes(study),
        *_steps(study.scores),
    ]


def _other_axes(study: Study) -> Iterator[str]:
    """Say over what else curves could be drawn."""
    chosen = [axis.name for axis in axes_of(study.entry)]
    for axis in AXES.values():
        if axis.name in chosen:
            continue
        places = pc.count_distinct(study.scores[axis.column]).as_py()
        if places >= FEWEST_SCALES and axis != DEFAULT:
            yield (
                f"{axis.title} is known too ({places:,} values). For curves over it as well: "
                f"--axis {' '.join([*chosen, axis.name])}"
            )


def _steps(scores: pa.Table) -> Iterator[str]:
    """Say which checkpoints have no place on the axis of tokens."""
    unknown = scores.filter(pc.is_null(scores["tokens"]))
    steps = pc.match_substring_regex(unknown["condition"].cast(pa.string()), r"(^|;)step=")
    models = sorted(pc.unique(unknown.filter(steps)["model"].cast(pa.string())).to_pylist())
    if models:
        yield (
            f"the tokens per step of {_listed(models)} are unknown, so these checkpoints have no "
            "place on the axis tokens. Add a column tokens_per_step to a table of sizes: --sizes "
            "PATH"
        )


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    listed = ", ".join(shorten(name, 60) for name in names[:_MOST_NAMED])
    return listed + (f" and {more} more" if more > 0 else "")


def _models(scores: pa.Table) -> list[dict]:
    names = ["model_family", "scale", "model", "condition"]
    used = scores.filter(pc.equal(scores["use"].cast(pa.string()), "used"))
    found = used.select(names).group_by(names).aggregate([]).to_pylist()
    return sorted(found, key=lambda row: tuple(row[name] for name in names))


def _same_sizes(scores: pa.Table) -> Iterator[str]:
    sizes: dict[tuple[str, float, str], list[str]] = {}
    for row in _models(scores):
        at = (row["model_family"], row["scale"], row["condition"])
        sizes.setdefault(at, []).append(row["model"])
    # The same models may be tied under several conditions.
    tied = {at[:2]: models for at, models in sizes.items() if len(models) > 1}
    for (family, scale), models in list(tied.items())[:_MOST_NAMED]:
        yield (
            f"{len(models)} models of {shorten(family, 60)} have the same size ({large(scale)}) "
            f"and are averaged to one point of its curves: {_listed(models)}. If they are "
            "different kinds of model, give each its own family."
        )
    if len(tied) > _MOST_NAMED:
        yield f"the same holds for {len(tied) - _MOST_NAMED} more sizes"


def _replicates(study: Study) -> Iterator[str]:
    replicates = pc.unique(study.scores["replicate"].cast(pa.string())).to_pylist()
    if len(replicates) < 2 and "" in replicates:
        return
    spread = study.curves["replicate_spread"].to_pylist()
    averaged = sum(any(value is not None for value in values) for values in spread)
    names = sorted(filter(None, replicates))
    listed = f": {_listed(names)}" if len(names) <= _MOST_NAMED else ""
    if averaged:
        yield (
            f"{len(names)} replicates (seeds or runs){listed} are averaged on {averaged} of "
            f"{plural(study.curves.num_rows, 'curve')}. A mean is not a count "
            "of right answers, so these curves are tested as bounded scores, without the number of "
            "examples."
        )


def _small_sizes(scores: pa.Table) -> Iterator[str]:
    small = {row["model"]: row["scale"] for row in _models(scores) if row["scale"] < SMALLEST_SIZE}
    if small:
        named = _listed([f"{name} {scale:g}" for name, scale in small.items()])
        some = next(iter(small.values()))
        yield (
            f"{plural(len(small), 'model')} with under {SMALLEST_SIZE:,} parameters: {named}. Is "
            f"{some:g} the number of parameters? If the sizes are in billions: --size-unit B. "
            "Tests and exponents do not depend on the unit, pages do."
        )


def _unnamed(scores: pa.Table) -> Iterator[str]:
    models = sorted({row["model"] for row in _models(scores) if row["model_family"] == UNNAMED})
    if models:
        yield (
            f"{plural(len(models), 'model')} without a family make one, '{UNNAMED}': "
            f"{_listed(models)}. Name it: the column model_family, or --size NAME=1.3B,FAMILY"
        )


def _outside(scores: pa.Table) -> Iterator[str]:
    flagged = pa.array(has_flag(scores["flags"], "no_share"))
    found: dict[str, list[float]] = {}
    for row in scores.filter(flagged).select(["metric", "score"]).to_pylist():
        found.setdefault(row["metric"], []).append(row["score"])
    for metric, values in sorted(found.items()):
        text = (
            f"scores outside 0 to 1: {len(values)} of {shorten(metric, 60)}, a share of examples, "
            f"go from {min(values):g} to {max(values):g}."
        )
        if max(values) <= 100 and min(values) >= 0:
            text += " Percent? Divide them by 100. Else give the metric another name."
        yield text


def _differing(scores: pa.Table) -> Iterator[str]:
    count = int(has_flag(scores["flags"], "beside_differs").sum())
    if count:
        yield (
            f"{plural(count, 'score')} given more than once, with different standard errors, "
            "examples or bounds: each counts once, and what differs is unknown."
        )
