"""Draw the figures of a dataset's page as files for papers.

Outputs
-------
- ``reports/{dataset}/figures/*``: each figure as SVG, PDF and PNG of 300 dots an inch
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of

from emergence.progress import shown
from emergence.stages.render import export_figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    folder = Path(snakemake.output.figures)
    with logged(snakemake) as log, shown() as progress:
        progress.doing("drawing the figures")
        folder.mkdir(parents=True, exist_ok=True)
        export_figures(study_of(snakemake), folder)
        log.info("%d files", len(list(folder.iterdir())))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
