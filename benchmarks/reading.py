"""How fast BIG-bench's score files become tables, at the size of the real repository.

The repository is synthetic (`tests/bigbench_repository.py`): all tasks and leaves of the
inventory, 51 models, 4 numbers of shots: over 10,000 files and 700,000 score values. It is
built once, in a temporary folder, and removed at the end.
"""

from __future__ import annotations

import atexit
import functools
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from emergence import Study
from emergence.curves_table import CURVES
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.scores_table import REJECTS, SCORES
from emergence.stages.measure import measure
from emergence.stages.tabulate import tabulate
from emergence.summary import summarize
from emergence.tables import flat_table, long_table, write_csv, write_table

# The builder is the tests' own.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bigbench_repository import TASKS_FOLDER, Content, build_repository

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]

#: Further entries of each programmatic task, as upstream has them.
TRIALS = 4

#: Parts of the inventory's tasks over which growth is measured.
PARTS = (1 / 4, 1 / 2, 1)


@dataclass(frozen=True)
class Repository:
    """A synthetic repository, and what the builder says of it."""

    folder: Path
    files: int
    entries: int

    @property
    def source(self) -> dict[str, str]:
        """It as a source of the registry."""
        return {"kind": "file", "format": "bigbench", "path": self.folder.name}


@functools.cache
def repository(part: float = 1) -> Repository:
    """Build a repository of a part of the tasks, and remove it when Python ends."""
    top = Path(tempfile.mkdtemp(prefix="emergence-reading-"))
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    inventory = TASK_INVENTORY.rows
    tasks = round(part * len({row["task"] for row in inventory}))
    folder = top / "repository"
    content = Content(tasks=tasks, trials=TRIALS)
    written = build_repository(folder, inventory, content, seed=1)
    return Repository(folder, written.files, written.entries)


def read(source: Repository, to: Path) -> Study:
    """What `scripts/tabulate.py` does, without Snakemake: from the files to two tables."""
    entry = {"title": "", "synthetic": True, "sources": [source.source]}
    study = tabulate(Study("bigbench", entry, {}), source.folder.parent)
    scores = study.stored("scores")
    write_table(scores, SCORES, to / "scores.parquet")
    write_table(study.rejects, REJECTS, to / "rejects.parquet")
    if scores.num_rows != source.entries:
        raise RuntimeError(f"{scores.num_rows} rows of {source.entries} entries")
    return study


def parse_only(source: Repository) -> None:
    """Read the same files and parse them with the standard library, on one thread."""
    for folder, _, names in os.walk(source.folder / TASKS_FOLDER):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                json.loads(file.read())


def benchmark(compare: Callable[..., T]) -> T:
    """Score files to scores.parquet with all checks, against json.loads of the same bytes.

    Parameters
    ----------
    compare : callable
        `benchmarks.run.compare`.

    Returns
    -------
    object
        What `compare` returns.
    """
    full = repository()
    if full.files <= 7_500 or full.entries <= 700_000:
        raise RuntimeError(f"not the full size: {full}")
    return compare(
        "reading",
        measured=f"{full.files:,} score files to a table of {full.entries:,} scores, all checks on",
        yardstick="reading the same files and json.loads of each",
        run=lambda: read(full, full.folder.parent),
        run_yardstick=lambda: parse_only(full),
        bar=2.5,
    )


