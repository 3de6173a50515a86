# Stage 2: from scores to scale curves and their measures.


rule measure:
    input:
        scores="data/processed/{dataset}/scores.parquet",
        sources="data/processed/{dataset}/sources.json",
        metrics=facts("metric_catalog"),
        annotations=facts("emergent_annotations"),
    output:
        curves=report(
            "data/processed/{dataset}/curves.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "curves"},
        ),
    log:
        "logs/{dataset}/measure.log",
    benchmark:
        "logs/{dataset}/measure.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(5),
    params:
        library=step_code("measure"),
        entry=entry,
    message:
        "{wildcards.dataset}: measuring the scale curves"
    script:
        "../../scripts/measure.py"
