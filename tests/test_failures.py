"""What goes wrong below a run ends in one message: what happened, and what to do."""

from __future__ import annotations

import errno
import logging
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import failures
import pytest
import run as front_door
from snakemake.exceptions import (
    InputFunctionException,
    MissingInputException,
    MissingRuleException,
    ProtectedOutputException,
    WorkflowError,
    format_exception_to_string,
)
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_steps import LogHandler
from steps import kept_logging, script

from emergence.errors import InputError, of_the_system
from emergence.tables import write_json

ROOT = Path(__file__).resolve().parents[1]

#: A disk that is always full.
FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def job(rule: str, output: list[str], **wildcards: str) -> SimpleNamespace:
    """What Snakemake's errors read of a job."""
    lines = SimpleNamespace(workflow=SimpleNamespace(linemaps={}))
    found = type("Rule", (), {"__str__": lambda self: rule, **vars(lines)})()
    found.name, found.lineno, found.snakefile = rule, 4, "scores.smk"
    return SimpleNamespace(rule=found, output=output, wildcards=wildcards)


def said(error: Exception) -> str:
    """What a person is told of an error as Snakemake prints it."""
    return failures.said(format_exception_to_string(error, {}), type(error).__name__)


def raised(error: Exception) -> Exception:
    """The same, with the traceback that it has when it is caught."""
    try:
        raise error
    except type(error) as caught:
        return caught


class TestOfTheSystem:
    @pytest.mark.parametrize(
        ("number", "problem", "first"),
        [
            (errno.ENOSPC, "no space is left", "Free some;"),
            (errno.EDQUOT, "no space is left", "Free some;"),
            (errno.EROFS, "the file system is read-only", "Mount it for writing"),
            (errno.EACCES, "permission is denied", "Change its permissions"),
            (errno.EPERM, "permission is denied", "Change its permissions"),
        ],
    )
    def test_what_and_where_and_what_to_do(self, number, problem, first):
        found = of_the_system(OSError(number, os.strerror(number), "/a/b.csv"), "/else/where")
        head, remedy = str(found).split("\n")
        assert head == f"/a/b.csv: {problem}"
        assert remedy.strip().startswith(first) and remedy.endswith("run the same command again.")
        assert str(of_the_system(OSError(number, "x"), "/else/where")).startswith("/else/where: ")

    def test_a_file_that_is_being_written_goes_by_its_folder(self):
        """Its name begins with a point and ends with the number of a process."""
        error = OSError(errno.EACCES, "x", "/a/.scores.parquet.123.partial")
        assert str(of_the_system(error)).startswith("/a: permission is denied")

    def test_another_error_is_said_in_the_systems_words(self):
        error = OSError(errno.EIO, "Input/output error", "/a")
        assert str(of_the_system(error)) == "/a: Input/output error"

    def test_no_sign_of_a_name_steers_the_terminal(self):
        assert "\x1b" not in str(of_the_system(OSError(errno.EACCES, "x", "/a\x1b[2J")))


@pytest.fixture
def logged() -> Iterator:
    """The frame of every step."""
    with kept_logging():
        yield script("_step").logged


def step(tmp_path: Path, log: Path | None = None) -> SimpleNamespace:
    """What a script is given, as far as its frame reads it."""
    log = log or tmp_path / "logs/step.log"
    return SimpleNamespace(log=[str(log)], output=[str(tmp_path / "out/table.json")], rule="step")


