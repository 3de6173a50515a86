"""The table of labels, which belong to a whole dataset and which `label` makes."""

from __future__ import annotations

from emergence.inference.inference_table import MISSING
from emergence.schema import BOOL, CURVE_ID, DATASET, FLOAT, INT, TEXT, field, table

#: Raised with every change: a file of another version is made again, not read.
VERSION = 5

#: Why a curve takes no part in verdicts and claims. Nothing is deleted because of it.
LEFT_OUT = {
    "known_bad": "the data are known to be bad, and exclude_known_bad leaves them out",
    "same_outputs": "another family has the same outputs of the same models under this metric",
}

#: What an apparent curve shows against the smooth law.
VERDICTS = {
    "beyond_smooth": "steeper than the smooth law allows",
    "smooth_suffices": "a smooth law explains the curve",
    "law_does_not_fit": "the curve scatters around the law more than the other tasks do",
    "not_decidable": "the data cannot decide, for the reason given",
}

#: Why a verdict cannot be reached, beside those of `MISSING`. Closed.
UNDECIDED = {
    "not_identified": "the curve does not rise significantly by itself, so the exponent is unknown",
    "five_sizes": "five sizes cannot show that a smooth law suffices, nor that a bounded score "
    "breaks it",
    "interval_spans_b_max": "the interval of the exponent lies on both sides of b_max",
    "argmax": "steeper than the law, but the metric picks the likeliest of several choices, "
    "which smooth probabilities can change abruptly",
    "not_significant": "the exponent is above b_max, but p_steep is not below its level",
}

#: What belongs to a whole dataset: these may move when a task is added.
LABELS = table(
    "labels",
    VERSION,
    [
        CURVE_ID,
        DATASET,
        field("left_out", TEXT, f"of verdicts and claims; null, or {', '.join(LEFT_OUT)}"),
        field("largest_shots", BOOL, "the largest number of shots of its task: claims rest on it"),
        field("rise_test", TEXT, "p_rise, p_order, or subtasks: Simes over their tests"),
        field("p_task", FLOAT, "p of a rise of the curve's task, all its parts together"),
        field("tasks_in_unit", INT, "tasks tested together: dataset, family, metric", "tasks"),
        field("q_rise", FLOAT, "false discovery rate at which the curve still rises"),
        field("above_chance", BOOL, "largest model above chance by its interval; null: unknown"),
        field("rises", BOOL, "null where there is no test"),
        field(
            "rises_missing",
            TEXT,
            f"null, or why there is no test: {', '.join([*LEFT_OUT, *MISSING])}",
        ),
        field("apparent", BOOL, "rises, not early, and sharper than a line; null: unknown"),
        field("absent", BOOL, "its smaller half of models is not above chance; null: unknown"),
        field("p_absent", FLOAT, "p of the smaller half, pooled, above chance"),
        field("absent_power", FLOAT, "power of that test if the law holds for all its models"),
        field("strict", BOOL, "apparent and absent: emergent in the strict sense; null: unknown"),
        field("q_steep", FLOAT, "false discovery rate at which it still breaks the law"),
        field("verdict", TEXT, f"of an apparent curve: {', '.join(VERDICTS)}"),
        field(
            "verdict_reason",
            TEXT,
            f"why not_decidable: {', '.join([*UNDECIDED, *MISSING])}",
        ),
    ],
)
