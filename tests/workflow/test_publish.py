"""`make publish` and `make archive`: loaded back, packed twice, unpacked and rebuilt elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import archiving
import lookups
import pyarrow.parquet as pq
import pytest
import yaml
from publishing_samples import load_back, offline

from emergence.errors import InputError
from emergence.publishing.card import PUBLISHED
from emergence.sources import read_source
from workflow.conftest import Project, run

pytestmark = pytest.mark.workflow

PAGE = (lookups.ROOT / "docs/publishing.md").read_text(encoding="utf-8")

#: What a run leaves that the next one needs.
STATE = (".snakemake", "data", "logs", "reports")


def outputs_of(finished: Project, to: Path) -> Path:
    """A copy of what the finished run made, so that only what is new has to be made."""
    for part in STATE:
        shutil.copytree(finished.path / part, to / part, ignore=shutil.ignore_patterns("*.lock"))
    return to


def unpack(archive: Path, to: Path) -> Path:
    """Unpack an archive and check its sums as its README says; return its folder."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
    (folder,) = to.iterdir()
    assert folder.name == archive.stem
    check_sums(folder, folder / "SHA256SUMS")
    listed = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {line.split("  ", 1)[1] for line in listed} | {"SHA256SUMS"}
    return folder


def check_sums(folder: Path, sums: Path) -> None:
    """Check sums with the program that the README names, or as it does where there is none."""
    if shutil.which("sha256sum"):
        run(["sha256sum", "--check", "--strict", "--quiet", str(sums)], folder, 0)
        return
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def rebuilt(folder: Path, *arguments: str) -> Project:
    """Rebuild an unpacked archive and compare the pages and tables with the archived ones."""
    project = Project(folder / "project")
    assert not (project.path / "reports").exists()
    project.run("--cores", "2", *arguments)
    check_sums(project.path / "reports", folder / "results/SHA256SUMS")
    made, archived = (
        {str(path.relative_to(start)) for path in start.rglob("*") if path.is_file()}
        for start in (project.path / "reports", folder / "results")
    )
    assert {name for name in made if "/." not in name} == archived - {"SHA256SUMS"}
    return project


@pytest.mark.xdist_group("finished")
class TestTheFinishedRun:
    def test_published_it_loads_back(self, finished: tuple[Project, str], tmp_path: Path) -> None:
        """The numbers that a stranger loads are those of the tables, offline."""
        project, _ = finished
        target = outputs_of(project, tmp_path / "the results")
        done = project.run(
            *("all_published", "--cores", "1", "--directory", str(target)),
            *("--datasets", "bigbench-public"),
        )
        assert f"see {target}/published" in done.stdout
        folder = target / "published/bigbench-public"
        assert {path.name for path in folder.iterdir()} == {
            "README.md",
            *(f"{name}.parquet" for name in PUBLISHED),
        }
        loaded = load_back(folder, tmp_path / "loaded")
        for name, schema in PUBLISHED.items():
            table = pq.read_table(target / f"data/processed/bigbench-public/{name}.parquet")
            assert loaded[name].cast(schema).equals(table), name
        scores = loaded["curves"]["emergence_score"].to_pylist()
        assert float("inf") in scores and None in loaded["labels"]["verdict"].to_pylist()
        (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
        shown = f"{example}\nprint(curves.num_rows)"
        assert offline([sys.executable, "-c", shown], target).stdout == "173\n"
        card = (folder / "README.md").read_text(encoding="utf-8")
        claims = json.loads((target / "data/processed/bigbench-public/claims.json").read_text())
        for claim in claims["claims"]:
            assert f"| {claim['number']}. " in card
            assert f"`{claim['ours']}`" in card
        assert str(target) not in card

    def test_archived_twice_and_computed_elsewhere(
        self, finished: tuple[Project, str], tmp_path: Path
    ) -> None:
        """The same bytes each time. Unpacked, its data and code make the same curves.

        What follows the curves is rebuilt from the archive of a small dataset, below.
        """
        reference, _ = finished
        name = "archives/emergence-bigbench-public.zip"
        target = outputs_of(reference, tmp_path / "the results")
        arguments = ("--cores", "1", "--directory", str(target), "--datasets", "bigbench-public")
        reference.run("all_archived", *arguments)
        first = (target / name).read_bytes()
        (target / name).unlink()
        # What else was built before is no part of the archive.
        (target / "reports/index.html").write_text("another landing page")
        reference.run("all_archived", *arguments)
        assert (target / name).read_bytes() == first

        folder = unpack(target / name, tmp_path / "unpacked there")
        curves = "data/processed/bigbench-public/curves.parquet"
        project = Project(folder / "project")
        project.run(curves, "--cores", "2", "--datasets", "bigbench-public")
        assert (project.path / curves).read_bytes() == (reference.path / curves).read_bytes()
        archived = Project(tmp_path / "archived")
        shutil.copytree(
            folder / "results/bigbench-public", archived.path / "reports/bigbench-public"
        )
        assert archived.results() == {
            name: content
            for name, content in reference.results().items()
            if name.startswith("reports/bigbench-public/") and "/." not in name
        }


def write_registry(folder: Path) -> Path:
    """A registry outside the project, with a dataset to archive and a private one."""
    folder.mkdir()
    lines = ["task,metric,model_family,model,n_params,score,n_examples"]
    for size in range(1, 7):
        for task in ("rising", "flat"):
            score = size / 10 if task == "rising" else 0.5
            lines.append(f"{task},accuracy,family,m{size},{10 ** (6 + size)},{score},100")
    (folder / "tables").mkdir()
    (folder / "tables/scores.csv").write_text("\n".join(lines) + "\n")
    entry = {
        "title": "Mine",
        "synthetic": False,
        "licence": "CC0-1.0",
        "citation": ["Me"],
        "sources": [{"kind": "file", "format": "tidy", "path": "tables/scores.csv"}],
    }
    registry = {"datasets": {"private": {**entry, "title": "Private"}, "mine": entry}}
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(registry, sort_keys=False))
    return path


