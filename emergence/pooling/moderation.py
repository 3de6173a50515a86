"""Empirical Bayes estimates of the dispersion from many curves.

A curve of six models has two degrees of freedom for the scatter of its models, and one that
jumps from nothing has none. The other tasks of its unit tell how large scatter is there. Their
dispersions have some distribution, of which no form is assumed: weights on a grid, estimated by
maximum likelihood. A curve's own residuals and this prior give the probability of each
dispersion, and its p-values are those under each dispersion, weighted with it.

References
----------
.. [1] N. Ignatiadis, B. Sen, "Empirical partially Bayes multiple testing and compound chi-square
   decisions", arXiv 2303.02887: the p-values, and why the prior is nonparametric.
.. [2] G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) 3: the same with an inverse gamma prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri, erfc, fdtrc, fdtri

Floats = NDArray[np.float64]

#: Dispersions of the grid, and its range in either direction from what is typical, in octaves.
ATOMS, OCTAVES = 25, 6.0

#: Tasks that the assumption of any dispersion counts for, beside those that were seen.
ASSUMED = 1.0

#: How much of the others' distribution, from the least dispersion on, a curve must fit into.
#: The rest may be tasks that the law does not fit either.
MOST_USUAL = 0.8

#: p-value up to which residuals may hold more than replicates explain.
_UNEXPLAINED = 0.5

#: Steps of the maximisation.
STEPS = 100

#: Tasks with degrees of freedom below which a unit says too little.
FEWEST_TASKS = 5

#: Halvings of the range of a quantile's logarithm, a few octaves: to the rounding of a double.
_BISECTIONS = 50

#: Gains of log-likelihood up to this are 0: fits are compared up to half of it.
_NOTHING = 5e-7


@dataclass(frozen=True)
class Own:
    """The dispersion that each curve shows by itself.

    Attributes
    ----------
    value : ndarray of float64, shape (n_curves,)
        Pearson's statistic over its degrees of freedom; NaN without any.
    degrees : ndarray of int64, shape (n_curves,)
        May be 0 or negative: then nothing is known.
    lowest : ndarray of float64, shape (n_curves,)
        The least dispersion that is possible: 1 for shares, which have the noise of their
        examples; 0 where none is known.
    """

    value: Floats
    degrees: NDArray[np.int64]
    lowest: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where a curve alone shows something."""
        return (self.degrees >= 1) & np.isfinite(self.value)

    def take(self, rows: NDArray[np.intp]) -> Own:
        """Return those of some of the curves."""
        return Own(self.value[rows], self.degrees[rows], self.lowest[rows])


@dataclass(frozen=True)
class Prior:
    """The prior of each curve's dispersion, from the other tasks.

    Attributes
    ----------
    atoms : ndarray of float64, shape (n_curves, `ATOMS`)
        Dispersions, rising.
    weights : ndarray of float64, shape (n_curves, `ATOMS`)
        Their probabilities without the curve's own task; NaN where too few tasks are beside it.
    whole : ndarray of float64, shape (n_curves, `ATOMS`)
        The same with it: of the group, for the reader.
    """

    atoms: Floats
    weights: Floats
    whole: Floats


