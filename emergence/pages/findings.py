"""What each measure and test says of one curve, in words; and why, where it is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from emergence.facts.verdict_calibration import VERDICT_CALIBRATION
from emergence.inference.inference_table import MISSING
from emergence.pages.verdict_calibration import error_rates, worth
from emergence.pages.words import VERDICTS, number, p_value, plural
from emergence.settings import VerdictRules
from emergence.verdicts.labels_table import LEFT_OUT, UNDECIDED

#: Of each finding: where the page explains it.
DEFINITIONS: Mapping[str, str] = {
    "Emergence score": "def-emergence-score",
    "Resampling range": "def-range",
    "Rise": "def-rises",
    "Order": "def-rises",
    "Exponent": "def-law",
    "Break": "def-verdict",
    "Fit": "def-verdict",
    "Strict": "def-strict",
    "Hold-out": "def-holdout",
    "Verdict": "def-verdict",
    "Reliability": "def-verdict",
}

#: Why something is not known, in words.
REASONS = {**MISSING, **UNDECIDED, **LEFT_OUT}


def findings(curve: Mapping[str, Any], rules: VerdictRules) -> list[tuple[str, str]]:
    """Say what is known of a curve.

    Parameters
    ----------
    curve : mapping
        Its row of curves, inference, pooled and labels together.
    rules : VerdictRules
        ``b_max``, ``level``, ``fdr`` and ``fdr_steep``.

    Returns
    -------
    list of tuple of str
        Terms of the page's method section, each with what came out.
    """
    return [
        ("Emergence score", _score(curve)),
        ("Resampling range", _range(curve)),
        ("Rise", _rise(curve, rules)),
        ("Order", _order(curve)),
        ("Exponent", _exponent(curve, rules)),
        ("Break", _break(curve, rules)),
        ("Fit", _fit(curve)),
        ("Strict", _strict(curve)),
        ("Hold-out", _hold_out(curve, rules)),
        ("Verdict", verdict_words(curve)),
        ("Reliability", worth(curve, _designs()) or "no verdict from the law"),
    ]


@cache
def _designs() -> Sequence[Mapping[str, Any]]:
    """Return what the simulations say of verdicts, worked out once."""
    return error_rates(VERDICT_CALIBRATION.rows)


def because(reason: str | None) -> str:
    """Say why something is not known.

    Parameters
    ----------
    reason : str or None
        From the closed lists of `emergence.schema`.

    Returns
    -------
    str
    """
    return REASONS.get(reason, "unknown") if reason else "unknown"


def verdict_words(curve: Mapping[str, Any]) -> str:
    """Say the verdict on a curve, with its reason.

    Parameters
    ----------
    curve : mapping
        Its row of the labels.

    Returns
    -------
    str
    """
    if curve["left_out"]:
        return f"none: {because(curve['left_out'])}"
    if curve["rises"] is None:
        return f"none: no test of a rise ({because(curve['rises_missing'])})"
    if not curve["rises"]:
        return "none: it does not rise beyond noise"
    if not curve["apparent"]:
        return "rises, but does not look emergent"
    words = VERDICTS[curve["verdict"]]
    reason = curve["verdict_reason"]
    return f"{words}: {because(reason)}" if reason else words


def _score(curve: Mapping[str, Any]) -> str:
    text = (
        f"{number(curve['emergence_score'])} over {curve['n_scales']} scales, "
        f"sharpness {number(curve['sharpness'])}"
    )
    if curve["status"] == "infinite":
        zeros = sum(score == 0 for score in curve["scores"])
        text += (
            f"; infinite because at least half of its steps are exactly 0: {zeros} of its "
            f"{curve['n_scales']} scores are 0"
        )
        if curve["n_examples"] is not None:
            text += f", out of {number(curve['n_examples'])} examples"
    if curve["early"]:
        text += "; its largest step is early: saturation, and not emergence"
    return text


def _range(curve: Mapping[str, Any]) -> str:
    if curve["resampled_missing"]:
        return f"unknown: {because(curve['resampled_missing'])}"
    text = f"{number(curve['resampled_low'])} to {number(curve['resampled_high'])}"
    if share := curve["resampled_infinite"]:
        text += f", infinite in {100 * share:.0f} % of the draws"
    if curve["emergence_score"] is not None and (
        not curve["resampled_low"] <= curve["emergence_score"] <= curve["resampled_high"]
    ):
        text += "; the score lies outside because resampling adds noise"
    return text


def _rise(curve: Mapping[str, Any], rules: VerdictRules) -> str:
    if curve["rises"] is None:
        return f"no test: {because(curve['rises_missing'])}"
    tested = {
        "p_rise": p_value(curve["p_rise"]),
        "p_order": f"by the order of the scores alone, {p_value(curve['p_order'])}; this test "
        "cannot detect a jump at the last model alone",
        "subtasks": "tested through its subtasks",
    }[curve["rise_test"]]
    says = "yes" if curve["rises"] else "no"
    among = plural(curve["tasks_in_unit"], "task")
    q = p_value(curve["q_rise"], "q")
    text = f"{says}: {q} among {among} of this family and metric, against {rules.fdr:g} ({tested})"
    if curve["above_chance"] is False:
        text += "; the largest model is not above chance"
    # Of other laws the unit of the dispersion is nominal, and says a reader nothing.
    if curve["law"] == "share" and curve["dispersion"] is not None and curve["dispersion"] > 1:
        text += f"; models scatter {number(curve['dispersion'])} times as much as examples alone"
    return text


def _order(curve: Mapping[str, Any]) -> str:
    if curve["p_order_missing"]:
        return f"unknown: {because(curve['p_order_missing'])}"
    if curve["kendall_tau"] is None:
        return f"all scores are equal, {p_value(curve['p_order'])}"
    return f"Kendall's tau {number(curve['kendall_tau'])}, {p_value(curve['p_order'])}"


def _exponent(curve: Mapping[str, Any], rules: VerdictRules) -> str:
    status = curve["exponent_status"]
    low, high = curve["exponent_low"], curve["exponent_high"]
    if status == "estimated":
        interval = f"{100 * rules.level:g} % interval {number(low)} to {number(high)}"
        return f"{number(curve['exponent'])} ({interval})"
    if status == "open_above":
        if not low:
            return "unknown: neither end of its interval is bounded"
        return f"above {number(low)}, with no upper end: a step fits as well"
    if status == "falls":
        return "none: the curve falls"
    return f"none: {because(status)}"


def _break(curve: Mapping[str, Any], rules: VerdictRules) -> str:
    if curve["p_steep_missing"]:
        return f"no test: {because(curve['p_steep_missing'])}"
    text = f"steeper than b = {rules.b_max:g}: {p_value(curve['p_steep'])}"
    if curve["q_steep"] is not None:
        bounded = curve["law"] == "bounded"
        level = rules.fdr_steep_bounded if bounded else rules.fdr_steep
        text += f", {p_value(curve['q_steep'], 'q')} against {level:g}"
    return text


def _fit(curve: Mapping[str, Any]) -> str:
    if curve["p_fit"] is None:
        return "unknown: no other curves to compare the scatter of the models with"
    share = number(100 * curve["p_fit"])
    if curve["law"] != "share":
        return f"{share} % of curves that follow the law scatter as much around it"
    return (
        f"models scatter {number(curve['own_dispersion'])} times as much around the law as "
        f"examples alone; {share} % of curves that follow the law scatter as much"
    )


def _strict(curve: Mapping[str, Any]) -> str:
    if curve["absent"] is None:
        return "unknown: chance is unknown, or the scores of small models are not counts of answers"
    says = "not above" if curve["absent"] else "above"
    text = f"the smaller half of the models is {says} chance ({p_value(curve['p_absent'])})"
    if curve["absent_power"] is not None:
        text += f"; power {number(curve['absent_power'])} if they follow the law"
    return text


def _hold_out(curve: Mapping[str, Any], rules: VerdictRules) -> str:
    if curve["holdout_missing"]:
        return f"unknown: {because(curve['holdout_missing'])}"
    interval = f"{number(curve['holdout_low'])} to {number(curve['holdout_high'])}"
    says = {
        "inside": "as the smaller models predict",
        "outside_above": "above what the smaller models predict",
        "outside_below": "below what the smaller models predict",
        "uninformative": "inside an interval that is too wide to be informative",
    }[curve["holdout_status"]]
    return f"largest model {number(curve['scores'][-1])}: {says}, {interval}"
