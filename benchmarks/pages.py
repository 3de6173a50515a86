"""How large the pages are, how soon they are painted, how fast a filter is, and building them all.

The workflow builds bigbench-public and a synthetic dataset of full size in a temporary folder. What
comes before the pages is done first and not counted; then all pages and figures are timed, and
``snakemake --report`` of the same workflow. The pages are opened from disk in the system's
Chromium, five times, each time by a browser with a profile of its own; the median counts. Painted
is the first contentful paint of the report, and of the explorer the frame after its scatter is
drawn, both from the start of the navigation. A filter is over in the frame after the scatter is
drawn anew.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import reading
import yaml

# The way to the browser is the tests' own.
_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(_TESTS / "browser"))

T = TypeVar("T")

#: Openings of a page; the median counts.
OPENINGS = 5

#: Ends of the window in which the pages are opened.
WINDOW = {"width": 1400, "height": 900}


@dataclass(frozen=True)
class Bars:
    """The most that each may be: MB, and seconds."""

    index_size: float
    index_painted: float
    explorer_size: float
    explorer_painted: float
    explorer_filter: float
    building: float


BARS = {
    "bundled": Bars(1.5, 0.5, 3.0, 1.0, 0.2, 25.0),
    "full size": Bars(3.0, 1.0, 8.0, 2.5, 0.3, 90.0),
}

#: The dataset of each.
DATASETS = {"bundled": "bigbench-public", "full size": "synthetic"}

#: Set a control of the explorer, and time until everything is drawn.
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

#: Seconds until something of the page is to be seen; unknown until it is.
_PAINTED = """() => performance.getEntriesByName("first-contentful-paint")
    .map((entry) => entry.startTime / 1000)[0]"""


class Built:
    """A dataset built by the workflow in a folder of its own.

    Attributes
    ----------
    reports : Path
        Its pages.
    seconds : float
        What all its pages and figures took, Snakemake's start included.
    report_seconds, report_size : float
        What ``snakemake --report`` of the same workflow took, and MB of its page.
    """

    def __init__(self, dataset: str, folder: Path, settings: list[str]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.reports = folder / "reports" / dataset
        config = ["--config", f"datasets={dataset}", *settings]
        run = [sys.executable, str(reading.ROOT / "workflow/run.py"), "--cores", "2"]
        run += ["--directory", str(folder)]
        _timed([*run, f"data/processed/{dataset}/labels.parquet", *config])
        self.seconds = _timed([*run, "all", "all_figures", *config])
        page = folder / "snakemake.html"
        command = [str(Path(sys.executable).with_name("snakemake")), "all", "all_figures"]
        command += ["--snakefile", str(reading.ROOT / "Snakefile"), "--directory", str(folder)]
        self.report_seconds = _timed([*command, "--nolock", "--report", str(page), *config])
        self.report_size = page.stat().st_size / 1e6


def _timed(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - start


def built(which: str) -> Built:
    """Build one of `DATASETS`."""
    full = reading.repository()
    top = full.folder.parent
    if which == "bundled":
        return Built(DATASETS[which], top / "pages-bundled", [])
    entry = {
        "title": "Synthetic BIG-bench at full size",
        "synthetic": True,
        "licence": "Apache-2.0",
        "citation": ["drawn from stated curves"],
        "task_names": "bigbench",
        "sources": [full.source],
    }
    registry = top / "pages-registry.yaml"
    registry.write_text(yaml.safe_dump({"datasets": {DATASETS[which]: entry}}))
    # Few draws: no page shows how many.
    settings = [f"registries={registry}", "draws=100"]
    return Built(DATASETS[which], top / "pages-full", settings)


def openings(path: Path) -> Iterator[Any]:
    """Open a page so often, each time in a browser that has seen nothing before."""
    from conftest import ARGUMENTS, executable
    from playwright.sync_api import sync_playwright

    program = executable()
    if program is None:
        raise RuntimeError("there is no Chromium or Chrome; install one to measure the pages")
    with sync_playwright() as playwright:
        for _ in range(OPENINGS):
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            page = browser.new_page(viewport=WINDOW)
            page.goto(path.as_uri())
            yield page
            browser.close()


def report_painted(path: Path) -> float:
    """Seconds until the report is painted: the median."""
    painted = []
    for page in openings(path):
        page.wait_for_function(_PAINTED)
        painted.append(page.evaluate(_PAINTED))
    return statistics.median(painted)


def explorer_opened(path: Path) -> tuple[float, float]:
    """Seconds until the explorer is painted, and of its slowest filter: medians."""
    painted, filtered = [], []
    for page in openings(path):
        page.wait_for_function("() => document.body.dataset.drawn")
        mark = "() => performance.getEntriesByName('explorer-drawn')[0].startTime / 1000"
        painted.append(page.evaluate(mark))
        # Until the curves are unpacked and the suggested one is drawn.
        page.wait_for_selector("#picked .pair svg")
        page.wait_for_timeout(1000)
        filtered.append([page.evaluate(_FILTER, step) for step in _STEPS])
    slowest = max(statistics.median(times) for times in zip(*filtered, strict=True))
    return statistics.median(painted), slowest


def benchmark(result: Callable[..., T]) -> list[T]:
    """Measure the pages of a bundled and of a synthetic full-size dataset.

    Parameters
    ----------
    result : callable
        `benchmarks.run.Result`; its seconds are MB where a size is measured.

    Returns
    -------
    list
        What ``result`` returns, one for each bar. For comparison the last names the time and size
        of ``snakemake --report``.
    """
    found = []
    for which, bars in BARS.items():
        made = built(which)
        index, explorer = (made.reports / f"{name}.html" for name in ("index", "explorer"))
        painted, slowest = explorer_opened(explorer)
        building = (
            "building all pages and figures (snakemake --report of the same workflow: "
            f"{made.report_seconds:.1f} s, {made.report_size:.1f} MB)"
        )
        measured = (
            ("index-size", "MB of index.html", index.stat().st_size / 1e6, bars.index_size),
            (
                "index-painted",
                "until index.html is painted",
                report_painted(index),
                bars.index_painted,
            ),
            (
                "explorer-size",
                "MB of explorer.html",
                explorer.stat().st_size / 1e6,
                bars.explorer_size,
            ),
            ("explorer-painted", "until explorer.html is painted", painted, bars.explorer_painted),
            ("explorer-filter", "a filter of explorer.html", slowest, bars.explorer_filter),
            ("building", building, made.seconds, bars.building),
        )
        for name, says, value, bar in measured:
            ratio = value / bar
            found.append(
                result(
                    f"{name} {which}",
                    f"{says}, {which}",
                    "its bar",
                    value,
                    bar,
                    ratio,
                    1.0,
                    bool(ratio <= 1),
                )
            )
    return found
