"""The table of inferences while it fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from emergence.inference.inference_table import INFERENCE


@dataclass
class Columns:
    """The columns of the result as they fill: NaN or None where nothing is known.

    Attributes
    ----------
    n_curves : int
    values : dict of str to ndarray, each of shape (n_curves,)
        By the column's name.
    """

    n_curves: int
    values: dict[str, NDArray] = field(default_factory=dict)

    def put(self, name: str, rows: NDArray[np.intp], values: object) -> None:
        """Set a column of some rows.

        Parameters
        ----------
        name : str
            Of `INFERENCE`.
        rows : ndarray of int
        values : object
            One for all rows, or one each; NaN or None where nothing is known.
        """
        if name not in self.values:
            kind = INFERENCE.field(name).type
            empty = np.nan if pa.types.is_float64(kind) else None
            dtype = np.float64 if pa.types.is_float64(kind) else object
            self.values[name] = np.full(self.n_curves, empty, dtype=dtype)
        self.values[name][rows] = values

    def table(self, curves: pa.Table, b_max: float, b_max_beside: Sequence[float]) -> pa.Table:
        """Make the Arrow table, schema `INFERENCE`."""
        self.put("b_max", np.arange(self.n_curves), b_max)
        beside = np.empty(self.n_curves, dtype=object)
        beside[:] = [list(b_max_beside)] * self.n_curves
        self.put("b_max_beside", np.arange(self.n_curves), beside)
        columns = {"curve_id": curves["curve_id"], "dataset": curves["dataset"]}
        for name in INFERENCE.names[2:]:
            kind = INFERENCE.field(name).type
            values = self.values.get(name)
            if values is None:
                columns[name] = pa.nulls(self.n_curves, kind)
            elif values.dtype == np.float64:
                # No -0.0, and null where nothing is known; infinity stays.
                columns[name] = pa.array(values + 0.0, mask=np.isnan(values))
            else:
                columns[name] = pa.array(values.tolist(), kind)
        return pa.table(columns).cast(INFERENCE)
