"""The dataset card: contents, sources and licence of a published dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import yaml

from emergence.curves_table import CURVES
from emergence.errors import shorten
from emergence.inference.inference_table import INFERENCE, MISSING
from emergence.pooling.pooled_table import POOLED
from emergence.publishing.markdown import block, code, plain, table
from emergence.scores_table import SCORES
from emergence.verdicts.labels_table import LABELS, UNDECIDED, VERDICTS

#: The tables that are published, by the name of their configuration.
PUBLISHED = {
    "scores": SCORES,
    "curves": CURVES,
    "inference": INFERENCE,
    "pooled": POOLED,
    "labels": LABELS,
}

_HOLDS = {
    "scores": "one row a published score, and what it was used for",
    "curves": "one row a scale curve: its points, and its emergence score and sharpness",
    "inference": "one row a scale curve: fits, their likelihoods and ranges of that curve alone",
    "pooled": "one row a scale curve: tests and exponents, pooled over the tasks of a unit",
    "labels": "one row a scale curve: verdicts, which belong to the dataset as a whole",
}

#: Licences that the header may name; any other stands there as `other` with its name.
_LICENCES = (
    "apache-2.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc-by-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "cc-by-sa-4.0",
    "cc0-1.0",
    "gpl-3.0",
    "mit",
    "odbl",
    "odc-by",
)

#: Numbers of rows at which the header's size of a dataset changes.
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)

_METHOD = (
    'Schaeffer, Miranda, Koyejo 2023, "Are Emergent Abilities of Large Language Models a '
    'Mirage?", arXiv 2304.15004.'
)


def dataset_card(
    *,
    entry: Mapping[str, Any],
    summary: Mapping[str, Any],
    claims: Mapping[str, Any],
    rows: Mapping[str, int],
    features: Mapping[str, list[dict[str, Any]]],
    code_version: str,
) -> str:
    """Write the card of a published dataset.

    Parameters
    ----------
    entry : mapping
        The dataset's registry entry.
    summary, claims : mapping
        ``summary.json`` and ``claims.json`` of the dataset.
    rows : mapping of str to int
        Number of rows of each table of `PUBLISHED`.
    features : mapping of str to list of dict
        From `emergence.publishing.features.described_features`, of each table.
    code_version : str
        The commit of the project, or ``unknown``.

    Returns
    -------
    str
        Markdown with a header in YAML. Texts from the data stand in code, where nothing is
        markup.
    """
    dataset = summary["dataset"]
    parts = [
        _header(dataset, entry, rows, features),
        f"# Emergence scores: {dataset}",
        *_what_it_is(entry),
        "## Tables",
        table(
            ("configuration", "rows", "contents"),
            [(code(name), str(rows[name]), plain(_HOLDS[name])) for name in PUBLISHED],
        ),
        "The column `curve_id` joins them. A list column has one entry a scale. Unknown is null, "
        "and infinite numbers are infinite. There is one split, called `train` because readers "
        "expect that name: nothing was trained on it.",
        "```python\n"
        "from datasets import load_dataset\n\n"
        f'curves = load_dataset("path/to/{dataset}", "curves", split="train")\n'
        "```",
        "## Licence and citation",
        f"Licence of the scores: {code(entry['licence'])}. Please cite the sources of the scores:",
        block(entry["citation"]),
        "and the method:",
        block([_METHOD]),
        "## Verdicts",
        *_verdicts(summary),
        "## Claims",
        *_claims(claims),
        "## Sources",
        table(
            ("file or folder", "entries", "digest", "kind of digest"),
            [
                (
                    code(source["path"]),
                    str(source["entries"]),
                    code(source["digest"]),
                    code(source["digest_kind"]),
                )
                for source in summary["sources"]
            ],
        ),
        "## Columns",
        "The same meanings and units are in the metadata of the parquet files.",
    ]
    for name, schema in PUBLISHED.items():
        parts += [f"### {name}", _columns(schema)]
    versions = ", ".join(
        f"{name} {schema.metadata[b'schema_version'].decode()}"
        for name, schema in PUBLISHED.items()
    )
    parts += [
        "## How to rebuild it",
        f"Version of the code: {code(code_version)}. Versions of the tables: {versions}. In "
        "a copy of the project at that version:",
        f"```sh\nmake publish DATASETS={dataset}\n```",
        "If the entry is in another registry than the project's own, add `REGISTRY=path`.",
    ]
    return "\n\n".join(parts) + "\n"


def _header(
    dataset: str,
    entry: Mapping[str, Any],
    rows: Mapping[str, int],
    features: Mapping[str, list[dict[str, Any]]],
) -> str:
    most = max(rows.values())
    size = next((name for limit, name in _SIZES if most < limit), "n>10M")
    tags = ["emergent-abilities", "scaling", "language-models", "evaluation"]
    fields = {
        "pretty_name": f"Emergence scores: {shorten(entry['title'])}",
        **_licence(entry["licence"]),
        "tags": [*tags, "synthetic"] if entry["synthetic"] else tags,
        "size_categories": [size],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": "train", "path": f"{name}.parquet"}],
                **({"default": True} if name == "scores" else {}),
            }
            for name in PUBLISHED
        ],
        "dataset_info": [{"config_name": name, "features": features[name]} for name in PUBLISHED],
    }
    # Without breaks in long texts: no line of the header can then be one of three hyphens.
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{text}---"


def _licence(name: str) -> dict[str, str]:
    if name.lower() in _LICENCES:
        return {"license": name.lower()}
    slug = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
    return {"license": "other", "license_name": slug or "unnamed"}


def _what_it_is(entry: Mapping[str, Any]) -> Iterable[str]:
    if entry["synthetic"]:
        yield "**Synthetic:** drawn from a model. No score in it was measured."
    texts = [entry["title"]]
    if "description" in entry:
        texts.append(entry["description"])
    yield block([*texts, *(f"- {note}" for note in entry.get("notes", []))])


def _verdicts(summary: Mapping[str, Any]) -> Iterable[str]:
    counted = summary["verdicts"]["all"]
    yield table(
        ("scale curves", "number"),
        [
            (plain(words), str(number))
            for words, number in (
                (f"with at least {summary['fewest_scales']} scales", counted["judged"]),
                ("that can be tested for a rise", counted["tested"]),
                ("that rise", counted["rises"]),
                ("apparent: they rise, not early, and sharper than a line", counted["apparent"]),
                *(
                    (f"apparent, {name}: {meaning}", counted["verdicts"][name])
                    for name, meaning in VERDICTS.items()
                ),
            )
        ],
    )
    reasons = {**MISSING, **UNDECIDED}
    for title, numbers in (
        ("Not decidable, because", counted["reasons"]),
        ("Not tested, because", counted["untested"]),
    ):
        if numbers:
            yield table(
                (title, "scale curves"),
                [(plain(reasons.get(name, name)), str(n)) for name, n in numbers.items()],
            )
    yield (
        "The counts are of whole tasks at their largest number of shots (subtasks where there is "
        "no whole task), without curves that are left out of verdicts (the column `left_out` of "
        "`labels`). Curves that cannot be decided are not counted as smooth."
    )


def _claims(claims: Mapping[str, Any]) -> Iterable[str]:
    yield (
        "Published claims, each decided on this dataset by a rule that was fixed in the "
        "configuration in advance: supported, contradicted, not supported, not decidable, or not "
        "applicable."
    )
    yield table(
        ("claim", "outcome", "here", "why not decided"),
        [
            (
                plain(f"{claim['number']}. {claim['statement']}"),
                plain(claim["outcome"]),
                code(claim["ours"]) if claim["ours"] else "",
                code(claim["reason"]) if claim["reason"] else "",
            )
            for claim in claims["claims"]
        ],
    )


def _columns(schema: pa.Schema) -> str:
    described = []
    for field in schema:
        metadata = {key.decode(): value.decode() for key, value in field.metadata.items()}
        kind = f"list of {field.type.value_type}" if pa.types.is_list(field.type) else field.type
        described.append(
            (code(field.name), str(kind), plain(metadata["unit"]), plain(metadata["meaning"]))
        )
    return table(("column", "type", "unit", "meaning"), described)
