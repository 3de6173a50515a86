"""The pages of the bundled datasets as a reader sees them: short, and with figures to be read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from page_samples import bundled_sample, drawings_of, page_of

from emergence.pages.landing import landing_page

pytestmark = [
    pytest.mark.browser,
    # The datasets take a minute to compute.
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore:Glyph .* missing from font"),
]

DATASETS = ("bigbench-public", "metric-pairs", "open-lm")

#: Pixels at 1,300 wide with folds closed.
MOST, MOST_OF_LANDING = 12_000, 4_000

#: What is wrong with the labels of a figure: outside of it, over one another, or twice on an axis.
LABELS = """svg => {
    const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim());
    const box = svg.getBoundingClientRect();
    const boxes = texts.map(t => t.getBoundingClientRect());
    const found = [];
    texts.forEach((text, i) => {
        const a = boxes[i];
        if (a.left < box.left - 2 || a.right > box.right + 2 || a.top < box.top - 2
            || a.bottom > box.bottom + 2) found.push(`clipped: ${text.textContent}`);
        texts.slice(i + 1).forEach((other, j) => {
            const b = boxes[i + 1 + j];
            const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (width > 2 && height > 4) {
                found.push(`${text.textContent} is over ${other.textContent}`);
            }
        });
    });
    for (const axis of svg.querySelectorAll("g[id*='matplotlib.axis']")) {
        const names = [...axis.querySelectorAll('text')].map(t => t.textContent);
        const twice = names.filter((name, i) => names.indexOf(name) !== i);
        if (twice.length) found.push(`twice: ${twice.join(', ')}`);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The pages as files."""
    folder = tmp_path_factory.mktemp("bundled")
    studies = {name: bundled_sample(name) for name in DATASETS}
    drawn = {name: {d.name: d for d in drawings_of(study)} for name, study in studies.items()}
    pairs = {
        name: pd.DataFrame(list(figures["metric-switch"].table))
        for name, figures in drawn.items()
        if figures["metric-switch"].table
    }
    landing = landing_page(
        {name: study.entry["title"] for name, study in studies.items()},
        {name: study.summary for name, study in studies.items()},
        {n: {d.name: dict(d.numbers) for d in figures.values()} for n, figures in drawn.items()},
        pairs,
    )
    (folder / "index.html").write_text(landing, encoding="utf-8")
    for name, study in studies.items():
        (folder / name).mkdir()
        (folder / name / "index.html").write_text(page_of(study), encoding="utf-8")
    return folder


@pytest.fixture(params=["", *DATASETS])
def page(request, browser, folder):
    """One of the pages, opened at 1,300 x 900."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    opened = context.new_page()
    opened.goto((folder / request.param / "index.html").as_uri())
    yield opened
    context.close()


def test_it_is_read_in_five_minutes(page):
    """With folds closed; and the first screen ends with the verdicts on the claims."""
    height = page.evaluate("document.documentElement.scrollHeight")
    dataset = page.query_selector("body.report")
    assert height <= (MOST if dataset else MOST_OF_LANDING)
    if dataset:
        verdicts = page.query_selector(".verdicts").bounding_box()
        assert verdicts["y"] + verdicts["height"] <= 900


def test_its_figures_can_be_read(page):
    page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true; })")
    figures = page.query_selector_all("figure svg")
    assert figures
    wrong = {svg.get_attribute("aria-label")[:60]: svg.evaluate(LABELS) for svg in figures}
    assert {name: found for name, found in wrong.items() if found} == {}
