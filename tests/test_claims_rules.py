"""Each claim on datasets whose outcome is known by construction, by the rules as shipped.

The settings are those of `workflow/config.yaml`: a changed default is seen here.
"""

from __future__ import annotations

import json
import math
from itertools import combinations, permutations, product
from typing import ClassVar

import numpy as np
import pytest
from msgspec.structs import replace
from verdict_samples import CLAIM_RULES, SETTINGS, UNCOUNTED, sample, study_of

from emergence.claims import preferred
from emergence.claims.agreement import agreement
from emergence.claims.base import OUTCOMES, Claim
from emergence.claims.clustering import clustering
from emergence.claims.enriched import enriched_annotations
from emergence.claims.pairs import metric_pairs
from emergence.claims.preferred import preferred_metrics
from emergence.claims.resolution import (
    ABOVE,
    BELOW,
    NO_LAW,
    TOO_FEW,
    examples_needed,
    resolution,
    small_model_curves,
)
from emergence.claims.switching import at_matched_noise, switching
from emergence.claims.task_statistics import area_under_curve
from emergence.errors import InputError
from emergence.facts.emergent_annotations import EMERGENT_ANNOTATIONS
from emergence.facts.metric_catalog import Law, Metric, Metrics
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.settings import Clustering
from emergence.strict import strict

INF = math.inf

#: A curve that is no sharper than a line.
LINE = {"sharpness": 0.5}


def under(metric: str, **fields):
    """A curve under a continuous metric, not preferred."""
    return sample(
        **{"metric": metric, "metric_group": "continuous", "is_preferred": False, **fields}
    )


def decided(claim, rows, rules=CLAIM_RULES, **more) -> Claim:
    """A claim on curves; whatever comes out keeps the promises that all claims make."""
    found = claim(study_of(rows, **more), rules)
    assert found.outcome in OUTCOMES
    undecided, absent = (found.outcome == o for o in ("not decidable", "does not apply"))
    assert bool(found.reason) == (undecided or absent)
    assert bool(found.would_decide) == undecided
    # What claims 1 and 6 count is there before the rule looks at it.
    assert not undecided or found.value is None or found.number in (1, 6)
    assert found.statement and found.source and found.published and found.rule
    # What applies is said in numbers, and in a sentence; of the rest there is nothing.
    assert bool(found.ours) == found.sentence.endswith(".") == (not absent)
    if absent:
        assert (found.value, found.p, found.tasks, found.curves) == (None, None, 0, 0)
    assert set(found.keys) <= {row["curve_id"] for row in rows}
    assert len(set(found.keys)) == len(found.keys)
    if found.interval is not None:
        low, high = found.interval
        assert low <= high
    assert found.p is None or 0 < found.p <= 1
    json.dumps(found.as_json(), allow_nan=False)
    for rows_ in found.tables.values():
        assert len({tuple(row) for row in rows_}) <= 1
    return found


class TestTheShippedRules:
    def test_are_those_of_the_method(self):
        """Section 5 has them, and they stood before any number did."""
        assert {
            name: SETTINGS["claims"][name]
            for name in ("p", "preferred_metrics", "clustering", "agreement", "switching")
        } == {
            "p": 0.05,
            "preferred_metrics": {"most": 5, "fewest_metrics": 10, "fewest_tasks": 5},
            "clustering": {"fewest_tasks": 10},
            "agreement": {
                "fewest_positives": 5,
                "fewest_negatives": 5,
                "families": {"LaMDA": "BIG-G T=0", "GPT-3": "GPT"},
                "by_discontinuity": {"PaLM": "PaLM"},
            },
            "switching": {"fewest_tasks": 6, "draws": 20},
        }
        assert SETTINGS["claims"]["resolution"]["fewest_curves"] == 10
        assert SETTINGS["claims"]["resolution"]["share"] == 0.5


class TestAClaim:
    FIELDS: ClassVar = {
        **dict.fromkeys(["id", "title", "statement", "source", "published", "ours", "rule"], "x"),
        **dict.fromkeys(["value_kind", "interval_kind"], "x"),
        **{"number": 1, "value": 1.0, "interval": (0.0, INF), "p": None},
        **{"tasks": 1, "curves": 1, "outcome": "supported"},
    }

    def test_has_an_outcome_of_the_closed_list(self):
        """A misspelt outcome would be an outcome of its own on the page."""
        with pytest.raises(ValueError, match="no outcome"):
            Claim(**{**self.FIELDS, "outcome": "refuted"})

    @pytest.mark.parametrize(
        ("outcome", "reason"),
        [("not decidable", ""), ("does not apply", ""), ("supported", "few")],
    )
    def test_has_a_reason_where_no_rule_decided(self, outcome, reason):
        """And nowhere else."""
        with pytest.raises(ValueError, match="a reason belongs"):
            Claim(**{**self.FIELDS, "outcome": outcome, "reason": reason})

    @pytest.mark.parametrize(
        ("value", "written", "status"),
        [
            (1, 1.0, "finite"),
            (INF, None, "infinite"),
            (-INF, None, "minus infinite"),
            (math.nan, None, "unknown"),
            (None, None, "unknown"),
        ],
    )
    def test_its_numbers_are_strict_json(self, value, written, status):
        """JSON has no infinity: null, with what it was beside it, in tables too."""
        assert strict(value) == {"value": written, "status": status}
        table = {"t": [{"a": np.float64(INF), "b": np.int64(2), "c": "x", "d": True}]}
        found = json.loads(
            json.dumps(Claim(**self.FIELDS, make_tables=lambda: table).as_json(), allow_nan=False)
        )
        assert found["interval"] == {
            "low": {"value": 0.0, "status": "finite"},
            "high": {"value": None, "status": "infinite"},
            "kind": "x",
        }
        assert found["tables"] == [
            {
                "caption": "t",
                "columns": ["a", "b", "c", "d"],
                "rows": [[{"value": None, "status": "infinite"}, 2, "x", True]],
            }
        ]


