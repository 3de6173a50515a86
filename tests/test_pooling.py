"""What other tasks say of the scatter of models: against independent ways, and known truths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats
from verdict_samples import SETTINGS, sample, tables, uncounted

from emergence.pooling.moderation import (
    ASSUMED,
    ATOMS,
    FEWEST_TASKS,
    Own,
    Prior,
    beyond_replicates,
    misfit,
    moderate,
    no_prior,
    prior_of_others,
    with_replicates,
)
from emergence.pooling.pool import pool
from emergence.pooling.pooled_table import POOLED, RESIDUALS, UNITS
from emergence.settings import PoolingSettings

RULES = PoolingSettings.of(SETTINGS)


def drawn(true, degrees, seed=0, lowest=1.0) -> Own:
    """Dispersions as chi-square noise makes them of true ones."""
    true, degrees = np.broadcast_arrays(np.asarray(true, float), degrees)
    rng = np.random.default_rng(seed)
    value = np.where(degrees > 0, true * rng.chisquare(np.maximum(degrees, 1)), np.nan)
    return Own(value / np.maximum(degrees, 1), degrees.astype(np.int64), np.full(len(true), lowest))


def together(own: Own, task=None) -> Prior:
    """The prior of curves of one group, each a task of its own."""
    n = len(own.value)
    task = np.arange(n) if task is None else np.asarray(task)
    return prior_of_others(own, np.zeros(n, np.int64), task, np.ones(n, bool))


class TestPrior:
    def test_without_the_assumed_tasks_it_is_the_maximum_of_the_likelihood(self, monkeypatch):
        """By a general optimiser over the weights of the same grid."""
        monkeypatch.setattr("emergence.pooling.moderation.ASSUMED", 1e-9)
        monkeypatch.setattr("emergence.pooling.moderation.STEPS", 20_000)
        own = drawn([1] * 30 + [6] * 10, 4, seed=3)
        prior = together(own)
        atoms = prior.atoms[0]
        each = stats.chi2.pdf(4 * own.value[:, None] / atoms, 4) * 4 / atoms

        def loss(log_weights):
            weights = np.exp(log_weights - log_weights.max())
            return -np.log(each @ (weights / weights.sum())).sum()

        best = optimize.minimize(loss, np.zeros(ATOMS), method="L-BFGS-B").fun
        found = -np.log(each @ prior.whole[0]).sum()
        assert found == pytest.approx(best, abs=1e-3) or found < best

    @pytest.mark.parametrize("truth", [1.0, 3.0])
    def test_many_tasks_find_the_dispersion(self, truth):
        """Two hundred tasks of eight models: the median is the truth, within the grid's step."""
        prior = together(drawn(np.full(200, truth), 4))
        weights, atoms = prior.whole[0], prior.atoms[0]
        mean = np.exp(np.sum(weights * np.log(atoms)))
        assert mean == pytest.approx(truth, rel=0.15)

    def test_a_task_says_nothing_of_itself(self):
        """Whatever a task's own curves show, its prior stays; the others' move."""
        own = drawn(np.full(12, 1.0), 4)
        task = [0, 0, *range(1, 11)]
        before = together(own, task)
        larger = own.value.copy()
        larger[:2] = 5.0
        after = together(Own(larger, own.degrees, own.lowest), task)
        np.testing.assert_allclose(after.weights[0], before.weights[0], atol=0.05)
        assert (after.weights[0] == after.weights[1]).all()
        high = after.atoms[2] > 3
        assert after.weights[2][high].sum() > before.weights[2][high].sum() + 0.03

    def test_a_task_has_one_vote(self):
        """Nine subtasks that scatter count as one task beside nine others that do not."""
        own = drawn([1] * 9 + [16] * 9, 30, seed=1)
        shared = together(own, [*range(9), *([9] * 9)]).whole[0]
        single = together(own).whole[0]
        high = together(own).atoms[0] > 6
        assert shared[high].sum() == pytest.approx(1 / 10, abs=0.03)
        assert single[high].sum() == pytest.approx(1 / 2, abs=0.05)

    def test_fewer_tasks_than_five_say_nothing(self):
        """Curves without degrees of freedom, or without a vote, are not among them."""
        own = drawn(np.ones(6), [4, 4, 4, 4, 0, -1])
        assert np.isnan(together(own).weights).all()
        five = drawn(np.ones(6), [4, 4, 4, 4, 4, -1])
        assert not np.isnan(together(five).weights).any()
        votes = np.array([True] * 4 + [False] * 2)
        n = np.zeros(6, np.int64)
        assert np.isnan(prior_of_others(five, n, np.arange(6), votes).weights).all()

    def test_groups_know_nothing_of_each_other(self):
        """Twice the same group is twice the same prior; another one beside it moves nothing."""
        own = drawn(np.ones(8), 3)
        alone = together(own).weights
        other = drawn(np.full(8, 9.0), 3, seed=9)
        both = Own(
            *(np.concatenate(pair) for pair in zip(own_parts(own), own_parts(other), strict=True))
        )
        group = np.repeat([7, 2], 8)
        found = prior_of_others(both, group, np.tile(np.arange(8), 2), np.ones(16, bool))
        assert (found.weights[:8] == alone).all()

    @pytest.mark.parametrize("lowest", [0.0, 1.0])
    def test_the_grid_holds_what_was_seen(self, lowest):
        """No dispersion of a share is below 1; of other scores any may be."""
        own = drawn([1] * 9 + [4000], 6, lowest=lowest)
        atoms = together(own).atoms[0]
        assert atoms[-1] >= own.value.max()
        assert atoms[0] == 1 if lowest else atoms[0] < own.value.min() / 4


