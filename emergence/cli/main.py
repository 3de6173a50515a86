"""The command line: its parser, its commands, and how errors are printed."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from emergence.cli.printing import end_output, say_error
from emergence.errors import InputError, of_the_system

_EPILOG = """\
exit status: 0 success; 1 the input cannot be used, and the message says why; 2 the command line
is wrong. `emergence COMMAND --help` has examples.
"""

_CHECK = """\
Show what files of scores contain (entries, rows, rejects by reason, tasks, metrics, model
families), which scale curves they make, what is missing, and the entry for a registry. All files
together are the sources of one dataset.
"""
_CHECK_EXAMPLES = """\
examples:
  emergence check scores.csv
  emergence check scores.csv --column score=accuracy --column model_family=family
  emergence check scores.csv --constant model_family=Mine --constant shots=0
  emergence check results/ --sizes my_models.csv --chance my_chance.csv
  emergence check scores.csv --fix --registry my/registry.yaml --id my-scores
"""

_SCORE = """\
Measure every scale curve in files of scores, and with --tests test each, as the workflow does with
its default settings. CSV and JSON have all columns, the table the most important ones.
"""
_SCORE_EXAMPLES = """\
examples:
  emergence score scores.csv
  emergence score scores.csv --tests
  emergence score results/ --format lm-eval --output json
"""

_REPORT = """\
Write a report from files as they are: a page that needs no other file, an explorer of all curves,
and every table. It recognises the formats, needs no registry and no workflow, and gives the
workflow's numbers. It prints what it found, what it made of it and what is missing.
"""
_REPORT_EXAMPLES = """\
examples:
  emergence report results/
  emergence report scores.csv --out my-report --metrics acc exact_match
  emergence report scores.csv --axis params flops loss
  emergence report results/ --missing-models models.csv
  emergence report results/ --sizes models.csv --size me/mine=1.3B,Mine
"""

_COMPARE = """\
List the scale curves that were added, removed or changed between two results of one dataset:
status, emergence score, the texts of the inference, and verdicts. Numbers within a relative 1e-9
count as equal, since processors differ by that much.
"""
_COMPARE_EXAMPLES = """\
examples:
  emergence compare before/data/processed/my-scores data/processed/my-scores
  emergence compare OLD NEW --output csv
"""

_SHOW = """\
Print what a key stands for. A curve's id (16 hex digits) prints its rows; task=NAME lists the
curves of a task; TABLE:KEY:COLUMN, as the pages name a number, prints that value with its
meaning. TABLE is the name of a file in the dataset's folder, without its ending.
"""
_SHOW_EXAMPLES = """\
examples:
  emergence show task=hindu_knowledge
  emergence show 0123456789abcdef --processed data/processed/bigbench-public
  emergence show curves:0123456789abcdef:emergence_score --output json
"""


def parser(*, reads_files: bool = True) -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Parameters
    ----------
    reads_files : bool, default True
        Whether the commands that read files have the options of the formats. Only then are the
        formats imported, which takes a quarter of a second.

    Returns
    -------
    argparse.ArgumentParser
    """
    top = argparse.ArgumentParser(
        prog="emergence", description=__doc__, epilog=_EPILOG, formatter_class=_Plain
    )
    top.description = "Check and measure tables of scores, and look up results."
    top.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    check = _command(
        commands, "check", "show what files contain and what is missing", _CHECK, _CHECK_EXAMPLES
    )
    check.add_argument("files", nargs="+", metavar="FILE", help="a file, or a folder of files")
    if reads_files:
        _add_reading(check)
    _add_axis(check)
    _add_missing_models(check)
    check.add_argument(
        "--fix",
        action="store_true",
        help="append the entry to the registry, and change nothing else in it",
    )
    check.add_argument(
        "--registry",
        default="registry.yaml",
        metavar="PATH",
        help="registry for --fix; created if it is missing (default: %(default)s)",
    )
    check.add_argument("--title", help="title of the dataset (default: its id)")
    check.add_argument("--licence", help="licence of the scores: an SPDX identifier, or words")
    check.add_argument("--citation", help="how to cite the scores")

    score = _command(
        commands, "score", "print measures and tests of curves", _SCORE, _SCORE_EXAMPLES
    )
    score.add_argument("files", nargs="+", metavar="FILE", help="a file, or a folder of files")
    if reads_files:
        _add_reading(score)
    _add_axis(score)
    _add_output(score)
    score.add_argument(
        "--points",
        action="store_true",
        help="print the points of the curves instead; JSON always has them",
    )
    score.add_argument("--tests", action="store_true", help="add tests, exponents and ranges")

    report = _command(
        commands, "report", "write a page from files as they are", _REPORT, _REPORT_EXAMPLES
    )
    report.add_argument("files", nargs="+", metavar="PATH", help="a file, or a folder of files")
    if reads_files:
        _add_reading(report)
    report.add_argument(
        "--out",
        default="emergence-report",
        metavar="DIR",
        help="folder for the report; a folder without a report is never overwritten "
        "(default: %(default)s)",
    )
    report.add_argument(
        "--metrics", nargs="+", action="extend", metavar="METRIC", help="only these metrics"
    )
    report.add_argument(
        "--families", nargs="+", action="extend", metavar="FAMILY", help="only these families"
    )
    _add_axis(report)
    _add_missing_models(report)
    report.add_argument("--title", help="title of the page (default: the id of the dataset)")

    compare = _command(
        commands, "compare", "list what changed between two results", _COMPARE, _COMPARE_EXAMPLES
    )
    compare.add_argument("old", metavar="OLD", help="a dataset's folder in data/processed")
    compare.add_argument("new", metavar="NEW", help="another result of the same dataset")
    _add_output(compare)
    compare.add_argument(
        "--exit-code",
        action="store_true",
        help="exit like diff: 0 no change, 1 some change, 2 cannot be compared",
    )

    show = _command(commands, "show", "print the row or number of a key", _SHOW, _SHOW_EXAMPLES)
    show.add_argument("key", metavar="KEY", help="a curve's id, task=NAME, or TABLE:KEY:COLUMN")
    _add_output(show)
    show.add_argument(
        "--processed",
        default="data/processed",
        metavar="DIR",
        help="a dataset's folder, or the folder of all of them (default: %(default)s)",
    )
    return top


