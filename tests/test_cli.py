"""The `emergence` command: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from emergence.cli import main
from emergence.curves_table import CURVES
from emergence.registry import load_registry
from emergence.sources import FORMATS
from emergence.tables import write_table

ROOT = Path(__file__).resolve().parents[1]

HEADER = "task,metric,model_family,model,n_params,score,low_score,n_examples,shots\n"

#: Six models on one task: 100 examples, a jump at the last model.
GOOD = HEADER + "".join(
    f"sums,acc,F,m{i},{10 ** (6 + i)},{score},0,100,0\n"
    for i, score in enumerate([0.0, 0.01, 0.02, 0.03, 0.05, 0.6])
)

COMMANDS = ("check", "score", "compare", "show")


@pytest.fixture
def run(command):
    return command


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


class TestHelp:
    @pytest.mark.parametrize("asked", [(), *[(name,) for name in COMMANDS]])
    def test_it_ends_with_0_and_says_what_there_is(self, run, asked):
        status, out, err = run(*asked, "--help")
        assert (status, err) == (0, "")
        assert out.startswith("usage: emergence")
        if not asked:
            assert all(name in out for name in COMMANDS) and "exit status" in out
        else:
            assert "example" in out

    @pytest.mark.parametrize("asked", COMMANDS)
    def test_every_example_can_be_parsed(self, run, asked):
        """A renamed option would leave them behind."""
        from emergence.cli.main import parser

        _, out, _ = run(asked, "--help")
        examples = re.findall(r"^  (emergence .*)$", out, re.MULTILINE)
        assert examples
        for example in examples:
            assert parser().parse_args(example.split()[1:]).command == asked

    @pytest.mark.parametrize(
        "arguments",
        [(), ("chek",), ("check",), ("check", "a", "--format", "xml"), ("compare", "a"), ("show",)],
    )
    def test_a_command_line_that_cannot_be_understood_ends_with_2(self, run, arguments):
        status, out, err = run(*arguments)
        assert (status, out) == (2, "") and "usage:" in err

    def test_help_does_not_wait_for_the_tables(self):
        """Importing scipy and pyarrow takes a second, which --help has no use for."""
        code = (
            "import sys; from emergence.cli import main; main(['--help']);"
            "sys.exit(bool({'numpy', 'pyarrow', 'scipy'} & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def test_it_runs_as_a_module_and_is_declared_as_a_command(self):
        done = subprocess.run(
            [sys.executable, "-m", "emergence.cli", "score", os.devnull],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1 and done.stderr.startswith("error: ")
        assert 'emergence = "emergence.cli:main"' in (ROOT / "pyproject.toml").read_text()


class TestCheck:
    def test_what_a_file_holds(self, run):
        status, out, err = run("check", write("my Scores.csv", GOOD))
        assert (status, err) == (0, "")
        assert "my Scores.csv: format tidy, 6 entries" in out
        assert "6 entries: 6 score rows, 0 rejects" in out
        assert "1 task: sums" in out and "1 metric: acc" in out
        assert "F: m0 (1e+06), m1 (1e+07)" in out
        assert "1 scale curve:" in out
        assert "nothing is missing" in out
        assert yaml.safe_load(out[out.index("datasets:") :])["datasets"]["my-scores"][
            "sources"
        ] == [{"kind": "file", "format": "tidy", "path": "my Scores.csv"}]

    def test_rejects_by_reason_with_an_example(self, run):
        bad = GOOD + "sums,acc,F,m9,x,0.5,0,100,0\nsums,acc,F,m8,1e12,high,0,100,0\n,,,,,,,,\n"
        status, out, _ = run("check", write("s.csv", bad))
        assert status == 0
        assert "9 entries: 6 score rows, 3 rejects" in out
        assert "2 rejected as not_a_number: text instead of a number" in out
        assert (
            "for example at s.csv task=sums metric=acc model_family=F model=m8 shots=0: score: high"
            in out
        )
        assert "1 rejected as name_missing" in out

    def test_what_is_missing_and_what_to_write(self, run):
        rows = "".join(
            f"a,{metric},F,m{i},{i + 1}e6,0.{i}\n" for metric in ("own", "acc") for i in range(3)
        )
        _, out, _ = run(
            "check", write("s.csv", "task,metric,model_family,model,n_params,score\n" + rows)
        )
        assert "2 of them have fewer than 4 scales" in out
        assert "of 1 metrics, which direction is better" in out
        assert (
            "own: {group: <discontinuous, continuous or other>, higher_is_better: <true or false>"
            in out
        )
        assert "the score of guessing, on 2 of 2 curves" in out and "a column low_score" in out
        assert "the number of examples, on 1 of the 1 curves that are shares" in out
        assert "the number of shots, on 2 of 2 curves" in out

    def test_columns_of_other_names(self, run):
        text = GOOD.replace("score,low", "accuracy,low").replace("acc,F", "acc,F")
        write("s.csv", text)
        status, _, err = run("check", "s.csv")
        assert status == 1 and "has no column score" in err and "--column score=accuracy" in err
        status, out, _ = run("check", "s.csv", "--column", "score=accuracy")
        assert status == 0
        entry = yaml.safe_load(out[out.index("datasets:") :])["datasets"]["s"]
        assert entry["sources"][0]["columns"] == {"score": "accuracy"}

    def test_what_all_rows_share(self, run):
        """Said beside the file, in the kind that the registry's schema wants."""
        rows = [",".join(line.split(",")[:6]) for line in GOOD.strip().split("\n")]
        write(
            "s.csv", "\n".join(row.replace(",F", "").replace(",model_family", "") for row in rows)
        )
        options = ("model_family=F", "shots=0", "low_score=0.25", "is_preferred=yes")
        added = [word for pair in options for word in ("--constant", pair)]
        status, _, _ = run("check", "s.csv", *added, "--fix")
        assert status == 0
        entry = load_registry([Path("registry.yaml")])["s"]
        assert entry["sources"][0]["columns"] == {
            "model_family": {"constant": "F"},
            "shots": {"constant": 0},
            "low_score": {"constant": 0.25},
            "is_preferred": {"constant": True},
        }

    @pytest.mark.parametrize("pair", ["shots", "shots=", "shot=1", "shots=few", "n_params=1,5"])
    def test_a_constant_that_is_none(self, run, pair):
        status, _, err = run("check", write("s.csv", GOOD), "--constant", pair)
        assert status == 1 and err.startswith("error: option --constant")

    @pytest.mark.parametrize("pair", ["score", "score=", "scor=x"])
    def test_a_column_option_that_is_none(self, run, pair):
        status, _, err = run("check", write("s.csv", GOOD), "--column", pair)
        assert status == 1 and err.startswith("error: option --column")

    @pytest.mark.parametrize(
        ("option", "files"),
        [
            (("--chance", "m.csv"), ["s.csv"]),
            (("--column", "score=acc"), ["r.json"]),
            (("--constant", "shots=0"), ["r.json", "r.json"]),
        ],
    )
    def test_an_option_of_another_format_is_an_error(self, run, option, files):
        """In silence it would be as if it had been heeded."""
        write("s.csv", GOOD)
        write("r.json", "{}")
        for command in ("check", "score"):
            status, out, err = run(command, *files, *option)
            assert (status, out) == (1, "") and err.startswith(f"error: option {option[0]}: ")
        repaired = run("check", "s.csv")
        assert repaired[0] == 0

    def test_an_option_is_for_the_files_of_its_format(self, run):
        """One command may name a table and result files."""
        write("s.csv", GOOD.replace("score,low", "accuracy,low"))
        content = {"results": {"t": {"acc": 0.5}}, "config": {"model_args": "pretrained=me/a"}}
        write("r.json", json.dumps(content))
        write("m.csv", "model,model_family,n_params,scale_kind,source\nme/a,F,1e9,total,x\n")
        options = ("--column", "score=accuracy", "--models", "m.csv")
        status, out, _ = run("check", "s.csv", "r.json", *options)
        assert status == 0 and "7 entries: 7 score rows, 0 rejects" in out
        (entry,) = yaml.safe_load(out[out.index("datasets:") :])["datasets"].values()
        assert [source.keys() - {"kind", "format", "path"} for source in entry["sources"]] == [
            {"columns", "models"},
            {"models"},
        ]

    def test_several_files_are_one_dataset(self, run):
        write("a.csv", GOOD)
        write("b.csv", GOOD.replace("sums", "words"))
        status, out, _ = run("check", "a.csv", "b.csv")
        assert status == 0 and "2 tasks: sums, words" in out
        assert len(yaml.safe_load(out[out.index("datasets:") :])["datasets"]["a"]["sources"]) == 2

    def test_nothing_that_can_be_used(self, run):
        status, out, _ = run("check", write("s.csv", HEADER + "sums,acc,F,m9,x,0.5,0,100,0\n"))
        assert status == 1 and "Nothing here can be used." in out

    @pytest.mark.parametrize(
        "name", ["nowhere.csv", "nowhere.json", "nowhere", ".", "nul\0", "\udcff.csv"]
    )
    def test_files_that_are_not_there(self, run, name):
        status, out, err = run("check", name)
        assert (status, out) == (1, "") and err.startswith("error: ")

    def test_an_id_that_is_none(self, run):
        status, _, err = run("check", write("s.csv", GOOD), "--id", "My Scores")
        assert status == 1 and "cannot be an id" in err

    def test_unknown_models_show_the_line_to_add(self, run):
        document = {"results": {"t": {"acc": 0.5}}, "config": {"model_args": "pretrained=me/mine"}}
        write("r.json", json.dumps(document))
        status, out, _ = run("check", "r.json")
        assert status == 1
        assert "1 rejected as unknown_model" in out
        assert "add to the table of models: me/mine,<family>,<parameters>,total,<source>" in out
        write(
            "models.csv",
            "model,model_family,n_params,scale_kind,source\nme/mine,Mine,1e9,total,counted\n",
        )
        status, out, _ = run("check", "r.json", "--models", "models.csv")
        assert status == 0
        entry = yaml.safe_load(out[out.index("datasets:") :])["datasets"]["r"]
        assert entry["sources"][0]["models"] == "models.csv"

    def test_signs_that_turn_the_text_are_shown_as_escapes(self, run):
        evil = "\u202eowned"
        rows = "".join(f"{evil}t,{evil}m,{evil}F,{evil}{i},{i + 1}e6,0.{i},,,\n" for i in range(5))
        for command in (
            ("check",),
            ("score",),
            ("score", "--output", "csv"),
            ("score", "--output", "json"),
        ):
            status, out, _ = run(command[0], write("s.csv", HEADER + rows), *command[1:])
            assert status == 0 and "owned" in out

    def test_a_name_with_a_control_character_is_refused_and_shown_with_escapes(self, run):
        """NUL among them. The hint says what to do."""
        rows = "a\0,acc,F,m,1e6,0.5,,,\n" + "a,acc,\x1b]0;owned\x07F,m,1e6,0.5,,,\n"
        status, out, _ = run("check", write("s.csv", HEADER + rows))
        assert status == 1 and "2 rejected as control_character" in out
        assert r"task: a\x00" in out or r"model_family: \x1b]0;owned\x07F" in out
        assert "remove the character shown as an escape" in out


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "x")
    return buffer.getvalue()


