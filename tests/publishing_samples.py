"""Published datasets as a stranger loads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

#: Loads every configuration without a network, and writes what came as Arrow.
LOADER = """
import sys
from pathlib import Path
import datasets, pyarrow.parquet as pq
folder, to = map(Path, sys.argv[1:])
for name in datasets.get_dataset_config_names(str(folder)):
    loaded = datasets.load_dataset(str(folder), name, split="train")
    pq.write_table(loaded.data.table, to / f"{name}.parquet")
"""


def offline(command: list[str], folder: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, where the hub cannot be reached and nothing is cached."""
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder / "cache"),
        "HF_DATASETS_CACHE": str(folder / "cache/datasets"),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def load_back(folder: Path, to: Path) -> dict[str, pa.Table]:
    """Load what was published as a stranger does, in a process without a network's help."""
    to.mkdir()
    offline([sys.executable, "-c", LOADER, str(folder), str(to)], to)
    return {path.stem: pq.read_table(path) for path in to.glob("*.parquet")}
