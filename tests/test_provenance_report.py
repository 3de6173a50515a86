"""Snakemake's own report: every output has its caption, category and labels, and it is built."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RULES = sorted((ROOT / "workflow/rules").glob("*.smk"))

#: Outputs that are no part of it, each with the reason.
LEFT_OUT = {
    "inference=update(": "a shard: the joined table has the same rows",
    "subtasks=directory(": "a page a task: hundreds of files",
}


def outputs() -> list[tuple[str, str]]:
    """Each output of each rule: the rule's file, and the text of the output."""
    found = []
    for path in RULES:
        for block in re.findall(r"^    output:\n((?:        .*\n)+)", path.read_text(), re.M):
            entries = re.split(r"^ {8}(?=[a-z_]+=)", block, flags=re.M)
            found += [(path.name, entry) for entry in entries if re.match(r"[a-z_]+=", entry)]
    return found


def test_every_output_has_a_caption_a_category_and_labels():
    """But for what is named above."""
    found = outputs()
    assert len(found) > 20
    for name, entry in found:
        if any(entry.startswith(start) for start in LEFT_OUT):
            continue
        assert re.match(r"[a-z_]+=report\(", entry), (name, entry)
        (caption,) = re.findall(r'caption="\.\./report/([a-z]+\.rst)"', entry)
        assert (ROOT / "workflow/report" / caption).read_text().strip(), caption
        assert re.search(r'category="[A-Z]', entry), (name, entry)
        assert re.search(r'labels=\{"dataset": "[^"]+", "what": "[^"]+"\}', entry), (name, entry)


@pytest.mark.parametrize("start", LEFT_OUT)
def test_what_is_left_out_is_there(start):
    """Else the list above has become too long."""
    assert [entry for _, entry in outputs() if entry.startswith(start)]


@pytest.mark.system
def test_it_is_built(tmp_path):
    """Of the first step, which takes seconds: the captions are filled in, the labels shown."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(tmp_path), "--cores", "1", "--nolock"]
    command += ["data/processed/bigbench-public/scores.parquet"]
    for more in ([], ["--report", "provenance.html"]):
        done = subprocess.run(
            [*command, *more],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    text = (tmp_path / "provenance.html").read_text(encoding="utf-8")
    assert "A result of dataset bigbench-public" in text
    assert "files read" in text
