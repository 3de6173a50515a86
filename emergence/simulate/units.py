"""Calibration of tests and verdicts in units of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from emergence.facts.metric_catalog import Metric, Metrics
from emergence.pooling.pool import pool
from emergence.settings import PoolingSettings, VerdictRules, defaults
from emergence.simulate.calibration import B_MAX, Cell, drawn_curves
from emergence.simulate.curves import FLAT, SMOOTH, STEPS, Truth
from emergence.simulate.datasets import scores_of
from emergence.stages.infer import infer
from emergence.stages.measure import measure
from emergence.streams import generator
from emergence.study import Study
from emergence.verdicts.labels import label
from emergence.verdicts.labels_table import VERDICTS


@dataclass(frozen=True)
class Misfit:
    """A relation of success probability and scale that no smooth law is, and no clean break.

    Attributes
    ----------
    kind : str
        ``bent``: a line over the logarithm of scale, and a jump at the last model; ``stairs``: even
        steps with two models on each; ``dip``: a line that falls back at the model in the middle;
        ``logistic``.
    floor, ceiling : float
        Of the line, the stairs or the logistic.
    jump : float
        Added at one model.
    chance : float
        Score of guessing.
    """

    kind: str
    floor: float
    ceiling: float
    jump: float = 0.0
    chance: float = 0.0

    def probabilities(self, scales: ArrayLike) -> NDArray[np.float64]:
        """Return the success probability at each scale."""
        x = np.log(np.asarray(scales, np.float64))
        part = (x - x[0]) / (x[-1] - x[0])
        at = np.arange(len(x))
        if self.kind == "stairs":
            part = at // 2 / ((len(x) - 1) // 2)
        if self.kind == "logistic":
            part = 1.0 / (1.0 + np.exp(0.9 * (x[-1] - x) - 4.0))
        where = {"bent": at == len(x) - 1, "dip": at == len(x) // 2}.get(self.kind, at < 0)
        return self.floor + (self.ceiling - self.floor) * part + self.jump * where


MISFITS: Mapping[str, Misfit] = {
    "gentle slope, jump of .2 at the last": Misfit("bent", 0.3, 0.5, 0.2, 0.25),
    "stairs, .25 to .6": Misfit("stairs", 0.25, 0.6, chance=0.25),
    "stairs, .1 to .9": Misfit("stairs", 0.1, 0.9),
    "line with a dip": Misfit("dip", 0.25, 0.7, -0.2, 0.25),
    "logistic, 0 to 1": Misfit("logistic", 0.0, 1.0),
}

#: What verdicts are asked of. The paper's own case is among them, with strings of ten tokens.
VERDICT_TRUTHS: Mapping[str, Truth | Misfit] = {
    "flat .25, chance .25": FLAT["flat .25, chance .25"],
    **SMOOTH,
    "law b=.25, p^10": Truth("law", exponent=0.25, last=float(np.log(10 * 0.05))),
    **STEPS,
    **MISFITS,
}

#: All truths by name.
TRUTHS: Mapping[str, Truth | Misfit] = {**FLAT, **VERDICT_TRUTHS}

#: What the truths are scored by: a share of examples that were right, and no argmax.
_METRICS = Metrics({"exact_str_match": Metric("discontinuous", True, "generation", True, ())})

#: Flat tasks of one unit: with and without chance, low and high.
_FLATS = ("flat .25, chance .25", "flat .2, chance 0", "flat .4, chance .25")

#: How the tasks of a unit scatter: dispersion, and the share of the tasks that have it. A share
#: of 0 is one task.
SCATTERS: Mapping[str, tuple[tuple[int, float], ...]] = {
    "binomial": ((1, 1.0),),
    "3 times": ((3, 1.0),),
    "1, 2 and 4 times": ((1, 1 / 3), (2, 1 / 3), (4, 1 / 3)),
    "one task 10 times": ((10, 0.0), (1, 1.0)),
}

#: The break that stands among flat tasks.
_BREAK = "last model, 0 to .3"


@dataclass(frozen=True)
class UnitCell:
    """One design of units.

    Attributes
    ----------
    name : str
        Truth of the tasks that are asked about, of `TRUTHS`.
    share : float
        Of the tasks; the others are flat, or half of them flat and half smooth (``mixed``).
    mixed : bool
    dispersion : str
        One of `SCATTERS`.
    tasks, n_points, n_examples : int
    """

    name: str
    share: float
    mixed: bool
    dispersion: str
    tasks: int
    n_points: int
    n_examples: int


def _rise_cells() -> Iterator[UnitCell]:
    """Yield designs for false rises: none, a tenth or half of the tasks jump, others are flat."""
    for n_points, n_examples in ((4, 200), (5, 200), (6, 200), (8, 200), (12, 200), (8, 50)):
        for scatter in SCATTERS:
            for tasks in (5, 20, 100):
                for share in (0.0, 0.1, 0.5):
                    if tasks * share >= 1 or not share:
                        yield UnitCell(_BREAK, share, False, scatter, tasks, n_points, n_examples)


def _verdict_cells() -> Iterator[UnitCell]:
    """Yield designs for verdicts: a fifth of twenty tasks is asked about."""
    for n_points, n_examples in ((5, 200), (6, 200), *_ALL_EXAMPLES):
        for scatter in ("binomial", "3 times"):
            for asked in VERDICT_TRUTHS:
                yield UnitCell(asked, 0.2, True, scatter, 20, n_points, n_examples)


#: Scales with which other numbers of examples are looked at, too.
_ALL_EXAMPLES = tuple((n_points, n) for n_points in (8, 12) for n in (50, 200, 1000))

#: The studies of units, by their names.
UNIT_CELLS: Mapping[str, tuple[UnitCell, ...]] = {
    "rises in units": tuple(_rise_cells()),
    "verdicts": tuple(_verdict_cells()),
}

_SETTINGS: dict[str, Any] = {**defaults(), "b_max": B_MAX, "b_max_beside": ()}


@cache
def bank(truth: str, n_points: int, n_examples: int, scatter: int, seed: int, size: int) -> Any:
    """Draw and infer curves of one kind, once a process.

    Parameters
    ----------
    truth : str
    n_points, n_examples, scatter, seed, size : int

    Returns
    -------
    tuple of pyarrow.Table
        Curves and inference.
    """
    cell = Cell(truth, TRUTHS[truth], n_points, n_examples, scatter)
    names = {"task": [f"t{i:05d}" for i in range(size)], "model_family": ["drawn"] * size}
    scores = scores_of(
        names | {"metric": list(_METRICS) * size},
        drawn_curves(cell, size, seed)[0] / n_examples,
        _METRICS,
        examples=n_examples,
        chance=cell.truth.chance,
    )
    known = {"scores": scores, "metrics": _METRICS}
    study = infer(measure(Study("drawn", {}, _SETTINGS | {"draws": 100}, known=known)))
    return study.curves, study.inference


def unit_rates(cell: UnitCell, n_curves: int, seed: int) -> dict[str, Any]:
    """Put units together, and count what is found in them.

    Parameters
    ----------
    cell : UnitCell
    n_curves : int
        Of each flat kind; of others a quarter as many, in mixed units half. There are as many
        units as can be made of the flat ones, each used once.
    seed : int

    Returns
    -------
    dict
        Of flat tasks: ``false discoveries``, the mean over units of their share among those that
        rise; ``size 5%`` and ``size 1%`` of p_rise, and of those that scatter most (``most
        scattered``). Of the tasks that are asked about: ``rise 1%`` and ``steep 2%`` (one curve by
        itself); of mixed units ``no test``, ``rises``, ``apparent``, each verdict, and ``covered``:
        the interval of the exponent holds the true one.
    """
    n_units = max(n_curves // -(-cell.tasks // len(_FLATS)), 1)
    rng = generator(seed, repr(cell), "units")
    unit, truth, scatter, curves, inference = [], [], [], [], []
    for name, dispersion, count in parts(cell):
        # False discoveries are few: the flat tasks that make them are drawn once each.
        usual = name in _FLATS and not cell.mixed and dispersion in (1, 3)
        size = n_curves if usual else max(n_curves // (2 if cell.mixed else 4), 1)
        some = bank(name, cell.n_points, cell.n_examples, dispersion, seed, size)
        rows = rng.integers(0, size, n_units * count)
        if n_units * count <= size:
            rows = rng.permutation(size)[: n_units * count]
        curves.append(some[0].take(rows))
        inference.append(some[1].take(rows))
        unit.append(np.repeat(np.arange(n_units), count))
        truth += [name] * len(rows)
        scatter += [dispersion] * len(rows)
    frame = pd.DataFrame({"unit": np.concatenate(unit), "truth": truth, "scatter": scatter})
    found = _labelled(pa.concat_tables(curves), pa.concat_tables(inference), frame["unit"])
    about = {
        **{"truth": cell.name, "kind": kind_of(TRUTHS[cell.name]), "share": cell.share},
        **{"scatter": cell.dispersion, "tasks": cell.tasks},
        **{"scales": cell.n_points, "examples": cell.n_examples, "units": n_units},
    }
    rates = _verdict_rates if cell.mixed else _rise_rates
    return about | rates(cell, pd.concat([frame, found], axis=1))


def kind_of(truth: Truth | Misfit) -> str:
    """Return ``flat``, ``smooth``, ``break`` or ``misfit``: what a verdict on it should be."""
    if isinstance(truth, Misfit):
        return "misfit"
    return {"flat": "flat", "step": "break"}.get(truth.kind, "smooth")


def parts(cell: UnitCell) -> Iterator[tuple[str, int, int]]:
    """Say of what tasks a unit consists.

    Parameters
    ----------
    cell : UnitCell

    Yields
    ------
    truth : str
    dispersion : int
    tasks : int
    """
    asked = round(cell.share * cell.tasks)
    kinds = [(cell.name, asked)] if asked else []
    rest = cell.tasks - asked
    if cell.mixed:
        kinds += [(_FLATS[0], rest // 2), ("law b=.25", rest - rest // 2)]
    else:
        kinds += [(name, rest // 3 + (i < rest % 3)) for i, name in enumerate(_FLATS)]
    single = [(d, 1) for d, share in SCATTERS[cell.dispersion] if share == 0]
    for number, (name, count) in enumerate(kinds):
        left = count
        # The one task that scatters is a flat one.
        first = number == (1 if asked else 0)
        for dispersion, one in single if first else ():
            yield name, dispersion, one
            left -= one
        shares = [(d, share) for d, share in SCATTERS[cell.dispersion] if share > 0]
        for dispersion, share in shares[:-1]:
            some = min(round(share * count), left)
            left -= some
            yield name, dispersion, some
        yield name, shares[-1][0], left


def _labelled(curves: pa.Table, inference: pa.Table, unit: pd.Series) -> pd.DataFrame:
    """Give each curve a task of its own in its unit's family, and pool and label them."""
    ids = pa.array([f"{i:016x}" for i in range(curves.num_rows)])
    names = {
        "curve_id": ids,
        "task": ids,
        "model_family": pa.array([f"f{i}" for i in unit]),
    }
    for name, values in names.items():
        curves = curves.set_column(curves.schema.get_field_index(name), name, values)
    inference = inference.set_column(0, "curve_id", ids)
    pooled = pool(curves, inference, PoolingSettings.of(_SETTINGS)).pooled
    labels = label(curves, inference, pooled, VerdictRules.of(_SETTINGS))
    columns = ["p_rise", "p_steep", "exponent_low", "exponent_high"]
    return pd.concat(
        [
            pooled.select(columns).to_pandas(),
            labels.select(["rises", "apparent", "verdict"]).to_pandas(),
        ],
        axis=1,
    )