def done(command: str) -> None:
    """Run a command that a message names, as it is pasted; here there is no .venv."""
    subprocess.run(command, shell=True, check=True)


ROWS = list(csv.DictReader(io.StringIO(GOOD)))


class TestWhatPeopleHave:
    """Files that are no tidy table: what they are, and which command or change comes next."""

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("s.csv", GOOD.replace(",", ";"), "has semicolons between its cells"),
            ("s.tsv", GOOD.replace(",", "\t"), "has tabs between its cells"),
            ("s.csv", GOOD.replace(",", ";").replace(".", ","), "and decimal commas"),
            ("s.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS), "is a table in JSON"),
            ("s.json", json.dumps(ROWS), "is a table in JSON"),
        ],
    )
    def test_the_command_that_is_named_makes_the_table(self, run, name, content, said):
        status, _, err = run("check", write(name, content))
        assert status == 1 and f"{name}: " in err and said in err
        done(err.split("Make one, and check s-new.csv:\n")[1])
        status, out, _ = run("check", "s-new.csv")
        assert status == 0 and "6 entries: 6 score rows, 0 rejects" in out

    def test_a_column_a_model(self, run):
        """The command turns it; sizes are missing then, and the lines that lack are listed."""
        wide = "task,metric,small,large\nsums,acc,0.1,0.2\n"
        _, _, err = run("check", write("wide.csv", wide))
        (command,) = (line for line in err.split("\n") if "melt" in line)
        done(command)
        assert Path("wide-new.csv").read_text().startswith("task,metric,model,score\nsums,acc,sm")
        assert "then add to wide-new.csv: model_family, n_params" in err
        _, out, _ = run("check", "wide-new.csv")
        assert "2 rejects" in out and "small,<family>,<parameters>" in out
        # What is meant by other names of columns is kept beside the scores.
        _, _, err = run("check", write("b.csv", wide.replace("task,metric", "Benchmark,Metric")))
        (command,) = (line for line in err.split("\n") if "melt" in line)
        done(command)
        assert Path("b-new.csv").read_text().startswith("Benchmark,Metric,model,score\nsums,acc,sm")

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("s.xlsx", zipped("xl/workbook.xml"), "is an Excel workbook"),
            ("s.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is an Excel workbook"),
            ("s.zip", zipped("s.csv"), "unzip s.zip"),
            ("s.zip", b"PK\x03\x04 cut off", "is a damaged zip file"),
            ("s.csv.gz", gzip.compress(GOOD.encode(), mtime=0), "gunzip --keep s.csv.gz"),
            ("s.csv", GOOD.encode("utf-16"), "iconv -f UTF-16 -t UTF-8 s.csv > s-new.csv"),
            ("s.csv", "task,é\n".encode("utf-32-le"), "is UTF-16 text"),
            ("s.bin", bytes(range(1, 10)) + bytes(3) + b"\n", "is a binary file"),
            ("s.html", "<!DOCTYPE html><html>Not found</html>", "is a web page"),
            ("s.md", "| task | score |\n|---|---|\n| t | 1 |\n", "is a table in Markdown"),
            ("samples_t.jsonl", '{"doc_id": 0, "resps": [["1"]], "acc": 1.0}\n', "single answers"),
            ("s.txt", '{"results": {}}x\n', "is JSON"),
            ("scores_a.json", '{"bigbench_version": "1", "scores": []}', "score file of BIG-bench"),
            ("s.json", '{"config_general": {}, "results": {}}', "lighteval"),
            ("s.csv", "", "is empty"),
            ("s.csv", HEADER, "has a header and no rows"),
        ],
    )
    def test_it_is_named_with_what_to_do(self, run, name, content, said):
        status, out, err = run("check", write(name, content))
        assert (status, out) == (1, "") and err.startswith(f"error: {name}: ") and said in err

    @pytest.mark.parametrize(
        ("file", "given", "said"),
        [
            ("f/m/samples_t.jsonl", "f", "results_*.json, which it writes with --output_path"),
            ("b/t/results/scores_x.json", "b/t", "Name the folder that holds the tasks: b\n"),
            ("b/t/results/scores_x.json", "b/t/results", "the folder that holds the tasks: b\n"),
            ("f/readme.txt", "f", "has no known format\n  Formats: a folder of BIG-bench"),
        ],
    )
    def test_folders(self, run, file, given, said):
        Path(file).parent.mkdir(parents=True)
        write(file, "{}")
        status, _, err = run("check", given)
        assert status == 1 and err.startswith(f"error: {given}: ") and said in err

    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            ('"0,5"', "a decimal point, not a decimal comma"),
            ("50%", "25 % of a metric from 0 to 1 is 0.25"),
            ("n/a", "leave unknown cells empty"),
            ('"1,000"', "without thousands separators"),
            ("125M", "125M is 125000000"),
        ],
    )
    def test_numbers_as_people_write_them(self, run, cell, said):
        _, out, _ = run("check", write("s.csv", GOOD + f"sums,acc,F,m9,1e12,{cell},0,100,0\n"))
        assert "1 rejected as not_a_number" in out and said in out

    def test_other_codings_of_text(self, run):
        _, out, _ = run("check", write("s.csv", GOOD.replace("sums", "é").encode("latin-1")))
        assert "iconv -f WINDOWS-1252 -t UTF-8 s.csv > NEW" in out

    def test_percent_under_a_metric_that_is_a_share(self, run):
        """Kept, and said: no row is divided by anybody but its owner."""
        text = GOOD.replace("0.6,", "60,")
        status, out, _ = run("check", write("s.csv", text))
        assert status == 0 and "1 of acc, a share of examples, go from 60 to 60" in out
        assert "Percent? Divide them by 100" in out

    def test_a_format_that_has_no_words_of_its_own(self, run, monkeypatch):
        """A new format may say neither guessing nor examples; the command still ends well."""
        monkeypatch.setitem(FORMATS, "tidy", replace(FORMATS["tidy"], supplies={}))
        unknown = GOOD.replace(",0,100,0\n", ",,,0\n")
        status, out, _ = run("check", write("s.csv", unknown))
        assert status == 0 and "Write:" not in out
        assert "the score of guessing, on 1 of 1 curves: kept as unknown" in out
        assert "the number of examples, on 1 of the 1 curves" in out

    def test_scores_of_seeds_without_their_column(self, run):
        _, out, _ = run("check", write("s.csv", GOOD + "sums,acc,F,m5,1e11,0.7,0,100,0\n"))
        assert "conflicting_duplicates" in out and "in the column replicate" in out

    def test_every_unknown_model_has_its_line_to_add(self, run):
        """Eight files of eight models are one look, not eight."""
        for model in ("b", "a"):
            Path(f"r/{model}").mkdir(parents=True)
            content = {"results": {"t": {"acc,none": 0.5}}, "config": {"model_args": {}}}
            content["config"]["model_args"]["pretrained"] = f"me/{model}"
            for date in (1, 2):
                write(f"r/{model}/results_{date}.json", json.dumps(content))
        status, out, _ = run("check", "r", "--fix")
        assert status == 1 and "Nothing was written." in out and not Path("registry.yaml").exists()
        lines = out[out.index("model,model_family,n_params,scale_kind,source") :].split("\n")
        assert [line.strip() for line in lines[1:3]] == [
            "me/a,<family>,<parameters>,total,<source>",
            "me/b,<family>,<parameters>,total,<source>",
        ]

    def test_every_unknown_score_of_guessing_has_its_line_to_add(self, run):
        write("m.csv", "model,model_family,n_params,scale_kind,source\nme/a,F,1e9,total,x\n")
        content = {
            "results": {"riddles": {"acc,none": 0.5}, "hellaswag": {"acc,none": 0.5}},
            "config": {"model_args": "pretrained=me/a"},
        }
        _, out, _ = run("check", write("r.json", json.dumps(content)), "--models", "m.csv")
        assert "riddles,acc,<score of guessing>,<source>" in out and "hellaswag,acc" not in out


