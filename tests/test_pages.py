"""The pages: what the tables say and nothing else, whatever names are in the data."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from page_samples import (
    BESIDE,
    BUNDLED,
    HOSTILE_NAMES,
    STUDY,
    bundled_sample,
    curve,
    empty_sample,
    experiments_sample,
    hostile_sample,
    page_of,
    sample,
    written_page,
)

from emergence import Study
from emergence.errors import shorten
from emergence.measures import FEWEST_SCALES, ROUNDING
from emergence.pages.curve_selection import by_emergence
from emergence.pages.figures import sharpness_by_metric
from emergence.pages.landing import landing_page
from emergence.pages.svg import PLACEHOLDERS
from emergence.pages.words import count, number
from emergence.scores_table import REJECT_REASONS
from emergence.verdicts.labels_table import VERDICTS

# Python's font has no signs of most scripts: browsers bring their own, only widths are guessed.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from font")

#: Elements that have no end tag.
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}

#: Elements that a page of ours may have, outside its figures and formulas.
ELEMENTS = {"html", "head", "meta", "link", "title", "style", "body", "header", "main", "nav"}
ELEMENTS |= {
    "section",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "a",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "em",
    "strong",
}
ELEMENTS |= {"code", "pre", "figure", "figcaption", "div", "table", "caption", "thead", "tbody"}
ELEMENTS |= {"tr", "th", "td", "bdi", "wbr", "details", "summary", "q", "ol", "span"}

#: What matplotlib draws with.
SVG = {"svg", "defs", "style", "g", "path", "use", "text", "tspan", "clippath", "rect", "pattern"}


#: Inside the page, to the pages and tables beside it, to a selection in the explorer.
NAME = r"[\w.~!'()*%-]*"
LINK = (
    rf"#([a-z]+=)?{NAME}|data:,|(\.\./)?[a-z0-9-]*/?(index|explorer)\.html(#[a-z]+[a-z0-9-]*)?"
    rf"|(explorer/)?[a-z0-9-]+\.html#[a-z]+={NAME}|([a-z0-9-]+/)?tables/(figures/)?[\w.-]+"
)


class Page(HTMLParser):
    """A page, read strictly: every element closed where it must be, every id once."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.mistakes: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.section = ""
        self.feed(text)
        self.close()
        assert self.open == [], "elements are left open"
        assert self.mistakes == []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.mistakes.append(f"an attribute stands twice in {tag}")
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attributes)["aria-labelledby"]
        if tag == "tr":
            self.tables.setdefault(self.section, []).append([])
        if tag in ("td", "th") and "svg" not in self.open:
            self.tables[self.section][-1].append("")

    def handle_startendtag(self, tag, attributes):
        # Only foreign elements may close themselves: <br/> is a slip, <div/> stays open.
        if not {"svg", "math"} & set(self.open):
            self.mistakes.append(f"<{tag}/> in HTML")
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[self.section][-1][-1] += data

    def handle_comment(self, data):
        self.mistakes.append(f"a comment: {data[:60]}")

    def handle_pi(self, data):
        self.mistakes.append(f"an instruction: {data[:60]}")

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def words(self) -> str:
        """The text with blanks and line ends as one blank."""
        return " ".join(self.text.split())

    def attributes(self, *names: str) -> list[str]:
        return [found[name] for _, found in self.elements for name in names if name in found]

    def shape(self) -> Counter:
        """Elements with the names of their attributes, outside figures and formulas."""
        return Counter(
            (tag, *sorted(found))
            for tag, found in self.elements
            if tag in ELEMENTS - {"wbr", "style"}
        )


def check_whole(text: str) -> Page:
    """What holds for every page, whatever is on it."""
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    math = {tag for tag in tags if tag == "math" or tag.startswith("m")} - ELEMENTS
    assert tags <= ELEMENTS | SVG | math
    assert text.startswith("<!DOCTYPE html>\n")
    assert "default-src 'none'" in text
    ids = Counter(page.attributes("id"))
    assert max(ids.values(), default=1) == 1, "ids are unique, those of figures too"
    for name in {name for _, found in page.elements for name in found}:
        assert not name.startswith("on"), "nothing runs"
    for link in page.attributes("href", "xlink:href", "src"):
        assert re.fullmatch(LINK, link), link
        if link.startswith("#"):
            assert link[1:] in ids, f"{link} leads nowhere"
    for target in re.findall(r"url\(#([^)]*)\)", " ".join(page.attributes("clip-path", "style"))):
        assert target in ids, f"url(#{target}) leads nowhere"
    # The outline of a document has no holes.
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    return page


