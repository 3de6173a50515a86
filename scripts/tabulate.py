"""Read the sources of a dataset into one table of scores.

Outputs
-------
- ``data/processed/{dataset}/scores.parquet``: one row a score, `emergence.schema.SCORES`
- ``data/processed/{dataset}/rejects.parquet``: the entries that made none, and why
- ``data/processed/{dataset}/sources.json``: the files that were read, with checksums
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from _step import logged

from emergence import tabulating
from emergence.compute import check_computed
from emergence.errors import InputError
from emergence.fetch import check_present
from emergence.progress import shown
from emergence.schema import REJECTS, SCORES, SOURCE_REJECTS
from emergence.scores import Assembled
from emergence.sources import FileFacts, Known, Part, read_source
from emergence.tables import write_json, write_table
from emergence.tabulating import FactsFiles

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake

#: Rejects that the log names one by one.
MOST_LOGGED = 1000


def tabulate(
    dataset: str, entry: dict[str, Any], folder: Path, files: FactsFiles
) -> tuple[Assembled, list[FileFacts]]:
    """Read all sources of a registry entry.

    Parameters
    ----------
    dataset : str
        The dataset's id.
    entry : dict
        Its registry entry.
    folder : Path
        The folder from which its paths start.
    files : FactsFiles
        The facts tables.

    Returns
    -------
    assembled : Assembled
    facts : list of FileFacts
        One a file that was read, or a folder of files.

    Raises
    ------
    InputError
        If a source cannot be used, or no entry at all became a score row.
    """
    assembled, facts = tabulating.tabulate(
        dataset, entry, files, lambda source, known: _parts(source, folder, known)
    )
    if not assembled.encoded.num_rows:
        first = assembled.rejects.slice(0, 1).to_pylist()[0]
        raise InputError(
            f"none of the {assembled.rejects.num_rows} entries could be used; the first: "
            f"{first['reason']}, seen {first['seen']!r} at {first['source_entry']!r}",
            where=f"dataset {dataset!r}",
            remedy="Check the columns, and the column mapping in the registry.",
        )
    return assembled, facts


def _parts(source: Mapping[str, Any], folder: Path, known: Known) -> Iterator[Part]:
    """Read a source; of a fetched or computed one, check first that all of it is there."""
    if source["kind"] == "git":
        mark = check_present(folder.parent)
        yield _refused(mark["refused"], source["url"], mark["commit"])
    elif source["kind"] == "computed":
        yield _program(check_computed(folder.parent))
    yield from read_source(source, folder, known)


def _refused(refused: Sequence[Mapping[str, str]], url: str, commit: str) -> Part:
    """Make rejects of the paths that were not fetched: they were asked for as well."""
    rejects = [
        {
            "source_file": path["path"],
            "source_entry": "",
            "reason": "not_fetched",
            "seen": path["reason"],
        }
        for path in refused
    ]
    facts = FileFacts(
        path=url,
        entries=len(rejects),
        bytes=0,
        digest=commit,
        digest_kind="git commit",
        notes=("entries here are the paths that were refused",) if rejects else (),
        files=0,
    )
    return Part(rejects=pa.RecordBatch.from_pylist(rejects, schema=SOURCE_REJECTS), facts=(facts,))


def _program(mark: Mapping[str, Any]) -> Part:
    """State the program that made the files, with every setting."""
    settings = json.dumps(mark["settings"], sort_keys=True)
    facts = FileFacts(
        path=f"program {mark['program']}",
        entries=0,
        bytes=0,
        digest=hashlib.sha256(settings.encode()).hexdigest(),
        digest_kind="SHA-256 of its settings",
        notes=tuple(f"{name}: {json.dumps(mark['settings'][name])}" for name in mark["settings"]),
        files=0,
    )
    return Part(facts=(facts,))


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    dataset = snakemake.wildcards.dataset
    with logged(snakemake) as log, shown() as progress:
        progress.doing("reading the sources")
        assembled, facts = tabulate(
            dataset,
            snakemake.params.entry,
            Path(snakemake.params.folder),
            FactsFiles(
                catalog=Path(snakemake.input.metrics),
                inventory=Path(snakemake.input.inventory),
                known_bad=Path(snakemake.input.known_bad),
                model_sizes=Path(snakemake.input.model_sizes),
                chance_levels=Path(snakemake.input.chance_levels),
            ),
        )
        scores, rejects = assembled.encoded, assembled.rejects
        for reject in rejects.slice(0, MOST_LOGGED).to_pylist():
            log.warning("reject %(source_file)r: %(reason)s: %(seen)s at %(source_entry)r", reject)
        if rejects.num_rows > MOST_LOGGED:
            log.warning("and %d more: all are in rejects.parquet", rejects.num_rows - MOST_LOGGED)
        log.info("%d score rows, %d rejects", scores.num_rows, rejects.num_rows)
        progress.doing("writing the tables")
        write_table(scores, SCORES, Path(snakemake.output.scores))
        write_table(rejects, REJECTS, Path(snakemake.output.rejects))
        write_json({"files": [f.as_dict() for f in facts]}, Path(snakemake.output.sources))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