class TestSteps:
    @needs_full
    def test_a_full_disk(self, logged, tmp_path, capsys):
        """A real write that the system refuses: it names no file, so the outputs' folder is said.

        The log keeps where it happened.
        """
        with pytest.raises(SystemExit) as end, logged(step(tmp_path)), FULL.open("w") as file:
            file.write("x")
            file.flush()
        assert end.value.code == 1
        assert capsys.readouterr().err == (
            f"error: {tmp_path}/out: no space is left\n"
            "  Free some; then run the same command again.\n"
        )
        assert "Traceback" in (tmp_path / "logs/step.log").read_text()

    @needs_full
    def test_a_full_disk_on_which_the_log_stands_too(self, logged, tmp_path, capsys):
        """Python's logging printed a traceback of its own for each line that it could not write."""
        with pytest.raises(SystemExit), logged(step(tmp_path, FULL)) as log:
            log.info("a line")
            raise OSError(errno.ENOSPC, "No space left on device")
        err = capsys.readouterr().err
        assert err.startswith("error: ") and "Traceback" not in err and "Logging error" not in err

    def test_a_folder_that_cannot_be_made(self, logged, tmp_path, capsys):
        """Before the step begins: its log has no place. A file stands where a folder belongs."""
        (tmp_path / "logs").write_text("")
        with pytest.raises(SystemExit), logged(step(tmp_path)):
            pytest.fail("the step began")
        err = capsys.readouterr().err
        assert err == f"error: {tmp_path}/logs: File exists\n"

    def test_a_table_that_cannot_be_written(self, logged, tmp_path, capsys):
        """The writer leaves nothing behind, and the message names the folder."""
        (tmp_path / "out").write_text("")
        with pytest.raises(SystemExit), logged(step(tmp_path)):
            write_json({}, tmp_path / "out/table.json")
        assert capsys.readouterr().err.startswith(f"error: {tmp_path}/out: ")

    @pytest.mark.parametrize("error", [KeyError("x"), OSError("no number: not the system's")])
    def test_what_nobody_foresaw_goes_on_up(self, logged, tmp_path, error):
        """A mistake of this project must be seen as one."""
        with pytest.raises(type(error)), logged(step(tmp_path)):
            raise error


