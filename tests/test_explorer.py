"""The interactive page as text: what it carries is what the tables say, and nothing else runs."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_samples import (
    HOSTILE_NAMES,
    SETTINGS,
    bundled_sample,
    curve,
    empty_sample,
    hostile_sample,
    page_of,
)
from page_samples import sample as made

from emergence import Study
from emergence.errors import shorten
from emergence.pages.curve_selection import by_emergence
from emergence.pages.explorer.data import NAMES, QUANTITIES, as_json, brief, outcome, packed
from emergence.pages.explorer.files import subtask_files
from emergence.pages.explorer.library import checked, library
from emergence.pages.explorer.page import DEFINITIONS, explorer_page
from emergence.pages.findings import findings, verdict_words
from emergence.pages.words import number
from emergence.settings import VerdictRules

pytestmark = [
    pytest.mark.filterwarnings("ignore:Glyph .* missing from font"),
]


def explorer(data: Study, task: str | None = None) -> str:
    """The interactive page of a sample."""
    return explorer_page(data, () if task else subtask_files(data.curves), task)


class Explorer(HTMLParser):
    """The page, read as a browser does: what its scripts are, and what is around them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.texts: list[str] = []
        self.inside = ""
        self.feed(text)
        self.close()
        by_id = {attributes.get("id"): script for attributes, script in self.scripts}
        self.data: dict[str, Any] = json.loads(by_id["data"])
        self.details = json.loads(gzip.decompress(base64.b64decode(by_id["packed"])))

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = tag
        if tag == "script":
            self.scripts.append((dict(attributes), ""))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self.inside != "style":
            self.texts.append(data)

    def rows(self) -> list[dict[str, Any]]:
        """The curves, one mapping each, as the page's script reads them."""
        names, rows = self.data["names"], self.data["rows"]
        found = []
        for row in range(len(self.data["scales"])):
            values = {name: names[name][rows[name][row]] for name in rows}
            for name, numbers in self.data["numbers"].items():
                value = numbers[row]
                values[name] = float(value) if isinstance(value, str) else value
            values["curve_id"] = self.data["ids"][16 * row : 16 * row + 16]
            models, scores, examples, low, high, chance, law, said = self.details["curves"][row]
            values["findings"] = [
                "".join(
                    part + [*text[1:], ""][i]
                    for i, part in enumerate(self.details["texts"][text[0]])
                )
                for text in said
            ]
            values |= {"models": self.details["models"][models], "scores": scores, "law": law}
            values |= {"examples": examples, "low": low, "high": high, "chance": chance}
            found.append(values)
        return found


@pytest.fixture(scope="module")
def bundled_data() -> Study:
    """The bundled dataset."""
    return bundled_sample()


@pytest.fixture(scope="module")
def bundled_text(bundled_data) -> str:
    """Its page."""
    return explorer(bundled_data)


@pytest.fixture(scope="module")
def hostile_data() -> Study:
    """Every name a trap."""
    return hostile_sample()


@pytest.fixture(scope="module")
def subtask_data() -> Study:
    """Tasks with and without subtasks, and one whose name is no name of a file."""
    rows = []
    for task, subtask in [
        ("a", ""),
        ("a", "x"),
        ("a", "y"),
        ("b", ""),
        ("../é", ""),
        ("../é", "x"),
    ]:
        rows += curve([0, 0.1, 0.2, 0.5], task=task, subtask=subtask)
    return made(rows)


def in_order(data: Study) -> list[dict[str, Any]]:
    """Rows of the sample's tables together, in the order of the page."""
    order = by_emergence(data.curves)
    tables = (data.curves, data.inference, data.pooled, data.labels)
    parts = [table.take(order).to_pylist() for table in tables]
    return [{**a, **b, **c, **d} for a, b, c, d in zip(*parts, strict=True)]


