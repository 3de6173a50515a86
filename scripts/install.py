"""Install a lock into ``.venv``; ``scripts/install.sh`` calls this with the Python it found.

Python's own ``venv`` makes the environment, its pip brings uv (requirements-uv.lock), and uv
installs the packages: what takes pip a minute takes uv some seconds. Where uv cannot be had or
fails, pip does it all.

Nothing is said or done when the environment is up to date. The sign of that is the stamp
``.venv/.installed``, which is written last and names the place, the Python and the locks that
the environment was made from. One without its stamp (an interrupted installation), or with
another place, Python or lock, is made anew: pip and uv take a package that was only half copied
for an installed one. The standard library only, since nothing else is installed yet.
"""

import ast
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
UV_LOCK, BUILD_LOCK = "requirements-uv.lock", "requirements-build.lock"
# MB of disk, with a margin; measured: 900 to run and 1,200 to test by pip, which compiles.
NEEDED = {"run": 1000, "dev": 1300}

LOG = Path("logs/install.log")
STAMP = Path(".venv/.installed")
PYTHON = ".venv/bin/python"
# Packages of which there is only source are built with the locked setuptools, hence no build
# isolation; the locks are complete, hence no dependencies.
COMMON = ("--no-deps", "--no-build-isolation")
PIP = (PYTHON, "-m", "pip", "install", "--progress-bar", "off", *COMMON)
UV = (PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, *COMMON)
HASHED = ("--require-hashes", "-r")

# Settings of the caller that would send packages elsewhere, or lend packages from elsewhere.
ASTRAY = (
    *("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PYTHONPATH"),
    *("PYTHONHOME", "UV_TARGET", "UV_PREFIX", "UV_SYSTEM_PYTHON"),
)
# What pip calls a setting, what uv calls it, and what uv wants between several values.
SETTINGS = (
    ("index-url", ("UV_DEFAULT_INDEX",), None),
    ("extra-index-url", ("UV_INDEX",), " "),
    ("find-links", ("UV_FIND_LINKS",), ","),
    ("trusted-host", ("UV_INSECURE_HOST",), " "),
    ("client-cert", ("SSL_CLIENT_CERT",), None),
    ("proxy", ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), None),
    ("default-timeout", ("UV_HTTP_TIMEOUT",), None),
    ("timeout", ("UV_HTTP_TIMEOUT",), None),
)


def fail(message):
    """End with one line that says what is wrong and what to do."""
    sys.exit(f"install: {message}")


def pip_settings(listed):
    """What `pip config list` prints, as the values that hold for `pip install`."""
    found = {}
    # The later one wins, as in pip: for all commands, for this one, from the environment.
    for section in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{section}\.([a-z-]+)=(['\"].*)$", listed, re.M):
            # An empty one says nothing.
            found[name] = ast.literal_eval(value) or found.get(name, "")
    return found


def told_to_uv(settings, environment):
    """Pip's settings as uv's, which reads none of pip's: its options and its environment.

    Addresses may hold passwords, hence the environment: the command line goes into the log, and
    others on the machine can see it.
    """
    told = {
        # pip takes a file from whichever index has it; the hash says that it is the right one.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        # pip trusts the system's certificates since 24.2.
        "UV_SYSTEM_CERTS": "1",
        **environment,
    }
    for name, variables, separator in SETTINGS:
        if settings.get(name):
            value = separator.join(settings[name].split()) if separator else settings[name]
            told.update(dict.fromkeys(variables, value))
    variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for certificates in (settings.get("cert"), *map(environment.get, variables)):
        if certificates:
            told["SSL_CERT_DIR" if os.path.isdir(certificates) else "SSL_CERT_FILE"] = certificates
            break
    # Where pip goes on without a cache, since it cannot make one, uv stops.
    home = told.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    try:
        os.makedirs(told.get("UV_CACHE_DIR") or f"{home}/uv", exist_ok=True)
    except OSError:
        told["UV_NO_CACHE"] = "1"
    offline = settings.get("no-index", "").lower() in ("1", "true", "yes", "on", "t", "y")
    return ("--no-index",) if offline else (), told


def stamp(kind):
    """What an environment of this kind is made from. The last entry alone is the project's own."""

    def digest(*names):
        return hashlib.sha256(b"\0".join(Path(name).read_bytes() for name in names)).hexdigest()

    packages = digest(UV_LOCK, BUILD_LOCK, LOCKS[kind])
    python = [sys.version, os.path.realpath(sys.base_prefix)]
    return [kind, os.getcwd(), *python, packages, digest("pyproject.toml")]


def installed():
    """The stamp of the environment that is there, if one is."""
    there = STAMP.exists() and os.access(PYTHON, os.X_OK)
    return json.loads(STAMP.read_text(encoding="utf-8")) if there else []


def write_stamp(entries):
    """Say that the environment is whole."""
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(entries), encoding="utf-8")
    unfinished.replace(STAMP)


def take_lock():
    """Wait until no other installation is at work.

    The kernel's lock on the open file belongs to this process and to the programs that it starts,
    and goes when the last of them has ended, however it ended: a pip that outlived a killed
    installation still keeps others out of its half-made environment.
    """
    lock = os.open(".install.lock", os.O_RDWR | os.O_CREAT, 0o666)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode().strip()
        print(f"waiting for another installation into .venv (process {holder}) to end ...")
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d\n" % os.getpid(), 0)


def step(message, command, environment):
    """Run a command: one line with its time, the rest into the log (and shown with V=1)."""
    shown = bool(environment.get("V"))
    print(message, end=" ...\n" if shown else " ... ")
    started = time.monotonic()
    with LOG.open("ab", buffering=0) as log:
        log.write(f"\n== {message}: {shlex.join(command)}\n".encode())
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # the lock
        )
        for line in process.stdout:
            log.write(line)
            if shown:
                print(line.decode(errors="replace"), end="")
    done = process.wait() == 0
    print(f"{'' if done else 'failed after '}{time.monotonic() - started:.0f} s")
    return done


