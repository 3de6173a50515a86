"""How large the interactive page is, how soon it is painted, and how fast it filters.

Pages are opened from disk in the system's Chromium, five times, each time by a browser with a
profile of its own; the median counts. Painted is the frame after the scatter is drawn, from the
start of the navigation; a filter is over in the frame after the scatter is drawn anew.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.compute as pc
import reading

from emergence.curves import build_curves
from emergence.facts import EMERGENT_ANNOTATIONS, METRIC_CATALOG, metrics, read_facts
from emergence.inference.infer import Settings, infer, over_subtasks
from emergence.pages.explorer.page import explorer_page
from emergence.verdicts.labels import Rules, label

# The samples of pages and the way to the browser are the tests' own.
_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(_TESTS / "browser"), str(_TESTS)]

T = TypeVar("T")

#: Openings of a page; the median counts.
OPENINGS = 5

#: Bars: MB, seconds until it is painted, seconds a filter.
BARS = {"bundled": (3.0, 1.0, 0.2), "full size": (8.0, 2.5, 0.3)}

#: Set a control of the page, and time until everything is drawn.
_FILTER = """async ([id, value]) => {
    const [control, before] = [document.getElementById(id), document.body.dataset.drawn];
    const start = performance.now();
    control.value = value;
    control.dispatchEvent(new Event(control.tagName === "INPUT" ? "input" : "change"));
    while (document.body.dataset.drawn === before) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return (performance.now() - start) / 1000;
}"""

#: To a part of a name, to all curves of a status, and back to all.
_STEPS = [("task", "a"), ("task", ""), ("filter-status", "0"), ("filter-status", "")]


def full_size() -> dict[str, Any]:
    """Curves of whole tasks of the synthetic repository, with few draws: no page shows how many."""
    import page_samples

    with tempfile.TemporaryDirectory(prefix="emergence-pages-") as folder:
        scores, _, _ = reading.tabulate(reading.repository(), Path(folder))
    known = metrics(read_facts(reading.FACTS / "metric_catalog.csv", METRIC_CATALOG), {})
    rows = read_facts(reading.FACTS / "emergent_annotations.csv", EMERGENT_ANNOTATIONS)
    curves = build_curves(scores, known, {row["task"]: row["category"] for row in rows})
    averaged = over_subtasks(curves)
    whole = pc.equal(curves["level"], "task")
    curves, averaged = curves.filter(whole), averaged[whole.to_numpy()]
    settings = Settings(seed=1, draws=20, level=0.95, b_max=0.5, b_max_beside=(0.25, 1.0))
    inference = infer(curves, known, settings, averaged)
    labels = label(curves, inference, Rules.of(page_samples.SETTINGS))
    return {"curves": curves, "inference": inference, "labels": labels}


def bundled() -> dict[str, Any]:
    """The bundled dataset."""
    import page_samples

    names = ("curves", "inference", "labels")
    return dict(zip(names, page_samples.bundled_sample().tables, strict=True))


def opened(path: Path) -> tuple[float, float]:
    """Seconds until a page is painted, and of its slowest filter: medians."""
    from conftest import ARGUMENTS, executable
    from playwright.sync_api import sync_playwright

    program = executable()
    if program is None:
        raise RuntimeError("there is no Chromium or Chrome; install one to measure the pages")
    painted, filtered = [], []
    with sync_playwright() as playwright:
        for _ in range(OPENINGS):
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_function("() => document.body.dataset.drawn")
            mark = "() => performance.getEntriesByName('explorer-drawn')[0].startTime / 1000"
            painted.append(page.evaluate(mark))
            page.wait_for_timeout(500)  # until the curves are unpacked
            filtered.append([page.evaluate(_FILTER, step) for step in _STEPS])
            browser.close()
    slowest = max(statistics.median(times) for times in zip(*filtered, strict=True))
    return statistics.median(painted), slowest


def benchmark(result: Callable[..., T]) -> list[T]:
    """Measure the interactive page of the bundled and of a synthetic full-size dataset.

    Parameters
    ----------
    result : callable
        `benchmarks.run.Result`; its seconds are MB where a size is measured.

    Returns
    -------
    list
        What ``result`` returns: size, time until painted and time of a filter of each.
    """
    import page_samples

    found = []
    for which, tables in (("bundled", bundled()), ("full size", full_size())):
        text = explorer_page(title=which, synthetic=True, settings=page_samples.SETTINGS, **tables)
        with tempfile.TemporaryDirectory(prefix="emergence-pages-") as folder:
            path = Path(folder) / "explorer.html"
            path.write_text(text, encoding="utf-8")
            measured = (path.stat().st_size / 1e6, *opened(path))
        curves = f"{tables['curves'].num_rows:,} curves"
        what = (
            f"MB of explorer.html, {which}, {curves}",
            f"until explorer.html is painted, {which}, {curves}",
            f"a filter of explorer.html, {which}, {curves}",
        )
        for name, says, value, bar in zip(
            ("size", "painted", "filter"), what, measured, BARS[which], strict=True
        ):
            name = f"explorer-{name} {which}"
            ratio = value / bar
            found.append(result(name, says, "its bar", value, bar, ratio, 1.0, bool(ratio <= 1)))
    return found