def own_parts(own: Own):
    return own.value, own.degrees, own.lowest


class TestModerated:
    def test_a_curve_alone_has_its_own_test(self):
        """Half a point mass, half F; the interval's drop is F's quantile."""
        own = Own(np.array([2.5, 0.4, np.nan]), np.array([4, 1, 0]), np.ones(3))
        found = moderate(own, no_prior(3))
        assert found.value[:2].tolist() == [2.5, 1.0]
        p = found.half_test(np.array([5.0, 3.0, 3.0]))
        assert p[0] == pytest.approx(stats.f.sf(10 / 2.5, 1, 4) / 2)
        assert p[1] == pytest.approx(stats.f.sf(6, 1, 1) / 2)
        drop = found.drop(0.95)
        assert drop[0] == pytest.approx(2.5 * stats.f.ppf(0.95, 1, 4) / 2)
        assert math.isnan(p[2]) and math.isnan(drop[2]) and math.isnan(found.degrees[2])

    def test_p_values_are_those_under_each_dispersion(self):
        """A mean over the posterior, by hand; and the drop is where it is the level."""
        own = drawn([1] * 10 + [5], [3] * 10 + [0], seed=2)
        prior = together(own)
        found = moderate(own, prior)
        row, gain = 4, 3.0
        squares = 3 * own.value[row]
        posterior = prior.weights[row] * stats.chi2.pdf(squares / prior.atoms[row], 3)
        posterior /= prior.atoms[row]
        posterior /= posterior.sum()
        each = stats.chi2.sf(2 * gain / prior.atoms[row], 1)
        assert found.half_test(np.full(11, gain))[row] == pytest.approx(posterior @ each / 2)
        # Without residuals of its own a curve has what the others say.
        np.testing.assert_allclose(found.weights[-1], prior.weights[-1])
        drop = found.drop(0.9)
        assert found.tail(2 * drop) == pytest.approx(np.full(11, 0.1), abs=1e-6)
        assert found.value[row] == pytest.approx(1 / (posterior / prior.atoms[row]).sum())

    def test_no_gain_is_no_evidence(self):
        """Fits are compared up to 1e-7."""
        own = drawn(np.ones(6), 3)
        assert (moderate(own, together(own)).half_test(np.full(6, 1e-8)) == 1).all()

    def test_degrees_grow_with_the_tasks(self):
        """A hundred tasks that agree say more than six."""
        few, many = (drawn(np.full(n, 2.0), 4) for n in (6, 100))
        degrees = [np.median(moderate(own, together(own)).degrees) for own in (few, many)]
        assert degrees[0] > 4 and degrees[1] > 1.5 * degrees[0]

    def test_a_jump_from_nothing_has_a_test(self):
        """Of no degrees of its own, and a gain that no scatter of the others explains."""
        own = drawn(np.ones(20), [4] * 19 + [-1])
        p = moderate(own, together(own)).half_test(np.full(20, 100.0))
        assert p[-1] < 1e-3

    @pytest.mark.parametrize("truth", [1.0, 4.0])
    def test_size_where_all_tasks_scatter_alike(self, truth):
        """4,000 curves in units of 20: Monte Carlo error .0034 at 5 % and .0016 at 1 %."""
        rng = np.random.default_rng(11)
        own = drawn(np.full(4000, truth), 3, seed=12)
        unit = np.repeat(np.arange(200), 20)
        found = moderate(own, prior_of_others(own, unit, np.arange(4000), np.ones(4000, bool)))
        p = found.half_test(0.5 * truth * rng.chisquare(1, 4000) * (rng.random(4000) < 0.5))
        for level, error in ((0.05, 0.0034), (0.01, 0.0016)):
            assert level / 4 < np.mean(p <= level) < level + 3 * error


