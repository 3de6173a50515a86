"""Stage 8: the page of a dataset, its figures, and the tables beside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.files import replacing
from emergence.pages.curve_selection import most_telling
from emergence.pages.figures import condition_differences, metric_chain, trained_networks
from emergence.pages.figures.base import Drawing
from emergence.pages.figures.registry import FIGURES
from emergence.pages.figures.scale_curve import gallery
from emergence.pages.report import Beside, report_page
from emergence.pages.svg import exporting
from emergence.pooling.population import rows_of
from emergence.study import TABLES, Study
from emergence.tables import flat_table, long_table, write_csv, write_json
from emergence.verdicts.by_name import TABLES as BY_NAME
from emergence.verdicts.by_name import verdicts_by

#: Packages whose version can change a number, a figure or the page.
_PACKAGES = (
    "jinja2",
    "latex2mathml",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "seaborn",
)


def made_with(code_version: str) -> dict[str, Any]:
    """Return the versions that a page names.

    Parameters
    ----------
    code_version : str
        Of this project.

    Returns
    -------
    dict
        ``code_version``, ``python`` and ``packages`` (name to version).
    """
    return {
        "code_version": code_version,
        # Not the patch version: it does not change the bytes, and this would.
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "packages": {name: version(name) for name in _PACKAGES},
    }


@dataclass(frozen=True)
class Page:
    """A page with the numbers that its figures draw.

    Attributes
    ----------
    text : str
        HTML.
    drawings : list of Drawing
    """

    text: str
    drawings: list[Drawing]


def render(study: Study, provenance: Mapping[str, Any], tables: Sequence[str]) -> Page:
    """Write the page of a dataset.

    Parameters
    ----------
    study : Study
        With all tables, claims and the summary.
    provenance : mapping
        From `made_with`, and ``command``, which builds the page again; of a page that stands
        alone ``again`` in its place, and ``tables``, where the tables beside it are.
    tables : sequence of str
        Names of the files beside the page.

    Returns
    -------
    Page
    """
    argued, shown = drawings(study), pictures(study)
    text = report_page(study, Beside(argued, shown, provenance, tables))
    return Page(text, [*argued, *shown])


def write_page(page: Page, folder: Path) -> None:
    """Write a page and the numbers of its figures.

    Parameters
    ----------
    page : Page
    folder : Path
        Gets ``index.html``, ``tables/figures.json`` and ``tables/figures/*.csv``.
    """
    figures = folder / "tables/figures"
    figures.mkdir(parents=True, exist_ok=True)
    for drawing in page.drawings:
        if drawing.table:
            write_csv(pa.Table.from_pylist(list(drawing.table)), figures / f"{drawing.name}.csv")
    numbers = {drawing.name: drawing.numbers for drawing in page.drawings}
    write_json(numbers, folder / "tables/figures.json")
    with replacing(folder / "index.html") as partial:
        partial.write_text(page.text, encoding="utf-8")


def drawings(study: Study) -> list[Drawing]:
    """Draw the figures of the argument.

    Parameters
    ----------
    study : Study
        With the summary.

    Returns
    -------
    list of Drawing
    """
    found = [draw(study) for draw in FIGURES]
    if study.resampled.num_rows:
        found.insert(0, metric_chain.draw(study))
    if "compare_conditions" in study.entry:
        found.insert(0, condition_differences.draw(study))
    return found


def pictures(study: Study) -> list[Drawing]:
    """Draw the pictures of networks that were trained here, if a dataset has any.

    Parameters
    ----------
    study : Study

    Returns
    -------
    list of Drawing
    """
    if study.experiments is None:
        return []
    return trained_networks.study_figures(study.experiments, study.entry, study.dataset)


def export_figures(study: Study, folder: Path) -> None:
    """Draw all figures of a dataset's page as files for papers.

    Parameters
    ----------
    study : Study
        With the summary.
    folder : Path
        It is there.
    """
    with exporting(folder):
        drawings(study)
        pictures(study)
        gallery(most_telling(study))


def write_tables(study: Study, folder: Path) -> None:
    """Write the tables beside a page as CSV; lists are a table of their own.

    Parameters
    ----------
    study : Study
        With labels.
    folder : Path
    """
    for name in TABLES:
        write_csv(flat_table(getattr(study, name)), folder / f"{name}.csv")
    write_csv(long_table(study.curves, "curve_id"), folder / "curve_points.csv")
    rows = rows_of(study.population) or [{"id": None}]
    write_csv(pa.Table.from_pylist(rows), folder / "population.csv")
    for column, name in BY_NAME.items():
        rows = verdicts_by(study, column)
        # Without rows there is nothing to take the columns from.
        table = pa.Table.from_pylist(rows) if rows else study.curves.select([column])
        write_csv(table, folder / f"{name}.csv")
