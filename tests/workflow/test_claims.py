"""Labels and claims as the workflow writes them: of the bundled dataset, and of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from emergence.claims.base import OUTCOMES
from emergence.schema import CURVES, INFERENCE, LABELS, LEFT_OUT, MISSING, UNDECIDED, VERDICTS
from emergence.tables import read_table
from workflow.conftest import ROOT, Project

pytestmark = pytest.mark.workflow

PAIRS = ROOT.parent / "shared/data/open_models_metric_pairs.csv"


def processed(project: Project, dataset: str) -> Path:
    return project.path / "data/processed" / dataset


def claims_of(folder: Path) -> dict[int, dict[str, Any]]:
    """The claims by number; a file that is no strict JSON is refused."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = (folder / "claims.json").read_text(encoding="utf-8")
    return {c["number"]: c for c in json.loads(text, parse_constant=refuse)["claims"]}


def rows_of(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows by curve of the three tables, each read under its schema."""
    schemas = {"curves": CURVES, "inference": INFERENCE, "labels": LABELS}
    return {
        name: {
            row["curve_id"]: row
            for row in read_table(folder / f"{name}.parquet", schema).to_pylist()
        }
        for name, schema in schemas.items()
    }


@pytest.mark.xdist_group("finished")
class TestTheBundledDataset:
    def test_a_label_a_curve_and_each_of_its_closed_list(
        self, finished: tuple[Project, str]
    ) -> None:
        """97 curves, 97 labels, in the same order; what is said of one agrees."""
        folder = processed(finished[0], "bigbench-lite")
        tables = rows_of(folder)
        assert list(tables["labels"]) == list(tables["curves"]) == list(tables["inference"])
        assert len(tables["labels"]) == 97
        assert {row["verdict"] for row in tables["labels"].values()} > {"not_decidable"}
        for row in tables["labels"].values():
            assert row["left_out"] in {None, *LEFT_OUT}
            assert row["rises_missing"] in {None, *LEFT_OUT, *MISSING}
            assert (row["rises"] is None) == (row["rises_missing"] is not None)
            assert row["verdict"] in {None, *VERDICTS}
            assert (row["verdict"] is not None) == (row["apparent"] is True)
            assert row["verdict_reason"] in {None, *UNDECIDED, *MISSING}
            assert (row["verdict_reason"] is not None) == (row["verdict"] == "not_decidable")

    def test_one_temperature_of_the_multiple_choice_tasks(
        self, finished: tuple[Project, str]
    ) -> None:
        """BIG-G at temperature 1 is left out where nothing is sampled, and only there."""
        tables = rows_of(processed(finished[0], "bigbench-lite"))
        left_out = set()
        for key, row in tables["labels"].items():
            curve = tables["curves"][key]
            if row["left_out"] == "same_outputs":
                left_out.add((curve["model_family"], curve["metric"]))
        assert left_out == {("BIG-G T=1", "multiple_choice_grade")}

    def test_the_counts_are_those_of_the_labels(self, finished: tuple[Project, str]) -> None:
        """The summary says what a reader can count in the table."""
        folder = processed(finished[0], "bigbench-lite")
        labels = rows_of(folder)["labels"].values()
        counts = json.loads((folder / "summary.json").read_text())["verdicts"]
        for name in VERDICTS:
            assert counts["all"]["verdicts"][name] == sum(r["verdict"] == name for r in labels)
        assert counts["all"]["apparent"] == sum(r["apparent"] is True for r in labels) > 0
        for name in LEFT_OUT:
            assert counts["left_out"][name] == sum(r["left_out"] == name for r in labels)

    def test_every_claim_has_an_outcome_and_its_keys_exist(
        self, finished: tuple[Project, str]
    ) -> None:
        """Six claims; what is not decidable says why, and what would decide it."""
        folder = processed(finished[0], "bigbench-lite")
        claims, keys = claims_of(folder), set(rows_of(folder)["curves"])
        assert list(claims) == [1, 2, 3, 4, 5, 6]
        for claim in claims.values():
            assert claim["outcome"] in OUTCOMES
            undecided = claim["outcome"] == "not decidable"
            assert bool(claim["reason"]) == bool(claim["would_decide"]) == undecided
            assert set(claim["keys"]) <= keys
            for row in claim["sensitivity"]:
                assert row["outcome"] in OUTCOMES

    def test_claim_two_to_every_digit(self, finished: tuple[Project, str]) -> None:
        """The table of the method: 63 of 67 against 90 of 135, and the interval above 1."""
        claim = claims_of(processed(finished[0], "bigbench-lite"))[2]
        assert claim["outcome"] == "supported"
        assert claim["published"] == "over 92 %"
        assert claim["ours"] == "63 of 67 emergent tasks (94.0 %), and 90 of 135 others (66.7 %)"
        assert claim["value"]["value"] == pytest.approx(7.875)
        assert claim["interval"]["low"]["value"] > 1
        assert claim["p"]["value"] == pytest.approx(5.0e-6, rel=0.01)
        assert claim["tasks"] == 202 and claim["sensitivity"] == []
        (table,) = claim["tables"]
        counts = [(row[1], row[3]) for row in table["rows"]]
        assert counts == [
            ("63 of 67", "90 of 135"),
            ("63 of 67", "93 of 135"),
            ("63 of 65", "81 of 97"),
            ("63 of 65", "84 of 97"),
            ("63 of 67", "89 of 130"),
            ("63 of 67", "44 of 58"),
            ("51 of 67", "62 of 135"),
            ("12 of 67", "26 of 135"),
        ]

    def test_what_this_table_cannot_decide(self, finished: tuple[Project, str]) -> None:
        """Two preferred metrics, both all or nothing: claims 1, 3 and 5 need others."""
        claims = claims_of(processed(finished[0], "bigbench-lite"))
        for number in (1, 3, 5):
            assert claims[number]["outcome"] == "not decidable"
        assert claims[1]["reason"].startswith("2 preferred metrics")
        assert "0 under continuous metrics" in claims[3]["reason"]
        assert claims[5]["reason"].startswith("0 tasks")


OPEN_MODELS = """
datasets:
  open-models:
    title: Open models under two metrics
    synthetic: false
    licence: MIT
    citation: ["ExpEmergence, 2024"]
    sources:
      - kind: file
        format: tidy
        path: {path}
        columns: {{scale_kind: {{constant: total}}}}
    metrics:
      multiple_choice_accuracy:
        group: discontinuous
        higher_is_better: true
        is_share_of_examples: true
        output_group: multiple_choice
      target_brier:
        group: continuous
        higher_is_better: false
        is_share_of_examples: false
        output_group: multiple_choice
"""


@pytest.mark.skipif(
    not PAIRS.is_file(), reason="the scores of open models are not beside this project (../shared)"
)
def test_claim_five_on_open_models(project: Project, tmp_path: Path) -> None:
    """Two metrics on the same outputs, read where they lie: the claim gets its rule's answer.

    By the rule it takes six tasks with a curve that is apparent under accuracy; all pairs are
    the second line, whatever the outcome.
    """
    private = tmp_path / "private"
    private.mkdir()
    (private / "registry.yaml").write_text(OPEN_MODELS.format(path=PAIRS))
    project.snakemake(
        *("--cores", "1", "data/processed/open-models/claims.json", "--config"),
        *(f"registries={private}/registry.yaml", "datasets=open-models"),
    )
    folder = processed(project, "open-models")
    claim = claims_of(folder)[5]
    tables = {table["caption"]: table for table in claim["tables"]}
    (everything,) = tables["All pairs, apparent or not"]["rows"]
    assert everything[:2] == [9, 47]
    pairs = tables["Pairs of curves of the same outputs, those that still break first"]
    column = {name: i for i, name in enumerate(pairs["columns"])}
    assert {row[column["metric"]] for row in pairs["rows"]} == {"multiple_choice_accuracy"}
    assert {row[column["under"]] for row in pairs["rows"]} == {"target_brier"}
    tasks = {row[column["task"]] for row in pairs["rows"]}
    assert claim["tasks"] == len(tasks) and claim["curves"] == len(pairs["rows"]) > 0
    still = [row[column["still apparent"]] == "yes" for row in pairs["rows"]]
    assert still == sorted(still, reverse=True)

    assert claim["outcome"] in OUTCOMES
    assert (claim["outcome"] == "not decidable") == (len(tasks) < 6)
    if len(tasks) < 6:
        assert f"{len(tasks)} tasks" in claim["reason"] and "6 are needed" in claim["reason"]
        assert "same outputs" in claim["would_decide"]
    else:
        assert claim["value"]["status"] == "finite" and 0 < claim["p"]["value"] <= 1
    # The verdicts of accuracy without numbers of examples: none, and the reason is that.
    labels = pq.read_table(folder / "labels.parquet").to_pylist()
    reasons = {row["verdict_reason"] for row in labels if row["verdict"]}
    assert reasons <= {"n_unknown", "not_a_share", "averaged"}
