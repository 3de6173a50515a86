"""Labels and claims of the bundled datasets, as they are written."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from page_samples import BUNDLED, bundled_sample

from emergence.claims.base import OUTCOMES
from emergence.curves_table import CURVES
from emergence.inference.inference_table import INFERENCE, MISSING
from emergence.pooling.pooled_table import POOLED
from emergence.tables import read_table
from emergence.verdicts.labels_table import LABELS, LEFT_OUT, UNDECIDED, VERDICTS

#: With their numbers of curves over each axis.
CURVES_OF = {
    "bigbench-public": {"params": 173},
    "metric-pairs": {"params": 368, "flops": 52},
    "open-lm": {"params": 1104, "flops": 138, "loss": 138},
}


def processed(dataset: str) -> Path:
    """The folder with its tables."""
    return bundled_sample(dataset).folder


def claims_of(folder: Path) -> dict[int, dict[str, Any]]:
    """The claims by number; a file that is no strict JSON is refused."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = (folder / "claims.json").read_text(encoding="utf-8")
    return {c["number"]: c for c in json.loads(text, parse_constant=refuse)["claims"]}


def rows_of(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows by curve of the tables, each read under its schema."""
    schemas = {"curves": CURVES, "inference": INFERENCE, "pooled": POOLED, "labels": LABELS}
    return {
        name: {
            row["curve_id"]: row
            for row in read_table(folder / f"{name}.parquet", schema).to_pylist()
        }
        for name, schema in schemas.items()
    }


@pytest.mark.parametrize("dataset", BUNDLED)
class TestEachDataset:
    def test_a_label_a_curve_and_each_of_its_closed_list(self, dataset: str) -> None:
        """As many labels as curves, in the same order; what is said of one agrees."""
        tables = rows_of(processed(dataset))
        assert list(tables["labels"]) == list(tables["curves"]) == list(tables["inference"])
        over = Counter(row["axis"] for row in tables["curves"].values())
        assert over == CURVES_OF[dataset]
        assert {row["verdict"] for row in tables["labels"].values()} > {"not_decidable"}
        for row in tables["labels"].values():
            assert row["left_out"] in {None, *LEFT_OUT}
            assert row["rises_missing"] in {None, *LEFT_OUT, *MISSING}
            assert (row["rises"] is None) == (row["rises_missing"] is not None)
            assert row["verdict"] in {None, *VERDICTS}
            assert (row["verdict"] is not None) == (row["apparent"] is True)
            assert row["verdict_reason"] in {None, *UNDECIDED, *MISSING}
            assert (row["verdict_reason"] is not None) == (row["verdict"] == "not_decidable")

    def test_the_counts_are_those_of_the_labels(self, dataset: str) -> None:
        """The summary says what a reader can count in the table."""
        folder = processed(dataset)
        tables = rows_of(folder)
        main = [key for key, row in tables["curves"].items() if row["main_axis"]]
        labels = [tables["labels"][key] for key in main]
        counts = json.loads((folder / "summary.json").read_text())["verdicts"]
        for name in VERDICTS:
            assert counts["all"]["verdicts"][name] == sum(r["verdict"] == name for r in labels)
        assert counts["all"]["apparent"] == sum(r["apparent"] is True for r in labels) > 0
        for name in LEFT_OUT:
            assert counts["left_out"][name] == sum(r["left_out"] == name for r in labels)

    def test_every_claim_has_an_outcome_and_its_keys_exist(self, dataset: str) -> None:
        """What is not decidable says why, and what would decide it."""
        folder = processed(dataset)
        claims, keys = claims_of(folder), set(rows_of(folder)["curves"])
        assert list(claims) == [1, 2, 3, 4, 5, 6]
        for claim in claims.values():
            assert claim["outcome"] in OUTCOMES
            assert bool(claim["would_decide"]) == (claim["outcome"] == "not decidable")
            assert bool(claim["reason"]) == (
                claim["outcome"] in ("not decidable", "does not apply")
            )
            assert set(claim["keys"]) <= keys
            for row in claim["sensitivity"]:
                assert row["outcome"] in OUTCOMES


class TestBigbench:
    def test_one_temperature_of_the_multiple_choice_tasks(self) -> None:
        """BIG-G at temperature 1 is left out where nothing is sampled, and only there."""
        tables = rows_of(processed("bigbench-public"))
        left_out = set()
        for key, row in tables["labels"].items():
            curve = tables["curves"][key]
            if row["left_out"] == "same_outputs":
                left_out.add((curve["model_family"], curve["metric"]))
        assert left_out == {("BIG-G T=1", "multiple_choice_grade")}

    def test_claim_two_to_every_digit(self) -> None:
        """The table of the method: 63 of 67 against 90 of 135, and the interval above 1."""
        claim = claims_of(processed("bigbench-public"))[2]
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

    def test_what_this_table_cannot_decide(self) -> None:
        """Two preferred metrics, both all or nothing: claim 1 needs more, 3 and 5 others."""
        claims = claims_of(processed("bigbench-public"))
        assert claims[1]["outcome"] == "not decidable"
        assert "2 preferred metrics" in claims[1]["reason"]
        for number in (3, 5):
            assert claims[number]["outcome"] == "does not apply"


@pytest.mark.system
def test_claim_five_on_the_same_outputs_of_open_models() -> None:
    """Every pair is counted, and those that look emergent are listed with what became of them."""
    folder = processed("metric-pairs")
    claim, curves = claims_of(folder)[5], rows_of(folder)["curves"]
    tables = {table["caption"]: table for table in claim["tables"]}
    metrics = tables["By continuous metric, at matched noise"]
    by_metric = [dict(zip(metrics["columns"], row, strict=True)) for row in metrics["rows"]]
    # The ladder's 13 tasks at 5 ratios under 3 continuous metrics; 47 and 7 of the other sources.
    counted = sum(row["pairs"] + row["of unknown noise beside"] for row in by_metric)
    assert counted == 13 * 5 * 3 + 47 + 7
    pairs = tables["Pairs of curves of the same outputs, the most discordant first"]
    rows = [dict(zip(pairs["columns"], row, strict=True)) for row in pairs["rows"]]
    assert len(rows) == counted
    for row in rows:
        one, other = curves[row["curve"]], curves[row["its curve"]]
        assert (one["metric_group"], other["metric_group"]) == ("discontinuous", "continuous")
        for name in ("task", "model_family", "condition", "shots", "output_group", "models"):
            assert one[name] == other[name], name
    assert claim["value"]["status"] == "finite" and 0 < claim["p"]["value"] <= 1


@pytest.mark.system
def test_the_readme_has_the_verdicts() -> None:
    """A row a claim and a column a dataset, in the words of the pages."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d)\. ([^|]+?) \|(.+)\|$", text, re.MULTILINE)
    said = {
        int(n): (title, [cell.strip() for cell in cells.split("|")]) for n, title, cells in rows
    }
    claims = [claims_of(processed(dataset)) for dataset in CURVES_OF]
    assert said == {
        number: (
            claim["title"],
            [
                one[number]["outcome"].replace("not decidable", "cannot be decided")
                for one in claims
            ],
        )
        for number, claim in claims[0].items()
    }
