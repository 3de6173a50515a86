"""Simes' p-value and the false discovery rate over tasks and their subtasks."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from emergence.verdicts.multiplicity import q_values, simes

LEVEL = 0.05


def plain_q(p: list[float]) -> list[float]:
    """Benjamini and Hochberg's q-values, by their definition: the least n p_(j) / j, j >= i."""
    n = len(p)
    order = sorted(range(n), key=lambda i: p[i])
    q = [0.0] * n
    for rank, i in enumerate(order, start=1):
        q[i] = min(1.0, min(n * p[order[j - 1]] / j for j in range(rank, n + 1)))
    return q


def plain(p, unit, task, is_part, level):
    """The procedure in words of the method, with lists and dictionaries."""
    n = len(p)
    p_task, q = [math.nan] * n, [math.nan] * n
    units = defaultdict(lambda: defaultdict(list))
    for i in range(n):
        units[unit[i]][task[i]].append(i)
    for tasks in units.values():
        combined = {}
        for name, rows in tasks.items():
            own = [p[i] for i in rows if not is_part[i] and not math.isnan(p[i])]
            parts = sorted(p[i] for i in rows if is_part[i] and not math.isnan(p[i]))
            if own:
                combined[name] = own[0]
            elif parts:
                combined[name] = min(
                    1.0, min(len(parts) * x / k for k, x in enumerate(parts, start=1))
                )
        q_of = dict(zip(combined, plain_q(list(combined.values())), strict=True))
        selected = sum(x <= level * (1 + 1e-12) for x in q_of.values())
        for name, rows in tasks.items():
            if name not in combined:
                continue
            parts = [i for i in rows if is_part[i] and not math.isnan(p[i])]
            within = dict(zip(parts, plain_q([p[i] for i in parts]), strict=True))
            for i in rows:
                p_task[i] = combined[name]
                if not is_part[i]:
                    q[i] = q_of[name]
                elif i in within:
                    raised = min(within[i] * len(combined) / max(selected, 1), 1.0)
                    q[i] = max(raised, q_of[name])
    return p_task, q


P = st.one_of(
    st.just(math.nan), st.sampled_from([0.0, 0.001, 0.01, 0.05, 1.0]), st.floats(1e-9, 1.0)
)


@st.composite
def curves(draw, parts=True):
    """Curves of a few units and tasks; a task has at most one curve of its own in a unit."""
    kinds = st.booleans() if parts else st.just(False)
    drawn = draw(st.lists(st.tuples(P, st.integers(0, 2), st.integers(0, 4), kinds), max_size=25))
    seen, kept = set(), []
    for row in drawn:
        if row[3] or row[1:3] not in seen:
            seen.add(row[1:3])
            kept.append(row)
    return kept


def columns(rows):
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]


class TestSimes:
    @pytest.mark.parametrize(
        ("p", "combined"),
        [
            ([0.03], 0.03),
            ([0.01, 0.5], 0.02),
            ([0.04, 0.05], 0.05),
            ([0.9, 0.02, 0.03], 0.045),
            ([1.0, 1.0], 1.0),
            ([0.0, 1.0], 0.0),
        ],
    )
    def test_by_hand(self, p, combined):
        """The least of n p_(i) / i: not the least p, and not Bonferroni's n times it."""
        assert simes(p) == pytest.approx(combined)
        assert simes(p[::-1]) == pytest.approx(combined)

    def test_its_size_under_independent_nulls(self):
        """Simes is exact there: 5 % of 20,000 draws, four Monte Carlo errors being .0062."""
        draws = np.random.Generator(np.random.Philox(3)).random((20_000, 5))
        share = np.mean([simes(row) <= LEVEL for row in draws])
        assert share == pytest.approx(LEVEL, abs=0.0062)


