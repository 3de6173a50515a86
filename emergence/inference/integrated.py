"""Likelihood of each exponent of the law, integrated over floor, ceiling and location.

The largest likelihood at an exponent prefers steps, which search for their place: with few
points some place always fits. The likelihood that is integrated over a prior of everything but
the exponent does not, and can be compared between exponents and mixed over curves
(`emergence.pooling.population`).

With t = 0 at the largest scale and t = T at the smallest, the law is
``v + (1 - v) w exp(-exp(eta + b t))``. Priors, given the exponent b:

- *floor* v: exactly chance in a part of the cases (none where chance is unknown), else anywhere
  between 0 and 1;
- *ceiling* v + (1 - v) w: anywhere above the floor;
- *location* eta: even between two ends. At one, the smallest model has all but risen; at the
  other, the largest has hardly begun. A steep rise so lies anywhere among the models, and of
  a gentle one the begin or the end may be all that is seen.

The *step*, b -> inf, lies between two neighbouring scales, each pair as often as it is wide. The
*constant* lies in one half of the cases where a floor may lie, and in the other where the law
lies in the limit b -> 0. With the first half alone, the gentlest laws suit scores a little
above chance better, and take the constants for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, xlogy

from emergence.inference.model import Curves, Floats, add_up


@dataclass(frozen=True)
class LawPrior:
    """A prior of all but the exponent.

    Attributes
    ----------
    at_chance : float
        How often the floor is exactly chance.
    risen, begun : float
        Least eta + b T, where exp(-exp(risen)) of the rise is done at the smallest scale, and
        largest eta.
    """

    at_chance: float
    risen: float
    begun: float


#: The first is the one that is drawn. In it 92 % of the rise are done at the one end of the
#: locations and 7 % at the other; in the second 99 % and less than 1 %.
PRIORS = {"chance": LawPrior(0.5, -2.5, 1.0), "open": LawPrior(0.0, -4.5, 2.0)}

_RISEN = min(prior.risen for prior in PRIORS.values())
_WIDEST = max(prior.begun for prior in PRIORS.values()) - _RISEN

#: A score counts for no more answers than these: beyond, it is the law that is not exact.
MOST_TRIALS = 1000

#: Distance of the nodes in eta for a curve of 1,600 trials in all, and its bounds: the error of
#: a cubic between two nodes grows with the trials and the fourth power of the distance.
_SPACING, _TRIALS, _CLOSEST, _FARTHEST = 0.35, 1600, 0.2, 0.6

#: Parts into which the interval between two nodes is cut.
_CUTS = 8

#: Steps to the top over floor and ceiling, and the longest, in logits.
_STEPS, _LONGEST = 8, 2.0

#: Curvatures are taken to be no smaller, at a top that was not quite reached.
_FLATTEST = 0.05

#: Nodes of all curves that are worked on together: their arrays stay in the processor's cache.
_TOGETHER = 8192

#: The least probability of an answer whose logarithm is taken.
_TINY = 1e-100


def integrated_likelihoods(
    curves: Curves, chance: ArrayLike, exponents: Sequence[float], dispersion: ArrayLike
) -> Floats:
    """Integrate the quasi-likelihood over floor, ceiling and location.

    Parameters
    ----------
    curves : Curves
        At least two points each; numbers of successes need not be whole.
    chance : array_like of float, shape (n_curves,)
        Below 1; NaN where unknown.
    exponents : sequence of float
        0 is the constant, inf the step.
    dispersion : array_like of float, shape (n_curves,)
        Positive: the log-likelihoods are divided by it.

    Returns
    -------
    ndarray of float64, shape (n_priors, n_exponents, n_curves)
        Logarithms, for `PRIORS`, less that of the largest likelihood of all (each score its own
        probability). Rounded to thousandths, so that they do not depend on a processor's last
        bits.

    Notes
    -----
    Over floor and ceiling by Laplace's method in their logits [1]_, over the location by
    cubic interpolation between nodes.

    References
    ----------
    .. [1] L. Tierney, J. B. Kadane, J. Am. Stat. Assoc. 81 (1986) 82.
    """
    chance = np.asarray(chance, np.float64)
    weight = np.minimum(
        1.0 / np.asarray(dispersion, np.float64), MOST_TRIALS / curves.trials.max(axis=0)
    )
    right = curves.successes * weight
    wrong = curves.trials * weight - right
    spacing = _SPACING * np.sqrt(np.sqrt(_TRIALS / add_up(right + wrong)))
    spacing = np.clip(spacing, _CLOSEST, _FARTHEST)
    found = np.empty((len(PRIORS), len(exponents), len(curves)))
    for at, exponent in enumerate(exponents):
        if np.isinf(exponent):
            nodes = np.full(len(curves), len(right) - 1)
        else:
            nodes = _nodes((exponent * curves.distance[0] + _WIDEST) / spacing)
        for count in np.unique(nodes).tolist():
            alike = np.flatnonzero(nodes == count)
            for columns in np.array_split(alike, -(-len(alike) * count // _TOGETHER)):
                some = _Some(
                    *(a[:, columns] for a in (right, wrong, curves.distance)), chance[columns]
                )
                value = _step(some) if np.isinf(exponent) else _law(some, exponent, count)
                found[:, at, columns] = value
    return np.round(found, 3) + 0.0


def _nodes(fewest: Floats) -> NDArray[np.int64]:
    """Return the numbers of nodes: few different ones, so that many curves have the same."""
    return np.ceil(2 ** (np.ceil(4 * np.log2(fewest)) / 4)).astype(np.int64) + 1


@dataclass(frozen=True)
class _Some:
    """Some curves: right and wrong answers over the dispersion, distances, and chance."""

    right: Floats
    wrong: Floats
    distance: Floats
    chance: Floats

    @property
    def floor(self) -> Floats:
        """Chance; 0 where it is unknown, which then has no weight."""
        return np.where(np.isnan(self.chance), 0.0, self.chance)

    def mixed(
        self, prior: LawPrior, at_chance: Floats, anywhere: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Mix the log-likelihoods of two kinds of floor; return the share of each as well.

        They are made less than 0 by the log-likelihood with each score its own probability.
        """
        n = self.right + self.wrong
        largest = add_up(xlogy(self.right, self.right / n) + xlogy(self.wrong, self.wrong / n))
        share = np.where(np.isnan(self.chance), 0.0, prior.at_chance)
        with np.errstate(divide="ignore"):
            parts = np.log(share) + at_chance, np.log(1.0 - share) + anywhere
        both = np.logaddexp(*parts)
        return both - largest, np.exp(parts[0] - both), np.exp(parts[1] - both)

    def constant(self, prior: LawPrior) -> Floats:
        """Integrated log-likelihood of a constant that lies where a floor may lie."""
        k, m = add_up(self.right), add_up(self.wrong)
        at_chance = xlogy(k, self.floor) + xlogy(m, 1.0 - self.floor)
        return self.mixed(prior, at_chance, betaln(k + 1.0, m + 1.0))[0]


