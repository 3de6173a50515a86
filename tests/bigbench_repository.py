"""Repositories in the shape of BIG-bench, with scores drawn from stated curves.

They serve the tests and the benchmarks. Tasks, subtasks, metrics and numbers of examples are those
of the real inventory; no score was measured on a model, and every file says so.

The curves: each leaf (task or subtask) has a skill that depends on model scale N and shots
by the smooth law of the method, ``s = exp(-exp(a - b ln N - 0.3 shots))``, with its own a
and b. Its kind is drawn first: ``smooth`` (b between 0.05 and 0.5, as the loss exponents of
language models), ``step`` (b = 8: absent, then there) or ``flat`` (no skill at any scale).
A share of examples is binomial with the mean chance + (1 - chance) s; Brier score and
calibration error fall from their value for a uniform guess to 0 with s; every other metric
rises from its low to its high score with s. What is no share has normal noise of 0.005 of
its range.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

#: Where the tasks are, in upstream's repository.
TASKS_FOLDER = "bigbench/benchmark_tasks"

LABEL = "SYNTHETIC: drawn from a stated curve, measured on no model"

#: Kinds of curves, and how often each is drawn.
KINDS = ("smooth", "step", "flat")
_KIND_SHARES = (0.8, 0.1, 0.1)

#: Most examples that a family was asked, where that is known.
EXAMPLE_CAPS = {"BIG-G": 1024, "GPT": 1000, "PaLM": 1000}

_AGGREGATE = "normalized_aggregate_score"

#: Low and high score of metrics that are not between 0 and 1, in the files' own unit.
_RANGES = {
    "bleu": (0.0, 100.0),
    "rouge1": (0.0, 100.0),
    "rouge2": (0.0, 100.0),
    "rougeLsum": (0.0, 100.0),
    "sequence_f1": (0.0, 100.0),
    "log_likelihood": (-10.0, 0.0),
    "log_likelihood_per_word": (-10.0, 0.0),
    "log_likelihood_per_char": (-10.0, 0.0),
    "weighted_log_probabilities": (-10.0, 0.0),
    _AGGREGATE: (0.0, 100.0),
}
#: What the inventory declares by one name and the package computes under several.
_COMPUTED_AS = {"rouge": ("rouge1", "rouge2", "rougeLsum")}

_FALLING = {"calibration_multiple_choice_brier_score", "expected_calibration_error"}
_SHARES = {
    "multiple_choice_grade",
    "exact_str_match",
    "case_insensitive_str_match",
    "numeric_match_with_0_1_relative_error",
}


@dataclass(frozen=True)
class Model:
    """A model of the simulated repository.

    Attributes
    ----------
    family, name : str
        As they stand inside its files.
    parameters : int
        Its scale; the three counts of a file are made from it.
    file : str
        What its files' names say: upstream's family there is another one than inside.
    """

    family: str
    name: str
    parameters: int
    file: str


def _models() -> tuple[Model, ...]:
    big_g = {
        "2m": 2e6, "16m": 16e6, "53m": 53e6, "125m": 125e6, "244m": 244e6, "422m": 422e6,
        "1b": 1e9, "2b": 2e9, "4b": 4e9, "8b": 8e9, "27b": 27e9, "128b": 128e9,
    }  # fmt: skip
    gpt = {
        "Small": 125e6, "Medium": 350e6, "Large": 760e6, "XL": 1.3e9,
        "3B": 2.7e9, "6B": 6.7e9, "13B": 13e9, "200B": 175e9,
    }  # fmt: skip
    gopher = {
        "44M": 44e6,
        "117M": 117e6,
        "417M": 417e6,
        "1.4B": 1.4e9,
        "7.1B": 7.1e9,
        "280B": 280e9,
    }
    palm = {"8b": 8e9, "64b": 64e9, "535b": 535e9}
    models = [
        Model(f"BIG-G T={t}", name, int(size), f"BIG-G_{name}_T={t}")
        for t in (0, 1)
        for name, size in big_g.items()
    ]
    models += [
        Model("BIG-G sparse", name, int(size), f"BIG-G-sparse_{name}")
        for name, size in list(big_g.items())[:10]
    ]
    models += [
        Model("GPT", f"GPT-3 {name}", int(size), f"GPT_GPT-3-{name}") for name, size in gpt.items()
    ]
    models += [Model("PaLM", name, int(size), f"PaLM_{name}") for name, size in palm.items()]
    models += [Model("Gopher", name, int(size), f"Gopher_{name}") for name, size in gopher.items()]
    return tuple(models)


#: The 51 models of BIG-bench Lite's published scores, in their 6 families; sizes are nominal.
MODELS = _models()


@dataclass
class Written:
    """What was written, counted while it was written: what a reader must find.

    Attributes
    ----------
    files : int
        Score files.
    bytes : int
        Their size together, without those that must not be read.
    tasks, subtasks, families, models, metrics : set of str
        Names of what has a score row; a subtask is ``task:subtask``, a model
        ``family/model``.
    shots : set of int or None
        Numbers of shots; None is unknown.
    entries : int
        Score values, and broken parts of which each counts as one.
    rejects : Counter
        Entries that make no score row, by reason.
    kinds : dict of str to str
        The kind of curve of each leaf, one of `KINDS`.
    """

    files: int = 0
    bytes: int = 0
    tasks: set[str] = field(default_factory=set)
    subtasks: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    metrics: set[str] = field(default_factory=set)
    shots: set[int | None] = field(default_factory=set)
    entries: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Entries that make a score row."""
        return self.entries - sum(self.rejects.values())


