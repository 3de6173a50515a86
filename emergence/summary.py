"""What came out of a dataset, counted: the numbers that the pages state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emergence.axes import Axis, axes_of
from emergence.curves import JUDGED
from emergence.curves_table import CURVES
from emergence.facts.known_bad_data import KNOWN_BAD_DATA
from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.flags import has_flag
from emergence.measures import FEWEST_SCALES, ROUNDING, STATUSES
from emergence.schema import LEVELS
from emergence.scores import count_by
from emergence.scores_table import FLAGS, REJECT_REASONS, USES
from emergence.strict import strict
from emergence.study import Study
from emergence.versions import SUMMARY


def summarize(study: Study) -> dict[str, Any]:
    """Count a dataset's entries, rows, curves and statuses.

    Parameters
    ----------
    study : Study
        With curves.

    Returns
    -------
    dict
        Ready for JSON. ``steeper_than_line`` counts curves of at least four scales whose
        emergence score is above that of a straight line over as many scales (sharpness
        above 1, infinity included): a description, and no test.

    Raises
    ------
    ValueError
        If entries read are not rows + rejects: something was dropped in silence.
    """
    dataset, entry, scores, rejects = study.dataset, study.entry, study.scores, study.rejects
    sources = study.sources["files"]
    curves = study.curves
    axes = _axes(curves, axes_of(entry))
    # Counts are of one axis, so that no score counts twice.
    curves = curves.filter(curves["main_axis"])
    # Each group below is a filter of the whole table: without the lists it is a small one.
    curves = curves.select([field.name for field in CURVES if not pa.types.is_list(field.type)])
    entries = sum(source["entries"] for source in sources)
    if entries != scores.num_rows + rejects.num_rows:
        raise ValueError(
            f"{entries} entries read, but {scores.num_rows} rows and {rejects.num_rows} rejects"
        )
    return {
        "schema_version": SUMMARY,
        "dataset": dataset,
        "title": entry["title"],
        "synthetic": entry["synthetic"],
        "apart": _apart(entry),
        "sources": list(sources),
        "entries": {
            "read": entries,
            "rows": scores.num_rows,
            "rejects": rejects.num_rows,
            "rejects_by_reason": count_by(rejects["reason"], list(REJECT_REASONS)),
            "rows_by_use": count_by(scores["use"], list(USES)),
        },
        "sizes": {
            "tasks": pc.count_distinct(scores["task"]).as_py(),
            "metrics": pc.count_distinct(scores["metric"]).as_py(),
            "model_families": pc.count_distinct(scores["model_family"]).as_py(),
            "models": len(scores.group_by(["model_family", "model"]).aggregate([])),
        },
        "extent": {
            "files": sum(source.get("files", 1) for source in sources),
            "subtasks": _subtasks(scores),
            "shots": sorted(pc.unique(scores["shots"].drop_null()).to_pylist()),
        },
        "known_bad": _known_bad(dataset, scores, KNOWN_BAD_DATA.rows),
        "axes": axes,
        "curves": {
            "total": curves.num_rows,
            "by_status": count_by(curves["status"], list(STATUSES)),
            "by_level": count_by(curves["level"], list(LEVELS)),
            "by_flag": {flag: int(has_flag(curves["flags"], flag).sum()) for flag in FLAGS},
            "tie_sensitive": pc.sum(curves["tie_sensitive"]).as_py() or 0,
        },
        "unknown": {
            name: curves[name].null_count
            for name in ("shots", "n_examples", "chance", "high_score", "is_preferred")
        },
        "fewest_scales": FEWEST_SCALES,
        "by_metric": _by(curves, "metric"),
        "by_metric_group": _by(curves, "metric_group", METRIC_GROUPS),
        "by_model_family": _by(curves, "model_family"),
        "by_metric_and_family": [
            {"metric": metric, **counts}
            for metric in sorted(pc.unique(curves["metric"]).to_pylist())
            for counts in _by(curves.filter(pc.equal(curves["metric"], metric)), "model_family")
        ],
    }


def _axes(curves: pa.Table, axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """Count the curves over each axis, and say its least and its largest place."""
    found = []
    for axis in axes:
        some = curves.filter(pc.equal(curves["axis"], axis.name))
        ends = pc.min_max(pc.list_flatten(some["scales"])).as_py()
        models = pc.max(some["n_scales"]).as_py() or 0
        found.append({"axis": axis.name, "curves": some.num_rows, "models": models, **ends})
    return found


def _apart(entry: Mapping[str, Any]) -> str:
    """Say why a dataset is no evidence beside published scores; nothing for those."""
    if entry["synthetic"]:
        return "synthetic"
    return "trained here" if any(s["kind"] == "computed" for s in entry["sources"]) else ""


def shown_level(curves: pa.Table) -> str:
    """Return the level that the pages speak of: whole tasks, if there are any."""
    return "task" if pc.any(pc.equal(curves["level"], "task")).as_py() else "subtask"


def _subtasks(scores: pa.Table) -> int:
    parts = scores.select(["task", "subtask"]).filter(pc.not_equal(scores["subtask"], ""))
    return len(parts.group_by(["task", "subtask"]).aggregate([]))


def _known_bad(
    dataset: str, scores: pa.Table, known_bad: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """List what is known to be wrong in a dataset's data, with the rows that it touches."""
    listed = [dict(entry) for entry in known_bad if entry["dataset"] == dataset]
    if not listed:
        return []
    counted = scores.group_by(["task", "metric"]).aggregate([([], "count_all")]).to_pylist()
    for entry in listed:
        entry["rows"] = sum(
            part["count_all"]
            for part in counted
            if part["task"] == entry["task"] and entry["metric"] in ("", part["metric"])
        )
    return listed


def _by(curves: pa.Table, column: str, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Count curves by a column; subtask curves and task curves are counted apart."""
    values = names or sorted(pc.unique(curves[column]).to_pylist())
    return [
        {"name": name, "level": level, **_counts(part)}
        for name in values
        for level in LEVELS
        if (
            part := curves.filter(
                pc.and_(pc.equal(curves[column], name), pc.equal(curves["level"], level))
            )
        ).num_rows
        or (names and level == "task")
    ]


def _counts(curves: pa.Table) -> dict[str, Any]:
    status = count_by(curves["status"], list(STATUSES))
    judged = curves.filter(pc.is_in(curves["status"], value_set=pa.array(JUDGED)))
    sharpness = judged["sharpness"].to_numpy()
    # A quantile between a finite and an infinite score is not a number: take the lower
    # of the two middle curves' scores, which some curve really has.
    quartiles = np.quantile(sharpness, [0.25, 0.5, 0.75], method="lower") if len(sharpness) else []
    return {
        "curves": curves.num_rows,
        "tasks": pc.count_distinct(curves["task"]).as_py(),
        "by_status": status,
        "judged": judged.num_rows,
        "steeper_than_line": int(np.count_nonzero(sharpness > 1 + ROUNDING)),
        "sharpness_quartiles": [strict(q) for q in quartiles],
    }
