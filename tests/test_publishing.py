"""Cards that no data can break, tables that load back, and archives of the same bytes."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from page_samples import ENTRY, HOSTILE_NAMES
from publishing_samples import load_back

from emergence.curves_table import CURVES
from emergence.publishing.archive import (
    SUMS,
    archive_readme,
    carried_version,
    digest,
    version_text,
    write_archive,
)
from emergence.publishing.card import PUBLISHED, dataset_card
from emergence.publishing.features import described_features, features, with_features
from emergence.publishing.markdown import block, code, plain, table
from emergence.tables import read_table, write_table

COUNTS = {
    "judged": 4,
    "tested": 3,
    "rises": 2,
    "apparent": 1,
    "verdicts": {
        "beyond_smooth": 0,
        "smooth_suffices": 0,
        "law_does_not_fit": 0,
        "not_decidable": 1,
    },
    "reasons": {"argmax": 1},
    "untested": {"n_unknown": 1},
}
FEATURES = {name: described_features(schema) for name, schema in PUBLISHED.items()}


def card(hostile: str = "", **changes: object) -> str:
    """A card, in each place of which the data can say something."""
    source = {"path": f"s{hostile}", "entries": 1, "digest": "00", "digest_kind": hostile}
    claim = {
        "number": 1,
        "statement": "A claim.",
        "outcome": "not decidable",
        "ours": hostile,
        "reason": hostile,
    }
    entry = {
        **ENTRY,
        "title": f"t{hostile}",
        "description": hostile,
        "licence": hostile or "CC0-1.0",
        "citation": [hostile],
        "notes": [hostile],
        **changes,
    }
    return dataset_card(
        entry=entry,
        summary={
            "dataset": "mine",
            "fewest_scales": 4,
            "sources": [source],
            "verdicts": {"all": COUNTS},
        },
        claims={"claims": [claim]},
        rows=dict.fromkeys(PUBLISHED, 2),
        features=FEATURES,
        code_version="unknown",
    )


def header(text: str) -> dict:
    """The header of a card, found as the hub finds it: between lines of three hyphens."""
    _, fields, _ = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
    return yaml.safe_load(fields)


def outside_code(text: str) -> str:
    """What is left of Markdown without its blocks and spans of code, by CommonMark's rules."""
    kept, fence = [], ""
    for line in text.split("\n"):
        run = re.match(r"`{3,}", line)
        if fence:
            if line.rstrip() == fence:
                fence = ""
        elif run and "`" not in line[run.end() :]:
            fence = run[0]
        else:
            kept.append(line)
    assert not fence, "a block of code is never closed"
    return re.sub(r"(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)", "", "\n".join(kept))


class TestTheCard:
    @pytest.mark.parametrize("name", [*HOSTILE_NAMES, "`", "``` x", "a``b`", "\\|", "\\\\|", "---"])
    def test_texts_of_the_data_are_never_markup(self, name: str) -> None:
        """Whatever the data say stands in code: what is outside of it does not depend on them."""
        hostile = f"\n---\n```\n{name}\n```\n| [x](http://example.org) ![y](z) <b> $1$"
        body, calm = (text.split("\n---\n", 1)[1] for text in (card(hostile), card("calm")))
        assert outside_code(body) == outside_code(calm)

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_its_header_stays_a_header(self, name: str) -> None:
        """A title must neither end the header nor add fields to it."""
        fields = header(card(f"\n---\nlicense: mit\n{name}"))
        assert set(fields) == {
            *("pretty_name", "license", "license_name", "tags"),
            *("size_categories", "configs", "dataset_info"),
        }
        assert fields["license"] == "other"
        assert re.fullmatch(r"[a-z0-9.-]+", fields["license_name"])

    def test_its_header_names_licence_tags_and_files(self) -> None:
        """One configuration a table; synthetic data are marked where a search finds it."""
        fields = header(card(licence="Apache-2.0"))
        assert fields["license"] == "apache-2.0"
        assert "synthetic" not in fields["tags"]
        files = {
            config["config_name"]: config["data_files"][0]["path"] for config in fields["configs"]
        }
        assert files == {name: f"{name}.parquet" for name in PUBLISHED}
        text = card(synthetic=True)
        assert "synthetic" in header(text)["tags"]
        assert "**Synthetic:**" in text

    def test_every_column_has_its_meaning_and_unit(self) -> None:
        """They are the tables' own: a new column is in the card without anybody's doing."""
        text = card()
        for schema in PUBLISHED.values():
            for field in schema:
                meaning = field.metadata[b"meaning"].decode()
                assert f"| {plain(meaning)} |" in text, field.name
        assert (
            "| `scales` | list of double | of the axis | places on the axis, from the worst" in text
        )

    def test_verdicts_claims_and_the_way_back(self) -> None:
        """A reader sees what was found, and how to make it again."""
        text = card()
        assert "| that rise | 2 |" in text
        assert "| the number of examples is not known at every scale | 1 |" in text
        assert "| 1. A claim. | not decidable |" in text
        assert "make publish DATASETS=mine" in text


