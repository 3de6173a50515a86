"""`emergence report`: from files to a page, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from test_cli import GOOD, HEADER

from emergence.cli.report import BESIDE

#: Two metrics and two families, five models each.
TWO = HEADER + "".join(
    f'sums,{metric},"{family}","{family}{i}",{10 ** (6 + i)},{score},0,100,0\n'
    for family in ("F", "G, or H")
    for metric in ("exact_match", "acc")
    for i, score in enumerate([0.0, 0.01, 0.02, 0.05, 0.6])
)


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def harness(model: str, score: float, **more) -> str:
    """A result file of the harness, on one model."""
    return json.dumps(
        {
            "results": {"riddles": {"alias": "riddles", "acc,none": score}},
            "n-shot": {"riddles": 0},
            "n-samples": {"riddles": {"original": 100, "effective": 100}},
            "config": {"model_args": f"pretrained={model}", **more},
        }
    )


def printed(out: str, part: str) -> list[str]:
    """The command of a message that has some part, without the program."""
    (line,) = [line for line in out.splitlines() if part in line and "emergence report" in line]
    return shlex.split(line)[1:]


def table(name: str) -> list[dict[str, str]]:
    """One of the tables beside the page."""
    text = Path(f"emergence-report/tables/{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


class TestReport:
    def test_a_page_with_all_that_it_links_to(self, command):
        write("s.csv", GOOD)
        status, out, _ = command("report", "s.csv")
        assert status == 0
        assert len(out.splitlines()) < 24, "more than a screen"
        assert "found:    s.csv: tidy, 6 entries" in out
        assert "made:     1 scale curve of 1 task, 1 metric, 1 model family" in out
        assert "F: 6 models, 1M to 100B parameters" in out
        assert "1 of 1 curves rise" in out
        page = Path(out.splitlines()[-1].removeprefix("report:").strip())
        assert page == Path("emergence-report/index.html")
        text = page.read_text(encoding="utf-8")
        for link in set(re.findall(r'href="([^"#]+)', text)) - {""}:
            if not link.startswith(("http", "data:")):
                assert (page.parent / link.split("#")[0]).is_file(), link
        tables = {path.name for path in (page.parent / "tables").iterdir() if path.is_file()}
        assert tables == set(BESIDE)
        assert "emergence report s.csv" in text
        assert command("show", "task=sums", "--processed", "emergence-report/tables")[0] == 0

    def test_again_over_itself_and_over_nothing_else(self, command):
        """What stands in its folder by another hand stays."""
        write("s.csv", GOOD)
        assert command("report", ".")[0] == 0
        first = {p: p.read_bytes() for p in Path("emergence-report").rglob("*") if p.is_file()}
        write("emergence-report/mine.txt", "mine")
        write("emergence-report/tables/gone.csv", "x")
        with open("emergence-report/.emergence-report", "a") as mark:
            mark.write("tables/gone.csv\n../s.csv\n")
        status, out, _ = command("report", ".")
        assert status == 0 and "6 entries" in out, "its own tables are no source"
        assert {p: p.read_bytes() for p in first} == first
        assert Path("emergence-report/mine.txt").read_text() == "mine"
        assert not Path("emergence-report/tables/gone.csv").exists() and Path("s.csv").exists()

    def test_what_it_did_not_make_is_not_overwritten(self, command):
        write("s.csv", GOOD)
        Path("folder").mkdir()
        write("folder/x", "x")
        for name in ("folder", write("file", "x")):
            status, out, err = command("report", "s.csv", "--out", name)
            assert (status, out) == (1, "")
            assert "nothing was overwritten" in err and "--out DIR" in err
        Path("empty").mkdir()
        assert command("report", "s.csv", "--out", "empty")[0] == 0

    def test_some_metrics_and_families(self, command):
        write("s.csv", TWO)
        status, out, _ = command("report", "s.csv", "--metrics", "acc", "--families", "G, or H")
        assert status == 0 and "made:     1 scale curve" in out
        rows = table("curves")
        assert [(row["metric"], row["model_family"]) for row in rows] == [("acc", "G, or H")]
        text = Path("emergence-report/index.html").read_text(encoding="utf-8")
        assert "Only these metrics are shown: acc; 1 left out." in text
        assert "--metrics acc --families &#39;G, or H&#39;" in text
        assert command("report", "s.csv", "--metrics", "acc,exact_match", "--families", "F")[0] == 0
        for option in (("--metrics", "ac"), ("--families", "G or H")):
            status, _, err = command("report", "s.csv", *option)
            assert status == 1 and "did you mean" in err and err.startswith("error: option --")

    def test_formats_are_found_in_one_folder(self, command):
        """Results of the harness, a table, and one that is none of scores."""
        for i, size in enumerate(["70m", "160m", "410m", "1b"]):
            Path(f"all/{i}").mkdir(parents=True)
            write(f"all/{i}/results.json", harness(f"EleutherAI/pythia-{size}", i / 10))
        write("all/s.csv", GOOD)
        write("all/notes.csv", "a,b\n1,2\n")
        status, out, err = command("report", "all")
        assert status == 0
        assert "found:    all: lm-eval, 4 files, 4 entries" in out
        assert "found:    all/s.csv: tidy, 6 entries" in out
        assert "not read: all/notes.csv: lacks the columns" in err
        status, out, _ = command("check", "all")
        assert status == 0 and out.endswith("\n\nlost: 1 file not read: all/notes.csv\n")

    def test_nothing_that_is_read(self, command):
        Path("f").mkdir()
        write("f/readme.txt", "x")
        for path in ("f", "nowhere"):
            status, out, err = command("report", path)
            assert (status, out) == (1, "") and err.startswith(f"error: {path}: ")
        write("s.csv", HEADER + "sums,acc,F,m9,x,0.5,0,100,0\n")
        status, _, err = command("report", "s.csv")
        assert status == 1 and "emergence check s.csv" in err
        assert not Path("emergence-report").exists()


class TestSizes:
    @pytest.fixture
    def results(self, command):
        """Three models that no table knows; the file of one says its size."""
        for name, score, more in (
            ("me/b", 0.1, {}),
            ("me/a", 0.2, {}),
            ("me/c", 0.3, {"model_num_parameters": 1_000_000}),
        ):
            Path("r", name).mkdir(parents=True)
            write(f"r/{name}/results.json", harness(name, score, **more))
        return "r"

    def test_what_is_missing_is_written_filled_in_and_taken(self, command, results):
        """Each printed command is run, on the files that led to it."""
        status, out, err = command("report", results)
        assert status == 1 and "no size:  3 models: me/c, me/a, me/b" in out
        assert "no model has a size" in err
        status, out, _ = command(*printed(out, "--missing-models"))
        lines = Path("models.csv").read_text().splitlines()
        assert lines == [
            "model,model_family,n_params,scale_kind,source",
            "me/c,,1000000,total,",
            "me/a,,,total,",
            "me/b,,,total,",
        ]
        filled = [lines[0], "me/c,Mine,1000000,total,", "me/a,Mine,7B,total,", lines[3]]
        write("models.csv", "\n".join(filled) + "\n")
        status, again, _ = command(*printed(out, "--sizes"))
        assert status == 0 and "no size:  1 model: me/b" in again
        assert "Mine: 2 models, 1M to 7B parameters" in again
        status, _, err = command("report", results, "--missing-models", "models.csv")
        assert status == 1 and "is not overwritten" in err

    def test_said_on_the_command_line(self, command, results):
        options = ("--size", "me/a=350M,Mine", "--size", "me/b=1.3B,Mine", "--size", "me/c=7B")
        status, out, _ = command("report", results, *options)
        assert status == 0
        assert "Mine: 2 models, 350M to 1.3B" in out and "unnamed: 1 model, 7B" in out
        assert "1 model without a family make one, 'unnamed': me/c" in out
        rows = table("scores")
        assert {(r["model"], float(r["scale"]), r["scale_kind"]) for r in rows} == {
            ("me/a", 350e6, "nominal"),
            ("me/b", 1.3e9, "nominal"),
            ("me/c", 7e9, "nominal"),
        }

    @pytest.mark.parametrize("said", ["me/a", "me/a=", "=1B", "me/a=big", "me/a=-1"])
    def test_a_size_that_is_none(self, command, results, said):
        status, _, err = command("report", results, "--size", said)
        assert status == 1 and err.startswith("error: option --size: ")

    def test_a_size_of_one_parameter_in_a_family_of_an_odd_name(self, command, results):
        status, out, _ = command("check", results, "--size", "me/a=1,3B")
        assert status == 0 and "3B: me/a (1)" in out

    def test_words_are_sizes_wherever_one_is_asked(self, command):
        words = GOOD
        for i, word in enumerate(("1M", "10m", "0.1B", "1b", "10 B", "0.1T")):
            words = words.replace(f",{10 ** (6 + i)},", f",{word},")
        write("s.csv", words)
        write("t.csv", GOOD)
        scored = [command("score", f"{name}.csv", "--id", "x", "--output", "csv") for name in "st"]
        assert scored[0] == scored[1] and scored[0][0] == 0

    def test_a_table_without_sizes(self, command):
        """Known by the model, or said; a cell that is filled is never replaced."""
        rows = "".join(f"t,acc,facebook/opt-{s},0.{i}\n" for i, s in enumerate(("125m", "350m")))
        write("s.csv", "task,metric,model,score\n" + rows + "t,acc,me/a,0.9\n")
        status, out, _ = command("report", "s.csv")
        assert status == 0 and "OPT: 2 models" in out and "no size:  1 model: me/a" in out
        status, out, _ = command("report", "s.csv", "--size", "me/a=1.3B,OPT")
        assert status == 0 and "OPT: 3 models, 125M to 1.3B" in out

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ("model,family\na,F\n", "has no column n_params"),
            ("", "has no column model"),
            ("model,n_params\nme/a,big\n", "line 2: n_params: 'big' seen"),
            ("model,n_params\nme/a,1B\nme/a,2B\n", "line 3: the model 'me/a' appears twice"),
            ("model,n_params\nme/a\n", "line 2: has more or fewer cells"),
            ("model,n_params,scale_kind\nme/a,1B,huge\n", "line 2: scale_kind"),
        ],
    )
    def test_a_table_of_sizes_with_a_mistake(self, command, results, table, said):
        write("m.csv", table)
        status, _, err = command("report", results, "--sizes", "m.csv")
        assert status == 1 and err.startswith("error: m.csv") and said in err
