"""From the table of curves to the table of inferences: reasons, rows, and equal bytes."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace

from emergence.facts.metric_catalog import Metric, Metrics
from emergence.inference.holdout import STATUSES
from emergence.inference.infer import INPUTS, infer, over_subtasks
from emergence.inference.inference_table import INFERENCE, LAWS, MISSING
from emergence.inference.shards import digest_of, input_digest, members, tagged
from emergence.pooling.pool import pool
from emergence.pooling.pooled_table import EXPONENT_STATUSES, POOLED_OVER
from emergence.progress import Progress
from emergence.settings import InferenceSettings, PoolingSettings, SameOutputs
from emergence.tables import read_table, write_table

SETTINGS = InferenceSettings(
    seed=20230428, draws=200, level=0.95, b_max=0.5, b_max_beside=(0.25, 1.0)
)

RULES = PoolingSettings(same_outputs=SameOutputs(families={}))

METRICS = Metrics(
    grade=Metric(group="discontinuous", is_share_of_examples=True, flags=()),
    brier=Metric(group="continuous", is_share_of_examples=False, flags=()),
)

SCALES = [1e6 * 4.0**i for i in range(14)]


def entries(task, scores, n=100, metric="grade", chance=0.0, **more) -> list[dict]:
    """Entries of one curve, as a source delivers them."""
    return [
        {
            "task": task,
            "metric": metric,
            "model": f"m{i}",
            "scale": SCALES[i],
            "score": score,
            "n_examples": n,
            "low_score": chance,
            **more,
        }
        for i, score in enumerate(scores)
    ]


RISING = [0.02, 0.03, 0.02, 0.05, 0.1, 0.3, 0.55, 0.8]


@pytest.fixture(scope="module")
def inferred(source_rows, source_rejects):
    """Infer from entries, through the tables of scores and of curves: rows by task."""
    from emergence.curves import build_curves
    from emergence.scores import assemble

    def build(rows: list[dict]) -> pa.Table:
        assembled = assemble("data", source_rows(rows), source_rejects([]), METRICS)
        assert not assembled.rejects.num_rows
        return build_curves(assembled.scores, METRICS)

    def run(rows: list[dict], settings: InferenceSettings = SETTINGS) -> dict[str, dict]:
        curves = build(rows)
        table = infer(curves, METRICS, settings, over_subtasks(curves))
        keys = [f"{t}:{s}" if s else t for t, s in zip(*_names(curves), strict=True)]
        return dict(zip(keys, table.to_pylist(), strict=True))

    run.curves = build
    return run


@pytest.fixture(scope="module")
def pooled(inferred):
    """The same with what the curves say together: a curve alone has its own dispersion."""

    def run(rows: list[dict]) -> dict[str, dict]:
        curves = inferred.curves(rows)
        inference = infer(curves, METRICS, SETTINGS, over_subtasks(curves))
        together = pool(curves, inference, RULES).pooled
        keys = [f"{t}:{s}" if s else t for t, s in zip(*_names(curves), strict=True)]
        parts = zip(keys, inference.to_pylist(), together.to_pylist(), strict=True)
        return {key: {**row, **more} for key, row, more in parts}

    return run


@pytest.fixture(scope="module")
def bundled_inferred(bundled) -> pa.Table:
    """The inference of the bundled dataset, made once."""
    return infer(bundled.curves, bundled.metrics, SETTINGS, over_subtasks(bundled.curves))


@pytest.fixture(scope="module")
def bundled_pooled(bundled, bundled_inferred) -> pa.Table:
    """What its curves say together."""
    return pool(bundled.curves, bundled_inferred, RULES).pooled


def _names(curves: pa.Table):
    return curves["task"].to_pylist(), curves["subtask"].to_pylist()


class TestReasons:
    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            (entries("t", RISING), None),
            (entries("t", RISING, metric="brier"), "not_a_share"),
            (entries("t", [-0.1, *RISING[1:]]), "not_a_share"),
            (entries("t", RISING, n=None), "n_unknown"),
            (entries("t", RISING)[:-1] + entries("t", RISING, n=None)[-1:], "n_unknown"),
            (entries("t", [0.123, *RISING[1:]]), "not_whole"),
            (entries("t", [0.0200001, *RISING[1:]]), None),  # six digits are printed
            (entries("t", RISING, replicate="1") + entries("t", RISING, replicate="2"), "averaged"),
            ([*entries("t", RISING), {**entries("t", [0.5])[0], "model": "twin"}], "averaged"),
        ],
    )
    def test_why_scores_are_no_counts(self, pooled, rows, reason):
        """Binomial statistics need counts; each obstacle has its name, and no number stands.

        A share that is no count has the law of bounded scores, and so the same tests; a score
        outside of its range, or under a metric of which nothing is said, has none.
        """
        row = pooled(rows)["t"]
        assert row["counts_missing"] == reason
        assert row["p_order"] is not None
        for name in ("interval_low", "resampled_low", "holdout_low", "holdout_status"):
            assert (row[name] is None) == (reason is not None), name
        assert row["resampled_missing"] == reason
        why = None
        if reason == "not_a_share":
            why = "no_law" if rows[0]["metric"] == "brier" else "outside_range"
        for name in ("p_rise", "law_kind", "p_steep"):
            assert (row[name] is None) == (why is not None), name
        for name in ("p_rise_missing", "p_steep_missing", "law_missing"):
            assert row[name] == why
        fitted = "share" if reason is None else "bounded"
        assert row["law"] == (fitted if why is None else None)
        assert row["holdout_missing"] == (why or reason)

    def test_a_mean_over_subtasks_is_no_share(self, pooled):
        """The task's row is the mean of its subtasks: its variance is not binomial."""
        rows = entries("t", RISING) + entries("t", RISING, subtask="a") + entries("u", RISING)
        found = pooled(rows)
        assert found["t"]["counts_missing"] == "averaged"
        assert found["t:a"]["counts_missing"] is None
        assert found["u"]["counts_missing"] is None

    @pytest.mark.parametrize(
        ("n_scales", "order", "law", "steep"),
        [
            (2, "too_few_scales", "too_few_scales", "too_few_scales"),
            (3, None, "too_few_scales", "too_few_scales"),
            (4, None, None, "too_few_scales"),
            (5, None, None, None),
            (6, None, None, None),
        ],
    )
    def test_how_many_scales_each_statistic_needs(self, pooled, n_scales, order, law, steep):
        """Below these numbers a p-value could not be small, or does not exist."""
        row = pooled(entries("t", [0.2, 0.25, 0.3, 0.5, 0.6, 0.7][:n_scales]))["t"]
        assert row["p_order_missing"] == order
        assert row["p_rise_missing"] == law
        assert row["p_steep_missing"] == steep
        # One scale less than the law. Four points and a ceiling at 1 leave one degree of freedom.
        held_out = {5: None, 6: None}.get(n_scales, "too_few_scales")
        assert row["holdout_missing"] == held_out
        assert (row["holdout_status"] is None) == (held_out is not None)
        assert (row["law_kind"] is not None) == (n_scales >= 4)

    def test_scores_at_zero_leave_no_degrees_of_freedom(self, pooled):
        """repeat_copy_logic: ten of twelve scores are 0 out of 32."""
        row = pooled(entries("t", [0.0] * 10 + [1 / 32, 4 / 32], n=32))["t"]
        assert row["p_rise_missing"] == row["p_steep_missing"] == "no_degrees"
        assert row["exponent_status"] == "no_degrees"
        assert row["p_rise"] is None and row["law_kind"] is not None
        assert row["law_missing"] is None and row["floor_fixed"]

    def test_every_reason_is_on_the_list(self, bundled_inferred, bundled_pooled):
        """The lists are closed: the page explains each entry, and no other can occur."""
        for table in (bundled_inferred, bundled_pooled):
            for name in table.column_names:
                if name.endswith("_missing"):
                    assert set(table[name].to_pylist()) <= {None, *MISSING}
        known = {*EXPONENT_STATUSES, *MISSING}
        assert set(bundled_pooled["exponent_status"].to_pylist()) <= known
        assert set(bundled_inferred["law"].to_pylist()) <= {None, *LAWS}
        assert set(bundled_pooled["pooled_over"].to_pylist()) <= {None, *POOLED_OVER}
        assert set(bundled_inferred["holdout_status"].to_pylist()) <= {None, *STATUSES}

    def test_the_schema_names_every_status_of_the_hold_out(self):
        """The schema cannot import the library's list; it must not fall behind it."""
        meaning = INFERENCE.field("holdout_status").metadata[b"meaning"].decode()
        assert all(word in meaning for word in STATUSES)


