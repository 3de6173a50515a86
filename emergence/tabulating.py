"""From the sources of a dataset to its table of scores: the workflow and the command share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emergence.examples import examples_from_errors, recover_examples
from emergence.facts import (
    CHANCE_LEVELS,
    KNOWN_BAD_DATA,
    METRIC_CATALOG,
    MODEL_SIZES,
    TASK_INVENTORY,
    metrics,
    read_facts,
    stated_directions,
)
from emergence.scores import Assembled, assemble, mark_known_bad
from emergence.sources import FileFacts, Known, Part, chance_of, gather, models_of


@dataclass(frozen=True)
class FactsFiles:
    """The facts tables that scores are read with.

    Attributes
    ----------
    catalog, inventory, known_bad, model_sizes, chance_levels : Path
        Of metrics, of BIG-bench's tasks, of known bad data, of models, and of guessing.
    """

    catalog: Path
    inventory: Path
    known_bad: Path
    model_sizes: Path
    chance_levels: Path


def tabulate(
    dataset: str,
    entry: Mapping[str, Any],
    files: FactsFiles,
    read: Callable[[Mapping[str, Any], Known], Iterator[Part]],
) -> tuple[Assembled, list[FileFacts]]:
    """Read all sources of a registry entry.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    entry : mapping
        Its registry entry.
    files : FactsFiles
        The facts tables.
    read : callable
        Reads one source, as `emergence.sources.read_source` does from a folder.

    Returns
    -------
    assembled : Assembled
        Without any row if no entry could be used.
    facts : list of FileFacts
        One a file that was read, or a folder of files.

    Raises
    ------
    InputError
        If a source cannot be used.
    """
    catalog, declared = read_facts(files.catalog, METRIC_CATALOG), entry.get("metrics", {})
    known = metrics(catalog, declared, f"entry {dataset!r}")
    settled = {name: metric.higher_is_better for name, metric in known.items() if not metric.flags}
    beside = Known(
        models_of(read_facts(files.model_sizes, MODEL_SIZES)),
        settled,
        chance_of(read_facts(files.chance_levels, CHANCE_LEVELS)),
    )
    rows, rejects, facts = gather(
        part for source in entry["sources"] for part in read(source, beside)
    )
    known = metrics(catalog, declared, stated=stated_directions([f.as_dict() for f in facts]))
    assembled = assemble(dataset, rows, rejects, known)
    scores = assembled.encoded
    # Tidy tables say how many examples a score is of, or leave it out on purpose.
    formats = {source["format"] for source in entry["sources"]}
    if "bigbench" in formats:
        scores = recover_examples(scores, read_facts(files.inventory, TASK_INVENTORY), known)
    if "lm-eval" in formats:
        scores = examples_from_errors(scores, known)
    scores = mark_known_bad(scores, read_facts(files.known_bad, KNOWN_BAD_DATA))
    return Assembled(scores, assembled.rejects), facts
