"""The inference through Snakemake's executor for Slurm: the same bytes as a local run.

The cluster is real, and small: a controller and a node on loopback.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from slurm_cluster import PATIENCE, SlurmCluster, missing

from emergence import Study
from emergence.inference.inference_table import INFERENCE
from emergence.registry import load_registry, load_yaml
from emergence.tables import write_table
from workflow.conftest import ROOT, Project, environment

pytestmark = [pytest.mark.workflow, pytest.mark.system, pytest.mark.xdist_group("slurm")]

FOLDER = "data/processed/bigbench-public"
TARGET = f"{FOLDER}/inference.parquet"

#: As many as the node has processors.
SHARDS = 2
PIECES = tuple(f"{FOLDER}/inference/{i + 1}-of-{SHARDS}.parquet" for i in range(SHARDS))

#: The profile waits as it suits a cluster of many users. The executor waits ten seconds longer
#: each time that no job has ended, so that it looks after 2 s and after 14 s: most have by then.
POLLING = ("--seconds-between-status-checks", "2", "--slurm-init-seconds-before-status-checks", "2")


def unavailable() -> tuple[str, str] | None:
    """What the test lacks on this machine, and the command that installs it."""
    if absent := missing():
        return f"there is no {', '.join(absent)}", "sudo apt install slurm-wlm munge"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return (
            "Snakemake's executor for Slurm is not installed",
            ".venv/bin/pip install --editable '.[slurm]'",
        )
    return None


@pytest.fixture(scope="module")
def slurm() -> None:
    """Slurm and its executor; without them the tests are skipped, unless REQUIRE_ALL=1."""
    if lacking := unavailable():
        message = "{}; install it with: {}".format(*lacking)
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="module")
def cluster(slurm: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    """A running cluster of one node with two processors."""
    with SlurmCluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


def through_slurm(project: Project, cluster: SlurmCluster) -> subprocess.CompletedProcess[str]:
    """Run the inference, as docs/cluster.md says, from what was measured locally."""
    project.run(f"{FOLDER}/curves.parquet", "--cores", "2")
    return subprocess.run(
        project.command(
            *(*PIECES, "--workflow-profile", "slurm", *POLLING),
            *("--verbose", "--config", f"shards={SHARDS}"),
        ),
        cwd=project.path,
        env=environment() | cluster.environment,
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )


def ended_jobs(cluster: SlurmCluster, rule: str) -> list[tuple[str, ...]]:
    """State, memory, time limit and processors of the jobs of a rule, in their order.

    The executor puts rule and wildcards into the comment.
    """
    printed = cluster.command("squeue", "--states=all", "--sort=i", "-h", "-o", "%k|%T|%m|%l|%C")
    rows = [line.strip().split("|") for line in printed.splitlines()]
    return [tuple(rest) for comment, *rest in rows if comment.startswith(f"rule_{rule}_")]


def fail_once(project: Project) -> None:
    """Let the first shard fail with the memory of its first attempt."""
    script = project.path / "scripts/infer.py"
    text = script.read_text(encoding="utf-8")
    begin = "    with logged(snakemake) as log, shown() as progress:\n"
    assert text.count(begin) == 1
    failing = "        assert number > 1 or snakemake.resources.mem_mb > 1000, 'out of memory'\n"
    script.write_text(text.replace(begin, begin + failing), encoding="utf-8")


class TestOnACluster:
    def test_two_shards_on_slurm_give_the_bytes_of_one_local_piece(
        self, cluster: SlurmCluster, project: Project, tmp_path: Path
    ) -> None:
        """Each is a job with what its rule asks for; after a failure, with twice as much."""
        fail_once(project)
        done = through_slurm(project, cluster)
        assert done.returncode == 0, done.stdout + done.stderr + cluster.logs()
        assert sorted(ended_jobs(cluster, "infer")) == [
            *[("COMPLETED", "1000M", "30:00", "1")] * (SHARDS - 1),
            ("COMPLETED", "2000M", "1:00:00", "1"),
            ("FAILED", "1000M", "30:00", "1"),
        ]
        logs = sorted((project.path / "logs/bigbench-public").glob("infer-*.log"))
        assert len(logs) == SHARDS
        assert all("curves: computed" in log.read_text() for log in logs)
        # What is there is joined and not computed once more.
        joined = project.run(TARGET, "--cores", "1", "--config", f"shards={SHARDS}")
        printed = joined.stdout + joined.stderr
        assert "joining the shards" in printed and "shard 1-of-2" not in printed
        entry = load_registry([project.path / "data/datasets.yaml"])["bigbench-public"]
        settings = load_yaml(project.path / "workflow/config.yaml")
        local = Study.compute("bigbench-public", entry, settings, project.path / "data", "infer")
        write_table(local.inference, INFERENCE, tmp_path / "inference.parquet")
        assert (project.path / TARGET).read_bytes() == (tmp_path / "inference.parquet").read_bytes()


@pytest.mark.usefixtures("slurm")
def test_a_test_that_fails_leaves_neither_daemon_nor_job(tmp_path: Path) -> None:
    """A job's processes are no children of the node's daemon: they must be ended for themselves."""
    said = tmp_path / "job.pid"
    pids: list[int] = []
    with pytest.raises(ZeroDivisionError), SlurmCluster(tmp_path / "s") as cluster:
        job = f"echo $$ > {said}.new; mv {said}.new {said}; sleep 600"
        cluster.command("sbatch", "--output=/dev/null", "--mem=10", "--wrap", job)
        deadline = time.monotonic() + PATIENCE
        while not said.exists():
            assert time.monotonic() < deadline, cluster.logs()
            time.sleep(0.1)
        pids = [*cluster.pids, int(said.read_text())]
        assert len(pids) == 4 and all(Path(f"/proc/{pid}").exists() for pid in pids)
        raise ZeroDivisionError
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.usefixtures("slurm")
def test_a_cluster_that_fails_to_start_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first daemon is there when the second fails: it must be ended too."""
    begun: list[int] = []
    start = SlurmCluster._start

    def broken(self: SlurmCluster, name: str, *arguments: str) -> None:
        start(self, name, *(arguments if name == "munged" else ["--no-such-option"]))
        begun.append(self.pids[-1])

    monkeypatch.setattr(SlurmCluster, "_start", broken)
    with pytest.raises(RuntimeError, match="slurmctld ended with"), SlurmCluster(tmp_path / "s"):
        pass
    assert len(begun) == 2
    assert not [pid for pid in begun if Path(f"/proc/{pid}").exists()]


