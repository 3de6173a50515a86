"""Maximum-likelihood distribution of exponents in a group of curves.

Single curves are mostly not decidable; a group's curves together say more. The weights of the
exponents on a grid are those under which all curves together are likeliest (nonparametric
maximum likelihood), each curve seen through its likelihood at each exponent. The first exponent
is the constant, for curves that do not rise.

References
----------
.. [1] R. Koenker, I. Mizera, J. Am. Stat. Assoc. 109 (2014) 674: the mixture on a grid is a
   convex problem.
.. [2] Y. Kim et al., J. Comput. Graph. Stat. 29 (2020) 261: solved by quadratic programming.
.. [3] M. Stephens, Biostatistics 18 (2017) 275: the same for effects, an atom at zero included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import chdtri

from emergence.inference.model import Floats

#: Least share of tasks that rise: with less there is nothing to divide by.
LEAST_RISING = 0.02

#: Shares this near to 0 or 1 are at the boundary.
_AT_BOUNDARY = 0.005

#: Most steps of the maximisation, and by how much, for each task, a weight may still gain.
_STEPS, _TOLERANCE = 50, 1e-6

#: Steps of expectation and maximisation at a given share, and halvings of the share's range.
_EM_STEPS, _BISECTIONS = 200, 12


@dataclass(frozen=True)
class Group:
    """The curves of a group.

    Attributes
    ----------
    likelihood : ndarray of float64, shape (n_curves, n_exponents)
        Of each curve at each exponent, over the largest of the curve.
    task : ndarray of int64, shape (n_curves,)
        Number of each curve's task, from 0, without gaps: each task has one vote, shared evenly
        by its curves.
    beyond : ndarray of bool, shape (n_exponents,)
        Which exponents are no smooth law.
    """

    likelihood: Floats
    task: NDArray[np.int64]
    beyond: NDArray[np.bool_]

    @classmethod
    def of(cls, logarithms: Floats, task: NDArray, beyond: NDArray[np.bool_]) -> Group:
        """Take log-likelihoods, shape (n_exponents, n_curves), and tasks of any kind."""
        # No curve makes an exponent impossible for all others.
        likelihood = np.exp(np.maximum(logarithms - logarithms.max(axis=0), -500.0)).T
        return cls(likelihood, np.unique(task, return_inverse=True)[1], beyond)

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return int(self.task.max(initial=-1)) + 1

    def votes(self, times: NDArray | None = None) -> Floats:
        """Return the weight of each curve; ``times`` says how often each task counts."""
        votes = 1.0 / np.bincount(self.task, minlength=self.tasks)
        return (votes if times is None else votes * times)[self.task]


def distribution(group: Group, votes: Floats) -> Floats:
    """Estimate the weights of the exponents by maximum likelihood.

    Parameters
    ----------
    group : Group
    votes : ndarray of float64, shape (n_curves,)

    Returns
    -------
    ndarray of float64, shape (n_exponents,)
        Sum 1.
    """
    likelihood, share = group.likelihood, votes / votes.sum()
    n_exponents = likelihood.shape[1]
    weights = np.full(n_exponents, 1.0 / n_exponents)
    for _ in range(_STEPS):
        ratio = likelihood / (likelihood @ weights)[:, None]
        if (share @ ratio).max() <= 1.0 + _TOLERANCE:
            break
        # The top of the quadratic model over weights that are not negative (Kim et al.).
        curvature = (ratio * share[:, None]).T @ ratio
        curvature[np.diag_indices(n_exponents)] += 1e-8 * curvature.max()
        root = np.linalg.cholesky(curvature).T
        best, _ = nnls(root, np.linalg.solve(root.T, 2.0 * (share @ ratio) - 1.0))
        move, step = best / best.sum() - weights, 1.0
        before = _log_likelihood(likelihood, share, weights)
        while _log_likelihood(likelihood, share, weights + step * move) < before and step > 1e-6:
            step /= 2
        weights = np.maximum(weights + step * move, 0.0)
        weights /= weights.sum()
    return weights


def _log_likelihood(likelihood: Floats, votes: Floats, weights: Floats) -> float:
    return float(votes @ np.log(np.maximum(likelihood @ weights, 1e-300)))


def share_beyond(weights: Floats, beyond: NDArray[np.bool_]) -> float:
    """Return the share of the rising curves whose exponent is no smooth law's.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_exponents,)
        The first is the constant's.
    beyond : ndarray of bool, shape (n_exponents,)

    Returns
    -------
    float
        NaN where fewer than `LEAST_RISING` rise.
    """
    rising = 1.0 - weights[0]
    if rising < LEAST_RISING:
        return float("nan")
    return float(min(weights[beyond].sum() / rising, 1.0))


@dataclass(frozen=True)
class Estimate:
    """An estimate for a group of curves.

    Attributes
    ----------
    weights : ndarray of float64, shape (n_exponents,)
    share : float
        Of the curves that rise, those beyond the smooth law; NaN where too few rise.
    low, high : float
        Interval of the share: one-sided at 0 and at 1. NaN where the share is.
    """

    weights: Floats
    share: float
    low: float
    high: float


def estimate(group: Group, resamples: NDArray[np.int64], level: float) -> Estimate:
    """Estimate the distribution of exponents, and the share beyond the smooth law.

    Parameters
    ----------
    group : Group
    resamples : ndarray of int64, shape (draws, tasks)
        How often each task counts in each resample of whole tasks.
    level : float
        Of the interval.

    Returns
    -------
    Estimate
    """
    weights = distribution(group, group.votes())
    share = share_beyond(weights, group.beyond)
    if np.isnan(share):
        return Estimate(weights, share, share, share)
    drawn = [
        share_beyond(distribution(group, group.votes(times)), group.beyond) for times in resamples
    ]
    tail = (1.0 - level) / 2.0
    low, high = np.nanquantile([*drawn, share], [tail, 1.0 - tail]).tolist()
    # Where all resamples are at the boundary too, their spread says nothing.
    if share <= _AT_BOUNDARY:
        low, high = 0.0, max(high, boundary_limit(group, weights, level, upwards=True))
    elif share >= 1.0 - _AT_BOUNDARY:
        low, high = min(low, boundary_limit(group, weights, level, upwards=False)), 1.0
    return Estimate(weights, share, low, high)


def boundary_limit(group: Group, weights: Floats, level: float, *, upwards: bool) -> float:
    """One-sided limit of a share at its boundary, by the likelihood ratio.

    Parameters
    ----------
    group : Group
    weights : ndarray of float64, shape (n_exponents,)
        The best.
    level : float
    upwards : bool
        Whether the share is at 0 and the limit above it; else the share is at 1.

    Returns
    -------
    float
    """
    drop = 0.5 * float(chdtri(1.0, 2.0 * (1.0 - level)))
    target = _log_likelihood(group.likelihood, group.votes(), weights) - drop
    inside, outside = (0.0, 1.0) if upwards else (1.0, 0.0)
    if likelihood_at(group, outside) >= target:
        return outside
    for _ in range(_BISECTIONS):
        middle = 0.5 * (inside + outside)
        if likelihood_at(group, middle) >= target:
            inside = middle
        else:
            outside = middle
    return outside


def likelihood_at(group: Group, share: float) -> float:
    """Log-likelihood of the best weights with a given share beyond the smooth law.

    Parameters
    ----------
    group : Group
    share : float

    Returns
    -------
    float
    """
    votes = group.votes()
    smooth = ~group.beyond
    smooth[0] = False

    def with_share(weights: Floats) -> Floats:
        weights = weights / weights.sum()
        rising = 1.0 - weights[0]
        for side, its in ((group.beyond, share), (smooth, 1.0 - share)):
            weights[side] *= rising * its / max(weights[side].sum(), 1e-300)
        return weights

    weights = with_share(np.ones(len(smooth)))
    for _ in range(_EM_STEPS):
        joint = group.likelihood * weights
        weights = with_share(votes @ (joint / joint.sum(axis=1, keepdims=True)))
    return _log_likelihood(group.likelihood, votes, weights)
