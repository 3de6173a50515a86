# Stage 1: from a dataset's sources to one table of scores, and one of rejects.


rule tabulate:
    input:
        sources=source_files,
        metrics=facts("metric_catalog"),
        inventory=facts("task_inventory"),
        known_bad=facts("known_bad_data"),
        model_sizes=facts("model_sizes"),
        chance_levels=facts("chance_levels"),
    output:
        scores=report(
            "data/processed/{dataset}/scores.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "scores"},
        ),
        rejects=report(
            "data/processed/{dataset}/rejects.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "rejects"},
        ),
        sources=report(
            "data/processed/{dataset}/sources.json",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "files read"},
        ),
    log:
        "logs/{dataset}/tabulate.log",
    benchmark:
        "logs/{dataset}/tabulate.benchmark.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(5),
    params:
        library=step_code("tabulate"),
        entry=entry,
        folder=source_folder,
        states=source_states,
    message:
        "{wildcards.dataset}: reading the scores"
    script:
        "../../scripts/tabulate.py"


# Of a dataset whose sources hold single answers, what each came to as well.
use rule tabulate as tabulate_answers with:
    output:
        **rules.tabulate.output,
        outcomes=report(
            "data/processed/{dataset}/outcomes.parquet",
            caption="../report/processed.rst",
            category="Results",
            labels={"dataset": "{dataset}", "what": "outcomes"},
        ),
    wildcard_constraints:
        dataset=only(filter(holds_answers, REGISTRY)),


ruleorder: tabulate_answers > tabulate
