"""A script's `main` with a plain object in place of Snakemake's: a step without a workflow."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from snakemake.iocontainers import Namedlist

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"

# At the end: a script may be called as a package that others need.
if str(SCRIPTS) not in sys.path:
    sys.path.append(str(SCRIPTS))


def script(name: str) -> ModuleType:
    """A script as a module: its name alone may be another package's."""
    spec = importlib.util.spec_from_file_location(f"script_{name}", SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def named(files: Mapping[str, Any]) -> Namedlist:
    """Files by name as Snakemake gives them: in one list, where a name may stand for several."""
    found = Namedlist()
    for name, value in files.items():
        start = len(found)
        several = isinstance(value, list)
        found.extend(value if several else [value])
        found._set_name(name, start, len(found) if several else None)
    return found


@contextmanager
def kept_logging() -> Iterator[None]:
    """Put back what a step changes of the logging."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    try:
        yield
    finally:
        for handler in set(root.handlers) - set(before[0]):
            with suppress(OSError):
                handler.close()
        root.handlers[:], root.level, logging.raiseExceptions = before
        logging.captureWarnings(False)


def run_step(
    name: str,
    output: Mapping[str, Any],
    *,
    input: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    **wildcards: str,
) -> str:
    """Run a step in the working directory, and return its log.

    Parameters
    ----------
    name : str
        Of the script.
    output, input, params : mapping
        By name, as the rule gives them.
    config : mapping, optional
        The workflow's settings, for the step that reads them.
    **wildcards : str
        ``dataset`` is "mine" unless another is given.
    """
    wildcards = {"dataset": "mine", **wildcards}
    log = Path("logs", wildcards["dataset"], f"{name}.log")
    with kept_logging():
        script(name).main(
            SimpleNamespace(
                rule=name,
                input=named(input or {}),
                output=named(output),
                params=SimpleNamespace(**(params or {})),
                wildcards=SimpleNamespace(**wildcards),
                config=config,
                threads=1,
                log=[str(log)],
            )
        )
    return log.read_text(encoding="utf-8")
