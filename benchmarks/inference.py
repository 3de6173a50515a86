"""Benchmarks of the inference; `benchmarks/run.py` holds them against their bars.

The curves are like those of a benchmark of language models: 2 to 12 points, lengths equally
often, shares of 20 to 1,000 examples, half of them rising by the law and half flat.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from emergence import Study
from emergence.curves_table import CURVES
from emergence.facts.metric_catalog import Metric, Metrics
from emergence.inference.intervals import resampling_range
from emergence.measures import emergence_score
from emergence.registry import load_yaml
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.pool import pool
from emergence.stages.population import population

ROOT = Path(__file__).resolve().parents[1]

T = TypeVar("T")

#: Curves of the bars, and draws of each.
FULL, DRAWS = 100_000, 1_000

_METRICS = Metrics(grade=Metric(group="discontinuous", is_share_of_examples=True, flags=()))
_SETTINGS = {**load_yaml(ROOT / "workflow/config.yaml"), "draws": DRAWS}


def counts(n_curves: int, seed: int = 20230428) -> list[tuple[np.ndarray, np.ndarray, list[str]]]:
    """Draw curves by length: right answers, examples, ids."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 13, n_curves)
    groups = []
    for length in range(2, 13):
        rows = np.flatnonzero(lengths == length)
        m = len(rows)
        t = np.linspace(11.0, 0.0, length)
        b, last = rng.uniform(0.05, 1.5, (m, 1)), rng.uniform(-3, 1, (m, 1))
        p = np.where(rng.random((m, 1)) < 0.5, np.exp(-np.exp(last + b * t)), rng.random((m, 1)))
        n = np.broadcast_to(rng.choice([20, 50, 100, 250, 1000], (m, 1)), (m, length))
        groups.append((rng.binomial(n, p), n, [f"{row:016x}" for row in rows]))
    return groups


def table(n_curves: int) -> pa.Table:
    """Return the same curves as a table of scale curves, as far as the inference reads it."""
    rows = []
    for k, n, ids in counts(n_curves):
        scales = np.exp(np.linspace(np.log(2e6), np.log(128e9), k.shape[1])).tolist()
        for i, curve_id in enumerate(ids):
            rows.append(
                {
                    "curve_id": curve_id,
                    "dataset": "benchmark",
                    "task": curve_id,
                    "metric": "grade",
                    "level": "task",
                    "n_ties": 0,
                    "scales": scales,
                    "scores": (k[i] / n[i]).tolist(),
                    "n_examples_by_scale": n[i].tolist(),
                    "replicate_spread": [None] * k.shape[1],
                    "replicates": [1] * k.shape[1],
                    "chance": 0.0,
                    # What pooling looks at: units of fifty tasks.
                    "model_family": f"f{int(curve_id, 16) % max(n_curves // 50, 1)}",
                    "models": [f"m{j}" for j in range(k.shape[1])],
                    **{"subtask": "", "condition": "", "flags": ""},
                    **{"n_scales": k.shape[1], "sharpness": 2.0, "early": False},
                    **{
                        "axis": "params",
                        "main_axis": True,
                        "size_slope": 1.0,
                        "metric_group": "discontinuous",
                    },
                }
            )
    return pa.Table.from_pylist(rows, schema=CURVES)


