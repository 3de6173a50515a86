"""What the rules look up: settings, datasets, and the files that a step imports."""

from __future__ import annotations

import json
import math
import shlex
import subprocess
import sys
from pathlib import Path

import lookups
import pytest
import run
import yaml
from snakemake.cli import parse_config

from emergence.errors import InputError
from emergence.raw.programs import PROGRAMS


class TestCommand:
    """What a page says builds it again."""

    def test_nothing_changed(self) -> None:
        config: dict = {}
        lookups.complete_settings(config)
        here, there = ({"registry": place} for place in (str(lookups.ROOT / "data"), "/elsewhere"))
        assert lookups.command("a", here, config) == "make report DATASETS=a"
        assert lookups.command("a", there, config) == "make report DATASETS=a REGISTRY=PATH"

    def test_settings_that_can_move_a_number(self) -> None:
        """The command, parsed as it is printed, gives the same settings."""
        config = {"seed": 1, "sensitivity": {"sharpness": [2.0], "fdr": [], "level": []}}
        lookups.complete_settings(config)
        config |= {"shards": 9}
        command = lookups.command("a", {"registry": "/elsewhere"}, config)
        program, script, *arguments = shlex.split(command)
        assert (program, script) == (".venv/bin/python", "workflow/run.py")
        options, more = run.parser().parse_known_args(arguments)
        assert (options.datasets, [str(p) for p in options.registry]) == ("a", ["PATH"])
        assert not more
        again = parse_config(options.config)
        assert set(again) == {"seed", "sensitivity"}, "shards change no number"
        lookups.complete_settings(again)
        page = lookups.settings.section
        assert page(again, "page") == page(config, "page")


class TestSettings:
    def test_the_defaults_are_filled_in(self) -> None:
        """A module of another workflow may give one setting only."""
        config = {"top_curves": 3}
        lookups.complete_settings(config)
        assert config["top_curves"] == 3
        assert config["datasets"] == ["bigbench-public", "metric-pairs", "open-lm"]

    def test_datasets_on_the_command_line(self) -> None:
        """`make report DATASETS="a b"` arrives as one text."""
        config = {"datasets": "a  b"}
        lookups.complete_settings(config)
        assert config["datasets"] == ["a", "b"]

    @pytest.mark.parametrize(
        ("setting", "message"),
        [
            ({"top_curvez": 3}, "unknown field 'top_curvez': did you mean 'top_curves'?"),
            ({"seed": "x"}, "setting 'seed': x seen where integer belongs"),
            ({"seed": -1}, "setting 'seed': -1 is less than the minimum of 0"),
            ({"datasets": []}, "setting 'datasets'"),
            ({"allow_full_clone": "maybe"}, "maybe seen where boolean belongs"),
            ({"draws": "{"}, "setting 'draws': { seen where integer belongs"),
            ({"level": math.nan}, "setting 'level': nan seen where number belongs"),
        ],
    )
    def test_a_mistake_is_named(self, setting: dict, message: str) -> None:
        """The same schema checks the file, --config and --configfile."""
        with pytest.raises(InputError) as error:
            lookups.complete_settings(setting)
        assert message in str(error.value)

    @pytest.mark.parametrize(
        ("written", "name", "value"),
        [
            ("true", "allow_full_clone", True),
            ("True", "allow_full_clone", True),
            ("false", "exclude_known_bad", False),
            ("200", "draws", 200),
            ("0.1", "fdr", 0.1),
            ("[0.25, 1]", "b_max_beside", [0.25, 1]),
            ("{families: {A: B}, output_groups: [c]}", "same_outputs", None),
        ],
    )
    def test_on_the_command_line_as_in_the_file(self, written: str, name: str, value) -> None:
        """`--config name=true` arrives as a text, and so does all that is in a list."""
        in_file = {name: yaml.safe_load(written)}
        on_command_line = parse_config([f"{name}={written}"])
        lookups.complete_settings(in_file)
        lookups.complete_settings(on_command_line)
        assert on_command_line == in_file
        assert value is None or in_file[name] == value


