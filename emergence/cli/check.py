"""`emergence check`: what files hold, which curves they make, what is missing."""

from __future__ import annotations

import argparse
import csv
import io
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from emergence.cli.fix import append_entry
from emergence.cli.hints import hint, models_to_add
from emergence.cli.printing import print_table, say
from emergence.cli.project import read_dataset, sources_of
from emergence.errors import shorten
from emergence.facts.metric_catalog import Metrics
from emergence.flags import has_flag
from emergence.scales import FEWEST_SCALES
from emergence.schema import REJECT_REASONS
from emergence.sources import FORMATS
from emergence.sources.formats import Remedy
from emergence.stages.measure import measure
from emergence.study import Study

#: Names that are listed of each kind; curves, likewise, by groups.
_MOST_NAMED, _MOST_GROUPS = 12, 40

#: Lines to write in a table that are shown.
_MOST_LINES = 100


def check(chosen: argparse.Namespace) -> int:
    """Print what files hold and what to write; with ``--fix``, write it.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    int
        Exit status: 1 if no entry could be used.
    """
    registry = Path(chosen.registry)
    # Read as they are named here, so that messages name them so; written as the registry needs.
    study = read_dataset(chosen, Path.cwd())
    _say_files(study)
    _say_rejects(study.rejects)
    if not study.scores.num_rows:
        say("\nNothing here can be used.")
        if chosen.fix:
            say("Nothing was written.")
        return 1
    curves = measure(study).curves
    _say_contents(study)
    _say_curves(curves)
    _say_missing(study, curves)
    entry = _entry(study, chosen)
    if chosen.fix:
        folder = Path(os.path.abspath(registry)).parent
        entry["sources"] = sources_of(chosen, folder)
        append_entry(registry, study.dataset, entry)
        say(f"\nWritten to {registry}: entry {study.dataset}.")
        place = shlex.quote(os.path.abspath(registry))
        say("Next, in the project's folder:")
        say(f"  make report DATASETS={study.dataset} REGISTRY={place}")
    else:
        say("\nTo write in a registry; paths start from its folder. The same command with --fix")
        say(f"writes it to {shorten(chosen.registry)}, and says how to build the report:")
        say(yaml.safe_dump({"datasets": {study.dataset: entry}}, sort_keys=False).rstrip())
    return 0


def _entry(study: Study, chosen: argparse.Namespace) -> dict[str, Any]:
    return {
        "title": chosen.title or study.dataset,
        "synthetic": False,
        "licence": chosen.licence or "unknown; write it here",
        "citation": [chosen.citation or "unknown; write here how to cite the scores"],
        **study.entry,
    }


def _say_files(study: Study) -> None:
    formats = {source["path"]: source["format"] for source in study.entry["sources"]}
    for facts in study.sources["files"]:
        said = [f"format {formats[facts['path']]}"] if facts["path"] in formats else []
        said += [f"{facts['files']} files"] if facts["files"] > 1 else []
        # What holds no scores is read beside them; its note says what it is.
        said += [f"{facts['entries']} entries"] if facts["files"] else []
        say(f"{facts['path']}: {', '.join(said)}".rstrip())
        for note in facts["notes"]:
            say(f"  note: {note}")
    rows, rejects = study.scores.num_rows, study.rejects.num_rows
    say(f"{rows + rejects} entries: {rows} score rows, {rejects} rejects")


def _say_rejects(rejects: pa.Table) -> None:
    first: dict[str, dict[str, Any]] = {}
    counts = Counter(rejects["reason"].to_pylist())
    for reject in rejects.to_pylist():
        first.setdefault(reject["reason"], reject)
    for reason, count in counts.most_common():
        example = first[reason]
        place = f"{example['source_file']} {example['source_entry']}".strip()
        say(f"  {count} rejected as {reason}: {REJECT_REASONS[reason]}")
        say(f"    for example at {shorten(place)}: {example['seen']}")
        if hint(example):
            say(f"    {hint(example)}")
    lines = models_to_add(rejects.to_pylist())
    if lines:
        say("\nLines for a table of models (a CSV file; write what stands between < and >):")
        say("  model,model_family,n_params,scale_kind,source")
        for line in lines[:_MOST_LINES]:
            say(f"  {line}")
        if len(lines) > _MOST_LINES:
            say(f"  and {len(lines) - _MOST_LINES} more")


