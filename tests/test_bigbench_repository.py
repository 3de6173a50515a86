"""The builder of BIG-bench-shaped repositories: what it says that it wrote is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bigbench_repository as bigbench
import numpy as np
import pytest
from bigbench_repository import (
    FAULTS,
    KINDS,
    LABEL,
    MODELS,
    TASKS_FOLDER,
    Content,
    build_repository,
)
from page_samples import ENTRY, FEW_SETTINGS, page_of

from emergence import Study
from emergence.examples import recover_examples
from emergence.facts.metric_catalog import METRIC_CATALOG, metrics
from emergence.facts.task_inventory import TASK_INVENTORY
from emergence.scores import assemble
from emergence.sources import gather, read_source

ROOT = Path(__file__).resolve().parents[1]

#: A task alone, one with subtasks, and one written as a program.
TASKS = ["anachronisms", "arithmetic", "web_of_lies"]


@pytest.fixture(scope="module")
def inventory() -> list[dict[str, Any]]:
    return TASK_INVENTORY.rows


def contents(folder: Path) -> dict[str, bytes]:
    """All score files by their path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob(f"{TASKS_FOLDER}/*/results/scores_*.json"))
    }


def scores_of(files: dict[str, bytes]) -> dict[tuple, float]:
    """All scores by what names them."""
    found = {}
    for path, data in files.items():
        whole = json.loads(data)
        for entry in whole["scores"]:
            for metric, score in entry["score_dict"].items():
                name = (path, entry["subtask_description"], entry["number_of_shots"], metric)
                found[name] = score
    return found


def test_the_counts_are_those_of_the_files(tmp_path, inventory):
    """Counted again from the files, by nothing of the builder's own."""
    written = build_repository(
        tmp_path,
        inventory,
        Content(tasks=TASKS, models=MODELS[:5], shots=(-1, 0, 3), trials=2),
    )
    files = contents(tmp_path)
    documents = [json.loads(data) for data in files.values()]
    entries = [(d["task"]["task_name"], entry) for d in documents for entry in d["scores"]]
    assert written.files == len(files) == 3 * 5
    assert written.bytes == sum(map(len, files.values()))
    assert written.tasks == {task for task, _ in entries} == set(TASKS)
    assert written.families == {d["model"]["model_family"] for d in documents}
    assert len(written.models) == 5
    assert written.shots == {None, 0, 3}
    assert written.metrics == {metric for _, entry in entries for metric in entry["score_dict"]}
    assert written.entries == written.rows == sum(len(e["score_dict"]) for _, e in entries)
    assert written.subtasks == {
        entry["subtask_description"]
        for task, entry in entries
        if entry["subtask_description"] != task
    }
    assert {name for name in written.subtasks if "trial" in name} == {
        "web_of_lies:trial_0",
        "web_of_lies:trial_1",
    }


@pytest.mark.system
def test_the_page_counts_what_the_builder_wrote(tmp_path, inventory):
    """Files, tasks, families, shots, metrics, rows, and rejects by reason."""
    content = Content(
        tasks=["anachronisms", "arithmetic", "list_functions"],
        models=MODELS[:6],
        shots=(0, 2),
        most_subtasks=3,
    )
    written = build_repository(tmp_path / "repository", inventory, content, faults=FAULTS)
    source = {"kind": "file", "format": "bigbench", "path": "repository"}
    entry = {**ENTRY, "synthetic": True, "task_names": "bigbench", "sources": [source]}
    study = Study.compute("synthetic", entry, FEW_SETTINGS, tmp_path)
    summary = study.summary
    assert summary["entries"]["read"] == written.entries
    assert summary["entries"]["rows"] == written.rows
    reasons = summary["entries"]["rejects_by_reason"]
    assert {reason: n for reason, n in reasons.items() if n} == dict(written.rejects)
    assert summary["sizes"] == {
        "tasks": len(written.tasks),
        "metrics": len(written.metrics),
        "model_families": len(written.families),
        "models": len(written.models),
    }
    assert summary["extent"] == {
        "files": written.files,
        "subtasks": len(written.subtasks),
        "shots": sorted(written.shots),
    }
    page = page_of(study, top_curves=1)
    assert "Synthetic data: no score on this page was measured on a model" in page
    assert f"{written.files} files, {len(written.tasks)} tasks" in page


def test_every_file_says_that_it_is_synthetic(tmp_path, inventory):
    """A file may be copied out of its repository: it must not pass for a measurement."""
    build_repository(tmp_path, inventory, Content(2, most_subtasks=2, models=MODELS[:3]))
    assert LABEL in (tmp_path / "SYNTHETIC.txt").read_text()
    for data in contents(tmp_path).values():
        assert json.loads(data)["model"]["description"] == LABEL


def test_the_seed_decides_every_byte(tmp_path, inventory):
    """The same seed writes the same repository, and another seed another one."""
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        build_repository(tmp_path / name, inventory, Content(TASKS, models=MODELS[:3]), seed=seed)
        files.append(contents(tmp_path / name))
    assert files[0] == files[1]
    assert files[0].keys() == files[2].keys() and files[0] != files[2]


