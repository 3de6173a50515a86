"""How fast single answers are read and drawn: the logs of 8 models on 50 tasks.

The logs are synthetic, in the layout that lm-evaluation-harness writes today: 1,000 questions a
task, four choices each, 400,000 lines in all. They are written once, in a temporary folder, and
removed at the end.
"""

from __future__ import annotations

import atexit
import functools
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from emergence import Study
from emergence.settings import defaults
from emergence.stages.measure import measure
from emergence.stages.resample import resample
from emergence.stages.tabulate import tabulate

T = TypeVar("T")

MODELS, TASKS, QUESTIONS, CHOICES = 8, 50, 1000, 4

_DATE = "2026-11-27T00-00-00.000000"

#: Bytes of the log of which the peak memory is measured.
_LARGE = 2_000_000_000

_PASSAGE = "A question of some length, as most tasks have one, with a passage before it. " * 3


def _log(rng: np.random.Generator, ability: float, task: str) -> tuple[list[str], dict[str, float]]:
    """Return the lines of a log, and the scores that the harness would print."""
    gold = rng.integers(CHOICES, size=QUESTIONS)
    likely = rng.normal(size=(QUESTIONS, CHOICES)) - 12.0
    likely[np.arange(QUESTIONS), gold] += ability
    lines = []
    for number, (right, values) in enumerate(zip(gold.tolist(), likely.tolist(), strict=True)):
        question = f"{_PASSAGE}{task}, number {number}?"
        choices = [f"answer {letter} of {number}" for letter in "abcd"]
        line = {
            "doc_id": number,
            "doc": {"question": question, "choices": choices, "answer": right},
            "target": str(right),
            "arguments": {
                f"gen_args_{at}": {"arg_0": question, "arg_1": f" {choice}"}
                for at, choice in enumerate(choices)
            },
            "resps": [[[str(value), "False"]] for value in values],
            "filtered_resps": [[str(value), "False"] for value in values],
            "filter": "none",
            "metrics": ["acc"],
            "doc_hash": f"{task}{number:060}",
            "prompt_hash": "0" * 64,
            "target_hash": "0" * 64,
            "acc": float(int(np.argmax(values)) == right),
        }
        lines.append(json.dumps(line))
    return lines, {"acc": float((likely.argmax(axis=1) == gold).mean())}


@functools.cache
def logs() -> Path:
    """Write the logs, and remove them when Python ends."""
    top = Path(tempfile.mkdtemp(prefix="emergence-answers-"))
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    rng = np.random.default_rng(20230428)
    for model in range(MODELS):
        folder = top / "logs" / f"m{model}"
        folder.mkdir(parents=True)
        results: dict[str, Any] = {}
        for task in (f"task{number}" for number in range(TASKS)):
            lines, scores = _log(rng, 0.3 * model, task)
            path = folder / f"samples_{task}_{_DATE}.jsonl"
            path.write_text("\n".join(lines) + "\n")
            results[task] = {f"{name},none": value for name, value in scores.items()}
        document = {
            "results": results,
            "n-shot": dict.fromkeys(results, 0),
            "n-samples": {t: {"original": QUESTIONS, "effective": QUESTIONS} for t in results},
            "higher_is_better": {t: {"acc": True} for t in results},
            "config": {"model_args": f"pretrained=m{model}"},
        }
        (folder / f"results_{_DATE}.json").write_text(json.dumps(document))
    return top


def read(top: Path) -> Study:
    """From the logs to the table of scores and the outcomes, all checks on."""
    sizes = {f"m{at}": {"n_params": 1e6 * 4.0**at, "model_family": "f"} for at in range(MODELS)}
    source = {"kind": "file", "format": "lm-eval", "path": "logs", "sizes": sizes}
    entry = {"title": "", "synthetic": True, "sources": [source]}
    return tabulate(Study("answers", entry, defaults()), top)


def parse_only(top: Path) -> None:
    """Read the same lines and parse each with msgspec."""
    decoder = msgspec.json.Decoder()
    for path in sorted(top.glob("logs/*/*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                decoder.decode(line)


def benchmark(result: Callable[..., T], compare: Callable[..., T]) -> list[T]:
    """Read the logs, draw their examples, and look at the memory of a large one.

    Parameters
    ----------
    result, compare : callable
        `benchmarks.run.Result` and `benchmarks.run.compare`.

    Returns
    -------
    list of object
    """
    top = logs()
    study = measure(read(top))
    if study.outcomes.num_rows != MODELS * TASKS * 12 or study.rejects.num_rows:
        raise RuntimeError("not every log was read")
    found = [
        compare(
            "answers",
            measured=f"logs of {MODELS * TASKS * QUESTIONS:,} answers to scores and outcomes",
            yardstick="reading the same lines and msgspec's parser on each",
            run=lambda: read(top),
            run_yardstick=lambda: parse_only(top),
            bar=2.5,
        )
    ]
    began = time.perf_counter()
    drawn = resample(study)
    took = time.perf_counter() - began
    if drawn.resampled.num_rows != TASKS * 12 or drawn.resampled["missing"].null_count < TASKS * 12:
        raise RuntimeError("not every curve was drawn")
    found.append(
        _absolute(
            result,
            "answers-drawing",
            f"{study.settings['draws']:,} draws of the examples of {TASKS * 12} curves",
            took,
            60.0,
        )
    )
    peak = float(
        subprocess.run(
            [sys.executable, __file__, str(top)], check=True, capture_output=True, text=True
        ).stdout
    )
    found.append(
        _absolute(result, "answers-memory", "peak memory in MB on a log of 2 GB", peak, 1000.0)
    )
    return found


def _absolute(result: Callable[..., T], name: str, measured: str, value: float, bar: float) -> T:
    return result(name, measured, f"{bar:g}", value, bar, value / bar, 1, bool(value <= bar))


def _read_large(top: Path) -> None:
    """Read a large log, made of one again and again with other questions; print the peak in MB."""
    from emergence.samples.harness import read_log

    large = top / "large.jsonl"
    lines = (top / "logs/m0" / f"samples_task0_{_DATE}.jsonl").read_bytes().splitlines(True)
    written = turn = 0
    with large.open("wb") as file:
        while written < _LARGE:
            for line in lines:
                written += file.write(line.replace(b'"task0', b'"t%05d' % turn, 1))
            turn += 1
    with large.open("rb") as stream:
        (log,) = read_log(stream)
    large.unlink()
    if len(log.key) < turn * len(lines):
        raise RuntimeError("lines are missing")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    _read_large(Path(sys.argv[1]))
