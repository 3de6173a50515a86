"""A git server on loopback: git's own `http-backend` behind Python's `http.server`.

It speaks the protocol of the real hosts, counts what travels, and can be told to misbehave.
It ends with its `with` block; its threads are daemons and end with the process at the latest.
"""

from __future__ import annotations

import gzip
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: Bytes that are passed on at once.
_CHUNK = 1 << 16


@dataclass
class Request:
    """One request, and what was sent for it."""

    number: int
    method: str
    path: str
    #: Bytes of the answer's body.
    sent: int = 0
    #: The body as it came, which may be compressed.
    body: bytes = field(default=b"", repr=False)

    def wanted(self) -> list[str]:
        """Ids of the objects that are asked for."""
        plain = gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body
        return [part[:40].decode() for part in plain.split(b"want ")[1:]]


#: What a server does with a request before it answers: an HTTP status ends it there, and
#: a number of bytes given as `Cut(bytes)` ends the answer after them.
Behaviour = Callable[[Request], "int | Cut | None"]


@dataclass(frozen=True)
class Cut:
    """Reset the connection after so many bytes of the answer."""

    after: int


class GitServer:
    """Serves the repositories below a folder over HTTP.

    Use as a context manager; `url` is then the address of the folder.

    Parameters
    ----------
    root : Path
        The folder.
    behaviour : callable, optional
        Called with each `Request` before it is answered.
    environment : mapping, optional
        Added to the environment of `git http-backend`, for example ``GIT_PROTOCOL``.
    """

    def __init__(
        self,
        root: Path,
        behaviour: Behaviour | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.behaviour = behaviour
        self._lock = threading.Lock()
        self._environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            # The host's configuration must not decide what the server allows.
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **(environment or {}),
        }
        handler = type("Handler", (_Handler,), {"git_server": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Address of the folder, without a slash at its end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def bytes_sent(self) -> int:
        """Bytes of all answers' bodies up to now."""
        with self._lock:
            return sum(request.sent for request in self.requests)

    def __enter__(self) -> GitServer:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def register(self, method: str, path: str, body: bytes) -> Request:
        """Note a request."""
        with self._lock:
            request = Request(len(self.requests), method, path, body=body)
            self.requests.append(request)
        return request

    def backend(self, variables: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start git's part of an answer."""
        return subprocess.Popen(
            ["git", "http-backend"],
            env={**self._environment, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


class _Handler(BaseHTTPRequestHandler):
    git_server: GitServer

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _serve(self, body: bytes) -> None:
        request = self.git_server.register(self.command, self.path, body)
        told = self.git_server.behaviour(request) if self.git_server.behaviour else None
        if isinstance(told, int):
            self.send_response(told)
            if told == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        variables = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            # git compresses its longer requests, and asks for protocol version 2 here.
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        with self.git_server.backend(variables) as backend:
            try:
                self._pass_on(backend, request, body, told.after if told else None)
            except (BrokenPipeError, ConnectionResetError):
                backend.kill()  # The client has gone.

    def _pass_on(
        self, backend: subprocess.Popen[bytes], request: Request, body: bytes, limit: int | None
    ) -> None:
        assert backend.stdin and backend.stdout
        backend.stdin.write(body)
        backend.stdin.close()
        status, headers = 200, []
        while line := backend.stdout.readline().strip():
            name, _, value = line.decode().partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        while chunk := backend.stdout.read1(_CHUNK):
            if limit is not None and request.sent + len(chunk) > limit:
                self.wfile.write(chunk[: limit - request.sent])
                request.sent = limit
                self._reset()
                backend.kill()
                return
            request.sent += len(chunk)
            self.wfile.write(chunk)

    def _reset(self) -> None:
        """End the connection as a broken line does, not as the end of an answer."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


#: What a path of a commit is: a content, a link's target, or the commit of a submodule.
@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """A submodule."""

    commit: str


Tree = Mapping[str, "bytes | Link | Submodule"]


def make_repository(path: Path, trees: Sequence[Tree], *, partial: bool = True) -> list[str]:
    """Make a bare repository with one commit a tree, each on the one before.

    Parameters
    ----------
    path : Path
        Where; it must not exist.
    trees : sequence of mappings
        All files of each commit.
    partial : bool, default True
        The server may send a part of it.

    Returns
    -------
    list of str
        The commits' ids.
    """
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--bare", ".")
    for name in ("allowFilter", "allowAnySHA1InWant"):
        git(path, "config", f"uploadpack.{name}", "true" if partial else "false")
    # Random bytes do not get smaller: do not try.
    git(path, "config", "core.compression", "0")
    stream: list[bytes] = []
    marks: dict[bytes, int] = {}
    for number, tree in enumerate(trees, start=1):
        lines = [f"commit refs/heads/main\nmark :{number}\n".encode()]
        lines += [b"committer A <a@example.org> %d +0000\ndata 0\ndeleteall\n" % number]
        for name, content in tree.items():
            if isinstance(content, Submodule):
                lines.append(f"M 160000 {content.commit} {name}\n".encode())
                continue
            mode, data = "100644", content
            if isinstance(content, Link):
                mode, data = "120000", content.target.encode()
            if data not in marks:  # The commits share most contents.
                marks[data] = 1000 + len(marks)
                stream.append(b"blob\nmark :%d\ndata %d\n%s\n" % (marks[data], len(data), data))
            lines.append(f"M {mode} :{marks[data]} {name}\n".encode())
        stream += lines
    git(path, "fast-import", "--quiet", f"--export-marks={path}/marks", data=b"".join(stream))
    commits = dict(line.split() for line in (path / "marks").read_text().splitlines())
    return [commits[f":{number}"] for number in range(1, len(trees) + 1)]


def git(path: Path, *arguments: str, data: bytes = b"") -> str:
    """Run git in a folder and return what it writes."""
    done = subprocess.run(
        ["git", *arguments], cwd=path, input=data, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def instead_of(url: str, mirror: str) -> dict[str, str]:
    """Variables with which git takes what begins with an address from a mirror."""
    key = f"url.{mirror}.insteadOf"
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": url}