@pytest.mark.parametrize("which", ["bundled_data", "hostile_data"])
def test_every_curve_says_what_the_tables_say(which, request):
    """Shortened numbers are written alike; texts are put together again to the last sign."""
    data = request.getfixturevalue(which)
    rows = Explorer(explorer(data)).rows()
    expected = in_order(data)
    assert len(rows) == len(expected) == data.curves.num_rows
    for row, true in zip(rows, expected, strict=True):
        assert row["curve_id"] == true["curve_id"]
        for name in NAMES:
            assert row[name] == true[name]
        for name in QUANTITIES:
            assert number(row[name]) == number(true[name])
        assert row["outcome"] == outcome(true)
        assert [[m[0], m[1]] for m in row["models"]] == [
            list(pair) for pair in zip(true["models"], true["scales"], strict=True)
        ]
        for mine, theirs in (
            ("law", "bounded_scores"),
            ("scores", "scores"),
            ("low", "interval_low"),
            ("high", "interval_high"),
        ):
            assert (row[mine] is None) == (true[theirs] is None)
            assert list(map(number, row[mine] or [])) == list(map(number, true[theirs] or []))
        assert number(row["chance"]) == number(true["chance"])
        assert row["findings"] == [text for _, text in findings(true, VerdictRules.of(SETTINGS))]


def test_the_verdict_of_the_filter_is_that_of_the_words(bundled_data):
    """Two functions say it; where one has a verdict, the other begins with it."""
    for label in bundled_data.labels.to_pylist():
        words, kind = verdict_words(label), outcome(label)
        if label["apparent"] and label["rises"]:
            assert words.startswith(kind)
        else:
            assert words.startswith("none: ") == (kind in {"no test", "left out", "does not rise"})


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**9), 10**9).map(float))
def test_a_shortened_number_is_written_as_the_whole_one(value):
    """Rounding to six digits and then to three is not rounding to three, unless one is careful."""
    short = brief(value)
    assert number(None if short is None else float(short)) == number(value)


@pytest.mark.parametrize("value", [1.2349999999, 2.0000001, 123456.4, 12.25, -0.0, 0.09995])
def test_numbers_that_are_easily_rounded_twice(value):
    """Each is written otherwise, or as a whole number, if six digits are kept of it."""
    assert number(float(brief(value))) == number(value)


@pytest.mark.parametrize("which", ["bundled_data", "hostile_data"])
def test_only_two_scripts_run_and_the_policy_knows_their_digests(which, request):
    """Data stand in elements that no browser runs."""
    text = explorer(request.getfixturevalue(which))
    page = Explorer(text)
    (policy,) = [
        found["content"]
        for tag, found in page.elements
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    ]
    assert [found.get("type") for found, _ in page.scripts] == [
        "application/json",
        "text/plain",
        None,
        None,
    ]
    digests = {
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for found, script in page.scripts
        if found.get("type") is None
    }
    assert set(re.findall(r"'sha256-([^']*)'", policy)) == digests
    assert "unsafe-eval" not in policy
    assert re.search(r"script-src[^;]*unsafe", policy) is None
    assert policy.startswith("default-src 'none'; ")
    assert not any("src" in found for tag, found in page.elements if tag == "script")


def test_hostile_names_change_no_element(hostile_data, bundled_text):
    """The page of hostile names has the elements of any other."""
    text = explorer(hostile_data)
    page = Explorer(text)

    def shape(page: Explorer) -> list[tuple]:
        return [(tag, *sorted(found)) for tag, found in page.elements if tag != "p"]

    assert shape(page) == shape(Explorer(bundled_text))
    assert set(page.data["names"]["task"]) == set(HOSTILE_NAMES)
    for found in [found for _, found in page.elements]:
        assert not any(name.startswith("on") for name in found)
    # Within data, no sign by which an element or a comment could begin.
    for found, script in page.scripts:
        if found.get("type"):
            assert not set("<>&") & set(script)
            assert script.isascii()
    assert text.lower().count("</script") == 4


def test_the_same_bytes_each_time(bundled_data, bundled_text):
    """Nothing in it is drawn, and nothing tells the time."""
    assert explorer(bundled_data) == bundled_text
    value = {"text": "é </script>" * 1000}
    assert packed(value) == packed(value)


def test_it_is_small(bundled_text):
    """Most of it is the library."""
    assert len(bundled_text.encode()) < 1_300_000


