"""Shared fixtures: tables from plain dictionaries, and a bundled dataset as it is built."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shared
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from emergence import Study
from emergence.cli import main
from emergence.curves import build_curves
from emergence.facts.metric_catalog import Metric, Metrics
from emergence.registry import load_registry, load_yaml
from emergence.scores import assemble
from emergence.scores_table import SOURCE_REJECTS, SOURCE_ROWS
from emergence.settings import defaults

ROOT = Path(__file__).resolve().parents[1]

# One thread of BLAS, as in the workflow's steps: at this size a second one only waits, and takes
# the processor from the other worker. The variables are for what is loaded or started later.
threadpool_limits(1)
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

# The same examples at each run: a suite that is red must be red for the next person too.
settings.register_profile(
    "project",
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")


#: Characters of an argument that still make a name.
_LONGEST_ID = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that neither worker is left alone at the end."""

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker("workflow"):
            return 1 if item.get_closest_marker("xdist_group") is None else 0
        return 2

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """All workers of a session see one folder."""
    own = tmp_path_factory.getbasetemp()
    shared.keep_in(own if worker_id == "master" else own.parent)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test by its argument where that is a whole file.

    A name of a thousand bytes is read by nobody, and one with a time in it differs between
    workers, which then refuse to run.
    """
    return argname if isinstance(val, str | bytes) and len(val) > _LONGEST_ID else None


#: An entry as a source delivers it, when a test does not say otherwise.
ENTRY: dict[str, Any] = {
    "task": "arithmetic",
    "subtask": "",
    "metric": "accuracy",
    "model_family": "family",
    "model": "model",
    "condition": "",
    "replicate": "",
    "shots": None,
    "scale": 1e6,
    "scale_kind": "total",
    "tokens": None,
    "flops": None,
    "loss": None,
    "score": 0.5,
    "score_stderr": None,
    "n_examples": None,
    "low_score": None,
    "high_score": None,
    "is_preferred": None,
    "source_file": "scores.csv",
    "source_entry": "",
}


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    """Run `emergence` in a folder of its own: its status, what it printed, and its errors.

    With fewer draws than it is shipped with, and no other settings beside its own: what it reads,
    says and writes does not depend on them.
    """
    monkeypatch.chdir(tmp_path)
    few = {**defaults(), "draws": 100, "sensitivity": {"sharpness": [], "fdr": [], "level": []}}
    few["claims"] = {**few["claims"], "draws": 500, "bootstrap": 100}
    monkeypatch.setattr("emergence.settings.defaults", lambda: few)

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        for text in (printed.out, printed.err):
            assert all(sign == "\n" or sign.isprintable() for sign in text), "steers the terminal"
        return status, printed.out, printed.err

    return call


@pytest.fixture(scope="session")
def source_rows():
    """Make a table of source rows; each field that an entry does not give has its default."""

    def make(entries: list[dict[str, Any]]) -> pa.Table:
        for entry in entries:
            assert set(entry) <= set(ENTRY), entry
        return pa.Table.from_pylist([{**ENTRY, **entry} for entry in entries], schema=SOURCE_ROWS)

    return make


@pytest.fixture(scope="session")
def source_rejects():
    """Make a table of source rejects."""

    def make(rejects: list[dict[str, str]]) -> pa.Table:
        return pa.Table.from_pylist(rejects, schema=SOURCE_REJECTS)

    return make


@pytest.fixture(scope="session")
def known_metrics() -> Metrics:
    """Four metrics: one of each direction, one without a direction; any other is unclassed."""
    return Metrics(
        accuracy=Metric(group="discontinuous", output_group="choice", flags=()),
        brier=Metric(group="continuous", higher_is_better=False, output_group="choice", flags=()),
        calibration=Metric(group="other", higher_is_better=False, flags=()),
        puzzling=Metric(flags=("direction_unknown",)),
    )


@pytest.fixture(scope="session")
def curves_of(source_rows, source_rejects, known_metrics):
    """Build curves from entries, through the table of scores: one dictionary a curve."""

    def build(entries, annotations=None, known=known_metrics) -> list[dict[str, Any]]:
        assembled = assemble("data", source_rows(entries), source_rejects([]), known)
        assert not assembled.rejects.num_rows
        return build_curves(assembled.scores, known, annotations).to_pylist()

    return build


@pytest.fixture(scope="session")
def bundled() -> Study:
    """The bundled dataset of BIG-bench as far as its curves: 94 tasks, 173 curves."""
    entry = load_registry([ROOT / "data/datasets.yaml"])["bigbench-public"]
    settings = load_yaml(ROOT / "workflow/config.yaml")
    return Study.compute("bigbench-public", entry, settings, ROOT / "data", upto="measure")


@pytest.fixture(scope="session")
def bundled_curve(bundled):
    """Find the one curve of a task in a family."""
    curves = {(row["task"], row["model_family"]): row for row in bundled.curves.to_pylist()}

    def find(task: str, family: str) -> dict[str, Any]:
        return curves[task, family]

    return find
