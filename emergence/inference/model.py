"""Data and results of the fits: counts of curves, the smooth law, its bounds.

The law is the paper's model of exact match with the floor and the ceiling of real data::

    y(N) = f + (u - f) * exp(-exp(a - b * ln N)),   0 <= f <= u <= 1,  b >= 0

Inside, a curve is described by its floor f, its gap s = 1 - u below 1, the location
eta = a - b * ln N at the largest scale, and the exponent b. With d = 1 - f - s and the
distance t = ln(N_largest / N) of a point, its success probability is
``f + d * exp(-exp(eta + b * t))``.

Arrays have one row a point and one column a curve. Every operation across curves is
elementwise and every sum over points is a loop in their order, because numpy's reductions,
BLAS and einsum choose their order of summation by the shape of the whole batch: a curve's
last bits would then depend on its neighbours.

References
----------
.. [1] R. Schaeffer, B. Miranda, S. Koyejo, "Are Emergent Abilities of Large Language Models
   a Mirage?", arXiv 2304.15004v2, section 2: exact match of a model whose loss falls as a
   power of scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

Floats = NDArray[np.float64]

#: What the best fit of a curve is.
KINDS = ("constant", "law", "step")
CONSTANT, LAW, STEP = range(3)

#: Log-likelihoods that differ by less are equal.
EQUAL = 1e-7

#: How the variance of a score goes with its expectation y: y (1 - y), or the same everywhere.
VARIANCES = ("binomial", "constant")

#: Trials that each point of a bounded continuous score is given. Its dispersion is free, so
#: that any number gives the same tests and intervals; with this one whatever scatter there is
#: lies far above the tolerances of the search, which are absolute.
NOMINAL_TRIALS = 1e6

#: Numbers of one array that are worked on together.
_TOGETHER = 2048

#: Exponents up to this many units over the narrowest step of log scale are searched; there
#: neighbouring points are 0 and 1 to all digits, and the step takes over.
_STEEPEST = 36.0


@dataclass(frozen=True)
class Curves:
    """Counts, or scores between 0 and 1, of many curves of one length.

    Attributes
    ----------
    successes, trials : ndarray of float64, shape (n_points, n_curves)
        Whole numbers; of scores that are no counts, `NOMINAL_TRIALS` and the part of them.
    distance : ndarray of float64, shape (n_points, n_curves)
        ln(largest scale / scale) of each point: falls to 0 at the last one.
    variance : str
        One of `VARIANCES`; counts are binomial.
    """

    successes: Floats
    trials: Floats
    distance: Floats
    variance: str = "binomial"

    @classmethod
    def from_rows(cls, successes: ArrayLike, trials: ArrayLike, scales: ArrayLike) -> Curves:
        """Take arrays with one row a curve.

        Parameters
        ----------
        successes, trials : array_like, shape (n_curves, n_points)
            Right answers, and questions; whole numbers.
        scales : array_like, shape (n_curves, n_points)
            Model scales, positive and rising along each row.

        Returns
        -------
        Curves

        Raises
        ------
        ValueError
            If the shapes differ, or a count is no count.
        """
        k, n = _points_first(successes), _points_first(trials)
        if k.shape != n.shape:
            raise ValueError(f"successes have shape {k.shape[::-1]}, trials {n.shape[::-1]}")
        if ((k < 0) | (k > n) | (n < 1) | (k != np.round(k)) | (n != np.round(n))).any():
            raise ValueError("successes and trials must be whole numbers, 0 <= k <= n, n >= 1")
        return cls(k, n, distances(scales, k.shape))

    @classmethod
    def from_fractions(cls, fractions: ArrayLike, scales: ArrayLike, variance: str) -> Curves:
        """Take scores between 0 and 1 that are no counts, with one row a curve.

        Parameters
        ----------
        fractions : array_like, shape (n_curves, n_points)
            From 0 to 1, higher is better.
        scales : array_like, shape (n_curves, n_points)
            Model scales, positive and rising along each row.
        variance : str
            One of `VARIANCES`.

        Returns
        -------
        Curves

        Raises
        ------
        ValueError
            If the shapes differ, a score is out of its range, or the variance is unknown.

        References
        ----------
        .. [1] L. E. Papke, J. M. Wooldridge, Journal of Applied Econometrics 11 (1996) 619:
           the binomial quasi-likelihood of a fraction.
        """
        y = _points_first(fractions)
        if not ((y >= 0) & (y <= 1)).all():
            raise ValueError("fractions must lie between 0 and 1")
        if variance not in VARIANCES:
            raise ValueError(f"variance {variance!r} seen; allowed are: {', '.join(VARIANCES)}")
        trials = np.full(y.shape, NOMINAL_TRIALS)
        return cls(NOMINAL_TRIALS * y, trials, distances(scales, y.shape), variance)

    def __len__(self) -> int:
        """Return the number of curves."""
        return self.successes.shape[1]

    @property
    def n_points(self) -> int:
        """Number of points of each curve."""
        return len(self.successes)

    def take(self, columns: NDArray) -> Curves:
        """Return some of the curves, by number or by truth value."""
        return Curves(
            np.ascontiguousarray(self.successes[:, columns]),
            np.ascontiguousarray(self.trials[:, columns]),
            np.ascontiguousarray(self.distance[:, columns]),
            self.variance,
        )

    def reversed(self) -> Curves:
        """Return the curves with their scores in the opposite order, on the same scales."""
        return replace(
            self,
            successes=np.ascontiguousarray(self.successes[::-1]),
            trials=np.ascontiguousarray(self.trials[::-1]),
        )


def _points_first(values: ArrayLike) -> Floats:
    return np.ascontiguousarray(np.atleast_2d(np.asarray(values, np.float64)).T)


def distances(scales: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Return the distance of each point from the largest scale, in units of the logarithm.

    Parameters
    ----------
    scales : array_like, shape (n_curves, n_points)
        Model scales, positive and rising along each row.
    shape : tuple of int
        What the result must have: (n_points, n_curves).

    Returns
    -------
    ndarray of float64, shape (n_points, n_curves)

    Raises
    ------
    ValueError
        If there are not as many scales as points, or they do not rise.
    """
    x = _points_first(scales)
    if x.shape != shape:
        raise ValueError(f"scores have shape {shape[::-1]}, scales {x.shape[::-1]}")
    if (np.diff(x, axis=0) <= 0).any() or (x <= 0).any():
        raise ValueError("scales must be positive and rise along each row")
    return np.log(x[-1] / x)