@dataclass(frozen=True)
class _Leaf:
    """A task or subtask with what the inventory knows of it, and its curve."""

    description: str
    preferred: str
    metrics: tuple[str, ...]
    examples: int
    chance: float
    kind: str
    a: float
    b: float


@dataclass(frozen=True)
class Content:
    """What a repository has; by default all of the inventory.

    Attributes
    ----------
    tasks : int or iterable of str, optional
        So many tasks, evenly spread over the inventory, or these; all by default.
    most_subtasks : int, optional
        At most so many subtasks of a task; all by default.
    models : sequence of Model, default `MODELS`
        One file a task and model.
    shots : sequence of int, default (0, 1, 2, 3)
        Numbers of shots; -1 is upstream's word for one that has no meaning.
    metrics : iterable of str, optional
        Only these; all that a leaf has by default.
    trials : int, default 0
        So many further entries ``<task>:trial_<i>`` in each file of a programmatic task.
    """

    tasks: int | Iterable[str] | None = None
    most_subtasks: int | None = None
    models: Sequence[Model] = MODELS
    shots: Sequence[int] = (0, 1, 2, 3)
    metrics: Iterable[str] | None = None
    trials: int = 0


#: All of the inventory.
_ALL = Content()


def build_repository(
    folder: Path,
    inventory: Sequence[Mapping[str, Any]],
    content: Content = _ALL,
    *,
    seed: int = 0,
    faults: Iterable[str] = (),
) -> Written:
    """Write a repository with the score files of simulated models.

    Parameters
    ----------
    folder : Path
        The repository's top; it is made. The tasks are in `TASKS_FOLDER` below it.
    inventory : sequence of mapping
        Rows of `emergence.facts.task_inventory`.
    content : Content, optional
    seed : int, default 0
        Every score depends on it, its leaf and its model only: a repository of fewer tasks
        has the same scores for them.
    faults : iterable of str
        Names from `FAULTS`: each adds its broken files.

    Returns
    -------
    Written

    Raises
    ------
    ValueError
        If a task or fault is not known.
    """
    folder = Path(folder)
    written = Written()
    only = None if content.metrics is None else frozenset(content.metrics)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SYNTHETIC.txt").write_text(f"{LABEL}.\n", encoding="utf-8")
    chosen = _chosen(inventory, content.tasks)
    for task, rows in chosen.items():
        leaves, has_subtasks, programmatic = _leaves(task, rows, seed, content.most_subtasks, only)
        if not leaves:
            continue
        models, shots = content.models, content.shots
        trials = content.trials if programmatic else 0
        documents = _documents(task, leaves, has_subtasks, models, shots, seed, trials)
        results = folder / TASKS_FOLDER / task / "results"
        results.mkdir(parents=True, exist_ok=True)
        for model, document in zip(models, documents, strict=True):
            _write(results / f"scores_{model.file}.json", document, written)
        written.kinds.update({leaf.description: leaf.kind for leaf in leaves})
    for name in faults:
        if name not in FAULTS:
            raise ValueError(f"there is no fault {name!r}: {', '.join(FAULTS)}")
        FAULTS[name](folder / TASKS_FOLDER, written)
    return written