@dataclass(frozen=True)
class Moderated:
    """Posterior dispersions of curves.

    Attributes
    ----------
    atoms, weights : ndarray of float64, shape (n_curves, `ATOMS`)
        Probability of each dispersion; NaN where only the curve's own is known, or nothing.
    value, degrees : ndarray of float64, shape (n_curves,)
        The inverse of the mean inverse dispersion, and the degrees of freedom with which a
        chi-square distribution would scatter as much: for uses that take one dispersion. Of a
        curve that stands alone its own. NaN where nothing is known.
    """

    atoms: Floats
    weights: Floats
    value: Floats
    degrees: Floats

    def half_test(self, gain: Floats) -> Floats:
        """P-value of one parameter on its boundary.

        Parameters
        ----------
        gain : ndarray of float64, shape (n_curves,)
            Gain of log-likelihood by the parameter, at a dispersion of 1.

        Returns
        -------
        ndarray of float64, shape (n_curves,)
            Half a point mass at 0, half chi-square with one degree of freedom, under each
            dispersion; half F(1, degrees) for a curve that stands alone. NaN where nothing is
            known.

        References
        ----------
        .. [1] S. G. Self, K.-Y. Liang, J. Am. Stat. Assoc. 82 (1987) 605, case 5.
        """
        with np.errstate(invalid="ignore"):
            p = np.where(gain > _NOTHING, 0.5 * self.tail(2.0 * gain), 1.0)
        return np.where(np.isnan(self.value) | np.isnan(gain), np.nan, p)

    def tail(self, statistic: Floats) -> Floats:
        """Return how often a chi-square variable times the dispersion is larger.

        Parameters
        ----------
        statistic : ndarray of float64, shape (n_curves,)
            Twice a gain of log-likelihood at a dispersion of 1.

        Returns
        -------
        ndarray of float64, shape (n_curves,)
        """
        found = np.full(len(self.value), np.nan)
        x = np.maximum(statistic, 0.0)
        pooled = ~np.isnan(self.weights[:, 0])
        # Of chi-square with one degree of freedom, in the form that is fastest.
        each = erfc(np.sqrt(0.5 * x[pooled, None] / self.atoms[pooled]))
        found[pooled] = (self.weights[pooled] * each).sum(axis=1)
        alone = ~pooled & ~np.isnan(self.value)
        # A curve without any scatter: whatever it gains is beyond chance.
        with np.errstate(divide="ignore", invalid="ignore"):
            found[alone] = fdtrc(1.0, self.degrees[alone], x[alone] / self.value[alone])
        return found

    def drop(self, level: float) -> Floats:
        """Drop of log-likelihood, at a dispersion of 1, that bounds an interval.

        Parameters
        ----------
        level : float
            Of the interval of one parameter, such as 0.95.

        Returns
        -------
        ndarray of float64, shape (n_curves,)
            NaN where nothing is known.
        """
        found = np.full(len(self.value), np.nan)
        alone = np.isnan(self.weights[:, 0]) & ~np.isnan(self.value)
        found[alone] = 0.5 * self.value[alone] * fdtri(1.0, self.degrees[alone], level)
        rows = np.flatnonzero(~np.isnan(self.weights[:, 0]))
        some = self.take(rows)
        # Between the quantiles of the least and the largest dispersion, in logarithms.
        quantile = chdtri(1.0, 1.0 - level)
        low, high = (np.log(quantile * some.atoms[:, end]) for end in (0, -1))
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            above = some.tail(np.exp(middle)) > 1.0 - level
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        found[rows] = 0.5 * np.exp(0.5 * (low + high))
        return found

    def take(self, rows: NDArray[np.intp]) -> Moderated:
        """Return those of some of the curves."""
        return Moderated(self.atoms[rows], self.weights[rows], self.value[rows], self.degrees[rows])


def prior_of_others(
    own: Own, group: NDArray[np.int64], task: NDArray[np.int64], votes: NDArray[np.bool_]
) -> Prior:
    """Estimate the distribution of dispersions from the other tasks of each curve's group.

    Parameters
    ----------
    own : Own
    group : ndarray of int64, shape (n_curves,)
        The curves that are looked at together.
    task : ndarray of int64, shape (n_curves,)
        Each task of a group has one vote, shared by its curves; none on its own curves.
    votes : ndarray of bool, shape (n_curves,)
        Which curves have a vote. The others get a prior all the same.

    Returns
    -------
    Prior
        NaN for groups of fewer than `FEWEST_TASKS` tasks with degrees of freedom.

    Notes
    -----
    The weights are the maximum likelihood estimate, by expectation and maximisation, with
    `ASSUMED` tasks beside those that were seen, spread over the whole grid with the inverse root
    of the dispersion: a group of few tasks so allows for a dispersion that none of them has.
    Without a curve's own task the weights are the mean of what the others say, so that a curve
    that scatters ten times as much as all others finds nothing that makes it usual.
    """
    n = len(group)
    prior = no_prior(n)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0]) if n else []
    for rows in np.split(order, starts[1:]):
        some, asked = own.take(rows), votes[rows]
        counts = asked & some.known
        _, tasks = np.unique(task[rows], return_inverse=True)
        curves_of = np.bincount(tasks, weights=counts)
        if np.count_nonzero(curves_of) < FEWEST_TASKS:
            continue
        vote = np.where(counts, 1.0 / np.maximum(curves_of, 1.0)[tasks], 0.0)
        atoms = _grid(some, counts)
        prior.atoms[rows] = atoms
        likelihood = _likelihood(some, atoms)
        prior.weights[rows], prior.whole[rows] = _weights(likelihood, atoms, vote, tasks)
    return prior


def _grid(own: Own, counts: NDArray[np.bool_]) -> Floats:
    """Return the dispersions that are thought of: around what is typical, from the lowest on."""
    typical, lowest = np.median(own.value[counts]), own.lowest.max()
    if lowest > 0:
        low, high = lowest, max(typical, lowest) * 2.0**OCTAVES
    else:
        typical = max(typical, np.finfo(np.float64).tiny)
        low, high = typical * 2.0**-OCTAVES, typical * 2.0**OCTAVES
    return np.geomspace(low, max(high, own.value[counts].max()), ATOMS)


