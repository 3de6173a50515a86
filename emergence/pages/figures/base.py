"""What the figures share: their frame, their marks, and an axis with the models' names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from emergence.axes import AXES
from emergence.errors import shorten
from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.pages.cited import Cited, Sentence, shown_by
from emergence.pages.svg import MARKERS, SERIES, drawing, inline_svg
from emergence.pages.words import count, extent, large, plural
from emergence.scales import FEWEST_SCALES

#: One colour, shape, line and filling a metric group: no figure is read by colour alone.
COLOURS = dict(zip(METRIC_GROUPS, SERIES, strict=True))
SHAPES = dict(zip(METRIC_GROUPS, MARKERS, strict=True))
DASHES = dict(zip(METRIC_GROUPS, ("-", (0, (5, 2)), (0, (1, 1.5))), strict=True))
HATCHES = dict(zip(METRIC_GROUPS, ("", "////", "...."), strict=True))

#: Most curves that a figure shows one by one.
MOST_ROWS = 40

#: The line to which values are compared.
REFERENCE = (0, (4, 3))


@dataclass(frozen=True)
class Drawing:
    """A figure with what stands around it, or what is said in its place.

    Attributes
    ----------
    name : str
        Of the figure on its page, and of its table beside the page.
    title : str
    caption : tuple of str or Cited
        What to see, of how many, and what would change one's mind. Of a figure that there is
        nothing for: what is missing, and what data would show it.
    svg : str
        Inline SVG, with its text alternative; empty where there is nothing to draw.
    table : list of dict
        The numbers that are drawn, one row a mark.
    numbers : mapping
        Those of the caption, as ``figures.json`` has them: see `Numbers`.
    """

    name: str
    title: str
    caption: Sentence
    svg: str = ""
    table: tuple[dict[str, Any], ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)


class Numbers:
    """The numbers of a figure's caption: each is cited where it is said, and kept.

    Parameters
    ----------
    figure : str
        Name of the figure.
    """

    def __init__(self, figure: str) -> None:
        self._figure = figure
        self.found: dict[str, int] = {}

    def count(self, name: str, value: int, definition: str) -> Cited:
        """Return a count with its definition, and the key that prints it.

        Parameters
        ----------
        name : str
            Its name in ``figures.json``, under the figure's.
        value : int
        definition : str
            An id on the page.

        Returns
        -------
        Cited
        """
        self.found[name] = int(value)
        return Cited(count(value), definition, shown_by(f"figures:{self._figure}:{name}"))


def finished(
    name: str,
    title: str,
    draw: Callable[[], tuple[plt.Figure, str]],
    caption: Iterable[str | Cited],
    table: Sequence[Mapping[str, Any]],
    numbers: Numbers | None = None,
) -> Drawing:
    """Draw a figure.

    Parameters
    ----------
    name, title, caption, table
        As in `Drawing`.
    numbers : Numbers, optional
        Those of the caption.
    draw : callable
        Returns the figure, and what it shows in words and numbers.

    Returns
    -------
    Drawing
    """
    with drawing():
        figure, described = draw()
        svg = inline_svg(figure, name, f"{title}. {described}")
        plt.close(figure)
    rows = tuple(dict(row) for row in table)
    return Drawing(name, title, tuple(caption), svg, rows, numbers.found if numbers else {})


def evenly(rows: pd.DataFrame) -> pd.DataFrame:
    """Take at most `MOST_ROWS` rows, evenly through their order, the first and the last too."""
    places = np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).round().astype(int)
    return rows.iloc[places]


def counted(value: int, definition: str, key: str) -> Cited:
    """Return a count of the summary with its definition and its key.

    Parameters
    ----------
    value : int
    definition : str
        An id on the page.
    key : str
        Where it stands in summary.json: names with dots between.

    Returns
    -------
    Cited
    """
    first, _, rest = key.partition(".")
    return Cited(count(value), definition, shown_by(f"summary:{first}:{rest}"))


def model_axis(
    axes: Axes, models: Sequence[str], scales: Sequence[float], least: float, axis: str = "params"
) -> None:
    """Make the horizontal axis a logarithmic one of model scale, with the models' names.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    models : sequence of str
    scales : sequence of float
        From the worst model to the best.
    least : float
        Names nearer than this share of the axis to the next better one are left out.
    axis : str
        One of `emergence.axes.AXES`.
    """
    axes.set_xscale("log")
    places = [math.log(scale) for scale in scales]
    room = least * abs(places[-1] - places[0])
    named = [len(places) - 1]
    for at in reversed(range(len(places) - 1)):
        if abs(places[named[-1]] - places[at]) >= room:
            named.append(at)
    axes.xaxis.set_major_locator(FixedLocator([scales[at] for at in named]))
    names = {scales[at]: shorten(models[at], 14) for at in named}
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: names.get(value, "")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=8.5, labelrotation=40)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")
    if AXES[axis].falls:
        axes.invert_xaxis()
    said = extent(scales, axis)
    axes.set_xlabel(f"{said}, log scale" if len(scales) > 1 else said, fontsize=8.5)


def scale_axis(axes: Axes) -> None:
    """Make the horizontal axis a logarithmic one of model scale, of several families."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: large(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def plain_log_axis(axes: Axes, ticks: Sequence[float] | None = None, unit: str = "") -> None:
    """Make the horizontal axis a logarithmic one, its ticks written out."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{unit}"))
    axes.xaxis.set_minor_locator(NullLocator())
    if ticks is not None:
        axes.set_xticks(ticks)


def curve_name(row: Any) -> str:
    """Name a curve's task and family where there is little room."""
    task = f"{row.task}:{row.subtask}" if row.subtask else row.task
    return f"{shorten(task, 34)}, {shorten(row.model_family, 14)}"


def some_drawn(shown: pd.DataFrame, rows: pd.DataFrame, first: str, last: str) -> str:
    """Say that a figure has some of the rows only, evenly through their order."""
    if len(shown) == len(rows):
        return ""
    return f" (some are drawn, evenly from the {first} to the {last}; the table has all)"


def marks(axes: Axes, x: pd.Series, y: Any, marker: str, colour: str, label: str) -> None:
    """Draw marks without a line."""
    axes.plot(x, y, linewidth=0, marker=marker, markersize=5, color=colour, label=label)


def rows_named(axes: Axes, names: list[str]) -> None:
    """Name the rows of a figure from above."""
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def no_curve() -> str:
    """Say that there is no curve with enough scales."""
    return (
        f"No curve here has {plural(FEWEST_SCALES, 'scale')} or more. It takes "
        "scores of at least as many models of one family."
    )