class TestQValues:
    @given(curves())
    def test_against_the_procedure_in_plain_python(self, rows):
        """Written from the method's words, without arrays, it must give the same numbers."""
        p, unit, task, part = columns(rows)
        found = q_values(p, unit, task, part, LEVEL)
        for ours, theirs in zip(found, plain(p, unit, task, part, LEVEL), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_one_unit_without_subtasks_is_benjamini_and_hochbergs(self, p):
        """The flat case is in scipy."""
        n = len(p)
        p_task, q = q_values(p, [0] * n, range(n), [False] * n, LEVEL)
        np.testing.assert_array_equal(q, false_discovery_control(p))
        np.testing.assert_array_equal(p_task, p)

    @given(curves(), st.randoms(use_true_random=False))
    def test_the_order_of_the_curves_does_not_matter(self, rows, random):
        """Else labels would depend on the order in which files are read."""
        order = list(range(len(rows)))
        random.shuffle(order)
        before = q_values(*columns(rows), LEVEL)
        after = q_values(*columns([rows[i] for i in order]), LEVEL)
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(one[order], other)

    @given(curves())
    def test_q_is_no_smaller_than_p_and_unknown_with_it(self, rows):
        """Looking at several curves never strengthens one; without a test there is no q."""
        p, unit, task, part = map(np.asarray, columns(rows))
        p = p.astype(float)
        p_task, q = q_values(p, unit, task, part, LEVEL)
        part = part.astype(bool)
        assert np.all(q[part & ~np.isnan(p)] >= p[part & ~np.isnan(p)])
        np.testing.assert_array_equal(np.isnan(q[part]), np.isnan(p[part]))
        own = ~part & ~np.isnan(p_task)
        assert np.all(q[own] >= p_task[own])
        np.testing.assert_array_equal(np.isnan(q[~part]), np.isnan(p_task[~part]))

    @given(curves())
    def test_a_smaller_p_never_has_a_larger_q(self, rows):
        """Within a unit for tasks' own curves, within a task for subtasks."""
        p, unit, task, part = columns(rows)
        p_task, q = q_values(p, unit, task, part, LEVEL)
        for i in range(len(p)):
            for j in range(len(p)):
                if unit[i] != unit[j] or part[i] != part[j]:
                    continue
                if part[i] and task[i] == task[j] and p[i] <= p[j]:
                    assert q[i] <= q[j]
                if not part[i] and p_task[i] <= p_task[j]:
                    assert q[i] <= q[j]

    @given(curves(), curves())
    def test_another_unit_moves_nothing(self, rows, more):
        """What is tried in another family or metric is another question."""
        before = q_values(*columns(rows), LEVEL)
        others = [(p, unit + 10, task, part) for p, unit, task, part in more]
        after = q_values(*columns([*others, *rows]), LEVEL)
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(one, other[len(others) :])

    def test_another_task_of_the_unit_does_move_it(self):
        """That is what the correction is for: two hopeless tasks treble the first one's q."""
        alone = q_values([0.02], [0], [0], [False], LEVEL)[1]
        among = q_values([0.02, 0.9, 0.9], [0] * 3, [0, 1, 2], [False] * 3, LEVEL)[1]
        assert (alone[0], among[0]) == (0.02, pytest.approx(0.06))

    def test_curves_without_a_test_do_not_count_as_tasks(self):
        """A task that cannot be tested is not among the tests that are corrected for."""
        q = q_values([0.02, math.nan], [0, 0], [0, 1], [False, False], LEVEL)[1]
        np.testing.assert_array_equal(q, [0.02, math.nan])

    def test_nothing_to_test(self):
        """No curve, or none with a p-value: unknown, and no error."""
        for p in ([], [math.nan, math.nan]):
            n = len(p)
            for found in q_values(p, [0] * n, range(n), [False] * n, LEVEL):
                assert np.isnan(found).all() and len(found) == n

    def test_two_own_curves_of_a_task(self):
        """Which of them would be the task's p? A task has one p in a unit."""
        with pytest.raises(ValueError, match="several curves of its own"):
            q_values([0.1, 0.2], [0, 0], [0, 0], [False, False], LEVEL)
        # In two units they are two questions.
        q_values([0.1, 0.2], [0, 1], [0, 0], [False, False], LEVEL)


class TestSubtasks:
    def test_a_task_without_a_test_of_its_own_is_tested_by_its_subtasks(self):
        """Simes over .01 and .5 is .02, also for the untested mean; the third part is silent."""
        p_task, q = q_values(
            [math.nan, 0.01, 0.5, math.nan], [0] * 4, [0] * 4, [False, True, True, True], LEVEL
        )
        np.testing.assert_allclose(p_task, 0.02)
        np.testing.assert_allclose(q, [0.02, 0.02, 0.5, math.nan])

    def test_a_task_with_a_test_of_its_own_does_not_look_at_its_subtasks(self):
        """One p a task: its own curve's. The subtasks then cannot be below it."""
        p_task, q = q_values([0.04, 0.001], [0, 0], [0, 0], [False, True], LEVEL)
        np.testing.assert_allclose(p_task, 0.04)
        np.testing.assert_allclose(q, [0.04, 0.04])

    def test_the_level_within_a_task_is_the_share_of_tasks_selected(self):
        """One task of four is selected: its subtasks are judged at a quarter of the level."""
        p = [0.001, 0.011, 0.014, 0.5, 0.6, 0.7]
        task = [0, 0, 0, 1, 2, 3]
        part = [True] * 3 + [False] * 3
        q = q_values(p, [0] * 6, task, part, LEVEL)[1]
        # Within: 3 x .001, 3 x .011 / 2 and .014, made monotone: .003, .014, .014.
        np.testing.assert_allclose(q[:3], [0.012, 0.056, 0.056])
        selected = q_values(p[:3], [0] * 3, task[:3], part[:3], LEVEL)[1]
        np.testing.assert_allclose(selected, [0.003, 0.014, 0.014])

    def test_a_subtask_of_a_task_that_is_not_selected_is_not_either(self):
        """Its q is at least its task's: else subtasks would be chosen that no step allows."""
        q = q_values([0.5, 0.0001], [0, 0], [0, 0], [False, True], LEVEL)[1]
        assert q[1] == 0.5


class TestSimulated:
    def test_the_false_discovery_rate_over_tasks_and_over_subtasks(self):
        """20 tasks, 6 of them real, with 4 subtasks each, half real in the real ones.

        800 draws. The rate over tasks and the average rate over the selected tasks are at
        most .05; the standard error is estimated from the draws, four of them allowed. The
        power shows that the procedure rejects at all.
        """
        random = np.random.Generator(np.random.Philox(11))
        task, part = np.repeat(np.arange(20), 4), np.ones(80, bool)
        real = np.zeros((20, 4), bool)
        real[:6, :2] = True
        over_tasks, within, found = [], [], []
        for _ in range(800):
            p = random.random((20, 4))
            p[real] = p[real] ** 8
            p_task, q = q_values(p.ravel(), np.zeros(80, int), task, part, LEVEL)
            q_task = false_discovery_control(p_task.reshape(20, 4)[:, 0])
            chosen = q_task <= LEVEL
            rejected = (q <= LEVEL).reshape(20, 4)
            assert not rejected[~chosen].any()
            over_tasks.append(np.count_nonzero(chosen[6:]) / max(np.count_nonzero(chosen), 1))
            false = np.count_nonzero(rejected & ~real, axis=1)
            share = false / np.maximum(rejected.sum(axis=1), 1)
            within.append(share[chosen].sum() / max(np.count_nonzero(chosen), 1))
            found.append(np.count_nonzero(rejected & real))
        for rates in (over_tasks, within):
            error = np.std(rates) / math.sqrt(len(rates))
            assert error < 0.006
            assert np.mean(rates) <= LEVEL + 4 * error
        assert np.mean(found) > 1
