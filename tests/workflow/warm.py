"""A Python that has imported what the workflow needs, and runs each command in a copy of itself.

Importing takes most of what a small run takes: Snakemake one second of processor time, and each
script pandas, pyarrow, scipy and seaborn, another one to two; the tests run some fifty workflows
of some ten scripts each. A copy (`os.fork`) has nothing imported but these packages: the
project's own modules, the settings and the plugins are found anew in each.

Snakemake starts a script with the Python that it runs in itself. Within a copy that is a command
which hands the script over to the same server (`warm_client.py`).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from workflow.warm_client import hand_over

#: What it has imported: packages of others only.
PACKAGES = ("snakemake.cli", "pandas", "pyarrow.compute", "pyarrow.parquet", "scipy.stats")
PACKAGES += ("seaborn", "jinja2", "jsonschema", "yaml")

_SERVER = """
import atexit, gc, importlib, json, os, runpy, select, signal, socket, sys, threading, traceback

address, python, *packages = sys.argv[1:]
for name in packages:
    importlib.import_module(name)


def end(status):
    # As the interpreter ends, but for what takes it a second: to take all modules apart.
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def run(asked):
    # Snakemake starts scripts by `sys.executable`: they come back to this server. What scripts
    # start themselves has pipes to them, which nobody hands over.
    if ".snakemake/scripts" not in asked["arguments"][0]:
        sys.executable = python
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    first, *rest = asked["arguments"]
    if first == "-c":
        sys.path[0] = ""
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    elif first == "-m":
        sys.path[0] = asked["folder"]
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(first)
        sys.argv = [first, *rest]
        runpy.run_path(first, run_name="__main__")


def serve(connection):
    # Returns only in the copy that is to run the command.
    said, files, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    while not said.endswith(b"\\n"):
        said += connection.recv(1 << 16)
    copy = os.fork()
    if copy:
        status = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        connection.sendall(str(status).encode())
        os._exit(0)
    connection.close()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    # Those of the server know of its own files whether one can seek in them.
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", buffering=1, closefd=False, errors="backslashreplace")
    return json.loads(said)


# Else the first collection of each copy writes to all memory, and has to copy it.
gc.collect()
gc.freeze()
listening = socket.socket(socket.AF_UNIX)
listening.bind(address)
listening.listen(64)
print("listening", flush=True)
# Nobody waits for those that wait for the copies.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    ready, _, _ = select.select([listening, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    connection, _ = listening.accept()
    if os.fork():
        connection.close()
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    listening.close()
    asked = serve(connection)
    try:
        run(asked)
    except SystemExit as error:
        if not isinstance(error.code, int | None):
            print(error.code, file=sys.stderr)
        end(error.code if isinstance(error.code, int) else int(error.code is not None))
    except BaseException:
        traceback.print_exc()
        end(1)
    end(0)
"""


class WarmPython:
    """Runs commands of this Python in copies of one that has imported.

    Attributes
    ----------
    python : Path
        A command that takes ``-c``, ``-m`` or a script, as Python does, and has it run so.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._address = str(folder / "socket")
        client = Path(__file__).with_name("warm_client.py")
        command = [sys.executable, "-I", "-S", str(client), self._address]
        self.python = folder / "python"
        self.python.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        self.python.chmod(0o755)
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, self._address, str(self.python), *PACKAGES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._server.stdout
        if not self._server.stdout.readline():
            raise RuntimeError(f"it has ended with status {self._server.wait()}")

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command, as `subprocess.run` does with what it prints captured.

        Parameters
        ----------
        arguments : sequence of str
            What stands behind ``python``: ``-c`` and code, ``-m`` and a module, or a script.
        folder : Path
            Where it runs.
        environment : mapping of str to str
            Its variables.
        """
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            with open(os.devnull, encoding="utf-8") as nothing:
                files = [file.fileno() for file in (nothing, out, err)]
                status = hand_over(self._address, arguments, str(folder), environment, files)
            out.seek(0)
            err.seek(0)
            texts = {"stdout": out.read(), "stderr": err.read()}
        return subprocess.CompletedProcess([sys.executable, *arguments], status, **texts)

    def close(self) -> None:
        """End the server."""
        self._server.communicate()
        self._folder.cleanup()