class TestFix:
    def fixed(self, path: str | Path = "registry.yaml") -> dict:
        return load_registry([Path(path)])

    def test_a_new_registry(self, run):
        write("s.csv", GOOD)
        options = ("--title", "Sums: of two", "--licence", "CC0-1.0", "--citation", "Me, 2026")
        status, out, _ = run("check", "s.csv", "--fix", *options)
        assert status == 0 and "entry s" in out
        (entry,) = self.fixed().values()
        assert entry["title"] == "Sums: of two" and entry["citation"] == ["Me, 2026"]
        assert entry["sources"][0]["path"] == "s.csv"

    def test_paths_start_from_the_registrys_folder(self, run):
        Path("my folder").mkdir()
        run("check", write("s.csv", GOOD), "--fix", "--registry", "my folder/r.yaml")
        (entry,) = self.fixed("my folder/r.yaml").values()
        assert entry["sources"][0]["path"] == "../s.csv"

    def test_messages_name_a_file_as_it_was_named(self, run):
        """Read from here, though the entry's path starts from the registry's folder."""
        Path("my").mkdir()
        write("my/s.csv", GOOD.replace(",", ";"))
        _, _, err = run("check", "my/s.csv", "--fix", "--registry", "my/r.yaml")
        assert "my/s.csv: has semicolons" in err and "check my/s-new.csv:" in err
        assert not Path("my/r.yaml").exists()

    @pytest.mark.parametrize("indent", [2, 4])
    def test_what_stands_there_stays_to_the_byte(self, run, indent):
        """People write comments; an entry is appended as far indented as the others."""
        entry = {"title": "t", "synthetic": False, "licence": "x", "citation": ["y"]}
        entry["sources"] = [{"kind": "file", "format": "tidy", "path": "s.csv"}]
        blank = " " * indent
        before = f"# mine\ndatasets:  # all\n{blank}old: {json.dumps(entry)} # one"
        write("registry.yaml", before)
        run("check", write("s.csv", GOOD), "--fix", "--id", "new")
        after = Path("registry.yaml").read_text()
        assert after.startswith(before)
        assert list(self.fixed()) == ["old", "new"]

    def test_an_id_is_never_overwritten(self, run):
        write("s.csv", GOOD)
        run("check", "s.csv", "--fix")
        before = Path("registry.yaml").read_bytes()
        status, _, err = run("check", "s.csv", "--fix")
        assert status == 1 and "this id is taken; nothing was overwritten" in err
        assert Path("registry.yaml").read_bytes() == before

    @pytest.mark.parametrize(
        "text", ["datasets: {}\n", "{datasets: {}}", "datasets:\n  a: 1\n", "- 1\n", "a: [\n", "\0"]
    )
    def test_a_registry_to_which_nothing_can_be_appended_stays_as_it_is(self, run, text):
        write("registry.yaml", text)
        status, _, err = run("check", write("s.csv", GOOD), "--fix")
        assert status == 1 and err.startswith("error: registry.yaml")
        assert Path("registry.yaml").read_text() == text
        assert not list(Path().glob(".registry*"))

    def test_nothing_is_written_where_nothing_can_be_used(self, run):
        status, _, _ = run("check", write("s.csv", HEADER + "a,b,,,,,,,\n"), "--fix")
        assert status == 1 and not Path("registry.yaml").exists()

    @settings(max_examples=60)
    @given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
    def test_any_title_comes_back_as_it_was(self, tmp_path_factory, title, citation):
        """Round trip through YAML: quotes, colons, line ends, other scripts."""
        folder = tmp_path_factory.mktemp("fix")
        (folder / "s.csv").write_text(GOOD)
        path = folder / "registry.yaml"
        arguments = ["check", str(folder / "s.csv"), "--fix", "--registry", str(path)]
        status = main([*arguments, f"--title={title}", f"--citation={citation}"])
        if status == 0:
            (entry,) = self.fixed(path).values()
            assert (entry["title"], entry["citation"]) == (title, [citation])
        else:
            assert not path.exists()


