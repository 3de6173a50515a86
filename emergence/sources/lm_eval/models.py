"""Which model a result file is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from emergence.errors import shorten
from emergence.sources.checkpoints import Checkpoint, of_revision
from emergence.sources.documents import Refused, kind_of, object_at, readable, text_at
from emergence.sources.known import KnownModel
from emergence.sources.own_tables import line_to_add

_PLACE = "/config/model_args"

#: Arguments that name the weights, in the order in which they do.
_NAMING = ("pretrained", "model", "path", "engine")

#: Arguments that change the weights. A revision is a condition, as a checkpoint of one training;
#: a model with one of the others is another one.
_CHANGING = ("revision", "peft", "delta", "gguf_file", "autogptq", "gptqmodel")

#: Arguments that keep the weights and round them, which is fixed along a curve.
_ROUNDING = ("load_in_4bit", "load_in_8bit")

_DEFAULTS = {"revision": "main"}
_NO = ("", "none", "false", "null")


class Model(NamedTuple):
    """The model of a result file.

    Attributes
    ----------
    family, name : str
    scale : float
    scale_kind : str
    condition : dict of str to str
        How the weights were rounded, if they were; the step or revision of a checkpoint.
    tokens : float or None
        That a checkpoint was trained on, where that is known.
    """

    family: str
    name: str
    scale: float
    scale_kind: str
    condition: dict[str, str]
    tokens: float | None = None


def find_model(document: Mapping[str, Any], models: Mapping[str, KnownModel]) -> Model:
    """Find the model of a file in the table of sizes.

    Parameters
    ----------
    document : mapping
        The file.
    models : mapping of str to KnownModel
        The table.

    Returns
    -------
    Model

    Raises
    ------
    Refused
        ``name_missing`` if the file does not say, ``unknown_model`` with the line to add if the
        table does not have the name.
    """
    config = object_at(document.get("config") or {}, "/config")
    arguments = _arguments(config.get("model_args"))
    name = next((arguments[key] for key in _NAMING if arguments.get(key)), None)
    if name is None and isinstance(document.get("model_name"), str):
        name = text_at(document["model_name"], "/model_name")
    if name is None or not name.strip():
        raise Refused(_PLACE, "name_missing", f"no pretrained= in {_shown(config)}")
    changed = {
        key: value
        for key in _CHANGING
        if (value := arguments.get(key, "")).lower() not in _NO and value != _DEFAULTS.get(key)
    }
    whole = name + "".join(f",{key}={value}" for key, value in changed.items())
    revision = None if whole in models else changed.pop("revision", None)
    # A table may have a line for one revision, which is then a model of its own.
    name += "".join(f",{key}={value}" for key, value in changed.items())
    known = models.get(name)
    if known is None:
        line = line_to_add(name, config.get("model_num_parameters"))
        raise Refused(_PLACE, "unknown_model", f"add to the table of models: {readable(line)}")
    rounding = {
        key: arguments[key] for key in _ROUNDING if arguments.get(key, "").lower() == "true"
    }
    at = Checkpoint({}, None)
    if revision is not None:
        at = of_revision(revision, known.tokens_per_step)
    condition = rounding | at.condition
    return Model(known.family, name, known.scale, known.scale_kind, condition, at.tokens)


def _arguments(value: Any) -> dict[str, str]:
    """Return the arguments as texts: the file has them as one text or as an object."""
    if value is None:
        return {}
    if isinstance(value, str):
        text = text_at(value, _PLACE)
        pairs = (part.partition("=") for part in text.split(","))
        return {key.strip(): content.strip() for key, equals, content in pairs if equals}
    fields = object_at(value, _PLACE)
    return {
        text_at(key, _PLACE): text_at(content, _PLACE) if isinstance(content, str) else str(content)
        for key, content in fields.items()
        if isinstance(content, (str, int, float, bool))
    }


def _shown(config: Mapping[str, Any]) -> str:
    arguments = config.get("model_args")
    if isinstance(arguments, str):
        return f"'{readable(shorten(arguments, 80))}'"
    return kind_of(arguments)
