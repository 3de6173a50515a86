"""Check every fetched or computed file again: `make verify`.

Exit status 1 if a file differs, is missing or is one too many, or if a dataset is not
complete; each is named.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# The project need not be installed: a conda environment has its dependencies only.
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]

import lookups  # noqa: E402
from failures import in_one_message  # noqa: E402

from emergence.errors import InputError  # noqa: E402
from emergence.raw.manifest import MANIFEST, differences  # noqa: E402

#: Differences that are shown of one dataset; a damaged disk may have thousands.
_MOST_SHOWN = 50


@in_one_message
def main(arguments: Sequence[str] | None = None) -> int:
    """Check the datasets that were fetched or computed.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; see ``--help``.

    Returns
    -------
    int
        Exit status: 0 all is as it was, 1 something differs.
    """
    parser = argparse.ArgumentParser(description="Check fetched and computed files again.")
    parser.add_argument("--datasets", default="", help="ids, with blanks between; none: all")
    parser.add_argument(
        "--registry", type=Path, action="append", default=[], help="a registry beside the project's"
    )
    parser.add_argument("--directory", type=Path, default=ROOT, help="where the results are")
    options = parser.parse_args(arguments)
    raw = options.directory / "data/raw"
    try:
        entries = _entries(options.registry)
        wanted = {name: lookups.asked(entry) for name, entry in entries.items()}
        names = lookups.selected(options.datasets.split(), entries)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not names:
        # Also those whose results are there without what they were made from.
        results = options.directory / "data/processed"
        made = {name for name, asked in wanted.items() if asked and (results / name).is_dir()}
        names = sorted(made | {path.name for path in raw.glob("*/")})
    if not names:
        print("nothing was fetched or computed: nothing to verify")
    differing = 0
    for name in names:
        asked = wanted.get(name)
        if name in wanted and asked is None:
            print(f"{name}: is read from files that are its own; nothing is fetched or computed")
            continue
        found = [f"{path}: {how}" for path, how in differences(raw / name, asked)]
        differing += bool(found)
        print(f"{name}: {f'differs in {len(found)}' if found else 'as its manifest says'}")
        for difference in found[:_MOST_SHOWN]:
            print(f"  {difference}")
        if found and name in wanted:
            print(f"  To make it again: {_again(name, raw / name / MANIFEST, options)}")
        elif found:
            print("  It is in no registry that is named here: what is removed would not come back.")
    return 1 if differing else 0


def _again(name: str, manifest: Path, options: argparse.Namespace) -> str:
    """Return the command that makes a dataset again.

    Only the manifest is removed: what else is there spares a part of the work, and is checked.
    """
    command = ["make", "report", f"DATASETS={name}"]
    command += [f"REGISTRY={path}" for path in options.registry]
    if not Path.cwd() == ROOT == options.directory.resolve() or len(options.registry) > 1:
        # `make report` would not do the same.
        command = [sys.executable, str(ROOT / "workflow/run.py"), "--datasets", name]
        command += ["--directory", str(options.directory.resolve())]
        for path in options.registry:
            command += ["--registry", str(path.resolve())]
    remove = f"rm {shlex.quote(str(manifest.absolute()))} && " if manifest.exists() else ""
    return remove + shlex.join(command)


def _entries(further: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Return the entries of the registries."""
    settings: dict[str, Any] = {}
    lookups.complete_settings(settings)
    return lookups.registry([*settings["registries"], *map(str, further)])


if __name__ == "__main__":
    sys.exit(main())
