"""Files that are no tidy table: what they are, and what to do with them."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shlex
import sys
import zipfile
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from emergence.errors import InputError, in_shell, shorten
from emergence.sources.formats import Candidate, Named

#: How much of a file is looked at.
_SEEN = 65_536

_IS_JSON_TABLE = "is a table in JSON; tables are read from CSV and parquet"

#: Signs that separate cells in files that are no CSV, as they are written in a command.
_SEPARATORS = {";": ";", "\t": "\\t", "|": "|"}


def refuse_foreign(data: bytes, where: str) -> None:
    """Raise if a file is of another kind than CSV or parquet that people have.

    Parameters
    ----------
    data : bytes
        The file.
    where : str
        Its path, as the registry or the command line has it.

    Raises
    ------
    InputError
        Naming the kind, and the command or the way that makes a table of it.
    """
    found = _packed(data, where) or _other_coding(data, where) or _other_text(data, where)
    if found:
        problem, remedy = found
        raise InputError(problem, where=where, remedy=remedy)


def _columns() -> str:
    return "task, metric, model_family, model, n_params, score"


def command(code: str) -> str:
    """Return a command that runs a line of Python in the project's environment, or in ours."""
    line = f"import pandas as pd; {code}"
    # Between double quotes a shell reads these signs; names of files seldom have one.
    quoted = shlex.quote(line) if re.search(r'["$`!]|\\(?!t)', line) else f'"{line}"'
    own = ".venv/bin/python"
    python = own if os.path.exists(own) else shlex.quote(sys.executable)
    return f"{python} -c {quoted}"


def made(code: str, where: str) -> str:
    """Return what to do: run a line of Python, and check what it writes."""
    return f"Make one, and check {new_name(where)}:\n  {command(code)}"


def new_name(where: str, ending: str = ".csv") -> str:
    """Return a name for what is made of a file, beside it and not itself."""
    path = PurePath(where)
    stem = path.name.removesuffix(path.suffix) or "scores"
    return str(path.with_name(f"{stem}-new{ending}"))


def unused_name(name: str) -> str:
    """Return a name like another that no file has where the command is run."""
    path, tries = PurePath(name), itertools.count(2)
    while os.path.lexists(name):
        name = f"{path.stem}-{next(tries)}{path.suffix}"
    return name


def _packed(data: bytes, where: str) -> tuple[str, str] | None:
    if data.startswith(b"PK\x03\x04"):
        try:
            names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return "is a damaged zip file", "Get it again, and unpack it."
        if any(name.startswith("xl/") for name in names):
            return _workbook()
        return "is a zip file", f"Unpack it, and check what is in it: unzip {in_shell(where)}"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _workbook()
    if data.startswith(b"\x1f\x8b"):
        return "is compressed", f"Unpack it first: gunzip --keep {in_shell(where)}"
    return None


def _workbook() -> tuple[str, str]:
    return (
        "is an Excel workbook",
        "Save the sheet as 'CSV UTF-8', with one score a row, and check that file.",
    )


def _other_coding(data: bytes, where: str) -> tuple[str, str] | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16 text; save it as UTF-8", _converted(where, "UTF-16")
    header = data[:_SEEN].split(b"\n", 1)[0]
    if b"\0" not in header:
        return None
    # Latin letters in UTF-16: every other byte is 0.
    for first, coding in ((1, "UTF-16LE"), (0, "UTF-16BE")):
        if header[first::2].count(0) > 0.4 * len(header):
            return "is UTF-16 text; save it as UTF-8", _converted(where, coding)
    return (
        "is a binary file of an unknown kind",
        f"A table is CSV or parquet with the columns {_columns()}; which other formats are "
        "read: emergence check --help",
    )


def _converted(where: str, coding: str) -> str:
    return f"iconv -f {coding} -t UTF-8 {in_shell(where)} > {in_shell(new_name(where))}"


def _other_text(data: bytes, where: str) -> tuple[str, str] | None:
    text = data[:_SEEN].decode("utf-8-sig", errors="replace").lstrip()
    first, _, rest = text.partition("\n")
    if first.startswith("{"):
        return _json_lines(first, where)
    if first.startswith("[") and first.rstrip()[-1:] in "[{,]}":
        return _table_as_json(where)
    if re.match(r"<(!doctype|html|\?xml)", first, re.IGNORECASE):
        return (
            "is a web page or other markup, not a table",
            "Download the file itself: on GitHub, from the button 'Raw'.",
        )
    if first.startswith("|") and re.match(r"[|:\- ]+\s", rest):
        return "is a table in Markdown", f"Write it as CSV with the columns {_columns()}."
    return _other_separator(first, rest, where)


