"""Claims 1 and 2 on the hand annotations: to every digit that the method gives."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from emergence.claims.annotations import (
    DECIDING,
    Enrichment,
    Task,
    annotated_tasks,
    claim_two,
    claim_two_verdict,
    enrichment,
    metrics_touched,
)
from emergence.facts.emergent_annotations import EMERGENT_ANNOTATIONS
from emergence.facts.task_inventory import TASK_INVENTORY


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    return annotated_tasks(TASK_INVENTORY.rows, EMERGENT_ANNOTATIONS.rows)


def task(name: str, category: str, *preferred: str) -> Task:
    return Task(name, category, True, frozenset(preferred), True)


class TestClaimTwo:
    """Over 92 % of the annotated emergent abilities stand under two metrics."""

    @pytest.mark.parametrize(
        ("name", "emergent", "others", "ratio", "p"),
        [
            ("all tasks, all metrics in the pair", (63, 67), (90, 135), "7.9", "5.0e-06"),
            ("all tasks, any metric in the pair", (63, 67), (93, 135), "7.1", "1.9e-05"),
            ("JSON tasks, all metrics in the pair", (63, 65), (81, 97), "6.2", "0.0055"),
            ("JSON tasks, any metric in the pair", (63, 65), (84, 97), "4.9", "0.021"),
            ("without the unverified annotations", (63, 67), (89, 130), "7.3", "1.6e-05"),
            ("against smoothly increasing tasks only", (63, 67), (44, 58), "5.0", "0.0039"),
            ("multiple_choice_grade alone", (51, 67), (62, 135), "3.8", "3.3e-05"),
            ("exact_str_match alone", (12, 67), (26, 135), "0.91", "0.66"),
        ],
    )
    def test_the_table(
        self,
        tasks: list[Task],
        name: str,
        emergent: tuple[int, int],
        others: tuple[int, int],
        ratio: str,
        p: str,
    ) -> None:
        """The counts were made from the same inventory by hand, so they must be equal."""
        row = claim_two(tasks)[name]
        assert (row.emergent, row.others) == (emergent, others)
        digits = len(ratio.replace(".", "").lstrip("0"))
        assert float(f"{row.odds_ratio:.{digits}g}") == float(ratio)
        digits = len(p.split("e")[0].replace(".", "").lstrip("0"))
        assert float(f"{row.p:.{digits}g}") == float(p)

    def test_the_published_share(self, tasks: list[Task]) -> None:
        """63 of 67 is 94.0 %, over the published 92 %; the base rate is 66.7 %."""
        row = claim_two(tasks)[DECIDING[0]]
        assert f"{row.emergent[0] / row.emergent[1]:.1%}" == "94.0%"
        assert f"{row.others[0] / row.others[1]:.1%}" == "66.7%"

    def test_the_verdict(self, tasks: list[Task]) -> None:
        """All four deciding intervals lie above 1, the narrowest by little."""
        rows = claim_two(tasks)
        assert claim_two_verdict(rows) == "supported"
        assert 1 < rows["JSON tasks, any metric in the pair"].low < 1.05

    def test_one_interval_over_one_is_enough_to_withhold_it(self, tasks: list[Task]) -> None:
        """The rule says all four: three of four is no support."""
        rows = claim_two(tasks)
        wide = Enrichment((1, 2), (1, 2), 1.0, 0.5, 2.0, 0.5)
        assert claim_two_verdict({**rows, DECIDING[3]: wide}) == "not supported"

    def test_below_one_everywhere_contradicts(self) -> None:
        """A metric that emergent tasks avoid speaks against the claim."""
        low = Enrichment((1, 20), (19, 20), 0.003, 0.0, 0.1, 1.0)
        assert claim_two_verdict(dict.fromkeys(DECIDING, low)) == "contradicted"


class TestEnrichment:
    def test_the_p_value_is_the_hypergeometric_tail(self) -> None:
        """An independent formula: P(X >= a) drawing the emergent tasks from all."""
        tasks = [task(f"e{i}", "emergent", "m") for i in range(7)]
        tasks += [task(f"f{i}", "emergent", "x") for i in range(2)]
        tasks += [task(f"o{i}", "flat", "m") for i in range(5)]
        tasks += [task(f"p{i}", "flat", "x") for i in range(9)]
        row = enrichment(tasks, lambda t: "m" in t.preferred)
        assert row.p == pytest.approx(hypergeom.sf(6, 23, 12, 9))
        assert row.odds_ratio == pytest.approx(7 * 9 / (2 * 5))
        assert row.low < row.odds_ratio < row.high

    @pytest.mark.parametrize("metric", ["m", "none"])
    def test_where_all_or_none_have_the_metric(self, metric: str) -> None:
        """Nothing is left to compare: no ratio, any ratio would do, and p is 1."""
        tasks = [task("a", "emergent", "m"), task("b", "flat", "m")]
        row = enrichment(tasks, lambda t: metric in t.preferred)
        assert row.odds_ratio is None
        assert (row.low, row.high, row.p) == (0.0, float("inf"), 1.0)

    def test_needs_both_kinds(self) -> None:
        """A share of no tasks is no number."""
        with pytest.raises(ValueError, match="emergent tasks and others"):
            enrichment([task("a", "emergent", "m")], lambda t: True)


class TestAnnotatedTasks:
    def test_counts(self, tasks: list[Task]) -> None:
        """209 tasks of the inventory, 7 of them in none of the lists."""
        assert len(tasks) == 202
        assert sum(t.category == "emergent" for t in tasks) == 67
        assert len(set().union(*(t.preferred for t in tasks))) == 37

    def test_rows_that_are_no_leaf_do_not_count(self) -> None:
        """The row of the task itself repeats what its subtasks prefer, or says nothing."""
        inventory = [
            {"task": "t", "is_leaf": "0", "preferred_score": ("x",), "is_json_task": "1"},
            {"task": "t", "is_leaf": "1", "preferred_score": ("a", "b"), "is_json_task": "1"},
            {"task": "p", "is_leaf": "", "preferred_score": ("c",), "is_json_task": "0"},
            {"task": "u", "is_leaf": "1", "preferred_score": ("c",), "is_json_task": "1"},
        ]
        annotations = [
            {"task": "t", "category": "flat", "verified": "no"},
            {"task": "p", "category": "emergent", "verified": "yes"},
            {"task": "u", "category": "not_annotated", "verified": "yes"},
        ]
        assert annotated_tasks(inventory, annotations) == [
            Task("p", "emergent", True, frozenset({"c"}), False),
            Task("t", "flat", False, frozenset({"a", "b"}), True),
        ]


class TestMetricsTouched:
    """Few metrics have an emergent task: fewer than if the labels meant nothing?"""

    def test_on_the_annotations(self, tasks: list[Task]) -> None:
        """5 of 37 metrics; the exact mean under shuffling is 16.56 (the method prints 16.5)."""
        found = metrics_touched(tasks, generator=np.random.Generator(np.random.Philox(1)))
        assert (found.touched, found.metrics) == (5, 37)
        assert (found.low, found.high) == (10, 23)
        assert found.expected == pytest.approx(16.56, abs=0.005)
        assert found.p < 0.0002

    def test_on_json_tasks(self, tasks: list[Task]) -> None:
        """3 of 8 metrics against 5.55; p near .006, four Monte Carlo errors being .0022."""
        json_tasks = [t for t in tasks if t.is_json]
        found = metrics_touched(json_tasks, generator=np.random.Generator(np.random.Philox(1)))
        assert (found.touched, found.metrics) == (3, 8)
        assert found.expected == pytest.approx(5.553, abs=0.0005)
        assert found.p == pytest.approx(0.006, abs=0.0022)

    def test_against_all_labellings(self) -> None:
        """With 6 tasks all 15 ways to label 2 of them can be counted."""
        metrics = [("a",), ("a",), ("b",), ("b", "c"), ("d",), ("a", "d")]
        tasks = [
            task(str(i), "emergent" if i in (0, 1) else "flat", *names)
            for i, names in enumerate(metrics)
        ]
        touched = [len({*metrics[i], *metrics[j]}) for i, j in combinations(range(6), 2)]
        assert len(touched) == comb(6, 2)
        draws = 40_000
        found = metrics_touched(
            tasks, generator=np.random.Generator(np.random.Philox(7)), draws=draws
        )
        assert found.touched == 1
        assert found.expected == pytest.approx(np.mean(touched))
        share = np.mean(np.array(touched) <= 1)
        assert found.p == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / draws))

    def test_no_tasks(self) -> None:
        """A count over nothing is no result."""
        with pytest.raises(ValueError, match="no annotated task"):
            metrics_touched([], generator=np.random.default_rng(0))
