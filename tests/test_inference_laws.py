"""Which law each curve has, and that bounded scores and losses are fitted as shares are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from emergence.curves import build_curves
from emergence.facts.metric_catalog import METRIC_CATALOG, Law, Metric, Metrics, metrics
from emergence.inference.infer import infer, over_subtasks
from emergence.inference.points import Points, parts_of_range, scores_of_parts
from emergence.pooling.pool import pool
from emergence.scores import assemble
from emergence.settings import InferenceSettings, PoolingSettings, SameOutputs

SETTINGS = InferenceSettings(seed=1, draws=50, level=0.95, b_max=0.5, b_max_beside=(0.25, 1.0))
RULES = PoolingSettings(same_outputs=SameOutputs(families={}))
CATALOG = metrics(METRIC_CATALOG.rows, {})
SCALES = np.geomspace(1e7, 1e11, 8)


def oriented(name, scores, chance=np.nan):
    """Bring scores under a metric of the catalogue to 0..1, and the score of guessing."""
    metric = CATALOG[name]
    sign = 1.0 if metric.higher_is_better else -1.0
    parts, floor = parts_of_range(
        metric.law, metric.higher_is_better, sign * np.atleast_2d(scores), np.array([sign * chance])
    )
    return parts[0], floor[0]


class TestPartsOfTheRange:
    @pytest.mark.parametrize(
        ("metric", "scores", "parts"),
        [
            ("prob_correct", [0, 0.25, 1], [0, 0.25, 1]),
            ("bleu", [0, 25, 100], [0, 0.25, 1]),
            ("mcc", [-1, 0, 1], [0, 0.5, 1]),
            ("expected_calibration_error", [1, 0.1, 0], [0, 0.9, 1]),
            # Lower is better, and the root of the squared error is taken.
            ("target_brier", [1, 0.25, 0], [0, 0.5, 1]),
            ("brier_score", [2, 0.5, 0], [0, 0.5, 1]),
            ("log_prob_among_choices", [-np.inf, -np.log(4), 0], [0, 0.25, 1]),
        ],
    )
    def test_from_the_worst_to_the_best(self, metric, scores, parts):
        np.testing.assert_allclose(oriented(metric, scores)[0], parts, atol=1e-12)

    def test_an_edit_distance_ends_at_that_of_guessing(self):
        parts, floor = oriented("token_edit_distance", [8.0, 6.0, 0.0], chance=8.0)
        np.testing.assert_allclose(parts, [0, 0.25, 1])
        assert floor == 0

    def test_guessing_is_brought_to_the_range_as_well(self):
        assert oriented("target_brier", [0.5], chance=0.75**2)[1] == pytest.approx(0.25)
        assert oriented("bleu", [1.0], chance=10.0)[1] == pytest.approx(0.1)
        assert np.isnan(oriented("bleu", [1.0])[1])

    @pytest.mark.parametrize("metric", ["bleu", "mcc", "brier_score", "log_prob_among_choices"])
    def test_and_back(self, metric):
        law, up = CATALOG[metric].law, CATALOG[metric].higher_is_better
        parts, unknown = np.array([[0.0, 0.3, 1.0]]), np.array([np.nan])
        scores = scores_of_parts(law, up, parts, unknown)
        np.testing.assert_allclose(parts_of_range(law, up, scores, unknown)[0], parts, atol=1e-12)


@pytest.fixture(scope="module")
def build(source_rows, source_rejects):
    """Make the table of curves from (task, metric, scores), and more columns of a row."""

    def run(*curves, known=CATALOG, n=None, **more) -> pa.Table:
        rows = [
            {
                "task": task,
                "metric": metric,
                "model": f"m{i}",
                "scale": SCALES[i],
                "score": float(score),
                "n_examples": n,
                **more,
            }
            for task, metric, scores in curves
            for i, score in enumerate(scores)
        ]
        assembled = assemble("data", source_rows(rows), source_rejects([]), known)
        return build_curves(assembled.scores, known)

    return run


def inferred(curves, known=CATALOG):
    return infer(curves, known, SETTINGS, over_subtasks(curves))


def replicated(curves, spread, runs):
    """The same curves, as means over replicates."""
    for name, values in {"replicate_spread": spread, "replicates": runs}.items():
        at = curves.schema.get_field_index(name)
        column = pa.array([values] * curves.num_rows, curves.schema.field(at).type)
        curves = curves.set_column(at, name, column)
    return curves


RISING = [0.05, 0.06, 0.08, 0.12, 0.2, 0.35, 0.5, 0.6]
LOSS = [3.1, 2.6, 2.25, 2.0, 1.82, 1.7, 1.61, 1.55]


class TestWhichLaw:
    @pytest.mark.parametrize(
        ("metric", "scores", "law", "reason"),
        [
            ("prob_correct", RISING, "bounded", None),
            ("target_brier", RISING, "bounded", None),
            ("log_prob_among_choices", [-s for s in LOSS], "bounded", None),
            ("bits_per_byte", LOSS, "loss", None),
            ("log_likelihood", [-s for s in LOSS], "loss", None),
            ("word_perplexity", [10 * s for s in LOSS], "loss", None),
            # A share whose examples nobody counted is a bounded score.
            ("exact_match", RISING, "bounded", None),
            ("bleurt", RISING, None, "no_law"),
            ("never_heard_of", RISING, None, "no_law"),
            ("prob_correct", [1.2, *RISING[1:]], None, "outside_range"),
            ("log_prob_among_choices", LOSS, None, "outside_range"),
            ("token_edit_distance", RISING, None, "range_unknown"),
            ("bits_per_byte", [0.0, *LOSS[1:]], None, "not_positive"),
            ("perplexity", [1.0, *LOSS[1:]], None, "not_positive"),
            ("perplexity", [0.5, *LOSS[1:]], None, "not_positive"),
        ],
    )
    def test_by_metric_and_scores(self, build, metric, scores, law, reason):
        (row,) = inferred(build(("t", metric, scores))).to_pylist()
        assert (row["law"], row["law_missing"]) == (law, reason)
        assert (row["rise_gain"] is None) == (law is None)

    def test_counts_are_counts_and_too_few_scales_have_no_law(self, build):
        curves = build(("t", "exact_match", RISING), ("u", "bits_per_byte", LOSS[:3]), n=100)
        rows = {row["law"]: row["law_missing"] for row in inferred(curves).to_pylist()}
        assert rows == {"share": None, None: "too_few_scales"}

    def test_a_floor_at_guessing_only_where_nobody_is_worse(self, build):
        curves = build(("t", "prob_correct", RISING), ("t", "bleu", RISING), low_score=0.04)
        points = Points.of(curves, CATALOG, np.zeros(2, bool))
        floors = dict(zip(curves["metric"].to_pylist(), points.floor, strict=True))
        assert floors == {"prob_correct": 0.0, "bleu": pytest.approx(0.0004)}
        assert inferred(curves)["chance_assumed"].to_pylist() == [False, False]

    def test_an_entry_can_say_it_of_its_own_metric(self, build):
        mine = Metrics(
            mine=Metric("continuous", True, None, False, (), Law("bounded", 0.0, 5.0)),
            bits=Metric("continuous", False, None, False, (), Law("loss")),
        )
        curves = build(("t", "mine", [5 * s for s in RISING]), ("t", "bits", LOSS), known=mine)
        rows = inferred(curves, mine).to_pylist()
        other = inferred(build(("t", "prob_correct", RISING))).to_pylist()
        by_law = {row["law"]: row for row in rows}
        assert set(by_law) == {"bounded", "loss"}
        assert by_law["bounded"]["rise_gain"] == pytest.approx(other[0]["rise_gain"])


def pooled(curves, known=CATALOG):
    return pool(curves, inferred(curves, known), RULES).pooled.to_pandas()


class TestTheLawThatIsDrawn:
    """In the unit of the scores, from the smallest scale to the largest."""

    SHARE = 0.1 + 0.7 * np.exp(-np.exp(-1.0) * (SCALES / SCALES[-1]) ** -0.3)
    LOSS = 1 + 2 * (SCALES / SCALES[0]) ** -0.3

    @pytest.mark.parametrize(
        ("metric", "scores", "oriented"),
        [
            ("exact_match", SHARE, SHARE),
            ("bleu", 100 * SHARE, 100 * SHARE),
            ("target_brier", (1 - SHARE) ** 2, -((1 - SHARE) ** 2)),
            ("log_prob_among_choices", np.log(SHARE), np.log(SHARE)),
            ("bits_per_byte", LOSS, -LOSS),
            ("perplexity", np.exp(LOSS), -np.exp(LOSS)),
        ],
    )
    def test_it_goes_through_the_points_of_a_law(self, build, metric, scores, oriented):
        (row,) = inferred(build(("t", metric, scores))).to_pylist()
        drawn = np.interp(
            np.log(SCALES), np.linspace(*np.log(SCALES[[0, -1]]), 25), row["bounded_scores"]
        )
        ends = [0, -1]
        np.testing.assert_allclose(drawn[ends], oriented[ends], rtol=1e-4)
        np.testing.assert_allclose(drawn, oriented, atol=0.02 * np.ptp(oriented))

    def test_there_is_none_for_a_constant(self, build):
        (row,) = inferred(build(("t", "bits_per_byte", [2.0] * 8))).to_pylist()
        assert row["bounded_kind"] == "constant" and row["bounded_scores"] is None


class TestUnits:
    """Another unit of a loss, or the exponential of it, is the same loss."""

    losses = np.random.default_rng(3).normal(0, 0.01, (12, 8)) + np.log(LOSS)

    def curves(self, metric, factor=1.0, taken=lambda loss: loss):
        return [(f"t{i}", metric, taken(factor * np.exp(row))) for i, row in enumerate(self.losses)]

    @pytest.mark.parametrize("factor", [np.log(2), 1e3])
    def test_the_tests_do_not_know_the_unit(self, build, factor):
        one = pooled(build(*self.curves("bits_per_byte")))
        other = pooled(build(*self.curves("bits_per_byte", factor)))
        assert (one["p_rise"] < 0.01).all()
        for name in ("p_rise", "p_fall", "p_steep", "exponent", "exponent_low", "exponent_high"):
            np.testing.assert_allclose(one[name], other[name], rtol=1e-9, err_msg=name)

    def test_perplexity_is_a_loss_by_its_logarithm(self, build):
        one = pooled(build(*self.curves("bits_per_byte")))
        other = pooled(build(*self.curves("perplexity", taken=np.exp)))
        for name in ("p_rise", "exponent"):
            np.testing.assert_allclose(one[name], other[name], rtol=1e-6, err_msg=name)

    def test_a_mean_log_probability_is_the_loss_with_its_sign_turned(self, build):
        one = pooled(build(*self.curves("bits_per_byte")))
        other = pooled(build(*self.curves("log_likelihood", taken=lambda loss: -loss)))
        for name in ("p_rise", "exponent"):
            np.testing.assert_allclose(one[name], other[name], rtol=1e-9, err_msg=name)


class TestBothKindsAreTested:
    def test_tasks_that_rise_and_tasks_that_do_not(self, build):
        """Probabilities, Brier scores and losses of rising, flat and falling tasks."""
        rng = np.random.default_rng(5)
        noise = lambda: rng.normal(0, 0.004, 8)  # noqa: E731
        tasks = []
        for i in range(30):
            rise = np.array(RISING) if i < 10 else np.full(8, 0.3)
            if i >= 25:
                rise = rise[::-1] + np.linspace(0.2, 0, 8)
            tasks += [
                (f"t{i}", "prob_correct", rise + noise()),
                (f"t{i}", "target_brier", (1 - rise) ** 2 + noise()),
                (f"t{i}", "bits_per_byte", np.exp(0.5 - rise + noise())),
            ]
        curves = build(*tasks)
        found = pooled(curves)
        number = np.array([int(task[1:]) for task in curves["task"].to_pylist()])
        assert (found["p_rise"][number < 10] < 0.001).all()
        assert (found["p_rise"][(number >= 10) & (number < 25)] > 0.001).mean() > 0.95
        assert (found["p_fall"][number >= 25] < 0.01).all()
        assert (found["p_rise"][number >= 25] > 0.5).all()

    def test_a_curve_alone_and_one_without_any_scatter(self, build):
        """No tasks beside it: its own scatter. No scatter at all: the law is exact."""
        flat = pooled(build(("t", "prob_correct", [0.3] * 8)))
        assert flat["p_rise"][0] == 1
        exact = 1 + 2 * (SCALES / SCALES[0]) ** -0.3
        found = pooled(build(("t", "bits_per_byte", exact)))
        assert found["p_rise"][0] < 1e-3

    @pytest.mark.parametrize(
        ("metric", "score", "variance"),
        [
            # The squared error of the mean over y (1 - y), in millionths.
            ("prob_correct", 0.3, 0.3 * 0.7),
            # Of a range of 100 points.
            ("bleu", 30.0, 100**2 * 0.3 * 0.7),
            # At an end of the range the side that is inside counts.
            ("prob_correct", 0.005, 0.005 * 0.995),
        ],
    )
    def test_the_scatter_of_replicates(self, build, metric, score, variance):
        spread, runs = [0.01, None, *[0.02] * 6], [5, 1, *[3] * 6]
        curves = replicated(build(("t", metric, [score] * 8)), spread, runs)
        (row,) = inferred(curves).to_pylist()
        expected = (4 * 0.01**2 / 5 + 12 * 0.02**2 / 3) / 16 / variance * 1e6
        assert row["replicate_degrees"] == 16
        assert row["replicate_dispersion"] == pytest.approx(expected)

    def test_the_scatter_of_replicates_of_a_loss(self, build):
        """Of its logarithm."""
        curves = replicated(build(("t", "bits_per_byte", [2.0] * 8)), [0.01] * 8, [4] * 8)
        (row,) = inferred(curves).to_pylist()
        assert row["replicate_degrees"] == 24
        assert row["replicate_dispersion"] == pytest.approx(1e6 * 0.0025**2, rel=0.01)

    def test_models_of_one_size_are_no_replicates(self, build):
        """They differ by more than seeds."""
        curves = replicated(build(("t", "prob_correct", [0.3] * 8)), [0.01] * 8, [4] * 8)
        at = curves.schema.get_field_index("n_ties")
        (row,) = inferred(curves.set_column(at, "n_ties", pa.array([1]))).to_pylist()
        assert row["replicate_degrees"] is None and row["replicate_dispersion"] is None

    def test_a_row_depends_on_its_own_curve_only(self, build):
        tasks = [(f"t{i}", "bits_per_byte", np.roll(LOSS, i)) for i in range(4)]
        tasks += [(f"t{i}", "prob_correct", np.roll(RISING, i)) for i in range(4)]
        together = build(*tasks)
        rows = {r["curve_id"]: r for r in inferred(together).to_pylist()}
        for task in tasks[1:6]:
            alone = build(task)
            (row,) = inferred(alone).to_pylist()
            assert row == rows[row["curve_id"]]


def test_another_law_is_another_input():
    """A shard is computed anew when the catalogue classes a metric otherwise."""
    assert dataclasses.asdict(CATALOG["bleu"].law) != dataclasses.asdict(CATALOG["mc2"].law)
