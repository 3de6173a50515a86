"""`emergence check`: what files contain, which curves they make, what is missing."""

from __future__ import annotations

import argparse
import os
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from emergence.cli.consequences import consequences
from emergence.cli.fix import append_entry
from emergence.cli.hints import hint, models_to_add
from emergence.cli.missing import missing
from emergence.cli.missing_models import write_missing_models
from emergence.cli.printing import print_table, say
from emergence.cli.project import read_dataset, sources_of
from emergence.cli.repeats import told_apart
from emergence.errors import shorten
from emergence.pages.words import plural
from emergence.scales import FEWEST_SCALES
from emergence.scores_table import NOTHING_LOST, REJECT_REASONS
from emergence.stages.measure import measure
from emergence.study import Study

#: Names that are listed of each kind; curves, likewise, by groups.
_MOST_NAMED, _MOST_GROUPS = 12, 40

#: Lines to write in a table that are shown.
_MOST_LINES = 100


def check(chosen: argparse.Namespace) -> int:
    """Print what files contain and the entry for a registry; with ``--fix``, append it.

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
    for line in told_apart(study, chosen):
        say(f"    {line}")
    written = write_missing_models(study, chosen)
    if not study.scores.num_rows and written:
        return 0
    if not study.scores.num_rows:
        say("\nNothing here can be used.")
        if chosen.fix:
            say("Nothing was written.")
        return 1
    study = measure(study)
    _say_contents(study)
    _say_curves(study.curves)
    _say_rest(study)
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
        say("\nEntry for a registry; paths start from its folder. The same command with --fix")
        say(f"appends it to {shorten(chosen.registry)} and prints how to build the report:")
        say(yaml.safe_dump({"datasets": {study.dataset: entry}}, sort_keys=False).rstrip())
    _say_lost(study, chosen.unread)
    return 0


def _entry(study: Study, chosen: argparse.Namespace) -> dict[str, Any]:
    return {
        **study.entry,
        "licence": chosen.licence or "unknown; write it here",
        "citation": [chosen.citation or "unknown; write here how to cite the scores"],
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
        say("\nLines for a table of models (a CSV file; replace what is between < and >):")
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
        say(f"{unused} score rows are kept but give no point: missing, NaN or infinite")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(shorten(name, 60) for name in names[:_MOST_NAMED]) + (
        f" and {more} more" if more > 0 else ""
    )


def _say_curves(curves: pa.Table) -> None:
    by = ["metric", "model_family", "condition", "shots", "level", "n_scales"]
    if pc.count_distinct(curves["axis"]).as_py() > 1:
        by.insert(3, "axis")
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
            f"{short} of them have fewer than {FEWEST_SCALES} scales: they get a score and are "
            "never called emergent"
        )


def _say_rest(study: Study) -> None:
    """Say what to expect, what is missing, and what is lost."""
    said, lacked, lost = consequences(study), missing(study), study.rejects.num_rows
    if said:
        say("\nnotes:")
        for line in said:
            say(f"  {line}")
    if lacked:
        say("\nmissing:")
        for line in lacked:
            say(f"  {line}")
    elif not lost:
        say("\nnothing is missing")


def _say_lost(study: Study, unread: Sequence[str]) -> None:
    """Say last what is lost: rejects, save those that are there otherwise, and unread files."""
    counts = Counter(study.rejects["reason"].to_pylist())
    lost = {reason: n for reason, n in counts.items() if reason not in NOTHING_LOST}
    parts = []
    if lost:
        total = study.scores.num_rows + study.rejects.num_rows
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(lost.items()))
        parts.append(f"{sum(lost.values())} of {total} entries: {reasons}")
    if unread:
        parts.append(f"{plural(len(unread), 'file')} not read: {_listed(unread)}")
    if parts:
        say(f"\nlost: {'; '.join(parts)}")
    elif counts:
        kept = ", ".join(f"{n} {reason}" for reason, n in sorted(counts.items()))
        say(f"\nno score is lost: other entries cover all rejects ({kept})")