class TestVotes:
    def test_one_level_a_task(self):
        """A task with a curve of its own has one vote; without one its subtasks vote."""
        rows = [
            sample(task="a"),
            sample(task="a", subtask="x"),
            sample(task="a", subtask="y", metric="bleu"),
            sample(task="b", subtask="x"),
            sample(task="b", model_family="G"),
            sample(task="c", shots=0),
            sample(task="c", shots=3),
            sample(task="d", flags="known_bad"),
            sample(task="e", n_scales=3),
        ]
        study = study_of(rows)
        names = ["task", "subtask", "metric", "model_family"]
        votes = {tuple(row) for row in study.votes[names].itertuples(index=False)}
        grade = "exact_str_match"
        expected = {
            *(("a", "", grade, "F"), ("a", "y", "bleu", "F"), ("b", "x", grade, "F")),
            *(("b", "", grade, "G"), ("c", "", grade, "F"), ("e", "", grade, "F")),
        }
        assert votes == expected and len(study.votes) == len(expected)
        assert study.votes.loc[study.votes["task"] == "c", "shots"].tolist() == [3]
        assert set(study.judged["task"]) == {"a", "b", "c"}


def one_metric_a_task(apparent, n_metrics=12, n_tasks=48):
    """Tasks in turn under each metric; those named by (metric, turn) are apparent."""
    return [
        sample(
            task=f"t{i}",
            metric=f"m{i % n_metrics}",
            **({} if (i % n_metrics, i // n_metrics) in apparent else LINE),
        )
        for i in range(n_tasks)
    ]


class TestPreferredMetrics:
    """Claim 1: at most 5 of 39 preferred metrics show emergence."""

    def test_supported(self):
        """Eight apparent tasks under two of 12 metrics; shuffled they are under 6 or so."""
        rows = one_metric_a_task({(m, turn) for m in (0, 1) for turn in range(4)})
        found = decided(preferred_metrics, rows)
        assert (found.outcome, found.value, found.p < 0.01) == ("supported", 2, True)
        assert found.ours.startswith("2 of 12 preferred metrics")
        assert (found.tasks, found.curves, len(found.keys)) == (48, 48, 8)

    def test_five_metrics_are_few_enough_and_six_are_not(self):
        """At most 5: 4 tasks each under five metrics support it, a sixth metric contradicts."""
        five = {(m, turn) for m in range(5) for turn in range(4)}
        assert decided(preferred_metrics, one_metric_a_task(five)).outcome == "supported"
        six = decided(preferred_metrics, one_metric_a_task({*five, (5, 0)}))
        assert (six.outcome, six.value) == ("contradicted", 6)

    def test_few_metrics_because_there_are_few_tasks(self):
        """Five apparent tasks are under at most five metrics anyway: no support."""
        found = decided(preferred_metrics, one_metric_a_task({(m, 0) for m in range(5)}))
        assert (found.outcome, found.p) == ("not supported", 1)

    @pytest.mark.parametrize(
        ("n_metrics", "n_apparent", "decidable"),
        [(10, 5, True), (9, 5, False), (10, 4, False)],
    )
    def test_what_it_needs(self, n_metrics, n_apparent, decidable):
        """Ten preferred metrics and five apparent tasks."""
        rows = one_metric_a_task({(0, turn) for turn in range(n_apparent)}, n_metrics, 60)
        found = decided(preferred_metrics, rows)
        assert (found.outcome != "not decidable") == decidable
        if not decidable:
            assert f"{n_metrics} preferred metrics and {n_apparent} tasks" in found.reason

    def test_only_preferred_metrics_count(self):
        """Apparent curves under other metrics, or of unknown standing, touch nothing."""
        rows = one_metric_a_task({(m, turn) for m in (0, 1) for turn in range(4)})
        more = [
            sample(task=f"x{i}", metric=f"n{i}", is_preferred=preferred_)
            for i, preferred_ in enumerate([False, None] * 6)
        ]
        assert decided(preferred_metrics, [*rows, *more]).value == 2

    def test_parts_of_a_benchmark_are_one_task(self):
        """Of five apparent tasks two are parts of one: four are too few."""
        rows = one_metric_a_task({(0, turn) for turn in range(5)}, 10, 60)
        found = decided(preferred_metrics, rows, entry={"benchmark_of": {"t10": "t0"}})
        assert "10 preferred metrics and 4 tasks that look emergent" in found.reason
        assert (found.value, found.tasks) == (1, 59)

    def test_a_task_of_several_families_counts_once(self):
        """Apparent in some family is apparent."""
        rows = one_metric_a_task({(m, turn) for m in (0, 1) for turn in range(4)})
        more = [
            sample(task=f"t{i}", metric=f"m{i % 12}", model_family="G", **LINE) for i in range(48)
        ]
        found = decided(preferred_metrics, [*rows, *more])
        assert (found.value, found.tasks, found.curves) == (2, 48, 96)

    def test_the_interval_is_over_tasks(self, monkeypatch):
        """Both metrics of a task are drawn with it: the unit is the task."""
        seen = {}

        def keep(statistic, size, **_):
            seen.update(statistic=statistic, size=size)
            return 0.0, 1.0

        monkeypatch.setattr(preferred, "bootstrap_interval", keep)
        rows = [
            sample(task=f"t{i}", metric=metric) for i in range(6) for metric in (f"m{i}", f"n{i}")
        ]
        assert decided(preferred_metrics, rows).value == 12
        assert seen["size"] == 6
        times = np.array([[0, 0, 0, 6, 0, 0], [1, 1, 1, 1, 1, 1]])
        assert seen["statistic"](times).tolist() == [2, 12]

    def test_the_count_against_the_threshold(self):
        """Each threshold has its own count of rising curves that are not early."""
        rows = [
            sample(task="a", metric="m0", sharpness=1.2),
            sample(task="b", metric="m0", sharpness=INF),
            sample(task="c", metric="m1", sharpness=0.6),
            sample(task="d", metric="m2", sharpness=9.0, early=True),
            sample(task="e", metric="m3", sharpness=9.0, p_rise=0.9),
        ]
        (table,) = decided(preferred_metrics, rows).tables.values()
        counts = {r["sharpness above"]: (r["metrics"], r["tasks"], r["of metrics"]) for r in table}
        assert counts[0.5] == (2, 3, 4)
        assert counts[1.0] == (1, 2, 4)
        assert counts[5.0] == (1, 1, 4)

    def test_the_annotations_beside_it(self):
        """Where there are some, the paper's own labels are counted: 5 of 37, and 3 of 8."""
        found = decided(preferred_metrics, [sample()], **facts())
        rows = found.tables["The same with the hand annotations as labels"]
        counted = [(row["metrics with an emergent label"], row["of metrics"]) for row in rows]
        assert counted == [(5, 37), (3, 8)]


def facts():
    return {
        "annotations": {row["task"]: row for row in EMERGENT_ANNOTATIONS.rows},
        "inventory": TASK_INVENTORY.rows,
    }


def annotated(task, category="emergent", family="", verified="yes"):
    return {"task": task, "category": category, "model_family": family, "verified": verified}


class TestEnrichedAnnotations:
    """Claim 2: over 92 % of the annotated abilities stand under two metrics."""

    def test_on_the_annotations(self):
        """63 of 67 against 90 of 135, and the interval above 1: supported."""
        found = decided(enriched_annotations, [sample()], **facts())
        assert found.outcome == "supported"
        assert found.ours == "63 of 67 emergent tasks (94.0 %), and 90 of 135 others (66.7 %)"
        assert found.value == pytest.approx(7.875)
        assert found.interval[0] > 1 and found.p == pytest.approx(5.0e-6, rel=0.01)
        assert (found.tasks, found.curves) == (202, 0)
        (table,) = found.tables.values()
        assert len(table) == 8

    @pytest.mark.parametrize(
        ("emergent", "others", "outcome"),
        [
            (["multiple_choice_grade"], ["bleu"], "supported"),
            (["bleu"], ["multiple_choice_grade"], "contradicted"),
            (["bleu", "multiple_choice_grade"], ["bleu", "multiple_choice_grade"], "not supported"),
        ],
    )
    def test_each_outcome(self, emergent, others, outcome):
        """Twenty tasks of a kind, with metrics in turn; an odds ratio may be infinite."""
        annotations, inventory = {}, []
        for category, metrics in (("emergent", emergent), ("smoothly_increasing", others)):
            for i in range(20):
                name = f"{category}{i}"
                annotations[name] = annotated(name, category)
                inventory.append(
                    {
                        **{"task": name, "is_leaf": "1", "is_json_task": "1"},
                        "preferred_score": (metrics[i % len(metrics)],),
                    }
                )
        found = decided(
            enriched_annotations, [sample()], annotations=annotations, inventory=inventory
        )
        assert found.outcome == outcome

    def test_without_annotations(self):
        """The claim is of annotated tasks: to others it does not apply."""
        found = decided(enriched_annotations, [sample()], inventory=facts()["inventory"])
        assert found.outcome == "does not apply"
        assert "no hand annotations" in found.reason


def grouped(discontinuous, continuous, shared=()):
    """Tasks of a sharpness under metrics of one group, and tasks of two under both."""
    rows = [sample(task=f"d{i}", sharpness=s) for i, s in enumerate(discontinuous)]
    rows += [under("bleu", task=f"c{i}", sharpness=s) for i, s in enumerate(continuous)]
    for i, (one, other) in enumerate(shared):
        rows += [sample(task=f"s{i}", sharpness=one)]
        rows += [under("bleu", task=f"s{i}", sharpness=other)]
    return rows


LOW, HIGH = [i / 10 for i in range(10)], [2 + i for i in range(9)] + [INF]


class TestClustering:
    """Claim 3: high scores cluster under the discontinuous metrics."""

    @pytest.mark.parametrize(
        ("rows", "outcome", "area"),
        [
            (grouped(HIGH, LOW), "supported", 1.0),
            (grouped(LOW, HIGH), "contradicted", 0.0),
            (grouped(LOW, LOW), "not supported", 0.5),
            (grouped([], [], zip(HIGH, LOW, strict=True)), "supported", 1.0),
            (grouped([], [], zip(LOW, HIGH, strict=True)), "contradicted", 0.0),
        ],
    )
    def test_each_outcome(self, rows, outcome, area):
        """All above, all below, and alike; over tasks of one group, and within tasks of both."""
        found = decided(clustering, rows)
        assert (found.outcome, found.value) == (outcome, area)
        assert (found.p < 0.05) == (outcome != "not supported")

    @pytest.mark.parametrize(
        ("n", "m", "decidable"), [(10, 10, True), (9, 10, False), (10, 9, False)]
    )
    def test_needs_ten_tasks_in_either_group(self, n, m, decidable):
        """Counted in tasks."""
        found = decided(clustering, grouped(HIGH[:n], LOW[:m]))
        assert (found.outcome != "not decidable") == decidable
        if not decidable:
            assert f"{n} under discontinuous metrics and {m} under continuous" in found.reason

    def test_curves_are_not_tasks(self):
        """A task of 30 curves is one vote: the median of its curves."""
        rows = grouped(HIGH, LOW[:9])
        rows += [under(f"rouge{i}", task="c0", sharpness=0.0) for i in range(30)]
        assert decided(clustering, rows).outcome == "not decidable"

    def test_parts_of_a_benchmark_are_one_task(self):
        """Two parts are one vote, the lower of their medians: nine are left in the group."""
        found = decided(clustering, grouped(HIGH, LOW), entry={"benchmark_of": {"c1": "c0"}})
        assert "9 under continuous" in found.reason
        rows = grouped(HIGH, [*LOW, 99.0])
        found = decided(clustering, rows, entry={"benchmark_of": {"c10": "c0"}})
        assert (found.value, found.tasks, found.curves) == (1.0, 20, 21)

    def test_metrics_of_no_group_and_short_curves_do_not_vote(self):
        """Calibration is no skill; three scales turn the score round."""
        rows = grouped(HIGH, LOW)
        more = [
            *(sample(task=f"o{i}", metric="ece", metric_group="other") for i in range(20)),
            *(under("bleu", task=f"k{i}", sharpness=99.0, n_scales=3) for i in range(20)),
            *(under("bleu", task=f"u{i}", sharpness=None) for i in range(20)),
        ]
        found = decided(clustering, [*rows, *more])
        assert (found.value, found.tasks, found.curves) == (1.0, 20, 20)

    def test_the_median_of_a_task_is_a_score_of_it(self):
        """Between 1 and infinity there is no mean: the lower one counts, below 3."""
        rows = [r for r in grouped([1.0, *[9.0] * 9], [3.0] * 10)]
        rows.append(sample(task="d0", metric="multiple_choice_grade", sharpness=INF))
        expected = area_under_curve([1.0, *[9.0] * 9], [3.0] * 10)
        assert decided(clustering, rows).value == pytest.approx(expected) == 0.9

    def test_the_p_value_against_all_labellings(self):
        """Two tasks of both groups and four of one: 4 times 6 ways to label them.

        20,000 shuffles; four Monte Carlo errors are at most .0142.
        """
        shared = [(3.0, 1.0), (2.5, 4.0)]
        first, second = [5.0, 3.5], [2.0, 0.5]
        rows = grouped(first, second, shared)
        claims = replace(CLAIM_RULES.claims, clustering=Clustering(fewest_tasks=2), draws=20_000)
        rules = replace(CLAIM_RULES, claims=claims)
        found = decided(clustering, rows, rules)

        def area(positive, negative):
            return area_under_curve(positive, negative)

        seen = area([*first, 3.0, 2.5], [*second, 1.0, 4.0])
        assert found.value == seen
        singles = [*first, *second]
        areas = []
        for turns in product([False, True], repeat=2):
            for chosen in combinations(range(4), 2):
                up = [singles[i] for i in chosen]
                down = [singles[i] for i in range(4) if i not in chosen]
                for (one, other), turn in zip(shared, turns, strict=True):
                    up.append(other if turn else one)
                    down.append(one if turn else other)
                areas.append(area(up, down))
        assert len(areas) == 24
        exact = np.mean([abs(a - 0.5) >= abs(seen - 0.5) - 1e-12 for a in areas])
        assert 0.1 < exact < 0.9
        assert found.p == pytest.approx(exact, abs=0.0142)

    def test_the_enrichment_of_the_highest_scores(self):
        """The upper half of twenty is all discontinuous, all of them is half; ties are all in."""
        (table,) = decided(clustering, grouped(HIGH, LOW)).tables.values()
        shares = {row["highest, %"]: row["discontinuous, %"] for row in table}
        assert (shares[50.0], shares[100.0]) == (100.0, 50.0)
        (table,) = decided(clustering, grouped([1.0] * 10, [1.0] * 10)).tables.values()
        assert {row["curves"] for row in table} == {20}

    def test_a_dataset_without_such_curves(self):
        """It does not apply where there is no curve of one group, of either, or at all."""
        for rows in ([], [sample()], [sample(metric="ece", metric_group="other")]):
            assert decided(clustering, rows).outcome == "does not apply"


BIG, GPT = "BIG-G T=0", "GPT"


def eyed(positive, negative, family=BIG, label="LaMDA"):
    """Curves of emergent and of flat tasks, with the annotations of these tasks."""
    rows, annotations = [], {}
    for kind, scores in (("e", positive), ("f", negative)):
        for i, s in enumerate(scores):
            name = f"{label}-{kind}{i}"
            rows.append(sample(task=name, model_family=family, sharpness=s))
            annotations[name] = (
                annotated(name, "emergent", label) if kind == "e" else annotated(name, "flat")
            )
    return rows, annotations


def by_ranking(found):
    return {
        (row["family"], row["ranked by"]): (
            row["emergent"],
            row["others"],
            row["area under the ROC curve"],
        )
        for row in found.tables["By family and ranking"]
    }


class TestAgreement:
    """Claim 4: does the score agree with the annotators' eye?"""

    @pytest.mark.parametrize(
        ("positive", "negative", "outcome", "area"),
        [
            ([3, 4, 5, 6, INF], [0.1, 0.2, 0.3, 0.4, 0.5], "supported", 1.0),
            ([0.1, 0.2, 0.3, 0.4, 0.5], [3, 4, 5, 6, INF], "contradicted", 0.0),
            ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], "not supported", 0.5),
        ],
    )
    def test_each_outcome(self, positive, negative, outcome, area):
        """Sharper, less sharp, and alike."""
        rows, annotations = eyed(positive, negative)
        found = decided(agreement, rows, annotations=annotations)
        assert (found.outcome, found.value) == (outcome, area)
        assert (found.tasks, found.curves, len(found.keys)) == (10, 10, 5)

    @pytest.mark.parametrize(("n", "m"), [(4, 5), (5, 4)])
    def test_needs_five_of_either(self, n, m):
        """Not decidable under 5 positives or 5 negatives."""
        rows, annotations = eyed([3.0] * n, [0.5] * m)
        found = decided(agreement, rows, annotations=annotations)
        assert found.outcome == "not decidable"
        assert found.reason == f"{n} emergent and {m} other tasks with a sharpness"

    def test_without_annotations(self):
        """No eye has looked at these tasks."""
        found = decided(agreement, [sample(model_family=BIG)])
        assert found.outcome == "does not apply" and "no hand annotations" in found.reason

    def test_whose_label_says_what_of_a_family(self):
        """Its own: emergent. The other early family's: unknown. The largest's: not emergent."""
        labels = [
            annotated("own", "emergent", "LaMDA"),
            annotated("other", "emergent", "GPT-3"),
            annotated("largest", "emergent", "PaLM"),
            annotated("flat", "flat"),
            annotated("smooth", "smoothly_increasing"),
            annotated("inverse", "inverse"),
            annotated("noise", "uncorrelated"),
            annotated("nothing", "not_annotated"),
        ]
        annotations = {row["task"]: row for row in labels}
        tasks = [*annotations, "unlisted"]
        rows = [sample(task=t, model_family=f) for t in tasks for f in (BIG, GPT, "Gopher")]
        rows += [sample(task=t, model_family="PaLM", n_scales=3) for t in tasks]
        found = by_ranking(decided(agreement, rows, annotations=annotations))
        assert found[BIG, "sharpness"][:2] == (1, 5)
        assert found[GPT, "sharpness"][:2] == (1, 5)
        assert found["PaLM", "discontinuity"][:2] == (1, 4)
        assert {family for family, _ in found} == {BIG, GPT, "PaLM"}

    def test_families_are_not_compared_with_each_other(self):
        """Within each family the order is perfect, though one is sharper throughout."""
        one, first = eyed([103.0] * 5, [100.0] * 5, BIG, "LaMDA")
        other, second = eyed([3.0] * 5, [1.0] * 5, GPT, "GPT-3")
        # A flat task of the other family is flat here too; these have curves in one only.
        found = decided(agreement, [*one, *other], annotations={**first, **second})
        assert found.value == 1.0

    def test_a_task_has_one_vote_a_family_its_sharpest_preferred_curve(self):
        """Of two preferred metrics the sharper one; one that is not preferred never."""
        rows, annotations = eyed([0.1] * 5, [1.0] * 5)
        for i in range(5):
            fields = {"task": f"LaMDA-e{i}", "model_family": BIG, "metric": "multiple_choice_grade"}
            rows.append(sample(**fields, sharpness=2.0))
            rows.append(
                sample(**{**fields, "task": f"LaMDA-f{i}"}, sharpness=9.0, is_preferred=False)
            )
        found = decided(agreement, rows, annotations=annotations)
        assert (found.value, found.curves) == (1.0, 10)

    def test_the_p_value_against_all_annotations(self):
        """Of five tasks with curves in two families one emerged in each: 20 ways to say so.

        20,000 shuffles; four Monte Carlo errors are at most .0142.
        """
        scores = {"a": (3.0, 0.2), "b": (2.0, 4.0), "c": (1.0, 5.0), "d": (0.3, 1.0), "e": (9, 0.4)}
        rows = [
            sample(task=task, model_family=family, sharpness=score)
            for task, both in scores.items()
            for family, score in zip((BIG, GPT), both, strict=True)
        ]
        few = replace(CLAIM_RULES.claims.agreement, fewest_positives=1, fewest_negatives=1)
        claims = replace(CLAIM_RULES.claims, agreement=few, draws=20_000)

        def with_emergent(one, other):
            annotations = {task: annotated(task, "flat") for task in scores}
            annotations[one] = annotated(one, "emergent", "LaMDA")
            annotations[other] = annotated(other, "emergent", "GPT-3")
            rules = replace(CLAIM_RULES, claims=claims)
            return decided(agreement, rows, rules, annotations=annotations)

        seen = with_emergent("a", "b")
        away = [abs(with_emergent(*pair).value - 0.5) for pair in permutations(scores, 2)]
        exact = np.mean([one >= abs(seen.value - 0.5) - 1e-12 for one in away])
        assert len(away) == 20 and 0.1 < exact < 0.9
        assert seen.p == pytest.approx(exact, abs=0.0142)

    def test_parts_of_a_benchmark_are_drawn_together(self):
        """As one task all emergent ones are there as often: the area varies by the others only."""
        rows, annotations = eyed([1.0, 2.0, 3.0, 4.0, 5.0], [0.5, 1.5, 2.5, 3.5, 4.5])
        apart = decided(agreement, rows, annotations=annotations)
        parts = {f"LaMDA-e{i}": "whole" for i in range(5)}
        found = decided(agreement, rows, annotations=annotations, entry={"benchmark_of": parts})
        assert (found.value, found.tasks, found.curves) == (apart.value, 10, 10)
        width, before = (one.interval[1] - one.interval[0] for one in (found, apart))
        assert 0 < width < 0.8 * before

    def test_the_other_rankings(self):
        """More exponent and less p_steep are more emergent; the discontinuity ranks PaLM."""
        rows, annotations = eyed([1.0, 2.0], [1.0, 2.0])
        for row in rows:
            emergent = annotations[row["task"]]["category"] == "emergent"
            row.update(exponent=INF if emergent else 0.1, p_steep=0.01 if emergent else 0.5)
        some, more = eyed([1.0] * 2, [1.0] * 3, "PaLM", "PaLM")
        for row in some:
            emergent = more[row["task"]]["category"] == "emergent"
            row.update(n_scales=3, discontinuity=20.0 if emergent else -3.0)
        unknown = sample(task="PaLM-f9", model_family="PaLM", discontinuity=None)
        found = by_ranking(
            decided(
                agreement,
                [*rows, *some, unknown],
                annotations={**annotations, **more, "PaLM-f9": annotated("PaLM-f9", "flat")},
            )
        )
        assert found[BIG, "sharpness"] == (2, 2, 0.5)
        assert found[BIG, "exponent"] == (2, 2, 1.0)
        assert found[BIG, "p_steep"] == (2, 2, 1.0)
        assert found["PaLM", "discontinuity"] == (2, 3, 1.0)


