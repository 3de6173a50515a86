"""Checkpoints of one training: curves over tokens for one size, and over sizes for each step."""

from __future__ import annotations

import csv
import io
import shlex

import pytest

from emergence.facts.model_sizes import MODEL_SIZES

STEPS = (0, 1000, 2000, 4000, 8000)
SIZES = {"EleutherAI/pythia-70m": 70426624, "EleutherAI/pythia-160m": 162322944}


def table(column, place):
    """Two sizes at five checkpoints; sizes, families and tokens of a step are the project's."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["task", "metric", "model", column, "score", "n_examples", "low_score"])
    for model in SIZES:
        for at, step in enumerate(STEPS):
            writer.writerow(["t", "acc", model, place(step), 0.1 * at, 100, 0])
    return text.getvalue()


@pytest.fixture
def measured(command, tmp_path):
    """The curves of a table, by condition; what was said beside them."""

    def run(text, *options):
        (tmp_path / "s.csv").write_text(text)
        status, said, noted = command("score", "s.csv", "--output", "csv", *options)
        assert status == 0, noted
        rows = list(csv.DictReader(io.StringIO(said)))
        return {row["condition"]: row for row in rows}, noted

    return run


class TestOverTokens:
    @pytest.mark.parametrize(
        ("column", "place"), [("step", str), ("tokens", lambda step: str(step * 2097152))]
    )
    def test_each_size_makes_one_curve(self, measured, column, place):
        found, _ = measured(table(column, place), "--axis", "tokens")
        assert set(found) == {f"n_params={size}" for size in SIZES.values()}
        for row in found.values():
            # Step 0 has no logarithm: it is no point of the curve, and is counted.
            assert (row["axis"], row["n_scales"], row["n_dropped"]) == ("tokens", "4", "1")

    def test_over_sizes_each_checkpoint_makes_one(self, measured):
        found, noted = measured(table("step", str))
        assert set(found) == {f"step={step}" for step in STEPS}
        assert {row["n_scales"] for row in found.values()} == {"2"}
        assert "--axis params tokens" in noted

    def test_tokens_tell_checkpoints_apart_and_that_is_said(self, measured, command):
        found, _ = measured(table("tokens", lambda step: f"{step}M"))
        assert "tokens=1000000000" in found and len(found) == len(STEPS)
        _, said, _ = command("check", "s.csv")
        assert "models of Pythia have scores at several numbers of tokens" in said

    def test_steps_of_unknown_length_are_said(self, measured):
        text = table("step", str).replace("EleutherAI/pythia", "facebook/opt")
        text = text.replace("-70m", "-125m").replace("-160m", "-350m")
        _, noted = measured(text)
        assert "the tokens per step of facebook/opt-125m" in noted
        assert "tokens_per_step" in noted

    def test_a_table_of_sizes_may_say_how_many(self, measured, tmp_path):
        (tmp_path / "m.csv").write_text("model,n_params,tokens_per_step\nme/a,1e9,4M\nme/b,2e9,\n")
        lines = ["task,metric,model,step,score"]
        lines += [f"t,acc,me/{m},{step},0.{step}" for m in "ab" for step in (1, 2, 3, 4)]
        found, noted = measured("\n".join(lines), "--sizes", "m.csv", "--axis", "tokens")
        assert set(found) == {"n_params=1000000000"} and "me/b" in noted

    def test_a_table_of_sizes_with_a_mistake(self, command, tmp_path):
        (tmp_path / "m.csv").write_text("model,n_params,tokens_per_step\nme/a,1e9,many\n")
        (tmp_path / "s.csv").write_text("task,metric,model,step,score\nt,acc,me/a,1,0.5\n")
        status, _, error = command("score", "s.csv", "--sizes", "m.csv")
        assert status == 1 and "m.csv, line 2" in error and "tokens_per_step: 'many'" in error


def test_pythia_is_counted_and_its_steps_are_of_two_million_tokens():
    rows = {row["model"]: row for row in MODEL_SIZES.rows}
    of_pythia = [row for row in MODEL_SIZES.rows if row["model_family"] == "Pythia"]
    # Ten sizes, eight of which have another name in the results that the project published.
    assert len({row["n_params"] for row in of_pythia}) == 10 and len(of_pythia) == 18
    assert {row["scale_kind"] for row in of_pythia} == {"total"}
    assert {row["tokens_per_step"] for row in of_pythia} == {1024 * 2048}
    # 143,000 steps are the 299.9 billion tokens of its paper.
    assert 143_000 * rows["EleutherAI/pythia-12b"]["tokens_per_step"] == pytest.approx(
        3e11, rel=1e-3
    )

    def test_a_column_that_may_be_one_of_ours_is_proposed(self, measured, command):
        """By the option that reads it, as it is printed; the unit in its name counts."""
        text = table("Training tokens (B)", lambda step: step / 1000)
        header, first, *_ = text.split("\n")
        measured(f"{header}\n{first}\n")
        _, said, _ = command("check", "s.csv")
        (note,) = [line for line in said.split("\n") if "how models were trained" in line]
        assert note.endswith("for --axis: --column tokens='Training tokens (B)'")
        found, _ = measured(text, *shlex.split(note.partition("--axis: ")[2]))
        assert "tokens=1000000000" in found and len(found) == len(STEPS)
