"""The table of what each curve alone shows, which `infer` makes."""

from __future__ import annotations

from emergence.schema import BOOL, CURVE_ID, DATASET, FLOAT, FLOATS, INT, TEXT, field, table

#: Raised with every change: a file of another version is made again, not read.
VERSION = 4

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

_MISSING = f"null where there is a value, else why there is none: {', '.join(MISSING)}"

#: What one curve alone shows; see docs/calibration.md for how far each statistic can be trusted.
INFERENCE = table(
    "inference",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        field("counts_missing", TEXT, f"whether scores are counts; {_MISSING}"),
        field("interval_low", FLOATS, "Wilson interval of each score, lower end", "score"),
        field("interval_high", FLOATS, "Wilson interval of each score, upper end", "score"),
        field("resampled_low", FLOAT, "emergence score under resampling, lower end of range"),
        field("resampled_high", FLOAT, "emergence score under resampling, upper end of range"),
        field("resampled_infinite", FLOAT, "share of the resampled emergence scores at +-inf"),
        field("resampled_missing", TEXT, f"the range; {_MISSING}"),
        field("kendall_tau", FLOAT, "Kendall's tau-b of scale and score; null for flat curves"),
        field("p_order", FLOAT, "exact one-sided p of Kendall's tau against no order"),
        field("p_order_missing", TEXT, f"p_order and kendall_tau; {_MISSING}"),
        field("law_missing", TEXT, f"the law and what rests on it; {_MISSING}"),
        field("floor_fixed", BOOL, "the law's floor was fixed at 0"),
        field("dispersion", FLOAT, "scatter of models over binomial noise; at least 1"),
        field("dispersion_raw", FLOAT, "the same before the bound at 1"),
        field("degrees_of_freedom", INT, "of the dispersion; below 1 there is no test"),
        field("chance_assumed", BOOL, "chance is unknown; the rise test took a floor of 0"),
        field("p_rise", FLOAT, "p of a rise: law with floor at chance against a constant"),
        field("p_fall", FLOAT, "p of a fall: the same on the reversed scores, floor at 0"),
        field("p_rise_missing", TEXT, f"p_rise and p_fall; {_MISSING}"),
        field("exponent", FLOAT, "exponent of the law, floor and ceiling free; may be inf"),
        field("exponent_low", FLOAT, "profile interval of the exponent, lower end"),
        field("exponent_high", FLOAT, "profile interval of the exponent, upper end; may be inf"),
        field(
            "exponent_status",
            TEXT,
            f"one of: {', '.join(EXPONENT_STATUSES)}; where there is none, as in law_missing",
        ),
        field("exponent_fixed", FLOAT, "exponent with floor at chance and ceiling at 1"),
        field("law_kind", TEXT, "the best fit: constant, law or step"),
        field("law_floor", FLOAT, "floor of the best fit", "share"),
        field("law_ceiling", FLOAT, "ceiling of the best fit", "share"),
        field("law_location", FLOAT, "a - b ln(largest scale) of the best fit; null for limits"),
        field("law_log_likelihood", FLOAT, "of the best fit, without binomial coefficients"),
        field("b_max", FLOAT, "largest exponent of the bounded fit, a setting"),
        field("bounded_kind", TEXT, "the best fit up to b_max: constant or law"),
        field("bounded_floor", FLOAT, "floor of the bounded fit", "share"),
        field("bounded_ceiling", FLOAT, "ceiling of the bounded fit", "share"),
        field("bounded_location", FLOAT, "location of the bounded fit; null for the constant"),
        field("bounded_exponent", FLOAT, "exponent of the bounded fit; 0 for the constant"),
        field("bounded_log_likelihood", FLOAT, "of the bounded fit, without coefficients"),
        field("p_steep", FLOAT, "p of an exponent above b_max"),
        field("p_steep_missing", TEXT, f"p_steep; {_MISSING}"),
        field("b_max_beside", FLOATS, "further largest exponents, settings; one entry each"),
        field("p_steep_beside", FLOATS, "p_steep for each of b_max_beside"),
        field("holdout_low", FLOAT, "prediction of the last score, lower end", "score"),
        field("holdout_high", FLOAT, "prediction of the last score, upper end", "score"),
        field(
            "holdout_status",
            TEXT,
            "the last score is inside, outside_above or outside_below its prediction; or "
            "uninformative: inside one that spans more than half of chance to 1",
        ),
        field("holdout_missing", TEXT, f"the prediction; {_MISSING}"),
    ],
)
