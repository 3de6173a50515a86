"""The tables of the project: each has one Arrow schema, declared here and nowhere else.

A column's unit and meaning stand in its metadata and travel with the parquet files. A
list column has one entry a scale, in the order of scale. Unknown is null, never 0 or -1.
"""

from __future__ import annotations

import pyarrow as pa

#: Raised with every change of a schema: a file of another version is rebuilt, not read.
SCHEMA_VERSION = 4

#: The fields that make a scale curve, in the order in which `curve_id` hashes them.
CURVE_FIELDS = (
    "dataset",
    "task",
    "subtask",
    "metric",
    "model_family",
    "condition",
    "shots",
)

LEVELS = ("task", "subtask")

SCALE_KINDS = ("flop_matched_non_embedding", "non_embedding", "total", "nominal")

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
    "not_utf8": "bytes that are no UTF-8 text",
    "not_yes_or_no": "is_preferred is neither true nor false",
    "other_task": "the task named in the file is not the one to whose folder it belongs",
    "out_of_range": "a number outside what the column can mean",
    "outside_folder": "a link that leads out of the dataset's folder; it was not followed",
    "scale_missing": "the model's parameter count is not given",
    "too_large": "larger than any real file of its kind; it was not read",
    "unknown_model": "the model is in no table of sizes: its family and scale are not known",
    "unknown_scale_kind": "the kind of parameter count is not one of the known ones",
    "unreadable": "the file cannot be read",
    "wrong_type": "a value of another kind than belongs there, such as a list for an object",
}

#: What a score row is used for: a point of its curve, or why not.
USES = {
    "used": "a point of its scale curve",
    "score_missing": "the score is not given",
    "score_not_finite": "the score is NaN or infinite",
}

#: Marks on a score row or a curve.
FLAGS = {
    "above_high_score": "better than the best possible score that the source itself gives",
    "direction_from_file": "no catalogue has the metric; which way is better is the files' word",
    "direction_unknown": "the catalogue does not say which way is better; taken as higher",
    "known_bad": "the data are listed as bad, with the reason and who found it",
    "n_assumed": "the number of examples is assumed: the scores fit it, and would fit others",
    "no_share": "outside 0 to 1, under a metric that is a share of examples",
    "unclassified": "the metric is in no catalogue; taken as higher-is-better, group other",
}


#: Why something could not be inferred from a curve. Closed: a new reason is a new line here.
MISSING = {
    "too_few_scales": "fewer scales than the statistic needs",
    "not_a_share": "the metric is no share of examples that were right",
    "n_unknown": "the number of examples is not known at every scale",
    "averaged": "some score is a mean: over subtasks, replicates, or models of one scale",
    "not_whole": "some score times its number of examples is no whole number",
    "no_degrees": "too few points between all wrong and all right to see the scatter of models",
    "not_converged": "the fit did not end by its own criterion",
}

#: What is known of the exponent of a curve; where nothing is, one of `MISSING`.
EXPONENT_STATUSES = {
    "estimated": "a number with an interval",
    "open_above": "only the lower end is known: a step is as likely as the level asks",
    "not_identified": "the curve does not rise significantly: no number",
    "falls": "the curve falls significantly: no number",
}


def _field(name: str, kind: pa.DataType, meaning: str, unit: str = "") -> pa.Field:
    return pa.field(name, kind, metadata={"meaning": meaning, "unit": unit})


def _table(name: str, fields: list[pa.Field]) -> pa.Schema:
    return pa.schema(fields, metadata={"table": name, "schema_version": str(SCHEMA_VERSION)})


