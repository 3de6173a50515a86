"""Run the simulation studies, and put what they find into docs/calibration.md.

The whole tables go to ``docs/calibration/`` as CSV, that of the verdicts to
``emergence/facts/verdict_calibration.csv`` instead, from which the pages say how often each
verdict is wrong. docs/calibration.md has a short table or a figure of each study, made from these
files.

``make calibrate`` runs all of them; ``--curves`` sets how many curves a cell, and with it the
Monte Carlo error; ``--redraw`` runs none and makes tables and figures of the page anew. The text
of the page is written by hand and stays; only what stands between ``<!-- begin ... -->`` and
``<!-- end -->`` is replaced.
"""

import argparse
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
import pandas as pd  # noqa: E402

from emergence.files import replacing  # noqa: E402
from emergence.progress import shown  # noqa: E402
from emergence.registry import load_yaml  # noqa: E402
from emergence.simulate.axis_nulls import AXIS_CELLS, axis_outcomes  # noqa: E402
from emergence.simulate.calibration import STUDIES, study, wilson_coverage  # noqa: E402
from emergence.simulate.calibration_tables import (  # noqa: E402
    SHORT,
    markdown,
    note,
    read_results,
    slug,
    write_results,
)
from emergence.simulate.claim_nulls import NULL_CELLS, null_rates  # noqa: E402
from emergence.simulate.figures import FIGURES, draw_figure  # noqa: E402
from emergence.simulate.joint import JOINT_CELLS, joint_coverage  # noqa: E402
from emergence.simulate.laws import LAW_CELLS, law_rates  # noqa: E402
from emergence.simulate.population import POPULATION_CELLS, population_rates  # noqa: E402
from emergence.simulate.units import UNIT_CELLS, unit_rates  # noqa: E402

PAGE = ROOT / "docs" / "calibration.md"
RESULTS = ROOT / "docs" / "calibration"
VERDICTS = ROOT / "emergence" / "facts" / "verdict_calibration.csv"
IMAGES = ROOT / "docs" / "images" / "calibration"

#: All designs by study: those of the tests and intervals, of other laws, of the examples that are
#: drawn jointly, of units, of the claims, of the population, and of the axes.
CELLS = {
    **STUDIES,
    "other laws": LAW_CELLS,
    "joint resampling": JOINT_CELLS,
    **UNIT_CELLS,
    "claims": NULL_CELLS,
    "population": POPULATION_CELLS,
    "axes": AXIS_CELLS,
}

#: Curves a cell for one unit of the population study, which is a hundred curves.
PER_UNIT = 25

#: Curves a cell for one dataset of the claims: the first four are the cheapest.
PER_DATASET = {1: 2, 2: 2, 3: 2, 4: 2, 5: 10, 6: 10}

#: Curves a cell for one dataset of the study of axes.
PER_AXES = 2


def path_of(name: str) -> Path:
    """Return the path of the whole table of a study."""
    return VERDICTS if name == "verdicts" else RESULTS / f"{slug(name)}.csv"


