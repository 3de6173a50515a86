"""`emergence score`: measures and tests of a table, as the workflow computes them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from emergence.cli.consequences import consequences
from emergence.cli.printing import print_rows, say_error
from emergence.cli.project import read_dataset, said_again
from emergence.errors import InputError
from emergence.progress import shown
from emergence.stages.infer import infer
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.tables import flat_table, long_table

_IN_TABLE = (
    "curve_id",
    "task",
    "subtask",
    "metric",
    "model_family",
    "condition",
    "axis",
    "shots",
    "n_scales",
    "status",
    "emergence_score",
    "sharpness",
    "discontinuity",
    "onset",
    "flags",
)

_TESTS_IN_TABLE = (
    "p_rise",
    "p_order",
    "exponent",
    "exponent_low",
    "exponent_high",
    "exponent_status",
    "p_steep",
    "p_fit",
    "resampled_low",
    "resampled_high",
)


#: The points of a curve, in the order of model size.
_POINTS = ("models", "scales", "scores", "n_examples_by_scale")


def score(chosen: argparse.Namespace) -> int:
    """Print the measures, and with ``--tests`` the inference, of every curve.

    Parameters
    ----------
    chosen : argparse.Namespace
        The command line.

    Returns
    -------
    int
        Exit status.
    """
    study = read_dataset(chosen, Path.cwd())
    rejects = study.rejects.num_rows
    if not study.scores.num_rows:
        raise InputError(
            f"none of the {rejects} entries could be used",
            where=chosen.files[0],
            remedy=f"Ask why: emergence check {said_again(chosen)}",
        )
    study = measure(study)
    flat = flat_table(study.curves)
    rows: list[dict[str, Any]] = flat.to_pylist()
    columns, every = list(_IN_TABLE), list(flat.column_names)
    if chosen.tests:
        with shown(say=lambda text: say_error(text, "note")) as progress:
            study = pool(infer(study, progress))
        for table in map(flat_table, (study.inference, study.pooled)):
            for row, tests in zip(rows, table.to_pylist(), strict=True):
                row.update(tests)
            every += [name for name in table.column_names if name not in every]
        columns += _TESTS_IN_TABLE
    if chosen.points and chosen.output != "json":
        points = long_table(study.curves, "curve_id")
        rows = points.to_pylist()
        columns = every = points.column_names
    elif chosen.output == "json":
        for row, curve in zip(rows, study.curves.to_pylist(), strict=True):
            row.update({name: curve[name] for name in _POINTS})
    print_rows(rows, columns, chosen.output, every)
    for line in consequences(study):
        say_error(line, "note")
    if rejects:
        say_error(f"{rejects} entries gave no score row; `emergence check` says why", "note")
    return 0
