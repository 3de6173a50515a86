"""Another kind of processor, stood in for by switching off what this one's libraries use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from workflow.conftest import ROOT, Project

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("finished")]

#: Other code paths of numpy and of OpenBLAS; on processors that lack them nothing changes.
OTHER = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
}

MEASURE = """
import sys
from pathlib import Path
from emergence.curves import build_curves
from emergence.facts import METRIC_CATALOG, metrics, read_facts
from emergence.schema import CURVES, SCORES
from emergence.tables import read_table, write_table
root, scores, curves = map(Path, sys.argv[1:])
known = metrics(read_facts(root / "data/facts/metric_catalog.csv", METRIC_CATALOG), {})
write_table(build_curves(read_table(scores, SCORES), known), CURVES, curves)
"""


def test_the_numbers_agree(finished: tuple[Project, str], tmp_path: Path) -> None:
    """The bytes may differ between processors: labels may not, and numbers by 1e-9 at most."""
    project, _ = finished
    processed = project.path / "data/processed/bigbench-public"
    out = tmp_path / "curves.parquet"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE, ROOT, processed / "scores.parquet", out],
        env={**os.environ, **OTHER},
        check=True,
    )
    here, there = pq.read_table(processed / "curves.parquet"), pq.read_table(out)
    for field in here.schema:
        ours, theirs = here[field.name], there[field.name]
        if str(field.type) == "double":
            np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), rtol=1e-9)
        elif field.name != "annotation":
            assert ours.equals(theirs), field.name
