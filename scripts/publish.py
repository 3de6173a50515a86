"""Write a dataset's tables for the package `datasets`, with a card. Nothing is uploaded.

Outputs
-------
- ``published/{dataset}/scores.parquet``, ``curves.parquet``, ``inference.parquet``,
  ``labels.parquet``: one configuration each, with explicit features
- ``published/{dataset}/README.md``: the dataset card
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged

from emergence.files import replacing
from emergence.progress import shown
from emergence.publishing.card import PUBLISHED, dataset_card
from emergence.publishing.features import described_features, with_features
from emergence.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    with logged(snakemake) as log, shown() as progress:
        rows = {}
        progress.begin("tables", 0, len(PUBLISHED))
        for done, (name, schema) in enumerate(PUBLISHED.items(), 1):
            table = read_table(Path(snakemake.input[name]), schema)
            write_table(table, with_features(schema), Path(snakemake.output[name]))
            rows[name] = table.num_rows
            progress.reached(done)
        text = dataset_card(
            entry=snakemake.params.entry,
            summary=json.loads(Path(snakemake.input.summary).read_text(encoding="utf-8")),
            claims=json.loads(Path(snakemake.input.claims).read_text(encoding="utf-8")),
            rows=rows,
            features={name: described_features(schema) for name, schema in PUBLISHED.items()},
            code_version=snakemake.params.code_version,
        )
        with replacing(Path(snakemake.output.card)) as partial:
            partial.write_text(text, encoding="utf-8")
        log.info("%s", ", ".join(f"{number} {name}" for name, number in rows.items()))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
