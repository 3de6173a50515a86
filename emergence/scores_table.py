"""The tables of scores: what a source delivers, and what `tabulate` makes of it."""

from __future__ import annotations

from emergence.schema import (
    CONDITION,
    CURVE_ID,
    DATASET,
    FAMILY,
    FLOAT,
    INT,
    LEVEL,
    METRIC,
    OUTPUT_GROUP,
    PREFERRED,
    SCALE_KINDS,
    SHOTS,
    SOURCE_ENTRY,
    SOURCE_FILE,
    SUBTASK,
    TASK,
    TEXT,
    field,
    table,
)

#: Raised with every change: a file of another version is made again, not read.
VERSION = 5

#: Columns of the axes beside the number of parameters.
OF_AXES = ("tokens", "flops", "loss")

#: Why an entry made no score row. Closed: a new reason is a new line here.
REJECT_REASONS = {
    "aggregate": "a mean over other entries of the file, which are there themselves",
    "cells_missing_or_extra": "the row has not as many cells as the header",
    "conflicting_directions": "which way the metric goes is said differently elsewhere",
    "conflicting_duplicates": "the same score is given more than once, with different values",
    "conflicting_scales": "one model is given with different parameter counts",
    "control_character": "a name with a sign that steers a terminal and has no shape, such as NUL",
    "duplicate": "the same score is given more than once, with equal values; one was kept",
    "field_missing": "a field that must be there is missing",
    "field_twice": "a field is given twice in one object",
    "log_differs": "a log of single answers that does not give the score of its result file",
    "log_unusable": "a log of single answers that cannot be scored",
    "name_missing": "task, metric, model family or model is empty",
    "nested_too_deeply": "lists or objects within each other, too many for the parser",
    "no_scores": "a place for scores that holds none",
    "not_a_condition": "the condition is no list of key=value pairs",
    "not_fetched": "no regular file, or a path out of the folder: it was not fetched",
    "not_a_number": "text where a number belongs",
    "not_json": "the file is no JSON: cut off, empty, or something else",
    "not_utf8": "bytes that are not UTF-8 text",
    "not_yes_or_no": "is_preferred is neither true nor false",
    "other_task": "the task named in the file is not the one to whose folder it belongs",
    "out_of_range": "a number outside what the column can mean",
    "outside_folder": "a link that leads out of the dataset's folder; it was not followed",
    "scale_missing": "the model's parameter count is not given",
    "superseded": "a score of an older run; that of a newer one was taken",
    "too_large": "larger than any real file of its kind; it was not read",
    "unknown_model": "the model is in no table of sizes: its family and scale are not known",
    "unknown_scale_kind": "the kind of parameter count is not one of the known ones",
    "unreadable": "the file cannot be read",
    "wrong_type": "a value of another kind than belongs there, such as a list for an object",
}

#: Reasons of rejects with which no score is lost: it is there otherwise, or a newer one is.
NOTHING_LOST = frozenset({"aggregate", "duplicate", "superseded"})

#: What a score row is used for: a point of its curve, or why not.
USES = {
    "used": "a point of its scale curve",
    "score_missing": "the score is not given",
    "score_not_finite": "the score is NaN or infinite",
}

#: Marks on a score row or a curve.
FLAGS = {
    "above_high_score": "better than the best possible score that the source itself gives",
    "beside_differs": "given more than once, equal, with different tokens, FLOPs, losses, standard "
    "errors, numbers of examples, bounds or preferences: what differs is unknown",
    "direction_from_file": "no catalogue has the metric; which way is better is the files' word",
    "direction_unknown": "the catalogue does not say which way is better; taken as higher",
    "known_bad": "the data are listed as bad, with the reason and who found it",
    "n_assumed": "the number of examples is assumed: the scores fit it, and would fit others",
    "no_share": "outside 0 to 1, under a metric that is a share of examples",
    "unclassified": "the metric is in no catalogue; taken as higher-is-better, group other",
}

#: What a source delivers for each score: scores.parquet without what is derived.
SOURCE_ROWS = table(
    "source_rows",
    VERSION,
    [
        TASK,
        SUBTASK,
        METRIC,
        FAMILY,
        field("model", TEXT, "name of the model within its family"),
        CONDITION,
        field("replicate", TEXT, "seed or run; replicates of one model are averaged"),
        SHOTS,
        field("scale", FLOAT, "model scale", "parameters"),
        field("scale_kind", TEXT, f"which parameters are counted: {', '.join(SCALE_KINDS)}"),
        field("tokens", FLOAT, "tokens that the model was trained on; null if unknown", "tokens"),
        field("flops", FLOAT, "operations of its training; null if unknown", "FLOPs"),
        field("loss", FLOAT, "its loss on some text of the source's; null if unknown"),
        field("score", FLOAT, "score as published", "the metric's own"),
        field("score_stderr", FLOAT, "standard error as published", "the metric's own"),
        field("n_examples", INT, "examples scored; null if unknown", "examples"),
        field("low_score", FLOAT, "score of guessing; null if unknown", "the metric's own"),
        field("high_score", FLOAT, "best possible score; null if unknown", "the metric's own"),
        PREFERRED,
        SOURCE_FILE,
        SOURCE_ENTRY,
    ],
)

SCORES = table(
    "scores",
    VERSION,
    [
        DATASET,
        TASK,
        SUBTASK,
        LEVEL,
        METRIC,
        OUTPUT_GROUP,
        *[SOURCE_ROWS.field(i) for i in range(3, 19)],
        field("flags", TEXT, f"marks, joined by ;: {', '.join(FLAGS)}"),
        SOURCE_FILE,
        SOURCE_ENTRY,
        CURVE_ID,
        field("use", TEXT, f"used, or why not: {', '.join(USES)}"),
    ],
)

#: What a source could not turn into a score row.
SOURCE_REJECTS = table(
    "source_rejects",
    VERSION,
    [
        SOURCE_FILE,
        SOURCE_ENTRY,
        field("reason", TEXT, f"one of: {', '.join(REJECT_REASONS)}"),
        field("seen", TEXT, "what was seen there, shortened"),
    ],
)

REJECTS = table("rejects", VERSION, [DATASET, *SOURCE_REJECTS])