def plain_ranges(k: np.ndarray, n: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Resample by numpy's own draws, the draws along the last axis, one curve at a time.

    numpy prepares a distribution once and draws from it again and again: its fastest way.
    """
    ends = np.empty((len(k), 2))
    for i in range(len(k)):
        p = ((k[i] + 0.5) / (n[i] + 1))[:, None]
        drawn = rng.binomial(n[i][:, None], p, (k.shape[1], DRAWS)) / n[i][:, None]
        ends[i] = np.quantile(emergence_score(drawn.T), [0.025, 0.975], method="inverted_cdf")
    return ends


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _row(
    result: Callable[..., T],
    name: str,
    measured: str,
    yardstick: str,
    first: float,
    second: float,
    bar: float,
) -> T:
    ratio = first / second
    return result(name, measured, yardstick, first, second, ratio, bar, bool(ratio <= bar))


def benchmark_ranges(result: Callable[..., T], n_curves: int) -> list[T]:
    """Resampling ranges on one thread against one thread of ``rng.binomial``.

    The yardstick takes every tenth curve of each length, and its time ten times: it is a loop
    over curves, of which each takes as long as its length says.
    """
    groups = counts(n_curves)

    def ours() -> None:
        for k, n, ids in groups:
            resampling_range(k, n, ids, seed=1, draws=DRAWS, level=0.95)

    rng = np.random.default_rng(1)

    def plain() -> None:
        for k, n, _ in groups:
            plain_ranges(k[::10], n[::10], rng)

    return [
        _row(
            result,
            "ranges",
            f"resampling ranges of {n_curves:,} curves of 2 to 12 points, {DRAWS:,} draws",
            "rng.binomial with the draws along the last axis, scored by emergence_score",
            _timed(ours),
            10 * _timed(plain),
            1 / 3,
        )
    ]


def _infer_part(part: pa.Table) -> tuple[pa.Table, int]:
    known = {"curves": part, "metrics": _METRICS}
    return infer(Study("benchmark", {}, _SETTINGS, known=known)).inference, _memory()


def _pool_whole(curves: pa.Table, inference: pa.Table) -> tuple[int, int]:
    known = {"curves": curves, "metrics": _METRICS, "inference": inference}
    study = population(label(pool(Study("benchmark", {}, _SETTINGS, known=known))))
    return study.population["curves"], _memory()


def _memory() -> int:
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def benchmark_whole(result: Callable[..., T], n_curves: int) -> list[T]:
    """All statistics, the inference in eight shards on two cores: time, memory, the second core.

    The yardsticks are the bars themselves, 400 s and 1.2 GB for inference, pooling, labels and
    population; for the second core, one core with two of the eight shards, four times.
    """
    curves = table(n_curves)
    order = np.random.default_rng(0).permutation(curves.num_rows)
    shards = [curves.take(pa.array(np.sort(order[i::8]))) for i in range(8)]
    seconds, peak = {}, 0
    # Fresh processes, as the steps of the workflow are: a fork would share the parent's memory.
    for processes, some in ((1, shards[:2]), (2, shards)):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as workers:
            list(workers.map(_warm_up, range(processes)))
            start = time.perf_counter()
            found = list(workers.map(_infer_part, some))
            seconds[processes] = (time.perf_counter() - start) * len(shards) / len(some)
        if sum(part.num_rows for part, _ in found) != sum(shard.num_rows for shard in some):
            raise RuntimeError("rows are missing")
        peak = max(peak, *(memory for _, memory in found))
    joined = pa.concat_tables(shards), pa.concat_tables([part for part, _ in found])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as worker:
        start = time.perf_counter()
        _, memory = worker.submit(_pool_whole, *joined).result()
        whole = seconds[2] + time.perf_counter() - start
    peak = max(peak, memory)
    what = f"the inference of {n_curves:,} curves of 2 to 12 points in 8 shards"
    limit = 400.0 * n_curves / FULL
    return [
        _row(
            result,
            "statistics",
            f"{what}, all that is made of it",
            "400 s for 100,000",
            whole,
            limit,
            1,
        ),
        _row(result, "second core", f"{what}, 2 cores", "1 core", seconds[2], seconds[1], 1 / 1.6),
        _row(result, "memory", f"{what}: bytes, largest process", "1.2 GB", float(peak), 1.2e9, 1),
    ]


def benchmark_bundled(result: Callable[..., T]) -> list[T]:
    """The inference of the bundled dataset, on one core; the yardstick is the bar."""
    entry = load_yaml(ROOT / "data/datasets.yaml")["datasets"]["bigbench-public"]
    study = Study.compute("bigbench-public", entry, _SETTINGS, ROOT / "data", upto="measure")
    seconds = _timed(lambda: infer(study))
    what = f"the inference of the bundled dataset, {study.scores.num_rows} rows, 1 core"
    return [_row(result, "bundled", what, "20 s", seconds, 20.0, 1)]


def benchmark(result: Callable[..., T], n_curves: int = FULL) -> list[T]:
    """Run all benchmarks of the inference.

    Parameters
    ----------
    result : callable
        `benchmarks.run.Result`.
    n_curves : int
        Of the synthetic table; the bars are for 100,000.

    Returns
    -------
    list
        What ``result`` returns, one a bar.
    """
    return [
        *benchmark_ranges(result, n_curves),
        *benchmark_whole(result, n_curves),
        *benchmark_bundled(result),
    ]


def _warm_up(_: int) -> None:
    """Import, so that starting Python is not timed."""
