"""The default run, run again, elsewhere, disturbed, and on bad input."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import filelock
import pyarrow.parquet as pq
import pytest

from emergence import Study
from emergence.registry import load_registry, load_yaml
from emergence.study import TABLES
from emergence.tables import write_json, write_table
from workflow.conftest import Project, environment

pytestmark = pytest.mark.workflow

STEPS = ("tabulate", "measure", "conclude", "report")

#: What the default run builds, with the numbers of score rows and curves, and one of its tasks.
DATASETS = {
    "bigbench-public": (1764, 173, "hindu_knowledge"),
    "metric-pairs": (1930, 368, "socialiqa"),
    "open-lm": (4784, 1104, "lambada_openai"),
}

#: The least of them, for what needs no others.
ONE = ("--datasets", "bigbench-public")

#: The first, one that writes several files, and the last but the landing page.
KILLED = ("tabulate", "conclude", "report")


@pytest.mark.xdist_group("finished")
class TestTheDefaultRun:
    def test_it_writes_the_pages_and_says_so(self, finished: tuple[Project, str]) -> None:
        """The user sees one line a step with its time, and at the end what to open."""
        project, printed = finished
        landing = (project.path / "reports/index.html").read_text(encoding="utf-8")
        for dataset, (_, _, task) in DATASETS.items():
            page = project.path / f"reports/{dataset}/index.html"
            assert page.stat().st_size < 1_000_000
            assert task in page.read_text(encoding="utf-8")
            for words in ("reading the scores", "measuring", "verdicts", "writing the page"):
                begins = f"{dataset}: {words}"
                (line,) = [line for line in printed.splitlines() if line.startswith(begins)]
                assert line.endswith(" s")
            assert f'href="{dataset}/index.html' in landing
        assert f"open {project.path}/reports/index.html" in printed

    @pytest.mark.parametrize("dataset", DATASETS)
    def test_every_step_keeps_its_log_and_its_benchmark(
        self, finished: tuple[Project, str], dataset: str
    ) -> None:
        """A log holds the step's own lines, not only that it ran."""
        project, _ = finished
        rows, curves, _ = DATASETS[dataset]
        own = {
            "tabulate": f"{rows} score rows, 0 rejects",
            "measure": f"{curves} curves from {rows} score rows",
            "conclude": f"{curves} curves: ",
            "report": "page of ",
            "explorer": "1 pages of ",
        }
        for step in own:
            log = (project.path / f"logs/{dataset}/{step}.log").read_text()
            assert own[step] in log
            assert log.rstrip().endswith("is done")
            benchmark = project.path / f"logs/{dataset}/{step}.benchmark.tsv"
            assert benchmark.read_text().startswith("s\t")

    def test_nothing_of_the_run_itself_is_in_the_results(
        self, finished: tuple[Project, str]
    ) -> None:
        """Paths and hosts differ between machines: the bytes of the results must not."""
        project, _ = finished
        for name, content in project.results().items():
            assert str(project.path).encode() not in content, name
            assert os.uname().nodename.encode() not in content or len(os.uname().nodename) < 4

    def test_a_second_run_does_nothing_and_says_so(self, finished: tuple[Project, str]) -> None:
        """Nothing was changed, so no step may run."""
        project, _ = finished
        before = project.results()
        done = project.run("--cores", "2")
        assert "nothing to do" in done.stderr
        assert " s\n" not in done.stderr
        assert project.results() == before


@pytest.mark.xdist_group("together")
def test_workers_keep_groups_together(request: pytest.FixtureRequest, worker_id: str) -> None:
    """Versions of pytest and pytest-xdist that do not fit ignore groups in silence.

    Then each worker makes what a group shares, and the suite takes twice as long.
    """
    if worker_id == "master" or not request.config.getoption("loadgroup"):
        pytest.skip("one worker, or tests that are not sent in groups")
    assert request.node.nodeid.endswith("@together")


