"""The files of a dataset on disk, and the manifest that says what they must be."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.errors import InputError, shorten, to_make_again
from emergence.fetch.selection import Refused
from emergence.fetch.store import Store
from emergence.progress import Progress
from emergence.schema import MANIFEST, MARK_VERSION

#: How `manifest_digest` is taken: what `sha256sum` prints of all files in the order of their
#: paths' bytes, digested once more.
DIGEST_KIND = "SHA-256 of the lines '<SHA-256>  <path>' in the order of the paths"

#: Trouble that one path has by itself: it is refused, and the others are written. A file
#: system without upper and lower case meets the first, names of 256 bytes the second.
_OF_THE_PATH = (errno.EEXIST, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ)


def write_files(
    files: Sequence[tuple[str, str]], store: Store, folder: Path, progress: Progress
) -> tuple[pa.Table, list[Refused]]:
    """Write files from the store; the folder is there when all of them are.

    Parameters
    ----------
    files : sequence of (str, str)
        Path and blob id.
    store : Store
        It has all of the blobs.
    folder : Path
        Replaced as a whole.
    progress : Progress
        Told how many are written.

    Returns
    -------
    manifest : pyarrow.Table
        Schema `emergence.schema.MANIFEST`.
    refused : list of Refused
        Paths that this file system cannot have.

    Raises
    ------
    GitFailure
        If the store is damaged.
    OSError
        If the disk is full, or the folder cannot be written.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        rows, refused = _write(files, store, partial, progress)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    except BaseException:
        # On a full disk it would be in the way of the next attempt, and of everything else.
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return pa.Table.from_pylist(rows, schema=MANIFEST), refused


def _write(
    files: Sequence[tuple[str, str]], store: Store, folder: Path, progress: Progress
) -> tuple[list[dict[str, Any]], list[Refused]]:
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    progress.begin("files written", 0, len(files))
    # Closed at once after trouble too: git's process must not hold the disk.
    with closing(store.contents(blob for _, blob in files)) as contents:
        for done, ((path, blob), content) in enumerate(zip(files, contents, strict=True), start=1):
            try:
                target = _new_file(folder / path)
            except OSError as error:
                if error.errno not in _OF_THE_PATH:
                    raise
                content.copy(len)  # On to the next one.
                refused.append(Refused(shorten(path), f"cannot be a file here: {error.strerror}"))
                continue
            with target:
                sha256 = content.copy(target.write)
            rows.append({"path": path, "bytes": content.size, "blob": blob, "sha256": sha256})
            progress.reached(done)
    return rows, refused


def _new_file(path: Path) -> Any:
    # Made only where it is missing: most files share their folder with the one before.
    try:
        return open(path, "xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "xb")


def digest(manifest: pa.Table) -> str:
    """Return the digest of a manifest; see `DIGEST_KIND`.

    Parameters
    ----------
    manifest : pyarrow.Table
        Schema `emergence.schema.MANIFEST`.

    Returns
    -------
    str
        64 hex digits.
    """
    pairs = zip(manifest["path"].to_pylist(), manifest["sha256"].to_pylist(), strict=True)
    encoded = sorted((path.encode(), sha256) for path, sha256 in pairs)
    lines = b"".join(sha256.encode() + b"  " + path + b"\n" for path, sha256 in encoded)
    return hashlib.sha256(lines).hexdigest()


def mark(
    manifest: pa.Table, refused: Iterable[Refused], *, url: str, commit: str, patterns: list[str]
) -> dict[str, Any]:
    """Return the done mark of a fetch.

    Parameters
    ----------
    manifest : pyarrow.Table
        What was written.
    refused : iterable of Refused
        What was not.
    url, commit : str
        As the registry has them; a mirror is not named.
    patterns : list of str
        As the registry has them.

    Returns
    -------
    dict
        For `emergence.tables.write_json`: nothing of the machine or the time is in it.
    """
    return {
        "schema_version": MARK_VERSION,
        "url": url,
        "commit": commit,
        "patterns": patterns,
        "files": manifest.num_rows,
        "bytes": sum(manifest["bytes"].to_pylist()),
        "manifest_digest": digest(manifest),
        "manifest_digest_kind": DIGEST_KIND,
        "refused": [{"path": r.path, "reason": r.reason} for r in refused],
    }


def read_mark(path: Path) -> dict[str, Any]:
    """Read a done mark.

    Parameters
    ----------
    path : Path
        Where `mark` was written.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it is missing or cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema_version"] == MARK_VERSION:
            return content
        problem = f"is of schema version {content['schema_version']}, not {MARK_VERSION}"
    except FileNotFoundError:
        problem = "is missing: the dataset was not fetched completely"
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"cannot be read: {shorten(str(error))}"
    raise InputError(problem, where=str(path), remedy=to_make_again(path))
