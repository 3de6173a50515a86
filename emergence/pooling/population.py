"""The distribution of exponents in each group of curves, and the share beyond the smooth law."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emergence.inference.integrated import PRIORS, integrated_likelihoods
from emergence.inference.model import Curves, Floats
from emergence.pooling.argmax import choice_curves
from emergence.pooling.mixture import Group, distribution, estimate, share_beyond
from emergence.streams import generator

#: Columns by which curves are grouped, after all of them together.
GROUPED_BY = ("metric_group", "metric", "annotation", "model_family")

#: The exponents over b_max, either side of it. Gentler ones cannot be told from the constant
#: over the models of a family, steeper ones from the step.
FACTORS = (0.1, 0.2, 0.4, 0.8, 1.25, 2.5, 5.0, 10.0)

#: Resamples of whole tasks.
DRAWS = 200

#: Fewest points of a curve, as the law has four parameters, and fewest tasks of a group.
FEWEST_POINTS, FEWEST_TASKS = 4, 10

#: Most curves that are looked at: of more, whole tasks are drawn. Most groups of a kind: those
#: with the most curves.
MOST_CURVES, MOST_GROUPS = 10_000, 50

#: Most points of curves of which each is left out once.
MOST_LEFT_OUT = 20_000

#: Why there is no estimate.
MISSING = {
    "too_few_tasks": "fewer than ten tasks have counted answers and a known dispersion",
    "nothing_rises": "almost no curve rises",
}


@dataclass(frozen=True)
class Votes:
    """The curves that count: shares of examples, with four points or more.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a curve: task, metric, metric_group, annotation, model_family and dispersion.
    scales, successes, trials : ndarray of float64, shape (n_curves, longest)
        NaN beyond the curve's points.
    chance : ndarray of float64, shape (n_curves,)
        Below 1; NaN where unknown.
    models : ndarray of object, shape (n_curves, longest)
        Their names.
    """

    frame: pd.DataFrame
    scales: Floats
    successes: Floats
    trials: Floats
    chance: Floats
    models: NDArray

    @property
    def length(self) -> NDArray[np.int64]:
        """Number of points of each curve."""
        return np.count_nonzero(~np.isnan(self.scales), axis=1)

    def take(self, rows: NDArray) -> Votes:
        """Return some of the curves, by number or by truth value."""
        return Votes(
            self.frame[rows] if rows.dtype == bool else self.frame.iloc[rows],
            *(a[rows] for a in (self.scales, self.successes, self.trials)),
            self.chance[rows],
            self.models[rows],
        )

    def likelihoods(self, exponents: Floats) -> Floats:
        """Integrated log-likelihoods, shape (n_priors, n_exponents, n_curves)."""
        found = np.empty((len(PRIORS), len(exponents), len(self.chance)))
        length = self.length
        for n_points in np.unique(length).tolist():
            rows = np.flatnonzero(length == n_points)
            scales = self.scales[rows, :n_points].T
            curves = Curves(
                np.ascontiguousarray(self.successes[rows, :n_points].T),
                np.ascontiguousarray(self.trials[rows, :n_points].T),
                np.log(scales[-1] / scales),
            )
            dispersion = self.frame["dispersion"].to_numpy(np.float64)[rows]
            found[:, :, rows] = integrated_likelihoods(
                curves, self.chance[rows], exponents.tolist(), dispersion
            )
        return found

    def leaving_out(self) -> tuple[Votes, NDArray[np.intp], NDArray]:
        """Return every curve without each of its points, with its row and the model left out."""
        length = self.length
        parts, rows, models = [], [], []
        for at in range(self.scales.shape[1]):
            some = np.flatnonzero(length > at)
            parts.append(self.take(some).without_point(at))
            rows.append(some)
            models.append(self.models[some, at])
        longest = [np.concatenate([getattr(part, name) for part in parts]) for name in _POINTS]
        frame = pd.concat([part.frame for part in parts], ignore_index=True)
        chance = np.concatenate([part.chance for part in parts])
        names = np.concatenate([part.models for part in parts])
        return Votes(frame, *longest, chance, names), np.concatenate(rows), np.concatenate(models)

    def without_point(self, at: int) -> Votes:
        """Return all curves without one of their points."""
        arrays = (np.delete(getattr(self, name), at, axis=1) for name in _POINTS)
        return Votes(self.frame, *arrays, self.chance, np.delete(self.models, at, axis=1))


_POINTS = ("scales", "successes", "trials")


@dataclass(frozen=True)
class _Asked:
    """What is asked of every group."""

    exponents: Floats
    beyond: NDArray[np.bool_]
    level: float
    seed: int

    def estimates(self, likelihoods: Floats, task: NDArray) -> dict[str, Any]:
        """Estimate a group's share under each prior: that under the first, the widest interval.

        Parameters
        ----------
        likelihoods : ndarray of float64, shape (n_priors, n_exponents, n_curves)
        task : ndarray, shape (n_curves,)

        Returns
        -------
        dict
        """
        tasks = len(np.unique(task))
        # Groups of the same tasks have the same resamples.
        stream = generator(self.seed, "tasks", "population")
        resamples = stream.multinomial(tasks, np.full(tasks, 1.0 / tasks), size=DRAWS)
        found = {
            prior: estimate(Group.of(some, task, self.beyond), resamples, self.level)
            for prior, some in zip(PRIORS, likelihoods, strict=True)
        }
        shares = [one.share for one in found.values()]
        known = not np.isnan(shares).any()
        return {
            "missing": None if known else "nothing_rises",
            "share": _rounded(shares[0]) if known else None,
            "low": _rounded(min(one.low for one in found.values())) if known else None,
            "high": _rounded(max(one.high for one in found.values())) if known else None,
            "estimates": {
                prior: {
                    "rising": _rounded(1.0 - one.weights[0]),
                    "share": _rounded(one.share),
                    "weights": [_rounded(weight) for weight in one.weights.tolist()],
                }
                for prior, one in found.items()
            },
        }


def _rounded(value: float) -> float | None:
    """Round to what does not depend on a processor's last bits; None for NaN."""
    return None if np.isnan(value) else round(float(value), 4)


