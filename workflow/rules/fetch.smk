# Stage 0: from a git repository to the files of a dataset. Bundled tables need none.
#
# The objects of git and the files stand beside the outputs, in data/raw/{dataset}/git and
# files: as outputs they would be removed when the step fails, and nothing could be resumed.


rule fetch:
    output:
        manifest=report(
            "data/raw/{dataset}/manifest.parquet",
            caption="../report/raw.rst",
            category="Sources",
            labels={"dataset": "{dataset}", "what": "manifest of the files"},
        ),
        mark=report(
            "data/raw/{dataset}/fetched.json",
            caption="../report/raw.rst",
            category="Sources",
            labels={"dataset": "{dataset}", "what": "mark of a whole fetch"},
        ),
    log:
        "logs/{dataset}/fetch.log",
    benchmark:
        "logs/{dataset}/fetch.benchmark.tsv"
    # The nodes of a cluster often have no network.
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(60),
    params:
        library=step_code("fetch"),
        wanted=wanted,
    message:
        "{wildcards.dataset}: fetching the files"
    script:
        "../../scripts/fetch.py"
