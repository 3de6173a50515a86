"""The largest model predicted from all the others by a smooth law."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, xlogy

from emergence.inference.dispersion import scatter_of
from emergence.inference.law import fit_law, refit_law
from emergence.inference.link import link
from emergence.inference.model import LAW, Curves, Floats, LawFit, free_bounds, put_fit, take_fit
from emergence.inference.steep import fit_laws

#: Where the last score lies.
STATUSES = ("inside", "outside_above", "outside_below", "uninformative")
INSIDE, ABOVE, BELOW, UNINFORMATIVE = range(4)

#: An interval wider than this part of what lies between chance and 1 says nothing of a score
#: inside it.
_WIDE = 0.5

#: The first count tried lies so many times further out than binomial noise alone would allow:
#: the law's parameters are not known either.
_FIRST_TRIAL = 1.5

#: While all counts tried are within, the next lies so many times further out than a straight
#: line would have it.
_FURTHER = 1.2

#: Iterations of a fit on the way: one that stops short finds too much loss, which is seen when
#: the first count outside is fitted once more.
_FEW_ITERATIONS = 30

#: More trials than any search has taken: halving alone takes one for each bit of the count.
_MOST_TRIALS = 80


@dataclass(frozen=True)
class Prediction:
    """Prediction of the last score of many curves.

    Attributes
    ----------
    low, high : ndarray of float64, shape (n_curves,)
        Ends of the interval, as shares.
    status : ndarray of int64, shape (n_curves,)
        Index into `STATUSES`.
    degrees : ndarray of int64, shape (n_curves,)
        Of the dispersion of the other models; below 1 there is no prediction.
    converged : ndarray of bool, shape (n_curves,)
        Whether the fits that the prediction rests on are.
    """

    low: Floats
    high: Floats
    status: NDArray[np.int64]
    degrees: NDArray[np.int64]
    converged: NDArray[np.bool_]


def without_last(curves: Curves) -> Curves:
    """Return the curves without their largest model.

    Parameters
    ----------
    curves : Curves

    Returns
    -------
    Curves
        With distances from the largest scale that is left.
    """
    return Curves(
        curves.successes[:-1], curves.trials[:-1], curves.distance[:-1] - curves.distance[-2]
    )


def predict_last(
    curves: Curves, chance: Floats, *, largest_exponent: float, level: float
) -> Prediction:
    """Predict the largest model's score from all the others, by the smooth law.

    Parameters
    ----------
    curves : Curves
        At least three points.
    chance : ndarray of float64, shape (n_curves,)
        NaN where unknown: it is then taken as 0.
    largest_exponent : float
    level : float
        Of the interval.

    Returns
    -------
    Prediction

    Notes
    -----
    The interval holds every count y of the largest model with which some law up to the largest
    exponent goes through all models: twice the log-likelihood that is lost by drawing the law
    through y as well, over the dispersion of the others, is at most the chi-square quantile
    with one degree of freedom. Floor, ceiling, location and exponent are fitted anew for each y.

    Weights over a prior, whatever the prior, cover the laws that it makes likely. A law that has
    just begun to rise above a floor is one of many that fit a flat beginning, and is what a
    prediction has to allow for before it calls a jump unpredictable: averages over uniform
    parameters cover .4 of such curves at a nominal .95 (docs/calibration.md).

    References
    ----------
    .. [1] J. F. Bjornstad, "Predictive likelihood: a review", Stat. Sci. 5 (1990) 242; section
       2.3 for the profile.
    """
    others = without_last(curves)
    fits = fit_laws(others, chance, (largest_exponent,))
    bounded = fits.bounded[largest_exponent]
    scatter = scatter_of(others, fits.unbounded, bounded)
    converged = fits.unbounded.converged & bounded.converged
    low, high = np.full((2, len(curves)), np.nan)
    # No prediction is asked for where there is none.
    some = np.flatnonzero(scatter.degrees >= 1)
    if some.size:
        search = _Search.of(
            curves.take(some),
            take_fit(bounded, some),
            fits.zero[some],
            scatter.at_least_one[some],
            largest_exponent,
            level,
        )
        for end, upwards in ((low, False), (high, True)):
            count, fitted = search.last_within(upwards)
            end[some] = count / curves.trials[-1, some]
            converged[some] &= fitted
    score = curves.successes[-1] / curves.trials[-1]
    with np.errstate(invalid="ignore"):
        bottom = np.where((chance >= 0) & (chance < 1), chance, 0.0)
        status = np.where(high - low > _WIDE * (1.0 - bottom), UNINFORMATIVE, INSIDE)
        # What lies outside of a wide interval lies outside.
        status = np.where(score > high, ABOVE, np.where(score < low, BELOW, status))
    return Prediction(low, high, status, scatter.degrees, converged)


@dataclass(frozen=True)
class _Search:
    """What the search for both ends of many intervals needs.

    Attributes
    ----------
    curves : Curves
        All models; the last count is replaced by each that is tried.
    others : LawFit
        The bounded law fitted to all models but the last, and followed to it.
    zero : ndarray of bool, shape (n_curves,)
        Where its floor was fixed at 0.
    expected : ndarray of float64, shape (n_curves,)
        The last count by that fit.
    noise : ndarray of float64, shape (n_curves,)
        Its binomial standard deviation.
    root : ndarray of float64, shape (n_curves,)
        Square root of the largest loss within.
    largest_exponent : float
    """

    curves: Curves
    others: LawFit
    zero: NDArray[np.bool_]
    expected: Floats
    noise: Floats
    root: Floats
    largest_exponent: float

    @classmethod
    def of(
        cls,
        curves: Curves,
        others: LawFit,
        zero: NDArray[np.bool_],
        dispersion: Floats,
        largest_exponent: float,
        level: float,
    ) -> _Search:
        """Predict the last count by the fit of the others, with its noise."""
        rises = others.kind == LAW
        eta = np.where(rises, others.location - others.exponent * curves.distance[-2], 0.0)
        risen = others.floor + (others.ceiling - others.floor) * link(eta)
        share = np.where(rises, risen, others.floor)
        n = curves.trials[-1]
        edge = 0.5 / (n + 1.0)
        inner = np.clip(share, edge, 1.0 - edge)
        noise = np.sqrt(n * inner * (1.0 - inner))
        root = np.sqrt(dispersion * chdtri(1.0, 1.0 - level))
        # The same fit over all models: its location is that at the largest of them.
        moved = replace(
            others,
            location=np.where(rises, eta, others.location),
            probability=np.concatenate([others.probability, share[None]]),
        )
        return cls(curves, moved, zero, n * share, noise, root, largest_exponent)

    def take(self, columns: NDArray[np.intp]) -> _Search:
        """Return what some of the curves need."""
        return _Search(
            self.curves.take(columns),
            take_fit(self.others, columns),
            self.zero[columns],
            self.expected[columns],
            self.noise[columns],
            self.root[columns],
            self.largest_exponent,
        )

    def left(self, count: Floats, latest: LawFit | None) -> tuple[Floats, LawFit]:
        """Return what is left of the root of the loss at a last count, and the fit there.

        The first fit looks everywhere, each further one starts where the one before it ended.
        """
        n = self.curves.trials[-1]
        successes = self.curves.successes.copy()
        successes[-1] = count
        curves = replace(self.curves, successes=successes)
        bounds = free_bounds(len(curves), self.largest_exponent, self.zero)
        if latest is None:
            fit = fit_law(curves, bounds, self.others)
        else:
            fit = refit_law(curves, bounds, latest, _FEW_ITERATIONS)
        alone = xlogy(count, count / n) + xlogy(n - count, 1.0 - count / n)
        loss = 2.0 * (self.others.log_likelihood + alone - fit.log_likelihood)
        return self.root - np.sqrt(np.maximum(loss, 0.0)), fit

    def last_within(self, upwards: bool) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the last count within, and whether the fits from everywhere converged.

        By false position (Illinois) over whole counts: the root of the loss is nearly linear.
        A fit that starts from the one before may miss the highest top and find too much loss:
        the first count outside is fitted once more from everywhere.
        """
        m, sign = len(self.curves), 1.0 if upwards else -1.0
        beyond = (self.curves.trials[-1] if upwards else np.zeros(m)) + sign
        toward = np.floor if upwards else np.ceil
        inner, outer = np.clip(toward(self.expected), 0.0, self.curves.trials[-1]), beyond.copy()
        f_inner, f_outer = self.root.copy(), np.full(m, np.nan)
        stayed, sure, converged = np.zeros(m), np.ones(m, bool), np.ones(m, bool)
        trial = self.expected + sign * _FIRST_TRIAL * self.root * self.noise
        latest, everywhere = self.others, True
        for _ in range(_MOST_TRIALS):
            rows = np.flatnonzero(np.abs(outer - inner) > 1.0)
            checked = not rows.size
            if checked:
                rows, everywhere = np.flatnonzero(~sure), True
                if not rows.size:
                    break
            i, o, some = inner[rows], outer[rows], self.take(rows)
            between = np.clip(np.round(trial[rows]), np.minimum(i, o) + 1, np.maximum(i, o) - 1)
            count = o if checked else between
            value, fit = some.left(count, None if everywhere else take_fit(latest, rows))
            latest = put_fit(latest, rows, fit)
            if everywhere:
                converged[rows] &= fit.converged
            within = value >= 0.0
            # Illinois: an end that stays twice counts half, so that both close in.
            halved = np.where(stayed[rows] == np.where(within, 1, -1), 0.5, 1.0)
            kept, f_kept = (beyond[rows], np.nan) if checked else (o, halved * f_outer[rows])
            outer[rows], f_outer[rows] = np.where(within, (kept, f_kept + 0 * o), (count, value))
            inner[rows] = np.where(within, count, i)
            f_inner[rows] = np.where(within, value, halved * f_inner[rows])
            sure[rows] = np.where(within, sure[rows] | checked, everywhere)
            stayed[rows] = np.where(within, 1, -1)
            trial = self._next(inner, outer, f_inner, f_outer, sign)
            everywhere = False
        return inner, converged

    def _next(
        self, inner: Floats, outer: Floats, f_inner: Floats, f_outer: Floats, sign: float
    ) -> Floats:
        """Return the count to try next: between both ends, or further out while all are in."""
        with np.errstate(invalid="ignore", divide="ignore"):
            between = inner + f_inner / (f_inner - f_outer) * (outer - inner)
            rate = (self.root - f_inner) / np.maximum(np.abs(inner - self.expected), 0.5)
            further = inner + sign * _FURTHER * f_inner / rate
        trial = np.where(np.isnan(f_outer), further, between)
        return np.where(np.isfinite(trial), trial, 0.5 * (inner + outer))
