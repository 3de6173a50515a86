"""Stage 6: the page of a dataset, its figures, and the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from emergence.pages.drawings.base import Drawing
from emergence.pages.drawings.conditions import conditions_figure
from emergence.pages.drawings.induced import study_figures
from emergence.pages.evidence import evidence_figures
from emergence.pages.figures import gallery
from emergence.pages.order import most_telling
from emergence.pages.report import Beside, distribution, report_page
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
    drawings = _drawings(study)
    pictures = _pictures(study)
    text = report_page(study, Beside(drawings, pictures, provenance, tables))
    return Page(text, [*drawings, *pictures])


def _drawings(study: Study) -> list[Drawing]:
    drawings = evidence_figures(study)
    if "compare_conditions" in study.entry:
        drawings = [conditions_figure(study), *drawings]
    return drawings


def _pictures(study: Study) -> list[Drawing]:
    if study.experiments is None:
        return []
    return study_figures(study.experiments, study.entry, study.dataset)


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
        distribution(study)
        _drawings(study)
        _pictures(study)
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
