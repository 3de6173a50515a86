"""The figure that explains the mirage: its numbers, its colours, the same bytes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from emergence.measures import emergence_score
from emergence.mirage import brier_score, exact_match, token_probability
from emergence.pages.figures.model import ModelFigure, model_figure
from emergence.pages.svg import PLACEHOLDERS
from emergence.pages.words import number


@pytest.fixture(scope="module")
def figure() -> ModelFigure:
    return model_figure()


def test_the_same_bytes_twice(figure: ModelFigure) -> None:
    assert model_figure() == figure


def test_it_follows_the_colours_of_the_page(figure: ModelFigure) -> None:
    """Light, dark and print: no colour of its own, and nothing from elsewhere."""
    assert not any(placeholder in figure.svg for placeholder in PLACEHOLDERS)
    assert not re.findall(r"#[0-9a-fA-F]{6}\b", figure.svg)
    for colour in ("currentColor", "var(--series-1)", "var(--series-2)"):
        assert colour in figure.svg
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", figure.svg)


def test_it_is_an_image_with_an_alternative_in_words(figure: ModelFigure) -> None:
    root = ElementTree.fromstring(figure.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.alternative
    ids = re.findall(r'\bid="([^"]*)"', figure.svg)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("mirage-model-") for name in ids)
    assert len(figure.svg) < 150_000


def test_the_numbers_are_those_of_the_formulas() -> None:
    """Settings other than the defaults, computed here once more."""
    scales = np.geomspace(1e7, 1e11, 9)
    drawn = model_figure(
        exponent=0.3, unit=2e8, scales=scales, lengths=(3, 7), choices=(5,), lean=0.5
    )
    p = token_probability(scales, unit=2e8, exponent=0.3)
    sharpness = float(np.squeeze(emergence_score(exact_match(p, 7)))) / 8
    brier = -brier_score(p, 5, lean=0.5, concentration=30.0)
    smooth = float(np.squeeze(emergence_score(brier))) / 8
    assert f"exact match of 7 tokens {number(sharpness)} and" in drawn.reading
    assert f"their Brier score {number(smooth)}." in drawn.reading
    assert "b = 0.3 and c = 200M" in drawn.reading
    assert f"one token is right: from {number(float(p[0]))} to {number(float(p[-1]))}" in (
        drawn.alternative
    )
    assert drawn.alternative.count("sharpness") == 1 + 2 * 2 + 3 * 1


def test_the_effect_is_to_be_seen(figure: ModelFigure) -> None:
    """In its numbers: all or nothing is sharper than a line, part credit is not."""
    sharp, short, smooth, grade, brier = _numbers(figure.reading)
    assert sharp > 5
    assert grade > 2
    assert max(smooth, brier, short) < 1.05


def _numbers(reading: str) -> list[float]:
    pattern = (
        r"exact match of 16 tokens ([\d.]+) and of 1 token ([\d.]+); edit distance of 16 tokens "
        r"([\d.]+); the grade with 10 choices ([\d.]+) and their Brier score ([\d.]+)\."
    )
    return [float(text) for text in re.search(pattern, reading).groups()]
