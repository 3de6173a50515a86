"""Lookups for `make archive`: which files an archive takes, and how its copy is set up.

Nothing here writes files. It is imported by `workflow/rules/publish.smk`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import lookups

from emergence.errors import InputError, shorten
from emergence.registry import load_yaml
from emergence.sources import looked_at, path_fields
from emergence.sources.files import why_not_read

#: What the project consists of, where no git says it.
PARTS = (
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "Snakefile",
    "benchmarks",
    "data",
    "docs",
    "emergence",
    "environment.yml",
    "profiles",
    "pyproject.toml",
    "requirements-build.lock",
    "requirements-dev.lock",
    "requirements-uv.lock",
    "requirements.lock",
    "scripts",
    "tests",
    "workflow",
)

#: Folders below `PARTS` that are generated.
_GENERATED = ("benchmarks/results", "data/processed", "data/raw")

#: Where results can depend on a file that was not yet added to git.
_NEEDED = (*lookups.CODE, "environment.yml", "profiles")

#: Longest name of an archive; what is longer is named by the number of its datasets.
_LONGEST_NAME = 100


def archive_name(names: Iterable[str]) -> str:
    """Return the name of an archive, without its ending.

    Parameters
    ----------
    names : iterable of str
        Ids of its datasets.

    Returns
    -------
    str
        With the ids, or their number and a digest where they are many.
    """
    names = list(names)
    name = f"emergence-{'_'.join(names)}"
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(" ".join(names).encode()).hexdigest()
    return f"emergence-{len(names)}-datasets-{digest[:8]}"


def project_files() -> list[str]:
    """Return the files of the project: what git tracks, and new code.

    Returns
    -------
    list of str
        Paths below the project's folder, sorted, with slashes. Where the project is no git
        checkout of its own, everything in its folders that is not generated.
    """
    if lookups.is_checkout():
        listed = _listed("--cached") | _listed("--others", "--exclude-standard", "--", *_NEEDED)
    else:
        listed = lookups.files_below(PARTS)
        listed = {
            name for name in listed if not name.startswith(tuple(f"{g}/" for g in _GENERATED))
        }
    files = (lookups.ROOT / name for name in listed)
    return sorted(
        path.relative_to(lookups.ROOT).as_posix()
        for path in files
        if path.is_file() and not path.is_symlink()
    )


def _listed(*arguments: str) -> set[str]:
    """Files that git lists."""
    done = subprocess.run(
        ["git", "-C", str(lookups.ROOT), "ls-files", "-z", *arguments],
        capture_output=True,
        check=True,
    )
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


def further_registries(entries: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    """Return the folders of registries that are not the project's own.

    Parameters
    ----------
    entries : mapping
        The registry.
    names : iterable of str
        Ids of the archived datasets.

    Returns
    -------
    list of str
        Each once, in the order of the datasets.
    """
    own = str(lookups.ROOT / "data")
    return [f for f in dict.fromkeys(entries[name]["registry"] for name in names) if f != own]


def archived_files(
    entries: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> dict[str, str]:
    """Return the files that are copied: the project's, and those from which datasets are read.

    Parameters
    ----------
    entries : mapping
        The registry.
    names : iterable of str
        Ids of the archived datasets.

    Returns
    -------
    dict of str to str
        Absolute paths by the name in the archive's copy of the project.

    Raises
    ------
    InputError
        If a source lies outside the folder of its registry: its path, which is in the tables,
        would lead out of the archive. If a file of a source was not read, such as a link out of
        its folder: the archive could not make its reject again.
    """
    names = list(names)
    files = {name: str(lookups.ROOT / name) for name in project_files()}
    further = further_registries(entries, names)
    for name in names:
        folder = Path(entries[name]["registry"])
        home = Path("data")
        if str(folder) in further:
            home = Path(_home(further.index(str(folder))))
        for path in _source_files(name, entries[name]):
            inside = Path(os.path.normpath(path))
            if inside.is_absolute() or ".." in inside.parts:
                raise InputError(
                    f"the source {path} lies outside the folder of its registry",
                    where=f"dataset {name!r}",
                    remedy="An archive holds only files below that folder: move the file there.",
                )
            files[(home / inside).as_posix()] = str(folder / inside)
    return files


def _home(number: int) -> str:
    return f"data/further/{number + 1}"


def _source_files(name: str, entry: Mapping[str, Any]) -> Iterable[str]:
    """Yield the files from which a dataset is read: of a folder, those that its reader reads."""
    for source in entry["sources"]:
        if source["kind"] in ("git", "computed"):
            continue
        where = source["path"]
        for file in looked_at(source, Path(entry["registry"])):
            shown = file.shown(where)
            problem = why_not_read(file) if file.name else ""
            if problem:
                raise InputError(
                    f"{shorten(shown)} was not read: {problem}",
                    where=f"dataset {name!r}",
                    remedy="An archive holds what was read, and could not make that reject again. "
                    "Put a file that can be read there, or remove it; then run the same command.",
                )
            if not shown.isprintable() or "\\" in shown:
                raise InputError(
                    f"no archive can hold a file of the name {shorten(shown)}",
                    where=f"dataset {name!r}",
                    remedy="Rename it, and run the same command again.",
                )
            yield shown
        yield from (source[field] for field in path_fields(source) if field != "path")


def written_registries(
    entries: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> dict[str, list[str]]:
    """Return the registries that the archive's copy of the project has besides its own.

    Parameters
    ----------
    entries : mapping
        The registry.
    names : iterable of str
        Ids of the archived datasets.

    Returns
    -------
    dict of str to list of str
        The ids in each, by its name in the copy of the project. Other entries of the same
        registry are not archived.
    """
    names = list(names)
    return {
        f"{_home(number)}/registry.yaml": [n for n in names if entries[n]["registry"] == folder]
        for number, folder in enumerate(further_registries(entries, names))
    }


def archived_entries(
    entries: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the registry entries of the archived datasets, without their place.

    Parameters
    ----------
    entries : mapping
        The registry.
    names : iterable of str
        Ids of the archived datasets.

    Returns
    -------
    dict of str to dict
        By id, in the order of ``names``.
    """
    return {
        name: {field: value for field, value in entries[name].items() if field != "registry"}
        for name in names
    }


def archived_titles(
    entries: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> dict[str, str]:
    """Return the titles that the landing page lists when the archive is rebuilt.

    Parameters
    ----------
    entries : mapping
        The registry.
    names : iterable of str
        Ids of the archived datasets.

    Returns
    -------
    dict of str to str
        Of the project's own registry and the archived datasets, in the registry's order.
    """
    own, names = str(lookups.ROOT / "data"), set(names)
    return {
        name: entry["title"]
        for name, entry in entries.items()
        if entry["registry"] == own or name in names
    }


def archived_settings(
    config: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]], names: Iterable[str]
) -> tuple[dict[str, Any], bool]:
    """Return the settings that were used, as they are in the archive.

    Parameters
    ----------
    config : mapping
        Snakemake's ``config``, complete.
    entries : mapping
        The registry.
    names : iterable of str
        Ids of the archived datasets.

    Returns
    -------
    dict
        Registries are those of the archive.
    bool
        Whether they differ from the project's own in more than the datasets.
    """
    names = list(names)
    defaults = load_yaml(lookups.ROOT / "workflow/config.yaml")
    used = {name: config[name] for name in defaults}
    used["datasets"] = names
    used["registries"] = list(written_registries(entries, names))
    own = {**defaults, "datasets": names}
    return used, used != own