def test_no_library_that_ends_its_own_element():
    """A new version of the library could bring such bytes: it is refused when it is built in."""
    assert "window.vegaEmbed" in library()
    for text in ("a = '</SCRIPT>'", "// <!-- no", "a\r\n", "'<script>'"):
        with pytest.raises(ValueError, match="a script has"):
            checked(text)


def test_json_that_can_stand_in_a_script():
    """What is read is what was written."""
    value = {"</script><!--": ["\u2028", "&amp;", None, 1.5, "😀"]}
    text = as_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028") & set(text)


class TestSubtasks:
    def test_they_stand_in_files_of_their_own(self, subtask_data):
        """The main page has whole tasks only and links the other pages, by safe names."""
        files = subtask_files(subtask_data.curves)
        assert [(file.task, file.curves) for file in files] == [("../é", 1), ("a", 2)]
        for file in files:
            assert re.fullmatch(r"[a-z0-9][a-z0-9-]*\.html", file.name)
        page = Explorer(explorer(subtask_data))
        assert {row["level"] for row in in_order(subtask_data)} == {"task", "subtask"}
        assert [row["subtask"] for row in page.rows()] == [""] * 3
        links = [found.get("href") for _, found in page.elements]
        assert {f"explorer/{file.name}" for file in files} <= set(links)
        linked = {page.data["names"]["task"][int(at)] for at in page.data["subtasks"]}
        assert linked == {"../é", "a"}

    def test_a_page_of_subtasks_has_those_of_its_task(self, subtask_data):
        """It leads back to the task, whatever the task is called."""
        page = Explorer(explorer(subtask_data, "../é"))
        assert [(row["task"], row["subtask"]) for row in page.rows()] == [("../é", "x")]
        links = [found.get("href") for _, found in page.elements]
        assert "../explorer.html#task=..%2F%C3%A9" in links
        assert "../index.html" in links

    def test_names_of_files_tell_tasks_apart(self, hostile_data):
        """Names that are alike after cleaning differ by their digest."""
        rows = hostile_data.curves.to_pylist()
        for row in rows:
            row["level"], row["subtask"] = "subtask", "s"
        rows.append({**rows[0], "level": "task", "task": "whole"})
        table = pa.Table.from_pylist(rows, hostile_data.curves.schema)
        names = [file.name for file in subtask_files(table)]
        assert len(set(names)) == len(names) == len(HOSTILE_NAMES)
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}\.html", name) for name in names)

    def test_without_whole_tasks_the_page_shows_the_subtasks(self):
        """Else it would be empty."""
        data = made(curve([0, 0.1, 0.2, 0.5], subtask="x"))
        assert subtask_files(data.curves) == []
        page = Explorer(explorer(data))
        assert [row["subtask"] for row in page.rows()] == ["x"]
        assert "no task of this dataset has a curve of its own" in "".join(page.texts)


def test_every_finding_leads_to_its_definition(bundled_data, bundled_text):
    """The places are the report's."""
    terms = [term for term, _ in findings(in_order(bundled_data)[0], VerdictRules.of(SETTINGS))]
    assert list(DEFINITIONS) == terms
    report = page_of(bundled_data, top_curves=1)
    for place in set(DEFINITIONS.values()):
        assert f'id="{place}"' in report
    assert 'href="explorer.html"' in report


def test_synthetic_data_say_so():
    """As on the report."""
    data = made(curve([0, 0.1, 0.2, 0.5]), synthetic=True)
    assert "Synthetic data: no score on this page" in explorer(data)


def test_a_dataset_without_curves_has_a_page():
    """Nothing is drawn, and nothing fails."""
    page = Explorer(explorer(empty_sample()))
    assert page.rows() == []
    assert "0 scale curves" in "".join(page.texts)


def test_names_with_marks_are_shown_without_them(hostile_data):
    """Headings of the pages of subtasks."""
    text = explorer(hostile_data, HOSTILE_NAMES[0])
    assert shorten(HOSTILE_NAMES[0], 60) in "".join(Explorer(text).texts)