class TestMarkdown:
    def test_code(self) -> None:
        """The fence is longer than any run of backticks inside, and no cell is split."""
        assert code("a_b") == "`a_b`"
        assert code("`a``") == "``` `a`` ```"
        assert code("a|b") == "`a\\x7cb`"
        assert code("a\nb") == "`a\\nb`"
        assert code("") == ""

    def test_block(self) -> None:
        """One line a text; a text cannot close the block."""
        assert block(["a", "```"]) == "````text\na\n```\n````"

    def test_table(self) -> None:
        """The meaning of a column may have a bar or an underscore."""
        assert table(["a"], [[plain("x|y_z")]]) == "| a |\n| --- |\n| x\\|y\\_z |"


class TestFeatures:
    def test_they_are_explicit_and_in_the_file(self) -> None:
        """A reader of the bare parquet file gets them too, and the project still reads it."""
        found = features(CURVES)
        assert list(found) == CURVES.names
        assert found["scales"].feature.dtype == "float64"
        assert found["early"].dtype == "bool"
        written = json.loads(with_features(CURVES).metadata[b"huggingface"])
        assert list(written["info"]["features"]) == CURVES.names

    def test_an_unknown_type_is_refused(self) -> None:
        """Nothing is converted in silence."""
        with pytest.raises(ValueError, match="no feature is declared for int8"):
            features(pa.schema([pa.field("x", pa.int8())]))


def row(schema: pa.Schema, number: float) -> dict:
    """A row with that number wherever one belongs, and nulls in its lists."""
    values = {"string": "x", "double": number, "int64": 7, "bool": True}
    return {
        field.name: [values[str(field.type.value_type)], None]
        if pa.types.is_list(field.type)
        else values[str(field.type)]
        for field in schema
    }


def test_published_tables_load_back_offline(tmp_path: Path) -> None:
    """Infinities, nulls and lists arrive as they were, whatever the card has to say."""
    folder = tmp_path / "pub lished" / "mine"
    tables = {}
    for name, schema in PUBLISHED.items():
        rows = [row(schema, number) for number in (0.1, float("inf"), float("-inf"))]
        rows.append(dict.fromkeys(schema.names))
        tables[name] = pa.Table.from_pylist(rows, schema)
        write_table(tables[name], with_features(schema), folder / f"{name}.parquet")
        assert read_table(folder / f"{name}.parquet", schema).equals(tables[name])
    (folder / "README.md").write_text(card("\n---\n".join(HOSTILE_NAMES)), encoding="utf-8")
    loaded = load_back(folder, tmp_path / "loaded")
    assert set(loaded) == set(PUBLISHED)
    for name, schema in PUBLISHED.items():
        assert loaded[name].schema.names == schema.names
        assert loaded[name].cast(schema).equals(tables[name]), name


class TestTheArchive:
    def test_the_same_content_gives_the_same_bytes(self, tmp_path: Path) -> None:
        """Neither the time, nor the order, nor the permissions of the files are content."""
        first, second = tmp_path / "a", tmp_path / "b"
        for path in (first, second):
            path.write_bytes(b"#!/bin/sh\n")
        second.chmod(0o755)
        os.utime(second, (1_000_000_000, 1_000_000_000))
        write_archive(tmp_path / "1.zip", "top", {"x/run": first, "b": b"2", "a": b"1"})
        write_archive(tmp_path / "2.zip", "top", {"a": b"1", "b": b"2", "x/run": second})
        assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
        with zipfile.ZipFile(tmp_path / "1.zip") as archive:
            members = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
            sums = archive.read(f"top/{SUMS}").decode()
        assert members == {
            f"top/{SUMS}": 0o100644,
            "top/a": 0o100644,
            "top/b": 0o100644,
            "top/x/run": 0o100755,
        }
        assert sums.splitlines() == [
            f"{digest(b)}  {n}" for n, b in (("a", b"1"), ("b", b"2"), ("x/run", b"#!/bin/sh\n"))
        ]

    @pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a\nb", "a\\b", ".", ""])
    def test_a_name_that_leads_elsewhere_is_refused(self, name: str, tmp_path: Path) -> None:
        """Unpacking must write below one folder, and sha256sum must read its list."""
        with pytest.raises(ValueError, match="no name for a member"):
            write_archive(tmp_path / "a.zip", "top", {name: b""})
        assert not (tmp_path / "a.zip").exists()

    def test_the_version_of_the_code_is_carried(self) -> None:
        """Without git nobody else knows it; changed code must not carry the commit alone."""
        text = version_text("abc", {"Snakefile": "00"}).decode()
        assert carried_version(text, {"Snakefile": "00"}) == "abc"
        assert carried_version(text, {"Snakefile": "01"}) == "abc (changed since)"
        assert carried_version(text, {"Snakefile": "00", "more": "0"}) == "abc (changed since)"
        unknown = version_text("unknown", {}).decode()
        assert carried_version(unknown, {"Snakefile": "00"}) == "unknown"

    def test_its_readme(self) -> None:
        """What it is, how to check it, how to rebuild it; texts of the data are no markup."""
        fetched = {**ENTRY, "title": "```\n# no", "sources": [{"kind": "git"}], "synthetic": True}
        text = archive_readme(
            entries={"mine": ENTRY, "other": fetched},
            code_version="abc",
            python="3.11",
            settings_changed=False,
        )
        assert f"sha256sum -c {SUMS}" in text
        assert 'make report DATASETS="mine other"' in text
        assert "# no" not in outside_code(text)
        assert text.count("the rebuild fetches them") == 1
        assert text.count("**Synthetic:**") == 1
