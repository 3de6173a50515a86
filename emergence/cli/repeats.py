"""Which column distinguishes scores that a table gives more than once."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

from emergence.cli.project import said_again
from emergence.errors import shorten
from emergence.sources.headers import plain
from emergence.sources.table_files import Content, read_content
from emergence.study import Study

#: What makes two rows of a tidy table the same score.
_KEY = (*("task", "subtask", "metric", "model_family", "model", "condition", "replicate", "shots"),)

#: Names of columns that number the runs of one model.
_RUNS = frozenset(
    {"seed", "run", "run_id", "trial", "rep", "repeat", "repetition", "random_seed", "replicate_id"}
)


def told_apart(study: Study, chosen: argparse.Namespace) -> Iterator[str]:
    """Return which columns distinguish scores that are given more than once.

    Parameters
    ----------
    study : Study
        With ``rejects``.
    chosen : argparse.Namespace
        The command line.

    Yields
    ------
    str
        A line; the command that uses the column is one of its own, and indented.
    """
    rejects = study.rejects.to_pylist()
    repeated = {r["source_file"] for r in rejects if r["reason"] == "conflicting_duplicates"}
    for source in study.entry["sources"]:
        if source["format"] != "tidy" or source["path"] not in repeated:
            continue
        content = read_content(source, Path.cwd())
        mapping = source.get("columns", {})
        for name in _telling(content, mapping):
            is_run = plain(name) in _RUNS
            option = ("--column", f"replicate={name}") if is_run else ("--condition", name)
            what = "runs or seeds, to be averaged" if is_run else "a condition, such as the prompt"
            yield f"the column '{shorten(name, 60)}' tells them apart. If it is {what}:"
            yield f"  emergence {chosen.command} {said_again(chosen)} {shlex.join(option)}"


def _telling(content: Content, mapping: dict) -> list[str]:
    """Return the columns that nothing uses and with which no score is given twice."""
    key = []
    for ours in _KEY:
        column = mapping.get(ours, ours)
        for name in column if isinstance(column, list) else [column]:
            if isinstance(name, str) and name in content.place:
                key.append(name)
    used = {*key, *(name for name in mapping.values() if isinstance(name, str))}
    used |= {"score", "n_params", "scale_kind", "score_stderr", "low_score", "high_score"}
    used |= {"n_examples", "is_preferred"}
    rows = list(zip(*(content.column(name) for name in key), strict=True))
    found = []
    for name in content.header:
        if name not in used:
            longer = list(zip(rows, content.column(name), strict=True))
            if len(set(rows)) < len(set(longer)) == len(longer):
                found.append(name)
    return found
