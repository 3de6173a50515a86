"""What the page argues with: a command prints each number, and no figure is left out in silence."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest
from page_samples import (
    HOSTILE_NAMES,
    bundled_sample,
    conditions_sample,
    curve,
    drawings_of,
    experiments_sample,
    page_of,
    sample,
)

from emergence import Study
from emergence.cli.main import main
from emergence.curves_table import CURVES
from emergence.errors import shorten
from emergence.measures import FEWEST_SCALES
from emergence.pages import sections
from emergence.pages.cited import Cited, cited, plain
from emergence.pages.figures import annotated_lamda, metric_switch, paired_curves
from emergence.pages.links import CurveLinks, anchor, in_explorer
from emergence.pages.words import number
from emergence.stages.render import drawings, pictures
from emergence.study import schema_of
from emergence.tables import write_json, write_table
from emergence.verdicts.by_name import verdicts_by

pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from font")

#: The figures that a page has, in their order: drawn, or with what is missing.
FIGURES = [
    "sharpness-by-metric",
    "thresholds",
    "verdicts",
    "exponents",
    "population",
    "preferred-metrics",
    "annotated-abilities",
    "enrichment",
    "metric-switch",
    "annotated-lamda",
    "paired-curves",
    "annotators",
    "example-floor",
    "axis-comparison",
    "back-test",
    "model",
]


class Links(HTMLParser):
    """The links of a page, each with its title and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[dict[str, str]] = []
        self.ids: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append({**found, "text": ""})
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "a"

    def handle_data(self, data):
        if self.inside:
            self.links[-1]["text"] += data


@pytest.fixture(scope="module")
def bundled() -> Study:
    return bundled_sample()


def paired() -> Study:
    """Both kinds of metric on the same outputs, one task an annotated one."""
    rows = []
    for task, last in (("irony_identification", 0.9), ("other", 0.6)):
        for metric, scores in (
            ("multiple_choice_grade", [0.25, 0.25, 0.26, 0.25, 0.27, last]),
            ("calibration_multiple_choice_brier_score", [0.5, 0.45, 0.42, 0.38, 0.33, 0.3]),
        ):
            names = {"task": task, "metric": metric, "model_family": "BIG-G T=0"}
            rows += curve(scores, n_examples=200, low_score=0.25, **names)
    return sample(rows)


#: Pages with every kind of section: the bundled data, trained networks, two conditions.
SECTIONS = {
    "bundled": bundled_sample,
    "experiments": experiments_sample,
    "conditions": conditions_sample,
}


@cache
def section_of(name: str) -> tuple[Study, str, Links]:
    """Write one of these pages, once a worker."""
    study = SECTIONS[name]()
    text = page_of(study)
    return study, text, Links(text)


@pytest.fixture(params=SECTIONS)
def cited_page(request) -> tuple[Study, str, Links]:
    """A dataset with its page, as text and as links."""
    return section_of(request.param)


@pytest.fixture(scope="module")
def page() -> Links:
    return section_of("bundled")[2]


def results_of(data: Study, folder: Path) -> None:
    """Write a dataset's results, as the workflow lays them out."""
    for name in ("curves", "inference", "pooled", "labels"):
        write_table(data.stored(name), schema_of(name), folder / f"{name}.parquet")
    write_json(data.population, folder / "population.json")
    write_json(data.summary, folder / "summary.json")
    write_json(data.claims, folder / "claims.json")
    drawn = [*drawings_of(data), *pictures(data)]
    write_json({one.name: dict(one.numbers) for one in drawn}, folder / "figures.json")
    if data.experiments:
        write_json(data.experiments, folder / "experiments.json")


def keys_of(page: Links) -> dict[str, set[str]]:
    """The numbers that name a key, by their keys."""
    keys: dict[str, set[str]] = {}
    for link in page.links:
        command = re.search(r"emergence show (\S+)$", link.get("title", ""))
        if link.get("class") == "number" and command:
            keys.setdefault(command.group(1), set()).add(link["text"])
    return keys


def numbers_in(text: str) -> set[str]:
    return {part.text for part in cited(text, "", "") if isinstance(part, Cited)}


def uncited(html: str) -> list[str]:
    """The numbers of a piece of a page that have no link; conditions are names: ``K=10``."""
    for pattern in (r'<a class="number".*?</a>', r"<svg.*?</svg>", r"<[^>]*>"):
        html = re.sub(pattern, "", html, flags=re.DOTALL)
    return re.findall(r"(?<![\w-])[\d.,]*\d", re.sub(r"\b[\w.]+=[\d.]+", "", unescape(html)))


