"""Check every fetched or computed file again: `make verify`.

Exit status 1 if a file differs, is missing or is one too many, or if a dataset is not
complete; each is named.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The project need not be installed: a conda environment has its dependencies only.
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]

import lookups  # noqa: E402

from emergence.compute import MARK as COMPUTED  # noqa: E402
from emergence.compute import Computation, verify_computed  # noqa: E402
from emergence.errors import InputError  # noqa: E402
from emergence.fetch import Wanted, verify  # noqa: E402

#: Differences that are shown of one dataset; a damaged disk may have thousands.
_MOST_SHOWN = 50


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
    try:
        wanted = dict(_wanted(options.registry))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    raw = options.directory / "data/raw"
    names = options.datasets.split() or sorted(path.name for path in raw.glob("*/"))
    if not names:
        print("nothing was fetched or computed: nothing to verify")
    differing = 0
    for name in names:
        asked = wanted.get(name)
        if isinstance(asked, Computation) or (asked is None and (raw / name / COMPUTED).exists()):
            done, differences = "computed", list(verify_computed(raw / name, asked))
        else:
            done, differences = "fetched", list(verify(raw / name, asked))
        differing += bool(differences)
        print(f"{name}: {f'differs in {len(differences)}' if differences else f'as {done}'}")
        for difference in differences[:_MOST_SHOWN]:
            print(f"  {difference}")
        if differences:
            print(f"  To make it again: rm -r '{raw / name}' && make report DATASETS={name}")
    return 1 if differing else 0


def _wanted(further: Sequence[Path]) -> Iterator[tuple[str, Wanted | Computation]]:
    """What the registry asks for now, of each dataset that is fetched or computed."""
    settings: dict = {}
    lookups.complete_settings(settings)
    for name, entry in lookups.registry([*settings["registries"], *map(str, further)]).items():
        if lookups.git_source(entry):
            fields = lookups.wanted(name, entry)
            yield name, Wanted(fields["url"], fields["commit"], tuple(fields["patterns"]))
        elif lookups.computed_source(entry):
            yield name, Computation(**lookups.computation(name, entry))


if __name__ == "__main__":
    sys.exit(main())
