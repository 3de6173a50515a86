"""The installation: its declarations agree, and it says what is missing.

What it does where nothing is missing: tests/test_environments.py.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCKS = [
    *("requirements-uv.lock", "requirements-build.lock"),
    *("requirements.lock", "requirements-dev.lock"),
]
PYTHONS = ["3.11", "3.12", "3.13"]

#: Seconds for what takes one or two, on a machine that is busy with other things too.
PATIENCE = 300

# The conda packages that hold what the PyPI package of the other name holds, and no more.
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
    "snakemake": "snakemake-minimal",
}
# What an extra brings, which conda does not have: an entry of its own there.
CONDA_EXTRAS = {"snakemake[reports]": "pygments"}


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
            for extra in requirement.extras:
                expected[CONDA_EXTRAS[f"{requirement.name}[{extra}]"]] = SpecifierSet()
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
            "requirements-uv.lock": [r for r in declared(dev=True) if r.name == "uv"],
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
        assert locked("requirements-uv.lock", python, system).items() <= dev.items()
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


class Machine:
    """What `install.sh` reads, with a PATH that holds only what a test puts there."""

    def __init__(self, folder: Path):
        self.project = folder / "a project"
        (self.project / "scripts").mkdir(parents=True)
        for name in ["scripts/install.sh", "scripts/install.py", *LOCKS, "pyproject.toml"]:
            shutil.copy(ROOT / name, self.project / name)
        self.path = folder / "bin"
        self.path.mkdir()
        for tool in ["sh", "dirname", "git", "uname"]:
            real = shutil.which(tool)
            assert real, f"this test needs {tool}"
            (self.path / tool).symlink_to(real)
        self.python("python3")

    def program(self, name: str, text: str) -> None:
        (self.path / name).unlink(missing_ok=True)
        (self.path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (self.path / name).chmod(0o755)

    def python(self, name: str, *, version: str = "", without: str = "") -> None:
        """Put a Python on the PATH, one that takes itself for another version or lacks a module."""
        patch = ""
        if version:
            patch += f"sys.version_info = ({version.replace('.', ', ')}, 'final', 0); "
        if without:
            patch += f"sys.modules[{without!r}] = None; "
        # The code that install.sh passes is the word after -c.
        patched = f'for code in "$@"; do :; done\nexec "{sys.executable}" -I -c "import sys; '
        patched += f'{patch}exec(sys.argv[1])" "$code"'
        self.program(name, patched if patch else f'exec "{sys.executable}" "$@"')

    def fails(self, **more: str) -> str:
        """The error message of a failed installation, which must be one line."""
        result = subprocess.run(
            [self.path / "sh", "scripts/install.sh", "run"],
            cwd=self.project,
            env={"PATH": str(self.path), "LC_ALL": "C", **more},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert result.returncode == 1, result
        assert result.stderr.startswith("install: "), result
        assert result.stderr.count("\n") == 1, result
        return result.stderr


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


class TestWhatTheMachineLacks:
    def test_no_python(self, machine):
        (machine.path / "python3").unlink()
        message = machine.fails()
        assert "needs Python 3.11, 3.12 or 3.13, but there is none;" in message
        assert "PYTHON=/path/to/python3.12" in message

    def test_too_old_a_python_and_a_stub(self, machine):
        # pyenv leaves commands on the PATH that start nothing until a version is chosen.
        machine.python("python3", version="3.10.13")
        machine.program("python3.12", "echo 'not installed' >&2\nexit 127\n")
        message = machine.fails()
        assert "but python3 is 3.10.13, python3.12 does not run as Python 3;" in message

    def test_too_new_a_python(self, machine):
        machine.python("python3", version="3.14.0")
        assert "but python3 is 3.14.0;" in machine.fails()

    def test_the_command_that_helps_is_the_systems_own(self, machine):
        (machine.path / "python3").unlink()
        for name, helps in {
            "apt-get": "'sudo apt install python3-venv'",
            "dnf": "'sudo dnf install python3.12'",
        }.items():
            machine.program(name, "")
            machine.program("uname", "echo Linux\n")
            assert helps in machine.fails()
            machine.program("uname", "echo Darwin\n")
            assert "'brew install python@3.12'" in machine.fails()
            (machine.path / name).unlink()

    def test_a_later_candidate_is_taken(self, machine):
        machine.python("python3", version="3.10.13")
        machine.python("python3.11")
        (machine.project / "requirements-uv.lock").unlink()
        # What looks for the locks is the Python that was found.
        assert "'git checkout -- requirements-uv.lock' brings it back" in machine.fails()

    def test_the_python_asked_for_is_the_only_candidate(self, machine):
        machine.python("old", version="3.9.2")
        asked = str(machine.path / "old")
        assert f"but {asked} is 3.9.2;" in machine.fails(PYTHON=asked)
        assert "but there is none at /nowhere/python" in machine.fails(PYTHON="/nowhere/python")

    def test_no_venv_module(self, machine):
        machine.python("python3", without="ensurepip")
        machine.program("apt-get", "")
        machine.program("uname", "echo Linux\n")
        message = machine.fails()
        assert "without the modules venv and ensurepip; 'sudo apt install python3-venv'" in message

    def test_no_git(self, machine):
        # On macOS there is a `git` that only says how to install git.
        machine.program("git", "exit 1\n")
        assert "needs git, which is not there" in machine.fails()

    def test_a_folder_that_cannot_be_written(self, machine):
        # Root can write everywhere, hence a folder where the lock file should be.
        (machine.project / ".install.lock").mkdir()
        message = machine.fails()
        assert (
            ".install.lock: Is a directory; the project has to be in a folder of yours" in message
        )

    @pytest.mark.parametrize(("kind", "need"), [("run", 1000), ("dev", 1300)])
    def test_no_disk(self, machine, monkeypatch, kind, need):
        monkeypatch.chdir(machine.project)
        installer = load_installer()
        monkeypatch.setattr(installer, "step", lambda message, *_: message.startswith("making"))
        monkeypatch.setattr(
            installer.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=97_000_000)
        )
        with pytest.raises(SystemExit, match=f"needs about {need} MB of disk, and there are 97;"):
            installer.install_packages(kind, {})

    def test_a_full_disk_on_the_way(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        installer = load_installer()
        installer.LOG.parent.mkdir()
        installer.LOG.write_text("first line\nerror: No space left on device (os error 28)\n")
        with pytest.raises(SystemExit, match="TMPDIR=/a/larger/folder before the command") as info:
            installer.must(False)
        assert str(info.value).startswith("install: this step failed; free some disk")


def load_installer():
    """`scripts/install.py` as a module."""
    spec = importlib.util.spec_from_file_location("installer", ROOT / "scripts" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestWhatUvIsTold:
    LISTED = (
        "global.index-url='https://me:secret@index.example/simple'\n"
        "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'\n"
        "global.timeout='20'\n"
        "install.timeout='30'\n"
        "install.trusted-host='a.example b.example:8443'\n"
        "freeze.timeout='40'\n"
        "global.proxy='http://proxy.example:3128'\n"
        'global.client-cert="/etc/it\'s/client.pem"\n'
        ":env:.find-links='/a/wheels /more/wheels'\n"
        ":env:.index-url=''\n"
    )

    def test_what_pip_lists_is_read_as_pip_reads_it(self):
        found = load_installer().pip_settings(self.LISTED)
        assert found["timeout"] == "30"
        assert found["client-cert"] == "/etc/it's/client.pem"
        # pip takes no notice of an empty variable.
        assert found["index-url"] == "https://me:secret@index.example/simple"

    def test_each_setting_has_its_variable(self, tmp_path):
        installer = load_installer()
        cache = {"UV_CACHE_DIR": str(tmp_path)}
        options, told = installer.told_to_uv(installer.pip_settings(self.LISTED), cache)
        proxies = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]
        assert options == ()
        assert told == {
            **cache,
            "SSL_CLIENT_CERT": "/etc/it's/client.pem",
            "UV_DEFAULT_INDEX": "https://me:secret@index.example/simple",
            "UV_FIND_LINKS": "/a/wheels,/more/wheels",
            "UV_HTTP_TIMEOUT": "30",
            "UV_INDEX": "https://a.example/simple https://b.example/simple",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_INSECURE_HOST": "a.example b.example:8443",
            "UV_SYSTEM_CERTS": "1",
            **dict.fromkeys(proxies, "http://proxy.example:3128"),
        }

    def test_certificates(self, tmp_path):
        told_to_uv = load_installer().told_to_uv
        environment = {"REQUESTS_CA_BUNDLE": "/their.pem", "CURL_CA_BUNDLE": "/curls.pem"}
        assert told_to_uv({}, environment)[1]["SSL_CERT_FILE"] == "/their.pem"
        assert told_to_uv({"cert": "/pips.pem"}, environment)[1]["SSL_CERT_FILE"] == "/pips.pem"
        assert told_to_uv({"cert": str(tmp_path)}, {})[1]["SSL_CERT_DIR"] == str(tmp_path)

    def test_a_home_that_cannot_be_written(self, tmp_path):
        (tmp_path / "no folder").touch()
        told = {"XDG_CACHE_HOME": str(tmp_path / "no folder")}
        assert load_installer().told_to_uv({}, told)[1]["UV_NO_CACHE"] == "1"
        told = {"XDG_CACHE_HOME": str(tmp_path)}
        assert "UV_NO_CACHE" not in load_installer().told_to_uv({}, told)[1]

    def test_no_index_and_what_the_caller_tells_uv(self):
        told_to_uv = load_installer().told_to_uv
        assert told_to_uv({"no-index": "true"}, {})[0] == ("--no-index",)
        assert told_to_uv({"no-index": "0"}, {})[0] == ()
        assert told_to_uv({}, {"UV_SYSTEM_CERTS": "0"})[1]["UV_SYSTEM_CERTS"] == "0"