def benchmark_memory(result: Callable[..., T]) -> T:
    """Peak memory of the same step, in a process of its own, its children included.

    Parameters
    ----------
    result : callable
        `benchmarks.run.Result`; its seconds are MB here.

    Returns
    -------
    object
        What `result` returns.
    """
    full = repository()
    code = (
        "import resource, sys; from pathlib import Path; import reading;"
        "source = reading.Repository(Path(sys.argv[1]), 0, int(sys.argv[2]));"
        "reading.read(source, Path(sys.argv[1]).parent);"
        "print(sum(resource.getrusage(who).ru_maxrss"
        " for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks")])
    done = subprocess.run(
        [sys.executable, "-c", code, str(full.folder), str(full.entries)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    # macOS counts bytes, Linux kilobytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    megabytes = int(done.stdout) / unit
    return result(
        benchmark="reading-memory",
        measured=f"peak memory of reading {full.files:,} files, in MB instead of seconds",
        yardstick="1,000 MB",
        seconds=megabytes,
        yardstick_seconds=1000.0,
        ratio=megabytes / 1000,
        bar=1.5,
        met=megabytes <= 1500,
    )


def growth() -> dict[str, float]:
    """Exponent with which each step's own time grows from a quarter of the tasks to all.

    Returns
    -------
    dict of str to float
        By step: the slope of log time over log number of scores, by least squares. 1 is
        proportional.
    """
    steps: dict[str, list[float]] = {}
    sizes = []
    for part in PARTS:
        source = repository(part)
        sizes.append(math.log(source.entries))
        best: dict[str, float] = {}
        for _ in range(3):
            for name, seconds in _steps(source).items():
                best[name] = min(best.get(name, math.inf), seconds)
        for name, seconds in best.items():
            steps.setdefault(name, []).append(math.log(seconds))
    middle = sum(sizes) / len(sizes)
    spread = sum((size - middle) ** 2 for size in sizes)
    return {
        name: sum((s - middle) * t for s, t in zip(sizes, times, strict=True)) / spread
        for name, times in steps.items()
    }


def _steps(source: Repository) -> dict[str, float]:
    """Time each step of the workflow, as its script calls the library."""
    to = source.folder.parent
    seconds = {}

    def timed(name: str, run: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        value = run()
        seconds[name] = time.perf_counter() - start
        return value

    study = timed("tabulate", lambda: read(source, to))
    plain = study.scores
    study = timed("measure", lambda: measure(study))
    timed("write curves", lambda: write_table(study.curves, CURVES, to / "curves.parquet"))
    timed("conclude", lambda: summarize(study))

    def tables() -> None:
        write_csv(plain, to / "scores.csv")
        write_csv(flat_table(study.curves), to / "curves.csv")
        write_csv(long_table(study.curves, "curve_id"), to / "curve_points.csv")

    timed("tables for people", tables)
    return seconds


def benchmark_growth(result: Callable[..., T]) -> T:
    """Growth of the time of the step that grows fastest, over three sizes: an exponent.

    Parameters
    ----------
    result : callable
        `benchmarks.run.Result`; its ratio is the largest exponent.

    Returns
    -------
    object
        What `result` returns.
    """
    exponents = growth()
    name, largest = max(exponents.items(), key=lambda step: step[1])
    listed = ", ".join(f"{step} {exponent:.2f}" for step, exponent in exponents.items())
    return result(
        benchmark="growth",
        measured=f"exponent of each step's time over three sizes ({listed}); the largest: {name}",
        yardstick="a time proportional to the number of scores",
        seconds=largest,
        yardstick_seconds=1.0,
        ratio=largest,
        bar=1.1,
        met=largest <= 1.1,
    )


def benchmark_workflow(result: Callable[..., T]) -> T:
    """Run the workflow on the full size, from the files to the page, cold, on 2 cores.

    Parameters
    ----------
    result : callable
        `benchmarks.run.Result`; its ratio is to 1 second.

    Returns
    -------
    object
        What `result` returns.
    """
    full = repository()
    entry = {
        "title": "Synthetic BIG-bench at full size",
        "synthetic": True,
        "licence": "Apache-2.0",
        "citation": ["drawn from stated curves"],
        "task_names": "bigbench",
        "sources": [full.source],
    }
    top = full.folder.parent
    (top / "registry.yaml").write_text(yaml.safe_dump({"datasets": {"synthetic": entry}}))
    results = top / "run"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    command = [sys.executable, str(ROOT / "workflow/run.py"), "--cores", "2"]
    command += ["--directory", str(results)]
    settings = ["--config", f"registries={top / 'registry.yaml'}", "datasets=synthetic"]
    # Inference has a bar of its own: what comes before and after it is counted, each with a
    # start-up.
    seconds = 0.0
    for target, counted in (
        ("data/processed/synthetic/curves.parquet", True),
        ("data/processed/synthetic/inference.parquet", False),
        ("all", True),
    ):
        start = time.perf_counter()
        subprocess.run([*command, target, *settings], check=True, capture_output=True)
        seconds += (time.perf_counter() - start) * counted
    page = (results / "reports/synthetic/index.html").stat().st_size
    return result(
        benchmark="workflow",
        measured=f"{full.files:,} files to the pages ({page / 1e6:.2f} MB), two start-ups included",
        yardstick="1 second",
        seconds=seconds,
        yardstick_seconds=1.0,
        ratio=seconds,
        bar=90,
        met=seconds <= 90,
    )
