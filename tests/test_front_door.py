"""The front door, `workflow/run.py`: what it does before Snakemake begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import run
import snakemake.cli
from workflow.conftest import ROOT


class TestOptions:
    @pytest.mark.parametrize("cores", ["0", "-1", "x", "", "2.5", "1e3", "٣"])
    def test_cores_that_are_none(
        self, cores: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nothing is begun, and the message says what is allowed."""
        with pytest.raises(SystemExit):
            run.main([f"--cores={cores}", "--directory", str(tmp_path)])
        assert f"argument --cores: {cores!r} seen; allowed are whole" in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    def test_a_setting_without_a_value(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Also a target that stands behind the settings."""
        with pytest.raises(SystemExit):
            run.main(["--config", "seed=1", "reports/index.html"])
        assert "'reports/index.html' seen where name=value belongs" in capsys.readouterr().err

    @pytest.mark.parametrize("kind", ["folder", "file"])
    def test_something_named_default_where_it_is_started(
        self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Snakemake looks there first for the profile of that name.

        Its own parser shows that the project's is read: without a profile the scheduler is ilp.
        """
        asked = []

        def parsed(arguments: list[str]) -> None:
            asked.append(snakemake.cli.parse_args(arguments)[1])

        monkeypatch.setattr(snakemake.cli, "main", parsed)
        monkeypatch.chdir(tmp_path)
        made = tmp_path / "default"
        made.mkdir() if kind == "folder" else made.touch()
        assert run.main(["--cores", "2", "--directory", "results"]) == 0
        (arguments,) = asked
        assert arguments.scheduler == "greedy"
        assert arguments.cores == 2

    def test_another_profile(self, tmp_path: Path) -> None:
        """By the name of one of the project's, or a folder anywhere."""
        parse = run.parser().parse_args
        slurm = str(ROOT / "profiles/slurm")
        assert parse(["--workflow-profile", "slurm"]).workflow_profile == slurm
        assert parse(["--workflow-profile", str(tmp_path)]).workflow_profile == str(tmp_path)
        assert parse(["--workflow-profile", "none"]).workflow_profile == "none"


class TestTheLastLine:
    """What is said when Snakemake is through."""

    def last(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, *more: str) -> str:
        monkeypatch.setattr(snakemake.cli, "main", lambda arguments: None)
        assert run.main(["--directory", str(tmp_path), *more]) == 0
        return capsys.readouterr().out

    @pytest.mark.parametrize("option", ["-n", "-np", "--dry-run", "--dryrun"])
    def test_a_dry_run_makes_nothing(self, option: str, tmp_path, monkeypatch, capsys) -> None:
        out = self.last(tmp_path, monkeypatch, capsys, "all_figures", option)
        assert out == "dry run: nothing was made\n"

    @pytest.mark.parametrize(
        ("targets", "place"),
        [
            ([], "open {}/reports/index.html"),
            (["all_figures"], "see {}/reports/*/figures"),
            (["all_published"], "see {}/published"),
            (["all_archived"], "see {}/archives"),
        ],
    )
    def test_where_the_results_are(
        self, targets: list[str], place: str, tmp_path, monkeypatch, capsys
    ) -> None:
        out = self.last(tmp_path, monkeypatch, capsys, *targets)
        assert out.startswith("done in ") and out.endswith(f"; {place.format(tmp_path)}\n")


class TestIncompleteFolders:
    @pytest.fixture
    def reports(self, tmp_path: Path) -> Path:
        """Two datasets, each with all that its pages lead to."""
        for name in ("a", "b"):
            folder = tmp_path / "reports" / name
            for below in ("tables/figures", "explorer"):
                (folder / below).mkdir(parents=True)
            for file in ("tables/curves.csv", "tables/figures/one & two.csv", "explorer/x y.html"):
                (folder / file).write_text("x")
            (folder / "index.html").write_text(
                '<a href="tables/curves.csv">c</a> <a href="explorer.html#curve=1">e</a>'
                '<a href="tables/figures/one%20&amp;%20two.csv">f</a>'
            )
            (folder / "explorer.html").write_text('<a href="explorer/x%20y.html#task=1">x</a>')
        return tmp_path / "reports"

    def made(self, reports: Path) -> set[str]:
        return {path.relative_to(reports).as_posix() for path in reports.rglob("*")}

    @pytest.mark.parametrize("gone", [[], ["tables"], ["explorer"], ["tables/curves.csv"]])
    def test_what_snakemake_sees_is_left_to_it(
        self, reports: Path, gone: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A whole folder, or a file that a rule names."""
        for name in gone:
            path = reports / "a" / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        before = self.made(reports)
        run.remove_incomplete_folders(reports)
        assert self.made(reports) == before
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("file", ["tables/figures/one & two.csv", "explorer/x y.html"])
    def test_a_file_that_is_gone_takes_its_folder_with_it(
        self, reports: Path, file: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """That of its own dataset; then the step that writes it has something to do."""
        path = reports / "a" / file
        path.unlink()
        before = self.made(reports)
        run.remove_incomplete_folders(reports)
        assert before - self.made(reports) == {path.parent.relative_to(reports).as_posix()}
        said = f"{path} is missing: its folder is removed and will be made again\n"
        assert capsys.readouterr().err == said
