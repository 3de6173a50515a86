"""Write the explorer of a dataset's curves, and one for each task with subtasks.

Outputs
-------
- ``reports/{dataset}/explorer.html``: all curves of whole tasks; it needs no other file
- ``reports/{dataset}/explorer/*.html``: one page a task that has subtasks; none needs another
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of

from emergence.progress import shown
from emergence.stages.explore import explore

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    page = Path(snakemake.output.page)
    with logged(snakemake) as log, shown() as progress:
        pages = explore(study_of(snakemake), page.parent, progress)
        log.info("%d pages of %d bytes", len(pages), sum(path.stat().st_size for path in pages))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
