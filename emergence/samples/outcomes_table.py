"""The table of outcomes, which `tabulate` makes of datasets whose sources hold single answers."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from emergence.samples.outcomes import Outcomes
from emergence.schema import CURVE_ID, DATASET, FLOAT, TEXT, field, table

#: Raised with every change: a file of another version is made again, not read.
VERSION = 1

#: One row a score that is a point of a curve; a task's examples stand in the same order in all.
OUTCOMES = table(
    "outcomes",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        field("model", TEXT, "name of the model within its family"),
        field("replicate", TEXT, "seed or run; replicates of one model are averaged"),
        field("scale", FLOAT, "model scale", "parameters"),
        field("examples", TEXT, "digest of which examples; null where single answers are missing"),
        field("clusters", pa.list_(pa.int32()), "examples drawn together; null: each stands alone"),
        field("unit", FLOAT, "what a step is worth", "the metric's own"),
        field("steps", pa.list_(pa.int32()), "outcome of each example, in units"),
    ],
)


def outcomes_table(scores: pa.Table, found: Sequence[tuple[str, str, Outcomes]]) -> pa.Table:
    """Return the outcomes behind the scores.

    Parameters
    ----------
    scores : pyarrow.Table
        Schema `emergence.scores_table.SCORES`; texts may be dictionaries.
    found : sequence of (str, str, Outcomes)
        With the file and the entry of their score. Those of scores that are not used are left out.

    Returns
    -------
    pyarrow.Table
        Schema `OUTCOMES`: the used scores of each curve with outcomes, in the order of `scores`.
    """
    if not found:
        return OUTCOMES.empty_table()
    of_entry = {(file, entry): outcomes for file, entry, outcomes in found}
    names = ["curve_id", "dataset", "model", "replicate", "scale", "source_file", "source_entry"]
    used = scores.filter(pc.equal(scores["use"], "used")).select(names)
    rows = []
    for row in used.to_pylist():
        place = (row.pop("source_file"), row.pop("source_entry"))
        outcomes = of_entry.get(place)
        if outcomes is not None:
            row |= {name: getattr(outcomes, name) for name in ("examples", "clusters", "unit")}
            row["steps"] = outcomes.steps
        rows.append(row)
    there = {row["curve_id"] for row in rows if "steps" in row}
    return pa.Table.from_pylist([row for row in rows if row["curve_id"] in there], OUTCOMES)