#: Scores that look emergent, and scores on a straight line. So many examples that there is next to
#: no noise: what looks emergent does so in every draw.
SHARP = [0.0, 0.01, 0.0, 0.02, 0.01, 0.5, 0.8, 0.9]
STRAIGHT = [0.1 * i for i in range(8)]
KINDS = {"s": SHARP, "l": STRAIGHT}

METRICS = Metrics(
    {
        "exact_str_match": Metric("discontinuous", True, "generation", True, ()),
        **{
            name: Metric("continuous", True, "generation", False, (), Law("bounded", 0.0, 1.0))
            for name in ("part", "other")
        },
        "loss": Metric("continuous", True, "generation", False, (), Law("loss", None, 0.0)),
    }
)


def pair(kinds, metric="part", **fields):
    """Two curves of the same outputs, of kind s or l: discontinuous first."""
    first, second = (KINDS[kind] for kind in kinds)
    many = {"n_examples_by_scale": [10**9] * 8, **fields}
    return [
        sample(**{"scores": first, **many}),
        under(metric, **{"scores": second, "law": "bounded", "dispersion": 1e-3, **many}),
    ]


def paired(text, metric="part", first=0):
    """Tasks of one pair each: `sl lss` is a task s, l and a task l, s and so on, by name."""
    kinds = text.split()
    return [row for i, kind in enumerate(kinds) for row in pair(kind, metric, task=f"t{first + i}")]


