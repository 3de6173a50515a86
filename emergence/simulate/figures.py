"""Figures of the simulation studies, drawn from their tables."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emergence.simulate.calibration_tables import is_jump

mpl.use("svg")

Tables = Mapping[str, pd.DataFrame]

#: Okabe and Ito's colours, which people with colour blindness can tell apart, and a marker each.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_MARKERS = ("o", "s", "^", "D")
_SCALES = (4, 6, 8, 12)
_PALETTE = dict(zip(_SCALES, _COLOURS, strict=True))
_SHAPES = dict(zip(_SCALES, _MARKERS, strict=True))

_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "calibration",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # A page may be dark: the figure brings its own paper.
    "figure.facecolor": "white",
    "legend.frameon": False,
}


def _points(axes: Axes, frame: pd.DataFrame, rate: str) -> None:
    """Draw a rate over examples, one mark a design: by scales, side by side."""
    present = [n for n in _SCALES if (frame["scales"] == n).any()]
    offsets = {n: (i - (len(present) - 1) / 2) * 0.2 for i, n in enumerate(present)}
    places = {n: i for i, n in enumerate(sorted(set(frame["examples"])))}
    for n in present:
        some = frame[frame["scales"] == n]
        x = some["examples"].map(places) + offsets[n]
        axes.plot(
            x,
            some[rate],
            linestyle="none",
            marker=_SHAPES[n],
            color=_PALETTE[n],
            markersize=4,
            alpha=0.75,
            label=f"{n} scales",
        )
    axes.set_xticks(list(places.values()), [str(n) for n in places])


def _lines(axes: Axes, frame: pd.DataFrame, rate: str) -> None:
    """Draw a rate over examples as lines, by scales; dashed with scatter."""
    for scatter, style in ((1, "-"), (3, "--")):
        sns.lineplot(
            frame[frame["scatter"] == scatter].assign(
                examples=lambda some: some["examples"].astype(str)
            ),
            x="examples",
            y=rate,
            hue="scales",
            style="scales",
            palette=_PALETTE,
            markers=_SHAPES,
            dashes=False,
            linestyle=style,
            errorbar=None,
            legend=False,
            ax=axes,
        )
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("")


def _legend(figure: Figure, scales: tuple[int, ...], *, lines: bool) -> None:
    handles = [
        plt.Line2D([], [], color=_PALETTE[n], marker=_SHAPES[n], linestyle="-" if lines else "")
        for n in scales
    ]
    names = [f"{n} scales" for n in scales]
    if lines:
        handles += [plt.Line2D([], [], color="black", linestyle=s) for s in ("-", "--")]
        names += ["binomial scatter", "three times binomial"]
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))


def _size(tables: Tables) -> Figure:
    figure, grid = plt.subplots(
        2, 3, figsize=(8, 5), sharex=True, sharey=True, layout="constrained"
    )
    for row, (study, rate) in enumerate(
        (("size of p_rise", "rise 5%"), ("size of p_steep", "steep 5%"))
    ):
        frame = tables[study]
        for axes, scatter in zip(grid[row], (1, 3, 10), strict=True):
            _points(axes, frame[frame["scatter"] == scatter], rate)
            axes.axhline(0.05, color="black", linewidth=0.8)
            if row == 0:
                axes.set_title(f"scatter {scatter} x binomial")
            else:
                axes.set_xlabel("examples")
        grid[row][0].set_ylabel(f"{study.removeprefix('size of ')} rejects at 5 %")
    _legend(figure, _SCALES, lines=False)
    return figure


def _power(tables: Tables) -> Figure:
    frame = tables["power"]
    truths = list(dict.fromkeys(frame["truth"]))
    figure, grid = plt.subplots(
        2, len(truths), figsize=(11, 4.6), sharex=True, sharey=True, layout="constrained"
    )
    for row, rate in enumerate(("rise 5%", "steep 5%")):
        for axes, truth in zip(grid[row], truths, strict=True):
            _lines(axes, frame[frame["truth"] == truth], rate)
            if row == 0:
                axes.set_title(truth, fontsize=8)
        grid[row][0].set_ylabel(f"p_{rate.split()[0]} rejects at 5 %")
    _legend(figure, (6, 8, 12), lines=True)
    return figure


def _exponent(tables: Tables) -> Figure:
    frame = tables["exponent"]
    true = frame["truth"].str.extract(r"b=(\.?\d+)", expand=False).astype(float)
    frame = frame.assign(bias=frame["median estimate"] / true)
    truths = list(dict.fromkeys(frame["truth"]))
    figure, grid = plt.subplots(
        2, len(truths), figsize=(9, 4.6), sharex=True, sharey="row", layout="constrained"
    )
    for axes, truth in zip(grid[0], truths, strict=True):
        _lines(axes, frame[frame["truth"] == truth], "bias")
        axes.axhline(1.0, color="black", linewidth=0.8)
        axes.set_ylim(0.8, 2.6)
        axes.set_title(truth, fontsize=8)
    for axes, truth in zip(grid[1], truths, strict=True):
        _lines(axes, frame[frame["truth"] == truth], "coverage, rising")
        axes.axhline(0.95, color="black", linewidth=0.8)
        axes.set_ylim(0.85, 1.005)
    grid[0][0].set_ylabel("median estimate / truth")
    grid[1][0].set_ylabel("coverage, nominal .95")
    _legend(figure, (8, 12), lines=True)
    return figure


def _hold_out(tables: Tables) -> Figure:
    frame = tables["hold-out"]
    frame = frame[(1 - frame["missing"]) * frame["curves"] >= 100]
    smooth, jumps = frame[~is_jump(frame)], frame[is_jump(frame)]
    figure, grid = plt.subplots(1, 4, figsize=(10, 3.2), layout="constrained")
    for axes, scatter in zip(grid[:2], (1, 3), strict=True):
        _points(axes, smooth[smooth["scatter"] == scatter], "inside")
        axes.axhline(0.95, color="black", linewidth=0.8)
        axes.axhline(0.9, color="black", linewidth=0.8, linestyle=":")
        axes.set_ylim(0.78, 1.005)
        axes.set_title(f"smooth, scatter {scatter}", fontsize=9)
        axes.set_xlabel("examples")
    grid[0].set_ylabel("inside, nominal .95")
    for axes, truth in zip(
        grid[2:], ("last model, .25 to .6", "last model, .05 to .3"), strict=True
    ):
        _lines(axes, jumps[jumps["truth"] == truth], "said to be above")
        axes.set_title(truth, fontsize=9)
    grid[2].set_ylabel("said to be above")
    _legend(figure, (6, 8, 12), lines=True)
    return figure


#: What becomes of a curve, from the verdict that says most to none.
_FATES = (
    *("beyond smooth", "smooth suffices", "law does not fit"),
    *("not decidable", "not apparent", "no test"),
)
_FATE_COLOURS = ("#d55e00", "#0072b2", "#f0e442", "#b9bec8", "#e8eaee", "#ffffff")
_HATCHES = ("//", "..", "--", "", "", "xx")


def _verdicts(tables: Tables) -> Figure:
    frame = tables["verdicts"]
    frame = frame[(frame["scales"] == 12) & (frame["scatter"] == "binomial")]
    frame = frame.assign(**{"not apparent": 1 - frame["apparent"] - frame["no test"]})
    figure, grid = plt.subplots(1, 3, figsize=(10, 4.2), sharey=True, layout="constrained")
    for axes, examples in zip(grid, (50, 200, 1000), strict=True):
        some = frame[frame["examples"] == examples]
        labels = some["truth"] + " (" + some["kind"] + ")"
        left = pd.Series(0.0, index=some.index)
        for name, colour, hatch in zip(_FATES, _FATE_COLOURS, _HATCHES, strict=True):
            width = some[name].clip(lower=0)
            axes.barh(
                labels, width, left=left, label=name, color=colour, hatch=hatch,
                edgecolor="black", linewidth=0.4,
            )  # fmt: skip
            left = left + width
        axes.set_title(f"{examples} examples")
        axes.set_xlim(0, 1)
    grid[0].invert_yaxis()
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    return figure


#: Every figure by its name.
FIGURES: Mapping[str, Callable[[Tables], Figure]] = {
    "size": _size,
    "power": _power,
    "exponent": _exponent,
    "hold-out": _hold_out,
    "verdicts": _verdicts,
}


def draw_figure(name: str, tables: Tables) -> bytes:
    """Draw a figure: the same bytes each time.

    Parameters
    ----------
    name : str
        Of `FIGURES`.
    tables : mapping of str to pandas.DataFrame
        The whole tables, by study.

    Returns
    -------
    bytes
        SVG.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        figure = FIGURES[name](tables)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        plt.close(figure)
    return buffer.getvalue()
