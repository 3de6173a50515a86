"""Stage 6: the explorer of all curves, and those of subtasks."""

from __future__ import annotations

from pathlib import Path

from emergence.files import replacing
from emergence.pages.explorer.files import subtask_files
from emergence.pages.explorer.page import explorer_page
from emergence.progress import Progress
from emergence.study import Study


def explore(study: Study, folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write the explorer of a dataset, and one for each task with subtasks.

    Parameters
    ----------
    study : Study
        With labels.
    folder : Path
        Gets ``explorer.html``, and in ``explorer/``, which is made, a page for each task that has
        subtasks.
    progress : Progress, optional
        Told how many pages are done.

    Returns
    -------
    list of Path
        The pages.
    """
    files = subtask_files(study.curves)
    pages = {folder / "explorer.html": (files, None)}
    pages |= {folder / "explorer" / file.name: ([], file.task) for file in files}
    (folder / "explorer").mkdir(parents=True, exist_ok=True)
    progress = progress or Progress()
    progress.begin("pages", 0, len(pages))
    for done, (path, (beside, task)) in enumerate(pages.items(), 1):
        with replacing(path) as partial:
            partial.write_text(explorer_page(study, beside, task), encoding="utf-8")
        progress.reached(done)
    return list(pages)
