"""The registry: the datasets and their sources."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from emergence.errors import CONTROL_CHARACTER, InputError, did_you_mean, shorten
from emergence.sources import with_formats


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that refuses what would go wrong later, or in silence.

    A key given twice (the second would win), a key that is not text (``2023``, and ``no``,
    which YAML takes for false), a value that looks like a date or a number and is none,
    and text that no file can hold or that steers a terminal.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise _refused(shorten(str(error)), node) from error

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        value = super().construct_scalar(node)
        if CONTROL_CHARACTER.search(value) or any("\ud800" <= c <= "\udfff" for c in value):
            raise _refused(f"{shorten(value)} is not text", node)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                written = key_node.value if isinstance(key_node, yaml.ScalarNode) else key
                raise _refused(
                    f"the key {shorten(written)} is not text; put it in quotation marks", key_node
                )
            if not key.isprintable():
                raise _refused(f"the key {key!r} has signs that cannot be printed", key_node)
            if key in seen:
                raise _refused(f"the key {key!r} is given twice", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _refused(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def load_yaml(path: Path) -> Any:
    """Read a YAML file; every key is text and is given once.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    object
        What stands in it.

    Raises
    ------
    InputError
        If the file is missing, is not UTF-8 text or no YAML.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        return yaml.load(text, Loader=_StrictLoader)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text: {error}", where=str(path)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(f"is not valid YAML: {shorten(problem)}", where=f"{path}{line}") from error
    except RecursionError as error:
        raise InputError("is not valid YAML: it is nested too deeply", where=str(path)) from error


def _is_number(checker: jsonschema.TypeChecker, value: Any) -> bool:
    """Take `.nan` and `.inf` for no numbers: the first is within any limits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return jsonschema.Draft202012Validator.TYPE_CHECKER.is_type(value, "number")


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number),
)


def check_against_schema(value: Any, schema: Mapping[str, Any], *, where: str, unit: str) -> None:
    """Check a value against a JSON schema, and describe every mistake in plain words.

    Parameters
    ----------
    value : object
        What was read.
    schema : mapping
        A JSON schema, draft 2020-12.
    where : str
        The file, for the message.
    unit : str
        What the first level below is called, for example ``entry``.

    Raises
    ------
    InputError
        Naming the entry, the field, what was seen and what is allowed, for each mistake.
    """
    validator = _Validator(schema)
    mistakes = [
        mistake
        for error in sorted(validator.iter_errors(value), key=lambda e: [str(p) for p in e.path])
        for mistake in _mistakes(error, unit)
    ]
    if mistakes:
        raise InputError("; ".join(dict.fromkeys(mistakes)), where=where)


def _mistakes(error: jsonschema.ValidationError, unit: str) -> Iterable[str]:
    place = _place([str(part) for part in error.absolute_path], unit)
    rule, allowed, seen = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties" and allowed is False:
        known = error.schema.get("properties", {})
        for key in seen:
            if key not in known:
                yield f"{place}unknown field '{shorten(key)}': {did_you_mean(str(key), known)}"
    elif rule == "required":
        for key in allowed:
            if key not in seen:
                yield f"{place}the field {key!r} is missing"
    elif rule == "enum":
        names = [str(name) for name in allowed]
        yield f"{place}{shorten(seen)} is not allowed: {did_you_mean(str(seen), names)}"
    elif rule == "type":
        kinds = allowed if isinstance(allowed, str) else " or ".join(allowed)
        yield f"{place}{shorten(seen)} seen where {kinds} belongs"
    elif "propertyNames" in error.absolute_schema_path and unit != "entry":
        yield f"{place}'{shorten(seen)}' seen; it must match {allowed}"
    elif "propertyNames" in error.absolute_schema_path:
        yield f"{unit} '{shorten(seen)}': an id must match {allowed}"
    elif rule == "pattern":
        yield f"{place}'{shorten(seen)}' seen; it must match {allowed}"
    elif rule == "oneOf":
        kinds = "; or ".join(_described(option, error) for option in allowed)
        yield f"{place}{shorten(seen)} seen; allowed is {kinds}"
    elif rule in ("minLength", "minItems"):
        yield f"{place}is empty"
    elif rule == "not":
        yield f"{place}belongs to sources of another kind or format"
    elif rule == "const":
        yield f"{place}{shorten(seen)} seen where {shorten(allowed)} belongs"
    elif rule == "uniqueItems":
        yield f"{place}an item of {shorten(seen)} is given twice"
    elif rule == "maxItems" and error.schema_path and "then" in error.schema_path:
        kind = next(s["kind"] for s in seen if s.get("kind") in ("git", "computed"))
        yield f"{place}a source of kind {kind} stands alone; make each its own dataset"
    else:
        yield f"{place}{shorten(error.message)}"


def _place(path: list[str], unit: str) -> str:
    if unit == "entry" and path[:1] == ["datasets"]:  # all entries stand under this field
        path = path[1:]
        if not path:
            return "field 'datasets': "
    if not path:
        return ""
    field = ".".join(path[1:])
    return f"{unit} {path[0]!r}" + (f", field {field!r}" if field else "") + ": "


def _described(option: Mapping[str, Any], error: jsonschema.ValidationError) -> str:
    if "$ref" in option:
        option = error.schema
        return "{constant: a text}"
    if "enum" in option:
        return f"one of {', '.join(option['enum'])}"
    kind = option.get("type", "a value")
    if kind == "object" and "constant" not in option["properties"]:
        return f"a mapping with {' and '.join(option['properties'])}"
    if kind == "object":
        constant = option["properties"]["constant"]["type"]
        return f"{{constant: a {constant}}}"
    return {"string": "the name of a column", "array": "a list of columns"}.get(kind, kind)


def registry_schema() -> dict[str, Any]:
    """Return the JSON schema of registries, which declares every field of an entry.

    The formats of sources say which of the fields are theirs.
    """
    path = Path(__file__).parent / "schemas/registry.schema.json"
    return with_formats(json.loads(path.read_text(encoding="utf-8")))


def load_registry(paths: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Load the datasets of one or more registries.

    Parameters
    ----------
    paths : iterable of Path
        Registry files, in the order in which their datasets are listed.

    Returns
    -------
    dict of str to dict
        The entries by id. Each has ``registry`` added: the folder of its registry file,
        from which its paths start.

    Raises
    ------
    InputError
        If a file cannot be read or has a mistake, or an id is given in two registries.
    """
    schema = registry_schema()
    entries: dict[str, dict[str, Any]] = {}
    files: dict[str, Path] = {}
    for path in map(Path, paths):
        content = load_yaml(path)
        if content is None:
            raise InputError(
                "is empty", where=str(path), remedy="A registry begins with the line `datasets:`."
            )
        check_against_schema(content, schema, where=str(path), unit="entry")
        for name, entry in content["datasets"].items():
            if name in entries:
                raise InputError(
                    f"entry {name!r}: this id is taken by {files[name]}",
                    where=str(path),
                    remedy="Give the dataset another id.",
                )
            entries[name] = {**entry, "registry": str(path.resolve().parent)}
            files[name] = path
    return entries
