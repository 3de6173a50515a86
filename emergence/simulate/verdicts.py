"""How often each verdict is reached under a known truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emergence.facts.metric_catalog import Metric, Metrics
from emergence.simulate.calibration import B_MAX, Cell, cells, drawn_curves
from emergence.simulate.curves import FLAT, SMOOTH, STEPS, Truth
from emergence.simulate.datasets import scores_of
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.study import Study
from emergence.verdicts.labels_table import VERDICTS

#: What the truths are scored by: a share of examples that were right, and no argmax.
METRICS = Metrics(
    {"exact_str_match": Metric("discontinuous", True, "generation", True, ())},
)

#: The paper's own case, and breaks of several kinds; one that levels off below 1 among them.
VERDICT_TRUTHS: Mapping[str, Truth] = {
    "flat .25, chance .25": FLAT["flat .25, chance .25"],
    **SMOOTH,
    "law b=.25, p^10": Truth("law", exponent=0.25, last=float(np.log(10 * 0.05))),
    **STEPS,
}

#: Curves of the truth in a unit, and what else is in it.
IN_UNIT = 10
_BESIDE: Mapping[str, Truth] = {
    name: VERDICT_TRUTHS[name] for name in ("flat .25, chance .25", "law b=.25")
}

VERDICT_CELLS: tuple[Cell, ...] = tuple(cells(VERDICT_TRUTHS, (8, 12), (50, 200, 1000), (1, 3)))


def verdict_shares(
    cell: Cell, n_curves: int, seed: int, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Draw curves of one design and count the verdicts on them.

    They come in units of `IN_UNIT` tasks, with as many others of the same design of which half
    are flat and half rise smoothly: a curve's verdict rests on what the other tasks of its unit
    say of the scatter of models.

    Parameters
    ----------
    cell : Cell
    n_curves : int
    seed : int
    settings : mapping
        Those of the workflow; what the calibration has of its own takes their place.

    Returns
    -------
    dict
        One row of the study's table. ``no test``, ``rises`` and ``apparent`` are shares of all
        curves of the truth, and so are the verdicts.
    """
    own = {"seed": seed, "draws": 100, "b_max": B_MAX, "b_max_beside": ()}
    design = [
        cell,
        *(replace(cell, name=f"beside: {name}", truth=truth) for name, truth in _BESIDE.items()),
    ]
    numbers = [n_curves, *([-(-n_curves // len(_BESIDE))] * len(_BESIDE))]
    drawn = [(drawn_curves(one, n, seed)[0], one) for one, n in zip(design, numbers, strict=True)]
    known = {"scores": scored(drawn), "metrics": METRICS}
    study = Study("drawn", {}, {**settings, **own}, known=known)
    study = label(pool(infer(measure(study))))
    asked = pc.starts_with(study.curves["task"], "0-")
    rises, apparent, verdicts = (
        study.labels.filter(asked)[name].to_pylist() for name in ("rises", "apparent", "verdict")
    )
    return {
        "truth": cell.name,
        "kind": kind_of(cell.truth),
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
        "no test": rises.count(None) / n_curves,
        "rises": rises.count(True) / n_curves,
        "apparent": apparent.count(True) / n_curves,
        **{name.replace("_", " "): verdicts.count(name) / n_curves for name in VERDICTS},
    }


def kind_of(truth: Truth) -> str:
    """Return ``flat``, ``smooth`` or ``break``: what a verdict on it should be."""
    return {"flat": "flat", "step": "break"}.get(truth.kind, "smooth")


def scored(drawn: Sequence[tuple[np.ndarray, Cell]]) -> pa.Table:
    """Make the table of scores from numbers of right answers.

    Parameters
    ----------
    drawn : sequence of tuple
        Right answers of several designs, shape (n_curves, n_points) each, with their cells.

    Returns
    -------
    pyarrow.Table
        Schema `emergence.scores_table.SCORES`; the task of curve 12 of the first design is
        ``0-00012``. Model families have `IN_UNIT` curves of the first design each, and their
        share of the others.
    """
    tables = []
    for number, (successes, cell) in enumerate(drawn):
        in_unit = IN_UNIT if number == 0 else IN_UNIT // (len(drawn) - 1)
        curves = range(len(successes))
        names = {
            "task": [f"{number}-{i:05d}" for i in curves],
            "metric": [*METRICS] * len(successes),
            "model_family": [f"f{i // in_unit:05d}" for i in curves],
        }
        n, chance = cell.n_examples, cell.truth.chance
        tables.append(scores_of(names, successes / n, METRICS, examples=n, chance=chance))
    return pa.concat_tables(tables)
