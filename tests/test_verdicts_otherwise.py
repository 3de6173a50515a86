"""The verdicts under other settings are those that the whole inference gives with them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from verdict_samples import SETTINGS, sample, study_of, tables

from emergence import Study
from emergence.facts.metric_catalog import Metric
from emergence.settings import VerdictRules
from emergence.stages.infer import infer
from emergence.stages.label import label
from emergence.stages.pool import pool
from emergence.stages.sensitivity import counts_otherwise, other_settings
from emergence.verdicts.counts import verdict_counts
from emergence.verdicts.relabelled import Relabelled

METRICS = {"exact_str_match": Metric("discontinuous", is_share_of_examples=True, flags=())}

VALUES = {"sharpness": [2.0], "fdr": [0.01], "level": [0.8, 0.95, 0.99]}

#: Few draws, and intervals so narrow that most curves have a verdict.
NARROW = {"level": 0.5, "draws": 100, "sensitivity": VALUES}

#: Nothing but what the data have to vary.
NO_VALUES = {"sensitivity": dict.fromkeys(VALUES, ())}

SCALES = [4.0**i * 1e6 for i in range(8)]


def drawn_curves():
    """Laws from far below to far above b_max; some bend, some end near chance or are flat."""
    generator = np.random.default_rng(5)
    rows = []
    for at, exponent in enumerate(np.geomspace(0.1, 2.0, 32)):
        loss = np.exp(-0.5 + exponent * np.log(SCALES[-1] / np.array(SCALES)))
        share = np.exp(-loss) if at % 8 else np.full(8, 0.3)
        share[3:5] *= 1.0 + 0.0105 * (at % 7) * (at < 12)
        chance = 0.5 if at % 6 == 0 else 0.0
        if chance:
            share = np.where(np.arange(8) < 4, 0.5, 0.513 + 0.0005 * at)
        family = "F" if not chance else "of two choices"
        # So few that the intervals of some exponents hold b_max; many for a last score near chance.
        n = 5000 if chance else 300
        scores = generator.binomial(n, share) / n
        fields = {"task": f"t{at}", "model_family": family, "chance": chance}
        fields |= {"scores": scores.tolist(), "n_examples_by_scale": [n] * 8}
        # What looks emergent is put in: as many as can be are to have a verdict.
        sharpness, early = (0.5, False) if at % 5 == 0 else (3.0, at == 1)
        rows.append(sample(**fields, sharpness=sharpness, early=early))
    # The same once more with shots, and as subtasks: one of each pair does not count.
    rows += [sample(**{**rows[at], "shots": 2}) for at in (2, 3, 11)]
    rows += [sample(**{**rows[at], "subtask": f"t{at}:a"}) for at in (4, 13, 14)]
    rows[7] |= {"n_examples_by_scale": [None] * 8}
    rows[10] |= {"flags": "known_bad"}
    return tables(rows)[0]


def inferred(**settings) -> Study:
    """These curves with their inference and labels."""
    known = {"curves": drawn_curves(), "metrics": METRICS}
    return label(pool(infer(Study("data", {}, {**SETTINGS, **NARROW, **settings}, known=known))))


@pytest.fixture(scope="module")
def study() -> Study:
    return inferred()


@pytest.fixture(scope="module")
def others(study) -> list[Relabelled]:
    """What comes out under other settings."""
    return list(other_settings(study))


def names_of(found: Iterator[Relabelled]) -> list[tuple]:
    return [(other.setting, other.value) for other in found]


class TestOtherSettings:
    def test_each_value_but_the_setting_itself(self, study, others):
        """In the order of the configuration; what the data have to vary comes last."""
        wanted = [(name, value) for name, values in VALUES.items() for value in values]
        data = [("exclude_known_bad", False), ("curves", "subtasks only")]
        assert names_of(others) == [*wanted, *data]
        moved = {**study.settings, "level": 0.8}
        known = {
            name: getattr(study, name) for name in ("curves", "inference", "pooled", "metrics")
        }
        some = other_settings(label(Study("data", {}, moved, known=known)))
        left = [pair for pair in wanted if pair != ("level", 0.8)]
        assert names_of(some) == [*left, *data]

    @pytest.mark.parametrize(("flags", "varied"), [("not_known_bad", 0), ("known_bad;no_share", 1)])
    def test_a_longer_name_of_a_flag_is_another_flag(self, flags, varied):
        """Data that are not bad leave nothing to take in."""
        found = other_settings(study_of([sample(flags=flags)], **NO_VALUES))
        assert [other.setting for other in found] == ["exclude_known_bad"] * varied

    @pytest.mark.parametrize("value", VALUES["level"])
    def test_as_everything_inferred_anew(self, study, others, value):
        """The whole inference at that level, and labels made of it."""
        anew = inferred(level=value)
        (other,) = (o for o in others if (o.setting, o.value) == ("level", value))
        assert other.labels.equals(anew.labels)
        assert other.rules == VerdictRules.of(anew.settings)

    def test_they_make_a_difference_here(self, study, others):
        """Levels move what rises and what is decided."""
        seen = {
            (other.setting, other.value): (
                other.labels["rises"].to_pylist(),
                other.labels["verdict"].to_pylist(),
            )
            for other in others
        }
        rises, verdicts = (study.labels[name].to_pylist() for name in ("rises", "verdict"))
        assert {"smooth_suffices", "not_decidable"} <= set(verdicts)
        assert seen["level", 0.99][1] != verdicts != seen["level", 0.8][1]
        assert any(seen["level", value][0] != rises for value in VALUES["level"])

    def test_one_of_no_curve(self):
        """Nothing is to be inferred, and nothing fails."""
        found = other_settings(study_of([], **NARROW))
        assert [other.labels.num_rows for other in found] == [0] * 5


class TestCounts:
    def test_as_the_verdicts_are_counted(self, study, others):
        """Under each setting the same numbers, from labels made under it."""
        rows = counts_otherwise(study.curves, others)
        assert rows[-1]["curves"] == 3
        json.dumps(rows, allow_nan=False)
        for row, other in zip(rows[:-1], others[:-1], strict=True):
            rules = {name: getattr(other.rules, name) for name in ("sharpness", "fdr", "level")}
            moved = {**study.settings, **rules, "exclude_known_bad": other.rules.exclude_known_bad}
            known = {"labels": other.labels}
            known |= {name: getattr(study, name) for name in ("curves", "inference", "pooled")}
            whole = verdict_counts(Study("data", {}, moved, known=known))["all"]
            names = set(row) - {"setting", "value"}
            assert names == {
                *("curves", "judged", "rises", "apparent", "apparent_unknown"),
                *("apparent_tasks", "strict", "strict_unknown", "verdicts"),
            }
            assert {name: row[name] for name in names} == {name: whole[name] for name in names}

    def test_a_part_of_the_curves_is_counted_alone(self):
        """Shots and subtasks are looked at by themselves: their curves are all there is."""
        rows = [sample(task=f"t{i}", shots=i % 2) for i in range(5)]
        rows.append(sample(task="t1", subtask="t1:a", shots=0))
        study = study_of(rows, **NO_VALUES)
        found = counts_otherwise(study.curves, other_settings(study))
        counted = {(row["setting"], row["value"]): row["curves"] for row in found}
        assert counted == {("shots", 0): 4, ("shots", 1): 2, ("curves", "subtasks only"): 1}