class TestScore:
    def test_a_table(self, run):
        status, out, err = run("score", write("s.csv", GOOD))
        assert (status, err) == (0, "")
        head, row = out.splitlines()
        assert head.split()[:3] == ["curve_id", "task", "metric"]
        assert "sums" in row and "finite" in row and "60" in row

    def test_csv_has_all_columns_and_json_is_strict(self, run):
        """A step from nothing: the score is infinite."""
        scores = [0, 0, 0, 0, 0, 0.6]
        text = HEADER + "".join(
            f"sums,acc,F,m{i},{10 ** (6 + i)},{score},0,100,0\n" for i, score in enumerate(scores)
        )
        _, out, _ = run("score", write("s.csv", text), "--output", "csv")
        (row,) = csv.DictReader(io.StringIO(out))
        flat = [field.name for field in CURVES if not pa.types.is_list(field.type)]
        assert list(row) == flat and row["emergence_score"] == "inf"
        _, out, _ = run("score", "s.csv", "--output", "json", "--tests")
        (row,) = json.loads(out, parse_constant=lambda name: pytest.fail(f"no strict JSON: {name}"))
        assert row["emergence_score"] is None and row["emergence_score_status"] == "infinite"
        assert 0 <= row["p_order"] <= 1 and row["p_rise_missing"] == "no_degrees"

    def test_the_numbers_are_those_of_the_workflow(self, run, bundled):
        """The bundled table, with the columns that its registry entry adds."""
        _, out, _ = run("score", ROOT / "data/bigbench-public/scores.csv", "--output", "json")
        ours = {(r["task"], r["metric"], r["model_family"]): r for r in json.loads(out)}
        for curve in bundled.curves.to_pylist():
            row = ours[curve["task"], curve["metric"], curve["model_family"]]
            for name in ("status", "sharpness", "onset", "n_scales", "chance"):
                if f"{name}_status" in row:
                    assert row[f"{name}_status"] == "infinite" and curve[name] == float("inf")
                else:
                    assert row[name] == curve[name], curve["task"]

    def test_formulas_are_guarded_in_csv(self, run):
        text = GOOD.replace("sums", "=1+1")
        _, out, _ = run("score", write("s.csv", text), "--output", "csv")
        assert ",'=1+1," in out

    def test_rejects_are_said_aside(self, run):
        status, out, err = run("score", write("s.csv", GOOD + ",,,,,,,,\n"))
        assert status == 0 and "sums" in out
        assert err == "note: 1 entries gave no score row; `emergence check` says why\n"

    def test_nothing_that_can_be_used(self, run):
        status, out, err = run("score", write("s.csv", HEADER + ",,,,,,,,\n"))
        assert (status, out) == (1, "") and "none of the 1 entries could be used" in err


