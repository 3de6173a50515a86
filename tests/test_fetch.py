"""Fetching over git's own protocol: what travels, what arrives, and what goes wrong."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import git_server
import pytest
from git_server import Cut, GitServer, Link, Request, Submodule, instead_of, make_repository
from remedies import follow

from emergence import sums
from emergence.errors import InputError
from emergence.progress import Progress, shown
from emergence.raw.fetching import fetch
from emergence.raw.git import failures
from emergence.raw.git.command import Patience
from emergence.raw.git.failures import GitFailure, failure
from emergence.raw.git.selection import select, translated
from emergence.raw.git.store import Content, Store, TreeEntry
from emergence.raw.manifest import MANIFEST, differences

TASKS = "bigbench/benchmark_tasks"
PATTERN = f"{TASKS}/*/results/scores_*.json"

#: No wait that a test would feel.
QUICK = Patience(waits=(0.01, 0.01), first_waits=(0.01,), silence=60, first_silence=60)

#: The random bytes beside the scores, which must not travel.
DECOYS = 30_000_000


def scores(seed: int) -> bytes:
    """A score file's worth of text; two alike never occur."""
    return f'{{"scores": [{random.Random(seed).random()}],\r\n "model": {seed}}}\n'.encode() * 20


def tree() -> dict[str, bytes]:
    """240 score files of 12 tasks, and what lies around them upstream."""
    files = {
        f"{TASKS}/task_{task}/results/scores_F_model {model}.json": scores(100 * task + model)
        for task in range(12)
        for model in range(20)
    }
    files[f"{TASKS}/task_0/task.json"] = b"{}"
    files[".gitattributes"] = b"*.json text eol=crlf filter=lfs\n*.lrz filter=lfs\n"
    return files


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Upstream:
    """A repository in upstream's layout: two commits, the second with one file changed."""
    root = tmp_path_factory.mktemp("served here")
    first = tree()
    for task in range(3):
        log = random.Random(task).randbytes(DECOYS // 3)
        first[f"{TASKS}/task_{task}/results/full-logs_F.tar.lrz"] = log
    second = {**first, f"{TASKS}/task_3/results/scores_F_model 3.json": scores(-1)}
    commits = make_repository(root / "upstream.git", [first, second])
    return Upstream(root, commits[0], commits[1], second)


class Upstream:
    """The repository, and what is in it."""

    def __init__(self, root: Path, first: str, second: str, tree: dict[str, bytes]) -> None:
        self.root, self.first, self.second, self.tree = root, first, second, tree

    def asked(self, commit: str = "") -> dict:
        """What the registry would say."""
        return of_git("https://git.example.org/upstream.git", commit or self.second, PATTERN)

    def scores(self) -> dict[str, bytes]:
        """The score files of the second commit."""
        return {path: data for path, data in self.tree.items() if "/scores_" in path}

    def blobs(self) -> set[str]:
        """Their ids."""
        return {
            hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            for data in self.scores().values()
        }


@pytest.fixture
def server(upstream: Upstream) -> Iterator[GitServer]:
    """The repository over HTTP."""
    with GitServer(upstream.root) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The dataset's folder, in a path with a space in it."""
    return tmp_path / "data raw" / "bigbench"


def of_git(url: str, commit: str, *files: str) -> dict:
    """What the registry says of a dataset."""
    return {"kind": "git", "url": url, "commit": commit, "files": list(files)}


def get(asked: dict, folder: Path, address: str, **more: object) -> dict:
    """Fetch without waiting, from a mirror that git knows; return the manifest."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in instead_of(asked["url"], address).items():
            patch.setenv(name, value)
        refused = fetch(asked, folder, **{"patience": QUICK, **more})
    manifest = sums.read(folder / MANIFEST)
    assert manifest["refused"] == refused
    return manifest


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestWhatArrives:
    @pytest.mark.parametrize("protocol", ["http", "file"])
    def test_the_needed_files_and_no_others(
        self, upstream: Upstream, server: GitServer, folder: Path, protocol: str
    ) -> None:
        """Of 240 score files all arrive with their bytes; of 30 MB beside them, nothing."""
        address = {
            "http": f"{server.url}/upstream.git",
            "file": (upstream.root / "upstream.git").as_uri(),
        }[protocol]
        done = get(upstream.asked(), folder, address)
        assert files_below(folder / "files") == upstream.scores()
        assert done["refused"] == []
        if protocol == "http":
            assert 100_000 < server.bytes_sent < DECOYS / 60
        travelled = sum(len(data) for data in files_below(folder / "git").values())
        assert travelled < DECOYS / 100

    def test_the_manifest(self, upstream: Upstream, server: GitServer, folder: Path) -> None:
        """What was asked for, and digests that are taken here from the original bytes."""
        done = get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert done["asked"] == upstream.asked()
        assert done["files"] == {
            path: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for path, data in upstream.scores().items()
        }

    def test_nothing_of_the_machine_or_the_mirror_is_in_the_outputs(
        self, upstream: Upstream, server: GitServer, tmp_path: Path
    ) -> None:
        """The same commit gives the same bytes, wherever it came from."""
        here, there = tmp_path / "here", tmp_path / "there"
        get(upstream.asked(), here, f"{server.url}/upstream.git")
        get(upstream.asked(), there, (upstream.root / "upstream.git").as_uri(), batch=7)
        assert (here / MANIFEST).read_bytes() == (there / MANIFEST).read_bytes()
        assert server.url not in (here / MANIFEST).read_text()

    def test_in_batches(self, upstream: Upstream, server: GitServer, folder: Path) -> None:
        """240 contents in batches of 100: three requests ask for contents, none twice."""
        get(upstream.asked(), folder, f"{server.url}/upstream.git", batch=100)
        first, *others = [request.wanted() for request in server.requests if request.wanted()]
        assert first == [upstream.second]
        assert [len(ids) for ids in others] == [100, 100, 40]
        assert {blob for ids in others for blob in ids} == upstream.blobs()

    def test_the_user_s_configuration_changes_no_byte_and_runs_nothing(
        self, upstream: Upstream, server: GitServer, folder: Path, tmp_path, monkeypatch
    ) -> None:
        """Line endings, hooks, templates, helpers, and a GIT_DIR that points elsewhere."""
        ran = tmp_path / "ran"
        hooks = tmp_path / "template/hooks"
        hooks.mkdir(parents=True)
        for name in ("reference-transaction", "post-checkout", "pre-auto-gc"):
            (hooks / name).write_text(f"#!/bin/sh\ntouch '{ran}'\n")
            (hooks / name).chmod(0o755)
        (tmp_path / "config").write_text(
            f"""
[core]
    autocrlf = true
    hooksPath = "{hooks}"
    askPass = touch '{ran}'; false
[init]
    templateDir = "{tmp_path}/template"
[credential]
    helper = "!touch '{ran}'; false"
[gc]
    auto = 1
[filter "lfs"]
    smudge = "touch '{ran}'; false"
    required = true
"""
        )
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_TRACE", "1")
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert files_below(folder / "files") == upstream.scores()
        assert not ran.exists()
        assert not (tmp_path / "elsewhere").exists()

    def test_a_proxy_of_the_user_s_configuration_is_used(
        self, upstream: Upstream, server: GitServer, folder: Path, tmp_path, monkeypatch
    ) -> None:
        """The host does not exist: only git's own http.proxy can have led to the server."""
        (tmp_path / "config").write_text(f"[http]\n    proxy = {server.url}\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)

        with pytest.raises(InputError):  # This server is none that answers for others.
            get(upstream.asked(), folder, "http://host.invalid/upstream.git")
        assert server.requests[0].path.startswith("http://host.invalid/upstream.git/")

    def test_links_submodules_and_ways_out_are_refused(self, tmp_path: Path) -> None:
        """A path that could lead elsewhere becomes no file, is named, and stops nothing."""
        trees = [
            {
                "a/scores.json": b"1",
                "b/scores.json": Link("/etc/passwd"),
                "c/scores.json": Submodule("1" * 40),
            }
        ]
        (commit,) = make_repository(tmp_path / "odd.git", trees)
        done = get(
            of_git("https://example.org/odd.git", commit, "*/scores.json"),
            tmp_path / "odd",
            (tmp_path / "odd.git").as_uri(),
        )
        assert files_below(tmp_path / "odd/files") == {"a/scores.json": b"1"}
        assert done["refused"] == [
            {"path": "b/scores.json", "reason": "is a symbolic link: only regular files are taken"},
            {"path": "c/scores.json", "reason": "is a submodule: only regular files are taken"},
        ]

    def test_a_path_that_no_file_can_have(self, tmp_path: Path) -> None:
        """`..` in a tree, bytes that are no text, a name too long: the others are written."""
        repository = tmp_path / "odd.git"
        make_repository(repository, [{"a/b": b"1"}])
        blob = git_server.git(repository, "rev-parse", "main:a/b")
        inner = git_server.git(repository, "mktree", data=f"100644 blob {blob}\tx.json\n".encode())
        long = "n" * 300
        lines = f"040000 tree {inner}\t..\n040000 tree {inner}\tgood\n040000 tree {inner}\t{long}\n"
        outer = git_server.git(
            repository, "mktree", data=lines.encode() + b"040000 tree %s\t\xff\n" % inner.encode()
        )
        made = git_server.git(
            repository, "-c", "user.name=n", "-c", "user.email=e@example.org",
            "commit-tree", "-m", "odd", outer,
        )  # fmt: skip
        git_server.git(repository, "update-ref", "refs/heads/main", made)
        done = get(
            of_git("https://example.org/odd.git", made, "*/x.json"),
            tmp_path / "odd",
            repository.as_uri(),
        )
        assert files_below(tmp_path / "odd/files") == {"good/x.json": b"1"}
        assert not (tmp_path / "odd/x.json").exists()
        reasons = {row["path"][:4]: row["reason"] for row in done["refused"]}
        assert "leads out of the folder" in reasons["../x"]
        assert reasons["\\xff"] == "is not UTF-8 text"
        assert "cannot be a file here" in reasons["nnnn"]

    def test_a_pattern_that_fits_nothing(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """The commit is pinned: a pattern without a file is a mistake in the registry."""
        wanted = of_git("https://example.org/x.git", upstream.second, PATTERN, "scores/*.json")
        with pytest.raises(InputError, match=r"no file of the commit fits scores/\*\.json"):
            get(wanted, folder, f"{server.url}/upstream.git")
        assert not (folder / "manifest.json").exists()


#: Ends its process as `kill -9` does, at the n-th call of a method of its progress.
KILLED = """
import os, sys, signal
from pathlib import Path
from emergence.progress import Progress
from emergence.raw.fetching import fetch

where, count, url, commit, pattern, folder = sys.argv[1:]

class Killed(Progress):
    calls = 0
    def __getattribute__(self, name):
        what, _, method = where.rpartition(":")
        if name == method and what in self.__dict__.get("_what", ""):
            Killed.calls += 1
            if Killed.calls == int(count):
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__getattribute__(name)

asked = {"kind": "git", "url": url, "commit": commit, "files": [pattern]}
fetch(asked, Path(folder), batch=60, progress=Killed())
"""


def killed(upstream: Upstream, folder: Path, address: str, where: str, count: int) -> list[str]:
    """The command."""
    arguments = (where, count, address, upstream.second, PATTERN, folder)
    return [sys.executable, "-c", KILLED, *map(str, arguments)]


@pytest.mark.system
class TestInterrupted:
    @pytest.mark.parametrize(
        ("where", "count", "files_asked_again"),
        [
            ("doing", 1, 240),  # before anything is asked for
            ("heard", 1, 240),  # while the list of files travels
            ("files fetched:reached", 2, 120),  # two batches of 60 are there
            ("files written:reached", 100, 0),  # while the files are written
        ],
    )
    def test_killed_and_run_again(
        self,
        upstream: Upstream,
        server: GitServer,
        folder: Path,
        where: str,
        count: int,
        files_asked_again: int,
    ) -> None:
        """After kill -9 nothing looks complete, and nothing that arrived is asked for again."""
        address = f"{server.url}/upstream.git"
        done = subprocess.run(killed(upstream, folder, address, where, count), check=False)
        assert done.returncode == -signal.SIGKILL
        assert list(differences(folder)) == [(MANIFEST, "is missing")]
        assert not (folder / "files").exists()

        before = len(server.requests)
        get(upstream.asked(), folder, address)
        again = [blob for r in server.requests[before:] for blob in r.wanted()]
        assert len(set(again) & upstream.blobs()) == files_asked_again
        assert files_below(folder / "files") == upstream.scores()
        assert list(differences(folder, upstream.asked())) == []
        assert not (folder / "files.partial").exists()

    def test_killed_while_a_batch_travels(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """git itself is killed in its second batch: the first is kept, the second asked again."""
        asking = threading.Event()
        gone = threading.Event()

        def hold(request: Request) -> None:
            if sum(bool(r.wanted()) for r in server.requests) == 3 and request.wanted():
                asking.set()
                gone.wait(60)

        server.behaviour = hold
        address = f"{server.url}/upstream.git"
        command = killed(upstream, folder, address, "never", 0)
        with subprocess.Popen(command, start_new_session=True) as running:
            assert asking.wait(300)
            os.killpg(running.pid, signal.SIGKILL)
        gone.set()
        server.behaviour = None
        before = len(server.requests)
        get(upstream.asked(), folder, address)
        again = [blob for r in server.requests[before:] for blob in r.wanted()]
        assert len(again) == 180
        assert files_below(folder / "files") == upstream.scores()

    def test_what_a_killed_git_leaves_is_no_obstacle(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """Stale locks stop git, half a pack fills the disk, a cut configuration is none."""
        address = f"{server.url}/upstream.git"
        get(upstream.asked(upstream.first), folder, address)
        store = folder / "git"
        for name in ("shallow.lock", "config.lock", "objects/pack/tmp_pack_x"):
            (store / name).write_bytes(b"left behind")
        (store / "config").write_bytes(b"[co")
        (folder / "files.partial/left").mkdir(parents=True)
        get(upstream.asked(), folder, address)
        assert files_below(folder / "files") == upstream.scores()
        assert not list(store.glob("*.lock"))
        assert not list(store.glob("objects/pack/tmp_*"))

    def test_a_changed_commit_fetches_what_differs(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """One of 240 files changed: one content is asked for, and the manifest names the new."""
        address = f"{server.url}/upstream.git"
        get(upstream.asked(upstream.first), folder, address)
        before = len(server.requests)
        done = get(upstream.asked(), folder, address)
        again = [blob for r in server.requests[before:] for blob in r.wanted()]
        assert len(set(again) & upstream.blobs()) == 1
        assert done["asked"]["commit"] == upstream.second
        assert files_below(folder / "files") == upstream.scores()

    def test_without_a_network_when_all_is_there(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """The step runs again when its code changes: that must not need the network."""
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        before = len(server.requests)
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert len(server.requests) == before

    def test_an_old_mark_does_not_outlive_a_failure(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """The registry names another commit that cannot be had: the old files are not it."""
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        with pytest.raises(InputError):
            get(upstream.asked("1" * 40), folder, f"{server.url}/upstream.git")
        assert not (folder / MANIFEST).exists()

    def test_two_at_once(self, upstream: Upstream, server: GitServer, folder: Path) -> None:
        """The step of a killed run may still work: the next is told by whom."""
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        with filelock.FileLock(folder / "git/in-use"):
            (folder / "git/in-use").write_text("4711")
            with pytest.raises(InputError, match="process 4711 is fetching into it"):
                get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert (folder / "manifest.json").exists()


def said(error: pytest.ExceptionInfo[InputError]) -> str:
    """The whole message, which must say what still works."""
    text = str(error.value)
    assert "cannot be fetched" in text
    assert "What still works: `make report`" in text
    return text


@pytest.mark.system
class TestServersThatFail:
    def test_no_partial_clone(self, upstream: Upstream, tmp_path: Path) -> None:
        """It would send 30 MB in silence: it is left before it sends 10 kB."""
        shutil.copytree(upstream.root / "upstream.git", tmp_path / "served/upstream.git")
        git_server.git(
            tmp_path / "served/upstream.git", "config", "uploadpack.allowFilter", "false"
        )
        with GitServer(tmp_path / "served") as server:
            with pytest.raises(InputError) as error:
                get(upstream.asked(), tmp_path / "raw/x", f"{server.url}/upstream.git")
            assert "cannot send a part of a repository" in said(error)
            assert "allow_full_clone" in said(error)
            assert "insteadOf" in said(error)
            assert server.bytes_sent < 10_000
            assert not (tmp_path / "raw/x").exists()

            get(
                upstream.asked(),
                tmp_path / "raw/x",
                f"{server.url}/upstream.git",
                allow_full_clone=True,
            )
            assert files_below(tmp_path / "raw/x/files") == upstream.scores()
            assert server.bytes_sent > DECOYS

    def test_contents_that_were_not_asked_for(
        self, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Were git's warning worded otherwise, what arrived would still tell."""
        shutil.copytree(upstream.root / "upstream.git", tmp_path / "upstream.git")
        git_server.git(tmp_path / "upstream.git", "config", "uploadpack.allowFilter", "false")
        monkeypatch.setattr(failures, "_MEANINGS", failures._MEANINGS[1:])
        with pytest.raises(InputError, match="cannot send a part of a repository"):
            get(upstream.asked(), tmp_path / "raw/x", (tmp_path / "upstream.git").as_uri())
        assert not (tmp_path / "raw/x/manifest.json").exists()

    def test_an_unknown_commit(self, upstream: Upstream, server: GitServer, folder: Path) -> None:
        """One message with the commit; a first try that brought nothing leaves nothing."""
        with pytest.raises(InputError) as error:
            get(upstream.asked("1" * 40), folder, f"{server.url}/upstream.git")
        assert f"does not have the commit {'1' * 40}, or does not send it" in said(error)
        assert "Correct `commit` in the registry" in said(error)
        assert not folder.exists()

    @pytest.mark.parametrize(
        ("status", "words", "attempts"),
        [
            (401, "asks for a password", 1),
            (403, "asks for a password or refuses access", 1),
            (404, "there is no git repository at", 1),
            (503, "broke several times", 2),
        ],
    )
    def test_a_status(
        self,
        upstream: Upstream,
        server: GitServer,
        folder: Path,
        status: int,
        words: str,
        attempts: int,
    ) -> None:
        """Nobody is asked for a password, and only what may pass is tried again."""
        server.behaviour = lambda request: status
        with pytest.raises(InputError) as error:
            get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert words in said(error)
        assert ".insteadOf https://git.example.org/\n" in said(error)
        assert f"A mirror was used already: {server.url}" in said(error)
        assert len(server.requests) == attempts
        assert not folder.exists()

    def test_nobody_is_there(self, upstream: Upstream, folder: Path) -> None:
        """Without a network the message comes at once."""
        began = time.monotonic()
        with pytest.raises(InputError) as error:
            get(upstream.asked(), folder, "http://me:secret@127.0.0.1:1/x.git", patience=Patience())
        assert "127.0.0.1 cannot be reached" in said(error)
        used = "http://127.0.0.1:1/x.git for https://git.example.org/upstream.git"
        assert f"A mirror was used already: {used}." in said(error)
        assert "secret" not in said(error)
        assert time.monotonic() - began < 5
        assert not folder.exists()

    def test_the_mirror_that_a_message_names_is_used(
        self, upstream: Upstream, server: GitServer, folder: Path, tmp_path, monkeypatch
    ) -> None:
        """Its command with an address of one's own; of two that fit, git takes the longer."""
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        asked = upstream.asked() | {"url": "https://host.invalid/upstream.git"}
        with pytest.raises(InputError) as error:
            fetch(asked, folder, patience=QUICK)
        (command,) = re.findall(r"^ +(git config .*)$", said(error), re.M)
        mine = command.replace("https://mirror.example.org/", f"{server.url}/")
        shorter = f"git config --global url.{server.url}/none/.insteadOf https://host"
        subprocess.run(["sh", "-c", f"{mine} && {shorter}"], check=True)
        assert fetch(asked, folder, patience=QUICK) == []
        assert files_below(folder / "files") == upstream.scores()
        assert server.requests and str(server.url) not in (folder / MANIFEST).read_text()

    def test_a_host_that_is_silent(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """A firewall that drops packets: git would wait for minutes."""
        stop = threading.Event()
        server.behaviour = lambda request: stop.wait(20) and None
        with pytest.raises(InputError) as error:
            get(
                upstream.asked(),
                folder,
                f"{server.url}/upstream.git",
                patience=Patience(first_waits=(0.01, 0.01), first_silence=2),
            )
        stop.set()
        assert len(server.requests) == 1
        assert "gave no sign of life" in said(error)
        assert not folder.exists()

    def test_a_connection_that_drops_is_tried_again(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """Twice in the middle of a batch: two batches more, and all files in the end."""
        dropped = []

        def drop(request: Request) -> Cut | None:
            if len(request.wanted()) == 100 and len(dropped) < 2:
                dropped.append(request)
                return Cut(2000)
            return None

        server.behaviour = drop
        get(upstream.asked(), folder, f"{server.url}/upstream.git", batch=100)
        assert len(dropped) == 2
        assert [request.sent for request in dropped] == [2000, 2000]
        assert files_below(folder / "files") == upstream.scores()

    def test_a_line_that_stays_broken(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """Attempts are bounded; what arrived stays for the next run."""
        server.behaviour = lambda request: Cut(1000) if len(request.wanted()) > 1 else None
        with pytest.raises(InputError) as error:
            get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert "broke several times in a row" in said(error)
        assert sum(len(request.wanted()) > 1 for request in server.requests) == 3
        assert not (folder / "files").exists()
        before = len(server.requests)
        server.behaviour = None
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        again = [blob for r in server.requests[before:] for blob in r.wanted()]
        assert upstream.second not in again

    def test_a_server_that_lies(self, upstream: Upstream, tmp_path: Path) -> None:
        """One content is another than its id says: git finds out, and nothing looks complete."""
        files = {"a.json": b"the right content\n", "b.json": b"another content\n"}
        repository = tmp_path / "served/liar.git"
        repository.parent.mkdir()
        (commit,) = make_repository(repository, [files])
        a, b = (git_server.git(repository, "rev-parse", f"main:{name}") for name in files)
        packs = list((repository / "objects/pack").glob("*.pack"))
        for pack in packs:  # Each object becomes a file, so that one can take another's place.
            data = pack.read_bytes()
            for path in (pack, *pack.parent.glob(f"{pack.stem}.*")):
                path.unlink(missing_ok=True)
            git_server.git(repository, "unpack-objects", "-q", data=data)
        target = repository / f"objects/{a[:2]}/{a[2:]}"
        target.unlink()
        shutil.copyfile(repository / f"objects/{b[:2]}/{b[2:]}", target)
        with GitServer(repository.parent) as server, pytest.raises(InputError) as error:
            get(
                of_git("https://example.org/liar.git", commit, "*.json"),
                tmp_path / "raw/liar",
                f"{server.url}/liar.git",
            )
        assert "did not send what the commit names" in said(error)
        assert not (tmp_path / "raw/liar/manifest.json").exists()
        assert not (tmp_path / "raw/liar/files").exists()


def mount(disk: Path, size: str) -> None:
    """Mount a small disk of memory, or skip the test where that is not permitted."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        permitted = not any(
            words in done.stderr.lower()
            for words in ("permission denied", "permitted", "superuser", "unknown filesystem")
        )
        assert not (permitted and os.environ.get("REQUIRE_ALL") == "1"), done.stderr
        pytest.skip(f"mounting a small disk is not permitted here: {done.stderr.strip()}")


class TestThisMachineFails:
    def test_without_git(self, upstream: Upstream, folder: Path, monkeypatch) -> None:
        """One message; no traceback about a file that is not found."""
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(InputError) as error:
            get(upstream.asked(), folder, "http://127.0.0.1:1/x.git")
        assert "git cannot be run" in said(error)
        assert "Install git" in said(error)
        assert "mirror" not in said(error)
        assert not folder.exists()

    def test_with_an_old_git(self, upstream: Upstream, folder: Path, tmp_path, monkeypatch) -> None:
        """git 2.25 has no --stdin for fetch: say so rather than show its usage."""
        (tmp_path / "bin").mkdir()
        fake = tmp_path / "bin/git"
        fake.write_text("#!/bin/sh\necho git version 2.25.1\n")
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
        with pytest.raises(InputError) as error:
            get(upstream.asked(), folder, "http://127.0.0.1:1/x.git")
        assert "git is too old: 2.29 or later is needed" in said(error)
        assert "git version 2.25.1" in said(error)

    @pytest.mark.parametrize(
        ("size", "words"), [("200k", "the disk is full"), ("700k", "no space is left")]
    )
    def test_a_full_disk(
        self, upstream: Upstream, server: GitServer, tmp_path: Path, size: str, words: str
    ) -> None:
        """Once while git stores, once while files are written: one message, and resumable.

        The store takes about 400 kB, and each of the 240 files a page of 4 kB.
        """
        disk = tmp_path / "small disk"
        disk.mkdir()
        mount(disk, size)
        try:
            with pytest.raises(InputError) as error:
                get(upstream.asked(), disk / "raw/x", f"{server.url}/upstream.git")
            assert words in str(error.value)
            assert "Free some" in str(error.value)
            assert "run the same command again" in str(error.value)
            assert "mirror" not in str(error.value)
            assert not (disk / "raw/x/manifest.json").exists()
            assert not list((disk / "raw/x").glob("files*"))
            subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
            get(upstream.asked(), disk / "raw/x", f"{server.url}/upstream.git")
            assert files_below(disk / "raw/x/files") == upstream.scores()
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)

    def test_a_folder_that_cannot_be_written(self, upstream: Upstream, tmp_path: Path) -> None:
        """A file stands where the folder belongs."""
        (tmp_path / "raw").write_text("in the way")
        with pytest.raises(InputError, match="raw/x/git: Not a directory"):
            get(upstream.asked(), tmp_path / "raw/x", "http://127.0.0.1:1/x.git")

    def test_a_damaged_store(self, upstream: Upstream, server: GitServer, folder: Path) -> None:
        """Bytes that changed on this disk are found, with what to remove."""
        address = f"{server.url}/upstream.git"
        get(upstream.asked(), folder, address)
        pack = max((folder / "git/objects/pack").glob("*.pack"), key=lambda p: p.stat().st_size)
        pack.chmod(0o644)
        data = bytearray(pack.read_bytes())
        for at in range(len(data) // 3, len(data) // 3 + 40):
            data[at] ^= 0xFF
        pack.write_bytes(data)
        with pytest.raises(InputError) as error:
            get(upstream.asked(), folder, address)
        assert "damaged on this disk" in said(error)
        assert f"rm -r '{folder}/git'" in said(error)
        assert not (folder / "manifest.json").exists()
        follow(said(error))
        get(upstream.asked(), folder, address)
        assert files_below(folder / "files") == upstream.scores()

    def test_a_content_is_checked_against_its_id(self) -> None:
        """git could be wrong, or made to lie: its word is not taken for it."""
        data = io.BytesIO(b"other")
        with pytest.raises(GitFailure, match="is not what its id says"):
            Content("1" * 40, 5, data.read).copy(lambda piece: None)

    def test_a_content_that_breaks_off(self) -> None:
        """The process of git died in the middle of a file."""
        with pytest.raises(GitFailure, match="breaks off"):
            Content("1" * 40, 500, io.BytesIO(b"short").read).copy(lambda piece: None)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("a/*/c.json", "a/b/c.json", True),
        ("a/*/c.json", "a/b/b/c.json", False),
        ("a/*.json", "a/.json", True),
        ("**/c.json", "c.json", True),
        ("**/c.json", "a/b/c.json", True),
        ("a/**/c.json", "a/c.json", True),
        ("a/**/c.json", "ab/c.json", False),
        ("s?.json", "s1.json", True),
        ("s?.json", "s/.json", False),
        ("s[12].json", "s2.json", True),
        ("s[!12].json", "s2.json", False),
        ("s[!12].json", "s3.json", True),
        ("s[!a]t", "s/t", False),
        ("a.json", "aXjson", False),
        ("a+(b).json", "a+(b).json", True),
        ("a*", "a\nb", True),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    """A star stays within a folder; two stars and a slash are any number of folders."""
    assert bool(re.fullmatch(translated(pattern), path)) is fits


def test_a_path_that_stands_twice() -> None:
    """A tree made by hand may have it; which content is meant, nothing says."""
    entries = [TreeEntry("100644", "1" * 40, b"a"), TreeEntry("100644", "2" * 40, b"a")]
    refused: list[dict[str, str]] = []
    assert select(entries, ["a"], refused) == [("a", "1" * 40)]
    assert refused == [{"path": "a", "reason": "stands twice in the commit"}]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("fatal: unable to access 'https://h/x/': Could not resolve host: h", "unreachable"),
        ("fatal: unable to access 'https://h/': Could not resolve proxy: p", "unreachable"),
        ("fatal: unable to access 'https://h/': Failed to connect to h port 443", "unreachable"),
        ("fatal: unable to access 'x': SSL certificate problem: self-signed", "certificate"),
        ("fatal: unable to access 'x': server certificate verification failed.", "certificate"),
        ("fatal: could not read Username for 'x': terminal prompts disabled", "authentication"),
        ("fatal: unable to access 'x': The requested URL returned error: 403", "authentication"),
        ("fatal: repository 'https://h/x/' not found", "not_found"),
        ("fatal: https://h/x/info/refs not valid: is this a git repository?", "not_found"),
        ("fatal: '/x' does not appear to be a git repository", "not_found"),
        ("fatal: remote error: upload-pack: not our ref 11", "unknown_object"),
        ("error: Server does not allow request for unadvertised object 11", "unknown_object"),
        ("fatal: write error: No space left on device\nfatal: index-pack failed", "disk_full"),
        ("error: RPC failed; curl 56 Recv failure\nfatal: early EOF", "broken_off"),
        ("fatal: unable to access 'x': The requested URL returned error: 503", "broken_off"),
        ("warning: filtering not recognized by server, ignoring\nfatal: early EOF", "broken_off"),
        ("", "broken_off"),
    ],
)
def test_what_git_s_words_mean(words: str, kind: str) -> None:
    """Each kind has its own advice; what is not known is a line that broke off."""
    found = failure(words.splitlines())
    assert found.kind == kind
    assert found.words in words


class TestProgress:
    def test_a_line_in_the_log_now_and_then(
        self, upstream: Upstream, server: GitServer, folder: Path, caplog
    ) -> None:
        """With an interval of nothing, each batch and each word of git is a line."""
        caplog.set_level(logging.INFO, "emergence")
        progress = Progress(interval=0)
        get(upstream.asked(), folder, f"{server.url}/upstream.git", batch=100, progress=progress)
        lines = [record.getMessage() for record in caplog.records]
        assert any(line.startswith("files fetched: 100 of 240") for line in lines)
        assert any("Receiving objects" in line for line in lines)
        caplog.clear()
        get(upstream.asked(), folder, f"{server.url}/upstream.git")
        assert len(caplog.records) < 10  # Ten seconds have not passed.

    def test_a_bar_on_a_terminal_only(
        self, upstream: Upstream, server: GitServer, folder: Path
    ) -> None:
        """A log file must not fill with a bar's redrawing."""

        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        with shown(io.StringIO()) as progress:
            assert progress._bar is None
        screen = Terminal()
        with shown(screen) as progress:
            get(upstream.asked(), folder, f"{server.url}/upstream.git", progress=progress)
        assert "files written" in screen.getvalue()
        assert "240/240" in screen.getvalue()


def test_the_store_asks_for_nothing_by_itself(
    upstream: Upstream, server: GitServer, folder: Path
) -> None:
    """Reading a content that is not here must not fetch it behind our back, one by one."""
    store = Store(folder / "git", f"{server.url}/upstream.git", patience=QUICK)
    store.folder.mkdir(parents=True)
    store.prepare()
    entries = store.fetch_tree(upstream.second)
    before = len(server.requests)
    with pytest.raises(GitFailure, match="git has no content"):
        list(store.contents([entries[5].blob]))
    assert len(server.requests) == before
    assert store.objects() == set()
