"""The tables of pooled results, which `pool` makes."""

from __future__ import annotations

from emergence.inference.inference_table import LAWS, MISSING
from emergence.schema import (
    AXIS,
    BOOL,
    CONDITION,
    CURVE_ID,
    DATASET,
    FAMILY,
    FLOAT,
    FLOATS,
    INT,
    METRIC,
    TEXT,
    field,
    table,
)

#: Raised with every change: a file of another version is made again, not read.
VERSION = 6

#: What is known of the exponent of a curve; where nothing is, one of `MISSING`.
EXPONENT_STATUSES = {
    "estimated": "a number with an interval",
    "open_above": "only the lower end is known: a step is as likely as the level asks",
    "not_identified": "the curve does not rise significantly: no number",
    "falls": "the curve falls significantly: no number",
}

_MISSING = f"null where there is a value, else why there is none: {', '.join(MISSING)}"

#: How far the tasks were sought whose scatter says something of a curve's.
POOLED_OVER = {
    "unit": "the tasks of its dataset, model family, metric, condition and axis",
    "family": "the tasks of its model family and axis under all metrics with the same law: its "
    "unit has fewer than five with degrees of freedom",
    "alone": "the curve by itself: its family has fewer than five as well",
}

#: What needs the other tasks; it may move when one is added. Computed from INFERENCE alone.
POOLED = table(
    "pooled",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        field("unit", INT, "the curve's row in units.parquet; null without a law"),
        field("pooled_over", TEXT, f"one of: {', '.join(POOLED_OVER)}"),
        field(
            "dispersion",
            FLOAT,
            "scatter of models, moderated; of shares 1 is noise of the examples, of other bounded "
            "scores it is in millionths of y (1 - y), of losses in millionths of the squared log",
        ),
        field("degrees", FLOAT, "degrees of freedom that the moderated dispersion is worth"),
        field("p_fit", FLOAT, "share of curves that fit the law and scatter as much"),
        field("p_rise", FLOAT, "p of a rise: law with floor at chance against a constant"),
        field("p_fall", FLOAT, "p of a fall: the same on the reversed scores, floor at 0"),
        field("p_rise_missing", TEXT, f"p_rise and p_fall; {_MISSING}"),
        field("p_steep", FLOAT, "p of an exponent above b_max"),
        field("p_steep_missing", TEXT, f"p_steep; {_MISSING}"),
        field("p_steep_beside", FLOATS, "p_steep for each of b_max_beside"),
        field("exponent", FLOAT, "exponent of the law, floor and ceiling free; may be inf"),
        field("exponent_low", FLOAT, "profile interval of the exponent, lower end"),
        field("exponent_high", FLOAT, "profile interval of the exponent, upper end; may be inf"),
        field(
            "exponent_status",
            TEXT,
            f"one of: {', '.join(EXPONENT_STATUSES)}; where there is none, as in p_rise_missing",
        ),
    ],
)

#: The units in which tasks lend each other strength.
UNITS = table(
    "units",
    VERSION,
    [
        field("unit", INT, "number of the unit, as in pooled.parquet"),
        DATASET,
        FAMILY,
        METRIC,
        CONDITION,
        AXIS,
        field("largest_shots", BOOL, "the curves with the largest number of shots of their task"),
        field("shots", INT, "solved examples in the prompt; null: the largest, or unknown"),
        field("law", TEXT, f"one of: {', '.join(LAWS)}"),
        field("pooled_over", TEXT, f"one of: {', '.join(POOLED_OVER)}"),
        field("curves", INT, "curves with a law", "curves"),
        field("tasks", INT, "their tasks", "tasks"),
        field("curves_with_degrees", INT, "curves that show how far models scatter", "curves"),
        field("tasks_with_degrees", INT, "their tasks; each has one vote", "tasks"),
        field("degrees", INT, "degrees of freedom of these curves together"),
        field("dispersion_low", FLOAT, "dispersion that 10 % of the tasks are at or below"),
        field("dispersion_median", FLOAT, "the same for half of them"),
        field("dispersion_high", FLOAT, "the same for 90 %"),
        field("misfits", INT, "curves that the law does not fit", "curves"),
    ],
)

#: Whether one model lies off in all tasks.
RESIDUALS = table(
    "residuals",
    VERSION,
    [
        field("unit", INT, "number of the unit, as in pooled.parquet"),
        DATASET,
        FAMILY,
        METRIC,
        CONDITION,
        AXIS,
        field("model", TEXT, "name of the model; tied ones joined by ' = '"),
        field("scale", FLOAT, "its place on the axis", "of the axis"),
        field("tasks", INT, "tasks in which its score can scatter", "tasks"),
        field("mean_residual", FLOAT, "mean over tasks, in standard deviations of a score"),
        field("z", FLOAT, "the mean over its standard error; null where it has none"),
    ],
)
