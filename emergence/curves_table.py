"""The table of scale curves, which `measure` makes."""

from __future__ import annotations

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
    INTS,
    LEVEL,
    METRIC,
    OUTPUT_GROUP,
    PREFERRED,
    SHOTS,
    SUBTASK,
    TASK,
    TEXT,
    TEXTS,
    field,
    table,
)

#: Raised with every change: a file of another version is made again, not read.
VERSION = 6

CURVES = table(
    "curves",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        TASK,
        SUBTASK,
        METRIC,
        FAMILY,
        CONDITION,
        SHOTS,
        AXIS,
        field("main_axis", BOOL, "the dataset's first axis: counts and claims rest on it"),
        LEVEL,
        OUTPUT_GROUP,
        field("metric_group", TEXT, "discontinuous, continuous or other"),
        field("annotation", TEXT, "hand annotation of the task; null where there is none"),
        PREFERRED,
        field("n_scales", INT, "scales with a usable score", "scales"),
        field(
            "n_dropped",
            INT,
            "score rows left out: missing, NaN or infinite, or without a place on the axis",
            "score rows",
        ),
        field("n_ties", INT, "models merged into another of the same scale", "models"),
        field("models", TEXTS, "models at each scale; tied ones joined by ' = '"),
        field(
            "scales", FLOATS, "places on the axis, from the worst model to the best", "of the axis"
        ),
        field(
            "size_slope",
            FLOAT,
            "d ln parameters / d ln scale over its models, by which exponents are brought to "
            "parameters; 1 over these, null where unknown",
        ),
        field("scores", FLOATS, "oriented scores: higher is better", "the metric's own"),
        field("n_examples", INT, "examples of every score; null where it varies", "examples"),
        field("n_examples_by_scale", INTS, "examples at each scale", "examples"),
        field(
            "replicate_spread",
            FLOATS,
            "sample standard deviation of a model's replicates; null for a single run",
            "the metric's own",
        ),
        field("replicates", INTS, "runs behind each score", "runs"),
        field("chance", FLOAT, "oriented score of guessing", "the metric's own"),
        field("high_score", FLOAT, "oriented best possible score", "the metric's own"),
        field("emergence_score", FLOAT, "Mirage equation 1; may be +-inf"),
        field("sharpness", FLOAT, "emergence score / (scales - 1); 1 for a straight line"),
        field("linearity", FLOAT, "the emergence score with the mean for the median"),
        field("discontinuity", FLOAT, "last step against the line before it", "points of 100"),
        field("onset", FLOAT, "share of the range of log scale before the largest step"),
        field("early", BOOL, "the onset lies in the first third; null where unknown"),
        field("status", TEXT, "empty, short, flat, infinite or finite"),
        field("tie_sensitive", BOOL, "the last of equal extremes would change the sign"),
        field("flags", TEXT, "marks of its scores, joined by ;"),
    ],
)