class TestNumbers:
    def test_each_is_printed_by_the_command_in_its_title(self, cited_page, tmp_path, capsys):
        """`emergence show` finds each number with a key, and prints the same."""
        data, text, page = cited_page
        results_of(data, tmp_path / data.dataset)
        tables = {"summary", "claims", "figures"}
        if 'id="experiments"' in text:
            tables |= {"experiments"}
        if data.population["groups"] and data.population["groups"][0]["estimates"]:
            tables |= {"population"}
        keys = keys_of(page)
        assert len(keys) > 30
        assert {key.split(":")[0] for key in keys if ":" in key} == tables
        for key, texts in keys.items():
            assert main(["show", key, "--processed", str(tmp_path)]) == 0, key
            printed = capsys.readouterr().out.rstrip("\n")
            if key.endswith(".existence"):
                outcomes = [case["outcome"] for case in json.loads(printed)]
                assert texts == {str(outcomes.count("shown")), str(len(outcomes))}, key
            elif key.startswith("summary:prediction:"):
                assert texts == {number(float(printed))}, key
            elif key.startswith(("summary:", "figures:")):
                assert texts == {f"{int(printed):,}"}, key
            elif key.startswith("population:"):
                known = printed if key.endswith(".model") else f"{float(printed):.2f}"
                assert texts == {known}, key
            elif key.startswith("experiments:") and not re.fullmatch(r"[\d.-]+", printed):
                # A sentence: all of its numbers, and no other.
                assert texts == numbers_in(printed), key
            elif key.startswith("experiments:"):
                assert texts == {number(json.loads(printed))}, key
            elif key.endswith((".ours", ".sentence", ".reason", ".rule", ".would_decide", ".kind")):
                assert all(text in printed for text in texts), key
            elif key.startswith("claims:"):
                value = json.loads(printed)
                value = value["value"] if isinstance(value, dict) else value
                if key.endswith(".p"):
                    assert texts == {".001" if value < 0.001 else number(value)}, key
                    continue
                assert texts <= {number(value), "∞"}, key

    def test_the_verdict_the_claims_and_the_captions_have_no_other_number(self, cited_page):
        """Numbers without a link: years, names of things, and the bars of the rules."""
        _, text, _ = cited_page
        for lead in re.findall(r'<p class="lead">.*?</p>', text, re.DOTALL):
            lead = lead.replace("2023", "").replace(f"at least {FEWEST_SCALES} scales", "")
            assert uncited(lead) == []
        claims = re.findall(r'<section class="claim" aria-labelledby="claim-.*?</dl>', text, re.S)
        data, _, _ = cited_page
        applying = [
            claim["id"]
            for claim in data.summary["claims"]
            if claim["outcome"] != "does not apply" or claim["existence"]
        ]
        assert len(claims) == len(applying) > 0
        for claim in claims:
            # Places in a paper are names, and so is the number of a claim.
            claim = re.sub(r"(figures?|section) [0-9][0-9A-Z]*( and [0-9A-Z]+)?|2023", "", claim)
            assert uncited(re.sub(r"<(h3|a) .*?</(h3|a)>", "", claim)) == []
        captions = re.findall(r"<figcaption>(?!\s*<dl)(.*?)</figcaption>", text, re.DOTALL)
        assert len(captions) >= 4
        for caption in captions:
            for fixed in ("5 % to 95 %", "0.05 to 0.5", "chance + 1/n"):
                caption = caption.replace(fixed, "")
            assert uncited(caption) == []

    @pytest.mark.parametrize("cited_page", ["experiments", "conditions"], indirect=True)
    def test_a_section_of_its_own_has_no_other_number_outside_of_its_cells(self, cited_page):
        """Every sentence, heading and caption; a table has its numbers under its caption."""
        _, text, _ = cited_page
        (name,) = {"experiments", "conditions"} & {*re.findall(r'<h2 id="(\w+)"', text)}
        section = text[text.index(f'aria-labelledby="{name}"') : text.index('id="claims"')]
        assert len(re.findall('<a class="number"', section)) > 10
        # A folded table is opened by its caption, which stands cited within.
        section = re.sub(
            r"<td.*?</td>|<summary>.*?</summary>|<svg.*?</svg>", "", section, flags=re.S
        )
        assert uncited(section) == []

    def test_each_leads_to_its_definition(self, cited_page):
        _, _, page = cited_page
        for link in page.links:
            if link.get("class") == "number":
                assert link["href"][1:] in page.ids
                assert link["title"]

    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            ("63 of 67 (94.0 %), p = 5.01e\N{MINUS SIGN}6", ["63", "67", "94.0", "5.01e\u22126"]),
            ("\N{MINUS SIGN}∞ to 1,024.", ["\N{MINUS SIGN}∞", "1,024"]),
            ("figure 5A, GPT-3, T0, x2, K=10, c=0.01", []),
            ("p < .05, at 8.0e\N{MINUS SIGN}05; 97.5%.", [".05", "8.0e\u221205", "97.5"]),
            ("c = 300M, at 1.5B.", ["300M", "1.5B"]),
            ("", []),
        ],
    )
    def test_numbers_are_found_in_a_sentence(self, text, numbers):
        """Digits of names are no numbers, and no sign of the sentence is lost."""
        sentence = cited(text, "place", "source")
        assert plain(sentence) == text
        assert [part.text for part in sentence if isinstance(part, Cited)] == numbers