class TestSnakemake:
    def test_a_source_file_that_is_not_there(self):
        files = ["/data/mine/a.csv", "/data/mine/b.csv"]
        error = MissingInputException(job("tabulate", ["scores.parquet"], dataset="mine"), files)
        assert said(error) == (
            "error: dataset 'mine': there is no file /data/mine/a.csv, /data/mine/b.csv\n"
            "  Put it there, or correct its path in the registry; then run the same command again."
        )

    def test_a_file_of_the_project_that_is_not_there(self, tmp_path, monkeypatch):
        """The command that is printed brings it back."""
        project = tmp_path / "a project"
        (project / "data").mkdir(parents=True)
        facts = project / "data/facts.csv"
        facts.write_text("x")
        mine = project / "mine.csv"
        git = ["git", "-C", str(project), "-c", "user.name=n", "-c", "user.email=e@example.org"]
        for arguments in (["init", "-q"], ["add", "data"], ["commit", "-q", "-m", "first"]):
            subprocess.run([*git, *arguments], check=True, capture_output=True)
        facts.unlink()
        monkeypatch.setattr(failures, "ROOT", project)
        told = said(MissingInputException(job("measure", ["c"], dataset="mine"), [str(facts)]))
        (command,) = re.findall("Bring it back: (.*); then", told)
        subprocess.run(shlex.split(command), check=True, capture_output=True)
        assert facts.read_text() == "x"
        told = said(MissingInputException(job("tabulate", ["s"], dataset="mine"), [str(mine)]))
        assert "Put it there" in told, "a file of the user's in the project's folder is no part"

    def test_a_result_that_is_write_protected(self, tmp_path):
        """The command that is printed makes it one's own again."""
        result = tmp_path / "some results/curves.parquet"
        result.parent.mkdir()
        result.touch()
        result.chmod(0o444)
        told = said(ProtectedOutputException(job("measure", [str(result)]), [str(result)]))
        assert told.startswith(f"error: {result} would be replaced, and cannot be written\n")
        (command,) = re.findall("permissions: (.*); then", told)
        subprocess.run(shlex.split(command), check=True)
        assert result.stat().st_mode & 0o200

    def test_a_result_of_somebody_else(self, tmp_path, monkeypatch):
        result = tmp_path / "curves.parquet"
        result.touch()
        monkeypatch.setattr(os, "getuid", lambda: result.stat().st_uid + 1)
        told = said(ProtectedOutputException(job("measure", [str(result)]), [str(result)]))
        assert "It belongs to " in told and "chmod" not in told

    @pytest.mark.parametrize(
        ("error", "place", "problem"),
        [
            (
                PermissionError(13, "Permission denied", "/me/.cache"),
                "/me/.cache",
                "perm",
            ),
            (OSError(28, "No space left on device"), os.getcwd(), "no space is left"),
            (OSError(30, "Read-only file system", "below"), f"{os.getcwd()}/below", "the file sys"),
        ],
    )
    def test_a_traceback_of_the_system(self, error, place, problem):
        """Snakemake prints what it did not foresee with all of its own calls."""
        told = said(raised(error))
        assert told.startswith(f"error: {place}: {problem}")
        assert len(told.split("\n")) == 2

    def test_one_within_a_group_of_errors(self):
        """Snakemake's own tasks run together, and fail together."""
        group = ExceptionGroup("tasks", [raised(PermissionError(13, "Permission denied", "/a"))])
        assert said(raised(group)).startswith("error: /a: permission is denied\n")

    def test_a_step_that_cannot_be_set_up_or_noted(self):
        """Both come with words of Snakemake's around them."""
        noted = WorkflowError(
            "Error recording metadata for finished job ([Errno 28] No space left on device). "
            "Please ensure write permissions for the directory /a/.snakemake"
        )
        script = (
            'RuleException:\nOSError in file "scores.smk", line 49:\n'
            '[Errno 28] No space left on device\n  File "tempfile.py", line 483, in wrapper'
        )
        for told in (said(noted), failures.said(script, "RuleException")):
            assert told == f"error: {os.getcwd()}: no space is left\n" + (
                "  Free some; then run the same command again."
            )

    def test_what_a_lookup_says_while_the_workflow_is_planned(self):
        problem = InputError("was not read", where="dataset 'a'", remedy="Remove it.")
        rule = job("archive", []).rule
        nested = InputFunctionException(raised(WorkflowError(str(problem))), {}, rule=rule)
        assert said(nested) == f"error: {problem}"

    def test_a_target_that_no_step_makes(self):
        told = said(MissingRuleException("reports/mine.html", lineno=1, snakefile="Snakefile"))
        assert told.startswith(
            "error: no step makes reports/mine.html\n  Steps make, for example, "
        )

    def test_what_nobody_foresaw(self):
        """One line, and how to see the rest."""
        told = said(raised(KeyError("x")))
        remedy = "This error was not expected: V=1 (--verbose) shows all of it."
        assert told == f"error: KeyError: 'x'\n  {remedy}"

    def test_other_messages_stay_as_they_are(self):
        """What the registry says already has its place and its remedy."""
        text = "models.csv: cannot be read: [Errno 2] No such file or directory: 'models.csv'"
        assert said(WorkflowError(text)) == f"error: {text}"


