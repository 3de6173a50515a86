"""Another kind of processor, stood in for by switching off what this one's libraries use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emergence import Study
from emergence.facts.metric_catalog import Metric, Metrics
from emergence.registry import load_yaml
from emergence.scores import assemble
from emergence.scores_table import SOURCE_REJECTS, SOURCE_ROWS
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.measure import measure
from emergence.stages.pool import pool
from emergence.study import schema_of
from emergence.tables import write_table

# Each switch is a process of its own, which infers everything once more.
pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[1]

#: Each takes other code paths of a library: numpy's without AVX, OpenBLAS's for an old kind.
SWITCHES = {
    "numpy": {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
    "openblas": {"OPENBLAS_CORETYPE": "Sandybridge"},
}

#: What each switch must change before anything is shown by it: the bits of one operation.
CONTROLS = {
    "numpy": "numpy.exp(numpy.random.default_rng(0).normal(size=1001))",
    "openblas": "(lambda x: x @ x)(numpy.random.default_rng(0).normal(size=(65, 65)))",
}

NAMES = ("curves", "inference", "pooled", "labels")

#: Up to what numbers of a table agree, if not up to 1e-9.
AGREE = {"pooled": 1e-7}


def write_tables(folder: Path) -> None:
    """Write the tables of smooth curves, from far below to far above b_max, drawn with noise.

    What is drawn is written with three digits: the scores are the same on every processor.
    """
    generator = np.random.default_rng(1)
    scale = 10.0 ** np.arange(6, 14)
    rows = []
    for task, exponent in enumerate(np.geomspace(0.1, 2.5, 16)):
        share = np.exp(-np.exp(-0.5 + exponent * np.log(scale[-1] / scale) / 3))
        right = generator.binomial(500, np.round(share, 3))
        rows += [
            {
                **{"task": f"t{task}", "subtask": "", "metric": "exact_str_match"},
                **{"model_family": "f", "model": f"m{i}", "condition": "", "replicate": ""},
                **{"scale": scale[i], "scale_kind": "total", "score": k / 500},
                **{"n_examples": 500, "low_score": 0.0, "source_file": "", "source_entry": ""},
            }
            for i, k in enumerate(right.tolist())
        ]
    metric = Metric("discontinuous", is_share_of_examples=True, flags=())
    metrics = Metrics(exact_str_match=metric)
    source = pa.Table.from_pylist(rows, SOURCE_ROWS)
    scores = assemble("data", source, SOURCE_REJECTS.empty_table(), metrics).scores
    few = {**load_yaml(ROOT / "workflow/config.yaml"), "draws": 100}
    known = {"scores": scores, "metrics": metrics}
    study = label(pool(infer(measure(Study("data", {}, few, known=known)))))
    for name in NAMES:
        write_table(study.stored(name), schema_of(name), folder / f"{name}.parquet")


def elsewhere(code: str, switched: dict[str, str]) -> str:
    """Run Python with other code paths of its libraries; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **switched},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables as this processor makes them."""
    folder = tmp_path_factory.mktemp("here")
    write_tables(folder)
    return folder


@pytest.fixture(scope="module", params=SWITCHES)
def switch(request: pytest.FixtureRequest) -> str:
    """A switch that changes bits on this processor."""
    print_bytes = f"import numpy; print({CONTROLS[request.param]}.tobytes().hex())"
    switched = SWITCHES[request.param]
    if elsewhere(print_bytes, {}) == elsewhere(print_bytes, switched):
        pytest.skip(f"on this processor {switched} changes no bit: it shows nothing")
    return request.param


def test_the_numbers_agree(here: Path, switch: str, tmp_path: Path) -> None:
    """The bytes may differ between processors: labels may not, and numbers by 1e-9 at most.

    The end of an interval is read between two likelihoods, whose own rounding it multiplies.
    """
    code = (
        "import sys; sys.path[:0] = ['tests']; from pathlib import Path;"
        f"from test_other_machine import write_tables; write_tables(Path({str(tmp_path)!r}))"
    )
    elsewhere(code, SWITCHES[switch])
    differing = []
    for name in NAMES:
        ours, theirs = (pq.read_table(folder / f"{name}.parquet") for folder in (here, tmp_path))
        for field in ours.schema:
            one, other = ours[field.name].to_pylist(), theirs[field.name].to_pylist()
            if one == other:
                continue
            differing.append(f"{name}.{field.name}")
            for first, second in zip(one, other, strict=True):
                # A list is compared number by number; anything but numbers must be the same.
                assert first == pytest.approx(
                    second, rel=AGREE.get(name, 1e-9), abs=0, nan_ok=True
                ), differing[-1]
    if switch == "numpy":
        assert "inference.law_exponent" in differing, "the tables were made with other bits"


def test_the_curves_have_verdicts_that_could_move(here: Path) -> None:
    """Labels that are all alike would agree whatever the numbers did."""
    verdicts = pq.read_table(here / "labels.parquet")["verdict"].to_pylist()
    assert len({verdict for verdict in verdicts if verdict}) >= 2