@pytest.mark.xdist_group("finished")
class TestTheSameBytes:
    def test_computed_in_one_process(self, finished: tuple[Project, str], tmp_path: Path) -> None:
        """`Study.compute` runs the stages without Snakemake, shards, and tables in between."""
        project, _ = finished
        entry = load_registry([project.path / "data/datasets.yaml"])
        settings = load_yaml(project.path / "workflow/config.yaml")
        name = "bigbench-public"
        study = Study.compute(name, entry[name], settings, project.path / "data")
        for table, schema in TABLES.items():
            write_table(study.stored(table), schema, tmp_path / f"{table}.parquet")
        for document in ("sources", "claims", "summary"):
            write_json(getattr(study, document), tmp_path / f"{document}.json")
        theirs = project.path / "data/processed" / name
        files = {path.name for path in theirs.iterdir() if path.is_file()}
        assert {path.name for path in tmp_path.iterdir()} == files
        different = [
            file for file in files if (tmp_path / file).read_bytes() != (theirs / file).read_bytes()
        ]
        assert not different

    def test_killed_at_another_path_on_one_core_with_shuffled_rows(
        self, finished: tuple[Project, str], project: Project
    ) -> None:
        """After kill -9 the same command completes the work, with the bytes of a quiet run.

        That run stood at another path, had two cores, the rows as they are bundled and other
        datasets beside: none of these is a result, and neither is being killed.
        """
        reference, _ = finished
        scores = project.path / "data/bigbench-public/scores.csv"
        header, *lines = scores.read_text().splitlines()
        random.Random(1).shuffle(lines)
        scores.write_text("\n".join([header, *lines]) + "\n")
        for step in KILLED:
            kill_in(step, project)
        project.run("--cores", "1", *ONE)
        found, expected = project.results(), reference.results()
        # The landing page is of all that was built.
        del found["reports/index.html"]
        assert found == {n: c for n, c in expected.items() if "bigbench-public" in n.split("/")}


