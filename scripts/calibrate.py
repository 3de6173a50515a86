"""Run the simulation studies and put their tables into docs/calibration.md.

The study of the verdicts goes to ``data/facts/verdict_calibration.csv`` too, from where the
pages say what a verdict is worth.

``make calibrate`` runs all of them; ``--curves`` sets how many curves a cell, and with it the
Monte Carlo error. The text of the page is written by hand and stays; only what stands between
``<!-- begin ... -->`` and ``<!-- end -->`` is replaced.
"""

import argparse
import csv
import math
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from emergence.files import replacing  # noqa: E402
from emergence.progress import shown  # noqa: E402
from emergence.registry import load_yaml  # noqa: E402
from emergence.simulate.calibration import STUDIES, study, wilson_coverage  # noqa: E402
from emergence.simulate.verdicts import VERDICT_CELLS, verdict_shares  # noqa: E402
from emergence.verdicts.labels import Rules  # noqa: E402

PAGE = ROOT / "docs" / "calibration.md"
VERDICTS = ROOT / "data" / "facts" / "verdict_calibration.csv"

#: All designs by study: those of the tests and intervals, and those of the verdicts.
CELLS = {**STUDIES, "verdicts": VERDICT_CELLS}


def _run(task: tuple[str, int, int, int]) -> dict[str, Any]:
    name, index, curves, seed = task
    if name == "verdicts":
        rules = Rules.of(load_yaml(ROOT / "workflow/config.yaml"))
        return verdict_shares(CELLS[name][index], curves, seed, rules)
    return study(name, CELLS[name][index], curves, seed)


def write_verdicts(rows: Sequence[dict[str, Any]], curves: int, seed: int) -> None:
    """Write the facts table of the verdicts; its columns are names without blanks."""
    with (
        replacing(VERDICTS) as partial,
        partial.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        names = [name.replace(" ", "_") for name in rows[0]]
        writer.writerow([*names, "curves", "seed"])
        writer.writerows([*row.values(), curves, seed] for row in rows)


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Write rows as a table; rates with three digits."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def replace_block(text: str, name: str, block: str) -> str:
    """Replace what stands between the marks of a block."""
    pattern = re.compile(rf"(<!-- begin {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"error: {PAGE}: there is no block '{name}'")
    return pattern.sub(lambda found: f"{found[1]}{block}\n{found[2]}", text)


def main() -> None:
    """Run the studies."""
    parser = argparse.ArgumentParser(description="Run the simulation studies.")
    parser.add_argument("--curves", type=int, default=1000, help="curves a cell")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at a time")
    parser.add_argument("--seed", type=int, default=20230428)
    parser.add_argument("--only", choices=[*CELLS], help="one study")
    options = parser.parse_args()
    blocks: dict[str, str] = {}
    # A script of its own: its lines are its log.
    with (
        shown(say=lambda text: print(text, file=sys.stderr, flush=True)) as progress,
        # Not forked: the progress has a thread of its own.
        ProcessPoolExecutor(options.processes, get_context("spawn")) as pool,
    ):
        for name in CELLS if options.only is None else [options.only]:
            tasks = [(name, i, options.curves, options.seed) for i in range(len(CELLS[name]))]
            progress.begin(f"{name}: designs", 0, len(tasks))
            rows = []
            for row in pool.map(_run, tasks, chunksize=4):
                rows.append(row)
                progress.reached(len(rows))
            error, most = (math.sqrt(p * (1 - p) / options.curves) for p in (0.05, 0.5))
            note = (
                f"{options.curves} curves a row, seed {options.seed}: "
                f"Monte Carlo error {error:.3f} at 5 %, {most:.3f} at 50 %.\n"
            )
            blocks[name] = f"{note}\n{markdown(rows)}"
            if name == "verdicts":
                write_verdicts(rows, options.curves, options.seed)
            print(f"{name}: {len(rows)} rows", flush=True)
    shares = np.linspace(0.005, 0.995, 199)
    wilson = [wilson_coverage(n, shares, level) for n in (50, 200, 1000) for level in (0.95, 0.99)]
    blocks["wilson"] = markdown(wilson)
    # Read at the end: the text may have been edited while the studies ran.
    text = PAGE.read_text(encoding="utf-8")
    for name, block in blocks.items():
        text = replace_block(text, name, block)
    with replacing(PAGE) as partial:
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
