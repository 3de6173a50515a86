"""What the figures share: their frame, their marks, and an axis with the models' names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from emergence.axes import AXES
from emergence.errors import harmless
from emergence.facts.metric_catalog import METRIC_GROUPS
from emergence.pages.cited import Cited, Sentence, shown_by
from emergence.pages.svg import MARKERS, SERIES, drawing, inline_svg
from emergence.pages.words import count, place, plural
from emergence.scales import FEWEST_SCALES

#: One colour, shape, line and filling a metric group: no figure is read by colour alone.
COLOURS = dict(zip(METRIC_GROUPS, SERIES, strict=True))
SHAPES = dict(zip(METRIC_GROUPS, MARKERS, strict=True))
DASHES = dict(zip(METRIC_GROUPS, ("-", (0, (5, 2)), (0, (1, 1.5))), strict=True))
HATCHES = dict(zip(METRIC_GROUPS, ("", "////", "...."), strict=True))

#: What readers are told of a metric group.
GROUP_NAMES = dict(zip(METRIC_GROUPS, ("all-or-nothing", "continuous", "other"), strict=True))

#: Most curves that a figure shows one by one.
MOST_ROWS = 16

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
        What is drawn, of what, and what to notice, in at most 45 words. Of a figure that there
        is nothing for: what is missing, and what data would show it.
    svg : str
        Inline SVG, with its text alternative; empty where there is nothing to draw.
    table : list of dict
        The numbers that are drawn, one row a mark.
    reading : tuple of str or Cited
        How to read it, and what would change one's mind.
    numbers : mapping
        Those of the caption, as ``figures.json`` has them: see `Numbers`.
    """

    name: str
    title: str
    caption: Sentence
    svg: str = ""
    table: tuple[dict[str, Any], ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
    reading: Sentence = ()


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
    reading: Iterable[str | Cited] = (),
) -> Drawing:
    """Draw a figure.

    Parameters
    ----------
    name, title, caption, table, reading
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
    found = numbers.found if numbers else {}
    return Drawing(name, title, tuple(caption), svg, rows, found, tuple(reading))


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


def scale_axis(axes: Axes, scales: Sequence[float], axis: str) -> None:
    """Make the horizontal axis a logarithmic one of model scale, its ends written out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    scales : sequence of float
        Those of the marks, from the worst model to the best.
    axis : str
        One of `emergence.axes.AXES`.
    """
    axes.set_xscale("log")
    first, last = scales[0], scales[-1]
    ticks = [first] if first == last else [first, last]
    width = abs(math.log(last / first))
    middle = min(scales, key=lambda scale: abs(abs(math.log(scale / first)) - width / 2))
    if min(abs(math.log(middle / first)), abs(math.log(last / middle))) > 0.3 * width:
        ticks.insert(1, middle)
    if AXES[axis].falls:
        axes.invert_xaxis()
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: place(value, axis)))
    axes.xaxis.set_minor_locator(NullLocator())


def axis_label(axis: str) -> str:
    """Name a logarithmic axis of model scale."""
    return f"{AXES[axis].unit or AXES[axis].title}, log scale"


def plain_log_axis(axes: Axes, ticks: Sequence[float] | None = None, unit: str = "") -> None:
    """Make the horizontal axis a logarithmic one, its ticks written out."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{unit}"))
    axes.xaxis.set_minor_locator(NullLocator())
    if ticks is not None:
        axes.set_xticks(ticks)


def curve_names(rows: pd.DataFrame) -> list[str]:
    """Name curves so that no two have the same name, and without what all of them share.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a curve, with task, subtask, model_family, condition, shots and metric.

    Returns
    -------
    list of str
    """
    names = [
        _cut(f"{row.task}:{row.subtask}" if row.subtask else row.task, 30)
        for row in rows.itertuples()
    ]
    shots = rows["shots"].map(lambda n: "" if pd.isna(n) else plural(int(n), "shot"))
    for at, texts in enumerate((rows["model_family"], rows["condition"], rows["metric"], shots)):
        # The family always; what else is needed to tell all curves apart.
        if at == 0 or len(set(names)) < len(names):
            both = zip(names, _unshared(texts), strict=True)
            names = [", ".join(filter(None, pair)) for pair in both]
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        # Names so long that they differ only in what was cut.
        names[at] = f"{name} ({seen[name]})" if seen[name] > 1 else name
    return names


def _unshared(texts: pd.Series) -> list[str]:
    """Take from texts the words with which all begin; all of it, if they are the same."""
    if texts.nunique() <= 1:
        return [""] * len(texts)
    words = [text.split(" ") for text in texts]
    shared = len([*takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))])
    return [_cut(" ".join(each[shared:]), 18) for each in words]


def _cut(text: str, most: int) -> str:
    """Shorten a name in its middle: names of a series differ at their end."""
    text = harmless(text)
    return text if len(text) <= most else f"{text[: most - most // 3 - 1]}…{text[-(most // 3) :]}"


def some_drawn(shown: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Say that a figure has some of the rows only, evenly through their order."""
    return "" if len(shown) == len(rows) else f" ({len(shown)} drawn, evenly through their order)"


def marks(
    axes: Axes, x: pd.Series, y: Any, marker: str, colour: str, label: str, *, size: int = 5
) -> None:
    """Draw marks without a line."""
    axes.plot(x, y, linewidth=0, marker=marker, markersize=size, color=colour, label=label)


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