def _law(some: _Some, exponent: float, count: int) -> Floats:
    """Logarithms of the integrals of the law, shape (n_priors, n_curves)."""
    slope = exponent * some.distance[0]
    width = (slope + _WIDEST) / (count - 1)
    first = _RISEN - slope
    eta = first + np.arange(count)[:, None] * width
    # Beyond 6 the exponential is 0 to all digits.
    hazard = np.exp(np.minimum(eta + exponent * some.distance[:, None], 6.0))
    rise = np.exp(-hazard)
    at_chance, its_slope = _laplace(some, rise, -hazard * rise, some.floor)
    anywhere, other_slope = _laplace(some, rise, -hazard * rise, None)
    found = []
    for prior in PRIORS.values():
        value, *parts = some.mixed(prior, at_chance, anywhere)
        steepness = parts[0] * its_slope + parts[1] * other_slope
        top = value.max(axis=0)
        left, gain = value[:-1] - top, np.diff(value, axis=0)
        begin, end = steepness[:-1] * width, steepness[1:] * width
        total, within = np.zeros((2, len(top)))
        for cut in (np.arange(_CUTS) + 0.5) / _CUTS:
            # Cubic between two nodes, with the derivatives at both (Hermite).
            bend = (3 - 2 * cut) * gain - (2 - cut) * begin - (1 - cut) * end
            inside = left + cut * (begin + cut * bend)
            # No concave function is above both tangents.
            tangents = np.minimum(left + cut * begin, left + gain - (1 - cut) * end)
            inside = np.minimum(inside, np.maximum(tangents, np.maximum(left, left + gain)))
            place = eta[:-1] + cut * width
            counts = (place >= prior.risen - slope) & (place <= prior.begun)
            total += add_up(np.where(counts, np.exp(inside), 0.0))
            within += np.count_nonzero(counts, axis=0)
        found.append(top + np.log(total / within))
    if exponent == 0:
        constant = [some.constant(prior) for prior in PRIORS.values()]
        return np.logaddexp(found, constant) - np.log(2.0)
    return np.stack(found)


def _step(some: _Some) -> Floats:
    """Logarithms of the integrals of the step, shape (n_priors, n_curves)."""
    n_points, n_curves = some.right.shape
    above = np.arange(n_points)[:, None] > np.arange(n_points - 1)
    rise = np.repeat(above[:, :, None].astype(np.float64), n_curves, axis=2)
    at_chance, anywhere = (
        _laplace(some, rise, np.zeros_like(rise), floor)[0] for floor in (some.floor, None)
    )
    width = np.log((some.distance[:-1] - some.distance[1:]) / some.distance[0])
    return np.stack(
        [_log_sum(some.mixed(prior, at_chance, anywhere)[0] + width) for prior in PRIORS.values()]
    )


