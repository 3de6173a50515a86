"""Stage 6: the page of a dataset, its figures, and the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.pages.curve_selection import most_telling
from emergence.pages.figures import condition_differences, trained_networks
from emergence.pages.figures.base import Drawing
from emergence.pages.figures.registry import FIGURES
from emergence.pages.figures.scale_curve import gallery
from emergence.pages.report import Beside, report_page
from emergence.pages.svg import exporting
from emergence.study import TABLES, Study
from emergence.tables import flat_table, long_table, write_csv
from emergence.verdicts.by_name import TABLES as BY_NAME
from emergence.verdicts.by_name import verdicts_by


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
        ``code_version``, ``python`` and ``packages``.
    tables : sequence of str
        Names of the files beside the page.

    Returns
    -------
    Page
    """
    argued, shown = drawings(study), pictures(study)
    text = report_page(study, Beside(argued, shown, provenance, tables))
    return Page(text, [*argued, *shown])


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
    return (
        [condition_differences.draw(study), *found]
        if "compare_conditions" in study.entry
        else found
    )


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
    for column, name in BY_NAME.items():
        rows = verdicts_by(study, column)
        # Without rows there is nothing to take the columns from.
        table = pa.Table.from_pylist(rows) if rows else study.curves.select([column])
        write_csv(table, folder / f"{name}.csv")