class TestLogger:
    @pytest.fixture
    def handler(self, monkeypatch) -> LogHandler:
        monkeypatch.setattr(logging, "raiseExceptions", True)
        return LogHandler(SimpleNamespace(dryrun=False), None)

    def record(self, message: str, level: int = logging.ERROR, **fields: object):
        record = logging.LogRecord("snakemake", level, "", 1, message, (), None)
        vars(record).update(fields)
        return record

    def test_the_same_error_is_said_once(self, handler, capsys):
        """A full disk also keeps Snakemake from ending well."""
        for _ in range(2):
            handler.emit(self.record("WorkflowError:\nfull", event=LogEvent.ERROR))
        assert capsys.readouterr().err == "error: full\n"
        assert logging.raiseExceptions is False, "nor may its log print tracebacks"

    def test_after_a_failed_step_snakemake_need_not_say_that_it_could_not_note_it(
        self, handler, capsys
    ):
        handler.emit(self.record("", event=LogEvent.JOB_ERROR, log=["logs/a.log"]))
        note = f"WorkflowError:\n{failures.NOT_RECORDED} ([Errno 28] No space left on device)."
        handler.emit(self.record(note, event=LogEvent.ERROR))
        warning = "Ignore corrupted or currently written metadata record /a."
        handler.emit(self.record(warning, logging.WARNING))
        assert capsys.readouterr().err == "failed; its log: logs/a.log\n"

    def job(self, rule: str, dataset: str | None):
        """What Snakemake says of a step when it begins, and of a target."""
        fields = {"rule_name": rule, "rule_msg": f"{dataset}: working" if dataset else None}
        fields |= {"jobid": 1, "log": [f"logs/{dataset}/{rule}.log"], "event": LogEvent.JOB_INFO}
        wildcards = {"dataset": dataset} if dataset else {}
        return self.record("", logging.INFO, wildcards=wildcards, **fields)

    def test_a_long_step_says_at_its_start_how_long_it_takes(self, handler, capsys):
        handler.emit(self.job("compute", "induced"))
        line = "induced: working: takes about 2 minutes; its log: logs/induced/compute.log\n"
        assert capsys.readouterr().err == line
        for rule, dataset in (("compute", "mirage-model"), ("report", "induced"), ("all", None)):
            handler.emit(self.job(rule, dataset))
        assert capsys.readouterr().err == "", "a short one is heard of when it ends"

    def test_a_dry_run_lists_the_steps(self, capsys):
        handler = LogHandler(SimpleNamespace(dryrun=True), None)
        handler.emit(self.job("compute", "induced"))
        handler.emit(self.job("all_figures", None))
        assert capsys.readouterr().err == "would run: induced: working\n"


class TestTheFrontDoor:
    def test_a_folder_that_cannot_be_written(self, tmp_path, capsys):
        """A file stands where the folder of the results belongs."""
        (tmp_path / "file").write_text("")
        assert front_door.main(["--directory", str(tmp_path / "file/results")]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err == f"error: {tmp_path}/file/results/.snakemake: Not a directory\n"

    def test_what_the_system_refuses_is_said(self, capsys):
        @failures.in_one_message
        def command(number: int) -> int:
            if number:
                raise OSError(number, "x", "/a")
            return 3

        assert command(0) == 3 and command(errno.EROFS) == 1
        assert capsys.readouterr().err.startswith("error: /a: the file system is read-only\n")


class TestCaches:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path, monkeypatch) -> Path:
        """A home of its own; the variables are put back."""
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"):
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        return tmp_path / "home"

    def test_a_home_that_takes_them_keeps_them(self, home, tmp_path):
        failures.keep_caches_below(tmp_path / "state")
        assert "XDG_CACHE_HOME" not in os.environ and "MPLCONFIGDIR" not in os.environ
        assert not (tmp_path / "state").exists()

    def test_a_home_that_cannot_be_written(self, home, tmp_path):
        """A file stands in its place; no right to write looks the same to who tries."""
        home.write_text("")
        failures.keep_caches_below(tmp_path / "state")
        assert os.environ["XDG_CACHE_HOME"] == str(tmp_path / "state/caches")
        assert os.environ["MPLCONFIGDIR"] == str(tmp_path / "state/caches/matplotlib")

    def test_snakemake_and_matplotlib_go_by_it(self, home, tmp_path):
        """Without it the one ends in a traceback and the other warns at every start."""
        home.write_text("")
        failures.keep_caches_below(tmp_path)
        code = (
            "import matplotlib; from snakemake.common import get_appdirs;"
            "print(matplotlib.get_cachedir(), get_appdirs().user_cache_dir)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stderr == ""
        assert all(path.startswith(f"{tmp_path}/caches/") for path in done.stdout.split())


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "emergence.cli", "score", "s.csv", "--output", "csv"),
        (str(ROOT / "workflow/verify.py"), "--directory", "."),
    ],
)
def test_a_command_whose_output_goes_to_a_full_disk(arguments, tmp_path):
    """Nothing comes after the message: Python would try to print the rest once more."""
    (tmp_path / "s.csv").write_text(
        "task,metric,model_family,model,n_params,score\n"
        + "".join(f"t,m,f,m{i},{10 ** (i + 3)},0.{i}\n" for i in range(1, 7))
    )
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == "error: no space is left\n  Free some; then run the same command again.\n"
    assert done.returncode == 1
