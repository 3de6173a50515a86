"""Running git independently of the setup of user and host.

Proxies, certificates and ``insteadOf`` of the user's configuration pass through. What would
ask for a password, run a hook, take the settings of another repository or start a clean-up
does not.
"""

from __future__ import annotations

import codecs
import os
import re
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from emergence.raw.git.failures import PROGRESS, GitFailure, failure, meaning

#: The first version of git with all options that are used here (October 2020).
OLDEST = (2, 29)

#: Name of the remote in our store: none that a user's own configuration may know.
REMOTE = "emergence-source"

#: Variables of git that point to another repository, or write into what we read.
_FOREIGN = re.compile(
    r"GIT_(ALTERNATE_OBJECT_DIRECTORIES|CEILING_DIRECTORIES|COMMON_DIR|CONFIG|CURL_VERBOSE"
    r"|DEFAULT_HASH|DEFAULT_REF_FORMAT|DIR|GRAFT_FILE|IMPLICIT_WORK_TREE|INDEX_FILE|NAMESPACE"
    r"|OBJECT_DIRECTORY|PREFIX|PROTOCOL|QUARANTINE_PATH|REDIRECT_STD\w+|REF_PARANOIA"
    r"|REPLACE_REF_BASE|SHALLOW_FILE|TEMPLATE_DIR|TRACE\w*|TRANSFER_TRACE|WORK_TREE)"
)

_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_LFS_SKIP_SMUDGE": "1",
    # An object that is not here is found missing, never fetched one by one behind our back.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # git's words are read below.
    "LC_ALL": "C",
    "LANGUAGE": "C",
}

_SETTINGS = {
    "credential.helper": "",
    "core.askPass": "",
    "core.hooksPath": os.devnull,
    "protocol.version": "2",
    "gc.auto": "0",
    "maintenance.auto": "false",
}

#: That the store is a partial clone is said to the fetching commands only: it is not in the
#: store's configuration, so that no other command ever fetches.
_FETCH_SETTINGS = {
    f"remote.{REMOTE}.promisor": "true",
    f"remote.{REMOTE}.partialclonefilter": "blob:none",
    # Keep every pack as it came: small ones would become a file an object.
    "fetch.unpackLimit": "1",
    # What is here already is not said: we ask for nothing that is.
    "fetch.negotiationAlgorithm": "noop",
}

_FETCH = (
    *("fetch", "--progress", "--no-tags", "--no-write-fetch-head"),
    *("--recurse-submodules=no", "--filter=blob:none"),
)

_WORDS_KEPT = 30

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often to try again.

    Attributes
    ----------
    waits : tuple of float
        Seconds before each further attempt, once something has arrived.
    first_waits : tuple of float
        The same before anything has: without a network the answer comes within seconds.
    silence : float
        Seconds without a sign of life after which a command is given up.
    first_silence : float
        The same until the first sign.
    """

    waits: tuple[float, ...] = (1, 2, 4, 8)
    first_waits: tuple[float, ...] = (1,)
    silence: float = 60
    first_silence: float = 20


PATIENCE = Patience()


@dataclass(frozen=True)
class Git:
    """git on one store.

    Attributes
    ----------
    store : Path
        A bare repository, or where one is to be made.
    patience : Patience
        For the commands that use the network.
    """

    store: Path
    patience: Patience = PATIENCE

    def _command(self, settings: dict[str, str], arguments: Iterable[str]) -> list[str]:
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return ["git", f"--git-dir={self.store}", *options, *arguments]

    def run(self, *arguments: str) -> bytes:
        """Run a command that stays on this machine.

        Parameters
        ----------
        *arguments : str
            Of git.

        Returns
        -------
        bytes
            What it wrote.

        Raises
        ------
        GitFailure
            If it fails.
        """
        try:
            done = subprocess.run(
                self._command(_SETTINGS, arguments),
                capture_output=True,
                env=environment(),
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError as error:
            raise GitFailure("no_git", str(error)) from error
        if done.returncode:
            raise failure(done.stderr.decode(errors="replace").splitlines())
        return done.stdout

    @contextmanager
    def conversation(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command that answers line by line, and end it with the block.

        Parameters
        ----------
        *arguments : str
            Of git.

        Yields
        ------
        subprocess.Popen
            With pipes to its input and from its output.
        """
        process = subprocess.Popen(
            self._command(_SETTINGS, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        try:
            with process:
                yield process
        finally:
            process.kill()

    def fetch(
        self,
        *arguments: str,
        ids: Iterable[str] = (),
        full: bool = False,
        heard: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Run ``git fetch``, and give it up when it is silent for too long.

        Parameters
        ----------
        *arguments : str
            Besides those that every fetch has.
        ids : iterable of str
            Objects to ask for, on its standard input.
        full : bool, default False
            Go on where the server ignores the filter and sends everything.
        heard : callable
            Called with each line of git's progress, and with an empty text now and then.

        Raises
        ------
        GitFailure
            If it fails.
        """
        command = self._command(
            {**_SETTINGS, **_FETCH_SETTINGS},
            [*_FETCH, *arguments],
        )
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        try:
            with suppress(BrokenPipeError):  # It has ended already: its words say why.
                process.stdin.write("".join(f"{i}\n" for i in ids).encode())
            with suppress(BrokenPipeError):
                process.stdin.close()
            words = self._listen(process, full, heard)
            if process.wait():
                raise failure(words)
        finally:
            _end(process)

    def _listen(
        self, process: subprocess.Popen[bytes], full: bool, heard: Callable[[str], None]
    ) -> list[str]:
        """Return what git says that is no progress, when it has closed its messages."""
        words: deque[str] = deque(maxlen=_WORDS_KEPT)
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        pending = ""
        last_sign = time.monotonic()
        limit = self.patience.first_silence
        with selectors.DefaultSelector() as selector:
            selector.register(process.stderr, selectors.EVENT_READ)
            while True:
                if not selector.select(timeout=0.5):
                    heard("")
                    if time.monotonic() - last_sign > limit:
                        raise GitFailure("silent", f"no sign of life for {limit:.0f} seconds")
                    continue
                data = os.read(process.stderr.fileno(), _CHUNK)
                last_sign, limit = time.monotonic(), self.patience.silence
                *lines, pending = re.split(r"[\r\n]", pending + decode(data, not data))
                for line in filter(None, map(str.strip, lines if data else [*lines, pending])):
                    if PROGRESS.match(line):
                        heard(line)
                        continue
                    words.append(line)
                    if not full and meaning(line) == "no_filter":
                        # Said before anything is sent: this is where to stop.
                        raise GitFailure("no_filter", line)
                if not data:
                    return list(words)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and, by its own doing, the helpers that it has started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    process.stderr.close()


def environment() -> dict[str, str]:
    """Return the environment in which git runs here.

    Returns
    -------
    dict of str to str
        The caller's, without what ties it to another repository.
    """
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
    return {**kept, **_ENVIRONMENT}


def check_version() -> None:
    """Check that git is there and new enough.

    Raises
    ------
    GitFailure
        If it is not.
    """
    try:
        done = subprocess.run(
            ["git", "version"], capture_output=True, text=True, env=environment(), check=False
        )
    except OSError as error:
        raise GitFailure("no_git", str(error)) from error
    seen = re.search(r"(\d+)\.(\d+)", done.stdout)
    if not seen:
        raise GitFailure("no_git", (done.stderr or done.stdout).strip())
    if tuple(map(int, seen.groups())) < OLDEST:
        raise GitFailure("old_git", done.stdout.strip())