class TestValues:
    def test_a_curve_that_rises(self, pooled):
        """All parts of a row hang together."""
        row = pooled(entries("t", RISING, n=1000))["t"]
        assert row["p_rise"] < 0.01 and row["p_fall"] == 1
        assert row["p_order"] < 0.001
        assert row["exponent_status"] == "estimated"
        assert row["exponent_low"] < row["exponent"] < row["exponent_high"]
        assert row["bounded_exponent"] <= 0.5 and row["b_max"] == 0.5
        assert row["law_log_likelihood"] >= row["bounded_log_likelihood"]
        assert len(row["interval_low"]) == len(row["interval_high"]) == 8
        assert row["resampled_low"] < row["resampled_high"]
        assert row["b_max_beside"] == [0.25, 1.0] and len(row["p_steep_beside"]) == 2
        assert row["p_steep_beside"][0] <= row["p_steep"] <= row["p_steep_beside"][1]
        assert row["holdout_low"] < 0.8

    def test_a_gentle_law(self, pooled):
        """The exponent that was put in, .25, with an interval that ends below b_max."""
        gentle = np.exp(-np.exp(-1.5 + 0.25 * np.log(SCALES[11] / np.array(SCALES[:12]))))
        row = pooled(entries("t", np.round(gentle, 3).tolist(), n=1000))["t"]
        assert row["exponent_low"] < 0.25 < row["exponent_high"] <= 0.5

    def test_a_curve_that_falls(self, pooled):
        """Below chance, too: inverse scaling is a finding, and no number for the exponent."""
        row = pooled(entries("t", RISING[::-1], n=1000, chance=0.9))["t"]
        assert row["exponent_status"] == "falls" and row["exponent"] is None
        assert row["p_fall"] < 0.01

    def test_a_flat_curve(self, pooled):
        """Not identified: no number is shown that the data do not bear."""
        row = pooled(entries("t", [0.25, 0.26, 0.24, 0.25, 0.27, 0.24, 0.26, 0.25]))["t"]
        assert row["exponent_status"] == "not_identified"
        assert row["exponent"] is None and row["exponent_low"] is None
        assert row["holdout_status"] == "inside"

    def test_a_step_is_open_above(self, pooled):
        """An infinite estimate is kept as inf, with the lower end that the data do bear."""
        row = pooled(entries("t", [0.25] * 6 + [0.9] * 6, n=500, chance=0.25))["t"]
        assert row["law_kind"] == "step" and row["exponent"] == math.inf
        assert row["exponent_status"] == "open_above" and row["exponent_high"] == math.inf
        assert row["exponent_low"] > 0.5 and row["p_steep"] < 0.001

    def test_a_jump_at_the_last_model_is_above_its_prediction(self, pooled):
        """Unpredictable: the other half of the definition of emergence."""
        scores = [0.25, 0.26, 0.24, 0.25, 0.27, 0.24, 0.26, 0.75]
        row = pooled(entries("t", scores, n=500, chance=0.25))["t"]
        assert row["holdout_status"] == "outside_above" and row["holdout_high"] < 0.5
        scores[-1] = 0.5
        few = pooled(entries("t", [round(20 * y) / 20 for y in scores], n=20, chance=0.25))["t"]
        assert few["holdout_status"] == "uninformative"

    def test_where_chance_is_unknown(self, pooled):
        """The rise test holds with a floor of 0, and says that it took it."""
        rows = [{**entry, "low_score": None} for entry in entries("t", RISING, n=1000)]
        row = pooled(rows)["t"]
        assert row["chance_assumed"] and row["p_rise"] < 0.05

    def test_the_named_curves_of_the_bundled_data(self, bundled, bundled_pooled):
        """What the tests say of curves that are often named; reasons beside numbers."""
        table = bundled_pooled
        rows = {
            (curve["task"], curve["model_family"]): row
            for curve, row in zip(bundled.curves.to_pylist(), table.to_pylist(), strict=True)
        }
        hindu = rows["hindu_knowledge", "BIG-G T=0"]
        assert hindu["p_rise"] < 0.001 and hindu["exponent_low"] > 0.5
        # Nobody says on how many examples Gopher was scored: a bounded score.
        assert rows["hindu_knowledge", "Gopher"]["p_rise"] < 0.01
        operators = rows["operators", "BIG-G T=0"]
        assert operators["exponent_status"] == "estimated" and operators["exponent"] < 0.1
        assert rows["strategyqa", "GPT"]["exponent_status"] == "open_above"
        # Ten of twelve scores are 0 of 32: the scatter is that of other tasks.
        assert rows["repeat_copy_logic", "BIG-G T=0"]["pooled_over"] == "family"
        assert rows["repeat_copy_logic", "BIG-G T=0"]["p_rise"] < 0.05
        assert rows["hindu_knowledge", "PaLM"]["p_rise_missing"] == "too_few_scales"