def results(folder: str, **tables: list[dict]) -> Path:
    """Write a dataset's folder: curves with only what is given, and other tables."""
    path = Path(folder)
    path.mkdir(parents=True)
    for name, rows in tables.items():
        if name == "curves":
            empty = {f.name: [] if pa.types.is_list(f.type) else None for f in CURVES}
            write_table(
                pa.Table.from_pylist([{**empty, **row} for row in rows], schema=CURVES),
                CURVES,
                path / "curves.parquet",
            )
        else:
            pq.write_table(pa.Table.from_pylist(rows), path / f"{name}.parquet")
    return path


def curve(number: int, **fields) -> dict:
    names = {"dataset": "d", "task": f"t{number}", "subtask": "", "metric": "acc"}
    names |= {"model_family": "F", "condition": "", "status": "finite", "emergence_score": 5.0}
    return {"curve_id": f"{number:016x}", **names, **fields}


class TestCompare:
    def test_added_removed_and_changed(self, run):
        """Of three curves one went, one came, and one has another score and verdict."""
        results(
            "old",
            curves=[curve(1), curve(2), curve(3)],
            labels=[{"curve_id": f"{i:016x}", "verdict": "rises", "q": 0.01} for i in (1, 2, 3)],
        )
        results(
            "new",
            curves=[curve(2), curve(3, emergence_score=7.0), curve(4)],
            labels=[
                {"curve_id": f"{i:016x}", "verdict": "apparent" if i == 3 else "rises", "q": 0.01}
                for i in (2, 3, 4)
            ],
        )
        status, out, _ = run("compare", "old", "new")
        assert status == 0
        assert out.startswith("3 curves before, 3 after: 1 added, 1 removed, 1 changed\n")
        lines = [line.split() for line in out.splitlines()[2:]]
        assert [line[0] for line in lines] == ["added", "removed", "changed", "changed"]
        assert lines[2][-4:] == ["curves", "emergence_score", "5", "7"]
        assert lines[3][-4:] == ["labels", "verdict", "rises", "apparent"]
        assert run("compare", "old", "new", "--exit-code")[0] == 1
        assert run("compare", "old", "nowhere", "--exit-code")[0] == 2, "a script can tell"
        _, out, _ = run("compare", "old", "new", "--output", "json")
        assert [row["change"] for row in json.loads(out)] == [line[0] for line in lines]
        _, out, _ = run("compare", "old", "new", "--output", "csv")
        assert len(list(csv.DictReader(io.StringIO(out)))) == 4

    def test_another_machines_last_digits_are_no_change(self, run):
        results("old", curves=[curve(1), curve(2, emergence_score=float("inf"))])
        results(
            "new",
            curves=[
                curve(1, emergence_score=5 * (1 + 1e-12)),
                curve(2, emergence_score=float("inf")),
            ],
        )
        status, out, _ = run("compare", "old", "new", "--exit-code")
        assert status == 0 and "0 added, 0 removed, 0 changed" in out

    def test_what_inference_amounts_to(self, run):
        """Its texts are compared; its numbers move with the draws."""
        for name, word in (("old", "estimated"), ("new", "open_above")):
            row = {"curve_id": f"{1:016x}", "exponent_status": word, "p_rise": len(word) / 100}
            results(name, curves=[curve(1)], inference=[row])
        _, out, _ = run("compare", "old", "new", "--output", "json")
        assert [row["column"] for row in json.loads(out)] == ["exponent_status"]

    def test_tables_of_one_side_and_columns_that_came(self, run):
        results("old", curves=[curve(1)])
        results("new", curves=[curve(1)], labels=[{"curve_id": f"{1:016x}", "verdict": "rises"}])
        assert "labels.parquet is in only one of the folders" in run("compare", "old", "new")[1]

    def test_other_datasets_are_said(self, run):
        results("old", curves=[curve(1)])
        results("new", curves=[curve(2, dataset="e")])
        assert "these are different datasets: d; e" in run("compare", "old", "new")[1]

    @pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 100])
    def test_what_is_no_table(self, run, content):
        results("old", curves=[curve(1)])
        Path("new").mkdir()
        write("new/curves.parquet", content)
        status, _, err = run("compare", "old", "new")
        assert status == 1 and err.startswith("error: new/curves.parquet: cannot be read")

    def test_no_result_or_no_key(self, run):
        results("old", curves=[curve(1)])
        assert "contains no curves.parquet" in run("compare", "old", "nowhere")[2]
        Path("new").mkdir()
        pq.write_table(pa.table({"a": [1]}), "new/curves.parquet")
        assert "has no column curve_id" in run("compare", "old", "new")[2]
        results("twice", curves=[curve(1), curve(1)])
        assert "has a curve_id twice" in run("compare", "old", "twice")[2]