def population_grid(b_max: float) -> Floats:
    """Return the exponents of the distribution: the constant, some either side, and the step.

    Parameters
    ----------
    b_max : float
        The largest exponent that is no break.

    Returns
    -------
    ndarray of float64, shape (n_exponents,)
    """
    return np.array([0.0, *(factor * b_max for factor in FACTORS), np.inf])


def population(
    votes: Votes, *, b_max: float, level: float, seed: int, argmax: bool
) -> dict[str, Any]:
    """Estimate the distribution of exponents in each group of curves.

    Parameters
    ----------
    votes : Votes
    b_max : float
        The largest exponent that is no break.
    level : float
        Of the intervals.
    seed : int
    argmax : bool
        Whether to say what the likeliest of several choices does to smooth curves.

    Returns
    -------
    dict
        Ready for JSON: what stands in ``population.json``.
    """
    exponents = population_grid(b_max)
    asked = _Asked(exponents, exponents > b_max, level, seed)
    known = len(votes.chance)
    votes = _drawn(votes, seed)
    enough = votes.frame["task"].nunique() >= FEWEST_TASKS
    likelihoods = votes.likelihoods(exponents) if enough else np.empty((0, 0, 0))
    without = _Without.of(votes, exponents) if enough else None
    groups = []
    for kind, name, rows in _groups(votes.frame):
        task = votes.frame["task"].to_numpy()[rows]
        group = {
            "id": "-".join(filter(None, (kind or "all", name))),
            **{"kind": kind, "name": name},
            **{"curves": len(rows), "tasks": len(np.unique(task))},
        }
        if group["tasks"] < FEWEST_TASKS:
            groups.append(group | _NOTHING)
            continue
        group |= asked.estimates(likelihoods[:, :, rows], task)
        group["without"] = without and without.extremes(likelihoods[0], rows, votes, asked)
        groups.append(group)
    return {
        **{"b_max": b_max, "level": level, "draws": DRAWS},
        **{"curves": known, "curves_used": len(votes.chance)},
        "exponents": ["constant", *(round(one, 6) for one in exponents[1:-1].tolist()), "step"],
        "groups": groups,
        "argmax": _argmax(asked) if argmax and enough else None,
    }


#: What is not known of a group without an estimate.
_NOTHING = {
    "missing": "too_few_tasks",
    **dict.fromkeys(("share", "low", "high", "estimates", "without")),
}


def _drawn(votes: Votes, seed: int) -> Votes:
    """Draw whole tasks where there are too many curves."""
    task, number = np.unique(votes.frame["task"].to_numpy(), return_inverse=True)
    if len(number) <= MOST_CURVES:
        return votes
    order = generator(seed, "all", "population-tasks").permutation(len(task))
    curves = np.cumsum(np.bincount(number)[order])
    return votes.take(np.isin(number, order[curves <= MOST_CURVES]))


