"""Curves with a known outcome: rows of the tables of curves, by hand.

Every number is put in and none is computed, so that a test states what a label or a claim
rests on. `rows` of `sample` go through `tables` into `emergence.verdicts.labels.label`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from emergence import Study
from emergence.curves_table import CURVES
from emergence.facts.metric_catalog import Metrics
from emergence.identity import curve_id
from emergence.inference.inference_table import INFERENCE
from emergence.pooling.pooled_table import POOLED
from emergence.schema import CURVE_FIELDS
from emergence.settings import ClaimRules, VerdictRules
from emergence.stages.label import label as label_study
from emergence.verdicts.labels import label

ROOT = Path(__file__).resolve().parents[1]

#: The settings as they are shipped.
SETTINGS: dict[str, Any] = yaml.safe_load(
    (ROOT / "workflow/config.yaml").read_text(encoding="utf-8")
)
RULES = VerdictRules.of(SETTINGS)

#: The rules of the claims as they are shipped, but with fewer draws.
CLAIM_RULES = ClaimRules.of(
    {**SETTINGS, "claims": {**SETTINGS["claims"], "draws": 2000, "bootstrap": 200}}
)

_LISTS = {
    "models": [f"m{i}" for i in range(8)],
    "scales": [4.0**i * 1e6 for i in range(8)],
    "scores": [0.0, 0.0, 0.01, 0.0, 0.02, 0.1, 0.5, 0.8],
    "n_examples_by_scale": [100] * 8,
    "replicate_spread": [None] * 8,
    "replicates": [1] * 8,
}

#: A curve that rises, is apparent, and breaks the law with its every number.
SAMPLE: dict[str, Any] = {
    **dict.fromkeys([*CURVES.names, *INFERENCE.names, *POOLED.names]),
    **_LISTS,
    "dataset": "data",
    "task": "t",
    "subtask": "",
    "metric": "exact_str_match",
    "model_family": "F",
    "condition": "",
    "axis": "params",
    "main_axis": True,
    "size_slope": 1.0,
    "output_group": "generation",
    "metric_group": "discontinuous",
    "is_preferred": True,
    "n_scales": 8,
    "n_dropped": 0,
    "n_ties": 0,
    "n_examples": 100,
    "chance": 0.0,
    "high_score": 1.0,
    "emergence_score": 21.0,
    "sharpness": 3.0,
    "linearity": 2.0,
    "discontinuity": 10.0,
    "onset": 0.8,
    "early": False,
    "status": "finite",
    "tie_sensitive": False,
    "flags": "",
    "interval_low": [0.0] * 7 + [0.7],
    "interval_high": [0.1] * 7 + [0.9],
    "resampled_low": 3.0,
    "resampled_high": 40.0,
    "resampled_infinite": 0.0,
    "kendall_tau": 0.9,
    "p_order": 0.002,
    "floor_fixed": True,
    "law": "share",
    "own_dispersion": 0.9,
    "own_degrees": 5,
    "residuals": [None] * 3 + [0.5] * 5,
    "rise_gain": 40.0,
    "rise_exponent": 1.4,
    "fall_gain": 0.0,
    "fall_dispersion": 9.0,
    "fall_degrees": 7,
    "small_predicted": [0.0] * 4,
    "unit": 0,
    "pooled_over": "unit",
    "dispersion": 1.0,
    "degrees": 50.0,
    "p_fit": 0.6,
    "chance_assumed": False,
    "p_rise": 0.001,
    "p_fall": 1.0,
    "exponent": 1.5,
    "exponent_low": 1.0,
    "exponent_high": 3.0,
    "exponent_status": "estimated",
    "law_kind": "law",
    "law_floor": 0.0,
    "law_ceiling": 1.0,
    "law_location": -1.0,
    "law_exponent": 1.5,
    "law_log_likelihood": -50.0,
    "b_max": 0.5,
    "bounded_kind": "law",
    "bounded_floor": 0.0,
    "bounded_ceiling": 1.0,
    "bounded_location": -1.0,
    "bounded_exponent": 0.5,
    "bounded_log_likelihood": -60.0,
    "b_max_beside": [0.25, 1.0],
    "bounded_log_likelihood_beside": [-70.0, -52.0],
    "profile": [-90.0, *(-50.0 - 8.0 * abs(k - 12) for k in range(1, 19)), -80.0],
    "p_steep": 0.001,
    "p_steep_beside": [0.0005, 0.2],
    "holdout_low": 0.1,
    "holdout_high": 0.4,
    "holdout_status": "outside_above",
}

#: What the inference says of a curve whose scores are no counts.
UNCOUNTED: dict[str, Any] = dict.fromkeys(
    [
        *("interval_low", "interval_high", "resampled_low", "resampled_high"),
        *("resampled_infinite", "law", "floor_fixed", "own_dispersion", "own_degrees"),
        *("residuals", "rise_gain", "rise_exponent", "fall_gain", "fall_dispersion"),
        *("fall_degrees", "small_predicted", "unit", "pooled_over", "dispersion", "degrees"),
        *("chance_assumed", "p_fit", "p_rise", "p_fall", "profile"),
        *("exponent", "exponent_low", "exponent_high", "law_kind", "law_floor", "law_exponent"),
        *("law_ceiling", "law_location", "law_log_likelihood", "bounded_kind", "bounded_floor"),
        *("bounded_log_likelihood_beside",),
        *("bounded_ceiling", "bounded_location", "bounded_exponent", "bounded_log_likelihood"),
        *("p_steep", "p_steep_beside", "holdout_low", "holdout_high", "holdout_status"),
    ]
)


def sample(**fields: Any) -> dict[str, Any]:
    """A curve like `SAMPLE` but for some fields; its level follows from its subtask."""
    assert set(fields) <= set(SAMPLE), set(fields) - set(SAMPLE)
    row = {**SAMPLE, **fields}
    row["level"] = "subtask" if row["subtask"] else "task"
    row["curve_id"] = curve_id(*[row[name] for name in CURVE_FIELDS])
    return row


def uncounted(why: str, **fields: Any) -> dict[str, Any]:
    """A curve whose scores are no counts, for a reason; p_order alone is known."""
    names = [*INFERENCE.names, *POOLED.names]
    reasons = [name for name in names if name.endswith("_missing")]
    missing = {name: why for name in reasons if name != "p_order_missing"}
    return sample(**{**UNCOUNTED, **missing, "exponent_status": why, **fields})


def tables(rows: Iterable[Mapping[str, Any]]) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The three tables that labels are made of."""
    rows = list(rows)
    return tuple(
        pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema)
        for schema in (CURVES, INFERENCE, POOLED)
    )


def labelled(
    rows: Iterable[Mapping[str, Any]], rules: VerdictRules = RULES
) -> list[dict[str, Any]]:
    """The labels of curves, in their order."""
    return label(*tables(rows), rules).to_pylist()


def study_of(
    rows: Iterable[Mapping[str, Any]],
    *,
    annotations: Mapping[str, Mapping[str, Any]] | None = None,
    inventory: Iterable[Mapping[str, Any]] = (),
    metrics: Metrics | None = None,
    entry: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Study:
    """A dataset with labels, under the settings as they are shipped but for some."""
    curves, inference, pooled = tables(rows)
    known = {
        "curves": curves,
        "inference": inference,
        "pooled": pooled,
        "metrics": metrics or Metrics(),
        "annotations": annotations or {},
        "inventory": list(inventory),
    }
    return label_study(Study("data", entry or {}, {**SETTINGS, **settings}, known=known))