class TestFigures:
    def test_each_is_there_once_or_says_what_is_missing(self, page, bundled):
        """The bundled data have one kind of metric: four figures say so."""
        ids = [name.removeprefix("figure-") for name in page.ids if name.startswith("figure-")]
        assert sorted(ids) == sorted(FIGURES)
        text = page_of(bundled, top_curves=1)
        for name in ("enrichment", "metric-switch", "annotated-lamda", "paired-curves"):
            said = text[text.index(f'id="figure-{name}"') :].split("</dd>")[0]
            assert "It takes" in said

    def test_each_has_a_place(self):
        """Of its section, of a claim, or on the first screen; and each claim is one of ours."""
        placed = {name for section in sections.SECTIONS for name in section.figures}
        placed |= {name for names in sections.CLAIM_FIGURES.values() for name in names}
        assert {*FIGURES} <= placed | {*sections.KEY_FIGURES}
        claims = {claim["id"] for claim in bundled_sample().claims["claims"]}
        assert set(sections.CLAIM_FIGURES) <= claims

    def test_without_curves_none_is_drawn_but_the_model(self):
        found = drawings(sample(curve([0, 0.5])))
        assert [figure.name for figure in found] == FIGURES
        assert [figure.name for figure in found if figure.svg] == ["model"]
        for figure in found[:-1]:
            assert "It takes" in plain(figure.caption)

    def test_the_annotated_abilities_stand_under_both_metrics(self):
        """Only those of LaMDA, in its family; the pair's points are the curves' own."""
        annotations = {
            "irony_identification": {"category": "emergent", "model_family": "LaMDA"},
            "other": {"category": "emergent", "model_family": "GPT-3"},
        }
        data = paired().having(annotations=annotations)
        drawn = (annotated_lamda.draw, metric_switch.draw, paired_curves.draw)
        figures = {figure.name: figure for figure in (draw(data) for draw in drawn)}
        lamda = figures["annotated-lamda"]
        assert lamda.numbers["tasks"] == 1
        counts = figures["metric-switch"].numbers
        assert (counts["pairs"], counts["tasks"]) == (2, 2)
        assert {row["task"] for row in lamda.table} == {"irony_identification"}
        scores = [row["score"] for row in lamda.table if row["side"] == "discontinuous"]
        assert scores == [0.25, 0.25, 0.26, 0.25, 0.27, 0.9]
        # The ends of the axis are written out.
        assert ">1M<" in lamda.svg and ">100B<" in lamda.svg
        assert {row["task"] for row in figures["paired-curves"].table} == {
            "irony_identification",
            "other",
        }

    def test_verdicts_are_counted_by_reason_and_against_b_max(self, bundled):
        figures = drawings(bundled)
        (drawn,) = [figure for figure in figures if figure.name == "verdicts"]
        labels = [row for row in bundled.labels.to_pylist() if row["verdict"] == "not_decidable"]
        by_reason = {row["reason"]: row["curves"] for row in drawn.table if row["reason"]}
        assert by_reason == dict(bundled.summary["verdicts"]["all"]["reasons"])
        assert sum(by_reason.values()) <= len(labels)
        assert {row["b_max"] for row in drawn.table if row["b_max"]} == {0.25, 0.5, 1.0}
        spans = by_reason["interval_spans_b_max"]
        assert spans == max(by_reason.values()) > 1
        assert f"undecided: interval on both sides: {spans}" in drawn.svg
        # Each column is of one type, or it could not be written as a table.
        for figure in figures:
            pa.Table.from_pylist(list(figure.table))