@dataclass(frozen=True)
class LawFit:
    """The law fitted to many curves.

    Attributes
    ----------
    kind : ndarray of int8, shape (n_curves,)
        Index into `KINDS`: which of the family's members, limits included, is the best.
    log_likelihood : ndarray of float64, shape (n_curves,)
        At the best, without the binomial coefficients, which do not depend on the fit.
    floor, ceiling : ndarray of float64, shape (n_curves,)
        f and u; equal for the constant.
    location : ndarray of float64, shape (n_curves,)
        a - b ln N at the largest scale; NaN unless ``kind`` is law.
    exponent : ndarray of float64, shape (n_curves,)
        b; 0 for the constant, inf for the step.
    converged : ndarray of bool, shape (n_curves,)
        The iteration that led to the best one ended by its own criterion.
    probability : ndarray of float64, shape (n_points, n_curves)
        Fitted success probabilities.
    """

    kind: NDArray[np.int8]
    log_likelihood: Floats
    floor: Floats
    ceiling: Floats
    location: Floats
    exponent: Floats
    converged: NDArray[np.bool_]
    probability: Floats

    def better_of(self, other: LawFit) -> LawFit:
        """Return, curve by curve, the other one where it is better, else this one.

        Better is more than `EQUAL`: which of two equal fits wins must not be a matter of the
        last bit, which differs between processors.
        """
        use = other.log_likelihood > self.log_likelihood + EQUAL
        return LawFit(
            **{
                field.name: np.where(use, getattr(other, field.name), getattr(self, field.name))
                for field in fields(LawFit)
            }
        )


@dataclass(frozen=True)
class Bounds:
    """What a fit may choose: one entry a curve, low equal to high where it is fixed.

    Attributes
    ----------
    floor_low, floor_high, gap_low, gap_high : ndarray of float64, shape (n_curves,)
        Of f, and of 1 - u.
    exponent_low, exponent_high : ndarray of float64, shape (n_curves,)
        Of b; an upper end of inf allows the step.
    """

    floor_low: Floats
    floor_high: Floats
    gap_low: Floats
    gap_high: Floats
    exponent_low: Floats
    exponent_high: Floats

    def take(self, columns: NDArray) -> Bounds:
        """Return those of some of the curves."""
        return Bounds(**{f.name: getattr(self, f.name)[columns] for f in fields(Bounds)})


