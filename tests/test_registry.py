"""The registry: a mistake in it is said once, in words, with the entry and the field."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emergence.errors import InputError, did_you_mean, shorten
from emergence.registry import check_against_schema, load_registry, load_yaml, registry_schema

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = registry_schema()

ENTRY = {
    "title": "Mine",
    "synthetic": False,
    "licence": "CC0-1.0",
    "citation": ["Me 2020."],
    "sources": [{"kind": "file", "format": "tidy", "path": "scores.csv"}],
}


def allowed(field: str) -> str:
    """The values that a source's field may have, as a message lists them."""
    return ", ".join(sorted(SCHEMA["$defs"]["source"]["properties"][field]["enum"]))


def write(path: Path, content: Any) -> Path:
    """Write a registry: text and bytes as they are, one dataset 'mine', or several."""
    if isinstance(content, dict):
        content = yaml.safe_dump(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def changed(place: str, value: Any, **datasets: Any) -> dict[str, Any]:
    """The good entry with one field at a dotted place set, or removed by ``...``."""
    entry = copy.deepcopy(ENTRY)
    *folders, field = place.split(".")
    at: Any = entry
    for name in folders:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    if value is ...:
        del at[field]
    else:
        at[field] = value
    return {"datasets": {"mine": entry, **datasets}}


@pytest.fixture
def mistake(tmp_path):
    """The message about a registry; nothing but InputError may come."""

    def message(content: Any) -> str:
        path = write(tmp_path / "mine.yaml", content)
        with pytest.raises(InputError) as caught:
            load_registry([path])
        text = str(caught.value)
        assert text.startswith(str(path)), "it names the file"
        assert len(text) < 2000
        return text.removeprefix(str(path)).removeprefix(": ")

    return message


class TestGoodOnes:
    def test_the_projects_own(self):
        entries = load_registry([ROOT / "data/datasets.yaml"])
        assert "bigbench-public" in entries

    def test_paths_start_from_each_registrys_own_folder(self, tmp_path):
        """A user keeps private datasets beside their registry, outside the project."""
        files = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            files.append(write(tmp_path / name / "r.yaml", {"datasets": {name: ENTRY}}))
        entries = load_registry(files)
        assert list(entries) == ["one", "two"]
        for name, entry in entries.items():
            assert entry["registry"] == str((tmp_path / name).resolve())
            assert entry["sources"] == ENTRY["sources"]

    def test_the_order_is_the_files_and_not_the_alphabets(self, tmp_path):
        content = "datasets:\n" + "".join(
            f"  {name}: {json.dumps(ENTRY)}\n" for name in ("zebra", "ant", "0-moth")
        )
        assert list(load_registry([write(tmp_path / "r.yaml", content)])) == [
            "zebra",
            "ant",
            "0-moth",
        ]

    def test_a_byte_order_mark_does_no_harm(self, tmp_path):
        content = b"\xef\xbb\xbf" + yaml.safe_dump({"datasets": {"mine": ENTRY}}).encode()
        assert list(load_registry([write(tmp_path / "r.yaml", content)])) == ["mine"]

    def test_every_field_of_the_schema_can_be_used(self, tmp_path):
        mapping = {
            "task": "name",
            "metric": {"constant": "accuracy"},
            "n_params": {"constant": 1e9},
            "is_preferred": {"constant": True},
            "condition": ["prompting", "filter"],
        }
        entry = {
            **ENTRY,
            "description": "What it is.",
            "notes": ["A note."],
            "task_names": "bigbench",
            "compare_conditions": ["prompting=a", "prompting=b"],
            "axes": ["params", {"axis": "flops", "absorbs": ["token_ratio"]}],
            "benchmark_of": {"part": "whole"},
            "independent_tasks": False,
            "changed_settings": [{"setting": "threshold", "first": "1", "now": "2", "why": "so"}],
            "training_time": {"machine": "a laptop", "seconds": {"addition": 1.5}},
            "metrics": {
                "my_metric": {
                    "group": "continuous",
                    "higher_is_better": False,
                    "output_group": "mine",
                    "is_share_of_examples": False,
                }
            },
            "sources": [{**ENTRY["sources"][0], "lines_sha256": "0" * 64, "columns": mapping}],
        }
        properties = SCHEMA["$defs"]["dataset"]["properties"]
        assert set(entry) == set(properties)
        path = write(tmp_path / "r.yaml", {"datasets": {"mine": entry}})
        loaded = load_registry([path])["mine"]
        assert {k: v for k, v in loaded.items() if k != "registry"} == entry


class TestMistakesInAnEntry:
    def test_an_axis_that_there_is_not(self, mistake):
        assert mistake(changed("axes", ["flop"])) == (
            "entry 'mine', field 'axes.0': flop seen; allowed is one of params, tokens, flops, "
            "loss; or a mapping with axis and absorbs"
        )
        assert "'params'" in mistake(changed("axes", [{"axis": "params", "absorbs": []}]))

    def test_a_misspelt_field_is_named_with_the_right_one(self, mistake):
        content = changed("titel", "Mine")
        assert mistake(content) == (
            "entry 'mine': unknown field 'titel': did you mean 'title'? Allowed: "
            "axes, benchmark_of, changed_settings, citation, compare_conditions, description, "
            "independent_tasks, licence, metrics, notes, sources, synthetic, task_names, title, "
            "training_time"
        )

    def test_a_misspelt_field_inside_a_source_says_which(self, mistake):
        text = mistake(changed("sources.0.columns", {"modell": "m"}))
        assert text.startswith(
            "entry 'mine', field 'sources.0.columns': unknown field 'modell': did you mean 'model'?"
        )

    @pytest.mark.parametrize("field", ["title", "synthetic", "licence", "citation", "sources"])
    def test_a_missing_field(self, mistake, field):
        assert mistake(changed(field, ...)) == f"entry 'mine': the field '{field}' is missing"

    @pytest.mark.parametrize(
        ("place", "value", "said"),
        [
            ("synthetic", "maybe", "maybe seen where boolean belongs"),
            ("title", 7, "7 seen where string belongs"),
            ("title", "", "is empty"),
            ("citation", [], "is empty"),
            ("sources", {}, "{} seen where array belongs"),
            ("sources", [], "is empty"),
            ("notes", ["", "x"], "is empty"),
            ("task_names", "wikipedia", "wikipedia is not allowed: Allowed: bigbench"),
            (
                "sources.0.kind",
                "fiel",
                f"fiel is not allowed: did you mean 'file'? Allowed: {allowed('kind')}",
            ),
            ("sources.0.format", "xlsx", f"xlsx is not allowed: Allowed: {allowed('format')}"),
            ("sources.0.lines_sha256", "ABC", "'ABC' seen; it must match ^[0-9a-f]{64}$"),
            (
                "sources.0.columns.score",
                {"constant": "x"},
                "{'constant': 'x'} seen; allowed is the name of a column; or {constant: a number}",
            ),
            (
                "sources.0.columns.task",
                5,
                "5 seen; allowed is the name of a column; or {constant: a text}",
            ),
            (
                "sources.0.columns.is_preferred",
                {"constant": 1},
                "{'constant': 1} seen; allowed is the name of a column; or {constant: a boolean}",
            ),
            (
                "sources.0.columns.condition",
                [],
                "[] seen; allowed is the name of a column; or a list of columns; "
                "or {constant: a text}",
            ),
            (
                "metrics.mine.group",
                "smooth",
                "smooth is not allowed: Allowed: continuous, discontinuous, other",
            ),
        ],
    )
    def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(
        self, mistake, place, value, said
    ):
        text = mistake(changed(place, value))
        where = re.escape(place)
        assert re.search(rf"entry 'mine', field '{where}(\.\d)?': {re.escape(said)}", text), text

    def test_a_metric_must_be_declared_in_full(self, mistake):
        text = mistake(changed("metrics", {"mine": {}}))
        for field in ("group", "higher_is_better", "is_share_of_examples"):
            assert f"entry 'mine', field 'metrics.mine': the field '{field}' is missing" in text

    def test_several_mistakes_are_said_together_each_once(self, mistake):
        """Who mends one and starts again for the next gives up at the third."""
        content = changed("synthetic", "maybe", yours={**ENTRY, "title": 5, "licence": ""})
        assert mistake(content).split("; ") == [
            "entry 'mine', field 'synthetic': maybe seen where boolean belongs",
            "entry 'yours', field 'licence': is empty",
            "entry 'yours', field 'title': 5 seen where string belongs",
        ]

    @pytest.mark.parametrize("name", ["Mine", "my data", "-mine", "mine_2", "", "ä", "a/b", ".."])
    def test_an_id_that_is_no_path_and_no_wildcard(self, mistake, name):
        assert (
            mistake({"datasets": {name: ENTRY}})
            == f"entry '{name}': an id must match ^[a-z0-9][a-z0-9-]*$"
        )


SETTINGS = {
    "seed": 1,
    "models": {"smallest": 1e7, "largest": 1e10, "number": 4},
    "exponents": [0.3],
    "units": [1e8],
    "lengths": [2],
    "choices": [2],
    "examples": 50,
    "lean": 0.5,
    "concentration": 10,
}

COMPUTED = {
    **ENTRY,
    "synthetic": True,
    "sources": [
        {
            "kind": "computed",
            "program": "mirage-model",
            "format": "tidy",
            "path": "scores.csv",
            "settings": SETTINGS,
        }
    ],
}


class TestComputed:
    def test_a_good_one(self, tmp_path):
        path = write(tmp_path / "r.yaml", {"datasets": {"mine": COMPUTED}})
        assert load_registry([path])["mine"]["sources"] == COMPUTED["sources"]

    @pytest.mark.parametrize(
        ("place", "value", "said"),
        [
            ("program", ..., "'sources.0': the field 'program' is missing"),
            ("settings", ..., "'sources.0': the field 'settings' is missing"),
            (
                "program",
                "mirage",
                "'sources.0.program': mirage is not allowed: did you mean 'mirage-model'? "
                "Allowed: induced, mirage-model",
            ),
            ("path", "other.csv", "'sources.0.path': other.csv is not allowed: "),
            ("url", "https://example.org/x", "'sources.0.url': belongs to sources of another kind"),
            ("lines_sha256", "0" * 64, "'sources.0.lines_sha256': belongs to sources of another"),
            ("settings.seed", ..., "'sources.0.settings': the field 'seed' is missing"),
            (
                "settings.exponent",
                [0.3],
                "'sources.0.settings': unknown field 'exponent': did you mean 'exponents'? ",
            ),
            (
                "settings.examples",
                0,
                "'sources.0.settings.examples': 0 is less than the minimum of 1",
            ),
            ("settings.examples", "many", "'sources.0.settings.examples': many seen where integer"),
            ("settings.lean", 1.5, "'sources.0.settings.lean': 1.5 is greater than the maximum of"),
            ("settings.lengths", [], "'sources.0.settings.lengths': is empty"),
            (
                "settings.lengths",
                [2, 2],
                "'sources.0.settings.lengths': an item of [2, 2] is given twice",
            ),
            (
                "settings.models.number",
                1,
                "'sources.0.settings.models.number': 1 is less than the minimum of 2",
            ),
        ],
    )
    def test_a_mistake_is_named_with_its_place_and_what_is_allowed(
        self, mistake, place, value, said
    ):
        entry = copy.deepcopy(COMPUTED)
        *folders, field = place.split(".")
        at: Any = entry["sources"][0]
        for name in folders:
            at = at[name]
        if value is ...:
            del at[field]
        else:
            at[field] = value
        text = mistake({"datasets": {"mine": entry}})
        assert text.startswith(f"entry 'mine', field {said}")

    def test_scores_of_the_model_cannot_be_called_measured(self, mistake):
        """The pages say that they are synthetic from this field alone."""
        text = mistake({"datasets": {"mine": {**COMPUTED, "synthetic": False}}})
        assert text == "entry 'mine', field 'synthetic': False seen where True belongs"

    @pytest.mark.parametrize("field", ["program", "settings"])
    def test_its_fields_belong_to_no_other_kind(self, mistake, field):
        text = mistake(changed(f"sources.0.{field}", COMPUTED["sources"][0][field]))
        assert (
            f"entry 'mine', field 'sources.0.{field}': belongs to sources of another kind" in text
        )

    def test_it_stands_alone(self, mistake):
        sources = [*ENTRY["sources"], *COMPUTED["sources"]]
        text = mistake({"datasets": {"mine": {**COMPUTED, "sources": sources}}})
        assert "a source of kind computed stands alone; make each its own dataset" in text


GIT = {
    "kind": "git",
    "format": "tidy",
    "path": "tables/scores.csv",
    "url": "https://git.example.org/scores.git",
    "commit": "1" * 40,
    "files": ["tables/*.csv"],
}


class TestFetched:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"commit": ...}, "'sources.0': the field 'commit' is missing"),
            ({"url": ..., "files": ...}, "'sources.0': the field 'url' is missing"),
            ({"commit": "main"}, "'main' seen; it must match ^[0-9a-f]{40}$"),
            ({"files": []}, "'sources.0.files': is empty"),
            ({"files": ["/etc/*"]}, "'/etc/*' seen; it must match"),
            ({"url": "git@github.com:google/x"}, "'sources.0.url': 'git@github.com"),
            ({"url": "https://me:secret@h.org/x"}, "'sources.0.url'"),
            ({"kind": "file"}, "'sources.0.commit': belongs to sources of another kind"),
            ({"kind": "gti"}, "gti is not allowed: did you mean 'git'?"),
        ],
    )
    def test_a_mistake_is_named(self, mistake, tmp_path, change, said):
        good = {"datasets": {"mine": {**ENTRY, "sources": [GIT]}}}
        assert load_registry([write(tmp_path / "r.yaml", good)])["mine"]["sources"] == [GIT]
        source = {name: value for name, value in {**GIT, **change}.items() if value is not ...}
        assert said in mistake({"datasets": {"mine": {**ENTRY, "sources": [source]}}})

    def test_it_stands_alone(self, mistake):
        """A dataset has one folder of files: two repositories are two datasets."""
        text = mistake({"datasets": {"mine": {**ENTRY, "sources": [GIT, *ENTRY["sources"]]}}})
        assert "a source of kind git stands alone" in text