def _version() -> str:
    try:
        return version("emergence")
    except PackageNotFoundError:
        return "unknown: it is not installed"


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Help as it is written: the examples keep their lines."""


def _command(
    commands: argparse._SubParsersAction, name: str, short: str, description: str, examples: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=short, description=description, epilog=examples, formatter_class=_Plain
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    # Imported here: see `parser`.
    from emergence.sources import FORMATS
    from emergence.sources.formats import Option

    described = "; ".join(f"{found.name}, {found.description}" for found in FORMATS.values())
    command.add_argument(
        "--format",
        choices=sorted(FORMATS),
        help=f"format of the files (default: recognised from their content): {described}",
    )
    command.add_argument(
        "--wide",
        dest="format",
        action="store_const",
        const="wide",
        help="the same as --format wide",
    )
    command.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME=GROUP:BETTER",
        help="a metric that no catalogue has, such as my_loss=continuous:lower, or "
        "solved=discontinuous:higher:share for a share of examples; can be repeated",
    )
    command.add_argument("--id", metavar="ID", help="id of the dataset (default: the file's name)")
    options: dict[str, Option] = {}
    for found in FORMATS.values():
        options |= found.options
    for name, option in options.items():
        of = ", ".join(found.name for found in FORMATS.values() if name in found.options)
        text = f"format {of}: {option.help}"
        names = [f"--{one}" for one in (name, *option.also)]
        if option.is_flag:
            command.add_argument(*names, action="store_true", help=text)
        elif option.value is None:
            command.add_argument(*names, metavar=option.metavar, help=text)
        else:
            command.add_argument(
                *names,
                action="append",
                default=[],
                metavar=option.metavar,
                help=f"{text}; can be repeated",
            )


def _add_axis(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--axis",
        nargs="+",
        action="extend",
        metavar="AXIS",
        help="axis of the curves: params, tokens, flops, loss, or several; counts and claims use "
        "the first (default: params). flops=token_ratio,step names the conditions that vary along "
        "it",
    )


def _add_missing_models(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--missing-models",
        metavar="FILE",
        help="write the missing lines of a table of model sizes to FILE, to fill in",
    )


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--output",
        choices=["table", "csv", "json"],
        default="table",
        help="output format (default: %(default)s)",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line; those of the process by default.

    Returns
    -------
    int
        Exit status: 0 done, 1 the input cannot be used, 2 the command line cannot be
        understood.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal may not know the signs of all names
            stream.reconfigure(errors="backslashreplace")
    # What the library logs is part of what the commands print.
    logging.getLogger("emergence").addHandler(logging.NullHandler())
    arguments = sys.argv[1:] if arguments is None else arguments
    reads_files = not {"check", "score", "report"}.isdisjoint(arguments)
    try:
        chosen = parser(reads_files=reads_files).parse_args(arguments)
    except SystemExit as end:  # argparse has said what is wrong
        return int(end.code or 0)
    try:
        status = _run(chosen)
        sys.stdout.flush()
        return status
    except InputError as error:
        say_error(str(error))
        return 2 if getattr(chosen, "exit_code", False) else 1
    except BrokenPipeError:
        # The reader has seen enough.
        end_output()
        return 1
    except OSError as error:
        end_output()
        say_error(str(of_the_system(error)))
        return 2 if getattr(chosen, "exit_code", False) else 1
    except KeyboardInterrupt:
        return 130


def _run(chosen: argparse.Namespace) -> int:
    # By name: --help does not wait a second for what it does not need.
    module = import_module(f"emergence.cli.{chosen.command}")
    return getattr(module, chosen.command)(chosen)