def test_a_dataset_of_ones_own_with_other_settings(project: Project, tmp_path: Path) -> None:
    """The archive has the table and the settings, so that its plain command rebuilds it.

    It has neither the other entry of the registry nor its place. What was rebuilt and archived
    again is the same archive.
    """
    registry = write_registry(tmp_path / "my registry")
    project.run(
        *("all_archived", "--cores", "2", "--datasets", "mine"),
        *("--config", f"registries=['{registry}']", "seed=5", "draws=100", "shards=1"),
    )
    name = "archives/emergence-mine.zip"
    folder = unpack(project.path / name, tmp_path / "unpacked")
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert str(tmp_path).encode() not in content, path
        assert b"title: Private" not in content, path
    settings = yaml.safe_load((folder / "configuration.yaml").read_text(encoding="utf-8"))
    assert (settings["seed"], settings["datasets"]) == (5, ["mine"])
    assert "config.original.yaml" in (folder / "README.md").read_text(encoding="utf-8")
    again = rebuilt(folder, "--datasets", "mine")
    made, known = again.results(), project.results()
    assert {n for n in known if n.startswith("data/") and made[n] != known[n]} == set()
    again.run("all_archived", "--cores", "1", "--datasets", "mine")
    assert (again.path / name).read_bytes() == (project.path / name).read_bytes()


