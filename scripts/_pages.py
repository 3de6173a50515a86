"""What the landing page takes from the pages of datasets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd


def figures_of(datasets: Iterable[str]) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Read what the landing page takes from the pages of datasets.

    Parameters
    ----------
    datasets : iterable of str
        Their ids.

    Returns
    -------
    figures : dict of str to dict
        The numbers of their figures.
    pairs : dict of str to pandas.DataFrame
        Pairs of curves of the same outputs, of the datasets that have some.
    """
    folders = {name: Path("reports", name, "tables") for name in datasets}
    figures = {
        name: json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        for name, folder in folders.items()
    }
    tables = {name: folder / "figures/metric-switch.csv" for name, folder in folders.items()}
    return figures, {name: pd.read_csv(path) for name, path in tables.items() if path.is_file()}
