"""A Python that has imported Snakemake once, and runs each command in a copy of itself.

Importing Snakemake takes more than half of what it takes to start it, a second of processor
time, and the tests start it some fifty times. A copy (`os.fork`) has nothing imported but
Snakemake itself: the project's modules, the settings and the plugins are found anew in each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_SERVER = """
import json, os, runpy, sys
import snakemake.cli

for line in sys.stdin:
    asked = json.loads(line)
    copy = os.fork()
    if copy:
        print(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]), flush=True)
        continue
    for number, name in enumerate((os.devnull, asked["stdout"], asked["stderr"])):
        file = os.open(name, os.O_WRONLY if number else os.O_RDONLY)
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    first, *rest = asked["arguments"]
    if first == "-m":
        sys.path[0] = asked["folder"]
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(first)
        sys.argv = [first, *rest]
        runpy.run_path(first, run_name="__main__")
    break
"""


class WarmPython:
    """Runs commands of this Python that use Snakemake, one at a time."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command, as `subprocess.run` does with what it prints captured.

        Parameters
        ----------
        arguments : sequence of str
            What stands behind ``python``: ``-m`` and a module, or the path of a script.
        folder : Path
            Where it runs.
        environment : mapping of str to str
            Its variables.
        """
        with tempfile.TemporaryDirectory() as temporary:
            printed = {name: Path(temporary, name) for name in ("stdout", "stderr")}
            for file in printed.values():
                file.touch()
            asked = {
                "arguments": list(arguments),
                "folder": str(folder),
                "environment": dict(environment),
                **{name: str(file) for name, file in printed.items()},
            }
            assert self._server.stdin and self._server.stdout
            print(json.dumps(asked), file=self._server.stdin, flush=True)
            answer = self._server.stdout.readline()
            if not answer:
                raise RuntimeError(f"it has ended with status {self._server.wait()}")
            status = int(answer)
            texts = {name: file.read_text(encoding="utf-8") for name, file in printed.items()}
        return subprocess.CompletedProcess([sys.executable, *arguments], status, **texts)

    def close(self) -> None:
        """End the server."""
        self._server.communicate()
