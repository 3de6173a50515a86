"""Figures as inline SVG: the same bytes each time, and colours that follow the page.

Figures are drawn in colours for paper. On the page these are placeholders, replaced by the
page's own: so one drawing serves light and dark screens, print, and files for papers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from emergence.errors import harmless
from emergence.files import replacing

mpl.use("svg")

#: Drawn with these, shown with those. They differ from the page's own by one, so that
#: nothing else on a page is taken for one. The series colours are Okabe and Ito's, which people
#: with colour blindness can tell apart; the page lightens them on dark screens.
PLACEHOLDERS: Mapping[str, str] = {
    "#1b1d22": "currentColor",
    "#b9bec8": "var(--faint)",
    "#d55e01": "var(--series-1)",
    "#0072b3": "var(--series-2)",
    "#4a7c5a": "var(--series-3)",
}
INK, FAINT, *SERIES = PLACEHOLDERS

#: One a series, so that no figure is read by colour alone.
MARKERS = ("o", "s", "^")

_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "emergence",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "text.parse_math": False,  # a name from the data is text, whatever stands in it
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "figure.facecolor": "none",
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
}


#: Formats for papers, with what keeps the time and the program out of the bytes.
FORMATS: Mapping[str, Mapping[str, Any]] = {
    "svg": {"metadata": {"Date": None}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
    "png": {"metadata": {"Software": None}, "dpi": 300},
}

_folder: ContextVar[Path | None] = ContextVar("_folder", default=None)


@contextmanager
def exporting(folder: Path) -> Iterator[None]:
    """Write each figure that is drawn inside this into a folder as well, in `FORMATS`.

    Parameters
    ----------
    folder : Path
        It is there.
    """
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw inside this: every setting that a figure depends on is fixed."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as markup for the inside of a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn inside `drawing`.
    name : str
        Lower-case letters, digits and hyphens; one figure of a page each. It begins all
        ids in the figure, so that no two figures share one.
    description : str
        What the figure shows, in words, for those who do not see it.

    Returns
    -------
    str
        An ``svg`` element with the role of an image.
    """
    folder = _folder.get()
    for ending, options in FORMATS.items() if folder else ():
        with replacing(folder / f"{name}.{ending}") as partial:
            figure.savefig(partial, format=ending, bbox_inches="tight", **options)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    # Only tags are rewritten: a name from the data stands between them and stays as it is.
    text = re.sub(r"<[^>]*>", lambda tag: _rewritten(tag.group(), name), text)
    width, height = (
        float(re.search(rf'<svg[^>]*\b{side}="([\d.]+)pt"', text).group(1))
        for side in ("width", "height")
    )
    label = escape(harmless(description), quote=True)
    head = (
        f'<svg role="img" aria-label="{label}" width="{width:.0f}pt" height="{height:.0f}pt" '
        f'viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, text, count=1).strip()


def _rewritten(tag: str, name: str) -> str:
    """Prefix the ids of a tag, and give it the page's colours."""
    tag = re.sub(r'\bid="', f'id="{name}-', tag)
    tag = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", tag)
    for placeholder, shown in PLACEHOLDERS.items():
        tag = tag.replace(placeholder, shown)
    return tag
