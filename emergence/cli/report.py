"""`emergence report`: from files to a page, without the workflow."""

from __future__ import annotations

import argparse
import os
import shlex
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emergence.axes import DEFAULT, axes_of
from emergence.cli.consequences import consequences
from emergence.cli.hints import hint
from emergence.cli.missing import missing
from emergence.cli.missing_models import write_missing_models
from emergence.cli.printing import say, say_error
from emergence.cli.project import read_dataset, said_again
from emergence.cli.repeats import told_apart
from emergence.errors import InputError, did_you_mean, shorten
from emergence.pages.words import VERDICTS, extent, large, plural
from emergence.progress import Progress, shown
from emergence.scales import FEWEST_SCALES
from emergence.scores_table import REJECT_REASONS
from emergence.sources.files import REPORT_MARK
from emergence.stages.decide import decide
from emergence.stages.explore import explore
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.stages.population import population
from emergence.stages.render import made_with, render, write_page, write_tables
from emergence.stages.resample import BESIDE as BESIDE_ANSWERS
from emergence.stages.resample import resample, write_beside
from emergence.study import TABLES, Study, schema_of
from emergence.tables import write_json, write_table

#: The tables beside a page, in the order in which it lists them; the workflow has the same.
BESIDE = (
    *("scores.csv", "scores.parquet", "rejects.csv", "rejects.parquet"),
    *("curves.csv", "curves.parquet", "curve_points.csv"),
    *("inference.csv", "inference.parquet", "pooled.csv", "pooled.parquet"),
    *("units.csv", "units.parquet", "residuals.csv", "residuals.parquet"),
    *("labels.csv", "labels.parquet"),
    *("tasks.csv", "metrics.csv", "families.csv", "population.csv", "population.json"),
    *("claims.json", "summary.json", "figures.json"),
)

#: Lines of one kind that fit on a screen with the others.
_MOST_LINES = 6


def report(chosen: argparse.Namespace) -> int:
    """Write the report on files.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    InputError
        If nothing can be used, or something would be overwritten.
    """
    out = Path(chosen.out)
    _refuse_other_folders(out)
    with shown(say=lambda text: say_error(text, "note")) as progress:
        progress.doing("reading")
        study = read_dataset(chosen, Path.cwd())
    # With texts as dictionaries, in which they are written.
    scores = study.stored("scores")
    _say_found(study)
    for line in told_apart(study, chosen):
        say(f"  {line}")
    written = write_missing_models(study, chosen)
    if not study.scores.num_rows and written:
        say("report:   none yet, because no model has a size")
        return 0
    if not study.scores.num_rows:
        raise _nothing(study, chosen)
    study = _only(measure(study), chosen)
    _say_made(study)
    with shown(say=lambda text: say_error(text, "note")) as progress:
        study = _finished(study, progress)
        page = _write(study.having(scores=scores), out, chosen, progress)
    _say_result(study)
    say(f"report:   {shorten(str(page), 1000)}")
    return 0


def _refuse_other_folders(out: Path) -> None:
    """Raise if something stands there that no report is."""
    try:
        if out.is_dir() and ((out / REPORT_MARK).is_file() or not any(out.iterdir())):
            return
        if not os.path.lexists(out):
            return
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=shorten(str(out))) from error
    raise InputError(
        "exists and is no report of this command: nothing was overwritten",
        where=shorten(str(out)),
        remedy="Name another folder: --out DIR",
    )


def _finished(study: Study, progress: Progress) -> Study:
    progress.doing("resampling the examples")
    study = resample(study, progress)
    progress.doing("tests and intervals")
    study = infer(study, progress)
    progress.doing("pooling the tasks")
    study = pool(study)
    progress.doing("verdicts")
    study = label(study)
    progress.doing("the exponents of all curves together")
    return decide(population(study), progress)