def _run(task: tuple[str, int, int, int]) -> dict[str, Any]:
    name, index, curves, seed = task
    settings = load_yaml(ROOT / "workflow/config.yaml")
    if name == "claims":
        cell = CELLS[name][index]
        datasets = max(curves // PER_DATASET[cell.claim], 1)
        row = null_rates(cell, datasets, seed, settings)
        return row | {"datasets": datasets, "seed": seed}
    if name == "other laws":
        row = law_rates(CELLS[name][index], curves, seed)
    elif name in UNIT_CELLS:
        row = unit_rates(CELLS[name][index], curves, seed) | {"seed": seed}
        # A facts table has names without blanks.
        return {key.replace(" ", "_"): value for key, value in row.items()}
    elif name == "population":
        units = max(curves // PER_UNIT, 1)
        return population_rates(CELLS[name][index], units, seed) | {"units": units, "seed": seed}
    elif name == "axes":
        # A dataset has hundreds of fits.
        units = max(curves // PER_AXES, 1)
        return axis_outcomes(CELLS[name][index], units, seed) | {"units": units, "seed": seed}
    elif name == "joint resampling":
        row = joint_coverage(CELLS[name][index], curves, seed)
    else:
        row = study(name, CELLS[name][index], curves, seed)
    return row | {"curves": curves, "seed": seed}


def results_of(name: str) -> pd.DataFrame:
    """Read the whole table of a study, with blanks in its names."""
    frame = read_results(path_of(name))
    return frame.rename(columns={c: c.replace("_", " ") for c in frame if not c.startswith("b_")})


def blocks() -> dict[str, str]:
    """Return the text of every block of the page, by its name."""
    found = {}
    for name in CELLS:
        if name not in SHORT:
            continue
        frame = results_of(name)
        where = path_of(name)
        link = os.path.relpath(where, PAGE.parent)
        head = f"{note(frame)} All of them: [{where.name}]({link}).\n\n"
        found[name] = head + markdown(SHORT[name](frame))
    found["caught"] = markdown(SHORT["caught"](results_of("hold-out")))
    found["verdicts by truth"] = markdown(SHORT["verdicts by truth"](results_of("verdicts")))
    shares = np.linspace(0.005, 0.995, 199)
    wilson = [wilson_coverage(n, shares, level) for n in (50, 200, 1000) for level in (0.95, 0.99)]
    found["wilson"] = markdown(wilson)
    return found


def replace_block(text: str, name: str, block: str) -> str:
    """Replace the text between the marks of a block."""
    pattern = re.compile(rf"(<!-- begin {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"error: {PAGE}: there is no block '{name}'")
    return pattern.sub(lambda found: f"{found[1]}{block}\n{found[2]}", text)


def page(text: str) -> str:
    """Return the page's text with every block made anew."""
    for name, block in blocks().items():
        text = replace_block(text, name, block)
    return text


def redraw() -> None:
    """Make the page's tables and figures anew from the whole tables."""
    text = page(PAGE.read_text(encoding="utf-8"))
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        with replacing(IMAGES / f"{name}.svg") as partial:
            partial.write_bytes(draw_figure(name, {n: results_of(n) for n in CELLS}))
    with replacing(PAGE) as partial:
        partial.write_text(text, encoding="utf-8")


def run(names: Sequence[str], curves: int, processes: int, seed: int) -> None:
    """Run studies and write their whole tables."""
    RESULTS.mkdir(exist_ok=True)
    # A script of its own: its lines are its log.
    with (
        shown(say=lambda text: print(text, file=sys.stderr, flush=True)) as progress,
        # Not forked: the progress has a thread of its own.
        ProcessPoolExecutor(processes, get_context("spawn")) as pool,
    ):
        for name in names:
            tasks = [(name, i, curves, seed) for i in range(len(CELLS[name]))]
            progress.begin(f"{name}: designs", 0, len(tasks))
            rows = []
            for row in pool.map(_run, tasks, chunksize=4):
                rows.append(row)
                progress.reached(len(rows))
            write_results(rows, path_of(name))
            print(f"{name}: {len(rows)} rows", flush=True)


def main() -> None:
    """Run the studies, and make the page's tables and figures."""
    parser = argparse.ArgumentParser(description="Run the simulation studies.")
    parser.add_argument("--curves", type=int, default=500, help="curves a cell")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at a time")
    parser.add_argument("--seed", type=int, default=20230428)
    parser.add_argument("--only", nargs="*", choices=[*CELLS], help="these studies")
    parser.add_argument("--redraw", action="store_true", help="run no study")
    options = parser.parse_args()
    if not options.redraw:
        run(options.only or list(CELLS), options.curves, options.processes, options.seed)
    redraw()


if __name__ == "__main__":
    main()