def _laplace(
    some: _Some, rise: Floats, slope: Floats, floor: Floats | None
) -> tuple[Floats, Floats]:
    """Log integral over the ceiling, and over the floor where none is given.

    Parameters
    ----------
    some : _Some
    rise, slope : ndarray of float64, shape (n_points, n_nodes, n_curves)
        The law between a floor of 0 and a ceiling of 1, and its derivative by the location.
    floor : ndarray of float64, shape (n_curves,), or None

    Returns
    -------
    value, derivative : ndarray of float64, shape (n_nodes, n_curves)
        The derivative is that of the top.
    """
    free = floor is None
    v, w = _start(some, rise, floor)
    logit_v, logit_w = np.log(v / (1 - v)) if free else None, np.log(w / (1 - w))
    for _ in range(_STEPS):
        s1, s2, h11, h12, h22 = _expanded(some, rise, v, w)
        if not free:
            h11, h12 = np.ones_like(h22), np.zeros_like(h22)
        # Newton's; where the integrand is not concave, each coordinate goes uphill by itself.
        concave = (h11 > 0) & (h22 > 0) & (h11 * h22 > h12 * h12)
        h11, h12, h22 = np.abs(h11), np.where(concave, h12, 0), np.abs(h22)
        determinant = h11 * h22 - h12 * h12
        if free:
            move = (h22 * s1 - h12 * s2) / determinant
            logit_v = logit_v + np.clip(move, -_LONGEST, _LONGEST)
            v = 1 / (1 + np.exp(-logit_v))
        move = (h11 * s2 - h12 * s1) / determinant
        logit_w = logit_w + np.clip(move, -_LONGEST, _LONGEST)
        w = 1 / (1 + np.exp(-logit_w))
    *_, h11, h12, h22 = _expanded(some, rise, v, w)
    value, derivative = np.zeros((2, *w.shape))
    for k, m, g, along in zip(some.right, some.wrong, rise, slope, strict=True):
        right, wrong = np.maximum(v + (1 - v) * w * g, _TINY), (1 - v) * (1 - w * g)
        value += k * np.log(right) + m * np.log(wrong)
        derivative += (k / right - m / wrong) * along
    derivative *= (1 - v) * w
    h11, h22 = np.maximum(h11, _FLATTEST), np.maximum(h22, _FLATTEST)
    for share, h in ((v, h11), (w, h22)) if free else ((w, h22),):
        prior = share * (1 - share)
        # With one more term of Stirling's series, by which a single share is all but exact.
        value += np.log(prior) + 0.5 * np.log(2 * np.pi / h) + (1 - prior) / (12 * h)
    if free:
        value -= 0.5 * np.log(np.maximum(1 - h12 * h12 / (h11 * h22), _FLATTEST))
    return value, derivative


def _start(some: _Some, rise: Floats, floor: Floats | None) -> tuple[Floats, Floats]:
    """Start from weighted least squares, kept inside."""
    n, ng, ngg, k, kg = np.zeros((5, *rise.shape[1:]))
    for right, wrong, g in zip(some.right, some.wrong, rise, strict=True):
        # Over the variance of a score, its own probability drawn in a little.
        trials = right + wrong
        weight = trials * (trials + 1) ** 2 / ((right + 0.5) * (wrong + 0.5))
        n += weight
        ng += weight * g
        ngg += weight * g * g
        k += weight * right / trials
        kg += weight * right / trials * g
    edge = 1 / (add_up(some.right + some.wrong) + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        if floor is None:
            height = (n * kg - ng * k) / (n * ngg - ng * ng)
            floor = (k - height * ng) / n
            floor = np.clip(np.where(np.isfinite(floor), floor, k / n), edge, 1 - edge)
        height = (kg - floor * ng) / ngg
    w = np.where(np.isfinite(height), height / (1 - floor), 0.5)
    return floor, np.clip(w, edge, 1 - edge)


def _expanded(
    some: _Some, rise: Floats, v: Floats, w: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Gradient in the logits of v and w, and curvature, of the logarithm of the integrand."""
    s1, s2, h11, h12, h22 = np.zeros((5, *rise.shape[1:]))
    wrong_at_0, height = 1 - v, (1 - v) * w
    by_w = height * (1 - w)
    for k, m, g in zip(some.right, some.wrong, rise, strict=True):
        risen = height * g
        right, wrong = np.maximum(v + risen, _TINY), np.maximum(wrong_at_0 - risen, _TINY)
        d1, d2 = v * wrong, by_w * g
        score, other = k / right, m / wrong
        curvature = score / right + other / wrong
        score -= other
        s1 += score * d1
        s2 += score * d2
        curved = curvature * d2
        h12 += curved * d1
        h22 += curved * d2
        h11 += curvature * d1 * d1
    # The second derivatives of the probabilities, and the priors, even in v and w.
    h11 += 2 * v * (1 - v) - (1 - 2 * v) * s1
    h22 += 2 * w * (1 - w) - (1 - 2 * w) * s2
    h12 += v * s2
    return s1 + 1 - 2 * v, s2 + 1 - 2 * w, h11, h12, h22


def _log_sum(terms: Floats) -> Floats:
    """Logarithm of the sum of exponentials along the first axis, in its order."""
    top = terms.max(axis=0)
    return top + np.log(add_up(np.exp(terms - top)))