def _chosen(
    inventory: Sequence[Mapping[str, Any]], tasks: int | Iterable[str] | None
) -> dict[str, list[Mapping[str, Any]]]:
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for row in inventory:
        by_task.setdefault(row["task"], []).append(row)
    names = list(by_task)
    if isinstance(tasks, int):
        names = [names[i * len(names) // tasks] for i in range(min(tasks, len(names)))]
    elif tasks is not None:
        names = list(tasks)
        unknown = set(names) - set(by_task)
        if unknown:
            raise ValueError(f"not in the inventory: {sorted(unknown)}")
    return {name: by_task[name] for name in names}


def _leaves(
    task: str,
    rows: Sequence[Mapping[str, Any]],
    seed: int,
    most_subtasks: int | None,
    only: frozenset[str] | None,
) -> tuple[list[_Leaf], bool, bool]:
    rows = [row for row in rows if row["is_leaf"] != "0"]
    has_subtasks = any(row["subtask"] for row in rows)
    leaves = []
    for row in rows[:most_subtasks]:
        description = f"{task}:{row['subtask']}" if row["subtask"] else task
        declared = [*row["preferred_score"], *row["metrics"], *row["implicit_metrics"]]
        names = {name for metric in declared for name in _COMPUTED_AS.get(metric, (metric,))}
        kept = tuple(sorted(name for name in names if only is None or name in only))
        if not kept:
            continue
        rng = _stream(seed, "leaf", description)
        kind = str(rng.choice(KINDS, p=_KIND_SHARES))
        b = {"smooth": rng.uniform(0.05, 0.5), "step": 8.0, "flat": 0.0}[kind]
        # ln N at which the skill is 1/e: between 100 million and 100 billion parameters.
        middle = np.log(10.0 ** rng.uniform(8, 11))
        choices = row["mean_n_choices"] or 0.0
        leaves.append(
            _Leaf(
                description=description,
                preferred=next(iter(row["preferred_score"]), kept[0]),
                metrics=kept,
                examples=row["n_examples"] or 100,
                chance=1 / choices if choices > 1 else 0.0,
                kind=kind,
                a=np.inf if kind == "flat" else b * middle,
                b=b,
            )
        )
    return leaves, has_subtasks, any(row["is_json_task"] == "0" for row in rows)


def _stream(seed: int, *names: str) -> np.random.Generator:
    """Return a random stream that depends on the seed and these names only."""
    digest = hashlib.sha256("\0".join([str(seed), *names]).encode()).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest[:16], np.uint64)))


def _documents(
    task: str,
    leaves: Sequence[_Leaf],
    has_subtasks: bool,
    models: Sequence[Model],
    shots: Sequence[int],
    seed: int,
    trials: int,
) -> list[dict[str, Any]]:
    """Make one document a model: leaves, then trials, then the means over subtasks."""
    scores: list[list[dict[str, Any]]] = [[] for _ in models]
    values = {}
    for leaf in leaves:
        values[leaf.description] = drawn = _draw(leaf, models, shots, seed)
        _add(scores, leaf.description, leaf, shots, drawn)
    for i in range(trials):
        leaf = leaves[0]
        description = f"{task}:trial_{i}"
        _add(scores, description, leaf, shots, _draw(leaf, models, shots, seed, description))
    if has_subtasks:
        _add_aggregate(scores, task, leaves, shots, values)
    return [
        {"scores": entries, "task": {"task_name": task}, "model": _model_data(model)}
        for model, entries in zip(models, scores, strict=True)
    ]


