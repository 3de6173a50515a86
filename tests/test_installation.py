"""The installation: its declarations agree, and `scripts/install.sh` says what is missing.

`install.sh` is run for real here, in a small copy of the project, but with a stand-in for `uv`
that makes the environment and installs nothing: what is tested is how it decides, what it says
and what it leaves behind. CI installs for real.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ["requirements-build.lock", "requirements.lock", "requirements-dev.lock"]
PYTHONS = ["3.11", "3.12", "3.13"]

#: Seconds for what takes one or two, on a machine that is busy with other things too.
PATIENCE = 300

# The conda packages that hold what the PyPI package of the other name holds, and no more.
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
    "snakemake": "snakemake-minimal",
}


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared(*, dev: bool = False, build: bool = False) -> list[Requirement]:
    """The direct dependencies as pyproject.toml declares them."""
    data = pyproject()
    if build:
        return [Requirement(text) for text in data["build-system"]["requires"]]
    texts = list(data["project"]["dependencies"])
    if dev:
        texts += data["project"]["optional-dependencies"]["dev"]
    return [Requirement(text) for text in texts]


def locked(name: str, python: str, system: str = "linux") -> dict[str, Version]:
    """The pins of a lock that hold for one Python on one system."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "platform_machine": {"linux": "x86_64", "darwin": "arm64"}[system],
    }
    pins = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            continue
        requirement = Requirement(line.removesuffix("\\").strip())
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", line
        assert requirement.name not in pins, f"{name}: {requirement.name} twice for {python}"
        pins[canonicalize_name(requirement.name)] = Version(specifier.version)
    return pins