def _only(study: Study, chosen: argparse.Namespace) -> Study:
    """Leave out the curves of metrics and model families that were not asked for.

    The scores stay: entries read are rows and rejects.
    """
    curves, notes = study.curves, []
    for option, column, given in (
        ("metrics", "metric", chosen.metrics),
        ("families", "model_family", chosen.families),
    ):
        if not given:
            continue
        there = sorted(pc.unique(study.curves[column]).to_pylist())
        names = _names(given, there, option)
        curves = curves.filter(pc.is_in(curves[column], value_set=pa.array(names, pa.string())))
        left = len(there) - len(names)
        notes.append(f"Only these {option} are shown: {', '.join(names)}; {left} left out.")
    if not curves.num_rows:
        raise InputError(
            "no curve has one of these metrics and one of these families",
            where="options --metrics and --families",
            remedy=f"To list them: emergence check {shlex.join(chosen.files)}",
        )
    if not notes:
        return study
    entry = {**study.entry, "notes": notes}
    known = {name: study.stored(name) for name in ("scores", "rejects", "outcomes")}
    known |= {"sources": study.sources, "curves": curves}
    return Study(study.dataset, entry, study.settings, known=known)


def _names(given: Sequence[str], there: Sequence[str], option: str) -> list[str]:
    """Return the names that an option gives, apart or joined by commas."""
    names: list[str] = []
    for text in given:
        names += [text] if text in there else [part.strip() for part in text.split(",")]
    for name in names:
        if name not in there:
            raise InputError(
                f"there is no '{shorten(name)}': {did_you_mean(name, there)}",
                where=f"option --{option}",
            )
    return list(dict.fromkeys(names))


def _say_found(study: Study) -> None:
    formats = {source["path"]: source["format"] for source in study.entry["sources"]}
    for facts in study.sources["files"]:
        said = [formats[facts["path"]]] if facts["path"] in formats else []
        said += [f"{facts['files']:,} files"] if facts["files"] > 1 else []
        # What holds no scores is read beside them; its note says what it is.
        said += [plural(facts["entries"], "entry", "entries")] if facts["files"] else []
        say(f"found:    {shorten(facts['path'], 200)}: {', '.join(said)}".rstrip(": "))
        for note in facts["notes"]:
            say(f"  note: {shorten(note, 300)}")
    rejects = study.rejects.to_pylist()
    first: dict[str, dict[str, Any]] = {}
    for reject in rejects:
        first.setdefault(reject["reason"], reject)
    counts = Counter(reject["reason"] for reject in rejects)
    for reason, count in counts.most_common(_MOST_LINES):
        example = first[reason]
        said = hint(example) if reason != "unknown_model" else ""
        say(f"rejected: {count:,} entries, {reason}: {REJECT_REASONS[reason]}")
        place = f"{example['source_file']} {example['source_entry']}".strip()
        say(f"  for example {shorten(place, 120)}: {shorten(example['seen'], 100)}")
        if said:
            say(f"  {said}")
    if len(counts) > _MOST_LINES:
        say(f"rejected: for {len(counts) - _MOST_LINES} more reasons")


def _say_made(study: Study) -> None:
    curves = study.curves
    kinds = [
        plural(len(pc.unique(curves[column])), *words)
        for column, words in (
            ("task", ("task",)),
            ("metric", ("metric",)),
            ("model_family", ("model family", "model families")),
        )
    ]
    say(f"made:     {plural(curves.num_rows, 'scale curve')} of {', '.join(kinds)}")
    models: dict[str, set[tuple[float, str]]] = {}
    for row in study.scores.select(["model_family", "scale", "model"]).to_pylist():
        models.setdefault(row["model_family"], set()).add((row["scale"], row["model"]))
    shown_families = set(pc.unique(curves["model_family"]).to_pylist())
    shown = {family: found for family, found in models.items() if family in shown_families}
    # The families with the longest curves first.
    longest = sorted(shown.items(), key=lambda one: (-len({size for size, _ in one[1]}), one[0]))
    lines = []
    for family, found in longest:
        ends = dict.fromkeys(large(size) for size in (min(found)[0], max(found)[0]))
        models_of = plural(len(found), "model")
        lines.append(f"  {shorten(family, 60)}: {models_of}, {' to '.join(ends)} parameters")
    _say_first(lines, "families", "family")
    for axis in axes_of(study.entry):
        if axis != DEFAULT:
            some = curves.filter(pc.equal(curves["axis"], axis.name))
            ends = pc.min_max(pc.list_flatten(some["scales"])).as_py()
            ends = [ends["max"], ends["min"]] if axis.falls else [ends["min"], ends["max"]]
            say(f"  over {axis.title}: {plural(some.num_rows, 'curve')}, {extent(ends, axis.name)}")
    short = pc.sum(pc.less(curves["n_scales"], FEWEST_SCALES)).as_py()
    if short:
        say(f"  fewer than {FEWEST_SCALES} scales, and never called emergent: {short:,} curves")
    _say_first([f"note:     {line}" for line in consequences(study)], "notes", "note")
    lacked = [line for line in missing(study) if not line.startswith(" ")]
    _say_first([f"missing:  {line.partition(' Write')[0]}" for line in lacked], "things", "thing")
    if lacked:
        say("  for what to write: emergence check, with the same files and options")


