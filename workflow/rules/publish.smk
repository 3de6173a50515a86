# On demand: a dataset for the package `datasets`, and an archive that rebuilds itself. Neither
# is a part of `rule all`, and nothing is uploaded.

ARCHIVE = f"archives/{archiving.archive_name(SELECTED)}.zip"


rule all_archived:
    input:
        ARCHIVE,


rule publish:
    input:
        scores="data/processed/{dataset}/scores.parquet",
        curves="data/processed/{dataset}/curves.parquet",
        inference="data/processed/{dataset}/inference.parquet",
        pooled="data/processed/{dataset}/pooled.parquet",
        labels="data/processed/{dataset}/labels.parquet",
        claims="data/processed/{dataset}/claims.json",
        summary="data/processed/{dataset}/summary.json",
    output:
        scores=report(
            "published/{dataset}/scores.parquet",
            caption="../report/tables.rst",
            category="Published",
            labels={"dataset": "{dataset}", "what": "scores"},
        ),
        curves=report(
            "published/{dataset}/curves.parquet",
            caption="../report/tables.rst",
            category="Published",
            labels={"dataset": "{dataset}", "what": "curves"},
        ),
        inference=report(
            "published/{dataset}/inference.parquet",
            caption="../report/tables.rst",
            category="Published",
            labels={"dataset": "{dataset}", "what": "inference"},
        ),
        pooled=report(
            "published/{dataset}/pooled.parquet",
            caption="../report/tables.rst",
            category="Published",
            labels={"dataset": "{dataset}", "what": "pooled"},
        ),
        labels=report(
            "published/{dataset}/labels.parquet",
            caption="../report/tables.rst",
            category="Published",
            labels={"dataset": "{dataset}", "what": "labels"},
        ),
        card=report(
            "published/{dataset}/README.md",
            caption="../report/card.rst",
            category="Published",
            labels={"dataset": "{dataset}", "what": "dataset card"},
        ),
    log:
        "logs/{dataset}/publish.log",
    benchmark:
        "logs/{dataset}/publish.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1500),
        runtime=grown(5),
    params:
        library=step_code("publish"),
        entry=entry,
        # The card names the commit, and is made anew with each, like the page.
        code_version=lambda wildcards: lookups.code_version(),
    message:
        "{wildcards.dataset}: writing the dataset to publish"
    script:
        "../../scripts/publish.py"


rule all_published:
    input:
        expand(rules.publish.output, dataset=SELECTED),


rule archive:
    input:
        results=expand([*rules.report.output, *rules.explorer.output], dataset=SELECTED),
        summaries=expand("data/processed/{dataset}/summary.json", dataset=SELECTED),
        files=lambda wildcards: list(archived_files().values()),
    output:
        archive=report(
            ARCHIVE,
            caption="../report/archive.rst",
            category="Archives",
            labels={"dataset": "all", "what": "archive"},
        ),
    log:
        "logs/archive.log",
    benchmark:
        "logs/archive.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(5),
    params:
        library=step_code("archive"),
        entries=lambda wildcards: archiving.archived_entries(REGISTRY, SELECTED),
        titles=lambda wildcards: archiving.archived_titles(REGISTRY, SELECTED),
        registries=lambda wildcards: archiving.written_registries(REGISTRY, SELECTED),
        names=lambda wildcards: list(archived_files()),
        code=lookups.CODE,
        settings=lambda wildcards: archived_settings()[0],
        settings_changed=lambda wildcards: archived_settings()[1],
        code_version=lambda wildcards: lookups.code_version(),
    message:
        "{output.archive}: packing the archive"
    script:
        "../../scripts/archive.py"
