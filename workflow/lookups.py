"""Lookups that the rules need: settings, the registry, and what a step depends on.

Nothing here computes results. It is imported by `workflow/rules/common.smk`.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from emergence import settings
from emergence.errors import InputError, did_you_mean
from emergence.publishing import archive
from emergence.raw.programs import PROGRAMS
from emergence.registry import check_against_schema, load_registry, load_yaml
from emergence.sources import looked_at
from emergence.sources.files import why_not_read

ROOT = Path(__file__).resolve().parent.parent

#: What can change a page besides the data, whose checksums it shows.
CODE = ("Snakefile", "workflow", "scripts", "emergence", "pyproject.toml", "requirements.lock")


def complete_settings(config: dict[str, Any]) -> None:
    """Fill a configuration with the defaults and check it, in place.

    Parameters
    ----------
    config : dict
        Snakemake's ``config``: the file's, what ``--config`` and ``--configfile`` say, or
        what another workflow gives its module.

    Raises
    ------
    InputError
        Naming the setting, what was seen and what is allowed.
    """
    defaults = load_yaml(ROOT / "workflow/config.yaml")
    for name, value in defaults.items():
        config.setdefault(name, value)
    schema = settings.schema()
    config.update(_read_texts(dict(config), schema, schema["$defs"]))
    check_against_schema(config, schema, where="configuration", unit="setting")
    config.update(settings.section(config, *settings.SECTIONS))
    for name in ("datasets", "registries"):
        if isinstance(config[name], str):
            config[name] = config[name].split()


def _read_texts(value: Any, declared: Mapping[str, Any], named: Mapping[str, Any]) -> Any:
    """Read texts that stand where no text belongs, as the settings' file would be read.

    `--config` gives a number and ``True`` as what they are, but ``true``, and all that is in
    a list or a mapping, as texts.
    """
    if "$ref" in declared:
        declared = named[declared["$ref"].rpartition("/")[2]]
    if isinstance(value, str) and "string" not in declared.get("type", "string"):
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value
    if isinstance(value, dict):
        fields = declared.get("properties", {})
        return {key: _read_texts(item, fields.get(key, {}), named) for key, item in value.items()}
    if isinstance(value, list):
        return [_read_texts(item, declared.get("items", {}), named) for item in value]
    return value


def registry(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Load the project's registry and further ones, in this order.

    Parameters
    ----------
    paths : iterable of str
        Further registries, relative to the working directory.

    Returns
    -------
    dict of str to dict
        See `emergence.registry.load_registry`.
    """
    return load_registry([ROOT / "data/datasets.yaml", *map(Path, paths)])


#: What the files of a source depend on that is fetched or computed, by its kind. The title and
#: the rest of an entry may change without a new fetch or computation.
ASKED = {"git": ("url", "commit", "files"), "computed": ("program", "settings")}