@pytest.fixture(scope="module")
def bundled_data() -> Study:
    """The bundled dataset."""
    return bundled_sample()


@pytest.fixture(scope="module")
def bundled_text(bundled_data) -> str:
    """The page of the bundled dataset, as its bytes are."""
    return page_of(bundled_data)


@pytest.fixture(scope="module")
def bundled_page(bundled_text) -> Page:
    """The same, read and checked."""
    return check_whole(bundled_text)


@pytest.fixture(scope="module")
def hostile_data() -> Study:
    """Every name a trap."""
    return hostile_sample()


@pytest.fixture(scope="module")
def hostile_text(hostile_data) -> str:
    """Its page."""
    return page_of(hostile_data, top_curves=3)


@pytest.fixture(scope="module")
def hostile_page(hostile_text) -> Page:
    """The same, read and checked."""
    return check_whole(hostile_text)


class TestNumbersAgreeWithTheTables:
    def test_the_counts_add_up(self, bundled_data, bundled_page):
        """From all curves to those that look emergent, counted anew."""
        labels = bundled_data.labels.to_pylist()
        scales = bundled_data.curves["n_scales"].to_pylist()
        votes = [
            (row, n)
            for row, n in zip(labels, scales, strict=True)
            if row["left_out"] is None and row["largest_shots"]
        ]
        judged = [row for row, n in votes if n >= FEWEST_SCALES]
        words = bundled_page.words
        assert f"Of {len(labels)} curves, {len(votes)} count" in words
        assert f"{len(judged)} have at least 4 scales" in words
        assert f"{sum(row['rises'] is not None for row in judged)} can be tested" in words
        assert f"{sum(row['rises'] is True for row in judged)} rise" in words
        assert f"Of the rising curves, {sum(bool(row['apparent']) for row in judged)} look" in words
        for reason in {row["left_out"] for row in labels} - {None}:
            count_of = sum(row["left_out"] == reason for row in labels)
            assert f"{count_of} not counted" in words

    def test_the_verdicts_are_those_of_the_labels(self, bundled_data, bundled_page):
        """The first screen, counted anew from the table of labels."""
        labels = bundled_data.labels.to_pylist()
        scales = bundled_data.curves["n_scales"].to_pylist()
        votes = [
            row
            for row, n in zip(labels, scales, strict=True)
            if n >= FEWEST_SCALES and row["left_out"] is None and row["largest_shots"]
        ]
        verdicts = Counter(row["verdict"] for row in votes if row["apparent"])
        words = bundled_page.words
        assert f"{sum(verdicts.values())} of {len(votes)} scale curves look emergent." in words
        assert f"{sum(verdicts.values())} of {len(votes)} curves look emergent" in words
        strict = sum(row["strict"] is True for row in votes if row["apparent"])
        assert f"{strict} strictly: small models not above chance" in words
        assert verdicts["beyond_smooth"] == 0
        assert "0 steeper than a smooth law" in words
        assert verdicts["smooth_suffices"] == 2
        assert "2 a smooth law suffices" in words
        assert f"{verdicts['not_decidable']} cannot be decided" in words

    def test_the_counts_under_other_settings(self, bundled_data, bundled_page):
        """As configured first; then each other value, counted from labels made under it."""
        counts = bundled_data.summary["verdicts"]
        _, *rows = bundled_page.tables["result"]
        expected = [
            [
                *(row["setting"].replace("_", " "), str(row["value"])),
                *(str(row[name]) for name in ("judged", "rises", "apparent")),
                *(str(row["verdicts"][name]) for name in VERDICTS),
            ]
            for row in (
                {**counts["all"], "setting": "as configured", "value": ""},
                *counts["otherwise"],
            )
        ]
        assert rows == expected
        assert {row[0] for row in rows} > {"sharpness", "fdr", "level"}
        assert len({tuple(row[2:]) for row in rows}) > 1

    def test_each_claim_has_its_verdict_and_its_rule(self, bundled_data, bundled_page):
        claims = bundled_data.claims["claims"]
        words = bundled_page.words
        for claim in claims:
            title = f"{claim['number']}. {claim['title']}"
            if claim["outcome"] == "does not apply":
                assert re.search(rf"{claim['title']}\s*Does not apply: {claim['reason']}\.", words)
                assert title not in words
                continue
            verdict = claim["outcome"].replace("not decidable", "cannot be decided")
            assert f"Claim {claim['number']}: {claim['title']} {verdict}" in words, "first screen"
            assert f"{title} {verdict}" in words
            for name in ("ours", "sentence", "rule", "reason", "would_decide"):
                assert claim[name] in words
            for change in claim["changed"]:
                assert all(change[name] in words for name in ("when", "was", "why"))

    def test_a_drawn_curve_has_its_numbers(self, bundled_data, bundled_page):
        """Sharpness and verdict of the first: infinite where it is."""
        words = bundled_page.words
        rows = {
            (curve_["task"], curve_["model_family"]): (curve_, label)
            for curve_, label in zip(
                bundled_data.curves.to_pylist(), bundled_data.labels.to_pylist(), strict=True
            )
        }
        curve_, label = rows["hindu_knowledge", "BIG-G T=0"]
        assert label["apparent"]
        assert f"sharpness {number(curve_['sharpness'])}; exponent" in words
        assert "sharpness ∞; exponent" in words

    def test_one_kind_of_metric_is_no_comparison(self, bundled_page):
        assert "these data cannot show whether the metric makes" in bundled_page.words

    def test_every_curve_has_its_row_with_its_numbers(self, bundled_data, bundled_page):
        header, *rows = bundled_page.tables["curves"]
        assert header[:4] == ["Task", "Metric", "Family", "Scales"]
        expected = Counter(
            (
                c["task"],
                c["metric"],
                c["model_family"],
                str(c["n_scales"]),
                number(c["emergence_score"]),
                number(c["sharpness"]),
                number(c["linearity"]),
                number(c["discontinuity"]),
            )
            for c in bundled_data.curves.to_pylist()
        )
        assert Counter(tuple(row[:8]) for row in rows) == expected

    def test_rows_fall_by_sharpness_those_with_enough_scales_first(self, bundled_data):
        ordered = bundled_data.curves.take(by_emergence(bundled_data.curves)).to_pylist()
        judged = [c["sharpness"] for c in ordered if c["n_scales"] >= FEWEST_SCALES]
        assert judged == sorted(judged, reverse=True)
        assert [c["n_scales"] >= FEWEST_SCALES for c in ordered] == sorted(
            (c["n_scales"] >= FEWEST_SCALES for c in ordered), reverse=True
        )

    def test_the_most_telling_curves_are_drawn_first(self, bundled_data, bundled_page):
        """Those that look emergent, then those that cannot be tested, then the sharpest."""
        rows = [
            {**curve_, **label}
            for curve_, label in zip(
                bundled_data.curves.to_pylist(), bundled_data.labels.to_pylist(), strict=True
            )
            if curve_["n_scales"] >= FEWEST_SCALES
        ]

        def telling(row):
            might = row["apparent"] is None and not row["left_out"]
            place = 0 if row["verdict"] == "beyond_smooth" else 1 if row["apparent"] else 2
            place = place if row["apparent"] or might else 4 if row["left_out"] else 3
            return place, -row["sharpness"], -row["linearity"]

        first = sorted(rows, key=telling)[:12]
        drawn = [v for v in bundled_page.attributes("aria-label") if v.startswith("Scores by mod")]
        assert len(drawn) == 12
        for curve_, label in zip(first, drawn, strict=True):
            points = zip(curve_["models"], curve_["scores"], strict=True)
            assert (
                label
                == "Scores by model: " + "; ".join(f"{m} {number(s)}" for m, s in points) + "."
            )

    def test_counts_by_metric_and_family_add_up_to_the_curves(self, bundled_data, bundled_page):
        header, *rows = bundled_page.tables["families"]
        curves = bundled_data.curves.to_pylist()
        assert len(rows) == len({(c["metric"], c["model_family"]) for c in curves})
        for row in rows:
            cells = dict(zip(header, row, strict=True))
            mine = [
                c
                for c in curves
                if (c["metric"], c["model_family"]) == (cells["Metric"], cells["Model family"])
            ]
            assert cells["Curves"] == count(len(mine))
            for status in ("finite", "infinite", "flat", "short", "empty"):
                wanted = sum(c["status"] == status for c in mine)
                assert cells[status.capitalize()] == count(wanted)
            judged = [c for c in mine if c["n_scales"] >= FEWEST_SCALES]
            steep = sum(c["sharpness"] > 1 + ROUNDING for c in judged)
            assert cells["Steeper than a line"] == f"{steep} of {len(judged)}"
            assert (cells["Sharpness: quartiles"] == "none") == (not judged)

    def test_a_quartile_that_is_no_number_is_shown_as_what_it_is(self):
        shown = {"infinite": "∞", "minus infinite": "−∞", "unknown": "unknown"}
        rows = [row for f in "abc" for row in curve([0.1, 0.2, 0.4, 0.5], model_family=f)]
        data = sample(rows)
        for row, status in zip(data.summary["by_metric_and_family"], shown, strict=True):
            row["sharpness_quartiles"][1] = {"value": None, "status": status}
        header, *rows = check_whole(page_of(data)).tables["families"]
        at = header.index("Sharpness: quartiles")
        assert [row[at].split(" · ")[1] for row in rows] == list(shown.values())

    def test_entries_are_rows_and_rejects(self, bundled_page):
        assert "1,764 entries read: 1,764 score rows and 0 rejects." in bundled_page.words

    def test_what_is_unknown_is_counted(self, bundled_data, bundled_page):
        total = bundled_data.curves.num_rows
        unknown = {n: bundled_data.curves[n].null_count for n in ("shots", "n_examples", "chance")}
        # Gopher's seven, and three tasks of the audit.
        assert unknown == {"shots": 7, "n_examples": 10, "chance": 0}
        for text in (
            f"What is unknown about {total} curves the number of shots for {unknown['shots']};",
            f"the number of examples for {unknown['n_examples']} (or it varies",
            f"chance for {unknown['chance']} and the best possible score",
        ):
            assert text in bundled_page.words

    def test_the_reference_values_of_the_method_stand_on_the_page(self, bundled_page):
        rows = {tuple(row[:3]): row[4] for row in bundled_page.tables["curves"]}
        grade = "multiple_choice_grade"
        assert rows["hindu_knowledge", grade, "BIG-G T=0"] == "16.8"
        assert rows["strategyqa", grade, "GPT"] == "31.0"
        assert rows["repeat_copy_logic", "exact_str_match", "BIG-G T=0"] == "∞"

    def test_where_it_comes_from_and_how_to_build_it_again(self, bundled_data, bundled_page):
        (source,) = bundled_data.summary["sources"]
        for text in (
            source["digest"],
            "make report DATASETS=bigbench-public",
            "Apache-2.0",
            "Srivastava et al. 2022",
            *bundled_data.entry["notes"],
        ):
            assert " ".join(text.split()) in bundled_page.words

    def test_the_tables_beside_it_are_linked(self, bundled_page):
        assert {f"tables/{name}" for name in BESIDE} <= set(bundled_page.attributes("href"))

    def test_rejects_are_counted_by_reason_and_the_first_are_shown(self):
        good = curve([0, 0.1, 0.2, 0.5])
        bad = [{**good[0], "model": f"x{i}", "score": "bad"} for i in range(30)]
        data = sample(good + bad + [{**good[0], "model": "y", "n_params": "-1"}])
        page = check_whole(page_of(data))
        assert "35 entries read: 4 score rows and 31 rejects." in page.words
        reasons = {row[0]: row[2] for row in page.tables["data"] if len(row) == 3}
        assert (reasons["not_a_number"], reasons["out_of_range"]) == ("30", "1")
        assert len([row for row in page.tables["data"] if len(row) == 4]) == 1 + 20
        assert set(reasons) - {"Reason"} <= set(REJECT_REASONS)

    def test_scores_that_are_no_points_are_counted(self):
        page = check_whole(page_of(sample(curve([0, 0.1, "nan", 0.2, "", 0.5]))))
        assert "Of the rows, 4 are points of curves; 1 is not, because the score is not" in (
            page.words
        )
        assert page.tables["curves"][1][3] == "4 (−2)"