def _likelihood(own: Own, atoms: Floats) -> Floats:
    """Likelihood of each dispersion given a curve's own: a scaled chi-square distribution."""
    degrees = np.where(own.known, own.degrees, 0)[:, None]
    squares = np.where(own.known, own.value, 0.0)[:, None] * degrees
    log = -0.5 * (degrees * np.log(atoms) + squares / atoms)
    return np.exp(log - log.max(axis=-1, keepdims=True))


def _weights(
    likelihood: Floats, atoms: Floats, vote: Floats, task: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Estimate the weights of the grid, for each curve without its own task, and with all."""
    assumed = atoms**-0.5
    assumed *= ASSUMED / assumed.sum()
    weights = assumed / ASSUMED
    for _ in range(STEPS + 1):
        share = likelihood * weights
        share *= (vote / share.sum(axis=1))[:, None]
        weights = share.sum(axis=0) + assumed
        weights /= weights.sum()
    of_task = np.zeros((task.max() + 1, ATOMS))
    np.add.at(of_task, task, share)
    others = np.maximum(share.sum(axis=0) - of_task, 0.0) + assumed
    others /= others.sum(axis=1, keepdims=True)
    return others[task], weights


def no_prior(n_curves: int) -> Prior:
    """Return the prior of curves that stand alone: nothing is said by others.

    Parameters
    ----------
    n_curves : int

    Returns
    -------
    Prior
    """
    return Prior(*np.full((3, n_curves, ATOMS), np.nan))


def moderate(own: Own, prior: Prior) -> Moderated:
    """Combine each curve's dispersion with its prior.

    Parameters
    ----------
    own : Own
    prior : Prior

    Returns
    -------
    Moderated
        A curve without a prior has its own dispersion, at least the lowest one.
    """
    weights = prior.weights * _likelihood(own, prior.atoms)
    weights /= weights.sum(axis=1, keepdims=True)
    inverse = (weights / prior.atoms).sum(axis=1)
    spread = (weights * (1.0 / prior.atoms - inverse[:, None]) ** 2).sum(axis=1)
    alone = np.isnan(inverse)
    value = np.where(own.known, np.maximum(own.value, own.lowest), np.nan)
    with np.errstate(divide="ignore"):
        degrees = np.where(alone, own.degrees, 2.0 * inverse**2 / spread)
        value = np.where(alone, value, 1.0 / inverse)
    return Moderated(prior.atoms, weights, value, np.where(np.isnan(value), np.nan, degrees))


def with_replicates(own: Own, runs: Own) -> Own:
    """Join what residuals and replicates show of a curve's dispersion.

    Parameters
    ----------
    own, runs : Own
        By the residuals, and by the replicates of each model.

    Returns
    -------
    Own
        By the residuals alone where replicates explain less than they are: models then may differ
        by more than their seeds do (docs/calibration.md).
    """
    joined = runs.known & ~(own.known & (beyond_replicates(own, runs) <= _UNEXPLAINED))
    first, second = np.where(own.known, own.degrees, 0), np.where(joined, runs.degrees, 0)
    squares = np.where(own.known, first * own.value, 0.0) + second * runs.value
    value = np.where(joined, squares / np.maximum(first + second, 1), own.value)
    return Own(value, np.where(joined, first + second, own.degrees), own.lowest)


def beyond_replicates(own: Own, runs: Own) -> Floats:
    """P-value of residuals as large as a curve's, if they are as its replicates scatter.

    Parameters
    ----------
    own, runs : Own

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        Of F; NaN where either is not known. The test for lack of fit with replicates.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = fdtrc(own.degrees, runs.degrees, own.value / runs.value)
    return np.where(own.known & runs.known, p, np.nan)


def misfit(own: Own, prior: Prior) -> Floats:
    """P-value of a curve's own dispersion under its prior.

    Parameters
    ----------
    own : Own
    prior : Prior

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        How often a curve that the law fits scatters as much or more; NaN for a curve without
        degrees of freedom or without a prior. Small where the law does not fit.

    Notes
    -----
    Only the four fifths of the others that scatter least say what is usual (`MOST_USUAL`): tasks
    that share a misfit would otherwise be usual to each other (docs/calibration.md).
    """
    less = np.cumsum(prior.weights, axis=1) - prior.weights
    weights = np.clip(MOST_USUAL - less, 0.0, prior.weights)
    weights /= weights.sum(axis=1, keepdims=True)
    known = own.known & ~np.isnan(prior.weights[:, 0])
    p = np.full(len(known), np.nan)
    degrees = own.degrees[known, None].astype(np.float64)
    tail = chdtrc(degrees, degrees * own.value[known, None] / prior.atoms[known])
    p[known] = (weights[known] * tail).sum(axis=1)
    return p