def _json_lines(first: str, where: str) -> tuple[str, str]:
    try:
        value: Any = json.loads(first)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and {"doc_id", "resps"} & value.keys():
        return (
            "holds single answers, as lm-evaluation-harness keeps them (samples_*.jsonl)",
            "The scores are in results_*.json beside it: emergence check FOLDER",
        )
    if value is None:
        return (
            "is JSON, not a table",
            "A result file of lm-evaluation-harness is read with --format lm-eval.",
        )
    return _table_as_json(where, lines=True)


def _table_as_json(where: str, *, lines: bool = False) -> tuple[str, str]:
    more = ", lines=True" if lines else ""
    code = f"pd.read_json({where!r}{more}).to_csv({new_name(where)!r}, index=False)"
    return _IS_JSON_TABLE, made(code, where)


def _named_table(found: Candidate) -> str:
    return _table_as_json(str(found.path))[1]


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda document: isinstance(document, dict) and set(names) <= document.keys()


def _results(document: Any) -> Any:
    return document.get("results") if isinstance(document, dict) else None


def _is_open_llm(document: Any) -> bool:
    results = _results(document)
    of_harness = isinstance(results, dict) and any(key.startswith("harness|") for key in results)
    return of_harness and "config_general" in document


def _is_helm(document: Any) -> bool:
    if isinstance(document, list):
        first = document[0] if document else None
        name = first.get("name") if isinstance(first, dict) else None
        return isinstance(name, dict) and {"name", "split"} <= name.keys()
    return _has("adapter_spec", "scenario_spec")(document)


def _is_bigscience(document: Any) -> bool:
    results = _results(document)
    return isinstance(results, list) and any(
        isinstance(one, dict) and {"task_name", "prompt_name"} <= one.keys() for one in results
    )


def _is_foundry(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    return "eval_metrics" in document or any(
        isinstance(key, str) and key.startswith(("metrics/", "icl/")) for key in document
    )


_AS_TABLE = f"Write its scores as a table, one score a row, with the columns {_columns()}."
_CONVERT = (
    "The package every_eval_ever converts it; what that writes is read here "
    f"(--format every-eval). Or: {_AS_TABLE[0].lower()}{_AS_TABLE[1:]}"
)

#: Other tools' JSON: what it is, how it is told, and what to do with it.
_OTHERS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    (
        "results of the first Open LLM Leaderboard (lighteval's layout, tasks `harness|...`)",
        _is_open_llm,
        _AS_TABLE,
    ),
    ("results of lighteval", _has("config_general"), _AS_TABLE),
    ("results of HELM", _is_helm, _CONVERT),
    ("a log of Inspect", _has("eval", "status"), _CONVERT),
    ("metrics of OLMES", _has("task_config", "metrics"), _AS_TABLE),
    (
        "results of BigScience's harness (a list, one prompt an entry)",
        _is_bigscience,
        f"{_AS_TABLE} The prompt goes into a column of its own: --condition prompt_name",
    ),
    ("results of llm-foundry or OpenLM", _is_foundry, _AS_TABLE),
)

#: JSON files that are no table: what they are, and what to do with them.
NAMED = (
    Named(
        _IS_JSON_TABLE,
        lambda found: isinstance(found.document, list) and not _is_helm(found.document),
        _named_table,
    ),
    *(
        Named(
            f"holds {what}, a format that is not read"
            if of_folder
            else f"is {what}, a format that is not read",
            lambda found, fits=fits, of_folder=of_folder: (
                found.is_folder == of_folder and found.any_document(fits)
            ),
            lambda found, remedy=remedy: remedy,
        )
        for what, fits, remedy in _OTHERS
        for of_folder in (False, True)
    ),
)


def _other_separator(first: str, rest: str, where: str) -> tuple[str, str] | None:
    counts = {sign: first.count(sign) for sign in _SEPARATORS}
    sign = max(counts, key=lambda sign: counts[sign])
    # One in the name of a column makes no table of it.
    if "," in first or counts[sign] < 2:
        return None
    # As texts, cells come through as they are; a decimal comma must be read as a number.
    kind = "decimal=','" if re.search(r"\d,\d", rest) else "dtype=str"
    code = (
        f"pd.read_csv({where!r}, sep='{_SEPARATORS[sign]}', {kind}).to_csv("
        f"{new_name(where)!r}, index=False)"
    )
    with_decimal = " and decimal commas" if kind != "dtype=str" else ""
    shown = {"\t": "tabs", ";": "semicolons", "|": "bars"}[sign]
    return (
        f"has {shown} between its cells{with_decimal}; a table is read with commas and "
        f"decimal points. Its first line: {shorten(first.rstrip(), 120)}",
        made(code, where),
    )
