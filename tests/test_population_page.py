"""The population on the page: its figure, its sentence, its rows, and the keys that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path

from emergence.cli.main import main
from emergence.pages.cited import Cited, plain
from emergence.pages.figures import population
from emergence.pooling.population import rows_of
from emergence.study import Study

ESTIMATE = {"rising": 0.7, "share": 0.21, "weights": [0.3, 0.55, 0.0, 0.15]}
BOTH = {
    **{"missing": None, "share": 0.21, "low": 0.03, "high": 0.4},
    "estimates": {"chance": ESTIMATE, "open": {**ESTIMATE, "share": 0.18}},
    "without": {
        "lowest": {"share": 0.02, "model_family": "f", "model": "<b>27B</b>"},
        "highest": {"share": 0.3, "model_family": "f", "model": "m1"},
    },
}
NOTHING = dict.fromkeys(("share", "low", "high", "estimates", "without"))


def group(kind, name, **more):
    about = {"id": "-".join(filter(None, (kind or "all", name)))}
    return about | {"kind": kind, "name": name, "curves": 40, "tasks": 20} | more


FOUND = {
    **{"b_max": 0.5, "level": 0.95, "draws": 200, "curves": 40, "curves_used": 40},
    "exponents": ["constant", 0.4, 0.6, "step"],
    "groups": [
        group(None, None, **BOTH),
        group("metric_group", "discontinuous", **BOTH),
        group("metric_group", "continuous", **BOTH),
        group("metric", "bleu", missing="too_few_tasks", **NOTHING),
    ],
    "argmax": {"curves": 120, "tasks": 10, **BOTH},
}


def drawn(found):
    return population.draw(Study("d", {}, {}, known={"population": found}))


def test_the_caption_says_the_share_with_its_interval_and_the_warning():
    drawing = drawn(FOUND)
    text = plain(drawing.caption)
    assert "the share with an exponent above b_max is 0.21 (0.03 to 0.40); without" in text
    assert "27B" in text and "0.02" in text
    assert "smooth by construction give 0.21" in text
    assert drawing.svg.startswith("<svg")
    assert {row["group"] for row in drawing.table} == {
        "all",
        "metric_group-discontinuous",
        "metric_group-continuous",
    }


def test_every_number_of_the_caption_is_shown_by_its_key(tmp_path: Path, capsys):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "curves.parquet").write_bytes(b"")
    (folder / "population.json").write_text(json.dumps(FOUND), encoding="utf-8")
    keys = [
        (part.text, part.source.removeprefix("emergence show "))
        for part in drawn(FOUND).caption
        if isinstance(part, Cited) and part.source.startswith("emergence show")
    ]
    assert len(keys) == 10
    for text, key in keys:
        assert main(["show", key, "--processed", str(tmp_path)]) == 0
        printed = capsys.readouterr().out.strip()
        assert text == (printed if "model" in key else f"{float(printed):.2f}")


def test_no_number_of_the_caption_stands_without_its_key():
    for part in drawn(FOUND).caption:
        if isinstance(part, str):
            assert not re.search(r"\d", part), part


def test_what_is_not_known_is_said():
    nothing = {**FOUND, "groups": [group(None, None, missing="too_few_tasks", **NOTHING)]}
    assert not drawn(nothing).svg
    assert "fewer than ten tasks" in plain(drawn(nothing).caption)
    flat = {**ESTIMATE, "share": None}
    flat = {**NOTHING, "missing": "nothing_rises", "estimates": {"chance": flat, "open": flat}}
    text = plain(drawn({**FOUND, "groups": [group(None, None, **flat)], "argmax": None}).caption)
    assert "almost no curve rises" in text
    assert "None" not in text


def test_there_is_one_row_a_group():
    rows = rows_of(FOUND)
    assert [row["id"] for row in rows][-2:] == ["metric-bleu", "argmax"]
    assert len({tuple(row) for row in rows}) == 1
    assert (rows[0]["lowest_without"], rows[0]["share_open"]) == ("<b>27B</b>", 0.18)
