"""Computed datasets inside the workflow, and the paper's argument from end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from workflow.conftest import Project, copy_project

pytestmark = pytest.mark.workflow

#: The entry of the project in small: two families, two tasks, five models.
SETTINGS = {
    "seed": 3,
    "models": {"smallest": 1e7, "largest": 1e11, "number": 5},
    "exponents": [0.2, 0.3],
    "units": [1e8],
    "lengths": [1, 8],
    "choices": [4],
    "examples": 200,
    "lean": 0.7,
    "concentration": 30,
}


def write_registry(folder: Path, **changes: object) -> Path:
    """A registry outside the project, with one computed dataset ``small``."""
    source = {
        "kind": "computed",
        "program": "mirage-model",
        "format": "tidy",
        "path": "scores.csv",
        "settings": {**SETTINGS, **changes},
    }
    entry = {
        "title": "Small",
        "synthetic": True,
        "licence": "CC0-1.0",
        "citation": ["nobody"],
        "sources": [source],
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({"datasets": {"small": entry}}))
    return path


def planned(project: Project, *settings: str) -> set[str]:
    """The rules that a run would run."""
    plan = project.snakemake(
        *(TABLE, "--dry-run", "--quiet", "rules", "--config", "datasets=small", *settings)
    ).stdout
    return {line.split()[0] for line in plan.splitlines() if line[:1].isalpha()}


TABLE = "data/processed/small/scores.parquet"


def test_a_small_one_with_settings_of_its_own(project: Project, tmp_path: Path) -> None:
    """Built, verified, the same elsewhere, and computed again for what concerns it alone."""
    registry = write_registry(tmp_path)
    done = project.run(TABLE, "--datasets", "small", "--config", f"registries={registry}")
    assert "small: computing the scores" in done.stderr
    assert "registry" not in (project.path / "data/raw/small/manifest.json").read_text()

    # 2 families x 5 models x 3 tests x 2 metrics, and every one of them is used.
    scores = pq.read_table(project.path / TABLE)
    assert scores.num_rows == 60
    assert set(scores["use"].to_pylist()) == {"used"}
    assert not any(scores["flags"].to_pylist())
    read = json.loads((project.path / TABLE).with_name("sources.json").read_text())["files"]
    (program,) = [file for file in read if file["path"] == "program mirage-model"]
    assert {note.split(":")[0] for note in program["notes"]} == set(SETTINGS), "for the page"

    other = copy_project(tmp_path / "elsewhere")
    target = tmp_path / "results here"
    target.mkdir()
    other.snakemake(
        *("--cores", "1", "--directory", str(target), TABLE),
        *("--config", "datasets=small", f"registries={registry}"),
    )
    raw = [f"data/raw/small/{name}" for name in ("manifest.json", "files/scores.csv")]
    summed = "logs/small/tabulate.sums.json"
    for name in (TABLE, summed, *raw):
        assert (target / name).read_bytes() == (project.path / name).read_bytes(), name

    config = f"registries={registry}"
    (project.path / summed).unlink()
    assert "tabulate" not in planned(project, config), "sums are no output of a step"
    written = registry.read_text()
    retitled = written.replace("title: Small", "title: Another title")
    registry.write_text(retitled)
    assert planned(project, config) & {"compute", "tabulate"} == {"tabulate"}
    write_registry(tmp_path, seed=4)
    assert "compute" in planned(project, config)
    registry.write_text(written)
    module = project.path / "emergence/simulate/mirage_dataset.py"
    code = module.read_text()
    module.write_text(code + "\nEDITED = True\n")
    assert {"compute", "tabulate"} <= planned(project, config)
    module.write_text(code)

    assert "small: as its manifest says" in project.verify(status=0).stdout
    (project.path / "data/raw/small/files/scores.csv").unlink()
    registry.write_text(retitled)
    assert "compute" in planned(project, config), "what is missing is computed to be read again"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"examples": 0},
            "entry 'small', field 'sources.0.settings.examples': 0 is less than the minimum of 1",
        ),
        (
            {"models": {"smallest": 1e9, "largest": 1e7, "number": 5}},
            "dataset 'small', setting 'models': 5 models from 1e+09 to 1e+07 parameters seen",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_one_message(
    project: Project, tmp_path: Path, changes: dict, said: str
) -> None:
    """By the schema, or by the program where a schema cannot say it; nothing is left behind."""
    registry = write_registry(tmp_path, **changes)
    done = project.run("--datasets", "small", "--config", f"registries={registry}", status=1)
    assert done.stderr.count(said) == 1
    assert "Traceback" not in done.stderr
    assert not (project.path / "data/raw/small/manifest.json").exists()
    assert not (project.path / "data/processed").exists()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory):
    """The project's own dataset ``mirage-model``: curves with what was inferred of each."""
    project = copy_project(tmp_path_factory.mktemp("mirage") / "a project")
    tables = "data/processed/mirage-model"
    project.snakemake("--cores", "2", f"{tables}/inference.parquet")
    curves = pq.read_table(project.path / tables / "curves.parquet").to_pandas()
    inference = pq.read_table(project.path / tables / "inference.parquet").to_pandas()
    yield curves.merge(inference.drop(columns="dataset"), on="curve_id")
    shutil.rmtree(project.path)