def encoded_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema with its texts as dictionaries: each text once, and a number a row.

    Tables of many rows are made and written in this form. They are read, and declared, with
    plain texts.

    Parameters
    ----------
    schema : pyarrow.Schema
        One of this module.

    Returns
    -------
    pyarrow.Schema
    """
    kind = pa.dictionary(pa.int32(), pa.string())
    fields = [f.with_type(kind) if pa.types.is_string(f.type) else f for f in schema]
    return pa.schema(fields, schema.metadata)


_text, _float, _int, _bool = pa.string(), pa.float64(), pa.int64(), pa.bool_()
_texts, _floats, _ints = pa.list_(_text), pa.list_(_float), pa.list_(_int)

_TASK = _field("task", _text, "name of the task")
_SUBTASK = _field("subtask", _text, "name of the subtask; empty for the task itself")
_LEVEL = _field("level", _text, "task or subtask; the two are never mixed in one statistic")
_METRIC = _field("metric", _text, "name of the metric")
_OUTPUT_GROUP = _field(
    "output_group", _text, "metrics of one group score the same model outputs; null if unknown"
)
_FAMILY = _field("model_family", _text, "name of the model family")
_CONDITION = _field(
    "condition", _text, "what else is fixed along a curve: sorted key=value pairs, joined by ;"
)
_SHOTS = _field("shots", _int, "solved examples in the prompt; null if unknown", "examples")
_DATASET = _field("dataset", _text, "id of the dataset in the registry")
_CURVE_ID = _field(
    "curve_id", _text, "first 16 hex digits of SHA-256 over the fields that make the curve"
)
_PREFERRED = _field("is_preferred", _bool, "the task's own preferred metric; null if unknown")
_SOURCE_FILE = _field("source_file", _text, "path of the file, as the registry has it")
_SOURCE_ENTRY = _field(
    "source_entry", _text, "the entry in the file: its names, or its JSON pointer (RFC 6901)"
)

#: What a source delivers for each score: scores.parquet without what is derived.
SOURCE_ROWS = _table(
    "source_rows",
    [
        _TASK,
        _SUBTASK,
        _METRIC,
        _FAMILY,
        _field("model", _text, "name of the model within its family"),
        _CONDITION,
        _field("replicate", _text, "seed or run; replicates of one model are averaged"),
        _SHOTS,
        _field("scale", _float, "model scale", "parameters"),
        _field("scale_kind", _text, f"which parameters are counted: {', '.join(SCALE_KINDS)}"),
        _field("score", _float, "score as published", "the metric's own"),
        _field("score_stderr", _float, "standard error as published", "the metric's own"),
        _field("n_examples", _int, "examples scored; null if unknown", "examples"),
        _field("low_score", _float, "score of guessing; null if unknown", "the metric's own"),
        _field("high_score", _float, "best possible score; null if unknown", "the metric's own"),
        _PREFERRED,
        _SOURCE_FILE,
        _SOURCE_ENTRY,
    ],
)

SCORES = _table(
    "scores",
    [
        _DATASET,
        _TASK,
        _SUBTASK,
        _LEVEL,
        _METRIC,
        _OUTPUT_GROUP,
        *[SOURCE_ROWS.field(i) for i in range(3, 16)],
        _field("flags", _text, f"marks, joined by ;: {', '.join(FLAGS)}"),
        _SOURCE_FILE,
        _SOURCE_ENTRY,
        _CURVE_ID,
        _field("use", _text, f"used, or why not: {', '.join(USES)}"),
    ],
)

#: What a source could not turn into a score row.
SOURCE_REJECTS = _table(
    "source_rejects",
    [
        _SOURCE_FILE,
        _SOURCE_ENTRY,
        _field("reason", _text, f"one of: {', '.join(REJECT_REASONS)}"),
        _field("seen", _text, "what was seen there, shortened"),
    ],
)

REJECTS = _table("rejects", [_DATASET, *SOURCE_REJECTS])

CURVES = _table(
    "curves",
    [
        _CURVE_ID,
        _DATASET,
        _TASK,
        _SUBTASK,
        _METRIC,
        _FAMILY,
        _CONDITION,
        _SHOTS,
        _LEVEL,
        _OUTPUT_GROUP,
        _field("metric_group", _text, "discontinuous, continuous or other"),
        _field("annotation", _text, "hand annotation of the task; null where there is none"),
        _PREFERRED,
        _field("n_scales", _int, "scales with a usable score", "scales"),
        _field("n_dropped", _int, "score rows left out: missing, NaN or infinite", "score rows"),
        _field("n_ties", _int, "models merged into another of the same scale", "models"),
        _field("models", _texts, "models at each scale; tied ones joined by ' = '"),
        _field("scales", _floats, "model scales, rising", "parameters"),
        _field("scores", _floats, "oriented scores: higher is better", "the metric's own"),
        _field("n_examples", _int, "examples of every score; null where it varies", "examples"),
        _field("n_examples_by_scale", _ints, "examples at each scale", "examples"),
        _field(
            "replicate_spread",
            _floats,
            "sample standard deviation of a model's replicates; null for a single run",
            "the metric's own",
        ),
        _field("chance", _float, "oriented score of guessing", "the metric's own"),
        _field("high_score", _float, "oriented best possible score", "the metric's own"),
        _field("emergence_score", _float, "Mirage equation 1; may be +-inf"),
        _field("sharpness", _float, "emergence score / (scales - 1); 1 for a straight line"),
        _field("linearity", _float, "the emergence score with the mean for the median"),
        _field("discontinuity", _float, "last step against the line before it", "points of 100"),
        _field("onset", _float, "share of the range of log scale before the largest step"),
        _field("early", _bool, "the onset lies in the first third; null where unknown"),
        _field("status", _text, "empty, short, flat, infinite or finite"),
        _field("tie_sensitive", _bool, "the last of equal extremes would change the sign"),
        _field("flags", _text, f"marks, joined by ;: {', '.join(FLAGS)}"),
    ],
)

_MISSING = f"null where there is a value, else why there is none: {', '.join(MISSING)}"

#: What one curve alone shows; see docs/calibration.md for how far each statistic can be trusted.
INFERENCE = _table(
    "inference",
    [
        _CURVE_ID,
        _DATASET,
        _field("counts_missing", _text, f"whether scores are counts; {_MISSING}"),
        _field("interval_low", _floats, "Wilson interval of each score, lower end", "score"),
        _field("interval_high", _floats, "Wilson interval of each score, upper end", "score"),
        _field("resampled_low", _float, "emergence score under resampling, lower end of range"),
        _field("resampled_high", _float, "emergence score under resampling, upper end of range"),
        _field("resampled_infinite", _float, "share of the resampled emergence scores at +-inf"),
        _field("resampled_missing", _text, f"the range; {_MISSING}"),
        _field("kendall_tau", _float, "Kendall's tau-b of scale and score; null for flat curves"),
        _field("p_order", _float, "exact one-sided p of Kendall's tau against no order"),
        _field("p_order_missing", _text, f"p_order and kendall_tau; {_MISSING}"),
        _field("law_missing", _text, f"the law and what rests on it; {_MISSING}"),
        _field("floor_fixed", _bool, "the law's floor was fixed at 0"),
        _field("dispersion", _float, "scatter of models over binomial noise; at least 1"),
        _field("dispersion_raw", _float, "the same before the bound at 1"),
        _field("degrees_of_freedom", _int, "of the dispersion; below 1 there is no test"),
        _field("chance_assumed", _bool, "chance is unknown; the rise test took a floor of 0"),
        _field("p_rise", _float, "p of a rise: law with floor at chance against a constant"),
        _field("p_fall", _float, "p of a fall: the same on the reversed scores, floor at 0"),
        _field("p_rise_missing", _text, f"p_rise and p_fall; {_MISSING}"),
        _field("exponent", _float, "exponent of the law, floor and ceiling free; may be inf"),
        _field("exponent_low", _float, "profile interval of the exponent, lower end"),
        _field("exponent_high", _float, "profile interval of the exponent, upper end; may be inf"),
        _field(
            "exponent_status",
            _text,
            f"one of: {', '.join(EXPONENT_STATUSES)}; where there is none, as in law_missing",
        ),
        _field("exponent_fixed", _float, "exponent with floor at chance and ceiling at 1"),
        _field("law_kind", _text, "the best fit: constant, law or step"),
        _field("law_floor", _float, "floor of the best fit", "share"),
        _field("law_ceiling", _float, "ceiling of the best fit", "share"),
        _field("law_location", _float, "a - b ln(largest scale) of the best fit; null for limits"),
        _field("law_log_likelihood", _float, "of the best fit, without binomial coefficients"),
        _field("b_max", _float, "largest exponent of the bounded fit, a setting"),
        _field("bounded_kind", _text, "the best fit up to b_max: constant or law"),
        _field("bounded_floor", _float, "floor of the bounded fit", "share"),
        _field("bounded_ceiling", _float, "ceiling of the bounded fit", "share"),
        _field("bounded_location", _float, "location of the bounded fit; null for the constant"),
        _field("bounded_exponent", _float, "exponent of the bounded fit; 0 for the constant"),
        _field("bounded_log_likelihood", _float, "of the bounded fit, without coefficients"),
        _field("p_steep", _float, "p of an exponent above b_max"),
        _field("p_steep_missing", _text, f"p_steep; {_MISSING}"),
        _field("b_max_beside", _floats, "further largest exponents, settings; one entry each"),
        _field("p_steep_beside", _floats, "p_steep for each of b_max_beside"),
        _field("holdout_low", _float, "prediction of the last score, lower end", "score"),
        _field("holdout_high", _float, "prediction of the last score, upper end", "score"),
        _field(
            "holdout_status",
            _text,
            "the last score is inside, outside_above or outside_below its prediction; or "
            "uninformative: inside one that spans more than half of chance to 1",
        ),
        _field("holdout_missing", _text, f"the prediction; {_MISSING}"),
    ],
)

#: Why a curve takes no part in verdicts and claims. Nothing is deleted because of it.
LEFT_OUT = {
    "known_bad": "the data are listed as bad, and the setting exclude_known_bad leaves them out",
    "same_outputs": "another family is the same models' same outputs under this metric",
}

#: What an apparent curve shows against the smooth law.
VERDICTS = {
    "beyond_smooth": "steeper than the smooth law allows",
    "smooth_suffices": "the smooth law explains it: the metric makes the sharpness",
    "not_decidable": "the data cannot tell, for the reason given",
}

#: Why a verdict cannot be reached, beside those of `MISSING`. Closed.
UNDECIDED = {
    "not_identified": "the curve alone does not rise significantly: no exponent",
    "interval_spans_b_max": "the interval of the exponent lies on both sides of b_max",
    "argmax": "steeper than the law, but the metric picks the likeliest of several choices, "
    "which smooth probabilities can do as steeply as one likes",
    "not_significant": "the exponent is above b_max, but p_steep is not under its level",
}

#: What belongs to a whole dataset: these may move when a task is added.
LABELS = _table(
    "labels",
    [
        _CURVE_ID,
        _DATASET,
        _field("left_out", _text, f"of verdicts and claims; null, or {', '.join(LEFT_OUT)}"),
        _field(
            "largest_shots", _bool, "the largest number of shots of its task: claims rest on it"
        ),
        _field("rise_test", _text, "p_rise, p_order, or subtasks: Simes over their tests"),
        _field("p_task", _float, "p of a rise of the curve's task, all its parts together"),
        _field("tasks_in_unit", _int, "tasks tested together: dataset, family, metric", "tasks"),
        _field("q_rise", _float, "false discovery rate at which the curve still rises"),
        _field("above_chance", _bool, "largest model above chance by its interval; null: unknown"),
        _field("rises", _bool, "null where there is no test"),
        _field(
            "rises_missing",
            _text,
            f"null, or why there is no test: {', '.join([*LEFT_OUT, *MISSING])}",
        ),
        _field("apparent", _bool, "rises, not early, and sharper than a line; null: unknown"),
        _field("q_steep", _float, "false discovery rate at which it still breaks the law"),
        _field("level_steep", _float, "level that q_steep is compared with"),
        _field("verdict", _text, f"of an apparent curve: {', '.join(VERDICTS)}"),
        _field(
            "verdict_reason",
            _text,
            f"why not_decidable: {', '.join([*UNDECIDED, *MISSING])}",
        ),
    ],
)
