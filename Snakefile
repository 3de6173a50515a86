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
include: "workflow/rules/inference.smk"
include: "workflow/rules/verdicts.smk"
include: "workflow/rules/reports.smk"
include: "workflow/rules/publish.smk"


rule all:
    default_target: True
    input:
        "reports/index.html",
        expand("reports/{dataset}/{page}.html", dataset=SELECTED, page=["index", "explorer"]),


rule all_figures:
    input:
        expand("reports/{dataset}/figures", dataset=SELECTED),
