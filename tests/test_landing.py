"""The landing page: what the datasets say together, and nothing that was not computed here."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from page_samples import HOSTILE_NAMES, bundled_sample, curve, drawings_of, page_of, sample
from test_page_evidence import Links, results_of
from test_pages import check_whole

from emergence import Study
from emergence.cli.main import main
from emergence.errors import harmless
from emergence.pages.landing import landing_page
from emergence.pages.words import number

pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from font")


@cache
def paired_sample() -> Study:
    """Twelve tasks under both kinds of metric of the same outputs, without an annotation."""
    rows = []
    for task in range(12):
        for metric, scores in (
            ("multiple_choice_grade", [0.25, 0.25, 0.26, 0.25, 0.27, 0.4 + task / 24]),
            ("calibration_multiple_choice_brier_score", [0.5, 0.45, 0.42, 0.38, 0.33, 0.3]),
        ):
            rows += curve(scores, task=f"task{task}", metric=metric, n_examples=200, low_score=0.25)
    return sample(rows)


def pairs_of(data: Study) -> pd.DataFrame:
    """The pairs of a dataset, as its page tabulates them."""
    (drawn,) = [d for d in drawings_of(data) if d.name == "metric-switch"]
    return pd.DataFrame(list(drawn.table))


def numbers_of(data: Study) -> dict[str, dict[str, int]]:
    """The numbers of its figures, as ``figures.json`` has them."""
    return {drawn.name: dict(drawn.numbers) for drawn in drawings_of(data)}


@cache
def page_text() -> str:
    """The bundled dataset, one with pairs, and a synthetic one with the same pairs."""
    titles = {"bigbench-public": "BIG-bench", "paired": "Pairs", "drawn": "Drawn", "other": "Other"}
    paired = {**paired_sample().summary, "dataset": "paired", "title": "Pairs"}
    drawn = {**paired, "dataset": "drawn", "title": "Drawn", "apart": "synthetic"}
    summaries = {"bigbench-public": bundled_sample().summary, "paired": paired, "drawn": drawn}
    pairs = {name: pairs_of(paired_sample()) for name in ("paired", "drawn")}
    figures = {name: numbers_of(paired_sample()) for name in pairs}
    return landing_page(titles, summaries, figures, pairs)


def part(text: str, first: str, last: str) -> str:
    return text[text.index(first) : text.index(last)]


class TestSynthesis:
    def test_each_claim_has_a_row_for_each_dataset_that_it_applies_to(self):
        """With verdict and sentence; a dataset that it does not apply to is named with why."""
        real = part(page_text(), 'id="claims"', 'id="datasets"')
        groups = re.findall(r"<tbody>.*?</tbody>", real, re.DOTALL)
        claims = {
            "bigbench-public": bundled_sample().claims["claims"],
            "paired": paired_sample().claims["claims"],
        }
        assert len(groups) == len(claims["paired"])
        for at, group in enumerate(groups):
            for name, found in claims.items():
                claim = found[at]
                link = f'href="{name}/index.html#claim-{claim["number"]}"'
                rows = [
                    row
                    for row in re.findall(r"<tr>.*?</tr>", group, re.DOTALL)
                    if f"<td><a {link}>" in row
                ]
                applies = claim["outcome"] != "does not apply"
                assert len(rows) == applies
                if applies:
                    kind = claim["outcome"].replace(" ", "-")
                    assert f'<strong class="outcome {kind}">' in rows[0]
                    said = " ".join(re.sub(r"<[^>]*>", "", rows[0]).split())
                    assert claim["sentence"] in said.replace("&#39;", "'")
                else:
                    said = rf"Does not apply to .*?<a {link}>{name}</a>[^:]*: (.*?)[.;]"
                    assert claim["reason"] in re.findall(said, group, re.DOTALL)
        outcomes = {c["outcome"] for found in claims.values() for c in found}
        assert len(outcomes) > 2, "the samples show several outcomes"

    def test_synthetic_datasets_enter_nothing_of_the_real_ones(self):
        """Not the lead, nor the figure, nor a claim's table: they have a section of their own."""
        before, after = page_text().split('<h2 id="apart">')
        assert "drawn" not in before
        assert after.count("<figure>") == 1 and before.count("<figure>") == 1
        assert "(<strong>synthetic</strong>)" in after
        assert "paired" not in after

    def test_the_figure_stands_before_the_claims_and_has_a_mark_a_pair(self):
        figure = part(page_text(), "<figure>", "</figure>")
        assert page_text().index("<figure>") < page_text().index('id="claims"')
        pairs = pairs_of(paired_sample())
        counts = numbers_of(paired_sample())["metric-switch"]
        assert len(pairs) == counts["pairs"] == 12
        said = f"12 pairs: under neither {12 - sum(_kinds(counts))}"
        assert said in figure
        kinds = ("all-or-nothing metric only", "continuous metric only", "both")
        for words, value in zip(kinds, _kinds(counts), strict=True):
            assert f"{words} {value}" in figure

    def test_the_counts_of_pairs_choose_neither_side_first(self):
        """Each pair is under one metric only, the other only, both or neither."""
        pairs = pairs_of(paired_sample())
        counts = numbers_of(paired_sample())["metric-switch"]
        first, second = pairs["apparent"], pairs["apparent_continuous"]
        assert _kinds(counts) == [
            int((first & ~second).sum()),
            int((second & ~first).sum()),
            int((first & second).sum()),
        ]
        assert sum(_kinds(counts)) > 0

    def test_its_title_prints_each_number(self, tmp_path, monkeypatch, capsys):
        """Word for word, in the folder where the page was built."""
        monkeypatch.chdir(tmp_path)
        for name, data in (("bigbench-public", bundled_sample()), ("paired", paired_sample())):
            results_of(data, Path("reports") / name / "tables")
        links = [
            link
            for link in Links(page_text().split('<h2 id="apart">')[0]).links
            if link.get("class") == "number"
        ]
        assert len(links) > 40
        for link in links:
            command = link["title"].split()
            assert command[0] == "emergence"
            assert main(command[1:]) == 0, link
            printed = capsys.readouterr().out.strip()
            key = command[2]
            if key.endswith(".value"):
                value = json.loads(printed)
                assert link["text"] == ("∞" if value["value"] is None else number(value["value"]))
            elif key.endswith(".interval"):
                value = json.loads(printed)
                ends = [value[end]["value"] for end in ("low", "high")]
                assert link["text"] == " to ".join("∞" if v is None else number(v) for v in ends)
            elif key.endswith(".sentence"):
                assert link["text"] in printed
            else:
                assert link["text"] == f"{int(printed):,}"

    def test_each_link_leads_to_a_place_that_the_datasets_page_has(self):
        for name, data in (("bigbench-public", bundled_sample()), ("paired", paired_sample())):
            ids = set(Links(page_of(data)).ids)
            places = re.findall(rf'href="{name}/index\.html#([^"]*)"', page_text())
            assert len(set(places)) > 5
            assert set(places) <= ids