def free_bounds(
    n_curves: int, exponent_high: ArrayLike = np.inf, floor_is_zero: ArrayLike = False
) -> Bounds:
    """Bounds of the law with free floor and ceiling.

    Parameters
    ----------
    n_curves : int
        Number of curves.
    exponent_high : array_like of float, default inf
        The largest exponent allowed; inf for the unbounded fit.
    floor_is_zero : array_like of bool, default False
        Where the floor is fixed at 0.

    Returns
    -------
    Bounds
    """
    zero, one = np.zeros(n_curves), np.ones(n_curves)
    return Bounds(
        floor_low=zero,
        floor_high=np.where(np.broadcast_to(floor_is_zero, n_curves), 0.0, 1.0),
        gap_low=zero,
        gap_high=one,
        exponent_low=zero,
        exponent_high=np.broadcast_to(np.asarray(exponent_high, np.float64), n_curves).copy(),
    )


def chance_bounds(chance: ArrayLike) -> Bounds:
    """Bounds of the two-parameter law: floor at chance, ceiling at 1, any exponent.

    Parameters
    ----------
    chance : array_like of float, shape (n_curves,)
        Score of guessing, from 0 to below 1.

    Returns
    -------
    Bounds
    """
    floor = np.asarray(chance, np.float64)
    zero = np.zeros(len(floor))
    return Bounds(floor, floor, zero, zero, zero, np.full(len(floor), np.inf))


def at_exponent(bounds: Bounds, exponent: ArrayLike) -> Bounds:
    """Return the bounds with the exponent fixed, for a likelihood profile."""
    b = np.broadcast_to(np.asarray(exponent, np.float64), bounds.floor_low.shape).copy()
    return replace(bounds, exponent_low=b, exponent_high=b)


def take_fit(fit: LawFit, columns: NDArray | slice) -> LawFit:
    """Return the fits of some of the curves, by number, truth value or slice."""
    return LawFit(**{f.name: getattr(fit, f.name)[..., columns] for f in fields(LawFit)})


def put_fit(fit: LawFit, columns: NDArray[np.intp], part: LawFit) -> LawFit:
    """Return the fits with those of some curves, by number, replaced."""
    whole = {f.name: getattr(fit, f.name).copy() for f in fields(LawFit)}
    for name, values in whole.items():
        values[..., columns] = getattr(part, name)
    return LawFit(**whole)


def steepest(curves: Curves) -> Floats:
    """Return the exponent at which neighbouring points cannot both lie on the slope.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        Larger exponents are not searched: the step, in closed form, takes over.
    """
    gap = np.full(len(curves), np.inf)
    for nearer, farther in zip(curves.distance[1:], curves.distance[:-1], strict=True):
        gap = np.minimum(gap, farther - nearer)
    return _STEEPEST / gap


def add_up(terms: Floats) -> Floats:
    """Sum along the first axis, in its order.

    numpy's own sum takes another order when there is one column only.

    Parameters
    ----------
    terms : ndarray of float64, shape (n_terms, n)

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    total = np.zeros(terms.shape[1:])
    for term in terms:
        total += term
    return total


def blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Cut rows into blocks that are worked on together: of few columns many, of many one.

    A call of numpy takes about as long for one number as for a thousand, and arrays that leave
    the processor's cache take longer.

    Parameters
    ----------
    n_rows, n_columns : int

    Yields
    ------
    slice
    """
    together = max(_TOGETHER // max(n_columns, 1), 1)
    for begin in range(0, n_rows, together):
        yield slice(begin, begin + together)


def log_likelihood(curves: Curves, probability: Floats) -> Floats:
    """Log-likelihood of each curve, without what does not depend on the probabilities.

    Parameters
    ----------
    curves : Curves
    probability : ndarray of float64, shape (n_points, n_curves)

    Returns
    -------
    ndarray of float64, shape (n_curves,)
        -inf where something impossible was seen.
    """
    k, n = curves.successes, curves.trials
    if curves.variance == "constant":
        return add_up(-0.5 * (k - n * probability) ** 2 / n)
    return add_up(xlogy(k, probability) + xlogy(n - k, 1.0 - probability))