def _draw(
    leaf: _Leaf,
    models: Sequence[Model],
    shots: Sequence[int],
    seed: int,
    stream: str = "",
) -> dict[str, NDArray[np.float64]]:
    """Draw the scores of a leaf: for each metric an array of shots and models."""
    drawn = {metric: np.empty((len(shots), len(models))) for metric in leaf.metrics}
    given = np.maximum(np.array(shots, float), 0)[:, None]
    sizes = np.log(np.array([model.parameters for model in models], float))[None, :]
    skill = np.exp(-np.exp(np.minimum(leaf.a - leaf.b * sizes - 0.3 * given, 700)))
    # One stream a metric over all 51 known models' places, so that a subset draws the same.
    for metric in leaf.metrics:
        uniform = _uniforms(seed, stream or leaf.description, metric, models, shots)
        caps = np.array([_examples(leaf, model) for model in models])[None, :]
        if metric in _SHARES:
            chance = leaf.chance if metric == "multiple_choice_grade" else 0.0
            mean = chance + (1 - chance) * skill
            drawn[metric] = _binomial(uniform, caps, mean) / caps
        else:
            drawn[metric] = _smooth_score(leaf, metric, skill, uniform)
    return drawn


def _examples(leaf: _Leaf, model: Model) -> int:
    cap = EXAMPLE_CAPS.get(model.family.split()[0])
    return leaf.examples if cap is None else min(leaf.examples, cap)


def _uniforms(
    seed: int, leaf: str, metric: str, models: Sequence[Model], shots: Sequence[int]
) -> NDArray[np.float64]:
    """Uniform draws of each number of shots and model, whichever others are asked for."""
    rng = _stream(seed, "scores", leaf, metric)
    table = rng.random((_MOST_SHOTS + 2, len(_PLACES) + _FREE_PLACES))
    free = {model.file: len(_PLACES) + i % _FREE_PLACES for i, model in enumerate(models)}
    columns = [_PLACES.get(model.file, free[model.file]) for model in models]
    return table[np.ix_([shot + 1 for shot in shots], columns)]


_MOST_SHOTS = 8
_FREE_PLACES = 16
_PLACES = {model.file: i for i, model in enumerate(MODELS)}


def _binomial(
    uniform: NDArray[np.float64], n: NDArray[np.int64], mean: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Binomial draws from uniforms, by the normal quantile: close enough for a simulation.

    The exact quantile takes most of the time of a full-size repository. Never below 0 or
    above n, and whole numbers of examples: that is what a reader can check.
    """
    z = np.sqrt(2) * _erfinv(2 * uniform - 1)
    return np.clip(np.rint(n * mean + z * np.sqrt(n * mean * (1 - mean))), 0, n)


def _erfinv(x: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import erfinv

    return erfinv(np.clip(x, -1 + 1e-12, 1 - 1e-12))


def _smooth_score(
    leaf: _Leaf, metric: str, skill: NDArray[np.float64], uniform: NDArray[np.float64]
) -> NDArray[np.float64]:
    low, high = _RANGES.get(metric, (0.0, 1.0))
    noise = 0.005 * np.sqrt(2) * _erfinv(2 * uniform - 1)
    if metric in _FALLING:
        guess = leaf.chance * (1 - leaf.chance)  # (K - 1) / K^2 for K choices
        return np.clip(guess * (1 - skill) + noise, 0, 1)
    return np.clip(low + (high - low) * (skill + noise), low, high)


def _add(
    scores: list[list[dict[str, Any]]],
    description: str,
    leaf: _Leaf,
    shots: Sequence[int],
    drawn: Mapping[str, NDArray[np.float64]],
) -> None:
    low, high = _bounds(leaf)
    tables = {metric: values.tolist() for metric, values in drawn.items()}
    for i, shot in enumerate(shots):
        for j, entries in enumerate(scores):
            entries.append(
                {
                    "high_score": high,
                    "low_score": low,
                    "number_of_shots": shot,
                    "preferred_score": leaf.preferred,
                    "score_dict": {metric: table[i][j] for metric, table in tables.items()},
                    "subtask_description": description,
                }
            )


def _bounds(leaf: _Leaf) -> tuple[float, float]:
    low, high = _RANGES.get(leaf.preferred, (0.0, 1.0))
    return (leaf.chance, high) if leaf.preferred == "multiple_choice_grade" else (low, high)


def _add_aggregate(
    scores: list[list[dict[str, Any]]],
    task: str,
    leaves: Sequence[_Leaf],
    shots: Sequence[int],
    values: Mapping[str, Mapping[str, NDArray[np.float64]]],
) -> None:
    """Add upstream's entry for the whole task: the means over its subtasks."""
    common = set.intersection(*(set(leaf.metrics) for leaf in leaves))
    means = {m: np.mean([values[leaf.description][m] for leaf in leaves], axis=0) for m in common}
    normalized = []
    for leaf in leaves:
        if leaf.preferred in values[leaf.description]:
            low, high = _bounds(leaf)
            preferred = values[leaf.description][leaf.preferred]
            normalized.append(100 * (preferred - low) / (high - low))
    if normalized:
        means[_AGGREGATE] = np.mean(normalized, axis=0)
    if means:
        names = tuple(sorted(means))
        whole = _Leaf(task, _AGGREGATE, names, 0, 0.0, "", 0.0, 0.0)
        _add(scores, task, whole, shots, {name: means[name] for name in names})


def _model_data(model: Model) -> dict[str, Any]:
    return {
        "additional_details": LABEL,
        "decoding_params": {},
        "description": LABEL,
        "flop_matched_non_embedding_params": model.parameters,
        "model_family": model.family,
        "model_name": model.name,
        "non_embedding_params": model.parameters,
        "total_params": round(1.05 * model.parameters),
        "training_batch_size": 1,
        "training_steps": 1,
    }


def _write(path: Path, document: Mapping[str, Any], written: Written) -> None:
    """Write a file as upstream does, indented and with sorted keys, and count what is in it."""
    text = msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2)
    path.write_bytes(text)
    _count(document, len(text), written)


