"""Measure the speed of the project's parts against the bars that were set for them.

``make bench`` runs all benchmarks; ``make bench ARGS="measures"`` those that are named;
``ARGS=--list`` shows what there is. The figures are printed and written to
``benchmarks/results/latest.json``. The exit status is 1 if a bar is missed.

A bar is a ratio to a yardstick that is timed in the same run, the two in turn: seconds
differ between machines and drift on one, their ratio hardly does.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# One thread, as in every step of the workflow; numpy reads this when it is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from emergence import measures  # noqa: E402
from emergence.tables import write_json  # noqa: E402

#: Each of two things is timed so often, in turn; the best time counts, for whatever else the
#: machine does can only add to it.
REPEATS = 9

RESULTS = ROOT / "benchmarks" / "results" / "latest.json"


@dataclass(frozen=True)
class Result:
    """What one benchmark found.

    Attributes
    ----------
    benchmark : str
        Its name.
    measured, yardstick : str
        What was timed, and against what.
    seconds, yardstick_seconds : float
        Best time of each.
    ratio, bar : float
        Their ratio, and the most that it may be.
    met : bool
        The ratio is at most the bar.
    """

    benchmark: str
    measured: str
    yardstick: str
    seconds: float
    yardstick_seconds: float
    ratio: float
    bar: float
    met: bool


def in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Time two functions in turn; return the best time of each, in seconds."""
    best = [float("inf"), float("inf")]
    for _ in range(REPEATS):
        for i, function in enumerate((first, second)):
            start = time.perf_counter()
            function()
            best[i] = min(best[i], time.perf_counter() - start)
    return best[0], best[1]


def compare(
    name: str,
    *,
    measured: str,
    yardstick: str,
    run: Callable[[], object],
    run_yardstick: Callable[[], object],
    bar: float,
) -> Result:
    """Time a function against its yardstick and hold the ratio against the bar."""
    seconds, yardstick_seconds = in_turn(run, run_yardstick)
    ratio = seconds / yardstick_seconds
    return Result(
        name, measured, yardstick, seconds, yardstick_seconds, ratio, bar, bool(ratio <= bar)
    )


def benchmark_measures() -> Result:
    """All measure columns of 100,000 curves against sorting an array of the same shape.

    Curves of 2 to 12 points, each length equally often, padded with NaN. One point in
    twenty is dropped: missing or infinite, anywhere in its curve. Scores are shares of 100
    examples, so that equal scores, flat curves and infinite ones occur as in real tables.
    """
    n_curves, width = 100_000, 12
    rng = np.random.default_rng(20230428)
    lengths = rng.integers(2, width + 1, n_curves)
    scores = rng.integers(0, 101, (n_curves, width)) / 100
    scores[rng.random(n_curves) < 0.1] = 0.25
    dropped = rng.random((n_curves, width)) < 0.05
    scores[dropped] = rng.choice([np.nan, np.inf, -np.inf], np.count_nonzero(dropped))
    scores[np.arange(width) >= lengths[:, None]] = np.nan
    scales = np.cumsum(10 ** rng.uniform(6, 9, (n_curves, width)), axis=1)
    low, high = np.zeros(n_curves), np.ones(n_curves)

    found = measures.measure(scores, scales, low, high)
    counts = np.bincount(found.status, minlength=len(measures.STATUSES))
    if counts.sum() != n_curves or not counts.all():
        raise RuntimeError(f"not every status occurs: {measures.STATUSES} {counts}")
    return compare(
        "measures",
        measured="all measure columns of 100,000 curves of 2 to 12 points",
        yardstick="np.sort along the last axis of the 100,000 x 12 array",
        run=lambda: measures.measure(scores, scales, low, high),
        run_yardstick=lambda: np.sort(scores, axis=-1),
        bar=10,
    )


def benchmark_reading() -> Result:
    """BIG-bench's score files, at full size, to the table of scores."""
    import reading

    return reading.benchmark(compare)


def benchmark_reading_memory() -> Result:
    """Peak memory of reading BIG-bench's score files at full size."""
    import reading

    return reading.benchmark_memory(Result)


def benchmark_growth() -> Result:
    """Growth of each step's time over three sizes."""
    import reading

    return reading.benchmark_growth(Result)


def benchmark_workflow() -> Result:
    """The whole workflow at full size, from the files to the page."""
    import reading

    return reading.benchmark_workflow(Result)


def benchmark_fetch() -> Result:
    """Fetching over loopback HTTP against git by hand."""
    import fetch

    return fetch.benchmark(compare)


def benchmark_inference(n_curves: int | None = None) -> list[Result]:
    """Draws, fits and tests of 100,000 curves: speed, second core, memory; the bundled data."""
    import inference

    return inference.benchmark(Result, n_curves or inference.FULL)


def benchmark_answers() -> list[Result]:
    """Single answers: reading their logs, drawing their examples, memory."""
    import answers

    return answers.benchmark(Result, compare)


def benchmark_pages() -> list[Result]:
    """The pages: size, until painted, a filter, building all (needs `make install-dev`)."""
    import pages

    return pages.benchmark(Result)


#: Every benchmark by the name that selects it on the command line. What one alone needs is
#: imported in it.
BENCHMARKS: dict[str, Callable[[], Result | list[Result]]] = {
    "measures": benchmark_measures,
    "reading": benchmark_reading,
    "reading-memory": benchmark_reading_memory,
    "growth": benchmark_growth,
    "workflow": benchmark_workflow,
    "fetch": benchmark_fetch,
    "inference": benchmark_inference,
    "answers": benchmark_answers,
    "pages": benchmark_pages,
}


def table(results: Sequence[Result]) -> str:
    """The results as text, one line each below a header."""
    rows = [("benchmark", "seconds", "yardstick", "ratio", "bar", "")]
    rows += [
        (
            result.benchmark,
            f"{result.seconds:.4f}",
            f"{result.yardstick_seconds:.4f}",
            f"{result.ratio:.2f}",
            f"{result.bar:g}",
            "met" if result.met else "MISSED",
        )
        for result in results
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    notes = [
        f"{result.benchmark}: {result.measured}, against {result.yardstick}" for result in results
    ]
    return "\n".join([*(line.rstrip() for line in lines), "", *notes])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; return the exit status."""
    parser = argparse.ArgumentParser(description="Measure speed against the bars set for it.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--list", action="store_true", help="show what there is and end")
    parser.add_argument("--curves", type=int, help="for inference: fewer than 100,000 curves")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        for name, function in BENCHMARKS.items():
            print(f"{name}: {(function.__doc__ or '').splitlines()[0]}")
        return 0
    unknown = [name for name in chosen.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")

    results: list[Result] = []
    for name in chosen.names or BENCHMARKS:
        if name == "inference":
            found: Result | list[Result] = benchmark_inference(chosen.curves)
        else:
            found = BENCHMARKS[name]()
        results += found if isinstance(found, list) else [found]
    print(table(results))
    write_json(
        {
            "results": [asdict(result) for result in results],
            "repeats": REPEATS,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "system": platform.system(),
            "machine": platform.machine(),
        },
        RESULTS,
    )
    return 0 if all(result.met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
