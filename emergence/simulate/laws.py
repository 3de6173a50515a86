"""How reliable the tests are for bounded scores and losses, on draws from the mirage model.

Choices of `emergence.mirage` are scored as Brier score, probability and log-probability; losses
follow the power law that the model begins with. All models of a family draw items of their own,
and differ from the law by a factor on their loss besides.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emergence.facts.metric_catalog import Law
from emergence.inference.dispersion import Scatter, scatter_of
from emergence.inference.grid import NEAR, exponent_grid
from emergence.inference.loss import LossCurves, fit_loss
from emergence.inference.losses import loss_profile, loss_rise, loss_scatter
from emergence.inference.model import VARIANCES, Curves, Floats, LawFit
from emergence.inference.points import parts_of_range
from emergence.inference.profile import likelihood_profile, power_node, profile_interval
from emergence.inference.rise import rise
from emergence.inference.steep import fit_laws
from emergence.mirage import dirichlet_parameters, item_means
from emergence.pooling.moderation import Own, moderate, prior_of_others
from emergence.simulate.calibration import B_MAX
from emergence.simulate.curves import Truth, even_scales

#: Choices of each question, and how models that do not know lean, and items differ.
CHOICES, LEAN, CONCENTRATION = 4, 0.7, 30.0

#: Tasks that are looked at together.
UNIT = 50

#: The Brier score as it is: to see why its root is taken.
NO_ROOT = "Brier score, no root"

#: Metrics of the choices, with what brings each to 0..1.
METRICS: Mapping[str, Law] = {
    "Brier score": Law("bounded", 0.0, 1.0, "root"),
    NO_ROOT: Law("bounded", 0.0, 1.0),
    "probability": Law("bounded", 0.0, 1.0),
    "log-probability": Law("bounded", None, 0.0, "exp"),
}

#: Probabilities that the answer is known, by scale.
CHOICE_TRUTHS: Mapping[str, Truth] = {
    "flat, nothing known": Truth("flat", floor=0.0),
    "flat, .3 known": Truth("flat", floor=0.3),
    "law b=.25": Truth("law", exponent=0.25, last=-1.5),
    "law b=.5": Truth("law", exponent=0.5, last=-2.5),
    "last model, 0 to .3": Truth("step", 0.0, 0.3),
    "last two, .2 to .8": Truth("step", 0.2, 0.8, raised=2),
}


@dataclass(frozen=True)
class LossTruth:
    """A known relation of loss and scale, in units of the loss at the smallest scale.

    Attributes
    ----------
    irreducible : float
        L_inf.
    exponent : float
    last : float
        Factor on the last model's loss.
    """

    irreducible: float = 1.0
    exponent: float = 0.0
    last: float = 1.0

    def log_losses(self, scales: Floats) -> Floats:
        """Return ln L at each scale."""
        fall = (scales / scales[0]) ** -self.exponent
        loss = self.irreducible + (1.0 - self.irreducible) * fall
        loss[-1] *= self.last
        return np.log(loss)


LOSS_TRUTHS: Mapping[str, LossTruth] = {
    "flat": LossTruth(),
    "law b=.05, L_inf 0": LossTruth(0.0, 0.05),
    "law b=.25, L_inf .5": LossTruth(0.5, 0.25),
    "law b=.5, L_inf .5": LossTruth(0.5, 0.5),
    "law b=.5, L_inf .9": LossTruth(0.9, 0.5),
    "law b=1, L_inf .9": LossTruth(0.9, 1.0),
    "last model, .9": LossTruth(last=0.9),
}


@dataclass(frozen=True)
class LawCell:
    """One design.

    Attributes
    ----------
    metric : str
        One of `METRICS`, or ``loss``.
    truth : str
        One of `CHOICE_TRUTHS` or `LOSS_TRUTHS`.
    variance : str
        One of `emergence.inference.model.VARIANCES`, with which the scores are fitted.
    n_points, n_examples : int
        Examples mean nothing to a loss.
    dispersion : float
        Standard deviation of ln L between models of one scale.
    """

    metric: str
    truth: str
    variance: str
    n_points: int
    n_examples: int
    dispersion: float

    @property
    def name(self) -> str:
        """What tells it apart beside scales, examples and scatter."""
        return f"{self.metric}, {self.variance} variance: {self.truth}"


def law_cells() -> Iterator[LawCell]:
    """Yield the designs."""
    for n_points in (5, 6, 8, 12):
        for truth, metric, scatter in product(CHOICE_TRUTHS, METRICS, (0.0, 0.1)):
            for variance in VARIANCES[:1] if metric == NO_ROOT else VARIANCES:
                yield LawCell(metric, truth, variance, n_points, 200, scatter)
        for truth, scatter in product(LOSS_TRUTHS, (0.003, 0.03)):
            yield LawCell("loss", truth, "constant", n_points, 0, scatter)


#: Of the tests: the first decides on breaks under bounded scores.
LEVELS = (0.002, 0.01, 0.05)

#: All of them.
LAW_CELLS = tuple(law_cells())


def law_rates(cell: LawCell, n_curves: int, seed: int) -> dict[str, Any]:
    """Draw and test the curves of one design; those of one truth are the same for all metrics.

    Parameters
    ----------
    cell : LawCell
    n_curves : int
        In units of `UNIT` tasks, whose scatter is moderated.
    seed : int

    Returns
    -------
    dict
        One row of the study's table: shares rejected at 1 % and 5 % by `p_rise` and `p_steep`
        (for ``b_max`` .5), the median exponent, and how often its interval has the true one.
    """
    key = f"{cell.truth}/{cell.n_points}/{cell.n_examples}/{cell.dispersion}"
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    scales = even_scales(cell.n_points)
    if cell.metric == "loss":
        truth: Truth | LossTruth = LOSS_TRUTHS[cell.truth]
        drawn = truth.log_losses(scales) + cell.dispersion * rng.standard_normal(
            (n_curves, cell.n_points)
        )
        found = _fit_losses(LossCurves.from_rows(drawn, np.broadcast_to(scales, drawn.shape)))
    else:
        truth = CHOICE_TRUTHS[cell.truth]
        known = np.broadcast_to(truth.probabilities(scales), (n_curves, cell.n_points))
        with np.errstate(divide="ignore"):
            loss = -np.log(known) * np.exp(cell.dispersion * rng.standard_normal(known.shape))
        scores = choice_scores(np.exp(-loss), cell.n_examples, rng)
        name = cell.metric.partition(",")[0]
        parts, _ = parts_of_range(
            METRICS[cell.metric], name != "Brier score", scores[name], np.full(n_curves, np.nan)
        )
        rows = np.broadcast_to(scales, parts.shape)
        curves = Curves.from_fractions(np.clip(parts, 0, 1), rows, cell.variance)
        found = _fit_fractions(curves, exponent_grid(B_MAX) if truth.exponent else np.empty(0))
    row = {
        "truth": cell.name,
        "metric": cell.metric,
        "variance": cell.variance,
        "scales": cell.n_points,
        "examples": cell.n_examples,
        "scatter": cell.dispersion,
        "exponent": truth.exponent,
    }
    return row | _rates(found, truth.exponent)


def choice_scores(known: Floats, n: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Score the answers to as many questions under several metrics; higher is better.

    Parameters
    ----------
    known : ndarray of float64, shape (n_curves, n_points)
        Probability that a model knows the answer.
    n : int
        Questions.
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to ndarray of float64, shape (n_curves, n_points)
        The Brier score of BIG-bench with its sign turned, the mean probability of the right
        choice, and the mean of its logarithm.
    """
    leans_wrong = (np.arange(n) % CHOICES != 0).astype(int)
    scores = {name: np.empty(known.shape) for name in ("Brier score", "probability")}
    scores["log-probability"] = np.empty(known.shape)
    right = np.eye(CHOICES)[0]
    for place in np.ndindex(known.shape):
        means = np.stack(
            [item_means(known[place], CHOICES, lean=LEAN, leans_right=r) for r in (True, False)]
        )
        parts = rng.standard_gamma(dirichlet_parameters(means, CONCENTRATION)[leans_wrong])
        p = parts / parts.sum(axis=1, keepdims=True)
        scores["Brier score"][place] = -((p - right) ** 2).sum(axis=1).mean() / CHOICES
        scores["probability"][place] = p[:, 0].mean()
        scores["log-probability"][place] = np.log(np.maximum(p[:, 0], 1e-12)).mean()
    return scores