@pytest.mark.parametrize("name", BUNDLED)
def test_captions_are_short(name):
    """Of figures and of tables: what is drawn, of what, and what to notice."""
    text = page_of(bundled_sample(name), top_curves=1)
    captions = re.findall(r"<(?:fig)?caption>(.*?)</(?:fig)?caption>", text, re.DOTALL)
    words = [re.sub(r"<[^>]*>", "", caption).split() for caption in captions]
    assert len(words) > 15
    assert [" ".join(caption) for caption in words if len(caption) > 45] == []


class TestTheSameBytes:
    def test_twice(self, bundled_data, bundled_text):
        assert written_page(bundled_data, anew=True) == bundled_text

    def test_it_is_small(self, bundled_text):
        assert len(bundled_text.encode()) < 1_000_000

    def test_the_seed_moves_marks_and_nothing_else(self, bundled_data):
        assert bundled_data.settings["seed"] == 1
        one, two = (
            Page(page_of(bundled_data, **other, top_curves=1)) for other in ({}, {"seed": 2})
        )
        assert [a for a, b in zip(one.texts, two.texts, strict=True) if a != b] == ["1"]
        different = [a for a, b in zip(one.elements, two.elements, strict=True) if a != b]
        assert {tag for tag, _ in different} == {"use"}
        assert len(different) == len(bundled_data.judged) == 142

    def test_it_knows_nothing_of_the_machine(self, bundled_text):
        """No path, host or time: they would differ on the next machine."""
        assert not re.search(r"/home|/tmp|/root|/work|/Users", bundled_text)
        assert not re.search(r"20\d\d-\d\d-\d\d", bundled_text)

    def test_no_placeholder_colour_is_left(self, bundled_text):
        assert not [colour for colour in PLACEHOLDERS if colour in bundled_text]


