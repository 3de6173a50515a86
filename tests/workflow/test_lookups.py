"""What the rules look up: settings, datasets, and the files that a step imports."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import lookups
import pytest
import yaml
from snakemake.cli import parse_config

from emergence.errors import InputError


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


STEPS = ["tabulate", "measure", "conclude", "report", "explorer", "landing", "publish", "archive"]


@pytest.mark.parametrize("step", STEPS)
def test_the_files_of_a_step_are_those_that_it_imports(step: str) -> None:
    """Found by reading the code; what Python really loads must be among them."""
    root = lookups.ROOT
    code = (
        f"import sys; sys.path[:0] = [{str(root)!r}, {str(root / 'scripts')!r}];"
        f"import runpy; runpy.run_path({str(root / 'scripts' / (step + '.py'))!r}, run_name='x');"
        "print(*[m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)],"
        " sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {
        str(path)
        for path in map(Path, done.stdout.splitlines())
        if path.is_relative_to(root / "emergence") or path.is_relative_to(root / "scripts")
    }
    assert loaded
    declared = str(root / "emergence/settings.py")
    assert loaded - set(lookups.step_files(step)) <= {declared}
    assert declared not in lookups.step_files(step), "their values are parameters"


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
