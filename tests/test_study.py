"""A dataset so far: the same from a folder and from memory, and read when it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from page_samples import SETTINGS, curve, experiments_sample, page_of, sample

from emergence import Study
from emergence.errors import InputError
from emergence.inference.shards import members
from emergence.stages.infer import infer
from emergence.stages.join import join
from emergence.study import DOCUMENTS, TABLES, schema_of
from emergence.tables import write_json, write_table


def written(study: Study, folder: Path) -> Study:
    """Write all that is known of a dataset, and return it as it is read from there."""
    for name in TABLES:
        write_table(study.stored(name), schema_of(name), folder / f"{name}.parquet")
    for name in DOCUMENTS:
        write_json(getattr(study, name), folder / f"{name}.json")
    return Study(study.dataset, study.entry, study.settings, folder)


class TestFromAFolder:
    @pytest.fixture(scope="class")
    @classmethod
    def both(cls, tmp_path_factory) -> tuple[Study, Study]:
        """One in memory, and the same in a folder."""
        study = experiments_sample()
        return study, written(study, tmp_path_factory.mktemp("processed"))

    def test_its_tables_and_documents_are_those_in_memory(self, both):
        one, other = both
        for name in TABLES:
            assert getattr(one, name).equals(getattr(other, name)), name
        for name in DOCUMENTS:
            assert json.loads(json.dumps(getattr(one, name))) == getattr(other, name), name

    def test_so_is_all_that_is_made_of_them(self, both):
        """Frames, what is known of metrics and tasks, random streams, and the page."""
        one, other = both
        for name in ("frame", "votes", "judged"):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
        assert one.lists == other.lists
        assert dict(one.metrics) == dict(other.metrics)
        assert one.annotations == other.annotations
        drawn = [study.generator(1, "a purpose").random() for study in both]
        assert drawn[0] == drawn[1]
        assert page_of(one) == page_of(other)

    def test_a_dataset_without_networks_has_no_experiments(self, tmp_path):
        """Nothing is missing: its folder never has the file."""
        assert Study("d", {}, {}, tmp_path).experiments is None


class TestWhatIsMissing:
    @pytest.mark.parametrize(
        ("name", "file", "stage"),
        [
            ("scores", "scores.parquet", "tabulate"),
            ("sources", "sources.json", "tabulate"),
            ("curves", "curves.parquet", "measure"),
            ("inference", "inference.parquet", "infer"),
            ("labels", "labels.parquet", "label"),
            ("claims", "claims.json", "decide"),
        ],
    )
    def test_fails_when_it_is_asked_for_with_the_command_that_makes_it(
        self, tmp_path, name, file, stage
    ):
        study = Study("my-data", {}, {}, tmp_path)
        with pytest.raises(InputError) as refusal:
            getattr(study, name)
        assert str(refusal.value) == (
            f"{tmp_path / file}: is missing: stage '{stage}' makes it\n"
            "  Make it: make report DATASETS=my-data"
        )

    def test_the_others_can_be_used(self, tmp_path):
        """What a step does not look at need not be there."""
        study = sample(curve([0, 0.1, 0.5, 1.0]), upto="measure")
        write_table(study.curves, schema_of("curves"), tmp_path / "curves.parquet")
        (tmp_path / "labels.parquet").write_text("is no table")
        (tmp_path / "summary.json").write_text("{")
        found = Study("d", {}, {}, tmp_path)
        assert found.curves.equals(study.curves)
        for name in ("labels", "summary"):
            with pytest.raises(InputError, match="cannot be read"):
                getattr(found, name)

    def test_a_stage_that_was_left_out_is_a_mistake_of_the_program(self):
        """Nobody gave a bad file: it ends with a traceback, and names what comes first."""
        study = sample(curve([0, 0.1, 0.5, 1.0]), upto="measure")
        with pytest.raises(LookupError, match=r"'inference' of 'sample' .* stage 'infer'"):
            _ = study.inference


class TestHaving:
    def test_what_is_known_takes_the_place_of_what_is_in_the_folder(self, tmp_path):
        """And the study itself stays as it was."""
        first = written(experiments_sample(), tmp_path)
        none = first.curves.slice(0, 0)
        second = first.having(curves=none, annotations={"t": {"category": "flat"}})
        assert second.curves.num_rows == 0 < first.curves.num_rows
        assert set(second.annotations) == {"t"} and first.annotations == {}
        assert second.labels.equals(first.labels)


class TestCompute:
    def test_up_to_a_stage(self):
        """Each brings its own tables, and those before it stay as they were."""
        rows = curve([0, 0.1, 0.5, 1.0])
        whole = sample(rows)
        for stage, name in (("tabulate", "scores"), ("measure", "curves"), ("infer", "inference")):
            part = sample(rows, upto=stage)
            assert getattr(part, name).equals(getattr(whole, name))
            with pytest.raises(LookupError):
                _ = part.labels

    def test_an_unknown_stage(self, tmp_path):
        with pytest.raises(ValueError, match="no stage: 'guess'"):
            Study.compute("d", {}, SETTINGS, tmp_path, upto="guess")

    @pytest.mark.parametrize("shards", [1, 2, 5])
    def test_shards_that_are_joined_are_the_whole(self, shards):
        """However a task and its subtasks are cut: one of them is a mean over the others."""
        rows = curve([0, 0.1, 0.5, 1.0], metric="exact_str_match", n_examples=100)
        subtasks = [{**row, "subtask": part} for part in ("a", "b") for row in rows]
        whole = sample([*rows, *subtasks], upto="infer")
        assert whole.inference["counts_missing"].to_pylist() == ["averaged", None, None]
        ids = whole.curves["curve_id"].to_pylist()
        parts = [infer(whole, rows=members(ids, at + 1, shards)) for at in range(shards)]
        assert join(whole, [part.inference for part in parts]).inference.equals(whole.inference)
        for part in parts:
            assert part.curves["curve_id"].equals(part.inference["curve_id"])


class TestImports:
    @pytest.mark.parametrize(
        ("code", "loaded", "not_loaded"),
        [
            ("import emergence", {"emergence"}, {"numpy", "pandas", "pyarrow"}),
            (
                "from emergence import Study as S; import emergence; assert emergence.Study is S",
                {"emergence.study"},
                {"matplotlib"},
            ),
        ],
    )
    def test_the_package_loads_no_stage(self, code, loaded, not_loaded):
        """Every module of the library imports it: what it loads, all of them would."""
        shown = "import sys; print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", f"{code}; {shown}"], capture_output=True, text=True, check=True
        )
        modules = set(done.stdout.split())
        assert loaded <= modules
        assert not modules & not_loaded
        later = ("emergence.stages", "emergence.claims", "emergence.pages", "emergence.sources")
        assert not [name for name in modules if name.startswith(later)]
        if code == "import emergence":
            assert {name for name in modules if name.startswith("emergence")} == {"emergence"}

    def test_other_names_are_refused(self):
        import emergence

        with pytest.raises(AttributeError, match="has no attribute 'study_of'"):
            _ = emergence.study_of
