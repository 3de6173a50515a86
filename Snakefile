# The front door: which settings there are, which stages, and what is built by default.
#
# Paths: data/raw/{dataset}/*, data/processed/{dataset}/*.parquet, reports/{dataset}/index.html,
# logs/{dataset}/*, all relative to the working directory (`--directory`). What belongs to the
# project itself is found from this file's folder, so that the workflow also works as a module
# of another.

from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.current_basedir}/workflow/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/compute.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/curves.smk"
include: "workflow/rules/answers.smk"
include: "workflow/rules/inference.smk"
include: "workflow/rules/verdicts.smk"
include: "workflow/rules/reports.smk"
include: "workflow/rules/publish.smk"


# What the stages make of every dataset.
RESULTS = [
    *rules.tabulate.output,
    *rules.measure.output,
    *gather.split("data/processed/{{dataset}}/inference/{scatteritem}.parquet"),
    *rules.gather_inference.output,
    *rules.conclude.output,
    *rules.report.output,
    *rules.explorer.output,
]


# All that a page links to and all that a stage needs: of what a step writes, Snakemake only
# misses what is asked for.
rule all:
    default_target: True
    input:
        rules.landing.output,
        [raw_files(dataset) for dataset in SELECTED],
        expand(RESULTS, dataset=SELECTED),
        expand(
            rules.experiments.output,
            dataset=[dataset for dataset in SELECTED if trains_networks(dataset)],
        ),
        expand(
            [*rules.tabulate_answers.output, *rules.resample.output],
            dataset=[dataset for dataset in SELECTED if holds_answers(dataset)],
        ),


rule all_figures:
    input:
        expand("reports/{dataset}/figures", dataset=SELECTED),