class TestHostileNames:
    def test_names_make_no_element_and_no_attribute(self, hostile_page):
        """The same data under tame names have the same page but for the words."""
        rows = []
        for i in range(len(HOSTILE_NAMES)):
            points = curve([0.0, 0.1, 0.15, i / 20 + 0.2], task=f"t{i}", metric=f"m{i}")
            rows += [{**row, "model_family": f"f{i}"} for row in points]
            bad = {"task": "t", "metric": "m", "model_family": f"f{i}", "model": "m"}
            rows.append({**bad, "n_params": "x", "score": "x"})
        tame = sample(
            rows,
            title="T",
            description="D",
            licence="L",
            citation=["C"] * len(HOSTILE_NAMES),
            notes=["N"] * len(HOSTILE_NAMES),
        )
        assert check_whole(page_of(tame, top_curves=3)).shape() == hostile_page.shape()

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_name_is_shown_as_it_is(self, hostile_page, name):
        """In its row, its heading and its reject, signs that do not print as escapes."""
        shown = shorten(name, 60)
        rows = hostile_page.tables["curves"][1:]
        assert [row for row in rows if row[0] == shown], "as a task"
        assert [row for row in rows if row[1] == shown], "as a metric"
        assert [row for row in rows if row[2] == shown], "as a family"
        seen = f"n_params: {shorten(name, 150)}"[:150]
        assert [r for r in hostile_page.tables["data"] if r[-1].startswith(seen)], "as a reject"

    @pytest.mark.parametrize("name", [*HOSTILE_NAMES[:-4], *HOSTILE_NAMES[-3:]])
    def test_a_metric_is_shown_as_it_is_in_the_figure(self, hostile_text, name):
        svg = hostile_text[hostile_text.index("<svg") : hostile_text.index("</svg>")]
        labels = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
        reader = Page(f"<p>{'</p><p>'.join(labels)}</p>")
        assert shorten(name, 40) in reader.texts

    def test_a_metric_that_looks_like_markup_is_shown_as_it_is_in_the_figure(self, hostile_text):
        name = 'id="taken" href="#taken" url(#taken) #010203'
        assert name in HOSTILE_NAMES
        self.test_a_metric_is_shown_as_it_is_in_the_figure(hostile_text, name)

    def test_nothing_is_taken_for_a_template_or_a_formula(self, hostile_page):
        assert "{{ 7 * 7 }}" in hostile_page.text
        assert "$\\frac{1}{0}$" in hostile_page.text

    def test_no_sign_turns_the_text_around_it(self, hostile_page):
        """A direction mark in a cell reverses it, and a stray isolate ends its <bdi>."""
        cells = [cell for rows in hostile_page.tables.values() for row in rows for cell in row]
        assert cells
        assert [cell for cell in cells if not cell.isprintable()] == []

    def test_no_such_sign_is_anywhere_on_the_page(self, hostile_text):
        """Titles, notes, citations and the labels of figures are texts of strangers too."""
        assert re.findall("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", hostile_text) == []

    def test_a_title_turns_nothing_around_it(self):
        """Its marks are shown as escapes, and its own direction stays within it, as a name's."""
        title = "\u202eevil\u2069 עברית"
        shown = r"\u202eevil\u2069 עברית"
        data = sample(curve([0, 0.1, 0.2, 0.5]), title=title)
        text = page_of(data)
        assert f"<h1><bdi>{shown}</bdi></h1>" in text
        assert f"<title>Emergence scores: {shown}</title>" in text
        isolated = text.count(f"<bdi>{shown}</bdi>")
        assert text.count(shown) == isolated + 1, "<title> can hold no element"

    def test_a_name_of_10_000_signs_does_not_swell_the_page(self, hostile_page):
        """Each place shortens it: 12 drawn curves of 12 such models are 1.4 MB."""
        labels = hostile_page.attributes("aria-label", "title")
        assert max(map(len, labels)) < 5000

    def test_titles_and_cells_are_short(self, hostile_page):
        assert max(map(len, hostile_page.attributes("title"))) <= 300
        cells = [cell for rows in hostile_page.tables.values() for row in rows for cell in row]
        assert max(map(len, cells)) <= 300