class TestDatasets:
    def test_an_existence_proof_is_counted_by_experiment(self):
        """In place of a verdict, which would need independent tasks."""
        summary = copy.deepcopy(paired_sample().summary)
        cases = [("addition", "shown"), ("digits", "not shown"), ("images", "not shown")]
        summary["claims"][4]["existence"] = [{"name": n, "outcome": o} for n, o in cases]
        page = check_whole(landing_page({"sample": "One"}, {"sample": summary}, {}, {}))
        assert "shown in 1 of 3 experiments" in page.words

    def test_they_stand_in_the_registrys_order_and_those_not_built_at_the_end(self):
        titles = {"zebra": "Zebra", "bigbench-public": "BIG-bench", "ant": "Ant"}
        summaries = {"bigbench-public": bundled_sample().summary}
        page = check_whole(landing_page(titles, summaries, {}, {}))
        assert "Zebra: make report DATASETS=zebra" in page.words
        assert page.words.index("Zebra") < page.words.index("Ant:")
        assert "bigbench-public/index.html" in page.attributes("href")

    def test_the_whole_page_is_sound(self):
        check_whole(page_text())

    def test_an_empty_registry(self):
        check_whole(landing_page({}, {}, {}, {}))

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_title_is_shown_as_it_is(self, name):
        page = check_whole(landing_page({"a": name, "b": name}, {}, {}, {}))
        assert " ".join(harmless(name).split()) in " ".join(page.words.split())

    def test_the_same_bytes_twice(self):
        titles = {"sample": "Sample"}
        summaries = {"sample": paired_sample().summary}
        pairs = {"sample": pairs_of(paired_sample())}
        given = titles, summaries, {"sample": numbers_of(paired_sample())}, pairs
        assert landing_page(*given) == landing_page(*given)


def _kinds(counts: dict[str, int]) -> list[int]:
    return [counts[name] for name in ("discontinuous_only", "continuous_only", "both")]
