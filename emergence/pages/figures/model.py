"""The figure that explains the mirage: one smooth curve, seen through four metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from emergence.measures import emergence_score
from emergence.mirage import (
    brier_score,
    choice_mean,
    exact_match,
    multiple_choice_grade,
    token_edit_distance,
    token_probability,
)
from emergence.pages.cited import FORMULA, cited
from emergence.pages.figures.base import Drawing
from emergence.pages.svg import FAINT, INK, MARKERS, SERIES, drawing, inline_svg
from emergence.pages.words import large, number
from emergence.study import Study

#: One a length, or a number of choices: no line is told by its colour.
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)))

#: Model scales, in parameters.
_SCALES = np.geomspace(1e7, 1e11, 12)

#: Points of a drawn line, over those of the model scales.
_FINER = 4


@dataclass(frozen=True)
class ModelFigure:
    """A figure with what stands around it.

    Attributes
    ----------
    svg : str
        Inline SVG; the alternative is in it.
    alternative : str
        What it shows, in words and numbers, for those who do not see it.
    caption, reading : str
        Plain text: what is drawn, and its numbers.
    """

    svg: str
    alternative: str
    caption: str
    reading: str


@dataclass(frozen=True)
class _Panel:
    """One of the six drawings: a line for each length, or for each number of choices."""

    title: str
    marker: str
    colour: str
    lower_is_better: bool
    labels: tuple[str, ...]
    lines: tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], ...]

    def sharpness(self, scales: NDArray[np.float64]) -> list[float]:
        """Sharpness of each line over these scales."""
        sign = -1 if self.lower_is_better else 1
        scores = np.array([sign * line(scales) for line in self.lines])
        return (np.atleast_1d(emergence_score(scores)) / (len(scales) - 1)).tolist()


def model_figure(
    *,
    exponent: float = 0.25,
    unit: float = 3e8,
    scales: ArrayLike = _SCALES,
    lengths: Sequence[int] = (1, 4, 16),
    choices: Sequence[int] = (2, 4, 10),
    lean: float = 0.7,
    concentration: float = 30.0,
) -> ModelFigure:
    """Draw the paper's model without noise: what the model knows, and what each metric shows.

    Parameters
    ----------
    exponent, unit : float
        b and c of `emergence.mirage.token_probability`.
    scales : array_like of float
        Model scales over which the sharpness is taken, in parameters: the marks. By default
        twelve, evenly spaced in log scale.
    lengths : sequence of int
        At most three lengths of the target, in tokens.
    choices : sequence of int
        At most three numbers of choices.
    lean, concentration : float
        See `emergence.mirage.multiple_choice_grade`.

    Returns
    -------
    ModelFigure
    """
    scales = np.asarray(scales, np.float64)
    rows = (
        _strings(exponent, unit, lengths),
        _choices(exponent, unit, choices, lean, concentration),
    )
    alternative = _alternative(rows, scales)
    with drawing():
        figure, grid = plt.subplots(2, 3, figsize=(7.6, 4.6), sharex=True)
        for panels, row in zip(rows, grid, strict=True):
            for panel, axes in zip(panels, row, strict=True):
                _draw(panel, axes, scales)
        for axes in grid[1]:
            axes.set_xlabel("parameters")
        figure.tight_layout(h_pad=1.6, w_pad=1.2)
        svg = inline_svg(figure, "mirage-model", alternative)
        plt.close(figure)
    return ModelFigure(svg, alternative, _CAPTION, _reading(rows, scales, exponent, unit))


def _strings(exponent: float, unit: float, lengths: Sequence[int]) -> tuple[_Panel, ...]:
    labels = tuple(f"{length} token{'' if length == 1 else 's'}" for length in lengths)

    def token(scales: NDArray[np.float64]) -> NDArray[np.float64]:
        return token_probability(scales, unit=unit, exponent=exponent)

    return (
        _Panel("one token is right", MARKERS[2], INK, False, ("",), (token,)),
        _Panel(
            "exact match",
            MARKERS[0],
            SERIES[0],
            False,
            labels,
            tuple(lambda n, length=length: exact_match(token(n), length) for length in lengths),
        ),
        _Panel(
            "token edit distance",
            MARKERS[1],
            SERIES[1],
            True,
            labels,
            tuple(
                lambda n, length=length: token_edit_distance(token(n), length) for length in lengths
            ),
        ),
    )


def _choices(
    exponent: float, unit: float, choices: Sequence[int], lean: float, concentration: float
) -> tuple[_Panel, ...]:
    labels = tuple(f"{count} choices" for count in choices)
    items = {"lean": lean, "concentration": concentration}

    def token(scales: NDArray[np.float64]) -> NDArray[np.float64]:
        return token_probability(scales, unit=unit, exponent=exponent)

    return (
        _Panel(
            "right choice, mean probability",
            MARKERS[2],
            INK,
            False,
            labels,
            tuple(lambda n, count=count: choice_mean(token(n), count) for count in choices),
        ),
        _Panel(
            "multiple-choice grade",
            MARKERS[0],
            SERIES[0],
            False,
            labels,
            tuple(
                lambda n, count=count: multiple_choice_grade(token(n), count, **items)
                for count in choices
            ),
        ),
        _Panel(
            "Brier score",
            MARKERS[1],
            SERIES[1],
            True,
            labels,
            tuple(
                lambda n, count=count: brier_score(token(n), count, **items) for count in choices
            ),
        ),
    )


def _draw(panel: _Panel, axes: Axes, scales: NDArray[np.float64]) -> None:
    finer = np.geomspace(scales[0], scales[-1], _FINER * (len(scales) - 1) + 1)
    for label, line, dashes in zip(panel.labels, panel.lines, _DASHES, strict=False):
        sns.lineplot(
            x=finer,
            y=line(finer),
            ax=axes,
            color=panel.colour,
            linestyle=dashes,
            linewidth=1.2,
            label=label or None,
            errorbar=None,
        )
        axes.plot(
            scales,
            line(scales),
            color=panel.colour,
            marker=panel.marker,
            markersize=3.5,
            markeredgewidth=0,
            linestyle="none",
        )
    axes.set_title(panel.title, fontsize=9)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: large(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=FAINT, linewidth=0.4, alpha=0.5)
    axes.margins(y=0.08)
    if panel.lower_is_better:
        axes.invert_yaxis()
    if any(panel.labels):
        axes.legend(fontsize=8.5, loc="best", handlelength=2.2)


def _alternative(rows: Sequence[Sequence[_Panel]], scales: NDArray[np.float64]) -> str:
    said = []
    for panel in (panel for row in rows for panel in row):
        lines = []
        for label, line, sharpness in zip(
            panel.labels, panel.lines, panel.sharpness(scales), strict=True
        ):
            values = line(scales)
            lines.append(
                f"{label + ' ' if label else ''}from {number(float(values[0]))} to "
                f"{number(float(values[-1]))}, sharpness {number(sharpness)}"
            )
        said.append(f"{panel.title}: {', '.join(lines)}")
    return (
        f"Six curves over model scale from {large(scales[0])} to {large(scales[-1])} parameters. "
        f"{'; '.join(said)}."
    )


#: What to see.
_CAPTION = (
    "The paper's model without noise. Left: what the model knows grows smoothly. Middle: the same "
    "knowledge under an all-or-nothing metric. Right: under a continuous one. Up is better "
    "everywhere."
)


def _reading(
    rows: Sequence[Sequence[_Panel]], scales: NDArray[np.float64], exponent: float, unit: float
) -> str:
    (_, match, distance), (_, grade, brier) = rows

    def last(panel: _Panel) -> str:
        return number(panel.sharpness(scales)[-1])

    return (
        f"A token is right with probability exp(-(N/c)^-b), with b = {exponent:g} and "
        f"c = {large(unit)}. The marks are {len(scales)} models. Over these a straight line has a "
        f"sharpness of 1, exact match of {match.labels[-1]} {last(match)} and of "
        f"{match.labels[0]} {number(match.sharpness(scales)[0])}; edit distance of "
        f"{distance.labels[-1]} {last(distance)}; the grade with {grade.labels[-1]} {last(grade)} "
        f"and their Brier score {last(brier)}."
    )


@cache
def _drawn() -> Drawing:
    figure = model_figure()
    reading = cited(figure.reading, "def-model", FORMULA)
    title = "One smooth ability under two kinds of metric"
    return Drawing("model", title, (figure.caption,), figure.svg, reading=reading)


def draw(study: Study) -> Drawing:
    """Draw the mathematical model, which explains the effect: the same on every page.

    Parameters
    ----------
    study : Study
        Nothing of it is looked at.

    Returns
    -------
    Drawing
    """
    return _drawn()
