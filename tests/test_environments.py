"""Environments made from nothing, by the real venv, pip and uv.

The packages are small ones that are made here, so that no network is needed; CI installs the
real locks.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[1]

#: Seconds for what takes a few, on a machine that is busy with other things too.
PATIENCE = 300

# Stands in for uv's package, which pip has to fetch: it does what the file `before` says (Python),
# and is then the uv of the development environment.
UV = """import os, sys
if os.path.exists("before"):
    exec(open("before").read())
os.execv({uv!r}, [{uv!r}, *sys.argv[1:]])
"""
PYPROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "emergence"
version = "1.0"
"""
BACKEND = """import shutil

def build_editable(folder, config_settings=None, metadata_directory=None):
    return shutil.copy({wheel!r}, folder).rpartition("/")[2]
"""
PROGRAM = "def main():\n    print('a program')\n"


def write_wheel(folder: Path, name: str, files: dict[str, str], program: str = "") -> Path:
    """A package of version 1.0 with these files and perhaps a program."""
    about = f"{name}-1.0.dist-info"
    files = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if program:
        files[f"{about}/entry_points.txt"] = f"[console_scripts]\n{program} = {name}:main\n"
    files[f"{about}/RECORD"] = "".join(f"{each},,\n" for each in [*files, f"{about}/RECORD"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in files.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return path


class Project:
    """A small project with packages of its own, which pip finds in a folder."""

    def __init__(self, folder: Path, where: str = "a project"):
        uv = Path(sys.executable).parent / "uv"
        assert uv.exists(), "`make install-dev` brings uv"
        self.path = folder / where
        (self.path / "scripts").mkdir(parents=True)
        for name in ["install.sh", "install.py"]:
            shutil.copy(ROOT / "scripts" / name, self.path / "scripts")
        self.wheels = folder / "wheels"
        self.made = {
            "uv": write_wheel(self.wheels, "uv", {"uv/__main__.py": UV.format(uv=str(uv))}),
            **{
                name: write_wheel(self.wheels, name, {f"{name}.py": PROGRAM}, name)
                for name in ["builds", "runs", "tests", "other"]
            },
        }
        itself = write_wheel(folder / "itself", "emergence", {"emergence.py": PROGRAM}, "emergence")
        self.write("backend.py", BACKEND.format(wheel=str(itself)))
        self.write("pyproject.toml", PYPROJECT)
        self.lock("requirements-uv.lock", "uv")
        self.lock("requirements-build.lock", "builds")
        self.lock("requirements.lock", "runs")
        self.lock("requirements-dev.lock", "runs", "tests")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_", "SSL_")) and "proxy" not in name.lower()
        }
        self.environment |= {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CACHE_DIR": str(folder / "pip"),
            "UV_CACHE_DIR": str(folder / "uv"),
            "PYTHON": sys.executable,
            "V": "",
        }

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def lock(self, name: str, *packages: str) -> None:
        """Write a lock with the true hashes."""
        digests = {
            each: hashlib.sha256(self.made[each].read_bytes()).hexdigest() for each in packages
        }
        lines = (
            f"{each}==1.0 \\\n    --hash=sha256:{digest}\n" for each, digest in digests.items()
        )
        self.write(name, "".join(lines))

    def start(self, kind: str = "run", **more: str) -> subprocess.Popen:
        return subprocess.Popen(
            ["sh", "scripts/install.sh", kind],
            cwd=self.path,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def install(self, kind: str = "run", **more: str) -> str:
        """What a successful installation prints."""
        with self.start(kind, **more) as process:
            said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said + self.log()
        return said

    def fails(self, kind: str = "run", **more: str) -> str:
        with self.start(kind, **more) as process:
            said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1, said
        return said

    def log(self) -> str:
        return (self.path / "logs/install.log").read_text(encoding="utf-8")

    def has(self) -> set[str]:
        """The small packages that are there."""
        found = (self.path / ".venv").glob("lib/*/site-packages/*.dist-info")
        return {path.name.removesuffix("-1.0.dist-info") for path in found} & {
            *self.made,
            "emergence",
        }

    def run(self, program: str) -> str:
        return subprocess.check_output([self.path / ".venv/bin" / program], cwd="/", text=True)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


class TestWhenItInstalls:
    def test_from_nothing_then_more_then_other_packages(self, project):
        said = project.install()
        assert re.sub(r"\d+ s$", "N s", said, flags=re.M).splitlines() == [
            f"making .venv with Python {'.'.join(map(str, sys.version_info[:3]))} ... N s",
            "getting uv and the build tools ... N s",
            "installing requirements.lock ... N s",
            "installing the project itself ... N s",
        ]
        assert "-m uv pip install" in project.log() and "Installed 1 package" in project.log()
        assert project.has() == {"uv", "builds", "runs", "emergence"}
        assert project.run("emergence") == project.run("runs") == "a program\n"
        assert project.install() == ""

        # `make test` adds to what `make report` made, which then does for both.
        kept = project.path / ".venv/kept"
        kept.touch()
        assert "making .venv" not in project.install("dev")
        assert project.has() == {"uv", "builds", "runs", "tests", "emergence"}
        assert project.install() == project.install("dev") == ""

        project.write("pyproject.toml", PYPROJECT + "\n")
        assert re.fullmatch(r"installing the project itself \.\.\. \d+ s\n", project.install())
        assert project.install("dev") == ""

        # What a new lock no longer has goes.
        project.lock("requirements-dev.lock", "runs", "other")
        project.install("dev")
        assert project.has() == {"uv", "builds", "runs", "other", "emergence"}
        assert kept.exists()

    def test_another_place_or_python_makes_the_environment_anew(self, project):
        project.install()
        # The programs in .venv/bin hold the absolute path of the environment.
        project.path = project.path.rename(project.path.parent / "moved")
        assert "making .venv" in project.install()
        assert project.run("emergence") == "a program\n"
        # An active environment comes first on the PATH, and is no Python to make it from, least of
        # all when its removal was interrupted.
        (project.path / ".venv/pyvenv.cfg").unlink()
        folder = project.path / ".venv/bin"
        stamp = project.path / ".venv/.installed"
        stamp.write_text(re.sub(r"3\.\d+\.\d+", "3.10.13", stamp.read_text()))
        active = f"{folder}:{project.environment['PATH']}"
        assert "making .venv" in project.install(PATH=active, PYTHON="")
        assert project.install() == ""

    @pytest.mark.parametrize("by", ["uv", "pip"])
    def test_in_any_path(self, tmp_path, by):
        project = Project(tmp_path, """a $HOME "b" 'c' & `d` (e)/main""")
        if by == "pip":
            project.write("before", "sys.exit(1)")
        said = project.install()
        assert ("uv failed" in said) == (by == "pip")
        assert project.run("emergence") == project.run("runs") == "a program\n"
        assert project.install() == ""


class TestWithoutUv:
    def test_it_cannot_be_had(self, project):
        project.made["uv"].unlink()
        said = project.install("dev", V="1")
        assert "getting uv and the build tools ...\n" in said
        assert "uv failed, as logs/install.log says; pip takes a minute or two" in said
        assert "Successfully installed runs-1.0 tests-1.0" in said
        assert project.has() == {"builds", "runs", "tests", "emergence"}
        assert project.install("dev") == ""

    def test_it_leaves_half_a_package(self, project):
        project.write(
            "before",
            "import sysconfig\n"
            "folder = sysconfig.get_path('purelib') + '/runs-1.0.dist-info'\n"
            "os.mkdir(folder)\n"
            "open(folder + '/METADATA', 'w').write('Name: runs\\nVersion: 1.0\\n')\n"
            "sys.exit('No space left on device')\n",
        )
        assert project.install().count("making .venv") == 2
        assert project.run("runs") == "a program\n"


class TestFailures:
    def test_another_content_is_refused_by_uv_and_by_pip(self, project):
        with project.made["runs"].open("ab") as file:
            file.write(b"more")
        said = project.fails()
        assert "DO NOT MATCH THE HASHES" in project.log()
        (message,) = [line for line in said.splitlines() if line.startswith("install: ")]
        assert "this step failed; run it again. The whole log is logs/install.log" in message
        assert said.splitlines()[-15:] == [f"    {x}" for x in project.log().splitlines()[-15:]]
        assert "runs" not in project.has()
        assert not (project.path / ".venv/.installed").exists()

    def test_a_failed_addition_leaves_the_environment_to_run(self, project):
        project.install()
        project.made["tests"].unlink()
        project.fails("dev")
        assert project.install() == ""
        project.made["tests"] = write_wheel(project.wheels, "tests", {"tests.py": PROGRAM}, "tests")
        assert "making .venv" not in project.install("dev")


class TestInterruptions:
    def hold(self, project: Project, kind: str = "run") -> subprocess.Popen:
        """An installation that waits in uv until the file `go` is there."""
        waits = "import time\nopen('waiting', 'w').close()\nwhile not os.path.exists('go'):\n"
        project.write("before", waits + "    time.sleep(0.05)\n")
        process = project.start(kind)
        deadline = time.monotonic() + PATIENCE
        while not (project.path / "waiting").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        return process

    def test_a_second_installation_waits_and_then_finds_all_done(self, project):
        first, second = self.hold(project), project.start()
        told = second.stdout.readline()
        assert f"waiting for another installation into .venv (process {first.pid})" in told
        (project.path / "go").touch()
        first.communicate(timeout=PATIENCE)
        assert first.returncode == 0
        assert second.communicate(timeout=PATIENCE) == ("", None)
        assert second.returncode == 0

    def test_a_killed_one_is_made_anew_after_its_orphan_has_ended(self, project):
        project.install("run")
        first = self.hold(project, "dev")
        os.kill(first.pid, signal.SIGKILL)
        first.wait(PATIENCE)
        # The stand-in for uv lives on, as uv and pip would; the lock is still its own.
        second = project.start()
        assert "waiting for another installation" in second.stdout.readline()
        (project.path / "go").touch()
        said, _ = second.communicate(timeout=PATIENCE)
        assert second.returncode == 0 and "making .venv" in said
        assert project.has() == {"uv", "builds", "runs", "emergence"}
        first.communicate()


class Index(http.server.SimpleHTTPRequestHandler):
    """A package index with a password, which a proxy's client can reach too."""

    def do_GET(self):
        asked = self.headers["Authorization"] == "Basic " + base64.b64encode(b"me:s3cret").decode()
        name = "uv" if "uv/" in self.headers["User-Agent"] else "pip"
        self.server.seen.add((name, asked))
        if not asked:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.end_headers()
            return
        # A client of a proxy sends the whole address.
        self.path = re.sub("^http://index.example", "", self.path)
        super().do_GET()

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def index(project):
    """The project's packages behind a server; none of them lies in a folder any more."""
    for name, wheel in project.made.items():
        page = project.wheels / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<a href="../../{wheel.name}">{wheel.name}</a>', encoding="utf-8")
    handler = partial(Index, directory=project.wheels)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.seen = set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        project.environment.pop(name, None)
    yield server
    server.shutdown()
    server.server_close()


class TestIndexesAndCertificates:
    def configure(self, project: Project, **settings: str) -> None:
        lines = (f"{name.replace('_', '-')} = {value}\n" for name, value in settings.items())
        project.write("pip.conf", "[global]\n" + "".join(lines))
        project.environment["PIP_CONFIG_FILE"] = str(project.path / "pip.conf")

    def test_an_index_with_a_password_behind_a_proxy(self, project, index):
        self.configure(
            project,
            index_url="http://me:s3cret@index.example/simple",
            trusted_host="index.example",
            proxy=f"http://127.0.0.1:{index.server_port}",
        )
        said = project.install(V="1")
        assert "uv failed" not in said
        assert {("pip", True), ("uv", True)} <= index.seen
        assert "s3cret" not in said + project.log()

    @pytest.mark.parametrize("by", ["cert", "trusted_host"])
    def test_a_further_index_with_a_certificate_of_its_own(self, project, index, by):
        if shutil.which("openssl") is None:
            pytest.skip("there is no openssl to make a certificate with")
        pair = project.path / "pair.pem"
        making = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
        for extension in ("subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"):
            making += ["-addext", extension]
        making += ["-keyout", pair, "-out", pair]
        subprocess.run(["openssl", *making], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        index.socket = context.wrap_socket(index.socket, server_side=True)
        # What is needed first is in an index of its own, and not in the further one.
        first = project.wheels / "first"
        first.mkdir()
        for name in ("uv", "builds"):
            (project.wheels / "simple" / name).rename(first / name)
        self.configure(
            project,
            index_url=first.as_uri(),
            extra_index_url=f"https://me:s3cret@127.0.0.1:{index.server_port}/simple",
            **{by: str(pair) if by == "cert" else "127.0.0.1"},
        )
        assert "uv failed" not in project.install()
        assert ("uv", True) in index.seen
        assert project.has() == {"uv", "builds", "runs", "emergence"}
        assert "s3cret" not in project.log()
