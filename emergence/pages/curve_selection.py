"""Which curves a page shows, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emergence.curves import JUDGED
from emergence.settings import FigureSettings
from emergence.study import Study
from emergence.summary import shown_level


def most_telling(study: Study) -> list[dict[str, Any]]:
    """Return the most telling curves with all that is known of them.

    Apparent ones first, beyond the law before the others; then those that might be; then the
    highest sharpness. Curves that are left out of the verdicts come last; those over another axis
    than the first are in the explorer.

    Parameters
    ----------
    study : Study
        With labels.

    Returns
    -------
    list of dict
        As many as the setting ``top_curves``; their rows of the four tables together.
    """
    curves, labels, most = study.curves, study.labels, FigureSettings.of(study.settings).top_curves
    order, level = by_emergence(curves), shown_level(curves)
    rank = np.full(curves.num_rows, 5, np.int64)
    judged = pc.is_in(curves["status"], value_set=pa.array(JUDGED)).to_numpy()
    rank[judged & pc.equal(curves["level"], level).to_numpy()] = 3
    apparent = labels["apparent"].to_pylist()
    for row, verdict in enumerate(labels["verdict"].to_pylist()):
        if apparent[row]:
            rank[row] = 0 if verdict == "beyond_smooth" else 1
        elif apparent[row] is None:
            rank[row] = 2
    left_out = pc.is_valid(labels["left_out"]).to_numpy()
    rank[left_out & (rank < 5)] = 4
    by_sharpness = order.to_numpy()
    rank[~curves["main_axis"].to_numpy()] = 5
    chosen = by_sharpness[np.argsort(rank[by_sharpness], kind="stable")]
    chosen = pa.array(chosen[rank[chosen] < 5][:most])
    together = {}
    for table in (curves, study.inference, study.pooled, labels):
        part = table.take(chosen)
        together.update({name: part[name].to_pylist() for name in part.column_names})
    return [{name: values[row] for name, values in together.items()} for row in range(len(chosen))]


def by_emergence(curves: pa.Table) -> pa.Array:
    """Order curves: those with at least four scales first, then by falling sharpness.

    Parameters
    ----------
    curves : pyarrow.Table
        Schema `emergence.curves_table.CURVES`.

    Returns
    -------
    pyarrow.Array
        Rows in this order. Infinite scores lead; among equal ones the wider jump (linearity)
        comes first, then the table's own order.
    """
    judged = pc.is_in(curves["status"], value_set=pa.array(JUDGED)).to_numpy()
    sharpness, linearity = (
        np.nan_to_num(curves[name].to_numpy(), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        for name in ("sharpness", "linearity")
    )
    order = np.lexsort((np.arange(curves.num_rows), -linearity, -sharpness, ~judged))
    return pa.array(order)
