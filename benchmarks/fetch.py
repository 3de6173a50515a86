"""How fast a dataset is fetched, against the same git commands typed by hand.

Both fetch the score files of one commit from the same server on loopback: 2,500 files of
about 12 kB, with 30 MB of other files beside them that neither fetches. By hand is a partial
clone with a sparse checkout, which asks for all contents in one request. Ours asks in batches
of 2,000, checks each content against its id, takes SHA-256 sums and writes the manifest.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from emergence.raw.fetching import fetch
from emergence.raw.manifest import FILES

# The server is the tests' own.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from git_server import GitServer, git, make_repository

T = TypeVar("T")

TASKS, MODELS = 50, 50
PATTERN = "bigbench/benchmark_tasks/*/results/scores_*.json"


def benchmark(compare: Callable[..., T]) -> T:
    """Fetch over loopback HTTP, by this project and by hand.

    Parameters
    ----------
    compare : callable
        `benchmarks.run.compare`.

    Returns
    -------
    object
        What `compare` returns.
    """
    with tempfile.TemporaryDirectory(prefix="emergence-fetch-") as name:
        root = Path(name)
        (commit,) = make_repository(root / "served/upstream.git", [_tree()])
        with GitServer(root / "served") as server:
            address = f"{server.url}/upstream.git"
            asked = {"kind": "git", "url": address, "commit": commit, "files": [PATTERN]}
            ours, by_hand = root / "ours", root / "by hand"

            def fetch_ours() -> None:
                shutil.rmtree(ours, ignore_errors=True)
                fetch(asked, ours)

            def fetch_by_hand() -> None:
                shutil.rmtree(by_hand, ignore_errors=True)
                by_hand.mkdir()
                git(by_hand, "init", "--quiet")
                git(by_hand, "remote", "add", "origin", address)
                git(by_hand, "sparse-checkout", "set", "--no-cone", f"/{PATTERN}")
                git(by_hand, "fetch", "--depth=1", "--filter=blob:none", "origin", commit)
                git(by_hand, "checkout", "--quiet", "FETCH_HEAD")

            result = compare(
                "fetch",
                measured=f"fetching {TASKS * MODELS:,} score files over loopback HTTP",
                yardstick="partial clone and sparse checkout by hand from the same server",
                run=fetch_ours,
                run_yardstick=fetch_by_hand,
                bar=2,
            )
            _check_alike(ours / FILES, by_hand)
            return result


def _tree() -> dict[str, bytes]:
    """Score files that are as alike as those of one task, and large files beside them."""
    tree: dict[str, bytes] = {}
    for task in range(TASKS):
        folder = f"bigbench/benchmark_tasks/task_{task}/results"
        tree[f"{folder}/full-logs.tar.lrz"] = random.Random(task).randbytes(600_000)
        for model in range(MODELS):
            draw = random.Random(task * MODELS + model)
            scores = [
                {"score_dict": {"exact_str_match": draw.random()}, "number_of_shots": shots}
                | {"subtask_description": f"task_{task}:subtask_{subtask}"}
                for shots in range(4)
                for subtask in range(15)
            ]
            tree[f"{folder}/scores_F_{model}.json"] = json.dumps(scores, indent=2).encode()
    return tree


def _check_alike(ours: Path, by_hand: Path) -> None:
    """Both must have done the same work."""
    files = sorted(path.relative_to(ours) for path in ours.rglob("*") if path.is_file())
    if len(files) != TASKS * MODELS:
        raise RuntimeError(f"{len(files)} files were fetched, not {TASKS * MODELS}")
    for path in files:
        if (ours / path).read_bytes() != (by_hand / path).read_bytes():
            raise RuntimeError(f"{path} differs")
