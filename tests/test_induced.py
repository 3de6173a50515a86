"""The dataset ``induced``: its metrics, its tests, and that its networks can be repeated."""

from __future__ import annotations

import ast
import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lookups
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from induced_samples import SETTINGS
from page_samples import ENTRY

from emergence import Study
from emergence.errors import InputError
from emergence.induced import addition, dataset, kept
from emergence.induced.addition import Addition, digits_of, pairs_of_test, training_pairs
from emergence.induced.answers import Answers, best, scores
from emergence.induced.digits import Digits
from emergence.induced.network_results import METRICS
from emergence.induced.networks import Recipe, one_hot, stream
from emergence.induced.reconstruction import error_scores
from emergence.pages.cited import Cited, cited
from emergence.pages.experiments import cited_study
from emergence.raw.programs import Place

RECIPE = Recipe(epochs=1, batch=50, rate=0.01, activation="relu")


def adder(**changes) -> Addition:
    """A family that is never trained here."""
    family = Addition(
        widths=(1, 2),
        digits=(1, 2, 3),
        examples=300,
        tests=500,
        recipe=RECIPE,
        seed=1,
    )
    return replace(family, **changes)


def answers(right: np.ndarray) -> Answers:
    return Answers(right, np.zeros(right.shape), np.zeros(right.shape))


truths = arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 8)))


class TestMetrics:
    @given(right=truths)
    def test_token_edit_distance_is_affine_in_per_digit_accuracy(self, right) -> None:
        """So it must not vote beside it."""
        found = scores(answers(right), "exact_str_match")
        length = right.shape[1]
        assert found["token_edit_distance"] == pytest.approx(
            length * (1 - found["per_digit_accuracy"])
        )

    @given(right=truths)
    def test_exact_match_is_a_count_and_never_above_any_position(self, right) -> None:
        found = scores(answers(right), "exact_str_match")["exact_str_match"]
        assert found * len(right) == pytest.approx(round(found * len(right)))
        assert found <= right.mean(axis=0).min()

    @given(right=arrays(bool, st.tuples(st.integers(10, 40), st.just(1))), size=st.integers(1, 10))
    def test_subsets_are_disjoint_groups_and_no_power(self, right, size: int) -> None:
        """Counted by hand; what does not fill a group is left out."""
        groups = [right[i : i + size, 0] for i in range(0, len(right) - size + 1, size)]
        found = answers(right).together(size)
        assert len(found.right) == len(groups)
        share = scores(found, "subset_accuracy")["subset_accuracy"]
        assert share == pytest.approx(np.mean([group.all() for group in groups]))

    def test_closed_forms_of_one_answer(self) -> None:
        """Brier: sum of (p - t)^2 over the classes; log-likelihood: ln p of the right one."""
        p = np.array([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]])
        found = Answers.of(p, np.array([[0, 1]]))
        np.testing.assert_array_equal(found.right, [[True, False]])
        np.testing.assert_allclose(
            found.brier, [[0.25 + 0.09 + 0.04, 0.01 + 0.81 + 0.64]], rtol=1e-12
        )
        np.testing.assert_allclose(found.log_likelihood, np.log([[0.5, 0.1]]), rtol=1e-12)

    @settings(deadline=None)
    @given(
        targets=arrays(
            np.int64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.integers(0, 9)
        )
    )
    def test_no_constant_guess_is_better_than_the_baseline(self, targets) -> None:
        """Whichever digit at each position, and whichever probabilities."""
        found = scores(Answers.constant(targets, 10), "exact_str_match")
        for digit in range(10):
            for position in (0, 1):
                guess = Answers.constant(targets, 10).right[:, position].mean()
                assert guess >= (targets[:, position] == digit).mean()
        random = np.random.default_rng(0)
        p = np.broadcast_to(random.dirichlet(np.ones(10), 2), (len(targets), 2, 10))
        other = scores(Answers.of(p, targets), "exact_str_match")
        assert found["per_digit_brier_score"] <= other["per_digit_brier_score"] + 1e-12
        assert found["per_digit_log_likelihood"] >= other["per_digit_log_likelihood"] - 1e-12
        shares = (targets[:, :, None] == np.arange(10)).mean(axis=0)
        assert found["per_digit_brier_score"] == pytest.approx(1 - (shares**2).sum(axis=1).mean())
        entropy = -sum(q * math.log(q) for q in shares.ravel() if q) / 2
        assert found["per_digit_log_likelihood"] == pytest.approx(-entropy)

    def test_the_best_scores(self) -> None:
        assert best(3, "exact_str_match") == {
            "exact_str_match": 1,
            "per_digit_accuracy": 1,
            "token_edit_distance": 0,
            "per_digit_brier_score": 0,
            "per_digit_log_likelihood": 0,
        }

    def test_an_image_is_reconstructed_below_c(self) -> None:
        found = error_scores(np.array([0.1, 0.2, 0.3, 0.4]), 0.3)
        assert found == {"share_reconstructed": 0.5, "mean_squared_error": 0.25}

    def test_means_in_place_of_answers_change_no_score(self) -> None:
        random = np.random.default_rng(1)
        p = random.dirichlet(np.ones(10), (50, 3))
        found = Answers.of(p, random.integers(10, size=(50, 3)))
        whole, averaged = (scores(a, "exact_str_match") for a in (found, found.averaged()))
        assert whole == pytest.approx(averaged)


