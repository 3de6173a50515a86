"""The population of a dataset: groups, whole tasks, and one model fewer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from emergence.pooling import argmax
from emergence.pooling import population as module
from emergence.pooling.population import MISSING, Votes, population
from emergence.simulate.mirage_dataset import Design, dataset

ROOT = Path(__file__).resolve().parents[1]

SCALES = np.geomspace(1e7, 1e11, 8)
DISTANCE = np.log(SCALES[-1] / SCALES)


def smooth(task: int) -> np.ndarray:
    """A rise that the law explains, another one for each task."""
    return 0.02 + 0.9 * np.exp(-np.exp(-2.0 + 0.1 * (task % 7) + 0.3 * DISTANCE))


def jump(task: int) -> np.ndarray:
    return np.where(np.arange(8) >= 7 - task % 3, 0.6, 0.02)


def votes(shapes, trials=500, **columns) -> Votes:
    """One curve a row, of a task of its own, without scatter beyond the examples."""
    n = len(shapes)
    rng = np.random.default_rng(5)
    scores = rng.binomial(trials, np.array(shapes))
    frame = pd.DataFrame(
        {
            "task": [f"t{i:03d}" for i in range(n)],
            "metric": "exact_str_match",
            "metric_group": "discontinuous",
            "annotation": None,
            "model_family": "f",
            "dispersion": 1.0,
            **columns,
        }
    )
    return Votes(
        frame=frame,
        scales=np.tile(SCALES, (n, 1)),
        successes=scores.astype(float),
        trials=np.full(scores.shape, float(trials)),
        chance=np.zeros(n),
        models=np.tile([f"m{i}" for i in range(8)], (n, 1)).astype(object),
    )


def found(some: Votes, argmax=False) -> dict:
    result = population(some, b_max=0.5, level=0.95, seed=1, argmax=argmax)
    # It is strict JSON.
    return json.loads(json.dumps(result, allow_nan=False))


def by_id(result: dict) -> dict:
    return {group["id"]: group for group in result["groups"]}


@pytest.fixture(scope="module")
def mixed() -> dict:
    shapes = [smooth(i) for i in range(30)] + [jump(i) for i in range(10)]
    annotation = [None] * 25 + ["emergent"] * 15
    return by_id(found(votes(shapes, annotation=annotation)))


def test_each_group_has_its_share(mixed):
    whole, annotated = mixed["all"], mixed["annotation-emergent"]
    for group, low, high in ((whole, 0.15, 0.35), (annotated, 0.5, 0.8)):
        for one in group["estimates"].values():
            assert low < one["share"] < high
            assert sum(one["weights"]) == pytest.approx(1, abs=1e-3)
        assert group["low"] < group["share"] < group["high"]
    assert whole["share"] == whole["estimates"]["chance"]["share"]
    assert (whole["curves"], whole["tasks"], annotated["curves"]) == (40, 40, 15)


def test_small_groups_are_unknown_with_the_reason():
    result = by_id(found(votes([smooth(i) for i in range(9)])))
    group = result["all"]
    assert (group["estimates"], group["missing"], group["tasks"]) == (None, "too_few_tasks", 9)
    assert group["missing"] in MISSING
    assert (group["share"], group["low"], group["high"]) == (None, None, None)


def test_curves_of_a_task_are_resampled_and_counted_together():
    shapes = [smooth(i) for i in range(24)]
    task = [f"t{i // 2}" for i in range(24)]
    family = ["f", "g"] * 12
    result = by_id(found(votes(shapes, task=task, model_family=family)))
    assert (result["all"]["curves"], result["all"]["tasks"]) == (24, 12)
    assert result["model_family-f"]["curves"] == 12


def test_a_group_without_any_success_has_no_share():
    group = by_id(found(votes([np.zeros(8)] * 15)))["all"]
    assert (group["share"], group["low"], group["high"]) == (None, None, None)
    assert group["missing"] == "nothing_rises"
    assert group["estimates"]["chance"]["rising"] < 0.02


def test_flat_curves_say_nothing_of_the_share():
    group = by_id(found(votes([np.full(8, 0.02)] * 15)))["all"]
    assert group["estimates"]["chance"]["rising"] < 0.3
    assert group["missing"] == "nothing_rises" or (group["low"], group["high"]) == (0, 1)


def test_one_model_that_jumps_everywhere_is_told_by_leaving_it_out():
    # All but smooth, were it not for the largest model.
    shapes = np.array([smooth(i) for i in range(20)])
    shapes = 0.02 + 0.25 * (shapes - 0.02)
    shapes[:, -1] = 0.9
    result = by_id(found(votes(shapes)))["all"]
    assert result["share"] > 0.8
    lowest = result["without"]["lowest"]
    assert (lowest["model_family"], lowest["model"]) == ("f", "m7")
    assert lowest["share"] < 0.2
    assert result["without"]["highest"]["share"] >= result["share"] - 0.05


def test_the_models_that_are_left_out_are_the_curves_own():
    some = votes([smooth(i) for i in range(3)])
    some.scales[1, 5:] = some.successes[1, 5:] = some.trials[1, 5:] = np.nan
    some.scales[2, 4:] = some.successes[2, 4:] = some.trials[2, 4:] = np.nan
    others, row, model = some.leaving_out()
    assert np.bincount(row).tolist() == [8, 5, 4]
    for at in range(len(row)):
        kept = [i for i in range(others.length[at] + 1) if f"m{i}" != model[at]]
        np.testing.assert_array_equal(
            others.successes[at, : len(kept)], some.successes[row[at], kept]
        )
        assert list(others.models[at, : len(kept)]) == [f"m{i}" for i in kept]


def test_what_takes_long_has_bounds(monkeypatch):
    monkeypatch.setattr(module, "MOST_LEFT_OUT", 100)
    monkeypatch.setattr(module, "MOST_CURVES", 13)
    result = found(votes([smooth(i) for i in range(15)]))
    assert (result["curves"], result["curves_used"]) == (15, 13)
    group = by_id(result)["all"]
    assert (group["curves"], group["without"]) == (13, None)
    assert group["share"] is not None


def test_the_order_of_rows_changes_nothing():
    shapes = [smooth(i) for i in range(14)] + [jump(i) for i in range(6)]
    some = votes(shapes)
    order = np.random.default_rng(2).permutation(20)
    other = Votes(
        frame=some.frame.iloc[order].reset_index(drop=True),
        scales=some.scales[order],
        successes=some.successes[order],
        trials=some.trials[order],
        chance=some.chance[order],
        models=some.models[order],
    )
    for one, two in zip(found(some)["groups"], found(other)["groups"], strict=True):
        for name in ("share", "low", "high"):
            assert one[name] == pytest.approx(two[name], abs=1e-3)


def test_argmax_alone_makes_smooth_curves_look_steep():
    result = found(votes([smooth(i) for i in range(10)]), argmax=True)["argmax"]
    assert result["curves"] == 120
    assert result["low"] > 0.5


def test_the_argmax_design_is_that_of_the_dataset():
    registry = yaml.safe_load((ROOT / "data/datasets.yaml").read_text(encoding="utf-8"))
    (source,) = registry["datasets"]["mirage-model"]["sources"]
    settings = source["settings"]
    assert tuple(settings["exponents"]) == argmax.EXPONENTS
    assert tuple(settings["units"]) == argmax.UNITS
    assert tuple(settings["choices"]) == argmax.CHOICES
    assert settings["examples"] == argmax.EXAMPLES
    assert settings["lean"] == argmax.LEAN
    assert settings["concentration"] == argmax.CONCENTRATION
    models = settings["models"]
    np.testing.assert_allclose(
        argmax.SCALES, np.geomspace(models["smallest"], models["largest"], models["number"])
    )


def test_argmax_curves_are_like_those_of_the_dataset():
    registry = yaml.safe_load((ROOT / "data/datasets.yaml").read_text(encoding="utf-8"))
    settings = dict(registry["datasets"]["mirage-model"]["sources"][0]["settings"])
    design = Design(**{**settings, "lengths": [], "units": settings["units"][:2]})
    rows = [row for row in dataset(design) if row["metric"] == "multiple_choice_grade"]
    theirs = np.array([row["score"] for row in rows]).reshape(-1, 12)
    curves, chance, task = argmax.choice_curves(3)
    ours = (curves.successes / curves.trials).T[task < 2]
    assert sorted(set(chance)) == [0.1, 0.25, 0.5]
    # Each score has a standard error of at most 0.016.
    assert np.abs(theirs - ours).max() < 0.1
    assert np.abs(theirs - ours).mean() < 0.02
