"""From templates to pages: everything inlined, everything from the data escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from latex2mathml.converter import convert
from markupsafe import Markup

from emergence.errors import harmless, shorten
from emergence.pages import words

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **content: Any) -> str:
    """Render a page.

    Parameters
    ----------
    template : str
        A file in ``templates/``.
    **content
        What the template shows. Text is escaped; only `markupsafe.Markup` is taken as it
        is, and that is made of our own figures and formulas.

    Returns
    -------
    str
        A whole HTML document that needs no other file.
    """
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> jinja2.Environment:
    """Make the environment once: it keeps the templates that it has compiled."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters.update(
        breakable=words.breakable,
        count=words.count,
        number=words.number,
        plural=words.plural,
        shorten=shorten,
    )
    environment.globals.update(
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")), formula=formula
    )
    return environment


def _shown(value: Any) -> Any:
    """Return what stands on the page: no text of the data turns or steers what is around it."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return harmless(value) if plain else value


def formula(latex: str, display: bool = True) -> Markup:
    """Return a formula as MathML.

    Parameters
    ----------
    latex : str
        The formula; ours, never from data.
    display : bool, default True
        In a line of its own.

    Returns
    -------
    markupsafe.Markup
    """
    return Markup(convert(latex, display="block" if display else "inline"))