@pytest.mark.parametrize(
    "fewer",
    [
        {"tasks": TASKS[:1]},
        {"models": MODELS[2:4]},
        {"shots": (3,)},
        {"most_subtasks": 2},
        {"metrics": ["exact_str_match", "bleu"]},
    ],
)
def test_a_smaller_repository_has_the_same_scores(tmp_path, inventory, fewer):
    """Growth is measured over three sizes: they must differ in size and in nothing else."""
    everything = {"tasks": TASKS, "models": MODELS[:5]}
    build_repository(tmp_path / "all", inventory, Content(**everything))
    build_repository(tmp_path / "few", inventory, Content(**everything | fewer))
    whole, part = (scores_of(contents(tmp_path / name)) for name in ("all", "few"))
    means = {name for name in part if name[1] in TASKS and name[0].split("/")[2] == "arithmetic"}
    if "most_subtasks" in fewer or "metrics" in fewer:
        part = {name: score for name, score in part.items() if name not in means}
    assert part and all(whole[name] == score for name, score in part.items())
    assert len(part) < len(whole)


def test_tasks_and_faults_that_are_not_known(tmp_path, inventory):
    """A misspelt name must not make a smaller repository in silence."""
    with pytest.raises(ValueError, match="anachronism'"):
        build_repository(tmp_path, inventory, Content(["anachronism"]))
    with pytest.raises(ValueError, match="there is no fault 'x': truncated"):
        build_repository(tmp_path, inventory, Content(1), faults=["x"])


def test_so_many_tasks(tmp_path, inventory):
    """A number takes tasks from all over the inventory, so that all kinds are among them."""
    written = build_repository(
        tmp_path, inventory, Content(20, most_subtasks=1, models=MODELS[:1], shots=(0,))
    )
    assert len(written.tasks) == 20
    assert min(written.tasks) < "b" and max(written.tasks) > "t"


def test_the_curves_are_the_stated_ones(tmp_path, inventory):
    """A step is at chance first and done last, a flat curve has no skill, and a rise rises.

    Out of 250 leaves, so that each kind is there often.
    """
    big_g = MODELS[:12]
    written = build_repository(
        tmp_path, inventory, Content(["list_functions"], models=big_g, shots=(0,)), seed=3
    )
    assert set(written.kinds.values()) == set(KINDS)
    curves: dict[str, list[float]] = {}
    for model in big_g:
        path = tmp_path / TASKS_FOLDER / "list_functions/results" / f"scores_{model.file}.json"
        for entry in json.loads(path.read_bytes())["scores"]:
            if entry["subtask_description"] in written.kinds:
                score = entry["score_dict"]["exact_str_match"]
                curves.setdefault(entry["subtask_description"], []).append(score)
    of_kind = {
        kind: np.array([c for name, c in curves.items() if written.kinds[name] == kind])
        for kind in KINDS
    }
    assert np.all(of_kind["flat"] == 0)
    assert np.all(of_kind["step"][:, 0] == 0) and np.mean(of_kind["step"][:, -1] == 1) > 0.9
    assert np.all(of_kind["smooth"].mean(axis=0)[1:] > of_kind["smooth"].mean(axis=0)[:-1] - 0.02)
    assert of_kind["smooth"].mean(axis=0)[-1] > of_kind["smooth"].mean(axis=0)[0] + 0.2


def test_shares_are_whole_numbers_of_the_inventorys_examples(tmp_path, inventory):
    """So the number of examples can be recovered from the scores, as in the real files."""
    build_repository(tmp_path / "r", inventory, Content(TASKS[:2], shots=(0,)))
    known = metrics(METRIC_CATALOG.rows, {})
    rows, rejects, _ = gather(read_source({"format": "bigbench", "path": "r"}, tmp_path))
    scores = recover_examples(assemble("d", rows, rejects, known).encoded, inventory, known)
    examples = {(r["task"], r["subtask"]): r["n_examples"] for r in inventory}
    seen = 0
    for row in scores.to_pylist():
        if known[row["metric"]].is_share_of_examples and (row["task"], row["level"]) != (
            "arithmetic",
            "task",
        ):
            cap = bigbench.EXAMPLE_CAPS.get(row["model_family"].split()[0], 10**9)
            assert row["n_examples"] == min(cap, examples[row["task"], row["subtask"]])
            seen += 1
        else:
            assert row["n_examples"] is None
    assert seen > 1000


def test_a_relative_folder_makes_the_same_faults(tmp_path, monkeypatch):
    """The link out of the folder must lead somewhere from wherever it is followed."""
    monkeypatch.chdir(tmp_path)
    inventory = TASK_INVENTORY.rows
    build_repository(
        Path("repository"), inventory, Content(["anachronisms"]), faults=["link_outside"]
    )
    (link,) = [path for path in (tmp_path / "repository").rglob("*.json") if path.is_symlink()]
    assert link.resolve().is_file()
    assert not link.resolve().is_relative_to(tmp_path / "repository")