class TestUnusualData:
    def test_only_short_curves(self):
        page = check_whole(page_of(sample(curve([0, 0.5]))))
        assert "No curve has 4 scales or more, so there is nothing to judge." in page.words
        assert "0 curves here have 4 scales or more." in page.words
        assert page.tables["curves"][1][9].startswith("short")

    def test_no_usable_score_at_all(self):
        page = check_whole(page_of(sample(curve(["nan", ""]))))
        row = page.tables["curves"][1]
        assert row[4:9] == ["unknown"] * 5
        assert row[9].startswith("empty")

    def test_no_curve_at_all(self):
        page = check_whole(page_of(empty_sample()))
        assert "No curve has 4 scales or more" in page.words

    @pytest.mark.parametrize("metric", ["multiple_choice_grade", "bleu", "never heard of"])
    def test_only_subtasks(self, metric):
        """A metric group without curves ended the page with an undefined variable."""
        data = sample(curve([0, 0.01, 0.02, 0.5], subtask="a", metric=metric))
        page = check_whole(page_of(data))
        assert "of 1 scale curves look emergent" in page.words or "of 1 curves" in page.words
        assert page.tables["curves"][1][0] == "t:a"
        assert page.tables["families"][1][2] == "subtask"

    def test_subtasks_are_not_counted_with_their_task(self):
        steep = [0, 0.01, 0.02, 0.5]
        rows = curve(steep) + curve(steep, subtask="a") + curve([0.5, 0.4, 0.3, 0.1], subtask="b")
        data = sample(rows)
        page = check_whole(page_of(data))
        assert "Of 3 curves, 1 count" in page.words
        assert "2 not counted: subtasks of a task with a curve of its own" in page.words

    def test_only_infinite_scores(self):
        data = sample(curve([0, 0, 0, 0.5]) + curve([1, 1, 1, 0], task="down"))
        assert set(data.curves["status"].to_pylist()) == {"infinite"}
        page = check_whole(page_of(data))
        (label,) = [v for v in page.attributes("aria-label") if v.startswith("Sharpness of")]
        assert "2 curves, 1 above 1, 2 infinite" in label

    def test_a_metric_with_only_infinite_scores_beside_another(self):
        rows = curve([0, 0, 0, 0.5], metric="bleu") + curve(
            [1, 1, 1, 0], task="down", metric="bleu"
        )
        page = check_whole(page_of(sample(rows + curve([0.1, 0.2, 0.25, 0.4]))))
        assert {"∞", "−∞"} <= set(page.texts)
        assert [row[4] for row in page.tables["curves"][1:]] == ["∞", "3.00", "−∞"]

    def test_only_flat_curves(self):
        page = check_whole(page_of(sample(curve([0.5] * 5))))
        assert page.tables["curves"][1][4:6] == ["0", "0"]

    def test_numbers_at_the_ends_of_what_is_read(self):
        rows = curve([1e150, -1e150, 1e149, 3]) + curve([1, 1 + 2e-16, 1 + 4e-16, 2], task="u")
        for row, n_params in zip(rows[:4], (1e-12, 1e-3, 1, 1e30), strict=True):
            row.update(n_params=n_params, model_family="other")
        check_whole(page_of(sample(rows)))

    def test_many_curves_are_shown_as_quantiles_and_the_first_rows(self, monkeypatch):
        """Some more curves than a figure shows marks of, and many more than the table has rows."""
        monkeypatch.setattr(sharpness_by_metric, "MOST_MARKS", 50)
        rows = [row for i in range(60) for row in curve([0, 0.1, 0.2, i / 60], task=f"t{i}")]
        text = page_of(sample(rows), top_curves=1, page_rows=20)
        page = check_whole(text)
        figure = text[text.index("<svg") : text.index("</svg>")]
        assert figure.count("<use") < 40, "no mark a curve"
        assert len(figure) < 30_000
        assert len(page.tables["curves"]) == 1 + 20
        assert "The first 20 of 60 curves" in page.words
        assert "A mark is one of" not in page.words

    @pytest.mark.parametrize(("rows", "top"), [(0, 0), (1, 1), (10_000, 100)])
    def test_settings_at_their_ends(self, rows, top):
        data = sample(curve([0, 0.1, 0.2, 0.5]) + curve([0, 1], task="short"))
        page = check_whole(page_of(data, page_rows=rows, top_curves=top))
        assert len(page.tables["curves"]) == 1 + min(rows, 2)
        drawn = [v for v in page.attributes("aria-label") if v.startswith("Scores by model")]
        assert len(drawn) == min(top, 1), "a short curve is not among the highest"