class TestTables:
    def test_by_task_counts_what_the_labels_say(self, bundled):
        """Counted anew, row by row."""
        rows = {row["task"]: row for row in verdicts_by(bundled, "task")}
        votes = [
            {**a, **b}
            for a, b in zip(bundled.curves.to_pylist(), bundled.labels.to_pylist(), strict=True)
            if a["n_scales"] >= FEWEST_SCALES and b["left_out"] is None and b["largest_shots"]
        ]
        assert set(rows) == set(bundled.curves["task"].to_pylist())
        for task, row in rows.items():
            mine = [vote for vote in votes if vote["task"] == task]
            apparent = [vote for vote in mine if vote["apparent"]]
            assert row["curves"] == len(mine)
            assert row["rises"] == sum(vote["rises"] is True for vote in mine)
            assert row["no_test"] == sum(vote["rises"] is None for vote in mine)
            assert row["apparent"] == len(apparent)
            assert row["families_apparent"] == len({vote["model_family"] for vote in apparent})
            verdicts = Counter(vote["verdict"] for vote in apparent)
            assert row["not_decidable"] == verdicts["not_decidable"]
            assert row["highest_sharpness"] == max(vote["sharpness"] for vote in mine)
        names = list(rows)
        assert names[0] in {vote["task"] for vote in votes if vote["apparent"]}

    @pytest.mark.parametrize("column", ["task", "metric", "model_family"])
    def test_each_name_has_one_row_that_can_be_linked(self, bundled, page, column):
        field = {"model_family": "family"}.get(column, column)
        names = set(bundled.curves[column].to_pylist())
        assert {name for name in page.ids if name.startswith(f"{field}=")} == {
            anchor(field, name) for name in names
        }
        links = {link["href"] for link in page.links}
        assert {in_explorer(**{field: name}) for name in names} <= links

    def test_at_full_size_the_first_rows_stand_and_a_table_is_linked(self, bundled):
        text = page_of(bundled, page_rows=5, top_curves=1)
        assert "The first 5 of 94; all are in" in text
        assert 'href="tables/tasks.csv"' in text
        assert len([name for name in Links(text).ids if name.startswith("task=")]) == 5

    def test_a_name_with_no_vote_has_a_row_of_zeros(self):
        (row,) = verdicts_by(sample(curve([0, 0.5])), "task")
        assert (row["curves"], row["highest_sharpness"], row["sharpest"]) == (0, None, None)

    def test_an_unknown_annotation_is_null(self, bundled):
        """Beside known ones pandas has NaN for it, which no column of texts can hold."""
        column = bundled.curves.schema.get_field_index("annotation")
        known = bundled.curves["annotation"].to_pylist()
        mixed = bundled.curves.set_column(
            column, CURVES.field("annotation"), pa.array([None, *known[1:]], pa.string())
        )
        rows = verdicts_by(bundled.having(curves=mixed), "task")
        assert {row["annotation"] for row in rows} <= {*known, None}
        assert None in pa.Table.from_pylist(rows)["annotation"].to_pylist()


class TestLinks:
    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_name_is_one_part_of_an_address(self, name):
        for text in (anchor("task", name), in_explorer(task=name).split("#")[1]):
            assert re.fullmatch(r"task=[\w.~!'()*%-]*", text)
            assert text.isascii()
            assert len(text) < 2000

    def test_names_that_begin_alike_differ(self):
        names = ["x" * 200, "x" * 201, "x" * 40 + "~", "x" * 40, "a b", "a%20b", "a+b"]
        assert len({anchor("task", name) for name in names}) == len(names)

    def test_a_claim_names_tasks_and_families(self, bundled, page):
        """No list of hexadecimal ids stands as evidence; the id is in the title."""
        keys = {key for claim in bundled.claims["claims"] for key in claim["keys"][:12]}
        rows = {row["curve_id"]: row for row in bundled.curves.to_pylist()}
        for key in keys:
            (link,) = {
                (link["href"], link["text"])
                for link in page.links
                if link.get("title", "").endswith(f"; emergence show {key}")
                and link.get("class") != "number"
            }
            assert link[0] == f"#{key}"
            assert link[1] == f"{shorten(rows[key]['task'], 40)}, {rows[key]['model_family']}"

    def test_a_curve_without_a_row_leads_to_the_explorer(self):
        links = CurveLinks(frozenset({"a" * 16}), "task", {"t": "t-1.html"})
        assert links.to("a" * 16, "t", "task") == f"#{'a' * 16}"
        assert links.to("b" * 16, "t", "task") == f"explorer.html#curve={'b' * 16}"
        assert links.to("b" * 16, "t", "subtask") == f"explorer/t-1.html#curve={'b' * 16}"