@pytest.mark.usefixtures("slurm")
@pytest.mark.parametrize(("page", "shards"), [("cluster.md", 16), ("scaling.md", None)])
def test_the_commands_of_the_pages_are_taken(
    page: str, shards: int | None, project: Project
) -> None:
    """They are planned and not run: the datasets are large, and fetched.

    A page that gives no number of shards has that of the configuration.
    """
    settings = yaml.safe_load((project.path / "workflow/config.yaml").read_text())
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(
        r"^ *```sh not run: network / over a minute\n(.*?)^ *```$", text, re.M | re.S
    )
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line) for line in lines if "run.py" in line]
    assert len(commands) == 1
    program, script, *arguments = commands[0]
    assert (program, script) == (".venv/bin/python", "workflow/run.py")
    planned = project.run(*arguments, "--verbose", "--dry-run").stdout
    assert re.search(rf"^infer +{shards or settings['shards']}$", planned, re.M)


def test_every_setting_of_the_profile_has_its_reason() -> None:
    """A person who adapts the profile must know what each line is for."""
    path = ROOT / "profiles/slurm/config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines = path.read_text(encoding="utf-8").splitlines()
    for name in settings:
        (number,) = [n for n, line in enumerate(lines) if line.startswith(f"{name}:")]
        assert lines[number - 1].startswith("# "), f"{name}: no comment above it"