def _rise_rates(cell: UnitCell, found: pd.DataFrame) -> dict[str, float]:
    flat = found["truth"].str.startswith("flat").to_numpy()
    most = flat & (found["scatter"] == found["scatter"].max()).to_numpy()
    rises = (found["rises"] == True).to_numpy()  # noqa: E712
    by_unit = pd.DataFrame({"unit": found["unit"], "all": rises, "false": rises & flat})
    counts = by_unit.groupby("unit").sum()
    row = {"false discoveries": float((counts["false"] / counts["all"].clip(lower=1)).mean())}
    for name, rows in (("size", flat), ("most scattered", most)):
        for level in (0.05, 0.01):
            row[f"{name} {level:.0%}"] = _share(found["p_rise"] <= level, rows)
    return row | _found(found, (found["truth"] == cell.name).to_numpy())


def _found(found: pd.DataFrame, asked: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "rise 1%": _share(found["p_rise"] <= 0.01, asked),
        "steep 2%": _share(found["p_steep"] <= 0.02, asked),
    }


def _verdict_rates(cell: UnitCell, found: pd.DataFrame) -> dict[str, float]:
    asked = (found["truth"] == cell.name).to_numpy()
    row = _found(found, asked) | {"no test": _share(found["rises"].isna(), asked)}
    for name in ("rises", "apparent"):
        row[name] = _share(found[name] == True, asked)  # noqa: E712
    for name in VERDICTS:
        row[name.replace("_", " ")] = _share(found["verdict"] == name, asked)
    exponent = getattr(TRUTHS[cell.name], "exponent", 0.0)
    inside = (found["exponent_low"] <= exponent) & (found["exponent_high"] >= exponent)
    known = asked & found["exponent_low"].notna().to_numpy()
    return row | {"covered": _share(inside, known) if exponent else float("nan")}


def _share(of: Any, among: NDArray[np.bool_]) -> float:
    """Share among some curves; NaN if there are none. A missing test does not reject."""
    return float(np.mean(np.asarray(of, bool)[among])) if among.any() else float("nan")