def _say_first(lines: Sequence[str], many: str, one: str) -> None:
    for line in lines[:_MOST_LINES]:
        say(line)
    more = len(lines) - _MOST_LINES
    if more > 0:
        say(f"  and {more} more {one if more == 1 else many}")


def _say_result(study: Study) -> None:
    # Over the first axis, as the page counts.
    labels = study.labels.filter(study.curves["main_axis"])
    rises, apparent = (
        pc.sum(pc.fill_null(labels[name], False)).as_py() or 0 for name in ("rises", "apparent")
    )
    verdicts = Counter(labels["verdict"].to_pylist())
    counted = ", ".join(f"{verdicts[name]:,} {words}" for name, words in VERDICTS.items())
    look = "looks" if apparent == 1 else "look"
    say(f"result:   {rises:,} of {labels.num_rows:,} curves rise; {apparent:,} {look} emergent:")
    say(f"  {counted}")


def _nothing(study: Study, chosen: argparse.Namespace) -> InputError:
    only_sizes = {reject["reason"] for reject in study.rejects.to_pylist()} == {"unknown_model"}
    files = ", ".join(chosen.files)
    if only_sizes:
        return InputError(
            "no model has a size, and curves run over sizes",
            where=shorten(files),
            remedy="The lines above say what to do.",
        )
    return InputError(
        f"none of the {study.rejects.num_rows} entries could be used",
        where=shorten(files),
        remedy=f"Ask why: emergence check {said_again(chosen)}",
    )


def _write(study: Study, out: Path, chosen: argparse.Namespace, progress: Progress) -> Path:
    """Write the page with all that it links to; return its path."""
    tables = out / "tables"
    again = f"emergence report {said_again(chosen)}"
    if chosen.out != "emergence-report":
        again += f" --out {shlex.quote(chosen.out)}"
    provenance = made_with(f"emergence {version('emergence')}")
    provenance |= {"again": again, "tables": str(tables)}
    progress.doing("drawing the figures")
    has_answers = study.resampled.num_rows > 0
    page = render(study, provenance, (*BESIDE, *(BESIDE_ANSWERS if has_answers else ())))
    progress.doing("writing")
    _remove_report(out)
    tables.mkdir(parents=True, exist_ok=True)
    mark = out / REPORT_MARK
    others = _files(out) - {mark}
    mark.write_text("", encoding="utf-8")
    write_tables(study, tables)
    for name in TABLES:
        write_table(study.stored(name), schema_of(name), tables / f"{name}.parquet")
    if has_answers:
        write_beside(study, tables)
    for name in ("population", "claims", "summary"):
        write_json(getattr(study, name), tables / f"{name}.json")
    write_page(page, out)
    explore(study, out, progress)
    made = sorted(path.relative_to(out).as_posix() for path in _files(out) - others - {mark})
    mark.write_text("".join(f"{name}\n" for name in made), encoding="utf-8")
    return out / "index.html"


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _remove_report(out: Path) -> None:
    """Remove the files of the report that is there, and nothing else in its folder."""
    mark = out / REPORT_MARK
    if not mark.is_file():
        return
    for name in mark.read_text(encoding="utf-8").splitlines():
        path = out / name
        # The list may have been edited: nothing out of the folder is removed.
        if ".." not in path.parts and path.is_relative_to(out):
            path.unlink(missing_ok=True)