class TestAddition:
    @given(numbers=arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 10**6 - 1)))
    def test_digits_are_those_of_the_number(self, numbers) -> None:
        assert ["".join(map(str, row)) for row in digits_of(numbers, 6).tolist()] == [
            f"{number:06d}" for number in numbers.tolist()
        ]

    @pytest.mark.parametrize(("digits", "number"), [(1, 25), (2, 500), (3, 500)])
    def test_no_pair_of_the_test_is_trained_on_and_none_is_there_twice(
        self, digits: int, number: int
    ) -> None:
        """Of 100 pairs of one digit a quarter is kept for the test."""
        family = adder()
        tests = list(map(tuple, pairs_of_test(family, digits).tolist()))
        assert len(tests) == len(set(tests)) == number
        trained = training_pairs(family, digits, 2000, np.random.default_rng(0))
        assert trained.shape == (2000, 2)
        assert not set(tests) & set(map(tuple, trained.tolist()))
        low, high = (0, 9) if digits == 1 else (10 ** (digits - 1), 10**digits - 1)
        assert trained.min() >= low
        assert trained.max() <= high

    def test_the_test_is_the_same_whatever_the_widths_and_the_recipe(self) -> None:
        """All networks answer the same questions."""
        other = adder(widths=(5,), recipe=replace(RECIPE, epochs=9), examples=9)
        np.testing.assert_array_equal(pairs_of_test(adder(), 2), pairs_of_test(other, 2))

    def test_targets(self) -> None:
        """The last digits, as many as a sum of numbers of that length can have."""
        family = adder(digits=(2, 3))
        for digits in (2, 3):
            wanted = [f"{a + b:0{digits + 1}d}" for a, b in pairs_of_test(family, digits)]
            found = ["".join(map(str, row)) for row in family.targets(digits).tolist()]
            assert found == wanted

    def test_one_hot(self) -> None:
        np.testing.assert_array_equal(
            one_hot(np.array([[0, 2], [1, 1]]), 3), [[1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 1, 0]]
        )


class TestNetworks:
    def test_streams_of_other_purposes_differ(self) -> None:
        first = stream(1, "addition", 8, 1).random()
        assert first == stream(1, "addition", 8, 1).random()
        others = [
            stream(2, "addition", 8, 1),
            stream(1, "addition", 8, 2),
            stream(1, "digits", 8, 1),
        ]
        assert first not in [other.random() for other in others]

    def test_probabilities_sum_to_one_and_are_never_zero(self) -> None:
        family = Digits.of(SETTINGS["digits"], 1)
        measured = family.measure(4, 1)
        assert np.isfinite(measured["log_likelihood"]).all()
        assert (measured["brier"] >= 0).all()
        assert (measured["brier"] <= 2).all()
        # 64 pixels to 4 units to 10 classes.
        assert int(measured["parameters"]) == 64 * 4 + 4 + 4 * 10 + 10


