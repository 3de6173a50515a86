# Stage 0: what a program of this project computes in place of files that others made.
#
# What a program keeps for a later run stands beside the outputs, in data/raw/{dataset}/kept:
# as an output it would be removed when the step fails.


rule compute:
    output:
        scores=report(
            "data/raw/{dataset}/files/scores.csv",
            caption="../report/raw.rst",
            category="Sources",
            labels={"dataset": "{dataset}", "what": "computed scores"},
        ),
        manifest=report(
            "data/raw/{dataset}/manifest.json",
            caption="../report/raw.rst",
            category="Sources",
            labels={"dataset": "{dataset}", "what": "manifest of the files"},
        ),
    log:
        "logs/{dataset}/compute.log",
    benchmark:
        "logs/{dataset}/compute.benchmark.tsv"
    wildcard_constraints:
        dataset=only(name for name in REGISTRY if kind_of(name) == "computed"),
    conda:
        "../../environment.yml"
    # Whatever the cores, the same bytes.
    threads: workflow.cores or 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(30),
    params:
        library=step_code("compute"),
        program=program_code,
        asked=asked,
    message:
        "{wildcards.dataset}: computing the scores"
    script:
        "../../scripts/compute.py"
