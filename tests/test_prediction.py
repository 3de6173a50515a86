"""What the law foretells: by axis, beside other forecasts, and what is said of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emergence import Study
from emergence.inference.law import fit_law
from emergence.inference.model import Curves, free_bounds
from emergence.pages.figures import axis_comparison, back_test
from emergence.prediction import left_out
from emergence.prediction.forecasts import FORECASTS, forecast, without
from emergence.prediction.left_out import Models, compare, predictive_losses, tasks_by_models
from emergence.prediction.of_study import predictions
from emergence.settings import defaults
from emergence.simulate.axis_nulls import AxisCell, axis_outcomes


def shares(places, steepness=4.0):
    return 0.25 + 0.6 * np.exp(-np.exp(1.5 - steepness * np.asarray(places)))


class TestLeftOut:
    def models(self, places=None, seed=0):
        rng = np.random.default_rng(seed)
        places = np.linspace(0, 1, 12) if places is None else np.asarray(places)
        k = rng.binomial(400, shares(places)).astype(float)
        return Models(k, np.full(len(places), 400.0), places)

    def test_each_model_is_predicted_from_the_others(self):
        """Against a fit to the other models by itself, of the divergence written out."""
        task = self.models()
        (found,) = predictive_losses([task])
        for at in range(12):
            kept = np.arange(12) != at
            distance = (1 - task.places)[kept, None]
            k, n = task.successes[kept, None], task.trials[kept, None]
            fit = fit_law(Curves(k, n, distance), free_bounds(1, left_out.STEEPEST))
            eta = fit.location[0] + fit.exponent[0] * (1 - task.places[at])
            p = fit.floor[0] + (fit.ceiling[0] - fit.floor[0]) * np.exp(-np.exp(eta))
            y = task.successes[at] / 400
            by_hand = y * np.log(y / p) + (1 - y) * np.log((1 - y) / (1 - p))
            assert found[at] == pytest.approx(by_hand, rel=0.05, abs=2e-5)

    def test_the_unit_and_the_order_of_models_change_nothing(self):
        task = self.models()
        order = np.random.default_rng(1).permutation(12)
        other = Models(task.successes[order], task.trials[order], 7 * task.places[order] - 3)
        (first,), (second,) = predictive_losses([task]), predictive_losses([other])
        np.testing.assert_allclose(second, first[order], rtol=1e-6)

    def test_others_in_the_batch_change_nothing(self):
        tasks = [self.models(seed=seed) for seed in range(4)]
        alone = predictive_losses([tasks[2]])[0]
        assert (predictive_losses(tasks)[2] == alone).all()

    def test_ties_and_one_place(self):
        tied = predictive_losses([self.models(np.repeat(np.linspace(0, 1, 4), 3))])[0]
        assert np.isfinite(tied).all()
        same = predictive_losses([self.models(np.zeros(12))])[0]
        assert np.isnan(same).all()

    def test_a_place_with_one_model_is_left_out_whole(self):
        """The best model's place is known from no other: the law goes on to it."""
        places = [*np.repeat(np.linspace(0, 0.6, 4), 3), 1.0]
        assert np.isfinite(predictive_losses([self.models(places)])[0]).all()