class TestWhatIsArchived:
    def test_new_code_is_and_other_new_files_are_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A rebuild needs code that was not yet added; a stray note is nobody's business."""
        monkeypatch.setattr(lookups, "ROOT", tmp_path.resolve())
        files = ("Snakefile", "README.md", "emergence/new.py", "note.txt", "reports/index.html")
        for name in files:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(name)
        everything = ["README.md", "Snakefile", "emergence/new.py"]
        assert archiving.project_files() == everything
        subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "README.md", "Snakefile"], cwd=tmp_path, check=True)
        assert archiving.project_files() == everything

    def test_what_git_tracks_is_among_the_projects_folders(self) -> None:
        """Otherwise an unpacked archive would not archive all of itself again."""
        if not lookups.is_checkout():
            pytest.skip("this is not a git clone")
        done = subprocess.run(
            ["git", "ls-files"], cwd=lookups.ROOT, capture_output=True, text=True, check=True
        )
        tops = {name.split("/")[0] for name in done.stdout.splitlines()}
        assert tops <= set(archiving.PARTS)

    @pytest.mark.parametrize("path", ["../scores.csv", "/tmp/scores.csv", "a/../../scores.csv"])
    def test_a_source_beside_its_registrys_folder_is_refused(
        self, path: str, tmp_path: Path
    ) -> None:
        """Its path is in the tables and would lead out of the archive."""
        source = {"kind": "file", "format": "tidy", "path": path}
        entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
        with pytest.raises(InputError, match="outside the folder of its registry"):
            archiving.archived_files(entries, ["mine"])

    @pytest.mark.parametrize(
        ("format_name", "top", "others"),
        [
            ("bigbench", "", ("u/v/results/scores_c.json", "t/results/old/results/scores_d.json")),
            ("bigbench", "bigbench/benchmark_tasks/", ("t/results/scores_c.json",)),
            ("lm-eval", "", ("t/.cache/results/scores_c.json", "t/results/.scores_d.json")),
        ],
    )
    def test_of_a_folder_what_its_reader_reads(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        format_name: str,
        top: str,
        others: tuple[str, ...],
    ) -> None:
        """Other files may be called as scores are: the reader looks at two of them."""
        monkeypatch.setattr(archiving, "project_files", lambda: [])
        read = {f"{top}t/results/scores_{which}.json" for which in "ab"}
        for name in read.union(others):
            (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "mine" / name).write_text("not a score")
        source = {"kind": "file", "format": format_name, "path": "mine"}
        entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
        (part,) = read_source(source, tmp_path)
        assert set(part.rejects["source_file"].to_pylist()) == {f"mine/{name}" for name in read}
        assert archiving.archived_files(entries, ["mine"]) == {
            f"data/further/1/mine/{name}": str(tmp_path / "mine" / name) for name in read
        }

    @pytest.mark.parametrize("format_name", ["bigbench", "lm-eval"])
    def test_a_link_out_of_the_folder_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_name: str
    ) -> None:
        """What the reader did not open is not copied, and without it there is no such reject."""
        monkeypatch.setattr(archiving, "project_files", lambda: [])
        (tmp_path / "private.json").write_text("private")
        results = tmp_path / "mine/t/results"
        results.mkdir(parents=True)
        (results / "scores_a.json").symlink_to(tmp_path / "private.json")
        source = {"kind": "file", "format": format_name, "path": "mine"}
        entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
        with pytest.raises(InputError, match=r"mine/t/results/scores_a\.json was not read: a link"):
            archiving.archived_files(entries, ["mine"])

    def test_a_name_that_no_archive_can_hold_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One message before anything is packed, and no traceback while it is."""
        monkeypatch.setattr(archiving, "project_files", lambda: [])
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine/a\nb.json").write_text("{}")
        source = {"kind": "file", "format": "lm-eval", "path": "mine"}
        entries = {"mine": {"registry": str(tmp_path), "sources": [source]}}
        with pytest.raises(InputError, match=r"no archive can hold a file of the name mine/a\\nb"):
            archiving.archived_files(entries, ["mine"])

    def test_its_name(self) -> None:
        """It says what is in it, and no file system refuses it."""
        assert archiving.archive_name(["a-b", "c"]) == "emergence-a-b_c"
        assert len(archiving.archive_name([f"dataset-{n}" for n in range(50)])) < 50


def test_the_commands_of_the_page_that_no_test_runs(tmp_path: Path) -> None:
    """They install or upload. Each is a target of the Makefile, or what its program takes."""
    blocks = re.findall(r"^```sh (.*?)\n(.*?)^```$", PAGE, re.M | re.S)
    assert PAGE.count("```sh") == len(blocks)
    assert {note for note, _ in blocks} == {"not run: network / over a minute"}
    makefile = (lookups.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    for command in "".join(text for _, text in blocks).strip().split("\n"):
        program, *arguments = shlex.split(command)
        if program == "make":
            assert {word for word in arguments if "=" not in word} <= targets, command
        elif program == ".venv/bin/hf":
            # It ends at the folder that is not there, and not at an option that it does not know.
            hf = Path(sys.executable).with_name("hf")
            said = offline([str(hf), *arguments], tmp_path, status=1).stderr
            assert "published/bigbench-public" in said and "option" not in said
        else:
            assert program in ("cd", "sha256sum"), command
