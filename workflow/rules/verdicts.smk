# Stage 2c: what the whole dataset supports: verdicts on the curves, the claims, the counts.


rule conclude:
    input:
        scores="data/processed/{dataset}/scores.parquet",
        rejects="data/processed/{dataset}/rejects.parquet",
        sources="data/processed/{dataset}/sources.json",
        curves="data/processed/{dataset}/curves.parquet",
        inference="data/processed/{dataset}/inference.parquet",
        metrics=facts("metric_catalog"),
        known_bad=facts("known_bad_data"),
        annotations=facts("emergent_annotations"),
        inventory=facts("task_inventory"),
        experiments=experiments,
    output:
        pooled=report(
            "data/processed/{dataset}/pooled.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "pooled"},
        ),
        units=report(
            "data/processed/{dataset}/units.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "units"},
        ),
        residuals=report(
            "data/processed/{dataset}/residuals.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "residuals"},
        ),
        labels=report(
            "data/processed/{dataset}/labels.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "labels"},
        ),
        population=report(
            "data/processed/{dataset}/population.json",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "population"},
        ),
        claims=report(
            "data/processed/{dataset}/claims.json",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "claims"},
        ),
        summary=report(
            "data/processed/{dataset}/summary.json",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "summary"},
        ),
    log:
        "logs/{dataset}/conclude.log",
    benchmark:
        "logs/{dataset}/conclude.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1500),
        runtime=grown(10),
    params:
        library=step_code("conclude"),
        entry=entry,
        settings=section("inference", "verdicts", "claims", "sensitivity"),
    message:
        "{wildcards.dataset}: verdicts, claims and counts"
    script:
        "../../scripts/conclude.py"