class TestCompare:
    def losses(self, factor, seed=0, tasks=20, models=15):
        rng = np.random.default_rng(seed)
        first = rng.exponential(0.02, (tasks, models))
        return first * factor, first, np.full((tasks, models), 1e6)

    def test_the_ratio_and_who_predicts_better(self):
        found = compare(*self.losses(2.0), 0.99)
        assert found.ratio == pytest.approx(2.0, rel=0.01)
        assert (found.outcome, found.tasks, found.models) == ("second", 20, 15)
        assert compare(*self.losses(0.5), 0.99).outcome == "first"
        assert compare(*self.losses(1.0), 0.99).outcome == "not decidable"

    def test_one_model_alone_decides_nothing(self):
        """An axis that predicts one model a thousand times better does so in all tasks."""
        first, second, n = self.losses(1.0)
        first = first.copy()
        first[:, 3] *= 1000
        assert compare(first, second, n, 0.99).outcome == "not decidable"

    def test_below_the_noise_of_examples_losses_are_equal(self):
        first, second, _ = self.losses(3.0)
        found = compare(first / 1e6, second / 1e6, np.full(first.shape, 100.0), 0.99)
        assert found.ratio == pytest.approx(1.0, abs=0.01)

    def test_what_is_missing_is_left_out(self):
        first, second, n = self.losses(2.0)
        first[0], second[:, 0] = np.nan, np.nan
        found = compare(first, second, n, 0.99)
        assert (found.tasks, found.models) == (19, 14)

    def test_arranged_by_task_and_model(self):
        names, models, losses = tasks_by_models(
            ["b", "a", "b"],
            [["x"], ["y", "x"], ["x"]],
            [np.array([1.0]), np.array([2.0, 3.0]), np.array([3.0])],
        )
        assert (names, models) == (["a", "b"], ["x", "y"])
        np.testing.assert_array_equal(losses, [[3.0, 2.0], [2.0, np.nan]])


class TestDecision:
    """The rule on datasets whose truth is known; docs/calibration.md has more of them."""

    @pytest.mark.parametrize("depends_on", ["first", "second"])
    def test_what_scores_depend_on_is_found(self, depends_on):
        found = axis_outcomes(AxisCell(depends_on, 30, 25, 500, 0.0), 3, 1)
        assert found[depends_on] == 1.0 and found["wrong"] == 0.0

    def test_of_both_alike_neither(self):
        found = axis_outcomes(AxisCell("both", 10, 12, 500, 0.3), 10, 1)
        assert found["wrong"] <= 0.1


