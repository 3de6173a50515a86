"""From the sources of a dataset to its table of scores: the workflow and the command share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emergence import facts
from emergence.scores import Assembled, assemble, mark_known_bad
from emergence.sources import FORMATS, FileFacts, Known, Part, chance_of, gather, models_of


def tabulate(
    dataset: str,
    entry: Mapping[str, Any],
    read: Callable[[Mapping[str, Any], Known], Iterator[Part]],
) -> tuple[Assembled, list[FileFacts]]:
    """Read all sources of a registry entry.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    entry : mapping
        Its registry entry.
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
    catalog, declared = facts.known("metric_catalog"), entry.get("metrics", {})
    known = facts.metrics(catalog, declared, f"entry {dataset!r}")
    settled = {name: metric.higher_is_better for name, metric in known.items() if not metric.flags}
    beside = Known(
        models_of(facts.known("model_sizes")),
        settled,
        chance_of(facts.known("chance_levels")),
        facts.known("task_inventory"),
    )
    rows, rejects, read_files = gather(
        part for source in entry["sources"] for part in read(source, beside)
    )
    known = facts.metrics(
        catalog, declared, stated=facts.stated_directions([f.as_dict() for f in read_files])
    )
    assembled = assemble(dataset, rows, rejects, known)
    scores = assembled.encoded
    for name in sorted({source["format"] for source in entry["sources"]}):
        if FORMATS[name].complete is not None:
            scores = FORMATS[name].complete(scores, known, beside)
    scores = mark_known_bad(scores, facts.known("known_bad_data"))
    return Assembled(scores, assembled.rejects), read_files