class TestSynthetic:
    def test_a_made_up_dataset_says_so_before_its_title(self):
        page = check_whole(page_of(sample(curve([0, 0.1, 0.2, 0.5]), synthetic=True)))
        words = page.words
        assert words.index("no score on this page was measured on a model") < words.index(
            "Emergence scores, dataset"
        )

    def test_a_measured_one_does_not(self, bundled_page):
        assert "ynthetic" not in bundled_page.text

    def test_the_landing_page_says_so_too(self):
        data = sample(curve([0, 0.1, 0.2, 0.5]), synthetic=True)
        page = check_whole(landing_page({"sample": "S"}, {"sample": data.summary}, {}, {}))
        assert "A dataset (synthetic)" in page.words


class TestExperiments:
    """What was found of trained networks, on a page of its dataset."""

    @pytest.fixture(scope="class")
    @classmethod
    def text(cls) -> str:
        return page_of(experiments_sample())

    def test_they_stand_before_the_claims(self, text: str):
        """What came out, the rule, the numbers and the tables, each as it is."""
        page = check_whole(text)
        assert text.index('id="experiments"') < text.index('id="claims"')
        assert "1 of 2 predictions were confirmed" in page.words
        assert "the <b>last</b> is not" in page.words
        assert "sharpness: 2.50 (1.50 to 3.50)" in page.words
        assert "slope: infinite" in page.words
        assert "off the floor at 50 examples: 5" in page.words
        assert ["8", "0.250"] in page.tables["experiment-longer-targets"]
        assert ["16", "–"] in page.tables["experiment-longer-targets"]

    def test_what_was_changed_stands_before_any_figure(self, text: str):
        """With what would have come out without the change."""
        page = check_whole(text)
        assert ["threshold", "1", "1.5", "a line has 1"] in page.tables["experiments"]
        assert ["longer targets", "not shown", "shown"] in page.tables["experiments"]
        changed = text.index("Changed after networks had been trained")
        assert changed < text.index('id="figure-induced-addition"')

    def test_each_figure_says_what_was_trained_and_how_long_it_took(self, text: str):
        figure = text[text.index('id="figure-induced-addition"') :]
        caption = figure[figure.index("<details>") : figure.index("</details>")]
        caption = re.sub(r'<a class="number"[^>]*>(.*?)</a>', r"\1", caption)
        assert "Trained here: 50 networks, 10 sizes of 8 to 32 parameters, 5 seeds each" in caption
        assert "129 s of one processor when it was measured (a laptop of 2019)" in caption
        assert "data/raw/sample/kept/training-times.csv" in caption
        assert "tables/figures/induced-addition.csv" in caption
        assert "exact match: emergent: L=1: 0 to 0.900 from 8 to 32" in figure

    def test_a_control_that_failed_is_said_at_the_top(self, text: str):
        control = {**STUDY["experiments"][0], "id": "control", "name": "control"}
        study = {**STUDY, "experiments": [control, *STUDY["experiments"]]}
        failed = check_whole(page_of(sample(curve([0, 1, 2, 3])).having(experiments=study)))
        assert "The control failed" in failed.words
        assert "The control failed" not in text

    def test_other_datasets_have_none(self, bundled_text):
        assert "Induce it yourself" not in bundled_text