def asked(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is fetched or computed for an entry.

    Parameters
    ----------
    entry : mapping
        Of the registry. Such a source is its only one: the schema sees to that.

    Returns
    -------
    dict or None
        ``kind``, and its fields in `ASKED`. Nothing for a dataset with files of its own.
    """
    fields = ASKED.get(kind_of(entry))
    return {name: entry["sources"][0][name] for name in ("kind", *fields)} if fields else None


def kind_of(entry: Mapping[str, Any]) -> str:
    """Return the kind of an entry's first source; one that is fetched or computed stands alone.

    Parameters
    ----------
    entry : mapping
        Of the registry.

    Returns
    -------
    str
    """
    return entry["sources"][0]["kind"]


def folder_state(source: Mapping[str, Any], folder: Path) -> str:
    """Return a digest that changes with the files that a source's folder is read from.

    A folder's own time stamp says nothing of the files below it. Names, sizes and time stamps
    are enough here: reading ten thousand files at each start would take a second.

    Parameters
    ----------
    source : mapping
        Of a registry entry.
    folder : Path
        The folder from which its path starts.

    Returns
    -------
    str
        The same for a folder that is not there, or holds no such file.
    """
    digest = hashlib.sha256()
    try:
        for file in looked_at(source, folder):
            state = os.lstat(file.path)
            said = f"{file.name}\0{why_not_read(file)}"
            line = f"{said}\0{state.st_size}\0{state.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
    except (InputError, FileNotFoundError):
        pass  # The step that reads the folder says what is wrong with it.
    return digest.hexdigest()


def selected(names: Iterable[str], entries: Mapping[str, Any]) -> list[str]:
    """Check that the chosen datasets are in the registry.

    Parameters
    ----------
    names : iterable of str
        Ids; ``all`` stands for all that need no network.
    entries : mapping
        The registry.

    Returns
    -------
    list of str
        The ids in the registry's order, each once.

    Raises
    ------
    InputError
        If the registry does not have one of them.
    """
    names = set(names)
    if "all" in names and "all" not in entries:
        names -= {"all"}
        names |= {name for name, entry in entries.items() if kind_of(entry) != "git"}
    for name in sorted(names):
        if name not in entries:
            raise InputError(
                f"there is no dataset {name!r}: {did_you_mean(name, entries)}",
                where="configuration, setting 'datasets'",
                remedy="Add it to data/datasets.yaml, or name its registry in `registries`.",
            )
    return [name for name in entries if name in names]


def command(dataset: str, entry: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Return the command that builds a dataset's page again, for its page.

    Parameters
    ----------
    dataset : str
        Its id.
    entry : mapping
        Of the registry.
    config : mapping
        Snakemake's ``config``, complete.

    Returns
    -------
    str
        With all settings that differ from the defaults and can move a number. Another registry
        than the project's own is ``PATH``: a page is the same wherever its registry lies.
    """
    usual = settings.defaults()
    used = settings.section(config, "page")
    changed = {name: value for name, value in used.items() if value != usual[name]}
    own = entry["registry"] == str(ROOT / "data")
    if not changed:
        return f"make report DATASETS={dataset}" + ("" if own else " REGISTRY=PATH")
    texts = [shlex.quote(f"{name}={json.dumps(value)}") for name, value in changed.items()]
    start = f".venv/bin/python workflow/run.py --datasets {dataset}"
    return " ".join([start, *([] if own else ["--registry PATH"]), "--config", *texts])


#: What a step reads of it are its parameters: another default or range, or a setting of another
#: stage, is no reason to run it again.
_SETTINGS = ROOT / "emergence/settings.py"


@cache
def step_code(step: str) -> str:
    """Return a digest of the code that a step runs, so that editing it reruns the step.

    Snakemake sees a script change, but not a change of a module that it imports; and of a script
    it sees comments too.

    Parameters
    ----------
    step : str
        Name of a file in ``scripts/``, without its ending.

    Returns
    -------
    str
        See `_digest_of`, of `step_files`.
    """
    return _digest_of(step_files(step))


@cache
def program_code(program: str) -> str:
    """Return a digest of a program that computes a dataset.

    Parameters
    ----------
    program : str
        One of `emergence.raw.programs.PROGRAMS`.

    Returns
    -------
    str
    """
    return _digest_of(program_files(program))


@cache
def step_files(step: str) -> list[str]:
    """Find the project's files that a step runs or reads: its own, and what it imports.

    Parameters
    ----------
    step : str
        Name of a file in ``scripts/``, without its ending.

    Returns
    -------
    list of str
        Absolute paths, sorted, without the declaration of the settings. A package with templates
        brings these along.
    """
    return _with_imports(ROOT / "scripts" / f"{step}.py")


def program_files(program: str) -> list[str]:
    """Find the project's files that a program consists of.

    Parameters
    ----------
    program : str
        One of `emergence.raw.programs.PROGRAMS`.

    Returns
    -------
    list of str
        Absolute paths, sorted.
    """
    return _with_imports(ROOT.joinpath(*PROGRAMS[program].split(".")).with_suffix(".py"))


def _digest_of(files: Iterable[str]) -> str:
    """Digest files by name and content: of Python the syntax trees, without docstrings."""
    digest = hashlib.sha256()
    for name in files:
        path = Path(name)
        digest.update(f"{path.relative_to(ROOT)}\0{_content(path)}\n".encode())
    return digest.hexdigest()


@cache
def _content(path: Path) -> str:
    """Return what of a file can change a result."""
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    tree = _tree(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
    return ast.dump(tree, annotate_fields=False)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _with_imports(start: Path) -> list[str]:
    """Find a file, what it imports, and what that imports."""
    # Importing a module runs the packages that it is in.
    packages = [start.parent, *start.parent.parents]
    inside = [p / "__init__.py" for p in packages if p.is_relative_to(ROOT) and p != ROOT]
    found = {start, *(path for path in inside if path.is_file())}
    waiting = sorted(found)
    while waiting:
        path = waiting.pop()
        for imported in _imported(path):
            if imported not in found and imported != _SETTINGS:
                found.add(imported)
                waiting.append(imported)
    for package in {path.parent for path in found}:
        found |= {path for path in (package / "templates").glob("*") if path.is_file()}
    return sorted(map(str, found))


@cache
def _imported(path: Path) -> frozenset[Path]:
    if path.suffix != ".py":
        return frozenset()
    names: set[str] = set()
    for node in _statements(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset().union(*(_files_of(ROOT, name) for name in names))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements. Expressions, most of a tree, hold no import: this is each start."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, block, ())


@cache
def _files_of(root: Path, name: str) -> frozenset[Path]:
    """Return the project's files that importing a module runs."""
    files = set()
    parts = name.split(".")
    # Importing a.b.c runs a/__init__.py and a/b/__init__.py as well.
    for depth in range(1, len(parts) + 1):
        for base in (root, root / "scripts"):
            stem = base.joinpath(*parts[:depth])
            files |= {f for f in (stem / "__init__.py", stem.with_suffix(".py")) if f.is_file()}
        if not any((base / parts[0]).is_dir() for base in (root, root / "scripts")):
            # Most names are of other packages, and need no look at each depth.
            break
    return frozenset(file.resolve() for file in files)


def code_version() -> str:
    """Return the commit of the project, and whether its code was changed since.

    Returns
    -------
    str
        The commit's id, with `` (changed since)`` behind it if a file of the code differs
        from it. Where the project is no git checkout of its own: what the archive that it was
        unpacked from says, or else ``unknown``.
    """
    commit = _git("rev-parse", "HEAD")
    if not commit or not is_checkout():
        carried = ROOT / "code_version.txt"
        if not carried.is_file():
            return "unknown"
        digests = {name: archive.digest(ROOT / name) for name in files_below(CODE)}
        return archive.carried_version(carried.read_text(encoding="utf-8"), digests)
    changes = _git("status", "--porcelain", "--untracked-files=normal", "--", *CODE)
    return f"{commit} (changed since)" if changes else commit


def is_checkout() -> bool:
    """Return whether the project is a git checkout of its own, and no folder of another."""
    top = _git("rev-parse", "--show-toplevel")
    return bool(top) and Path(top).resolve() == ROOT


def files_below(parts: Iterable[str]) -> set[str]:
    """Return the files of the project in some of its folders.

    Parameters
    ----------
    parts : iterable of str
        Files and folders below the project's own.

    Returns
    -------
    set of str
        Paths below the project's folder, with slashes; without what Python compiled.
    """
    found = set()
    for part in parts:
        start = ROOT / part
        for path in [start] if start.is_file() else start.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(path.relative_to(ROOT).as_posix())
    return found


def _git(*arguments: str) -> str:
    """Answer of git, empty where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def file_digests(paths: Mapping[str, Path]) -> dict[str, str]:
    """Return the SHA-256 of the files that exist.

    Parameters
    ----------
    paths : mapping of str to Path
        Files by name.

    Returns
    -------
    dict of str to str
    """
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in paths.items()
        if path.is_file()
    }
