# Stage 0: from a git repository to the files of a dataset. Bundled tables need none.
#
# The objects of git and the files stand beside the outputs, in data/raw/{dataset}/git and
# files: as outputs they would be removed when the step fails, and nothing could be resumed.


rule fetch:
    output:
        manifest=report(
            "data/raw/{dataset}/manifest.json",
            caption="../report/raw.rst",
            category="Sources",
            labels={"dataset": "{dataset}", "what": "manifest of the files"},
        ),
    log:
        "logs/{dataset}/fetch.log",
    benchmark:
        "logs/{dataset}/fetch.benchmark.tsv"
    wildcard_constraints:
        dataset=only(name for name in REGISTRY if kind_of(name) == "git"),
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
        asked=asked,
    message:
        "{wildcards.dataset}: fetching the files"
    script:
        "../../scripts/fetch.py"
