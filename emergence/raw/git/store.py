"""The object store of a dataset: a bare partial clone that only ever grows.

It survives whatever ends a fetch. git moves a pack into it when it is complete and its
digests are right, so that what is in it can be relied on, and is not asked for again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from emergence.progress import Progress
from emergence.raw.git.command import PATIENCE, REMOTE, Git, Patience, check_version
from emergence.raw.git.failures import GitFailure

#: Objects asked for in one request: what a broken line costs at most. 10,679 score files
#: over loopback, in the order of `fetching`: 1.7 s in batches of 1,000, 1.2 s of 2,000, 0.9 s
#: at once.
BATCH = 2000

#: What a killed git leaves behind, which would stop the next one or fill the disk.
_LEFTOVERS = ("*.lock", "objects/pack/*tmp_*", "objects/tmp_*", "objects/incoming-*")

#: Reading the answers of `git cat-file`: so many ids are written ahead of the answers. Their
#: text must fit into a pipe (64 kB on Linux, 16 kB on macOS), or both sides wait for ever.
_AHEAD = 128

_CHUNK = 1 << 20

#: Failures that another attempt may mend.
_PASSING = ("broken_off", "unreachable", "silent")


@dataclass(frozen=True)
class TreeEntry:
    """One line of a commit's tree.

    Attributes
    ----------
    mode : str
        ``100644`` and ``100755`` are regular files.
    blob : str
        The id of its content.
    path : bytes
        As the repository has it, which may be anything but NUL.
    """

    mode: str
    blob: str
    path: bytes


class Content:
    """One content on its way out of the store.

    Parameters
    ----------
    blob : str
        Its id.
    size : int
        Its bytes.
    read : callable
        Reads so many of them.
    """

    def __init__(self, blob: str, size: int, read: Callable[[int], bytes]) -> None:
        self.blob = blob
        self.size = size
        self._read = read

    def copy(self, write: Callable[[bytes], object]) -> None:
        """Pass the bytes on, and check that they are those that the id names.

        Parameters
        ----------
        write : callable
            Takes them, piece by piece.

        Raises
        ------
        GitFailure
            If they are others.
        """
        digest = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        left = self.size
        while left:
            piece = self._read(min(left, _CHUNK))
            if not piece:
                raise GitFailure("damaged", f"the content {self.blob} breaks off")
            digest.update(piece)
            write(piece)
            left -= len(piece)
        if digest.hexdigest() != self.blob:
            raise GitFailure("damaged", f"the content {self.blob} is not what its id says")


class Store:
    """A store, and the server from which it is filled.

    Parameters
    ----------
    folder : Path
        Where the store is or will be.
    url : str
        Of the repository, as the registry has it.
    allow_full_clone : bool, default False
        Take everything from a server that cannot send a part.
    patience : Patience
        How long to wait, how often to try.
    progress : Progress
        Told what goes on.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        allow_full_clone: bool = False,
        patience: Patience = PATIENCE,
        progress: Progress | None = None,
    ) -> None:
        self.folder = folder
        self.git = Git(folder, patience)
        self.progress = progress or Progress()
        self.url = url
        self._full = allow_full_clone
        # Shared by all requests: a line that worked once is worth more patience.
        self._arrived = False

    def prepare(self) -> None:
        """Make the store, or make an old one usable again after a killed run.

        Raises
        ------
        GitFailure
            If git is missing or too old, or the disk is full.
        """
        check_version()
        for pattern in _LEFTOVERS:
            for path in self.folder.glob(pattern):
                _remove(path)
        try:
            self._initialize()
        except GitFailure as error:
            if error.kind != "broken_off":
                raise
            # Cut off while it was made. What git keeps of itself is made anew, objects stay.
            for name in ("HEAD", "config"):
                _remove(self.folder / name)
            self._initialize()

    def _initialize(self) -> None:
        self.git.run("init", "--quiet", "--bare", "--template=", "--object-format=sha1")
        self.git.run("config", f"remote.{REMOTE}.url", self.url)

    def address(self) -> str:
        """Return where contents come from: the repository, or a mirror by git's ``insteadOf``.

        Returns
        -------
        str
            Without the user name and password that a mirror's address may have.
        """
        found = self.git.run("ls-remote", "--get-url", self.url).decode().strip()
        return re.sub("(?<=://)[^/]*@", "", found)

    def objects(self, kind: str = "blob") -> set[str]:
        """Return the ids of the objects of a kind that are here."""
        listed = self.git.run(
            "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"
        )
        ending = f" {kind}"
        return {line.split()[0] for line in listed.decode().splitlines() if line.endswith(ending)}

    def is_empty(self) -> bool:
        """Say whether nothing at all has arrived yet."""
        return not any((self.folder / "objects/pack").glob("*.pack"))

    def tree(self, commit: str) -> list[TreeEntry] | None:
        """Return the tree of a commit, or nothing if any part of it is not here."""
        try:
            listed = self.git.run("ls-tree", "-r", "-z", "--full-tree", commit)
        except GitFailure as error:
            if error.kind in ("no_git", "disk_full"):
                raise
            return None
        entries = []
        for line in listed.split(b"\0")[:-1]:
            fields, _, path = line.partition(b"\t")
            mode, _, blob = fields.decode().split(" ")
            entries.append(TreeEntry(mode, blob, path))
        return entries

    def fetch_tree(self, commit: str) -> list[TreeEntry]:
        """Return the tree of a commit, fetched without blobs if it is not here.

        Parameters
        ----------
        commit : str
            Its id.

        Returns
        -------
        list of TreeEntry

        Raises
        ------
        GitFailure
            Of kind ``no_filter`` if the server sends blobs all the same.
        """
        entries = self.tree(commit)
        if entries is not None:
            return entries
        before = self.objects()
        self.progress.doing(f"asking {self.address()} for the commit and its list of files")
        self._patiently(lambda: self._fetch("--depth=1", REMOTE, commit))
        if not self._full and self.objects() - before:
            raise GitFailure("no_filter", "the server sent contents that were not asked for")
        entries = self.tree(commit)
        if entries is None:
            raise GitFailure("incomplete", f"{commit} came without its list of files")
        return entries

    def fetch_blobs(self, blobs: Sequence[str], batch: int = BATCH) -> None:
        """Fetch the contents that are not here, in batches.

        Parameters
        ----------
        blobs : sequence of str
            Their ids.
        batch : int
            How many to ask for in one request.

        Raises
        ------
        GitFailure
            If they do not arrive. What did is kept.
        """
        here = self.objects()
        wanted = list(dict.fromkeys(blobs))
        missing = [blob for blob in wanted if blob not in here]
        done = len(wanted) - len(missing)
        self.progress.begin("files fetched", done, len(wanted))
        for start in range(0, len(missing), batch):
            part = missing[start : start + batch]
            self._patiently(lambda part=part: self._fetch("--stdin", REMOTE, ids=part))
            done += len(part)
            self.progress.reached(done)
        if missing:
            absent = set(missing) - self.objects()
            if absent:
                raise GitFailure("incomplete", f"{len(absent)} contents did not arrive")

    def _fetch(self, *arguments: str, ids: Iterable[str] = ()) -> None:
        self.git.fetch(*arguments, ids=ids, full=self._full, heard=self.progress.heard)
        self._arrived = True

    def _patiently(self, work: Callable[[], None]) -> None:
        """Try again after failures that may pass, waiting longer each time."""
        attempt = 0
        while True:
            try:
                return work()
            except GitFailure as error:
                patience = self.git.patience
                waits = patience.waits if self._arrived else patience.first_waits
                # Silence from the beginning is a firewall's, and has cost its time already.
                passing = error.kind in _PASSING and (self._arrived or error.kind != "silent")
                if not passing or attempt >= len(waits):
                    raise
                wait = waits[attempt]
                attempt += 1
                self.progress.doing(f"{error.words}; trying again in {wait:g} s")
                time.sleep(wait)

    def contents(self, blobs: Iterable[str]) -> Iterator[Content]:
        """Read contents from the store, through one process of git.

        Parameters
        ----------
        blobs : iterable of str
            Their ids. Each content must be read before the next is asked for.

        Yields
        ------
        Content

        Raises
        ------
        GitFailure
            If one is missing or damaged.
        """
        wanted = list(blobs)
        with self.git.conversation("cat-file", "--batch") as process:
            for start in range(0, len(wanted), _AHEAD):
                part = wanted[start : start + _AHEAD]
                with suppress(BrokenPipeError):
                    process.stdin.write("".join(f"{blob}\n" for blob in part).encode())
                    process.stdin.flush()
                for blob in part:
                    header = process.stdout.readline().decode().split()
                    if header[:2] != [blob, "blob"]:
                        raise GitFailure("damaged", f"git has no content {blob}")
                    yield Content(blob, int(header[2]), process.stdout.read)
                    process.stdout.read(1)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
