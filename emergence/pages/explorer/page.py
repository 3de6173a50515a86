"""The interactive page: one file with its curves, its charting library and its script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pyarrow.compute as pc
from markupsafe import Markup

from emergence.pages.curve_selection import by_emergence
from emergence.pages.explorer.data import as_json, columns, details, packed
from emergence.pages.explorer.files import SubtaskFile
from emergence.pages.explorer.library import allowance, checked, library
from emergence.pages.findings import DEFINITIONS
from emergence.pages.render import render
from emergence.settings import VerdictRules
from emergence.study import Study
from emergence.summary import shown_level

_TEMPLATES = Path(__file__).parents[1] / "templates"

#: In this order they are one script.
_SCRIPTS = tuple(
    f"explorer-{part}.js"
    for part in ("base", "charts", "state", "filters", "scatter", "table", "picked", "main")
)


def explorer_page(study: Study, files: Sequence[SubtaskFile] = (), task: str | None = None) -> str:
    """Write the interactive page of a dataset, or of the subtasks of one of its tasks.

    Parameters
    ----------
    study : Study
        With labels.
    files : sequence of SubtaskFile
        The pages beside this one.
    task : str, optional
        The task whose subtasks are shown; by default the curves of the level that the report
        speaks of.

    Returns
    -------
    str
        An HTML document that needs no other file. Scripts of its own run in it, and no others.
    """
    curves, rules = study.curves, VerdictRules.of(study.settings)
    level = shown_level(curves) if task is None else "subtask"
    shown = pc.equal(curves["level"], level)
    if task is not None:
        shown = pc.and_(shown, pc.equal(curves["task"], task))
    tables = [
        table.filter(shown) for table in (curves, study.inference, study.pooled, study.labels)
    ]
    order = by_emergence(tables[0])
    tables = [table.take(order).combine_chunks() for table in tables]
    known = columns(*tables)
    at = {name: i for i, name in enumerate(known["names"]["task"])}
    up = "" if task is None else "../"
    known |= {
        "b_max": rules.b_max,
        "home": f"{up}index.html#",
        "definitions": DEFINITIONS,
        "subtasks": {at[file.task]: [file.name, file.curves] for file in files if file.task in at},
    }
    script = _script()
    return render(
        "explorer.html.j2",
        heading=study.entry["title"],
        synthetic=study.entry["synthetic"],
        task=task,
        task_address=quote(task or "", safe=""),
        up=up,
        level=level,
        total=tables[0].num_rows,
        b_max=rules.b_max,
        files=files,
        policy=Markup(f"{allowance(library())} {allowance(script)}"),
        explorer_style=Markup((_TEMPLATES / "explorer.css").read_text(encoding="utf-8")),
        data=Markup(as_json(known)),
        packed=Markup(packed(details(*tables, rules))),
        library=Markup(library()),
        script=Markup(script),
    )


@cache
def _script() -> str:
    """Return the page's own script: one function, so that its names are nobody else's."""
    parts = [(_TEMPLATES / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return checked('(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n")
