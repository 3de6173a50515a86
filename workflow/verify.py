"""`make verify`: check the sources of datasets, and their results, again.

Exit status 1 if a file differs, is missing or is one too many, or if a dataset is not
complete; each is named, with the command that makes it again.
"""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# The project need not be installed: a conda environment has its dependencies only.
sys.path[:0] = [str(ROOT), str(ROOT / "workflow")]

import lookups  # noqa: E402
from failures import in_one_message  # noqa: E402

from emergence import sums  # noqa: E402
from emergence.errors import InputError, removing, shorten  # noqa: E402
from emergence.raw import manifest  # noqa: E402
from emergence.sources import read_source  # noqa: E402

#: Differences that are shown of one dataset; a damaged disk may have thousands.
_MOST_SHOWN = 50

#: What stands for a dataset that is in no registry: nobody can say what it should be.
_UNREGISTERED = {"sources": [{"kind": ""}]}

#: Where the results of datasets stand.
_RESULTS = ("data/processed", "reports")

#: How something differs that is known neither by its sum nor by its name. No step could bring it
#: back, as what is in no manifest.
_IN_NO_SUMS = "is in no step's sums"
_IN_NO_REGISTRY = "belongs to no dataset, and is in no step's sums"
_NOT_OURS = {manifest.EXTRA, _IN_NO_SUMS, _IN_NO_REGISTRY}

#: Its results are asked for by a target of their own.
_FIGURES = "figures"


@in_one_message
def main(arguments: Sequence[str] | None = None) -> int:
    """Check datasets of every kind, and their results.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; see ``--help``.

    Returns
    -------
    int
        Exit status: 0 all is as it was, 1 something differs.
    """
    parser = argparse.ArgumentParser(description="Check sources and results again.")
    parser.add_argument("--datasets", default="", help="ids, separated by blanks (default: all)")
    parser.add_argument(
        "--registry", type=Path, action="append", default=[], help="a further registry"
    )
    parser.add_argument("--directory", type=Path, default=ROOT, help="folder of the results")
    options = parser.parse_args(arguments)
    # What a reader notes of a file is in the log of its step.
    logging.getLogger("emergence").addHandler(logging.NullHandler())
    place = options.directory
    try:
        entries = _entries(options.registry)
        folders = [place / part for part in ("data/raw", *_RESULTS)]
        made = sorted({path.name for folder in folders for path in folder.glob("*/")})
        known = {**{name: _UNREGISTERED for name in made}, **entries}
        bundled = [name for name in entries if lookups.kind_of(entries[name]) == "bundled"]
        names = lookups.selected(options.datasets.split() or [*made, *bundled], known)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sound = [_tell(name, known[name], options) for name in names]
    if not options.datasets:
        landing = Found()
        landing.compare_results(place, place.glob(f"logs/landing{sums.SUFFIX}"), _beside(place))
        built = [name for name in made if name in entries]
        sound.append(landing.told("landing page", built, options))
    return 0 if all(sound) else 1