class TestKept:
    def test_a_name_depends_on_what_a_network_depends_on(self) -> None:
        family = Digits.of(SETTINGS["digits"], 1)
        name = kept.digest(family, 4, 1)
        # How answers are grouped, and which other networks there are, changes none.
        assert name == kept.digest(replace(family, together=(3,), widths=(4,)), 4, 1)
        others = [
            kept.digest(family, 5, 1),
            kept.digest(family, 4, 2),
            kept.digest(replace(family, seed=2), 4, 1),
            kept.digest(replace(family, recipe=replace(family.recipe, rate=0.1)), 4, 1),
        ]
        assert len({name, *others}) == 5

    def test_a_name_depends_on_every_module_that_trains(self) -> None:
        """All that the families import from this package, and what that imports, again."""
        folder = Path(kept.__file__).parent
        found, waiting = set(), ["addition", "digits", "parity", "reconstruction"]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
                if isinstance(node, ast.ImportFrom) and node.module.startswith("emergence.induced"):
                    waiting.append(node.module.rpartition(".")[2])
        assert sorted(f"{name}.py" for name in found) == sorted(kept._TRAINING)

    @pytest.mark.parametrize("damage", [b"", b"no zip", None])
    def test_what_cannot_be_read_is_trained_again(self, tmp_path: Path, damage) -> None:
        path = tmp_path / "one.npz"
        kept.store({"a": np.arange(3)}, path)
        np.testing.assert_array_equal(kept.load(path)["a"], [0, 1, 2])
        path.write_bytes(path.read_bytes()[:-10] if damage is None else damage)
        assert kept.load(path) is None
        assert kept.load(tmp_path / "none.npz") is None