class TestMistakesInTheFile:
    @pytest.mark.parametrize("content", ["", "# nothing\n", "---\n", "\ufeff"])
    def test_an_empty_file(self, mistake, content):
        assert mistake(content) == "is empty\n  A registry begins with the line `datasets:`."

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("- a\n", "['a'] seen where object belongs"),
            ("text", "text seen where object belongs"),
            ("datasets:\n", "field 'datasets': None seen where object belongs"),
            ("datasets: [a]\n", "field 'datasets': ['a'] seen where object belongs"),
            ("datasets: {a: }\n", "entry 'a': None seen where object belongs"),
        ],
    )
    def test_what_is_no_mapping(self, mistake, content, said):
        assert mistake(content) == said

    def test_a_misspelt_first_line(self, mistake):
        text = mistake({"dataset": {}})
        assert "unknown field 'dataset': did you mean 'datasets'?" in text

    @pytest.mark.parametrize(
        ("content", "line", "said"),
        [
            ("datasets:\n\ta: 1\n", 2, "cannot start any token"),
            ("datasets: {a: [\n", 2, "expected the node content"),
            ("datasets:\n  a: *b\n", 2, "undefined alias"),
            ("datasets: {}\n---\nx: 1\n", 2, "another document"),
            ("datasets: {a: !!python/name:os.system }\n", 1, "could not determine a constructor"),
        ],
    )
    def test_what_is_no_yaml_is_found_by_its_line(self, mistake, content, line, said):
        text = mistake(content)
        assert text.startswith(f", line {line}: is not valid YAML: ")
        assert said in text

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("2023-13-01", "month must be in 1..12"),
            ("!!int x", "invalid literal"),
            ("1" * 5000, "4300 digits"),
            ('"\\ud800"', r"\ud800 is not text"),
            ('"a\\0b"', r"a\x00b is not text"),
            ('"a\\eb"', r"a\x1bb is not text"),
            ('!!binary "é"', "failed to convert base64"),
        ],
    )
    def test_a_value_that_yaml_takes_for_something_else(self, mistake, value, said):
        """These ended in a ValueError, or went on into a page that could not be written."""
        text = mistake(f"datasets:\n  mine:\n    title: {value}\n")
        assert text.startswith(", line 3: is not valid YAML: ")
        assert said in text

    def test_a_key_given_twice_is_refused_for_the_second_would_win_in_silence(self, mistake):
        text = mistake("datasets:\n  a: {}\n  b: {}\n  a: {}\n")
        assert text == ", line 4: is not valid YAML: the key 'a' is given twice"

    @pytest.mark.parametrize("key", ["2023", "no", "1.5", "null", "2023-01-01", "[a]"])
    def test_a_key_that_yaml_does_not_take_for_text_is_refused(self, mistake, key):
        """2023 looks like an id, and `no` is false: both passed as entries."""
        text = mistake(f"datasets:\n  ? {key}\n  : {{}}\n")
        assert "is not text; put it in quotation marks" in text
        assert text.startswith(", line 2")

    def test_an_id_that_ends_with_a_newline_is_refused(self, mistake):
        """The schema's `$` matches before it."""
        text = mistake('datasets:\n  "a\\n": {}\n')
        assert r"the key 'a\n' has signs that cannot be printed" in text

    def test_a_file_nested_too_deeply(self, mistake):
        assert "nested too deeply" in mistake("datasets: " + "[" * 10_000)

    @pytest.mark.parametrize("coding", ["utf-16", "latin-1"])
    def test_a_file_in_another_coding(self, mistake, coding):
        assert mistake("# é\ndatasets: {}\n".encode(coding)).startswith("is not UTF-8 text: ")

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(InputError, match="cannot be read: No such file"):
            load_registry([tmp_path / "none.yaml"])
        with pytest.raises(InputError, match="cannot be read: Is a directory"):
            load_registry([tmp_path])

    def test_an_id_in_two_registries_names_both_files(self, tmp_path):
        files = [write(tmp_path / name, {"datasets": {"mine": ENTRY}}) for name in ("a", "b")]
        with pytest.raises(InputError) as caught:
            load_registry(files)
        assert str(caught.value) == (
            f"{tmp_path / 'b'}: entry 'mine': this id is taken by {tmp_path / 'a'}\n"
            "  Give the dataset another id."
        )


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.one_of(st.sampled_from(["datasets", "mine", *ENTRY]), st.text()),
                inner,
                max_size=4,
            ),
        ),
    )
)
def test_any_content_is_valid_or_one_message(value):
    """The schema has many ways to fail, and each must be put into words."""
    try:
        check_against_schema(value, SCHEMA, where="here", unit="entry")
    except InputError as error:
        assert str(error).startswith("here: ")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that all examples of a property share."""
    return tmp_path_factory.mktemp("yaml")


@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(alphabet="{}[]:,-&*!?|>'\"% \n\t#a01.~=<", max_size=60).map(str.encode),
    )
)
def test_any_bytes_are_yaml_or_one_message(place, data):
    path = write(place / "r.yaml", data)
    try:
        load_yaml(path)
    except InputError as error:
        assert str(error).startswith(str(path))


class TestWords:
    def test_a_message_has_place_problem_and_remedy(self):
        error = InputError("is wrong", where="here", remedy="Mend it.")
        assert str(error) == "here: is wrong\n  Mend it."
        assert str(InputError("is wrong")) == "is wrong"

    def test_the_likely_name_comes_first(self):
        assert did_you_mean("knid", ["path", "kind"]) == "did you mean 'kind'? Allowed: kind, path"
        assert did_you_mean("x", []) == "Allowed: none"

    def test_foreign_names_are_shortened_escaped_and_cut(self):
        text = did_you_mean("a", ["a\n", "b" * 1000, *map(str, range(100_000))])
        assert len(text) < 1000
        assert text.isprintable()
        assert text.endswith("more")

    @given(st.text(st.characters(exclude_categories=[])), st.integers(1, 50))
    def test_shortened_text_is_one_printable_line_of_the_length_asked_for(self, text, limit):
        short = shorten(text, limit)
        assert len(short) <= limit
        assert short.isprintable()
        if text.isprintable() and len(text) <= limit:
            assert short == text