@pytest.mark.xdist_group("mirage-model")
class TestTheArgument:
    """In the project's own dataset the truth is known: every curve of a token is smooth."""

    def test_there_are_enough_tasks_to_decide(self, drawn) -> None:
        """At least 10 tasks in either group, all of 12 scales, and nothing is flagged."""
        tasks = drawn.groupby("metric_group")["task"].nunique()
        assert tasks["discontinuous"] >= 10
        assert tasks["continuous"] >= 10
        assert set(drawn["n_scales"]) == {12}
        assert set(drawn["flags"]) == {""}

    def test_each_pair_of_metrics_has_the_same_outputs(self, drawn) -> None:
        """One of either group to each task, family and condition, in one group of outputs."""
        keys = ["task", "model_family", "condition", "output_group"]
        assert (drawn.groupby(keys)["metric_group"].nunique() == 2).all()
        assert (drawn.groupby(keys).size() == 2).all()

    @pytest.mark.parametrize(
        ("sharp", "smooth", "condition", "least"),
        [
            ("exact_str_match", "token_edit_distance", "target_tokens=8", 2),
            ("exact_str_match", "token_edit_distance", "target_tokens=16", 5),
            (
                "multiple_choice_grade",
                "calibration_multiple_choice_brier_score",
                "choices=4",
                2,
            ),
        ],
    )
    def test_one_curve_is_sharp_under_one_metric_and_smooth_under_the_other(
        self, drawn, sharp: str, smooth: str, condition: str, least: float
    ) -> None:
        """40 pairs each; a straight line has a sharpness of 1."""
        of = drawn[drawn["condition"] == condition].set_index(["model_family", "task"])
        cliff = of.loc[of["metric"] == sharp, "sharpness"]
        slope = of.loc[of["metric"] == smooth, "sharpness"]
        assert len(cliff) == len(slope) == 40
        assert (cliff > 1).all()
        assert np.quantile(cliff, 0.5, method="lower") > least
        assert slope.between(0.75, 1.3).all()
        assert slope.median() == pytest.approx(1, abs=0.1)
        assert (cliff > slope.reindex(cliff.index)).all()

    def test_a_target_of_one_token_has_no_cliff(self, drawn) -> None:
        """It is the length that makes it: all or nothing on one token is the token itself."""
        one = drawn[drawn["condition"] == "target_tokens=1"].set_index(["model_family", "task"])
        match = one.loc[one["metric"] == "exact_str_match", "sharpness"]
        distance = one.loc[one["metric"] == "token_edit_distance", "sharpness"]
        np.testing.assert_allclose(match, distance.reindex(match.index))
        assert match.between(0.75, 1.3).all()

    def test_the_exponent_finds_the_b_that_was_put_in(self, drawn) -> None:
        """Exact match is the law itself, so its intervals cover b as often as they say.

        Every curve has draws of its own. The Monte Carlo error of the share is
        sqrt(.95 x .05 / n), for 176 curves .016; 2.3 of them are allowed for.
        """
        match = drawn[drawn["metric"] == "exact_str_match"]
        known = match[match["exponent_status"].isin(["estimated", "open_above"])]
        truth = known["model_family"].str.rsplit(" ", n=1).str[1].astype(float)
        assert len(known) > 150
        covered = (known["exponent_low"] <= truth) & (truth <= known["exponent_high"])
        assert covered.mean() >= 0.95 - 2.3 * np.sqrt(0.95 * 0.05 / len(known))
        # And they say something: half of the numbers are within .03 of b.
        estimated = known["exponent_status"] == "estimated"
        error = (known["exponent"] - truth)[estimated].abs()
        assert error.median() < 0.03