def must(done):
    """End with the log's last lines if a step failed."""
    if not done:
        text = LOG.read_text(encoding="utf-8", errors="replace")
        todo = "run it again"
        if "No space left on device" in text:
            todo = "free some disk (or TMPDIR=/a/larger/folder before the command), then again"
        tail = "".join(f"\n    {line}" for line in text.splitlines()[-15:])
        fail(f"this step failed; {todo}. The whole log is {LOG}; its last lines:{tail}")


def packages():
    """What lies in the environment. Any package changes it: the names hold the versions."""
    return {path.name for path in Path(".venv").glob("lib/*/site-packages/*")}


def install_packages(kind, environment):
    """Bring the packages of a lock into the environment: by uv, or else by pip."""
    making = f"making .venv with Python {'.'.join(map(str, sys.version_info[:3]))}"
    make = (sys.executable, "-m", "venv", "--clear", ".venv")
    whole = installed()
    # First of all: what is left of an environment must not pass for a whole one.
    STAMP.unlink(missing_ok=True)
    if whole[1:4] != stamp(kind)[1:4]:
        whole = []
        must(step(making, make, environment))
        free = shutil.disk_usage(".venv").free // 1_000_000
        if free < NEEDED[kind]:
            fail(
                f"needs about {NEEDED[kind]} MB of disk, and there are {free}; free some, or move "
                "the project to a larger disk, then again"
            )
    before = packages()
    try:
        tools = (*PIP, "--only-binary", ":all:", *HASHED, UV_LOCK, "-r", BUILD_LOCK)
        if step("getting uv and the build tools", tools, environment):
            listed = subprocess.check_output((*PIP[:3], "config", "list"), env=environment)
            options, told = told_to_uv(pip_settings(listed.decode()), environment)
            # --exact: what an earlier lock had and this one has not goes.
            by_uv = (*UV, *options, "--exact", *HASHED, BUILD_LOCK, "-r", LOCKS[kind])
            if step(f"installing {LOCKS[kind]}", by_uv, told):
                return
            if packages() != before:
                must(step(making, make, environment))
        print(f"uv failed, as {LOG} says; pip takes a minute or two")
        for lock in (BUILD_LOCK, LOCKS[kind]):
            must(step(f"installing {lock} with pip", (*PIP, *HASHED, lock), environment))
    finally:
        if whole and packages() == before:
            write_stamp(whole)


def quote_programs():
    """Let the programs that pip installed start in any path, as those that uv installed do.

    A path with blanks pip writes between double quotes into a line of shell, and a long one bare:
    there `$` and `"` mean something.
    """
    python = os.path.abspath(PYTHON)
    start = "#!/bin/sh\n'''exec' {} "
    right = start.format(shlex.quote(python)).encode()
    for program in filter(Path.is_file, Path(".venv/bin").iterdir()):
        for wrong in (start.format(f'"{python}"').encode(), start.format(python).encode()):
            if program.read_bytes().startswith(wrong):
                program.write_bytes(right + program.read_bytes().removeprefix(wrong))


def main(kind):
    """Bring the environment up to date."""
    for name in (UV_LOCK, BUILD_LOCK, LOCKS[kind]):
        if not Path(name).exists():
            fail(f"{name} is missing; 'git checkout -- {name}' brings it back")
    # An environment to test in runs the project too.
    sufficient = [stamp(each) for each in dict.fromkeys((kind, "dev"))]
    if installed() in sufficient:
        return
    take_lock()
    if installed() in sufficient:
        return
    environment = {name: value for name, value in os.environ.items() if name not in ASTRAY}
    environment.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    environment.update(UV_PYTHON_DOWNLOADS="never")
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text(f"{time.ctime()}\n{kind}, {sys.executable}\n", encoding="utf-8")
    new = next((each for each in sufficient if installed()[:-1] == each[:-1]), None)
    if new is None:
        new = stamp(kind)
        install_packages(kind, environment)
    must(step("installing the project itself", (*PIP, "-e", "."), environment))
    quote_programs()
    write_stamp(new)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        fail("interrupted; run it again")
    except OSError as error:
        fail(
            f"{error.filename or os.getcwd()}: {error.strerror}; the project has to be in a folder "
            "of yours, on a disk with room"
        )
