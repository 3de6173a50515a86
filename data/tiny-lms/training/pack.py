"""Pack the harness's logs into one table of answers: `python pack.py MODELS RUNS OUT`.

MODELS has the JSON file of each model, RUNS what `run_harness.py` wrote. OUT gets
``answers.parquet``, ``printed.csv`` (the scores as the harness printed them) and ``models.csv``.
Needs the package emergence.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from emergence.samples.harness import read_log
from emergence.samples.table import ANSWERS, answers_table

#: What of a model is kept: nothing of the machine that trained it.
_FACTS = (
    *("model", "width", "layers", "non_embedding_parameters", "parameters", "tokens"),
    *("final_loss", "torch"),
)


def main(models: Path, runs: Path, out: Path) -> None:
    """Read every log, and write the three tables."""
    facts = [json.loads(path.read_text()) for path in models.glob("*.json")]
    facts.sort(key=lambda model: model["non_embedding_parameters"])
    tables, printed = [], []
    for model in facts:
        folder = runs / "logs" / model["model"]
        (results,) = folder.rglob("results_*.json")
        found = json.loads(results.read_text())
        date = results.stem.removeprefix("results_")
        for task, scores in sorted(found["results"].items()):
            delimiter = found["configs"][task]["target_delimiter"]
            with (results.parent / f"samples_{task}_{date}.jsonl").open("rb") as stream:
                (log,) = read_log(stream, delimiter)
            tables.append(
                answers_table(
                    log,
                    task=task,
                    model_family="tiny-lms",
                    model=model["model"],
                    condition="",
                    shots=found["n-shot"][task],
                    scale=float(model["non_embedding_parameters"]),
                    scale_kind="non_embedding",
                )
            )
            printed += [
                {"model": model["model"], "task": task, "metric": key.split(",")[0], "score": value}
                for key, value in scores.items()
                if "," in key and "stderr" not in key
            ]
    table = pa.concat_tables(tables)
    # Half of the digest of a question tells questions apart as well.
    examples = pa.array([key[:16] for key in table["example"].to_pylist()])
    place = ANSWERS.names.index("example")
    table = table.set_column(place, ANSWERS.field("example"), examples)
    pq.write_table(table, out / "answers.parquet", compression="zstd", compression_level=19)
    _write(out / "models.csv", [{name: model[name] for name in _FACTS} for model in facts])
    _write(out / "printed.csv", printed)


def _write(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