class TestSelection:
    def test_in_the_order_of_the_registry(self) -> None:
        """The pages list datasets in the registry's order, each once."""
        entries = {"b": {}, "a": {}, "c": {}}
        assert lookups.selected(["a", "b", "a"], entries) == ["b", "a"]

    def test_all_are_those_without_a_network(self) -> None:
        """`make report DATASETS=all` must work on a train."""
        entries = {
            "fetched": {"sources": [{"kind": "git"}]},
            "bundled": {"sources": [{"kind": "bundled"}]},
            "drawn": {"sources": [{"kind": "computed"}]},
        }
        assert lookups.selected(["all"], entries) == ["bundled", "drawn"]
        assert lookups.selected(["all", "fetched"], entries) == list(entries)

    def test_an_unknown_one(self) -> None:
        """The message names what there is."""
        with pytest.raises(InputError, match="there is no dataset 'd'"):
            lookups.selected(["d"], {"a": {}})


#: In one process, for the packages of others take a second each time: what of the project each
#: step loads, and each program, when nothing of the project is loaded yet.
LOADS = """
import importlib, json, runpy, sys
from pathlib import Path
from emergence.raw.programs import PROGRAMS

root = Path(sys.argv[1])
sys.path[:0] = [str(root), str(root / "scripts")]

def load(run, *arguments, **named):
    for name in list(sys.modules):
        if name.partition(".")[0] in ("emergence", "_step", "_study", "_pages"):
            del sys.modules[name]
    run(*arguments, **named)
    files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
    return [file for file in files if file.startswith((f"{root}/emergence/", f"{root}/scripts/"))]

steps = {path.stem: path for path in (root / "scripts").glob("[a-z]*.py")}
found = {name: load(runpy.run_path, str(steps[name]), run_name="x") for name in sys.argv[2:]}
found |= {name: load(importlib.import_module, module) for name, module in PROGRAMS.items()}
print(json.dumps(found))
"""

STEPS = [path.stem for path in sorted((lookups.ROOT / "scripts").glob("[a-z]*.py"))]
STEPS = [name for name in STEPS if name not in ("calibrate", "install")]


class TestFilesOfAStep:
    @pytest.fixture(scope="class")
    @classmethod
    def loaded(cls) -> dict[str, set[str]]:
        """What Python loads of the project, by the name of a step or program."""
        command = [sys.executable, "-c", LOADS, str(lookups.ROOT), *STEPS]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {name: set(files) for name, files in json.loads(done.stdout).items()}

    @pytest.mark.parametrize("step", STEPS)
    def test_they_are_those_that_it_imports(self, step: str, loaded) -> None:
        """Found by reading the code; what Python really loads must be among them."""
        assert str(lookups.ROOT / f"scripts/{step}.py") in lookups.step_files(step)
        assert loaded[step]
        declared = str(lookups.ROOT / "emergence/settings.py")
        assert loaded[step] - set(lookups.step_files(step)) <= {declared}
        assert declared not in lookups.step_files(step), "their values are parameters"

    @pytest.mark.parametrize("program", PROGRAMS)
    def test_so_are_those_of_a_program(self, program: str, loaded) -> None:
        """Editing one must compute the dataset again, and no other step."""
        assert loaded[program] <= set(lookups.program_files(program))
        for step in ("compute", "tabulate"):
            files = lookups.step_files(step)
            assert not any("mirage" in Path(file).name for file in files)

    @pytest.mark.parametrize(
        ("file", "steps"),
        [
            ("emergence/sources/tidy.py", {"tabulate"}),
            ("emergence/measures.py", {"measure", "conclude", "report"}),
            ("emergence/summary.py", {"conclude", "report"}),
            ("emergence/raw/git/store.py", {"fetch"}),
            ("emergence/pages/templates/report.html.j2", {"report", "landing"}),
            ("emergence/pages/landing.py", {"landing"}),
        ],
    )
    def test_the_steps_that_an_edit_concerns(self, file: str, steps: set[str]) -> None:
        """Snakemake does not see imports: a step's parameters have a digest of its modules."""
        stages = ("fetch", "tabulate", "measure", "conclude", "report", "landing")
        found = {s for s in stages if str(lookups.ROOT / file) in lookups.step_files(s)}
        assert found == steps