def kill_in(step: str, project: Project) -> None:
    """Begin a run, and kill it while it is in a step.

    On a busy machine a step may be over before it is seen to have begun: then once more.
    """
    log = project.path / f"logs/bigbench-public/{step}.log"
    for _ in range(10):
        log.unlink(missing_ok=True)
        with subprocess.Popen(
            project.command("--cores", "1", *ONE),
            cwd=project.path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as running:
            while not log.exists() or "begins" not in log.read_text():
                assert running.poll() is None, f"ended before {step} began"
                time.sleep(0.005)
            os.killpg(running.pid, signal.SIGKILL)
        if "is done" not in log.read_text():
            return
        for folder in ("data/processed", "reports"):
            shutil.rmtree(project.path / folder, ignore_errors=True)
    raise AssertionError(f"never killed in {step}")


class TestTwoAtOnce:
    def test_the_second_is_told_who_holds_the_lock(self, project: Project) -> None:
        """It must neither wait in silence nor work beside the first."""
        state = project.path / ".snakemake"
        state.mkdir()
        (state / "front-door.json").write_text(
            json.dumps({"pid": 4711, "host": "a-host", "since": "12:00:00"})
        )
        with filelock.FileLock(state / "front-door.lock"):
            done = project.run(status=3)
        assert "process 4711 on a-host since 12:00:00" in done.stderr
        assert not (project.path / "data/processed").exists()


@pytest.mark.xdist_group("finished")
class TestWhatIsRunAgain:
    @pytest.mark.parametrize(
        ("file", "steps"),
        [
            ("emergence/sources/tidy.py", {"tabulate"}),
            ("emergence/measures.py", {"measure", "conclude", "report"}),
            ("emergence/summary.py", {"conclude", "report"}),
            ("emergence/pages/templates/report.html.j2", {"report", "landing"}),
            ("emergence/pages/landing.py", {"landing"}),
        ],
    )
    def test_the_stages_that_import_an_edited_file(
        self, finished: tuple[Project, str], file: str, steps: set[str]
    ) -> None:
        """Snakemake does not see imports: a stage's parameters have a digest of its modules."""
        import lookups

        found = {
            step
            for step in (*STEPS, "landing")
            if str(lookups.ROOT / file) in lookups.step_files(step)
        }
        assert found == steps

    def test_editing_a_library_file_reruns_them(
        self, finished: tuple[Project, str], tmp_path: Path
    ) -> None:
        """An edit of the landing page's module concerns that page alone, a comment nobody."""
        reference, _ = finished
        copy = Project(tmp_path / "edited")
        shutil.copytree(reference.path, copy.path, symlinks=True)
        # The copy is in another place, so its inputs are new to Snakemake: settle that first.
        copy.snakemake("--touch", "--cores", "1")
        module = copy.path / "emergence/pages/landing.py"
        for file in ("pages/landing.py", "inference/law.py", "claims/switching.py"):
            commented = copy.path / "emergence" / file
            commented.write_text(commented.read_text() + "\n# a comment\n")
        plan = copy.snakemake("--dry-run", "--quiet", "rules").stdout
        assert "Nothing to be done" in plan
        module.write_text(module.read_text() + "\nEDITED = True\n")
        plan = copy.snakemake("--dry-run", "--quiet", "rules").stdout
        jobs = {line.split()[0] for line in plan.splitlines() if line[:1].isalpha()}
        assert "landing" in jobs
        assert not jobs & set(STEPS)


class TestAsAModule:
    def test_of_another_workflow(self, project: Project, tmp_path: Path) -> None:
        """Another workflow uses the rules with a setting of its own; the rest are defaults."""
        outer = tmp_path / "outer"
        outer.mkdir()
        (outer / "Snakefile").write_text(
            f"""
module emergence:
    snakefile: "{project.path}/Snakefile"
    config: {{"top_curves": 2}}

use rule * from emergence as their_*
"""
        )
        target = "data/processed/bigbench-public/curves.parquet"
        project.snakemake("--cores", "1", target, cwd=outer)
        assert pq.read_metadata(outer / target).num_rows == DATASETS["bigbench-public"][1]


class TestBadInput:
    def test_a_misspelt_key(self, project: Project) -> None:
        """One message with the entry, the field, what was seen and what is allowed."""
        registry = project.path / "data/datasets.yaml"
        registry.write_text(registry.read_text().replace("licence:", "license:"))
        done = project.run(status=1)
        assert "entry 'bigbench-public': unknown field 'license': did you mean 'licence'?" in (
            done.stderr
        )
        assert "Traceback" not in done.stderr
        assert not (project.path / "data/processed").exists()

    def test_a_changed_file(self, project: Project) -> None:
        """A pinned file that is not what it was stops the run, with nothing half written."""
        scores = project.path / "data/bigbench-public/scores.csv"
        text = scores.read_text()
        assert "0.0,0.0,34" in text
        scores.write_text(text.replace("0.0,0.0,34", "0.5,0.0,34", 1))
        done = project.run(*ONE, status=1)
        assert "is not the file that the registry names" in done.stderr
        assert "Traceback" not in done.stderr
        assert project.results() == {}

    def test_an_unknown_dataset(self, project: Project) -> None:
        """The ids that there are, are named."""
        done = project.run("--datasets", "big-bench-public", status=1)
        assert (
            "there is no dataset 'big-bench-public': did you mean 'bigbench-public'?" in done.stderr
        )
        assert "Traceback" not in done.stderr


REGISTRY = """
datasets:
  mine:
    title: A table of mine
    synthetic: true
    licence: CC0-1.0
    citation: [nobody]
    sources:
      - kind: file
        format: tidy
        path: tables/mine.csv
        columns: {model_family: family, condition: [prompting]}
    metrics:
      goodness: {group: continuous, higher_is_better: true, is_share_of_examples: false}
"""

TABLE = """task,metric,family,model,n_params,score,prompting
a,goodness,F,1,1000,0.1,plain
a,goodness,F,2,2000,0.2,plain
a,goodness,F,3,4000,0.3,plain
a,goodness,F,4,8000,0.4,plain
a,goodness,F,5,16000,NaN,plain
a,goodness,F,6,-1,0.4,plain
a,goodness,F,7,32000,many,plain
a,goodness,F,8,64000,1e400,plain
"""


class TestAPrivateDataset:
    def test_a_registry_outside_the_project(self, project: Project, tmp_path: Path) -> None:
        """Of 8 entries 3 cannot be used and 1 has no finite score: 4 points, 3 rejects.

        Run as plain Snakemake with --directory, which is the other way to start it.
        """
        private = tmp_path / "private"
        (private / "tables").mkdir(parents=True)
        (private / "registry.yaml").write_text(REGISTRY)
        (private / "tables/mine.csv").write_text(TABLE)
        settings = tmp_path / "settings.yaml"
        settings.write_text(f"registries: ['{private}/registry.yaml']\ndatasets: [mine]\n")
        target = tmp_path / "results here"
        target.mkdir()
        project.snakemake(
            *("reports/mine/index.html", "reports/index.html", "--cores", "2"),
            *("--directory", str(target), "--configfile", str(settings)),
        )
        assert project.results() == {}, "nothing is written beside the code"

        processed = target / "data/processed/mine"
        summary = json.loads((processed / "summary.json").read_text())
        assert summary["entries"]["read"] == 8
        reasons = {k: n for k, n in summary["entries"]["rejects_by_reason"].items() if n}
        assert reasons == {"not_a_number": 1, "out_of_range": 2}
        (curve,) = pq.read_table(processed / "curves.parquet").to_pylist()
        assert curve["condition"] == "prompting=plain"
        assert curve["emergence_score"] == pytest.approx(3)
        assert (curve["n_scales"], curve["n_dropped"]) == (4, 1)
        page = (target / "reports/mine/index.html").read_text(encoding="utf-8")
        assert "Synthetic data" in page
        landing = (target / "reports/index.html").read_text(encoding="utf-8")
        assert "make report DATASETS=bigbench-public" in landing
