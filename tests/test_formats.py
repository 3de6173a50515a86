"""The registry of formats: what each says of itself, and that everything else asks it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from emergence.errors import InputError
from emergence.registry import load_registry
from emergence.sources import (
    FORMATS,
    KINDS,
    looked_at,
    path_fields,
    read_source,
    recognised,
    with_formats,
)
from emergence.sources.formats import Field, Format
from emergence.sources.tidy import COLUMNS

ROOT = Path(__file__).resolve().parents[1]

SCHEMA = json.loads((ROOT / "emergence/schemas/registry.schema.json").read_text(encoding="utf-8"))

ENTRY = {"title": "t", "synthetic": False, "licence": "l", "citation": ["c"]}

#: A value for each field that only some formats take.
VALUES = {
    "columns": {"task": "name"},
    "models": "m.csv",
    "sizes": {"m": {"n_params": "1B"}},
    "chance": "c.csv",
    "size_unit": "B",
    "scores": {"a": {"task": "t"}},
    "percent": True,
    "repeated": "mean",
}


def make(folder: Path, *names: str) -> Path:
    """Write files of no meaning."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    return folder


class TestSchema:
    def test_the_committed_one_says_what_the_formats_say(self) -> None:
        """It is complete for those who read it, in an editor or by hand."""
        now = with_formats(SCHEMA)
        source = now["$defs"]["source"]["properties"]
        names = ("format", *(field.name for f in FORMATS.values() for field in f.fields))
        to_write = {name: source[name] for name in names}
        to_write["fields_of_formats"] = now["$defs"]["fields_of_formats"]
        assert now == SCHEMA, (
            "write in emergence/schemas/registry.schema.json, at their places:\n"
            + ("\n".join(f"{json.dumps(name)}: {json.dumps(at)}" for name, at in to_write.items()))
        )

    def test_a_field_means_the_same_in_every_format(self) -> None:
        fields: dict[str, Field] = {}
        for chosen in FORMATS.values():
            for field in chosen.fields:
                assert fields.setdefault(field.name, field) == field

    @pytest.mark.parametrize("name", VALUES)
    @pytest.mark.parametrize("chosen", FORMATS.values(), ids=lambda chosen: chosen.name)
    def test_an_entry_and_its_reader_take_the_fields_of_the_format(
        self, tmp_path: Path, chosen: Format, name: str
    ) -> None:
        """In silence another's would be as if it had been heeded."""
        source = {"kind": "file", "format": chosen.name, "path": "s", name: VALUES[name]}
        registry = tmp_path / "r.yaml"
        registry.write_text(json.dumps({"datasets": {"mine": {**ENTRY, "sources": [source]}}}))

        if name in [field.name for field in chosen.fields]:
            assert load_registry([registry])["mine"]["sources"] == [source]
            return
        with pytest.raises(InputError, match=f"{name}': belongs to sources of another kind"):
            load_registry([registry])
        with pytest.raises(InputError, match=f"{chosen.name} takes no field `{name}`"):
            list(read_source(source, tmp_path))

    def test_every_field_is_tried(self) -> None:
        assert {field.name for f in FORMATS.values() for field in f.fields} == set(VALUES)

    def test_columns_can_be_mapped_to_all_that_a_tidy_table_has(self) -> None:
        assert set(SCHEMA["$defs"]["columns"]["properties"]) == set(COLUMNS)

    def test_a_format_that_came_needs_no_line_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever adds one for themselves adds a module."""
        monkeypatch.setitem(FORMATS, "new", replace(FORMATS["tidy"], name="new", fields=()))

        schema = with_formats(SCHEMA)
        assert "new" in schema["$defs"]["source"]["properties"]["format"]["enum"]
        assert "new" not in SCHEMA["$defs"]["source"]["properties"]["format"]["enum"]


class TestWhatIsRecognised:
    @pytest.mark.parametrize(
        ("name", "path", "expected"),
        [
            ("t/results/scores_a.json", ".", "bigbench"),
            ("bigbench/benchmark_tasks/t/results/scores_a.json", ".", "bigbench"),
            ("model/results_1.json", ".", "lm-eval"),
            ("results_1.json", "results_1.json", "lm-eval"),
            ("s.csv", "s.csv", "tidy"),
            ("s", "s", "tidy"),
        ],
    )
    def test_a_format_by_what_is_there(
        self, tmp_path: Path, name: str, path: str, expected: str
    ) -> None:
        assert recognised(make(tmp_path, name) / path).name == expected

    def test_nothing(self, tmp_path: Path) -> None:
        """Every format says what it is."""
        with pytest.raises(InputError, match="has no known format") as error:
            recognised(tmp_path)
        for chosen in FORMATS.values():
            assert f"{chosen.description} ({chosen.name})" in str(error.value)
        with pytest.raises(InputError, match="there is no such file or folder"):
            recognised(tmp_path / "nowhere.json")

    def test_a_large_json_file_is_left_to_its_reader(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says that the file is too large, and nobody parses it to see what it is."""
        file = tmp_path / "r.json"
        file.write_text(json.dumps([1] * 100))
        with pytest.raises(InputError, match="is a table in JSON"):
            recognised(file)
        monkeypatch.setattr("emergence.sources.formats.LARGEST_FILE", 100)
        assert recognised(file).name == "lm-eval"

    def test_each_has_a_name_of_its_own(self) -> None:
        assert len(FORMATS) == sum(isinstance(kind, Format) for kind in KINDS)


def listed(source: dict, folder: Path) -> list[str]:
    return [file.shown(source["path"]) for file in looked_at(source, folder)]


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "read", "others"),
        [
            (
                "bigbench",
                ["t/results/scores_a.json"],
                ["t/scores_b.json", "u/v/results/scores_.json"],
            ),
            ("lm-eval", ["a.json", "t/b.json"], [".hidden.json", ".git/c.json", "samples.jsonl"]),
        ],
    )
    def test_what_a_format_reads_below_a_folder(
        self, tmp_path: Path, name: str, read: list[str], others: list[str]
    ) -> None:
        """What an archive takes and what reading depends on is what the reader opens."""
        make(tmp_path / "s", *read, *others)
        source = {"kind": "file", "format": name, "path": "s"}
        expected = [f"s/{file}" for file in read]
        assert listed(source, tmp_path) == expected
        (part,) = read_source(source, tmp_path)
        assert part.rejects["source_file"].to_pylist() == expected

    @pytest.mark.parametrize("name", FORMATS)
    def test_a_file_is_itself(self, tmp_path: Path, name: str) -> None:
        make(tmp_path, "s.json")
        assert listed({"format": name, "path": "s.json"}, tmp_path) == ["s.json"]

    def test_paths_of_a_source(self) -> None:
        source = {"format": "lm-eval", "path": "r", "chance": "c.csv"}
        assert path_fields(source) == ["path", "chance"]
        assert path_fields({"format": "tidy", "path": "s.csv", "columns": {}}) == ["path"]