def _say_contents(study: Study) -> None:
    scores = study.scores
    say()
    for title, column in (
        (("task", "tasks"), "task"),
        (("metric", "metrics"), "metric"),
        (("model family", "model families"), "model_family"),
    ):
        names = sorted(pc.unique(scores[column].cast(pa.string())).to_pylist())
        say(f"{len(names)} {title[len(names) != 1]}: {_listed(names)}")
    models: dict[str, set[tuple[float, str]]] = {}
    for row in scores.select(["model_family", "scale", "model"]).to_pylist():
        models.setdefault(row["model_family"], set()).add((row["scale"], row["model"]))
    for family, found in sorted(models.items()):
        sizes = [f"{name} ({scale:.3g})" for scale, name in sorted(found)]
        say(f"  {family}: {_listed(sizes)}")
    unused = scores.num_rows - pc.sum(pc.equal(scores["use"].cast(pa.string()), "used")).as_py()
    if unused:
        say(f"{unused} score rows are kept and make no point: missing, NaN or infinite")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(shorten(name, 60) for name in names[:_MOST_NAMED]) + (
        f" and {more} more" if more > 0 else ""
    )


def _say_curves(curves: pa.Table) -> None:
    by = ["metric", "model_family", "condition", "shots", "level", "n_scales"]
    groups = curves.select(by).group_by(by).aggregate([([], "count_all")]).to_pylist()
    groups.sort(key=lambda row: [(row[name] is None, row[name]) for name in by])
    say(f"\n{curves.num_rows} scale {'curve' if curves.num_rows == 1 else 'curves'}:")
    rows = [{"curves": row["count_all"], **row} for row in groups[:_MOST_GROUPS]]
    print_table(rows, ["curves", *by])
    if len(groups) > _MOST_GROUPS:
        say(f"and {len(groups) - _MOST_GROUPS} more kinds")
    short = pc.sum(pc.less(curves["n_scales"], FEWEST_SCALES)).as_py()
    if short:
        say(
            f"fewer than {FEWEST_SCALES} scales: {short} of them, which get a score and are never "
            "called emergent"
        )


def _say_missing(study: Study, curves: pa.Table) -> None:
    """Say what is not known of the curves, and what to write so that it is."""
    formats = [FORMATS[name] for name in sorted({s["format"] for s in study.entry["sources"]})]
    used = sorted(pc.unique(curves["metric"]).to_pylist())
    missing = []
    undirected = [name for name in used if study.metrics[name].flags]
    if undirected:
        missing.append(
            f"what {len(undirected)} metrics are: which way is better, and whether they are shares "
            "of examples. Write in the entry:"
        )
        missing.append("  metrics:")
        missing.extend(f"    {_declared(name, study)}" for name in undirected[:_MOST_GROUPS])
    missing.extend(_outside(study))
    unknown = curves["chance"].null_count
    if unknown:
        missing.extend(
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
        missing.extend(
            _with_remedies(
                f"the number of examples, on {unknown} of the {sum(share)} curves that are shares: "
                "no intervals and no tests of a rise",
                [f.supplies.get("n_examples") for f in formats],
            )
        )
    unknown = curves["shots"].null_count
    if unknown:
        missing.append(
            f"the number of shots, on {unknown} of {curves.num_rows} curves: kept as unknown"
        )
    say("\nmissing:" if missing else "\nnothing is missing")
    for line in missing:
        say(f"  {line}")


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


def _outside(study: Study) -> list[str]:
    """Say which scores cannot be what their metric is."""
    scores = study.scores
    flagged = pa.array(has_flag(scores["flags"], "no_share"))
    found: dict[str, list[float]] = {}
    for row in scores.filter(flagged).select(["metric", "score"]).to_pylist():
        found.setdefault(row["metric"], []).append(row["score"])
    lines = []
    for metric, values in sorted(found.items()):
        lines.append(
            f"scores between 0 and 1: {len(values)} of {shorten(metric, 60)}, a share of examples, "
            f"go from {min(values):g} to {max(values):g}."
        )
        if max(values) <= 100 and min(values) >= 0:
            lines.append("  Percent? Divide them by 100. Else give the metric another name.")
    return lines


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