def _groups(frame: pd.DataFrame) -> Iterator[tuple[str | None, str | None, NDArray[np.intp]]]:
    """Yield each group's kind, name and rows: first all of them."""
    yield None, None, np.arange(len(frame))
    for kind in GROUPED_BY:
        groups = sorted(frame.groupby(kind).indices.items())
        largest = sorted(groups, key=lambda group: len(group[1]), reverse=True)[:MOST_GROUPS]
        for name, rows in sorted(largest, key=lambda group: group[0]):
            yield kind, str(name), rows


@dataclass(frozen=True)
class _Without:
    """Curves without one of their models.

    Attributes
    ----------
    row : ndarray of int64, shape (n,)
        Which curve.
    family, model : ndarray of object, shape (n,)
        Which model it is without.
    likelihoods : ndarray of float64, shape (n_exponents, n)
        Under the first prior; NaN where too few points are left. The dispersions stay what they
        are with all models.
    """

    row: NDArray[np.intp]
    family: NDArray
    model: NDArray
    likelihoods: Floats

    @classmethod
    def of(cls, votes: Votes, exponents: Floats) -> _Without | None:
        """Integrate every curve without each of its models; None if that takes too long."""
        if votes.length.sum() > MOST_LEFT_OUT:
            return None
        others, row, model = votes.leaving_out()
        enough = np.flatnonzero(others.length >= FEWEST_POINTS)
        likelihoods = np.full((len(exponents), len(row)), np.nan)
        likelihoods[:, enough] = others.take(enough).likelihoods(exponents)[0]
        return cls(row, others.frame["model_family"].to_numpy(), model, likelihoods)

    def extremes(
        self, likelihoods: Floats, rows: NDArray[np.intp], votes: Votes, asked: _Asked
    ) -> dict[str, Any] | None:
        """Return the lowest and the highest share of a group without one of the models."""
        task = votes.frame["task"].to_numpy()
        here = np.isin(self.row, rows)
        known = ~np.isnan(self.likelihoods[0])
        found = []
        for family, model in sorted(set(zip(self.family[here], self.model[here], strict=True))):
            its = here & (self.family == family) & (self.model == model)
            others, left = np.setdiff1d(rows, self.row[its]), its & known
            some = np.concatenate([others, self.row[left]])
            if len(np.unique(task[some])) < FEWEST_TASKS:
                continue
            values = np.concatenate([likelihoods[:, others], self.likelihoods[:, left]], axis=1)
            group = Group.of(values, task[some], asked.beyond)
            share = share_beyond(distribution(group, group.votes()), asked.beyond)
            if not np.isnan(share):
                found.append((_rounded(share), family, model))
        if not found:
            return None
        names = ("share", "model_family", "model")
        ends = {"lowest": min(found), "highest": max(found)}
        return {end: dict(zip(names, value, strict=True)) for end, value in ends.items()}


def _argmax(asked: _Asked) -> dict[str, Any]:
    """Make the same estimate of multiple-choice curves that are smooth by construction."""
    curves, chance, task = choice_curves(asked.seed)
    # The noise of the examples is all that was drawn.
    likelihoods = integrated_likelihoods(
        curves, chance, asked.exponents.tolist(), np.ones(len(curves))
    )
    about = {"curves": len(curves), "tasks": len(np.unique(task))}
    return about | asked.estimates(likelihoods, task)


def rows_of(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what `population` found as rows of a table, one a group; the argmax curves last.

    Parameters
    ----------
    found : mapping
        What stands in ``population.json``.

    Returns
    -------
    list of dict
    """
    groups = list(found["groups"])
    if found["argmax"]:
        groups.append({"id": "argmax", "kind": "argmax", "name": None, **found["argmax"]})
    names = ("id", "kind", "name", "curves", "tasks", "missing", "share", "low", "high")
    rows = []
    for group in groups:
        row = {name: group[name] for name in names}
        for prior in PRIORS:
            one = (group["estimates"] or {}).get(prior, {})
            row |= {f"{name}_{prior}": one.get(name) for name in ("rising", "share")}
        for end in ("lowest", "highest"):
            without = (group.get("without") or {}).get(end, {})
            row |= {f"{end}_without": without.get("model"), f"{end}_share": without.get("share")}
        rows.append(row)
    return rows