@dataclass(frozen=True)
class _Found:
    """What is fitted to the curves of a design; each array has an entry a curve."""

    gain_rise: Floats
    gain_steep: Floats
    scatter: Scatter
    best: LawFit
    exponents: Floats
    profile: Floats


def _fit_fractions(curves: Curves, exponents: Floats) -> _Found:
    fits = fit_laws(curves, np.full(len(curves), np.nan), (B_MAX,))
    best, bounded = fits.unbounded, fits.bounded[B_MAX]
    profile = np.empty((0, len(curves)))
    if exponents.size:
        profile = likelihood_profile(curves, best, fits.zero, exponents)
    return _Found(
        rise(curves, np.zeros(len(curves))).gain,
        best.log_likelihood - bounded.log_likelihood,
        scatter_of(curves, best, bounded),
        best,
        exponents,
        profile,
    )


def _fit_losses(curves: LossCurves) -> _Found:
    best = fit_loss(curves)
    everyone = np.arange(len(curves))
    grid = np.repeat(exponent_grid(B_MAX)[:, None], len(curves), axis=1)
    inner = np.where(np.isfinite(best.exponent), best.exponent, 1.0)
    near = np.outer(NEAR, np.maximum(inner, 1e-3))
    gain, power = loss_rise(curves)
    exponents = np.concatenate([grid, near])
    profile = loss_profile(curves, exponents, best, everyone)
    node = power_node(best.exponent, power, gain, profile[0])
    return _Found(
        gain,
        best.log_likelihood - fit_loss(curves, B_MAX).log_likelihood,
        loss_scatter(curves, best),
        best,
        np.concatenate([exponents, node[0][None]]),
        np.concatenate([profile, node[1][None]]),
    )


def _rates(found: _Found, exponent: float) -> dict[str, float]:
    n = len(found.gain_rise)
    own = Own(found.scatter.value, found.scatter.degrees, np.zeros(n))
    task = np.arange(n)
    votes = np.ones(n, bool)
    moderated = moderate(own, prior_of_others(own, task // UNIT, task, votes))
    row = {"missing": float(np.mean(np.isnan(moderated.value)))}
    for name, gain in (("rise", found.gain_rise), ("steep", found.gain_steep)):
        p = moderated.half_test(gain)
        row |= {f"{name} {level:.1%}": float(np.mean(p <= level)) for level in LEVELS}
    if not exponent:
        return row | {"median exponent": float("nan"), "coverage": float("nan")}
    best = found.best
    low, high = profile_interval(
        found.exponents, found.profile, best.exponent, best.log_likelihood, moderated.drop(0.95)
    )
    inside: NDArray[np.bool_] = (low <= exponent) & (exponent <= high)
    return row | {
        "median exponent": float(np.median(best.exponent)),
        "coverage": float(np.mean(inside)),
    }