class TestMisfit:
    def test_it_is_as_rare_as_it_says_where_tasks_are_alike(self):
        """Never more: what the group may not have seen makes it rarer."""
        own = drawn(np.full(4000, 2.0), 4, seed=5)
        unit = np.repeat(np.arange(80), 50)
        p = misfit(own, prior_of_others(own, unit, np.arange(4000), np.ones(4000, bool)))
        assert 0.02 < np.mean(p <= 0.05) < 0.05 + 3 * 0.0034

    def test_one_that_scatters_ten_times_as_much_is_found(self):
        """Among fifty others; and none of these because of it."""
        own = drawn([1] * 50 + [30], 5, seed=6)
        p = misfit(own, together(own))
        assert p[-1] <= 0.05 and np.mean(p[:-1] <= 0.05) < 0.1

    def test_a_fifth_of_the_tasks_is_not_usual_to_each_other(self):
        """Ten of fifty scatter thirty times as much: most are found, and few of the others."""
        own = drawn([1] * 40 + [30] * 10, 5, seed=6)
        p = misfit(own, together(own))
        assert np.mean(p[-10:] <= 0.05) >= 0.9 and np.mean(p[:-10] <= 0.05) < 0.1

    def test_what_half_of_the_tasks_do_is_usual(self):
        """Then most of them are how models scatter here."""
        own = drawn([1] * 25 + [30] * 25, 5, seed=6)
        assert np.mean(misfit(own, together(own))[25:] <= 0.05) < 0.25

    def test_unknown_without_degrees_or_others(self):
        """Nothing to compare, no number."""
        own = drawn(np.ones(8), [4] * 7 + [0])
        assert math.isnan(misfit(own, together(own))[-1])
        assert np.isnan(misfit(own, no_prior(8))).all()