def test_what_is_asked_for() -> None:
    """What was fetched or computed holds as long as these stay; the rest of an entry may change."""
    entries = lookups.registry([])
    drawn, fetched = (entries[name]["sources"][0] for name in ("mirage-model", "bigbench"))
    fields = ("kind", "program", "settings")
    assert lookups.asked(entries["mirage-model"]) == {name: drawn[name] for name in fields}
    fields = ("kind", "url", "commit", "files")
    assert lookups.asked(entries["bigbench"]) == {name: fetched[name] for name in fields}
    assert lookups.asked(entries["bigbench-public"]) is None
    # Upstream's last commit, and nothing but its score files.
    assert fetched["commit"] == "092b196c1f8f14a54bbc62f24759d43bde46dd3b"
    assert fetched["files"] == ["bigbench/benchmark_tasks/*/results/scores_*.json"]


class TestFoldersOfSources:
    def test_a_file_that_changes_below_is_seen(self, tmp_path: Path) -> None:
        """The folder's own time stamp stays as it is, and so does the path of a single file."""
        file = tmp_path / "a/b/results.json"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
        source = {"format": "lm-eval", "path": "a"}
        before = lookups.folder_state(source, tmp_path)
        (tmp_path / "a/.hidden.json").write_text("{}")
        assert lookups.folder_state(source, tmp_path) == before
        file.write_text('{"results": {}}')
        assert lookups.folder_state(source, tmp_path) != before

    @pytest.mark.parametrize("format_name", ["bigbench", "lm-eval"])
    def test_one_that_is_not_there_has_a_state(self, tmp_path: Path, format_name: str) -> None:
        """The step that reads it says what is missing, and not the start of the workflow."""
        source = {"format": format_name, "path": "a"}
        missing = lookups.folder_state(source, tmp_path)
        (tmp_path / "a").mkdir()
        assert lookups.folder_state(source, tmp_path) == missing


@pytest.mark.parametrize(
    ("table", "others"),
    [
        ("scores_table", {"measure", "infer", "gather"}),
        ("curves_table", {"tabulate", "infer", "gather"}),
        ("inference/inference_table", {"tabulate", "measure"}),
        ("verdicts/labels_table", {"tabulate", "measure", "infer", "gather"}),
    ],
)
def test_another_column_of_one_table_reruns_no_other_stage(table: str, others: set[str]) -> None:
    """A stage depends on the declaration of what it makes; what it reads are files."""
    file = str(lookups.ROOT / f"emergence/{table}.py")
    assert not {step for step in others if file in lookups.step_files(step)}
    assert file in lookups.step_files("conclude")


def test_the_version_of_the_code_where_there_is_no_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A downloaded archive has no history: the page says unknown and the run goes on."""
    monkeypatch.setattr(lookups, "ROOT", tmp_path)
    assert lookups.code_version() == "unknown"


def test_the_version_of_the_code_tells_of_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page made from changed code must not carry the commit alone."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    monkeypatch.setattr(lookups, "ROOT", tmp_path.resolve())
    git("init", "--quiet")
    (tmp_path / "Snakefile").write_text("1")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    commit = git("rev-parse", "HEAD")
    assert lookups.code_version() == commit
    (tmp_path / "data").mkdir()
    (tmp_path / "data/table.csv").write_text("data have checksums of their own")
    assert lookups.code_version() == commit
    (tmp_path / "Snakefile").write_text("2")
    assert lookups.code_version() == f"{commit} (changed since)"
