"""The table of inferences from single curves, which `infer` makes."""

from __future__ import annotations

from emergence.schema import BOOL, CURVE_ID, DATASET, FLOAT, FLOATS, INT, TEXT, field, table

#: Raised with every change: a file of another version is made again, not read.
VERSION = 7

#: Why something could not be inferred from a curve. Closed: a new reason is a new line here.
MISSING = {
    "too_few_scales": "fewer scales than the statistic needs",
    "not_a_share": "the metric is not a share of right examples",
    "no_law": "the metric is neither bounded nor a loss, as far as the catalogue knows",
    "outside_range": "a score is outside the metric's range",
    "range_unknown": "the metric's range ends at chance, which is unknown",
    "not_positive": "a loss is not above 0",
    "n_unknown": "the number of examples is not known at every scale",
    "averaged": "a score is a mean over subtasks, replicates or models of one scale",
    "not_whole": "a score times its number of examples is not a whole number",
    "no_degrees": "neither the curve nor other tasks show the scatter of models",
    "not_converged": "the fit did not converge",
    "axis": "no exponent counts as a break over this axis",
}

#: The laws, by what they are for; the first is the paper's exact match.
LAWS = {
    "share": "shares of examples: f + (u - f) exp(-exp(a - b ln N)), binomial counts",
    "bounded": "scores in a range that are no counts: the same law, the scatter unknown",
    "loss": "losses: L_inf + c N^-b, the scatter of the logarithm unknown",
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
        field("law", TEXT, f"the law that was fitted: {', '.join(LAWS)}; null: none"),
        field("law_missing", TEXT, f"the law and what rests on it; {_MISSING}"),
        field("chance_assumed", BOOL, "chance is unknown; the rise test took a floor of 0"),
        field("floor_fixed", BOOL, "the law's floor was fixed at 0"),
        field("own_dispersion", FLOAT, "scatter of this curve's models; null without degrees"),
        field("own_degrees", INT, "points that count less free parameters; may be negative"),
        field("replicate_dispersion", FLOAT, "scatter of replicates, in units of own_dispersion"),
        field("replicate_degrees", INT, "replicates less models; null without replicates"),
        field("residuals", FLOATS, "of the best fit, by scale; null where no scatter can be"),
        field("rise_gain", FLOAT, "log-likelihood of a rise from chance over a constant"),
        field("rise_exponent", FLOAT, "exponent of that rise: floor at chance, ceiling at 1"),
        field("fall_gain", FLOAT, "the same of the reversed scores, floor at 0"),
        field("fall_dispersion", FLOAT, "scatter around the law that falls"),
        field("fall_degrees", INT, "of fall_dispersion"),
        field("law_kind", TEXT, "the best fit: constant, law or step"),
        field("law_floor", FLOAT, "floor of the best fit; null for losses", "share of the range"),
        field(
            "law_ceiling",
            FLOAT,
            "ceiling of the best fit; of losses -L_inf",
            "share of the range",
        ),
        field("law_location", FLOAT, "a - b ln(largest scale) of the best fit; null for limits"),
        field("law_exponent", FLOAT, "exponent of the best fit; 0 for constants, inf for steps"),
        field("law_log_likelihood", FLOAT, "of the best fit, without binomial coefficients"),
        field("b_max", FLOAT, "largest exponent of the bounded fit, a setting"),
        field("bounded_kind", TEXT, "the best fit up to b_max: constant or law"),
        field("bounded_floor", FLOAT, "floor of the bounded fit", "share of the range"),
        field("bounded_ceiling", FLOAT, "ceiling of the bounded fit", "share of the range"),
        field("bounded_location", FLOAT, "location of the bounded fit; null for the constant"),
        field("bounded_exponent", FLOAT, "exponent of the bounded fit; 0 for the constant"),
        field("bounded_log_likelihood", FLOAT, "of the bounded fit, without coefficients"),
        field(
            "bounded_scores",
            FLOATS,
            "scores that the bounded law gives at 25 scales, even in the logarithm from the "
            "smallest to the largest, as it is drawn; null for the constant",
            "score",
        ),
        field("b_max_beside", FLOATS, "further largest exponents, settings; one entry each"),
        field("bounded_log_likelihood_beside", FLOATS, "of the fits up to b_max_beside"),
        field(
            "profile",
            FLOATS,
            "log-likelihood at exponent 0, at 18 around b_max and at inf "
            "(emergence.inference.grid); null where nothing rises",
        ),
        field(
            "profile_near",
            FLOATS,
            "the same at .86, .95, 1.05 and 1.16 times law_exponent; null for limits",
        ),
        field(
            "small_predicted",
            FLOATS,
            "scores of the smaller half of the models, predicted from the larger half by the law "
            "up to b_max with its floor at chance; null where chance is unknown",
            "share",
        ),
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
