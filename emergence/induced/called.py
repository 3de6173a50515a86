"""What the same networks would have been called under each metric.

The words are those of the literature, with a rule each: *not present in smaller models but
present in larger ones* [1]_, *sharp* and *unpredictable* [2]_. A curve is judged as a reader of
the curve would: from its means over replicates and their intervals.

References
----------
.. [1] Wei et al. 2022, "Emergent Abilities of Large Language Models", arXiv 2206.07682.
.. [2] Schaeffer, Miranda, Koyejo 2023, "Are Emergent Abilities of Large Language Models a
   Mirage?", arXiv 2304.15004.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from emergence.induced import resampling
from emergence.induced.network_results import LOWER_IS_BETTER, METRICS, Results
from emergence.induced.networks import Floats
from emergence.induced.pairs import THRESHOLD, surely_above, surely_not_above
from emergence.induced.presenting import ends, table, words
from emergence.induced.resampling import LEVEL, Estimate
from emergence.measures import ROUNDING

#: Fewest sizes through which a straight line with an error can be drawn.
_FEWEST_IN_LINE = 3

#: What the sharpness says, in a sentence.
_SHARP = {
    "sharp": "sharp",
    "early": "sharp, but early: it levels off",
    "gradual": "gradual",
    "undecided": "neither surely sharp nor surely gradual",
}


@dataclass(frozen=True)
class Called:
    """What a curve would have been called.

    Attributes
    ----------
    small, small_off : int
        Sizes of the smaller half, and those of them whose mean is surely above the best
        constant guess.
    present : bool
        The largest size is.
    sharpness : Estimate
    sharp : str
        One of `_SHARP`.
    alone, families : int
        Families of one network a size (those of one seed) that are above the threshold by
        themselves, and how many there are.
    foreseen : bool or None
        The largest size is not above the interval for a new point of the straight line, in the
        logarithm of size, through the smaller half; None for too few sizes, or an interval
        wider than half the range of the curve.
    """

    small: int
    small_off: int
    present: bool
    sharpness: Estimate
    sharp: str
    alone: int
    families: int
    foreseen: bool | None

    @property
    def absent_then_present(self) -> bool:
        """Not present in smaller models but present in larger ones."""
        return self.present and not self.small_off

    @property
    def words(self) -> str:
        """The words that it earned."""
        if self.absent_then_present:
            presence = "absent in small networks, present in large ones"
        elif self.present:
            presence = f"already present in {self.small_off} of {self.small} small sizes"
        else:
            presence = "absent at every size"
        sharp = _SHARP[self.sharp]
        seen = {True: "foreseen", False: "unforeseen", None: "a line predicts nothing"}[
            self.foreseen
        ]
        return f"{presence}; {sharp}; {seen}"

    @property
    def verdict(self) -> str:
        """What a reader of this curve alone would have called the ability."""
        if self.sharp == "sharp" and not self.foreseen:
            return "emergent"
        if self.sharp != "gradual":
            return "not decided" if self.sharp == "undecided" else "levelling off"
        beside = {True: " and predictable", False: ", yet unforeseen", None: ""}
        return f"smooth{beside[self.foreseen]}"


def called(scores: Floats, sizes: Floats, guess: float, drawn: NDArray[np.int64]) -> Called:
    """Judge a curve.

    Parameters
    ----------
    scores : ndarray of float64, shape (widths, replicates)
        More is better.
    sizes : ndarray of float64, shape (widths,)
        Numbers of parameters, rising.
    guess : float
        Score of the best constant guess, more is better.
    drawn : ndarray of int64
        From `emergence.induced.resampling.draws`.

    Returns
    -------
    Called
    """
    off = [bool(resampling.mean(of_size).low > guess) for of_size in scores]
    small = (len(sizes) + 1) // 2
    found = resampling.estimate(resampling.sharpness, scores, drawn)
    means = resampling.means(scores)
    sharp = "undecided"
    if surely_above(found, THRESHOLD):
        sharp = "early" if resampling.early(means, sizes) else "sharp"
    elif surely_not_above(found, THRESHOLD):
        sharp = "gradual"
    foreseen = _foreseen(np.log(sizes), means, small)
    # A family of language models has one network a size.
    alone = int((resampling.sharpness(scores.T) > THRESHOLD + ROUNDING).sum())
    return Called(small, sum(off[:small]), off[-1], found, sharp, alone, scores.shape[1], foreseen)


def _foreseen(x: Floats, y: Floats, small: int) -> bool | None:
    """Return whether the straight line through the first points predicts the last one.

    Not above the interval for a new point; an interval wider than half the range of the curve
    predicts nothing.
    """
    if small < _FEWEST_IN_LINE:
        return None
    given, of_given = x[:small], y[:small]
    centered = given - given.mean()
    spread = centered @ centered
    slope = centered @ of_given / spread
    ahead = x[-1] - given.mean()
    left = of_given - of_given.mean() - slope * centered
    error = np.sqrt(left @ left / (small - 2) * (1 + 1 / small + ahead**2 / spread))
    reach = float(student.ppf((1 + LEVEL) / 2, small - 2) * error)
    if y[-1] > of_given.mean() + slope * ahead + reach:
        return False
    return None if 2 * reach > (y.max() - y.min()) / 2 else True


def shown_condition(results: Results, task: str) -> str:
    """Return the condition of a task that stands for it: the longest, or the middle c."""
    conditions = results.conditions(task)
    return conditions[len(conditions) // 2] if task == "reconstruction" else conditions[-1]


def called_curves(results: Results) -> list[tuple[str, str, str, str, Called]]:
    """Judge the curves that stand for each task, under every metric that votes.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of tuple
        Task, condition, metric, what else is said of the test, and the judgement. Exact match of
        addition comes once more for the smallest of the tests.
    """
    found = []
    for task, (all_right, continuous) in METRICS.items():
        condition = shown_condition(results, task)
        sizes, drawn = np.array(results.sizes(task), float), results.draws(task)
        if task == "addition":
            examples, scores = next(iter(results.exact_match_by_tests(condition).items()))
            guess = results.baselines[task, condition, all_right]
            judged = called(scores, sizes, guess, drawn)
            found.append((task, condition, all_right, f", first {examples} examples", judged))
        for metric in (all_right, *continuous):
            sign = -1 if metric in LOWER_IS_BETTER else 1
            guess = sign * results.baselines[task, condition, metric]
            judged = called(results.scores[task, condition, metric], sizes, guess, drawn)
            found.append((task, condition, metric, "", judged))
    return found


def called_table(results: Results) -> dict[str, Any]:
    """Return the words that each metric earned as a table."""
    rows = [
        (
            task,
            condition or "all",
            words(metric) + test,
            judged.verdict,
            judged.words,
            *ends(judged.sharpness),
            f"{judged.alone} of {judged.families}",
        )
        for task, condition, metric, test, judged in called_curves(results)
    ]
    return table(
        "What the same answers of the same networks would have been called under each metric. "
        "Absent, then present: the mean over seeds is surely above the best constant guess at no "
        "size of the smaller half, and at the largest; sharp or gradual: the sharpness is surely "
        f"above {THRESHOLD:g} and not early, or surely not above; unforeseen: the largest size "
        "lies above the 95 % interval for a new point of the straight line, in the logarithm of "
        "size, through the smaller half; a line predicts nothing where that interval is wider "
        "than half the range of the curve. Emergent: sharp and not foreseen. Smooth: gradual. "
        "All of this is for the mean over seeds; the last column takes one network a size, as "
        "families of language models have, and counts those with a sharpness above the threshold",
        (
            *("task", "condition", "metric", "would have been called", "because"),
            *("sharpness", "from", "to", "seeds sharp by themselves"),
        ),
        rows,
    )