def random_entries(n_tasks: int, seed: int) -> list[dict]:
    rng = np.random.default_rng(seed)
    rows = []
    for task in range(n_tasks):
        length = int(rng.choice([2, 3, 4, 6, 8, 12]))
        n = int(rng.choice([20, 100, 1000]))
        p = np.sort(rng.random(length)) * rng.random()
        rows += entries(f"t{task}", rng.binomial(n, p) / n, n=n, chance=float(task % 2) / 4)
    return rows


class TestTheSameBytes:
    def test_a_new_task_moves_no_other_row(self, inferred):
        """Draws, estimates, intervals and p-values belong to a curve alone."""
        rows = random_entries(8, 3)
        before = inferred(rows)
        after = inferred(rows + entries("new", RISING) + entries("new2", [0.1, 0.5, 0.7, 0.2]))
        assert len(after) == 10
        for task, row in before.items():
            assert repr(after[task]) == repr(row)

    def test_shards_and_order_change_nothing(self, inferred):
        """In one part, in three, and in the opposite order: the same rows."""
        curves = inferred.curves(random_entries(10, 3))
        mean = over_subtasks(curves)
        whole = infer(curves, METRICS, SETTINGS, mean)
        ids = curves["curve_id"].to_pylist()
        parts = [members(ids, number, 3) for number in range(1, 4)]
        assert sorted(np.concatenate(parts).tolist()) == list(range(10))
        for rows in (*parts, np.arange(10)[::-1]):
            some = infer(curves.take(pa.array(rows)), METRICS, SETTINGS, mean[rows])
            assert some.equals(whole.take(pa.array(rows)))

    def test_the_seed_moves_only_what_is_drawn(self, inferred):
        """Fits, tests and predictions draw nothing; ranges do."""
        rows = entries("t", RISING)
        first = inferred(rows)["t"]
        second = inferred(rows, replace(SETTINGS, seed=7))["t"]
        moved = {name for name in first if repr(first[name]) != repr(second[name])}
        assert moved
        assert moved <= {"resampled_low", "resampled_high", "resampled_infinite"}

    def test_no_curves(self, inferred):
        """An empty shard is a table without rows, of the right schema."""
        curves = inferred.curves(entries("t", RISING)).slice(0, 0)
        assert infer(curves, METRICS, SETTINGS, np.zeros(0, bool)).schema.equals(INFERENCE)