def _count(document: Mapping[str, Any], size: int, written: Written) -> None:
    task, model = document["task"]["task_name"], document["model"]
    written.files += 1
    written.bytes += size
    written.tasks.add(task)
    written.families.add(model["model_family"])
    written.models.add(f"{model['model_family']}/{model['model_name']}")
    for entry in document["scores"]:
        written.entries += len(entry["score_dict"])
        written.metrics.update(entry["score_dict"])
        shot = entry["number_of_shots"]
        written.shots.add(None if shot == -1 else shot)
        description = entry["subtask_description"]
        if description not in ("", task):
            written.subtasks.add(description)


# Faults: each adds files that a reader must survive, and says what it must make of them.

_FAULTY_TASK = "synthetic_faults"


def _fault_document(name: str, **changes: Any) -> dict[str, Any]:
    """Return a small valid document, of a model of its own."""
    model = Model("synthetic faults", name, 10**9, name)
    entry = {
        "high_score": 1.0,
        "low_score": 0.25,
        "number_of_shots": 0,
        "preferred_score": "multiple_choice_grade",
        "score_dict": {"multiple_choice_grade": 0.5, "expected_calibration_error": 0.25},
        "subtask_description": _FAULTY_TASK,
    }
    document = {
        "scores": [entry],
        "task": {"task_name": _FAULTY_TASK},
        "model": _model_data(model),
    }
    return {**document, **changes}


def _fault_file(tasks: Path, name: str, data: bytes) -> int:
    results = tasks / _FAULTY_TASK / "results"
    results.mkdir(parents=True, exist_ok=True)
    (results / f"scores_{name}.json").write_bytes(data)
    return len(data)


def _encoded(document: Mapping[str, Any]) -> bytes:
    """Encode as Python does, with bare NaN and Infinity."""
    return json.dumps(document, indent=2, sort_keys=True).encode()


def _whole_file(name: str, reason: str, spoil: Callable[[bytes], bytes]) -> Callable:
    """Make a fault that spoils a whole file: one entry, one reject."""

    def add(tasks: Path, written: Written) -> None:
        written.bytes += _fault_file(tasks, name, spoil(_encoded(_fault_document(name))))
        written.files += 1
        written.entries += 1
        written.rejects[reason] += 1

    return add


def _one_value(name: str, value: Any, reason: str | None) -> Callable:
    """Make a fault of one of a file's two score values; without a reason it is a row."""

    def add(tasks: Path, written: Written) -> None:
        document = _fault_document(name)
        document["scores"][0]["score_dict"]["multiple_choice_grade"] = value
        data = _encoded(document)
        _fault_file(tasks, name, data)
        _count(document, len(data), written)
        if reason is not None:
            written.rejects[reason] += 1

    return add