def _entries(further: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Return the entries of the registries."""
    settings: dict[str, Any] = {}
    lookups.complete_settings(settings)
    return lookups.registry([*settings["registries"], *map(str, further)])


def _tell(name: str, entry: Mapping[str, Any], options: argparse.Namespace) -> bool:
    """Check one dataset, say what was found, and return whether all is as it was."""
    place, found = options.directory, Found()
    asked = lookups.asked(entry)
    registered = entry is not _UNREGISTERED
    if asked or (not registered and (place / "data/raw" / name).is_dir()):
        found.compare_files(place, f"data/raw/{name}", asked)
    elif registered:
        found.compare_sources(entry, place / "data/processed" / name / "sources.json")
    written = sorted((place / "logs" / name).glob(f"*{sums.SUFFIX}"))
    folders = [f"{part}/{name}" for part in _RESULTS if (place / part / name).is_dir()]
    there = [f"{folder}/{path}" for folder in folders for path in sums.below(place / folder)]
    if written:
        found.compare_results(place, written, there)
    elif registered and folders:
        found.sound.append("no sums of its results")
    else:
        found.different |= dict.fromkeys(folders, _IN_NO_REGISTRY)
    return found.told(name, [name] if registered else [], options)


def _beside(place: Path) -> list[str]:
    """Return the files that stand beside the folders of the datasets' results."""
    found = [path for part in _RESULTS for path in (place / part).glob("*") if not path.is_dir()]
    return [path.relative_to(place).as_posix() for path in found]


@dataclass
class Found:
    """What was found when a dataset was checked.

    Attributes
    ----------
    sound : list of str
        What is as it was.
    different : dict of str to str
        What is not: a path, and how it differs.
    remedies : list of str
        What only a person can mend.
    remove : list of Path
        What a step makes again once it is missing.
    steps : set of str
        Those of which a result differs.
    """

    sound: list[str] = field(default_factory=list)
    different: dict[str, str] = field(default_factory=dict)
    remedies: list[str] = field(default_factory=list)
    remove: list[Path] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)

    def compare_files(self, place: Path, folder: str, asked: Mapping[str, Any] | None) -> None:
        """Compare fetched or computed files with their manifest and the registry."""
        found = dict(manifest.differences(place / folder, asked))
        self.different |= {f"{folder}/{path}": how for path, how in found.items()}
        if found:
            # The manifest alone: what else is there spares a part of the work, and is checked.
            self.remove.append(place / folder / manifest.MANIFEST)
            self.steps.add("raw")
        else:
            self.sound.append("as its manifest says")

    def compare_sources(self, entry: Mapping[str, Any], read: Path) -> None:
        """Compare a dataset's own files with the registry and the digests of the last reading."""
        now: dict[str, str] = {}
        try:
            for source in entry["sources"]:
                for part in read_source(source, Path(entry["registry"])):
                    now |= {file.path: file.digest for file in part.facts}
        except InputError as error:
            self.different[error.where] = error.problem
            self.remedies.append(error.remedy)
            return
        if all("lines_sha256" in source for source in entry["sources"]):
            self.sound.append("as the registry says")
        before = _digests(read)
        if before is None:
            self.sound.append("not read yet")
        elif before == now:
            self.sound.append("as it was read")
        else:
            changed = [path for path in sorted(before | now) if before.get(path) != now.get(path)]
            self.different |= dict.fromkeys(changed, "is not what was read")
            self.remove.append(read)
            self.steps.add("tabulate")

    def compare_results(self, place: Path, written: Iterable[Path], there: Iterable[str]) -> None:
        """Compare results with the sums that each step wrote."""
        number = 0
        # Hidden is what Snakemake and operating systems put there.
        extra = {path for path in there if "/." not in path}
        for path in written:
            try:
                known = sums.read(path)
            except InputError as error:
                self.different[path.relative_to(place).as_posix()] = error.problem
                self.remove.append(path)
                extra.clear()
                continue
            number += len(known["files"])
            extra -= known["files"].keys()
            found = {
                file: how
                for file, known_sum in known["files"].items()
                if (how := sums.difference(place / file, known_sum))
            }
            self.different |= found
            if found:
                self.steps.add(path.name.removesuffix(sums.SUFFIX))
                outputs = {_output(file, known["folders"]): None for file in found}
                # With the sums: a step that is no more asked for would be missed for ever.
                self.remove += [path, *(place / output for output in outputs)]
        if number:
            self.different |= dict.fromkeys(sorted(extra), _IN_NO_SUMS)
            self.sound.append(f"results as made: {number}")

    def told(self, name: str, datasets: Sequence[str], options: argparse.Namespace) -> bool:
        """Say what was found.

        Parameters
        ----------
        name : str
            Of the dataset.
        datasets : sequence of str
            Those that are to be built to make it again; nothing if no registry knows it.
        options : argparse.Namespace
            The command line.

        Returns
        -------
        bool
            Whether all is as it was.
        """
        if not self.different:
            if self.sound:
                print(f"{shorten(name)}: {'; '.join(self.sound)}")
            return True
        print(f"{shorten(name)}: differs in {len(self.different)}")
        for path, how in list(self.different.items())[:_MOST_SHOWN]:
            print(f"  {shorten(path)}: {how}")
        for remedy in self.remedies[:_MOST_SHOWN]:
            print(f"  {shorten(remedy, 1000)}")
        if not datasets:
            print("  It is in no registry that is named here: what is removed would not come back.")
        strange = sorted(_NOT_OURS.intersection(self.different.values()))
        if strange:
            # Steps make folders as a whole, without what is one too many.
            print(f"  Move elsewhere what {' or '.join(strange)}; then verify again.")
            print("  What a step makes comes back with the next run.")
        elif datasets and self.remove:
            print(f"  To make it again: {self._again(datasets, options)}")
        return False

    def _again(self, datasets: Sequence[str], options: argparse.Namespace) -> str:
        """Return the command that makes again what differs."""
        targets = {"report": "all"} if self.steps != {_FIGURES} else {}
        targets |= {_FIGURES: "all_figures"} if _FIGURES in self.steps else {}
        command = ["make", *targets, f"DATASETS={' '.join(datasets)}"]
        command += [f"REGISTRY={path}" for path in options.registry]
        if not Path.cwd() == ROOT == options.directory.resolve() or len(options.registry) > 1:
            # `make report` would not do the same.
            command = [sys.executable, str(ROOT / "workflow/run.py"), *targets.values()]
            command += ["--datasets", " ".join(datasets)]
            command += ["--directory", str(options.directory.resolve())]
            for path in options.registry:
                command += ["--registry", str(path.resolve())]
        return " && ".join(filter(None, [removing(*self.remove), shlex.join(command)]))


def _digests(read: Path) -> dict[str, str] | None:
    """Return the digests of the files that were read; None if none was."""
    try:
        files = json.loads(read.read_text(encoding="utf-8"))["files"]
        return {file["path"]: file["digest"] for file in files}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return {}


def _output(file: str, folders: Iterable[str]) -> str:
    """Return what Snakemake misses if it is removed: a folder that was written as a whole."""
    return next((folder for folder in folders if file.startswith(f"{folder}/")), file)


if __name__ == "__main__":
    sys.exit(main())
