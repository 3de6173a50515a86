"""What is unknown about the curves of files, and how to supply it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from emergence.facts.metric_catalog import Metrics
from emergence.sources import FORMATS
from emergence.sources.formats import Remedy
from emergence.study import Study

#: Metrics that are listed, and lines to write in a table.
_MOST_METRICS, _MOST_LINES = 40, 100


def missing(study: Study) -> list[str]:
    """Return what is unknown about the curves, and how to supply it.

    Parameters
    ----------
    study : Study
        With ``curves``.

    Returns
    -------
    list of str
        Lines; what to write is indented.
    """
    curves = study.curves
    formats = [FORMATS[name] for name in sorted({s["format"] for s in study.entry["sources"]})]
    used = sorted(pc.unique(curves["metric"]).to_pylist())
    lines = []
    undirected = [name for name in used if study.metrics[name].flags]
    if undirected:
        lines.append(
            f"of {len(undirected)} metrics, which direction is better, and whether they are shares "
            "of examples. Write --metric NAME=GROUP:BETTER[:share], or in the entry:"
        )
        lines.append("  metrics:")
        lines.extend(f"    {_declared(name, study)}" for name in undirected[:_MOST_METRICS])
    unknown = curves["chance"].null_count
    if unknown:
        lines.extend(
            _with_remedies(
                f"the score of guessing, on {unknown} of {curves.num_rows} curves",
                [f.supplies.get("chance") for f in formats],
                _chance_to_add(curves, study.metrics),
            )
        )
    share = [
        bool(study.metrics[name].is_share_of_examples) for name in curves["metric"].to_pylist()
    ]
    counts = curves["n_examples_by_scale"].to_pylist()
    unknown = sum(s and None in n for s, n in zip(share, counts, strict=True))
    if unknown:
        lines.extend(
            _with_remedies(
                f"the number of examples, on {unknown} of the {sum(share)} curves that are shares: "
                "no intervals, and tests as for bounded scores",
                [f.supplies.get("n_examples") for f in formats],
            )
        )
    unknown = curves["shots"].null_count
    if unknown:
        lines.append(
            f"the number of shots, on {unknown} of {curves.num_rows} curves: kept as unknown"
        )
    return lines


def _with_remedies(
    lacked: str, remedies: Sequence[Remedy | None], lines: Sequence[str] = ()
) -> Iterator[str]:
    """Say what is not known, and what formats say of how to supply it."""
    given = [remedy for remedy in remedies if remedy is not None]
    yield f"{lacked}. Write:" if given else f"{lacked}: kept as unknown"
    for remedy in given:
        yield f"  {remedy.text}"
        if remedy.lists_lines:
            yield from (f"    {line}" for line in lines)


def _chance_to_add(curves: pa.Table, metrics: Metrics) -> list[str]:
    """Return the lines that a table of scores of guessing lacks, of metrics that are shares."""
    without = curves.filter(pc.is_null(curves["chance"])).select(["task", "metric"]).to_pylist()
    pairs = sorted(
        {
            (row["task"], row["metric"])
            for row in without
            if metrics[row["metric"]].is_share_of_examples
        }
    )
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["task", "metric", "low_score", "source"])
    for task, metric in pairs[:_MOST_LINES]:
        writer.writerow([task, metric, "<score of guessing>", "<source>"])
    more = len(pairs) - _MOST_LINES
    return [*lines.getvalue().splitlines(), *([f"and {more} more"] if more > 0 else [])]


def _declared(name: str, study: Study) -> str:
    metric = study.metrics[name]
    known = "direction_from_file" in metric.flags
    better = str(metric.higher_is_better).lower() if known else "<true or false>"
    said = "  # as the files say" if known else ""
    quoted = yaml.safe_dump(name, default_style=None if name.isidentifier() else '"').split("\n")[0]
    return (
        f"{quoted}: {{group: <discontinuous, continuous or other>, higher_is_better: {better}, "
        f"is_share_of_examples: <true or false>}}{said}"
    )