class TestReplicates:
    def owns(self, values, degrees, runs, run_degrees):
        own, run = (
            Own(np.array(v, float), np.array(d), np.zeros(len(v)))
            for v, d in ((values, degrees), (runs, run_degrees))
        )
        return own, run, with_replicates(own, run)

    def test_join_the_residuals_where_these_are_no_larger(self):
        """F(4, 20) of 2/3 has p = .62, of 2 p = .13; without residuals replicates are all."""
        own, run, found = self.owns([2, 6, np.nan], [4, 4, -1], [3, 3, 3], [20, 20, 20])
        assert found.value.tolist() == [pytest.approx((8 + 60) / 24), 6, 3]
        assert found.degrees.tolist() == [24, 4, 20]
        expected = [stats.f.sf(2 / 3, 4, 20), stats.f.sf(2, 4, 20), np.nan]
        assert beyond_replicates(own, run) == pytest.approx(expected, nan_ok=True)

    def test_single_runs_change_no_bit(self):
        """And replicates that agree exactly explain nothing."""
        own, _, found = self.owns([0.1, np.nan, 0.1], [3, -2, 3], [np.nan, np.nan, 0], [0, 0, 12])
        np.testing.assert_array_equal(found.value, own.value)
        np.testing.assert_array_equal(found.degrees, own.degrees)

    @pytest.mark.parametrize("more", [1.0, 2.0])
    def test_size_of_a_curve_that_stands_alone(self, more):
        """Also where sizes differ by more than seeds: 20,000 curves, Monte Carlo error .0015."""
        rng = np.random.default_rng(3)
        residual = more * rng.chisquare(3, 20_000) / 3
        runs = rng.chisquare(20, 20_000) / 20
        *_, own = self.owns(residual, [3] * 20_000, runs, [20] * 20_000)
        gain = 0.5 * more * rng.chisquare(1, 20_000) * (rng.random(20_000) < 0.5)
        p = moderate(own, no_prior(20_000)).half_test(gain)
        assert np.mean(p <= 0.05) < 0.075 + 3 * 0.0015

    def test_a_curve_that_stands_alone_is_compared_with_its_replicates(self):
        """The residuals' scatter against that of replicates."""
        fields = {"replicate_dispersion": 2.0, "replicate_degrees": 30}
        (row,) = pooled([sample(own_dispersion=8.0, own_degrees=4, **fields)]).pooled.to_pylist()
        assert row["p_fit"] == pytest.approx(stats.f.sf(4.0, 4, 30))
        assert row["degrees"] == 4
        (row,) = pooled([sample(own_dispersion=1.0, own_degrees=4, **fields)]).pooled.to_pylist()
        assert row["degrees"] == 34 and row["pooled_over"] == "alone"


def unit_of(n, seed=0, **fields) -> list[dict]:
    """Curves of one family and metric with the scatter of their examples and other gains."""
    own = drawn(np.ones(n), 4, seed=seed)
    return [
        sample(task=f"t{i:02d}", own_dispersion=float(value), own_degrees=4, **fields)
        for i, value in enumerate(own.value)
    ]


def pooled(rows, rules=RULES):
    curves, inference, _ = tables(rows)
    return pool(curves, inference, rules)