class TestShow:
    @pytest.fixture
    def processed(self, run):
        results(
            "data/processed/d",
            curves=[curve(1, scores=[0.25, 0.5]), curve(2, task="t1", subtask="a\x1b[31m")],
            inference=[{"curve_id": f"{1:016x}", "p_rise": 0.0625, "nested": {"a": 1}}],
            pooled=[{"curve_id": f"{1:016x}", "dispersion": 1.25}],
            labels=[{"curve_id": f"{1:016x}", "verdict": "rises"}],
        )
        write(
            "data/processed/d/summary.json",
            """{"curves": {"total": 2, "list": [
                {"name": "1", "n": 3}, {"id": "y-1", "n": [null, "a", 0.1, true, ""]}
            ]}}""",
        )

    def test_a_curve(self, run, processed):
        status, out, _ = run("show", f"{1:016x}")
        assert status == 0
        for line in ("task", "t1", "[0.25, 0.5]", "p_rise", "0.0625", "verdict", "rises", "null"):
            assert line in out
        assert out.index("curves.parquet") < out.index("inference.parquet") < out.index("labels")

    def test_a_task(self, run, processed):
        status, out, _ = run("show", "task=t1")
        assert status == 0 and len(out.splitlines()) == 3 and "\\x1b[31m" in out

    def test_a_number_with_its_meaning_and_unit(self, run, processed):
        status, out, _ = run("show", f"curves:{1:016x}:n_scales")
        assert status == 0 and "n_scales: scales with a usable score" in out
        assert run("show", f"inference:{1:016x}:p_rise")[1].startswith("0.0625\n")
        assert run("show", f"labels:{1:016x}:verdict")[1].startswith("rises\n")

    def test_a_number_of_a_json_file(self, run, processed):
        assert run("show", "summary:curves:total")[1] == "2\n"
        assert run("show", "summary:curves:list.0.n")[1] == "3\n"
        values = [run("show", f"summary:curves:list.y-1.n.{at}")[1] for at in range(5)]
        assert values == ["null\n", "a\n", "0.1\n", "true\n", "(empty)\n"]

    def test_a_name_from_the_data_hides_no_place(self, run, processed):
        """The first item is called 1; the second one stands there."""
        assert json.loads(run("show", "summary:curves:list.1")[1])["id"] == "y-1"

    def test_where_several_datasets_have_a_number_each_is_named(self, run, processed):
        """Every dataset has a summary: one number alone would be that of another page."""
        results("data/processed/e", curves=[curve(3)])
        write("data/processed/e/summary.json", '{"curves": {"total": 7}}')
        _, out, _ = run("show", "summary:curves:total")
        assert out.split() == [
            "data/processed/d/summary.json:",
            "2",
            "data/processed/e/summary.json:",
            "7",
        ]
        _, out, _ = run("show", "summary:curves:total", "--output", "json")
        assert [(row["dataset"], row["value"]) for row in json.loads(out)] == [("d", 2), ("e", 7)]
        assert run("show", "summary:curves:total", "--processed", "data/processed/e")[1] == "7\n"
        # One that only one of them has is no error of the other.
        assert run("show", "summary:curves:list.0.n")[1] == "3\n"

    @pytest.mark.parametrize("output", ["csv", "json"])
    def test_for_programs(self, run, processed, output):
        """The value as it is, with its unit and meaning beside it and not in it."""

        def rows(key: str) -> list[dict]:
            status, out, _ = run("show", key, "--output", output)
            assert status == 0
            return json.loads(out) if output == "json" else list(csv.DictReader(io.StringIO(out)))

        curve_id = f"{1:016x}"
        (row,) = rows(f"curves:{curve_id}:emergence_score")
        assert float(row["value"]) == 5.0 and row["column"] == "emergence_score"
        assert {row["task"] for row in rows("task=t1")} == {"t1"}
        names = [(row["table"], row["column"]) for row in rows(curve_id)]
        assert ("curves", "emergence_score") in names and len(set(names)) == len(names)

    @pytest.mark.parametrize("table", ["curves", "inference", "pooled", "labels"])
    def test_what_lacks_a_table_and_how_it_comes_back(self, run, processed, table, monkeypatch):
        """What is asked for may be there once it is whole; shards are no dataset."""
        results("data/processed/d/inference", curves=[curve(1)])
        asked = ("show", f"{9:016x}")
        assert "make report DATASETS" not in run(*asked)[2]
        Path(f"data/processed/d/{table}.parquet").unlink()
        missing = f"\n  data/processed/d/{table}.parquet is missing: make report DATASETS=d\n"
        for further in ([], ["--processed", "data/processed/d"]):
            status, _, err = run(*asked, *further)
            assert status == 1 and err.endswith(missing) and err.count("make report") == 1
        monkeypatch.chdir("data/processed/d")
        _, _, err = run(*asked, "--processed", ".")
        assert err.endswith(f"\n  {table}.parquet is missing: make report DATASETS=d\n")

    def test_the_folder_of_one_dataset(self, run, processed):
        assert run("show", "task=t1", "--processed", "data/processed/d")[0] == 0

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            ("x", "is not a key"),
            ("\x1b[31m", "is not a key"),
            ("task=t11", "did you mean 't1'?"),
            ("0" * 16, "there is no curve"),
            (f"curvs:{1:016x}:status", "did you mean 'curves'?"),
            (f"curves:{1:016x}:statu", "did you mean 'status'?"),
            ("curves:nothing:status", "there is no row of curves"),
            ("summary:curvs:total", "there is no 'curvs': did you mean 'curves'?"),
            ("summary:curves:nothing", "there is no 'nothing' under 'curves': Allowed: list"),
            ("summary:curves:total.x", "under 'curves:total': it is one value"),
            ("summary:curves:list.y-2", "did you mean 'y-1'? Allowed: y-1, or a place: 0 to 1"),
            ("summary:curves:list.y-1.n.9", "under 'curves:list.y-1.n': Allowed: 0 to 4"),
            ("../../etc:1:2", "is not a key"),
        ],
    )
    def test_what_is_not_there(self, run, processed, key, message):
        status, out, err = run("show", key)
        assert (status, out) == (1, "") and message in err

    def test_no_result(self, run):
        status, _, err = run("show", "task=t")
        assert status == 1 and "make report" in err


@settings(max_examples=100)
@given(
    st.sampled_from(["s.csv", "s.json", "s.parquet"]),
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
        st.text(alphabet='0.1,\n"é;=', max_size=120).map(lambda text: (HEADER + text).encode()),
    ),
)
def test_no_file_ends_a_command_with_a_traceback(tmp_path_factory, name, data):
    """Whatever a file holds, the status is 0 or 1."""
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(data)
    for command in ("check", "score"):
        assert main([command, str(path)]) in (0, 1)


def test_a_reader_that_has_seen_enough(tmp_path):
    """`emergence score ... | head -1` must not complain."""
    rows = "".join(
        f"t{i},acc,F,m{j},{10 ** (j + 6)},0.{j},0,,\n" for i in range(3000) for j in range(4)
    )
    (tmp_path / "s.csv").write_text(HEADER + rows)
    command = f"'{sys.executable}' -m emergence.cli score '{tmp_path}/s.csv' | head -1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == "" and done.stdout.startswith("curve_id")