def rows_of(found):
    """What each continuous metric says, by its name."""
    return {
        row["continuous metric"]: row
        for row in found.tables["By continuous metric, at matched noise"]
    }


class TestSwitching:
    """Claim 5: change the metric and the emergence evaporates."""

    @staticmethod
    def decided(rows, rules=CLAIM_RULES, **more):
        return decided(switching, rows, rules, **{"metrics": METRICS, **more})

    @pytest.mark.parametrize(
        ("kinds", "outcome", "share"),
        [
            ("sl " * 6, "supported", 1.0),
            ("ls " * 6, "contradicted", 0.0),
            ("sl " * 3 + "ls " * 3, "not supported", 0.5),
            ("sl " * 6 + "ss ll " * 9, "supported", 1.0),
        ],
    )
    def test_each_outcome(self, kinds, outcome, share):
        """Discordant tasks decide; those that agree say nothing."""
        found = self.decided(paired(kinds))
        assert (found.outcome, found.value) == (outcome, share)
        assert (found.tasks, found.curves) == (len(kinds.split()), 2 * len(kinds.split()))
        assert found.p == (1.0 if share == 0.5 else 1 / 32)
        low, high = found.interval
        assert low <= share <= high

    def test_neither_side_is_chosen_first(self):
        """With the groups exchanged the outcome is the opposite."""
        for kinds in ("sl sl sl sl sl sl sl ls", "sl ls ll ss sl sl sl"):
            one = rows_of(self.decided(paired(kinds)))["part"]
            turned = " ".join(kind[::-1] for kind in kinds.split())
            other = rows_of(self.decided(paired(turned)))["part"]
            assert one["p"] == other["p"]
            assert (one["tasks for"], one["tasks against"]) == (
                other["tasks against"],
                other["tasks for"],
            )

    def test_needs_six_discordant_tasks(self):
        """Five cannot come under 5 %, however many others agree."""
        found = self.decided(paired("sl " * 5 + "ss " * 20))
        assert found.outcome == "not decidable"
        assert found.reason == "part: 5 discordant tasks, 6 are needed"

    def test_opposite_results_depend_on_the_metric(self):
        """Eight tasks each: 2/256, twice for two metrics."""
        rows = [*paired("sl " * 8), *paired("ls " * 8, "other", first=20)]
        found = self.decided(rows)
        assert (found.outcome, found.p) == ("depends on the metric", 4 / 256)
        says = {name: row["says"] for name, row in rows_of(found).items()}
        assert says == {"part": "supports", "other": "contradicts"}
        assert "part: 8 tasks for, 0 against, supports" in found.ours

    def test_two_metrics_are_two_chances(self):
        """Six unanimous tasks decide for one metric alone, and not for two of them."""
        rows = [*paired("sl " * 6), *paired("sl ls " * 3, "other", first=20)]
        found = self.decided(rows)
        assert (found.outcome, found.p) == ("not supported", 2 / 32)

    def test_losses_are_described_and_not_tested(self):
        rows = [
            row
            for i in range(8)
            for row in (
                *pair("sl", task=f"t{i}", n_examples_by_scale=[10**9] * 8)[:1],
                under(
                    "loss",
                    task=f"t{i}",
                    scores=[-2.0 + 0.1 * j for j in range(8)],
                    law="loss",
                    law_ceiling=-0.5,
                    dispersion=1e-3,
                ),
            )
        ]
        found = self.decided(rows)
        row = rows_of(found)["loss"]
        assert (found.outcome, row["tasks for"], row["p, Holm"]) == ("not decidable", 8, None)
        assert found.reason == "loss: losses are described only"

    def test_a_pair_of_unknown_noise_is_not_compared(self):
        """Nobody knows how much noise would make both equal; it is counted."""
        rows = paired("sl " * 6)
        unknown = {"law": None, "law_missing": "no_law", "dispersion": None}
        rows[1] = sample(**{**_fields(rows[1]), **unknown})
        found = self.decided(rows)
        row = rows_of(found)["part"]
        assert (row["pairs"], row["of unknown noise beside"]) == (5, 1)
        assert (found.outcome, found.tasks) == ("not decidable", 5)

    def test_noise_is_added_to_the_quieter_curve(self):
        """A rise that 50 examples blur is blurred as well where nothing is noisy."""
        gentle = [0.02, 0.03, 0.05, 0.08, 0.12, 0.16, 0.22, 0.3]
        rows = [
            sample(scores=gentle, n_examples_by_scale=[50] * 8),
            under("part", scores=gentle, law="bounded", dispersion=1e-3),
        ]
        study = study_of(rows, metrics=METRICS)
        pairs = metric_pairs(study)
        compared = at_matched_noise(study, pairs, CLAIM_RULES)
        assert compared.relative > 1e4 * compared.relative_continuous
        assert len(set(compared.first[0])) == 1 and 0 < compared.second.mean() < 1
        again = at_matched_noise(study, pairs, CLAIM_RULES)
        assert (compared.second == again.second).all()

    @pytest.mark.parametrize(
        "other",
        [
            {"output_group": "multiple_choice"},
            {"output_group": None},
            {"model_family": "G"},
            {"condition": "prompt=x"},
            {"subtask": "x"},
            {"shots": 3},
            {"models": [f"n{i}" for i in range(8)]},
            {"models": [f"m{i}" for i in range(7)], "n_scales": 7},
            {"metric_group": "other"},
            {"flags": "known_bad"},
            {"n_scales": 3},
            {"sharpness": None},
        ],
    )
    def test_what_makes_no_pair(self, other):
        """Other outputs, other models, another group, or nothing to compare with."""
        rows = [sample(), under("part", **LINE)]
        assert len(metric_pairs(study_of(rows))) == 1
        rows = [sample(), under("part", **{**LINE, **other})]
        assert len(metric_pairs(study_of(rows))) == 0
        assert self.decided(rows).tasks == 0

    @pytest.mark.parametrize("fields", [{"shots": None}, {"shots": 2}, {"subtask": "x"}])
    def test_what_makes_one(self, fields):
        """Unknown shots of both are the same shots; subtasks pair with themselves."""
        rows = [sample(**fields), under("part", **fields, **LINE)]
        assert len(metric_pairs(study_of(rows))) == 1

    def test_an_unknown_group_of_both_is_not_the_same_outputs(self):
        """Unknown is not equal to unknown where sameness is what is claimed."""
        rows = [sample(output_group=None), under("part", output_group=None)]
        assert len(metric_pairs(study_of(rows))) == 0

    @pytest.mark.parametrize(("linearity", "pairs"), [(2.0, 1), (2.1, 2)])
    def test_affine_metrics_count_once(self, linearity, pairs):
        """L (1 - p) and p have the same sharpness and linearity but for rounding."""
        rows = [
            sample(),
            under("part", **LINE),
            under("other", sharpness=0.5 + 1e-12, linearity=linearity),
        ]
        assert len(metric_pairs(study_of(rows))) == pairs

    def test_affine_only_on_the_same_outputs(self):
        """Another task's equal score is another witness."""
        rows = [row for i in range(3) for row in (sample(task=f"t{i}"), under("b", task=f"t{i}"))]
        assert len(metric_pairs(study_of(rows))) == 3

    def test_a_task_has_one_vote_by_the_sign_of_its_pairs(self):
        """Two for and one against is for; one of each is none."""
        rows = [
            row
            for task, kinds in (("a", "sl sl ls"), ("b", "sl ls"), ("c", "ls ss"))
            for i, kind in enumerate(kinds.split())
            for row in pair(kind, task=task, subtask=f"s{i}")
        ]
        row = rows_of(self.decided(rows))["part"]
        assert (row["tasks"], row["tasks for"], row["tasks against"]) == (3, 1, 1)
        counts = [row["look emergent: discontinuous only"], row["continuous only"], row["both"]]
        assert counts == [3, 3, 1]
        assert row["of those under the discontinuous, % also under the continuous"] == 25
        assert row["of those under the continuous, % also under the discontinuous"] == 25

    def test_parts_of_a_benchmark_are_one_task(self):
        """As the registry says: six parts that agree are one vote."""
        parts = {f"t{i}": "whole" for i in range(6)}
        found = self.decided(paired("sl " * 6), entry={"benchmark_of": parts})
        assert (found.outcome, found.tasks) == ("not decidable", 1)

    def test_a_part_that_no_score_has_is_a_mistake_of_the_registry(self):
        with pytest.raises(InputError, match="benchmark_of names 'mmlu_stem'"):
            self.decided(paired("sl"), entry={"benchmark_of": {"mmlu_stem": "mmlu"}})

    def test_the_difference_of_sharpness_is_beside_it(self):
        """Of all pairs, whoever looks emergent; its interval is that of the sign test."""
        row = rows_of(self.decided(paired("sl " * 6)))["part"]
        middle = row["difference of sharpness, median over tasks"]
        assert middle > 1 and row["lower end"] <= middle <= row["upper end"]

    def test_the_most_discordant_pairs_are_listed_first(self):
        rows = paired("ss ll sl")
        found = self.decided(rows)
        table = found.tables["Pairs of curves of the same outputs, the most discordant first"]
        assert [row["task"] for row in table] == ["t2", "t0", "t1"]
        assert found.keys[0] == table[0]["curve"] == rows[4]["curve_id"]
        assert table[0]["its curve"] == rows[5]["curve_id"]

    def test_without_a_pair(self):
        """There is no second metric to change to: it does not apply."""
        found = self.decided([sample()])
        assert found.outcome == "does not apply" and "same outputs" in found.reason


