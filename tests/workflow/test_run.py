"""The default run; run again, killed and completed elsewhere, and after edits."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from test_compute import SETTINGS

from emergence import Study
from emergence.registry import load_registry, load_yaml
from emergence.study import TABLES, schema_of
from emergence.tables import write_json, write_table
from workflow.conftest import Project, environment

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("finished")]

#: What the default run builds.
NAME = "bigbench-public"

#: One that writes several files, and one that writes a folder.
KILLED = ("conclude", "report")


class Links(HTMLParser):
    """The files to which a page leads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: set[Path] = set()
        self._page = page
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            parts = urlsplit(value or "")
            if name in ("href", "src") and parts.path and not parts.scheme:
                target = self._page.parent / unquote(parts.path)
                self.found.add(Path(os.path.normpath(target)))


class TestTheDefaultRun:
    def test_it_writes_the_pages_and_says_so(self, finished: tuple[Project, str]) -> None:
        """The user sees one line a step with its time, and at the end what to open."""
        project, printed = finished
        landing = (project.path / "reports/index.html").read_text(encoding="utf-8")
        assert f'href="{NAME}/index.html' in landing
        page = (project.path / f"reports/{NAME}/index.html").read_text(encoding="utf-8")
        assert len(page) < 1_000_000 and "hindu_knowledge" in page
        for words in ("reading the scores", "measuring", "verdicts", "writing the page"):
            begins = f"{NAME}: {words}"
            (line,) = [line for line in printed.splitlines() if line.startswith(begins)]
            assert line.endswith(" s")
        assert f"open {project.path}/reports/index.html" in printed

    def test_every_step_keeps_its_log_and_its_benchmark(
        self, finished: tuple[Project, str]
    ) -> None:
        """A log holds the step's own lines, not only that it ran."""
        project, _ = finished
        own = {
            "tabulate": "1764 score rows, 0 rejects",
            "measure": "173 curves from 1764 score rows",
            "conclude": "173 curves: ",
            "report": "page of ",
            "explorer": "1 pages of ",
        }
        for step in own:
            log = (project.path / f"logs/{NAME}/{step}.log").read_text()
            assert own[step] in log
            assert log.rstrip().endswith("is done")
            benchmark = project.path / f"logs/{NAME}/{step}.benchmark.tsv"
            assert benchmark.read_text().startswith("s\t")

    def test_nothing_of_the_run_itself_is_in_the_results(
        self, finished: tuple[Project, str]
    ) -> None:
        """Paths and hosts differ between machines: the bytes of the results must not."""
        project, _ = finished
        for name, content in project.results().items():
            assert str(project.path).encode() not in content, name
            assert os.uname().nodename.encode() not in content or len(os.uname().nodename) < 4

    def test_all_that_was_made_and_all_links_of_the_pages_are_asked_for(
        self, finished: tuple[Project, str]
    ) -> None:
        """Of what a step writes, Snakemake misses only what is asked for.

        So it must be of what was fetched and computed, of which only the plan is looked at.
        """
        project, _ = finished
        further = {
            "bigbench": ("manifest.json",),
            "mirage-model": ("manifest.json", "files/scores.csv"),
            "induced": ("manifest.json", "files/scores.csv"),
        }
        names = " ".join([NAME, *further])
        plan = project.snakemake(
            *("--dry-run", "--cores", "1", "--forcerun", "all", "--config", f"datasets={names}")
        ).stdout
        (listed,) = set(re.findall(r"^rule all:\n    input: (.*)$", plan, re.M))
        asked = {project.path / name for name in listed.split(", ")}
        made = [project.path / name for name in project.results()]
        links = set().union(*(Links(page).found for page in made if page.suffix == ".html"))
        raw = [
            project.path / "data/raw" / name / file for name in further for file in further[name]
        ]
        experiments = ("data/processed/induced", "reports/induced/tables")
        raw += [project.path / folder / "experiments.json" for folder in experiments]
        assert len(made) > 30 and len(links) > 20
        assert [path for path in links if not path.is_file()] == []
        missed = [p for p in [*made, *links, *raw] if asked.isdisjoint({p, *p.parents})]
        assert missed == []

    def test_a_second_run_does_nothing_and_says_so(self, finished: tuple[Project, str]) -> None:
        """Nothing was changed, so no step may run."""
        project, _ = finished
        before = project.results()
        done = project.run("--cores", "2")
        assert "nothing to do" in done.stderr
        assert " s\n" not in done.stderr
        assert project.results() == before


