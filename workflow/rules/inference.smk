# Stage 2b: what each curve alone shows, in shards cut by curve_id.
#
# Cores, shards and the order of curves change no byte of inference.parquet.


scattergather:
    split=config["shards"],


rule infer:
    input:
        curves="data/processed/{dataset}/curves.parquet",
        metrics=facts("metric_catalog"),
    output:
        # Left in place before the step runs: an unchanged shard is copied, not computed.
        inference=update("data/processed/{dataset}/inference/{scatteritem}.parquet"),
    log:
        "logs/{dataset}/infer-{scatteritem}.log",
    benchmark:
        "logs/{dataset}/infer-{scatteritem}.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(30),
    params:
        library=step_code("infer"),
        entry=entry,
        settings=section("inference"),
    message:
        "{wildcards.dataset}: tests, exponents and ranges, shard {wildcards.scatteritem}"
    script:
        "../../scripts/infer.py"


rule gather_inference:
    input:
        curves="data/processed/{dataset}/curves.parquet",
        shards=gather.split("data/processed/{{dataset}}/inference/{scatteritem}.parquet"),
    output:
        inference=report(
            "data/processed/{dataset}/inference.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "inference"},
        ),
    log:
        "logs/{dataset}/gather.log",
    benchmark:
        "logs/{dataset}/gather.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(5),
    params:
        library=step_code("gather"),
        entry=entry,
    message:
        "{wildcards.dataset}: joining the shards"
    script:
        "../../scripts/gather.py"