class TestForecasts:
    def curves(self, k, n=1000):
        k = np.atleast_2d(k)
        scales = np.broadcast_to(10.0 ** np.arange(k.shape[1]), k.shape)
        return Curves.from_rows(k, np.full(k.shape, n), scales)

    def test_a_straight_line_is_foretold_by_the_line(self):
        found = forecast(
            self.curves([100, 200, 300, 400, 500, 600]),
            np.array([np.nan]),
            largest_exponent=0.5,
            level=0.95,
        )
        assert found.error["line"][0] == pytest.approx(0.0, abs=1e-12)
        assert found.error["last"][0] == pytest.approx(0.1)

    def test_the_interval_of_the_line_is_the_textbooks(self):
        """Least squares of five points and Student's quantile with three degrees, by numpy."""
        y = np.array([100, 210, 290, 420, 480, 900])
        x = np.arange(5.0)
        (slope, at), (residual,), *_ = np.polyfit(x, y[:5] / 1000, 1, full=True)
        half = 3.182446305 * np.sqrt(residual / 3 * (1 + 1 / 5 + 9 / 10))
        for score, inside in (
            (at + 5 * slope + 0.99 * half, 1.0),
            (at + 5 * slope + half + 2e-3, 0.0),
        ):
            y[5] = round(1000 * score)
            found = forecast(self.curves(y), np.array([np.nan]), largest_exponent=0.5, level=0.95)
            assert found.inside["line"][0] == inside

    def test_a_logistic_curve_is_foretold_by_the_logistic(self):
        n, x = 10**6, np.arange(7) - 3.0
        p = 0.25 + 0.75 / (1 + np.exp(-0.8 * x))
        found = forecast(
            self.curves(np.round(n * p), n), np.array([0.25]), largest_exponent=0.5, level=0.95
        )
        assert abs(found.error["logistic"][0]) < 1e-5

    def test_the_law_is_foretold_by_the_law(self):
        n, x = 10**6, np.log(10.0) * np.arange(8)
        p = 0.1 + 0.8 * np.exp(-np.exp(2 - 0.25 * x))
        found = forecast(
            self.curves(np.round(n * p), n), np.array([0.1]), largest_exponent=0.5, level=0.95
        )
        assert abs(found.error["law"][0]) < 2e-3 and found.inside["law"][0] == 1.0

    def test_a_jump_is_foretold_by_nothing(self):
        found = forecast(
            self.curves([0, 0, 0, 0, 0, 0, 0, 900]),
            np.array([0.0]),
            largest_exponent=0.5,
            level=0.95,
        )
        assert all(found.error[name][0] > 0.5 for name in FORECASTS)

    def test_two_held_out(self):
        kept = without(self.curves([1, 2, 3, 4, 5, 6]), 2)
        np.testing.assert_array_equal(kept.successes[:, 0], [1, 2, 3, 4, 6])
        assert kept.distance[-1, 0] == 0 and kept.distance[-2, 0] == pytest.approx(2 * np.log(10))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Sizes by token ratios on twelve tasks, whose scores depend on the loss alone."""
    rng = np.random.default_rng(0)
    lines = ["task,metric,model_family,model,n_params,loss,token_ratio,score,n_examples,low_score"]
    for task in range(12):
        for size in range(5):
            for ratio in range(4):
                loss = 5 - 0.45 * size - 0.5 * ratio + 0.03 * (size - ratio) ** 2
                k = rng.binomial(500, shares((5.2 - loss) / 4.0))
                name = f"{size}-{ratio}"
                lines.append(f"t{task},acc,F,{name},1e{7 + size},{loss},{ratio},{k / 500},500,0.25")
    folder = tmp_path_factory.mktemp("axes")
    (folder / "s.csv").write_text("\n".join(lines))
    entry = {
        "title": "x",
        "synthetic": True,
        "licence": "x",
        "citation": ["x"],
        "axes": ["params", "loss"],
        "sources": [
            {
                **{"kind": "file", "format": "tidy", "path": "s.csv"},
                "columns": {"condition": ["token_ratio"]},
            }
        ],
    }
    return Study.compute("mine", entry, {**defaults(), "draws": 100}, folder)


class TestOfAStudy:
    def test_loss_predicts_better_where_scores_depend_on_it(self, study):
        (pair,) = study.summary["prediction"]["axes"]["pairs"]
        assert (pair["first"], pair["second"], pair["outcome"]) == ("params", "loss", "loss")
        assert (pair["tasks"], pair["models"]) == (12, 20) and pair["low"] > 1
        assert len(study.summary["prediction"]["axes"]["tasks"]) == 12

    def test_the_back_test_by_axis(self, study):
        rows = study.summary["prediction"]["back_test"]["rows"]
        assert [(row["axis"], row["held_out"], row["tasks"]) for row in rows] == [
            ("params", 1, 12),
            ("loss", 1, 12),
            ("loss", 2, 12),
        ]
        for row in rows:
            assert row["error"][row["best"]] == min(row["error"].values())
        json.dumps(study.summary, allow_nan=False)

    def test_the_figures_say_it(self, study):
        drawn = axis_comparison.draw(study)
        text = "".join(part if isinstance(part, str) else part.text for part in drawn.caption)
        assert "over loss: loss predicts better" in text and "<svg" in drawn.svg
        assert len(drawn.table) == 12
        drawn = back_test.draw(study)
        text = "".join(part if isinstance(part, str) else part.text for part in drawn.caption)
        assert "Dashed: the published 18" in text and len(drawn.table) == 3

    def test_where_there_is_one_axis_that_is_said(self, study):
        alone = Study(
            study.dataset,
            {**study.entry, "axes": ["params"]},
            study.settings,
            known={name: getattr(study, name) for name in ("scores", "curves", "inference")}
            | {name: getattr(study, name) for name in ("pooled", "labels")},
        )
        found = predictions(alone)
        assert found["axes"]["missing"] == "its curves are over one axis"
        drawn = axis_comparison.draw(alone.having(summary={"prediction": found}))
        assert "No axes are compared" in drawn.caption[0] and not drawn.svg

    def test_too_few_tasks_decide_nothing(self, study):
        rows = np.flatnonzero(np.isin(study.curves["task"].to_pylist(), ["t0", "t1"]))
        tables = ("curves", "inference", "pooled", "labels")
        few = Study(
            study.dataset,
            study.entry,
            study.settings,
            known={"scores": study.scores}
            | {name: getattr(study, name).take(rows) for name in tables},
        )
        (pair,) = predictions(few)["axes"]["pairs"]
        assert (pair["outcome"], pair["ratio"]) == ("not decidable", None)
