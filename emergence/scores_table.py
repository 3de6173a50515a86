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
    "aggregate": "a mean over other entries of the same file",
    "cells_missing_or_extra": "the row has more or fewer cells than the header",
    "conflicting_directions": "other entries disagree about which direction of the metric is "
    "better",
    "conflicting_duplicates": "the same score is given more than once, with different values",
    "conflicting_scales": "one model is given with different parameter counts",
    "control_character": "a name with a control character, such as NUL",
    "duplicate": "the same score is given more than once, with equal values; one was kept",
    "field_missing": "a required field is missing",
    "field_twice": "a field occurs twice in one object",
    "log_differs": "a log of single answers whose score differs from its result file",
    "log_unusable": "a log of single answers that cannot be scored",
    "name_missing": "task, metric, model family or model is empty",
    "nested_too_deeply": "lists or objects nested too deeply for the parser",
    "no_scores": "a field for scores without any score",
    "not_a_condition": "the condition is not a list of key=value pairs",
    "not_fetched": "not a regular file, or a path that leads out of the folder; not fetched",
    "not_a_number": "text instead of a number",
    "not_json": "the file is not JSON: truncated, empty or another format",
    "not_utf8": "bytes that are not UTF-8 text",
    "not_yes_or_no": "is_preferred is neither true nor false",
    "other_task": "the task named in the file is not that of its folder",
    "out_of_range": "a number outside the range of its column",
    "outside_folder": "a link that leads out of the dataset's folder; not followed",
    "scale_missing": "the model's parameter count is not given",
    "superseded": "a score of an older run; the newer one was used",
    "too_large": "larger than any real file of its kind; not read",
    "unknown_model": "the model is not in the table of sizes, so its family and scale are unknown",
    "unknown_scale_kind": "the kind of parameter count is unknown",
    "unreadable": "the file cannot be read",
    "wrong_type": "a value of the wrong type, such as a list for an object",
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
    "above_high_score": "better than the best possible score given by the source",
    "beside_differs": "equal scores given more than once, with different tokens, FLOPs, losses, "
    "standard errors, numbers of examples, bounds or preferences; what differs is set to unknown",
    "direction_from_file": "the metric is not in the catalogue; its direction is taken from the "
    "files",
    "direction_unknown": "the catalogue does not give the better direction; taken as higher",
    "known_bad": "the data are listed as bad, with reason and source",
    "n_assumed": "the number of examples is assumed; the scores would fit other numbers too",
    "no_share": "outside 0 to 1, although the metric is a share of examples",
    "unclassified": "the metric is not in the catalogue; taken as higher is better, group other",
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