class TestDeclarations:
    def test_environment_yml_has_the_dependencies_and_ranges_of_pyproject(self):
        data = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
        assert all(isinstance(entry, str) for entry in data["dependencies"]), "no pip section"
        conda = {}
        for entry in data["dependencies"]:
            name, _, versions = entry.partition(" ")
            conda[name] = SpecifierSet(versions)
        expected = {"python": SpecifierSet(pyproject()["project"]["requires-python"])}
        for requirement in declared():
            expected[CONDA_NAMES.get(requirement.name, requirement.name)] = requirement.specifier
        assert conda == expected, "bring environment.yml in step with pyproject.toml"

    def test_environment_yml_names_channels_without_addresses(self):
        data = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
        assert data["channels"] == ["conda-forge", "bioconda", "nodefaults"]
        assert "://" not in (ROOT / "environment.yml").read_text(encoding="utf-8")

    @pytest.mark.parametrize("name", LOCKS)
    def test_a_lock_holds_names_versions_markers_and_hashes_only(self, name):
        pin = re.compile(
            r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.!+]*( ; [a-z0-9_.<>=!'() -]+)? \\", re.I
        )
        digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1):
            assert pin.fullmatch(line) or digest.fullmatch(line), f"{name}, line {number}: {line}"

    @pytest.mark.parametrize("name", LOCKS)
    def test_every_pin_has_a_hash(self, name):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            assert "--hash=sha256:" in line, f"{name}: {line[:60]}"

    @pytest.mark.parametrize("python", PYTHONS)
    @pytest.mark.parametrize("system", ["linux", "darwin"])
    def test_the_pins_satisfy_the_ranges_of_pyproject(self, python, system):
        assert Version(f"{python}.0") in SpecifierSet(pyproject()["project"]["requires-python"])
        wanted = {
            "requirements-build.lock": declared(build=True),
            "requirements.lock": declared(),
            "requirements-dev.lock": declared(dev=True),
        }
        for name, requirements in wanted.items():
            pins = locked(name, python, system)
            for requirement in requirements:
                version = pins.get(canonicalize_name(requirement.name))
                assert version is not None, f"{name} lacks {requirement}: run `make lock`"
                assert version in requirement.specifier, (
                    f"{name} pins {requirement.name} {version}, pyproject.toml asks for "
                    f"{requirement.specifier}: run `make lock`"
                )

    @pytest.mark.parametrize("python", PYTHONS)
    @pytest.mark.parametrize("system", ["linux", "darwin"])
    def test_the_locks_agree_with_each_other(self, python, system):
        # `make test` adds to the environment that `make report` made and must change nothing in it.
        dev = locked("requirements-dev.lock", python, system)
        run = locked("requirements.lock", python, system)
        build = locked("requirements-build.lock", python, system)
        assert run.items() <= dev.items(), "run `make lock`"
        assert {n: v for n, v in build.items() if n in dev and dev[n] != v} == {}, "run `make lock`"

    def test_make_clean_removes_nothing_that_is_in_git(self):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        recipe = makefile.split("\nclean:")[1].split("\n\n")[0]
        removed = [
            word
            for line in recipe.splitlines()
            if line.startswith("\trm -rf ")
            for word in line.removeprefix("\trm -rf ").split()
        ]
        assert "data/raw" in removed and "reports" in removed
        if not (ROOT / ".git").exists():
            pytest.skip("this is not a git clone")
        tracked = subprocess.run(
            ["git", "ls-files", "--", *removed],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert tracked.stdout == ""

    def test_make_help_lists_each_target_in_one_line(self):
        if shutil.which("make") is None:
            pytest.skip("there is no make")
        shown = subprocess.run(
            ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        lines = [line for line in shown.stdout.splitlines() if line.startswith("make ")]
        (declared,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
        # What only others need has no line.
        wanted = [n for n in declared.split() if not n.startswith(("install", "options"))]
        assert sorted(line.split()[1] for line in lines) == sorted(wanted)
        assert all(len(line) <= 100 for line in lines)


# Makes an environment with the real venv module, without packages; "installs" by noting its
# arguments, and does before that what the file `before` says (a shell snippet).
UV = """#!/bin/sh
case "$1 $2" in
    "--version ") echo "uv 0.0.0 (stand-in)" ;;
    "venv --python") exec "$3" -m venv --without-pip "$4" ;;
    "pip install")
        [ ! -f before ] || . ./before
        echo "$*" >>installed ;;
    *) exit 2 ;;
esac
"""
TOOLS = [
    *("sh", "awk", "cat", "cksum", "date", "df", "dirname", "git", "mkdir", "mv", "rm", "sed"),
    *("tail", "tee", "touch", "uname"),
]


class Machine:
    """A copy of what `install.sh` reads, with a PATH that holds only what a test puts there."""

    def __init__(self, folder: Path):
        self.project = folder / "a project" / "main"
        (self.project / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "install.sh", self.project / "scripts")
        for name in [*LOCKS, "pyproject.toml"]:
            shutil.copy(ROOT / name, self.project)
        self.path = folder / "bin"
        self.path.mkdir()
        for tool in TOOLS:
            real = shutil.which(tool)
            assert real, f"this test needs {tool}"
            (self.path / tool).symlink_to(real)
        self.program("uv", UV)
        self.python("python3")

    def program(self, name: str, text: str) -> None:
        (self.path / name).unlink(missing_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")
        (self.path / name).chmod(0o755)

    def python(self, name: str, *, version: str = "", without: str = "") -> None:
        """Put a Python on the PATH, one that takes itself for another version or lacks a module."""
        patch = ""
        if version:
            patch += f"sys.version_info = ({version.replace('.', ', ')}, 'final', 0); "
        if without:
            patch += f"sys.modules[{without!r}] = None; "
        # The code that install.sh passes is the word after -c.
        self.program(
            name,
            "#!/bin/sh\n"
            + (
                f'for code in "$@"; do :; done\n'
                f'exec "{sys.executable}" -I -c "import sys; {patch}exec(sys.argv[1])" "$code"\n'
                if patch
                else f'exec "{sys.executable}" "$@"\n'
            ),
        )

    def command(self, kind: str) -> list[str]:
        return [str(self.path / "sh"), "scripts/install.sh", kind]

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.path), "LC_ALL": "C", **more}

    def install(self, kind: str = "run", **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(kind),
            cwd=self.project,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def installed(self) -> str:
        """What the stand-in was told to install since the last call."""
        file = self.project / "installed"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        file.unlink(missing_ok=True)
        return text

    def stamps(self) -> set[str]:
        return {path.name for path in self.project.glob(".venv/.installed-*")}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def one_line(result: subprocess.CompletedProcess) -> str:
    """The error message of a failed installation, which must be one line."""
    assert result.returncode == 1, result
    assert result.stderr.startswith("install: "), result
    assert result.stderr.count("\n") == 1, result
    return result.stderr


class TestWhatTheMachineLacks:
    def test_no_python(self, machine):
        (machine.path / "python3").unlink()
        message = one_line(machine.install())
        assert "needs Python 3.11, 3.12 or 3.13, found none" in message
        assert "PYTHON=/path/to/python3.12" in message

    def test_too_old_a_python_and_a_stub(self, machine):
        # pyenv leaves commands on the PATH that start nothing until a version is chosen.
        machine.python("python3", version="3.10.13")
        machine.program("python3.12", "#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
        message = one_line(machine.install())
        assert "found python3, which is 3.10.13, python3.12, which does not run" in message

    def test_too_new_a_python(self, machine):
        machine.python("python3", version="3.14.0")
        assert "found python3, which is 3.14.0" in one_line(machine.install())

    def test_the_command_that_helps_is_the_systems_own(self, machine):
        (machine.path / "python3").unlink()
        for name, helps in {
            "apt-get": "'sudo apt install python3.11 python3.11-venv'",
            "dnf": "'sudo dnf install python3.12'",
        }.items():
            machine.program(name, "#!/bin/sh\n")
            machine.program("uname", "#!/bin/sh\necho Linux\n")
            assert helps in one_line(machine.install())
            machine.program("uname", "#!/bin/sh\necho Darwin\n")
            assert "'brew install python@3.12'" in one_line(machine.install())
            (machine.path / name).unlink()

    def test_a_later_candidate_is_taken(self, machine):
        machine.python("python3", version="3.10.13")
        machine.python("python3.11")
        result = machine.install()
        assert result.returncode == 0, result
        assert machine.stamps() == {".installed-run"}

    def test_the_python_asked_for_is_the_only_candidate(self, machine):
        machine.python("old", version="3.9.2")
        asked = str(machine.path / "old")
        assert f"found {asked}, which is 3.9.2;" in one_line(machine.install(PYTHON=asked))
        assert "found none at /nowhere/python" in one_line(
            machine.install(PYTHON="/nowhere/python")
        )

    def test_no_venv_module(self, machine):
        (machine.path / "uv").unlink()
        machine.python("python3", without="ensurepip")
        machine.program("apt-get", "#!/bin/sh\n")
        machine.program("uname", "#!/bin/sh\necho Linux\n")
        assert "'sudo apt install python3-venv'" in one_line(machine.install())
        assert not (machine.project / ".venv").exists()

    def test_no_git(self, machine):
        # On macOS there is a `git` that only says how to install git.
        machine.program("git", "#!/bin/sh\nexit 1\n")
        assert "needs git, which is not there" in one_line(machine.install())

    @pytest.mark.parametrize(("kind", "need"), [("run", 1000), ("dev", 1300)])
    def test_no_disk(self, machine, kind, need):
        machine.program(
            "df",
            "#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\n"
            "echo 'a server:/a disk 9000000 8900000 100000 99% /mnt/a disk'\n",
        )
        message = one_line(machine.install(kind))
        assert f"needs about {need} MB of disk in ., which has 97 MB" in message
        assert not (machine.project / ".venv").exists()

    def test_a_folder_that_cannot_be_written(self, machine):
        # Root can write everywhere, hence a `touch` that cannot.
        machine.program("touch", "#!/bin/sh\necho 'touch: Read-only file system' >&2\nexit 1\n")
        assert "cannot write into" in one_line(machine.install())

    def test_a_failed_step_shows_the_logs_name_and_last_lines(self, machine):
        (machine.project / "before").write_text(
            "i=1; while [ $i -le 30 ]; do echo line $i; i=$((i + 1)); done\n"
            "echo 'no route to host' >&2; exit 1\n"
        )
        result = machine.install()
        assert result.returncode == 1
        first, *tail = result.stderr.splitlines()
        assert first.startswith("install: ") and "logs/install.log" in first
        assert tail == [f"    line {i}" for i in range(17, 31)] + ["    no route to host"]
        assert machine.stamps() == set()

    def test_a_failed_step_fails_when_everything_is_shown_too(self, machine):
        (machine.project / "before").write_text("echo no route to host >&2; exit 1\n")
        result = machine.install(V="1")
        assert result.returncode == 1
        assert "no route to host" in result.stdout


class TestWhenItInstalls:
    def test_with_hashes_and_without_isolation(self, machine):
        result = machine.install("dev")
        assert result.returncode == 0, result
        build, packages, project = machine.installed().splitlines()
        common = "pip install --python .venv/bin/python --no-deps --no-build-isolation"
        assert build == f"{common} --require-hashes -r requirements-build.lock"
        assert packages == f"{common} --require-hashes -r requirements-dev.lock"
        assert project == f"{common} -e ."

    def test_one_line_a_step_with_its_time(self, machine):
        for line in machine.install().stdout.splitlines():
            assert re.fullmatch(r"(making|installing) .* \.\.\. (\d+ packages, )?\d+ s", line)

    def test_an_up_to_date_environment_is_left_alone_in_silence(self, machine):
        machine.install("dev")
        machine.installed()
        for kind in ["run", "dev"]:
            again = machine.install(kind)
            assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
        assert machine.installed() == ""

    def test_the_development_packages_are_added_to_the_environment(self, machine):
        machine.install("run")
        machine.installed()
        (machine.project / ".venv" / "kept").touch()
        machine.install("dev")
        assert "-r requirements-dev.lock" in machine.installed()
        assert (machine.project / ".venv" / "kept").exists()
        assert machine.stamps() == {".installed-run", ".installed-dev"}

    def test_another_lock_makes_the_environment_anew(self, machine):
        machine.install("dev")
        (machine.project / ".venv" / "stale").touch()
        with (machine.project / "requirements.lock").open("a") as file:
            file.write("\n")
        machine.install("run")
        assert not (machine.project / ".venv" / "stale").exists()
        assert machine.stamps() == {".installed-run"}

    def test_another_pyproject_installs_only_the_project_again(self, machine):
        machine.install("dev")
        machine.installed()
        with (machine.project / "pyproject.toml").open("a") as file:
            file.write("\n")
        machine.install("run")
        (only,) = machine.installed().splitlines()
        assert only.endswith("-e .")
        assert machine.install("dev").stdout == ""

    def test_a_moved_project_makes_the_environment_anew(self, machine):
        # The programs in .venv/bin hold the absolute path of the environment.
        machine.install()
        machine.project = machine.project.rename(machine.project.parent / "moved")
        assert "making .venv" in machine.install().stdout

    def test_a_python_that_went_away_or_changed_makes_the_environment_anew(self, machine):
        machine.install()
        program = machine.project / ".venv" / "bin" / "python"
        program.unlink()
        program.symlink_to("/nowhere/python3")
        assert "making .venv" in machine.install().stdout
        stamp = machine.project / ".venv" / ".installed-run"
        stamp.write_text(re.sub(r"python \S+", "python 3.10.13", stamp.read_text()))
        assert "making .venv" in machine.install().stdout

    def test_pip_takes_over_an_environment_that_uv_made(self, machine):
        machine.install()
        assert not list(machine.project.glob(".venv/lib/python*/site-packages/pip"))
        with (machine.project / "pyproject.toml").open("a") as file:
            file.write("\n")
        # The project cannot be built here; that pip tries is what counts.
        machine.install(UV="no", PIP_NO_INDEX="1")
        assert list(machine.project.glob(".venv/lib/python*/site-packages/pip"))

    def test_an_active_environment_can_be_made_anew(self, machine):
        # Its Python and uv are first on the PATH, and are removed with it.
        machine.install("dev")
        machine.installed()
        folder = machine.project / ".venv" / "bin"
        shutil.copy(machine.path / "uv", folder)
        with (machine.project / "requirements.lock").open("a") as file:
            file.write("\n")
        result = machine.install(PATH=f"{folder}:{machine.path}", PIP_NO_INDEX="1")
        # pip took over, and could not install without an index.
        assert "making .venv" in result.stdout
        assert machine.installed() == ""
        assert "requirements-build.lock" in result.stdout.splitlines()[-1]
        assert "No matching distribution found" in result.stderr

    def test_an_environment_of_unknown_origin_is_made_anew(self, machine):
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", ".venv"],
            cwd=machine.project,
            check=True,
        )
        assert "making .venv" in machine.install().stdout


class TestInterruptions:
    def start(self, machine, kind="run"):
        process = subprocess.Popen(
            machine.command(kind),
            cwd=machine.project,
            env=machine.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + PATIENCE
        while not (machine.project / "waiting").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        return process

    def hold(self, machine):
        """Let the next installation of the packages wait until the file `go` is there."""
        (machine.project / "before").write_text(
            'case "$*" in *"-r requirements.lock"* | *"-r requirements-dev.lock"*)\n'
            "    touch waiting\n"
            "    until [ -f go ]; do /bin/sleep 0.05; done ;;\n"
            "esac\n"
        )

    def release(self, machine):
        (machine.project / "go").touch()
        (machine.project / "before").unlink()

    def test_a_second_installation_waits_and_then_finds_all_done(self, machine):
        self.hold(machine)
        first = self.start(machine)
        second = subprocess.Popen(
            machine.command("run"),
            cwd=machine.project,
            env=machine.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        told = second.stdout.readline()
        assert f"waiting for another installation into .venv (process {first.pid})" in told
        self.release(machine)
        assert first.wait(PATIENCE) == 0 and second.wait(PATIENCE) == 0
        assert second.stdout.read() == ""
        first.stdout.close()
        second.stdout.close()

    def test_a_killed_installation_is_made_anew_after_its_orphan_has_ended(self, machine):
        self.hold(machine)
        first = self.start(machine)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(PATIENCE)
        assert machine.stamps() == set()
        # The stand-in for uv lives on, as pip would; the lock is still its own.
        second = subprocess.Popen(
            machine.command("run"),
            cwd=machine.project,
            env=machine.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "waiting for another installation" in second.stdout.readline()
        self.release(machine)
        said = second.stdout.read()
        assert second.wait(PATIENCE) == 0
        assert "removing the environment .venv, which is out of date or incomplete" in said
        assert machine.stamps() == {".installed-run"}
        first.stdout.close()
        second.stdout.close()

    def test_killed_while_adding_development_packages(self, machine):
        # What runs is untouched and stays usable; what tests is made anew.
        machine.install("run")
        self.hold(machine)
        first = self.start(machine, "dev")
        os.kill(first.pid, signal.SIGKILL)
        first.wait(PATIENCE)
        first.stdout.close()
        self.release(machine)
        assert machine.install("run").stdout == ""
        deadline = time.monotonic() + PATIENCE
        while "-r requirements-dev.lock" not in (machine.project / "installed").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert "removing the environment" in machine.install("dev").stdout
        assert machine.stamps() == {".installed-run", ".installed-dev"}

    def test_a_failed_addition_leaves_the_environment_to_run(self, machine):
        machine.install("run")
        (machine.project / "before").write_text("exit 1\n")
        assert machine.install("dev").returncode == 1
        (machine.project / "before").unlink()
        assert machine.install("run").stdout == ""
        assert "adding the packages" in machine.install("dev").stdout