def parts_of(content: Any) -> Iterator[Cited]:
    """The cited numbers of what a page shows, of which nothing else may have a digit."""
    if isinstance(content, Cited):
        yield content
    elif isinstance(content, dict):
        for name, value in content.items():
            # Cells, and what stands cited elsewhere.
            if name not in ("rows", "columns", "otherwise", "name", "id"):
                yield from parts_of(value)
    elif isinstance(content, (list, tuple)):
        for part in content:
            yield from parts_of(part)
    else:
        # A condition is a name.
        assert not re.search(r"\d", re.sub(r"\b\w+=[\d.]+", "", str(content))), content


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small dataset, made with one core."""
    folder = tmp_path_factory.mktemp("induced")
    (folder / "files").mkdir()
    dataset.run(SETTINGS, Place(folder / "files", folder / "kept", 1))
    return folder


class TestRunning:
    def contents(self, folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((folder / "files").iterdir())}

    def test_the_same_bytes_with_two_cores(self, made: Path, tmp_path: Path) -> None:
        (tmp_path / "files").mkdir()
        dataset.run(SETTINGS, Place(tmp_path / "files", tmp_path / "kept", 2))
        assert self.contents(tmp_path) == self.contents(made)
        assert list(self.contents(made)) == ["experiments.json", "outcomes.npz", "scores.csv"]

    def test_what_is_kept_is_not_trained_again(
        self, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One is missing, one is damaged, and one is of other settings: that one is removed."""
        (tmp_path / "files").mkdir()
        there = tmp_path / "kept"
        there.mkdir()
        for path in (made / "kept").iterdir():
            (there / path.name).write_bytes(path.read_bytes())
        first, second, *_ = sorted(there.glob("*.npz"))
        first.unlink()
        second.write_bytes(b"damaged")
        (there / "old.npz").write_bytes(b"of other settings")
        trained = []
        measure = kept._measure

        def counted(key, *rest):
            trained.append(key)
            return measure(key, *rest)

        monkeypatch.setattr(kept, "_measure", counted)
        dataset.run(SETTINGS, Place(tmp_path / "files", there, 1))
        assert len(trained) == 2
        assert self.contents(tmp_path) == self.contents(made)
        assert not (there / "old.npz").exists()

    def test_experiments_are_strict_json_with_what_failed_first(self, made: Path) -> None:
        def refuse(name: str) -> None:
            raise AssertionError(name)

        text = (made / "files/experiments.json").read_text(encoding="utf-8")
        study = json.loads(text, parse_constant=refuse)
        found = study["experiments"]
        assert len({one["name"] for one in found}) == len(found) == 8
        outcomes = [one["outcome"] for one in found]
        assert outcomes == sorted(outcomes)
        assert set(outcomes) <= {"shown", "not shown"}
        for one in found:
            assert one["reading"]
            for table in one["tables"]:
                assert {len(row) for row in table["rows"]} <= {len(table["columns"])}

        # Under each of the other settings every prediction is decided again.
        assert [row["name"] for row in study["otherwise"]] == [one["name"] for one in found]
        for row in study["otherwise"]:
            assert {other["outcome"] for other in row["others"]} <= {"shown", "not shown"}
            assert len(row["others"]) == 4
        assert study["trained"]["parity"] == (
            "8 networks, 4 sizes of 20 to 146 parameters, 2 seeds each"
        )

    def test_every_number_of_its_sentences_is_cited_on_the_page(self, made: Path) -> None:
        """Also those that only networks could find, which the sample of the pages lacks."""
        study = json.loads((made / "files/experiments.json").read_text(encoding="utf-8"))
        captions = [cited(picture["caption"], "", "") for picture in study["pictures"]]
        parts = list(parts_of([cited_study(study, {}), captions]))
        keys = {part.source.partition("emergence show ")[2] for part in parts if part.source}
        assert len(keys) > 80
        assert len({one["id"] for one in study["experiments"]}) == 8
        assert all(re.fullmatch(r"[\w:.-]+", key) for key in keys), "a shell takes them as they are"

    def test_how_long_it_took_is_no_part_of_the_dataset(self, made: Path) -> None:
        """It stands beside the finished networks, where no digest is taken of it."""
        with (made / "kept" / dataset.TIMES).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["task"] for row in rows] == list(METRICS)
        assert all(row["networks"] == "8" for row in rows)
        assert sum(float(row["processor_seconds"]) for row in rows) > 0

    def test_outcomes_are_those_that_were_scored(self, made: Path) -> None:
        """For those who resample examples jointly over networks and metrics."""
        with (made / "files/scores.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        with np.load(made / "files/outcomes.npz") as outcomes:
            right = np.unpackbits(
                outcomes["addition target_digits=3"][..., None], axis=-1, count=3
            ).astype(bool)
        scored = [
            float(row["score"])
            for row in rows
            if (row["task"], row["condition"], row["metric"])
            == ("addition", "target_digits=3", "exact_str_match")
        ]
        np.testing.assert_allclose(right.all(axis=3).mean(axis=2).ravel(), scored)

    def test_every_score_is_used_and_every_metric_known(self, made: Path) -> None:
        """With its baseline; the metrics of a task are those of the same answers."""
        source = {"kind": "file", "format": "tidy", "path": "scores.csv"}
        study = Study.compute(
            "small", {**ENTRY, "sources": [source]}, {}, made / "files", "tabulate"
        )
        scores = study.scores
        assert set(scores["use"].to_pylist()) == {"used"}
        assert not any(scores["flags"].to_pylist())
        assert scores["low_score"].null_count == 0
        assert set(scores["replicate"].to_pylist()) == {"seed 1", "seed 2"}
        columns = (scores[name].to_pylist() for name in ("task", "output_group"))
        groups = set(zip(*columns, strict=True))
        assert len(groups) == len(set(scores["task"].to_pylist())) == 4

    def test_a_test_that_leaves_nothing_to_learn_from(self, tmp_path: Path) -> None:
        changed = {**SETTINGS, "digits": {**SETTINGS["digits"], "tests": 1797}}
        (tmp_path / "files").mkdir()
        with pytest.raises(InputError, match="some must be left to learn from"):
            dataset.run(changed, Place(tmp_path / "files", tmp_path / "kept", 1))

    def test_the_entry_of_the_project(self) -> None:
        """At least 8 sizes, evenly spaced in log scale as far as whole units allow; 5 seeds."""
        entry = lookups.registry([])["induced"]["sources"][0]["settings"]
        for family in dataset.families_of(entry):
            assert entry[family.task]["replicates"] >= 5
            assert len(family.widths) >= 8, family.task
            ratios = np.array(family.widths[1:]) / np.array(family.widths[:-1])
            wide = np.array(family.widths[:-1]) >= 4
            assert (abs(ratios[wide] - np.median(ratios)) < 0.15).all(), family.task
        assert addition.pairs_of_test(dataset.families_of(entry)[0], 4).shape == (50_000, 2)