def counted(counts, chance, n):
    """A curve of eight models, with these numbers of right answers."""
    return {"scores": [k / n for k in counts], "chance": chance, "n_examples_by_scale": [n] * 8}


#: What each kind of curve says: a law from 0; a jump from chance between the halves; a law whose
#: small models 50 examples cannot tell from chance; a jump at the last model.
CURVES = {
    ABOVE: counted([0, 0, 1, 6, 44, 158, 339, 540], 0.0, 1000),
    BELOW: counted([50, 52, 48, 51, 160, 158, 161, 160], 0.25, 200),
    TOO_FEW: counted([12, 13, 12, 13, 13, 16, 22, 31], 0.25, 50),
    NO_LAW: counted([0, 0, 0, 0, 0, 0, 0, 300], 0.0, 1000),
}


def small(**how_many):
    """Tasks with one curve each, so many of each kind."""
    kinds = {"above": ABOVE, "below": BELOW, "few": TOO_FEW, "no_law": NO_LAW}
    curves = [CURVES[kinds[name]] for name, number in how_many.items() for _ in range(number)]
    return [sample(task=f"t{i}", **curve) for i, curve in enumerate(curves)]


class TestResolution:
    """Claim 6: more test data would show the small models' ability."""

    @pytest.mark.parametrize(("kind", "says"), [(kind, kind) for kind in CURVES])
    def test_what_a_curve_says(self, kind, says):
        known, unknown = small_model_curves(study_of([sample(**CURVES[kind])]), CLAIM_RULES)
        assert (known["says"].tolist(), unknown) == ([says], 0)

    @pytest.mark.parametrize(
        ("how_many", "outcome"),
        [
            ({"above": 10}, "supported"),
            ({"above": 9, "few": 1}, "supported"),
            ({"above": 8, "few": 2}, "not decidable"),
            ({"below": 10}, "contradicted"),
            ({"below": 9, "above": 1}, "contradicted"),
            ({"below": 8, "no_law": 2}, "not decidable"),
            ({"few": 10}, "not decidable"),
            ({"no_law": 30}, "not decidable"),
            ({"above": 5, "below": 5}, "not decidable"),
        ],
    )
    def test_each_outcome(self, how_many, outcome):
        """Nine of ten surely are more than half, eight of ten are not; open curves count."""
        found = decided(resolution, small(**how_many))
        total = sum(how_many.values())
        assert (found.outcome, found.value) == (outcome, how_many.get("above", 0) / total)
        assert (found.tasks, found.curves, len(found.keys)) == (total, total, total)

    def test_the_interval_is_exact(self):
        """0 of 11 is no certainty: up to 28.5 %, where tasks drawn anew say 0 to 0."""
        found = decided(resolution, small(few=11))
        assert found.interval == (0.0, pytest.approx(1 - 0.025 ** (1 / 11)))

    def test_needs_ten_curves(self):
        """Of known examples and chance."""
        found = decided(resolution, small(above=9))
        assert found.outcome == "not decidable"
        assert found.reason.startswith("9 apparent curves") and "10 are needed" in found.reason

    @pytest.mark.parametrize(
        ("fields", "curves"),
        [
            ({}, 10),
            ({"chance": None}, 9),
            ({"chance": -0.1}, 9),
            ({"counts_missing": "n_unknown", **UNCOUNTED}, 9),
            ({"metric_group": "continuous"}, 9),
            ({"metric_group": "other"}, 9),
            ({"sharpness": 0.5}, 9),
            ({"flags": "known_bad"}, 9),
        ],
    )
    def test_which_curves_count(self, fields, curves):
        """Apparent, under a discontinuous metric, of which chance and examples are known."""
        rows = [*small(above=9), sample(task="x", **{**CURVES[ABOVE], **fields})]
        assert decided(resolution, rows).curves == curves

    def test_no_curve_that_looks_emergent(self):
        """Nothing is known of a share of nothing."""
        found = decided(resolution, [sample(sharpness=0.5)])
        assert (found.outcome, found.value, found.interval) == ("not decidable", None, None)

    def test_scatter_of_the_models_makes_it_harder(self):
        """What is above chance by its examples is not where models scatter ten times as much."""
        curve = counted([50, 60, 56, 58, 90, 120, 150, 170], 0.25, 200)
        for dispersion, says in ((1.0, ABOVE), (10.0, TOO_FEW)):
            study = study_of([sample(**curve, dispersion=dispersion)])
            assert small_model_curves(study, CLAIM_RULES)[0]["says"].tolist() == [says]

    def test_a_task_has_one_vote(self):
        """What more than half of its curves say; without such a majority it is open."""
        rows = [
            sample(task=f"t{i}", subtask=f"s{j}", **CURVES[kind])
            for i in range(4)
            for j, kind in enumerate([ABOVE, ABOVE, BELOW])
        ]
        more = [sample(task="half", subtask=k, **CURVES[k]) for k in (ABOVE, BELOW)]
        found = decided(resolution, [*rows, *more])
        assert (found.tasks, found.curves, found.value) == (5, 14, 0.8)

    def test_the_examples_that_would_show_it(self):
        """By the law fitted to the curve; for four models together."""
        known, _ = small_model_curves(study_of(small(few=1)), CLAIM_RULES)
        (row,) = known.itertuples()
        share = row.predicted
        assert 0.25 < share < 0.3
        assert row.needed == math.ceil(examples_needed(share, 0.25, 0.05, 0.8) / 4) > 50
        assert row.needed > 1e6
        found = decided(resolution, small(few=12))
        assert (
            "would need, by the law fitted to each, a million examples or more"
            in found.would_decide
        )
        (table,) = found.tables.values()
        assert table[0]["examples of each that would show the law's score"] == row.needed

    def test_what_the_law_has_at_chance_no_examples_show(self):
        flat = counted([10, 10, 10, 10, 10, 10, 10, 40], 0.25, 40)
        known, _ = small_model_curves(study_of([sample(**flat)]), CLAIM_RULES)
        assert known["needed"].isna().all() or (known["needed"] > 1e6).all()


def _fields(row):
    return {name: value for name, value in row.items() if name not in ("curve_id", "level")}