def _twice(name: str, other: float, reason: str, rejected: int) -> Callable:
    """Make a fault of two files that give the same two scores."""

    def add(tasks: Path, written: Written) -> None:
        for i, value in enumerate((0.5, other)):
            document = _fault_document(name)
            document["scores"][0]["score_dict"]["multiple_choice_grade"] = value
            data = _encoded(document)
            _fault_file(tasks, f"{name}_{i}", data)
            _count(document, len(data), written)
        agreeing = 4 - rejected if reason != "duplicate" else 0
        written.rejects[reason] += rejected
        if agreeing:
            written.rejects["duplicate"] += agreeing // 2

    return add


def _two_scales(tasks: Path, written: Written) -> None:
    for i, factor in enumerate((1, 2)):
        document = _fault_document("two_scales")
        document["scores"][0]["subtask_description"] = f"{_FAULTY_TASK}:part_{i}"
        document["model"]["flop_matched_non_embedding_params"] *= factor
        data = _encoded(document)
        _fault_file(tasks, f"two_scales_{i}", data)
        _count(document, len(data), written)
    written.rejects["conflicting_scales"] += 4
    # Nothing of it becomes a row, so that no table knows of it.
    written.models.discard("synthetic faults/two_scales")
    written.subtasks -= {f"{_FAULTY_TASK}:part_{i}" for i in range(2)}


def _too_large(tasks: Path, written: Written) -> None:
    """Add 200 MB of nothing, which take no room on the disk: the file is one hole."""
    _fault_file(tasks, "too_large", b"")
    with (tasks / _FAULTY_TASK / "results" / "scores_too_large.json").open("r+b") as file:
        file.truncate(200_000_000)
    written.files += 1
    written.entries += 1
    written.rejects["too_large"] += 1


def _link_outside(tasks: Path, written: Written) -> None:
    outside = tasks.parent.parent.parent / f"{tasks.parent.parent.name}-outside.json"
    outside.write_bytes(_encoded(_fault_document("link_outside")))
    results = tasks / _FAULTY_TASK / "results"
    results.mkdir(parents=True, exist_ok=True)
    link = results / "scores_link_outside.json"
    link.unlink(missing_ok=True)
    os.symlink(outside.resolve(), link)
    written.files += 1
    written.entries += 1
    written.rejects["outside_folder"] += 1


def _renamed(data: bytes) -> bytes:
    return data.replace(f'"task_name": "{_FAULTY_TASK}"'.encode(), b'"task_name": "../../etc"')


#: Each fault by name: a function of the folder of the tasks and the counts so far.
FAULTS: dict[str, Callable[[Path, Written], None]] = {
    "truncated": _whole_file("truncated", "not_json", lambda data: data[: len(data) // 2]),
    "empty": _whole_file("empty", "not_json", lambda data: b""),
    "blanks": _whole_file("blanks", "not_json", lambda data: b" " * 1_000_000),
    "not_utf8": _whole_file("not_utf8", "not_utf8", lambda data: data.replace(b"SYN", b"\xff\xfe")),
    "nested": _whole_file("nested", "nested_too_deeply", lambda data: b"[" * 200_000),
    "list": _whole_file("list", "wrong_type", lambda data: b"[" + data + b"]"),
    "no_model": _whole_file(
        "no_model", "field_missing", lambda data: data.replace(b'"model":', b'"modell":')
    ),
    "other_task": _whole_file("other_task", "other_task", _renamed),
    "text": _one_value("text", "0.5", "not_a_number"),
    "truth": _one_value("truth", True, "not_a_number"),
    "huge": _one_value("huge", 10**400, "out_of_range"),
    "nan": _one_value("nan", float("nan"), None),
    "infinity": _one_value("infinity", float("inf"), None),
    "null": _one_value("null", None, None),
    "twice": _twice("twice", 0.5, "duplicate", 2),
    "twice_unlike": _twice("twice_unlike", 0.75, "conflicting_duplicates", 2),
    "two_scales": _two_scales,
    "link_outside": _link_outside,
    "too_large": _too_large,
}
