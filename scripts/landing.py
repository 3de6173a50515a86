"""Write the landing page: what the datasets say together.

Outputs
-------
- ``reports/index.html``: the page; it needs no other file
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _pages import figures_of
from _step import logged

from emergence.files import replacing
from emergence.pages.landing import landing_page
from emergence.versions import SUMMARY

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    others = [f"data/processed/{name}/summary.json" for name in snakemake.params.others]
    with logged(snakemake) as log:
        summaries: dict[str, dict[str, Any]] = {}
        for path in map(Path, [*snakemake.input.summaries, *others]):
            summary = json.loads(path.read_text(encoding="utf-8"))
            if summary.get("schema_version") == SUMMARY:
                summaries[summary["dataset"]] = summary
            else:
                log.warning("%s is of another version: shown as not built", path)
        text = landing_page(snakemake.params.titles, summaries, *figures_of(summaries))
        with replacing(Path(snakemake.output.page)) as partial:
            partial.write_text(text, encoding="utf-8")
        log.info("%d of %d datasets are built", len(summaries), len(snakemake.params.titles))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
