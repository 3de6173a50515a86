"""Write the interactive page of a dataset's curves, and one of each task's subtasks.

Outputs
-------
- ``reports/{dataset}/explorer.html``: all curves of whole tasks; it needs no other file
- ``reports/{dataset}/explorer/*.html``: one page a task that has subtasks; none needs another
"""

from pathlib import Path
from typing import TYPE_CHECKING

from _step import logged
from _study import study_of

from emergence.files import replacing
from emergence.pages.explorer.files import subtask_files
from emergence.pages.explorer.page import explorer_page
from emergence.progress import shown

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Snakemake


def main(snakemake: "Snakemake") -> None:
    """Run the step."""
    folder = Path(snakemake.output.subtasks)
    with logged(snakemake) as log, shown() as progress:
        study = study_of(snakemake)
        files = subtask_files(study.curves)
        pages = {Path(snakemake.output.page): (files, None)}
        pages |= {folder / file.name: ([], file.task) for file in files}
        folder.mkdir(parents=True, exist_ok=True)
        size = 0
        progress.begin("pages", 0, len(pages))
        for done, (path, (beside, task)) in enumerate(pages.items(), 1):
            text = explorer_page(study, beside, task)
            size += len(text)
            with replacing(path) as partial:
                partial.write_text(text, encoding="utf-8")
            progress.reached(done)
        log.info("%d pages of %d bytes", len(pages), size)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821  Snakemake puts it there
