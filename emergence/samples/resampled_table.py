"""The tables of resampled examples, which `resample` makes of datasets with single answers."""

from __future__ import annotations

import pyarrow as pa

from emergence.schema import (
    CONDITION,
    CURVE_ID,
    DATASET,
    FAMILY,
    FLOAT,
    FLOATS,
    INT,
    METRIC,
    SHOTS,
    SUBTASK,
    TASK,
    TEXT,
    field,
    table,
)

#: Raised with every change: a file of another version is made again, not read.
VERSION = 2

#: Why the examples of a curve could not be drawn together.
MISSING = {
    "answers_missing": "single answers are missing for some scores of the curve",
    "examples_differ": "the models did not answer the same examples",
}

_OWN = "the metric's own"
_FEW = "fewer than ten examples differ from the others"
_SOME = "some score has none"

#: One row a curve with single answers.
RESAMPLED = table(
    "resampled",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        field("examples", INT, "examples that every model answered", "examples"),
        field("clusters", INT, "parts of them that are drawn whole", "clusters"),
        field("missing", TEXT, f"null, or why nothing was drawn: {', '.join(MISSING)}"),
        field(
            "score_low",
            FLOATS,
            f"interval of each oriented score, lower end; null where {_FEW}",
            _OWN,
        ),
        field("score_high", FLOATS, "the same, upper end", _OWN),
        field("sharpness_quarter", FLOAT, "median sharpness at a quarter of the examples"),
        field("sharpness_half", FLOAT, "median sharpness at half of the examples"),
        field(
            "sharpness_low",
            FLOAT,
            f"its interval at this many examples, lower end; null if {_SOME}",
        ),
        field("sharpness_high", FLOAT, "the same, upper end; may be infinite"),
        field("order", FLOAT, "rank correlation of score and scale; null for a flat curve"),
        field("order_low", FLOAT, "its interval, lower end"),
        field("order_high", FLOAT, "its interval, upper end"),
        field("order_of_examples", FLOAT, "mean over examples of the same; null where none differ"),
        field("examples_that_differ", INT, "those on which not all scales score the same"),
    ],
)

#: One row a pair of metrics of the same answers.
METRIC_DIFFERENCES = table(
    "metric_differences",
    VERSION,
    [
        DATASET,
        TASK,
        SUBTASK,
        FAMILY,
        CONDITION,
        SHOTS,
        field("metric", METRIC.type, "name of the metric"),
        field("curve_id", TEXT, "its curve"),
        field("other_metric", METRIC.type, "name of the metric that it is compared with"),
        field("other_curve_id", TEXT, "the curve of that metric"),
        field("sharpness_difference", FLOAT, "sharpness minus that of the other metric"),
        field("sharpness_low", FLOAT, "its interval at this many examples, lower end"),
        field("sharpness_high", FLOAT, "its interval, upper end"),
        field("order_difference", FLOAT, "the same of the rank correlation with scale"),
        field("order_low", FLOAT, "its interval, lower end"),
        field("order_high", FLOAT, "its interval, upper end"),
        field(
            "emergent",
            FLOAT,
            "share of draws at matched noise in which the curve of the metric looks emergent; null "
            "unless one metric is discontinuous and the other continuous and no loss",
        ),
        field("other_emergent", FLOAT, "the same of the other metric"),
        field("matched_difference", FLOAT, "median difference of sharpness at matched noise"),
        field("matched_p", FLOAT, "p-value of equal sharpness at matched noise, two-sided"),
        field("matched_p_holm", FLOAT, "the same, corrected for all tasks under both metrics"),
    ],
)

#: One row a pair of scales of a curve.
MODEL_DIFFERENCES = table(
    "model_differences",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        TASK,
        SUBTASK,
        METRIC,
        FAMILY,
        field("model", TEXT, "the larger model; tied ones joined by ' = '"),
        field("scale", FLOAT, "its scale", "parameters"),
        field("other_model", TEXT, "the smaller model"),
        field("other_scale", FLOAT, "its scale", "parameters"),
        field("difference", FLOAT, "oriented score minus that of the smaller model", _OWN),
        field("low", FLOAT, f"its interval, lower end; null where {_FEW}", _OWN),
        field("high", FLOAT, "its interval, upper end", _OWN),
    ],
)

#: All of them, by name.
TABLES: dict[str, pa.Schema] = {
    "resampled": RESAMPLED,
    "metric_differences": METRIC_DIFFERENCES,
    "model_differences": MODEL_DIFFERENCES,
}
