"""Wide tables: what is proposed, what is read, and that the proposed command works."""

from __future__ import annotations

import csv
import io
import shlex
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from emergence.sources.headers import size_unit, training_unit

SIZES = ("0.35", "1.3", "2.7", "6.7", "13")

#: Five models of two families on three tasks; a mean that is no task, and a size in billions.
BOARD = "Model,Family,#Params (B),Average,mmlu,gsm8k,arc_acc_norm\n" + "".join(
    f"{family}-{size}b,{family},{size},50,{20 + i}.5,{5 * i},{30 + i}\n"
    for family in ("A", "B")
    for i, size in enumerate(SIZES)
)


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def proposed(err: str) -> list[str]:
    """The command that a message ends with, without the program."""
    program, *arguments = shlex.split(err.strip().splitlines()[-1])
    assert program == "emergence"
    return arguments


def table(name: str) -> list[dict[str, str]]:
    text = Path(f"emergence-report/tables/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


class TestProposal:
    def test_from_a_leaderboard_to_a_page_in_two_commands(self, command):
        """What it proposes is run as it is printed, by both commands that print it."""
        for asked in ("check", "report"):
            status, out, err = command(asked, write("board.csv", BOARD))
            assert (status, out) == (1, "")
            assert "Is each row a model ('Model', 'Family', '#Params (B)')" in err
            assert "are these its scores? mmlu, gsm8k, arc_acc_norm" in err
            status, out, _ = command(*proposed(err))
            assert status == 0
        assert "made:     6 scale curves of 3 tasks, 2 metrics, 2 model families" in out
        assert "A: 5 models, 350M to 13B parameters" in out
        assert "columns ignored: Average" in out
        rows = table("scores")
        assert {(row["task"], row["metric"]) for row in rows} == {
            ("mmlu", "acc"),
            ("gsm8k", "acc"),
            ("arc", "acc_norm"),
        }
        found = {(row["model"], row["task"]): float(row["score"]) for row in rows}
        assert found["A-13b", "mmlu"] == 24.5 / 100 and found["B-1.3b", "gsm8k"] == 5 / 100
        assert {float(row["scale"]) for row in rows} == {float(f"{size}e9") for size in SIZES}

    def test_without_sizes_the_lines_to_fill_in_are_written(self, command):
        """With a guess from the name that says what it is; each printed command is run."""
        write("models.csv", "mine")
        write("w.csv", "model,mmlu\nme/a-7b,0.3\nme/8x7b,0.4\nme/c,0.5\n")
        _, _, err = command("check", "w.csv")
        status, out, _ = command(*proposed(err))
        assert status == 0 and Path("models.csv").read_text() == "mine"
        assert Path("models-2.csv").read_text().splitlines()[1:] == [
            "me/a-7b,a,7b,nominal,guessed from the name: check it",
            "me/8x7b,,,total,",
            "me/c,,,total,",
        ]
        (line,) = [line for line in out.splitlines() if "--sizes models-2.csv" in line]
        status, out, _ = command(*shlex.split(line)[1:])
        assert status == 0 and "no size:  2 models" in out and "1 model, 7B" in out

    def test_a_family_is_guessed_with_the_size(self, command):
        """Two commands from names alone to curves, though one name says no size."""
        sizes = ("0.5B", "1.5B", "7B", "72B")
        lines = [f"Q/Qwen9-{size}-base,0.{i}\n" for i, size in enumerate(sizes)]
        write("w.csv", "Model,mmlu_acc\n" + "".join(lines) + "Q/Qwen9-large,0.9\n")
        _, _, err = command("check", "w.csv")
        command(*proposed(err))
        status, out, _ = command("report", "w.csv", "--wide", "--sizes", "models.csv")
        assert status == 0 and "Qwen9-base: 4 models, 500M to 72B parameters" in out
        assert "no size:  1 model: Q/Qwen9-large" in out

    def test_columns_of_quantities_are_no_scores(self, command):
        """As tables of published evaluations have them, with units in their names."""
        header = "Model,Model Family,Model Size (B),Pretraining Data Size (T),FLOPs (1E21),Likes"
        rows = [
            f"m{i},F,{i},{i / 3},{40 * i},{i},.{i},.{i},{1000 + i},{i}.5\n" for i in (1, 2, 3, 4)
        ]
        write("w.csv", f"{header},ARC-C,Humor (5-shot),Ladder,t_bleu\n" + "".join(rows))
        _, _, err = command("report", "w.csv")
        assert "('Model', 'Model Family', 'Model Size (B)')" in err
        trained = "tokens 'Pretraining Data Size (T)', flops 'FLOPs (1E21)'"
        assert f"How each was trained: {trained}. See --axis." in err
        assert "are these its scores? ARC-C, Humor (5-shot), t_bleu" in err
        assert "Left out, because they exceed 100: Ladder" in err
        assert "--percent" not in err and "--size-unit B" in err
        status, out, _ = command(*proposed(err))
        assert status == 0 and "F: 4 models, 1B to 4B parameters" in out
        assert "columns ignored: Likes, Ladder" in out
        rows = {row["model"]: row for row in table("scores")}
        assert [float(rows["m3"][name]) for name in ("tokens", "flops")] == [1e12, 120e21]
        (hint,) = [line for line in out.splitlines() if "training compute is known" in line]
        status, out, _ = command(*proposed(err), *hint.split(": ")[-1].split())
        assert status == 0 and "6 scale curves" in out

    @pytest.mark.parametrize(
        ("ours", "column", "unit"),
        [
            *(("flops", "FLOPs (1E21)", 1e21), ("flops", "training_flops", 1)),
            *(("flops", "FLOPs (10^21)", 1e21), ("tokens", "Training tokens (T)", 1e12)),
            *(("tokens", "tokens_seen", 1), ("tokens", "Pretraining Data (B)", 1e9)),
            *(("tokens", "Pretraining Data", None), ("tokens", "Tokens (thousands)", 1e3)),
            *(("loss", "val loss", 1), ("loss", "hellaswag_loss", None), ("step", "Steps", 1)),
        ],
    )
    def test_names_of_what_a_model_was_trained_on(self, ours, column, unit):
        assert training_unit(ours, column) == unit

    def test_no_score_is_lost_through_them(self, command):
        """A cell that says no amount is unknown, and named; one with a unit keeps it."""
        write(
            "w.csv",
            "model,n_params,Tokens (B),Steps,t\na,1B,300,10,.1\nb,2B,?,20,.2\n"
            "c,3B,about 2T,30,.3\nd,4B,1.5T,last,.4\n",
        )
        options = ("--constant", "metric=acc", "--constant", "model_family=F")
        status, out, _ = command("report", "w.csv", "--wide", *options)
        assert status == 0
        assert "no amount, and so unknown: Tokens (B): ?, Tokens (B): about 2T" in out
        found = {row["score"]: (row["tokens"], row["condition"]) for row in table("scores")}
        # One row a model: its number of steps is no checkpoint.
        assert {condition for _, condition in found.values()} == {""}
        tokens = {score: value and float(value) for score, (value, _) in found.items()}
        assert tokens == {"0.1": 3e11, "0.2": "", "0.3": "", "0.4": 1.5e12}
        text = Path("w.csv").read_text().replace("b,2B,?,20", "a,1B,600,20")
        write("w.csv", text.replace("last", "."))
        assert command("report", "w.csv", "--wide", *options, "--axis", "tokens")[0] == 0
        found = {(row["condition"], row["score"]) for row in table("scores")}
        assert found == {("step=10", "0.1"), ("step=20", "0.2"), ("step=30", "0.3"), ("", "0.4")}

    @pytest.mark.parametrize(
        ("column", "unit"),
        [
            *(("#Params (B)", "B"), ("params_m", "M"), ("Number of parameters", "")),
            *(("Model Size in billions", "B"), ("n_params", ""), ("Size (thousands)", "K")),
            *(("Pretraining Data Size (T)", None), ("size_of_vocabulary", None)),
        ],
    )
    def test_names_of_sizes(self, column, unit):
        assert size_unit(column) == unit

    def test_percents_among_shares_are_named(self, command):
        write("w.csv", "model,a,b,c\n" + "".join(f"m{i},.{i},.{i},{i}0\n" for i in (1, 2)))
        _, _, err = command("check", "w.csv")
        assert "These look like percents among shares: c" in err and "--percent" not in err

    def test_the_tables_of_a_folder(self, command):
        """Beside a table about tasks, and files of a tool that is named and not read."""
        Path("f").mkdir()
        write("f/notes.csv", "Eval Task,shots,Random baseline\nt,5,25.0\n")
        write("f/foundry.json", '{"eval_metrics": {"icl": {"t": 0.5}}, "model": "d=96"}')
        _, _, err = command("check", "f")
        assert err.startswith("error: f: holds results of llm-foundry or OpenLM")
        write("f/w.csv", "model,n_params,t\n" + "".join(f"m{i},{i}B,.{i}\n" for i in (1, 2)))
        options = ("--constant", "metric=acc", "--constant", "model_family=F")
        status, out, err = command("check", "f", "--wide", *options)
        assert status == 0 and "2 entries: 2 score rows" in out
        assert "note: not read: f/notes.csv" in err
        Path("g").mkdir()
        _, _, err = command("report", "g", "--wide")
        assert err.startswith("error: g: contains no CSV or parquet table")

    def test_a_model_may_be_named_by_family_and_size(self, command):
        """No column names it, and no two rows are alike in both."""
        sizes = ("70M", "160M", "410M", "1B")
        lines = [f"{name},{size},0.{i}\n" for name in ("P", "O") for i, size in enumerate(sizes)]
        write("w.csv", "Family,Params,mmlu\n" + "".join(lines))
        _, _, err = command("check", "w.csv")
        assert "Is each row a model ('Family', 'Params')" in err
        status, out, _ = command(*proposed(err))
        assert status == 0 and "P: 4 models, 70M to 1B parameters" in out
        assert {row["model"] for row in table("scores")} >= {"P 70M", "O 1B"}
        write("w.csv", "Family,Params,mmlu\n" + lines[0] * 2)
        _, _, err = command("check", "w.csv")
        assert "--wide" not in err

    def test_models_that_are_known_need_nothing(self, command):
        text = "name,acc\n" + "".join(
            f"facebook/opt-{size},0.{i}\n" for i, size in enumerate(("125m", "350m", "1.3b"))
        )
        write("w.csv", text.replace("acc", "hellaswag"))
        _, _, err = command("report", "w.csv")
        assert proposed(err) == [
            *("report", "w.csv", "--wide", "--column", "model=name", "--constant", "metric=acc")
        ]
        status, out, _ = command(*proposed(err))
        assert status == 0 and "OPT: 3 models, 125M to 1.3B" in out

    def test_one_family_is_said_before_it_is_made(self, command):
        write("my board.csv", "model,size,a,b\n" + "".join(f"m{i},{i}B,.{i},.2\n" for i in (1, 2)))
        _, _, err = command("check", "my board.csv")
        assert "All models then form one family, 'my board'." in err
        status, out, _ = command(*proposed(err))
        assert status == 0 and "my board: 2 models, 1B to 2B" in out

    @pytest.mark.parametrize(
        "text",
        [
            "task,metric,small,large\nsums,acc,0.1,0.2\n",
            "benchmark,accuracy,model,size,family,m\na,0.1,b,1B,F,acc\n",
            "a,b\nx,y\n",
            "a,b\n1,2\n1,3\n",
            "Eval Task,shots,Random baseline\na,5,25.0\nb,0,50.0\n",
        ],
    )
    def test_what_is_none(self, command, text):
        _, _, err = command("check", write("w.csv", text))
        assert "--wide" not in err


class TestReading:
    def read(self, command, *options: str) -> list[dict[str, str]]:
        status, _, err = command("report", "w.csv", "--wide", *options)
        assert status == 0, err
        return table("scores")

    def test_parquet_and_csv_are_the_same(self, command):
        names, *rows = [line.split(",") for line in BOARD.strip().split("\n")]
        columns = {}
        for i, name in enumerate(names):
            cells = [row[i] for row in rows]
            columns[name] = cells if i < 2 else [float(cell) for cell in cells]
        write("w.csv", BOARD)
        pq.write_table(pa.table(columns), "w.parquet")
        options = ("--wide", "--constant", "metric=acc", "--percent", "--size-unit", "B")
        curves = []
        for name in ("w.csv", "w.parquet"):
            assert command("report", name, *options, "--id", "w")[0] == 0
            curves.append(Path("emergence-report/tables/curves.csv").read_bytes())
        assert curves[0] == curves[1]

    def test_standard_errors_and_cells_that_are_empty_or_bad(self, command):
        write(
            "w.csv",
            "model,n_params,model_family,shots,t,t_stderr\n"
            "a,1B,F,5,0.1,0.01\nb,2B,F,5,,\nc,3B,F,5,high,0.01\nd,4B,F,5\n",
        )
        rows = self.read(command, "--scores", "t=riddles,acc")
        assert [
            (row["model"], row["score"], row["score_stderr"], row["shots"]) for row in rows
        ] == [
            ("a", "0.1", "0.01", "5"),
            ("b", "", "", "5"),
        ]
        assert {row["task"] for row in rows} == {"riddles"}
        assert {row["reason"] for row in table("rejects")} == {
            "not_a_number",
            "cells_missing_or_extra",
        }

    def test_percent_signs_and_what_people_write_for_nothing(self, command):
        """A sign says that a cell is a percent; the other cells are as the option says."""
        write("w.csv", "Model,Size,a,b\nm1,1B,30.5%,-\nm2,2B,31%,n/a\nm3,3B,—,7%\nm4,4B,2%,8%\n")
        _, _, err = command("check", "w.csv")
        assert "are these its scores? a, b" in err and "--percent" not in err
        assert command(*proposed(err.replace("check", "report")))[0] == 0
        found = {(row["task"], row["model"]): row["score"] for row in table("scores")}
        assert found["a", "m1"] == "0.305" and found["b", "m4"] == "0.08"
        assert {key for key, score in found.items() if score == ""} == {
            *(("b", "m1"), ("b", "m2"), ("a", "m3"))
        }

    def test_errors_in_the_cell_of_a_score(self, command):
        """As papers write them: the score counts."""
        write("w.csv", "Model,Size,a\nm1,1B,20.5 ± 0.3\nm2,2B,21% +/- 1%\nm3,3B,25%±.1\n")
        _, _, err = command("check", "w.csv")
        assert command(*proposed(err.replace("check", "report")))[0] == 0
        found = {row["model"]: float(row["score"]) for row in table("scores")}
        assert found == {"m1": 0.205, "m2": 0.21, "m3": 0.25}

    def test_decimal_commas(self, command):
        """The command that is printed makes a table with points, which is proposed then."""
        write("w.csv", 'Model,Size,a,b\nm1,1B,"20,5","1,234"\nm2,2B,"21,25","2,345"\n')
        _, _, err = command("check", "w.csv")
        assert "These columns have decimal commas: a. Write points" in err
        subprocess.run(err.splitlines()[-1], shell=True, check=True)
        _, _, err = command("check", "w-new.csv")
        assert "are these its scores? a" in err

    def test_an_entry_says_the_same(self, command):
        """`check --fix` writes it, and it is read as the command line was."""
        write("w.csv", BOARD)
        options = ("--wide", "--constant", "metric=acc", "--percent", "--size-unit", "B")
        status, out, _ = command("check", "w.csv", *options, "--scores", "mmlu", "--fix")
        assert status == 0 and "1 task: mmlu" in out
        (entry,) = yaml.safe_load(Path("registry.yaml").read_text())["datasets"].values()
        assert entry["sources"] == [
            {
                "kind": "file",
                "format": "wide",
                "path": "w.csv",
                "columns": {"metric": {"constant": "acc"}},
                "size_unit": "B",
                "scores": {"mmlu": {"task": "mmlu"}},
                "percent": True,
            }
        ]

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ((), "the metric of these scores is unknown: mmlu, gsm8k"),
            (("--constant", "metric=acc", "--scores", "mml=t"), "did you mean 'mmlu'?"),
            (("--column", "task=mmlu"), "the column task is made of the score columns"),
            (("--column", "metric=mmlu"), "a wide table has no column for the metric"),
            (("--constant", "metric=acc", "--size-unit", "G"), "allowed are K, M and B"),
        ],
    )
    def test_what_cannot_be_read_so(self, command, options, said):
        write("w.csv", BOARD)
        status, out, err = command("check", "w.csv", "--wide", *options)
        assert (status, out) == (1, "") and said in err

    def test_options_of_wide_tables_are_errors_elsewhere(self, command):
        write("w.csv", "task,metric,model_family,model,n_params,score\nt,acc,F,a,1B,0.1\n")
        for option in (("--percent",), ("--scores", "score")):
            status, out, err = command("check", "w.csv", *option)
            assert (status, out) == (1, "") and err.startswith(f"error: option {option[0]}: ")