class TestDigests:
    def digest(self, curves, metrics=METRICS, settings=None, code="ab") -> str:
        given = {"seed": 1} if settings is None else settings
        return input_digest(curves, metrics, given, np.zeros(len(curves), bool), code)

    def test_everything_that_enters_a_result_enters_the_digest(self, inferred):
        """A result that is copied although something changed would be wrong in silence."""
        curves = inferred.curves(entries("t", RISING))
        first = self.digest(curves)
        assert self.digest(curves) == first
        assert self.digest(curves, settings={"seed": 2}) != first
        assert self.digest(curves, code="ba") != first
        other = Metrics(grade=Metric(is_share_of_examples=None, flags=()))
        assert self.digest(curves, metrics=other) != first
        for name in INPUTS:
            column = curves.schema.get_field_index(name)
            empty = curves.set_column(column, name, pa.nulls(1, curves.schema.field(name).type))
            if name != "metric":
                assert self.digest(empty) != first, name

    def test_what_does_not_enter_a_result_does_not_enter_it(self, inferred):
        """A new annotation or flag must not make the fits again."""
        curves = inferred.curves(entries("t", RISING))
        column = curves.schema.get_field_index("annotation")
        changed = curves.set_column(column, "annotation", pa.array(["emergent"]))
        assert self.digest(changed) == self.digest(curves)

    def test_it_travels_with_the_file(self, inferred, tmp_path):
        """Beside the result and not apart from it; a file without one is not trusted."""
        curves = inferred.curves(entries("t", RISING))
        table = infer(curves, METRICS, SETTINGS, np.zeros(1, bool))
        path = tmp_path / "shard.parquet"
        assert digest_of(path) is None
        write_table(table, tagged("abc"), path)
        assert digest_of(path) == "abc"
        assert read_table(path, INFERENCE).equals(table)
        write_table(table, INFERENCE, path)
        assert digest_of(path) is None
        path.write_bytes(b"PAR1 cut off")
        assert digest_of(path) is None


def test_batches_change_no_byte_and_are_counted(bundled, bundled_inferred, monkeypatch):
    """Some curves at a time or all at once; what is said of it adds up."""
    told: list = []

    class Heard(Progress):
        def begin(self, what, done, total):
            told.append((done, total))

        def reached(self, done):
            told.append(done)

    monkeypatch.setattr("emergence.inference.infer.BATCH", 5)
    total = 24
    curves = bundled.curves.slice(0, total)
    again = infer(curves, bundled.metrics, SETTINGS, over_subtasks(bundled.curves)[:total], Heard())
    assert again.equals(bundled_inferred.slice(0, total))
    assert told[0] == (0, total) and told[-1] == total and len(told) > total / 5
