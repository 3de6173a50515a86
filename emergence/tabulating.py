"""From the sources of a dataset to its table of scores: the workflow and the command share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emergence.facts.chance_levels import CHANCE_LEVELS
from emergence.facts.known_bad_data import KNOWN_BAD_DATA
from emergence.facts.metric_catalog import METRIC_CATALOG, metrics, stated_directions
from emergence.facts.model_sizes import MODEL_SIZES
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.samples.outcomes import Outcomes
from emergence.samples.outcomes_table import outcomes_table
from emergence.scores import assemble, mark_known_bad
from emergence.sources import FORMATS, Known, Part, chance_of, gather, models_of
from emergence.study import Study


def tabulate(study: Study, read: Callable[[Mapping[str, Any], Known], Iterator[Part]]) -> Study:
    """Read all sources of a dataset.

    Parameters
    ----------
    study : Study
    read : callable
        Reads one source, as `emergence.sources.read_source` does from a folder.

    Returns
    -------
    Study
        With ``scores``, ``rejects``, ``sources`` and ``outcomes``; without any score if no entry
        could be used.

    Raises
    ------
    InputError
        If a source cannot be used.
    """
    entry = study.entry
    catalog, declared = METRIC_CATALOG.rows, entry.get("metrics", {})
    beside = known_beside(declared, f"entry {study.dataset!r}")
    outcomes: list[tuple[str, str, Outcomes]] = []

    def parts() -> Iterator[Part]:
        for source in entry["sources"]:
            for part in read(source, beside):
                outcomes.extend(part.outcomes)
                yield part

    rows, rejects, read_files = gather(parts())
    files = [file.as_dict() for file in read_files]
    known = metrics(catalog, declared, stated=stated_directions(files))
    assembled = assemble(study.dataset, rows, rejects, known)
    scores = assembled.encoded
    for name in sorted({source["format"] for source in entry["sources"]}):
        if FORMATS[name].complete is not None:
            scores = FORMATS[name].complete(scores, known, beside)
    scores = mark_known_bad(scores, KNOWN_BAD_DATA.rows)
    return study.having(
        scores=scores,
        rejects=assembled.rejects,
        sources={"files": files},
        outcomes=outcomes_table(scores, outcomes),
    )


def known_beside(declared: Mapping[str, Any], where: str = "") -> Known:
    """Return what sources are read with: the project's tables, and the metrics of an entry.

    Parameters
    ----------
    declared : mapping
        The field ``metrics`` of an entry.
    where : str, optional
        Where that stands, for messages.

    Returns
    -------
    Known

    Raises
    ------
    InputError
        If a metric is declared that the catalogue classes.
    """
    known = metrics(METRIC_CATALOG.rows, declared, where)
    return Known(
        models_of(MODEL_SIZES.rows),
        {name: metric.higher_is_better for name, metric in known.items() if not metric.flags},
        chance_of(CHANCE_LEVELS.rows),
        TASK_INVENTORY.rows,
    )