@pytest.mark.system
class TestTheSameBytes:
    def test_computed_in_one_process(self, finished: tuple[Project, str], tmp_path: Path) -> None:
        """`Study.compute` runs the stages without Snakemake, shards, and tables in between."""
        project, _ = finished
        entry = load_registry([project.path / "data/datasets.yaml"])
        settings = load_yaml(project.path / "workflow/config.yaml")
        study = Study.compute(NAME, entry[NAME], settings, project.path / "data")
        for table in TABLES:
            write_table(study.stored(table), schema_of(table), tmp_path / f"{table}.parquet")
        for document in ("sources", "population", "claims", "summary"):
            write_json(getattr(study, document), tmp_path / f"{document}.json")
        theirs = project.path / "data/processed" / NAME
        files = {path.name for path in theirs.iterdir() if path.is_file()}
        assert {path.name for path in tmp_path.iterdir()} == files
        different = [
            file for file in files if (tmp_path / file).read_bytes() != (theirs / file).read_bytes()
        ]
        assert not different

    def test_killed_at_another_path_on_one_core_in_shards_with_shuffled_rows(
        self, finished: tuple[Project, str], project: Project
    ) -> None:
        """After kill -9 the same command completes the work, with the bytes of a quiet run.

        That run stood at another path, had two cores and one shard, and the rows as they are
        bundled: none of these is a result, and neither is being killed.
        """
        reference, _ = finished
        scores = project.path / "data/bigbench-public/scores.csv"
        header, *lines = scores.read_text().splitlines()
        random.Random(1).shuffle(lines)
        scores.write_text("\n".join([header, *lines]) + "\n")
        command = project.command("--cores", "1", "--config", "shards=2")
        for step in KILLED:
            kill_in(step, project, command)
        done = subprocess.run(
            command, cwd=project.path, env=environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found, expected = (
            {name: content for name, content in made.items() if "/inference/" not in name}
            for made in (project.results(), reference.results())
        )
        assert len(found) > 30 and found == expected


def kill_in(step: str, project: Project, command: list[str]) -> None:
    """Begin a run, and kill it while it is in a step.

    On a busy machine a step may be over before it is seen to have begun: then once more.
    """
    log = project.path / f"logs/{NAME}/{step}.log"
    for _ in range(10):
        log.unlink(missing_ok=True)
        with subprocess.Popen(
            command,
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


def entry(title: str = "A title", **source: object) -> dict:
    """An entry of the registry with one source."""
    about = {"title": title, "synthetic": True, "licence": "CC0-1.0", "citation": ["nobody"]}
    return {**about, "sources": [source]}


def drawn(**changes: object) -> dict:
    """One of scores that a program draws."""
    made = {"kind": "computed", "program": "mirage-model", "format": "tidy", "path": "scores.csv"}
    return entry(**made, settings={**SETTINGS, **changes})


RESULTS = """{"results": {"sums": {"acc,none": 0.5}}, "n-shot": {"sums": 0},
"n-samples": {"sums": {"original": 100, "effective": 100}},
"config": {"model_args": "pretrained=EleutherAI/pythia-70m"}}"""


@pytest.mark.system
class TestWhatIsRunAgain:
    def planned(self, project: Project, *arguments: str) -> set[str]:
        """What a run would say of the steps that it runs."""
        plan = project.snakemake("--dry-run", *arguments).stdout
        steps = set(re.findall(r"^Job \d+: (.*)$", plan, re.M))
        assert bool(steps) != ("Nothing to be done" in plan), plan
        return steps

    def test_after_an_edit(self, finished: tuple[Project, str], tmp_path: Path) -> None:
        """What each edit concerns, and nothing else."""
        reference, _ = finished
        project = Project(tmp_path / "edited")
        shutil.copytree(reference.path, project.path, symlinks=True)
        # The copy is in another place, so its inputs are new to Snakemake: settle that first.
        project.snakemake("--touch", "--cores", "1")
        registry = tmp_path / "further.yaml"
        folder = entry(kind="file", format="lm-eval", path="results")
        entries = {"recited": drawn(), "redrawn": drawn(), "folder": folder}
        registry.write_text(yaml.safe_dump({"datasets": entries}))
        model = tmp_path / "results/EleutherAI__pythia-70m/results_1.json"
        model.parent.mkdir(parents=True)
        model.write_text(RESULTS)
        tables = [f"data/processed/{name}/scores.parquet" for name in entries]
        everything = ("all", *tables, "--config", f"registries={registry}")
        project.snakemake("--cores", "2", *everything)

        # Comments concern nobody, and sums are no output of a step.
        for file in ("inference/law.py", "claims/switching.py", "pages/report.py"):
            module = project.path / "emergence" / file
            module.write_text(module.read_text() + "\n# a comment\n")
        (project.path / f"logs/{NAME}/tabulate.sums.json").unlink()

        entries |= {"recited": {**drawn(), "citation": ["somebody"]}, "redrawn": drawn(seed=4)}
        registry.write_text(yaml.safe_dump({"datasets": entries}))
        model.write_text(RESULTS.replace("0.5", "0.625"))
        page = project.path / "emergence/pages/landing.py"
        page.write_text(page.read_text() + "\nEDITED = True\n")
        edited = {f"{name}: reading the scores" for name in entries}
        edited |= {"redrawn: computing the scores", "all datasets: writing the landing page"}
        assert self.planned(project, *everything) == edited

        program = project.path / "emergence/simulate/mirage_dataset.py"
        program.write_text(program.read_text() + "\nEDITED = True\n")
        edited |= {"recited: computing the scores"}
        assert self.planned(project, *everything) == edited
