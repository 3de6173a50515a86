# Stage 2, beside it: the examples of each task drawn once for all its models and metrics.


# Only datasets whose sources hold single answers have it.
rule resample:
    input:
        curves="data/processed/{dataset}/curves.parquet",
        outcomes="data/processed/{dataset}/outcomes.parquet",
        sources="data/processed/{dataset}/sources.json",
        metrics=facts("metric_catalog"),
    output:
        resampled=report(
            "data/processed/{dataset}/resampled.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "resampled"},
        ),
        metric_differences=report(
            "data/processed/{dataset}/metric_differences.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "metric differences"},
        ),
        model_differences=report(
            "data/processed/{dataset}/model_differences.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "model differences"},
        ),
        tables=report(
            multiext(
                "reports/{dataset}/tables/",
                "resampled.csv",
                "resampled.parquet",
                "resampled_points.csv",
                "metric_differences.csv",
                "metric_differences.parquet",
                "model_differences.csv",
                "model_differences.parquet",
            ),
            caption="../report/tables.rst",
            category="Tables",
            labels={"dataset": "{dataset}", "what": "table"},
        ),
    log:
        "logs/{dataset}/resample.log",
    benchmark:
        "logs/{dataset}/resample.benchmark.tsv"
    wildcard_constraints:
        dataset=only(filter(holds_answers, REGISTRY)),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1500),
        runtime=grown(10),
    params:
        library=step_code("resample"),
        entry=entry,
        settings=section("resampling", "claims"),
    message:
        "{wildcards.dataset}: resampling the examples"
    script:
        "../../scripts/resample.py"