class TestTables:
    def test_conform_to_their_schemas(self):
        """With and without curves, with and without a law."""
        for rows in ([], [sample()], [uncounted("n_unknown")], unit_of(7)):
            found = pooled(rows)
            assert found.pooled.schema.equals(POOLED, check_metadata=True)
            assert found.units.schema.equals(UNITS, check_metadata=True)
            assert found.residuals.schema.equals(RESIDUALS, check_metadata=True)
            assert found.pooled.num_rows == len(rows)

    def test_a_unit_its_family_or_nobody(self):
        """Each curve is pooled with the nearest that are enough."""
        others = [sample(task="u", metric="other"), sample(task="v", model_family="G")]
        rows = [*unit_of(6), *others, uncounted("n_unknown", task="w")]
        found = pooled(rows)
        over = found.pooled["pooled_over"].to_pylist()
        assert over == ["unit"] * 6 + ["family", "alone", None]
        units = found.units.to_pylist()
        assert [row["pooled_over"] for row in units] == ["unit", "family", "alone"]
        assert [row["tasks"] for row in units] == [6, 1, 1]
        assert units[2]["dispersion_median"] is None
        assert found.pooled["unit"].to_pylist() == [0] * 6 + [1, 2, None]
        assert found.pooled["p_rise_missing"].to_pylist()[-1] == "n_unknown"

    def test_what_is_left_out_has_no_vote_and_a_test_all_the_same(self):
        """Five good tasks say how much a bad one scatters, and not the other way round."""
        good, bad = unit_of(5), sample(task="bad", flags="known_bad", own_dispersion=900.0)
        alone, both = pooled(good), pooled([*good, bad])
        assert both.pooled.slice(0, 5)["dispersion"].equals(alone.pooled["dispersion"])
        assert both.pooled["pooled_over"].to_pylist()[-1] == "unit"
        assert both.units["tasks_with_degrees"].to_pylist() == [5]

    def test_the_test_of_a_break_and_the_interval_agree(self):
        """The interval lies above a bound where the two-sided test against it says so."""
        for loss in (0.5, 1.5, 1.8, 2.2, 3.0, 9.0):
            rows = unit_of(40, bounded_log_likelihood=-50.0 - loss)
            for row in pooled(rows).pooled.to_pylist():
                if row["exponent_low"] is not None:
                    assert (row["exponent_low"] > 0.5) == (row["p_steep"] < 0.025), loss

    def test_few_scales_and_no_scatter(self):
        """Four scales have no test of a break; alone and without degrees there is none at all."""
        (row,) = pooled([sample(n_scales=4)]).pooled.to_pylist()
        assert row["p_steep_missing"] == "too_few_scales" and row["p_rise"] is not None
        (row,) = pooled([sample(own_degrees=0, own_dispersion=None)]).pooled.to_pylist()
        missing = {row["p_rise_missing"], row["p_steep_missing"], row["exponent_status"]}
        assert missing == {"no_degrees"} and row["pooled_over"] is None

    def test_a_model_that_lies_off_in_all_tasks(self):
        """Its mean residual over tasks, each one vote, in standard errors."""
        rng = np.random.default_rng(3)
        rows = []
        for row in unit_of(30):
            residual = rng.normal(size=8)
            residual[5] -= 2.0
            rows.append({**row, "residuals": residual.tolist()})
        found = pooled(rows)
        dispersion = found.pooled["dispersion"].to_numpy()
        residuals = np.array([row["residuals"] for row in rows]) / np.sqrt(dispersion)[:, None]
        table = found.residuals.to_pylist()
        assert [row["model"] for row in table] == [f"m{i}" for i in range(8)]
        for i, row in enumerate(table):
            expected = stats.ttest_1samp(residuals[:, i], 0.0)
            assert row["mean_residual"] == pytest.approx(residuals[:, i].mean())
            assert row["z"] == pytest.approx(expected.statistic) and row["tasks"] == 30
        assert min(table, key=lambda row: row["z"])["model"] == "m5"

    def test_subtasks_share_their_tasks_vote(self):
        """In the residuals as in the prior."""
        rows = [sample(subtask=f"t:{i}", residuals=[float(i)] * 8, own_degrees=4) for i in range(3)]
        rows += [sample(task=f"u{i}", residuals=[4.0] * 8, own_degrees=4) for i in range(4)]
        found = pooled(rows)
        assert {row["tasks"] for row in found.residuals.to_pylist()} == {5}
        assert found.units["tasks_with_degrees"].to_pylist() == [5]

    def test_the_order_of_the_curves_is_no_result(self):
        """Sums over a unit are taken in the order of the curves, and agree to rounding."""
        rows = unit_of(9, seed=4)
        first = {row["curve_id"]: row for row in pooled(rows).pooled.to_pylist()}
        for row in pooled(rows[::-1]).pooled.to_pylist():
            for name in ("dispersion", "degrees", "p_fit", "p_rise", "p_steep"):
                assert row[name] == pytest.approx(first[row["curve_id"]][name], rel=1e-9), name

    def test_tables_must_be_of_the_same_curves(self):
        """Else a curve would have another one's numbers."""
        curves, inference, _ = tables([sample(), sample(task="u")])
        with pytest.raises(ValueError, match="not of these curves"):
            pool(curves, inference.take([1, 0]), RULES)

    def test_the_constants_are_those_of_the_documents(self):
        """docs/decisions.md says why."""
        assert (ATOMS, ASSUMED, FEWEST_TASKS) == (25, 1.0, 5)
