"""How many examples a score is a share of: recovered where the scores show it, else unknown."""

from __future__ import annotations

from typing import Any

import pytest

from emergence.examples import recover_examples
from emergence.facts.metric_catalog import Metric, Metrics
from emergence.scores import assemble

SHARE = Metrics(
    accuracy=Metric(group="discontinuous", is_share_of_examples=True, flags=()),
    brier=Metric(group="continuous", is_share_of_examples=False, flags=()),
)


@pytest.fixture
def recovered(source_rows, source_rejects):
    """Recover the examples of a curve of these scores; the inventory says how many there are."""

    def recover(scores, listed: dict[tuple[str, str], int | None] | None = None, **fields: Any):
        inventory = [
            {"task": task, "subtask": part, "n_examples": n, "is_leaf": "1"}
            for (task, part), n in (listed or {}).items()
        ]
        rows = [
            {"model": f"m{i:02}", "scale": 10.0 ** (i + 1), "score": score, **fields}
            for i, score in enumerate(scores)
        ]
        table = assemble("data", source_rows(rows), source_rejects([]), SHARE).encoded
        found = recover_examples(table, inventory, SHARE)
        return list(zip(found["n_examples"].to_pylist(), found["flags"].to_pylist(), strict=True))

    return recover


TASK = ("arithmetic", "")


class TestCandidates:
    @pytest.mark.parametrize(
        ("family", "listed", "of", "expected"),
        [
            ("BIG-G T=0", 700, 700, 700),
            ("BIG-G sparse", 5000, 1024, 1024),
            ("GPT", 5000, 1000, 1000),
            ("PaLM", 5000, 1000, 1000),
            ("Gopher", 5000, 5000, 5000),
            # The cap of the family was not kept to: the next candidate is the inventory's.
            ("GPT", 5003, 5003, 5003),
            ("Gopher", 5003, 1024, 1024),
            ("Gopher", 5003, 1000, 1000),
            ("nobody", None, 1024, 1024),
        ],
    )
    def test_the_first_that_makes_whole_numbers_is_taken(
        self, recovered, family, listed, of, expected
    ):
        """Scores are shares of `of` examples; a prime share fits no other candidate."""
        scores = [part / of for part in (7, 101, 211, 307)]
        found = recovered(scores, {TASK: listed} if listed else {}, model_family=family)
        assert found == [(expected, "")] * 4

    def test_every_model_must_fit(self, recovered):
        """Three scores are shares of 700, one is a share of nothing: unknown for all."""
        assert (
            recovered([7 / 700, 100 / 700, 0.123456789, 3 / 700], {TASK: 700}) == [(None, "")] * 4
        )

    def test_a_common_divisor_is_an_assumption(self, recovered):
        """Shares of 30 in lowest terms show 30 or a multiple of it: 60 examples would fit."""
        assert recovered([1 / 6, 3 / 10, 8 / 15], {TASK: 77}) == [(30, "n_assumed")] * 3

    def test_a_divisor_beyond_every_cap_is_none(self, recovered):
        """Any scores have some common divisor, if only it is large enough."""
        assert recovered([1 / 31, 1 / 37, 1 / 41], {TASK: 77}) == [(None, "")] * 3

    @pytest.mark.parametrize("scores", [[0.0] * 5, [1.0] * 5, [0.0, 0.0, 1.0, 1.0]])
    def test_scores_of_all_or_nothing_take_the_first(self, recovered, scores):
        """They are shares of any number: the first candidate is assumed, and flagged."""
        found = recovered(scores, {TASK: 5000}, model_family="GPT")
        assert found == [(1000, "n_assumed")] * len(scores)

    def test_and_stay_unknown_where_there_is_none(self, recovered):
        """Without an inventory nothing says how many zeros there were."""
        assert recovered([0.0, 0.0], model_family="GPT") == [(None, "")] * 2

    def test_curves_are_judged_apart(self, recovered):
        """One curve's misfit is no reason against its neighbour."""
        one = recovered([3 / 50, 4 / 50], {TASK: 50}, shots=0)
        other = recovered([0.123456789, 4 / 50], {TASK: 50}, shots=1)
        assert one == [(50, "")] * 2 and other == [(None, "")] * 2


class TestWhatIsNoShare:
    def test_another_metric(self, recovered):
        """A Brier score may be a whole number of 700ths by chance."""
        assert recovered([0.25, 0.5], {TASK: 700}, metric="brier") == [(None, "")] * 2

    def test_a_metric_that_nobody_knows(self, recovered):
        """What is not known to be a share is none."""
        assert recovered([0.25], {TASK: 700}, metric="new") == [(None, "unclassified")]

    @pytest.mark.parametrize("score", [-0.5, 1.5, 50.0])
    def test_a_score_outside_0_to_1(self, recovered, score):
        """It is no share, and then the curve's other scores are in doubt as well."""
        found = recovered([0.5, score], {TASK: 2})
        assert [n for n, _ in found] == [None, None]

    def test_a_mean_over_subtasks_in_the_data(self, source_rows, source_rejects):
        """It can be a whole number of shares by chance: intervals would be wrong."""
        rows = [{"score": 0.5}, {"score": 0.5, "subtask": "part"}]
        table = assemble("data", source_rows(rows), source_rejects([]), SHARE).encoded
        inventory = [
            {"task": "arithmetic", "subtask": part, "n_examples": 8, "is_leaf": "1"}
            for part in ("", "part")
        ]
        found = recover_examples(table, inventory, SHARE).to_pylist()
        assert {row["subtask"]: row["n_examples"] for row in found} == {"": None, "part": 8}

    def test_a_mean_over_subtasks_by_the_inventory(self, recovered, source_rows, source_rejects):
        """The data may lack the subtasks that the inventory knows."""
        table = assemble("d", source_rows([{"score": 0.5}]), source_rejects([]), SHARE).encoded
        inventory = [{"task": "arithmetic", "subtask": "", "n_examples": 8, "is_leaf": "0"}]
        assert recover_examples(table, inventory, SHARE)["n_examples"].to_pylist() == [None]


class TestRows:
    def test_published_numbers_stay(self, recovered):
        """What the source says is not guessed."""
        assert recovered([0.5, 0.25], {TASK: 700}, n_examples=8) == [(8, "")] * 2

    def test_missing_and_infinite_scores_have_none(self, recovered):
        """They are no shares; the others of the curve are judged without them."""
        nan, inf = float("nan"), float("inf")
        found = recovered([0.5, None, nan, inf, 7 / 50], {TASK: 50})
        assert [n for n, _ in found] == [50, None, None, None, 50]

    def test_an_empty_table(self, source_rows, source_rejects):
        """A dataset of nothing but rejects comes by here too."""
        table = assemble("data", source_rows([]), source_rejects([]), SHARE).encoded
        assert recover_examples(table, [], SHARE).num_rows == 0
